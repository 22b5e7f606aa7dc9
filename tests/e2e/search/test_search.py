"""aced-etl search load|ls|counts|rm|rollback|check against a real OpenSearch."""

from __future__ import annotations

import gzip
import json
import os
import pathlib
import random
import subprocess
import threading

import pytest
from search_between import Hold, SearchProxy
from search_between import proxy  # noqa: F401
from search_study import PROJECT, hits, indexes, locks, patients, small, versions

TYPES = ("patient", "observation", "file")


@pytest.fixture
def loader(etl, search, demo_dictionary):
    etl.env |= {"ELASTICSEARCH_URL": search.url, "DICTIONARY_URL": str(demo_dictionary)}
    return etl


@pytest.fixture
def study(tmp_path) -> pathlib.Path:
    return small(tmp_path / "study")


def load(study: pathlib.Path, *more: object, project: str = PROJECT) -> tuple[object, ...]:
    return ("search", "load", "--project", project, study, *more)


def load_patients(study: pathlib.Path, *more: object, project: str = PROJECT) -> tuple[object, ...]:
    """One type is loaded three times as fast."""
    return load(study, "--types", "patient", *more, project=project)


def mapping(search, alias: str) -> dict[str, dict]:
    """Fields of each index behind the alias."""
    _, found = search.ask("GET", f"/{alias}/_mapping")
    return {name: what["mappings"].get("properties", {}) for name, what in found.items()}


def states(loader) -> dict[str, str]:
    return {row["index"]: row["state"] for row in loader("search", "ls", "-o", "json").ok().json() if row["project"]}


def live(search, alias: str) -> list[str]:
    return sorted(name for name, aliases in indexes(search).items() if alias in aliases)


def test_documents_are_those_that_go_to_files(loader, search, study, tmp_path):
    loader(*load(study)).ok()
    loader(*load(study, "--output", tmp_path / "files")).ok()
    for name in TYPES:
        wanted = [json.loads(line) for line in (tmp_path / f"files/{name}.ndjson").read_text().splitlines()]
        seen = hits(search, name)
        assert sorted((one["_source"] for one in seen), key=json.dumps) == sorted(wanted, key=json.dumps)
        assert all(one["_id"] == one["_source"]["id"] for one in seen)
    assert [len(hits(search, name)) for name in TYPES] == [6, 12, 0]
    seen = hits(search, "observation")[0]["_source"]
    assert (seen["project_id"], seen["auth_resource_path"]) == (PROJECT, "/programs/aced/projects/Alpha")
    # Both names that guppy's configuration may have.
    assert live(search, "gen3.aced.io_patient") == live(search, "patient")


@pytest.mark.promise("guppy starts and answers after every load")
def test_two_projects_have_one_mapping(loader, search, study):
    loader(*load(study)).ok()
    # What another project has more: a field of an index that another version of the dictionary made.
    (name,) = live(search, "patient")
    search.ask("PUT", f"/{name}/_mapping", {"properties": {"only_there": {"type": "keyword"}}})
    ran = loader(*load(study, project="aced-Beta")).ok()
    fields = mapping(search, "patient")
    assert len(fields) == 2 and "only_there" in next(iter(fields.values()))
    assert len({json.dumps(each, sort_keys=True) for each in fields.values()}) == 1
    assert "new to guppy" not in ran.stderr
    # guppy starts: every alias has an index with fields, of types and names that it knows; also that without documents.
    report = loader("search", "check", "--types", ",".join(TYPES), "-o", "json").ok().json()
    assert report == []


def test_guppy_reads_lists_from_array_config(loader, search, study):
    loader(*load(study)).ok()
    first = {one["_id"]: one["_source"] for one in hits(search, "gen3.aced.io_array-config")}
    assert set(first) == {name for each in TYPES for name in (each, f"gen3.aced.io_{each}")}
    assert "identifier" in first["patient"]["array"] and "gender" not in first["patient"]["array"]
    loader(*load(study, project="aced-Beta")).ok()
    loader(*load(study, "--force")).ok()
    assert {one["_id"]: one["_source"] for one in hits(search, "gen3.aced.io_array-config")} == first
    # As guppy asks.
    _, answer = search.ask("POST", "/gen3.aced.io_array-config/_search", {"query": {"ids": {"values": list(TYPES)}}})
    assert {hit["_id"] for hit in answer["hits"]["hits"]} == set(TYPES)


@pytest.mark.promise("An unchanged study is not sent to the search server again")
def test_only_a_changed_study_is_loaded(loader, search, study, proxy):
    assert "fields are new to guppy" in loader(*load(study)).ok().stderr
    first = indexes(search)
    loader.env["ELASTICSEARCH_URL"] = proxy.url
    assert "nothing changed" in loader(*load(study)).ok().stderr
    assert not [path for _, path in proxy.seen if path.startswith("/_bulk")] and indexes(search) == first
    (study / "Observation.ndjson").write_text((study / "Observation.ndjson").read_text().replace("final", "amended"))
    ran = loader(*load(study)).ok()
    assert {one["_source"]["status"] for one in hits(search, "observation")} == {"amended"}
    assert "new to guppy" not in ran.stderr


def test_a_dry_run_changes_nothing(loader, search, study):
    rows = loader(*load(study, "--dry-run", "-o", "json")).ok().json()
    assert {row["type"]: row["after"] for row in rows} == {"patient": 6, "observation": 12, "file": 0}
    assert indexes(search) == {} and locks(search) == 0


@pytest.mark.promise("A load of the search server is all or nothing")
def test_rollback_and_generations(loader, search, study):
    loader(*load_patients(study)).ok()
    loader("search", "rollback", "--project", PROJECT).failed(2)
    first = live(search, "patient")
    (study / "Patient.ndjson").write_text((study / "Patient.ndjson").read_text().replace("female", "male"))
    loader(*load_patients(study)).ok()
    assert {one["_source"]["gender"] for one in hits(search, "patient")} == {"male"}
    assert set(states(loader).values()) == {"live", "previous"}
    loader("search", "rollback", "--project", PROJECT, "--dry-run").ok()
    assert live(search, "patient") != first
    loader("search", "rollback", "--project", PROJECT).ok()
    assert live(search, "patient") == first and {one["_source"]["gender"] for one in hits(search, "patient")} == {"female"}
    assert set(states(loader).values()) == {"live", "rolled-back"}
    # The next load removes what was rolled back, and takes no number twice.
    numbers = set(states(loader))
    loader(*load_patients(study)).ok()
    assert "rolled-back" not in states(loader).values() and live(search, "patient")[0] not in numbers
    assert {one["_source"]["gender"] for one in hits(search, "patient")} == {"male"}


def test_rollback_to_documents_of_a_type_that_has_none_now(loader, search, study):
    loader(*load(study, "--types", "patient,observation", project="aced-Beta")).ok()
    types = ("--types", "patient,observation")
    loader(*load(study, *types)).ok()
    (study / "Observation.ndjson").unlink()
    loader(*load(study, *types)).ok()
    assert len(hits(search, "observation")) == 12
    assert "nothing changed" in loader(*load(study, *types)).ok().stderr
    loader("search", "rollback", "--project", PROJECT).ok()
    assert len(hits(search, "observation")) == 24 and len(hits(search, "patient")) == 12


def test_a_removed_project_leaves_guppy_working(loader, search, study):
    loader(*load(study)).ok()
    loader(*load(study, project="aced-Beta")).ok()
    loader("search", "rm", "--project", PROJECT).failed(2)
    loader("search", "rm", "--project", PROJECT, "--yes").ok()
    assert {row["project"] for row in loader("search", "counts", "-o", "json").ok().json()} == {"aced-Beta"}
    loader("search", "rm", "--project", "aced-Beta", "--yes").ok()
    assert [hits(search, name) for name in TYPES] == [[], [], []]
    assert loader("search", "check", "--types", ",".join(TYPES), "-o", "json").ok().json() == []
    loader("search", "rm", "--project", "aced-Nobody", "--yes").ok()


@pytest.mark.parametrize("settings, fields, said", [
    ({"index.mapping.total_fields.limit": 30}, {"gender": {"type": "keyword"}}, "takes 30"),
    ({}, {"gender": {"type": "long"}}, "the field gender has the type long"),
])
def test_what_does_not_fit_fails_before_anything_is_sent(loader, search, study, settings, fields, said):
    search.ask("PUT", "/other", {"settings": settings, "mappings": {"properties": fields}, "aliases": {"patient": {}}})
    ran = loader(*load_patients(study)).failed(7)
    assert said in ran.stderr
    assert set(indexes(search)) == {"other"} and mapping(search, "other") == {"other": fields} and locks(search) == 0


def test_first_load_beside_the_index_of_another_tool(loader, search, study):
    """Its documents of this project are hidden in the call that shows ours; those of other projects stay."""
    keyword = {"type": "keyword", "ignore_above": 8191}
    search.ask("PUT", "/gen3.aced.io_patient_0", {"mappings": {"properties": {"project_id": keyword, "auth_resource_path": keyword}},
                                                  "aliases": {"patient": {}}})
    documents = [{"id": f"old{n}", "project_id": project, "auth_resource_path": "/x"} for project in (PROJECT, "aced-Beta", "aced-Gamma") for n in range(4)]
    search.ask("POST", "/gen3.aced.io_patient_0/_bulk?refresh=true", "".join('{"index":{}}\n' + json.dumps(one) + "\n" for one in documents))
    for project, left in ((PROJECT, 8), ("aced-Beta", 4)):
        loader(*load_patients(study, project=project)).ok()
        seen = [one["_source"] for one in hits(search, "patient")]
        assert sum(one["project_id"] == project for one in seen) == 6
        assert sum(one["id"].startswith("old") for one in seen) == left
        assert project not in {one["project_id"] for one in seen if one["id"].startswith("old")}
    loader(*load_patients(study, "--force")).ok()
    assert len(hits(search, "patient")) == 16


# What goes wrong on the way.

def bulk(path: str) -> bool:
    return path.startswith("/_bulk")


@pytest.mark.promise("A load of the search server is all or nothing")
def test_killed_at_thirty_moments(loader, search, proxy, tmp_path):
    """Readers see all of one version of the study, whenever a load is killed, and the next load clears up.

    A moment is one of the requests of a load: killed before the server has it, or when the server has answered it."""
    seed = int(os.environ.get("ACED_TEST_SEED") or random.randrange(2**32))
    print(f"ACED_TEST_SEED={seed}")
    chosen = random.Random(seed)
    studies = [patients(tmp_path / name, name, 8) for name in ("one", "two")]
    loader("fhir", "put", "--project", PROJECT, studies[0]).ok()
    proxy.seen.clear()
    loader("fhir", "put", "--project", PROJECT, studies[0], "--force", env={"ELASTICSEARCH_URL": proxy.url}).ok()
    total = len(proxy.seen)
    assert total > 15
    moments = [(n, forwarded) for n in range(total) for forwarded in (False, True)]
    for n, forwarded in chosen.sample(moments, 30):
        arrived, over, left = threading.Event(), threading.Event(), [n]

        def rule(method: str, path: str, body: bytes, arrived=arrived, over=over, left=left, forwarded=forwarded):
            left[0] -= 1
            if left[0] != -1:
                return None
            if forwarded:
                proxy.forward(method, path, body, {"Content-Type": "application/json"})
            arrived.set()
            over.wait(60)
            return 500, {}

        proxy.rule = rule
        process = loader.start("fhir", "put", "--project", PROJECT, chosen.choice(studies), "--force", env={"ELASTICSEARCH_URL": proxy.url})
        reached = arrived.wait(60)
        process.kill()
        process.communicate()
        over.set()
        assert reached, f"request {n} never came"
        seen = versions(search)
        assert len(seen) == 8 and len(set(seen)) == 1, (n, forwarded)
        # The alias is on one index, which says that it is complete; whatever the killed load left has no alias.
        (behind,) = live(search, "fhir")
        _, mapping = search.ask("GET", f"/{behind}/_mapping")
        assert mapping[behind]["mappings"]["_meta"]["aced_etl"]["complete"] is True, (n, forwarded)
    proxy.rule = lambda method, path, body: None
    loader("fhir", "put", "--project", PROJECT, studies[1], "--force").ok()
    assert versions(search) == ["two"] * 8
    assert set(states(loader).values()) <= {"live", "previous"} and list(states(loader).values()).count("live") == 1
    assert locks(search) == 0


@pytest.mark.promise("Only refused documents are sent again")
def test_refused_items_are_sent_again_and_no_others(loader, search, proxy, study):
    sent: list[list[str]] = []

    def rule(method: str, path: str, body: bytes):
        if not bulk(path):
            return None
        rows = body.decode().splitlines()
        pairs = list(zip(rows[::2], rows[1::2], strict=True))
        sent.append([json.loads(action)["index"]["_id"] for action, _ in pairs])
        if len(sent) > 2:
            return None
        # Every other document is taken; the rest is refused as a busy node does.
        taken = "".join(f"{action}\n{document}\n" for action, document in pairs[::2])
        status, answer = proxy.forward("POST", path, taken.encode(), {"Content-Type": "application/x-ndjson"})
        done = iter(json.loads(answer)["items"])
        busy = {"index": {"status": 429, "error": {"type": "es_rejected_execution_exception", "reason": "busy"}}}
        return status, {"took": 1, "errors": True, "items": [busy if n % 2 else next(done) for n in range(len(pairs))]}

    proxy.rule = rule
    loader(*load(study), env={"ELASTICSEARCH_URL": proxy.url}).ok()
    assert [len(one) for one in sent] == [18, 9, 4]
    assert sent[1] == sent[0][1::2] and sent[2] == sent[1][1::2]
    assert [len(hits(search, name)) for name in TYPES] == [6, 12, 0]


@pytest.mark.threads
def test_an_overloaded_server_gets_smaller_requests(loader, search, proxy, tmp_path):
    sizes: list[int] = []
    lock = threading.Lock()

    def rule(method: str, path: str, body: bytes):
        if not bulk(path):
            return None
        with lock:
            sizes.append(len(body))
        if len(body) > 300_000:
            return 429, {"error": {"type": "rejected_execution_exception", "reason": "rejected execution of coordinating operation"}, "status": 429}
        return None

    proxy.rule = rule
    study = tmp_path / "study"
    study.mkdir()
    (study / "Basic.ndjson").write_text("".join(json.dumps({"resourceType": "Basic", "id": f"b{n}", "text": "x" * 2000}) + "\n" for n in range(600)))
    loader("fhir", "put", "--project", PROJECT, study, env={"ELASTICSEARCH_URL": proxy.url, "ACED_ETL_SEARCH_BULK_SIZE": "1MB"}).ok()
    assert len(hits(search, "fhir")) == 600
    assert max(sizes) > 900_000 and min(sizes) < 300_000


def test_a_server_that_stays_overloaded_ends_the_load(loader, search, proxy, study):
    loader(*load_patients(study)).ok()
    before = indexes(search)
    proxy.rule = lambda method, path, body: (429, {"error": {"type": "circuit_breaking_exception", "reason": "too much"}}) if bulk(path) else None
    ran = loader(*load_patients(study, "--force"), env={"ELASTICSEARCH_URL": proxy.url, "ACED_ETL_SEARCH_RETRY_TIME": "1"}).failed(5)
    assert "circuit_breaking_exception" in ran.stderr and indexes(search) == before and locks(search) == 0


def test_a_full_disk_is_named(loader, search, proxy, study):
    """The block that the flood-stage watermark puts on indexes, set by hand while the load is held."""
    loader(*load_patients(study)).ok()
    before = indexes(search)
    hold = proxy.rule = Hold(lambda method, path: bulk(path))
    process = loader.start(*load_patients(study, "--force"), env={"ELASTICSEARCH_URL": proxy.url})
    try:
        hold.arrived()
        fresh = sorted(set(indexes(search)) - set(before))
        assert len(fresh) == 1
        for name in fresh:
            search.ask("PUT", f"/{name}/_settings", {"index.blocks.read_only_allow_delete": True})
    finally:
        hold.release()
        _, said = process.communicate(timeout=60)
    assert process.returncode == 9 and b"flood-stage" in said, said
    assert indexes(search) == before


def test_a_server_that_restarts(loader, search, proxy, study):
    hold = proxy.rule = Hold(lambda method, path: bulk(path))
    process = loader.start(*load_patients(study), env={"ELASTICSEARCH_URL": proxy.url})
    try:
        hold.arrived()
        search.stop()
        hold.release()
        search.start()
        _, said = process.communicate(timeout=120)
    finally:
        hold.release()
        process.kill()
        if search.pid is None:
            search.start()
    assert process.returncode == 0, said
    assert len(hits(search, "patient")) == 6


def test_a_stop_leaves_nothing_behind(loader, search, proxy, study):
    loader(*load_patients(study)).ok()
    before = indexes(search)
    hold = proxy.rule = Hold(lambda method, path: bulk(path))
    process = loader.start(*load_patients(study, "--force"), env={"ELASTICSEARCH_URL": proxy.url})
    hold.arrived()
    process.terminate()
    _, said = process.communicate(timeout=60)
    hold.release()
    assert process.returncode == 5, said
    assert indexes(search) == before and locks(search) == 0


def test_a_lost_answer_to_the_swap(loader, search, proxy, study):
    """A proxy that answers 502 after the server has done what was asked."""
    failed = []

    def rule(method: str, path: str, body: bytes):
        if path != "/_aliases" or b"observation_aced" not in body or failed:
            return None
        failed.append(proxy.forward(method, path, body, {"Content-Type": "application/json"})[0])
        return 502, {}

    proxy.rule = rule
    loader(*load(study), env={"ELASTICSEARCH_URL": proxy.url}).ok()
    assert failed == [200] and len(hits(search, "observation")) == 12 and len(live(search, "observation")) == 1


# Access.

def test_credentials_are_sent_and_never_shown(loader, search, proxy, study, canary, tmp_path):
    canary.add("search-password-1")
    canary.add("c2VhcmNoLWtleS0xOng=")
    sent = lambda: {one.get("authorization") for one in proxy.headers}  # noqa: E731
    url = {"ELASTICSEARCH_URL": proxy.url}
    loader("search", "ls", env=url | {"ELASTICSEARCH_USERNAME": "etl", "ELASTICSEARCH_PASSWORD": "search-password-1"}).ok()
    assert sent() == {"Basic ZXRsOnNlYXJjaC1wYXNzd29yZC0x"}
    proxy.headers.clear()
    loader("-v", "search", "ls", env=url | {"ELASTICSEARCH_API_KEY": "c2VhcmNoLWtleS0xOng="}).ok()
    assert sent() == {"ApiKey c2VhcmNoLWtleS0xOng="}
    proxy.headers.clear()
    loader("search", "ls", env={"ELASTICSEARCH_URL": proxy.url.replace("//", "//etl:search-password-1@")}).ok()
    assert sent() == {"Basic ZXRsOnNlYXJjaC1wYXNzd29yZC0x"}
    proxy.rule = lambda method, path, body: (401, {"error": {"type": "security_exception", "reason": "unable to authenticate user"}, "status": 401})
    ran = loader(*load(study), env=url | {"ELASTICSEARCH_USERNAME": "etl", "ELASTICSEARCH_PASSWORD": "search-password-1"}).failed(4)
    assert "unable to authenticate" in ran.stderr
    loader("search", "ls", env=url | {"ELASTICSEARCH_USERNAME": "etl"}).failed(2)
    # An etl.yaml that nobody named does not decide where a password goes.
    (tmp_path / "work").mkdir()
    (tmp_path / "work/etl.yaml").write_text(f"search:\n  url: {proxy.url}\n")
    proxy.headers.clear()
    ran = loader("search", "ls", cwd=tmp_path / "work", env={"ELASTICSEARCH_URL": None, "ELASTICSEARCH_API_KEY": "c2VhcmNoLWtleS0xOng="}).failed(2)
    assert "nobody named" in ran.stderr and proxy.headers == []
    shown = loader("config", "show", env={"ELASTICSEARCH_PASSWORD": "search-password-1", "ELASTICSEARCH_API_KEY": "c2VhcmNoLWtleS0xOng="}).ok()
    assert "***" in shown.stdout


@pytest.fixture
def certificate(tmp_path) -> tuple[str, str]:
    """Files of a certificate for 127.0.0.1 that is its own authority, and of its key."""
    key, made = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out",
                    made, "-days", "2", "-subj", "/CN=search", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return str(made), str(key)


@pytest.mark.parametrize("credentials, header", [
    ({"ELASTICSEARCH_USERNAME": "etl", "ELASTICSEARCH_PASSWORD": "search-password-2"}, "Basic ZXRsOnNlYXJjaC1wYXNzd29yZC0y"),
    ({"ELASTICSEARCH_API_KEY": "c2VhcmNoLWtleS0yOng="}, "ApiKey c2VhcmNoLWtleS0yOng="),
], ids=["password", "api-key"])
def test_a_server_with_tls_and_credentials(loader, search, study, certificate, canary, credentials, header):
    """Every request, bulk requests too, is encrypted, checked against the authority, and carries the credentials."""
    for secret in credentials.values():
        if secret != "etl":
            canary.add(secret)
    proxy = SearchProxy(search.url, tls=certificate)
    try:
        proxy.rule = lambda method, path, body: None if proxy.headers[-1].get("authorization") == header else (
            401, {"error": {"type": "security_exception", "reason": "missing authentication credentials"}, "status": 401})
        url = {"ELASTICSEARCH_URL": proxy.url, **credentials}
        ran = loader(*load_patients(study), env=url).failed(5)
        assert "certificate" in ran.stderr and proxy.seen == []
        authority = {"ELASTICSEARCH_CA_FILE": certificate[0]}
        loader(*load_patients(study), env={"ELASTICSEARCH_URL": proxy.url} | authority).failed(4)
        loader(*load_patients(study), env=url | authority | {"ACED_ETL_SEARCH_CONNECTIONS": "1"}).ok()
    finally:
        proxy.close()
    assert len(hits(search, "patient")) == 6


def test_bulk_requests_can_be_compressed(loader, search, proxy, study):
    bodies: list[bytes] = []
    proxy.rule = lambda method, path, body: bodies.append(body) if bulk(path) else None
    loader(*load_patients(study), env={"ELASTICSEARCH_URL": proxy.url, "ACED_ETL_SEARCH_GZIP": "yes"}).ok()
    assert {headers.get("content-encoding") for (_, path), headers in zip(proxy.seen, proxy.headers, strict=True) if bulk(path)} == {"gzip"}
    sent = gzip.decompress(bodies[0]).decode().splitlines()
    assert len(sent) == 12 and len(bodies[0]) < len(gzip.decompress(bodies[0]))
    assert sorted(json.loads(line)["id"] for line in sent[1::2]) == [f"p{n}" for n in range(6)]
    assert sorted(hit["_id"] for hit in hits(search, "patient")) == [f"p{n}" for n in range(6)]


def age(search, seconds: int) -> None:
    """Lets every index of the project be so much older, as far as `_meta` says."""
    for name in indexes(search):
        _, found = search.ask("GET", f"/{name}/_mapping")
        meta = found[name]["mappings"].get("_meta")
        if meta and "aced_etl" in meta:
            meta["aced_etl"]["loaded"] -= seconds
            search.ask("PUT", f"/{name}/_mapping", {"_meta": meta})


def test_so_many_generations_are_kept(loader, search, study):
    def generations(state: str) -> list[str]:
        return sorted(name for name, what in states(loader).items() if what == state)

    force = load_patients(study, "--force")
    for n in range(3):
        loader(*force, "--keep", 2).ok()
        assert len(generations("previous")) == min(n, 2) and len(generations("live")) == 1
    # Readers may still scroll through an index that they have left within the last minute.
    loader(*force).ok()
    assert len(generations("previous")) == 3
    age(search, 70)
    kept = generations("live")
    loader(*force).ok()
    assert generations("previous") == kept
    # --keep 0 waits for the last reader; a stop while it waits leaves both.
    process = loader.start(*force, "--keep", 0)
    said = b""
    while b"no reader uses" not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    process.terminate()
    process.communicate(timeout=60)
    assert len(hits(search, "patient")) == 6 and len(generations("live")) == 1
    age(search, 70)
    loader(*force).ok()
    assert len(generations("previous")) == 1 and locks(search) == 0


def test_two_loads_of_one_project_at_once(loader, search, proxy, study, tmp_path):
    """The second one is refused, from the same state folder and from elsewhere; another project is not in the way."""
    hold = proxy.rule = Hold(lambda method, path: bulk(path))
    first = loader.start(*load_patients(study), env={"ELASTICSEARCH_URL": proxy.url})
    try:
        hold.arrived()
        assert str(first.pid) in loader(*load_patients(study)).failed(8).stderr
        elsewhere = {"ACED_ETL_STATE_DIR": str(tmp_path / "elsewhere")}
        assert str(first.pid) in loader(*load_patients(study), env=elsewhere).failed(8).stderr
        loader(*load_patients(study, project="aced-Beta"), env=elsewhere).ok()
    finally:
        hold.release()
        first.communicate(timeout=60)
    assert first.returncode == 0 and len(hits(search, "patient")) == 12 and locks(search) == 0


def test_refused_documents_are_in_the_reject_file(loader, search, proxy, study, tmp_path):
    """Some items of a request for good, with the server's reason; readers see the previous load."""
    loader(*load_patients(study)).ok()
    before = indexes(search)

    def rule(method: str, path: str, body: bytes):
        if not bulk(path):
            return None
        status, answer = proxy.forward("POST", path, body, {"Content-Type": "application/x-ndjson"})
        items = json.loads(answer)["items"]
        bad = {"index": {"status": 400, "error": {"type": "mapper_parsing_exception", "reason": "failed to parse field [gender]"}}}
        return status, {"took": 1, "errors": True, "items": [bad if n in (1, 4) else item for n, item in enumerate(items)]}

    proxy.rule = rule
    rejects = tmp_path / "rejects.ndjson"
    ran = loader(*load_patients(study, "--force", "--reject-file", rejects), env={"ELASTICSEARCH_URL": proxy.url}).failed(7)
    assert "refused 2 documents" in ran.stderr and "failed to parse field [gender]" in ran.stderr and str(rejects) in ran.stderr
    found = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [(one["id"], one["status"]) for one in found] == [("p1", 400), ("p4", 400)]
    assert indexes(search) == before and len(hits(search, "patient")) == 6 and locks(search) == 0


def test_what_is_no_search_server(loader, proxy):
    loader("search", "ls", env={"ELASTICSEARCH_URL": "http://127.0.0.1:9"}).failed(5)
    loader("search", "ls", env={"ELASTICSEARCH_URL": None}).failed(2)
    loader("search", "ls", "--search-prefix", "Upper", env={"ELASTICSEARCH_URL": proxy.url}).failed(2)
    proxy.rule = lambda method, path, body: (200, {"hello": "world"})
    loader("search", "ls", env={"ELASTICSEARCH_URL": proxy.url}).failed(2)
    proxy.rule = lambda method, path, body: (200, {"version": {"number": "8.11.0"}})
    assert "elasticsearch 8.11.0 is not supported" in loader("search", "ls", env={"ELASTICSEARCH_URL": proxy.url}).failed(7).stderr


# What `search check` finds: each of these stops the real guppy, or makes it answer wrongly.

KEYWORD = {"type": "keyword"}
GOOD = {"project_id": KEYWORD, "auth_resource_path": KEYWORD, "gender": KEYWORD}
DOCUMENT = {"project_id": "a-b", "auth_resource_path": "/programs/a/projects/b"}


@pytest.mark.parametrize("fields, document, level, said", [
    ({}, None, "stops guppy", "has no fields"),
    ({**GOOD, "born": {"type": "date"}}, DOCUMENT, "stops guppy", "born (date)"),
    ({**GOOD, "alive": {"type": "boolean"}}, DOCUMENT, "stops guppy", "alive (boolean)"),
    ({**GOOD, "a": {"properties": {"b": KEYWORD}}}, DOCUMENT, "stops guppy", "a (object)"),
    ({**GOOD, "a-b": KEYWORD}, DOCUMENT, "stops guppy", "no name in GraphQL: a-b"),
    ({**GOOD, "__x": KEYWORD}, DOCUMENT, "stops guppy", "no name in GraphQL: __x"),
    ({**GOOD, "_matched": KEYWORD}, DOCUMENT, "stops guppy", "no name in GraphQL: _matched"),
    ({**GOOD, "gender": {"type": "long"}}, DOCUMENT, "wrong answers", "the field gender has several types"),
    ({**GOOD, "more": KEYWORD}, DOCUMENT, "wrong answers", "not in all 2 indexes"),
    (GOOD, {"project_id": "a-b"}, "wrong answers", "1 document without auth_resource_path"),
    (GOOD, {**DOCUMENT, "identifier": "one"}, "wrong answers", "no lists in some documents: identifier"),
    (GOOD, {**DOCUMENT, "gender": ["a", "b"]}, "wrong answers", "does not list them: gender"),
])
def test_check_finds(checked, search_server, fields, document, level, said):
    search_server.ask("PUT", "/other", {"mappings": {"dynamic": False, "properties": fields}, "aliases": {"patient": {}}})
    try:
        if document:
            search_server.ask("PUT", "/other/_doc/1?refresh=true", document)
        rows = checked("search", "check", "--types", "patient", "-o", "json").failed(7).json()
        assert any(row["level"] == level and said in row["problem"] for row in rows), rows
        assert all(row["advice"] for row in rows)
    finally:
        search_server.ask("DELETE", "/other")


@pytest.fixture(scope="module")
def loaded_once() -> dict[str, bool]:
    return {}


@pytest.fixture
def checked(etl, search_server, demo_dictionary, tmp_path, loaded_once):
    """A server with one good project, loaded once for all the cases."""
    etl.env |= {"ELASTICSEARCH_URL": search_server.url, "DICTIONARY_URL": str(demo_dictionary)}
    if not loaded_once:
        search_server.clear()
        etl(*load(small(tmp_path / "study"))).ok()
        loaded_once["done"] = True
    return etl
