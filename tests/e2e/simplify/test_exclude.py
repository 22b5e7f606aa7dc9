"""`exclude` of a study in etl.yaml and --exclude: one list of patterns for every command that reads a study."""

from __future__ import annotations

import json

import pytest
import yaml
from file_study import PROJECT, FileStudy, outcomes, records
from graph_study import patient
from run_world import LUNG, PROJECTS
from studies_source import source  # noqa: F401 (fixture)

LEFT_OUT = "not read as part of the study: "


@pytest.fixture
def study(tmp_path, etl) -> FileStudy:
    """One good file; a draft that names another, and a copy that is no JSON."""
    etl.env |= {"ACED_ETL_STATE_DIR": str(tmp_path / "state"), "ACED_ETL_STUDIES": str(tmp_path / "home/studies"),
                "ACED_ETL_OUTPUT": str(tmp_path / "home/output"), "HOME": str(tmp_path / "home")}
    (tmp_path / "home").mkdir()
    study = FileStudy(tmp_path / "home")
    study.add("good")
    study.add("draft")
    good, draft = study.documents
    study.documents = [good]
    study.write()
    (study.metadata / "drafts").mkdir()
    (study.metadata / "drafts/DocumentReference.ndjson").write_text(json.dumps(draft) + "\n")
    (study.metadata / "a.old.ndjson").write_text("{")
    return study


FLAGS = ["--exclude", "drafts,no,such", "--exclude", "*.old.ndjson"]
# As etl.yaml may spell it, in the study and at the top.
SPELLINGS = {
    "list": {"studies": [{"name": "s", "project": PROJECT, "exclude": ["drafts/", "*.old.ndjson"]}]},
    "text": {"studies": [{"name": "s", "project": PROJECT, "exclude": "drafts, *.old.ndjson"}]},
    "both places": {"exclude": ["drafts"], "studies": [{"name": "s", "project": PROJECT, "exclude": ["*.old.ndjson"]}]},
    "paths": {"studies": [{"name": "s", "project": PROJECT, "exclude": ["drafts/*.ndjson", "a.*.ndjson"]}]},
    "top": {"exclude": "drafts,*.old.ndjson"},
}


def commands(study: FileStudy, out) -> dict[str, list]:
    verify = ["files", "verify", "--project", PROJECT, "--source", study.home, study.metadata]
    return {"validate": ["validate", study.metadata], "simplify": ["simplify", study.metadata, out], "files load": study.load(), "files verify": verify,
            "studies ls": ["studies", "ls", "-o", "json"]}


@pytest.mark.promise("What is no part of a study is named")
@pytest.mark.parametrize("how", ["flags", *SPELLINGS])
def test_every_command_leaves_out_what_is_excluded(commons, etl, study, tmp_path, how):
    if how != "flags":
        (etl.cwd / "etl.yaml").write_text(yaml.safe_dump(SPELLINGS[how]))
    for name, command in commands(study, tmp_path / "out").items():
        ran = etl(*command, *(FLAGS if how == "flags" else [])).ok()
        assert ran.stderr.count(LEFT_OUT) == 1, ran
        assert "a.old.ndjson" in ran.stderr and "drafts" in ran.stderr, ran
        if name == "studies ls":
            assert [(row["files"], row["unreadable"]) for row in ran.json()] == [(1, 0)]
    assert set(records(commons)) == {study.documents[0]["id"]}
    assert len((tmp_path / "out/DocumentReference.ndjson").read_text().splitlines()) == 1


@pytest.mark.promise("What is no part of a study is named")
def test_flags_add_to_what_etl_yaml_says(commons, etl, study):
    (etl.cwd / "etl.yaml").write_text(yaml.safe_dump({"studies": [{"name": "s", "project": PROJECT, "exclude": ["*.old.ndjson"]}]}))
    assert outcomes(etl(*study.load("-o", "json")).ok()) == {"loaded": 2}
    assert outcomes(etl(*study.load("-o", "json", "--exclude", "drafts")).ok()) == {"unchanged": 1}
    (found,) = etl("files", "verify", "--project", PROJECT, "--source", study.home, "-o", "json", "--exclude", "drafts", study.metadata).failed(6).json()
    assert found["finding"] == "extra-record"
    etl("validate", study.metadata).ok()
    assert etl("validate", study.metadata, env={"ACED_ETL_EXCLUDE": "drafts"}).ok().stderr.count("drafts/") == 1


@pytest.mark.promise("What is no part of a study is named")
def test_a_run_leaves_it_out_in_every_step_and_lists_it_once(world):
    draft = {**json.loads((world.sources[LUNG] / "studies" / LUNG / "DocumentReference.ndjson").read_text().splitlines()[0]), "id": "draft"}
    for name, text in {"drafts/DocumentReference.ndjson": json.dumps(draft), "a.old.ndjson": "{"}.items():
        world.s3.client().put_object(Bucket=world.bucket, Key=f"dev/studies/{LUNG}/{name}", Body=text.encode())
    world.change_study(LUNG, exclude=["drafts", "*.old.ndjson"])
    ran = world.run("--all")
    assert not (world.home / "studies" / LUNG / "drafts").exists() and not (world.home / "studies" / LUNG / "a.old.ndjson").exists()
    assert ran.stderr.count("not fetched, as `exclude` says") == 1
    # Files that were here before stay, and no step reads them.
    world.change_study(LUNG)
    world.run("--all", "--only", "pull")
    assert (world.home / "studies" / LUNG / "a.old.ndjson").read_text() == "{"
    world.write_etl_yaml(source={"delete": "yes"}, studies=[{**entry, **({"exclude": "drafts,*.old.ndjson"} if entry["name"] == LUNG else {})}
                                                            for entry in world.studies()])
    ran = world.run("--all")
    assert {step["outcome"] for study in ran.json()["studies"] for step in study["steps"]} <= {"unchanged", "done", "skipped"}
    assert ran.stderr.count(LEFT_OUT) == 1, ran.stderr
    assert (world.home / "studies" / LUNG / "a.old.ndjson").exists()
    program, code = PROJECTS[LUNG].split("-", 1)
    assert "draft" not in records(world.commons, f"/programs/{program}/projects/{code}")
    world.change_study(LUNG)
    world.run("--all", "--exclude", "drafts,*.old.ndjson")
    world.run("--all", rc=3)


@pytest.mark.promise("What is no part of a study is named")
def test_graph_load_leaves_it_out(etl, new_database, demo_graph, demo_dictionary, tmp_path):
    database = new_database(demo_graph)
    etl.env.update({**database.env, "DICTIONARY_URL": str(demo_dictionary)})
    folder = tmp_path / "elsewhere"
    (folder / "drafts").mkdir(parents=True)
    (folder / "Patient.ndjson").write_text(json.dumps(patient("p1")) + "\n")
    (folder / "drafts/Patient.ndjson").write_text(json.dumps(patient("p2")) + "\n")
    (folder / "other.ndjson").write_text(json.dumps(patient("p3")) + "\n")
    # Its folder has another name than the study: the project tells which study it is.
    (etl.cwd / "etl.yaml").write_text(yaml.safe_dump({"studies": [{"name": "s", "project": "aced-one", "exclude": ["drafts"]}]}))
    ran = etl("graph", "load", "--project", "aced-one", folder).ok()
    assert ran.stderr.count(LEFT_OUT + "drafts/") == 1
    assert database.rows("select node_id from node_patient order by 1") == [("p1",), ("p3",)]
    etl("graph", "load", "--project", "aced-one", "--exclude", "other.ndjson", "--prune", folder).ok()
    assert database.rows("select node_id from node_patient") == [("p1",)]


@pytest.mark.promise("What is no part of a study is named")
def test_a_pull_fetches_nothing_that_is_excluded_and_removes_nothing_of_it(source):  # noqa: F811
    for name in ("studies/A/Patient.ndjson", "studies/A/drafts/x/Patient.ndjson", "studies/A/old_1.ndjson", "studies/B/drafts/Patient.ndjson", "output/A/drafts/f"):
        source.put(name, b"{}")
    (source.etl.cwd / "etl.yaml").write_text(yaml.safe_dump({"studies": [{"name": "A", "project": "p-A", "exclude": ["drafts"]}]}))
    done = source.pull("--etl-yaml", source.etl.cwd / "etl.yaml", "--exclude", "old_*")
    assert (done["fetched"], done["excluded"]) == (3, 2)
    assert set(source.local()) == {"studies/A/Patient.ndjson", "studies/B/drafts/Patient.ndjson", "output/A/drafts/f"}
    assert source.stderr.count("2 objects not fetched, as `exclude` says") == 1
    assert source.pull()["fetched"] == 2
    source.remove("studies/B/drafts/Patient.ndjson")
    again = source.pull("--etl-yaml", source.etl.cwd / "etl.yaml", "--exclude", "old_*", "--delete", "--yes")
    assert (again["removed"], again["excluded"]) == (1, 2)
    assert set(source.local()) == set(source.objects)


def test_a_study_of_which_everything_is_excluded_is_named(etl, study):
    failed = etl("validate", study.metadata, "--exclude", "*.ndjson").failed(3)
    assert "no FHIR files other than excluded ones" in failed.stderr and "*.ndjson" in failed.stderr


def test_config_studies_shows_patterns_and_seeds(etl):
    (etl.cwd / "etl.yaml").write_text("program: p\ntransform_ids: all\nstudies:\n- {name: A, exclude: [x, 'y*']}\n- {name: B, transform_ids: own}\n")
    rows = etl("config", "studies", "-o", "json").ok().json()
    assert [(row["exclude"], row["transform_ids"]) for row in rows] == [(["x", "y*"], "all"), ([], "own")]


def test_a_list_in_etl_yaml_is_checked(etl):
    for text, said in {"[a, 'b,c']": "contains a comma", "[a, {b: c}]": "single value", "[a, ~]": "is empty", "{a: b}": "single value"}.items():
        (etl.cwd / "etl.yaml").write_text(f"program: p\nstudies:\n- name: A\n  exclude: {text}\n")
        failed = etl("config", "studies").failed(2)
        assert said in failed.stderr and "etl.yaml:4" in failed.stderr, failed
