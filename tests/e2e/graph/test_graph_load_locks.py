"""graph load beside others that work on the same graph."""

from __future__ import annotations

import pytest
from graph_loading import few, graph, held_load, load, one_of_each, waiting_load  # noqa: F401 (fixtures)
from graph_study import dump, observation, write


@pytest.mark.promise("One load of a project at a time")
def test_a_second_load_of_a_project_is_told_who_holds_it(etl, graph, load, few):
    with held_load(etl, graph, "aced-one", one_of_each(7)):
        said = load(few).failed(8).stderr
        pid = graph.value("select pid from pg_stat_activity where application_name ~ '^aced-etl' and datname = current_database()")
        assert f" (pid {pid}" in said and "run again" in said
        load(few, "--dry-run").failed(8)
        etl("graph", "rm", "--project", "aced-one", "--yes").failed(8)
    assert graph.value("select array_agg(node_id) from node_patient") == ["p7"]
    load(few).ok()


def test_loads_of_two_projects_do_not_wait_for_each_other(etl, graph, load, few):
    """Not even when both find their program missing."""
    with held_load(etl, graph, "aced-one", one_of_each(7)):
        load(few, project="aced-two", timeout=20).ok()
    assert graph.value("select count(*) from node_program") == 1
    assert graph.value("select count(*) from edge_projectmemberofprogram") == 2
    assert graph.value("select count(distinct _props->>'project_id') from node_patient") == 2


def test_a_record_that_another_project_gets_meanwhile_is_not_taken_over(etl, graph, load, few):
    """Between the look for records of others and the write."""
    with waiting_load(etl, graph, few) as (run, other):
        other.execute("insert into node_patient (node_id, _props) values ('p0', '{\"project_id\": \"aced-two\"}')")
    _, said = run.communicate(timeout=20)
    assert run.returncode in (5, 7) and b"p0" in said or b"meanwhile" in said or b"at this moment" in said, said
    assert graph.rows("select node_id, _props->>'project_id' from node_patient") == [("p0", "aced-two")]
    assert graph.value("select count(*) from node_observation") == 0
    assert "aced-two" in load(few).failed(3).stderr


def test_a_node_that_goes_meanwhile_leaves_no_edge_without_an_end(etl, graph, load, few, tmp_path):
    """The target was in the graph when the study was checked; the database's own keys find it gone."""
    load(few).ok()
    before = dump(graph)
    more = write(tmp_path / "more", observation("o9", "p0"))
    with waiting_load(etl, graph, more, "node_observation") as (run, other):
        other.execute("delete from node_patient where node_id = 'p0'")
    _, said = run.communicate(timeout=20)
    assert run.returncode in (5, 7) and b"p0" in said, said
    assert dump(graph).get("node_observation") == before["node_observation"]


def test_readers_do_not_hold_a_load_up(graph, load, few):
    with graph.connect() as reader:
        for table in ("node_patient", "node_observation", "edge_observationaboutsubjectpatient"):
            reader.execute(f"select * from {table}")
        load(few, timeout=20).ok()
        assert reader.execute("select count(*) from node_patient").fetchone() == (1,)
