"""Every command of these pages is run, in the page's order, in a commons of its own, and prints what the page says, figures aside."""

from __future__ import annotations

import os
import pathlib
import re
import sys
from collections.abc import Callable, Iterator

import pytest
from databases import Database
from local_servers import Commons
from pages import Shell, agrees, commands
from programs import ROOT, Canary, program

PAGES = ["install.md", "new-project.md", "operations.md", "schedules.md"]
AFTER_THE_FIRST_DAY = ["operations.md", "schedules.md"]  # these say that they continue install.md

# What is not run: it needs a cluster, root, or another machine, or is the local commons itself (test_local.py runs that).
ELSEWHERE = re.compile(r"^(kubectl|helm|make|eval \"\$\(make|scripts/|cmake|apt-get|crontab|systemctl|sudo|cd aced-etl|usersync)\b")

# The AWS CLI is no part of the tests' machine: this does of it what the pages need.
AWS = """#!{python}
import os, pathlib, sys
sys.path.insert(0, {tests!r})
import boto3
_, verb, source, target = sys.argv[1:5]
assert sys.argv[1] == "s3" and verb == "sync" and target.startswith("s3://"), sys.argv
bucket, _, prefix = target.removeprefix("s3://").partition("/")
profile = sys.argv[sys.argv.index("--profile") + 1] if "--profile" in sys.argv else None
client = boto3.Session(profile_name=profile).client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
for file in sorted(pathlib.Path(source).rglob("*")):
    if file.is_file():
        client.put_object(Bucket=bucket, Key=prefix + str(file.relative_to(source)), Body=file.read_bytes())
"""


def read(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


class Place:
    """A pod-like folder: `~`, credentials, the programs on PATH, a source bucket."""

    def __init__(self, commons: Commons, folder: pathlib.Path, dictionary: pathlib.Path, canary: Canary) -> None:
        self.commons, self.folder, self.canary = commons, folder, canary
        programs = folder / "bin"
        programs.mkdir(parents=True)
        for variable, name in (("ACED_ETL", "aced-etl"), ("ACED_SYNTH", "aced-synth")):
            (programs / name).symlink_to(program(variable, name))
        (programs / "aws").write_text(AWS.format(python=sys.executable, tests=str(ROOT / "tests/e2e")))
        (programs / "aws").chmod(0o755)
        self.bucket = commons.s3.new_bucket("source")
        self.home = folder / "home"
        self.home.mkdir()
        plain = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TZ", "TMPDIR", "ASAN_OPTIONS") if name in os.environ}
        self.env = {**plain, **commons.env, "HOME": str(self.home), "PATH": f"{programs}:{os.environ['PATH']}", "S3_BUCKET": self.bucket,
                    "S3_PATH": "local", "DICTIONARY_URL": str(dictionary), "AWS_ENDPOINT_URL": commons.s3.endpoint, "COLUMNS": "200"}

    def command(self, text: str) -> str:
        """With the names that this commons uses."""
        return text.replace("aced-local", self.commons.prefix)

    def plain(self, text: str) -> str:
        """With the names that the pages use."""
        self.canary.check(text, "what a command of a page printed")
        for value, name in ((str(self.commons.creds), "/creds"), (str(self.home), "/home/etl"), (self.commons.prefix, "aced-local"),
                            (self.bucket, "aced-local-studies"), (self.commons.database["PGDATABASE"], "sheepdog_local")):
            text = text.replace(value, name)
        return text


@pytest.fixture
def place(new_commons: Callable[..., Commons], tmp_path: pathlib.Path, demo_dictionary: pathlib.Path, canary: Canary) -> Iterator[Place]:
    return Place(new_commons(), tmp_path / "place", demo_dictionary, canary)


@pytest.mark.parametrize("name", PAGES)
def test_the_commands_of_the_page_do_what_it_says(place: Place, name: str):
    wrong = []
    shell = Shell(place.env, place.home)
    try:
        for command in commands(read("install.md")) if name in AFTER_THE_FIRST_DAY else []:
            if not ELSEWHERE.match(command.text):
                shell.run(place.command(command.text))
        for command in commands(read(name)):
            if ELSEWHERE.match(command.text):
                continue
            rc, printed = shell.run(place.command(command.text))
            printed = place.plain(printed)
            said = re.search(r"# exit (\d)", command.text)
            if rc != (int(said[1]) if said else 0) or (command.expected is not None and not agrees(command.expected, printed)):
                expected = "" if command.expected is None else "\n".join(["-- the page says", *command.expected])
                wrong.append(f"docs/{name}:{command.line}: $ {command.text}\n[exit {rc}]\n{printed}\n{expected}")
    finally:
        shell.close()
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("name", PAGES)
def test_every_command_of_the_page_is_one_that_is_run(name: str):
    """No block of commands without `console` or `sh`, which would not be run."""
    page = read(name)
    kinds = re.findall(r"^```(\w*)\n(?:.*\n)*?^```$", page, re.MULTILINE)
    assert kinds and set(kinds) <= {"console", "sh", "yaml", "text"}, kinds
    assert sum(not ELSEWHERE.match(command.text) for command in commands(page)) >= 5
