"""The HTTP client through the program: TLS, and what a server may do to it. put-object is the command that sends least."""

from __future__ import annotations

import http.server
import os
import ssl
import subprocess
import threading

import pytest

KEY = {"AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "secret-of-a-test", "AWS_EC2_METADATA_DISABLED": "true"}


class Answers(http.server.BaseHTTPRequestHandler):
    """Takes every PUT; the paths that came are kept."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self):  # noqa: N802, the name is http.server's
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.headers_seen.append(dict(self.headers))
        status, headers = self.server.answers.pop(0) if self.server.answers else (200, {})
        self.send_response(status)
        for name, value in {"Content-Length": "0", "ETag": '"d41d8cd98f00b204e9800998ecf8427e"', **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def serve():
    """Starts servers on loopback: serve(tls_context=None, answers=[(status, headers), …])."""
    started = []

    def start(context: ssl.SSLContext | None = None, answers=()):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        server.bodies, server.headers_seen, server.answers = [], [], list(answers)
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        started.append((server, thread))
        return server

    yield start
    for server, thread in started:
        server.shutdown()
        server.server_close()
        thread.join()


def certificate(folder, name: str, subject: str) -> tuple[os.PathLike, ssl.SSLContext]:
    """A self-signed one for `subject` ("IP:127.0.0.1"), and a server's context with it."""
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=test", "-addext", f"subjectAltName={subject}", "-keyout", key, "-out", cert], check=True,
                   capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return cert, context


def put(etl, server, scheme="http", **env):
    url = f"{scheme}://127.0.0.1:{server.server_port}"
    return etl("put-object", "bucket", "key", "put", "--endpoint-url", url, env={**KEY, **env})


@pytest.mark.promise("Certificates are verified")
def test_a_certificate_is_verified(etl, serve, tmp_path):
    cert, context = certificate(tmp_path, "good", "IP:127.0.0.1")
    server = serve(context)
    refused = put(etl, server, "https").failed(5)
    assert "cannot verify the server's certificate" in refused.stderr
    assert "SSL_CERT_FILE" in refused.stderr
    assert server.bodies == []
    put(etl, server, "https", SSL_CERT_FILE=str(cert)).ok()
    assert len(server.bodies) == 1


def test_a_certificate_of_another_name_is_refused(etl, serve, tmp_path):
    cert, context = certificate(tmp_path, "other", "DNS:elsewhere.example")
    server = serve(context)
    assert "cannot verify the server's certificate" in put(etl, server, "https", SSL_CERT_FILE=str(cert)).failed(5).stderr
    assert server.bodies == []


@pytest.mark.promise("Certificates are verified")
def test_a_redirect_gets_no_signature(etl, serve):
    other = serve()
    server = serve(answers=[(307, {"Location": f"http://127.0.0.1:{other.server_port}/bucket/key"})])
    put(etl, server).failed(4)
    assert other.bodies == []


@pytest.mark.promise("Only what is safe to repeat is repeated")
def test_busy_servers_are_asked_again(etl, serve):
    server = serve(answers=[(503, {"Retry-After": "0"}), (429, {"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"})])
    put(etl, server).ok()
    assert len(server.bodies) == 3
    assert len(set(server.bodies)) == 1
    assert server.bodies[0]


def test_who_stays_busy_is_exit_5(etl, serve):
    server = serve(answers=[(503, {})] * 10)
    assert "HTTP 503" in put(etl, server).failed(5).stderr
    assert len(server.bodies) == 3
