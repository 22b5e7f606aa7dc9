"""Every command in the blocks of README.md and docs/ is run, in the page's order, and prints what the page says, figures aside.

The commands work in a commons of their own, in a cluster that cluster_stand_in.py plays. What is not run is in NOT_RUN, with the reason.
Commands in running text are held against the program's help by test_docs.py.
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable

import cluster_stand_in
import helm_chart
import pytest
from local_servers import Commons, Search
from pages import Command, Shell, agrees, commands
from programs import ROOT, Canary, program

ALL = ["README.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md"))]
# These have no block of commands: lists, tables, and what is guaranteed.
WITHOUT_COMMANDS = {"docs/README.md", "docs/configuration.md", "docs/exit-codes.md", "docs/from-the-old-tools.md", "docs/search-server.md",
                    "docs/security.md", "docs/semantics.md"}
PAGES = [page for page in ALL if page not in WITHOUT_COMMANDS]
AFTER_THE_FIRST_DAY = {"docs/operations.md", "docs/schedules.md", "docs/moving-a-bucket.md"}  # these say that they continue install.md
WITH_SEARCH = {"README.md", "docs/search.md"}  # workers.py sends these to the worker that has a search server
IN_THE_CLUSTER = {"docs/chart.md", "docs/new-project.md", "docs/operations.md"}  # these call kubectl

NOT_RUN = {
    r"git clone": "the tests are in the clone",
    r"scripts/install-deps compile$|scripts/build package$|cmake --install build/package": "it compiles for minutes; `make deb` and `make fresh` do",
    r"docker |skopeo |source scripts/buildah.bash|buildah |BASE=.* make image|scripts/host-apt context packages && docker ":
        "it needs a Docker daemon, an image registry, or the image, which takes minutes; `make image-test` builds it and runs it",
}

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

# The place is the local commons already: of `make` only the targets are looked at (`make -n`), and `make env` sets nothing.
MAKE = """#!/bin/sh
{make} -n -C {root} "$@" >/dev/null || exit
"""


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def not_run(command: Command) -> str | None:
    """The pattern in NOT_RUN that names it."""
    return next((pattern for pattern in NOT_RUN if re.match(pattern, command.text)), None)


class Place:
    """A pod-like folder: `~`, credentials, the programs on PATH, a source bucket."""

    def __init__(self, commons: Commons, folder: pathlib.Path, dictionary: pathlib.Path, canary: Canary) -> None:
        self.commons, self.canary = commons, canary
        self.programs = folder / "bin"
        self.programs.mkdir(parents=True)
        for variable, name in (("ACED_ETL", "aced-etl"), ("ACED_SYNTH", "aced-synth")):
            (self.programs / name).symlink_to(program(variable, name))
        self._script("aws", AWS.format(python=sys.executable, tests=str(ROOT / "tests/e2e/lib")))
        self._script("make", MAKE.format(make=shutil.which("make"), root=ROOT))
        self.bucket = commons.s3.new_bucket("source")
        self.home = folder / "home"
        self.home.mkdir()
        plain = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TZ", "TMPDIR", "ASAN_OPTIONS") if name in os.environ}
        self.env = {**plain, **commons.env, "HOME": str(self.home), "PATH": f"{self.programs}:{os.environ['PATH']}", "S3_BUCKET": self.bucket,
                    "S3_PATH": "local", "DICTIONARY_URL": str(dictionary), "AWS_ENDPOINT_URL": commons.s3.endpoint, "COLUMNS": "200"}

    def _script(self, name: str, text: str) -> None:
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def command(self, text: str) -> str:
        """With the names that this commons uses, and with what a page leaves out of a command that it repeats."""
        text = text.replace("helm upgrade …", 'helm upgrade --install aced-etl "$HOME/deploy/chart/aced-etl" -n COMMONS')
        return text.replace("aced-local", self.commons.prefix)

    def plain(self, text: str) -> str:
        """With the names that the pages use."""
        self.canary.check(text, "what a command of a page printed")
        for value, name in ((str(self.commons.creds), "/creds"), (str(self.home), "/home/etl"), (self.commons.prefix, "aced-local"),
                            (self.bucket, "aced-local-studies"), (self.commons.database["PGDATABASE"], "sheepdog_local")):
            text = text.replace(value, name)
        return text


@pytest.fixture
def place(new_commons: Callable[..., Commons], tmp_path: pathlib.Path, demo_dictionary: pathlib.Path, canary: Canary) -> Place:
    return Place(new_commons(), tmp_path / "place", demo_dictionary, canary)


def in_a_cluster(place: Place) -> None:
    tools = {name: helm_chart.tool(name) for name in ("helm", "kubectl")}
    if not all(tools.values()):
        pytest.skip("NOT TESTED: no helm or no kubectl (scripts/chart-tools installs them)")
    cluster_stand_in.install(place.programs, place.home.parent / "cluster", place.home, tools)


def reader_of_the_chart(place: Place) -> None:
    """What somebody who installs the chart has: the project's folder, and files of their own beside it."""
    folder = place.home / "deploy/chart"
    folder.mkdir(parents=True)
    (folder / "aced-etl").symlink_to(helm_chart.CHART)
    (folder / "mine.yaml").write_text("etl: {program: aced}\n")
    for name in ("credentials.json", "user.yaml", "fence-config.yaml"):
        shutil.copy(place.commons.creds / name, folder / name)
    for name, text in (("password.txt", "a password"), ("global-bundle.pem", "-----BEGIN CERTIFICATE-----\n")):
        (folder / name).write_text(text)
    (place.home / ".aws").mkdir()
    for name in ("credentials", "config"):
        shutil.copy(place.commons.home / "aws" / name, place.home / ".aws" / name)


def reader_of_a_new_project(place: Place) -> None:
    shutil.copy(place.commons.creds / "user.yaml", place.home / "user.yaml")


def reader_of_search(place: Place) -> None:
    """A study on disk."""
    subprocess.run([place.programs / "aced-synth", place.home, "--name", "Lung_Cancer", "--patients", "5"], check=True, capture_output=True)


def reader_of_the_readme(place: Place) -> None:
    """What `make demo` has loaded."""
    subprocess.run([place.programs / "aced-synth", place.home, "--name", "Synthetic", "--patients", "100"], check=True, capture_output=True)
    shell = Shell(place.env, place.home)
    try:
        rc, printed = shell.run("aced-etl search load --project demo-synthetic ~/studies/Synthetic --types observation")
        assert rc == 0, printed
    finally:
        shell.close()


PREPARED = {"README.md": reader_of_the_readme, "docs/discovery.md": reader_of_search, "docs/chart.md": reader_of_the_chart, "docs/new-project.md": reader_of_a_new_project, "docs/search.md": reader_of_search}


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_the_page_do_what_it_says(place: Place, page: str, request: pytest.FixtureRequest):
    if page in IN_THE_CLUSTER:
        in_a_cluster(place)
    if page in WITH_SEARCH:
        search: Search = request.getfixturevalue("search")
        place.env["ELASTICSEARCH_URL"] = search.url
    PREPARED.get(page, lambda _: None)(place)
    wrong = []
    shell = Shell(place.env, place.home)
    try:
        for command in commands(read("docs/install.md")) if page in AFTER_THE_FIRST_DAY else []:
            if not not_run(command):
                shell.run(place.command(command.text))
        for command in commands(read(page)):
            if not_run(command):
                continue
            rc, printed = shell.run(place.command(command.text))
            printed = place.plain(printed)
            said = re.search(r"# exit (\d)|\(exit (\d)\)", command.text)
            if rc != (int(said[1] or said[2]) if said else 0) or (command.expected is not None and not agrees(command.expected, printed)):
                expected = "" if command.expected is None else "\n".join(["-- the page says", *command.expected])
                wrong.append(f"{page}:{command.line}: $ {command.text}\n[exit {rc}]\n{printed}\n{expected}")
    finally:
        shell.close()
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("page", ALL)
def test_every_block_is_one_whose_commands_are_run(page: str):
    """No block without its kind, which would not be run, and no page that is forgotten."""
    kinds = re.findall(r"^```([^\n]*)\n(?:.*\n)*?^```$", read(page), re.MULTILINE)
    assert set(kinds) <= {"console", "sh", "yaml", "text"}, kinds
    assert ("console" in kinds or "sh" in kinds) == (page not in WITHOUT_COMMANDS)


def test_what_is_not_run_is_there_and_names_files_that_are():
    found = {pattern: [command for page in PAGES for command in commands(read(page)) if not_run(command) == pattern] for pattern in NOT_RUN}
    for pattern, left_out in found.items():
        assert left_out, f"no page has a command like {pattern}"
        for command in left_out:
            for name in re.findall(r"(?<!\S)(?:scripts|deploy)/[\w./-]+", command.text):
                assert (ROOT / name).exists(), f"{command.text}: there is no {name}"
