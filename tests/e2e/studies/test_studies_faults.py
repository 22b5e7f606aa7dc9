"""aced-etl studies pull when something comes between: kills, stops, objects that change, servers that go away."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import sqlite3
import threading

import pytest
from graph_loading import until
from studies_source import MIB, large, some_studies, source  # noqa: F401 (a fixture)


@pytest.mark.promise("A pull goes on where it was")
def test_killed_in_the_middle_it_goes_on_where_it_was(source, proxy):
    """Many small objects and one of 64 MiB: what was done is not fetched again."""
    source.put_all({f"studies/S/{number:04}.ndjson": b"%d" % number * 100 for number in range(300)})
    source.put("output/S/large.bin", large(64 * MIB))
    between = proxy()
    args = ["studies", "pull", "-o", "json", "--part-size", "1", "--endpoint-url", between.endpoint]
    killed = threading.Event()
    small = source.home / "studies/S"

    def parts() -> int:
        return len([one for one in between.gets() if one[1]])

    def hold(request) -> None:
        # The last small files may arrive after the first parts: later parts wait, so that the large object is never whole.
        if request[2] and parts() > 24:
            killed.wait(120)

    between.on_request = hold
    running = source.etl.start(*args)
    try:
        until(lambda: parts() >= 24 and len(list(small.glob("*.ndjson"))) == 300, 60)
    finally:
        running.kill()
        running.communicate()
        killed.set()
    assert not (source.home / "output/S/large.bin").exists()
    first = between.gets()
    between.requests.clear()
    between.on_request = lambda request: None
    done = source.pull(*args[4:])
    assert source.local() == source.objects
    second = between.gets()
    # Asked for twice: at most what was on its way, one request for each of eight threads.
    assert len(set(first) & set(second)) <= 8
    assert len(set(first) | set(second)) == 300 + 64
    assert done["resumed_bytes"] >= 16 * MIB
    assert source.pull()["unchanged"] == 301


@pytest.mark.promise("A pull goes on where it was")
def test_small_files_are_whole_whenever_it_is_killed(source, proxy):
    """They are moved into their places, and noted, many at a time."""
    moments = random.Random(int(os.environ.get("ACED_TEST_SEED", "3")))
    source.put_all({f"studies/S/{n:03}.bin": moments.randbytes(moments.randrange(1, 3000)) for n in range(300)})
    killed = 0
    for _ in range(6):
        via = proxy()
        until, reached = moments.randrange(1, 250), threading.Event()
        via.on_request = lambda request, via=via, until=until, reached=reached: len(via.requests) >= until and reached.set()
        ran = source.etl.start("studies", "pull", "-q", env={"AWS_ENDPOINT_URL": via.endpoint})
        while not reached.wait(0.01) and ran.poll() is None:
            pass
        killed += ran.poll() is None
        ran.kill()
        ran.communicate()
        for name, body in source.local().items():
            assert "/.aced-etl-pull/" in name or body == source.objects[name], name
        with contextlib.closing(sqlite3.connect(source.home / "state/studies.db")) as journal:
            for path, size in journal.execute("select path, size from files"):
                assert os.path.getsize(path) == size
    assert killed >= 2
    in_place = [name for name in source.local() if "/.aced-etl-pull/" not in name]
    assert source.pull()["fetched"] == 300 - len(in_place)
    assert source.local() == source.objects
    assert source.pull()["unchanged"] == 300


@pytest.mark.threads
@pytest.mark.promise("A pull goes on where it was")
def test_sigterm_stops_within_seconds_and_the_next_run_goes_on(source, proxy):
    source.put("output/S/large.bin", large(32 * MIB))
    between = proxy()
    args = ["studies", "pull", "-o", "json", "--part-size", "1", "--endpoint-url", between.endpoint]
    held, stopped = threading.Event(), threading.Event()

    def hold(request) -> None:
        if len([one for one in between.gets() if one[1]]) > 12:
            held.set()
            stopped.wait(120)

    between.on_request = hold
    running = source.etl.start(*args)
    try:
        assert held.wait(60)
        running.send_signal(signal.SIGTERM)
        _, errors = running.communicate(timeout=10)
    finally:
        stopped.set()
    assert running.returncode == 5 and b"run again to go on" in errors, errors
    assert source.pull()["fetched"] == 1  # with parts of another size it begins anew
    assert source.local() == source.objects


@pytest.mark.promise("A pull goes on where it was")
def test_an_object_that_changes_on_the_way_comes_whole(source, proxy):
    source.put("output/S/large.bin", large(16 * MIB))
    between = proxy()
    changed = threading.Event()

    def change(_request: tuple[str, str, str]) -> None:
        if len([one for one in between.gets() if one[1]]) == 6 and not changed.is_set():
            changed.set()
            source.put("output/S/large.bin", large(12 * MIB))

    between.on_request = change
    done = source.pull("--part-size", "1", "--jobs", "2", "--endpoint-url", between.endpoint)
    assert changed.is_set() and done["fetched"] == 1 and done["fetched_bytes"] == 12 * MIB
    assert source.local() == source.objects
    assert "changed while it was downloaded" in source.stderr


def test_an_object_that_leaves_on_the_way_fails_alone(source, proxy):
    source.put_all(some_studies())
    source.put("studies/zzz", b"gone soon")
    between = proxy()
    between.on_request = lambda request: source.remove("studies/zzz") if request[1].endswith("/studies/zzz") else None
    done = source.pull("--endpoint-url", between.endpoint, rc=6)
    assert [one["key"] for one in done["failed"]] == ["env/dev/studies/zzz"]
    assert "NoSuchKey" in done["failed"][0]["reason"]
    assert source.local() == source.objects


def test_a_wrong_key_is_told_as_such(source, tmp_path):
    source.put_all(some_studies())
    ran = source.etl("studies", "pull", env={"AWS_ACCESS_KEY_ID": "AKIDNOBODY", "AWS_SECRET_ACCESS_KEY": "no-such-secret"}).failed(4)
    assert "403" in ran.stderr and ran.stdout == ""


def test_the_profile_is_etlbot_unless_someone_says_otherwise(source):
    source.put_all(some_studies())
    source.pull("--dry-run")
    source.pull("--dry-run", rc=2, AWS_PROFILE="nobody")
    assert "nobody" in source.stderr
    source.pull("--dry-run", "--profile", "fencebot", AWS_PROFILE="nobody")
    (source.home / "etl.yaml").write_text("source:\n  profile: elsewhere\n")
    source.pull("--dry-run", rc=2)
    assert "elsewhere" in source.stderr and "etl.yaml" in source.stderr and "etlbot" in source.stderr


def test_a_server_that_is_down_is_told_and_one_that_comes_back_is_waited_for(source, s3, proxy):
    source.put_all({f"studies/S/{number:03}": b"%d" % number for number in range(200)})
    between = proxy()
    seen = threading.Event()
    between.on_request = lambda request: len(between.gets()) >= 50 and seen.set()
    running = source.etl.start("studies", "pull", "--jobs", "2", "--endpoint-url", between.endpoint)
    assert seen.wait(60)
    s3.kill()
    s3.start()
    between.upstream = ("127.0.0.1", int(s3.endpoint.rsplit(":", 1)[1]))
    _, errors = running.communicate(timeout=120)
    assert running.returncode == 0, errors
    assert source.local() == source.objects


def test_without_a_service_it_ends_and_says_so(source):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    ran = source.etl("studies", "pull", "--endpoint-url", f"http://127.0.0.1:{port}", timeout=180).failed(5)
    assert "connection refused" in ran.stderr


@pytest.mark.promise("A lock names its holder")
def test_two_pulls_do_not_meet(source, proxy):
    source.put("output/S/large.bin", large(8 * MIB))
    between = proxy()
    begun, go_on = threading.Event(), threading.Event()

    def hold(request: tuple[str, str, str]) -> None:
        if request[2]:
            begun.set()
            go_on.wait(60)

    between.on_request = hold
    running = source.etl.start("studies", "pull", "--part-size", "1", "--endpoint-url", between.endpoint)
    try:
        assert begun.wait(60)
        source.pull(rc=8)
        holder = f"process {running.pid} on {socket.gethostname()} (aced-etl studies pull "
        assert f"another pull is writing into this folder: {holder}" in source.stderr
    finally:
        go_on.set()
        running.communicate(timeout=60)
    assert running.returncode == 0
    assert source.local() == source.objects
