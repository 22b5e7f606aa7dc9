"""Mistakes in the configuration end with exit code 2, whichever file or variable they are in."""

from __future__ import annotations

import pytest
from graph_loading import few, graph  # noqa: F401

PATIENT = '{"resourceType": "Patient", "id": "p"}\n'


@pytest.mark.parametrize("command", [
    ("graph", "init"), ("graph", "mapping"), ("graph", "load", "--project", "aced-one", "s.ndjson"), ("validate", "s.ndjson"),
    ("simplify", "s.ndjson", "out"), ("graph", "counts"),
])
def test_a_dictionary_that_does_not_exist_or_is_none(etl, database, command):
    (etl.cwd / "s.ndjson").write_text(PATIENT)
    (etl.cwd / "list.json").write_text("[]")
    for name, what in (("none.json", "cannot read the dictionary: the file does not exist"), ("list.json", "not a Gen3 dictionary"),
                       (".", "cannot read the dictionary: this is a folder")):
        ran = etl(*command, env={"DICTIONARY_URL": name}).failed(2)
        assert what in ran.stderr and name in ran.stderr, ran


@pytest.mark.parametrize("command", [("projects", "init", "--all", "--via", "database"), ("config", "init", "-")])
def test_a_user_yaml_that_does_not_exist_or_is_none(etl, command):
    (etl.cwd / "users.yaml").write_text("users: {}\n")
    for name, what in (("none.yaml", "cannot read user.yaml: the file does not exist"), ("users.yaml", "it has no `authz`")):
        ran = etl(*command, "--user-yaml", name).failed(2)
        assert what in ran.stderr and name in ran.stderr, ran


@pytest.mark.parametrize("command", [
    ("validate", "PATH"), ("simplify", "PATH", "out"),
    ("files", "load", "--project", "aced-one", "PATH"), ("files", "verify", "--project", "aced-one", "PATH"),
])
def test_a_study_that_does_not_exist(etl, commons, command):
    ran = etl(*["no/such/study" if word == "PATH" else word for word in command]).failed(2)
    assert "there is no such file or folder" in ran.stderr and "no/such/study" in ran.stderr, ran


def test_a_simplify_configuration_that_does_not_exist(etl):
    (etl.cwd / "s.ndjson").write_text(PATIENT)
    for name, what in (("none.yaml", "the file does not exist"), (".", "this is a folder")):
        ran = etl("validate", "--config", name, "s.ndjson").failed(2)
        assert f"cannot read the simplify configuration: {what}" in ran.stderr, ran


def test_a_fence_configuration_that_does_not_exist(etl, commons):
    for command in (("buckets", "ls"), ("config", "init", "-")):
        ran = etl(*command, "--fence-config", "none.yaml").failed(2)
        assert "cannot read fence's configuration: the file does not exist" in ran.stderr, ran


@pytest.mark.parametrize("named_by", ["flag", "environment", "etl.yaml"])
@pytest.mark.parametrize("bucket", ["the default", "demo-cohort"])
def test_files_are_not_loaded_when_the_named_fence_configuration_does_not_exist(etl, commons, few, named_by, bucket):
    """Only the file of the mounted secret may be absent: whoever names another one wants it read."""
    command = ["files", "load", "--project", "demo-synthetic", few]
    if bucket != "the default":
        command += ["--bucket", commons.bucket(bucket)]
    if named_by == "flag":
        command += ["--fence-config", "none.yaml"]
    elif named_by == "environment":
        etl.env["ACED_ETL_FENCE_CONFIG"] = "none.yaml"
    else:
        (etl.cwd / "etl.yaml").write_text("fence_config: none.yaml\n")
    ran = etl(*command).failed(2)
    assert "cannot read fence's configuration: the file does not exist" in ran.stderr and "none.yaml" in ran.stderr, ran


def test_doctor_fails_for_a_named_file_that_does_not_exist(etl, commons):
    etl.env |= {"ACED_ETL_FENCE_CONFIG": "none.yaml", "ACED_ETL_USER_YAML": "nobody.yaml"}
    rows = {row["check"]: row for row in etl("doctor", "-o", "json").json()}
    for check, name in (("mount fence-config.yaml", "none.yaml"), ("mount user.yaml", "nobody.yaml")):
        assert rows[check]["state"] == "failed" and name in rows[check]["found"], rows[check]


def test_an_api_key_that_cannot_be_read(etl):
    ran = etl("projects", "ls", "--api-key", ".").failed(2)
    assert "cannot read the API key: this is a folder" in ran.stderr and "GEN3_API_KEY" in ran.stderr, ran


# --- the database -----------------------------------------------------------------------------------------------

def test_no_database_is_named(etl, demo_dictionary, few):
    creds = etl.cwd / "creds"
    for command in (("graph", "counts"), ("graph", "init"), ("graph", "load", "--project", "aced-one", few), ("projects", "ls", "--via", "database")):
        ran = etl(*command, env={"DICTIONARY_URL": str(demo_dictionary), "ACED_ETL_CREDS": str(creds)}).failed(2)
        assert f"no database is named: {creds}/sheepdog-creds is not mounted and PGHOST is not set" in ran.stderr
        assert ".s.PGSQL" not in ran.stderr and "PGPASSWORD" in ran.stderr
    (creds / "sheepdog-creds").mkdir(parents=True)
    (creds / "sheepdog-creds/dbcreated").write_text("true")
    ran = etl("graph", "counts", env={"ACED_ETL_CREDS": str(creds)}).failed(2)
    assert "sheepdog-creds has no `host` and PGHOST is not set" in ran.stderr


@pytest.mark.parametrize("given", [{}, {"PGUSER": "nobody-here"}])
def test_a_secret_that_is_not_used_is_named(etl, graph, given):
    """PGHOST without a password: the mounted secret belongs to another server, so its password is not sent."""
    creds = etl.cwd / "creds/sheepdog-creds"
    creds.mkdir(parents=True)
    for name, value in {"host": "db.example.org", "database": "metadata", "username": "sheepdog", "password": "mounted-password-3371",
                        "dbcreated": "true"}.items():
        (creds / name).write_text(value)
    env = {"ACED_ETL_CREDS": str(creds.parent), "PGPASSWORD": None, "PGPASSFILE": "/dev/null", **given}
    ran = etl("graph", "counts", env=env).failed(4)
    assert f"the mounted secret {creds} is not used, because environment PGHOST names the server" in ran.stderr, ran
    assert "set PGUSER and PGPASSWORD too" in ran.stderr
    etl("graph", "counts", env={"ACED_ETL_CREDS": str(creds.parent)}).ok()
