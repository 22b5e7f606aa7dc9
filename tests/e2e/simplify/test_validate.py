"""validate through the program: every known issue is found where it is, in bounded memory."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import tempfile
from collections import Counter

import pytest
from bounded import measured
from programs import ROOT

# What aced-synth calls a fault, and validate.
KINDS = {"unknown-element": "unknown-element", "bad-date": "format", "missing-required": "cardinality", "dangling-reference": "dangling",
         "duplicate-id": "duplicate-id", "broken-json": "json", "wrong-type": "wrong-type", "wrong-cardinality": "wrong-type",
         "unknown-type": "resource-type", "missing-id": "id"}


@pytest.fixture(scope="module", name="spoilt")
def a_spoilt_study(tmp_path_factory):
    """The study's folder and its faults: (file, line) -> kind."""
    out = tmp_path_factory.mktemp("spoilt")
    synth = os.environ.get("ACED_SYNTH", str(ROOT / "build/release/aced-synth"))
    subprocess.run([synth, out, "--records", "6000", "--files", "0", "--faults", "100"], check=True, capture_output=True)
    listed = json.loads((out / "faults.json").read_text())["faults"]
    return out, {(str(out / fault["file"]), fault["line"]): KINDS[fault["kind"]] for fault in listed}


@pytest.mark.promise("Every issue is named")
def test_every_known_fault_is_found_and_no_other(etl, spoilt):
    out, wanted = spoilt
    ran = etl("validate", out / "studies", "-o", "json").failed(3)
    told = ran.json()
    found = {(issue["file"], issue["line"]): issue["kind"] for issue in told["issues"] if issue["severity"] == "error"}
    assert found == wanted
    assert len(told["issues"]) == len(wanted)
    assert all(issue["message"] and issue["count"] == 1 for issue in told["issues"])
    summary = told["summary"]
    assert summary["kinds"] == dict(Counter(wanted.values()))
    assert (summary["errors"], summary["warnings"], summary["resources"]) == (100, 0, 6000)
    whole = sum(kind not in ("dangling", "duplicate-id") for kind in wanted.values())
    assert (summary["valid"], summary["invalid"]) == (6000 - whole, whole)


def test_faults_are_lines_that_an_editor_understands(etl, spoilt):
    out, wanted = spoilt
    ran = etl("validate", out / "studies").failed(3)
    for (file, line), kind in wanted.items():
        assert any(text.startswith(f"{file}:{line}: ") and text.endswith(f"({kind})") for text in ran.stdout.splitlines()), (file, line, kind)
    table = ran.stdout.split("\n\n")[-1]
    for kind, count in Counter(wanted.values()).items():
        assert [kind, "error", str(count)] in [row.split() for row in table.splitlines()]
    assert "6,000 resources" in ran.stderr


def test_yaml(etl, spoilt):
    yaml = pytest.importorskip("yaml")
    told = yaml.safe_load(etl("validate", spoilt[0] / "studies", "-o", "yaml").failed(3).stdout)
    assert len(told["issues"]) == told["summary"]["errors"] == 100


def test_threads_do_not_matter(etl, spoilt):
    told = [etl("validate", spoilt[0] / "studies", "--threads", threads).failed(3).stdout for threads in (1, 4)]
    assert told[0] == told[1]


def test_dangling_references_can_be_warnings(etl, tmp_path):
    (tmp_path / "a.ndjson").write_text('{"resourceType":"Specimen","id":"s","subject":{"reference":"Patient/none"}}\n')
    told = etl("validate", tmp_path, "-o", "json").failed(3).json()
    assert [(f["kind"], f["severity"], f["path"]) for f in told["issues"]] == [("dangling", "error", "Specimen.subject")]
    told = etl("validate", tmp_path, "-o", "json", "--dangling", "warning").ok().json()
    assert [(f["kind"], f["severity"]) for f in told["issues"]] == [("dangling", "warning")]
    assert told["summary"]["warnings"] == 1


def test_a_valid_study(etl, synth, tmp_path, demo_dictionary):
    for form in ([], ["--bundles"], ["--gzip"], ["--pretty"]):
        synth(tmp_path / "s", "--records", 800, "--files", 0, "--force", *form).ok()
        ran = etl("validate", tmp_path / "s/studies", "--dictionary", demo_dictionary).ok()
        assert "800 resources, 800 of them valid; no issues" in ran.stderr
        told = etl("validate", tmp_path / "s/studies", "-o", "json").ok().json()
        assert told == {"issues": [], "summary": {"resources": 800, "valid": 800, "invalid": 0, "errors": 0, "warnings": 0, "kinds": {},
                                                  "deletions": 0, "deleted": 0, "superseded": 0, "outcomes": 0}}


def test_warnings_are_counted_with_the_first_place(etl, tmp_path):
    encounter = '{"resourceType":"Encounter","id":"e%d","status":"finished"}\n'
    (tmp_path / "a.ndjson").write_text('{"resourceType":"Patient","id":"p"}\n' + "".join(encounter % i for i in range(50)))
    told = etl("validate", tmp_path, "-o", "json").ok().json()
    (issue,) = told["issues"]
    assert (issue["kind"], issue["severity"], issue["line"], issue["count"], issue["path"]) == ("binding", "warning", 2, 50, "Encounter.status")
    assert told["summary"]["warnings"] == 50


def test_repeated_and_duplicate_resources(etl, tmp_path):
    (tmp_path / "a.ndjson").write_text('{"resourceType":"Patient","id":"p"}\n' * 3 + '{"resourceType":"Patient","id":"p","gender":"male"}\n')
    told = etl("validate", tmp_path, "-o", "json").failed(3).json()
    assert [(f["kind"], f["line"], f["count"]) for f in told["issues"]] == [("duplicate-id", 4, 1), ("repeated-resource", 2, 2)]
    assert "a.ndjson:1" in told["issues"][0]["message"]


def test_from_stdin(etl):
    told = etl("validate", "-", "-o", "json", stdin='{"resourceType":"Patient","id":"p","a":1}\n').failed(3).json()
    assert (told["issues"][0]["file"], told["issues"][0]["line"]) == ("stdin", 1)
    assert "no resource" in etl("validate", "-", stdin="").failed(3).stderr


def test_json_whatever_stands_in_the_input(etl, tmp_path):
    (tmp_path / "a\x1b[31m\n.ndjson").write_bytes(b'{"resourceType":"\xff","id":"p"}\n{"resourceType":"Patient","id":"p","\\n\\"\\u001b":1}\n')
    assert len(etl("validate", tmp_path, "-o", "json").failed(3).json()["issues"]) == 2
    assert "\x1b" not in etl("validate", tmp_path).failed(3).stdout


def test_lines_of_faults_inside_a_pretty_document(etl, tmp_path):
    document = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [
        {"resource": {"resourceType": "Patient", "id": "a", "birthDate": "x"}},
        {"resource": {"resourceType": "Patient", "id": "b", "name": [{"family": "B", "colour": 1}]}}], "colour": 1}, indent=1)
    (tmp_path / "b.json").write_text(document)
    told = etl("validate", tmp_path, "-o", "json").failed(3).json()
    wanted = [number for number, line in enumerate(document.splitlines(), 1) if '"birthDate"' in line or '"colour"' in line]
    places = [issue["line"] for issue in told["issues"]]
    assert places[:2] == wanted[:2]
    # Behind entries the line is that of the Bundle's first: their own lines have been taken out with them.
    assert told["issues"][2]["kind"] == "unknown-element"


# --- memory -----------------------------------------------------------------------------------------------------------


def peak_mb(etl, *args: object) -> tuple[int, float]:
    """Exit code and peak memory of a run."""
    cost = measured(etl, *args, cpu_seconds=200)
    return cost.ran.rc, cost.peak_mib


MOST_MB = 200


@pytest.fixture
def scratch():
    """A folder for hundreds of megabytes, which pytest would keep for three runs."""
    with tempfile.TemporaryDirectory(prefix="aced-etl-test-") as folder:
        yield pathlib.Path(folder)


@pytest.mark.promise("Memory is bounded")
def test_memory_for_300_mb_of_ndjson(etl, synth, scratch):
    synth(scratch / "s", "--records", 350_000, "--files", 0).ok()
    for command in (["validate", scratch / "s/studies"], ["simplify", scratch / "s/studies", scratch / "out"]):
        rc, peak = peak_mb(etl, *command, "--threads", 4)
        assert rc == 0
        assert peak < MOST_MB, f"{command[0]}: {peak:.0f} MB"


@pytest.mark.promise("Memory is bounded")
def test_memory_for_a_bundle_of_120_mb(etl, synth, scratch):
    synth(scratch / "s", "--records", 130_000, "--files", 0).ok()
    with (scratch / "bundle.json").open("w") as bundle:
        bundle.write('{"resourceType":"Bundle","type":"collection","entry":[')
        separator = "\n"
        for file in sorted((scratch / "s/studies/demo").iterdir()):
            with file.open() as lines:
                for line in lines:
                    bundle.write(f'{separator}{{"fullUrl":"urn:uuid:{json.loads(line)["id"]}","resource":{line.rstrip()}}}')
                    separator = ",\n"
        bundle.write("]}")
    assert (scratch / "bundle.json").stat().st_size > 110_000_000
    rc, peak = peak_mb(etl, "validate", scratch / "bundle.json", "--threads", 4)
    assert rc == 0
    assert peak < MOST_MB, f"{peak:.0f} MB"


@pytest.mark.parametrize("dense", [False, True], ids=["text", "structure"])
def test_memory_for_a_line_of_50_mb(etl, scratch, dense):
    with (scratch / "a.ndjson").open("w") as out:
        out.write('{"resourceType":"Patient","id":"p"}\n')
        if dense:
            name = '{"family":"Müller","given":["A","B"]}'
            out.write('{"resourceType":"Patient","id":"q","name":[' + ",".join([name] * (50_000_000 // (len(name) + 2))) + "]}\n")
        else:
            out.write('{"resourceType":"Patient","id":"q","text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">' + "x" * 50_000_000 + '</div>"}}\n')
    rc, peak = peak_mb(etl, "validate", scratch / "a.ndjson", "--threads", 4)
    assert rc == 0
    assert peak < MOST_MB, f"{peak:.0f} MB"
