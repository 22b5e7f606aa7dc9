"""What the tests of `graph load` share: an empty graph, the command, studies of a few resources."""

from __future__ import annotations

import contextlib
import json
import pathlib
import subprocess
import time

import pytest
from graph_study import dump, observation, patient, ref, research_study, specimen, write


@pytest.fixture
def graph(etl, new_database, demo_graph, demo_dictionary):
    """The demo's tables, without a row; `etl` works on them."""
    database = new_database(demo_graph)
    etl.env.update({**database.env, "DICTIONARY_URL": str(demo_dictionary)})
    return database


@pytest.fixture
def load(etl, graph):
    """`graph load` into aced-one, its result as JSON."""
    return lambda *args, project="aced-one", **options: etl("graph", "load", "-o", "json", "--project", project, *args, **options)


@pytest.fixture
def study(tmp_path):
    """Writes a study of the resources that it is given."""
    return lambda *resources, name="study": write(tmp_path / name, *resources)


def a_few() -> list[dict]:
    return [research_study("s1"), patient("p1", gender="female"), patient("p2"), specimen("sp1", "p1"),
            observation("o1", "p1"), observation("o2", "p2", specimen=ref("Specimen/sp1"))]


FEW_NODES = {"node_researchstudy": 1, "node_patient": 2, "node_specimen": 1, "node_observation": 2}
FEW_EDGES = {"edge_researchstudymemberofproject": 1, "edge_specimentakenfrompatient": 1, "edge_observationaboutsubjectpatient": 2,
             "edge_observationmeasuredonspecimen": 1}


def sizes(database) -> dict[str, int]:
    return {table: len(rows) for table, rows in dump(database).items()}


def one_of_each(n: int = 0) -> list[dict]:
    return [research_study(f"s{n}"), patient(f"p{n}"), observation(f"o{n}", f"p{n}")]


@pytest.fixture
def few(tmp_path) -> pathlib.Path:
    return write(tmp_path / "few", *one_of_each())


def until(what, seconds: float = 20):
    """Waits until `what` answers something true."""
    end = time.monotonic() + seconds
    while not (answer := what()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)
    return answer


def sessions(database) -> int:
    return database.value("select count(*) from pg_stat_activity where datname = current_database() and application_name ~ '^aced-etl'")


def temporary_tables(database) -> int:
    return database.value("select count(*) from pg_class where relpersistence = 't' and relnamespace <> 'pg_toast'::regnamespace")


def holds_lock(database) -> int:
    return database.value("select count(*) from pg_locks where locktype = 'advisory' and granted and mode = 'ExclusiveLock' "
                          "and database = (select oid from pg_database where datname = current_database())")


@contextlib.contextmanager
def held_load(etl, graph, project: str, resources: list[dict]):
    """A load that waits for the rest of its study; ends the study, and checks that all went well."""
    run = etl.start("graph", "load", "--project", project, "-", stdin=subprocess.PIPE)
    try:
        until(lambda: holds_lock(graph) == 1)
        yield
        _, said = run.communicate("".join(json.dumps(resource) + "\n" for resource in resources).encode(), timeout=30)
        assert run.returncode == 0, said
    finally:
        run.kill()
        run.wait()


@contextlib.contextmanager
def waiting_load(etl, graph, study: pathlib.Path, table: str = "node_patient"):
    """A load that waits for a lock of a table, and the session that holds it until the end."""
    with graph.connect() as other:
        other.execute(f"lock table {table} in share row exclusive mode")
        run = etl.start("graph", "load", "--project", "aced-one", study)
        until(lambda: graph.value("select count(*) from pg_locks where not granted"))
        yield run, other
