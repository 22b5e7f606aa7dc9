"""aced-etl search load --layout-index single: one index for the documents of all projects, as older tools have it."""

from __future__ import annotations

import json
import pathlib

import pytest
from search_between import Hold
from search_between import proxy  # noqa: F401
from search_study import PROJECT, hits, indexes, locks, small

TYPES = ("patient", "observation", "file")
SHARED = {f"gen3.aced.io_{name}_0" for name in TYPES}
KEYWORD = {"type": "keyword"}


@pytest.fixture
def loader(etl, search, demo_dictionary):
    etl.env |= {"ELASTICSEARCH_URL": search.url, "DICTIONARY_URL": str(demo_dictionary), "ACED_ETL_SEARCH_LAYOUT_INDEX": "single"}
    return etl


@pytest.fixture
def study(tmp_path) -> pathlib.Path:
    return small(tmp_path / "study")


def other(folder: pathlib.Path) -> pathlib.Path:
    """A study with ids of its own."""
    for file in small(folder).iterdir():
        file.write_text(file.read_text().replace('"p', '"q').replace("Patient/p", "Patient/q").replace('"o', '"u').replace('"s"', '"t"'))
    return folder


def load(study: pathlib.Path, *more: object, project: str = PROJECT) -> tuple[object, ...]:
    return ("search", "load", "--project", project, study, *more)


def load_patients(study: pathlib.Path, *more: object, project: str = PROJECT) -> tuple[object, ...]:
    return load(study, "--types", "patient", *more, project=project)


def of_project(search, alias: str, project: str = PROJECT) -> dict[str, dict]:
    return {hit["_id"]: hit["_source"] for hit in hits(search, alias) if hit["_source"]["project_id"] == project}


def old_index(search, properties: dict, documents: list[dict]) -> None:
    """As the reference loader makes it: an alias, unknown strings are keywords, all else is dynamic."""
    template = {"strings": {"match_mapping_type": "string", "mapping": KEYWORD}}
    search.ask("PUT", "/gen3.aced.io_patient_0", {"mappings": {"properties": properties, "dynamic_templates": [template]}, "aliases": {"patient": {}}})
    search.ask("POST", "/gen3.aced.io_patient_0/_bulk?refresh=true",
               "".join(json.dumps({"index": {"_id": one["id"]}}) + "\n" + json.dumps(one) + "\n" for one in documents))


def document(name: str, project: str) -> dict:
    program, code = project.split("-")
    return {"id": name, "project_id": project, "auth_resource_path": f"/programs/{program}/projects/{code}", "gender": "old"}


def test_documents_are_those_of_the_other_layout(loader, search, study, tmp_path):
    ran = loader(*load(study)).ok()
    assert "readers may see documents of this load and of the previous one" in ran.stderr and "new to guppy" in ran.stderr
    assert {name for name in indexes(search) if name.endswith("_0") and "array-config" not in name} == SHARED
    single = {name: of_project(search, name) for name in TYPES}
    assert {hit["_id"] for hit in hits(search, "gen3.aced.io_array-config")} == {name for each in TYPES for name in (each, f"gen3.aced.io_{each}")}
    assert loader("search", "check", "--types", ",".join(TYPES), "-o", "json").ok().json() == []
    counts = loader("search", "counts", "-o", "json").ok().json()
    assert [(row["project"], row["type"], row["documents"]) for row in counts] == [(PROJECT, "observation", 12), (PROJECT, "patient", 6)]
    search.clear()
    loader(*load(study, "--layout-index", "project")).ok()
    assert {name: of_project(search, name) for name in TYPES} == single


@pytest.mark.promise("A load into a shared index touches its own project alone")
def test_documents_are_replaced_and_removed_by_project(loader, search, study, tmp_path):
    loader(*load(other(tmp_path / "other"), project="aced-Beta")).ok()
    beta = {name: of_project(search, name, "aced-Beta") for name in TYPES}
    loader(*load(study)).ok()
    patients = (study / "Patient.ndjson").read_text().replace("female", "male").splitlines()
    (study / "Patient.ndjson").write_text("\n".join(patients[:5]) + "\n")
    observations = (study / "Observation.ndjson").read_text().splitlines()
    (study / "Observation.ndjson").write_text("\n".join(line for line in observations if "Patient/p5" not in line) + "\n")
    rows = {row["type"]: row for row in loader(*load(study, "-o", "json")).ok().json()}
    assert (rows["patient"]["before"], rows["patient"]["after"], rows["observation"]["after"]) == (6, 5, 10)
    assert rows["patient"]["index"] == "gen3.aced.io_patient_0"
    assert {key: one["gender"] for key, one in of_project(search, "patient").items()} == {f"p{n}": "male" for n in range(5)}
    assert len(of_project(search, "observation")) == 10
    assert {name: of_project(search, name, "aced-Beta") for name in TYPES} == beta
    loader("search", "rm", "--project", PROJECT).failed(2)
    assert "would remove 15 documents" in loader("search", "rm", "--project", PROJECT, "--dry-run").ok().stderr
    loader("search", "rm", "--project", PROJECT, "--yes").ok()
    assert [of_project(search, name) for name in TYPES] == [{}, {}, {}]
    assert {name: of_project(search, name, "aced-Beta") for name in TYPES} == beta and locks(search) == 0


@pytest.mark.promise("A load into a shared index touches its own project alone")
def test_an_id_of_another_project_is_refused(loader, search, study, tmp_path):
    loader(*load_patients(study, project="aced-Beta")).ok()
    ran = loader(*load_patients(study, "--reject-file", tmp_path / "rejects")).failed(7)
    assert "refused 6 documents" in ran.stderr and "another project's document has this id" in ran.stderr
    rejects = [json.loads(line) for line in (tmp_path / "rejects").read_text().splitlines()]
    assert sorted(one["id"] for one in rejects) == [f"p{n}" for n in range(6)] and {one["status"] for one in rejects} == {409}
    assert len(of_project(search, "patient", "aced-Beta")) == 6 and of_project(search, "patient") == {}


@pytest.mark.promise("An unchanged study is not sent to the search server again")
def test_only_a_changed_study_is_sent(loader, search, study, proxy, tmp_path):
    loader(*load_patients(study)).ok()
    loader(*load_patients(other(tmp_path / "other"), project="aced-Beta")).ok()
    loader.env["ELASTICSEARCH_URL"] = proxy.url
    assert "nothing changed" in loader(*load_patients(study)).ok().stderr
    assert not [path for _, path in proxy.seen if path.startswith("/_bulk")]
    # A document that another tool changes, removes or adds is noticed, although the study is the same.
    index = "/gen3.aced.io_patient_0"
    for method, path, body in (("PUT", "/_doc/p1", document("p1", PROJECT)), ("DELETE", "/_doc/p2", None), ("PUT", "/_doc/more", document("more", PROJECT))):
        search.ask(method, f"{index}{path}?refresh=true", body)
        assert "nothing changed" not in loader(*load_patients(study)).ok().stderr
        assert {one["gender"] for one in of_project(search, "patient").values()} == {"female"} and len(of_project(search, "patient")) == 6
    # One of another project is not.
    search.ask("DELETE", f"{index}/_doc/q1?refresh=true")
    assert "nothing changed" in loader(*load_patients(study)).ok().stderr
    proxy.seen.clear()
    loader(*load_patients(study, "--force")).ok()
    assert [path for _, path in proxy.seen if path.startswith("/_bulk")]


def test_the_index_of_an_older_tool_is_taken_over(loader, search, study):
    """Its documents of the project go, those of others stay; its mapping takes no more fields from documents."""
    old_index(search, {"project_id": KEYWORD, "auth_resource_path": KEYWORD, "gender": KEYWORD},
              [document(f"old{n}", PROJECT) for n in range(3)] + [document(f"b{n}", "aced-Beta") for n in range(2)] + [document("p1", PROJECT)])
    loader(*load_patients(study, "--dry-run")).ok()
    assert len(of_project(search, "patient")) == 4 and locks(search) == 0
    loader(*load_patients(study)).ok()
    assert {one["gender"] for one in of_project(search, "patient").values()} == {"female"} and len(of_project(search, "patient")) == 6
    assert len(of_project(search, "patient", "aced-Beta")) == 2
    _, mapping = search.ask("GET", "/gen3.aced.io_patient_0/_mapping")
    mapping = mapping["gen3.aced.io_patient_0"]["mappings"]
    assert str(mapping["dynamic"]).lower() == "false" and mapping["properties"]["birthDate"]["type"] == "keyword"
    search.ask("PUT", "/elsewhere_patient_0", {"mappings": {"properties": {"project_id": KEYWORD}}, "aliases": {"patient": {}}})
    ran = loader(*load_patients(study, "--search-prefix", "calypr")).failed(7)
    assert "there is no index calypr_patient_0" in ran.stderr and "search.prefix" in ran.stderr


def test_a_field_of_another_type_fails_before_anything_is_sent(loader, search, study):
    old_index(search, {"project_id": KEYWORD, "auth_resource_path": KEYWORD, "gender": {"type": "long"}}, [])
    ran = loader(*load_patients(study)).failed(7)
    assert "the field gender has the type long" in ran.stderr and of_project(search, "patient") == {} and locks(search) == 0


def test_both_ways_between_the_layouts(loader, search, study):
    """No reader sees a project twice, or not at all, after a change from one layout to the other and back."""
    for layout in ("project", "single", "project", "single"):
        loader(*load_patients(study, "--layout-index", layout)).ok()
        assert len(hits(search, "patient")) == 6, layout
        assert "nothing changed" in loader(*load_patients(study, "--layout-index", layout)).ok().stderr
    assert loader("search", "check", "--types", "patient", "-o", "json").ok().json() == []
    assert {row["state"] for row in loader("search", "ls", "-o", "json").ok().json() if row["type"] == "patient"} <= {"shared", "previous", "rolled-back"}


def test_there_is_nothing_to_roll_back_to(loader, search, study):
    loader(*load_patients(study)).ok()
    ran = loader("search", "rollback", "--project", PROJECT).failed(2)
    assert "no previous generation" in ran.stderr
    loader(*load_patients(study, "--layout-index", "several")).failed(2)


@pytest.mark.promise("A killed load into a shared index is completed by the next one")
def test_a_killed_load_is_completed_by_the_next_one(loader, search, study, proxy):
    """Killed after its documents have arrived, and before those that left the study are removed."""
    loader(*load_patients(study)).ok()
    first = (study / "Patient.ndjson").read_text()
    (study / "Patient.ndjson").write_text("\n".join(first.replace("female", "male").splitlines()[:4]) + "\n")
    hold = proxy.rule = Hold(lambda method, path: "_delete_by_query" in path)
    process = loader.start(*load_patients(study), env={"ELASTICSEARCH_URL": proxy.url})
    hold.arrived()
    ran = loader(*load_patients(study)).failed(8)
    assert str(process.pid) in ran.stderr
    process.kill()
    process.communicate()
    proxy.rule = lambda method, path, body: (500, {})
    hold.release()
    # Back to the study of before: its digest is the one noted, and yet the documents are sent.
    (study / "Patient.ndjson").write_text(first)
    assert "nothing changed" not in loader(*load_patients(study)).ok().stderr
    assert {key: one["gender"] for key, one in of_project(search, "patient").items()} == {f"p{n}": "female" for n in range(6)}
    assert locks(search) == 0


def test_a_lost_answer_is_no_refusal(loader, search, study, proxy):
    """Documents that were created by a request whose answer was lost are there when it is sent again."""
    lost = []

    def rule(method: str, path: str, body: bytes):
        if not path.startswith("/_bulk") or lost:
            return None
        lost.append(proxy.forward(method, path, body, {"Content-Type": "application/x-ndjson"})[0])
        return 502, {}

    proxy.rule = rule
    loader(*load_patients(study), env={"ELASTICSEARCH_URL": proxy.url}).ok()
    assert lost == [200] and len(of_project(search, "patient")) == 6
