"""A stand-in for guppy, as far as a loader meets it: `/graphql` tells the fields that it read when it started, `/_refresh`
reads them again. What guppy 0.20.1 does after that is the default: it answers no query until it is started anew."""

from __future__ import annotations

import http.server
import json
import re
import threading
from collections.abc import Callable

STOPPED = "Cannot execute GraphQL operations after the server has stopped."


class Guppy:
    def __init__(self, fields: Callable[[str], list[str] | None]) -> None:
        """`fields`: what the search server has of a type; None: guppy is not configured with it."""
        self._fields = fields
        self._known: dict[str, list[str]] = {}
        self.types: tuple[str, ...] = ()
        self.stopped = False
        self.stops_at_refresh = True
        self.learns_at_refresh = True
        self.refuses: tuple[int, str] | None = None  # what `_refresh` answers
        self.asked: list[str] = []
        self.authorization: list[str | None] = []
        guppy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                guppy.asked.append(self.path)
                guppy.authorization.append(self.headers.get("Authorization"))
                status, answer = guppy.refresh() if self.path == "/guppy/_refresh" else guppy.query(body) if self.path == "/guppy/graphql" else (
                    404, "not found")
                data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/guppy"

    def start(self, *types: str) -> None:
        """As a restart: it reads the fields of the types that it is configured with."""
        self.types = types
        self.stopped = False
        self._known = {name: list(self._fields(name) or []) for name in types}
        self.asked.clear()
        self.authorization.clear()

    def query(self, body: bytes) -> tuple[int, object]:
        if self.stopped:
            return 500, {"errors": [{"message": STOPPED}]}
        (name,) = re.fullmatch(r"\{_mapping\{(\w+)\}\}", json.loads(body)["query"]).groups()
        if name not in self.types:
            return 400, {"errors": [{"message": f'Cannot query field "{name}" on type "Mapping".'}]}
        return 200, {"data": {"_mapping": {name: self._known[name]}}}

    def refresh(self) -> tuple[int, object]:
        if self.refuses:
            return self.refuses
        if self.learns_at_refresh:
            self._known = {name: list(self._fields(name) or []) for name in self.types}
        self.stopped = self.stops_at_refresh
        return 200, "[Refresh] guppy refreshed successfully"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
