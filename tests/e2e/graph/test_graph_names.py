"""What graph load and counts tell: names of links, totals, properties that the dictionary lacks; and the choice of edge tables."""

from __future__ import annotations

import json

import pytest
from graph_loading import a_few, few, graph, load, study  # noqa: F401 (fixtures)
from graph_study import changes, edges, observation, patient, ref, specimen


def lines(ran) -> list[list[str]]:
    """The cells of a table: columns are two blanks or more apart."""
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in ran.ok().stdout.splitlines()]


# --- names --------------------------------------------------------------------------------------------------------

def test_counts_name_links_as_people_do(etl, graph, load, study):
    load(study(*a_few())).ok()
    told = lines(etl("graph", "counts"))
    assert told[0] == ["NAME", "ROWS", "LINKS"]
    links = {name: cells[1:] for name, *cells in told[1:]}
    assert "subject→patient 2" in links["observation"][0].split(", ") and "specimen→specimen 1" in links["observation"][0].split(", ")
    assert [row for row in told if row[0] == "research_study"][0][1] == "1"
    assert told[-2:] == [["all nodes", "8"], ["all edges", "6"]]
    assert len(told) == 1 + 6 + 2  # a row for each type, no table without rows
    rows = {row["table"]: row for row in etl("graph", "counts", "-o", "json").ok().json()}
    assert rows["edge_observationaboutsubjectpatient"] == {
        "table": "edge_observationaboutsubjectpatient", "kind": "edge", "name": "observation —subject→ patient", "rows": 2}
    assert "all nodes" not in rows and len(rows) == 11
    verbose = lines(etl("graph", "counts", "-v"))
    assert ["observation —subject→ patient", "edge_observationaboutsubjectpatient", "edge", "2"] in verbose


def test_counts_name_links_after_their_tables_without_a_dictionary_and_when_its_server_is_down(etl, graph, load, few, tmp_path):
    load(few).ok()
    told = lines(etl("graph", "counts", env={"DICTIONARY_URL": None}))
    assert any(row[0] == "observation" and "aboutsubject→patient 1" in row[-1] for row in told) and any(row[:2] == ["researchstudy", "1"] for row in told)
    etl("graph", "counts", env={"DICTIONARY_URL": str(tmp_path / "none.json")}).failed(2)
    ran = etl("graph", "counts", env={"DICTIONARY_URL": "http://127.0.0.1:9/dictionary.json"})
    assert any("aboutsubject→patient 1" in row[-1] for row in lines(ran)) and "dictionary cannot be read" in ran.stderr


def test_loads_and_removals_name_links_as_people_do(etl, graph, few):
    told = lines(etl("graph", "load", "--project", "aced-one", few))
    assert told[0] == ["NAME", "INSERTED", "UPDATED", "UNCHANGED", "REMOVED", "SHARED", "LINKS"]
    assert any(row[0] == "observation" and "subject→patient +1" in row[-1] for row in told)
    assert told[-2] == ["all nodes", "3", "0", "0", "0", "0"] and told[-1][0] == "all edges"
    again = lines(etl("graph", "load", "--project", "aced-one", few))
    assert any(row[0] == "observation" and "subject→patient =1" in row[-1] for row in again)
    assert any(row[0] == "observation" and "subject→patient 1" in row[-1] for row in lines(etl("graph", "rm", "--project", "aced-one", "--dry-run")))
    verbose = lines(etl("graph", "load", "-v", "--project", "aced-one", few))
    assert ["observation —subject→ patient", "edge_observationaboutsubjectpatient", "edge", "0", "0", "1", "0", "0"] in verbose


# --- properties that the dictionary lacks ---------------------------------------------------------------------------

def without(dictionary, file: str, *properties: str, to) -> str:
    changed = json.loads(dictionary.read_text())
    for name in properties:
        del changed[file]["properties"][name]
    to.write_text(json.dumps(changed))
    return str(to)


@pytest.mark.promise("Nothing is lost in silence")
def test_properties_that_the_dictionary_lacks_are_counted_and_named(etl, graph, load, study, demo_dictionary, tmp_path):
    etl.env["DICTIONARY_URL"] = without(demo_dictionary, "patient.yaml", "gender", "birthDate", to=tmp_path / "less.json")
    folder = study(patient("p1", gender="male", birthDate="1970-01-01"), patient("p2", gender="female"), patient("p3"), observation("o1", "p1"))
    for more in (("--dry-run",), (), ()):  # also of records that are unchanged
        ran = load(folder, *more)
        rows = {row["table"]: row for row in ran.ok().json()}
        assert rows["node_patient"]["unknown_properties"] == {"birthDate": 1, "gender": 2}
        assert "unknown_properties" not in rows["node_observation"]
        assert ran.stderr.count("a property that the dictionary lacks") == 2
        assert "2 records of patient have `gender`" in ran.stderr and "1 record of patient has `birthDate`" in ran.stderr
    assert graph.value("select _props->>'gender' from node_patient where node_id = 'p1'") == "male"


def test_a_dictionary_that_has_all_says_nothing(load, study):
    ran = load(study(patient("p1", gender="male"), specimen("s1", "p1")))
    assert not any("unknown_properties" in row for row in ran.ok().json()) and "dictionary lacks" not in ran.stderr


# --- edge tables ----------------------------------------------------------------------------------------------------

def two_links() -> list[dict]:
    """Of the demo's links from observation to patient, subject is the first, performer another."""
    return [patient("p1"), patient("p2"), observation("o1", "p1", performer=[ref("Patient/p2")])]


SUBJECT = "edge_observationaboutsubjectpatient"


@pytest.fixture
def performer(etl, graph) -> str:
    """The table of performers who are patients."""
    return next(row["tablename"] for row in etl("graph", "mapping", "-o", "json").ok().json()
                if (row["srcclass"], row["srcdstassoc"]) == ("Observation", "performer_Patient"))


@pytest.mark.promise("The right edge table, or peregrine's")
def test_edges_go_to_their_own_table_or_to_the_first(graph, load, study, performer):
    folder = study(*two_links())
    load(folder).ok()
    assert edges(graph, SUBJECT) == {("o1", "p1")} and edges(graph, performer) == {("o1", "p2")}
    moved = changes(load(folder, "--edge-table", "first"))
    assert moved == {SUBJECT: {"inserted": 1}, performer: {"removed": 1}}
    assert edges(graph, SUBJECT) == {("o1", "p1"), ("o1", "p2")} and edges(graph, performer) == set()
    assert changes(load(folder, env={"ACED_ETL_GRAPH_EDGE_TABLE": "first"})) == {}
    assert changes(load(folder)) == {SUBJECT: {"removed": 1}, performer: {"inserted": 1}}
    load(folder, "--edge-table", "second").failed(2)


@pytest.mark.promise("The right edge table, or peregrine's")
def test_mapping_marks_links_that_peregrine_does_not_show(etl, graph, performer):
    rows = etl("graph", "mapping", "-o", "json").ok().json()
    by_table = {row["tablename"]: row for row in rows}
    assert by_table[performer]["peregrine_shows"] == SUBJECT and "peregrine_shows" not in by_table[SUBJECT]
    first: dict[tuple[str, str], str] = {}
    for row in rows:
        shown = first.setdefault((row["srcclass"], row["dstclass"]), row["tablename"])
        assert row.get("peregrine_shows", row["tablename"]) == shown
    told = lines(etl("graph", "mapping"))
    assert told[0][-1] == "PEREGRINE" and [line[-1] for line in told if line[0] == performer] == [f"shows {SUBJECT}"]


# --- truncate -------------------------------------------------------------------------------------------------------

def test_truncate_keeps_the_root_row(etl, graph, load, few):
    load(few).ok()
    graph.execute("insert into node_root (node_id) values ('root'); insert into node_datarelease (node_id) values ('r1'); "
                  "insert into edge_datareleasedescribesroot (src_id, dst_id) values ('r1', 'root')")
    etl("graph", "truncate", "--yes").ok()
    assert graph.rows("select node_id from node_root") == [("root",)]
    assert graph.value("select count(*) from node_datarelease") == 0 and graph.value("select count(*) from node_project") == 1
    etl("graph", "truncate", "--with-projects", "--yes").ok()
    assert graph.rows("select node_id from node_root") == [("root",)] and graph.value("select count(*) from node_project") == 0


def test_a_whole_study_is_about_thirty_lines(pod):
    pod.run("--all", "--only", "projects,graph")
    counts = pod.etl("graph", "counts", "--project", "demo-synthetic").ok().stdout.splitlines()
    assert 20 < len(counts) < 35
    load = pod.etl("graph", "load", "--project", "demo-synthetic", "studies/Lung").ok().stdout.splitlines()
    assert 20 < len(load) < 35
    assert len(pod.etl("graph", "rm", "--project", "demo-synthetic", "--dry-run").ok().stdout.splitlines()) < 35
    assert len(pod.etl("graph", "counts", "-v", "--project", "demo-synthetic").ok().stdout.splitlines()) > 60
