"""What the tests of the stand-in share: one of their own, with its files, and the first steps with it."""

from __future__ import annotations

import contextlib
import hashlib
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
