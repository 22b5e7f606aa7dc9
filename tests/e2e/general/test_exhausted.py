"""Limits of a machine: full disks, read-only file systems, open files, sizes of files. They end with exit code 9, at once."""

from __future__ import annotations

import copy
import re
import shutil
import threading

import pytest
from graph_loading import a_few, few, graph, load, study, until  # noqa: F401
from graph_study import dump, patient
from programs import Program
from run_world import LUNG, step
from small_disk import fill, read_only, small_disk
from studies_source import MIB, large, source  # noqa: F401

PATIENT = b'{"resourceType": "Patient", "id": "p"}\n'


def refused(ran, what: str, *, retried: str = "trying again") -> None:
    ran.failed(9)
    assert what in ran.stderr and retried not in ran.stderr, ran


def limited(etl: Program, *limits: str) -> Program:
    """aced-etl with limits of `ulimit`."""
    script = etl.cwd / "limited-aced-etl"
    script.write_text("#!/bin/sh\n" + "".join(f"ulimit {each}\n" for each in limits) + f"exec '{etl.binary}' \"$@\"\n")
    script.chmod(0o755)
    again = copy.copy(etl)
    again.binary = script
    return again


# --- pulls ------------------------------------------------------------------------------------------------------

@pytest.mark.promise("A full disk is not a network fault")
def test_a_pull_that_does_not_fit_is_refused_before_it_fetches_anything(source):
    source.put("studies/Lung/Patient.ndjson", PATIENT)
    source.put("output/Lung/scan.bin", large(3_000_000))
    with small_disk(source.home / "output"):
        for options in ([], ["--dry-run"]):
            source.pull(*options, rc=9)
            assert f"disk full: {source.home}/output has 1.0 MB free, this pull needs 3.0 MB" in source.stderr
            assert "make room there" in source.stderr
            assert not source.local(), "something was fetched"
        source.remove("output/Lung/scan.bin")
        assert source.pull()["fetched"] == 1


@pytest.mark.promise("A full disk is not a network fault")
def test_a_pull_that_goes_on_needs_room_only_for_what_is_missing(source, proxy):
    source.put("studies/Lung/Patient.ndjson", PATIENT)
    source.put("output/Lung/scan.bin", large(40 * MIB))
    between = proxy()
    killed = threading.Event()
    parts: list[str] = []

    def hold(request) -> None:
        parts.append(request[2]) if request[2] else None
        if len(parts) > 36:
            killed.wait(120)

    between.on_request = hold
    with small_disk(source.home / "output", "44m"):
        running = source.etl.start("studies", "pull", "--part-size", "1", "--jobs", "1", "--endpoint-url", between.endpoint)
        try:
            until(lambda: len(parts) > 36, 60)
        finally:
            running.kill()
            running.communicate()
            killed.set()
        assert source.pull("--part-size", "1")["resumed_bytes"] == 36 * MIB
        assert (source.home / "output/Lung/scan.bin").stat().st_size == 40 * MIB


@pytest.mark.promise("A full disk is not a network fault")
def test_a_disk_that_fills_up_while_a_pull_is_at_work_ends_it(source, proxy):
    source.put_all({f"studies/Lung/{number}.ndjson": PATIENT * 2000 for number in range(8)})
    between = proxy()
    studies = source.home / "studies"

    def others_fill_it(request) -> None:
        if request[1].endswith(".ndjson") and not (studies / ".filler").exists():
            fill(studies)

    between.on_request = others_fill_it
    with small_disk(studies, "4m"):
        ran = source.etl("studies", "pull", "--jobs", "1", "--endpoint-url", between.endpoint)
        refused(ran, f"disk full: {studies}")
        assert "has 0 B free" in ran.stderr
        between.on_request = lambda request: None
        (studies / ".filler").unlink()
        source.pull()
        assert source.local() == source.objects


@pytest.mark.promise("A full disk is not a network fault")
def test_a_read_only_folder_is_said_to_be_one(source):
    source.put("studies/Lung/Patient.ndjson", PATIENT)
    with small_disk(source.home / "studies"):
        read_only(source.home / "studies")
        source.pull(rc=9)
        assert f"read-only file system: {source.home}/studies" in source.stderr and "mount it writable" in source.stderr


@pytest.mark.promise("A full disk is not a network fault")
def test_too_few_open_files_are_no_network_fault(source):
    """At whichever place they run out: at a journal, a folder, a connection or a file."""
    source.put_all({f"studies/Lung/{number}.ndjson": PATIENT for number in range(12)})
    ends = set()
    for most in [*range(8, 40, 2), 128]:
        ran = limited(source.etl, f"-n {most}")("studies", "pull")
        assert ran.rc in (0, 9), ran
        ends.add(ran.rc)
        if ran.rc == 9:
            refused(ran, f"too many open files: this process may have {most} (ulimit -n)")
            assert "no connection" not in ran.stderr
        for name in ("studies", "state"):
            shutil.rmtree(source.home / name, ignore_errors=True)
    assert ends == {0, 9}
    source.pull()
    assert source.local() == source.objects


# --- runs -------------------------------------------------------------------------------------------------------

@pytest.mark.promise("A full disk is not a network fault")
def test_a_run_does_not_try_again_and_says_what_to_do(world):
    with small_disk(world.home / "studies", "16k"):
        ran = world.run(LUNG, rc=9)
        pull = step(ran, LUNG, "pull")
        assert (pull["outcome"], pull["exit"], pull["tries"]) == ("failed", 9, 1)
        assert re.match(rf"disk full: {world.home}/studies has [\d.]+ kB free, this pull needs ", pull["reason"]), pull["reason"]
        assert "make room" in pull["do"]
        assert step(ran, LUNG, "validate")["outcome"] == "not reached"
    world.run(LUNG)


@pytest.mark.promise("A full disk is not a network fault")
def test_a_full_state_folder_is_said_to_be_one(world):
    with small_disk(world.home / "state"):
        fill(world.home / "state")
        ran = world.etl("run", LUNG).failed(9)
        assert f"disk full: {world.home}/state has 0 B free" in ran.stderr
        rows = {row["check"]: row for row in world.etl("doctor", "-o", "json").failed(9).json()}
        assert rows["state"]["state"] == "failed" and "full" in rows["state"]["found"] and rows["state"]["advice"]
        (world.home / "state/.filler").unlink()
        world.run(LUNG)


# --- what is written here ---------------------------------------------------------------------------------------

@pytest.mark.promise("A full disk is not a network fault")
def test_records_for_a_full_disk(etl, study, tmp_path):
    folder = study(*a_few(), patient("p3", nonsense=True))
    with small_disk(tmp_path / "disk"):
        fill(tmp_path / "disk")
        refused(etl("simplify", folder, tmp_path / "disk/out", "--reject-file", tmp_path / "rejected"), f"disk full: {tmp_path}/disk")
        refused(etl("simplify", folder, tmp_path / "out", "--reject-file", tmp_path / "disk/rejected"), f"disk full: {tmp_path}/disk")
        read_only(tmp_path / "disk")
        refused(etl("simplify", folder, tmp_path / "disk/out", "--reject-file", tmp_path / "rejected"), "read-only file system")
    with open("/dev/full", "wb") as full:
        running = etl.start("simplify", folder, "-", "--no-validate", stdout=full)
        assert running.communicate(timeout=60)[1].count(b"No space left on device") == 1 and running.returncode == 9


@pytest.mark.promise("A full disk is not a network fault")
def test_a_limit_on_the_size_of_files(etl, study, tmp_path):
    folder = study(*a_few(), *[patient(f"more-{number}") for number in range(50)])
    ran = limited(etl, "-f 1")("simplify", folder, tmp_path / "out")
    refused(ran, "file size limit: this process may write 512 B to one file (ulimit -f)")


@pytest.mark.promise("A full disk is not a network fault")
def test_files_for_a_full_disk(world):
    world.run(LUNG)
    with small_disk(world.home / "copy", "64k"):
        ran = world.etl("files", "get", "--project", "demo-synthetic", "--out", world.home / "copy")
        refused(ran, f"disk full: {world.home}/copy")


# --- the database -----------------------------------------------------------------------------------------------

@pytest.mark.promise("A full disk is not a network fault")
@pytest.mark.parametrize("state, what", [("53100", "the disk of the database is full"), ("53400", "temp_file_limit")])
def test_a_full_disk_of_the_database(graph, load, study, state, what):
    graph.execute(f"""create function full_disk() returns trigger language plpgsql as $$ begin
        raise exception 'could not extend file: temp_file_limit' using errcode = '{state}'; end $$""")
    graph.execute("create trigger full_disk before insert on node_patient for each row execute function full_disk()")
    before = dump(graph)
    ran = load(study(*a_few()))
    refused(ran, what)
    assert dump(graph) == before
