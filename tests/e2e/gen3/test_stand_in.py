"""The stand-in for the Gen3 services: what it does by itself."""

from __future__ import annotations

import base64
import concurrent.futures
import contextlib
import http.client
import json
import os
import socket
import stat
import subprocess

import stand_in
from stand_in import USER_YAML
from stand_in_place import P1, READER, SUBMITTER, complete, create, did, fetch, place, server, size_of, start_multipart, upload_url  # noqa: F401 (fixtures)


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
