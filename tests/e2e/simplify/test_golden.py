"""Real FHIR data and what the reference tools made of it, from ../shared; skipped, loudly, where that is absent."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
from collections import Counter

import pytest

CASES = ["breast-cancer", "coherent", "extras", "files", "kids-first", "synthea"]
GRAPHS = {"breast-cancer": "aced-breast_cancer", "kids-first": "aced-kids_first"}


@pytest.fixture
def reference(shared: pathlib.Path) -> list[str]:
    return ["--dictionary", str(shared / "dictionaries/aced-simplified.json"),
            "--config", str(shared / "dictionaries/simplify-config.yaml")]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("case", CASES)
def test_simplified_records_equal_the_reference_tool(etl, shared, reference, tmp_path, case, threads):
    golden = shared / "golden" / case
    etl("simplify", golden / "fhir", tmp_path / "out", *reference, "--threads", threads).ok()
    compared = subprocess.run([sys.executable, shared / "golden/compare_simplified.py", golden / "simplified", tmp_path / "out"],
                              capture_output=True, text=True, check=False)
    assert compared.returncode == 0, compared.stdout


@pytest.mark.parametrize("case", CASES)
def test_golden_input_is_valid(etl, shared, reference, case):
    ran = etl("validate", shared / "golden" / case / "fhir", *reference, "--dangling", "warning", "-o", "json")
    assert ran.ok().json()["summary"]["errors"] == 0


def rows(path: pathlib.Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("case", GRAPHS)
def test_graph_rows_equal_the_reference_loader(etl, shared, reference, database, case):
    """More edges only from the arrays of references that the reference tool drops."""
    golden = shared / "golden" / case
    etl("graph", "init", *reference[:2], env=database.env).ok()
    etl("graph", "load", "--project", GRAPHS[case], golden / "fhir", *reference, env=database.env).ok()
    for file in sorted((golden / "graph").glob("*.ndjson")):
        table = file.stem
        if table.startswith("node_"):
            found = dict(database.rows(f'select node_id, _props from "{table}"'))
            wanted = {row["node_id"]: row["props"] for row in rows(file)}
            assert found.keys() == wanted.keys(), table
            for node_id, props in wanted.items():
                # Of a node's content simplify decides, which the test above compares.
                assert found[node_id].get("project_id") == props.get("project_id"), (table, node_id)
                if table in ("node_program", "node_project"):
                    assert found[node_id] == props
        else:
            found_edges = set(database.rows(f'select src_id, dst_id from "{table}"'))
            wanted_edges = {(row["src_id"], row["dst_id"]) for row in rows(file)}
            assert wanted_edges == found_edges, (table, len(wanted_edges - found_edges), len(found_edges - wanted_edges))
    told = {file.stem for file in (golden / "graph").glob("*.ndjson")}
    counts = Counter({row["table"]: row["rows"] for row in etl("graph", "counts", "-o", "json", env=database.env).ok().json()})
    assert {table for table, count in counts.items() if count} == told


def test_a_simplified_study_loads_as_its_source_does(etl, shared, reference, database, tmp_path):
    golden = shared / "golden/breast-cancer"
    etl("graph", "init", *reference[:2], env=database.env).ok()
    etl("graph", "load", "--project", "aced-bc", golden / "fhir", *reference, env=database.env).ok()
    etl("simplify", golden / "fhir", tmp_path / "records", *reference).ok()
    again = etl("graph", "load", "--project", "aced-bc", tmp_path / "records", *reference, "-o", "json", env=database.env).ok()
    assert all(change["inserted"] == change["updated"] == change["removed"] == 0 for change in again.json()), again


FLAT = ["breast-cancer", "coherent", "kids-first"]
# The reference loader's faults: empty here, filled by ours.
FILLED = {"us_core_race", "us_core_ethnicity"}


def same_value(wanted: object, found: object) -> bool:
    """The reference tool renders times anew and writes None for what is missing."""
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return all(same_value(*pair) for pair in zip(wanted, found, strict=True))
    if isinstance(wanted, str) and isinstance(found, str):
        return wanted in (found, "None" + found) or re.sub(r"(\.\d{3})000", r"\1", wanted) == found
    return wanted == found


@pytest.mark.parametrize("source", ["fhir", "records"])
@pytest.mark.parametrize("case", FLAT)
def test_search_documents_equal_the_reference_loader(etl, shared, reference, tmp_path, case, source):
    golden = shared / "golden" / case
    study = golden / "fhir"
    if source == "records":
        study = tmp_path / "records"
        etl("simplify", golden / "fhir", study, *reference).ok()
    project = "aced-" + case.replace("-", "_")
    etl("search", "load", "--project", project, study, *reference, "--output", tmp_path / "out").ok()
    for file in sorted((golden / "flat").glob("*.ndjson")):
        wanted = {row["id"]: row["object"] for row in rows(file)}
        found = {row["id"]: row for row in rows(tmp_path / "out" / file.name)}
        assert wanted.keys() == found.keys(), file.stem
        for node_id, expected in wanted.items():
            document = found[node_id]
            # Kept by ours alone: arrays of references, and the size.
            more = {"author", "context", "file_size"}
            for name in (expected.keys() | document.keys()) - more:
                theirs, ours = expected.get(name), document.get(name)
                if name in ("identifier", "identifier_coding") and case == "coherent":
                    theirs = [one for one in theirs if not any(personal in one for personal in (
                        "us_ssn", "us-ssn", "passport", "2.16.840.1.113883.4.3", "#S99"))]
                if name in FILLED and theirs is None and file.stem == "observation":
                    assert ours, (node_id, name)
                elif theirs not in (None, []) or ours is not None:
                    assert same_value(theirs, ours), (file.stem, node_id, name, theirs, ours)


DATAFRAMES = ["breast-cancer", "coherent", "compbio", "edges", "extras", "files", "gdc", "kids-first"]


@pytest.mark.parametrize("case", DATAFRAMES)
def test_dataframe_documents_equal_the_reference_tool(etl, shared, reference, tmp_path, case):
    """Some of this data is not valid R5, and the reference tool does not look."""
    golden = shared / "golden" / case
    etl("search", "load", "--layout", "dataframe", "--no-validate", "--personal-identifiers", "none", "--project", "aced-" + case.replace("-", "_"),
        golden / "fhir", *reference, "--output", tmp_path / "out").ok()
    compared = subprocess.run([sys.executable, shared / "golden/compare_dataframe.py", golden / "dataframe", tmp_path / "out", "--allow-extra"],
                              capture_output=True, text=True, check=False)
    assert compared.returncode == 0, compared.stdout
