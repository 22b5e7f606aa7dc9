"""A step that fails names the key, the profile, the files and the settings that it worked with, and where each came from."""

from __future__ import annotations

import pytest
from run_world import LUNG, step


def used(ran, name: str) -> dict[str, tuple[str, str]]:
    return {each["what"]: (each["value"], each["from"]) for each in step(ran, LUNG, name)["used"]}


def once(world, **change: object) -> None:
    world.write_etl_yaml(studies=world.studies()[:1], limits={"retry_wait": 1, "tries": 1}, **change)


@pytest.mark.promise("A failed step names what it used")
def test_a_pull_names_bucket_profile_and_service(world):
    once(world)
    ran = world.run(rc=7, S3_BUCKET="no-such-bucket")
    found = used(ran, "pull")
    assert found["source bucket"] == ("no-such-bucket", "environment S3_BUCKET")
    assert found["AWS profile"][0] and found["key"][0] == "***" and "profile" in found["key"][1]
    assert found["S3 service"][0] == world.s3.endpoint
    text = world.etl("run", "--all", env={"S3_BUCKET": "no-such-bucket"}).failed(7).stderr
    assert "used: source bucket no-such-bucket (environment S3_BUCKET)" in text and "AWS profile " in text


@pytest.mark.promise("A failed step names what it used")
def test_projects_and_files_name_the_commons_and_the_key(world):
    once(world)
    key = world.commons.credentials_of("reader@example.org")
    found = used(world.run(rc=4, GEN3_API_KEY=str(key)), "projects")
    assert found["commons"][0] == world.commons.endpoint
    assert found["API key"] == (f"{key} of reader@example.org", "environment GEN3_API_KEY")
    once(world, destinations={"projects": "no", "graph": "no"})
    entry = world.studies()[0]
    found = used(world.run("--only", "pull,files", "--all", rc=4, GEN3_API_KEY=str(key)), "files")
    assert found["API key"][0].endswith("of reader@example.org")
    assert found["bucket"][0] == entry["bucket"] and "etl.yaml:" in found["bucket"][1]
    assert found["folder of files"][0].endswith("output")


@pytest.mark.promise("A failed step names what it used")
def test_the_graph_names_its_database(world):
    once(world)
    found = used(world.run("--only", "pull,graph", "--all", rc=7, DICTIONARY_URL=None, PGDATABASE="no_such_database"), "pull")
    assert not found, "the lock of the project failed, not this step"
    world.etl("graph", "rm", "--project", "demo-synthetic", "--yes")
    world.database.execute("drop table edge_observationaboutsubjectpatient")
    found = used(world.run("--only", "pull,graph", "--all", rc=7), "graph")
    assert found["database"] == (world.database.name, "environment PGDATABASE")
    assert found["password"] == ("***", "environment PGPASSWORD") and found["dictionary"][1] == "environment DICTIONARY_URL"


@pytest.mark.promise("A failed step names what it used")
def test_a_step_that_succeeds_names_nothing(world):
    ran = world.run(LUNG)
    assert all(step(ran, LUNG, name)["used"] == [] for name in ("pull", "validate", "projects", "graph", "files"))
