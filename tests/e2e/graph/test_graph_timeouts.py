"""Timeouts of the role or database, and locks that other sessions hold."""

from __future__ import annotations

import json
import subprocess

import pytest
from graph_loading import few, graph, load, one_of_each, study, until  # noqa: F401 (fixtures)
from graph_study import changes, digest, patient

TIMEOUTS = ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout")
MILLISECONDS = 300


@pytest.fixture
def short(graph):
    for name in TIMEOUTS:
        graph.postgres.psql(f"alter database {graph.name} set {name} = '{MILLISECONDS}ms'")
    return graph


def waits(graph, kind: str) -> bool:
    """Whether a session of ours has waited for twice as long as the timeouts say. Asked from another database, which has none."""
    return graph.postgres.psql(
        f"select count(*) from pg_stat_activity where application_name ~ '^aced-etl' and datname = '{graph.name}' and {kind} "
        f"and clock_timestamp() - state_change > interval '{2 * MILLISECONDS}ms'").strip() != "0"


COMMANDS = {
    "graph load": ["graph", "load", "--project", "aced-one", "STUDY", "--prune"],
    "graph init": ["graph", "init"],
    "graph counts": ["graph", "counts"],
    "graph rm": ["graph", "rm", "--project", "aced-one", "--yes"],
    "graph truncate": ["graph", "truncate", "--yes"],
    "projects ls": ["projects", "ls", "--via", "database"],
    "projects init": ["projects", "init", "--via", "database", "aced-two"],
}


def outlasts(etl, graph, command: list[object], where: str) -> None:
    """A lock makes the command's statement take longer than all timeouts of the role or database allow; it ends well."""
    with graph.connect() as other:
        other.execute("lock table node_patient, node_program, node_project")
        for name in TIMEOUTS:
            graph.postgres.psql(f"alter {where} set {name} = '{MILLISECONDS}ms'")
        run = etl.start(*command)
        try:
            until(lambda: waits(graph, "wait_event_type = 'Lock'"))
            other.rollback()
            _, said = run.communicate(timeout=60)
            assert run.returncode == 0, said
        finally:
            run.kill()
            run.wait()


@pytest.mark.promise("Timeouts of the database do not end a load")
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_every_command_lifts_the_timeouts_of_the_database(etl, graph, load, few, command):
    load(few).ok()
    outlasts(etl, graph, [few if word == "STUDY" else word for word in command], f"database {graph.name}")


@pytest.mark.promise("Timeouts of the database do not end a load")
def test_the_timeouts_of_a_role(etl, graph, few):
    outlasts(etl, graph, ["graph", "load", "--project", "aced-one", few], f"role {graph.env['PGUSER']} in database {graph.name}")


@pytest.mark.promise("Timeouts of the database do not end a load")
def test_a_study_that_comes_slowly(etl, short):
    """The transaction is idle while the next piece is awaited."""
    run = etl.start("graph", "load", "--project", "aced-one", "-", stdin=subprocess.PIPE)
    try:
        until(lambda: waits(short, "state = 'idle in transaction'"))
        _, said = run.communicate("".join(json.dumps(one) + "\n" for one in one_of_each(1)).encode(), timeout=30)
        assert run.returncode == 0, said
    finally:
        run.kill()
        run.wait()


@pytest.mark.promise("A wait for a lock is reported and ends")
def test_a_load_says_what_it_waits_for_and_who_holds_it(etl, graph, few):
    with graph.connect(application_name="a-visitor") as other:
        other.execute("lock table node_patient in share row exclusive mode")
        pid = other.info.backend_pid
        run = etl.start("graph", "load", "--project", "aced-one", few)
        said = b""
        try:
            while b"waiting for" not in said:
                line = run.stderr.readline()
                assert line, said
                said += line
            assert b"a lock on node_patient, held by a-visitor (pid %d, user " % pid in said, said
            assert b"idle in transaction, query started 20" in said and b"graph.lock_timeout" in said
            other.rollback()
            _, rest = run.communicate(timeout=30)
            assert run.returncode == 0, said + rest
        finally:
            run.kill()
            run.wait()
    assert graph.value("select count(*) from node_patient") == 1


LOCKED = {
    "graph load": ["graph", "load", "--project", "aced-one", "STUDY"],
    "graph rm": ["graph", "rm", "--project", "aced-one", "--yes"],
    "graph truncate": ["graph", "truncate", "--yes"],
    "graph counts": ["graph", "counts"],
    "projects init": ["projects", "init", "--via", "database", "aced-three"],
}


@pytest.mark.promise("A wait for a lock is reported and ends")
@pytest.mark.parametrize("command", LOCKED.values(), ids=LOCKED)
def test_a_wait_for_a_lock_ends_and_names_the_holder(etl, graph, load, few, command):
    load(few).ok()
    before = digest(graph)
    etl.env["ACED_ETL_GRAPH_LOCK_TIMEOUT"] = "2"
    with graph.connect(application_name="a-visitor") as other:
        other.execute("lock table node_patient, node_program")
        said = etl(*(few if word == "STUDY" else word for word in command), timeout=60).failed(8).stderr
        assert f"held by a-visitor (pid {other.info.backend_pid}" in said, said
    assert digest(graph) == before


def test_a_row_that_another_transaction_has_written(etl, graph, load, study):
    load(study(patient("p1"))).ok()
    etl.env["ACED_ETL_GRAPH_LOCK_TIMEOUT"] = "2"
    with graph.connect(application_name="a-visitor") as other:
        other.execute("update node_patient set acl = '{x}'")
        said = load(study(patient("p1", gender="male"))).failed(8).stderr
        assert "row" in said and "a-visitor" in said
    assert changes(load(study(patient("p1", gender="male")))) == {"node_patient": {"updated": 1}}


def test_the_setting_is_a_number_of_seconds(load, few):
    assert "graph.lock_timeout" in load(few, env={"ACED_ETL_GRAPH_LOCK_TIMEOUT": "soon"}).failed(2).stderr
    assert "graph.lock_timeout" in load(few, env={"ACED_ETL_GRAPH_LOCK_TIMEOUT": "0"}).failed(2).stderr
