"""Asks a stand-in what was once asked of the real services, and tells where it answers in another way.

An exchange is compared by status, media type and shape: the same members of the same JSON types, and of fence's pages
the message. What an earlier answer made up (GUIDs, revs, uploads) is put in place of what the recording has.
"""

from __future__ import annotations

import base64
import contextlib
import html
import http.client
import json
import pathlib
import re
from collections.abc import Callable

from stand_in import Reply, StandIn

# Members whose values a server makes up.
MADE_UP = ("did", "guid", "rev", "baseid", "key_id", "uploadId", "jti", "id")

Json = dict | list | str | int | float | bool | None


def shape(value: Json) -> Json:
    """Names and types, without values; of a list (and of an object whose names are urls), the shapes that occur in it."""
    if isinstance(value, dict):
        return {name: shape(list(item.values()) if name == "urls_metadata" and item else item)
                for name, item in sorted(value.items())}
    if isinstance(value, list):
        return sorted({json.dumps(shape(item)) for item in value})
    if isinstance(value, bool) or value is None:
        return str(value if value is None else "bool")
    return "number" if isinstance(value, (int, float)) else "text"


def page_message(page: str) -> str:
    """What fence's page says; numbers (times) may differ."""
    found = re.search(r"Error Message:</p>\s*<p class=\"introduction\">(.*?)</p>", page, re.S)
    return re.sub(r"\d+", "#", html.unescape(found[1]).strip()) if found else ""


class Replay:
    """One service's recording against one stand-in."""

    def __init__(self, recording: pathlib.Path, stand_in: StandIn, login: tuple[str, str]) -> None:
        self.exchanges = [json.loads(line) for line in recording.read_text().splitlines()]
        self.stand_in = stand_in
        self.login = login  # of a service
        self.database = None  # where the stand-in keeps its state
        self.known: dict[str, str] = {}  # what the recording calls a thing -> what it is called here
        self.before: dict[str, Callable[[dict], None]] = {}  # by name of the exchange; may change the request
        self.token: Callable[[str], str] = lambda name: ""  # the token of an exchange
        self.api_key: Callable[[str], str] = lambda name: ""
        self.public: Callable[[str, str], str] = lambda name, path: path

    def here(self, value: Json) -> Json:
        if isinstance(value, str):
            for there, here in self.known.items():
                if there in value:
                    value = value.replace(there, here)
            return value
        if isinstance(value, list):
            return [self.here(item) for item in value]
        if isinstance(value, dict):
            return {self.here(name): self.here(item) for name, item in value.items()}
        return value

    def _learn(self, there: Json, here: Json) -> None:
        if isinstance(there, dict) and isinstance(here, dict):
            for name in there.keys() & here.keys():
                if name in MADE_UP and isinstance(there[name], str) and isinstance(here[name], str):
                    if there[name] != here[name]:
                        self.known[there[name]] = here[name]
                # Elsewhere, lists have an order of their own.
                elif name == "entities" and len(there[name]) == len(here[name]):
                    for one, other in zip(there[name], here[name]):
                        self._learn(one, other)

    def headers(self, name: str, recorded: dict[str, str]) -> dict[str, str]:
        headers = dict(recorded)
        said = headers.get("Authorization", "")
        if said.startswith("bearer"):
            headers["Authorization"] = "bearer " + self.token(name)
        if said == "Basic <user:password>":
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(self.login).encode()).decode()
        if said == "Basic <wrong>":
            headers["Authorization"] = "Basic " + base64.b64encode(b"fence:wrong").decode()
        return headers

    def ask(self, exchange: dict) -> Reply:
        name, request = exchange["name"], exchange["request"]
        body = self.here(request["body"])
        text = body if isinstance(body, str) else None if body is None else json.dumps(body)
        if text and "<token>" in text:
            text = text.replace("<token>", self.api_key(name))
        connection = http.client.HTTPConnection("127.0.0.1", self.stand_in.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(request["method"], self.here(self.public(name, request["path"])),
                               text.encode() if text is not None else None, self.headers(name, request["headers"] or {}))
            reply = connection.getresponse()
            return Reply(reply.status, {key.lower(): value for key, value in reply.getheaders()}, reply.read())

    def difference(self, exchange: dict) -> str:
        """Empty: the stand-in answers as the service did."""
        name, recorded = exchange["name"], exchange["response"]
        if name in self.before:
            self.before[name](exchange["request"])
        reply = self.ask(exchange)
        if reply.status != recorded["status"]:
            return f"status {reply.status}, recorded {recorded['status']}: {reply.text[:300]}"
        wanted = (recorded["headers"].get("content-type") or "").split(";")[0]
        if reply.type.split(";")[0] != wanted:
            return f"type {reply.type}, recorded {wanted}"
        if wanted == "text/html":
            said, meant = page_message(reply.text), page_message(recorded["body"] or "")
            return "" if said == meant else f"page says {said!r}, recorded {meant!r}"
        if wanted != "application/json" or reply.status == 204:
            return ""
        here = reply.json()
        self._learn(recorded["body"], here)
        there = self.here(recorded["body"])
        if shape(here) != shape(there):
            return f"shape of {json.dumps(here)[:600]}\nrecorded {json.dumps(there)[:600]}"
        return ""

    def run(self, left_out: dict[str, str]) -> tuple[int, dict[str, str]]:
        """How many were asked, and the differences by name."""
        asked, differences = 0, {}
        for exchange in self.exchanges:
            if exchange["name"] in left_out:
                continue
            asked += 1
            if difference := self.difference(exchange):
                differences[exchange["name"]] = difference
        return asked, differences
