"""graph load makes the graph hold a study: what it writes, and to which tables."""

from __future__ import annotations

import json
import pathlib

import pytest
from graph_loading import FEW_EDGES, FEW_NODES, a_few, graph, load, sizes, study  # noqa: F401 (fixtures)
from graph_study import changes, dump, edges, patient, program_id, project_id, ref, research_study, specimen, task

PROJECT = ("--project", "aced-one")


def test_rows_are_as_sheepdog_has_them(load, graph, study):
    said = changes(load(study(*a_few())))
    assert said == {table: {"inserted": count} for table, count in {**FEW_NODES, **FEW_EDGES}.items()}
    assert sizes(graph) == {**FEW_NODES, **FEW_EDGES, "node_program": 1, "node_project": 1, "edge_projectmemberofprogram": 1}
    props, acl, sysan, age = graph.rows(
        "select _props, acl, _sysan, extract(epoch from now() - created) from node_patient where node_id = 'p1'")[0]
    assert (acl, sysan) == ([], {}) and 0 <= age < 60
    assert props["project_id"] == "aced-one" and props["id"] == "p1" and props["gender"] == "female"
    assert graph.rows("select _props, acl, _sysan from edge_observationaboutsubjectpatient limit 1") == [({}, [], {})]
    assert edges(graph, "edge_observationaboutsubjectpatient") == {("o1", "p1"), ("o2", "p2")}


def test_program_and_project_are_made_as_the_reference_loader_would(load, graph, study):
    load(study(*a_few())).ok()
    assert graph.rows("select node_id, _props from node_program") == [
        (program_id("aced"), {"name": "aced", "type": "program", "dbgap_accession_number": "aced"})]
    assert graph.rows("select node_id, _props from node_project") == [
        (project_id("one"), {"code": "one", "type": "project", "state": "open", "dbgap_accession_number": "one"})]
    assert edges(graph, "edge_projectmemberofprogram") == {(project_id("one"), program_id("aced"))}


def test_a_research_study_is_a_member_of_the_project(load, graph, study):
    load(study(*a_few(), research_study("s2", partOf=[ref("ResearchStudy/s1")]))).ok()
    assert edges(graph, "edge_researchstudymemberofproject") == {("s1", project_id("one")), ("s2", project_id("one"))}


def test_a_program_and_project_under_other_node_ids_are_used(load, graph, study):
    graph.execute("insert into node_program (node_id, _props) values ('old-program', '{\"name\": \"aced\", \"more\": 1}')")
    graph.execute("insert into node_project (node_id, _props) values ('old-project', '{\"code\": \"one\", \"more\": 2}')")
    load(study(*a_few())).ok()
    assert graph.rows("select node_id, _props from node_program") == [("old-program", {"name": "aced", "more": 1})]
    assert graph.rows("select node_id, _props from node_project") == [("old-project", {"code": "one", "more": 2})]
    assert edges(graph, "edge_projectmemberofprogram") == {("old-project", "old-program")}
    assert edges(graph, "edge_researchstudymemberofproject") == {("s1", "old-project")}


def test_a_code_of_another_program_is_refused(load, graph, study):
    load(study(*a_few())).ok()
    before = dump(graph, created=True)
    said = load(study(*a_few()), project="hop-one").failed(7).stderr
    assert "the code one belongs to program aced" in said and "set project: aced-one" in said
    assert dump(graph, created=True) == before


def test_a_project_id_is_split_at_its_first_dash(load, graph, study):
    load(study(*a_few()), project="aced-my-study").ok()
    assert graph.value("select _props->>'code' from node_project") == "my-study"
    assert graph.value("select distinct _props->>'project_id' from node_patient") == "aced-my-study"


def synthetic(synth, folder: pathlib.Path, *args) -> pathlib.Path:
    synth(folder, "--files", 0, "--seed", 5, *args).ok()
    return folder / "studies"


def test_every_form_of_a_study_loads_the_same(etl, synth, graph, new_database, demo_graph, tmp_path):
    """NDJSON, gzip, Bundles; on one thread."""
    forms = {"ndjson": [synthetic(synth, tmp_path / "ndjson", "--records", 300)],
             "gzip": [synthetic(synth, tmp_path / "gzip", "--records", 300, "--gzip")],
             "bundles": [synthetic(synth, tmp_path / "bundles", "--records", 300, "--bundles"), "--threads", 1]}
    found = {}
    for form, args in forms.items():
        database = new_database(demo_graph)
        said = etl("graph", "load", *PROJECT, "-o", "json", *args, env={"PGDATABASE": database.name}).ok().json()
        found[form] = dump(database)
        counted = {row["table"]: row["inserted"] for row in said}
        made = {"node_program": 1, "node_project": 1, "edge_projectmemberofprogram": 1}
        assert {table: len(rows) for table, rows in found[form].items()} == {**counted, **made}, form
    assert sum(len(rows) for table, rows in found["ndjson"].items() if table.startswith("node_")) == 300 + 2
    assert found["gzip"] == found["ndjson"] and found["bundles"] == found["ndjson"]


# Fields of which the flat record keeps one value only: a record read back no longer tells what the others were.
LOSSY = {"edge_taskworksonspecimen", "edge_tasktakesasinputspecimen", "edge_taskgivesasoutputspecimen",
         "edge_tasktakesasinputdocumentreference", "edge_taskgivesasoutputdocumentreference"}


def test_simplified_records_load_as_their_source_does(etl, load, graph, synth, tmp_path):
    source = synthetic(synth, tmp_path / "s", "--records", 600)
    load(source).ok()
    etl("simplify", source, tmp_path / "records").ok()
    said = changes(load(tmp_path / "records"))
    assert said.keys() <= LOSSY, said


def test_standard_input_is_a_study_too(load, graph, study):
    text = "".join(json.dumps(resource) + "\n" for resource in a_few())
    load("-", stdin=text).ok()
    assert sizes(graph)["node_observation"] == 2
    assert changes(load(study(*a_few()))) == {}


def tasks() -> list[dict]:
    return [patient("p1"), patient("p2"), specimen("sp1"), specimen("sp2"), specimen("sp3"),
            task("t1", **{"for": ref("Patient/p1"), "owner": ref("Patient/p2"), "focus": ref("Specimen/sp1")},
                 input=[{"type": {"text": "in"}, "valueReference": ref("Specimen/sp2")}],
                 output=[{"type": {"text": "out"}, "valueReference": ref("Specimen/sp3")}]),
            task("t2", **{"for": ref("Patient/p1"), "owner": ref("Patient/p1")}),
            task("t3", requester=ref("Patient/p2")),
            # No link has this name: the first of the dictionary's tables, beside the one that has.
            task("t4", **{"focus": ref("Patient/p2"), "owner": ref("Patient/p2")})]


@pytest.mark.parametrize("form", ["fhir", "records"])
def test_of_several_edge_tables_the_one_named_after_the_field_is_taken(etl, load, graph, study, tmp_path, form):
    source = study(*tasks())
    if form == "records":
        etl("simplify", source, tmp_path / "records").ok()
        source = tmp_path / "records"
    load(source).ok()
    assert edges(graph, "edge_taskdoneforpatient") == {("t1", "p1"), ("t2", "p1"), ("t4", "p2")}
    assert edges(graph, "edge_taskhasOwnerpatient") == {("t1", "p2"), ("t2", "p1"), ("t4", "p2")}
    assert edges(graph, "edge_taskrequestedbypatient") == {("t3", "p2")}
    assert edges(graph, "edge_taskworksonspecimen") == {("t1", "sp1")}
    assert edges(graph, "edge_tasktakesasinputspecimen") == {("t1", "sp2")}
    assert edges(graph, "edge_taskgivesasoutputspecimen") == {("t1", "sp3")}


def test_every_input_of_a_task_is_an_input(load, graph, study):
    inputs = [{"type": {"text": "in"}, "valueReference": ref(f"Specimen/sp{n}")} for n in (1, 2, 3)]
    load(study(*tasks()[2:5], task("t1", input=inputs))).ok()
    assert edges(graph, "edge_tasktakesasinputspecimen") == {("t1", "sp1"), ("t1", "sp2"), ("t1", "sp3")}
    assert edges(graph, "edge_taskworksonspecimen") == set()
