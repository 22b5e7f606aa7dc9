"""Commands that talk to the commons: projects through sheepdog, buckets ls and test, doctor; and how they fail."""

import json
import pathlib
import signal
import time

import pytest
from programs import ROOT


def rows(ran) -> dict[str, dict]:
    """The rows of a JSON table by their first column."""
    return {next(iter(row.values())): row for row in ran.json()}


def at_odds() -> str:
    """fence-config.yaml that names a bucket fence does not have, and does not allow one that it has."""
    return (ROOT / "local/fence-config.yaml").read_text().replace(
        "  - aced-local-diabetes\n", "  - aced-local-nowhere\n")


# -- projects

def test_projects_are_made_through_sheepdog_and_again_changes_nothing(etl, commons):
    made = rows(etl("projects", "init", "--all", "-o", "json").ok())
    assert len(made) == 5 and {row["project_node"] for row in made.values()} == {"created"}
    listed = etl("projects", "ls", "-o", "json").ok().json()
    assert {row["project"] for row in listed} == set(made)
    # The database says the same: the stand-in's sheepdog keeps its projects there.
    assert {row["project"] for row in etl("projects", "ls", "--via", "database", "-o", "json").ok().json()} == set(made)
    again = rows(etl("projects", "init", "--all", "-o", "json").ok())
    assert {row["program"] for row in again.values()} | {row["project_node"] for row in again.values()} == {"exists"}


def test_a_dry_run_makes_no_project(etl, commons):
    said = rows(etl("projects", "init", "--all", "--dry-run", "-o", "json").ok())
    assert {row["project_node"] for row in said.values()} == {"would be created"}
    assert etl("projects", "ls", "-o", "json").ok().json() == []


def test_projects_that_this_user_may_not_make_are_named(etl, commons):
    etl.env["GEN3_API_KEY"] = str(commons.credentials_of("curator@example.org"))
    ran = etl("projects", "init", "demo-synthetic", "-o", "json").failed(4)
    row, = ran.json()
    assert row["program"] == "refused" and "403" in row["reason"]


def test_a_code_of_another_program_is_refused_and_the_others_are_made(etl, commons):
    etl("projects", "init", "demo-synthetic").ok()
    ran = etl("projects", "init", "aced-synthetic", "aced-Diabetes", "-o", "json").failed(6)
    made = rows(ran)
    assert made["aced-synthetic"]["project_node"] == "refused" and "synthetic" in made["aced-synthetic"]["reason"]
    assert made["aced-Diabetes"]["project_node"] == "created"


def test_projects_rm_removes_an_empty_project_and_its_last_program(etl, commons, tmp_path):
    etl("projects", "init", "demo-synthetic", "demo-cohort").ok()
    etl("projects", "rm", "demo-cohort").failed(2)  # no terminal to ask on
    etl("projects", "rm", "demo-cohort", "--dry-run").ok()
    etl("projects", "rm", "demo-cohort", "--yes").ok()
    assert list(rows(etl("projects", "ls", "-o", "json").ok())) == ["demo-synthetic"]
    study = tmp_path / "study.ndjson"
    study.write_text('{"resourceType":"ResearchStudy","id":"5f1c9a4e-0f9b-4b0e-8a55-0d1fd35b0c11","status":"active"}\n')
    etl("graph", "load", "--project", "demo-synthetic", study, "--dictionary", ROOT / "share/demo/dictionary.json").ok()
    for via in ("sheepdog", "database"):
        assert "graph rm --project demo-synthetic" in etl("projects", "rm", "demo-synthetic", "--yes", "--via", via).failed(7).stderr
    etl("graph", "rm", "--project", "demo-synthetic", "--yes").ok()
    etl("projects", "rm", "demo-synthetic", "--yes").ok()
    assert etl("projects", "ls", "-o", "json").ok().json() == []


def test_projects_rm_in_the_database(etl, commons, demo_dictionary):
    etl("graph", "init", "--dictionary", demo_dictionary).ok()
    etl("projects", "init", "demo-synthetic", "--via", "database").ok()
    etl("projects", "rm", "demo-synthetic", "--via", "database", "--yes").ok()
    assert etl("projects", "ls", "--via", "database", "-o", "json").ok().json() == []
    assert "the project demo-synthetic does not exist" in etl("projects", "rm", "demo-synthetic", "--via", "database", "--yes").failed(2).stderr


# -- tokens

def test_one_token_serves_many_calls(etl, commons):
    commons.stand_in.clear()
    etl("projects", "init", "--all").ok()
    asked = commons.stand_in.requests()
    assert asked["POST /user/credentials/api/access_token"] == 1, asked


@pytest.mark.promise("A token is renewed once")
def test_a_refused_token_is_renewed_once_and_then_given_up(etl, commons):
    commons.stand_in.clear()
    commons.stand_in.fault("status", "/api/v0/submission", status=401, times=1)
    etl("projects", "ls").ok()
    assert commons.stand_in.requests()["POST /user/credentials/api/access_token"] == 2
    commons.stand_in.clear()
    commons.stand_in.fault("status", "/api/v0/submission", status=401, times=0)
    etl("projects", "ls").failed(4)
    assert commons.stand_in.requests()["POST /user/credentials/api/access_token"] == 2


def test_access_token_is_used_instead_of_a_key(etl, commons):
    etl.env["GEN3_API_KEY"] = str(commons.home / "nothing.json")
    etl("projects", "ls").failed(2)
    etl.env["ACCESS_TOKEN"] = commons.stand_in.token("etl@example.org")
    commons.stand_in.clear()
    etl("projects", "ls").ok()
    assert "POST /user/credentials/api/access_token" not in commons.stand_in.requests()


def test_an_expired_access_token_is_refused(etl, commons):
    etl.env["ACCESS_TOKEN"] = commons.stand_in.token("etl@example.org", expires_in=-60)
    assert "401" in etl("projects", "ls").failed(4).stderr


def test_an_expired_key_is_named(etl, commons):
    key = commons.home / "expired.json"
    key.write_text(json.dumps(commons.stand_in.api_key("etl@example.org", expires_in=-60)))
    etl.env["GEN3_API_KEY"] = str(key)
    said = etl("projects", "ls").failed(4).stderr
    assert "expired on" in said and "profile page" in said


@pytest.mark.parametrize(("content", "wanted"), [
    ("", "not an API key"), ("{}", "not an API key"), ("[1]", "not an API key"), ('{"api_key": "garbage"}', "it is not a JSON Web Token"),
    ('{"api_key": 7}', "not an API key"), ('{"api_key": "a.b.c"}', "it is not a JSON Web Token")])
def test_what_is_no_key_is_named_and_not_shown(etl, commons, content, wanted):
    key = commons.home / "bad.json"
    key.write_text(content)
    etl.env["GEN3_API_KEY"] = str(key)
    said = etl("projects", "ls").failed(2).stderr
    assert wanted in said and str(key) in said and "garbage" not in said


# -- services that fail

@pytest.mark.parametrize("fault", [
    {"kind": "status", "status": 503, "times": 2}, {"kind": "status", "status": 429, "retry_after": "0", "times": 2},
    {"kind": "status", "status": 500, "times": 2}, {"kind": "drop", "times": 2}, {"kind": "drop_after_work", "times": 2},
    {"kind": "truncate", "times": 2}, {"kind": "delay", "ms": 50, "times": 3}], ids=lambda f: f"{f['kind']}-{f.get('status', '')}")
def test_a_service_that_recovers_is_not_noticed(etl, commons, fault):
    commons.stand_in.fault(fault["kind"], "/api/v0/submission", **{k: v for k, v in fault.items() if k != "kind"})
    etl("projects", "init", "demo-synthetic").ok()
    assert [row["project"] for row in etl("projects", "ls", "-o", "json").ok().json()] == ["demo-synthetic"]


def test_a_service_that_stays_away_is_exit_5_with_its_message(etl, commons):
    commons.stand_in.fault("status", "/api/v0/submission", status=400, times=0, body='{"message": "no such luck"}')
    assert "no such luck" in etl("projects", "ls").failed(7).stderr
    commons.stop()
    assert "run again" in etl("projects", "ls").failed(5).stderr


# -- buckets

def test_buckets_ls_tells_where_fence_and_its_configuration_differ(etl, new_commons):
    commons = new_commons(fence_config=at_odds())
    etl.env.update(commons.env)
    listed = rows(etl("buckets", "ls", "-o", "json").ok())
    good = listed[commons.bucket("demo-synthetic")]
    assert (good["fence"], good["fence_config"], good["uploads"], good["finding"]) == (True, True, "default", "")
    assert listed[commons.bucket("demo-cohort")]["uploads"] == "yes"
    not_allowed = listed[commons.bucket("diabetes")]
    assert not_allowed["uploads"] == "no" and "ALLOWED_DATA_UPLOAD_BUCKETS" in not_allowed["finding"]
    nowhere = listed[commons.bucket("nowhere")]
    assert nowhere["fence"] is False and "S3_BUCKETS" in nowhere["finding"]


def test_buckets_ls_without_the_configuration_says_unknown(etl, commons):
    etl.env["ACED_ETL_CREDS"] = str(commons.home / "elsewhere")
    ran = etl("buckets", "ls", "-o", "json").ok()
    assert {row["uploads"] for row in ran.json()} == {"unknown"} and "not mounted" in ran.stderr


def leftovers(commons) -> tuple[int, int]:
    """Records in indexd, and objects in the buckets."""
    records = commons.stand_in.ask("GET", "/index/index?limit=1024").json()["records"]
    buckets = [bucket["Name"] for bucket in commons.s3.client().list_buckets()["Buckets"] if bucket["Name"].startswith(commons.prefix)]
    return len(records), sum(len(commons.s3.contents(bucket)) for bucket in buckets)


@pytest.mark.threads
def test_buckets_test_proves_every_bucket_and_leaves_nothing(etl, commons):
    commons.stand_in.clear()
    ran = etl("buckets", "test", "--all", "-o", "json").ok()
    assert len(ran.json()) == 5 and {row["result"] for row in ran.json()} == {"ok"}
    assert leftovers(commons) == (0, 0)
    assert commons.stand_in.requests()["POST /index/index"] == 5


@pytest.mark.parametrize(("allowed", "state"), [("", "missing"), ("ALLOWED_DATA_UPLOAD_BUCKETS:\n", "missing"),
                                                ("ALLOWED_DATA_UPLOAD_BUCKETS: []\n", "empty")])
def test_without_buckets_for_uploads_buckets_test_says_where_they_were_looked_for(etl, commons, tmp_path, allowed, state):
    config = tmp_path / "fence-config.yaml"
    config.write_text(allowed + "S3_BUCKETS: {}\n")
    commons.stand_in.clear()
    ran = etl("buckets", "test", "--all", env={"ACED_ETL_FENCE_CONFIG": str(config)}).failed(2)
    assert f"ALLOWED_DATA_UPLOAD_BUCKETS is {state}" in ran.stderr and str(config) in ran.stderr and "0 buckets" not in ran.stderr
    assert "POST /index/index" not in commons.stand_in.requests()
    # The default alone: it takes uploads that do not name it.
    default = commons.bucket("demo-synthetic")
    config.write_text(allowed + f"DATA_UPLOAD_BUCKET: {default}\n")
    ran = etl("buckets", "test", "--all", "-o", "json", env={"ACED_ETL_FENCE_CONFIG": str(config)}).ok()
    assert {name: row["result"] for name, row in rows(ran).items()} == {default: "ok"}


@pytest.mark.promise("A bucket test leaves nothing")
def test_buckets_test_says_why_and_leaves_nothing(etl, new_commons):
    commons = new_commons(fence_config=at_odds())
    etl.env.update(commons.env)
    ran = etl("buckets", "test", commons.bucket("demo-cohort"), commons.bucket("diabetes"), "-o", "json").failed(6)
    told = rows(ran)
    assert told[commons.bucket("demo-cohort")]["result"] == "ok"
    refused = told[commons.bucket("diabetes")]
    assert (refused["result"], refused["step"]) == ("failed", "sign") and "403" in refused["reason"]
    assert refused["left_behind"] == "" and leftovers(commons) == (0, 0)


def wait_for_records(commons, ran, count: int) -> None:
    until = time.monotonic() + 60
    while leftovers(commons)[0] < count:
        assert time.monotonic() < until and ran.poll() is None
        time.sleep(0.02)


def test_buckets_test_has_a_few_at_work_at_once_and_keeps_their_order(etl, commons):
    buckets = [bucket for bucket in reversed(sorted(rows(etl("buckets", "ls", "-o", "json").ok()))) if bucket.startswith(commons.prefix)]
    assert len(buckets) >= 5
    commons.stand_in.fault("delay", "/user/data/upload", method="GET", times=4, ms=3000)  # records stay while fence is slow
    ran = etl.start("buckets", "test", *buckets, "-o", "json")
    wait_for_records(commons, ran, 4)
    out, err = ran.communicate(timeout=60)
    assert ran.returncode == 0, err
    assert [row["bucket"] for row in json.loads(out)] == buckets
    assert leftovers(commons) == (0, 0)


@pytest.mark.promise("A bucket test leaves nothing")
def test_buckets_test_that_is_stopped_leaves_nothing(etl, commons):
    commons.stand_in.fault("delay", "/user/data/upload", method="GET", times=0, ms=3000)
    ran = etl.start("buckets", "test", "--all", "-o", "json")
    wait_for_records(commons, ran, 4)
    ran.send_signal(signal.SIGTERM)
    out, err = ran.communicate(timeout=10)
    assert ran.returncode == 5, err
    assert {(row["result"], row["left_behind"]) for row in json.loads(out)} == {("failed", "")}
    assert leftovers(commons) == (0, 0)


def test_buckets_test_where_the_bucket_is_not_in_s3(etl, commons):
    bucket = commons.bucket("demo-cohort")
    commons.s3.client().delete_bucket(Bucket=bucket)
    row, = etl("buckets", "test", bucket, "-o", "json").failed(7).json()
    assert row["step"] == "put" and "NoSuchBucket" in row["reason"]
    assert commons.stand_in.ask("GET", "/index/index?limit=10").json()["records"] == []


def test_buckets_test_of_an_expired_url(etl, commons):
    commons.stand_in.fault("expired_url", "/user/data/upload", times=0)
    row, = etl("buckets", "test", commons.bucket("demo-cohort"), "-o", "json").failed(4).json()
    assert row["step"] == "put" and "expired" in row["reason"].lower()
    assert leftovers(commons) == (0, 0)


def test_buckets_test_without_permission(etl, commons):
    etl.env["GEN3_API_KEY"] = str(commons.credentials_of("reader@example.org"))
    assert "user.yaml" in etl("buckets", "test", "--all").failed(4).stderr
    row, = etl("buckets", "test", commons.bucket("demo-cohort"), "--project", "demo-cohort", "-o", "json").failed(4).json()
    assert row["step"] == "record" and leftovers(commons) == (0, 0)


def test_buckets_test_wants_to_know_which(etl, commons):
    etl("buckets", "test").failed(2)


# -- doctor

@pytest.fixture
def pod(etl, commons, tmp_path, demo_dictionary) -> dict:
    """A pod where all is well."""
    home = tmp_path / "home"
    for folder in ("studies/One", "output"):
        (home / folder).mkdir(parents=True)
    etl.env |= {"HOME": str(home), "DICTIONARY_URL": str(demo_dictionary)}
    etl("graph", "init").ok()
    return etl.env


def examined(etl, rc: int = 0) -> dict[str, dict]:
    return rows(etl("doctor", "-o", "json").failed(rc))


def test_doctor_finds_all_well(etl, pod):
    told = examined(etl)
    failed = {name: row for name, row in told.items() if row["state"] == "failed"}
    assert failed == {}
    assert {name for name, row in told.items() if row["state"] == "warning"} <= {"search server", "temporary files"}
    for name in ("mount sheepdog-creds", "mount user.yaml", "mount fence-config.yaml", "API key", "commons", "clock", "user", "buckets",
                 "project demo-synthetic", "AWS profile fencebot", "AWS profile etlbot", "database", "dictionary", "tables", "studies"):
        assert told[name]["state"] == "ok", told[name]


def test_doctor_and_a_real_search_server(etl, pod, search):
    etl.env["ELASTICSEARCH_URL"] = search.url
    told = examined(etl)
    assert "opensearch 2." in told["search server"]["found"] and told["search indexes"]["state"] == "ok"
    del etl.env["ELASTICSEARCH_URL"]
    etl.env["GEN3_ELASTICSEARCH_MASTER_PORT"] = search.url.replace("http://", "tcp://")
    assert examined(etl)["search server"]["state"] == "ok"


def test_doctor_names_each_thing_that_is_wrong(etl, pod, commons, tmp_path):
    # One after the other; each time the first failure gives the exit code.
    etl.env["ELASTICSEARCH_URL"] = "http://127.0.0.1:9"
    assert examined(etl, 5)["search server"]["state"] == "failed"
    del etl.env["ELASTICSEARCH_URL"]

    empty = tmp_path / "empty.json"
    empty.write_text("{}")
    etl.env["DICTIONARY_URL"] = str(empty)
    assert examined(etl, 2)["dictionary"]["state"] == "failed"
    etl.env["DICTIONARY_URL"] = str(ROOT / "share/demo/dictionary.json")

    aws = pathlib.Path(etl.env["AWS_SHARED_CREDENTIALS_FILE"])
    good = aws.read_text()
    aws.write_text("\n".join("aws_secret_access_key = wrong" if "secret" in line else line for line in good.splitlines()))
    told = examined(etl, 4)
    assert "SignatureDoesNotMatch" in told["AWS profile fencebot"]["found"]
    aws.write_text(good)

    (tmp_path / "home/studies/One").rmdir()
    (tmp_path / "home/studies").rmdir()
    assert examined(etl)["studies"]["state"] == "warning"

    etl.env["GEN3_API_KEY"] = str(commons.credentials_of("nobody@example.org"))
    told = examined(etl)
    assert told["project demo-synthetic"]["state"] == "warning" and "may not" in told["project demo-synthetic"]["found"]
    assert told["large files"]["state"] == "warning"


def test_doctor_sees_a_link_that_leads_nowhere(etl, pod, commons, tmp_path):
    creds = tmp_path / "creds"
    creds.mkdir()
    (creds / "user.yaml").symlink_to("..data/user.yaml")
    for name in ("credentials.json", "fence-config.yaml", "sheepdog-creds"):
        (creds / name).symlink_to(commons.creds / name)
    etl.env["ACED_ETL_CREDS"] = str(creds)
    told = examined(etl, 2)
    assert "link" in told["mount user.yaml"]["found"]


def test_doctor_where_nothing_is_mounted(etl, tmp_path):
    etl.env |= {"ACED_ETL_CREDS": str(tmp_path / "nothing"), "HOME": str(tmp_path)}
    told = examined(etl, 2)
    assert told["API key"]["state"] == "failed" and "credentials.json" in told["API key"]["found"]
    assert told["AWS profile etlbot"]["state"] == "warning"


@pytest.mark.parametrize(("seconds", "state", "rc"), [("60", "warning", 0), ("-4000", "failed", 4)])
def test_doctor_tells_of_a_clock_that_is_off(etl, pod, commons, seconds, state, rc):
    commons.stop()
    commons.settings["ACED_STAND_IN_CLOCK"] = seconds
    commons.start()
    etl.env |= {**commons.env, "HOME": etl.env["HOME"], "DICTIONARY_URL": etl.env["DICTIONARY_URL"]}
    clock = examined(etl, rc)["clock"]
    assert clock["state"] == state and ("behind" if seconds == "60" else "ahead") in clock["found"]


def test_doctor_while_the_commons_is_down(etl, pod, commons):
    commons.stop()
    told = examined(etl, 5)
    assert told["commons"]["state"] == "failed"
    assert told["database"]["state"] == "ok"
