"""search load --layout dataframe --output: rows with their subjects, observations and conditions folded in."""

from __future__ import annotations

import json
import pathlib
import random
import uuid

import pytest
from simplify_study import lines, patient, study, tree  # noqa: F401 (a fixture)
from test_search_documents import concept, condition, documents, observation  # noqa: F401 (a fixture)

OF_PROJECT = {"project_id": "aced-study", "auth_resource_path": "/programs/aced/projects/study"}


@pytest.fixture
def load(etl, tmp_path):
    """Loads a study into files; gives the documents by type and id."""

    def run(path: object, *args: object) -> dict[str, dict[str, dict]]:
        out = tmp_path / "documents"
        ran = etl("search", "load", "--layout", "dataframe", "--project", "aced-study", path, "--output", out, *args).ok()
        run.said = ran.stderr
        found = {}
        for file in out.glob("*.ndjson"):
            of_type = found[file.stem] = {}
            for line in file.read_text().splitlines():
                document = json.loads(line)
                assert document.items() >= OF_PROJECT.items()
                of_type[document[f"{file.stem}_id"]] = {name.removeprefix(file.stem + "_"): value for name, value in document.items()
                                                        if name not in OF_PROJECT}
        return found

    return run


def specimen(name: str, **more: object) -> dict:
    return {"resourceType": "Specimen", "id": name, **more}


def subject_of(name: str, **more: object) -> dict:
    return {"resourceType": "ResearchSubject", "id": name, "status": "active", "study": {"reference": "ResearchStudy/st"},
            "subject": {"reference": "Patient/p1"}, **more}


def extension(name: str, **more: object) -> dict:
    return {"url": f"http://a.org/StructureDefinition/{name}", **more}


def named(text: str, **more: object) -> dict:
    return {"code": {"text": text}, **more}


def test_a_specimen_with_its_subject_and_observations(load, study):
    folder = study("a.ndjson", lines(
        observation("o1", **named("percent tumor (%)"), focus=[{"reference": "Specimen/s1"}], valueQuantity={"value": 30.50, "unit": "%"},
                    component=[named("1st gene", valueString="TP53"), {"code": concept("x"), "valueInteger": 4}]),
        patient(1, gender="female", multipleBirthInteger=2, maritalStatus=concept("M", "Married")),
        specimen("s1", subject={"reference": "Patient/p1"}, parent=[{"reference": "Specimen/s0"}, {"reference": "Specimen/s9"}],
                 type=concept("T", "Tissue"), receivedTime="2020-01-01",
                 identifier=[{"system": "http://a.org/lab", "value": "L1"}, {"use": "official", "system": "http://b.org/study", "value": "S1"},
                             {"system": "http://c.org/bio bank/".replace(" ", "-"), "value": "B1"}])))
    assert load(folder)["specimen"]["s1"] == {
        "identifier": "S1", "identifier__": "B1", "resourceType": "Specimen", "id": "s1", "receivedTime": "2020-01-01", "type": "Tissue",
        "parent": "s0,s9", "patient_id": "p1", "patient_gender": "female", "patient_multipleBirthInteger": 2, "patient_maritalStatus": "Married",
        "percent_tumor____": "30.5 %", "_1st_gene": "TP53", "valueInteger": "4", "observation_code": "percent tumor (%)"}


def test_a_file_has_its_specimen_and_the_specimens_patient(load, study):
    content = [{"attachment": {"url": "s3://b/a.bam", "size": "5595609484", "title": "a.bam"}},
               {"attachment": {"url": "s3://b/a.bai", "size": 12, "extension": [extension("md5", valueString="ab")]}}]
    folder = study("a.ndjson", lines(
        {"resourceType": "DocumentReference", "id": "d1", "status": "current", "subject": {"reference": "Specimen/s1"}, "content": content,
         "category": [concept("wgs", "Whole genome", "http://a.org/data_type"), concept("BAM", None, "http://a.org/data-format")]},
        specimen("s1", subject={"reference": "Patient/p1"}), patient(1, active=True)))
    assert load(folder)["document_reference"]["d1"] == {
        "resourceType": "DocumentReference", "id": "d1", "status": "current", "data_type": "Whole genome", "data_format": "BAM",
        "url": "s3://b/a.bai", "size": 12, "title": "a.bam", "md5": "ab", "specimen_id": "s1", "patient_id": "p1", "patient_active": True}
    assert "DocumentReference.content.attachment (1)" in load.said


def test_conditions_of_the_patient_are_named_by_their_category(load, study):
    folder = study("a.ndjson", lines(
        subject_of("rs1"), patient(1),
        {**condition("c1", "Patient/p1", concept("1", "First")), "category": [concept("diagnosis")], "onsetDateTime": "2001"},
        {**condition("c2", "Patient/p1", {"text": "only a text"}), "abatementDateTime": "2002"},
        condition("c3", "Patient/p2", concept("3", "Of another patient"))))
    found = load(folder)["research_subject"]["rs1"]
    assert {name: value for name, value in found.items() if name.startswith("condition_")} == {
        "condition_diagnosis": "First", "condition_onsetDateTime": "2001", "condition_code": "only a text", "condition_abatementDateTime": "2002"}


def test_members_of_a_group(load, study):
    """Each once, whatever the group lists."""
    folder = study("a.ndjson", lines(
        {"resourceType": "Group", "id": "g1", "membership": "enumerated", "type": "person", "quantity": 3,
         "member": [{"entity": {"reference": "Patient/p1"}}, {"entity": {"reference": "Patient/p1"}}, {"entity": {"display": "unknown"}}]}))
    name = str(uuid.uuid5(uuid.UUID("3dbb886f-620b-3c52-bcb1-1992e7c6ccd5"), "g1,p1"))
    assert load(folder)["group_member"] == {name: {"resourceType": "Group", "id": name, "membership": "enumerated", "type": "person", "quantity": 3,
                                                   "group_id": "g1", "member_id": "p1"}}
    assert "Group.member (1)" in load.said and "Group.member.entity (1)" in load.said


def test_a_medication_administration(load, study):
    bounds = {"low": {"value": 0}, "high": {"value": 30.5}}
    folder = study("a.ndjson", lines(
        {"resourceType": "MedicationAdministration", "id": "m1", "status": "completed", "subject": {"reference": "Group/g1"},
         "medication": {"concept": concept("1", "Drug")}, "occurenceTiming": {"repeat": {"boundsRange": bounds}},
         "identifier": [{"system": "http://a.org/regimen", "value": "R7"}], "dosage": {"dose": {"value": 2.5, "unit": "mg"}}},
        {"resourceType": "Group", "id": "g1", "membership": "enumerated", "type": "person", "name": "cohort"}))
    assert load(folder)["medication_administration"]["m1"] == {
        "identifier": "R7", "resourceType": "MedicationAdministration", "id": "m1", "status": "completed", "medication": "Drug",
        "total_dosage": 2.5, "index_date_end_days": 30.5, "regimen_id": "R7", "group_id": "g1", "group_name": "cohort", "group_type": "person",
        "group_membership": "enumerated"}


def test_nested_extensions_keep_their_name(load, study):
    race = {"extension": [{"url": "ombCategory", "valueCoding": {"code": "1", "display": "Asian"}},
                          {"url": "ombCategory", "valueCoding": {"code": "2", "display": "White"}}]}
    deep = {"extension": [{"url": "inner", "extension": [{"url": "leafOne", "valueInteger": 1}, {"url": "text", "valueString": "inner text"}]},
                          {"url": "text", "valueString": "outer text"}]}
    folder = study("a.ndjson", lines(specimen("s1", extension=[extension("us-core-race", **race), extension("HTTPOuter", **deep)])))
    found = load(folder)["specimen"]["s1"]
    assert {name: value for name, value in found.items() if name not in ("id", "resourceType")} == {
        "us_core_race": "Asian White", "us_core_race__omb_category": "White", "http_outer": "outer text", "http_outer__inner": "inner text",
        "http_outer__inner__leaf_one": "1"}


@pytest.mark.parametrize(("kind", "value", "shown"), [
    ("valueQuantity", {"value": 5, "unit": "mg", "comparator": "<"}, "<5 mg"), ("valueQuantity", {"value": 1.50}, "1.5"),
    ("valueQuantity", {"unit": "mg"}, None), ("valueCodeableConcept", {"text": "plain"}, "plain"),
    ("valueCodeableConcept", {"coding": [{"code": "a"}, {"code": "b", "display": "Beta"}]}, "a Beta"), ("valueCoding", {"code": "c"}, "c"),
    ("valueRange", {"low": {"value": 1}}, None), ("valueRange", {"low": {"value": 1, "unit": "mg"}, "high": {"value": 2}}, "1 - 2 mg"),
    ("valueRatio", {"numerator": {"value": 1, "unit": "mg"}, "denominator": {"value": 3}}, "1 mg/3"), ("valuePeriod", {"start": "2020"}, None),
    ("valuePeriod", {"start": "2020", "end": "2021"}, "2020 to 2021"), ("valueBoolean", False, "False"), ("valueInteger", 0, "0"),
    ("valueDecimal", 1e-7, "1e-07"), ("valueUri", "urn:x", "urn:x"), ("valueAge", {"value": 40, "unit": "a", "system": "http://unitsofmeasure.org", "code": "a"}, "40 a"),
    ("valueMarkdown", "say \"hi\"\n", "say \"hi\"\n"), ("valueAddress", {"city": "Bonn"}, None), ("valueInstant", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z")])
def test_a_value_of_every_kind(load, study, kind, value, shown):
    """What has no text gives no column, is counted, and stops nothing."""
    folder = study("a.ndjson", lines(specimen("s1", extension=[extension("it", **{kind: value})])))
    assert load(folder, "--no-validate")["specimen"]["s1"].get("it") == shown
    assert ("Specimen.it (1)" in load.said) == (shown is None)


@pytest.mark.promise("A study cannot change whose a search document is")
def test_an_observation_cannot_change_what_a_row_is(load, study):
    """`size` is a number in every row."""
    texts = ["id", "identifier", "resourceType", "size"]
    folder = study("a.ndjson", lines(
        {"resourceType": "DocumentReference", "id": "d1", "status": "current", "identifier": [{"value": "D1"}],
         "content": [{"attachment": {"id": "attachment", "url": "s3://b/a", "size": 1}}]},
        *[observation(f"o{i}", **named(text), focus=[{"reference": "DocumentReference/d1"}], valueString=f"of {text}") for i, text in enumerate(texts)]))
    found = load(folder)["document_reference"]["d1"]
    assert (found["id"], found["identifier"], found["resourceType"], found["size"]) == ("d1", "D1", "DocumentReference", 1)
    assert {name: value for name, value in found.items() if name.endswith("__observation")} == {f"{text}__observation": f"of {text}" for text in texts}
    assert found["id__attachment"] == "attachment"


def test_nothing_stops_a_load(load, study):
    """Each of these ends the reference tool."""
    folder = study("a.ndjson", lines(
        observation("no-focus"), observation("no-value", focus=[{"reference": "Specimen/s1"}]),
        observation("empty", focus=[{"reference": "Specimen/s1"}], component=[{"code": concept("x")}]),
        observation("elsewhere", focus=[{"reference": "http://other.org/fhir/Specimen/s7"}], valueInteger=1),
        specimen("s1", subject={"reference": "Patient/p9"}, note=[{"text": "a note"}],
                 identifier=[{"system": "http://a.org/a", "value": "1"}, {"value": "2"}]),
        subject_of("rs1", subject={"display": "unknown"}),
        {"resourceType": "DocumentReference", "id": "d1", "status": "current", "content": [{"attachment": {"url": "s3://b/a"}}]},
        {"resourceType": "Group", "id": "g1", "membership": "enumerated", "type": "person"}))
    found = load(folder)
    assert {kind: len(of) for kind, of in found.items()} == {"research_subject": 1, "specimen": 1, "document_reference": 1,
                                                             "medication_administration": 0, "group_member": 0}
    assert "rows whose subject is not in the study: specimen (1)" in load.said


def test_references_of_every_form_lead_to_the_subject(load, study):
    entry = [{"fullUrl": "urn:uuid:0edfbc3c-e49c-42cd-cea4-cd989b70d022", "resource": patient(1, gender="female")},
             {"fullUrl": "urn:uuid:0edfbc3c-e49c-42cd-cea4-cd989b70d023",
              "resource": specimen("s1", subject={"reference": "urn:uuid:0edfbc3c-e49c-42cd-cea4-cd989b70d022"})}]
    study("bundle.json", json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entry}))
    folder = study("z.ndjson", lines(specimen("s2", subject={"reference": "Patient/p1/_history/2"}),
                                     specimen("s3", subject={"reference": "http://a.org/fhir/Patient/p1"})))
    found = load(folder)["specimen"]
    assert {name: one.get("patient_gender") for name, one in found.items()} == {"s1": "female", "s2": "female", "s3": "female"}
    replaced = load(folder, "--transform-ids", "seed")["specimen"]
    assert len(replaced) == 3 and "s1" not in replaced
    assert all(one["patient_gender"] == "female" and one["patient_id"] != "p1" for one in replaced.values())


@pytest.mark.parametrize("order", ["subject first", "subject last"])
def test_a_file_may_be_about_any_resource(load, study, order):
    """Also when it comes after the resource, whose columns nothing had asked for."""
    about = observation("o1", **named("my score"), subject={"reference": "Patient/p1"}, valueQuantity={"value": 3, "unit": "mm"})
    file = {"resourceType": "DocumentReference", "id": "d1", "status": "current", "subject": {"reference": "Observation/o1"},
            "content": [{"attachment": {"url": "s3://b/a"}}]}
    both = [about, file] if order == "subject first" else [file, about]
    found = load(study("a.ndjson", lines(*both, patient(1, gender="male"))))["document_reference"]["d1"]
    assert found == {"id": "d1", "resourceType": "DocumentReference", "status": "current", "url": "s3://b/a", "observation_id": "o1",
                     "observation_status": "final", "observation_my_score": "3 mm", "patient_id": "p1", "patient_gender": "male"}


@pytest.mark.promise("Personal identifiers stay out of search documents")
def test_personal_identifiers_stay_out(load, study):
    identifiers = [{"system": "http://hl7.org/fhir/sid/us-ssn", "value": "999-13-5947"}, {"system": "http://a.org/mrn", "value": "M1"}]
    folder = study("a.ndjson", lines(specimen("s1", subject={"reference": "Patient/p1"}), patient(1, identifier=identifiers)))
    found = load(folder)["specimen"]["s1"]
    assert found["patient_identifier"] == "M1" and "999-13" not in json.dumps(found)


def test_columns_are_counted_before_anything_is_written(etl, study, tmp_path):
    """A column for each value is what a code of each Observation's own would give."""
    many = [observation(f"o{i}", **named(f"value of {i}"), focus=[{"reference": "Specimen/s1"}], valueInteger=i) for i in range(20_001)]
    folder = study("a.ndjson", lines(specimen("s1"), *many))
    ran = etl("search", "load", "--layout", "dataframe", "--project", "aced-study", folder, "--output", tmp_path / "out").failed(3)
    assert "more than 20,000 columns" in ran.stderr and tree(tmp_path / "out") == {}


@pytest.mark.promise("Search documents depend on the study alone")
def test_the_files_are_the_same_whatever_the_threads_and_the_memory(etl, synth, tmp_path):
    """Also when rows and joins wait in the temporary folder."""
    synth("--patients", 1500, "--seed", 6, "--files", 200, tmp_path / "study").ok()
    found = {}
    for threads, memory in ((1, 64), (3, 64), (3, 1)):
        out = tmp_path / f"{threads}-{memory}"
        etl("search", "load", "--layout", "dataframe", "--project", "aced-study", tmp_path / "study", "--output", out, "--threads", threads,
            "--join-memory", memory).ok()
        found[threads, memory] = tree(out)
    assert sum(map(len, found[1, 64].values())) > 4_000_000, "the smallest memory must be too little for it"
    assert found[1, 64] == found[3, 64] == found[3, 1]


def test_a_synthetic_study_is_joined_by_subject(load, synth, tmp_path):
    """What a row has of its subject, looked up here in the FHIR."""
    seed = random.SystemRandom().randrange(10**6)
    print(f"ACED_TEST_SEED={seed}")
    synth("--patients", 20, "--seed", seed, "--files", 20, tmp_path / "study").ok()
    by_reference: dict[str, dict] = {}
    for file in pathlib.Path(tmp_path / "study").rglob("*.ndjson"):
        for line in file.read_text().splitlines():
            one = json.loads(line)
            by_reference[f"{one['resourceType']}/{one['id']}"] = one
    found = load(tmp_path / "study")
    rows = 0
    for kind, resource in (("research_subject", "ResearchSubject"), ("specimen", "Specimen"), ("document_reference", "DocumentReference"),
                           ("medication_administration", "MedicationAdministration")):
        assert found[kind].keys() == {one["id"] for one in by_reference.values() if one["resourceType"] == resource}
        for name, document in found[kind].items():
            about = by_reference.get(by_reference[f"{resource}/{name}"].get("subject", {}).get("reference", ""))
            if about is None:
                continue
            rows += 1
            assert document[f"{about['resourceType'].lower()}_id"] == about["id"]
            if kind == "document_reference" and "subject" in about:
                about = by_reference[about["subject"]["reference"]]
            if about["resourceType"] == "Patient":
                assert document.get("patient_birthDate") == about.get("birthDate")
                assert document.get("patient_gender") == about.get("gender")
    assert rows > 20
