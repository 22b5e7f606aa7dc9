"""search load --output: the documents of the layout `dictionary`, without a server."""

from __future__ import annotations

import json
import pathlib
import random
import tempfile

import pytest
from bounded import measured
from programs import ROOT
from simplify_study import lines, patient, study, tree  # noqa: F401 (a fixture)

DICTIONARY = ["--dictionary", str(ROOT / "share/demo/dictionary.json")]
SSN = "http://hl7.org/fhir/sid/us-ssn"
RACE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"
ETHNICITY = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity"
OF_PROJECT = {"project_id": "aced-study", "auth_resource_path": "/programs/aced/projects/study"}


def concept(code: str, display: str | None = None, system: str = "http://snomed.info/sct") -> dict:
    return {"coding": [{"system": system, "code": code, **({"display": display} if display else {})}]}


def observation(name: str, **more: object) -> dict:
    return {"resourceType": "Observation", "id": name, "status": "final", "code": concept("c", "Count"), **more}


def condition(name: str, subject: str, code: dict) -> dict:
    return {"resourceType": "Condition", "id": name, "subject": {"reference": subject}, "code": code,
            "clinicalStatus": concept("active", system="http://terminology.hl7.org/CodeSystem/condition-clinical")}


@pytest.fixture
def load(etl, tmp_path):
    """Loads a study into files; gives the documents by type and id."""

    def run(path: object, *args: object, project: str = "aced-study", **more: object) -> dict[str, dict[str, dict]]:
        out = tmp_path / "documents"
        ran = etl("search", "load", "--project", project, path, "--output", out, *(DICTIONARY if "--dictionary" not in args else []),
                  *args, **more).ok()
        run.said = ran.stderr
        return documents(out)

    return run


def documents(folder: pathlib.Path) -> dict[str, dict[str, dict]]:
    found: dict[str, dict[str, dict]] = {}
    for file in sorted(folder.glob("*.ndjson")):
        of_type = found[file.stem] = {}
        for line in file.read_text().splitlines():
            # A name that occurs twice is refused by every server.
            document = json.loads(line, object_pairs_hook=unique)
            assert document["id"] not in of_type, document["id"]
            of_type[document["id"]] = document
    return found


def unique(pairs: list[tuple[str, object]]) -> dict:
    assert len({name for name, _ in pairs}) == len(pairs), pairs
    return dict(pairs)


def test_a_patient_an_observation_and_a_file(load, study):
    text = {"extension": [{"url": "text", "valueString": "White"}], "url": RACE}
    omb = {"extension": [{"url": "ombCategory", "valueCoding": {"system": "urn:oid:2.16.840.1.113883.6.238", "code": "2135-2",
                                                                "display": "Hispanic"}}], "url": ETHNICITY}
    folder = study("a.ndjson", lines(
        observation("o1", subject={"reference": "Patient/p1"}, specimen={"reference": "Specimen/s1"}, valueInteger=3),
        condition("c1", "Patient/p1", concept("1", "Asthma")),
        condition("c2", "Patient/p1", concept("2")),
        condition("c3", "Patient/p1", concept("1", "Asthma")),
        condition("c4", "Patient/p2", concept("4", "Of another patient")),
        patient(1, gender="female", birthDate="1970-01-02", extension=[text, omb]), patient(2),
        {"resourceType": "Specimen", "id": "s1"},
        {"resourceType": "DocumentReference", "id": "d1", "status": "current", "subject": {"reference": "Patient/p1"},
         "content": [{"attachment": {"url": "file:///a/b.csv", "size": "12", "contentType": "text/csv"}}]}))
    assert load(folder) == {
        "patient": {"p1": {"id": "p1", "resourceType": "Patient", "gender": "female", "birthDate": "1970-01-02", "us_core_race_text": "White",
                           "us_core_ethnicity_ombCategory": "Hispanic",
                           "us_core_ethnicity_ombCategory_coding": ["urn:oid:2.16.840.1.113883.6.238#2135-2"], **OF_PROJECT},
                    "p2": {"id": "p2", "resourceType": "Patient", **OF_PROJECT}},
        "observation": {"o1": {
            "id": "o1", "resourceType": "Observation", "status": "final", "code": "Count", "code_coding": "http://snomed.info/sct#c",
            "category": ["laboratory"], "category_coding": ["http://terminology.hl7.org/CodeSystem/observation-category#laboratory"],
            "subject": "Patient/p1", "patient_id": "p1", "specimen": "Specimen/s1", "specimen_id": "s1", "valueInteger": 3,
            # The patient's text of the race; of the ethnicity, which has none, the category.
            "us_core_race": "White", "us_core_ethnicity": "Hispanic", "gender": "female", "birthDate": "1970-01-02",
            "condition": ["Asthma", "2"], "condition_code": ["http://snomed.info/sct#1", "http://snomed.info/sct#2"], **OF_PROJECT}},
        "file": {"d1": {
            "id": "d1", "resourceType": "DocumentReference", "status": "current", "subject": "Patient/p1", "patient_id": "p1",
            "content_attachment_url": "file:///a/b.csv", "content_attachment_size": 12, "content_attachment_contentType": "text/csv",
            "data_type": "csv", "data_format": "variants", "file_name": "b.csv", "object_id": "d1", "file_size": 12, **OF_PROJECT}}}


def test_an_observation_without_a_patient_is_loaded(load, study):
    folder = study("a.ndjson", lines(observation("o1"), observation("o2", subject={"reference": "Patient/p9"})))
    found = load(folder)["observation"]
    assert "patient_id" not in found["o1"] and found["o2"]["patient_id"] == "p9"
    assert "1 observations without a patient" in load.said


def test_conditions_of_the_family_are_those_of_the_patients_histories(load, study):
    history = {"resourceType": "FamilyMemberHistory", "id": "f1", "status": "completed", "patient": {"reference": "Patient/p1"},
               "relationship": concept("MTH"), "condition": [{"code": concept("1", "Asthma")}, {"code": {"text": "only a text"}}, {"code": concept("1", "Asthma")}]}
    found = load(study("a.ndjson", lines(observation("o1", subject={"reference": "Patient/p1"}), patient(1), history)))["observation"]["o1"]
    assert found["family_history_condition"] == ["Asthma", "only a text"]
    assert found["family_history_condition_code"] == ["http://snomed.info/sct#1"] and "condition" not in found


def test_the_subject_is_the_patient_of_an_observation(load, study):
    """Not one who performed it, even when that one comes first."""
    folder = study("a.ndjson", lines(observation("o1", performer=[{"reference": "Patient/p2"}], subject={"reference": "Patient/p1"}),
                                     patient(1, gender="male"), patient(2, gender="female")))
    found = load(folder)["observation"]["o1"]
    assert (found["patient_id"], found["gender"]) == ("p1", "male")


@pytest.mark.promise("Personal identifiers stay out of search documents")
def test_personal_identifiers_stay_out(load, study):
    folder = study("a.ndjson", lines(
        patient(1, identifier=[{"system": SSN, "value": "999-13-5947"}, {"system": "http://a.org/mrn", "value": "M1"},
                               {"system": "urn:oid:2.16.840.1.113883.4.3.25", "value": "S99984801"},
                               {"system": "http://b.org/fhir/passportNumber", "value": "X49764138X"}]),
        patient(2, identifier=[{"system": "http:\\/\\/hl7.org\\/fhir\\/sid\\/us-ssn", "value": "999-13-5948"}])
    ).replace(b"\\\\/", b"\\/"))
    found = load(folder)["patient"]
    assert found["p1"]["identifier"] == ["mrn#M1"] and found["p1"]["identifier_coding"] == ["http://a.org/mrn#M1"]
    assert "identifier" not in found["p2"] and "identifier_coding" not in found["p2"]
    assert "4 personal identifiers: patient.identifier (4)" in load.said
    everything = load(folder, "--personal-identifiers", "*/mrn")["patient"]
    assert len(everything["p1"]["identifier"]) == 3 and everything["p2"]["identifier"] == ["us_ssn#999-13-5948"]


@pytest.mark.promise("A study cannot change whose a search document is")
def test_what_a_document_is_known_by_is_never_overwritten(load, study):
    """Extensions may have any name."""
    names = ["id", "project_id", "auth_resource_path", "patient_id", "gender", "condition", "__typename", "a%b.c", "9lives", "_matched"]
    extensions = [{"url": f"http://a.org/{name}", "valueString": f"extension {name}"} for name in names]
    folder = study("a.ndjson", lines(observation("o1", subject={"reference": "Patient/p1"}, extension=extensions), patient(1, gender="male")))
    found = load(folder)["observation"]["o1"]
    assert found.items() >= {"id": "o1", **OF_PROJECT, "patient_id": "p1", "gender": "male"}.items()
    assert "condition" not in found
    assert found["_typename"] == "extension __typename" and found["a_b_c"] == "extension a%b.c" and found["_9lives"] == "extension 9lives"


@pytest.mark.promise("The type of a search column does not depend on the data")
def test_a_column_is_a_list_in_every_document_or_in_none(load, study):
    """Two extensions of one name make a list in the record; the dictionary has one text."""
    twice = [{"url": "http://a.org/patient-mothersMaidenName", "valueString": name} for name in ("Ann", "Bea")]
    folder = study("a.ndjson", lines(patient(1, extension=twice)))
    assert load(folder)["patient"]["p1"]["patient_mothersMaidenName"] == "Ann"
    assert "1 further values of a column that takes one: patient.patient_mothersMaidenName (1)" in load.said


@pytest.mark.promise("The type of a search column does not depend on the data")
def test_numbers_are_numbers_in_every_document(load, study):
    """From the dictionary: disability_adjusted_life_years is a number, multipleBirthInteger an integer."""
    extension = {"url": "http://a.org/disability-adjusted-life-years"}
    folder = study("a.ndjson", lines(*[patient(i, extension=[{**extension, key: value}]) for i, (key, value) in enumerate(
        [("valueDecimal", 0.25), ("valueString", "0.5"), ("valueString", "many"), ("valueInteger", 2)])]))
    found = load(folder)["patient"]
    column = "disability_adjusted_life_years"
    assert [found[f"p{i}"].get(column) for i in range(4)] == [0.25, 0.5, None, 2]
    assert f"1 values that are no number: patient.{column} (1)" in load.said


def test_records_give_the_same_documents_as_their_source(load, etl, study, tmp_path):
    folder = study("a.ndjson", lines(
        observation("o1", performer=[{"reference": "Patient/p2"}], subject={"reference": "Patient/p1"}),
        patient(1, gender="male", identifier=[{"system": SSN, "value": "999"}]), patient(2), condition("c1", "Patient/p1", concept("1"))))
    wanted = load(folder)
    etl("simplify", folder, tmp_path / "records", *DICTIONARY).ok()
    assert load(tmp_path / "records") == wanted


def test_a_repeated_resource_gives_one_document(load, study):
    study("a.ndjson", lines(patient(1), patient(1), observation("o1", subject={"reference": "Patient/p1"})))
    folder = study("b.ndjson", lines(observation("o1", subject={"reference": "Patient/p1"}), patient(1)))
    found = load(folder)
    assert {kind: len(of) for kind, of in found.items()} == {"patient": 1, "observation": 1, "file": 0}
    assert "3 repeated resources: observation (1), patient (2)" in load.said


def test_what_the_study_deletes_and_supersedes_gives_no_document(load, study):
    deleted = {"resourceType": "Bundle", "type": "transaction",
               "entry": [{"request": {"method": "DELETE", "url": "Patient/p1"}}]}
    folder = study("a.ndjson", lines(patient(1), patient(2, meta={"versionId": "1"}, gender="male"),
                                     patient(2, meta={"versionId": "2"}, gender="female"), deleted))
    found = load(folder, "--duplicates", "latest")["patient"]
    assert {name: one["gender"] for name, one in found.items()} == {"p2": "female"}


def test_an_invalid_study_gives_no_documents(etl, study, tmp_path):
    folder = study("a.ndjson", lines(patient(1, gender="male"), patient(1, gender="female")))
    ran = etl("search", "load", "--project", "aced-study", folder, *DICTIONARY, "--output", tmp_path / "out").failed(3)
    assert "the study is not valid" in ran.stderr
    assert tree(tmp_path / "out") == {}


def test_types_limit_and_dry_run(etl, study, tmp_path):
    folder = study("a.ndjson", lines(*[patient(i) for i in range(5)], observation("o1")))
    ask = ["search", "load", "--project", "aced-study", folder, *DICTIONARY]
    out = tmp_path / "out"
    etl(*ask, "--output", out, "--types", "patient", "--limit", 2).ok()
    assert {kind: list(of) for kind, of in documents(out).items()} == {"patient": ["p0", "p1"]}
    counts = etl(*ask, "--dry-run", "-o", "json").ok().json()
    assert [(row["type"], row["documents"]) for row in counts] == [("patient", 5), ("observation", 1), ("file", 0)]
    assert "did you mean `patient`" in etl(*ask, "--dry-run", "--types", "patients").failed(2).stderr
    assert "no search server is configured" in etl(*ask).failed(2).stderr
    assert "names a folder" in etl(*ask, "--output", "json").failed(2).stderr


@pytest.mark.promise("Search documents depend on the study alone")
def test_the_files_are_the_same_whatever_the_threads_and_the_memory(etl, synth, tmp_path):
    """Also when rows and joins wait in the temporary folder."""
    synth("--patients", 700, "--seed", 5, "--files", 10, tmp_path / "study").ok()
    found = {}
    for threads, memory in ((1, 64), (3, 64), (3, 1)):
        out = tmp_path / f"{threads}-{memory}"
        etl("search", "load", "--project", "aced-study", tmp_path / "study", *DICTIONARY, "--output", out, "--threads", threads,
            "--join-memory", memory).ok()
        found[threads, memory] = tree(out)
    assert len(found[1, 64]["observation.ndjson"]) > 4_000_000, "the smallest memory must be too little for it"
    assert found[1, 64] == found[3, 64] == found[3, 1]


@pytest.mark.parametrize("layout", ["dictionary", "dataframe"])
def test_memory_is_bounded_whatever_the_study(etl, synth, layout):
    """The same for a study five times as large."""
    peaks = {}
    with tempfile.TemporaryDirectory(prefix="aced-etl-test-") as name:
        scratch = pathlib.Path(name)
        for records in (20_000, 100_000):
            synth("--records", records, "--seed", 3, "--files", 1000, "--file-bytes", 1, scratch / str(records)).ok()
            cost = measured(etl, "search", "load", "--layout", layout, "--project", "aced-study", scratch / str(records), *DICTIONARY,
                            "--output", scratch / "out", "--threads", 2, "--join-memory", 4, cpu_seconds=200)
            cost.ran.ok()
            peaks[records] = cost.peak_mib
        size = sum(len(content) for content in tree(scratch / "out").values())
    print(peaks, size)
    assert size > 15_000_000
    assert peaks[100_000] < 200 and peaks[100_000] - peaks[20_000] < 50, peaks


def test_a_synthetic_study_is_joined_by_patient(load, synth, tmp_path):
    """What an observation has of its patient, looked up here in the FHIR."""
    seed = random.SystemRandom().randrange(10**6)
    print(f"ACED_TEST_SEED={seed}")
    synth("--patients", 20, "--seed", seed, tmp_path / "study").ok()
    resources: dict[str, list[dict]] = {}
    for file in (tmp_path / "study").rglob("*.ndjson"):
        for line in file.read_text().splitlines():
            one = json.loads(line)
            resources.setdefault(one["resourceType"], []).append(one)
    patients = {f"Patient/{one['id']}": one for one in resources["Patient"]}
    codes: dict[str, list[str]] = {}
    for one in resources.get("Condition", []):
        for coding in one["code"]["coding"][:1]:
            of_patient = codes.setdefault(one["subject"]["reference"], [])
            if (code := f"{coding['system']}#{coding['code']}") not in of_patient:
                of_patient.append(code)
    found = load(tmp_path / "study")
    assert found["patient"].keys() == {one["id"] for one in resources["Patient"]}
    assert found["file"].keys() == {one["id"] for one in resources["DocumentReference"]}
    assert found["observation"].keys() == {one["id"] for one in resources["Observation"]}
    for one in resources["Observation"]:
        document = found["observation"][one["id"]]
        subject = one.get("subject", {}).get("reference", "")
        assert document.get("gender") == patients.get(subject, {}).get("gender")
        assert document.get("birthDate") == patients.get(subject, {}).get("birthDate")
        assert document.get("condition_code", []) == codes.get(subject, [])
