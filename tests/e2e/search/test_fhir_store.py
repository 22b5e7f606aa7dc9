"""aced-etl fhir put|get|rm against a real OpenSearch."""

from __future__ import annotations

import gzip
import http.client
import json
import pathlib
import threading
from urllib.parse import urlsplit

import pytest
from search_between import Hold
from search_between import proxy  # noqa: F401
from search_study import PROJECT, hits, indexes, locks, patients, versions, write

# Values that a parser would change: digits, exponents, escapes, an object's order.
TRICKY = [
    r'{"resourceType":"Observation","id":"a","valueQuantity":{"value":1.500},"code":{"text":"caf\u00e9 \ud83d\ude00 \/ \"x\" \\"}}',
    r'{"id":"b","resourceType":"Observation","valueQuantity":{"value":1e3},"zeta":1,"alpha":2,"code":{"text":"é😀"}}',
    r'{"resourceType":"Observation","id":"c","valueQuantity":{"value":12345678901234567890.123456789012345678901234567890}}',
    r'{"resourceType":"Patient","id":"a","extension":[{"id":"x","url":"auth_resource_path","valueString":"auth_resource_path"}]}',
    r'{"resourceType":"Basic","id":"empty","code":{},"list":[],"blank":"","null":null,"yes":true}',
]


@pytest.fixture
def store(etl, search):
    etl.env["ELASTICSEARCH_URL"] = search.url
    return etl


def lines(folder: pathlib.Path) -> list[str]:
    return sorted(line for file in folder.glob("*.ndjson") for line in file.read_text().splitlines())


@pytest.mark.promise("The FHIR store gives back what was put")
def test_values_come_back_byte_for_byte(store, search, tmp_path):
    study = tmp_path / "study"
    study.mkdir()
    (study / "all.ndjson").write_text("\n".join(TRICKY) + "\n\n")
    store("fhir", "put", "--project", PROJECT, study).ok()
    store("fhir", "get", "--project", PROJECT, tmp_path / "got").ok()
    assert lines(tmp_path / "got") == sorted(TRICKY)
    assert sorted(file.name for file in (tmp_path / "got").iterdir()) == ["Basic.ndjson", "Observation.ndjson", "Patient.ndjson"]
    assert {hit["_source"]["auth_resource_path"] for hit in hits(search, "fhir")} == {"/programs/aced/projects/Alpha"}
    # `a` is the id of two resources, the others' ids are those of their documents.
    assert {hit["_id"] for hit in hits(search, "fhir")} == {"Observation/a", "Patient/a", "b", "c", "empty"}


@pytest.mark.promise("The FHIR store gives back what was put")
def test_every_form_of_a_study_is_put(store, tmp_path):
    study = tmp_path / "study"
    study.mkdir()
    one, two, three, four = ({"resourceType": "Patient", "id": f"p{n}", "active": True, "note": "a\nb"} for n in range(4))
    (study / "pretty.json").write_text(json.dumps(one, indent=4))
    (study / "bundle.json").write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": two}, {
        "fullUrl": "urn:uuid:7d0c1b7c-3f44-5d6c-8a3c-0f1a3e5b7c9d", "resource": {"resourceType": "Patient"}}]}, indent=1))
    with gzip.open(study / "packed.ndjson.gz", "wt") as file:
        file.write(json.dumps(three) + "\n" + json.dumps(three) + "\n")
    (study / "array.json").write_text(json.dumps([four], indent=2).replace("\n", "\r\n"))
    store("fhir", "put", "--project", PROJECT, study).ok()
    store("fhir", "get", "--project", PROJECT, tmp_path / "got").ok()
    got = {one["id"]: one for one in map(json.loads, lines(tmp_path / "got"))}
    assert got == {"p0": one, "p1": two, "p2": three, "p3": four,
                   "7d0c1b7c-3f44-5d6c-8a3c-0f1a3e5b7c9d": {"resourceType": "Patient", "id": "7d0c1b7c-3f44-5d6c-8a3c-0f1a3e5b7c9d"}}


def test_standard_input_is_put(store, search):
    store("fhir", "put", "--project", PROJECT, "-", stdin="\n".join(TRICKY)).ok()
    assert len(hits(search, "fhir")) == len(TRICKY)


def test_golden_studies_lose_nothing(store, shared, tmp_path):
    studies = [path for path in sorted((shared / "golden").glob("*/fhir"))
               if {file.suffix for file in path.rglob("*.*")} == {".ndjson"} and path.parent.name not in ("edges", "extras")]
    assert len(studies) > 3
    for study in studies:
        name = study.parent.name
        store("fhir", "put", "--project", f"aced-{name}", study).ok()
        store("fhir", "get", "--project", f"aced-{name}", tmp_path / name).ok()
        put = [json.loads(line, parse_float=str, parse_int=str) for file in study.rglob("*.ndjson") for line in file.read_text().splitlines()]
        got = [json.loads(line, parse_float=str, parse_int=str) for line in lines(tmp_path / name)]
        key = lambda one: (one["resourceType"], one["id"])  # noqa: E731
        assert sorted(put, key=key) == sorted(got, key=key), name


@pytest.mark.promise("An unchanged study is not sent to the search server again")
def test_only_a_changed_study_is_sent(store, search, proxy, tmp_path):
    study = patients(tmp_path / "study", "one")
    put = ("fhir", "put", "--project", PROJECT, study)
    store(*put).ok()
    store.env["ELASTICSEARCH_URL"] = proxy.url
    assert "nothing changed" in store(*put).ok().stderr
    assert not [path for _, path in proxy.seen if path.startswith("/_bulk")]
    first = indexes(search)
    store(*put, "--force").ok()
    assert indexes(search) != first
    patients(study, "two", 39)
    store(*put).ok()
    assert versions(search) == ["two"] * 39
    # A document that somebody has removed is noticed.
    live = next(name for name, aliases in indexes(search).items() if aliases)
    search.ask("DELETE", f"/{live}/_doc/p3?refresh=true")
    store(*put).ok()
    assert len(versions(search)) == 39


@pytest.mark.parametrize("bad, said", [
    ('{"resourceType":"Patient","id":"x"', "JSON"),
    ('{"resourceType":"Patient"}', "no id"),
    ('{"id":"x"}', "resourceType"),
    ('{"resourceType":"Patient","id":"p1","active":true}', "other content"),
])
def test_what_cannot_be_stored_is_refused_before_anything_is_sent(store, search, tmp_path, bad, said):
    study = patients(tmp_path / "study", "one")
    store("fhir", "put", "--project", PROJECT, study).ok()
    before = indexes(search)
    patients(study, "two")
    (study / "zz.ndjson").write_text(bad + "\n")
    ran = store("fhir", "put", "--project", PROJECT, study).failed(3)
    assert said in ran.stderr and "zz.ndjson:1" in ran.stderr or said == "resourceType"
    assert indexes(search) == before and versions(search) == ["one"] * 40


@pytest.mark.promise("A load of the search server is all or nothing")
def test_a_refused_document_fails_the_put_before_the_swap(store, search, tmp_path):
    study = patients(tmp_path / "study", "one")
    store("fhir", "put", "--project", PROJECT, study).ok()
    before = indexes(search)
    patients(study, "two")
    # Lucene takes no term of more than 32,766 bytes.
    write(study / "Basic.ndjson", {"resourceType": "B" * 40_000, "id": "long"}, {"resourceType": "Basic", "id": "short"})
    ran = store("fhir", "put", "--project", PROJECT, study, "--reject-file", tmp_path / "rejects").failed(7)
    assert "refused 1 document" in ran.stderr and "immense term" in ran.stderr
    rejects = [json.loads(line) for line in (tmp_path / "rejects").read_text().splitlines()]
    assert [one["id"] for one in rejects] == ["long"] and rejects[0]["status"] == 400 and "immense term" in rejects[0]["reason"]
    assert indexes(search) == before and versions(search) == ["one"] * 40 and locks(search) == 0
    # The next put clears the file away.
    (study / "Basic.ndjson").unlink()
    store("fhir", "put", "--project", PROJECT, study, "--reject-file", tmp_path / "rejects").ok()
    assert not (tmp_path / "rejects").exists()


def test_projects_are_apart(store, search, tmp_path):
    store("fhir", "put", "--project", "aced-A", patients(tmp_path / "one", "one", 3)).ok()
    store("fhir", "put", "--project", "aced-a", patients(tmp_path / "two", "two", 4)).ok()
    assert sorted(versions(search)) == ["one"] * 3 + ["two"] * 4
    counts = {row["project"]: row["documents"] for row in store("search", "counts", "-o", "json").ok().json()}
    assert counts == {"aced-A": 3, "aced-a": 4}
    store("fhir", "rm", "--project", "aced-A", "--dry-run").ok()
    store("fhir", "rm", "--project", "aced-A").failed(2)
    assert len(versions(search)) == 7
    store("fhir", "rm", "--project", "aced-A", "--yes").ok()
    assert versions(search) == ["two"] * 4 and len(indexes(search)) == 1
    store("fhir", "get", "--project", "aced-A", tmp_path / "none").failed(2)
    assert not (tmp_path / "none").exists()
    store("fhir", "rm", "--project", "aced-a", "--yes").ok()
    assert indexes(search) == {}


def test_get_writes_a_folder_of_its_own(store, tmp_path):
    store("fhir", "put", "--project", PROJECT, patients(tmp_path / "study", "one", 1200)).ok()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    store("fhir", "get", "--project", PROJECT, tmp_path / "full").failed(2)
    (tmp_path / "empty").mkdir()
    store("fhir", "get", "--project", PROJECT, tmp_path / "empty").ok()
    got = (tmp_path / "empty/Patient.ndjson").read_text().splitlines()
    assert [json.loads(line)["id"] for line in got] == sorted(f"p{n}" for n in range(1200))
    assert sorted(path.name for path in tmp_path.iterdir() if "aced-etl" in path.name) == []


def test_resources_that_another_tool_put_are_read(store, search, tmp_path):
    documents = [{"auth_resource_path": f"/programs/aced/projects/{'Alpha' if n % 2 else 'Other'}", "resourceType": "Patient", "id": f"p{n}"}
                 for n in range(250)]
    search.ask("POST", "/fhir/_bulk?refresh=true", "".join('{"index":{}}\n' + json.dumps(one) + "\n" for one in documents))
    store("fhir", "get", "--project", PROJECT, tmp_path / "got").ok()
    got = [json.loads(line) for line in lines(tmp_path / "got")]
    assert sorted(one["id"] for one in got) == sorted(f"p{n}" for n in range(1, 250, 2)) and got[0].keys() == {"resourceType", "id"}
    ran = store("fhir", "put", "--project", PROJECT, patients(tmp_path / "study", "one")).failed(7)
    assert "there is an index named fhir" in ran.stderr


def test_one_put_of_a_project_at_a_time(store, search, proxy, tmp_path):
    study = patients(tmp_path / "study", "one")
    hold = proxy.rule = Hold(lambda method, path: path.startswith("/_bulk"))
    first = store.start("fhir", "put", "--project", PROJECT, study, env={"ELASTICSEARCH_URL": proxy.url})
    try:
        hold.arrived()
        # From the same state folder, and from a pod that shares nothing with the first.
        store("fhir", "put", "--project", PROJECT, study).failed(8)
        ran = store("fhir", "put", "--project", PROJECT, study, env={"ACED_ETL_STATE_DIR": str(tmp_path / "elsewhere")}).failed(8)
        assert str(first.pid) in ran.stderr
        store("fhir", "put", "--project", "aced-Beta", study).ok()
    finally:
        hold.release()
        first.communicate(timeout=60)
    assert first.returncode == 0 and versions(search) == ["one"] * 80 and locks(search) == 0


@pytest.mark.promise("A load of the search server is all or nothing")
def test_twenty_readers_through_fifty_swaps(store, search, tmp_path):
    """None of them sees documents of two loads, no documents, or an error."""
    count = 6
    studies = [patients(tmp_path / name, name, count) for name in ("one", "two")]
    put = ("fhir", "put", "--project", PROJECT, "--force")
    store(*put, studies[0]).ok()
    over = threading.Event()
    wrong: list[object] = []
    reads = [0] * 20

    def read(n: int) -> None:
        where = urlsplit(search.url)
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
        while not over.wait(0.02):
            try:
                connection.request("GET", "/fhir/_search?size=50&filter_path=_shards.failed,hits.hits._source.meta.tag.code")
                answer = connection.getresponse()
                found = json.loads(answer.read())
                seen = [hit["_source"]["meta"]["tag"][0]["code"] for hit in found["hits"]["hits"]] if answer.status == 200 else [found]
                if found["_shards"]["failed"] or len(seen) != count or seen.count(seen[0]) != count:
                    wrong.append(seen)
                reads[n] += 1
            except Exception as error:  # whatever a reader meets is what the test is about
                wrong.append(error)
                return
        connection.close()

    readers = [threading.Thread(target=read, args=(n,)) for n in range(len(reads))]
    for reader in readers:
        reader.start()
    try:
        for n in range(50):
            store(*put, studies[(n + 1) % 2]).ok()
    finally:
        over.set()
        for reader in readers:
            reader.join()
    assert wrong == [] and min(reads) > 20
    assert versions(search) == ["one"] * count
