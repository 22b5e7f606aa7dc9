"""graph load makes the graph hold a study: what it writes, changes, removes and refuses, against a real PostgreSQL."""

from __future__ import annotations

import gzip
import json
import pathlib
import shutil

import pytest

from graph_study import (changes, digest, dump, edges, observation, patient, program_id, project_id, ref, research_study,
                         specimen, task, totals, write)

PROJECT = ("--project", "aced-one")


@pytest.fixture
def graph(etl, new_database, demo_graph, demo_dictionary):
    """The demo's tables, without a row; `etl` works on them."""
    database = new_database(demo_graph)
    etl.env.update({**database.env, "DICTIONARY_URL": str(demo_dictionary)})
    return database


@pytest.fixture
def load(etl, graph):
    """`graph load` into aced-one, its result as JSON."""
    return lambda *args, project="aced-one", **options: etl("graph", "load", "-o", "json", "--project", project, *args, **options)


@pytest.fixture
def study(tmp_path):
    """Writes a study of the resources that it is given."""
    return lambda *resources, name="study": write(tmp_path / name, *resources)


def a_few() -> list[dict]:
    return [research_study("s1"), patient("p1", gender="female"), patient("p2"), specimen("sp1", "p1"),
            observation("o1", "p1"), observation("o2", "p2", specimen=ref("Specimen/sp1"))]


FEW_NODES = {"node_researchstudy": 1, "node_patient": 2, "node_specimen": 1, "node_observation": 2}
FEW_EDGES = {"edge_researchstudymemberofproject": 1, "edge_specimentakenfrompatient": 1, "edge_observationaboutsubjectpatient": 2,
             "edge_observationmeasuredonspecimen": 1}


def sizes(database) -> dict[str, int]:
    return {table: len(rows) for table, rows in dump(database).items()}


# --- what a load writes -----------------------------------------------------------------------------------------

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
    assert "'one'" in said and "'aced'" in said and "'hop'" in said and "aced-one" in said
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


# --- the same again, changes, --prune ---------------------------------------------------------------------------

@pytest.mark.promise("The same input again changes nothing")
def test_the_same_study_again_touches_no_row(load, graph, study):
    load(study(*a_few())).ok()
    before = dump(graph, created=True, xmin=True)
    again = load(study(*a_few()))
    assert changes(again) == {} and totals(again)["unchanged"] == 11 and "nothing changed" in again.stderr
    assert dump(graph, created=True, xmin=True) == before


@pytest.mark.promise("The graph holds what the study says")
def test_a_changed_record_is_updated_and_no_other(load, graph, study):
    load(study(*a_few())).ok()
    before = dump(graph, created=True, xmin=True)
    changed = a_few()
    changed[1]["gender"] = "male"
    assert changes(load(study(*changed))) == {"node_patient": {"updated": 1}}
    after = dump(graph, created=True, xmin=True)
    assert {table for table in after if after[table] != before[table]} == {"node_patient"}
    assert len(set(after["node_patient"]) - set(before["node_patient"])) == 1
    assert graph.value("select _props->>'gender' from node_patient where node_id = 'p1'") == "male"
    was = next(json.loads(row) for row in before["node_patient"] if '"p1"' in row)
    assert graph.value("select to_jsonb(created) from node_patient where node_id = 'p1'") == was["created"]


def test_a_field_that_left_a_record_leaves_the_graph(load, graph, study):
    load(study(*a_few())).ok()
    changed = a_few()
    del changed[1]["gender"]
    assert changes(load(study(*changed))) == {"node_patient": {"updated": 1}}
    assert graph.value("select _props ? 'gender' from node_patient where node_id = 'p1'") is False


def test_a_changed_reference_moves_its_edge(load, graph, study):
    load(study(*a_few())).ok()
    changed = a_few()
    changed[4]["subject"] = ref("Patient/p2")
    assert changes(load(study(*changed))) == {"node_observation": {"updated": 1},
                                              "edge_observationaboutsubjectpatient": {"inserted": 1, "removed": 1}}
    assert edges(graph, "edge_observationaboutsubjectpatient") == {("o1", "p2"), ("o2", "p2")}


@pytest.mark.promise("The graph holds what the study says")
def test_a_reference_that_left_takes_its_edge_along(load, graph, study):
    """Also where no edge of that kind is left at all."""
    load(study(*a_few())).ok()
    changed = a_few()
    del changed[5]["specimen"]
    assert changes(load(study(*changed))) == {"node_observation": {"updated": 1},
                                              "edge_observationmeasuredonspecimen": {"removed": 1}}


@pytest.mark.parametrize("observations", [3, 20_000])
def test_edges_of_other_projects_are_left_beside_those_that_change(load, graph, study, observations):
    """Whether they are few or nearly all that the table holds."""
    graph.execute("insert into node_patient (node_id, _props) select 'q' || i, '{}' from generate_series(1, 2) i")
    graph.execute("insert into node_observation (node_id, _props) select 'r' || i, '{}' from generate_series(1, %s) i", observations)
    graph.execute("insert into edge_observationaboutsubjectpatient (src_id, dst_id) "
                  "select 'r' || i, 'q' || j from generate_series(1, %s) i, generate_series(1, 2) j", observations)
    load(study(*a_few())).ok()
    assert changes(load(study(*a_few()))) == {}
    changed = a_few()
    changed[4]["subject"] = ref("Patient/p2")
    said = load(study(*changed))
    assert changes(said) == {"node_observation": {"updated": 1}, "edge_observationaboutsubjectpatient": {"inserted": 1, "removed": 1}}
    assert [row["unchanged"] for row in said.json() if row["table"] == "edge_observationaboutsubjectpatient"] == [1]
    assert graph.value("select count(*) from edge_observationaboutsubjectpatient where src_id ~ '^r'") == 2 * observations
    del changed[4]["subject"], changed[5]["subject"]
    assert changes(load(study(*changed))) == {"node_observation": {"updated": 2}, "edge_observationaboutsubjectpatient": {"removed": 2}}


def test_of_many_records_those_that_change_are_found(load, graph, study):
    """So many that their rows and edges go over in several COPYs, to staging tables of their own."""
    many = [patient("p1"), patient("p2"), *(observation(f"{n:064}", "p1") for n in range(30_000))]
    load(study(*many)).ok()
    changed = [*many[:-4], observation("new", "p2"), observation(f"{29_997:064}", "p2"), observation(f"{29_998:064}"),
               observation(f"{29_999:064}", "p1", valueInteger=1)]
    said = load(study(*changed))
    assert changes(said) == {"node_observation": {"inserted": 1, "updated": 3},
                             "edge_observationaboutsubjectpatient": {"inserted": 2, "removed": 2}}
    assert [(row["table"], row["unchanged"]) for row in said.json()] == [
        ("node_patient", 2), ("node_observation", 29_996), ("edge_observationaboutsubjectpatient", 29_997)]
    assert changes(load(study(*changed))) == {}
    assert changes(load(study(*changed), "--prune")) == {
        "node_observation": {"removed": 1}, "edge_observationaboutsubjectpatient": {"removed": 1}}
    assert edges(graph, "edge_observationaboutsubjectpatient") == {
        ("new", "p2"), (f"{29_997:064}", "p2"), *((f"{n:064}", "p1") for n in (*range(29_996), 29_999))}


def test_without_prune_records_that_left_stay_with_their_edges(load, graph, study):
    load(study(*a_few())).ok()
    assert changes(load(study(*a_few()[:4]))) == {}
    assert edges(graph, "edge_observationaboutsubjectpatient") == {("o1", "p1"), ("o2", "p2")}


def test_prune_removes_records_that_left_and_their_edges(load, graph, study):
    load(study(*a_few())).ok()
    fewer = [resource for resource in a_few() if resource["id"] not in ("o2", "p2", "sp1")]
    assert changes(load(study(*fewer), "--prune")) == {
        "node_patient": {"removed": 1}, "node_specimen": {"removed": 1}, "node_observation": {"removed": 1},
        "edge_specimentakenfrompatient": {"removed": 1}, "edge_observationaboutsubjectpatient": {"removed": 1},
        "edge_observationmeasuredonspecimen": {"removed": 1}}
    assert {name: count for name, count in sizes(graph).items() if "program" not in name} == {
        "node_researchstudy": 1, "node_patient": 1, "node_observation": 1, "node_project": 1,
        "edge_researchstudymemberofproject": 1, "edge_observationaboutsubjectpatient": 1}


@pytest.mark.promise("The graph holds what the study says")
def test_prune_makes_the_project_equal_to_a_first_load(load, graph, study, new_database, demo_graph):
    load(study(*a_few(), patient("p3"), task("t1", **{"for": ref("Patient/p3"), "owner": ref("Patient/p1")}))).ok()
    last = study(*a_few()[:5], patient("p9"), observation("o9", "p9", hasMember=[ref("Observation/o1")]))
    load(last, "--prune").ok()
    fresh = new_database(demo_graph)
    load(last, env={"PGDATABASE": fresh.name}).ok()
    assert dump(graph) == dump(fresh)


def test_prune_leaves_other_projects_alone(load, graph, study):
    other = [patient("q1"), observation("r1", "q1")]
    load(study(*a_few())).ok()
    load(study(*other, name="other"), project="aced-two").ok()
    graph.execute("insert into edge_observationaboutsubjectpatient (src_id, dst_id) values ('r1', 'p1')")
    
    assert changes(load(study(patient("p1", gender="female")), "--prune")).keys() >= {"node_observation"}
    assert graph.value("select count(*) from node_patient where _props->>'project_id' = 'aced-two'") == 1
    assert ("r1", "p1") in edges(graph, "edge_observationaboutsubjectpatient")


def test_prune_refuses_references_to_what_it_would_remove(load, graph, study):
    load(study(*a_few())).ok()
    before = dump(graph, created=True)
    fewer = [resource for resource in a_few() if resource["id"] != "p2"]
    said = load(study(*fewer), "--prune").failed(3).stderr
    assert "Patient/p2" in said and "Observation.ndjson:2" in said
    assert dump(graph, created=True) == before
    assert changes(load(study(*fewer))) == {}  # it is in the graph: without --prune the reference leads there
    assert changes(load(study(*fewer), "--prune", "--dangling", "skip")) == {
        "node_patient": {"removed": 1}, "edge_observationaboutsubjectpatient": {"removed": 1}}


# --- --dry-run --------------------------------------------------------------------------------------------------

@pytest.mark.promise("A dry run says the same numbers")
@pytest.mark.parametrize("args", [[], ["--prune"], ["--prune", "--dangling", "skip"], ["--shared", "keep"]], ids=" ".join)
def test_a_dry_run_says_the_same_and_writes_nothing(load, graph, study, args):
    shared = patient("theirs", gender="other")
    load(study(shared, name="theirs"), project="aced-two").ok()
    load(study(*a_few(), patient("p3"), observation("o3", "p3"))).ok()
    changed = a_few()
    changed[1]["gender"] = "male"
    changed[4]["subject"] = ref("Patient/p2")
    changed.append(specimen("sp2", "p2", parent=[ref("Specimen/sp1")]))
    if "skip" in args:
        changed.append(observation("o4", "nobody"))
    if "keep" in args:
        changed += [patient("theirs", gender="male"), observation("o5", "theirs")]
    before = dump(graph, created=True, xmin=True)
    dry = load(study(*changed), "--dry-run", *args).ok()
    assert dump(graph, created=True, xmin=True) == before
    assert "would" in dry.stderr
    real = load(study(*changed), *args).ok()
    assert dry.json() == real.json() and totals(real)["inserted"] > 0
    assert dump(graph) != before


def test_a_dry_run_into_an_empty_graph_makes_no_project(load, graph, study):
    dry = load(study(*a_few()), "--dry-run").ok()
    assert sizes(graph) == {}
    assert dry.json() == load(study(*a_few())).ok().json()


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
    assert "3 references lead nowhere" in said and "--dangling skip" in said
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


# --- which edge table -------------------------------------------------------------------------------------------

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


def test_a_record_whose_number_the_database_cannot_hold_is_named(load, graph, study):
    """FHIR's decimals may have exponents that PostgreSQL's do not reach."""
    quantity = {"resourceType": "Observation", "id": "o2", "status": "final", "code": {"text": "x"}}
    folder = study(*a_few()[:5])
    with open(folder / "Observation.ndjson", "a", encoding="utf-8") as file:
        file.write(json.dumps({**quantity, "valueQuantity": {"value": "NUMBER"}}).replace('"NUMBER"', "1e999999") + "\n")
    assert "record o2" in load(folder).failed(3).stderr
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
    load(study_folder := tmp_path / "none").failed(3)
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
