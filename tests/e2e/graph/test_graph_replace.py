"""graph load of a study that replaces another, or whose records pass unique values on to each other."""

from __future__ import annotations

import itertools
import os
import random

import pytest
from graph_loading import graph, load, study  # noqa: F401 (fixtures)
from graph_study import changes, digest, dump, patient, ref, research_study

URLS = "select node_id, _props->>'url' from node_researchstudy order by 1"


def site(id: str, url: str, **more) -> dict:
    return research_study(id, url=f"http://example.org/{url}", **more)


def urls(graph) -> dict[str, str]:
    return {id: url.rpartition("/")[2] for id, url in graph.rows(URLS)}


@pytest.mark.promise("Unique values may move")
def test_a_study_with_new_ids_and_the_same_unique_values_replaces_another(graph, load, study):
    first = study(site("old1", "a"), site("old2", "b", partOf=[ref("ResearchStudy/old1")]), patient("p1"), name="first")
    second = study(site("new1", "a"), site("new2", "b", partOf=[ref("ResearchStudy/new1")]), patient("p2"), name="second")
    load(first).ok()
    planned = changes(load(second, "--prune", "--dry-run"))
    assert changes(load(second, "--prune")) == planned
    assert planned["node_researchstudy"] == {"inserted": 2, "removed": 2}
    after = dump(graph)
    assert urls(graph) == {"new1": "a", "new2": "b"}
    assert graph.rows("select src_id, dst_id from edge_researchstudypartofresearchstudy") == [("new2", "new1")]
    load(first, "--prune").ok()
    load(second, "--prune").ok()
    assert dump(graph) == after


@pytest.mark.promise("Unique values may move")
def test_a_synthetic_study_replaces_another(graph, etl, synth, load, tmp_path):
    for name, seed in (("a", 1), ("b", 2)):
        synth(tmp_path / name, "--name", "Cohort", "--records", "300", "--seed", seed, "--files", "0").ok()
    load(tmp_path / "a/studies/Cohort", project="demo-cohort").ok()
    load(tmp_path / "b/studies/Cohort", "--prune", project="demo-cohort").ok()
    replaced = dump(graph)
    etl("graph", "rm", "--project", "demo-cohort", "--yes").ok()
    load(tmp_path / "b/studies/Cohort", project="demo-cohort").ok()
    assert dump(graph) == replaced


MOVES = {
    "two records exchange values": ({"x": "a", "y": "b"}, {"x": "b", "y": "a"}),
    "a chain, the last to a new value": ({"x": "a", "y": "b", "z": "c"}, {"x": "b", "y": "c", "z": "d"}),
    "a chain the other way": ({"x": "a", "y": "b", "z": "c"}, {"x": "0", "y": "a", "z": "b"}),
    "a ring of three": ({"x": "a", "y": "b", "z": "c"}, {"x": "b", "y": "c", "z": "a"}),
    "to a record that is new": ({"x": "a"}, {"x": "b", "new": "a"}),
    "through a record that goes": ({"x": "a", "gone": "b"}, {"x": "b", "new": "a"}),
    "to a record whose case differs": ({"x": "a", "y": "b"}, {"x": "B", "y": "A"}),
}


@pytest.mark.promise("Unique values may move")
@pytest.mark.parametrize("before, after", MOVES.values(), ids=MOVES)
def test_unique_values_move_between_records(graph, load, study, before, after):
    load(study(*(site(id, url) for id, url in before.items()))).ok()
    told = changes(load(study(*(site(id, url) for id, url in after.items())), "--prune"))["node_researchstudy"]
    assert urls(graph) == after
    assert told.get("updated", 0) == len(before.keys() & after.keys()) and told.get("inserted", 0) == len(after.keys() - before.keys())
    assert changes(load(study(*(site(id, url) for id, url in after.items())), "--prune")) == {}


@pytest.mark.promise("Unique values may move")
def test_random_moves_of_unique_values(graph, load, study):
    seed = int(os.environ.get("ACED_TEST_SEED") or random.randrange(2**32))
    print(f"ACED_TEST_SEED={seed}")
    dice = random.Random(seed)
    for _ in range(8):
        ids = dice.sample([f"r{n}" for n in range(8)], dice.randint(1, 8))
        wanted = dict(zip(ids, dice.sample("abcdefgh", len(ids))))
        load(study(*(site(id, url) for id, url in wanted.items())), "--prune").ok()
        assert urls(graph) == wanted


def test_edges_to_a_record_whose_value_moves_stay(graph, load, study):
    """Also those of other projects: such a record is not deleted and made anew."""
    load(study(site("x", "a"), site("y", "b"))).ok()
    load(study(site("other", "z", partOf=[ref("ResearchStudy/x")]), name="other"), project="aced-two").ok()
    load(study(site("x", "b"), site("y", "a")), "--prune").ok()
    assert graph.rows("select src_id, dst_id from edge_researchstudypartofresearchstudy") == [("other", "x")]
    assert urls(graph) == {"x": "b", "y": "a", "other": "z"}


@pytest.mark.promise("Unique values may move")
def test_without_prune_the_record_of_the_graph_is_named_with_that_of_the_study(graph, load, study):
    load(study(site("old1", "a"), site("old2", "b"), name="first")).ok()
    before = digest(graph)
    second = study(site("new0", "q"), site("new1", "a"), site("new2", "b"), name="second")
    for more in ((), ("--dry-run",)):
        said = load(second, *more).failed(7).stderr
        assert "ResearchStudy.ndjson:2: ResearchStudy/new1 has the same project_id, url as ResearchStudy/old1" in said
        assert "ResearchStudy.ndjson:3: ResearchStudy/new2 has the same project_id, url as ResearchStudy/old2" in said
        assert "in project aced-one" in said and "http://example.org/a" in said and "--prune" in said
    assert digest(graph) == before


@pytest.mark.promise("Unique values may move")
def test_two_records_of_a_study_with_the_same_value_are_both_named(graph, load, study):
    twice = study(site("x", "a"), site("y", "b"), site("z", "A"))
    before = digest(graph)
    for more in ((), ("--dry-run",), ("--prune",)):
        said = load(twice, *more).failed(7).stderr
        assert "ResearchStudy.ndjson:1: ResearchStudy/x has the same project_id, url as ResearchStudy/z of the study" in said
        assert "ResearchStudy.ndjson:3)" in said
    assert digest(graph) == before


def test_two_records_that_are_to_get_one_value_are_both_named(graph, load, study):
    load(study(site("x", "a"), site("y", "b"))).ok()
    before = digest(graph)
    said = load(study(site("x", "c"), site("y", "c"))).failed(7).stderr
    assert "ResearchStudy/x has the same" in said and "ResearchStudy/y of the study" in said
    assert digest(graph) == before


def test_a_unique_index_that_the_dictionary_does_not_know_counts_as_well(graph, load, study):
    graph.execute("create unique index on node_patient ((_props->>'gender'), (_props->>'project_id')) where _props ? 'gender'")
    load(study(patient("p1", gender="male"), patient("p2", gender="female"), patient("p3"), patient("p4"))).ok()
    load(study(patient("p1", gender="female"), patient("p2", gender="male"), patient("p3"), patient("p4"))).ok()
    assert graph.rows("select node_id, _props->>'gender' from node_patient where _props ? 'gender' order by 1") == [("p1", "female"), ("p2", "male")]
    said = load(study(patient("p5", gender="male"), patient("p6"), name="more")).failed(7).stderr
    assert "Patient/p5 has the same gender, project_id as Patient/p2" in said


def test_many_collisions_are_named_up_to_a_limit(graph, load, study):
    load(study(*(site(f"old{n}", f"u{n}") for n in range(30)), name="first")).ok()
    said = load(study(*(site(f"new{n}", f"u{n}") for n in range(30)), name="second")).failed(7).stderr
    assert said.count("has the same project_id, url") == 21 and "more than 20 records" in said


def test_all_permutations_of_four_values(graph, load, study):
    for order in itertools.permutations("abcd"):
        load(study(*(site(f"r{n}", url) for n, url in enumerate(order)))).ok()
        assert urls(graph) == {f"r{n}": url for n, url in enumerate(order)}
