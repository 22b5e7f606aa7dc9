"""The stand-in for the Gen3 services: every way in which it misbehaves when told to."""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.error

import pytest
from stand_in_place import P1, complete, create, did, fetch, place, server, size_of, start_multipart, upload_url  # noqa: F401 (fixtures)


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
