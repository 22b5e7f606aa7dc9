"""What a service, a proxy or whoever answers in a service's place can and cannot do.

ACED_TEST_FILES=full    2,000 files under random stumbling (default: 200)
ACED_TEST_SEED=N        other moments to stumble at
"""

from __future__ import annotations

import base64
import http.server
import json
import os
import threading
import time
import urllib.parse

import pytest
from file_study import AUTHZ, PROJECT, holds, objects, outcomes, records
from file_study import study  # noqa: F401
from programs import ROOT

MB = 1_000_000
PARTS = ["--multipart-threshold", "8MB", "--part-size", "6MB"]
HTML = "<html><head><title>the portal</title></head><body>login</body></html>"
INDEX, UPLOAD, DOWNLOAD, MULTIPART = "^/index/index/", "^/user/data/upload/", "^/user/data/download/", "^/user/data/multipart/"
DEEP = '{"error":' * 60_000


# -- a success is recognised in the service's own answer

# method, path, bodies of another kind than the service's: a page, nothing, JSON that is cut off, JSON of another shape
WRONG = [
    ("POST", INDEX, [HTML, "", '{"did": "5f1c9a4e', "{}"]),
    ("POST", "^/index/bulk", [HTML, "", '[{"did": "5f1c', '{"records": []}']),
    ("POST", "^/user/credentials/api/access_token", [HTML, "", '{"access_token": "a', '{"access_token": 7}']),
    ("GET", UPLOAD, [HTML, "", '{"url": "http', '{"url": ""}']),
    ("GET", UPLOAD, ['{"url": "nowhere"}', '{"url": "ftp://127.0.0.1/a"}', '{"url": "http://u:p@127.0.0.1/a"}', '{"url": ["http://127.0.0.1/"]}']),
    ("POST", MULTIPART + "init", [HTML, "", '{"uploadId": "', '{"uploadId": ""}']),
    ("POST", MULTIPART + "upload", [HTML, "", '{"presigned_url": "http', '{"presigned_url": ""}']),
    ("POST", MULTIPART + "complete", [HTML, '{"message": "accepted"}']),
]
WRONG_S3 = [("PUT", "/small", [HTML, ""]), ("PUT", "partNumber", [HTML, ""])]


@pytest.mark.promise("A success is recognised in the service's own answer")
@pytest.mark.parametrize("number", range(len(WRONG)), ids=[f"{method} {path}" for method, path, _ in WRONG])
def test_an_answer_of_another_kind_with_status_200_is_no_success(commons, etl, study, number):
    method, path, bodies = WRONG[number]
    study.add("small", 1000)
    study.add("in parts", 14 * MB)
    for body in bodies:
        commons.stand_in.fault("status", path, method=method, times=1, status=200, body=body)
    ran = etl(*study.write().load("-o", "json", *PARTS), timeout=120).ok()
    assert outcomes(ran) == {"loaded": 2}, ran
    assert [rule["hits"] for rule in commons.stand_in.faults()] == [1] * len(bodies), commons.stand_in.faults()
    commons.stand_in.clear()
    holds(commons, study)


@pytest.mark.parametrize("number", range(len(WRONG_S3)), ids=[f"{method} {path}" for method, path, _ in WRONG_S3])
def test_an_answer_that_is_not_s3_s_is_no_success(commons, etl, study, number):
    method, path, bodies = WRONG_S3[number]
    study.add("small", 1000)
    study.add("in parts", 14 * MB)
    for body in bodies:
        commons.stand_in.fault("s3_status", path, method=method, times=1, status=200, body=body)
    assert outcomes(etl(*study.write().load("-o", "json", *PARTS), timeout=120).ok()) == {"loaded": 2}
    assert [rule["hits"] for rule in commons.stand_in.faults()] == [1] * len(bodies)
    commons.stand_in.clear()
    holds(commons, study)


def test_removal_and_listing_believe_no_page(commons, etl, study):
    dids = [study.add(f"f{i}", 50) for i in range(3)]
    etl(*study.write().load()).ok()
    for method, path in (("GET", "^/index/index$"), ("DELETE", "^/user/data/"), ("GET", f"^/index/index/{dids[0]}")):
        commons.stand_in.fault("status", path, method=method, times=1, status=200, body=HTML)
        commons.stand_in.fault("status", path, method=method, times=1, status=404, body=HTML)  # a proxy without a route
    ran = etl("files", "rm", "--project", PROJECT, "--yes", "-o", "json", timeout=60).ok().json()
    assert (ran["removed"], ran["failed"]) == (3, 0)
    commons.stand_in.clear()
    assert records(commons) == {} and objects(commons) == {}


@pytest.mark.parametrize("service, command, method, path", [
    ("sheepdog", ["projects", "ls", "--via", "sheepdog"], "GET", "^/api/v0/submission/?$"),
    ("sheepdog", ["projects", "init", "demo-synthetic"], "PUT", "^/api/v0/submission/"),
    ("fence", ["buckets", "ls"], "GET", "^/user/data/buckets"),
    ("fence", ["buckets", "test", "--all"], "GET", "^/user/user"),
    ("indexd", ["files", "ls", "--project", PROJECT], "GET", "^/index/index$"),
])
def test_what_is_not_the_service_for_good_is_a_wrong_address(commons, etl, service, command, method, path):
    commons.stand_in.fault("status", path, method=method, times=0, status=200, body=HTML)
    ran = etl(*command, timeout=60).failed(2)
    assert f"not an answer of {service}" in ran.stderr and "an HTML page" in ran.stderr and "gen3.endpoint" in ran.stderr


def test_a_load_at_a_wrong_address_ends_as_a_wrong_setting(commons, etl, study):
    study.add("a", 100)
    commons.stand_in.fault("status", INDEX, method="POST", times=0, status=200, body=HTML)
    ran = etl(*study.write().load("-o", "json"), timeout=120).failed(2)
    assert outcomes(ran) == {"unfinished": 1} and "not an answer of indexd" in ran.stderr
    commons.stand_in.clear()
    assert outcomes(etl(*study.load("-o", "json")).ok()) == {"loaded": 1}


@pytest.mark.promise("A success is recognised in the service's own answer")
def test_no_file_is_lost_while_services_stumble_at_random(commons, etl, study):
    """About one request in six gets a wrong answer of some kind; none fails for good, and none is lost."""
    seed = int(os.environ.get("ACED_TEST_SEED") or time.time_ns() % 1_000_000)
    print(f"ACED_TEST_SEED={seed}")
    for i in range(2000 if os.environ.get("ACED_TEST_FILES") == "full" else 200):
        study.add(f"f{i}", 60)
    kinds = [("status", {"status": 200, "body": HTML}), ("status", {"status": 200, "body": ""}), ("status", {"status": 200, "body": "{}"}),
             ("status", {"status": 502}), ("drop", {}), ("drop_after_work", {}), ("truncate", {}),
             ("s3_status", {"status": 200, "body": HTML}), ("s3_status", {"status": 500}), ("s3_drop_after_work", {})]
    for number, (kind, more) in enumerate(kinds):
        path = "/output/|/f[0-9]" if kind.startswith("s3_") else "^/(index|user)/"
        commons.stand_in.fault(kind, path, times=0, one_in=18 if kind.startswith("s3_") else 42, seed=seed + number, **more)
    study.write()
    total: dict[str, int] = {}
    for _ in range(3):  # a service that stumbles four times in a row ends a load as it should; the same command resumes
        ran = etl(*study.load("-o", "json"), timeout=900)
        assert ran.rc in (0, 2, 5), ran
        assert "failed" not in outcomes(ran), ran
        total = outcomes(ran)
        if ran.rc == 0:
            break
    assert set(total) <= {"loaded", "adopted", "unchanged"} and sum(total.values()) == len(study.documents), total
    hits = sum(rule["hits"] for rule in commons.stand_in.faults())
    assert hits > len(study.documents) / 4, hits
    commons.stand_in.clear()
    holds(commons, study, look_at_bytes=False)


# -- what a hostile answer can do

def test_a_list_that_repeats_itself_ends(commons, etl, study):
    did = study.add("a", 100)
    etl(*study.write().load()).ok()
    page = {"records": [records(commons)[did]]}
    commons.stand_in.fault("status", "^/index/index$", method="GET", times=0, status=200, body=json.dumps(page))
    for command in (["files", "ls"], ["files", "rm", "--yes"], ["files", "get", "--out", "out"]):
        ran = etl(*command, "--project", PROJECT, timeout=30).failed(5)
        assert "does not advance" in ran.stderr
    assert did in commons.stand_in.ask("GET", f"/index/index/{did}").text


@pytest.mark.parametrize("status", [200, 400, 500])
def test_json_that_is_nested_deeply_crashes_nothing(commons, etl, status):
    for path, command in (("^/user/user", ["buckets", "test", "--all"]), ("^/api/v0/submission/", ["projects", "ls", "--via", "sheepdog"])):
        commons.stand_in.clear()
        commons.stand_in.fault("status", path, method="GET", times=0, status=status, body=DEEP)
        ran = etl(*command, timeout=60)
        assert ran.rc in (2, 5, 7), ran
        assert len(ran.stderr) < 5000


@pytest.mark.promise("No secret")
def test_secrets_that_a_server_echoes_are_not_shown(commons, etl, canary, study):
    token = commons.stand_in.token("etl@example.org")
    canary.add(token)
    etl.env["ACCESS_TOKEN"] = token
    study.add("a", 100)
    quoted = urllib.parse.quote(token, safe="")
    encoded = [base64.b64encode(("x" * i + token).encode()).decode() for i in range(3)]
    for core in encoded:
        canary.add(core[8:-8])
    echo = f"you sent {token}, {quoted}, {', '.join(encoded)}; see https://me:hidden-password@h/ and ?X-Amz-Signature=0123456789abcdef"
    for log in ("text", "json"):
        for body in (json.dumps({"message": echo}), echo, f"<title>{echo}</title>"):
            commons.stand_in.clear()
            commons.stand_in.fault("status", ".", method="GET", times=0, status=400, body=body)
            for command in (["projects", "ls", "--via", "sheepdog"], ["files", "ls", "--project", PROJECT], ["doctor", "-o", "json"]):
                ran = etl(*command, "-v", "--log-format", log, timeout=60)  # the fixture searches it for the token
                assert ran.rc != 0 and "hidden-password" not in str(ran) and "0123456789abcdef" not in str(ran)
            if log == "text":
                assert "***" in etl("projects", "ls", "--via", "sheepdog").stderr


def test_what_a_server_says_cannot_deceive_a_terminal(commons, etl):
    bad = "a\u009b31m\u202eb\u2066c\ufeffd\u2028e"
    commons.stand_in.fault("status", "^/api/v0/submission/", method="GET", times=0, status=400, body=json.dumps({"message": bad}, ensure_ascii=False))
    for log in ("text", "json"):
        said = etl("projects", "ls", "--via", "sheepdog", "--log-format", log).failed(7).stderr
        assert not set(bad) & set(said) - set("a31mbcde"), ascii(said)
        assert "\\u202e" in said and "\\u009b" in said
    commons.stand_in.clear()
    commons.stand_in.fault("status", "^/user/data/buckets", method="GET", times=0, status=200,
                           body=json.dumps({"S3_BUCKETS": {"b": {"region": bad}}}, ensure_ascii=False))
    for output in ("table", "json", "yaml"):
        said = etl("buckets", "ls", "-o", output).ok().stdout
        assert not set(bad) & set(said) - set("a31mbcde"), ascii(said)
    row, *_ = [each for each in etl("buckets", "ls", "-o", "json").ok().json() if each["bucket"] == "b"]
    assert row["region"] == bad  # escaped in the text, the same value


def jwt(claims: dict | str) -> str:
    def part(text: str) -> str:
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return f"{part('{}')}.{part(claims if isinstance(claims, str) else json.dumps(claims))}.c2lnbmF0dXJl"


@pytest.mark.parametrize("time_", ["-1", "1e308", "-1e308", "9223372036854775808", '"1893456000"', "[]"])
def test_a_token_with_times_out_of_range_is_named(etl, tmp_path, time_):
    issuer = '"iss": "http://127.0.0.1:1/user"'
    for claims in (f'{{{issuer}, "exp": {time_}}}', f'{{{issuer}, "iat": {time_}, "exp": 1893456000}}'):
        key = tmp_path / "key.json"
        key.write_text(json.dumps({"api_key": jwt(claims), "key_id": "k"}))
        ran = etl("files", "ls", "--project", PROJECT, env={"GEN3_API_KEY": str(key)}).failed(2)
        assert "is not a time from 1970 to 2200" in ran.stderr
        said = etl("doctor", env={"ACCESS_TOKEN": jwt(claims)})
        assert "is not a time from 1970 to 2200" in said.stdout


@pytest.mark.parametrize("address", ["http://me:{}@127.0.0.1:9", "http:/me:{}@127.0.0.1:9", "http://me:{}/x@127.0.0.1:9", "me:{}@127.0.0.1:9",
                                     "http://127.0.0.1:9/?token={}", "http://me:{}#@127.0.0.1:9"])
@pytest.mark.promise("No secret")
def test_a_password_in_an_address_is_neither_shown_nor_a_file_s_name(commons, etl, canary, study, tmp_path, address):
    canary.add("hidden-password-1")
    study.add("a", 10)
    study.write()
    wrong = {"GEN3_ENDPOINT": address.format("hidden-password-1"), "ELASTICSEARCH_URL": address.format("hidden-password-1")}
    for command in (["files", "ls", "--project", PROJECT], study.load(), ["doctor"], ["doctor", "-o", "json"], ["config", "show"],
                    ["buckets", "ls"]):
        etl(*command, "-v", env=wrong)  # searched for the password
    assert etl("files", "ls", "--project", PROJECT, env=wrong).rc == 2
    assert not [path for path in tmp_path.rglob("*") if "hidden-password" in path.name]


@pytest.mark.parametrize("name", ["postgresql://me:{}@127.0.0.1:9/d", "postgresql://me:{}/x@127.0.0.1:9/d", "host=127.0.0.1 password={} dbname=d",
                                  "host=127.0.0.1 password='{} x' dbname=d"])
def test_a_database_name_that_is_a_connection_string_is_not_shown(database, etl, canary, name):
    canary.add("hidden-password-2")
    wrong = {"PGDATABASE": name.format("hidden-password-2")}
    for command in (["graph", "counts"], ["doctor"], ["config", "show"], ["config", "show", "-o", "json"]):
        etl(*command, "-v", env=wrong)  # searched for the password, and so is the server's log
    assert "is a connection string" in etl("graph", "counts", env=wrong).failed(2).stderr


def test_no_core_dump_is_written(commons, etl, study):
    study.add("a", 100)
    commons.stand_in.fault("delay", INDEX, method="POST", times=0, ms=5000)
    process = etl.start(*study.write().load())
    try:
        limits = ""
        until = time.monotonic() + 20
        while "Max core file size        0                    0" not in limits and time.monotonic() < until:
            limits = open(f"/proc/{process.pid}/limits").read()
            time.sleep(0.01)
        assert "Max core file size        0                    0" in limits
    finally:
        process.kill()
        process.communicate()


# -- reasons and advice

def fence_config(**changes: object) -> str:
    import yaml
    config = yaml.safe_load((ROOT / "local/fence-config.yaml").read_text())
    return yaml.safe_dump({**config, **changes})


def test_fence_s_reason_is_shown_with_advice_that_fits(new_commons, etl, study):
    commons = new_commons(fence_config=fence_config(ALLOWED_DATA_UPLOAD_BUCKETS=["aced-local-demo-cohort"]))
    etl.env.update(commons.env)
    study.add("a", 100)
    other = commons.bucket("diabetes")
    ran = etl(*study.write().load("--bucket", other), timeout=60).failed(4)
    assert f"Uploading to bucket '{other}' is not allowed" in ran.stderr
    assert "ALLOWED_DATA_UPLOAD_BUCKETS" in ran.stderr and "user.yaml" not in ran.stderr
    assert records(commons) == {}


@pytest.mark.parametrize("named", [False, True])
def test_the_default_bucket_takes_files_though_no_bucket_may_be_named(new_commons, etl, study, named):
    commons = new_commons(fence_config=fence_config(ALLOWED_DATA_UPLOAD_BUCKETS=[]))
    etl.env.update(commons.env)
    study.add("small", 100)
    study.add("in parts", 14 * MB)
    etl(*study.write().load(*PARTS, *(["--bucket", commons.bucket("demo-synthetic")] if named else [])), timeout=60).ok()
    holds(commons, study)
    tested = etl("buckets", "test", "--all", "--project", PROJECT, "-o", "json").ok().json()
    assert [row["bucket"] for row in tested] == [commons.bucket("demo-synthetic")]


def test_no_bucket_to_test_is_no_success(new_commons, etl):
    import yaml
    config = yaml.safe_load(fence_config(ALLOWED_DATA_UPLOAD_BUCKETS=[]))
    del config["DATA_UPLOAD_BUCKET"]
    commons = new_commons(fence_config=yaml.safe_dump(config))
    etl.env.update(commons.env)
    assert "no bucket takes uploads" in etl("buckets", "test", "--all").failed(2).stderr


def test_records_in_a_bucket_that_fence_does_not_know_are_removed_through_indexd(commons, etl, study):
    token = commons.stand_in.token("etl@example.org")
    did = "3d2f0c5e-8a63-4c5d-9f59-5b0c7c0f0a11"
    body = {"form": "object", "did": did, "size": 3, "hashes": {"md5": "0" * 32}, "urls": [f"s3://retired/{did}/a"], "authz": [AUTHZ],
            "file_name": "a"}
    assert commons.stand_in.ask("POST", "/index/index/", body, token).status == 200
    commons.stand_in.clear()
    ran = etl("files", "rm", "--project", PROJECT, "--yes", "-o", "json", timeout=30).ok()
    assert (ran.json()["removed"], ran.json()["objects_left"]) == (1, 1) and "was not touched" in ran.stderr
    assert records(commons) == {}
    assert not [route for route in commons.stand_in.requests() if route.startswith("DELETE /user/data")]


def test_an_unknown_bucket_is_refused_before_a_record_is_made(commons, etl):
    commons.stand_in.clear()
    ran = etl("buckets", "test", "nosuch", commons.bucket("diabetes"), "--project", PROJECT).failed(2)
    assert "fence does not know the bucket nosuch" in ran.stderr
    assert not [route for route in commons.stand_in.requests() if route.startswith("POST /index/index")]


def test_a_refused_key_is_asked_for_once_and_leaves_nothing(commons, etl, study, tmp_path):
    key = tmp_path / "key.json"
    good = json.loads((commons.creds / "credentials.json").read_text())
    head, claims, signature = good["api_key"].split(".")
    key.write_text(json.dumps({**good, "api_key": f"{head}.{claims}.{signature[::-1]}"}))
    for i in range(20):
        study.add(f"f{i}", 50)
    commons.stand_in.clear()
    ran = etl(*study.write().load("-o", "json"), env={"GEN3_API_KEY": str(key)}, timeout=60).failed(4)
    assert "left behind" not in ran.stderr and outcomes(ran) == {"unfinished": 20}
    assert "create a new API key" in ran.stderr
    assert commons.stand_in.requests()["POST /user/credentials/api/access_token"] == 1
    assert outcomes(etl(*study.load("-o", "json")).ok()) == {"loaded": 20}


def test_another_file_name_is_a_difference(commons, etl, study):
    did = study.add("right", 100)
    etl(*study.write().load()).ok()
    record = records(commons)[did]
    token = commons.stand_in.token("etl@example.org")
    changed = commons.stand_in.ask("PUT", f"/index/index/{did}?rev={record['rev']}", {"file_name": "wrong"}, token)
    assert changed.status == 200, changed.text
    ran = etl("files", "verify", "--project", PROJECT, "--source", str(study.home), str(study.metadata), "-o", "json").failed(6)
    assert "its file_name is wrong, not output/right" in str(ran)
    assert "its file_name is wrong, not output/right" in etl(*study.load()).failed(6).stderr
    etl(*study.load("--replace")).ok()
    holds(commons, study)


class WrongRegion(http.server.BaseHTTPRequestHandler):
    """S3 as it answers a request that was signed for another region."""

    answers = {
        "query": (400, "<Error><Code>AuthorizationQueryParametersError</Code><Message>Error parsing the X-Amz-Credential parameter; the region "
                       "'eu-west-1' is wrong; expecting 'us-east-1'</Message></Error>"),
        "header": (400, "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region 'eu-west-1' is wrong; expecting 'us-east-1'"
                        "</Message><Region>us-east-1</Region></Error>"),
        "redirect": (301, "<Error><Code>PermanentRedirect</Code><Message>The bucket must be addressed using the specified endpoint."
                          "</Message><Endpoint>b.s3.us-east-1.amazonaws.com</Endpoint></Error>"),
    }

    def do_GET(self) -> None:
        status, body = self.answers[self.path.split("/")[1].split("?")[0]]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.mark.parametrize("kind", list(WrongRegion.answers))
def test_put_object_explains_a_wrong_region(etl, kind):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), WrongRegion)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        for action in ("put", "get"):
            ran = etl("put-object", kind, "key", action, "--region", "eu-west-1", "--endpoint-url", f"http://127.0.0.1:{server.server_port}",
                      env={"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-of-this-test"}).failed(4)
            assert "--region us-east-1" in ran.stderr
    finally:
        server.shutdown()
        server.server_close()


def test_what_put_object_gets_is_not_altered(s3, etl, canary):
    """Secrets are hidden in messages, not in an object that was asked for."""
    bucket = s3.new_bucket()
    content = "https://me:password@host/ X-Amz-Signature=0123 \u202e\x1b[2J\n"
    s3.client().put_object(Bucket=bucket, Key="k", Body=content.encode())
    key, secret = s3.keys["etlbot"]
    ran = etl("put-object", bucket, "k", "get", "--endpoint-url", s3.endpoint,
              env={"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}).ok()
    assert ran.stdout == content
