"""simplify's output folder: all old files or all new ones, whatever happens, and what others keep there stays."""

from __future__ import annotations

import json
import os
import pathlib
import random
import shutil
import signal
import stat
import subprocess
import time

import pytest

SEED = int(os.environ.get("ACED_TEST_SEED", random.randrange(1 << 32)))


def tree(folder: pathlib.Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def hidden(folder: pathlib.Path) -> list[str]:
    return [path.name for path in folder.parent.iterdir() if path.name.startswith(f".{folder.name}.")]


@pytest.fixture
def studies(synth, tmp_path) -> list[pathlib.Path]:
    """Two versions of a study."""
    for seed in (1, 2):
        synth(tmp_path / f"study{seed}", "--records", 4000, "--files", 0, "--seed", seed).ok()
    return [tmp_path / f"study{seed}/studies" for seed in (1, 2)]


@pytest.fixture
def small(tmp_path) -> pathlib.Path:
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "a.ndjson").write_text('{"resourceType": "Patient", "id": "p1"}\n{"resourceType": "Specimen", "id": "s1"}\n')
    return folder


@pytest.mark.promise("All or nothing in OUT")
def test_a_kill_at_any_moment_leaves_all_old_files_or_all_new_ones(etl, studies, tmp_path):
    print(f"ACED_TEST_SEED={SEED}")
    rng = random.Random(SEED)
    whole = []
    for number, study in enumerate(studies):
        began = time.monotonic()
        etl("simplify", study, tmp_path / f"whole{number}").ok()
        takes = time.monotonic() - began
        whole.append(tree(tmp_path / f"whole{number}"))
    assert whole[0] != whole[1] and len(whole[0]) > 5

    out = tmp_path / "out"
    etl("simplify", studies[0], out).ok()
    (out / "notes.txt").write_text("not ours")
    killed = 0
    for round in range(30):
        run = etl.start("simplify", studies[(round + 1) % 2], out)
        # Half of them about the end, where the folders are exchanged.
        time.sleep(takes * (rng.uniform(0.7, 1.1) if round % 2 else rng.random()))
        run.send_signal(signal.SIGKILL)
        run.communicate()
        killed += run.returncode == -signal.SIGKILL
        found = tree(out)
        assert found.pop("notes.txt") == b"not ours"
        assert found in whole, f"round {round}: neither the old files nor the new ones"
        assert len(hidden(out)) <= 1, "what an earlier run left was not removed"
    assert killed > 10
    etl("simplify", studies[0], out).ok()
    assert tree(out) == {**whole[0], "notes.txt": b"not ours"} and not hidden(out)


@pytest.mark.promise("All or nothing in OUT")
def test_what_is_there_under_other_names_stays(etl, small, tmp_path):
    out = tmp_path / "out"
    out.mkdir(mode=0o751)
    out.chmod(0o2751)
    (out / "notes.txt").write_text("not ours")
    (out / "Encounter.ndjson").write_text("of an earlier study\n")
    (out / "link").symlink_to("notes.txt")
    (out / "Patient.ndjson").write_text("old\n")
    (out / "Patient.ndjson").chmod(0o640)
    inode, notes = out.stat().st_ino, (out / "notes.txt").stat()
    assert "one after the other" not in etl("simplify", "-v", small, out).ok().stderr
    assert out.stat().st_ino != inode, "it was not exchanged"
    assert stat.S_IMODE(out.stat().st_mode) == 0o2751
    assert (out / "notes.txt").stat().st_ino == notes.st_ino and (out / "link").is_symlink()
    assert (out / "Encounter.ndjson").read_text() == "of an earlier study\n"
    assert stat.S_IMODE((out / "Patient.ndjson").stat().st_mode) == 0o640
    assert {path.name for path in out.iterdir()} == {"notes.txt", "Encounter.ndjson", "link", "Patient.ndjson", "Specimen.ndjson"}
    assert json.loads((out / "Patient.ndjson").read_text())["id"] == "p1"
    assert not hidden(out)


def one_by_one(etl, study: pathlib.Path, out: pathlib.Path, why: str, **options: object) -> None:
    """Written all the same, file by file."""
    inode = out.stat().st_ino
    said = etl("simplify", "-v", study, out, **options).ok().stderr
    assert "replaced one by one" in said and why in said
    assert out.stat().st_ino == inode and json.loads((out / "Patient.ndjson").read_text())["id"] == "p1"
    assert not hidden(out)


@pytest.mark.promise("All or nothing in OUT")
def test_a_folder_that_cannot_be_exchanged_is_written_file_by_file(etl, small, tmp_path):
    out = tmp_path / "out"
    (out / "folder").mkdir(parents=True)
    one_by_one(etl, small, out, "other things than files")
    (out / "folder").rmdir()
    (tmp_path / "elsewhere").write_text("")
    (out / "Specimen.ndjson").unlink()
    (out / "Specimen.ndjson").symlink_to(tmp_path / "elsewhere")
    one_by_one(etl, small, out, "a link has the name")
    assert json.loads((tmp_path / "elsewhere").read_text())["id"] == "s1"
    (out / "Specimen.ndjson").unlink()
    one_by_one(etl, small, out, "current folder", cwd=out)


def test_a_mount_point_is_written_file_by_file(etl, small, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "none", out], capture_output=True).returncode != 0:
        pytest.skip("NOT TESTED: nothing can be mounted here")
    try:
        one_by_one(etl, small, out, "mount point")
    finally:
        subprocess.run(["umount", out], check=True)


def test_a_link_to_the_output_folder_stays_one(etl, small, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to("real")
    etl("simplify", small, tmp_path / "out/").ok()
    assert (tmp_path / "out").is_symlink() and (tmp_path / "real/Patient.ndjson").is_file()
    assert not hidden(tmp_path / "real") and not hidden(tmp_path / "out")


def test_what_a_killed_run_has_left_is_removed_and_nothing_else(etl, small, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    left = tmp_path / ".out.aced-etl-abcdef"
    left.mkdir()
    (left / "Patient.ndjson").write_text("half")
    (left / ".Specimen.ndjson.x1y2z3").write_text("half")
    (left / "late.txt").write_text("written into OUT while it was exchanged")
    (tmp_path / ".out.other").mkdir()
    (tmp_path / ".out.aced-etl-link").symlink_to(tmp_path / "small")
    etl("simplify", small, out).ok()
    assert not left.exists() and (tmp_path / ".out.other").exists() and (small / "a.ndjson").exists()
    assert (out / "late.txt").read_text() == "written into OUT while it was exchanged"
    shutil.rmtree(out)
    etl("simplify", small, out).ok()


def test_an_output_folder_within_the_study(etl, small):
    for _ in range(2):
        said = etl("simplify", small, small / "extractions").ok().stderr
        assert "aced-etl-" not in said and "2 resources in" in said
