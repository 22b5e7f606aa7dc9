"""The servers of local/, as a test handles them: each in a folder of its own, stopped and started at will."""

from __future__ import annotations

import configparser
import dataclasses
import itertools
import os
import pathlib
import shlex
import subprocess

import boto3
from botocore.config import Config

ROOT = pathlib.Path(__file__).resolve().parents[2]

_numbers = itertools.count(1)


def exports(text: str) -> dict[str, str]:
    """What `export NAME=value` lines would set."""
    lines = (shlex.split(line) for line in text.splitlines())
    return dict(words[1].split("=", 1) for words in lines if words and words[0] == "export")


def local(script: str, home: pathlib.Path, *args: str, check: bool = True, **env: str) -> subprocess.CompletedProcess:
    """Runs local/SCRIPT on the servers of `home`."""
    done = subprocess.run([ROOT / "local" / script, *args], env={**os.environ, "ACED_LOCAL_DIR": str(home), **env},
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done


def profiles(home: pathlib.Path) -> dict[str, tuple[str, str]]:
    """The key pairs of the AWS files in `home`: profile -> (id, secret)."""
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.read(home / "aws/credentials")
    return {name: (parsed[name]["aws_access_key_id"], parsed[name]["aws_secret_access_key"]) for name in parsed.sections()}


@dataclasses.dataclass
class S3:
    """A real S3 server (S3Proxy) with two key pairs, fencebot and etlbot, on the same buckets."""

    home: pathlib.Path  # its ACED_LOCAL_DIR
    env: dict[str, str]  # what local/s3 env says: AWS_*

    def command(self, *args: str, check: bool = True) -> subprocess.CompletedProcess:
        return local("s3", self.home, *args, check=check)

    def stop(self) -> None:
        self.command("down")

    def start(self) -> None:
        """On the same port, unless someone took it: then `env` and `endpoint` are new."""
        self.command("up")
        self.env = exports(self.command("env").stdout)

    @property
    def endpoint(self) -> str:
        return self.env["AWS_ENDPOINT_URL"]

    @property
    def keys(self) -> dict[str, tuple[str, str]]:
        return profiles(self.home)

    def client(self, profile: str = "etlbot", **options):
        """boto3's client with the keys of a profile; it tries once."""
        key, secret = self.keys[profile]
        config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
        return boto3.client("s3", **{"endpoint_url": self.endpoint, "region_name": "us-east-1", "aws_access_key_id": key,
                                     "aws_secret_access_key": secret, "config": config, **options})

    def new_bucket(self, prefix: str = "test") -> str:
        """An empty bucket that no other test has."""
        name = f"{prefix}-{os.getpid()}-{next(_numbers)}"
        self.command("bucket", name)
        return name

    def contents(self, bucket: str) -> dict[str, int]:
        """Every key and its size."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", [])}
