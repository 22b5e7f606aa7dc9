"""A stand-in for the Gen3 services of one test, and a small client that tells what it answered."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.parse
from collections.abc import Iterator

from programs import ROOT


LOGIN = ("fence", "password of the services")
USER_YAML = """
authz:
  anonymous_policies: [open_data_reader]
  all_users_policies: [open_data_reader]
  resources:
    - {name: open}
    - {name: data_file}
    - {name: mds_gateway}
    - name: services
      subresources:
        - name: sheepdog
          subresources: [{name: submission, subresources: [{name: program}, {name: project}]}]
    - name: programs
      subresources: [{name: P, subresources: [{name: projects, subresources: [{name: p1}, {name: p2}]}]}]
  policies:
    - {id: open_data_reader, role_ids: [open_reader], resource_paths: [/open]}
    - {id: data_upload, role_ids: [file_uploader], resource_paths: [/data_file]}
    - {id: mds_admin, role_ids: [mds_user], resource_paths: [/mds_gateway]}
    - id: sheepdog
      role_ids: [sheepdog_admin]
      resource_paths: [/services/sheepdog/submission/program, /services/sheepdog/submission/project]
    - {id: p1_all, role_ids: [everything], resource_paths: [/programs/P/projects/p1]}
    - {id: p1_reader, role_ids: [reader], resource_paths: [/programs/P/projects/p1]}
  roles:
    - id: open_reader
      permissions:
        - {id: a, action: {service: fence, method: read-storage}}
        - {id: b, action: {service: guppy, method: read}}
    - {id: file_uploader, permissions: [{id: a, action: {service: fence, method: file_upload}}]}
    - {id: mds_user, permissions: [{id: a, action: {service: mds_gateway, method: access}}]}
    - {id: sheepdog_admin, permissions: [{id: a, action: {service: sheepdog, method: '*'}}]}
    - id: reader
      permissions:
        - {id: a, action: {service: '*', method: read}}
        - {id: b, action: {service: '*', method: read-storage}}
    - id: everything
      permissions:
        - {id: a, action: {service: '*', method: create}}
        - {id: b, action: {service: '*', method: read}}
        - {id: c, action: {service: '*', method: update}}
        - {id: d, action: {service: '*', method: delete}}
        - {id: e, action: {service: '*', method: read-storage}}
        - {id: f, action: {service: '*', method: write-storage}}
users:
  submitter@example.org: {policies: [data_upload, mds_admin, sheepdog, p1_all]}
  nobody@example.org: {policies: []}
  reader@example.org: {policies: [p1_reader]}
"""

FENCE_CONFIG = """
AWS_CREDENTIALS:
  bot: {{aws_access_key_id: {key}, aws_secret_access_key: '{secret}'}}
S3_BUCKETS:
  bucket-a: {{cred: bot, region: us-east-1, endpoint_url: '{endpoint}'}}
  bucket-b: {{cred: bot, region: us-east-1, endpoint_url: '{endpoint}'}}
  bucket-ro: {{cred: bot, region: us-east-1, endpoint_url: '{endpoint}'}}
  bucket-public: {{cred: '*', region: us-east-1}}
DATA_UPLOAD_BUCKET: bucket-a
ALLOWED_DATA_UPLOAD_BUCKETS: [bucket-b]
DEFAULT_PREFIX: dg.TEST/
INDEXD_USERNAME: fence
INDEXD_PASSWORD: '{password}'
"""


def binary() -> pathlib.Path:
    return pathlib.Path(os.environ.get("ACED_STAND_IN") or ROOT / "build/release/aced-stand-in").resolve()


@dataclasses.dataclass
class Reply:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self):
        return json.loads(self.body)

    @property
    def type(self) -> str:
        return self.headers.get("content-type", "")


class StandIn:
    """One running stand-in. Start it with `running`."""

    def __init__(self, home: pathlib.Path, port: int, process: subprocess.Popen, user_yaml: pathlib.Path) -> None:
        self.home = home
        self.port = port
        self.process = process
        self.user_yaml = user_yaml

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, body: object = None, token: str | None = None,
            headers: dict[str, str] | None = None, timeout: float = 30) -> Reply:
        """One request on a connection of its own; `body`: bytes and str as they are, else JSON."""
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"bearer {token}"
        if body is not None and not isinstance(body, (bytes, str)):
            headers.setdefault("Content-Type", "application/json")
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with contextlib.closing(connection):
            connection.request(method, urllib.parse.quote(path, safe="/%?&=:+,{}\"[]"), body, headers)
            reply = connection.getresponse()
            return Reply(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())

    def _token(self, kind: str, user: str, expires_in: int, home: pathlib.Path | None = None) -> str:
        done = subprocess.run([binary(), kind, "--home", home or self.home, "--issuer", f"{self.endpoint}/user", "--user", user,
                               "--user-yaml", self.user_yaml, "--expires-in", str(expires_in)],
                              capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def token(self, user: str, expires_in: int = 3600, home: pathlib.Path | None = None) -> str:
        """An access token as a login gives it; another `home` signs with another key."""
        return self._token("access-token", user, expires_in, home)

    def api_key(self, user: str, expires_in: int = 3600) -> dict[str, str]:
        """A credentials.json."""
        return json.loads(self._token("api-key", user, expires_in))

    def fault(self, kind: str, path: str, **more: object) -> None:
        reply = self.ask("POST", "/_stand_in/faults", {"kind": kind, "path": path, **more})
        assert reply.status == 204, reply.text

    def faults(self) -> list[dict]:
        return self.ask("GET", "/_stand_in/faults").json()["faults"]

    def kill_when_hit(self, process: subprocess.Popen) -> None:
        """Ends the process by SIGKILL when it has met the first of the faults, which should hold it; then there are none."""
        try:
            until = time.monotonic() + 60
            while not self.faults()[0]["hits"]:
                assert time.monotonic() < until and process.poll() is None
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=30)
        finally:
            self.clear()

    def clear(self) -> None:
        """No faults, and counting from the beginning."""
        self.ask("DELETE", "/_stand_in/faults")
        self.ask("DELETE", "/_stand_in/requests")

    def requests(self) -> dict[str, int]:
        """How often each route was asked for: `GET /user/user` -> 3."""
        return self.ask("GET", "/_stand_in/requests").json()


@contextlib.contextmanager
def running(home: pathlib.Path, environment: dict[str, str], user_yaml: pathlib.Path, fence_config: pathlib.Path,
            dictionary: pathlib.Path, *args: str) -> Iterator[StandIn]:
    """`environment`: PG*. At the end it is stopped as a service is, and must have ended well."""
    home.mkdir(parents=True, exist_ok=True)
    port_file = home / "port"
    port_file.unlink(missing_ok=True)
    log = (home / "log").open("a+")
    process = subprocess.Popen(
        [binary(), "serve", "--home", home, "--user-yaml", user_yaml, "--fence-config", fence_config, "--dictionary",
         dictionary, "--port-file", port_file, *args],
        env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 30
        while not port_file.exists():
            assert process.poll() is None and time.monotonic() < until, (home / "log").read_text()
            time.sleep(0.01)
        yield StandIn(home, int(port_file.read_text()), process, user_yaml)
        assert process.poll() is None, (home / "log").read_text()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0, (home / "log").read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        log.close()
