"""An HTTP proxy between aced-etl and OpenSearch: a test holds requests, answers them itself, or changes what passes."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

# (method, path, body) -> what to answer instead of the server: (status, document); None lets the request pass.
Rule = Callable[[str, str, bytes], "tuple[int, object] | None"]


class SearchProxy:
    """Everything passes unless `rule` answers it. Requests are noted in `seen`."""

    def __init__(self, url: str, tls: tuple[str, str] | None = None) -> None:
        """`tls`: files of a certificate and its key."""
        self._scheme = "https" if tls else "http"
        self._to = urlsplit(url)
        self.rule: Rule = lambda method, path, body: None
        self.seen: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length) if length else b""
                proxy.seen.append((self.command, self.path))
                proxy.headers.append({name.lower(): value for name, value in self.headers.items()})
                answer = proxy.rule(self.command, self.path, body)
                status, data = proxy.forward(self.command, self.path, body, dict(self.headers)) if answer is None else (
                    answer[0], json.dumps(answer[1]).encode())
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    if self.command != "HEAD":
                        self.wfile.write(data)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_one

            def log_message(self, *args: object) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # the program was killed

        self._server = Server(("127.0.0.1", 0), Handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def forward(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self._to.hostname, self._to.port, timeout=120)
        try:
            sent = {name: value for name, value in headers.items() if name.lower() in ("content-type", "content-encoding")}
            connection.request(method, path, body or None, sent)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def proxy(search) -> Iterator[SearchProxy]:
    made = SearchProxy(search.url)
    yield made
    made.close()


class Hold:
    """A rule that stops at the first request that `matches`: arrived() waits for it, release() lets it pass."""

    def __init__(self, matches: Callable[[str, str], bool]) -> None:
        self._matches = matches
        self._arrived = threading.Event()
        self._released = threading.Event()

    def __call__(self, method: str, path: str, body: bytes) -> None:
        if self._matches(method, path) and not self._arrived.is_set():
            self._arrived.set()
            assert self._released.wait(300)

    def arrived(self) -> None:
        assert self._arrived.wait(120), "the request never came"

    def release(self) -> None:
        self._released.set()
