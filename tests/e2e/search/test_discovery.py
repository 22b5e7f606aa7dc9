"""aced-etl discovery, and the step `discovery` of a run: what a record says, what of it belongs to others, and what becomes of it when
metadata-service refuses, fails or is slow."""

from __future__ import annotations

import json
import os
import pathlib
import random
import time

import pytest
from run_world import COHORT, LUNG, PROJECTS, steps, step
from search_study import write

PROJECT = "demo-synthetic"
OTHER = "demo-cohort"
GUID = f"/mds/metadata/{PROJECT}"


@pytest.fixture
def study(tmp_path) -> pathlib.Path:
    folder = tmp_path / "study"
    write(folder / "ResearchStudy.ndjson", {"resourceType": "ResearchStudy", "id": "s", "status": "active", "title": 'A "study" – of é',
                                            "description": "Of two lines.\nThis is the second."})
    write(folder / "Patient.ndjson", *({"resourceType": "Patient", "id": f"p{n}"} for n in range(6)))
    write(folder / "DocumentReference.ndjson", *(document(n) for n in range(3)))
    return folder


def document(n: int) -> dict:
    return {"resourceType": "DocumentReference", "id": f"00000000-0000-4000-8000-00000000000{n}", "status": "current", "content": [
        {"attachment": {"url": f"file:///f{n}.txt", "size": str(n + 1), "extension": [
            {"url": "http://aced-idp.org/fhir/StructureDefinition/md5", "valueString": f"{n}" * 32}]}}]}


def loading(study: pathlib.Path, *more: object, project: str = PROJECT) -> tuple[object, ...]:
    return ("discovery", "load", "-o", "json", "--project", project, study, *more)


class Records:
    """metadata-service, as a curator uses it."""

    def __init__(self, commons) -> None:
        self._stand_in = commons.stand_in
        self._token = commons.stand_in.token("etl@example.org")

    def text(self, project: str = PROJECT) -> str:
        reply = self._stand_in.ask("GET", f"/mds/metadata/{project}")
        return reply.text if reply.status == 200 else ""

    def get(self, project: str = PROJECT) -> dict:
        return json.loads(self.text(project))

    def put(self, body: str | dict, project: str = PROJECT, query: str = "?overwrite=true") -> None:
        reply = self._stand_in.ask("POST", f"/mds/metadata/{project}{query}", body if isinstance(body, str) else json.dumps(body),
                                   token=self._token, headers={"Content-Type": "application/json"})
        assert reply.status in (200, 201), reply.text

    def alias(self, project: str, alias: str) -> None:
        reply = self._stand_in.ask("POST", f"/mds/metadata/{project}/aliases", {"aliases": [alias]}, token=self._token)
        assert reply.status == 201, reply.text

    def writes(self) -> dict[str, int]:
        """Since the counts were cleared."""
        return {route: count for route, count in self._stand_in.requests().items() if "/mds/" in route and not route.startswith("GET")}


@pytest.fixture
def records(commons) -> Records:
    return Records(commons)


# --- what a record says ------------------------------------------------------------------------------------------------


@pytest.mark.promise("A discovery record says what the study says")
def test_a_record_is_made_from_the_study(etl, commons, records, study):
    made = etl(*loading(study, "--commons", "ACED", "--commons-name", "ACED Commons")).ok().json()
    assert (made["record"], made["subjects"], made["listed_files"]) == ("created", 6, 0)
    record = records.get()
    assert record == {"_guid_type": "discovery_metadata", "gen3_discovery": {
        "_unique_id": PROJECT, "study_id": PROJECT, "name": "synthetic", "full_name": 'A "study" – of é',
        "study_description": "Of two lines.\nThis is the second.", "authz": "/programs/demo/projects/synthetic",
        "tags": [{"name": "demo", "category": "Program"}, {"name": PROJECT, "category": "Study Registration"},
                 {"name": "synthetic", "category": "Project"}],
        "_research_subject_count": 6, "_subjects_count": 6, "commons": "ACED", "commons_name": "ACED Commons",
        "commons_url": commons.endpoint.removeprefix("http://")}}
    assert all(value is not None for value in record["gen3_discovery"].values())


@pytest.mark.promise("A discovery record says what the study says")
def test_a_change_of_the_study_changes_the_record_and_nothing_else_writes(etl, commons, records, study):
    etl(*loading(study)).ok()
    before = records.text()
    commons.stand_in.clear()
    again = etl(*loading(study)).ok()
    assert again.json()["record"] == "unchanged" and "nothing changed" in again.stderr
    assert records.writes() == {} and records.text() == before
    write(study / "more" / "Patient.ndjson", {"resourceType": "Patient", "id": "p6"}, {"resourceType": "Patient", "id": "p0"})
    dry = etl(*loading(study, "--dry-run")).ok().json()
    assert dry["record"] == "would be updated" and records.writes() == {} and records.text() == before
    changed = etl(*loading(study)).ok().json()
    assert changed["record"] == "updated" and sorted(changed["changed"]) == ["_research_subject_count", "_subjects_count"]
    assert dry["changed"] == changed["changed"]
    assert records.get()["gen3_discovery"]["_subjects_count"] == 7  # p0 is one patient
    write(study / "ResearchStudy.ndjson", {"resourceType": "ResearchStudy", "id": "s", "status": "active", "title": "Another"})
    assert etl(*loading(study)).ok().json()["changed"] == ["full_name"]
    assert records.get()["gen3_discovery"]["study_description"].startswith("Of two lines"), "the study says nothing of it any more"


def test_a_study_without_a_researchstudy_and_one_with_several(etl, commons, records, study):
    (study / "ResearchStudy.ndjson").unlink()
    bare = etl(*loading(study)).ok()
    assert "the study has no ResearchStudy" in bare.stderr
    assert (records.get()["gen3_discovery"]["full_name"], records.get()["gen3_discovery"]["study_description"]) == ("synthetic", "")
    write(study / "ResearchStudy.ndjson",
          {"resourceType": "ResearchStudy", "id": "a", "status": "active", "title": "A part", "partOf": [{"reference": "ResearchStudy/b"}]},
          {"resourceType": "ResearchStudy", "id": "b", "status": "active", "title": "The whole", "descriptionSummary": "In short"})
    several = etl(*loading(study)).ok()
    assert "ResearchStudy resources" not in several.stderr, "one is the whole"
    assert (records.get()["gen3_discovery"]["full_name"], records.get()["gen3_discovery"]["study_description"]) == ("The whole", "In short")
    write(study / "more.ndjson", {"resourceType": "ResearchStudy", "id": "c", "status": "active", "title": "Third"})
    assert "the study has 3 ResearchStudy resources, and none has all others as its parts: title and description are those of `The whole`" in etl(
        *loading(study)).ok().stderr


def test_the_list_of_files_is_written_kept_limited_and_removed(etl, commons, records, study):
    listed = etl(*loading(study, "--manifest", "write")).ok().json()
    assert listed["listed_files"] == 3
    manifest = records.get()["gen3_discovery"]["__manifest"]
    assert manifest[1] == {"object_id": document(1)["id"], "file_name": "f1.txt", "file_size": 2, "md5sum": "1" * 32}
    assert len(manifest) == 3 and isinstance(manifest[0]["file_size"], int)
    assert etl(*loading(study)).ok().json()["record"] == "unchanged"
    changed = etl(*loading(study, "--manifest", "write", "--transform-ids", "seed")).ok().json()
    assert changed["changed"] == ["__manifest"]
    assert records.get()["gen3_discovery"]["__manifest"][0]["object_id"] != document(0)["id"]
    too_long = etl(*loading(study, "--manifest", "write", "--manifest-limit", "2")).ok()
    assert "the study has 3 files, and discovery.manifest_limit is 2" in too_long.stderr and "__manifest" not in records.get()["gen3_discovery"]
    etl(*loading(study, "--manifest", "write")).ok()
    assert etl(*loading(study, "--manifest", "remove")).ok().json()["changed"] == ["__manifest"]


def test_a_study_that_is_not_json_changes_nothing(etl, commons, records, study):
    etl(*loading(study)).ok()
    before = records.text()
    (study / "Patient.ndjson").write_text('{"resourceType": "Patient", "id": \n')
    assert "the discovery record is as it was" in etl(*loading(study)).failed(3).stderr
    assert records.text() == before


# --- what belongs to others --------------------------------------------------------------------------------------------


CURATED_TOP = {"data_dictionaries": '{"a": "dd-1", "n": 12345678901234567890123}', "objects": '[{"guid": "drs://x/1", "description": null}]'}
CURATED = {"short_name": '"LS"', "data_availability": '"available"', "funding": '{"amount": 1.50, "big": 98765432109876543210.125}',
           "e": "1.5E30", "sites": '[1, 2, {"x": [true, false, null]}]', "quote": '"a \\"b\\" \\\\ é 😀"'}


def curated_record(extra: dict[str, str] | None = None) -> str:
    members = {**CURATED, "study_id": '"old"', "full_name": '"Old title"', "authz": '""', "_subjects_count": "1",
               "tags": '[{"name": "Cancer", "category": "Disease", "weight": 0.10}, {"name": "old-program", "category": "Program"}, '
                       '{"name": "Boston", "category": "Study Location"}]', **(extra or {})}
    inner = ", ".join(f'"{name}": {value}' for name, value in members.items())
    return "{" + ", ".join(['"_guid_type": "discovery_metadata"', *(f'"{name}": {value}' for name, value in CURATED_TOP.items()),
                            f'"gen3_discovery": {{{inner}}}']) + "}"


def texts(record: str, prefix: str = "") -> dict[str, str]:
    """Members of an object -> the text of their values, as the service's database writes them."""
    decoder = json.JSONDecoder(parse_float=lambda text: f"float {text}", parse_int=lambda text: f"int {text}")
    return {name: json.dumps(value, sort_keys=True) for name, value in decoder.decode(record).items()}


@pytest.mark.promise("Curated members of a discovery record stay")
def test_curated_members_and_tags_survive_with_every_digit(etl, commons, records, study):
    records.put(curated_record())
    before = records.text()
    changed = etl(*loading(study, "--manifest", "write")).ok().json()
    assert changed["record"] == "updated" and "full_name" in changed["changed"] and "tags" in changed["changed"]
    after = records.text()
    assert {name: texts(after)[name] for name in CURATED_TOP} == {name: texts(before)[name] for name in CURATED_TOP}
    decoder = json.JSONDecoder(parse_float=lambda text: f"float {text}", parse_int=lambda text: f"int {text}")
    old, new = decoder.decode(before)["gen3_discovery"], decoder.decode(after)["gen3_discovery"]
    assert {name: new[name] for name in CURATED} == {name: old[name] for name in CURATED}
    assert new["tags"] == [old["tags"][0], old["tags"][2], {"name": "demo", "category": "Program"},
                           {"name": PROJECT, "category": "Study Registration"}, {"name": "synthetic", "category": "Project"}]
    assert new["authz"] == "/programs/demo/projects/synthetic" and new["study_id"] == PROJECT
    commons.stand_in.clear()
    assert etl(*loading(study, "--manifest", "write")).ok().json()["record"] == "unchanged" and records.writes() == {}


@pytest.mark.promise("Curated members of a discovery record stay")
def test_random_curated_records_survive(etl, commons, records, study):
    seed = int(os.environ.get("ACED_TEST_SEED") or random.randrange(1_000_000))
    print("ACED_TEST_SEED", seed)
    rng = random.Random(seed)

    def value(depth: int = 0):
        kinds = ["number", "text", "word"] + (["list", "object"] if depth < 4 else [])
        kind = rng.choice(kinds)
        if kind == "number":
            return rng.choice([rng.randrange(-10**20, 10**20), rng.random() * 10 ** rng.randrange(-9, 9), 0])
        if kind == "text":
            return "".join(rng.choice('ab"\\/\n\té中😀{}[],:') for _ in range(rng.randrange(12)))
        if kind == "word":
            return rng.choice([True, False, None])
        if kind == "list":
            return [value(depth + 1) for _ in range(rng.randrange(4))]
        return {f"m{n}" + rng.choice(['"', "é", ".", ""]): value(depth + 1) for n in range(rng.randrange(4))}

    for _ in range(8):
        curated = {f"c{n}": value() for n in range(rng.randrange(1, 6))}
        top = {f"t{n}": value() for n in range(rng.randrange(3))}
        tags = [{"name": value(4), "category": rng.choice(["Disease", "", "Data"])} for _ in range(rng.randrange(4))]
        records.put(json.dumps({"_guid_type": "discovery_metadata", **top, "gen3_discovery": {**curated, "tags": tags}}))
        before = texts(records.text())
        etl(*loading(study)).ok()
        after = texts(records.text())
        assert {name: after[name] for name in top} == {name: before[name] for name in top}
        discovery = records.get()["gen3_discovery"]
        assert {name: discovery[name] for name in curated} == curated and discovery["tags"][:len(tags)] == tags


@pytest.mark.promise("No record of another project is touched")
def test_records_of_other_projects_and_aliases_are_not_touched(etl, commons, records, study):
    etl(*loading(study, project=OTHER)).ok()
    others = records.text(OTHER)
    etl(*loading(study)).ok()
    etl("discovery", "rm", "--yes", "--project", PROJECT).ok()
    assert records.text(OTHER) == others and records.text() == ""
    # The id of a project may be an alias of another document: reading it finds that one.
    records.alias(OTHER, PROJECT)
    refused = etl(*loading(study)).failed(7).stderr
    assert f"{PROJECT} is an alias of another document" in refused
    assert "is an alias" in etl("discovery", "rm", "--yes", "--project", PROJECT).failed(7).stderr
    assert records.text(OTHER) == others


@pytest.mark.parametrize("project", ["demo", "demo-..", "demo-a/b", "demo-a%2fb", "../x-y", "demo-a?overwrite=true", "demo-" + "x" * 300])
def test_no_request_is_made_for_what_is_no_project(etl, commons, study, project):
    commons.stand_in.clear()
    for command in (loading(study, project=project), ("discovery", "get", "--project", project), ("discovery", "rm", "--yes", "--project", project)):
        assert etl(*command).rc in (2, 7)
    assert not [route for route in commons.stand_in.requests() if "/mds/" in route]


@pytest.mark.parametrize("record, told", [
    ('{"_guid_type": "indexed_file_object", "a": 1}', "`indexed_file_object`"),
    ('{"a": 1}', "_guid_type is missing"),
    ('{"_guid_type": "discovery_metadata", "gen3_discovery": []}', "gen3_discovery of the record is not an object"),
    ('{"_guid_type": "discovery_metadata", "gen3_discovery": {"tags": {"a": 1}}}', "tags of the record is not a list"),
])
def test_a_document_that_is_no_discovery_record_is_left_alone(etl, commons, records, study, record, told):
    records.put(record)
    before = records.text()
    assert told in etl(*loading(study)).failed(7).stderr
    etl("discovery", "rm", "--yes", "--project", PROJECT).failed(7)
    assert records.text() == before


# --- get and rm --------------------------------------------------------------------------------------------------------


def test_get_prints_the_record_as_the_service_has_it(etl, commons, records):
    assert "there is no discovery record of demo-synthetic" in etl("discovery", "get", "--project", PROJECT).failed(2).stderr
    records.put(curated_record())
    assert etl("discovery", "get", "--project", PROJECT).ok().stdout == records.text().strip() + "\n"
    assert "short_name: LS" in etl("discovery", "get", "-o", "yaml", "--project", PROJECT).ok().stdout


@pytest.mark.promise("Curated members of a discovery record stay")
def test_rm_asks_and_leaves_what_others_wrote(etl, commons, records, study):
    etl(*loading(study, "--manifest", "write")).ok()
    assert "--yes" in etl("discovery", "rm", "--project", PROJECT).failed(2).stderr
    dry = etl("discovery", "rm", "-o", "json", "--project", PROJECT, "--dry-run").ok()
    assert dry.json() == {"project": PROJECT, "removed": False} and "would remove" in dry.stderr and records.text()
    assert etl("discovery", "rm", "-o", "json", "--yes", "--project", PROJECT).ok().json()["removed"] is True
    assert records.text() == ""
    assert "nothing to remove" in etl("discovery", "rm", "--yes", "--project", PROJECT).ok().stderr

    records.put(curated_record())
    before = records.text()
    refused = etl("discovery", "rm", "--yes", "--project", PROJECT).failed(7).stderr
    for name in ("data_dictionaries", "objects", "gen3_discovery.short_name", "tag Disease: Cancer", "tag Study Location: Boston"):
        assert name in refused
    assert "gen3_discovery.authz" not in refused and "tag Program" not in refused and records.text() == before
    etl("discovery", "rm", "--yes", "--with-curated", "--project", PROJECT).ok()
    assert records.text() == ""


# --- the service refuses, fails, is slow -------------------------------------------------------------------------------


def test_a_user_without_the_right_and_a_token_that_has_expired(etl, commons, records, study):
    refused = etl(*loading(study), env={"GEN3_API_KEY": str(commons.credentials_of("curator@example.org"))}).failed(4).stderr
    assert "HTTP 403" in refused and records.text() == ""
    expired = commons.stand_in.token("etl@example.org", expires_in=-60)
    told = etl(*loading(study), env={"ACCESS_TOKEN": expired}).failed(4).stderr
    assert "the access token has expired" in told and records.text() == ""


def test_a_service_that_fails_for_a_while_and_one_that_stays_down(etl, commons, records, study):
    commons.stand_in.fault("status", "^/mds/metadata/", status=503, times=1)
    etl(*loading(study)).ok()
    before = records.text()
    write(study / "more" / "Patient.ndjson", {"resourceType": "Patient", "id": "p6"})
    commons.stand_in.fault("status", "^/mds/metadata/", method="PUT", status=500, times=0)
    assert "HTTP 500" in etl(*loading(study)).failed(5).stderr and records.text() == before
    commons.stand_in.clear()
    commons.stand_in.fault("drop_after_work", "^/mds/metadata/", method="PUT", times=1)  # the answer is lost, not the work
    etl(*loading(study)).ok()
    assert records.get()["gen3_discovery"]["_subjects_count"] == 7
    token = commons.stand_in.token("etl@example.org")
    commons.kill()
    try:
        assert "metadata-service (" in etl(*loading(study), env={"ACCESS_TOKEN": token}).failed(5).stderr
    finally:
        commons.start()


def test_a_record_that_somebody_makes_meanwhile_is_read_again(etl, commons, records, study):
    """The service says that there is none, once, though there is: as if it were made between our two requests."""
    records.put(curated_record())
    commons.stand_in.fault("status", "^/mds/metadata/", method="GET", status=404, times=1, body=json.dumps({"detail": f"Not found: {PROJECT}"}))
    assert etl(*loading(study)).ok().json()["record"] == "updated"
    assert records.get()["gen3_discovery"]["short_name"] == "LS" and records.get()["gen3_discovery"]["_subjects_count"] == 6


# --- in a run ----------------------------------------------------------------------------------------------------------


def discover(world, **destinations: str) -> None:
    world.write_etl_yaml(destinations={"projects": "no", "graph": "no", "files": "no", "discovery": "yes", **destinations})


@pytest.mark.promise("A run changes nothing that is as it should be")
@pytest.mark.promise("A failing study holds no other up")
def test_a_run_writes_the_records_and_a_second_one_nothing(world):
    discover(world)
    world.run("--all", "--only", "pull")
    records = Records(world.commons)
    planned = world.run("--all", "--dry-run")
    assert step(planned, LUNG, "discovery")["outcome"] == "planned" and records.text() == ""
    first = world.run()
    for study in (LUNG, COHORT):
        record = records.get(PROJECTS[study])["gen3_discovery"]
        lines = (world.home / "studies" / study / "Patient.ndjson").read_text().splitlines()
        assert record["_subjects_count"] == len(lines) == step(first, study, "discovery")["counts"]["subjects"]
        assert step(first, study, "discovery")["outcome"] == "done" and step(planned, study, "discovery")["counts"] == step(
            first, study, "discovery")["counts"]
    assert "wrote 2 discovery records" in first.json()["summary"]
    held = records.text(PROJECTS[LUNG])
    world.commons.stand_in.clear()
    assert steps(world.run(), LUNG)["discovery"] == "unchanged" and records.writes() == {}
    # The command says the same.
    folder = world.home / "studies" / LUNG
    assert world.etl(*loading(folder, project=PROJECTS[LUNG])).ok().json()["record"] == "unchanged"

    # One study's record is broken, the other's is served.
    records.put('{"_guid_type": "other"}', PROJECTS[LUNG])
    changed = world.home / "studies" / COHORT / "Patient.ndjson"
    lines = changed.read_text().splitlines()
    changed.write_text("\n".join([*lines, json.dumps({**json.loads(lines[0]), "id": "11111111-2222-4333-8444-555555555555"})]) + "\n")
    ran = world.run("--all", "--skip", "pull", rc=7)
    assert steps(ran, LUNG)["discovery"] == "failed" and steps(ran, COHORT)["discovery"] == "done"
    assert step(ran, COHORT, "discovery")["reason"] == "other _research_subject_count, _subjects_count"
    used = {each["what"]: each["value"] for each in step(ran, LUNG, "discovery")["used"]}
    assert used["commons"] == world.commons.endpoint and "etl@example.org" in used["API key"] and used["project"] == PROJECTS[LUNG]
    records.put(held, PROJECTS[LUNG])
    assert steps(world.run("--all", "--skip", "pull"), LUNG)["discovery"] == "unchanged"


def test_it_is_left_out_where_nobody_wants_it(world, pod):
    discover(world, discovery="no")
    ran = world.run()
    assert step(ran, LUNG, "discovery")["reason"].startswith("destinations.discovery is no (")
    world.write_etl_yaml(destinations={"projects": "no", "graph": "no", "files": "no", "discovery": "yes"},
                         studies=[{**world.studies()[0], "skip": "discovery"}, world.studies()[1]])
    ran = world.run()
    assert steps(ran, LUNG)["discovery"] == "skipped" and steps(ran, COHORT)["discovery"] == "done"
    assert Records(world.commons).text(PROJECTS[LUNG]) == ""
    pod.write_etl_yaml(destinations={"files": "no", "discovery": "yes"})
    assert step(pod.run(), LUNG, "discovery")["reason"] == "no commons is configured (gen3.api_key, gen3.endpoint)"


@pytest.mark.promise("A run stops within 10 s")
@pytest.mark.promise("A run goes on where it was")
def test_stopped_and_killed_while_the_service_is_slow(world):
    discover(world)
    world.run("--all", "--only", "pull")
    records = Records(world.commons)
    for end in ("stop", "kill"):
        world.commons.stand_in.fault("delay", "^/mds/metadata/", method="POST", times=0, ms=20_000)
        running = world.start(LUNG)
        running.until_done(LUNG, "validate")
        while not world.commons.stand_in.faults()[0]["hits"]:
            assert running.process.poll() is None, "it never asked"
            time.sleep(0.05)
        if end == "stop":
            assert steps(running.stop().failed(5), LUNG)["discovery"] == "stopped"
        else:
            assert running.kill()
        world.commons.stand_in.clear()
    assert steps(world.run(LUNG), LUNG)["discovery"] in ("done", "unchanged")
    assert records.get(PROJECTS[LUNG])["gen3_discovery"]["study_id"] == PROJECTS[LUNG]


def test_doctor_says_whether_runs_can_write_records(world):
    def examined(rc: int = 0, **env: str) -> dict[str, dict]:
        found = world.etl("doctor", "-o", "json", env=env)
        return {row["check"]: row for row in found.json()}

    world.run("--all", "--only", "pull")
    discover(world)
    told = examined()["metadata-service"]
    assert told["state"] == "ok" and "may write discovery records" in told["found"]
    told = examined(GEN3_API_KEY=str(world.commons.credentials_of("curator@example.org")))["metadata-service"]
    assert told["state"] == "failed" and "mds_gateway" in told["advice"]
    world.commons.stand_in.fault("status", "^/mds/_status", status=404, times=0, body="<html>no route</html>")
    told = examined()["metadata-service"]
    assert told["state"] == "failed" and "destinations: {discovery: no}" in told["advice"]
    discover(world, discovery="no")
    assert "metadata-service" not in examined()
