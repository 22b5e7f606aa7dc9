"""The catalogue of error messages: messages.txt holds the command, exit code and whole text of each error that the cases provoke, so
that a change of wording is seen in review. ACED_UPDATE_MESSAGES=1 writes the file again."""

from __future__ import annotations

import os
import pathlib
import re
import shlex
from collections.abc import Iterator

import message_cases_with_servers  # noqa: F401  (adds its cases)
import pytest
from message_cases import CASES, Case
from programs import ROOT

CATALOGUE = ROOT / "tests/e2e/docs/messages.txt"
UPDATE = bool(os.environ.get("ACED_UPDATE_MESSAGES"))
HEAD = """# Error messages, as test_messages.py provokes them. After a change of wording: ACED_UPDATE_MESSAGES=1 pytest tests/e2e/docs/test_messages.py
# {…} stands for what differs between machines and runs.
"""
BY_NAME = {one.name: one for one in CASES}


def catalogue() -> dict[str, str]:
    """Name of the case -> its block: the command, the exit code, the text."""
    text = CATALOGUE.read_text(encoding="utf-8") if CATALOGUE.exists() else ""
    blocks = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(blocks[::2], (block.strip("\n") for block in blocks[1::2]), strict=True))


@pytest.fixture(scope="module")
def rewritten() -> Iterator[dict[str, str]]:
    """With ACED_UPDATE_MESSAGES the blocks that the module's tests put into it replace those of the file."""
    blocks: dict[str, str] = {}
    yield blocks
    if UPDATE:
        whole = {**catalogue(), **blocks}
        CATALOGUE.write_text(HEAD + "".join(f"\n## {name}\n{whole[name]}\n" for name in BY_NAME if name in whole), encoding="utf-8")


def plain(text: str, known: dict[str, str]) -> str:
    """Without what differs between machines and runs."""
    for value, name in sorted(known.items(), key=lambda one: -len(one[0])):
        text = text.replace(value, name)
    text = re.sub(r"127\.0\.0\.1:(?!9\b)\d+", "127.0.0.1:{port}", text)
    text = re.sub(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z| UTC)?", "{time}", text)
    text = re.sub(r"\b\d+(\.\d+)? (s|ms)\b", "{duration}", text)
    text = re.sub(r"aced-etl \d+\.\d+\.\d+\S* on \S+:", "aced-etl {version} on {host}:", text)
    text = re.sub(r"temporary files \S+ \([^)]*\)", "temporary files {temp}", text)
    text = re.sub(r"(commons|home)-\d+", r"\1-{number}", text)
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


@pytest.mark.parametrize("name", BY_NAME)
def test_the_message_is_that_of_the_catalogue(request: pytest.FixtureRequest, etl, tmp_path: pathlib.Path, rewritten, name: str):
    case: Case = BY_NAME[name]
    env = dict(case.env)
    known = {str(tmp_path): "{folder}", str(ROOT): "{project}"}
    program = etl
    folder = tmp_path
    if case.needs:
        given = request.getfixturevalue(case.needs)
        program = getattr(given, "etl", etl)
        folder = program.cwd
        known[given.name if case.needs == "database" else given.database.name] = "{database}"
        if case.needs == "world":
            known[given.commons.prefix] = "{prefix}"
            known[given.bucket] = "{source}"
        env.update(case.setup(given, folder) or {} if case.setup else {})
    for path, content in case.files.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    known[str(folder)] = "{folder}"
    ran = program(*case.args, env={"HOME": str(folder), **env}, stdin=case.stdin)
    block = "\n".join([f"$ aced-etl {shlex.join(case.args)}".rstrip(), f"exit {ran.rc}", plain((ran.stdout if case.args[0] == "validate" else "") + ran.stderr, known)])
    rewritten[name] = block
    assert ran.rc != 0
    if not UPDATE:
        assert block == catalogue()[name]


def test_every_block_has_a_case_and_every_case_a_block():
    assert len(BY_NAME) == len(CASES) >= 60, "names are unique"
    assert UPDATE or set(catalogue()) == set(BY_NAME)


@pytest.mark.skipif(UPDATE, reason="the catalogue is being written")
def test_every_error_says_what_failed_and_where_or_what_to_do():
    """Faults of a study have their file and line; other errors have a place, a reason or advice."""
    for name, block in catalogue().items():
        fault = re.search(r"^\S+?(:\d+)?: .+ \([a-z-]+\)$", block, re.MULTILINE)
        error = re.search(r"^(?:{time} )?error: .+\n(?:.*\n)*?  (at|do|reason): .+", block, re.MULTILINE)
        assert fault or error, f"{name}\n{block}"


@pytest.mark.skipif(UPDATE, reason="the catalogue is being written")
def test_messages_are_plain_english():
    odd = re.compile(r"\b(mend|mended|anew|told|nobody can know|held against|is there twice|leads? nowhere|stands? (?:here|already|twice))\b")
    for name, block in catalogue().items():
        assert not odd.search(block), f"{name}\n{block}"


def test_literals_in_the_source_are_plain_english():
    odd = re.compile(r"\b(mend|mended|nobody can know|hold against|held against|is there twice|leads? nowhere)\b")
    literal = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
    found = [f"{path.relative_to(ROOT)}: {text}" for path in sorted((ROOT / "src").rglob("*.?pp")) if "generated" not in path.parts
             for text in literal.findall(path.read_text(encoding="utf-8")) if odd.search(text)]
    assert not found, "\n".join(found)
