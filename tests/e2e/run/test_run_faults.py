"""aced-etl run while studies, keys and servers fail, while it is killed and stopped, and while another one is at work.

ACED_TEST_SEED=N    other moments to be killed at
"""

from __future__ import annotations

import json
import os
import random
import threading
import time

import pytest
import yaml
from programs import ROOT, program
from run_world import COHORT, FILES, LATER_STEPS, LUNG, STEPS, World, make_study, of_study, step, steps, well

NOTHING = well(outcome="unchanged")
BOTH = (LUNG, COHORT)


def ended_at(failed: str, *, outcome: str = "failed", before: str = "done") -> dict[str, str]:
    """What steps() says of a study that came as far as this step."""
    at = STEPS.index(failed)
    return {**dict.fromkeys(STEPS[:at], before), failed: outcome, **dict.fromkeys(STEPS[at + 1:] + LATER_STEPS, "not reached")}


# --- one study fails, the other is served ------------------------------------------------------------------------------


@pytest.mark.promise("A failing study holds no other up")
def test_a_study_with_faults_ends_before_it_is_loaded_and_the_other_one_is_served(pod, tmp_path):
    bad = make_study(program("ACED_SYNTH", "aced-synth"), tmp_path / "bad", LUNG, 3, "--faults", "20")
    pod.mount(bad)
    ran = pod.run(rc=3)
    assert steps(ran, LUNG) == {**ended_at("validate"), "pull": "skipped"}
    assert step(ran, LUNG, "validate")["counts"]["errors"] >= 1 and step(ran, LUNG, "validate")["exit"] == 3
    assert steps(ran, COHORT)["graph"] == "done" and of_study(ran, COHORT)["exit"] == 0
    assert ran.json()["exit"] == 3 and "2 studies: 1 changed, 1 failed; found" not in ran.stderr and "2 studies: 1 changed, 1 failed" in ran.stderr
    assert pod.records(LUNG) == 0 and pod.records(COHORT) > 0

    # Without validation the load itself finds it, and writes nothing.
    skipped = pod.run("--all", "--skip", "validate", rc=3)
    assert steps(skipped, LUNG)["graph"] == "failed" and pod.records(LUNG) == 0


@pytest.mark.promise("A failing study holds no other up")
def test_a_study_that_is_not_in_the_bucket_and_one_for_a_bucket_that_is_not_there(world):
    world.take_away(LUNG)
    world.change_study(COHORT, bucket="no-such-bucket-anywhere")
    ran = world.run(rc=2)
    assert steps(ran, LUNG) == ended_at("pull") and step(ran, LUNG, "pull")["exit"] == 2
    assert "Lung" in step(ran, LUNG, "pull")["reason"]
    assert steps(ran, COHORT) == ended_at("files") and step(ran, COHORT, "files")["exit"] == 2
    assert "no-such-bucket-anywhere" in ran.stderr
    assert world.records(LUNG) == 0 and world.indexed() == [] and world.files(COHORT) == {}

    world.put(world.sources[LUNG])
    world.write_etl_yaml()
    ran = world.run()
    assert steps(ran, LUNG) == {**well(), "projects": "unchanged"} or steps(ran, LUNG) == well()
    assert steps(ran, COHORT) == {**NOTHING, "files": "done"}
    assert [len(world.files(study)) for study in BOTH] == [FILES, FILES]


@pytest.mark.promise("A failing study holds no other up")
def test_a_source_that_is_not_there_ends_every_study_and_says_why(world):
    ran = world.run(rc=7, S3_BUCKET="no-such-bucket-anywhere")
    assert steps(ran, LUNG) == steps(ran, COHORT) == ended_at("pull")
    assert "NoSuchBucket" in step(ran, LUNG, "pull")["reason"] and "check the name of the bucket" in ran.stderr
    ran = world.run(rc=4, AWS_PROFILE=None, AWS_ACCESS_KEY_ID="AKIDNOBODY", AWS_SECRET_ACCESS_KEY="no-such-secret")
    assert steps(ran, LUNG) == steps(ran, COHORT) == ended_at("pull") and "403" in step(ran, LUNG, "pull")["reason"]


# --- keys and rights ---------------------------------------------------------------------------------------------------


@pytest.mark.promise("A failing study holds no other up")
def test_a_user_without_rights_on_one_project(new_world, tmp_path):
    users = yaml.safe_load((ROOT / "local/user.yaml").read_text())
    users["users"]["half@example.org"] = {"policies": ["demo-synthetic_all", "data_upload"]}
    (tmp_path / "user.yaml").write_text(yaml.safe_dump(users))
    world = new_world(tmp_path / "user.yaml")
    world.run("--all", "--only", "projects")
    ran = world.run(rc=4, GEN3_API_KEY=str(world.commons.credentials_of("half@example.org")))
    print(ran)
    assert steps(ran, LUNG) == {**well(), "projects": "unchanged"}
    assert of_study(ran, COHORT)["outcome"] == "failed" and of_study(ran, COHORT)["exit"] == 4
    assert len(world.files(LUNG)) == FILES and world.files(COHORT) == {}
    assert of_study(world.run(), COHORT)["outcome"] == "done"
    assert len(world.files(COHORT)) == FILES


def test_a_key_that_is_revoked_ends_the_next_run_and_not_this_one(world):
    """fence knows revoked keys, but a token that it gave for one lives on."""
    key = json.loads((world.commons.creds / "credentials.json").read_text())
    user = "etl@example.org"
    running = None
    with world.held(LUNG):
        running = world.start()
        world.until_it_waits()
        revoked = world.commons.stand_in.ask("DELETE", f"/user/credentials/api/{key['key_id']}",
                                             token=world.commons.stand_in.token(user))
        assert revoked.status == 204
    ran = running.end().failed(0)
    assert steps(ran, LUNG) == steps(ran, COHORT)
    held = world.holds()

    world.put(world.sources[COHORT])
    ran = world.run(rc=4)
    assert steps(ran, LUNG) == steps(ran, COHORT) == ended_at("projects", before="unchanged")
    assert "HTTP 401" in step(ran, LUNG, "projects")["reason"] and "create a new API key" in ran.stderr
    assert world.holds() == held
    ran = world.run(GEN3_API_KEY=str(world.commons.credentials_of(user)))
    assert steps(ran, LUNG) == steps(ran, COHORT) == NOTHING


def test_a_token_that_has_expired_is_told_as_such(world):
    token = world.commons.stand_in.token("etl@example.org", expires_in=-60)
    ran = world.run(rc=4, ACCESS_TOKEN=token)
    print(ran)
    assert steps(ran, LUNG) == steps(ran, COHORT) == ended_at("projects")
    assert "expired" in step(ran, LUNG, "projects")["reason"]
    assert token not in ran.stderr + ran.stdout and world.records(LUNG) == 0
    assert steps(world.run(ACCESS_TOKEN=world.commons.stand_in.token("etl@example.org")), LUNG)["files"] == "done"


# --- servers go away ---------------------------------------------------------------------------------------------------


class Outage:
    """A server of the world that can be stopped and started."""

    def __init__(self, stop, start) -> None:
        self.stop, self.start = stop, start


def outages(world: World, postgres) -> dict[str, Outage]:
    return {"PostgreSQL": Outage(lambda: postgres.command("down"), lambda: postgres.command("up", ACED_LOCAL_FSYNC="off")),
            "S3": Outage(world.s3.kill, world.s3.start),
            "the Gen3 services": Outage(world.commons.kill, world.commons.start)}


@pytest.mark.promise("A run goes on where it was")
@pytest.mark.parametrize("server", ["PostgreSQL", "S3", "the Gen3 services"])
def test_a_server_that_is_stopped_and_started_again_is_waited_for_or_gone_on_with(world, postgres, server):
    """It goes while the graph of a study is loaded. PostgreSQL is needed at once, the others for the files that follow."""
    outage = outages(world, postgres)[server]
    with world.held(LUNG):
        running = world.start(LUNG)
        world.until_it_waits()
        outage.stop()
    try:
        if server == "PostgreSQL":
            running.until_said("trying again in")
    finally:
        outage.start()
    assert steps(running.end().failed(0), LUNG) == well()
    assert steps(world.run(LUNG), LUNG) == NOTHING

    world.empty()
    with world.held(LUNG):
        running = world.start(LUNG, ACED_ETL_TRIES="1")
        world.until_it_waits()
        outage.stop()
    try:
        ran = running.end().failed(5)
    finally:
        outage.start()
    assert steps(ran, LUNG) == ended_at("graph" if server == "PostgreSQL" else "files")
    assert (world.records(LUNG) == 0) == (server == "PostgreSQL")
    again = world.run()
    assert steps(again, LUNG)["files"] == "done" and steps(again, LUNG)["pull"] == "unchanged"
    assert [len(world.files(study)) for study in BOTH] == [FILES, FILES]
    assert steps(world.run(), LUNG) == NOTHING


# --- ended in its midst ------------------------------------------------------------------------------------------------


@pytest.mark.promise("A run goes on where it was")
def test_killed_at_thirty_moments_it_ends_as_if_undisturbed(new_world, proxy):
    """Each life of a world begins empty, and is killed in some steps of the one study or the other, in their order."""
    seed = int(os.environ.get("ACED_TEST_SEED") or random.randrange(1_000_000))
    print("ACED_TEST_SEED", seed)
    moments = random.Random(seed)
    places = [(study, name) for study in BOTH for name in STEPS]

    between = proxy()
    between.pause = 0.02  # else a pull is over before it can be killed
    undisturbed, world = new_world(), new_world()
    for each in (undisturbed, world):
        each.etl.env["AWS_ENDPOINT_URL"] = between.endpoint
    took = {(study["study"], each["step"]): each["seconds"] for study in undisturbed.run().json()["studies"] for each in study["steps"]}
    wanted = undisturbed.holds()
    assert len(wanted["records"]) == 2 * FILES

    killed: list[tuple[str, str]] = []
    while len(killed) < 30:
        chosen = {(moments.choice(BOTH), name) for name in ("pull", "graph", "files")} | set(moments.sample(places, 3))
        for study, name in sorted(chosen, key=places.index):
            before = places.index((study, name)) - 1
            running = world.start()
            if before >= 0:
                running.until_done(*places[before])
            time.sleep(moments.uniform(0, 0.7 * took[study, name]))
            if running.kill():
                killed.append(places[min(len(running.steps()), len(places) - 1)])
        world.run()
        assert world.holds() == wanted, f"after {killed}"
        if len(killed) < 30:
            world.empty()
    print({f"{study} {name}": killed.count((study, name)) for study, name in places})
    for name in ("pull", "graph", "files"):
        assert sum(step == name for _, step in killed) >= 3, f"hardly killed in {name}"
    assert steps(world.run(), LUNG) == NOTHING


@pytest.mark.threads
@pytest.mark.promise("A run stops within 10 s")
def test_sigterm_ends_a_statement_and_nothing_is_written(pod):
    with pod.held(LUNG):
        running = pod.start()
        pod.until_it_waits()
        ran = running.stop().failed(5)
    assert steps(ran, LUNG) == {**ended_at("graph", outcome="stopped"), "pull": "skipped"}
    assert steps(ran, COHORT) == ended_at("pull", outcome="stopped")
    assert ran.json()["exit"] == 5 and "the same command resumes" in step(ran, LUNG, "graph")["reason"]
    assert pod.records(LUNG) == 0
    assert steps(pod.run(), LUNG)["graph"] == "done"


@pytest.mark.threads
@pytest.mark.promise("A run stops within 10 s")
def test_sigterm_ends_a_pull_an_upload_and_a_wait(world, proxy):
    between = proxy()
    asked, go_on = threading.Event(), threading.Event()

    def hold(request: tuple[str, str, str]) -> None:
        if "list-type" not in request[1] and len(between.gets()) > 5:
            asked.set()
            go_on.wait(60)

    between.on_request = hold
    running = world.start(AWS_ENDPOINT_URL=between.endpoint)
    assert asked.wait(60)
    assert steps(running.stop().failed(5), LUNG) == ended_at("pull", outcome="stopped")
    go_on.set()

    # No service to ask: a long wait before the second try.
    world.commons.stop()
    running = world.start(LUNG, ACED_ETL_RETRY_WAIT="600")
    running.until_said("trying again in")
    assert steps(running.stop().failed(5), LUNG) == ended_at("projects", outcome="stopped")
    world.commons.start()

    world.commons.stand_in.fault("delay", "^/user/data/upload/", method="GET", times=0, ms=20_000)
    running = world.start(LUNG)
    running.until_done(LUNG, "graph")
    until = time.monotonic() + 60
    while not world.commons.stand_in.faults()[0]["hits"]:
        assert time.monotonic() < until
        time.sleep(0.02)
    ran = running.stop().failed(5)
    assert steps(ran, LUNG)["graph"] == "done" and steps(ran, LUNG)["files"] == "stopped"
    world.commons.stand_in.clear()
    ran = world.run()
    assert steps(ran, LUNG) == {**NOTHING, "files": "done"} and steps(ran, COHORT) == {**well(), "projects": "done"}
    assert [len(world.files(study)) for study in BOTH] == [FILES, FILES]


# --- not alone ---------------------------------------------------------------------------------------------------------


@pytest.mark.promise("One run of a project at a time")
def test_a_second_run_leaves_a_project_that_is_worked_on_and_does_the_others(pod, tmp_path):
    with pod.held(LUNG):
        first = pod.start()
        pod.until_it_waits()
        second = pod.run(rc=8)
        assert f"process {first.process.pid}" in step(second, LUNG, "pull")["reason"]
        assert steps(second, LUNG) == ended_at("pull")
        assert steps(second, COHORT)["graph"] == "done"
        # Another pod shares the database and not the state.
        other = pod.run(LUNG, rc=8, ACED_ETL_STATE_DIR=str(tmp_path / "other"))
        assert f"aced-etl: process {first.process.pid} on " in step(other, LUNG, "pull")["reason"]
        # One look is no work.
        dry = pod.run(LUNG, "--only", "validate", "--dry-run")
        assert steps(dry, LUNG) == {"validate": "unchanged"}
    ran = first.end().failed(0)
    assert steps(ran, LUNG)["graph"] == "done" and steps(ran, COHORT)["graph"] == "unchanged"


@pytest.mark.promise("One run of a project at a time")
def test_a_load_by_hand_is_waited_for(pod):
    """As is a session whose run was killed and that the server has not missed yet."""
    lock = "select pg_advisory_lock(('x' || left(md5('aced-etl:project:demo-synthetic'), 16))::bit(64)::bigint)"
    with pod.database.connect(autocommit=True) as by_hand:
        by_hand.execute(lock)
        held = pod.run(LUNG, rc=8, ACED_ETL_TRIES="1")
        assert steps(held, LUNG)["graph"] == "failed" and "is held by" in step(held, LUNG, "graph")["reason"]
        running = pod.start(LUNG)
        running.until_said("trying again in")
    assert steps(running.end().failed(0), LUNG)["graph"] == "done"
