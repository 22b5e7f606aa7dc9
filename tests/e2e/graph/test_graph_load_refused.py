"""graph load of what cannot be loaded, or not all of it: every fault is named, and nothing is written."""

from __future__ import annotations

import gzip
import json
import pathlib
import shutil

import pytest
from graph_loading import a_few, graph, load, sizes, study  # noqa: F401 (fixtures)
from graph_study import changes, digest, dump, edges, observation, patient, ref, specimen, totals


# --- references that lead nowhere -------------------------------------------------------------------------------

def dangling() -> list[dict]:
    return [*a_few(), observation("o3", "nobody"), specimen("sp2", "p1", parent=[ref("Specimen/gone")]),
            observation("o4", "p1", hasMember=[ref("Observation/away"), ref("Observation/o1")])]


@pytest.mark.promise("Nothing dangles")
def test_dangling_references_are_all_named_and_nothing_is_written(load, graph, study):
    said = load(study(*dangling())).failed(3).stderr
    for place, field, target in (("Observation.ndjson:3", "Observation.subject", "Patient/nobody"),
                                 ("Specimen.ndjson:2", "Specimen.parent", "Specimen/gone"),
                                 ("Observation.ndjson:4", "Observation.hasMember", "Observation/away")):
        assert any(place in line and field in line and target in line for line in said.splitlines()), (place, said)
    assert "3 references are dangling" in said and "--dangling skip" in said
    assert sizes(graph) == {}


def test_dangling_references_of_records_are_named_by_line_and_target(etl, load, graph, study, tmp_path):
    etl("simplify", study(*dangling()), tmp_path / "records").ok()
    said = load(tmp_path / "records").failed(3).stderr
    for place, target in (("Observation.ndjson:3", "Patient/nobody"), ("Specimen.ndjson:2", "Specimen/gone")):
        assert any(place in line and target in line for line in said.splitlines()), said
    assert sizes(graph) == {}


def test_no_validate_still_refuses_dangling_references(load, graph, study):
    assert "Patient/nobody" in load(study(*dangling()), "--no-validate").failed(3).stderr
    assert sizes(graph) == {}


@pytest.mark.promise("Nothing dangles")
def test_dangling_skip_loads_the_rest_and_tells(load, graph, study):
    said = load(study(*dangling()), "--dangling", "skip")
    assert totals(said)["inserted"] == 11 + 3 + 3
    for target in ("Patient/nobody", "Specimen/gone", "Observation/away", "3 edges left out"):
        assert target in said.stderr
    assert edges(graph, "edge_observationhasmemberobservation") == {("o4", "o1")}
    assert graph.value("select _props->>'subject' from node_observation where node_id = 'o3'") == "Patient/nobody"


def test_a_target_that_only_the_graph_has_counts(load, graph, study):
    load(study(*a_few())).ok()
    load(study(patient("q1"), name="theirs"), project="aced-two").ok()
    more = study(observation("o7", "p1"), observation("o8", "q1"), name="more")
    assert changes(load(more)) == {"node_observation": {"inserted": 2}, "edge_observationaboutsubjectpatient": {"inserted": 2}}
    assert edges(graph, "edge_observationaboutsubjectpatient") >= {("o7", "p1"), ("o8", "q1")}


# --- records of other projects ----------------------------------------------------------------------------------

def with_theirs(load, study) -> pathlib.Path:
    load(study(patient("theirs", gender="other"), name="theirs"), project="aced-two").ok()
    return study(*a_few(), patient("theirs", gender="male", managingOrganization=ref("Organization/org")),
                 {"resourceType": "Organization", "id": "org", "name": "org"}, observation("o5", "theirs"))


@pytest.mark.promise("No record is taken from another project")
def test_a_record_of_another_project_is_refused_naming_both(load, graph, study):
    mine = with_theirs(load, study)
    before = dump(graph, created=True)
    said = load(mine).failed(3).stderr
    assert "theirs" in said and "aced-two" in said and "aced-one" in said and "--shared keep" in said
    assert dump(graph, created=True) == before


@pytest.mark.promise("No record is taken from another project")
def test_shared_keep_links_to_the_others_record_and_leaves_it(load, graph, study):
    mine = with_theirs(load, study)
    row = "select xmin::text, * from node_patient where node_id = 'theirs'"
    before = graph.rows(row)
    said = load(mine, "--shared", "keep")
    assert totals(said)["shared"] == 1
    assert graph.rows(row) == before
    assert ("o5", "theirs") in edges(graph, "edge_observationaboutsubjectpatient")
    assert edges(graph, "edge_patientregisteredatorganization") == set()  # what they refer to is theirs
    assert changes(load(mine, "--shared", "keep", "--prune")) == {}
    fewer = study(*a_few())
    assert changes(load(fewer, "--prune")) == {"node_organization": {"removed": 1}, "node_observation": {"removed": 1},
                                               "edge_observationaboutsubjectpatient": {"removed": 1}}
    assert graph.rows(row) == before


def test_a_node_without_a_project_is_not_taken_over(load, graph, study):
    graph.execute("insert into node_patient (node_id, _props) values ('p1', '{}')")
    assert "p1" in load(study(*a_few())).failed(3).stderr
    load(study(*a_few()), "--shared", "keep").ok()
    assert graph.value("select _props from node_patient where node_id = 'p1'") == {}


def test_the_same_id_of_two_types_is_no_conflict(load, graph, study):
    load(study(patient("x"), observation("x", "x"))).ok()
    assert edges(graph, "edge_observationaboutsubjectpatient") == {("x", "x")}


# --- what is wrong with a study ---------------------------------------------------------------------------------

def test_an_id_with_two_contents_is_refused_naming_both_places(load, graph, study):
    folder = study(*a_few(), patient("p3"), patient("p1", gender="male"))
    said = load(folder).failed(3).stderr
    assert any("Patient.ndjson:4" in line and "Patient.ndjson:1" in line and "Patient/p1" in line for line in said.splitlines()), said
    assert sizes(graph) == {}


def test_a_resource_that_stands_twice_is_loaded_once_with_a_warning(load, graph, study):
    folder = study(*a_few())
    shutil.copy(folder / "Observation.ndjson", folder / "copy.ndjson")
    said = load(folder)
    assert totals(said)["inserted"] == 11
    assert "warning" in said.stderr and "more than once" in said.stderr
    again = load(folder)
    assert changes(again) == {} and totals(again)["unchanged"] == 11


def test_an_invalid_study_is_named_and_nothing_is_written(load, graph, study):
    load(study(*a_few())).ok()
    before = dump(graph, created=True)
    folder = study(*a_few(), patient("p3", birthDate="someday"), patient("p4", nonsense=1))
    said = load(folder).failed(3).stderr
    assert "Patient.ndjson:3" in said and "Patient.birthDate" in said and "Patient.ndjson:4" in said and "nonsense" in said
    assert "nothing was written" in said
    assert dump(graph, created=True) == before


def test_broken_json_in_a_large_study_stops_all_of_it(load, graph, study):
    folder = study(*(patient(f"p{n}", name=[{"family": "x" * 2000}]) for n in range(3000)))
    with open(folder / "Patient.ndjson", "a", encoding="utf-8") as file:
        file.write('{"resourceType": "Patient", "id": "broken"\n')
    assert "Patient.ndjson:3001" in load(folder).failed(3).stderr
    assert sizes(graph) == {}


@pytest.mark.parametrize("text", ["null-\\u0000-character", "lone-\\ud800-surrogate"])
@pytest.mark.parametrize("form", ["fhir", "records"])
def test_text_that_the_database_cannot_hold_is_named_by_line(load, graph, tmp_path, text, form):
    body = '{"resourceType": "Patient", "id": "%s", "name": [{"family": "%s"}]}\n'
    if form == "records":
        body = '{"id": "%s", "name": "patient", "relations": [], "object": {"resourceType": "Patient", "family": "%s"}}\n'
    (tmp_path / "Patient.ndjson").write_text(body % ("p1", "good") + body % ("p2", text))
    said = load(tmp_path / "Patient.ndjson").failed(3).stderr
    assert "Patient.ndjson:2" in said, said
    assert sizes(graph) == {}


def test_text_of_every_kind_arrives_unchanged(load, graph, study):
    text = "tab\t newline\n quote\" backslash\\ \\N \x7f é 漢 🧬 \\u0041 {}[],: $$ '' %s"
    load(study(patient("p1", language="de", contact=[{"name": {"text": text}}], name=[{"text": text}]),
               observation("o1", "p1", valueString=text))).ok()
    assert graph.value("select _props->>'valueString' from node_observation") == text


def test_records_that_are_none_are_named_by_line(load, graph, tmp_path):
    good = '{"id": "p1", "name": "patient", "relations": [], "object": {"resourceType": "Patient"}}\n'
    for bad in ('{"id": "p2", "name": "patient", "relations": [], "object": {"a": nul}}',
                '{"id": "p2", "name": "patient", "relations": [], "object": {"a": 01}}',
                '{"id": "p2", "name": "patient", "relations": [], "object": {"a": 1e999999}}',
                '{"id": "p2", "name": "patient", "relations": [], "object": [1]}',
                '{"id": "p2", "name": "no_such_type", "relations": [], "object": {}}',
                '{"id": "p2", "name": "patient", "relations": [{"dst_id": "p1"}], "object": {}}'):
        (tmp_path / "Patient.ndjson").write_text(good + bad + "\n")
        said = load(tmp_path / "Patient.ndjson").failed(3).stderr
        assert "Patient.ndjson:2" in said or "record p2" in said, (bad[:90], said)
    assert sizes(graph) == {}


def test_a_record_whose_number_the_database_cannot_hold_is_named(etl, load, graph, study, tmp_path):
    """Of FHIR, validation names it; of records that were simplified elsewhere, the server does."""
    quantity = json.dumps({"resourceType": "Observation", "id": "o2", "status": "final", "code": {"text": "x"},
                           "valueQuantity": {"value": "NUMBER"}}).replace('"NUMBER"', "1e999999")
    folder = study(*a_few()[:5])
    etl("simplify", folder, tmp_path / "records").ok()
    with open(folder / "Observation.ndjson", "a", encoding="utf-8") as file:
        file.write(quantity + "\n")
    said = load(folder).failed(3).stderr
    assert "Observation.ndjson:2: Observation.valueQuantity.value: " in said and "(storage)" in said
    with open(tmp_path / "records/Observation.ndjson", "a", encoding="utf-8") as file:
        file.write('{"id": "o2", "name": "observation", "relations": [], "object": {"id": "o2", "value": 1e999999}}\n')
    said = load(tmp_path / "records").failed(3).stderr
    assert "Observation.ndjson:2: Observation.value: " in said and "(storage)" in said
    assert sizes(graph) == {}


def test_an_id_that_no_index_can_hold_is_refused(load, graph, tmp_path):
    (tmp_path / "x.ndjson").write_text('{"id": "%s", "name": "patient", "relations": [], "object": {}}\n'
                                       % "".join(f"{n:x}" for n in range(3000)))
    load(tmp_path / "x.ndjson").failed(3)
    assert sizes(graph) == {}


@pytest.mark.parametrize("what", ["program", "project"])
def test_a_record_is_no_program_or_project(load, graph, tmp_path, what):
    """Those are the commons' own; a study cannot bring them."""
    (tmp_path / "x.ndjson").write_text('{"id": "p1", "name": "patient", "relations": [], "object": {}}\n'
                                       '{"id": "x", "name": "%s", "relations": [], "object": {"code": "y", "name": "y"}}\n' % what)
    said = load(tmp_path / "x.ndjson")
    assert said.rc == 0 and f"1 {what.title()} left out" in said.stderr
    assert graph.value(f"select count(*) from node_{what} where node_id = 'x'") == 0


@pytest.mark.promise("Nothing is lost in silence")
def test_types_and_references_without_a_table_are_counted(load, graph, study):
    flag = {"resourceType": "Flag", "status": "active", "code": {"text": "x"}, "subject": ref("Patient/p1")}
    said = load(study(*a_few(), {**flag, "id": "f1"}, {**flag, "id": "f2"},
                      {"resourceType": "MedicationStatement", "id": "m1", "status": "recorded", "medication": {"concept": {"text": "x"}},
                       "subject": ref("Patient/p1"), "encounter": ref("Encounter/e1")},
                      {"resourceType": "Encounter", "id": "e1", "status": "completed"}))
    assert totals(said)["inserted"] == 11 + 3
    assert "2 Flag left out" in said.stderr and "1 reference medication_statement -> encounter left out" in said.stderr


def test_an_empty_study_is_refused(load, graph, tmp_path):
    load(study_folder := tmp_path / "none").failed(2)
    study_folder.mkdir()
    (study_folder / "Patient.ndjson").write_text("\n\n")
    load(study_folder, "--prune").failed(3)
    assert sizes(graph) == {}


def test_transformed_ids_make_a_second_copy(load, graph, study):
    load(study(*a_few())).ok()
    said = load(study(*a_few()), "--transform-ids", "seed", project="aced-two")
    assert totals(said)["inserted"] == 11 and len(edges(graph, "edge_observationaboutsubjectpatient")) == 4
    assert changes(load(study(*a_few()), "--transform-ids", "seed", project="aced-two")) == {}


def test_a_damaged_gzip_file_is_named(load, graph, study):
    folder = study(*a_few())
    text = gzip.compress((folder / "Observation.ndjson").read_bytes())
    (folder / "Observation.ndjson").unlink()
    (folder / "Observation.ndjson.gz").write_bytes(text[:-12])
    assert "Observation.ndjson.gz" in load(folder).failed(3).stderr
    assert sizes(graph) == {}


def test_a_load_leaves_no_trace_beside_the_graph(load, graph, study):
    before = graph.rows("select relname, relkind::text from pg_class order by 1")
    load(study(*a_few())).ok()
    load(study(*a_few()[:3]), "--prune").ok()
    assert graph.rows("select relname, relkind::text from pg_class order by 1") == before
    assert graph.value("select count(*) from pg_locks where locktype = 'advisory'") == 0
    assert digest(graph)


# --- the same of many records -----------------------------------------------------------------------------------

def test_what_is_left_out_of_many_records(etl, load, graph, study, tmp_path):
    """So many that their rows and edges have staging tables of their own."""
    load(study(observation("theirs"), name="theirs"), project="aced-two").ok()
    folder = study(patient("p1"), *(observation(f"{n:064}", "p1") for n in range(30_000)), observation("theirs", "p1"),
                   observation("lost", "nobody"))
    (folder / "copy.ndjson").write_text(json.dumps(observation(f"{0:064}", "p1")) + "\n")
    said = load(folder, "--dangling", "skip", "--shared", "keep")
    assert changes(said) == {"node_patient": {"inserted": 1}, "node_observation": {"inserted": 30_001},
                             "edge_observationaboutsubjectpatient": {"inserted": 30_000}}
    assert totals(said)["shared"] == 1 and "more than once" in said.stderr and "1 edge left out" in said.stderr
    assert graph.value("select count(*) from edge_observationaboutsubjectpatient where src_id in ('theirs', 'lost')") == 0
    assert changes(load(folder, "--dangling", "skip", "--shared", "keep")) == {}

    etl("simplify", folder, tmp_path / "records").ok()
    with open(tmp_path / "records/Observation.ndjson", "a", encoding="utf-8") as file:
        file.write('{"id": "too-large", "name": "observation", "relations": [], "object": {"id": "too-large", "value": 1e999999}}\n')
    said = load(tmp_path / "records", "--dangling", "skip", "--shared", "keep").failed(3).stderr
    assert "Observation.ndjson:30004: Observation.value: " in said and "(storage)" in said
