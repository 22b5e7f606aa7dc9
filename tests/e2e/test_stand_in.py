"""The stand-in for the Gen3 services: what it does by itself, and every way in which it misbehaves when told to."""

from __future__ import annotations

import base64
import concurrent.futures
import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import socket
import stat
import subprocess
import urllib.error
import urllib.parse
import urllib.request
import uuid

import pytest
import stand_in
from stand_in import FENCE_CONFIG, LOGIN, USER_YAML

SUBMITTER, READER, NOBODY = "submitter@example.org", "reader@example.org", "nobody@example.org"
P1 = "/programs/P/projects/p1"


class Place:
    """A stand-in's files, so that a test can change them and start it again."""

    def __init__(self, tmp_path, environment, s3, dictionary) -> None:
        self.home = tmp_path / "home"
        self.environment = environment
        self.user_yaml = tmp_path / "user.yaml"
        self.fence_config = tmp_path / "fence-config.yaml"
        self.dictionary = dictionary
        self.bucket, self.other = s3.new_bucket(), s3.new_bucket()
        self.user_yaml.write_text(USER_YAML)
        key, secret = s3.keys["fencebot"]
        text = FENCE_CONFIG.format(key=key, secret=secret, endpoint=s3.endpoint, password=LOGIN[1])
        self.fence_config.write_text(text.replace("bucket-a", self.bucket).replace("bucket-b", self.other))

    def run(self, *args: str):
        return stand_in.running(self.home, self.environment, self.user_yaml, self.fence_config, self.dictionary, *args)


@pytest.fixture
def place(tmp_path, new_database, s3, demo_dictionary, canary):
    environment = {name: value for name, value in new_database().env.items() if name.startswith("PG")}
    made = Place(tmp_path, environment, s3, demo_dictionary)
    yield made
    if (made.home / "log").exists():
        canary.check((made.home / "log").read_text(), "the log of the stand-in")


@pytest.fixture
def server(place, canary):
    with place.run() as running:
        running.place = place
        running.submitter = running.token(SUBMITTER)
        canary.add(running.submitter)
        yield running


def did() -> str:
    return str(uuid.uuid4())


def create(server, content: bytes = b"hello", name: str = "a b.txt", **more) -> dict:
    """A record of a file in the other bucket."""
    guid = did()
    record = {"form": "object", "did": guid, "size": len(content), "hashes": {"md5": hashlib.md5(content).hexdigest()},
              "urls": [f"s3://{server.place.other}/{guid}/{name}"], "authz": [P1], "file_name": name} | more
    reply = server.ask("POST", "/index/index/", record, server.submitter)
    assert reply.status == 200, reply.text
    return record


def upload_url(server, record: dict) -> str:
    reply = server.ask("GET", f"/user/data/upload/{record['did']}?bucket={server.place.other}&file_name="
                       + urllib.parse.quote(record["file_name"]), token=server.submitter)
    assert reply.status == 200, reply.text
    return reply.json()["url"]


def size_of(s3, server, key: str) -> int | None:
    """Of an object in the other bucket; None: there is none. (Of a server on files, a list shows its folders, too.)"""
    with contextlib.suppress(s3.client().exceptions.ClientError):
        return s3.client().head_object(Bucket=server.place.other, Key=key)["ContentLength"]
    return None


def fetch(method: str, url: str, body: bytes | None = None):
    """Status, headers and body of a call without credentials."""
    request = urllib.request.Request(url, body, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


# Tokens and rights.


def test_an_api_key_is_exchanged_for_a_token_that_works(server):
    key = server.api_key(SUBMITTER)
    reply = server.ask("POST", "/user/credentials/api/access_token", key)
    assert reply.status == 200
    user = server.ask("GET", "/user/user", token=reply.json()["access_token"]).json()
    assert user["username"] == SUBMITTER and user["user_id"] == 1
    assert {"service": "*", "method": "write-storage"} in user["authz"][P1]
    claims = json.loads(base64.urlsafe_b64decode(key["api_key"].split(".")[1] + "=="))
    assert claims["pur"] == "api_key" and claims["jti"] == key["key_id"] and claims["iss"] == f"{server.endpoint}/user"


def test_a_token_that_was_changed_expired_or_is_no_key_is_refused(server):
    head, body, signature = server.submitter.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["context"]["user"]["name"] = READER
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    for token in (f"{head}.{forged}.{signature}", f"{unsigned}.{forged}.", server.token(SUBMITTER, expires_in=-5), "garbage",
                  server.api_key(SUBMITTER)["api_key"]):
        for method, path in (("GET", "/user/user"), ("GET", "/api/v0/submission/"), ("POST", "/user/data/multipart/init"),
                             ("PUT", "/api/v0/submission/")):
            assert server.ask(method, path, token=token).status == 401
        record = {"form": "object", "size": 0, "hashes": {"md5": "0" * 32}, "urls": [], "authz": [P1]}
        assert server.ask("POST", "/index/index/", record, token).status == 401
        assert server.ask("GET", f"/user/data/upload/{create(server)['did']}", token=token).status == 401
    assert server.ask("POST", "/user/credentials/api/access_token", {"api_key": server.submitter}).status == 401


def test_user_yaml_and_fence_config_are_read_again_when_they_change(server):
    path = f"/user/data/upload/{create(server)['did']}?file_name=x&bucket=bucket-ro"
    assert server.ask("GET", path, token=server.submitter).status == 403
    config = server.place.fence_config
    config.write_text(config.read_text().replace("DATA_UPLOAD_BUCKETS: [", "DATA_UPLOAD_BUCKETS: [bucket-ro, "))
    assert server.ask("GET", path, token=server.submitter).status == 200
    server.place.user_yaml.write_text(USER_YAML.replace("p1_all]}", "p1_reader]}"))
    assert server.ask("GET", path, token=server.submitter).status == 401


def test_its_key_is_private_and_its_state_outlives_it(place):
    with place.run() as server:
        server.place, server.submitter = place, server.token(SUBMITTER)
        record = create(server)
        key = place.home / "jwt-key.pem"
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with place.run() as again:
        assert again.ask("GET", "/user/user", token=server.submitter).status == 200
        assert again.ask("GET", f"/index/index/{record['did']}").json()["hashes"] == record["hashes"]


def test_a_taken_port_is_an_error(server, place):
    command = [stand_in.binary(), "serve", "--home", place.home, "--user-yaml", place.user_yaml, "--fence-config",
               place.fence_config, "--dictionary", place.dictionary, "--port", str(server.port)]
    done = subprocess.run(command, env={**os.environ, **place.environment}, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2 and "taken" in done.stderr


# Files.


def test_a_file_goes_up_and_down_through_signed_urls(server, s3):
    record = create(server)
    url = upload_url(server, record)
    assert "X-Amz-SignedHeaders=host&" in url
    assert fetch("PUT", url, b"hello")[0] == 200
    assert size_of(s3, server, f"{record['did']}/a b.txt") == 5
    reply = server.ask("GET", f"/user/data/download/{record['did']}?protocol=s3", token=server.token(READER))
    assert fetch("GET", reply.json()["url"])[2] == b"hello"
    assert fetch("PUT", reply.json()["url"], b"other")[0] == 403
    assert server.ask("DELETE", f"/user/data/{record['did']}", token=server.token(READER)).status == 403
    assert server.ask("DELETE", f"/user/data/{record['did']}", token=server.submitter).status == 204
    assert size_of(s3, server, f"{record['did']}/a b.txt") is None
    assert server.ask("GET", f"/index/index/{record['did']}").status == 404


def test_deleting_a_file_whose_object_is_gone_leaves_the_record(server):
    record = create(server)
    assert server.ask("DELETE", f"/user/data/{record['did']}", token=server.submitter).status == 404
    assert server.ask("GET", f"/index/index/{record['did']}").status == 200


def start_multipart(server, record: dict) -> tuple[dict, list[dict]]:
    """What every call of an upload carries, and its two parts, uploaded."""
    bucket = server.place.other
    begun = server.ask("POST", "/user/data/multipart/init",
                       {"file_name": record["file_name"], "guid": record["did"], "bucket": bucket}, server.submitter)
    assert begun.status == 201, begun.text
    upload = {"key": f"{record['did']}/{record['file_name']}", "uploadId": begun.json()["uploadId"], "bucket": bucket}
    parts = []
    for number, content in enumerate((b"x" * (5 << 20), b"end"), 1):
        reply = server.ask("POST", "/user/data/multipart/upload", {**upload, "partNumber": number}, server.submitter)
        status, headers, _ = fetch("PUT", reply.json()["presigned_url"], content)
        assert status == 200
        parts.append({"PartNumber": number, "ETag": headers["ETag"]})
    return upload, parts


def complete(server, upload: dict, parts: list[dict]) -> stand_in.Reply:
    return server.ask("POST", "/user/data/multipart/complete", {**upload, "parts": parts}, server.submitter)


def test_a_file_goes_up_in_parts(server, s3):
    record = create(server)
    upload, parts = start_multipart(server, record)
    assert complete(server, upload, parts).json() == {"message": "OK"}
    assert size_of(s3, server, upload["key"]) == (5 << 20) + 3


def test_who_may_write_to_a_project_may_still_not_upload_in_parts(server):
    server.place.user_yaml.write_text(USER_YAML.replace("[data_upload, ", "["))
    record = create(server)
    assert upload_url(server, record)
    reply = server.ask("POST", "/user/data/multipart/init", {"file_name": "x"}, server.submitter)
    assert reply.status == 403 and "user does not have privileges" in reply.text


def test_an_empty_list_of_buckets_allows_none_by_name(server):
    config = server.place.fence_config
    text = config.read_text()
    config.write_text(text[:text.index("ALLOWED_DATA_UPLOAD_BUCKETS")] + "ALLOWED_DATA_UPLOAD_BUCKETS: []\n")
    path = f"/user/data/upload/{create(server)['did']}?file_name=x"
    assert server.ask("GET", f"{path}&bucket={server.place.bucket}", token=server.submitter).status == 403
    assert server.ask("GET", path, token=server.submitter).status == 200


# Records, projects, metadata.


def test_records_are_made_changed_listed_and_removed(server):
    record = create(server)
    path = f"/index/index/{record['did']}"
    assert server.ask("POST", "/index/index/", record, server.submitter).status == 409
    assert server.ask("POST", "/index/index/", {**record, "did": did(), "hashes": {"md5": "A" * 32}}, server.submitter).status == 400
    rev = server.ask("GET", path).json()["rev"]
    changed = server.ask("PUT", f"{path}?rev={rev}", {"file_name": "b"}, server.submitter).json()
    assert server.ask("PUT", f"{path}?rev={rev}", {"file_name": "c"}, server.submitter).status == 409
    assert server.ask("PUT", f"{path}?rev={changed['rev']}", {"file_name": "c"}, server.token(READER)).status == 401
    assert server.ask("DELETE", f"{path}?rev={rev}", token=server.submitter).status == 409
    assert server.ask("DELETE", f"{path}?rev={changed['rev']}", token=server.submitter).status == 200
    assert server.ask("GET", path).status == 404


def test_of_many_who_change_a_record_at_once_one_does(server):
    record = create(server)
    path = f"/index/index/{record['did']}"
    rev = server.ask("GET", path).json()["rev"]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda i: server.ask("PUT", f"{path}?rev={rev}", {"file_name": str(i)}, server.submitter), range(16)))
    assert sorted(reply.status for reply in replies) == [200] + [409] * 15


def test_pages_by_start_show_every_record_once(server):
    made = {create(server)["did"] for _ in range(25)}
    seen, start = [], ""
    while page := server.ask("GET", f"/index/index?authz={P1}&limit=7{start}").json()["records"]:
        seen += [record["did"] for record in page]
        start = f"&start={seen[-1]}"
    assert seen == sorted(made)


def test_projects_are_those_of_the_graph(server, etl, place):
    token = server.submitter
    program = {"type": "program", "name": "P", "dbgap_accession_number": "P"}
    assert server.ask("PUT", "/api/v0/submission/", program, server.token(READER)).status == 403
    assert server.ask("PUT", "/api/v0/submission/", program, token).status == 200
    project = {"type": "project", "code": "p1", "state": "open", "dbgap_accession_number": "p1"}
    assert server.ask("PUT", "/api/v0/submission/P", project, token).status == 200
    rows = etl("projects", "ls", "-o", "json", env=place.environment).ok().json()
    assert [row["project"] for row in rows] == ["P-p1"]
    etl("projects", "init", "P-p2", env=place.environment).ok()
    assert server.ask("GET", "/api/v0/submission/P", token=token).json() == {
        "links": ["/v0/submission/P/p1", "/v0/submission/P/p2"]}
    assert server.ask("DELETE", "/api/v0/submission/P", token=token).status == 400
    for code in ("p1", "p2"):
        assert server.ask("DELETE", f"/api/v0/submission/P/{code}", token=token).status == 204
    assert server.ask("DELETE", "/api/v0/submission/P", token=token).status == 204
    assert etl("projects", "ls", "-o", "json", env=place.environment).ok().json() == []


def test_metadata_is_kept_found_and_removed(server):
    document = {"_guid_type": "discovery_metadata", "gen3_discovery": {"study": "s", "n": 1}}
    token = server.submitter
    assert server.ask("POST", "/mds/metadata/a/b?overwrite=true", document, token).status == 201
    assert server.ask("POST", "/mds/metadata/a/b?overwrite=true", document, token).status == 200
    assert server.ask("POST", "/mds/metadata/a/b", document, server.token(READER)).status == 403
    assert server.ask("POST", "/mds/metadata/a/b", document, "garbage").status == 500
    found = server.ask("GET", "/mds/metadata?_guid_type=discovery_metadata&data=True").json()
    assert found == {"a/b": document}
    assert server.ask("DELETE", "/mds/metadata/a/b", token=token).status == 200
    assert server.ask("DELETE", "/mds/metadata/a/b", token=token).status == 404


# Connections.


def test_a_kept_connection_serves_requests_with_and_without_bodies(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    with contextlib.closing(connection):
        connection.connect()
        end = connection.sock.getsockname()
        for method, path, body in (("GET", "/_status", None), ("DELETE", "/mds/metadata/x", None), ("POST", "/index/index/", b"{}"),
                                   ("GET", "/user/data/buckets", None)):
            connection.putrequest(method, path)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)  # so that a DELETE says nothing of a body
            reply = connection.getresponse()
            reply.read()
            assert connection.sock.getsockname() == end


def test_idle_connections_keep_nobody_waiting_and_do_not_hold_up_the_end(place):
    with place.run() as server, contextlib.ExitStack() as open_:
        for _ in range(200):
            open_.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        assert server.ask("GET", "/_status", timeout=5).status == 200
        # The context's end asserts that it stops well, and within seconds.


def test_a_large_body_is_taken(server):
    document = {"text": "x" * (20 << 20)}
    assert server.ask("POST", "/mds/metadata/large", document, server.submitter).status == 201
    assert server.ask("GET", "/mds/metadata/large").json() == document


def test_requests_are_counted_by_route(server):
    server.clear()
    record = create(server)
    for _ in range(3):
        server.ask("GET", f"/index/index/{record['did']}")
    server.ask("GET", "/nothing")
    assert server.requests() == {"POST /index/index": 1, "GET /index/index/{did*}": 3, "GET /nothing": 1}


# Misbehaviour.


def test_a_status_comes_as_often_as_it_was_asked_for(server):
    server.fault("status", "^/user/user$", status=429, retry_after="7", times=2, skip=1, method="GET")
    replies = [server.ask("GET", "/user/user", token=server.submitter) for _ in range(4)]
    assert [reply.status for reply in replies] == [200, 429, 429, 200]
    assert replies[1].headers["retry-after"] == "7" and "<h1>429</h1>" in replies[1].text
    assert [(rule["seen"], rule["hits"]) for rule in server.faults()] == [(4, 2)]
    server.clear()
    assert server.faults() == []


def test_a_status_has_the_shape_of_its_service_or_the_body_that_was_given(server):
    server.fault("status", "^/index/", status=503)
    assert "<title>" in server.ask("GET", "/index/_stats").text
    server.fault("status", "^/mds/", status=429, body={"detail": "slowly"}, retry_after="Wed, 21 Oct 2026 07:28:00 GMT")
    reply = server.ask("GET", "/mds/metadata")
    assert reply.json() == {"detail": "slowly"} and reply.headers["retry-after"].startswith("Wed, 21 Oct")


def test_until_cleared(server):
    server.fault("status", "/_status$", status=500, times=0)
    assert [server.ask("GET", "/user/_status").status for _ in range(5)] == [500] * 5
    server.clear()
    assert server.ask("GET", "/user/_status").status == 200


def test_a_delay_is_no_shorter_than_asked_for(server):
    server.fault("delay", "/_status$", ms=300)
    with pytest.raises(TimeoutError):
        server.ask("GET", "/user/_status", timeout=0.1)
    assert server.ask("GET", "/user/_status", timeout=30).status == 200


def test_a_dropped_connection_comes_before_the_work_or_after_it(server):
    record = {"form": "object", "did": did(), "size": 1, "hashes": {"md5": "0" * 32}, "urls": [], "authz": [P1]}
    server.fault("drop", "^/index/index", method="POST")
    with pytest.raises(http.client.RemoteDisconnected):
        server.ask("POST", "/index/index/", record, server.submitter)
    assert server.ask("GET", f"/index/index/{record['did']}").status == 404
    server.clear()
    server.fault("drop_after_work", "^/index/index", method="POST")
    with pytest.raises(http.client.RemoteDisconnected):
        server.ask("POST", "/index/index/", record, server.submitter)
    assert server.ask("GET", f"/index/index/{record['did']}").status == 200


def test_half_an_answer(server):
    server.fault("truncate", "^/user/data/buckets$")
    with pytest.raises(http.client.IncompleteRead) as cut:
        server.ask("GET", "/user/data/buckets")
    assert cut.value.partial and cut.value.expected in (len(cut.value.partial), len(cut.value.partial) + 1)
    assert server.ask("GET", "/user/data/buckets").status == 200


def test_an_expired_url_is_refused_by_s3_itself(server, s3):
    record = create(server)
    server.fault("expired_url", "^/user/data/upload/")
    assert fetch("PUT", upload_url(server, record), b"hello")[0] == 403
    assert fetch("PUT", upload_url(server, record), b"hello")[0] == 200


def test_wrong_etags_are_refused_told_or_true(server, s3):
    record = create(server)
    upload, parts = start_multipart(server, record)
    server.fault("wrong_etag", "/multipart/complete$")
    assert complete(server, upload, parts).status == 500
    wrong = [parts[0], {**parts[1], "ETag": '"' + "0" * 32 + '"'}]
    assert complete(server, upload, wrong).status == 500
    assert size_of(s3, server, upload["key"]) is None
    assert complete(server, upload, parts).status == 200


def test_what_is_no_rule_is_refused(server):
    for rule in ({"kind": "nosuch", "path": "x"}, {"path": "x"}, {"kind": "drop", "path": "("}, {"kind": "drop", "path": "x", "time": 1}, []):
        assert server.ask("POST", "/_stand_in/faults", rule).status == 400
    assert server.faults() == []


def test_s3_is_slow_down_once_and_then_takes_it(server, s3):
    record = create(server)
    server.fault("s3_status", record["did"], status=503, retry_after="1", method="PUT")
    url = upload_url(server, record)
    assert url.startswith(server.ask("GET", "/_stand_in/faults").json()["s3_proxy"])
    status, headers, body = fetch("PUT", url, b"hello")
    assert (status, headers["Retry-After"]) == (503, "1") and b"<Code>SlowDown</Code>" in body
    assert fetch("PUT", url, b"hello")[0] == 200
    assert size_of(s3, server, f"{record['did']}/a b.txt") == 5


def test_s3_goes_away_in_the_midst_of_a_body_or_after_all_of_it(server, s3):
    record = create(server)
    content = os.urandom(3 << 20)
    server.fault("s3_drop", record["did"], method="PUT")
    url = upload_url(server, record)
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        fetch("PUT", url, content)
    assert size_of(s3, server, f"{record['did']}/a b.txt") is None
    server.fault("s3_drop_after_work", record["did"], method="PUT")
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        fetch("PUT", url, content)
    assert size_of(s3, server, f"{record['did']}/a b.txt") == len(content)


def test_s3_answers_with_another_etag(server):
    record = create(server)
    server.fault("s3_wrong_etag", record["did"], method="PUT")
    url = upload_url(server, record)
    assert fetch("PUT", url, b"hello")[1]["ETag"] == '"' + "0" * 32 + '"'
    assert hashlib.md5(b"hello").hexdigest() in fetch("PUT", url, b"hello")[1]["ETag"]


def test_s3_sends_half_an_object(server):
    record = create(server, content=b"0123456789" * 1000)
    assert fetch("PUT", upload_url(server, record), b"0123456789" * 1000)[0] == 200
    server.fault("s3_truncate", record["did"], method="GET")
    url = server.ask("GET", f"/user/data/download/{record['did']}", token=server.submitter).json()["url"]
    with pytest.raises(http.client.IncompleteRead) as cut:
        fetch("GET", url)
    assert len(cut.value.partial) == 5000
    assert len(fetch("GET", url)[2]) == 10000


def test_s3_completes_an_upload_with_an_error_under_200(server, s3):
    record = create(server)
    server.fault("s3_status", "[?&]uploadId=", method="POST", status=200, body="<Error><Code>InternalError</Code></Error>")
    upload, parts = start_multipart(server, record)
    assert complete(server, upload, parts).status == 500
    assert size_of(s3, server, upload["key"]) is None
    assert complete(server, upload, parts).status == 200
    assert size_of(s3, server, upload["key"]) == (5 << 20) + 3


def test_without_rules_for_s3_urls_lead_to_s3(server, s3):
    assert upload_url(server, create(server)).startswith(s3.endpoint)
