"""aced-etl studies: bringing studies from a real S3 server, and listing them."""

from __future__ import annotations

import concurrent.futures
import contextlib
import hashlib
import json
import os
import pathlib
import random
import re
import signal
import socket
import sqlite3
import threading
import time

import pytest

MIB = 1 << 20


class Source:
    """A bucket with studies, and the folders of a pod that pulls them."""

    def __init__(self, s3, etl, home: pathlib.Path) -> None:
        self.s3, self.etl, self.home = s3, etl, home
        self.bucket = s3.new_bucket("pull")
        self.client = s3.client()
        etl.env.update(s3.env, HOME=str(home), S3_BUCKET=self.bucket, S3_PATH="env/dev", ACED_ETL_STATE_DIR=str(home / "state"))
        etl.env.pop("AWS_PROFILE", None)
        self.objects: dict[str, bytes] = {}

    def put(self, name: str, body: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key="env/dev/" + name, Body=body)
        self.objects[name] = body

    def put_all(self, objects: dict[str, bytes]) -> None:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda item: self.put(*item), objects.items()))

    def remove(self, name: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key="env/dev/" + name)
        self.objects.pop(name, None)

    def local(self) -> dict[str, bytes]:
        """Every file below both folders, work files as well."""
        return {str(path.relative_to(self.home)): path.read_bytes()
                for folder in ("studies", "output") for path in (self.home / folder).rglob("*") if path.is_file()}

    def pull(self, *args: object, rc: int = 0, **env: str | None) -> dict:
        ran = self.etl("studies", "pull", "-o", "json", *args, env=env).failed(rc)
        self.stderr = ran.stderr
        return json.loads(ran.stdout) if ran.stdout else {}


@pytest.fixture
def source(s3, etl, tmp_path) -> Source:
    return Source(s3, etl, tmp_path)


def some_studies() -> dict[str, bytes]:
    return {
        "studies/Lung_Cancer/Patient.ndjson": b'{"resourceType":"Patient","id":"1"}\n' * 3,
        "studies/Lung_Cancer/deep/er/Group.ndjson": b'{"resourceType":"Group","id":"1"}\n',
        "studies/Diabetes/Patient.ndjson": b"",
        "output/Lung_Cancer/dna/a b+c%41#é?=&;.csv": b"x" * 1000,
        "output/Diabetes/scan.bin": bytes(range(256)) * 40,
    }


@pytest.mark.promise("Only what changed is fetched")
def test_pull_brings_what_changed_and_only_that(source, proxy):
    source.put_all(some_studies())
    done = source.pull()
    assert source.local() == source.objects
    assert (done["objects"], done["fetched"], done["unchanged"]) == (5, 5, 0)
    assert done["fetched_bytes"] == sum(map(len, source.objects.values()))

    between = proxy()
    again = source.pull("--endpoint-url", between.endpoint)
    assert (again["fetched"], again["unchanged"]) == (0, 5)
    assert between.gets() == [] and between.requests

    source.put("studies/Diabetes/Patient.ndjson", b"longer")
    source.put("output/Diabetes/scan.bin", b"y" * len(source.objects["output/Diabetes/scan.bin"]))  # as long, another ETag
    (source.home / "studies/Lung_Cancer/Patient.ndjson").write_bytes(b"scribbled")
    assert source.pull()["fetched"] == 3
    assert source.local() == source.objects


def test_a_dry_run_tells_the_same_numbers_and_writes_nothing(source):
    source.put_all(some_studies())
    dry = source.pull("--dry-run")
    assert not (source.home / "studies").exists() and not (source.home / "state").exists()
    assert dry.pop("dry_run") is True
    done = source.pull()
    done.pop("dry_run")
    assert dry == done
    assert source.pull("--dry-run")["unchanged"] == 5


@pytest.mark.promise("Only what changed is fetched")
def test_a_file_that_is_there_already_is_taken_by_its_md5(source, proxy):
    source.put_all(some_studies())
    for name, body in source.objects.items():
        path = source.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    (source.home / "output/Diabetes/scan.bin").write_bytes(b"z" * len(source.objects["output/Diabetes/scan.bin"]))
    between = proxy()
    done = source.pull("--endpoint-url", between.endpoint)
    assert (done["adopted"], done["fetched"]) == (4, 1)
    assert [target for target, _ in between.gets()] == [f"/{source.bucket}/env/dev/output/Diabetes/scan.bin"]
    assert source.local() == source.objects


def test_only_the_studies_that_are_named(source):
    source.put_all(some_studies())
    assert source.pull("Diabetes")["fetched"] == 2
    assert set(source.local()) == {name for name in source.objects if "Diabetes" in name}
    source.pull("Diabets", rc=2)
    assert "did you mean `Diabetes`" in source.stderr
    source.pull("../x", rc=2)


def test_output_that_is_not_laid_out_by_study_comes_by_its_documents(source):
    document = {"resourceType": "DocumentReference", "id": "1", "content": [{"attachment": {"url": "file:///output/raw/one.bin"}}]}
    source.put_all({"studies/S/DocumentReference.ndjson": json.dumps(document).encode(), "output/raw/one.bin": b"1",
                    "output/raw/two.bin": b"2"})
    source.pull("S")
    assert set(source.local()) == {"studies/S/DocumentReference.ndjson", "output/raw/one.bin"}


@pytest.mark.promise("Only what a pull brought is deleted")
def test_delete_removes_what_a_pull_brought_and_nothing_else(source):
    source.put_all({**some_studies(), "studies/Lung_Cancer/Stays.ndjson": b"{}"})
    source.pull()
    own = source.home / "studies/Lung_Cancer/extractions/Patient.ndjson"
    own.parent.mkdir()
    own.write_text("ours")
    edited = source.home / "studies/Lung_Cancer/deep/er/Group.ndjson"
    edited.write_text("edited here")
    for name in ("output/Diabetes/scan.bin", "studies/Lung_Cancer/deep/er/Group.ndjson", "studies/Lung_Cancer/Patient.ndjson"):
        source.remove(name)
    source.pull()
    assert (source.home / "output/Diabetes/scan.bin").exists()

    source.pull("--delete", rc=2)
    assert "--yes" in source.stderr
    # Only within the study that is named.
    assert source.pull("Lung_Cancer", "--delete", "--dry-run")["removed"] == 1
    done = source.pull("--delete", "--yes")
    assert (done["removed"], done["kept"]) == (2, 1)
    assert not (source.home / "output/Diabetes").exists()
    assert edited.read_text() == "edited here" and own.read_text() == "ours"


@pytest.mark.promise("Only what a pull brought is deleted")
def test_nothing_at_the_source_is_no_reason_to_delete(source):
    source.put_all(some_studies())
    source.pull()
    source.pull("--delete", "--yes", rc=2, S3_PATH="env/typo")
    assert source.local() == source.objects


@pytest.mark.promise("No key leads out of the folders")
def test_keys_that_would_leave_the_folder_are_refused_and_the_rest_comes(source, proxy):
    source.put_all(some_studies())
    outside = source.home / "outside"
    outside.mkdir()
    (source.home / "studies").mkdir()
    (source.home / "studies/linked").symlink_to(outside)
    source.client.put_object(Bucket=source.bucket, Key="env/dev/studies/linked/x", Body=b"x")
    source.client.put_object(Bucket=source.bucket, Key="env/dev/studies/back\\slash", Body=b"x")
    source.client.put_object(Bucket=source.bucket, Key="env/dev/studies/zz/zz/zz-escape", Body=b"x")
    source.client.put_object(Bucket=source.bucket, Key="env/dev/studies/yyyyy/escape", Body=b"x")
    between = proxy()
    # No file system lets a server hold such keys: they are made on the way, as long as those that they replace.
    between.alter = lambda chunk: chunk.replace(b"/zz/zz/zz-escape", b"/../../zz-escape").replace(b"/yyyyy/escape", b"/a//b//escape")
    done = source.pull("--endpoint-url", between.endpoint, rc=6)
    assert sorted(one["key"] for one in done["refused"]) == [
        "env/dev/studies/../../zz-escape", "env/dev/studies/a//b//escape", "env/dev/studies/back\\slash", "env/dev/studies/linked/x"]
    assert done["failed"] == [] and list(outside.iterdir()) == []
    assert {name: body for name, body in source.local().items()} == source.objects
    assert not (source.home / "zz-escape").exists()
    for one in done["refused"]:
        assert one["key"].replace("\\", "\\") in source.stderr


def test_placeholders_of_folders_are_passed_over(source):
    source.put_all(some_studies())
    for name in ("studies/", "studies/Empty/", "output/"):
        source.client.put_object(Bucket=source.bucket, Key="env/dev/" + name, Body=b"")
    assert source.pull()["objects"] == 5
    assert source.local() == source.objects


def large(size: int) -> bytes:
    return random.Random(size).randbytes(size)


@pytest.mark.promise("A pull goes on where it was")
def test_killed_in_the_middle_it_goes_on_where_it_was(source, proxy):
    """Many small objects and one of 64 MiB: what was done is not fetched again."""
    source.put_all({f"studies/S/{number:04}.ndjson": b"%d" % number * 100 for number in range(300)})
    source.put("output/S/large.bin", large(64 * MIB))
    between = proxy()
    args = ["studies", "pull", "-o", "json", "--part-size", "1", "--endpoint-url", between.endpoint]
    enough = threading.Event()
    small = source.home / "studies/S"

    def looked_at(request) -> None:
        # Small files are moved into their places many at a time, while parts are asked for already: of these the next test tells.
        if len([one for one in between.gets() if one[1]]) >= 24 and len(list(small.glob("*.ndjson"))) == 300:
            enough.set()

    between.on_request = looked_at
    running = source.etl.start(*args)
    try:
        assert enough.wait(60)
    finally:
        running.kill()
        running.communicate()
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


@pytest.mark.promise("A pull goes on where it was")
def test_sigterm_stops_within_seconds_and_the_next_run_goes_on(source, proxy):
    source.put("output/S/large.bin", large(32 * MIB))
    between = proxy()
    between.pause = 0.02
    args = ["studies", "pull", "-o", "json", "--part-size", "1", "--endpoint-url", between.endpoint]
    enough = threading.Event()
    between.on_request = lambda request: len([one for one in between.gets() if one[1]]) >= 12 and enough.set()
    running = source.etl.start(*args)
    assert enough.wait(60)
    running.send_signal(signal.SIGTERM)
    _, errors = running.communicate(timeout=10)
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
    assert "has changed while it was fetched" in source.stderr


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
    assert "no connection" in ran.stderr


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
    finally:
        go_on.set()
        running.communicate(timeout=60)
    assert running.returncode == 0
    assert source.local() == source.objects


def test_mounted_folders_are_used_where_no_bucket_is_set(etl, tmp_path):
    ran = etl("studies", "pull", "-o", "json", env={"HOME": str(tmp_path)}).ok()
    assert ran.json()["source"] is None and "S3_BUCKET" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_ls_counts_resources_and_finds_files(etl, synth, tmp_path):
    synth(tmp_path, "--records", "400", "--name", "S").ok()
    synth(tmp_path, "--records", "200", "--name", "T", "--bundles", "--gzip", "--files", "0").ok()
    etl.env["HOME"] = str(tmp_path)
    files = sorted(path for path in (tmp_path / "output/S").rglob("*") if path.is_file())
    files[0].unlink()
    files[1].write_bytes(files[1].read_bytes() + b"!")
    first, second = etl("studies", "ls", "-o", "json").ok().json()
    count = {path.stem: len(path.read_text().splitlines()) for path in (tmp_path / "studies/S").glob("*.ndjson")}
    assert first["study"] == "S" and first["types"] == count and first["resources"] == sum(count.values())
    assert (first["files"], first["missing"], first["wrong_size"]) == (len(files), 1, 1)
    assert first["unreadable"] == 0 and first["loads"] == []
    assert second["study"] == "T" and second["resources"] >= 200 and second["missing"] == second["files"] > 0
    assert "S" in etl("studies", "ls").ok().stdout


def test_ls_knows_the_last_load(etl, demo_graph, new_database, demo_dictionary, synth, tmp_path):
    database = new_database(demo_graph)
    etl.env.update({name: value for name, value in database.env.items() if name.startswith("PG")})
    etl.env["HOME"] = str(tmp_path)
    synth(tmp_path, "--records", "100", "--name", "S", "--files", "0").ok()
    load = ["graph", "load", "--project", "demo-S", "--dictionary", demo_dictionary, tmp_path / "studies/S"]
    etl(*load, "--dry-run").ok()
    assert etl("studies", "ls", "-o", "json").ok().json()[0]["loads"] == []
    etl(*load).ok()
    (loaded,) = etl("studies", "ls", "-o", "json").ok().json()[0]["loads"]
    assert loaded["project"] == "demo-S" and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", loaded["finished"])
