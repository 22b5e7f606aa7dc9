"""aced-etl run: two studies from S3 into a commons of real servers."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest
from conftest import Database, Program
from graph_study import dump
from run_world import COHORT, LUNG, RECORDS, World, step, steps

ALL = ("pull", "validate", "projects", "graph", "files")


@pytest.fixture(scope="module")
def studies(tmp_path_factory) -> dict[str, pathlib.Path]:
    """The two studies on disk; the second has a few large files."""
    synth = os.environ.get("ACED_SYNTH", str(pathlib.Path(__file__).resolve().parents[2] / "build/release/aced-synth"))
    made = {}
    for seed, name in enumerate((LUNG, COHORT), 1):
        made[name] = tmp_path_factory.mktemp(name)
        subprocess.run([synth, made[name], "--name", name, "--records", str(RECORDS), "--seed", str(seed), "--files", "12",
                        "--file-bytes", "10-200000"], check=True, capture_output=True)
    return made


@pytest.fixture
def world(new_commons, s3, etl: Program, postgres, demo_dictionary, tmp_path, studies) -> World:
    commons = new_commons()
    database = Database(commons.database["PGDATABASE"], {**postgres.env, **commons.database}, postgres)
    home = tmp_path / "home"
    home.mkdir()
    env = {**commons.env, "HOME": str(home), "S3_BUCKET": s3.new_bucket("source"), "S3_PATH": "dev",
           "ACED_ETL_STATE_DIR": str(home / "state"), "ACED_ETL_YAML": str(home / "etl.yaml"), "DICTIONARY_URL": str(demo_dictionary)}
    etl.env.update(env)
    world = World(home, commons, s3, env["S3_BUCKET"], env, database)
    world.write_etl_yaml()
    etl("graph", "init").ok()
    for name, folder in studies.items():
        world.put(name, folder)
    return world


def run(etl: Program, *args: object, rc: int = 0, **env: str | None):
    return etl("run", "-o", "json", *(args or ("--all",)), env=env).failed(rc)


@pytest.mark.promise("A run changes nothing that is as it should be")
def test_a_run_brings_every_study_and_a_second_one_changes_nothing(etl, world):
    first = run(etl)
    for study in (LUNG, COHORT):
        assert steps(first, study) == {"pull": "done", "validate": "done", "projects": "done",
                                       "graph": "done", "files": "done"}
        assert step(first, study, "files")["counts"]["files"] == 12
        assert step(first, study, "graph")["counts"]["inserted"] > RECORDS
    held, rows = world.holds(), dump(world.database, created=True, xmin=True)
    assert len(held["records"]) == len(held["objects"]) == 24
    world.commons.stand_in.clear()
    again = run(etl)
    for study in (LUNG, COHORT):
        assert steps(again, study) == dict.fromkeys(ALL, "unchanged")
        assert step(again, study, "pull")["counts"] | {"unchanged": 0} == {"files": 0, "bytes": 0, "unchanged": 0}
        assert {name: count for name, count in step(again, study, "graph")["counts"].items() if count} == {
            "unchanged": step(first, study, "graph")["counts"]["inserted"]}
        assert step(again, study, "files")["counts"] == {"files": 0, "bytes": 0, "unchanged": 12, "failed": 0}
    assert not [route for route in world.commons.stand_in.requests() if "upload" in route or "multipart" in route]
    assert world.holds() == held
    assert dump(world.database, created=True, xmin=True) == rows
