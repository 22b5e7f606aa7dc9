"""What PostgreSQL cannot store: `validate` names it by file and line, `graph load` refuses it before it writes, and a
value just within each limit loads. The server itself says where the limits are."""

from __future__ import annotations

import json
import os
import pathlib
import random
import re
import string

import pytest
from graph_loading import graph, load, sizes, study  # noqa: F401 (fixtures)
from graph_study import observation, research_study, totals

SEED = int(os.environ.get("ACED_TEST_SEED", random.randrange(1 << 32)))
PROJECT = "aced-one"
INDEX_ROW = 2704


@pytest.fixture
def rng() -> random.Random:
    print(f"ACED_TEST_SEED={SEED}")
    return random.Random(SEED)


def noise(rng: random.Random, length: int, letters: str = string.ascii_letters + string.digits + "-_") -> str:
    """Text that does not compress."""
    return "".join(rng.choices(letters, k=length))


def check(etl, load, graph, path: pathlib.Path, place: str, says: str, *options: str, records: bool = False,
          of_project: bool = False) -> str:
    """`path` is refused by everything that reads it, with `place` and `says`, and nothing is written. `of_project`: only
    because of the length of the project's id, which `simplify` does not know."""
    heard = []
    if not records:
        heard.append(etl("validate", "--project", PROJECT, *options, path, timeout=300).failed(3).stdout)
    if not records and not of_project:
        heard.append(etl("simplify", *options, path, etl.cwd / "refused", timeout=300).failed(3).stderr)
        assert not list((etl.cwd / "refused").glob("*"))
    heard.append(load(path, *options, project=PROJECT, timeout=300).failed(3).stderr)
    for text in heard:
        assert any(place in line and says in line and "(storage)" in line for line in text.splitlines()), text[:2000]
    assert sizes(graph) == {}
    return heard[0]


def loads(etl, load, path: pathlib.Path, *options: str, records: bool = False) -> None:
    if not records:
        etl("validate", "--project", PROJECT, *options, path, timeout=300).ok()
    assert totals(load(path, *options, project=PROJECT, timeout=300))["inserted"] >= 1


def two_lines(folder: pathlib.Path, kind: str, first: str, second: str) -> pathlib.Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{kind}.ndjson").write_text(f"{first}\n{second}\n")
    return folder


# --- numbers ----------------------------------------------------------------------------------------------------

WITHIN = ["1e131071", "-9.9e131071", "9" * 131072, "0.01e131073", "10e131070", "1e-16383", "1.0e-16382", "0." + "1" * 16383, "0e131072",
          "0E1073741822", "-0.0"]
BEYOND = ["1e131072", "1" + "0" * 131072, "0.01e131074", "10e131071", "1e-16384", "1.0e-16383", "0." + "1" * 16384, "0e-16384",
          "0e1073741823", "1e999999"]


@pytest.mark.parametrize("form", ["fhir", "records", "not validated"])
def test_numbers_up_to_the_limits_of_numeric_load(etl, load, graph, tmp_path, form):
    body = '{"resourceType": "Observation", "id": "%s", "status": "final", "code": {"text": "x"}, "valueQuantity": {"value": %s}}'
    if form == "records":
        body = '{"id": "%s", "name": "observation", "relations": [], "object": {"value": %s}}'
    path = tmp_path / "Observation.ndjson"
    path.write_text("".join(body % (f"o{n}", number) + "\n" for n, number in enumerate(WITHIN)))
    options = ("--no-validate",) if form == "not validated" else ()
    assert totals(load(path, *options))["inserted"] == len(WITHIN)
    path.write_text("".join(body % (f"o{n}", number) + "\n" for n, number in enumerate(WITHIN[:1] + BEYOND)))
    said = load(path, *options).failed(3).stderr
    for line in range(2, len(BEYOND) + 2):
        assert any(f"Observation.ndjson:{line}: " in text and "(storage)" in text for text in said.splitlines()), (line, said)
    assert "Observation.ndjson:1:" not in said
    if form == "fhir":
        assert etl("validate", "-o", "json", path).failed(3).json()["summary"]["kinds"] == {"storage": len(BEYOND)}


def test_the_server_refuses_the_numbers_that_are_named(graph):
    for number in WITHIN:
        graph.value("select jsonb_typeof(%s::jsonb)", number)
    for number in BEYOND:
        with pytest.raises(Exception, match="overflows numeric"):
            graph.value("select jsonb_typeof(%s::jsonb)", number)


# --- indexes ----------------------------------------------------------------------------------------------------

def study_of(folder: pathlib.Path, url: str) -> pathlib.Path:
    return two_lines(folder, "ResearchStudy", json.dumps(research_study("s1", url="http://short/")), json.dumps(research_study("s2", url=url)))


def test_a_text_up_to_the_limit_of_an_index_loads(etl, load, graph, tmp_path, rng):
    """Of research studies (project_id, url) is unique: both are in one index, beside that of the url alone."""
    room = INDEX_ROW - 8 - (1 + len(PROJECT) + 3) // 4 * 4 - 4
    text = "http://" + noise(rng, room + 1 - 7)
    said = check(etl, load, graph, study_of(tmp_path / "study", text), "ResearchStudy.ndjson:2: ResearchStudy.url: ", "too long",
                 of_project=True)
    assert "project_id, url" in said
    check(etl, load, graph, study_of(tmp_path / "study", text + "x" * 40), "ResearchStudy.ndjson:2: ResearchStudy.url: ", "too long")
    loads(etl, load, study_of(tmp_path / "study", text[:-1]))


def test_the_project_of_etl_yaml_counts_where_none_is_given(etl, graph, tmp_path, rng):
    home = tmp_path / "studies"
    home.mkdir()
    code = "A_rather_long_name_for_a_project"
    url = "http://" + noise(rng, INDEX_ROW - 8 - 4 - 4 - 7)
    study_of(home / code, url)
    etl("validate", home / code).ok()
    (tmp_path / "etl.yaml").write_text(f"program: aced\nfolder:\n  studies: {home}\nstudies:\n  - name: {code}\n")
    said = etl("validate", home / code, "--etl-yaml", tmp_path / "etl.yaml")
    assert "ResearchStudy.ndjson:2" in said.failed(3).stdout


def test_a_text_that_compresses_may_be_longer(etl, load, graph, tmp_path):
    loads(etl, load, study_of(tmp_path / "study", "http://" + "a" * 100_000))


def test_the_verdict_is_that_of_the_server(etl, graph, tmp_path, rng):
    """On texts that compress more or less, about the limit: pglz is a part of the answer."""
    graph.execute("create table keys (url text)")
    graph.execute("create index on keys (url text_pattern_ops)")
    graph.execute("create index on keys ((lower('a-b'::text)) text_pattern_ops, lower(url) text_pattern_ops)")
    texts = []
    for _ in range(400):
        words = [noise(rng, rng.randint(1, 30)) for _ in range(rng.randint(1, 400))]
        alphabet = string.ascii_letters[:rng.randint(2, 52)] + "éü漢"[:rng.randint(0, 3)]
        text = noise(rng, rng.randint(200, 2690), alphabet)
        while len(text.encode()) < rng.randint(2600, 6000):
            text += rng.choice(words) if rng.random() < 0.6 else noise(rng, rng.randint(1, 60), alphabet)
        texts.append(text)
    path = tmp_path / "ResearchStudy.ndjson"
    path.write_text("".join(json.dumps(research_study(f"s{n}", url=text), ensure_ascii=False) + "\n" for n, text in enumerate(texts)))
    said = etl("validate", "-o", "json", path).failed(3).json()
    refused = {issue["line"] - 1 for issue in said["issues"] if issue["kind"] == "storage"}
    too_long = set()
    with graph.connect(autocommit=True) as connection:
        for n, text in enumerate(texts):
            try:
                connection.execute("insert into keys values (%s)", (text,))
            except Exception as error:  # noqa: BLE001 (the server's)
                assert "exceeds btree" in str(error)
                too_long.add(n)
    assert refused == too_long
    assert 40 < len(refused) < 360, "the texts are not about the limit"


@pytest.mark.parametrize(("ids", "length"), [("of a record", INDEX_ROW - 12), ("of an edge", 1348 - 8)])
def test_ids_of_records_up_to_the_limit_of_an_index_load(etl, load, graph, tmp_path, rng, ids, length):
    def write(one: str, other: str) -> pathlib.Path:
        lines = {"Patient": f'{{"id": "{one}", "name": "patient", "relations": [], "object": {{}}}}'}
        if ids == "of an edge":
            lines["Observation"] = (f'{{"id": "{other}", "name": "observation", "relations": [{{"dst_id": "{one}", "dst_name": "patient"}}], '
                                    f'"object": {{"subject": "Patient/{one}"}}}}')
        (tmp_path / "records").mkdir(exist_ok=True)
        for name, line in lines.items():
            (tmp_path / f"records/{name}.ndjson").write_text(line + "\n")
        return tmp_path / "records"

    one, other = noise(rng, length + 12), noise(rng, length)
    kind = "Patient" if ids == "of a record" else "Observation"
    check(etl, load, graph, write(one[:length + (1 if kind == "Patient" else 9)], other), f"{kind}.ndjson:1: {kind}: ", "too long", records=True)
    loads(etl, load, write(one[:length], other), records=True)


# --- jsonb ------------------------------------------------------------------------------------------------------

LARGE = ("--max-resource", "600")


def observation_of(folder: pathlib.Path, length: int) -> pathlib.Path:
    return two_lines(folder, "Observation", json.dumps(observation("o1")), json.dumps(observation("o2", valueString="x" * length)))


def test_a_record_up_to_the_limit_of_jsonb_loads(etl, load, graph, tmp_path):
    limit = 268_435_455
    path = observation_of(tmp_path / "study", limit)
    said = check(etl, load, graph, path, "Observation.ndjson:2: Observation.valueString: ", "jsonb", *LARGE)
    takes = int(re.search(r"takes ([\d,]+) bytes", said).group(1).replace(",", ""))
    room = limit - (takes - limit)
    check(etl, load, graph, observation_of(tmp_path / "study", room + 1), "Observation.ndjson:2", "jsonb", *LARGE, of_project=True)
    loads(etl, load, observation_of(tmp_path / "study", room), *LARGE)


def test_an_array_up_to_the_limit_of_jsonb_loads(etl, load, graph, tmp_path):
    most = 1 << 24

    def array_of(count: int) -> pathlib.Path:
        return two_lines(tmp_path / "records", "Patient", '{"id": "p1", "name": "patient", "relations": [], "object": {}}',
                         '{"id": "p2", "name": "patient", "relations": [], "object": {"a": [""' + ',""' * (count - 1) + "]}}")

    check(etl, load, graph, array_of(most + 1), "Patient.ndjson:2: Patient.a: ", "16,777,217 items", *LARGE, records=True)
    loads(etl, load, array_of(most), *LARGE, records=True)


def test_an_object_beyond_the_limit_of_jsonb_is_refused(etl, load, graph, tmp_path):
    """The server takes about a minute for the largest object that it takes: here it only refuses."""
    most = 1 << 23
    path = two_lines(tmp_path / "records", "Patient", '{"id": "p1", "name": "patient", "relations": [], "object": {}}',
                     '{"id": "p2", "name": "patient", "relations": [], "object": {'
                     + ",".join(f'"{n:x}":1' for n in range(most)) + "}}")  # and project_id
    check(etl, load, graph, path, "Patient.ndjson:2: Patient: ", "8,388,609 members", *LARGE, records=True)
