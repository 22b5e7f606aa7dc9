"""AWS keys from where the AWS CLI finds them, used against a real S3 server.

The services that lend keys (STS, a container's agent, an instance's metadata service) exist only inside AWS: `Lender` answers
as they do, with a key that the S3 server knows.
"""

from __future__ import annotations

import dataclasses
import http.server
import json
import ssl
import stat
import subprocess
import threading
import urllib.parse

import pytest

FAR = "2999-01-01T00:00:00Z"


@dataclasses.dataclass
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    body: str


class Lender:
    """A loopback HTTP server; `answers` maps "METHOD path" to (status, body)."""

    def __init__(self, tls: tuple[str, str] | None = None) -> None:
        self.answers: dict[str, tuple[int, str]] = {}
        self.seen: list[Seen] = []
        lender = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                path = self.path.split("?")[0]
                lender.seen.append(Seen(self.command, path, {name.lower(): value for name, value in self.headers.items()}, body))
                status, text = lender.answers.get(f"{self.command} {path}", (404, "nothing here"))
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.send_header("ETag", '"d41d8cd98f00b204e9800998ecf8427e"')
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_PUT = do_POST = handle_any

            def log_message(self, *args) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        scheme = "http"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def lender():
    one = Lender()
    yield one
    one.close()


@pytest.fixture
def bucket(s3, etl) -> str:
    """A bucket; `etl` has the S3 server's address and nobody's key."""
    etl.env |= {"AWS_ENDPOINT_URL_S3": s3.endpoint, "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(etl.cwd)}
    return s3.new_bucket()


def lent(s3, **more) -> str:
    """The JSON of fencebot's key."""
    key, secret = s3.keys["fencebot"]
    return json.dumps({"AccessKeyId": key, "SecretAccessKey": secret, **more})


def sts_answer(s3, action: str) -> str:
    key, secret = s3.keys["fencebot"]
    return (f"<{action}Response><{action}Result><Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>"
            f"<SessionToken>a-token</SessionToken><Expiration>{FAR}</Expiration></Credentials></{action}Result></{action}Response>")


def config(etl, text: str) -> None:
    (etl.cwd / ".aws").mkdir(exist_ok=True)
    (etl.cwd / ".aws/config").write_text(text)


def put(etl, bucket, *args, **kwargs):
    return etl("put-object", bucket, "a", "put", "-o", "json", *args, **kwargs)


def test_eks_pod_identity(s3, etl, bucket, lender, tmp_path, canary):
    lender.answers["GET /v1/credentials"] = (200, lent(s3, Expiration=FAR))
    (tmp_path / "token").write_text("pod-identity-token\n")
    canary.add("pod-identity-token")
    env = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": lender.url + "/v1/credentials", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(tmp_path / "token")}
    ran = put(etl, bucket, env=env).ok().json()
    assert ran["signed_with"] == "environment AWS_CONTAINER_CREDENTIALS_FULL_URI"
    assert [(one.path, one.headers["authorization"]) for one in lender.seen] == [("/v1/credentials", "pod-identity-token")]
    assert s3.contents(bucket).keys() == {"a"}


def test_an_agent_that_refuses_is_exit_4(etl, bucket, lender):
    lender.answers["GET /x"] = (401, "no")
    ran = put(etl, bucket, env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": lender.url + "/x"}).failed(4)
    assert "the container's agent answered HTTP 401" in ran.stderr


def test_instance_metadata_version_2(s3, etl, bucket, lender, canary):
    roles = "/latest/meta-data/iam/security-credentials/"
    canary.add("metadata-session")
    lender.answers |= {"PUT /latest/api/token": (200, "metadata-session"), f"GET {roles}": (200, "etl-role\n"),
                       f"GET {roles}etl-role": (200, lent(s3, Code="Success", Expiration=FAR))}
    put(etl, bucket, env={"AWS_EC2_METADATA_DISABLED": None, "AWS_EC2_METADATA_SERVICE_ENDPOINT": lender.url}).ok()
    assert [f"{one.method} {one.path}" for one in lender.seen] == ["PUT /latest/api/token", f"GET {roles}", f"GET {roles}etl-role"]
    assert lender.seen[0].headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600"
    assert all(one.headers["x-aws-ec2-metadata-token"] == "metadata-session" for one in lender.seen[1:])
    assert s3.contents(bucket).keys() == {"a"}


@pytest.mark.parametrize("answers", [{}, {"PUT /latest/api/token": (200, "t")}, {"PUT /latest/api/token": (403, "")}])
def test_an_instance_without_a_role_is_no_key(etl, bucket, lender, answers):
    lender.answers |= answers
    ran = put(etl, bucket, env={"AWS_EC2_METADATA_DISABLED": None, "AWS_EC2_METADATA_SERVICE_ENDPOINT": lender.url}).failed(2)
    assert "there is no AWS key" in ran.stderr


def test_no_metadata_service_is_no_key(etl, bucket, lender):
    lender.close()
    ran = put(etl, bucket, env={"AWS_EC2_METADATA_DISABLED": None, "AWS_EC2_METADATA_SERVICE_ENDPOINT": lender.url}).failed(2)
    assert "there is no AWS key" in ran.stderr


def test_assumed_role_with_a_source_profile(s3, etl, bucket, lender):
    lender.answers["POST /"] = (200, sts_answer(s3, "AssumeRole"))
    key, secret = s3.keys["etlbot"]
    config(etl, f"[profile work]\nrole_arn = arn:aws:iam::1:role/etl\nsource_profile = base\nexternal_id = e/1\n"
                f"[profile base]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
    ran = put(etl, bucket, env={"AWS_PROFILE": "work", "AWS_ENDPOINT_URL_STS": lender.url})
    [asked] = lender.seen
    assert dict(urllib.parse.parse_qsl(asked.body)) == {
        "Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": "arn:aws:iam::1:role/etl", "RoleSessionName": "aced-etl",
        "DurationSeconds": "3600", "ExternalId": "e/1"}
    assert f"Credential={key}/" in asked.headers["authorization"] and "/us-east-1/sts/aws4_request" in asked.headers["authorization"]
    assert ran.ok().json()["signed_with"] == f"profile work in {etl.cwd}/.aws/config"


def test_a_role_that_is_refused_is_exit_4(etl, bucket, lender):
    lender.answers["POST /"] = (403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>")
    config(etl, "[profile work]\nrole_arn = arn:r\nsource_profile = base\n[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = x\n")
    ran = put(etl, bucket, env={"AWS_PROFILE": "work", "AWS_ENDPOINT_URL_STS": lender.url}).failed(4)
    assert "STS answered HTTP 403: AccessDenied" in ran.stderr
    assert "trust policy names the owner of the key (profile base" in ran.stderr


def test_credential_process(s3, etl, bucket, tmp_path):
    (tmp_path / "key.json").write_text(lent(s3, Version=1, Expiration=FAR))
    config(etl, f'[profile work]\ncredential_process = /bin/cat "{tmp_path}/key.json"\n')
    put(etl, bucket, env={"AWS_PROFILE": "work"}).ok()
    assert s3.contents(bucket).keys() == {"a"}


@pytest.mark.parametrize("script, said", [
    ("exit 3", "ended with exit code 3"),
    ("kill -9 $$", "was ended by signal 9"),
    ("echo swordfish-swordfish", 'does not print the JSON of a key ("Version": 1)'),
    ("""echo '{"Version": 1, "SecretAccessKey": "swordfish-swordfish"}'""", "AccessKeyId or SecretAccessKey is missing"),
    ("head -c 1000000 /dev/zero", "wrote more than"),
    ("echo swordfish-swordfish >&2; exit 1", "ended with exit code 1"),
])
def test_a_credential_process_that_fails_is_named_and_shows_nothing(etl, bucket, tmp_path, canary, script, said):
    canary.add("swordfish-swordfish")
    program = tmp_path / "lend"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    config(etl, f"[profile work]\ncredential_process = {program} --x\n")
    ran = put(etl, bucket, env={"AWS_PROFILE": "work"}).failed(2)
    assert f"credential_process: {program} {said}" in ran.stderr or f"credential_process: {program}: " in ran.stderr and said in ran.stderr


def test_a_credential_process_that_is_not_there(etl, bucket):
    config(etl, "[profile work]\ncredential_process = /no/such/program\n")
    assert "could not be started: No such file or directory" in put(etl, bucket, env={"AWS_PROFILE": "work"}).failed(2).stderr


@pytest.mark.promise("Certificates are verified")
@pytest.mark.parametrize("by", ["AWS_CA_BUNDLE", "ca_bundle"])
def test_a_bundle_of_certificate_authorities(etl, tmp_path, by):
    """A TLS service with a certificate of its own: refused, unless AWS's settings name its authority."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out",
                    certificate, "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    service = Lender(tls=(str(certificate), str(key)))
    try:
        service.answers["PUT /b/a"] = (200, "")
        env = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "x", "AWS_ENDPOINT_URL_S3": service.url, "HOME": str(etl.cwd)}
        ran = etl("put-object", "b", "a", "put", env=env).failed(5)
        assert "cannot verify the server's certificate" in ran.stderr
        assert service.seen == []
        if by == "ca_bundle":
            config(etl, f"[default]\nca_bundle = {certificate}\n")
        else:
            env["AWS_CA_BUNDLE"] = str(certificate)
        etl("put-object", "b", "a", "put", env=env).ok()
        assert [one.method for one in service.seen] == ["PUT"]
    finally:
        service.close()
