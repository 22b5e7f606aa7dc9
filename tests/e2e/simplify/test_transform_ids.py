"""transform_ids: the ids of a study are replaced in the graph and in indexd alike, by single commands and by runs."""

from __future__ import annotations

import json
import pathlib
import uuid

import pytest
from file_study import AUTHZ, PROJECT, FileStudy, objects, outcomes, records
from run_world import COHORT, LUNG, PROJECTS

ICEBERG = uuid.uuid3(uuid.NAMESPACE_DNS, "ICEBERG")


def replaced(seed: str, id: str) -> str:
    return str(uuid.uuid5(uuid.uuid5(ICEBERG, seed), id))


def graph_files(database, project: str) -> dict[str, str]:
    """object_id -> node_id of the project's DocumentReferences."""
    return dict(database.rows("select _props->>'object_id', node_id from node_documentreference where _props->>'project_id' = %s", project))


def source_ids(folder: pathlib.Path) -> set[str]:
    lines = (folder / "DocumentReference.ndjson").read_text().splitlines()
    return {json.loads(line)["id"] for line in lines}


@pytest.mark.promise("Graph and indexd agree on ids")
@pytest.mark.parametrize("where", ["study", "file", "flag", "environment"])
def test_a_run_gives_files_and_records_the_same_ids(world, where):
    lung, cohort = "the seed of lung", "another seed"
    more, env = [], {}
    if where == "study":
        world.write_etl_yaml(studies=[{**entry, "transform_ids": lung if entry["name"] == LUNG else cohort} for entry in world.studies()])
    elif where == "file":
        # The setting holds for all studies but those with a seed of their own.
        world.write_etl_yaml(transform_ids=cohort, studies=[{**entry, **({"transform_ids": lung} if entry["name"] == LUNG else {})} for entry in world.studies()])
    else:
        world.write_etl_yaml(transform_ids="not this", studies=[{**entry, "transform_ids": "nor this"} for entry in world.studies()])
        lung = cohort
        more, env = (["--transform-ids", cohort], {}) if where == "flag" else ([], {"ACED_ETL_TRANSFORM_IDS": cohort})
    world.run("--all", *more, **env)
    for study, seed in ((LUNG, lung), (COHORT, cohort)):
        wanted = {replaced(seed, id) for id in source_ids(world.home / "studies" / study)}
        program, code = PROJECTS[study].split("-", 1)
        in_indexd = records(world.commons, f"/programs/{program}/projects/{code}")
        assert set(in_indexd) == wanted
        assert graph_files(world.database, PROJECTS[study]) == {id: id for id in wanted}
        for did, record in in_indexd.items():
            assert record["metadata"]["datanode_object_id"] == did
            assert record["urls"][0].split("/")[3] == did
    again = world.run("--all", *more, **env)
    outcome = {(study["study"], step["step"]): step["outcome"] for study in again.json()["studies"] for step in study["steps"]}
    assert {outcome.pop((study, step)) for study in (LUNG, COHORT) for step in ("search", "fhir", "discovery")} == {"skipped"}
    assert set(outcome.values()) == {"unchanged"}, outcome


@pytest.fixture
def study(tmp_path, etl) -> FileStudy:
    etl.env |= {"ACED_ETL_STATE_DIR": str(tmp_path / "state"), "ACED_ETL_STUDIES": str(tmp_path / "home/studies")}
    (tmp_path / "home").mkdir()
    study = FileStudy(tmp_path / "home")
    for name in ("a", "b c", "d/e"):
        study.add(name)
    return study.write()


@pytest.mark.promise("Graph and indexd agree on ids")
@pytest.mark.parametrize("configured", [False, True], ids=["flag", "etl.yaml"])
def test_single_commands_give_files_and_records_the_same_ids(commons, etl, study, new_database, demo_graph, demo_dictionary, tmp_path, configured):
    database = new_database(demo_graph)
    etl.env["DICTIONARY_URL"] = str(demo_dictionary)
    flags = ["--transform-ids", "seed"]
    if configured:
        flags = []
        (tmp_path / "etl.yaml").write_text(f"studies:\n- {{name: s, project: {PROJECT}, transform_ids: seed}}\n")
    etl("graph", "load", "--project", PROJECT, *flags, study.metadata, env=database.env).ok()
    assert outcomes(etl(*study.load("-o", "json", *flags)).ok()) == {"loaded": 3}
    wanted = {replaced("seed", id) for id in study.bytes}
    assert set(records(commons)) == wanted
    assert {key.split("/")[0] for key in objects(commons)} == wanted
    assert graph_files(database, PROJECT) == {id: id for id in wanted}

    verify = ["files", "verify", "--project", PROJECT, "--source", study.home, "-o", "json"]
    assert etl(*verify, *flags, study.metadata).ok().json() == []
    assert outcomes(etl(*study.load("-o", "json", *flags)).ok()) == {"unchanged": 3}
    # With other ids, the records of indexd are not the study's.
    other = etl(*verify, "--transform-ids", "other", study.metadata).failed(6).json()
    assert {(row["did"], row["finding"]) for row in other} == {(id, "extra-record") for id in wanted} | {
        (replaced("other", id), "missing-record") for id in study.bytes}
    got = etl("files", "get", "--out", tmp_path / "out", replaced("seed", next(iter(study.bytes))), "-o", "json").ok()
    assert outcomes(got) == {"downloaded": 1}
    did = next(iter(wanted))
    token = commons.stand_in.token("etl@example.org")
    commons.stand_in.ask("DELETE", f"/index/index/{did}?rev={records(commons)[did]['rev']}", token=token)
    assert outcomes(etl(*verify, "--repair", *flags, study.metadata).ok()) == {"loaded": 1}
    assert set(records(commons)) == wanted
    assert AUTHZ == records(commons)[did]["authz"][0]


def test_an_id_that_is_no_fhir_id_is_refused_before_it_is_replaced(commons, etl, study):
    study.add("x", id="x/../y")
    failed = etl(*study.write().load("-o", "json", "--transform-ids", "seed")).failed(6)
    assert "not a FHIR id" in failed.stderr and outcomes(failed) == {"loaded": 3, "failed": 1}


def test_an_empty_seed_is_refused(etl, study):
    assert "empty" in etl("simplify", "--transform-ids", "", study.metadata, "-").failed(2).stderr
