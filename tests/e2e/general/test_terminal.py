"""What a person sees on a terminal: tables that fit it, and one line that shows progress and retries."""

from __future__ import annotations

import json
import re

import pytest
from pooler import free_port
from run_world import COHORT, LUNG
from terminals import on_terminal


def words(text: str) -> set[str]:
    return set(re.findall(r"[\w.:/-]+", text))


@pytest.mark.promise("Tables fit the terminal")
@pytest.mark.parametrize("columns", [60, 80, 200])
def test_studies_ls_fits_the_terminal_and_leaves_nothing_out(pod, columns):
    text = on_terminal(pod.etl, "studies", "ls", columns=columns, both=False)
    assert max(map(len, text.splitlines())) <= columns
    rows = pod.etl("studies", "ls", "-o", "json").ok().json()
    for row in rows:
        assert {row["study"], str(row["resources"]), *row["types"]} <= words(text.replace(",", " "))
    if columns == 200:
        assert text.splitlines()[0].split()[:3] == ["STUDY", "RESOURCES", "FILES"]


@pytest.mark.promise("Tables fit the terminal")
def test_a_table_too_wide_for_its_columns_becomes_blocks(pod):
    text = on_terminal(pod.etl, "studies", "ls", columns=60, both=False)
    blocks = text.strip().split("\n\n")
    assert len(blocks) == 2
    for block, study in zip(blocks, sorted((LUNG, COHORT))):
        assert block.splitlines()[0].split() == ["STUDY", study]
        assert re.search(r"^RESOURCES\s+\d+$", block, re.M)
    report = on_terminal(pod.etl, "run", LUNG, columns=60, both=False)
    assert "STEP     graph" in report and not re.search(r"^[A-Z]+$", report, re.M), "an empty cell has no line"


@pytest.mark.promise("Tables fit the terminal")
@pytest.mark.parametrize("columns", [80, 120])
def test_the_advice_of_doctor_stays_visible(pod, columns):
    checks = pod.etl("doctor", "-o", "json").json()
    assert [check for check in checks if check["advice"]]
    text = on_terminal(pod.etl, "doctor", columns=columns, rc=None, both=False)
    assert max(map(len, text.splitlines())) <= columns
    # A wrapped cell is in pieces: every word that is shorter than the narrowest column is whole on the screen.
    for word in {word for check in checks for word in check["advice"].split() if len(word) <= 10}:
        assert word in text, (word, text)


@pytest.mark.promise("Tables fit the terminal")
def test_a_table_that_goes_to_a_file_is_not_wrapped(pod):
    lines = pod.etl("studies", "ls").ok().stdout.splitlines()
    assert len(lines) == 3 and max(map(len, lines)) > 60


def test_retries_are_one_line_that_updates(pod):
    """Without -v. PostgreSQL is not there, so that the run waits before it tries again."""
    env = {"PGPORT": str(free_port())}
    text = on_terminal(pod.etl, "run", LUNG, "--only", "graph", columns=120, rc=5, env=env)
    assert "trying again in 1" in text and "\x1b[K" in text
    shown = text.split("\n")
    # Drawn over, never a line of its own: what stays is the text behind the last carriage return of a line.
    assert not [line for line in shown if "trying again in" in line.split("\r")[-1]]
    verbose = on_terminal(pod.etl, "-v", "run", LUNG, "--only", "graph", columns=120, rc=5, env=env)
    assert len([line for line in verbose.split("\n") if "trying again in" in line.split("\r")[-1]]) == 2


def test_a_load_names_its_phases(pod, tmp_path):
    """While the server works nothing is added, and the line moves all the same: it is held up by another session here."""
    with pod.held(LUNG):
        running = pod.start(LUNG, "--only", "graph", "--progress-every", "1s")
        pod.until_it_waits()
        said = running.until_said(f"{LUNG}: graph: writing")
        assert said["study"] == LUNG and said["step"] == "graph" and said["project"] == "demo-synthetic"
        running.until_said(f"{LUNG}: graph: writing", count=2)
    running.end().failed(0)


def test_text_logs_have_the_time_where_there_is_no_terminal(pod):
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "
    lines = pod.etl("run", LUNG, "--only", "validate").ok().stderr.splitlines()
    assert lines and all(re.match(stamp, line) or line.startswith("  ") for line in lines)
    assert not re.search(stamp, on_terminal(pod.etl, "run", LUNG, "--only", "validate", columns=100))
    assert not re.match(stamp, pod.etl("validate", "studies/none").failed(2).stderr)
    assert json.loads(pod.etl("run", LUNG, "--only", "validate", "--log-format", "json").ok().stderr.splitlines()[0])["ts"]
