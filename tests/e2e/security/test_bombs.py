"""Files that unpack to far more than they are: refused early, and never deaf to SIGTERM."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import pathlib
import pty
import signal
import time
import zlib

import pytest
from bounded import bounded

PATIENT = json.dumps({"resourceType": "Patient", "id": "p"}) + "\n"
MIB = 1 << 20


def bomb(file: pathlib.Path, mib: int, unit: bytes = b" ", before: bytes = b"", after: bytes = b"") -> pathlib.Path:
    """A gzip file of `mib` MiB of the same bytes, made without unpacking them here."""
    chunk = unit * (MIB // len(unit))
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    with file.open("wb") as out:
        out.write(packer.compress(before))
        for _ in range(mib):
            out.write(packer.compress(chunk))
        out.write(packer.compress(after) + packer.flush())
    return file


@pytest.fixture
def study(etl) -> pathlib.Path:
    folder = etl.cwd / "study"
    folder.mkdir()
    return folder


@pytest.mark.promise("Every file has a bound")
@pytest.mark.parametrize("name", ["Patient.ndjson.gz", "Patient.json.gz"])
@pytest.mark.parametrize("unit", [b" ", b"\n", b"\r\n"], ids=["blanks", "lines", "crlf"])
@pytest.mark.parametrize("before", [b"", PATIENT.encode()], ids=["alone", "behind a resource"])
def test_white_space_ends_early(etl, study, name, unit, before):
    bomb(study / name, 2048, unit, before, PATIENT.encode())
    ran = bounded(etl, "validate", study, "-o", "json")
    assert ran.rc == 3, ran
    (issue,) = [issue for issue in ran.json()["issues"] if issue["kind"] == "json"]
    # A line longer than --max-resource is the same finding.
    assert name in issue["file"] and ("without a resource" in issue["message"] or "longer than 64 MiB" in issue["message"]), issue
    assert ran.json()["summary"]["resources"] == (1 if before else 0)


def test_white_space_within_a_bundle_ends_early(etl, study):
    bomb(study / "b.json.gz", 2048, b" ", b'{"resourceType": "Bundle", "type": "collection", "entry": [', b"]}")
    assert "larger than 64 MiB" in bounded(etl, "validate", study).failed(3).stdout


def test_a_bomb_of_resources_ends_early(etl, study):
    """A resource every 64 KiB: no stretch of white space is long. The ratio shows what it is."""
    bomb(study / "Patient.ndjson.gz", 1024, PATIENT.encode().ljust(1 << 16))
    ran = bounded(etl, "validate", study, "-o", "json", "--threads", "2")
    assert ran.rc == 3, ran
    messages = [issue["message"] for issue in ran.json()["issues"] if issue["kind"] == "json"]
    assert len(messages) == 1 and "more than 500 times its size" in messages[0] and "gunzip" in messages[0], messages


def test_an_honest_file_of_a_high_ratio_is_read(etl, study):
    """More than 300 MiB of resources with much in common, about 100 to 1."""
    with gzip.open(study / "Observation.ndjson.gz", "wb", compresslevel=6) as out:
        text = "The same finding in the same words, as devices and templates write it. " * 12
        for start in range(0, 300_000, 1000):
            out.write("".join(json.dumps({"resourceType": "Basic", "id": f"b{start + i}", "code": {"text": text}}) + "\n"
                              for i in range(1000)).encode())
    packed = (study / "Observation.ndjson.gz").stat().st_size
    assert 300 * MIB / packed > 60
    ran = etl("validate", study, "-o", "json")
    assert ran.json()["summary"]["resources"] == 300_000 and ran.json()["summary"]["errors"] == 0, ran.stderr


def test_blank_lines_between_resources_are_allowed(etl, study):
    (study / "Patient.ndjson").write_text((PATIENT + "\n" * 100_000).replace('"p"', '"a"') + PATIENT)
    etl("validate", study).ok()


EMPTY_MEMBERS = gzip.compress(b"") * 3000


@pytest.mark.promise("A run stops within 10 s")
@pytest.mark.parametrize("name, chunk", [("a.ndjson", b"\n" * 65536), ("a.json", b" " * 65536), ("a.ndjson.gz", EMPTY_MEMBERS), ("a.json.gz", EMPTY_MEMBERS)],
                         ids=["lines", "blanks", "gzip lines", "gzip json"])
def test_a_run_hears_sigterm_in_the_middle_of_a_file(etl, name, chunk):
    """A file without a resource and without an end: a pipe that is written to for as long as someone reads it."""
    folder = etl.cwd / "studies/A"
    folder.mkdir(parents=True)
    pipe = etl.cwd / "pipe"
    os.mkfifo(pipe)
    (folder / name).symlink_to(pipe)
    (etl.cwd / "etl.yaml").write_text("program: demo\nstudies: [{name: A}]\ndestinations: {projects: no, graph: no, files: no}\n")
    etl.env |= {"ACED_ETL_STUDIES": str(etl.cwd / "studies"), "HOME": str(etl.cwd)}
    process = etl.start("run", "--all")
    writer = -1
    until = time.monotonic() + 120
    while writer < 0:
        assert process.poll() is None and time.monotonic() < until, process.communicate()
        with contextlib.suppress(OSError):  # until the program reads it
            writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        time.sleep(0.01)
    os.set_blocking(writer, True)
    os.write(writer, chunk)
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(BrokenPipeError):
        for _ in range(1000):  # at most 64 MiB, which is below every limit
            os.write(writer, chunk)
            time.sleep(0.02)
            if process.poll() is not None:
                break
    os.close(writer)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 5, (out, err)
    assert b"stopped" in out + err


def test_progress_counts_the_bytes_of_a_small_study(etl, study):
    """On a terminal: 36 bytes are not 1 MB."""
    (study / "Patient.ndjson").write_text(PATIENT)
    master, slave = pty.openpty()
    process = etl.start("validate", study, stderr=slave)
    os.close(slave)
    shown = b""
    while True:
        try:
            got = os.read(master, 4096)
        except OSError:
            break
        if not got:
            break
        shown += got
    process.communicate(timeout=60)
    os.close(master)
    assert b"MB" not in shown and b"MiB" not in shown, shown
