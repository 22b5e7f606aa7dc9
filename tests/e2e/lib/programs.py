"""The built programs as the tests run them: each run is searched for secrets."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import shlex
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
STARTED_IN = pathlib.Path.cwd()  # a relative ACED_ETL means here, wherever a test may have gone since

# Of the caller's environment, what has no say in where a program looks for its data.
PLAIN = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS",
         "TSAN_OPTIONS")


@dataclasses.dataclass
class Ran:
    """A program that has ended."""

    args: list[str]
    rc: int
    stdout: str
    stderr: str

    def json(self):
        return json.loads(self.stdout)

    def ok(self) -> "Ran":
        """The run itself, when it ended well; else a failure that shows what it said."""
        assert self.rc == 0, f"{self}"
        return self

    def failed(self, rc: int) -> "Ran":
        """The run itself, when it ended with this exit code."""
        assert self.rc == rc, f"wanted exit code {rc}\n{self}"
        return self

    def __str__(self) -> str:
        return f"$ {shlex.join(self.args)}\n[exit {self.rc}]\n-- stdout\n{self.stdout}\n-- stderr\n{self.stderr}"


class Canary:
    """Strings that no output may hold (the promise "No secret"). Every run of a program is searched for them."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()

    def add(self, secret: str) -> None:
        assert len(secret) >= 8, "too short to tell from chance"
        self._secrets.add(secret)

    def check(self, text: str, where: str) -> None:
        for secret in self._secrets:
            # The secret itself stays out of the report, too.
            assert secret not in text, f"a secret came out in {where}"


class Program:
    """Runs one program; each test gets one with its own environment and working folder."""

    def __init__(self, binary: pathlib.Path, env: dict[str, str], cwd: pathlib.Path, canary: Canary) -> None:
        self.binary = binary
        self.env = env
        self.cwd = cwd
        self.canary = canary

    def environment(self, env: dict[str, str | None] | None = None) -> dict[str, str]:
        plain = {name: os.environ[name] for name in PLAIN if name in os.environ}
        whole = {**plain, **self.env, **(env or {})}
        return {name: value for name, value in whole.items() if value is not None}

    def __call__(self, *args: object, env: dict[str, str | None] | None = None, stdin: str | None = None,
                 cwd: pathlib.Path | None = None, timeout: float = 120) -> Ran:
        """`env` is added to the fixture's own; None takes a variable away."""
        command = [str(self.binary), *map(str, args)]
        done = subprocess.run(command, env=self.environment(env), cwd=cwd or self.cwd, capture_output=True, timeout=timeout,
                              check=False, **({"input": stdin.encode()} if stdin is not None else {"stdin": subprocess.DEVNULL}))
        ran = Ran(command, done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))
        self.canary.check(ran.stdout, f"stdout of {shlex.join(command)}")
        self.canary.check(ran.stderr, f"stderr of {shlex.join(command)}")
        return ran

    def check(self, text: str, where: str) -> None:
        """Fails when a secret is in what a program put out that start() started."""
        self.canary.check(text, where)

    def start(self, *args: object, env: dict[str, str | None] | None = None, **popen) -> subprocess.Popen:
        """Starts it and does not wait: for tests that kill it, or watch it. The caller ends it."""
        popen = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **popen}
        return subprocess.Popen([str(self.binary), *map(str, args)], env=self.environment(env), cwd=self.cwd, **popen)


def program(variable: str, name: str) -> pathlib.Path:
    path = (STARTED_IN / (os.environ.get(variable) or ROOT / "build/release" / name)).resolve()
    if not path.exists():
        pytest.fail(f"{path} is not built: make build", pytrace=False)
    return path
