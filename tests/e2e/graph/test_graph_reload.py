"""graph load of a study that the graph holds already, in whole or in part: what it changes, removes, and would change."""

from __future__ import annotations

import json

import pytest
from graph_loading import a_few, graph, load, sizes, study  # noqa: F401 (fixtures)
from graph_study import changes, dump, edges, observation, patient, ref, specimen, task, totals


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


@pytest.mark.promise("The graph holds what the study says")
def test_what_another_hand_changed_in_the_graph_is_put_right(load, graph, study):
    """Rows as sheepdog or an earlier loader may have left them: records are held against the graph's, and edges one by one."""
    load(study(*a_few())).ok()
    as_loaded = dump(graph)
    graph.execute("delete from edge_observationmeasuredonspecimen")
    graph.execute("insert into edge_observationaboutsubjectpatient (src_id, dst_id) values ('o1', 'p2')")
    graph.execute("update node_patient set _props = _props || '{\"gender\": \"Female\"}' where node_id = 'p1'")
    assert changes(load(study(*a_few()))) == {
        "node_patient": {"updated": 1}, "edge_observationmeasuredonspecimen": {"inserted": 1},
        "edge_observationaboutsubjectpatient": {"removed": 1}}
    assert dump(graph) == as_loaded


@pytest.mark.promise("The same input again changes nothing")
def test_values_that_postgresql_writes_in_another_way_are_unchanged(load, graph, study):
    """Members, escapes and numbers; and what is left to the server to compare: exponents, large values."""
    def with_value(number: str):
        few = study(*a_few(), observation("o3", "p1", valueQuantity={"value": 17171, "unit": "a\"\\\b\u0001\u00e9\U0001F600/"}),
                    observation("o4", "p1", note=[{"text": "x" * 300_000}]))
        for file in few.glob("Observation*"):
            file.write_text(file.read_text().replace("17171", number))
        return few

    for number in ("1.50", "-0.0", "1.5e3", "15E-1", "0.00000000000000000001"):
        assert "node_observation" in changes(load(with_value(number))), number
        before = dump(graph, xmin=True)
        assert changes(load(with_value(number))) == {}, number
        assert dump(graph, xmin=True) == before
    load(with_value("1.5")).ok()
    assert changes(load(with_value("1.50"))) == {"node_observation": {"updated": 1}}


@pytest.mark.threads
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


# --- deletions, versions and forms of references in the study -----------------------------------------------------

@pytest.mark.promise("What a study deletes is removed")
def test_a_record_that_the_study_deletes_is_removed_and_counted(load, graph, study):
    load(study(*a_few())).ok()
    deletion = {"resourceType": "Bundle", "type": "transaction",
                "entry": [{"request": {"method": "DELETE", "url": url}} for url in ("Observation/o2", "Observation/never-seen")]}
    folder = study(*a_few()[:5])
    (folder / "deleted.ndjson").write_text(json.dumps(deletion) + "\n")
    ran = load(folder)
    assert changes(ran) == {"node_observation": {"removed": 1}, "edge_observationaboutsubjectpatient": {"removed": 1},
                            "edge_observationmeasuredonspecimen": {"removed": 1}}
    assert "2 deletions in the study: the project held 1 record of them" in ran.stderr
    assert graph.value("select count(*) from node_observation") == 1
    assert changes(load(folder)) == {}


@pytest.mark.promise("One version of a resource is loaded")
def test_the_latest_version_is_loaded_when_that_is_asked_for(load, graph, study):
    versions = [patient("p1", meta={"versionId": version}, gender=gender) for version, gender in (("2", "male"), ("10", "female"), ("9", "other"))]
    folder = study(*versions)
    load(folder).failed(3)
    assert sizes(graph) == {}
    load(folder, "--duplicates", "latest").ok()
    assert graph.value("select _props->>'gender' from node_patient where node_id = 'p1'") == "female"


@pytest.mark.promise("References make edges by their kind")
@pytest.mark.parametrize("reference", ["Patient/p1", "Patient/p1/_history/3", "https://h.example/fhir/Patient/p1",
                                       "http://h.example/fhir/Patient/p1/_history/2"])
def test_a_reference_by_version_or_url_makes_an_edge(load, graph, study, reference):
    load(study(patient("p1"), observation("o1", subject=ref(reference)))).ok()
    assert edges(graph, "edge_observationaboutsubjectpatient") == {("o1", "p1")}
