"""aced-etl run: two studies into a commons of real servers, what a second run does, and the command's options."""

from __future__ import annotations

import json
import shutil

import pytest
from graph_study import dump, patient, write
from run_world import COHORT, FILES, LATER_STEPS, LUNG, PROJECTS, RECORDS, STEPS, of_study, step, steps, well

NOTHING = well(outcome="unchanged")


@pytest.mark.threads
@pytest.mark.promise("A run changes nothing that is as it should be")
def test_a_run_brings_every_study_and_a_second_one_changes_nothing(world):
    first = world.run()
    for study in (LUNG, COHORT):
        assert steps(first, study) == well()
        assert step(first, study, "files")["counts"]["files"] == FILES
        assert step(first, study, "graph")["counts"]["inserted"] > RECORDS  # with edges
    held, rows = world.holds(), dump(world.database, created=True, xmin=True)
    assert len(held["records"]) == 2 * FILES and [len(files) for files in held["objects"].values()] == [FILES, FILES]
    world.commons.stand_in.clear()
    again = world.run()
    for study in (LUNG, COHORT):
        assert steps(again, study) == NOTHING
        assert step(again, study, "pull")["counts"] | {"unchanged": 0} == {"files": 0, "bytes": 0, "unchanged": 0, "removed": 0, "kept": 0}
        assert {name: count for name, count in step(again, study, "graph")["counts"].items() if count} == {
            "unchanged": step(first, study, "graph")["counts"]["inserted"]}
        assert step(again, study, "files")["counts"] == {"files": 0, "bytes": 0, "unchanged": FILES, "failed": 0}
    assert not [route for route in world.commons.stand_in.requests() if "upload" in route or "multipart" in route]
    assert world.holds() == held
    assert dump(world.database, created=True, xmin=True) == rows


@pytest.mark.promise("A run changes nothing that is as it should be")
def test_only_what_somebody_touched_is_validated_again(pod):
    pod.run()
    assert steps(pod.run(), LUNG)["validate"] == "unchanged"
    patients = pod.home / "studies" / LUNG / "Patient.ndjson"
    text = patients.read_text()
    patients.write_text(text)  # the same bytes: nobody knows before they are read
    ran = pod.run()
    assert steps(ran, LUNG)["validate"] == "done" and steps(ran, COHORT)["validate"] == "unchanged"
    assert steps(ran, LUNG)["graph"] == "unchanged"

    line = json.loads(text.splitlines()[0])
    patients.write_text(text.replace(text.splitlines()[0], json.dumps({**line, "active": not line.get("active", False)})))
    changed = step(pod.run(), LUNG, "graph")["counts"]
    assert (changed["inserted"], changed["updated"], changed["removed"]) == (0, 1, 0)
    patients.write_text("{")
    ran = pod.run(rc=3)
    assert steps(ran, LUNG)["validate"] == "failed" and steps(ran, COHORT)["validate"] == "unchanged"
    pod.run(rc=3)  # what was valid once does not stay so


def counts(ran) -> list[tuple[str, dict]]:
    return [(study["study"], {each["step"]: each["counts"] for each in study["steps"]}) for study in ran.json()["studies"]]


def test_a_dry_run_says_what_the_run_will_do_and_writes_nothing(world):
    untouched = world.untouched()
    first = world.run("--all", "--dry-run")
    assert steps(first, LUNG) == steps(first, COHORT) == well(outcome="skipped", but={"pull": "planned"})
    assert "aced-etl run Lung --only pull" in step(first, LUNG, "graph")["reason"]
    assert world.untouched() == untouched and [path.name for path in world.home.iterdir()] == ["etl.yaml"]

    pulled = world.run("--all", "--only", "pull")
    assert [step(pulled, study, "pull")["counts"] for study in (LUNG, COHORT)] == \
           [step(first, study, "pull")["counts"] for study in (LUNG, COHORT)]
    state = sorted(path.name for path in (world.home / "state").iterdir())
    planned = world.run("--all", "--dry-run")
    assert planned.json()["dry_run"] and "2 studies: 2 would change" in planned.stderr
    assert steps(planned, LUNG) == well(outcome="planned", but={"pull": "unchanged", "validate": "done"})
    assert world.untouched() == untouched
    assert {path.name for path in (world.home / "state").iterdir()} - {"files"} == set(state)  # its lock, and an empty journal
    assert [step(planned, study, "projects")["counts"]["created"] for study in (LUNG, COHORT)] == [2, 1]  # the program is one
    assert counts(world.run()) == counts(planned)

    untouched = world.untouched()
    assert steps(world.run("--all", "--dry-run"), COHORT) == NOTHING
    assert world.untouched() == untouched


def test_only_and_skip_choose_steps(pod):
    assert steps(pod.run("--all", "--only", "validate"), LUNG) == {"validate": "done"}
    assert pod.records(LUNG) == 0
    assert list(steps(pod.run("--all", "--skip", "pull,files,search,fhir,discovery"), LUNG)) == ["validate", "projects", "graph"]
    assert list(steps(pod.run("--all", "--only", "graph,validate", "--skip", "validate"), COHORT)) == ["graph"]
    assert "no step is left to do" in pod.run("--all", "--only", "graph", "--skip", "graph", rc=2).stderr
    assert "no step is left to do" in pod.run("--all", "--every", "1h", "--skip", ",".join(STEPS + LATER_STEPS), rc=2).stderr
    assert "load" in pod.run("--all", "--only", "load", rc=2).stderr


def test_studies_are_chosen_by_name_or_all_that_are_enabled(pod):
    pod.change_study(COHORT, enabled=False)
    assert [study["study"] for study in pod.run("--all", "--only", "validate").json()["studies"]] == [LUNG]
    named = pod.run(COHORT, COHORT, LUNG, "--only", "validate").json()
    assert [study["study"] for study in named["studies"]] == [COHORT, LUNG]
    assert "did you mean `Cohort`?" in pod.run("Cohrt", rc=2).stderr
    assert "--all" in pod.etl("run").failed(2).stderr
    both = pod.run("--all", LUNG, rc=2).stderr
    assert "both --all and the name of a study are given: Lung" in both


def test_no_study_is_no_run(pod):
    pod.write_etl_yaml(studies=[{**entry, "enabled": False} for entry in pod.studies()])
    none = pod.run()
    assert none.json()["studies"] == [] and "enables no study" in none.stderr
    pod.write_etl_yaml(studies=None)
    said = pod.run(rc=2).stderr
    assert "etl.yaml lists no studies" in said and "etl.yaml" in said
    (pod.home / "etl.yaml").unlink()
    assert "no study can be loaded: there is no etl.yaml" in pod.run(rc=2, ACED_ETL_YAML=None).stderr


@pytest.mark.parametrize("change, place, told", [
    ({"studies": [{"name": LUNG, "projekt": "synthetic"}]}, ":4", "did you mean `project`"),
    ({"studies": [{"name": "../Lung"}]}, ":3", "not the name of a study"),
    ({"studies": [{"name": LUNG, "project": "a"}, {"name": COHORT, "project": "a"}]}, ":5", "the same project"),
    ({"limits": {"tries": 0}}, "etl.yaml", "limits.tries"),
    ({"destinations": {"graph": "maybe"}}, "etl.yaml", "destinations.graph"),
    ({"graph": {"dangling": "ignore"}}, "etl.yaml", "must be one of error, skip, not ignore"),
    ({"graph": {"shared": "skip"}}, "etl.yaml", "must be one of error, keep, not skip"),
    ({"graf": {"prune": "yes"}}, "etl.yaml", "graf"),
])
def test_a_mistake_in_etl_yaml_is_told_with_its_place(pod, change, place, told):
    pod.write_etl_yaml(**change)
    ran = pod.run(rc=2)
    assert told in ran.stderr and f"{pod.home / 'etl.yaml'}" in ran.stderr and place in ran.stderr, ran
    assert told in pod.run("--all", "--every", "1h", rc=2).stderr
    assert pod.records(LUNG) == 0


def test_mounted_folders_and_a_database_are_enough(pod):
    """No bucket, no commons: nothing is pulled, projects are made in the database, files stay."""
    ran = pod.run()
    assert steps(ran, LUNG) == steps(ran, COHORT) == well(but={"pull": "skipped", "files": "skipped"})
    assert "source.bucket" in step(ran, LUNG, "pull")["reason"]
    assert "destinations.files" in step(ran, LUNG, "files")["reason"] and "etl.yaml" in step(ran, LUNG, "files")["reason"]
    assert pod.database.rows("select _props->>'code' from node_project order by 1") == [("cohort",), ("synthetic",)]
    assert pod.records(LUNG) == pod.records(COHORT) == RECORDS
    shutil.rmtree(pod.home / "studies" / LUNG)
    gone = pod.run(rc=2)
    assert "the study does not exist on this machine" in step(gone, LUNG, "validate")["reason"] and "mount" in gone.stderr
    assert steps(gone, COHORT)["graph"] == "unchanged"


def test_the_table_at_the_end_has_every_step_of_every_study(pod):
    pod.run()
    patients = pod.home / "studies" / LUNG / "Patient.ndjson"
    patients.write_text(patients.read_text() + '{"resourceType": "Patient", "id": "x", "gender": 1}\n')
    table = [line.split() for line in pod.etl("run", "--all").failed(3).stdout.splitlines()]
    assert table[0] == ["STUDY", "PROJECT", "STEP", "OUTCOME", "COUNTS", "SECONDS", "REASON"]
    assert [line[:4] for line in table[1:]] == [
        [LUNG, "demo-synthetic", "pull", "skipped"], [LUNG, "demo-synthetic", "validate", "failed"],
        [LUNG, "demo-synthetic", "projects", "not"], [LUNG, "demo-synthetic", "graph", "not"],
        *([LUNG, "demo-synthetic", name, "not"] for name in ("files", *LATER_STEPS)),
        [COHORT, "demo-cohort", "pull", "skipped"], [COHORT, "demo-cohort", "validate", "unchanged"],
        [COHORT, "demo-cohort", "projects", "unchanged"], [COHORT, "demo-cohort", "graph", "unchanged"],
        *([COHORT, "demo-cohort", name, "skipped"] for name in ("files", *LATER_STEPS))]


def test_records_that_left_a_study_go_with_prune_and_not_without(pod):
    pod.run()
    there = pod.records(LUNG)
    observations = pod.home / "studies" / LUNG / "Observation.ndjson"
    lines = observations.read_text().splitlines(keepends=True)
    everything = "".join(file.read_text() for file in observations.parent.glob("*.ndjson"))
    leaving = next(line for line in lines if everything.count(json.loads(line)["id"]) == 1)  # nobody refers to it
    observations.write_text("".join(line for line in lines if line != leaving))
    pod.run()
    assert pod.records(LUNG) == there
    pod.write_etl_yaml(graph={"prune": "yes"})
    assert step(pod.run("--all", "--no-prune"), LUNG, "graph")["counts"]["removed"] == 0
    assert pod.records(LUNG) == there
    assert step(pod.run(), LUNG, "graph")["counts"]["removed"] >= 1
    assert pod.records(LUNG) == there - 1


def test_prune_holds_for_one_run(pod):
    pod.run()
    there = pod.records(LUNG)
    observations = pod.home / "studies" / LUNG / "FamilyMemberHistory.ndjson"
    count = len(observations.read_text().splitlines())
    assert count > 0
    observations.unlink()
    planned = pod.run(LUNG, "--prune", "--dry-run")
    removed = step(planned, LUNG, "graph")["counts"]["removed"]
    assert removed >= count and f"would remove {removed} rows" in planned.json()["summary"]
    assert pod.records(LUNG) == there
    assert step(pod.run(LUNG), LUNG, "graph")["counts"]["removed"] == 0
    pruned = pod.run(LUNG, "--prune")
    assert step(pruned, LUNG, "graph")["counts"]["removed"] == removed and f"removed {removed} rows" in pruned.json()["summary"]
    assert pod.records(LUNG) == there - count


@pytest.mark.promise("A record that differs stays")
def test_replace_replaces_records_that_differ_in_this_run(world):
    world.run()
    held = world.holds()
    changed = next(record for record in world.indexed() if world.commons.bucket(PROJECTS[LUNG]) in record["urls"][0])
    token = world.commons.stand_in.token("etl@example.org")
    rev = world.commons.stand_in.ask("GET", f"/index/index/{changed['did']}").json()["rev"]
    renamed = world.commons.stand_in.ask("PUT", f"/index/index/{changed['did']}?rev={rev}", {"file_name": "other"}, token=token)
    assert renamed.status == 200, renamed.text
    refused = world.run(LUNG, rc=6)
    assert step(refused, LUNG, "files")["counts"]["failed"] == 1
    planned = world.run(LUNG, "--replace", "--dry-run")
    assert step(planned, LUNG, "files")["counts"]["replaced"] == 1 and "would replace 1 file record" in planned.json()["summary"]
    ran = world.run(LUNG, "--replace")
    assert step(ran, LUNG, "files")["counts"] | {"bytes": 0} == {
        "files": 1, "bytes": 0, "unchanged": FILES - 1, "failed": 0, "replaced": 1}
    assert "replaced 1 file record" in ran.json()["summary"]
    assert world.holds() == held
    assert steps(world.run(LUNG, "--replace"), LUNG) == NOTHING


@pytest.mark.promise("Only what a pull brought is deleted")
def test_a_file_that_left_the_source_goes_from_everywhere_when_etl_yaml_says_so(world):
    world.run()
    there = world.records(LUNG)
    leaving = world.s3.home / "s3/data" / world.bucket / "dev/studies" / LUNG / "FamilyMemberHistory.ndjson"
    count = len(leaving.read_text().splitlines())
    assert count > 0
    leaving.unlink()
    assert steps(world.run(), LUNG) == NOTHING
    world.write_etl_yaml(source={"delete": "yes"}, graph={"prune": "yes"})
    planned = world.run("--all", "--dry-run")
    assert step(planned, LUNG, "pull")["counts"]["removed"] == 1 and steps(planned, LUNG)["pull"] == "planned"
    ran = world.run()
    assert step(ran, LUNG, "pull")["counts"]["removed"] == 1 and steps(ran, COHORT) == NOTHING
    assert not (world.home / "studies" / LUNG / "FamilyMemberHistory.ndjson").exists()
    assert world.records(LUNG) == there - count
    assert steps(world.run(), LUNG) == NOTHING


@pytest.mark.promise("Only what a pull brought is deleted")
def test_a_wrong_prefix_is_no_reason_to_delete(world):
    world.run()
    held = {path.relative_to(world.home): path.stat().st_size for path in (world.home / "output").rglob("*") if path.is_file()}
    assert len(held) == 2 * FILES
    world.write_etl_yaml(source={"delete": "yes", "output_prefix": "outptu/"})
    ran = world.run("--all", "--only", "pull")
    assert "the source no longer has anything" in ran.stderr and step(ran, LUNG, "pull")["counts"]["kept"] == FILES
    assert steps(ran, LUNG) == {"pull": "unchanged"}
    assert {path.relative_to(world.home): path.stat().st_size for path in (world.home / "output").rglob("*") if path.is_file()} == held


@pytest.mark.promise("No record is taken from another project")
def test_records_of_another_project_end_a_study_or_are_linked_to_as_etl_yaml_says(pod):
    patients = pod.home / "studies" / LUNG / "Patient.ndjson"
    theirs = json.loads(patients.read_text().splitlines()[0])
    pod.run(COHORT)
    pod.database.execute("insert into node_patient (node_id, _props) values (%s, '{\"project_id\": \"demo-cohort\"}')", theirs["id"])
    refused = pod.run(rc=3)
    assert steps(refused, LUNG)["graph"] == "failed" and "demo-cohort" in step(refused, LUNG, "graph")["reason"]
    assert pod.records(LUNG) == 0
    pod.write_etl_yaml(graph={"shared": "keep"})
    assert steps(pod.run(), LUNG)["graph"] == "done"
    assert pod.database.value("select _props->>'project_id' from node_patient where node_id = %s", theirs["id"]) == "demo-cohort"
    assert pod.records(LUNG) == RECORDS - 1


def test_references_that_lead_nowhere_end_a_study_or_are_left_out_as_etl_yaml_says(pod):
    observations = pod.home / "studies" / LUNG / "Observation.ndjson"
    lines = observations.read_text().splitlines(keepends=True)
    lost = {**json.loads(lines[0]), "id": "11111111-2222-4333-8444-555555555555", "subject": {"reference": "Patient/nobody"}}
    observations.write_text("".join([*lines, json.dumps(lost) + "\n"]))
    refused = pod.run(rc=3)
    assert steps(refused, LUNG) == well(outcome="not reached", but={"pull": "skipped", "validate": "failed"})
    assert pod.records(LUNG) == 0 and pod.records(COHORT) > 0
    pod.write_etl_yaml(graph={"dangling": "skip"})
    ran = pod.run()
    assert steps(ran, LUNG)["graph"] == "done" and step(ran, LUNG, "validate")["counts"]["warnings"] >= 1
    assert pod.records(LUNG) > 0
    pod.write_etl_yaml()  # and back: what was let pass is looked at again
    assert steps(pod.run(rc=3), LUNG)["validate"] == "failed"


def test_a_study_may_be_elsewhere_in_the_bucket(world, tmp_path):
    world.take_away(LUNG)
    world.put(world.sources[LUNG], moved=(f"studies/{LUNG}/", "deposit/2026/lung-v2/"))
    assert "no study" in world.run(LUNG, "--only", "pull", rc=2).stderr
    world.change_study(LUNG, source="deposit/2026/lung-v2")
    assert steps(world.run(), LUNG) == well()
    assert len(world.files(LUNG)) == FILES
    assert (world.home / "studies" / LUNG / "Patient.ndjson").is_file()
    assert steps(world.run(), LUNG) == NOTHING


def test_a_study_without_files_and_a_destination_that_is_turned_off(world, tmp_path):
    world.take_away(LUNG)
    bare = tmp_path / "bare"
    write(bare / "studies" / LUNG, patient("p1"))
    world.put(bare)
    world.write_etl_yaml(destinations={"graph": "no"})
    ran = world.run()
    assert steps(ran, LUNG) == well(but={"graph": "skipped", "files": "unchanged"})
    assert world.records(COHORT) == 0 and len(world.files(COHORT)) == FILES
    assert of_study(ran, LUNG)["outcome"] == "done"
