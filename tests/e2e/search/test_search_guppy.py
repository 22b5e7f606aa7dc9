"""aced-etl search load --guppy URL [--refresh]: what guppy knows after a load, and what became of it."""

from __future__ import annotations

import pytest
from guppy_between import STOPPED, Guppy
from search_study import PROJECT, small

TOKEN = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwOi8vMTI3LjAuMC4xL3VzZXIifQ.guppy-token-signature"
RESTART = "kubectl rollout restart deployment/guppy-deployment"


@pytest.fixture
def guppy(search):
    def fields(name: str) -> list[str] | None:
        status, found = search.ask("GET", f"/{name}/_mapping")
        return sorted(next(iter(found.values()))["mappings"]["properties"]) if status == 200 else None

    made = Guppy(fields)
    yield made
    made.close()


@pytest.fixture
def load(etl, search, demo_dictionary, tmp_path, guppy, canary):
    """Loads one type, asking the stand-in for guppy."""
    canary.add(TOKEN)
    etl.env |= {"ELASTICSEARCH_URL": search.url, "DICTIONARY_URL": str(demo_dictionary), "ACCESS_TOKEN": TOKEN, "GEN3_ENDPOINT": "http://127.0.0.1:9"}
    study = small(tmp_path / "study")

    def run(*more: object, **options: object):
        return etl("search", "load", "--project", PROJECT, study, "--types", "patient", *more, **options)

    return run


def test_guppy_is_only_told_about_when_asked_to(load, guppy):
    guppy.start("patient")
    assert RESTART in load().ok().stderr and guppy.asked == []
    ran = load("--guppy", guppy.url).ok()
    assert "guppy does not know" in ran.stderr and "patient.address" in ran.stderr and RESTART in ran.stderr
    assert guppy.asked == ["/guppy/graphql"] and guppy.authorization == [None]
    load("--guppy", guppy.url, "--refresh", "--dry-run").ok()
    assert guppy.asked == ["/guppy/graphql"]
    guppy.start("patient")
    ran = load("--guppy", guppy.url + "/").ok()
    assert "guppy answers and knows all fields" in ran.stderr and RESTART not in ran.stderr
    guppy.start("subject")
    assert "guppy is not configured with the type patient" in load("--guppy", guppy.url).ok().stderr


def test_a_refresh_that_stops_guppy_is_reported(load, guppy, search):
    guppy.start("patient")
    ran = load("--guppy", guppy.url, "--refresh").failed(5)
    assert "the documents are loaded, but since its _refresh guppy answers no queries" in ran.stderr
    assert STOPPED in ran.stderr and RESTART in ran.stderr
    assert "/guppy/_refresh" in guppy.asked and guppy.asked[-1] == "/guppy/graphql"
    refreshed = guppy.asked.index("/guppy/_refresh")
    assert guppy.authorization[refreshed] == f"bearer {TOKEN}" and {one for n, one in enumerate(guppy.authorization) if n != refreshed} == {None}
    assert search.ask("GET", "/patient/_count")[1]["count"] == 6
    # A guppy that has stopped is not refreshed once more.
    guppy.asked.clear()
    assert STOPPED in load("--guppy", guppy.url, "--refresh").failed(5).stderr
    assert "/guppy/_refresh" not in guppy.asked


def test_a_guppy_that_survives_its_refresh(load, guppy):
    guppy.start("patient")
    guppy.stops_at_refresh = False
    assert "knows all fields since it was refreshed" in load("--guppy", guppy.url, "--refresh").ok().stderr
    # It lacks nothing now, so it is left alone.
    guppy.asked.clear()
    assert "_refresh was not called" in load("--guppy", guppy.url, "--refresh", "--force").ok().stderr
    assert "/guppy/_refresh" not in guppy.asked
    guppy.start()
    guppy.types, guppy._known, guppy.learns_at_refresh = ("patient",), {"patient": ["id"]}, False
    ran = load("--guppy", guppy.url, "--refresh").ok()
    assert "was refreshed and still does not know" in ran.stderr and RESTART in ran.stderr


@pytest.mark.parametrize("status, text, code, said", [
    (404, "[Refresh] guppy _refresh functionality is not enabled", 7, "allowRefresh"),
    (401, "[Refresh] User cannot refresh Guppy without a valid token", 4, "/guppy_admin"),
])
def test_a_refresh_that_guppy_refuses(load, guppy, status, text, code, said):
    guppy.start("patient")
    guppy.refuses = (status, text)
    ran = load("--guppy", guppy.url, "--refresh").failed(code)
    assert text in ran.stderr and said in ran.stderr


def test_addresses_that_are_no_guppy(load, search, tmp_path):
    assert "--guppy" in load("--refresh").failed(2).stderr
    assert "unencrypted" in load("--guppy", "http://guppy.example.org", "--refresh").failed(2).stderr
    load("--guppy", "guppy.example.org").failed(2)
    assert search.ask("GET", "/patient/_count")[0] == 404
    load("--guppy", "http://127.0.0.1:9/guppy").failed(5)
    assert "something other than guppy" in load("--guppy", search.url).failed(2).stderr
    load("--guppy", "http://127.0.0.1:9/guppy", "--output", tmp_path / "files").failed(2)
