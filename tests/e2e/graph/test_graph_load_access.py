"""graph load without rights, without a server, without a graph; and with the credentials that are mounted."""

from __future__ import annotations

import os
import socket
import subprocess

import pytest
from graph_loading import few, graph, held_load, load, one_of_each  # noqa: F401 (fixtures)
from graph_study import changes, digest


# --- no rights, no server ---------------------------------------------------------------------------------------

def hint(ran) -> str:
    """What the program says to do; the error itself names the place."""
    lines = ran.stderr.splitlines()
    assert any(line.startswith("error: ") for line in lines) and any(line.startswith("  at: ") for line in lines), ran
    return next(line for line in lines if line.startswith("  do: "))


def test_a_wrong_password(load, few, canary):
    canary.add("not-the-password-7f31")
    said = load(few, env={"PGPASSWORD": "not-the-password-7f31"}).failed(4)
    assert "PGPASSWORD" in hint(said) and "28P01" in said.stderr


def test_no_password(load, few):
    assert "PGPASSWORD" in hint(load(few, env={"PGPASSWORD": None, "PGPASSFILE": "/dev/null"}).failed(4))


def test_a_stopped_server(load, few):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        said = load(few, env={"PGPORT": str(probe.getsockname()[1])}).failed(5)
    assert "run again" in hint(said)


def test_a_server_that_does_not_answer(load, few):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        said = load(few, env={"PGPORT": str(deaf.getsockname()[1]), "PGCONNECT_TIMEOUT": "1"}, timeout=10).failed(5)
    assert "run again" in hint(said)


def test_a_missing_database(load, few):
    said = load(few, env={"PGDATABASE": "no_such_database"}).failed(7)
    assert "PGDATABASE" in hint(said) and "no_such_database" in said.stderr


def test_a_missing_table(graph, load, few):
    graph.execute("drop table edge_observationaboutsubjectpatient; drop table node_task cascade")
    said = load(few).failed(7)
    assert "graph init" in hint(said)
    assert "edge_observationaboutsubjectpatient" in said.stderr and "node_task" in said.stderr


def test_a_database_without_the_graph(etl, load, new_database, few):
    assert "graph init" in hint(load(few, env={"PGDATABASE": new_database().name}).failed(7))


def test_a_user_who_may_only_read(graph, load, few, canary):
    canary.add("reader-password-90aa")
    role = f"reader_{os.getpid()}"
    graph.postgres.psql(f"set log_statement = none; create role {role} login password 'reader-password-90aa'; "
                        f"grant select on all tables in schema public to {role}", graph.name)
    try:
        before = digest(graph)
        said = load(few, env={"PGUSER": role, "PGPASSWORD": "reader-password-90aa"}).failed(4)
        assert "owner" in hint(said) and "42501" in said.stderr
        assert digest(graph) == before
    finally:
        graph.postgres.psql(f"drop owned by {role}; drop role {role}", graph.name)


def test_a_read_only_server(graph, load, few):
    graph.postgres.psql(f"alter database {graph.name} set default_transaction_read_only = on")
    assert "primary" in hint(load(few).failed(7))


@pytest.mark.promise("No secret")
def test_the_password_is_never_shown_whatever_fails(etl, graph, few, canary):
    """All runs are searched for it; here those that say the most."""
    canary.add(graph.env["PGPASSWORD"])
    for args in (["-v"], ["-v", "--log-format", "json"]):
        etl("graph", "load", "--project", "aced-one", few, *args).ok()
        etl("graph", "load", "--project", "aced-one", few, *args, env={"PGDATABASE": "none"}).failed(7)
    with held_load(etl, graph, "aced-one", one_of_each()):
        seen = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
        canary.check(seen, "ps")


# --- the commons' credentials -----------------------------------------------------------------------------------

@pytest.fixture
def mounted(etl, graph, tmp_path):
    """A creds folder as the pod has it, and no PG… variable."""
    folder = tmp_path / "creds/sheepdog-creds"
    folder.mkdir(parents=True)
    for name, value in {"host": graph.env["PGHOST"], "port": graph.env["PGPORT"], "database": graph.name, "dbcreated": "true",
                        "username": graph.env["PGUSER"], "password": graph.env["PGPASSWORD"]}.items():
        (folder / name).write_text(value)
    for name in [name for name in etl.env if name.startswith("PG")]:
        del etl.env[name]
    etl.env["ACED_ETL_CREDS"] = str(tmp_path / "creds")
    return folder


def test_the_mounted_credentials_are_enough(mounted, graph, load, few):
    assert changes(load(few))["node_patient"] == {"inserted": 1}
    assert graph.value("select count(*) from node_patient") == 1


def test_a_database_that_the_commons_has_not_made_yet(mounted, graph, load, few):
    (mounted / "dbcreated").write_text("false")
    said = load(few).failed(5)
    assert "dbcreated" in said.stderr and "wait" in hint(said)
    assert graph.value("select count(*) from node_patient") == 0
