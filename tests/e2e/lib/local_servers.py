"""The servers of local/, as a test handles them: each in a folder of its own, stopped and started at will."""

from __future__ import annotations

import configparser
import contextlib
import functools
import itertools
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request

import boto3
import yaml
from botocore.config import Config
from programs import ROOT
from stand_in import StandIn


_numbers = itertools.count(1)


def exports(text: str) -> dict[str, str]:
    """What `export NAME=value` lines would set."""
    lines = (shlex.split(line) for line in text.splitlines())
    return dict(words[1].split("=", 1) for words in lines if words and words[0] == "export")


def local(script: str, home: pathlib.Path, *args: str, check: bool = True, **env: str) -> subprocess.CompletedProcess:
    """Runs local/SCRIPT on the servers of `home`."""
    done = subprocess.run([ROOT / "local" / script, *args], env={**os.environ, "ACED_LOCAL_DIR": str(home), **env},
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=600, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done


def fence_config(configured: tuple[str, ...] = (), allowed: tuple[str, ...] = ()) -> str:
    """A template of fence-config.yaml that is at odds with itself: buckets that fence knows and allows no upload to, and
    buckets that it allows and does not know. For `new_commons`; names begin with `aced-local-`."""
    config = yaml.safe_load((ROOT / "local/fence-config.yaml").read_text())
    known = config["S3_BUCKETS"]
    known.update({name: dict(known[config["DATA_UPLOAD_BUCKET"]]) for name in configured})
    config["ALLOWED_DATA_UPLOAD_BUCKETS"] += allowed
    return yaml.safe_dump(config)


def pid_of(script: str, home: pathlib.Path) -> int | None:
    """The process of one server of `home`; None when it is down."""
    found = re.search(r"pid (\d+)", local(script, home, "status", check=False).stderr)
    return int(found[1]) if found else None


def ended(process: int) -> bool:
    """Whether it only waits to be reaped. OSError when it is reaped."""
    return pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"


def profiles(home: pathlib.Path) -> dict[str, tuple[str, str]]:
    """The key pairs of the AWS files in `home`: profile -> (id, secret)."""
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.read(home / "aws/credentials")
    return {name: (parsed[name]["aws_access_key_id"], parsed[name]["aws_secret_access_key"]) for name in parsed.sections()}


class Server:
    """One server of local/ in a folder of its own."""

    script: str

    def __init__(self, home: pathlib.Path, **settings: str) -> None:
        """`settings`: the variables that its script reads. It is not started yet."""
        self.home = home  # its ACED_LOCAL_DIR
        self.env: dict[str, str] = {}  # what its script's `env` says
        self.settings = settings

    def command(self, *args: str, check: bool = True) -> subprocess.CompletedProcess:
        return local(self.script, self.home, *args, check=check, **self.settings)

    def start(self) -> None:
        """On the same port as before, unless someone took it: then `env` is new."""
        self.command("up")
        self.env = exports(self.command("env").stdout)

    def stop(self) -> None:
        self.command("down")

    @property
    def pid(self) -> int | None:
        """None when it is down."""
        return pid_of(self.script, self.home)

    def kill(self) -> None:
        """As a crash would end it; returns when it is gone."""
        process = self.pid
        assert process, f"{self.script} is down"
        os.kill(process, signal.SIGKILL)
        # Its threads end one by one, and the last of them closes the port; then it may wait to be reaped.
        with contextlib.suppress(OSError):
            while os.listdir(f"/proc/{process}/task") != [str(process)] or not ended(process):
                time.sleep(0.01)

    def log(self) -> str:
        return (self.home / f"{self.script}.log").read_text()

    def destroy(self) -> None:
        self.command("destroy", check=False)
        shutil.rmtree(self.home, ignore_errors=True)


class S3(Server):
    """A real S3 server (S3Proxy) with two key pairs, fencebot and etlbot, on the same buckets."""

    script = "s3"

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


class Search(Server):
    """A real OpenSearch of one node, or the server that ACED_LOCAL_SEARCH names (scripts/search-matrix)."""

    script = "search"

    @property
    def url(self) -> str:
        return self.env["ELASTICSEARCH_URL"]

    def missing(self) -> str:
        """What of the server cannot be had on this machine; empty when it can be started."""
        done = self.command("fetch", check=False)
        said = done.stderr.strip().splitlines()
        return "" if done.returncode == 0 else said[-1] if said else "local/search fetch failed"

    @functools.cached_property
    def has_types(self) -> bool:
        """Elasticsearch 6.8 still has mapping types, which its calls must name or leave out."""
        with urllib.request.urlopen(self.url, timeout=60) as answer:
            return json.load(answer)["version"]["number"].startswith("6.")

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, object]:
        """Status and answer; a `str` body goes as it is (bulk), anything else as JSON. The call is that of a server
        without mapping types."""
        if self.has_types:
            path = without_types(method, path, body)
        data = None if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def clear(self) -> None:
        """Removes every index and alias."""
        _, indexes = self.ask("GET", "/_cat/indices?format=json&expand_wildcards=all" if not self.has_types else "/_cat/indices?format=json")
        if indexes:
            status, answer = self.ask("DELETE", "/" + ",".join(index["index"] for index in indexes))
            assert status == 200, answer


def without_types(method: str, path: str, body: object) -> str:
    """The same call for Elasticsearch 6.8."""
    plain, _, query = path.partition("?")
    if "/_mapping" in plain or (method == "PUT" and isinstance(body, dict) and "mappings" in body):
        query += ("&" if query else "") + "include_type_name=false"
    if plain.endswith("/_bulk") and plain != "/_bulk":
        plain = plain.removesuffix("/_bulk") + "/_doc/_bulk"
    return plain + ("?" + query if query else "")


class Commons(Server):
    """The stand-in for the Gen3 services, with a database, buckets, credentials and AWS files of its own."""

    script = "gen3"

    def __init__(self, home: pathlib.Path, database: dict[str, str], s3: S3, prefix: str, **settings: str) -> None:
        super().__init__(home, **settings)
        self.database = database  # PG*
        self.s3 = s3
        self.prefix = prefix  # of its buckets' names

    def start(self) -> None:
        """`env` is all that aced-etl needs to work on this commons."""
        super().start()
        shutil.copytree(self.s3.home / "aws", self.home / "aws", dirs_exist_ok=True)
        self.env |= {**self.database, "AWS_CONFIG_FILE": str(self.home / "aws/config"),
                     "AWS_SHARED_CREDENTIALS_FILE": str(self.home / "aws/credentials"), "AWS_PROFILE": "etlbot"}

    @property
    def endpoint(self) -> str:
        return self.env["GEN3_ENDPOINT"]

    @property
    def creds(self) -> pathlib.Path:
        return self.home / "creds"

    @property
    def stand_in(self) -> StandIn:
        """To make it misbehave, to count what it was asked, to make tokens of any user. Until it is started again."""
        return StandIn(self.home / "gen3/keys", int(self.endpoint.rsplit(":", 1)[1]), None, self.home / "gen3/settings/user.yaml")

    def bucket(self, project: str) -> str:
        """demo-synthetic, demo-cohort, ...: the bucket of that name in this commons' fence-config.yaml."""
        return f"{self.prefix}-{project}"

    def credentials_of(self, user: str) -> pathlib.Path:
        """A new API key of a user of user.yaml, in a file that GEN3_API_KEY can name."""
        file = self.home / f"{user}.json"
        file.write_text(self.command("api-key", user).stdout)
        return file
