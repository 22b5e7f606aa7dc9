"""`search load` against curl sending the same documents as bulk requests that were built before, on the same server in the
same run; and against the reference loader, which works with Elasticsearch 6.8 alone.
"""

from __future__ import annotations

import argparse
import contextlib
import http.server
import json
import os
import pathlib
import shlex
import shutil
import statistics
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator

import files_bench

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROJECT = "bench-study"
# What is measured of each layout: observations, and the rows that observations are folded into.
LAYOUTS = {"dictionary": ["observation"], "dataframe": ["research_subject", "specimen", "document_reference", "medication_administration"]}
BODY = 8_000_000
CONNECTIONS = 2


@contextlib.contextmanager
def search_server(home: pathlib.Path, server: str) -> Iterator[str]:
    """A private server of one node; its address."""
    place = {**os.environ, "ACED_LOCAL_DIR": str(home / f"search-{server}"), "ACED_LOCAL_SEARCH": server}
    subprocess.run([ROOT / "local/search", "up"], env=place, check=True, stdin=subprocess.DEVNULL)
    try:
        env = subprocess.run([ROOT / "local/search", "env"], env=place, check=True, capture_output=True, text=True).stdout
        yield shlex.split(env)[1].split("=", 1)[1]
    finally:
        subprocess.run([ROOT / "local/search", "destroy"], env=place, check=False)


@contextlib.contextmanager
def served(folder: pathlib.Path) -> Iterator[str]:
    """The folder's files over HTTP: the reference reads only such a dictionary as it is."""
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def ask(method: str, url: str, body: object = None) -> dict:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=300) as answer:
        return json.load(answer)


def bodies(documents: pathlib.Path, types: list[str], layout: str, folder: pathlib.Path) -> int:
    """Bulk requests of the documents, a file each, and the configuration that lets curl send them. How many documents."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files: list[pathlib.Path] = []
    count = 0
    for name in types:
        out, size = None, BODY
        identity = "id" if layout == "dictionary" else f"{name}_id"
        with (documents / f"{name}.ndjson").open("rb") as lines:
            for line in lines:
                action = json.dumps({"index": {"_index": f"bench_{name}", "_id": json.loads(line)[identity]}}).encode() + b"\n"
                if size + len(action) + len(line) > BODY:
                    if out:
                        out.close()
                    files.append(folder / f"{len(files)}.ndjson")
                    out, size = files[-1].open("wb"), 0
                out.write(action + line)
                size += len(action) + len(line)
                count += 1
        if out:
            out.close()
    (folder / "files").write_text("\n".join(map(str, files)))
    return count


def search(options: argparse.Namespace, home: pathlib.Path, build: pathlib.Path, timed, study, records_of) -> list[str]:
    """`timed`, `study` and `records_of` are bench/run's."""
    rows = [f"{options.records:,} resources. Of the layout `dictionary` the observations, of `dataframe` all rows, with the observations that are folded "
            f"into them. curl sends bulk requests of {BODY // 1_000_000} MB that were built before, on {CONNECTIONS} connections, into indexes with the "
            f"mapping of ours, and refreshes; `search load` reads, validates and converts the study besides. Median of {options.rounds} rounds.", "",
            "| | documents | s | documents/s | of curl | target | peak MB |", "|---|--:|--:|--:|--:|--:|--:|"]
    dictionary = ROOT / "share/demo/dictionary.json"
    config = ROOT / "share/demo/simplify-config.yaml"
    source = study(options.records)

    def load(layout: str, *more: object) -> list[object]:
        return [build / "aced-etl", "search", "load", "-q", "--project", PROJECT, source, "--layout", layout, "--types", ",".join(LAYOUTS[layout]),
                "--dictionary", dictionary, "--config", config, "--temp-dir", home, *more]

    notes: list[str] = []
    with search_server(home, "opensearch-2.19") as url:
        env = {"ELASTICSEARCH_URL": url}
        for layout, types in LAYOUTS.items():
            documents, folder = home / "search-documents", home / "search-bodies"
            shutil.rmtree(documents, ignore_errors=True)
            timed(load(layout, "--output", documents))
            count = bodies(documents, types, layout, folder)
            times: dict[str, list[float]] = {"curl": [], "load": [], "again": []}
            peaks = {"load": 0.0, "again": 0.0}
            timed(load(layout), env)
            mappings = {name: next(iter(ask("GET", f"{url}/{name}/_mapping").values()))["mappings"] for name in types}
            sender = folder / "send"
            send = " ".join(f"-H 'Content-Type: application/x-ndjson' --data-binary @{{}} {url}/_bulk?filter_path=errors".split())
            sender.write_text(f"set -e\nxargs -a {folder}/files -P {CONNECTIONS} -I {{}} curl -sSf -o /dev/null {send}\n" + "".join(
                f"curl -sSf -o /dev/null -X POST {url}/bench_{name}/_refresh\n" for name in types))
            for turn in range(options.rounds + 1):
                for name in types:
                    ask("PUT", f"{url}/bench_{name}", {"settings": {"index": {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"}},
                                                       "mappings": {"dynamic": False, "properties": mappings[name]["properties"]}})
                took, _ = timed(["bash", sender])
                there = sum(ask("GET", f"{url}/bench_{name}/_count")["count"] for name in types)
                if there != count:
                    sys.exit(f"curl sent {count} documents, and the server has {there}")
                ask("DELETE", f"{url}/" + ",".join(f"bench_{name}" for name in types))
                timed([build / "aced-etl", "search", "rm", "-q", "--yes", "--project", PROJECT], env)
                first, used = timed(load(layout), env)
                again, used_again = timed(load(layout), env)
                if turn:  # the first warms the server up
                    times["curl"].append(took)
                    times["load"].append(first)
                    times["again"].append(again)
                    peaks = {"load": max(peaks["load"], used), "again": max(peaks["again"], used_again)}
            curl, ours, again = (statistics.median(times[name]) for name in ("curl", "load", "again"))
            rows.append(f"| {layout}: curl, bulk requests built before | {count:,} | {curl:.2f} | {count / curl:,.0f} | 1.00 | | |")
            rows.append(f"| {layout}: search load | {count:,} | {ours:.2f} | {count / ours:,.0f} | {curl / ours:.2f} | 0.85 | {peaks['load']:.0f} |")
            rows.append(f"| {layout}: search load, again | {count:,} | {again:.2f} | | | | {peaks['again']:.0f} |")
            print("\n".join(rows[-3:]), file=sys.stderr)
            notes.append(f"{layout}: the same load again takes {again / ours:.3f} of the first (target: below 0.05).")
            timed([build / "aced-etl", "search", "rm", "-q", "--yes", "--project", PROJECT], env)
    if not options.no_reference:
        rows += reference_rows(options, home, load, timed, records_of(options.records))
    return rows + ["", *notes, "The peak is to stay below 200 MB."]


def reference_rows(options: argparse.Namespace, home: pathlib.Path, load, timed, records: pathlib.Path) -> list[str]:
    """Both loaders on Elasticsearch 6.8. The reference is given records that `simplify` wrote; ours makes them on the way."""
    program = files_bench.reference()
    work = home / "search-reference"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    # Where the reference looks for patients; its own command that makes this file fails on records of `simplify`.
    subprocess.run(["/usr/bin/python3", "-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
                    "c.executescript('create table patient (id primary key, entity text); create table family_history (id, patient_id, entity text); "
                    "create table condition (id, patient_id, entity text)')", work / "denormalized_patient.sqlite"], check=True)
    # It takes neither `$ref` among a node's properties nor properties without a type, both of which Gen3 dictionaries have.
    schemas = json.loads((ROOT / "share/demo/dictionary.json").read_text())
    for schema in schemas.values():
        if "properties" in schema:
            schema["properties"] = {name: one if {"type", "enum", "oneOf"} & one.keys() else {"type": "string"}
                                    for name, one in schema["properties"].items() if isinstance(one, dict)}
    (work / "dictionary.json").write_text(json.dumps(schemas))
    with search_server(home, "elasticsearch-6.8") as url, served(work) as dictionary:
        env = {"ELASTICSEARCH_URL": url}
        upload = ["env", "-C", work, program, "meta", "flat", "load", "--project_id", PROJECT, "--index", "observation", "--path",
                  records / "Observation.ndjson", "--elastic_url", url, "--schema_path", f"{dictionary}/dictionary.json"]
        reference, ours, peak = [], [], 0.0
        for turn in range(2):
            took, used = timed(upload)
            ask("POST", f"{url}/_refresh")
            count = ask("GET", f"{url}/observation/_count")["count"]
            ask("DELETE", f"{url}/_all")
            mine, _ = timed(load("dictionary", "--force"), env)
            ask("DELETE", f"{url}/_all")
            if turn:  # the first warms the server up
                reference.append(took)
                ours.append(mine)
                peak = used
    return [f"| Elasticsearch 6.8: reference loader, observations | {count:,} | {reference[0]:.2f} | {count / reference[0]:,.0f} | | | {peak:.0f} |",
            f"| Elasticsearch 6.8: search load, observations | {count:,} | {ours[0]:.2f} | {count / ours[0]:,.0f} | {reference[0] / ours[0]:.1f} of the reference | 5 | |"]
