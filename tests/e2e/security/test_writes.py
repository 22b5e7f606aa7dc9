"""Attacks on what the program writes: links, names and sizes that should make it write, truncate or delete elsewhere, or without end."""

from __future__ import annotations

import hashlib
import os
import pathlib
import re
import uuid

import pytest
from file_study import AUTHZ, PROJECT, FileStudy, bucket_of, outcomes
from hostile_s3 import HostileS3, Lie, hostile_s3  # noqa: F401 (a fixture)
from studies_source import some_studies, source  # noqa: F401 (a fixture)

KEPT = b"somebody else's"


@pytest.fixture
def victim(tmp_path) -> pathlib.Path:
    """A file that no command may touch."""
    path = tmp_path / "victim/file"
    path.parent.mkdir()
    path.write_bytes(KEPT)
    return path


# --- links in the way of what a pull, a lock or a journal writes ------------------------------------------------------


@pytest.mark.promise("A link in the way is never written through")
def test_a_link_in_place_of_the_work_folder_ends_the_pull(source, victim):
    source.put_all(some_studies())
    for folder in ("studies", "output"):
        work = source.home / folder / ".aced-etl-pull"
        work.parent.mkdir(exist_ok=True)
        work.symlink_to(victim.parent)
        source.pull(rc=2)
        assert str(work) in source.stderr and "symbolic link" in source.stderr
        assert list(victim.parent.iterdir()) == [victim] and victim.read_bytes() == KEPT
        work.unlink()
    source.pull()
    assert source.local() == source.objects


@pytest.mark.promise("A link in the way is never written through")
@pytest.mark.parametrize("kind", ["symbolic", "hard"])
def test_a_link_in_place_of_a_work_file_fails_that_file_alone(source, victim, kind):
    source.put_all(some_studies())
    work = source.home / "studies/.aced-etl-pull"
    work.mkdir(parents=True)
    name = "Lung_Cancer/Patient.ndjson"
    place = work / hashlib.md5(name.encode()).hexdigest()
    place.symlink_to(victim) if kind == "symbolic" else place.hardlink_to(victim)
    done = source.pull(rc=6)
    assert [one["key"] for one in done["failed"]] == ["env/dev/studies/" + name]
    assert "work file" in done["failed"][0]["reason"]
    assert victim.read_bytes() == KEPT
    source.pull()
    assert source.local() == source.objects and victim.read_bytes() == KEPT


@pytest.mark.promise("A link in the way is never written through")
@pytest.mark.parametrize("kind", ["symbolic", "hard"])
@pytest.mark.parametrize("suffix", ["", "-wal", "-journal"])
def test_a_link_in_place_of_a_journal_is_refused(source, victim, kind, suffix):
    source.put_all(some_studies())
    journal = source.home / f"state/studies.db{suffix}"
    journal.parent.mkdir()
    victim.write_bytes(b"")  # SQLite would take an empty file for its own
    journal.symlink_to(victim) if kind == "symbolic" else journal.hardlink_to(victim)
    source.pull(rc=2)
    assert str(journal) in source.stderr
    assert victim.read_bytes() == b""


@pytest.mark.promise("A link in the way is never written through")
@pytest.mark.parametrize("kind", ["symbolic", "hard", "fifo"])
def test_a_link_in_place_of_a_lock_is_refused(commons, etl, tmp_path, victim, kind):
    study = FileStudy(tmp_path)
    study.add("a", b"a")
    etl.env["ACED_ETL_STATE_DIR"] = str(tmp_path / "state")
    load = study.write().load("-o", "json")
    assert outcomes(etl(*load).ok()) == {"loaded": 1}
    (lock,) = (tmp_path / "state/files").glob(f"*.{PROJECT}.lock")
    lock.unlink()
    if kind == "fifo":
        os.mkfifo(lock)
    else:
        lock.symlink_to(victim) if kind == "symbolic" else lock.hardlink_to(victim)
    assert str(lock) in etl(*load).failed(2).stderr
    assert victim.read_bytes() == KEPT


# --- more bytes than were announced -----------------------------------------------------------------------------------


class Victim:
    """A pod that pulls from a service that lies; one object is as it is listed."""

    def __init__(self, etl, service: HostileS3, home: pathlib.Path) -> None:
        self.etl, self.service, self.home = etl, service, home
        etl.env.update(HOME=str(home), S3_BUCKET="bucket", S3_PATH="p", ACED_ETL_STATE_DIR=str(home / "state"), AWS_ENDPOINT_URL=service.endpoint,
                       AWS_ACCESS_KEY_ID="key", AWS_SECRET_ACCESS_KEY="secret")
        etl.env.pop("AWS_PROFILE", None)
        self.put("good", Lie("4", b"good", "4"))

    def put(self, name: str, lie: Lie) -> None:
        self.service.objects[f"p/studies/S/{name}"] = lie

    def pull(self, *more: str, rc: int = 6) -> dict:
        ran = self.etl("studies", "pull", "-o", "json", *more).failed(rc)
        self.stderr = ran.stderr
        return ran.json() if ran.stdout else {}

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.home / "studies").rglob("*") if path.is_file()}


@pytest.fixture
def victim_of_lies(etl, hostile_s3, tmp_path) -> Victim:
    return Victim(etl, hostile_s3, tmp_path)


ENDLESS = {
    "in chunks": Lie("1000", None),
    "by its length": Lie("1000", None, str(10**15)),
    "changed": Lie("1000", None, etag="2" * 32),
    "changed, by its length": Lie("1000", None, str(10**15), etag="2" * 32),
    "changed, as HEAD says": Lie("1000", None, etag="2" * 32, head="2000"),
    "of nothing": Lie("0", None),
    "in ranges": Lie("5000000", None),
}


@pytest.mark.promise("No more is written than was announced")
@pytest.mark.parametrize("lie", ENDLESS.values(), ids=ENDLESS)
def test_a_pull_ends_when_more_comes_than_was_listed(victim_of_lies, lie):
    victim_of_lies.put("endless", lie)
    done = victim_of_lies.pull("--part-size", "1")
    assert [one["key"] for one in done["failed"]] == ["p/studies/S/endless"], done
    reason = done["failed"][0]["reason"]
    assert any(word in reason for word in ("sends more than", "but the list says", "arrived, but", "changed", "not support ranges")), reason
    assert victim_of_lies.files() == {"good": b"good"}
    assert victim_of_lies.service.sent < 100_000_000  # what fits into buffers of sockets, a few times


@pytest.mark.promise("No more is written than was announced")
@pytest.mark.parametrize("length", [None, "3"])
def test_a_pull_takes_no_file_that_is_shorter_than_listed(victim_of_lies, length):
    victim_of_lies.put("short", Lie("1000", b"abc", length))
    done = victim_of_lies.pull()
    assert re.search(r"\b3 bytes\b.*\b1000\b", done["failed"][0]["reason"])
    assert victim_of_lies.files() == {"good": b"good"}


def test_a_small_object_that_changed_since_the_list_comes_whole(victim_of_lies):
    victim_of_lies.put("longer", Lie("1000", b"x" * 3000, "3000", etag="2" * 32))
    victim_of_lies.put("shorter", Lie("1000", b"y", "1", etag="3" * 32))
    assert victim_of_lies.pull(rc=0)["fetched"] == 3
    assert victim_of_lies.files() == {"good": b"good", "longer": b"x" * 3000, "shorter": b"y"}


# --- listings with absurd sizes ---------------------------------------------------------------------------------------


@pytest.mark.promise("No more is written than was announced")
@pytest.mark.parametrize("size", [2**63, 2**64 - 1])
def test_a_size_that_no_file_can_have_is_refused_and_the_rest_comes(victim_of_lies, size):
    victim_of_lies.put("absurd", Lie(str(size), b"x"))
    for more in ((), ("--dry-run",)):
        done = victim_of_lies.pull(*more)
        assert done["refused"] == [{"key": "p/studies/S/absurd", "reason": f"no file can have its size: {size} bytes"}]
        assert done["failed"] == []
    assert victim_of_lies.files() == {"good": b"good"}


@pytest.mark.promise("No more is written than was announced")
def test_sizes_whose_sum_overflows_fit_no_disk(victim_of_lies):
    """With a part size of 1 MiB, a list of their parts would not fit into memory."""
    for number in range(3):
        victim_of_lies.put(f"absurd{number}", Lie(str(2**63 - 1), b"x", "1"))
    for more in (["--dry-run"], ["--part-size", "1"]):
        done = victim_of_lies.pull(*more, rc=9)
        assert done["fetched"] == done["fetched_bytes"] == 0
    assert victim_of_lies.files() == {}


@pytest.mark.promise("No more is written than was announced")
@pytest.mark.parametrize("size", ["-1", "", "many", "1e3", " 1", "0x10", "1.5", str(2**64)])
def test_a_size_that_is_no_number_is_an_error_of_the_listing(victim_of_lies, size):
    victim_of_lies.put("absurd", Lie(size, b"x"))
    victim_of_lies.pull(rc=2)
    assert "<Size>" in victim_of_lies.stderr and "bucket/p/studies/S/absurd" in victim_of_lies.stderr
    assert f"`{size}`" in victim_of_lies.stderr


# --- files get --------------------------------------------------------------------------------------------------------


def record(commons, name: str, content: bytes, size: int | None = None) -> str:
    """An object, and a record in indexd that gives it this name; returns its did."""
    did = str(uuid.uuid4())
    bucket = bucket_of(commons)
    commons.s3.client().put_object(Bucket=bucket, Key=f"{did}/x", Body=content)
    made = commons.stand_in.ask("POST", "/index/index/", {
        "form": "object", "did": did, "size": len(content) if size is None else size, "hashes": {"md5": hashlib.md5(content).hexdigest()},
        "urls": [f"s3://{bucket}/{did}/x"], "authz": [AUTHZ], "file_name": name}, token=commons.stand_in.token("etl@example.org"))
    assert made.status == 200, made.text
    return did


def get(etl, out: pathlib.Path, *more: object, rc: int = 6):
    return etl("files", "get", "--out", out, "-o", "json", *more).failed(rc)


@pytest.mark.promise("`files get` replaces nothing that is not its own")
def test_names_that_are_hidden_or_lead_elsewhere_are_refused(commons, etl, tmp_path):
    names = [".bashrc", "a/.ssh/authorized_keys", "../x", "/etc/x", "a//../../x", "a\nb", "a/"]
    dids = [record(commons, name, b"evil") for name in names]
    out = tmp_path / "deep/out"
    assert outcomes(get(etl, out, *dids)) == {"failed": len(names)}
    assert list((tmp_path / "deep").rglob("*")) == [out]
    ran = etl("files", "get", dids[0]).failed(2)
    assert "--out" in ran.stderr


@pytest.mark.promise("`files get` replaces nothing that is not its own")
def test_links_below_the_folder_lead_nowhere(commons, etl, tmp_path, victim):
    out = tmp_path / "out"
    out.mkdir()
    (out / "folder").symlink_to(victim.parent)
    (out / "link").symlink_to(victim)
    md5 = hashlib.md5(b"evil").hexdigest()[:8]
    (out / f".partial.{md5}.part").symlink_to(victim)
    (out / f".hard.{md5}.part").hardlink_to(victim)
    names = ["folder/file", "folder/new", "link", "partial", "hard"]
    dids = [record(commons, name, b"evil") for name in names]
    for more in ((), ("--overwrite",)):
        if more:
            (out / f".hard.{md5}.part").hardlink_to(victim) if not (out / f".hard.{md5}.part").exists() else None
        ran = get(etl, out, *dids, *more)
        assert outcomes(ran).get("failed", 0) >= 3
        assert victim.read_bytes() == KEPT and list(victim.parent.iterdir()) == [victim]


@pytest.mark.promise("`files get` replaces nothing that is not its own")
def test_a_file_with_other_content_is_kept_unless_overwrite_is_given(commons, etl, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "etl.yaml").write_bytes(b"mine")
    (out / "same").write_bytes(b"same")
    dids = [record(commons, "etl.yaml", b"evil"), record(commons, "same", b"same")]
    ran = get(etl, out, *dids)
    assert outcomes(ran) == {"unchanged": 1, "failed": 1} and "--overwrite" in ran.stderr
    assert (out / "etl.yaml").read_bytes() == b"mine"
    assert outcomes(get(etl, out, *dids, "--overwrite", rc=0)) == {"unchanged": 1, "downloaded": 1}
    assert (out / "etl.yaml").read_bytes() == b"evil"


@pytest.mark.promise("No more is written than was announced")
def test_a_download_ends_when_more_comes_than_the_record_says(commons, etl, tmp_path):
    out = tmp_path / "out"
    ran = get(etl, out, record(commons, "large", bytes(3_000_000), size=1000))
    assert outcomes(ran) == {"failed": 1} and "sends more than the 1000" in ran.stderr
    assert list(out.rglob("*")) == []
