"""graph load when something goes wrong: killed, cut off, locked out, without room, without rights. All or nothing."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import tempfile
import threading
import time

import psycopg
import pytest

from graph_study import changes, digest, dump, observation, patient, research_study, write

MOMENTS = 25


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


def a_few(n: int = 0) -> list[dict]:
    return [research_study(f"s{n}"), patient(f"p{n}"), observation(f"o{n}", f"p{n}")]


@pytest.fixture
def few(tmp_path) -> pathlib.Path:
    return write(tmp_path / "few", *a_few())


@pytest.fixture(scope="session")
def large(tmp_path_factory) -> pathlib.Path:
    """About 12 MB that no compression shrinks: several COPYs, and more than a small disk holds."""
    numbers = random.Random(1)
    return write(tmp_path_factory.mktemp("large"), *(
        observation(f"o{n}", valueString=numbers.randbytes(2000).hex()) for n in range(1, 3001)))


def until(what, seconds: float = 20):
    """Waits until `what` answers something true."""
    end = time.monotonic() + seconds
    while not (answer := what()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)
    return answer


def sessions(database) -> int:
    return database.value("select count(*) from pg_stat_activity where datname = current_database() and application_name = 'aced-etl'")


def temporary_tables(database) -> int:
    return database.value("select count(*) from pg_class where relpersistence = 't' and relnamespace <> 'pg_toast'::regnamespace")


def holds_lock(database) -> int:
    return database.value("select count(*) from pg_locks where locktype = 'advisory' and granted and mode = 'ExclusiveLock' "
                          "and database = (select oid from pg_database where datname = current_database())")


# --- SIGKILL ----------------------------------------------------------------------------------------------------

def kill_at_many_moments(etl, graph, loads, moments: int) -> None:
    """Each load in turn is killed at some moment, looked at, and then done to its end."""
    seed = int(os.environ.get("ACED_TEST_SEED", time.time_ns() % 1_000_000))
    print(f"ACED_TEST_SEED={seed}")
    numbers = random.Random(seed)
    kinds = {"before": 0, "after": 0}
    duration = None
    for number in range(moments + 1):
        args = ("graph", "load", *loads(number))
        before = digest(graph)
        if duration is not None:
            run = etl.start(*args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            # Anywhere, and every other time about the end, where it is decided.
            time.sleep(duration * (numbers.uniform(0, 1) if number % 2 else numbers.uniform(0.7, 1.1)))
            run.send_signal(signal.SIGKILL)
            run.wait()
            # Not killed in the middle of a statement, the server sees at once that we are gone; else within 2 s.
            until(lambda: sessions(graph) == 0, 10)
            found = digest(graph)
            assert temporary_tables(graph) == 0
        began = time.monotonic()
        etl(*args).ok()
        took = time.monotonic() - began
        after = digest(graph)
        if number == 0 or found == before:
            duration = took
        assert before != after
        if number > 0:
            assert found in (before, after), f"neither as before nor as after: moment {number}, seed {seed}"
            kinds["after" if found == after else "before"] += 1
    print(kinds)
    assert kinds["before"] > 0


@pytest.mark.promise("One transaction")
def test_killed_at_any_moment_a_new_project_is_there_or_not(etl, graph, synth, tmp_path):
    synth(tmp_path / "s", "--records", 400, "--files", 0).ok()
    kill_at_many_moments(etl, graph, lambda n: ("--project", f"aced-k{n}", "--transform-ids", n, tmp_path / "s/studies"), 10)


@pytest.mark.promise("One transaction")
def test_killed_at_any_moment_a_project_is_as_before_or_as_after(etl, graph, synth, tmp_path):
    """Two versions replace each other, every record of which differs or is another."""
    for version in (0, 1):
        synth(tmp_path / f"v{version}", "--records", 400, "--files", 0).ok()
        for file in (tmp_path / f"v{version}").rglob("*.ndjson"):
            if version and file.stem == "FamilyMemberHistory":
                file.unlink()
            elif version:
                file.write_text(file.read_text().replace('"value":"', '"value":"v1-'))
    kill_at_many_moments(etl, graph, lambda n: ("--project", "aced-one", "--prune", tmp_path / f"v{n % 2}/studies"), MOMENTS - 10)


def test_killed_in_a_statement_the_project_is_free_again_soon(etl, graph, load, few):
    """The server is at work, or waits, for long; it looks for its client all the same."""
    with graph.connect() as other:
        other.execute("lock table node_patient in share row exclusive mode")
        run = etl.start("graph", "load", "--project", "aced-one", few)
        until(lambda: graph.value("select count(*) from pg_locks where not granted"))
        run.kill()
        run.wait()
        run.communicate()
        until(lambda: sessions(graph) == 0, 6)
        assert holds_lock(graph) == 0 and temporary_tables(graph) == 0
    load(few).ok()


# --- the line to the server -------------------------------------------------------------------------------------

COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"


class Proxy:
    """Stands between client and server, and cuts both lines when what the client sends says so."""

    def __init__(self, database, *, when, forward: bool = False) -> None:
        """`when(data, bytes so far)`: cut now? `forward`: let these bytes, and the server's answer, arrive there first."""
        self.target = (database.env["PGHOST"], int(database.env["PGPORT"]))
        self.when, self.forward = when, forward
        self.cuts = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.env = {"PGHOST": "127.0.0.1", "PGPORT": str(self.listener.getsockname()[1]), "PGSSLMODE": "disable",
                    "PGGSSENCMODE": "disable"}
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client: socket.socket) -> None:
        silent = threading.Event()
        with client, socket.create_connection(self.target) as server:
            back = threading.Thread(target=self.answers, args=(server, client, silent), daemon=True)
            back.start()
            sent = 0
            with contextlib.suppress(OSError):
                while data := client.recv(1 << 16):
                    sent += len(data)
                    if self.when(data, sent):
                        self.cuts += 1
                        if self.forward:
                            silent.set()
                            server.sendall(data)
                            back.join(timeout=10)  # until the server has answered
                        break
                    server.sendall(data)
            for line in (client, server):
                with contextlib.suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def answers(server: socket.socket, client: socket.socket, silent: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 16):
                if silent.is_set():
                    return
                client.sendall(data)

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_) -> None:
        self.listener.close()


@pytest.mark.parametrize("arrives", [False, True], ids=["lost", "arrived"])
def test_a_line_cut_at_commit_is_in_doubt_and_running_again_makes_it_right(graph, load, few, arrives):
    before = digest(graph)
    with Proxy(graph, when=lambda data, _: COMMIT in data, forward=arrives) as proxy:
        said = load(few, env=proxy.env).failed(5).stderr
        assert proxy.cuts == 1
    assert "may or may not" in said and "run again" in said
    until(lambda: sessions(graph) == 0)
    done = digest(graph)
    assert (done != before) == arrives
    assert (changes(load(few)) == {}) == arrives
    assert (digest(graph) == done) == arrives
    assert graph.value("select count(*) from node_observation") == 1


def test_a_line_cut_in_a_copy_writes_nothing(graph, load, large, few):
    before = digest(graph)
    with Proxy(graph, when=lambda _, sent: sent > (2 << 20)) as proxy:
        said = load(large, env=proxy.env, timeout=30).failed(5).stderr
        assert proxy.cuts == 1
    assert "run again" in said
    until(lambda: sessions(graph) == 0)
    assert digest(graph) == before and temporary_tables(graph) == 0
    load(few).ok()


@pytest.mark.parametrize("statement", [b"insert into pg_temp.aced_etl_diff", b"insert into node_"])
def test_a_line_cut_between_statements_writes_nothing(graph, load, few, statement):
    before = digest(graph)
    with Proxy(graph, when=lambda data, _: statement in data) as proxy:
        assert "run again" in load(few, env=proxy.env, timeout=30).failed(5).stderr
        assert proxy.cuts == 1
    until(lambda: sessions(graph) == 0)
    assert digest(graph) == before


def test_what_fails_in_the_upkeep_of_indexes_does_not_matter_to_the_load(graph, load, large):
    with Proxy(graph, when=lambda data, _: b"gin_clean_pending_list" in data) as proxy:
        load(large, env=proxy.env, timeout=30).ok()
        assert proxy.cuts == 1
    assert graph.value("select count(*) from node_observation") == 3000
    assert changes(load(large)) == {}


def test_a_session_that_the_server_ends_writes_nothing(etl, graph, few):
    before = digest(graph)
    with graph.connect() as other:
        other.execute("lock table node_patient in share row exclusive mode")
        run = etl.start("graph", "load", "--project", "aced-one", few)
        until(lambda: graph.value("select count(*) from pg_locks where not granted"))
        other.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'aced-etl' "
                      "and datname = current_database()")
        _, said = run.communicate(timeout=20)
    assert run.returncode == 5 and b"run again" in said, said
    assert digest(graph) == before


# --- others at work ---------------------------------------------------------------------------------------------

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


@pytest.mark.promise("One load of a project at a time")
def test_a_second_load_of_a_project_is_told_who_holds_it(etl, graph, load, few):
    with held_load(etl, graph, "aced-one", a_few(7)):
        said = load(few).failed(8).stderr
        pid = graph.value("select pid from pg_stat_activity where application_name = 'aced-etl' and datname = current_database()")
        assert f"project aced-one is held by aced-etl (pid {pid}" in said and "run again" in said
        load(few, "--dry-run").failed(8)
        etl("graph", "rm", "--project", "aced-one", "--yes").failed(8)
    assert graph.value("select array_agg(node_id) from node_patient") == ["p7"]
    load(few).ok()


def test_loads_of_two_projects_do_not_wait_for_each_other(etl, graph, load, few):
    """Not even when both find their program missing."""
    with held_load(etl, graph, "aced-one", a_few(7)):
        load(few, project="aced-two", timeout=20).ok()
    assert graph.value("select count(*) from node_program") == 1
    assert graph.value("select count(*) from edge_projectmemberofprogram") == 2
    assert graph.value("select count(distinct _props->>'project_id') from node_patient") == 2


def test_a_record_that_another_project_gets_meanwhile_is_not_taken_over(etl, graph, load, few):
    """Between the look for records of others and the write."""
    with graph.connect() as other:
        other.execute("lock table node_patient in share row exclusive mode")
        run = etl.start("graph", "load", "--project", "aced-one", few)
        until(lambda: graph.value("select count(*) from pg_locks where not granted"))
        other.execute("insert into node_patient (node_id, _props) values ('p0', '{\"project_id\": \"aced-two\"}')")
    _, said = run.communicate(timeout=20)
    assert run.returncode in (5, 7) and b"p0" in said or b"meanwhile" in said or b"at this moment" in said, said
    assert graph.rows("select node_id, _props->>'project_id' from node_patient") == [("p0", "aced-two")]
    assert graph.value("select count(*) from node_observation") == 0
    assert "aced-two" in load(few).failed(3).stderr


def test_a_node_that_goes_meanwhile_leaves_no_edge_without_an_end(etl, graph, load, few, tmp_path):
    """The target was in the graph when the study was checked; the database's own keys find it gone."""
    load(few).ok()
    before = dump(graph)
    more = write(tmp_path / "more", observation("o9", "p0"))
    with graph.connect() as other:
        other.execute("lock table node_observation in share row exclusive mode")
        run = etl.start("graph", "load", "--project", "aced-one", more)
        until(lambda: graph.value("select count(*) from pg_locks where not granted"))
        other.execute("delete from node_patient where node_id = 'p0'")
    _, said = run.communicate(timeout=20)
    assert run.returncode in (5, 7) and b"p0" in said, said
    assert dump(graph).get("node_observation") == before["node_observation"]


def test_readers_do_not_hold_a_load_up(graph, load, few):
    with graph.connect() as reader:
        for table in ("node_patient", "node_observation", "edge_observationaboutsubjectpatient"):
            reader.execute(f"select * from {table}")
        load(few, timeout=20).ok()
        assert reader.execute("select count(*) from node_patient").fetchone() == (1,)


# --- no room ----------------------------------------------------------------------------------------------------

@pytest.fixture
def small_disk(postgres):
    """A tablespace of 24 MB, where the machine lets us make one."""
    owner = postgres.psql("select setting from pg_settings where name = 'data_directory'").strip()
    uid = os.stat(owner).st_uid
    folder = pathlib.Path(tempfile.mkdtemp(prefix="aced-etl-disk-", dir="/var/tmp"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size=24m,mode=0700,uid={uid}", "none", folder],
                             capture_output=True, check=False)
    if mounted.returncode != 0:
        folder.rmdir()
        pytest.skip(f"NOT TESTED: a full disk; mounting one is not permitted here: {mounted.stderr.decode().strip()}")
    try:
        folder.chmod(0o700)
        postgres.psql(f"create tablespace small location '{folder}'")
        postgres.psql(f"grant create on tablespace small to {postgres.env['PGUSER']}")
        yield "small"
    finally:
        with contextlib.suppress(AssertionError):
            postgres.psql("drop tablespace if exists small")
        subprocess.run(["umount", "-l", folder], check=False)
        folder.rmdir()


@pytest.mark.promise("One transaction")
@pytest.mark.parametrize("full", ["temporary tables", "the graph's tables"])
def test_a_full_disk_writes_nothing_and_is_told(graph, load, large, few, small_disk, full):
    load(few).ok()
    if full == "temporary tables":
        graph.postgres.psql(f"alter database {graph.name} set temp_tablespaces = '{small_disk}'")
        with graph.connect(autocommit=True) as hog:
            hog.execute(f"create temporary table hog tablespace {small_disk} as "
                        "select gen_random_uuid()::text || repeat('x', 1000) from generate_series(1, 15000)")
            ran, before = load(large), digest(graph)
    else:
        graph.execute(f"alter table node_observation set tablespace {small_disk}")
        graph.execute(f"create table hog tablespace {small_disk} as "
                      "select repeat('x', 1000) from generate_series(1, 14000)")
        before = digest(graph)
        ran = load(large)
        assert digest(graph) == before
        graph.execute("drop table hog; alter table node_observation set tablespace pg_default")
    said = ran.failed(5).stderr
    assert "disk is full" in said and "run again" in said and "53100" in said
    until(lambda: sessions(graph) == 0)
    graph.postgres.psql(f"alter database {graph.name} reset temp_tablespaces")
    assert digest(graph) == before and temporary_tables(graph) == 0
    load(large).ok()


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
    with held_load(etl, graph, "aced-one", a_few()):
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
