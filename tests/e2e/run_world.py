"""A commons and the pod of its regular run: studies in a bucket, etl.yaml, and what the commons holds afterwards."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import pathlib
import shutil

import yaml
from graph_study import dump
from local_servers import S3, Commons

LUNG, COHORT = "Lung", "Cohort"
PROJECTS = {LUNG: "demo-synthetic", COHORT: "demo-cohort"}
RECORDS = 400


@dataclasses.dataclass
class World:
    """`home` is the pod's home folder; `env` what `aced-etl` has to be told there."""

    home: pathlib.Path
    commons: Commons
    s3: S3
    bucket: str
    env: dict[str, str]
    database: object

    @property
    def etl_yaml(self) -> pathlib.Path:
        return self.home / "etl.yaml"

    def write_etl_yaml(self, **change: object) -> None:
        """The studies with a bucket each; `change` replaces top-level keys, or takes them away (None)."""
        whole = {"program": "demo",
                 "studies": [{"name": LUNG, "project": "synthetic", "bucket": self.commons.bucket("demo-synthetic")},
                             {"name": COHORT, "project": "cohort", "bucket": self.commons.bucket("demo-cohort")}],
                 "limits": {"retry_wait": 1}, **change}
        self.etl_yaml.write_text(yaml.safe_dump({key: value for key, value in whole.items() if value is not None}))

    def put(self, study: str, folder: pathlib.Path) -> None:
        """A study as aced-synth wrote it (studies/…, output/…) into the source bucket, in place of what is there."""
        client = self.s3.client()
        for key in self.s3.contents(self.bucket):
            if f"/{study}/" in key:
                client.delete_object(Bucket=self.bucket, Key=key)
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                client.put_object(Bucket=self.bucket, Key=f"dev/{file.relative_to(folder)}", Body=file.read_bytes())

    def forget(self) -> None:
        """As a new pod starts: no state, no studies."""
        for name in ("state", "studies", "output"):
            shutil.rmtree(self.home / name, ignore_errors=True)

    def holds(self) -> dict[str, object]:
        """All that the commons holds, to be compared: rows, records of indexd, objects with their bytes' hash. Not: when."""
        client = self.s3.client()
        objects = {}
        for project in PROJECTS.values():
            bucket = self.commons.bucket(project)
            data = self.s3.home / "s3/data" / bucket
            for key in self.s3.contents(bucket):
                if "/" in key and not key.startswith(".mpus-") and not (data / key).is_dir():
                    body = client.get_object(Bucket=bucket, Key=key)["Body"].read()
                    objects[f"{bucket}/{key}"] = hashlib.md5(body).hexdigest()
        records = self.commons.stand_in.ask("GET", "/index/index?limit=1000").json()["records"]
        told = [{name: value for name, value in record.items() if name not in ("created_date", "updated_date", "rev", "baseid")}
                for record in records]
        return {"graph": dump(self.database), "records": sorted(json.dumps(record, sort_keys=True) for record in told),
                "objects": objects}


def steps(ran, study: str) -> dict[str, str]:
    """Of a run with -o json: step -> outcome."""
    found = next(each for each in ran.json()["studies"] if each["study"] == study)
    return {step["step"]: step["outcome"] for step in found["steps"]}


def step(ran, study: str, name: str) -> dict:
    found = next(each for each in ran.json()["studies"] if each["study"] == study)
    return next(each for each in found["steps"] if each["step"] == name)
