"""A real file system of a given size, for tests that fill a disk."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
from collections.abc import Iterator

import pytest


@contextlib.contextmanager
def small_disk(folder: pathlib.Path, size: str = "1m", *options: str) -> Iterator[pathlib.Path]:
    """Mounts a tmpfs of `size` on `folder` until the block ends. Skips the test where this user may not mount."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join((f"size={size}", "mode=0777", *options)), "aced-etl-test", folder],
                             capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"NOT TESTED: a full disk, because this user cannot mount a file system: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: pathlib.Path, leave: int = 0) -> None:
    """Writes a file that leaves `leave` bytes free, rounded down to the blocks of the file system."""
    system = os.statvfs(folder)
    with (folder / ".filler").open("wb") as file:
        file.write(bytes(max(0, system.f_bavail * system.f_frsize - leave)))


def read_only(folder: pathlib.Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
