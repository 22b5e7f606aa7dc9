"""Quotas, read-only file systems and the machine's limit of open files, wherever the program writes: exit code 9, once, with what to do.

failing_calls.c lets the calls below one folder fail, as the kernel would.
"""

from __future__ import annotations

import copy
import errno
import pathlib
import shutil
import subprocess

import pytest
from programs import ROOT, Program
from run_world import LUNG, World, step

SAID = {
    errno.EDQUOT: ("disk quota exceeded: {folder}", "make room within the quota or have it raised"),
    errno.EROFS: ("read-only file system: {folder}", "mount it writable, or name another folder"),
    errno.ENFILE: ("too many open files on this machine (fs.file-max)", "end what holds them, or raise fs.file-max"),
}
# A quota is met when a file is made or grows; a read-only file system, and a machine without free descriptors, when one is opened.
LIMITS = [(errno.EDQUOT, "write"), (errno.EDQUOT, "open"), (errno.EROFS, "open"), (errno.ENFILE, "open")]


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    made = tmp_path_factory.mktemp("failing-calls") / "failing_calls.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", made, ROOT / "tests/e2e/lib/failing_calls.c"], check=True)
    return made


class Limited:
    """aced-etl on a machine with a limit below one folder."""

    def __init__(self, etl: Program, library: pathlib.Path, error: int, calls: str) -> None:
        self.etl, self.library, self.error, self.calls = etl, library, error, calls

    def at(self, folder: pathlib.Path) -> Program:
        limited = copy.copy(self.etl)
        limited.env = {**self.etl.env, "LD_PRELOAD": str(self.library), "FAIL_BELOW": str(folder), "FAIL_ERRNO": str(self.error),
                       "FAIL_CALLS": self.calls}
        return limited

    def refused(self, ran, folder: pathlib.Path) -> None:
        ran.failed(9)
        what, do = SAID[self.error]
        assert what.format(folder=folder) in ran.stderr and do in ran.stderr, ran
        assert "trying again" not in ran.stderr and "no connection" not in ran.stderr, ran


@pytest.fixture
def limited(library):
    return lambda etl, limit: Limited(etl, library, *limit)


every_limit = pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: f"{errno.errorcode[limit[0]]}-{limit[1]}")


@pytest.mark.promise("A full disk is not a network fault")
@every_limit
def test_a_pull_and_a_run(world: World, limited, limit):
    """In the folder of studies, that of output, and that of the state."""
    world.etl("studies", "pull", "--dry-run").ok()
    for name in ("studies", "output"):
        folder = world.home / name
        folder.mkdir(exist_ok=True)
        under = limited(world.etl, limit)
        under.refused(under.at(folder)("studies", "pull", LUNG), folder)
        ran = under.at(folder)("run", LUNG, "-o", "json").failed(9)
        pull = step(ran, LUNG, "pull")
        assert (pull["outcome"], pull["exit"], pull["tries"]) == ("failed", 9, 1) and SAID[limit[0]][1] in pull["do"]
    state = world.home / "state"
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir()
    under.refused(under.at(state)("run", LUNG), state)
    world.run(LUNG)


@pytest.mark.promise("A full disk is not a network fault")
@every_limit
def test_files_that_come_and_go(world: World, limited, limit):
    world.run(LUNG)
    copied, temporary = world.home / "copy", world.home / "temporary"
    for folder in (copied, temporary):
        folder.mkdir()
    under = limited(world.etl, limit)
    project = "demo-synthetic"
    under.refused(under.at(copied)("files", "get", "--project", project, "--out", copied), copied)
    under.refused(under.at(temporary)("files", "move", "--project", project, "--to", world.commons.bucket("demo-cohort"), "--yes",
                                      "--temp-dir", temporary), temporary)
    world.etl("files", "move", "--project", project, "--to", world.commons.bucket("demo-cohort"), "--yes").ok()


@pytest.mark.promise("A full disk is not a network fault")
@every_limit
def test_records_and_a_configuration(etl, synth, tmp_path, limited, limit):
    synth(tmp_path / "synth", "--name", "S", "--records", "200", "--seed", "1").ok()
    study = tmp_path / "synth/studies/S"
    folder = tmp_path / "folder"
    folder.mkdir()
    under = limited(etl, limit)
    under.refused(under.at(folder)("simplify", study, folder / "out"), folder)
    under.refused(under.at(folder)("config", "init", folder / "etl.yaml"), folder)
    assert not [file for file in folder.rglob("*") if file.is_file()], "nothing is left"
    etl("simplify", study, folder / "out").ok()
