"""doctor on the database: every condition under which a load cannot succeed, tried and named; and a load ends as doctor says."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator

import pytest
from graph_loading import few, graph, load, study  # noqa: F401 (fixtures)
from graph_study import digest, patient
from pooler import pooler


@pytest.fixture
def examine(etl):
    """doctor's rows by check. There is no commons, so other checks fail."""
    return lambda **options: {row["check"]: row for row in json.loads(etl("doctor", "-o", "json", **options).stdout)}


DATABASE = ("database", "dictionary", "tables", "privileges")


def test_a_database_where_all_is_well(graph, load, few, examine):
    before = digest(graph)
    told = examine()
    assert [told[name]["state"] for name in DATABASE] == ["ok"] * len(DATABASE)
    assert not [name for name, row in told.items() if name.startswith("database") and row["state"] != "ok"]
    assert "pooler" not in told["database"]["found"] and "database timeouts" not in told
    assert digest(graph) == before
    load(few).ok()


@contextlib.contextmanager
def role(graph, canary, *grants: str) -> Iterator[dict[str, str]]:
    """A user with these rights alone, and the environment that connects as it."""
    name, password = f"some_{os.getpid()}", "password-of-some-55ce"
    canary.add(password)
    graph.postgres.psql(f"set log_statement = none; create role {name} login password '{password}'", graph.name)
    try:
        for grant in grants:
            graph.postgres.psql(f"grant {grant} to {name}", graph.name)
        yield {"PGUSER": name, "PGPASSWORD": password}
    finally:
        graph.postgres.psql(f"drop owned by {name}; drop role {name}", graph.name)


ALL = "select, insert, update, delete on all tables in schema public"


def test_a_user_who_may_do_what_a_load_does_and_no_more(graph, load, few, examine, canary):
    with role(graph, canary, ALL) as env:
        told = examine(env=env)
        assert told["privileges"]["state"] == "ok", told["privileges"]
        load(few, env=env).ok()


@pytest.mark.parametrize(("grants", "rc"), [("select on all tables in schema public", 4),
                                            (ALL.replace("all tables in schema public", "node_patient, node_program, node_project"), 4),
                                            (ALL.replace("update, ", ""), 0)],
                         ids=["reader", "some tables", "no update"])
def test_missing_privileges(graph, load, few, study, examine, canary, grants, rc):
    with role(graph, canary, grants) as env:
        told = examine(env=env)
        assert told["privileges"]["state"] == "failed" and "cannot be written" in told["privileges"]["found"], told
        load(few, env=env).failed(rc)
        load(study(patient("p0", gender="male")), env=env).failed(4)


def test_no_right_to_temporary_tables(graph, load, few, examine, canary):
    graph.postgres.psql(f"revoke temporary on database {graph.name} from public")
    with role(graph, canary, ALL) as env:
        told = examine(env=env)
        assert told["database temporary tables"]["state"] == "failed" and "TEMPORARY" in told["database temporary tables"]["advice"]
        load(few, env=env).failed(4)


def test_a_read_only_database(graph, load, few, examine):
    graph.postgres.psql(f"alter database {graph.name} set default_transaction_read_only = on")
    row = examine()["database writes"]
    assert row["state"] == "failed" and "read-only" in row["found"]
    load(few).failed(7)


def test_another_encoding(etl, graph, load, few, examine, postgres):
    name = f"latin_{os.getpid()}"
    postgres.psql(f"create database {name} owner {graph.env['PGUSER']} template template0 encoding 'LATIN1' locale 'C'")
    try:
        row = examine(env={"PGDATABASE": name})["database encoding"]
        assert row["state"] == "failed" and "LATIN1" in row["found"] and "UTF8" in row["advice"]
    finally:
        postgres.psql(f"drop database {name} with (force)")


def test_timeouts_are_named_and_do_no_harm(graph, load, few, examine):
    graph.postgres.psql(f"alter database {graph.name} set statement_timeout = '7s'")
    graph.postgres.psql(f"alter database {graph.name} set idle_in_transaction_session_timeout = '9s'")
    row = examine()["database timeouts"]
    assert row["state"] == "ok" and "statement_timeout 7000 ms" in row["found"] and "idle_in_transaction_session_timeout 9000 ms" in row["found"]
    load(few).ok()


@pytest.mark.parametrize(("mode", "said"), [("transaction", "each transaction another"), ("session", "go through a pooler")])
def test_a_pooler_is_named(etl, graph, load, few, examine, mode, said):
    with pooler(graph, pool_mode=mode, default_pool_size=3) as made:
        etl.env.update(made.env)
        told = examine()
        assert "through a pooler" in told["database"]["found"]
        assert told["database pooler"]["state"] == "ok" and said in told["database pooler"]["found"]
        assert told["privileges"]["state"] == "ok"
        load(few).ok()


def test_a_pooler_with_one_connection(etl, graph, examine):
    """A run needs two: one holds its lock."""
    with pooler(graph, default_pool_size=1) as made:
        etl.env.update(made.env)
        assert examine()["database sessions"]["state"] == "failed"


def test_a_pooler_that_hands_on_each_statement(etl, graph, load, few, examine):
    with pooler(graph, pool_mode="statement") as made:
        etl.env.update(made.env)
        row = examine()["database"]
        assert row["state"] == "failed" and "pool_mode" in row["advice"]
        load(few).failed(7)


def test_a_role_with_one_connection(graph, examine, canary):
    with role(graph, canary, ALL) as env:
        graph.postgres.psql(f"alter role {env['PGUSER']} connection limit 1")
        assert examine(env=env)["database sessions"]["state"] == "failed"


def test_a_table_that_another_session_holds(graph, examine):
    with graph.connect() as other:
        other.execute("lock table node_patient")
        told = examine()
    assert told["tables"]["state"] == "warning" and "node_patient" in told["tables"]["found"]
    assert told["privileges"]["state"] == "warning" and "node_patient" in told["privileges"]["found"]
