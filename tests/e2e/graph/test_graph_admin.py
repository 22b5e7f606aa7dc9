"""graph init, mapping, counts, rm, truncate and projects, against a real PostgreSQL."""

import json
import socket
import subprocess
import threading

import pytest

PATIENTS, OBSERVATIONS = 30, 50


@pytest.fixture
def graph(etl, database, demo_dictionary):
    """A database with the demo's tables and two projects."""
    etl("graph", "init", "--dictionary", demo_dictionary).ok()
    etl("projects", "init", "aced-one", "aced-two").ok()
    return database


def fill(database, project: str, patients: int = PATIENTS, observations: int = OBSERVATIONS) -> None:
    """Patients and observations of a project; every observation is of one of its patients."""
    edge = edge_between(database, "node_observation", "node_patient")
    database.execute(
        "insert into node_patient (node_id, acl, _sysan, _props) select %s || '-p' || i, '{}', '{}', "
        "jsonb_build_object('project_id', %s::text, 'n', i) from generate_series(1, %s) i", project, project, patients)
    database.execute(
        "insert into node_observation (node_id, acl, _sysan, _props) select %s || '-o' || i, '{}', '{}', "
        "jsonb_build_object('project_id', %s::text, 'n', i) from generate_series(1, %s) i", project, project, observations)
    database.execute(
        f'insert into "{edge}" (src_id, dst_id, acl, _sysan, _props) select %s || \'-o\' || i, %s || \'-p\' || (i %% %s + 1), '
        "'{}', '{}', '{}' from generate_series(1, %s) i", project, project, patients, observations)


def edge_between(database, src: str, dst: str) -> str:
    return database.rows(
        "select s.conrelid::regclass::text from pg_constraint s join pg_constraint d using (conrelid) "
        "where s.conname like '%%\\_src\\_id\\_fkey' and d.conname like '%%\\_dst\\_id\\_fkey' "
        "and s.confrelid = %s::regclass and d.confrelid = %s::regclass order by 1", src, dst)[0][0].strip('"')


def counts(etl, *args) -> dict[str, int]:
    return {row["table"]: row["rows"] for row in etl("graph", "counts", "-o", "json", *args).ok().json()}


# --- graph init -------------------------------------------------------------------------------------------------

CATALOG = {
    "columns": "select c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, "
               "pg_get_expr(d.adbin, d.adrelid) from pg_class c join pg_attribute a on a.attrelid = c.oid "
               "left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum "
               "where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0",
    "constraints": "select conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid), condeferrable, condeferred, "
                   "confdeltype::text from pg_constraint where connamespace = 'public'::regnamespace",
    "indexes": "select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'",
    "sequences": "select s.relname, q.seqtypid::regtype::text, q.seqstart, q.seqincrement, q.seqmax, q.seqmin, q.seqcache, q.seqcycle, "
                 "d.refobjid::regclass::text, a.attname, d.deptype::text from pg_class s join pg_sequence q on q.seqrelid = s.oid "
                 "left join pg_depend d on d.objid = s.oid and d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass "
                 "left join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid "
                 "where s.relnamespace = 'public'::regnamespace",
    "others": "select relname, relkind::text from pg_class where relnamespace = 'public'::regnamespace and relkind not in ('r', 'i', 'S')",
}


def catalog(database) -> dict[str, list[tuple]]:
    """All of it; the server has its rows in no order of their own."""
    return {name: sorted(database.rows(sql), key=str) for name, sql in CATALOG.items()}


def test_init_makes_the_schema_of_the_reference_libraries(etl, new_database, shared):
    """Compared by catalog, not by text: columns, types, defaults, keys, indexes, sequences."""
    reference, ours = new_database(), new_database()
    script = (shared / "dictionaries/aced-simplified.schema.sql").read_text()
    with reference.connect(autocommit=True) as connection:
        connection.execute(script)
    env = {name: value for name, value in ours.env.items() if name.startswith("PG")}
    etl("graph", "init", "--dictionary", shared / "dictionaries/aced-simplified.json", env=env).ok()
    for what, sql in CATALOG.items():
        expected, made = set(reference.rows(sql)), set(ours.rows(sql))
        assert made == expected, f"{what}: missing {sorted(map(str, expected - made))[:5]}, more {sorted(map(str, made - expected))[:5]}"
        assert expected or what == "others"


def test_init_accepts_what_the_reference_libraries_made(etl, database, shared):
    with database.connect(autocommit=True) as connection:
        connection.execute((shared / "dictionaries/aced-simplified.schema.sql").read_text())
    rows = etl("graph", "init", "--dictionary", shared / "dictionaries/aced-simplified.json", "-o", "json").ok().json()
    assert [row["created"] for row in rows] == [0, 0]


def test_mapping_is_the_reference_libraries_list(etl, shared):
    mapping = etl("graph", "mapping", "-o", "json", "--dictionary", shared / "dictionaries/aced-simplified.json").ok().json()
    assert mapping == json.loads((shared / "dictionaries/aced-simplified.edges.json").read_text())


def test_init_twice_makes_nothing_more(etl, database, demo_dictionary):
    first = etl("graph", "init", "--dictionary", demo_dictionary, "-o", "json").ok().json()
    assert all(row["created"] > 0 and row["present"] == 0 for row in first)
    second = etl("graph", "init", "--dictionary", demo_dictionary, "-o", "json").ok().json()
    assert [(row["created"], row["present"]) for row in second] == [(0, row["created"]) for row in first]


def test_init_dry_run_writes_nothing(etl, database, demo_dictionary):
    rows = etl("graph", "init", "--dry-run", "--dictionary", demo_dictionary, "-o", "json").ok().json()
    assert all(row["missing"] > 0 for row in rows)
    assert database.value("select count(*) from pg_class where relnamespace = 'public'::regnamespace") == 0


def test_init_print_sql_needs_no_database_and_makes_the_same(etl, new_database, demo_dictionary):
    printed = etl("graph", "init", "--print-sql", "--dictionary", demo_dictionary, env={"PGHOST": "/nowhere"}).ok().stdout
    by_script, by_init = new_database(), new_database()
    with by_script.connect(autocommit=True) as connection:
        connection.execute(printed)
    etl("graph", "init", "--dictionary", demo_dictionary,
        env={name: value for name, value in by_init.env.items() if name.startswith("PG")}).ok()
    for sql in CATALOG.values():
        assert set(by_script.rows(sql)) == set(by_init.rows(sql))


def test_init_fills_gaps(etl, graph, demo_dictionary):
    edge = edge_between(graph, "node_observation", "node_patient")
    graph.execute(f'drop table "{edge}"')
    graph.execute("drop index node_patient__props_idx")
    rows = etl("graph", "init", "--dictionary", demo_dictionary, "-o", "json").ok().json()
    assert rows[0]["created"] == 1 and rows[1]["created"] == 4


@pytest.mark.promise("Nothing is dropped by `graph init`, and removal counts first")
def test_init_refuses_tables_that_differ_and_alters_nothing(etl, graph, demo_dictionary):
    edge = edge_between(graph, "node_observation", "node_patient")
    graph.execute("alter table node_patient drop column _sysan")
    graph.execute("alter table node_observation alter column created type date")
    graph.execute(f'alter table "{edge}" drop constraint "{edge}_src_id_fkey"')
    graph.execute("drop index node_project__props_idx; create index node_project__props_idx on node_program (node_id)")
    graph.execute("drop table _voided_nodes")
    before = catalog(graph)
    said = etl("graph", "init", "--dictionary", demo_dictionary).failed(7).stderr
    for name in ("node_patient._sysan is missing", "node_observation.created is date", f"{edge} lacks {edge}_src_id_fkey",
                 "the index node_project__props_idx is on node_program"):
        assert name in said
    assert catalog(graph) == before


def test_two_inits_at_once_both_end_well(etl, database, demo_dictionary):
    runs = [etl.start("graph", "init", "--dictionary", demo_dictionary) for _ in range(2)]
    assert [run.communicate(timeout=60) and run.returncode for run in runs] == [0, 0]


def test_what_is_no_dictionary_is_named(etl, tmp_path):
    path = tmp_path / "d.json"
    path.write_text('{"patient.yaml": {"title": "Patient"}}')
    said = etl("graph", "mapping", "--dictionary", path).failed(2).stderr
    assert "d.json (patient.yaml)" in said and "'id' is missing" in said


# --- projects ---------------------------------------------------------------------------------------------------

def test_projects_init_writes_what_sheepdog_would(etl, graph):
    assert graph.rows("select node_id, _props, acl, _sysan from node_project where _props->>'code' = 'one'") == [
        (str(uuid5("249b4405-2c69-45d9-96bc-7410333d5d80", "one")),
         {"code": "one", "type": "project", "state": "open", "dbgap_accession_number": "one"}, [], {})]
    assert graph.rows("select node_id, _props from node_program") == [
        (str(uuid5("85b08c6a-56a6-4474-9c30-b65abfd214a8", "aced")),
         {"name": "aced", "type": "program", "dbgap_accession_number": "aced"})]
    assert graph.value("select count(*) from edge_projectmemberofprogram") == 2


def uuid5(space: str, name: str):
    import uuid
    return uuid.uuid5(uuid.UUID(space), name)


def test_projects_init_again_changes_nothing(etl, graph):
    before = graph.rows("select xmin, * from node_project order by node_id")
    rows = etl("projects", "init", "aced-one", "-o", "json").ok().json()
    assert (rows[0]["program"], rows[0]["project_node"], rows[0]["edge"]) == ("exists",) * 3
    assert graph.rows("select xmin, * from node_project order by node_id") == before


def test_projects_init_all_reads_the_resource_tree(etl, graph, tmp_path):
    path = tmp_path / "user.yaml"
    path.write_text("authz: {resources: [{name: programs, subresources: [{name: aced, subresources: [{name: projects, "
                    "subresources: [{name: one}, {name: my-study}]}]}, {name: hop, subresources: [{name: projects, "
                    "subresources: [{name: x}]}]}]}]}\n")
    dry = etl("projects", "init", "--all", "--user-yaml", path, "--dry-run", "-o", "json").ok().json()
    assert [(row["project"], row["project_node"]) for row in dry] == [
        ("aced-one", "exists"), ("aced-my-study", "would be created"), ("hop-x", "would be created")]
    assert graph.value("select count(*) from node_project") == 2
    etl("projects", "init", "--all", "--user-yaml", path).ok()
    assert [row["project"] for row in etl("projects", "ls", "-o", "json").ok().json()] == [
        "aced-my-study", "aced-one", "aced-two", "hop-x"]


def test_a_project_under_another_node_id_is_used_as_it_is(etl, graph):
    graph.execute("insert into node_project (node_id, _props) values ('other-id', '{\"code\": \"three\", \"name\": \"Three\"}')")
    rows = etl("projects", "init", "aced-three", "-o", "json").ok().json()
    assert rows[0]["project_node_id"] == "other-id" and rows[0]["project_node"] == "exists" and rows[0]["edge"] == "created"
    assert graph.rows("select _props from node_project where node_id = 'other-id'") == [({"code": "three", "name": "Three"},)]


def test_a_code_of_another_program_is_refused_and_nothing_is_made(etl, graph):
    said = etl("projects", "init", "hop-new", "hop-one").failed(7).stderr
    assert "the code one belongs to program aced" in said and "set project: aced-one" in said
    assert graph.value("select count(*) from node_program") == 1


@pytest.mark.parametrize("args", [[], ["--all", "aced-one"], ["aced"]])
def test_projects_init_wants_to_know_which(etl, graph, args):
    etl("projects", "init", *args).failed(2)


# --- counts, rm, truncate ---------------------------------------------------------------------------------------

def test_counts_by_table_and_project(etl, graph):
    fill(graph, "aced-one")
    fill(graph, "aced-two", 3, 4)
    edge = edge_between(graph, "node_observation", "node_patient")
    assert counts(etl) == {"node_patient": PATIENTS + 3, "node_observation": OBSERVATIONS + 4, "node_program": 1,
                           "node_project": 2, "edge_projectmemberofprogram": 2, edge: OBSERVATIONS + 4}
    assert counts(etl, "--project", "aced-two") == {"node_patient": 3, "node_observation": 4, edge: 4}
    assert "the project aced-none does not exist" in etl("graph", "counts", "--project", "aced-none").failed(2).stderr
    assert counts(etl, "--all")["node_root"] == 0


@pytest.mark.promise("Nothing is dropped by `graph init`, and removal counts first")
def test_rm_removes_one_project_only(etl, graph):
    fill(graph, "aced-one")
    fill(graph, "aced-two", 3, 4)
    edge = edge_between(graph, "node_observation", "node_patient")
    graph.execute(f'insert into "{edge}" (src_id, dst_id) values (\'aced-two-o1\', \'aced-one-p1\')')
    before = counts(etl)
    plan = etl("graph", "rm", "--project", "aced-one", "--dry-run", "-o", "json").ok().json()
    assert {row["table"]: row["rows"] for row in plan} == {
        "node_patient": PATIENTS, "node_observation": OBSERVATIONS, edge: OBSERVATIONS + 1}
    assert counts(etl) == before
    done = etl("graph", "rm", "--project", "aced-one", "--yes", "-o", "json").ok().json()
    assert done == plan
    assert counts(etl) == {"node_patient": 3, "node_observation": 4, "node_program": 1, "node_project": 2,
                           "edge_projectmemberofprogram": 2, edge: 4}
    again = etl("graph", "rm", "--project", "aced-one", "-o", "json").ok()
    assert again.json() == [] and "nothing to remove" in again.stderr


@pytest.mark.promise("Nothing is dropped by `graph init`, and removal counts first")
def test_rm_without_a_terminal_needs_yes(etl, graph):
    fill(graph, "aced-one")
    said = etl("graph", "rm", "--project", "aced-one").failed(2).stderr
    assert "--yes" in said and "80 nodes and 50 edges" in said
    assert counts(etl, "--project", "aced-one")["node_patient"] == PATIENTS


def test_rm_with_project_takes_the_last_program_along(etl, graph):
    fill(graph, "aced-one", 2, 2)
    etl("graph", "rm", "--project", "aced-one", "--with-project", "--yes").ok()
    assert counts(etl) == {"node_program": 1, "node_project": 1, "edge_projectmemberofprogram": 1}
    plan = etl("graph", "rm", "--project", "aced-two", "--with-project", "--dry-run", "-o", "json").ok().json()
    etl("graph", "rm", "--project", "aced-two", "--with-project", "--yes").ok()
    assert {row["table"]: row["rows"] for row in plan} == {"node_program": 1, "node_project": 1, "edge_projectmemberofprogram": 1}
    assert counts(etl) == {}


def test_the_project_is_found_by_the_index_on_properties(graph):
    with graph.connect(autocommit=True) as connection:
        connection.execute("insert into node_patient (node_id, _props) select 'p' || i, jsonb_build_object('project_id', 'aced-' || i %% 200) "
                           "from generate_series(1, 20000) i", ())
        connection.execute("vacuum analyze node_patient")
        plan = "\n".join(row[0] for row in connection.execute(
            "explain delete from node_patient n where n._props @> '{\"project_id\": \"aced-7\"}'::jsonb").fetchall())
    # The planner may also take the index on system annotations and properties together.
    assert "_props_idx" in plan and "Seq Scan" not in plan


def test_truncate_keeps_programs_and_projects(etl, graph):
    fill(graph, "aced-one")
    fill(graph, "aced-two")
    assert "--yes" in etl("graph", "truncate").failed(2).stderr
    plan = etl("graph", "truncate", "--dry-run", "-o", "json").ok().json()
    assert sum(row["rows"] for row in plan if row["kind"] == "node") == 2 * (PATIENTS + OBSERVATIONS)
    assert etl("graph", "truncate", "--yes", "-o", "json").ok().json() == plan
    assert counts(etl) == {"node_program": 1, "node_project": 2, "edge_projectmemberofprogram": 2}
    etl("graph", "truncate", "--with-projects", "--yes").ok()
    assert counts(etl) == {}


def test_removal_takes_tables_of_older_dictionaries_along(etl, graph):
    graph.execute("create table node_old (like node_patient including all)")
    graph.execute("insert into node_old (node_id, _props) values ('x', '{\"project_id\": \"aced-one\"}')")
    assert counts(etl, "--project", "aced-one") == {"node_old": 1}
    etl("graph", "rm", "--project", "aced-one", "--yes").ok()
    assert graph.value("select count(*) from node_old") == 0


# --- locks and failures -----------------------------------------------------------------------------------------

def hold(database, project: str):
    """A session that holds what a load of the project would hold."""
    connection = database.connect(autocommit=True, application_name="another-load")
    key = "('x' || left(md5(%s), 16))::bit(64)::bigint"
    connection.execute(f"select pg_advisory_lock_shared({key}), pg_advisory_lock({key})",
                       ("aced-etl:graph", f"aced-etl:project:{project}"))
    return connection


def test_a_project_in_use_is_left_alone(etl, graph):
    fill(graph, "aced-one", 1, 1)
    fill(graph, "aced-two", 1, 1)
    with hold(graph, "aced-one") as holder:
        said = etl("graph", "rm", "--project", "aced-one", "--yes").failed(8).stderr
        assert "project aced-one is held by another-load" in said and f"pid {holder.info.backend_pid}" in said
        etl("graph", "truncate", "--yes").failed(8)
        etl("graph", "rm", "--project", "aced-two", "--yes").ok()
    etl("graph", "rm", "--project", "aced-one", "--yes").ok()


def test_a_reader_in_the_way_of_truncate_is_waited_for_not_for_ever(etl, graph):
    fill(graph, "aced-one", 1, 1)
    with graph.connect() as reader:
        reader.execute("select * from node_patient")
        run = etl.start("graph", "truncate", "--yes")
        with pytest.raises(Exception):
            run.wait(timeout=2)
    assert run.wait(timeout=30) == 0


@pytest.mark.promise("Results go to stdout")
def test_failures_to_connect_have_their_exit_codes(etl, database, canary):
    canary.add("not-the-password")
    assert "graph init" in etl("graph", "counts").failed(7).stderr
    assert "28P01" in etl("graph", "counts", env={"PGPASSWORD": "not-the-password"}).failed(4).stderr
    assert "no-such-database" in etl("graph", "counts", env={"PGDATABASE": "no-such-database"}).failed(7).stderr
    assert "refused" in etl("graph", "counts", env={"PGPORT": str(free_port())}).failed(5).stderr
    etl("graph", "counts", env={"PGSSLMODE": "nonsense"}).failed(2)


def test_a_user_without_rights_is_told(etl, graph):
    user = graph.env["PGUSER"]
    graph.postgres.psql("alter table node_patient owner to postgres; "
                        f"revoke all on node_patient from {user}", graph.name)
    said = etl("graph", "counts").failed(4).stderr
    assert "node_patient" in said


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class CutAtCommit:
    """A proxy that forwards COMMIT and cuts the line before the answer."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        client, _ = self.listener.accept()
        with client, socket.create_connection(self.target) as server:
            back = threading.Thread(target=self.copy, args=(server, client), daemon=True)
            back.start()
            while data := client.recv(65536):
                if b"COMMIT" in data:
                    client.shutdown(socket.SHUT_RDWR)
                    server.sendall(data)
                    break
                server.sendall(data)
            back.join(timeout=5)

    @staticmethod
    def copy(source: socket.socket, to: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                to.sendall(data)
        except OSError:
            pass


@pytest.mark.promise("One transaction")
def test_a_line_cut_during_commit_is_in_doubt_and_running_again_tells(etl, graph):
    proxy = CutAtCommit(graph.env["PGHOST"], int(graph.env["PGPORT"]))
    env = {"PGHOST": "127.0.0.1", "PGPORT": str(proxy.port), "PGSSLMODE": "disable"}
    said = etl("projects", "init", "aced-cut", env=env).failed(5).stderr
    assert "may or may not" in said and "run again" in said
    etl("projects", "init", "aced-cut").ok()
    assert graph.value("select count(*) from node_project where _props->>'code' = 'cut'") == 1


def test_the_connection_itself(etl, database):
    """The unit tests of src/graph that need a server."""
    binary = etl.binary.parent / "tests/unit/test_graph"
    if not binary.exists():
        pytest.skip("NOT TESTED: test_graph is not built")
    tests = "ConnectionTest.*:StatementStopTest.*:JsonbDigestOfPostgresql.*"
    done = subprocess.run([binary, f"--gtest_filter={tests}"], env=etl.environment(), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0 and "SKIPPED" not in done.stdout, done.stdout
