"""The schema in which the graph's tables are: doctor, graph init and graph load agree on it."""

from __future__ import annotations

import json

import pytest
from graph_loading import few, graph, load, study  # noqa: F401 (fixtures)
from graph_study import ref


@pytest.fixture
def examine(etl):
    """doctor's row for a check; there is no commons, so others fail."""
    return lambda check: {row["check"]: row for row in json.loads(etl("doctor", "-o", "json").stdout)}[check]


def tables_in(database) -> dict[str, int]:
    return dict(database.rows("select nspname, count(*) from pg_class c join pg_namespace n on n.oid = relnamespace "
                              "where relkind = 'r' and relname like 'node%' and nspname !~ '^pg_' group by 1"))


def node_of_patient(database, schema: str) -> int:
    with database.connect(autocommit=True) as connection:
        return connection.execute(f'select count(*) from "{schema}".node_patient').fetchone()[0]


def agree(etl, load, few, examine, schema: str, database) -> None:
    before = tables_in(database)
    assert examine("tables")["state"] == "ok" and f"schema {schema}" in examine("database")["found"]
    assert {row["kind"]: row["missing"] for row in etl("graph", "init", "--dry-run", "-o", "json").ok().json()} == {"tables": 0, "indexes": 0}
    etl("graph", "init").ok()
    load(few).ok()
    assert tables_in(database) == before
    assert node_of_patient(database, schema) == 1
    assert {row["table"] for row in etl("graph", "counts", "-o", "json").ok().json()} >= {"node_patient", "node_program"}
    assert len(etl("projects", "ls", "--via", "database", "-o", "json").ok().json()) == 1
    etl("graph", "truncate", "--yes").ok()
    assert node_of_patient(database, schema) == 0


@pytest.mark.promise("One schema for every command")
def test_an_empty_schema_named_like_the_role(etl, graph, load, few, examine):
    graph.postgres.psql(f'create schema "{graph.env["PGUSER"]}" authorization {graph.env["PGUSER"]}', graph.name)
    agree(etl, load, few, examine, "public", graph)


@pytest.mark.promise("One schema for every command")
def test_a_new_graph_goes_to_the_schema_named_like_the_role(etl, graph, new_database, load, few, examine):
    made = new_database()
    etl.env.update(made.env)
    user = made.env["PGUSER"]
    made.postgres.psql(f'create schema "{user}" authorization {user}', made.name)
    assert examine("tables")["state"] == "failed"
    etl("graph", "init").ok()
    agree(etl, load, few, examine, user, made)


@pytest.mark.promise("One schema for every command")
@pytest.mark.parametrize("name", ["elsewhere", "Order", "user"])
def test_a_schema_chosen_by_search_path(etl, new_database, graph, load, few, examine, name):
    made = new_database()
    etl.env.update(made.env)
    made.postgres.psql(f'create schema "{name}" authorization {made.env["PGUSER"]}', made.name)
    made.postgres.psql(f'alter database {made.name} set search_path = "{name}", public')
    etl("graph", "init").ok()
    assert set(tables_in(made)) == {name}
    agree(etl, load, few, examine, name, made)


@pytest.mark.promise("One schema for every command")
def test_tables_in_a_schema_that_the_search_path_does_not_have(etl, new_database, graph, load, few, examine):
    made = new_database()
    etl.env.update(made.env)
    user = made.env["PGUSER"]
    made.postgres.psql(f"create schema elsewhere authorization {user}", made.name)
    etl("graph", "init", env={"PGOPTIONS": "-c search_path=elsewhere"}).ok()
    for said in (examine("tables")["found"], load(few).failed(7).stderr, etl("graph", "counts").failed(7).stderr,
                 etl("graph", "init", "--dry-run").ok().stderr):
        assert "search_path" in said and "elsewhere" in said and "public" in said, said
    load(few, env={"PGOPTIONS": "-c search_path=elsewhere"}).ok()


@pytest.mark.promise("One schema for every command")
def test_a_schema_that_the_user_may_not_use(etl, new_database, graph, load, few, examine):
    made = new_database()
    etl.env.update(made.env)
    made.postgres.psql("create schema closed; create table closed.node_patient (node_id text, _props jsonb)", made.name)
    assert "closed (which the user may not use)" in load(few).failed(7).stderr
    assert "closed (which the user may not use)" in examine("tables")["found"]


def test_no_schema_at_all(etl, graph, load, few):
    graph.postgres.psql(f"alter database {graph.name} set search_path = nowhere")
    for ran in (load(few), etl("graph", "init"), etl("graph", "counts")):
        assert "search_path" in ran.failed(7).stderr


# --- a commons as Gen3's own tools make it ------------------------------------------------------------------------

@pytest.mark.promise("One schema for every command")
def test_a_commons_without_versioned_nodes_is_healthy(etl, graph, load, few, examine):
    graph.execute("drop table versioned_nodes")
    found = examine("tables")
    assert found["state"] == "ok" and "all 140" in found["found"] and "versioned_nodes" in found["found"]
    load(few).ok()


def test_missing_indexes_do_not_keep_a_load_from_working(etl, graph, load, few, examine):
    graph.execute("drop index node_patient__props_idx")
    found = examine("tables")
    assert found["state"] == "warning" and "1 of the dictionary's indexes is missing" in found["found"] and "graph init" in found["advice"]
    load(few).ok()


def test_other_missing_tables_fail(etl, graph, examine):
    graph.execute("drop table transaction_documents")
    assert examine("tables")["state"] == "failed"


# --- link labels with blanks ---------------------------------------------------------------------------------------

def test_labels_with_blanks_name_tables_without_them(etl, graph, new_database, load, study, demo_dictionary, tmp_path):
    """As gen3datamodel names them: blanks are taken out before the name is made, or hashed."""
    dictionary = json.loads(demo_dictionary.read_text())
    for link in dictionary["specimen.yaml"]["links"]:
        for one in link.get("subgroup", [link]):
            if one["name"] == "parent":
                one["label"] = "derived from a"
    path = tmp_path / "blanks.json"
    path.write_text(json.dumps(dictionary))
    made = new_database()
    etl.env.update({**made.env, "DICTIONARY_URL": str(path)})
    etl("graph", "init").ok()
    mapped = {row["tablename"]: row for row in etl("graph", "mapping", "-o", "json").ok().json()}
    assert mapped["edge_specimenderivedfromaspecimen"]["label"] == "derivedfroma"
    from graph_study import specimen
    load(study(specimen("s1"), specimen("s2", parent=[ref("Specimen/s1")]))).ok()
    assert made.rows("select src_id, dst_id from edge_specimenderivedfromaspecimen") == [("s2", "s1")]
