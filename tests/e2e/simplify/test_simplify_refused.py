"""simplify through the program: what it refuses, and what is left when it does."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import stat
import subprocess

import pytest
from simplify_study import PATIENT, lines, patient, records, study, tree  # noqa: F401 (a fixture)

DEEP = '{"resourceType":"Patient","id":"deep"' + ',"extension":[{"url":"a"' * 1000 + ',"valueString":"x"' + "}]" * 1000 + "}"

BAD = {
    "broken JSON": (b'{"resourceType":"Patient","id":"x"', "json"),
    "two on a line": (b'{"resourceType":"Patient","id":"x"}{"resourceType":"Patient","id":"y"}', "json"),
    "NUL": (b'{"resourceType":"Patient","id":"x\0"}', "json"),
    "NUL behind": (b'{"resourceType":"Patient","id":"x"}\0', "json"),
    "lone high surrogate": (rb'{"resourceType":"Patient","id":"x","name":[{"family":"\ud83d"}]}', "json"),
    "lone low surrogate": (rb'{"resourceType":"Patient","id":"x","name":[{"family":"\ude00x"}]}', "json"),
    "invalid UTF-8": (b'{"resourceType":"Patient","id":"x","name":[{"family":"\xff"}]}', "json"),
    "overlong UTF-8": (b'{"resourceType":"Patient","id":"x","name":[{"family":"\xc0\xaf"}]}', "json"),
    "depth 1,000": (DEEP.encode(), "json"),
    "brackets only": (b"[" * 1000, "json"),
    "a line that is no object": (b'["Patient"]', "json"),
    "a number": (b"1", "json"),
    "text": (b"id,gender", "json"),
    "no resourceType": (b'{"id":"x"}', "resource-type"),
    "unknown resourceType": (b'{"resourceType":"Patients","id":"x"}', "resource-type"),
    "no id": (b'{"resourceType":"Patient"}', "id"),
    "unknown element": (b'{"resourceType":"Patient","id":"x","colour":"red"}', "unknown-element"),
    "a Bundle with a broken entry": (b'{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","id":"x","a":}}]}', "json"),
    "Bundles in Bundles": (b'{"resourceType":"Bundle","type":"collection","entry":[{"resource":' * 60 + b'{"resourceType":"Patient","id":"x"}' + b"}]}" * 60,
                           "resource-type"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_named_and_nothing_is_written(etl, study, tmp_path, name):
    bad, kind = BAD[name]
    folder = study("a.ndjson", lines(patient(1), bad, patient(2)))
    ran = etl("simplify", folder, tmp_path / "out").failed(3)
    assert "a.ndjson:2: " in ran.stderr and f"({kind})" in ran.stderr
    assert tree(tmp_path / "out") == {}
    ran = etl("simplify", folder, tmp_path / "out", "--reject-file", tmp_path / "r").failed(3)
    assert [record["id"] for record in records(tmp_path / "out")] == ["p1", "p2"]
    rejects = [json.loads(line) for line in (tmp_path / "r").read_text().splitlines()]
    assert [(r["file"], r["line"], r["issues"][0]["kind"]) for r in rejects] == [(str(folder / "a.ndjson"), 2, kind)]
    assert "3 resources in, 2 records out, 1 set aside" in ran.stderr
    # A file of JSON documents is read another way, to the same end.
    if b"\0" not in bad and name not in ("two on a line", "broken JSON", "brackets only"):
        (tmp_path / "doc.json").write_bytes(bad + b"\n" + lines(patient(1)))
        ran = etl("simplify", tmp_path / "doc.json", "-").failed(3)
        assert "doc.json:1: " in ran.stderr and f"({kind})" in ran.stderr


@pytest.mark.promise("All or nothing in OUT")
def test_an_earlier_output_stays_when_the_study_is_not_valid(etl, study, tmp_path):
    etl("simplify", study("a.ndjson", lines(PATIENT)), tmp_path / "out").ok()
    before = tree(tmp_path / "out")
    etl("simplify", study("b.ndjson", lines(patient(2), {"resourceType": "Patient"})), tmp_path / "out").failed(3)
    assert tree(tmp_path / "out") == before
    assert not [p for p in (tmp_path / "out").iterdir() if p.name not in before]


@pytest.mark.promise("All or nothing in OUT")
def test_the_reject_file_holds_each_resource_with_its_reasons(etl, study, tmp_path):
    wrong = patient(2, colour="é\u2028", birthDate="x", active="no")
    folder = study("a.ndjson", lines(patient(1), wrong, b"{broken \xff", patient(3)))
    study("b.json", json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient(4, bad=[1, 2])}]}, indent=2))
    ran = etl("simplify", folder, tmp_path / "out", "--reject-file", tmp_path / "r").failed(3)
    first, second, third = [json.loads(line) for line in (tmp_path / "r").read_text().split("\n") if line]
    assert first["resource"] == wrong
    assert [(f["kind"], f["path"]) for f in first["issues"]] == [
        ("unknown-element", "Patient"), ("format", "Patient.birthDate"), ("wrong-type", "Patient.active")]
    assert all(f["message"] for f in first["issues"])
    assert second["text"] == "{broken \ufffd" and second["line"] == 3
    assert third["resource"] == patient(4, bad=[1, 2]) and third["issues"][0]["line"] == 9
    assert [r["id"] for r in records(tmp_path / "out")] == ["p1", "p3"]
    assert "5 resources in, 2 records out, 3 set aside" in ran.stderr


def test_no_reject_file_appears_when_nothing_is_wrong(etl, study, tmp_path):
    etl("simplify", study("a.ndjson", lines(PATIENT)), tmp_path / "out", "--reject-file", tmp_path / "r").ok()
    assert not (tmp_path / "r").exists() or (tmp_path / "r").read_bytes() == b""


@pytest.mark.parametrize("seed", [[], ["--transform-ids", "x"]], ids=["plain", "transformed"])
def test_duplicate_ids(etl, study, tmp_path, seed):
    study("a.ndjson", lines(patient(1, gender="male"), patient(1, gender="female"), patient(2), patient(1, gender="male")))
    # Another text, and the same record.
    folder = study("b.ndjson", lines('{"resourceType":"Patient", "id":"p2"}', patient(3), patient(1, gender="other")))
    ran = etl("simplify", folder, tmp_path / "out", *seed).failed(3)
    assert tree(tmp_path / "out") == {}
    for place in ("a.ndjson:2: ", "b.ndjson:1: ", "b.ndjson:3: "):
        assert place in ran.stderr
    assert "3 duplicate-id" in ran.stderr and "repeated-resource" in ran.stderr
    ran = etl("simplify", folder, tmp_path / "out", "--reject-file", tmp_path / "r", *seed).failed(3)
    assert [r["object"].get("gender") for r in records(tmp_path / "out")] == ["male", None, "male", None]
    rejects = [json.loads(line) for line in (tmp_path / "r").read_text().splitlines()]
    assert sorted((r["file"][-8:], r["line"], r["issues"][0]["kind"]) for r in rejects) == [
        ("a.ndjson", 2, "duplicate-id"), ("b.ndjson", 1, "duplicate-id"), ("b.ndjson", 3, "duplicate-id")]
    assert {r["record"]["object"].get("gender") for r in rejects} == {"female", "other", None}
    assert "7 resources in, 4 records out, 3 set aside" in ran.stderr
    etl("simplify", folder, "-", "--reject-file", tmp_path / "r2", *seed).failed(3)


def test_the_counts_add_up(etl, synth, tmp_path):
    synth(tmp_path / "s", "--records", 3000, "--files", 0, "--faults", 50).ok()
    ran = etl("simplify", tmp_path / "s/studies", tmp_path / "out", "--reject-file", tmp_path / "r").failed(3)
    out, rejects = len(records(tmp_path / "out")), len((tmp_path / "r").read_text().splitlines())
    dangling = 5  # a warning here
    assert (out, rejects) == (3000 - 50 + dangling, 50 - dangling)
    assert f"3,000 resources in, {out:,} records out, {rejects} set aside" in ran.stderr


def test_byte_order_mark_and_carriage_returns(etl, study):
    folder = study("a.ndjson", b"\xef\xbb\xbf" + lines(patient(1), patient(2)).replace(b"\n", b"\r\n"))
    study("b.json", b"\xef\xbb\xbf" + json.dumps(patient(3), indent=1).replace("\n", "\r\n").encode())
    assert len(etl("simplify", folder, "-").ok().stdout.splitlines()) == 3


def test_utf16(etl, study):
    ran = etl("simplify", study("a.ndjson", lines(PATIENT).decode().encode("utf-16")), "-").failed(3)
    assert "UTF-16" in ran.stderr and "iconv" in ran.stderr


@pytest.mark.parametrize("keep", [10, 40, -4, -1])
def test_truncated_gzip(etl, study, tmp_path, keep):
    packed = gzip.compress(lines(*map(patient, range(3000))))
    folder = study("a.ndjson.gz", packed[:keep])
    study("b.ndjson", lines(patient("b")))
    ran = etl("simplify", folder, tmp_path / "out").failed(3)
    assert "a.ndjson.gz" in ran.stderr and "truncated" in ran.stderr
    assert tree(tmp_path / "out") == {}
    etl("simplify", folder, tmp_path / "out", "--reject-file", tmp_path / "r").failed(3)
    assert "pb" in {r["id"] for r in records(tmp_path / "out")}
    assert "truncated" in (tmp_path / "r").read_text()


def test_a_line_of_50_mb(etl, study, tmp_path):
    long = patient(1, text={"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">' + "x" * 50_000_000 + "</div>"})
    folder = study("a.ndjson", lines(long, patient(2)))
    assert len(etl("simplify", folder, "-").ok().stdout.splitlines()) == 2
    ran = etl("simplify", folder, "-", "--max-resource", 10).failed(3)
    assert "a.ndjson:1: a line is longer than 10 MiB" in ran.stderr


@pytest.mark.parametrize("content", ["", "\n", "\n\n \r\n\t\n", "\ufeff"])
def test_nothing_in_it(etl, study, tmp_path, content):
    for name in ("a.ndjson", "a.json"):
        folder = study(name, content)
        ran = etl("simplify", folder / name, tmp_path / "out").failed(3)
        assert "the study contains no resources" in ran.stderr
    # Beside others it does no harm.
    study("b.ndjson", lines(PATIENT))
    assert len(etl("simplify", folder, "-").ok().stdout.splitlines()) == 1


def test_nothing_on_stdin(etl):
    assert "the study contains no resources" in etl("simplify", "-", "-", stdin="").failed(3).stderr


def test_a_folder_without_fhir(etl, study, tmp_path):
    assert "this folder contains no FHIR files" in etl("simplify", study("a.txt", "x"), tmp_path / "out").failed(3).stderr
    assert "no such file or folder" in etl("simplify", tmp_path / "none", tmp_path / "out").failed(2).stderr


def as_nobody(etl, *args) -> subprocess.CompletedProcess:
    """Run it without the rights of root, which reads everything."""
    command = [str(etl.binary), *map(str, args)]
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("NOT TESTED: root, and no setpriv to be somebody else")
        command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *command]
    return subprocess.run(command, capture_output=True, text=True, env=etl.environment({"HOME": "/nonexistent"}), cwd="/", timeout=60, check=False)


@pytest.fixture
def open_path(tmp_path):
    """tmp_path, for everybody; its parents are pytest's, and closed."""
    closed = [p for p in (tmp_path, *tmp_path.parents) if p.owner() == tmp_path.owner() and not p.stat().st_mode & stat.S_IXOTH]
    for folder in closed:
        folder.chmod(folder.stat().st_mode | 0o055)
    yield tmp_path
    for folder in closed:
        folder.chmod(0o700)


def test_files_that_may_not_be_read(etl, study, open_path):
    folder = study("sub/a.ndjson", lines(PATIENT))
    study("b.ndjson", lines(patient(2)))
    reached = as_nobody(etl, "simplify", folder, "-")
    if reached.returncode != 0:
        pytest.skip(f"NOT TESTED: nobody cannot reach {folder}: {reached.stderr}")
    (folder / "b.ndjson").chmod(0)
    ran = as_nobody(etl, "simplify", folder, "-")
    assert ran.returncode == 2 and "b.ndjson" in ran.stderr and "right to read" in ran.stderr, ran.stderr
    ran = as_nobody(etl, "simplify", folder / "b.ndjson", "-")
    assert ran.returncode == 2 and "b.ndjson" in ran.stderr
    (folder / "b.ndjson").chmod(0o644)
    (folder / "sub").chmod(0)
    try:
        ran = as_nobody(etl, "simplify", folder, "-")
        assert ran.returncode == 2 and "right to read" in ran.stderr, ran.stderr
    finally:
        (folder / "sub").chmod(0o755)


def test_an_output_folder_that_cannot_be_made(etl, study, tmp_path):
    (tmp_path / "file").write_text("x")
    assert "output folder" in etl("simplify", study("a.ndjson", lines(PATIENT)), tmp_path / "file/out").failed(2).stderr


def test_a_configuration_that_is_none(etl, study, tmp_path):
    folder = study("a.ndjson", lines(PATIENT))
    (tmp_path / "c.yaml").write_text("nested_objects:\n  Patient: address\n")
    assert f"{tmp_path}/c.yaml:2" in etl("simplify", folder, "-", "--config", tmp_path / "c.yaml").failed(2).stderr
    (tmp_path / "c.yaml").write_text("limit_links: {[a]: b}\n")
    etl("simplify", folder, "-", "--config", tmp_path / "c.yaml").failed(2)


def test_without_validation_only_what_cannot_be_read_is_refused(etl, study):
    folder = study("a.ndjson", lines(patient(1, colour="red", birthDate="x")))
    ran = etl("simplify", folder, "-", "--no-validate").ok()
    assert json.loads(ran.stdout)["object"] == patient(1, birthDate="x")
    etl("simplify", study("b.ndjson", b"{"), "-", "--no-validate").failed(3)


def test_a_reader_that_goes_away(etl, synth, tmp_path):
    synth(tmp_path / "s", "--records", 5000, "--files", 0).ok()
    process = etl.start("simplify", tmp_path / "s/studies", "-")
    assert process.stdout.readline().startswith(b'{"id"')
    process.stdout.close()
    process.stderr.read()
    assert process.wait(timeout=30) != 0


def test_the_same_input_gives_the_same_bytes(etl, study, tmp_path):
    folder = study("a.ndjson", lines(*map(patient, range(100))))
    digests = {hashlib.sha256(etl("simplify", folder, "-").ok().stdout.encode()).hexdigest() for _ in range(2)}
    assert len(digests) == 1
