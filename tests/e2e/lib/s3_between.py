"""What stands between aced-etl and the S3 server that studies come from."""

from __future__ import annotations

import contextlib
import re
import select
import socket
import threading
import time
from collections.abc import Callable


class Proxy:
    """Stands between a client and the S3 server: knows every request, and can hold them, or alter what comes back."""

    def __init__(self, endpoint: str) -> None:
        host, port = endpoint.removeprefix("http://").split(":")
        self.upstream = (host, int(port))
        self.server = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self.server.getsockname()[1]}"
        self.requests: list[tuple[str, str, str]] = []  # method, target, Range
        self.on_request: Callable[[tuple[str, str, str]], None] = lambda request: None
        self.alter: Callable[[bytes], bytes] = lambda chunk: chunk
        self.pause = 0.0  # after every chunk of an answer: makes a transfer last
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.server.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), socket.create_connection(self.upstream) as upstream:
            head = b""
            while True:
                for ready in select.select([client, upstream], [], [])[0]:
                    chunk = ready.recv(65536)
                    if not chunk:
                        return
                    if ready is upstream:
                        client.sendall(self.alter(chunk))
                        if self.pause:
                            time.sleep(self.pause)
                        continue
                    head += chunk  # requests of a pull have no body
                    while b"\r\n\r\n" in head:
                        one, _, head = head.partition(b"\r\n\r\n")
                        text = one.decode("latin-1")
                        method, target, _ = text.split("\r\n")[0].split(" ")
                        found = re.search(r"(?im)^range: bytes=(\S+)", text)
                        request = (method, target, found[1] if found else "")
                        self.requests.append(request)
                        self.on_request(request)
                        upstream.sendall(one + b"\r\n\r\n")

    def gets(self) -> list[tuple[str, str]]:
        """Objects that were asked for: key's address and range."""
        return [(target, bytes_) for method, target, bytes_ in self.requests if method == "GET" and "list-type=" not in target]

    def close(self) -> None:
        self.server.close()
