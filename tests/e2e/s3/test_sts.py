"""A service account's token (AssumeRoleWithWebIdentity): it goes to STS and to no other server, whatever addresses are configured."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest

TOKEN = "made-up-service-account-token"
STS = "sts.us-west-2.amazonaws.com:443"


class Recorder:
    """An HTTP server that keeps all it is sent and serves nothing; also as a proxy, which sees only where a tunnel would lead."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        seen = self.seen

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                seen.append(f"{self.requestline}\n{self.headers}\n{body.decode(errors='replace')}")
                self.send_response(403)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_PUT = do_POST = do_HEAD = do_CONNECT = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def recorders() -> Iterator[tuple[Recorder, Recorder]]:
    """An S3 server, and a proxy to all that is not on this machine."""
    made = Recorder(), Recorder()
    yield made
    for each in made:
        each.close()


@pytest.mark.parametrize("general", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "profile", "--endpoint-url"])
def test_the_token_is_never_sent_to_a_general_address(general, recorders, etl, tmp_path):
    s3, proxy = recorders
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "config").write_text("[default]\n" + (f"endpoint_url = {s3.url}\n" if general == "profile" else ""))
    env = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"), "AWS_REGION": "us-west-2",
           "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/etl", "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
           "AWS_PROFILE": "default", "HTTPS_PROXY": proxy.url, "https_proxy": proxy.url, "NO_PROXY": "", "no_proxy": ""}
    if general.startswith("AWS_"):
        env[general] = s3.url
    flag = ["--endpoint-url", s3.url] if general.startswith("--") else []
    ran = etl("put-object", "bucket", "key", "get", *flag, env=env)
    assert ran.rc != 0
    assert proxy.seen and all(each.startswith(f"CONNECT {STS} ") for each in proxy.seen), (proxy.seen, ran.stderr)
    assert s3.seen == []  # there is no key to ask it with
    assert TOKEN not in ran.stdout + ran.stderr + "".join(proxy.seen)


def test_sts_has_an_address_of_its_own(recorders, etl, tmp_path):
    """AWS_ENDPOINT_URL_STS is where the token goes: so the test above would see it."""
    s3, sts = recorders
    (tmp_path / "token").write_text(TOKEN)
    ran = etl("put-object", "bucket", "key", "get", env={
        "AWS_CONFIG_FILE": str(tmp_path / "none"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"), "AWS_REGION": "us-west-2",
        "AWS_PROFILE": "", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/etl", "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
        "AWS_ENDPOINT_URL": s3.url, "AWS_ENDPOINT_URL_STS": sts.url})
    ran.failed(4)
    assert len(sts.seen) == 1 and TOKEN in sts.seen[0] and s3.seen == []
    assert TOKEN not in ran.stdout + ran.stderr
