"""files load against a real S3 server and the stand-in; boto3 looks at what it left there."""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import hashlib
import json
import os
import re
import struct
import subprocess
import termios
import time

import pytest
from file_study import AUTHZ, PROJECT, bucket_of, holds, objects, outcomes, records
from file_study import study  # noqa: F401

MB = 1_000_000


def load(etl, study, *more, rc: int = 0):
    return etl(*study.write().load("-o", "json", *more)).failed(rc)


@pytest.mark.threads
@pytest.mark.promise("A file that is there is not sent again")
def test_brings_all_files_and_then_nothing(commons, etl, study):
    study.add("a.txt", b"hello")
    study.add("empty", b"")
    study.add("d/e/f.bin", 3 * MB)
    study.add("streamed", 9 * MB)
    study.add("in parts", 20 * MB)
    more = ["--multipart-threshold", "12MB"]
    assert outcomes(load(etl, study, *more)) == {"loaded": 5}
    holds(commons, study)
    commons.stand_in.clear()
    assert outcomes(load(etl, study, *more)) == {"unchanged": 5}
    asked = commons.stand_in.requests()
    assert {route for route in asked if "upload" in route or "download" in route or "multipart" in route} == set(), asked
    assert asked["POST /index/bulk/documents"] == 1


@pytest.mark.promise("A file that is there is not sent again")
def test_without_its_journal_it_looks_and_does_not_send(commons, etl, study, tmp_path):
    study.add("a", 10)
    study.add("empty", b"")
    study.add("streamed", 9 * MB)
    study.add("in parts", 20 * MB)
    more = ["--multipart-threshold", "12MB", "--state-dir"]
    load(etl, study, *more, tmp_path / "one")
    commons.stand_in.clear()
    assert outcomes(load(etl, study, *more, tmp_path / "two")) == {"adopted": 4}
    assert not [route for route in commons.stand_in.requests() if "upload" in route]
    assert outcomes(load(etl, study, *more, tmp_path / "two")) == {"unchanged": 4}


def test_an_object_that_is_gone_or_other_is_sent_again(commons, etl, study, tmp_path):
    gone, other, shorter, fine = study.add("gone", 10), study.add("other", 10), study.add("shorter", 10), study.add("fine", 10)
    load(etl, study)
    client, bucket = commons.s3.client(), bucket_of(commons)
    client.delete_object(Bucket=bucket, Key=f"{gone}/output/gone")
    client.put_object(Bucket=bucket, Key=f"{other}/output/other", Body=b"0123456789")
    client.put_object(Bucket=bucket, Key=f"{shorter}/output/shorter", Body=b"012345678")
    assert outcomes(load(etl, study, "--state-dir", tmp_path / "two")) == {"adopted": 1, "loaded": 3}
    holds(commons, study)
    assert fine in records(commons)


@pytest.mark.parametrize("name", ["a b", "100%", "%41", "#1", "a+b", "ü漢😀", "q?x=1&y=2", "'quoted' \"twice\"", "~-_.!*()",
                                  "[x]{y}", "a;b,c", "back\\slash", " lead", "trail ", "a//b"])
def test_any_name(commons, etl, study, name):
    study.add(name)
    load(etl, study)
    if name != "a//b":  # on a file system, where S3Proxy keeps it, that is a/b
        holds(commons, study)
    assert outcomes(load(etl, study)) == {"unchanged": 1}


def test_a_key_of_1024_bytes_but_none_longer(commons, etl, study):
    did = study.add("x", 10)
    name = "y" * 200
    long = "/".join([name] * 4)
    room = 1024 - len(f"{did}/output/{long}/")
    study.add(f"{long}/{'é' * (room // 2)}{'z' * (room % 2)}", 10)
    too_long = study.add(f"{long}/{'z' * (room + 1)}", 10)
    failed = load(etl, study, rc=6)
    assert "1025 bytes" in failed.stderr
    holds(commons, study, set(study.bytes) - {too_long})


@pytest.mark.promise("A file is in the commons as the metadata says, or not at all")
def test_every_fault_of_a_file_is_named_and_nothing_of_it_is_left(commons, etl, study, tmp_path):
    (tmp_path / "secret").write_bytes(b"secret")
    good = study.add("good")
    study.add("wrong-size", 100, size=101)
    study.add("wrong-md5", 100, md5="0" * 32)
    study.add("wrong-md5-streamed", 9 * MB, md5="1" * 32)
    study.add("wrong-md5-parts", 20 * MB, md5="2" * 32)
    study.add("no-md5", 100, md5=None)
    study.add("bad-md5", 100, md5="xyz")
    study.add("no-size", 100, size=None)
    study.add("missing", 100, write=False)
    study.add("leaves", b"secret", source_path=f"{tmp_path}/secret", write=False)
    study.add("dots", b"secret", url="file:///../secret", write=False)
    (study.home / "output/link").symlink_to(tmp_path / "secret")
    study.add("link", b"secret", write=False)
    failed = load(etl, study, "--multipart-threshold", "12MB", rc=6)
    assert outcomes(failed) == {"loaded": 1, "failed": 11}
    said = failed.stderr
    for name, reason in {"wrong-size": "the size of the file differs from the metadata (101 bytes)", "wrong-md5": "differs from the metadata (" + "0" * 32,
                         "wrong-md5-streamed": "differs from the metadata (" + "1" * 32, "wrong-md5-parts": "differs from the metadata (" + "2" * 32,
                         "no-md5": "no md5", "bad-md5": "not 32 hexadecimal digits", "no-size": "no size", "missing": "the file does not exist",
                         "leaves": "the file does not exist", "../secret": "`..`", "link": "leads out"}.items():
        line = said[said.index(f"{name}: failed"):] if f"{name}: failed" in said else ""
        assert reason in line[:400], f"{name}: {reason}\n{said}"
    assert "DocumentReference.ndjson:2" in said
    holds(commons, study, {good})
    assert not commons.s3.client().list_objects_v2(Bucket=bucket_of(commons), Prefix="x").get("Contents")


def test_two_files_under_one_id_are_both_refused(commons, etl, study):
    did = study.add("a")
    study.add("b", id=did)
    again = study.add("c")
    study.documents.append(study.documents[-1])  # just the same again counts once
    failed = load(etl, study, rc=6)
    assert failed.stderr.count("another file has the same id") == 2
    assert set(records(commons)) == {again}


def test_upper_case_md5_bundles_gzip_and_source_paths(commons, etl, study):
    one = study.add("a", b"one", md5=hashlib.md5(b"one").hexdigest().upper())
    study.add("b", b"two", source_path="file:///output/elsewhere/b2", write=False)
    (study.home / "output/elsewhere").mkdir()
    (study.home / "output/elsewhere/b2").write_bytes(b"two")
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in study.documents]}
    (study.metadata / "bundle.json.gz").write_bytes(gzip.compress(json.dumps(bundle, indent=1).encode()))
    assert outcomes(etl("files", "load", "--project", PROJECT, "--source", study.home, "-o", "json", study.metadata).ok()) == {"loaded": 2}
    holds(commons, study)
    assert records(commons)[one]["hashes"]["md5"] == hashlib.md5(b"one").hexdigest()


@pytest.mark.promise("No file outside of the source folder is read")
def test_paths_that_lead_out_are_refused(commons, etl, study, tmp_path):
    (tmp_path / "secret").write_bytes(b"secret")
    (study.home / "output/link").symlink_to(tmp_path / "secret")
    (study.home / "output/folder").symlink_to(tmp_path)
    study.add("link", b"secret", write=False)
    study.add("folder/secret", b"secret", write=False)
    study.add("up", b"secret", source_path="../secret", write=False)
    study.add("absolute", b"secret", source_path=str(tmp_path / "secret"), write=False)
    study.add("dots", b"secret", url="output/../../secret", write=False)
    assert outcomes(load(etl, study, rc=6)) == {"failed": 5}
    assert records(commons) == {} and objects(commons) == {}


def test_what_is_elsewhere_or_inline_is_counted(commons, etl, study):
    study.add("a")
    study.add("b", url="s3://other/b", write=False)
    study.add("c", url="https://example.org/c", write=False)
    study.add("d", url=None, write=False)
    study.documents[-1]["content"][0]["attachment"]["data"] = "aGVsbG8="
    study.add("e", url="Binary/abc123", md5=None, size=None, write=False)
    study.add("f", url=None, md5=None, size=None, write=False)
    study.documents[-1]["content"][0]["attachment"]["title"] = "nothing but a title"
    study.add("g", url="drs://example.org/dg.1/abc", write=False)
    ran = load(etl, study)
    assert outcomes(ran) == {"loaded": 1, "elsewhere": 3, "inline": 1, "reference": 1, "no-url": 1}


def test_metadata_that_cannot_be_read_stops_it(commons, etl, study):
    study.add("a")
    study.write()
    (study.metadata / "broken.json").write_text('{"resourceType": "Bundle", "entry": [')
    etl(*study.load()).failed(3)
    assert records(commons) == {} and objects(commons) == {}


def differing(commons, etl, study) -> str:
    """Loads a file, then changes it and its metadata."""
    did = study.add("a", b"before")
    load(etl, study)
    study.documents.clear()
    study.add("a", b"after!", id=did)
    return did


@pytest.mark.promise("A record that differs stays")
def test_a_record_that_differs_is_an_error(commons, etl, study):
    did = differing(commons, etl, study)
    before = records(commons)
    failed = load(etl, study, rc=6)
    assert "--replace" in failed.stderr and hashlib.md5(b"after!").hexdigest() in failed.stderr
    assert records(commons) == before
    body = commons.s3.client().get_object(Bucket=bucket_of(commons), Key=f"{did}/output/a")["Body"].read()
    assert body == b"before"


def test_a_record_that_differs_is_replaced(commons, etl, study):
    differing(commons, etl, study)
    assert outcomes(load(etl, study, "--replace", "--dry-run")) == {"would be replaced": 1}
    assert outcomes(load(etl, study, "--replace")) == {"replaced": 1}
    holds(commons, study)
    assert outcomes(load(etl, study, "--replace")) == {"unchanged": 1}


def test_nothing_is_removed_for_a_file_that_is_wrong(commons, etl, study):
    did = differing(commons, etl, study)
    (study.home / "output/a").write_bytes(b"wrong!")
    load(etl, study, "--replace", rc=6)
    study.bytes[did] = b"before"
    holds(commons, study)


@pytest.mark.promise("A record that differs stays")
def test_a_record_of_another_project_is_never_touched(commons, etl, study):
    did = study.add("a")
    load(etl, study)
    failed = etl(*["demo-cohort" if each == PROJECT else each for each in study.load("--replace")]).failed(6)
    assert AUTHZ in failed.stderr
    assert records(commons)[did]["authz"] == [AUTHZ]
    holds(commons, study)


def test_a_dry_run_says_the_same_and_writes_nothing(commons, etl, study):
    for i in range(5):
        study.add(f"f{i}")
    study.add("missing", write=False)
    dry = load(etl, study, "--dry-run", rc=6)
    assert records(commons) == {} and objects(commons) == {}
    assert outcomes(dry) == {"would be loaded": 5, "failed": 1}
    assert outcomes(load(etl, study, rc=6)) == {"loaded": 5, "failed": 1}
    assert outcomes(load(etl, study, "--dry-run", rc=6)) == {"unchanged": 5, "failed": 1}


def test_without_permission(commons, etl, study):
    study.add("a")
    etl.env["GEN3_API_KEY"] = str(commons.credentials_of("reader@example.org"))
    failed = etl(*study.write().load()).failed(4)
    assert "HTTP 401" in failed.stderr or "HTTP 403" in failed.stderr
    assert records(commons) == {} and objects(commons) == {}


def test_without_the_right_to_parts_large_files_go_whole(commons, etl, study):
    study.add("a", 20 * MB)
    study.add("b", 20 * MB)
    etl.env["GEN3_API_KEY"] = str(commons.credentials_of("curator@example.org"))
    ran = load(etl, study, "--multipart-threshold", "12MB")
    assert ran.stderr.count("single PUT") == 1
    holds(commons, study)


def test_bucket_by_name(commons, etl, study):
    did = study.add("a")
    bucket = commons.bucket("demo-cohort")
    load(etl, study, "--bucket", bucket)
    assert records(commons)[did]["urls"] == [f"s3://{bucket}/{did}/output/a"]
    assert {key for key in commons.s3.contents(bucket) if not key.endswith("/")} == {f"{did}/output/a"}
    refused = etl(*study.load("--bucket", bucket_of(commons))).failed(6)
    assert "differs" in refused.stderr


def test_a_bucket_that_fence_does_not_know_is_refused_before_anything(commons, etl, study):
    study.add("a")
    refused = load(etl, study, "--bucket", bucket_of(commons) + "x", rc=2)
    assert f"did you mean `{bucket_of(commons)}`?" in refused.stderr
    assert records(commons) == {} and objects(commons) == {}


@pytest.mark.parametrize("size", [100, 20 * MB])
def test_a_wrong_default_bucket_is_found_out(commons, etl, study, tmp_path, size):
    """The mounted configuration is not fence's own: the url of the record would lead nowhere."""
    study.add("a", size)
    text = (commons.creds / "fence-config.yaml").read_text()
    default = f"DATA_UPLOAD_BUCKET: {commons.bucket('demo-synthetic')}"
    assert default in text
    other = tmp_path / "fence-config.yaml"
    other.write_text(text.replace(default, f"DATA_UPLOAD_BUCKET: {commons.bucket('demo-cohort')}"))
    failed = load(etl, study, "--fence-config", other, "--multipart-threshold", "12MB", rc=2)
    assert "another bucket" in failed.stderr and "--bucket" in failed.stderr
    assert records(commons) == {} and objects(commons) == {}


def test_the_output_folder_says_where_files_are(commons, etl, study):
    study.add("a")
    study.write()
    etl.env["HOME"] = str(study.home)
    etl("files", "load", "--project", PROJECT, study.metadata).ok()
    holds(commons, study)


def test_one_load_of_a_project_at_a_time(commons, etl, study, tmp_path):
    study.add("a")
    load(etl, study)
    lock = next((tmp_path / "state/files").glob("*.lock"))
    with lock.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write(f"{os.getpid()}\n")
        held.flush()
        assert str(os.getpid()) in load(etl, study, rc=8).stderr
    load(etl, study)


def test_a_line_of_json_a_file(commons, etl, study):
    good = study.add("good")
    study.add("bad", md5="0" * 32)
    ran = load(etl, study, "--log-format", "json", rc=6)
    lines = {line.get("did"): line for line in map(json.loads, ran.stderr.splitlines()) if "did" in line}
    assert lines[good]["outcome"] == "loaded" and lines[good]["bytes"] == 100
    assert [line["level"] for did, line in lines.items() if did != good] == ["error"]


def test_bandwidth_and_jobs_are_taken(commons, etl, study):
    for i in range(20):
        study.add(f"{i}")
    load(etl, study, "--bandwidth", "10MB", "--jobs", "2")
    holds(commons, study)


def test_bandwidth_is_kept(commons, etl, study):
    """Of small files and of parts together; no more than a second's worth comes at once at the beginning."""
    for i in range(4):
        study.add(f"{i}", 500_000)
    study.add("parts", 12_000_000)
    began = time.monotonic()
    load(etl, study, "--bandwidth", "4MB", "--multipart-threshold", "8MB", "--part-size", "6MB")
    assert time.monotonic() - began >= (14 - 4) / 4
    holds(commons, study)


def test_progress_on_a_terminal_tells_files_bytes_rate_and_time_left(commons, etl, study):
    for i in range(10):
        study.add(f"{i}", 400_000)
    outer, inner = os.openpty()
    fcntl.ioctl(outer, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 160, 0, 0))
    ran = etl.start(*study.write().load("--bandwidth", "1MB", "--jobs", "1"), env={"TERM": "xterm"}, stdout=subprocess.DEVNULL, stderr=inner)
    os.close(inner)
    shown = b""
    with contextlib.suppress(OSError):  # the terminal's other end is closed
        while piece := os.read(outer, 65536):
            shown += piece
    os.close(outer)
    assert ran.wait(timeout=60) == 0
    lines = re.findall(rb"files (\d+) of 10 +(\d+)% \[[=> ]*\] ([\d.]+ [kM]?B) of 4\.0 MB +[\d.]+ [kM]?B/s +[\d.]+ s left", shown)
    assert lines, shown
    assert len({share for _, share, _ in lines}) > 1, "it does not move"


def test_without_a_terminal_there_is_no_progress(commons, etl, study):
    study.add("one", 1000)
    assert "% [" not in load(etl, study).stderr
