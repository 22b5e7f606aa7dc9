"""aced-etl run --every: one run after the other, and what is missed is made up for."""

from __future__ import annotations

import datetime
import sqlite3
import time

import pytest
from run_world import COHORT, LUNG, of_study, steps

RUN_ENDED = " changed"  # of the last line of a run: "2 studies: 1 changed; …", "1 study: 1 unchanged; nothing changed in 2 s"
WAITS = "the next run is due at"


def began(report: dict) -> datetime.datetime:
    return datetime.datetime.fromisoformat(report["began"].replace("Z", "+00:00"))


@pytest.mark.promise("A missed time is made up for once")
def test_runs_follow_each_other_and_settings_are_read_anew(pod):
    pod.change_study(COHORT, enabled=False)
    running = pod.start("--all", "--every", "1s")
    running.until_said(RUN_ENDED, count=2)
    pod.write_etl_yaml(studies="neither a list nor nothing")
    told = running.until_said("the run did not start: `studies` must be a list")
    assert "etl.yaml:2" in told["at"] and "write a study as" in told["do"]
    pod.write_etl_yaml()
    running.until_done(COHORT, "graph")
    running.until_said(RUN_ENDED, count=sum(RUN_ENDED in line["msg"] for line in running.log) + 1)
    ended = running.stop()
    reports = ended.reports()
    refused = [report for report in reports if "error" in report]  # a configuration error is a document, too
    assert refused and all(report["exit"] == 2 and "`studies` must be a list" in report["error"] for report in refused)
    reports = [report for report in reports if "error" not in report]
    first = [report for report in reports if len(report.get("studies", [])) == 1]
    assert len(first) >= 2 and reports[: len(first)] == first, "the list of studies changed once"
    assert [each["outcome"] for each in first[0]["studies"][0]["steps"]][3] == "done"
    outcomes = [report["studies"][0]["outcome"] for report in reports[1:]]
    assert outcomes[:-1] == ["unchanged"] * len(outcomes[:-1]) and outcomes[-1] in ("unchanged", "stopped")
    for one, next_one in zip(reports, reports[1:]):
        assert began(next_one) >= began(one) + datetime.timedelta(seconds=1)
    assert pod.records(COHORT) > 0


@pytest.mark.promise("A missed time is made up for once")
def test_a_run_that_lasts_longer_than_its_time_is_followed_by_one(pod):
    with pod.held(LUNG):
        running = pod.start("--all", "--every", "1s")
        pod.until_it_waits()
        time.sleep(3.5)  # three times are missed
        assert not [line for line in running.log if RUN_ENDED in line["msg"]]
        assert [name for study, name in running.steps()] == ["validate", "projects"], "nothing else has begun"
    running.until_said(RUN_ENDED, count=3)
    reports = running.stop().reports()
    assert reports[0]["seconds"] > 3
    end = began(reports[0]) + datetime.timedelta(seconds=reports[0]["seconds"])
    assert began(reports[1]) >= end - datetime.timedelta(seconds=1), "two at once"
    assert began(reports[2]) >= began(reports[1]) + datetime.timedelta(seconds=1), "missed times were made up for more than once"


@pytest.mark.promise("A missed time is made up for once")
def test_started_again_it_keeps_to_its_time(pod):
    running = pod.start("--all", "--every", "1h", "--jitter", "10m")
    due = running.until_said(WAITS)["msg"]
    assert running.stop().failed(0).json()["exit"] == 0
    # In time: nothing is run again.
    running = pod.start("--all", "--every", "1h", "--jitter", "10m")
    due = running.until_said(WAITS)["msg"]
    at = datetime.datetime.fromisoformat(due.removeprefix(WAITS + " ").removesuffix(" UTC")).replace(tzinfo=datetime.timezone.utc)
    left = at - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(minutes=50) < left < datetime.timedelta(minutes=71)
    assert running.stop().failed(0).stdout == "" and running.steps() == []
    # Other steps are another run, with a time of their own.
    running = pod.start("--all", "--every", "1h", "--only", "validate")
    running.until_said(WAITS)
    assert len(running.stop().failed(0).reports()) == 1
    # Days later: once.
    with sqlite3.connect(pod.home / "state/run.db") as journal:
        assert journal.execute("update runs set began = began - 200000 where which = 'all'").rowcount == 1
    journal.close()
    running = pod.start("--all", "--every", "1h")
    running.until_said(WAITS)
    assert len(running.stop().failed(0).reports()) == 1


@pytest.mark.promise("A missed time is made up for once")
def test_killed_in_its_midst_it_is_gone_on_with_at_once(pod):
    with pod.held(LUNG):
        running = pod.start("--all", "--every", "1h")
        pod.until_it_waits()
        assert running.kill()
    running = pod.start("--all", "--every", "1h")
    running.until_said(WAITS)
    (report,) = running.stop().failed(0).reports()
    assert {each["step"]: each["outcome"] for each in report["studies"][0]["steps"]}["graph"] == "done"
    assert pod.records(LUNG) > 0 and pod.records(COHORT) > 0


@pytest.mark.promise("A run stops within 10 s")
def test_the_exit_code_is_that_of_the_last_run(pod):
    patients = pod.home / "studies" / LUNG / "Patient.ndjson"
    good = patients.read_text()
    patients.write_text(good + "{}\n")
    running = pod.start("--all", "--every", "1h")
    running.until_said(WAITS)
    ran = running.stop().failed(3)
    assert steps(ran, LUNG)["validate"] == "failed" and of_study(ran, COHORT)["exit"] == 0
    patients.write_text(good)
    (pod.home / "state/run.db").unlink()  # without it a run does the same
    with pod.held(LUNG):
        running = pod.start("--all", "--every", "1h")
        pod.until_it_waits()
        assert steps(running.stop().failed(5), LUNG)["graph"] == "stopped"


def test_options_that_do_not_go_together(pod):
    assert "--jitter needs --every" in pod.run("--all", "--jitter", "1m", rc=2).stderr
    assert "--dry-run and --every exclude each other" in pod.run("--all", "--every", "1h", "--dry-run", rc=2).stderr
    assert "--every" in pod.run("--all", "--every", "often", rc=2).stderr
    assert "did you mean `Lung`" in pod.run("Lun", "--every", "1h", rc=2).stderr
