"""Attacks on what the program writes: links, names and sizes that should make it write, truncate or delete elsewhere, or without end."""

from __future__ import annotations

import hashlib
import os
import pathlib

import pytest
from file_study import PROJECT, FileStudy, outcomes
from studies_source import some_studies, source

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
