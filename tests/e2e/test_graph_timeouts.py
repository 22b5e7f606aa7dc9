"""Timeouts of the role or database, and locks that other sessions hold."""

from __future__ import annotations

import json
import subprocess

import pytest
from graph_loading import few, graph, load, one_of_each, study, until  # noqa: F401 (fixtures)
from graph_study import changes, digest, dump, patient, write

# Far below what any statement of a load takes together; lifted, none of them matters.
SHORT = "alter database {0} set statement_timeout = '1ms'; alter database {0} set idle_in_transaction_session_timeout = '1ms'; " \
        "alter database {0} set lock_timeout = '1ms'"


@pytest.fixture
def short(graph):
    graph.postgres.psql(SHORT.format(graph.name).replace("; ", ";\n"))
    return graph


@pytest.mark.promise("Timeouts of the database do not end a load")
def test_every_command_lifts_the_timeouts_of_the_database(etl, short, load, study):
    load(study(*one_of_each(1), *(patient(f"x{n}") for n in range(3000)))).ok()
    load(study(*one_of_each(1), name="less"), "--prune").ok()
    etl("graph", "init").ok()
    etl("graph", "counts").ok()
    etl("projects", "init", "--via", "database", "aced-two").ok()
    etl("projects", "ls", "--via", "database").ok()
    etl("projects", "rm", "--via", "database", "--yes", "aced-two").ok()
    etl("graph", "rm", "--project", "aced-one", "--yes").ok()
    etl("graph", "truncate", "--yes").ok()


@pytest.mark.promise("Timeouts of the database do not end a load")
def test_a_study_that_comes_slowly(etl, short):
    """The transaction is idle while the next piece is awaited."""
    run = etl.start("graph", "load", "--project", "aced-one", "-", stdin=subprocess.PIPE)
    try:
        until(lambda: short.value("select count(*) from pg_stat_activity where application_name = 'aced-etl' and state = 'idle in transaction' "
                                  "and now() - state_change > interval '100ms'"))
        _, said = run.communicate("".join(json.dumps(one) + "\n" for one in one_of_each(1)).encode(), timeout=30)
        assert run.returncode == 0, said
    finally:
        run.kill()
        run.wait()


@pytest.mark.promise("Timeouts of the database do not end a load")
def test_the_timeouts_of_a_role(etl, graph, load, few):
    role = graph.env["PGUSER"]
    graph.postgres.psql(f"alter role {role} in database {graph.name} set statement_timeout = '1ms'")
    load(few).ok()


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
