"""An S3 service that lies: what it lists, what it says of an object, and what it sends have nothing to do with each other."""

from __future__ import annotations

import contextlib
import dataclasses
import http.server
import threading
import urllib.parse
from collections.abc import Iterator
from xml.sax.saxutils import escape

import pytest


@dataclasses.dataclass
class Lie:
    listed: str                # the text of <Size>
    body: bytes | None = b""   # None: endless
    length: str | None = None  # Content-Length; None: the body comes in chunks
    etag: str = "0" * 31 + "1"
    head: str | None = None    # what HEAD says its size is; as listed


class HostileS3:
    def __init__(self) -> None:
        self.objects: dict[str, Lie] = {}
        self.sent = 0  # bytes of bodies
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_HEAD(self) -> None:
                lie = outer.objects[self.key()]
                self.answer(200, lie.head or lie.listed, lie)

            def do_GET(self) -> None:
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                if "list-type" in query:
                    return self.listing(query.get("prefix", [""])[0])
                lie = outer.objects[self.key()]
                self.answer(200, lie.length, lie)
                with contextlib.suppress(OSError):
                    if lie.body is None:
                        while True:
                            self.piece(bytes(65536), lie)
                    self.piece(lie.body, lie)
                    if lie.length is None:
                        self.wfile.write(b"0\r\n\r\n")
                    return None
                self.close_connection = True
                return None

            def key(self) -> str:
                return urllib.parse.unquote(urllib.parse.urlsplit(self.path).path).split("/", 2)[2]

            def piece(self, bytes_: bytes, lie: Lie) -> None:
                self.wfile.write(bytes_ if lie.length is not None else b"%x\r\n%s\r\n" % (len(bytes_), bytes_) if bytes_ else b"")
                outer.sent += len(bytes_)

            def answer(self, status: int, length: str | None, lie: Lie) -> None:
                self.send_response(status)
                self.send_header("ETag", f'"{lie.etag}"')
                self.send_header(*(("Transfer-Encoding", "chunked") if length is None else ("Content-Length", length)))
                self.end_headers()

            def listing(self, prefix: str) -> None:
                entries = "".join(
                    f"<Contents><Key>{escape(key)}</Key><Size>{lie.listed}</Size><ETag>&quot;{'0' * 31}1&quot;</ETag>"
                    "<LastModified>2024-01-01T00:00:00.000Z</LastModified></Contents>"
                    for key, lie in outer.objects.items() if key.startswith(prefix))
                body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>".encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def hostile_s3() -> Iterator[HostileS3]:
    service = HostileS3()
    yield service
    service.server.shutdown()
    service.server.server_close()
