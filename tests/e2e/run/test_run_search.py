"""The steps `search` and `fhir` of aced-etl run: what they bring, when they are left out, and what becomes of them when the search server
fails, when a run is killed, and when it is stopped.

ACED_TEST_SEED=N    other moments to be killed at
"""

from __future__ import annotations

import json
import os
import random
import time

import pytest
from run_world import COHORT, LATER_STEPS, LUNG, PROJECTS, Pod, of_study, step, steps, well
from search_between import Hold, SearchProxy
from search_study import hits, indexes, locks

BOTH = (LUNG, COHORT)
SEARCH_STEPS = ("search", "fhir")
ON = dict.fromkeys(SEARCH_STEPS, "yes")
DONE = well(but={"pull": "skipped", "files": "skipped", **dict.fromkeys(SEARCH_STEPS, "done")})
NOTHING = well(outcome="unchanged", but={"pull": "skipped", "files": "skipped", **dict.fromkeys(SEARCH_STEPS, "unchanged")})


@pytest.fixture
def searched(pod, search) -> Pod:
    """The pod with a search server."""
    pod.etl.env["ELASTICSEARCH_URL"] = search.url
    pod.write_etl_yaml(destinations={"files": "no", **ON})
    return pod


@pytest.fixture
def proxy(searched, search):
    """Between the pod and its search server."""
    made = SearchProxy(search.url)
    searched.etl.env["ELASTICSEARCH_URL"] = made.url
    yield made
    made.close()


def resources(pod: Pod, study: str, kind: str = "*") -> int:
    return sum(len(file.read_text().splitlines()) for file in (pod.home / "studies" / study).glob(f"{kind}.ndjson"))


def of_project(search, alias: str, study: str) -> list[str]:
    """The ids of a project's documents, found as guppy finds them: by the alias and a filter on the resource path."""
    program, code = PROJECTS[study].split("-", 1)
    status, answer = search.ask("POST", f"/{alias}/_search", {
        "size": 5000, "_source": False, "query": {"terms": {"auth_resource_path": [f"/programs/{program}/projects/{code}"]}}})
    assert status == 200 and answer["_shards"]["failed"] == 0, answer
    return sorted(hit["_id"] for hit in answer["hits"]["hits"])


def holds(search) -> dict[str, dict[str, str]]:
    """Every document behind the aliases, whatever the names of the indexes."""
    return {alias: {hit["_id"]: json.dumps(hit["_source"], sort_keys=True) for hit in hits(search, alias, 5000)}
            for alias in ("gen3.aced.io_patient", "gen3.aced.io_observation", "gen3.aced.io_file", "fhir")}


def writes(proxy: SearchProxy) -> list[tuple[str, str]]:
    """Requests that change documents or aliases; not those of the lock of a project."""
    return [(method, path) for method, path in proxy.seen
            if method in ("PUT", "DELETE") or "_bulk" in path or path.startswith("/_aliases") if "locks" not in path]


@pytest.mark.promise("A run changes nothing that is as it should be")
def test_a_run_brings_documents_and_resources_and_a_second_one_changes_nothing(searched, search, proxy):
    first = searched.run()
    for study in BOTH:
        assert steps(first, study) == DONE
        counts = step(first, study, "search")["counts"]
        assert counts["documents"] > 0 and counts["replaced"] == counts["unchanged"] == 0
        assert len(of_project(search, "gen3.aced.io_patient", study)) == resources(searched, study, "Patient")
        assert step(first, study, "fhir")["counts"] == {"resources": resources(searched, study), "replaced": 0, "unchanged": 0}
        assert len(of_project(search, "fhir", study)) == resources(searched, study)
    assert "search documents" in first.json()["summary"] and "into the FHIR store" in first.json()["summary"]
    assert first.json()["search"] == proxy.url and f"search server {proxy.url}" in first.stderr
    held, there = holds(search), indexes(search)

    proxy.seen.clear()
    again = searched.run()
    for study in BOTH:
        assert steps(again, study) == NOTHING
        assert step(again, study, "search")["counts"] == {
            "documents": 0, "replaced": 0, "unchanged": step(first, study, "search")["counts"]["documents"]}
        assert step(again, study, "fhir")["counts"] == {"resources": 0, "replaced": 0, "unchanged": resources(searched, study)}
    assert writes(proxy) == [] and holds(search) == held and indexes(search) == there


def test_a_change_of_one_study_is_loaded_and_the_other_stays(searched, search):
    first = searched.run()
    other = of_project(search, "gen3.aced.io_patient", COHORT)
    patients = searched.home / "studies" / LUNG / "Patient.ndjson"
    lines = patients.read_text().splitlines()
    new = {**json.loads(lines[0]), "id": "11111111-2222-4333-8444-555555555555"}
    patients.write_text("\n".join([*lines, json.dumps(new)]) + "\n")
    ran = searched.run()
    assert steps(ran, COHORT) == NOTHING and steps(ran, LUNG)["search"] == steps(ran, LUNG)["fhir"] == "done"
    before = step(first, LUNG, "search")["counts"]["documents"]
    assert step(ran, LUNG, "search")["counts"] == {"documents": before + 1, "replaced": before, "unchanged": 0}
    assert new["id"] in of_project(search, "gen3.aced.io_patient", LUNG) and new["id"] in of_project(search, "fhir", LUNG)
    assert of_project(search, "gen3.aced.io_patient", COHORT) == other


def test_new_fields_are_a_reason_to_restart_guppy_once(searched):
    first = searched.run(LUNG)
    assert "kubectl rollout restart deployment/guppy-deployment" in step(first, LUNG, "search")["reason"]
    searched.etl("search", "rm", "--project", PROJECTS[LUNG], "--yes").ok()
    again = searched.run(LUNG)
    assert step(again, LUNG, "search")["outcome"] == "done" and step(again, LUNG, "search")["reason"] == ""


def test_the_commands_and_the_steps_load_the_same(searched):
    searched.run(LUNG)
    folder = searched.home / "studies" / LUNG
    for command in (("search", "load"), ("fhir", "put")):
        assert "nothing changed" in searched.etl(*command, "--project", PROJECTS[LUNG], folder).ok().stderr
    searched.write_etl_yaml(destinations={"files": "no", **ON}, search={"layout": "dataframe"})
    ran = searched.run(LUNG, "--only", "search")
    assert steps(ran, LUNG) == {"search": "done"}
    assert "nothing changed" in searched.etl("search", "load", "--project", PROJECTS[LUNG], folder).ok().stderr
    assert "nothing changed" not in searched.etl("search", "load", "--layout", "dictionary", "--force", "--project", PROJECTS[LUNG],
                                                 folder).ok().stderr


def test_they_are_left_out_where_nobody_wants_them_and_say_why(searched, search):
    ran = searched.run(ELASTICSEARCH_URL=None)
    for name in SEARCH_STEPS:
        assert step(ran, LUNG, name)["outcome"] == "skipped"
        assert step(ran, LUNG, name)["reason"] == "no search server is configured (search.url, ELASTICSEARCH_URL)"
    searched.write_etl_yaml(destinations={"files": "no", "search": "no", "fhir": "yes"},
                            studies=[{**searched.studies()[0], "skip": "fhir"}, searched.studies()[1]])
    ran = searched.run()
    assert [steps(ran, study)["search"] for study in BOTH] == ["skipped", "skipped"]
    assert step(ran, LUNG, "search")["reason"].startswith("destinations.search is no (") and "etl.yaml:" in step(ran, LUNG, "search")["reason"]
    assert step(ran, LUNG, "fhir")["reason"].startswith("skipped for this study, ") and steps(ran, COHORT)["fhir"] == "done"
    assert not of_project(search, "fhir", LUNG) and of_project(search, "fhir", COHORT)
    assert list(steps(searched.run("--all", "--only", "fhir,search"), LUNG)) == list(SEARCH_STEPS)
    # Where nobody says anything about them, they run.
    searched.write_etl_yaml(studies=None, destinations=None)
    shown = {row["key"]: row["value"] for row in searched.etl("config", "show", "-o", "json").ok().json()}
    assert [shown[f"destinations.{name}"] for name in LATER_STEPS] == ["yes"] * len(LATER_STEPS)


def test_a_dry_run_says_what_the_run_will_do_and_writes_nothing(searched, search, proxy):
    planned = searched.run("--all", "--dry-run")
    for study in BOTH:
        assert steps(planned, study)["search"] == steps(planned, study)["fhir"] == "planned"
    assert writes(proxy) == [] and indexes(search) == {}
    assert "would load" in planned.json()["summary"] and "would put" in planned.json()["summary"]
    ran = searched.run()
    for study in BOTH:
        for name in SEARCH_STEPS:
            assert step(ran, study, name)["counts"] == step(planned, study, name)["counts"]
    proxy.seen.clear()
    assert steps(searched.run("--all", "--dry-run"), LUNG) == {**NOTHING, "pull": "skipped"} and writes(proxy) == []


@pytest.mark.promise("A failing study holds no other up")
@pytest.mark.promise("A failed step names what it used")
def test_a_study_that_the_server_refuses_ends_alone_and_names_the_server(searched, search, proxy):
    """The server refuses every document of one project."""
    def refuse(method: str, path: str, body: bytes):
        if "_bulk" not in path or b"demo-synthetic" not in body:
            return None
        return 200, {"errors": True, "took": 1, "items": [
            {"index": {"_index": "x", "_id": "x", "status": 400, "error": {"type": "mapper_parsing_exception", "reason": "no such field"}}}
            for line in body.splitlines() if line.startswith(b'{"index"')]}

    proxy.rule = refuse
    ran = searched.run(rc=7)
    assert steps(ran, LUNG)["search"] == "failed" and steps(ran, LUNG)["fhir"] == "not reached"
    assert steps(ran, COHORT) == DONE
    used = {each["what"]: (each["value"], each["from"]) for each in step(ran, LUNG, "search")["used"]}
    assert used["search server"] == (proxy.url, "environment ELASTICSEARCH_URL")
    assert used["prefix of indexes"] == ("gen3.aced.io", "default") and used["project"][0] == PROJECTS[LUNG]
    assert of_project(search, "gen3.aced.io_patient", COHORT) and not of_project(search, "gen3.aced.io_patient", LUNG)
    proxy.rule = lambda method, path, body: None
    assert steps(searched.run(), LUNG) == {**NOTHING, "search": "done", "fhir": "done"}


@pytest.mark.promise("A service that is down ends a run early")
def test_a_search_server_that_is_down_is_waited_for_and_the_next_run_resumes(searched, search):
    search.stop()
    try:
        ran = searched.run(rc=5)
        assert steps(ran, LUNG)["graph"] == steps(ran, COHORT)["graph"] == "done"
        assert [steps(ran, study)["search"] for study in BOTH] == ["failed", "failed"]
        assert step(ran, LUNG, "search")["tries"] > 1 and step(ran, COHORT, "search")["tries"] == 1
        assert of_study(ran, LUNG)["exit"] == 5 and "trying again in" in ran.stderr
        assert any(each["what"] == "search server" for each in step(ran, LUNG, "search")["used"])
    finally:
        search.start()
    searched.etl.env["ELASTICSEARCH_URL"] = search.url
    ran = searched.run()
    assert steps(ran, LUNG) == steps(ran, COHORT) == {**NOTHING, "search": "done", "fhir": "done"}


@pytest.mark.promise("A run goes on where it was")
@pytest.mark.promise("A load of the search server is all or nothing")
def test_killed_in_its_search_steps_the_next_run_ends_as_if_undisturbed(searched, search):
    """Each time the server has the documents of another version of the study; a kill leaves those or the new ones."""
    seed = int(os.environ.get("ACED_TEST_SEED") or random.randrange(1_000_000))
    print("ACED_TEST_SEED", seed)
    moments = random.Random(seed)
    first = searched.run(LUNG)
    took = {each["step"]: each["seconds"] for each in of_study(first, LUNG)["steps"]}
    patients = searched.home / "studies" / LUNG / "Patient.ndjson"
    lines = patients.read_text().splitlines()
    versions = {}
    for gender in ("male", "female"):
        patients.write_text("\n".join(json.dumps({**json.loads(line), "gender": gender}) for line in lines) + "\n")
        versions[gender] = patients.read_text()
        searched.run(LUNG)
    seen = holds(search)
    killed: dict[str, int] = dict.fromkeys(SEARCH_STEPS, 0)
    rounds = 0
    while min(killed.values()) < 4:
        rounds += 1
        assert rounds < 60, f"hardly killed: {killed}"
        name = min(SEARCH_STEPS, key=killed.get)
        gender = ("male", "female")[rounds % 2]
        patients.write_text(versions[gender])
        running = searched.start(LUNG)
        running.until_done(LUNG, "graph" if name == "search" else "search")
        time.sleep(moments.uniform(0, 0.9 * took[name]))
        if running.kill() and (LUNG, name) not in running.steps():
            killed[name] += 1
        after_kill = holds(search)
        searched.run(LUNG)
        wanted = holds(search)
        for alias, documents in after_kill.items():
            assert documents in (seen[alias], wanted[alias]), f"{alias}: neither the last load nor this one"
        assert {json.loads(text)["gender"] for text in wanted["gen3.aced.io_patient"].values()} == {gender}
        seen = wanted
    assert steps(searched.run(LUNG), LUNG) == NOTHING and locks(search) == 0
    # What is left besides the live indexes are whole generations, which stay for a minute after readers left them.
    _, mappings = search.ask("GET", "/_mapping")
    live: dict[str, int] = {}
    for name, aliases in indexes(search).items():
        if PROJECTS[LUNG] not in name:
            continue
        kind = name.rpartition("_")[0]
        live[kind] = live.get(kind, 0) + bool(aliases)
        assert mappings[name]["mappings"]["_meta"]["aced_etl"]["complete"] is True, name
    assert list(live.values()) == [1] * 4, "patient, observation, file, fhir"


@pytest.mark.promise("A run stops within 10 s")
def test_sigterm_ends_a_load_of_documents(searched, search, proxy):
    hold = Hold(lambda method, path: "_bulk" in path)
    proxy.rule = hold
    running = searched.start(LUNG)
    hold.arrived()
    try:
        ran = running.stop().failed(5)
    finally:
        hold.release()
    assert steps(ran, LUNG)["search"] == "stopped" and steps(ran, LUNG)["fhir"] == "not reached"
    assert searched.etl("search", "counts", "-o", "json").ok().json() == []
    assert steps(searched.run(LUNG), LUNG) == {**NOTHING, "search": "done", "fhir": "done"}
