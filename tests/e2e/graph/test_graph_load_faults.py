"""graph load when something goes wrong on the way: killed, cut off, without room. All or nothing."""

from __future__ import annotations

import contextlib
import os
import pathlib
import random
import signal
import socket
import subprocess
import tempfile
import threading
import time

import pytest
from graph_loading import few, graph, holds_lock, load, sessions, temporary_tables, until, waiting_load  # noqa: F401 (fixtures)
from graph_study import changes, digest, observation, write

MOMENTS = 25


@pytest.fixture(scope="session")
def large(tmp_path_factory) -> pathlib.Path:
    """About 12 MB that no compression shrinks: several COPYs, and more than a small disk holds."""
    numbers = random.Random(1)
    return write(tmp_path_factory.mktemp("large"), *(
        observation(f"o{n}", valueString=numbers.randbytes(2000).hex()) for n in range(1, 3001)))


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
    with waiting_load(etl, graph, few) as (run, _):
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
    with waiting_load(etl, graph, few) as (run, other):
        other.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name ~ '^aced-etl' "
                      "and datname = current_database()")
        _, said = run.communicate(timeout=20)
    assert run.returncode == 5 and b"run again" in said, said
    assert digest(graph) == before


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
    said = ran.failed(9).stderr
    assert "the disk of the database is full" in said and "run again" in said and "53100" in said
    until(lambda: sessions(graph) == 0)
    graph.postgres.psql(f"alter database {graph.name} reset temp_tablespaces")
    assert digest(graph) == before and temporary_tables(graph) == 0
    load(large).ok()
