"""Who may read what the program writes, whatever the umask is that it was started with."""

from __future__ import annotations

import os
import pathlib
import stat

import pytest
from run_world import COHORT, LUNG

UMASKS = [0o000, 0o022, 0o077]


def under(program, umask: int, folder: pathlib.Path):
    """Starts the program with this umask from now on, and leaves that of the tests as it is."""
    script = folder / f"under-{umask:03o}"
    script.write_text(f'#!/bin/sh\numask {umask:03o}\nexec "{program.binary}" "$@"\n')
    script.chmod(0o755)
    program.binary = script
    return program


def mode(path: pathlib.Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def tree(root: pathlib.Path) -> list[pathlib.Path]:
    return [root, *root.rglob("*")]


def has_modes(root: pathlib.Path, folders: int, files: int) -> None:
    wrong = {str(path): oct(mode(path)) for path in tree(root) if mode(path) != (folders if path.is_dir() else files)}
    assert wrong == {}, f"wanted folders {folders:o} and files {files:o} below {root}"


@pytest.mark.promise("State and data are private")
@pytest.mark.parametrize("umask", UMASKS, ids="{:03o}".format)
def test_a_run_s_data_and_state_are_private(world, tmp_path, umask):
    etl = under(world.etl, umask, tmp_path)
    world.run()
    home = world.home
    for name in ("studies", "output", "state"):
        assert len(tree(home / name)) > 3
        has_modes(home / name, 0o700, 0o600)
    # Single commands: the same places, once more from nothing.
    world.forget()
    etl("studies", "pull").ok()
    etl("graph", "load", "--project", "demo-synthetic", home / "studies" / LUNG).ok()
    etl("files", "load", "--project", "demo-synthetic", home / "studies" / LUNG).ok()
    etl("files", "verify", "--project", "demo-synthetic", home / "studies" / LUNG).ok()
    for name in ("studies", "output", "state"):
        has_modes(home / name, 0o700, 0o600)
    etl("files", "get", "--project", "demo-synthetic", "--out", tmp_path / "deep/er/out").ok()
    has_modes(tmp_path / "deep", 0o700, 0o600)
    etl("put-object", world.bucket, f"dev/studies/{LUNG}/Patient.ndjson", "get", "--out", tmp_path / "got").ok()
    assert mode(tmp_path / "got") == 0o600


@pytest.mark.promise("State and data are private")
@pytest.mark.parametrize("umask", UMASKS, ids="{:03o}".format)
def test_results_follow_the_umask_and_rejected_resources_do_not(etl, tmp_path, umask):
    study = tmp_path / "study"
    study.mkdir()
    (study / "a.ndjson").write_text('{"resourceType":"Patient","id":"1"}\n{"resourceType":"Patient","id":"2","x":1}\n')
    under(etl, umask, tmp_path)
    etl("simplify", study, tmp_path / "made/by/simplify", "--reject-file", tmp_path / "rejected").failed(3)
    has_modes(tmp_path / "made", 0o777 & ~umask, 0o666 & ~umask)
    assert mode(tmp_path / "rejected") == 0o600
    # A folder below one with setgid has it, too, so that what is shared with a group stays so.
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o2775)
    etl("simplify", study, tmp_path / "shared/out", "--reject-file", tmp_path / "rejected").failed(3)
    assert mode(tmp_path / "shared/out") == 0o2000 | 0o777 & ~umask
    etl("config", "init", tmp_path / "etl.yaml").ok()
    assert mode(tmp_path / "etl.yaml") == 0o666 & ~umask


@pytest.mark.promise("State and data are private")
def test_what_exists_keeps_its_permissions(etl, world, tmp_path):
    home = world.home
    for name in ("studies", "output", "state"):
        (home / name).mkdir()
        (home / name).chmod(0o755)
    (home / "studies" / COHORT).mkdir(mode=0o755)
    (home / "studies" / COHORT).chmod(0o755)
    under(world.etl, 0o022, tmp_path)
    world.run()
    assert [mode(home / name) for name in ("studies", "output", "state", f"studies/{COHORT}")] == [0o755] * 4
    assert mode(home / "studies" / LUNG) == 0o700
    assert mode(home / "studies" / COHORT / "Patient.ndjson") == 0o600

    out = tmp_path / "out"
    out.mkdir()
    out.chmod(0o750)
    (out / "Patient.ndjson").write_text("")
    (out / "Patient.ndjson").chmod(0o640)
    (tmp_path / "rejected").write_text("")
    (tmp_path / "rejected").chmod(0o640)
    world.etl("simplify", home / "studies" / LUNG, out, "--reject-file", tmp_path / "rejected").ok()
    assert [mode(path) for path in (out, out / "Patient.ndjson", tmp_path / "rejected")] == [0o750, 0o640, 0o640]
    assert mode(out / "Observation.ndjson") == 0o644


@pytest.mark.promise("State and data are private")
def test_a_result_is_private_until_it_is_whole(etl, tmp_path):
    """simplify is stopped in the middle: the file that it was writing can be read by its owner alone."""
    study = tmp_path / "study.fifo"
    os.mkfifo(study)
    under(etl, 0o000, tmp_path)
    process = etl.start("simplify", study, tmp_path / "out")
    try:
        with study.open("wb") as pipe:
            line = b'{"resourceType":"Patient","id":"%d"}\n'
            number = 0
            found: list[pathlib.Path] = []
            while not found:
                assert number < 2_000_000 and process.poll() is None
                pipe.write(b"".join(line % (number + n) for n in range(5000)))
                number += 5000
                found = list(tmp_path.glob(".out.aced-etl-*/*Patient.ndjson*"))
            assert [mode(path) for path in found] == [0o600]
        process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0 and mode(tmp_path / "out/Patient.ndjson") == 0o666
