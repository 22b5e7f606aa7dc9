"""The real guppy on what `search load` has loaded: it starts, and answers a query of every field of every document.

Skipped unless ACED_ETL_GUPPY names a folder with guppy's source, built so:
  git clone https://github.com/uc-cdis/guppy && cd guppy && npm install --ignore-scripts
  npx babel src/server --out-dir distserver --ignore '**/*/__tests__/*,**/*/__mocks__/*'
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

import pytest

TYPES = {"dictionary": ("patient", "observation", "file"),
         "dataframe": ("research_subject", "specimen", "document_reference", "medication_administration", "group_member")}
ALL = [name for names in TYPES.values() for name in names]
# A token that may read nothing but refresh guppy; the others are the projects that they may read.
ADMIN = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwOi8vMTI3LjAuMC4xL3VzZXIifQ.admin"
# guppy listens on all addresses.
ONLY_LOOPBACK = "const net=require('net');const listen=net.Server.prototype.listen;net.Server.prototype.listen=function(port,...rest){" \
                "return typeof port==='object'?listen.call(this,port,...rest):listen.call(this,Number(port),'127.0.0.1',...rest)};"


@pytest.fixture(scope="module")
def guppy_source() -> pathlib.Path:
    named = os.environ.get("ACED_ETL_GUPPY")
    if not named:
        pytest.skip("GUPPY IS NOT TESTED: ACED_ETL_GUPPY names no folder with guppy")
    if not shutil.which("node"):
        pytest.skip("GUPPY IS NOT TESTED: there is no node")
    source = pathlib.Path(named).resolve()
    assert (source / "distserver/server.js").is_file(), f"guppy is not built in {source}"
    return source


class Arborist(http.server.BaseHTTPRequestHandler):
    """What a bearer may do: its token is a list of projects."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = (self.headers.get("Authorization") or "").split(" ")[-1]
        may: dict[str, list] = {}
        if token == ADMIN:
            may["/guppy_admin"] = [{"service": "guppy", "method": "*"}]
        for project in filter(None, token.split(",") if token != ADMIN else []):
            program, _, code = project.partition("-")
            may[f"/programs/{program}/projects/{code}"] = [{"service": "*", "method": "read"}]
        data = json.dumps(may).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST

    def log_message(self, *args: object) -> None:
        pass


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture
def start_guppy(guppy_source, search, tmp_path):
    """Starts guppy; gives its address when it answers. It ends when something in the indexes does not please it."""
    arborist = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Arborist)
    threading.Thread(target=arborist.serve_forever, daemon=True).start()
    running: list[subprocess.Popen] = []

    def start() -> str:
        port = free_port()
        (tmp_path / "guppy.json").write_text(json.dumps({
            "indices": [{"index": name, "type": name} for name in ALL], "config_index": "gen3.aced.io_array-config",
            "auth_filter_field": "auth_resource_path", "allowRefresh": True}))
        (tmp_path / "loopback.js").write_text(ONLY_LOOPBACK)
        env = os.environ | {"GUPPY_PORT": str(port), "GUPPY_CONFIG_FILEPATH": str(tmp_path / "guppy.json"), "GEN3_ES_ENDPOINT": search.url,
                            "GEN3_ARBORIST_ENDPOINT": f"http://127.0.0.1:{arborist.server_address[1]}", "TIER_ACCESS_LEVEL": "private"}
        with (tmp_path / "guppy.log").open("ab") as log:
            process = subprocess.Popen(["node", "--max-http-header-size", "16000", "-r", tmp_path / "loopback.js", "distserver/server.js"],
                                       cwd=guppy_source, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        running.append(process)
        while True:
            log = (tmp_path / "guppy.log").read_text()
            assert process.poll() is None, f"guppy ended:\n{log[-3000:]}"
            if f"guppy listening on port {port}" in log:
                return f"http://127.0.0.1:{port}"
            time.sleep(0.1)

    yield start
    for process in running:
        process.kill()
        process.wait()
    arborist.shutdown()
    arborist.server_close()


def query(url: str, text: str, token: str) -> dict:
    request = urllib.request.Request(url + "/graphql", json.dumps({"query": text}).encode(),
                                     {"Content-Type": "application/json", "Authorization": f"bearer {token}"})
    with contextlib.suppress(urllib.error.HTTPError):
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)
    return {"errors": [{"message": "not answered"}]}


@pytest.mark.promise("guppy starts and answers after every load")
def test_every_field_of_every_document_comes_back(etl, synth, search, demo_dictionary, start_guppy, tmp_path, canary):
    canary.add(ADMIN)
    etl.env |= {"ELASTICSEARCH_URL": search.url, "DICTIONARY_URL": str(demo_dictionary)}
    counts: dict[str, dict[str, int]] = {}
    for project, seed in (("aced-Alpha", 1), ("aced-Beta", 2)):
        synth(tmp_path / project, "--records", "600", "--name", "S", "--files", "0", "--seed", seed).ok()
        counts[project] = {}
        for layout in TYPES:
            rows = etl("search", "load", "--project", project, "--layout", layout, tmp_path / project / "studies/S", "-o", "json").ok().json()
            counts[project] |= {row["type"]: row["after"] for row in rows}
    both = {name: counts["aced-Alpha"][name] + counts["aced-Beta"][name] for name in ALL}
    url = start_guppy()
    known = query(url, "{_mapping{" + " ".join(ALL) + "}}", "aced-Alpha")["data"]["_mapping"]
    for name in ALL:
        assert {"project_id", "auth_resource_path"} <= set(known[name])
        fields = " ".join(known[name])
        answer = query(url, f"{{{name}(first:5000){{{fields}}} _aggregation{{{name}{{" + " ".join(f"{field}{{_totalCount}}" for field in known[name]) +
                       "}}}", "aced-Alpha,aced-Beta")
        assert "errors" not in answer, (name, answer["errors"][:3])
        assert len(answer["data"][name]) == both[name]
        # A field has a value where the document on the search server has one.
        _, held = search.ask("POST", f"/{name}/_search", {"size": 5000, "query": {"match_all": {}}})
        identity = "id" if name in TYPES["dictionary"] else f"{name}_id"
        has = lambda document: {key for key, value in document.items() if key in known[name] and value not in (None, [])}  # noqa: B023, E731
        assert {one[identity]: has(one) for one in answer["data"][name]} == {hit["_id"]: has(hit["_source"]) for hit in held["hits"]["hits"]}, name
    # Who may read one project sees its documents alone; who may read none sees nothing.
    for token, seen in (("aced-Alpha", counts["aced-Alpha"]), ("aced-Beta", counts["aced-Beta"]), ("aced-Nobody", dict.fromkeys(ALL, 0))):
        answer = query(url, "{_aggregation{" + " ".join(f"{name}{{_totalCount}}" for name in ALL) + "}}", token)
        assert {name: what["_totalCount"] for name, what in answer["data"]["_aggregation"].items()} == seen
    # The program asks it as well, and is told what `_refresh` does to it.
    again = ("search", "load", "--project", "aced-Alpha", tmp_path / "aced-Alpha/studies/S", "--guppy", url)
    assert "guppy answers and knows all fields" in etl(*again).ok().stderr
    (other,) = (name for name in search.ask("GET", "/_alias/patient")[1] if "beta" in name)
    search.ask("PUT", f"/{other}/_mapping", {"properties": {"new_to_guppy": {"type": "keyword"}}})
    ran = etl(*again, "--refresh", "--force", env={"ACCESS_TOKEN": ADMIN, "GEN3_ENDPOINT": "http://127.0.0.1:9"})
    assert ran.rc in (0, 5), ran  # 0: a guppy that survives its refresh
    assert ("since its _refresh guppy answers no queries" if ran.rc == 5 else "since it was refreshed") in ran.stderr
    # A restart lets it answer again, with the new field.
    assert "new_to_guppy" in query(start_guppy(), "{_mapping{patient}}", "aced-Alpha")["data"]["_mapping"]["patient"]
