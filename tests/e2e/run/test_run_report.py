"""What a run says: with what it works, what it did, why it failed, and what its documents hold."""

from __future__ import annotations

import json
import re
import socket

import pytest
import yaml
from graph_study import patient
from pooler import free_port
from programs import ROOT, program
from run_world import COHORT, FILES, LUNG, PROJECTS, RECORDS, STEPS, make_study, of_study, step, steps

THIRD = "Third"


def last_line(ran) -> str:
    return ran.stderr.splitlines()[-1].split("Z ", 1)[-1]


# --- the first line ----------------------------------------------------------------------------------------------------


@pytest.mark.promise("A run names what it works with")
def test_the_first_line_and_the_document_name_commons_database_and_etl_yaml(world):
    ran = world.run("--all", "--dry-run")
    report, first = ran.json(), ran.stderr.splitlines()[0]
    assert report["version"] == world.etl("--version").stdout.split()[1]
    assert report["host"] == socket.gethostname()
    assert report["commons"].startswith("http")
    assert world.commons.database["PGDATABASE"] in report["database"] and world.commons.database["PGPORT"] in report["database"]
    assert report["etl_yaml"] == str(world.home / "etl.yaml")
    for name in ("version", "host", "commons", "database", "etl_yaml"):
        assert report[name] in first, name
    log = json.loads(world.run("--all", "--dry-run", "--log-format", "json").stderr.splitlines()[0])
    assert {name: log[name] for name in ("commons", "database", "etl_yaml")} == {name: report[name] for name in ("commons", "database", "etl_yaml")}


@pytest.mark.promise("A run names what it works with")
def test_a_pod_without_a_commons_says_so(pod):
    ran = pod.run("--all", "--only", "validate")
    assert ran.json()["commons"] is None and "no commons" in ran.stderr.splitlines()[0]


# --- the last line -----------------------------------------------------------------------------------------------------


@pytest.mark.promise("The last line of a run counts what happened")
def test_the_last_line_counts_what_happened(world):
    dry = world.run("--all", "--dry-run")
    assert re.match(r"dry run of 2 studies: 2 would change; would pull \d+ files \(.*B\); for 2 studies the later steps are known "
                    r"only after the pull in ", last_line(dry)), last_line(dry)
    first = world.run()
    sent = sum(step(first, study, "files")["counts"]["files"] for study in PROJECTS)
    rows = sum(step(first, study, "graph")["counts"]["inserted"] for study in PROJECTS)
    assert sent == 2 * FILES and rows > 2 * RECORDS
    said = last_line(first)
    assert said.startswith("2 studies: 2 changed; pulled ")
    assert "created 3 programs and projects" in said and f"inserted {rows:,} rows" in said and f"sent {sent} files (" in said
    assert first.json()["summary"] in said
    assert re.match(r"2 studies: 2 unchanged; nothing changed in ", last_line(world.run()))
    assert re.match(r"dry run of 2 studies: 2 unchanged; nothing would change in ", last_line(world.run("--all", "--dry-run")))


@pytest.mark.promise("The last line of a run counts what happened")
def test_files_that_were_sent_and_files_that_failed_are_both_counted(world):
    world.run("--all", "--only", "pull")
    victim = next(path for path in sorted((world.home / "output").rglob("*")) if path.is_file() and "Lung" in str(path))
    victim.write_bytes(victim.read_bytes() + b"x")
    ran = world.run("--all", "--skip", "pull", rc=6)
    assert step(ran, LUNG, "files")["counts"] | {"bytes": 0} == {"files": FILES - 1, "bytes": 0, "unchanged": 0, "failed": 1}
    said = last_line(ran)
    assert said.startswith("2 studies: 1 changed, 1 failed; ") and f"sent {2 * FILES - 1} files (" in said and "1 file failed" in said
    assert "nothing changed" not in said


@pytest.mark.promise("The last line of a run counts what happened")
def test_files_that_a_first_try_sent_count_as_sent(world):
    """fence goes away after some uploads, and is back for the second try."""
    world.run("--all", "--skip", "files")
    world.etl.env["ACED_ETL_FILE_JOBS"] = "1"
    stand_in = world.commons.stand_in
    stand_in.fault("status", "^/user/data/upload/", method="GET", times=0, skip=5, status=503)
    running = world.start(LUNG, ACED_ETL_RETRY_WAIT="2")
    running.until_said("trying again in", count=1)
    stand_in.clear()
    ran = running.end().failed(0)
    assert step(ran, LUNG, "files")["counts"] | {"bytes": 0} == {"files": FILES, "bytes": 0, "unchanged": 0, "failed": 0}


# --- causes and the breaker --------------------------------------------------------------------------------------------


def with_third(pod, folder) -> None:
    pod.mount(make_study(program("ACED_SYNTH", "aced-synth"), folder, THIRD, 3))
    pod.write_etl_yaml(studies=[*pod.studies(), {"name": THIRD, "project": "third"}])


@pytest.mark.promise("One cause is explained once")
def test_one_cause_is_explained_once_with_all_its_studies(world):
    """A wrong prefix: no study is where etl.yaml says."""
    studies = [{**study, "source": f"nowhere/{study['name']}"} for study in world.studies()]
    world.write_etl_yaml(studies=studies)
    ran = world.run(rc=2)
    reason = step(ran, LUNG, "pull")["reason"]
    assert COHORT not in reason and ran.stderr.count("check the study's `source`") <= 2  # with the cause, and with its studies
    assert f"2 studies failed at pull for the same cause: {LUNG}, {COHORT}" in ran.stderr
    assert f"{COHORT}: pull: failed, for the same cause as {LUNG}" in ran.stderr
    (cause,) = ran.json()["causes"]
    assert cause["studies"] == [LUNG, COHORT] and cause["step"] == "pull" and cause["exit"] == 2 and cause["reason"] == reason
    table = world.etl("run", "--all").failed(2).stdout
    assert f"as {LUNG}" in table


@pytest.mark.promise("One cause is explained once")
@pytest.mark.parametrize("what", ["a refused key", "no S3"])
def test_a_refused_key_and_a_dead_service_are_explained_once(world, what):
    env = {"AWS_PROFILE": None, "AWS_ACCESS_KEY_ID": "AKIDNOBODY", "AWS_SECRET_ACCESS_KEY": "no-such-secret"}
    if what == "no S3":
        env = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}", "ACED_ETL_TRIES": "1"}
    ran = world.run(rc=5 if what == "no S3" else 4, **env)
    (cause,) = ran.json()["causes"]
    assert cause["studies"] == [LUNG, COHORT] and cause["step"] == "pull" and cause["do"]
    assert ran.stderr.count(cause["reason"]) == 1, ran.stderr
    assert f"2 studies failed at pull for the same cause: {LUNG}, {COHORT}" in ran.stderr


@pytest.mark.promise("A service that is down ends a run early")
def test_a_database_that_is_down_is_not_waited_for_by_every_study(pod, tmp_path):
    with_third(pod, tmp_path / "third")
    ran = pod.run(rc=5, PGPORT=str(free_port()))
    first = STEPS[0]
    tries = {study: step(ran, study, first)["tries"] for study in (LUNG, COHORT, THIRD)}
    assert tries == {LUNG: 3, COHORT: 1, THIRD: 0} and "not tried" in step(ran, THIRD, first)["reason"]
    assert f"{LUNG} and {COHORT}" in step(ran, THIRD, first)["reason"]
    assert {step(ran, study, first)["exit"] for study in (LUNG, COHORT, THIRD)} == {5}
    (cause,) = ran.json()["causes"]
    assert cause["studies"] == [LUNG, COHORT, THIRD]
    # Its own waits, 1 s and 3 s, are part of the time.
    assert step(ran, LUNG, first)["seconds"] >= 4 > step(ran, COHORT, first)["seconds"]
    assert ran.stderr.count("Connection refused") <= 3  # two waits and the failure, all of the first study
    ran = pod.run()
    assert {of_study(ran, study)["outcome"] for study in (LUNG, COHORT)} == {"done"}


@pytest.mark.promise("One cause is explained once")
def test_different_causes_stay_apart(pod):
    (pod.home / "studies" / LUNG / "Patient.ndjson").write_text("{\n")
    pod.change_study(COHORT, name="Gone")
    ran = pod.run(rc=2)
    assert [cause["studies"] for cause in ran.json()["causes"]] == [[LUNG], ["Gone"]] and "same cause" not in ran.stderr


# --- documents ---------------------------------------------------------------------------------------------------------


@pytest.mark.promise("Results go to stdout")
@pytest.mark.parametrize("output", ["json", "yaml"])
def test_a_configuration_error_is_a_document_too(pod, output):
    pod.write_etl_yaml(graf={"prune": "yes"})
    for args in (["run", "--all"], ["studies", "ls"], ["doctor"], ["graph", "counts"], ["config", "show"]):
        ran = pod.etl(*args, "-o", output).failed(2)
        document = yaml.safe_load(ran.stdout) if output == "yaml" else ran.json()
        assert document["exit"] == 2 and "graf" in document["error"] and document["at"] and document["do"], args
        assert "graf" in ran.stderr
    for args in (["confg"], ["config", "shw"], ["run", "--only", "nothing"], ["--nonsense"]):
        ran = pod.etl(*args, f"--output={output}").failed(2)
        document = yaml.safe_load(ran.stdout) if output == "yaml" else ran.json()
        assert document["exit"] == 2 and document["error"] in ran.stderr
    assert pod.etl("run", "--all").failed(2).stdout == ""


@pytest.mark.promise("Results go to stdout")
def test_commands_whose_result_is_a_message_print_a_document_too(etl, tmp_path, commons):
    (tmp_path / "good.ndjson").write_text(json.dumps(patient("p1")) + "\n")
    assert etl("simplify", "good.ndjson", "out", "-o", "json").ok().json() == {"resources": 1, "records": 1, "set_aside": 0, "errors": 0, "warnings": 0}
    assert etl("simplify", "good.ndjson", "out").ok().stdout == ""
    # A stream of records stays one.
    (tmp_path / "bad.ndjson").write_text(json.dumps(patient("p1")) + "\n{\n")
    stream = etl("simplify", "bad.ndjson", "-", "-o", "json").failed(3).stdout
    assert [json.loads(line)["id"] for line in stream.splitlines()] == ["p1"]
    etl("graph", "init", "--dictionary", ROOT / "share/demo/dictionary.json").ok()
    etl("projects", "init", "demo-cohort", "--via", "database").ok()
    remove = ("projects", "rm", "demo-cohort", "--via", "database", "--yes", "-o", "json")
    assert etl(*remove, "--dry-run").ok().json() == {"project": "demo-cohort", "dry_run": True, "removed": False}
    assert etl(*remove).ok().json()["removed"] is True
    assert etl(*remove).failed(2).json()["exit"] == 2, "it is gone"
    written = etl("config", "init", "new.yaml", "-o", "json").ok().json()
    assert written["file"] == "new.yaml" and written["projects"] > 0


@pytest.mark.promise("Results go to stdout")
def test_validate_prints_yaml(etl, tmp_path):
    (tmp_path / "bad.ndjson").write_text('{"resourceType": "Patient", "id": "a b", "gendr": "x: #"}\n')
    (tmp_path / "good.ndjson").write_text(json.dumps(patient("p1")) + "\n")
    text = etl("validate", "-o", "yaml", "bad.ndjson").failed(3).stdout
    assert "{" not in text.split("kinds:")[0], "flow style is JSON"
    assert yaml.safe_load(text) == etl("validate", "-o", "json", "bad.ndjson").failed(3).json()
    good = yaml.safe_load(etl("validate", "-o", "yaml", "good.ndjson").ok().stdout)
    assert good["issues"] == [] and good["summary"]["resources"] == 1 and good["summary"]["errors"] == 0


def test_messages_of_a_run_carry_study_and_step_and_numbers_are_numbers(world):
    running = world.start()
    ran = running.end().failed(0)
    files = [line for line in ran.log if line.get("outcome") == "loaded"]
    assert len(files) == 2 * FILES and {type(line["bytes"]) for line in files} == {int}
    assert {(line["study"], line["project"], line["step"]) for line in files} == {
        (study, project, "files") for study, project in PROJECTS.items()}
    ended = [line for line in ran.log if "counts" in line]
    assert [(line["study"], line["step"]) for line in ended] == [(study, name) for study in PROJECTS for name in STEPS]
    assert all(isinstance(value, int) for line in ended for value in line["counts"].values())
    # A second run has nothing to say of the files.
    again = world.start().end().failed(0)
    assert not [line for line in again.log if "did" in line]
    studies = world.etl("config", "studies", "-o", "json").ok().json()
    assert {type(study["enabled"]) for study in studies} == {bool} and {type(study["skip"]) for study in studies} == {list}


@pytest.mark.promise("A run changes nothing that is as it should be")
def test_a_dry_run_of_files_does_not_say_loaded(world):
    world.run("--all", "--skip", "files")
    metadata = world.home / "studies" / LUNG
    command = ("files", "load", "--project", PROJECTS[LUNG], metadata, "--dry-run")
    text = world.etl(*command).ok()
    assert re.search(rf"^would be loaded\s+{FILES}\s", text.stdout, re.M) and not re.search("^loaded", text.stdout, re.M)
    assert {row["outcome"] for row in world.etl(*command, "-o", "json").ok().json() if row["files"]} == {"would be loaded"}


@pytest.mark.promise("One cause is explained once")
def test_a_warning_of_several_steps_is_written_once_for_a_study(pod):
    """Validation and the load find the same resource twice."""
    for study in (LUNG, COHORT):
        patients = pod.home / "studies" / study / "Patient.ndjson"
        patients.write_text(patients.read_text() + patients.read_text().splitlines()[0] + "\n")
    ran = pod.run()
    assert steps(ran, LUNG)["validate"] == steps(ran, LUNG)["graph"] == "done"
    warnings = [line.split("Z ", 1)[-1] for line in ran.stderr.splitlines() if "warning: " in line]
    twice = [line for line in warnings if "Patient" in line]
    assert len(twice) == 2 and [sum(f"warning: {study}: " in line for line in twice) for study in (LUNG, COHORT)] == [1, 1]
    assert len(warnings) == len(set(warnings))


# --- names that are not there ------------------------------------------------------------------------------------------


@pytest.mark.promise("A mistyped project is not an empty one")
def test_a_project_that_is_not_there_is_an_error_with_a_suggestion(world):
    world.run(LUNG)
    for command in (["graph", "counts"], ["graph", "rm", "--dry-run"], ["graph", "rm", "--yes"], ["files", "ls"], ["files", "rm", "--yes"],
                    ["files", "rm", "--dry-run"]):
        ran = world.etl(*command, "--project", "demo-syntetic").failed(2)
        assert "the project demo-syntetic does not exist" in ran.stderr and "did you mean `demo-synthetic`?" in ran.stderr, command
        assert "aced-etl projects ls" in world.etl(*command, "--project", "other-thing").failed(2).stderr
    assert world.records(LUNG) > 0
    # A project that is there and empty is no error.
    world.etl("graph", "rm", "--yes", "--project", PROJECTS[LUNG]).ok()
    world.etl("files", "rm", "--yes", "--project", PROJECTS[LUNG]).ok()
    for command in (["graph", "counts"], ["graph", "rm", "--yes"], ["files", "ls"], ["files", "rm", "--yes"]):
        world.etl(*command, "--project", PROJECTS[LUNG]).ok()


def test_paths_get_a_suggestion(pod):
    assert "did you mean `studies/Lung`?" in pod.etl("validate", "studies/Lug").failed(2).stderr
    assert "did you mean `studies/Lung`?" in pod.etl("validate", "studies/Lug/Patient.ndjson").failed(2).stderr
    assert "did you mean `studies/Lung/Patient.ndjson`?" in pod.etl("validate", "studies/Lung/Patient.ndjso").failed(2).stderr
    assert "did you mean `etl.yaml`?" in pod.etl("config", "show", "--etl-yaml", "etl.yml").failed(2).stderr


# --- list options ------------------------------------------------------------------------------------------------------


@pytest.mark.promise("List options take one value")
def test_a_list_option_does_not_swallow_the_words_after_it(pod):
    assert list(steps(pod.run("--only", "graph", LUNG, "--dry-run"), LUNG)) == ["graph"]
    assert list(steps(pod.run("--only", "validate,graph", LUNG, "--dry-run"), LUNG)) == ["validate", "graph"]
    assert list(steps(pod.run("--only", "validate", "--only", "graph", LUNG, "--dry-run"), LUNG)) == ["validate", "graph"]
    assert list(steps(pod.run("--skip", "pull", "--skip=files,graph,search,fhir,discovery", LUNG, COHORT, "--dry-run"), COHORT)) == ["validate", "projects"]
    folder = pod.home / "studies" / LUNG
    whole = pod.etl("validate", "-o", "json", folder).ok().json()["summary"]["resources"]
    for options in (["--exclude", "Patient.ndjson", "--exclude", "Observation.ndjson"], ["--exclude", "Patient.ndjson,Observation.ndjson"]):
        some = pod.etl("validate", "-o", "json", *options, folder, "--dangling", "warning").ok().json()["summary"]["resources"]
        assert 0 < some < whole
