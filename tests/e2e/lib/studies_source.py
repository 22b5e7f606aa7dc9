"""What the tests of studies pull share: a bucket, and the pod that pulls from it."""

from __future__ import annotations

import concurrent.futures
import json
import pathlib
import random

import pytest

MIB = 1 << 20


class Source:
    """A bucket with studies, and the folders of a pod that pulls them."""

    def __init__(self, s3, etl, home: pathlib.Path) -> None:
        self.s3, self.etl, self.home = s3, etl, home
        self.bucket = s3.new_bucket("pull")
        self.client = s3.client()
        etl.env.update(s3.env, HOME=str(home), S3_BUCKET=self.bucket, S3_PATH="env/dev", ACED_ETL_STATE_DIR=str(home / "state"))
        etl.env.pop("AWS_PROFILE", None)
        self.objects: dict[str, bytes] = {}

    def put(self, name: str, body: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key="env/dev/" + name, Body=body)
        self.objects[name] = body

    def put_all(self, objects: dict[str, bytes]) -> None:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda item: self.put(*item), objects.items()))

    def remove(self, name: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key="env/dev/" + name)
        self.objects.pop(name, None)

    def local(self) -> dict[str, bytes]:
        """Every file below both folders, work files as well."""
        return {str(path.relative_to(self.home)): path.read_bytes()
                for folder in ("studies", "output") for path in (self.home / folder).rglob("*") if path.is_file()}

    def pull(self, *args: object, rc: int = 0, **env: str | None) -> dict:
        ran = self.etl("studies", "pull", "-o", "json", *args, env=env).failed(rc)
        self.stderr = ran.stderr
        return json.loads(ran.stdout) if ran.stdout else {}


@pytest.fixture
def source(s3, etl, tmp_path) -> Source:
    return Source(s3, etl, tmp_path)


def some_studies() -> dict[str, bytes]:
    return {
        "studies/Lung_Cancer/Patient.ndjson": b'{"resourceType":"Patient","id":"1"}\n' * 3,
        "studies/Lung_Cancer/deep/er/Group.ndjson": b'{"resourceType":"Group","id":"1"}\n',
        "studies/Diabetes/Patient.ndjson": b"",
        "output/Lung_Cancer/dna/a b+c%41#é?=&;.csv": b"x" * 1000,
        "output/Diabetes/scan.bin": bytes(range(256)) * 40,
    }


def large(size: int) -> bytes:
    return random.Random(size).randbytes(size)
