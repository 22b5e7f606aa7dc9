"""Studies of files, as a test needs them: the files on disk, the DocumentReferences that name them, what the commons holds."""

from __future__ import annotations

import hashlib
import json
import pathlib
import random
import urllib.parse
import uuid

import pytest
from local_servers import Commons

MD5 = "http://aced-idp.org/fhir/StructureDefinition/md5"
SOURCE_PATH = "http://aced-idp.org/fhir/StructureDefinition/source_path"
PROJECT = "demo-synthetic"
AUTHZ = "/programs/demo/projects/synthetic"


class FileStudy:
    """`home`/output/… are the files, `home`/studies/s/DocumentReference.ndjson is the metadata."""

    def __init__(self, home: pathlib.Path, seed: int = 1) -> None:
        self.home = home
        self.random = random.Random(seed)
        self.metadata = home / "studies/s"
        self.metadata.mkdir(parents=True)
        (home / "output").mkdir()
        self.documents: list[dict] = []
        self.bytes: dict[str, bytes] = {}  # did -> what belongs into the commons

    def add(self, name: str, content: bytes | int = 100, *, write: bool = True, **change: object) -> str:
        """A file and its DocumentReference; returns the did. `change`: id, url, size, md5, source_path that it says instead;
        None: that it does not say."""
        if isinstance(content, int):
            content = self.random.randbytes(content)
        if write:
            path = self.home / "output" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        said = {"id": str(uuid.UUID(int=self.random.getrandbits(128), version=4)), "url": f"file:///output/{name}", "size": len(content),
                "md5": hashlib.md5(content).hexdigest(), "source_path": None, **change}
        extension = [{"url": MD5, "valueString": said["md5"]}, {"url": SOURCE_PATH, "valueUrl": said["source_path"]}]
        attachment = {"extension": [each for each in extension if list(each.values())[1] is not None],
                      **{key: said[key] for key in ("url", "size") if said[key] is not None}}
        self.documents.append({"resourceType": "DocumentReference", "id": said["id"], "status": "current",
                               "content": [{"attachment": attachment}]})
        self.bytes[said["id"]] = content
        return said["id"]

    def write(self) -> "FileStudy":
        lines = [json.dumps(each, ensure_ascii=False) + "\n" for each in self.documents]
        (self.metadata / "DocumentReference.ndjson").write_text("".join(lines))
        return self

    def load(self, *more: object) -> list[str]:
        return ["files", "load", "--project", PROJECT, "--source", str(self.home), *map(str, more), str(self.metadata)]


@pytest.fixture
def study(tmp_path, etl) -> FileStudy:
    """An empty study, which `etl` loads with a state dir of its own."""
    etl.env["ACED_ETL_STATE_DIR"] = str(tmp_path / "state")
    home = tmp_path / "home"
    home.mkdir()
    return FileStudy(home)


def records(commons: Commons, authz: str = AUTHZ) -> dict[str, dict]:
    """indexd's records of a project, by did."""
    found: dict[str, dict] = {}
    while True:
        start = f"&start={max(found)}" if found else ""
        page = commons.stand_in.ask("GET", f"/index/index?authz={urllib.parse.quote(authz)}&limit=1000{start}").json()["records"]
        if not page:
            return found
        found.update({each["did"]: each for each in page})


def bucket_of(commons: Commons, project: str = PROJECT) -> str:
    return commons.bucket(project)


def objects(commons: Commons) -> dict[str, int]:
    """Key -> size. On its file system S3Proxy lists folders, too, and what it keeps of uploads that were cut off: as
    `.mpus-…`, or under a name without a slash."""
    bucket = bucket_of(commons)
    data = commons.s3.home / "s3/data" / bucket
    return {key: size for key, size in commons.s3.contents(bucket).items()
            if "/" in key and not key.startswith(".mpus-") and not (data / key).is_dir()}


def names(study: FileStudy) -> dict[str, str]:
    """did -> the object's name: the url's escapes are decoded."""
    return {each["id"]: urllib.parse.unquote(each["content"][0]["attachment"]["url"].removeprefix("file:///")) for each in study.documents}


def holds(commons: Commons, study: FileStudy, dids: set[str] | None = None, look_at_bytes: bool = True) -> None:
    """Fails unless the commons holds exactly these files of the study (default: all), each once, byte for byte."""
    wanted = set(study.bytes) if dids is None else dids
    name = names(study)
    there = records(commons)
    assert set(there) == wanted
    found, expected = sorted(objects(commons)), sorted(f"{did}/{name[did]}" for did in wanted)
    assert found == expected, f"{found} != {expected}"
    client = commons.s3.client()
    for did in wanted:
        content, record = study.bytes[did], there[did]
        assert record["size"] == len(content)
        assert record["hashes"] == {"md5": hashlib.md5(content).hexdigest()}
        assert record["urls"] == [f"s3://{bucket_of(commons)}/{did}/{name[did]}"]
        assert record["authz"] == [AUTHZ]
        assert record["file_name"] == name[did]
        assert record["metadata"] == {"datanode_type": "DocumentReference", "datanode_object_id": did,
                                      "md5": hashlib.md5(content).hexdigest()}
        if look_at_bytes:
            assert client.get_object(Bucket=bucket_of(commons), Key=f"{did}/{name[did]}")["Body"].read() == content, name[did]


def outcomes(ran) -> dict[str, int]:
    """The summary of a run with -o json: how many files came to what."""
    return {row["outcome"]: row["files"] for row in ran.json() if row["files"]}
