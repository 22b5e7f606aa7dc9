"""simplify and validate through the program: references, extensions, deletions, versions, and what is left out."""

from __future__ import annotations

import gzip
import json

import pytest
from simplify_study import lines, patient, records, study  # noqa: F401

UUID = "c757873d-ec9a-4326-a141-556f43239520"


def observation(number, subject, **more):
    return {"resourceType": "Observation", "id": f"o{number}", "status": "final", "code": {"text": "c"}, "subject": subject, **more}


def bundle(kind, *entries):
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def delete(url):
    return {"request": {"method": "DELETE", "url": url}}


def put(resource):
    return {"resource": resource, "request": {"method": "PUT", "url": f"Patient/{resource['id']}"}}


@pytest.mark.promise("References make edges by their kind")
def test_versions_and_absolute_urls_of_the_study_become_relations(etl, study, tmp_path):
    urls = ["Patient/p1", "Patient/p1/_history/3", "https://h.example/fhir/Patient/p1", "http://h.example/fhir/Patient/p1/_history/2",
            "https://h.example/fhir/Patient/elsewhere", "Patient?identifier=x"]
    folder = study("a.ndjson", lines(patient(1), *(observation(i, {"reference": url}) for i, url in enumerate(urls)),
                                     observation(6, {"identifier": {"value": "x"}}), observation(7, {"reference": "#c"}, contained=[patient("c", id="c")])))
    for out in (tmp_path / "out", "-"):
        ran = etl("simplify", folder, out).ok()
        made = records(out) if out != "-" else [json.loads(line) for line in ran.stdout.splitlines()]
        found = {r["id"]: (r["object"].get("subject"), [x["dst_id"] for x in r["relations"]]) for r in made if r["name"] == "observation"}
        assert [found[f"o{i}"] for i in range(4)] == [("Patient/p1", ["p1"])] * 4
        assert found["o4"] == (urls[4], []) and found["o5"] == (urls[5], []) and found["o6"] == (None, []) and found["o7"] == ("#c", [])
    summary = json.loads(etl("validate", "-o", "json", folder).ok().stdout)["summary"]
    assert summary["kinds"] == {k: 1 for k in ("search-reference", "logical-reference", "contained-reference", "outside-reference")}


def test_the_address_in_a_bundle_tells_a_resource_from_one_of_another_server(etl, study):
    folder = study("b.json", json.dumps(bundle("collection", {"fullUrl": "https://a.example/fhir/Patient/p1", "resource": patient(1)})))
    study("c.ndjson", lines(observation(1, {"reference": "http://a.example/fhir/Patient/p1"}), observation(2, {"reference": "https://b.example/fhir/Patient/p1"})))
    made = {r["id"]: r["relations"] for r in map(json.loads, etl("simplify", folder, "-").ok().stdout.splitlines())}
    assert made["o1"] == [{"dst_id": "p1", "dst_name": "patient"}] and made["o2"] == []


@pytest.mark.promise("What a study deletes is removed")
def test_deletions_are_carried_out(etl, study, tmp_path):
    study("Patient.ndjson", lines(patient(1), patient(2)))
    study("deleted/Patient.ndjson", lines(bundle("transaction", delete("Patient/p2"))))
    folder = study("tx.json", json.dumps(bundle("transaction", delete("Patient/p3"), put(patient(3)), put(patient(4)), delete("Patient/p4"), delete("Patient?name=x"))))
    (folder / "tx.json").write_text((folder / "tx.json").read_text())
    for out in (tmp_path / "out", "-"):
        ran = etl("simplify", folder, out, "--threads", 2).ok()
        made = records(out) if out != "-" else [json.loads(line) for line in ran.stdout.splitlines()]
        assert sorted({r["id"] for r in made}) == ["p1", "p3"]
        assert "2 deleted by the study" in ran.stderr and "(deletion)" in ran.stderr
    summary = json.loads(etl("validate", "-o", "json", folder).ok().stdout)["summary"]
    assert (summary["deletions"], summary["deleted"]) == (2, 2)
    text = "".join(path.read_text() if path.suffix == ".ndjson" else "" for path in sorted(folder.rglob("*.ndjson")))
    assert "read twice" in etl("validate", "-", stdin=text).failed(3).stderr


def test_in_a_history_the_newest_entry_comes_first(etl, study):
    folder = study("h.json", json.dumps(bundle("history", delete("Patient/p1"), put(patient(1)), put(patient(2)))))
    assert [json.loads(line)["id"] for line in etl("simplify", folder, "-").ok().stdout.splitlines()] == ["p2"]


def test_references_to_what_is_deleted_dangle_and_those_of_it_do_not(etl, study):
    study("a.ndjson", lines(patient(1), observation(1, {"reference": "Patient/p1"}), observation(2, {"reference": "Patient/gone"})))
    folder = study("d.ndjson", lines(bundle("transaction", delete("Patient/p1"), delete("Observation/o2"))))
    ran = etl("validate", folder).failed(3)
    assert "Patient/p1 does not exist" in ran.stdout and "Patient/gone" not in ran.stdout


@pytest.mark.promise("One version of a resource is loaded")
def test_the_latest_of_several_versions_counts(etl, study):
    study("2024/Patient.ndjson", lines(patient(1, meta={"versionId": "10"}, gender="male"), patient(2, meta={"lastUpdated": "2024-01-01T00:00:00+02:00"}, gender="male")))
    folder = study("2025/Patient.ndjson", lines(patient(1, meta={"versionId": "9"}), patient(2, meta={"lastUpdated": "2023-12-31T23:00:00Z"}, gender="female")))
    assert "2 duplicate-id" in etl("validate", folder).failed(3).stderr
    ran = etl("simplify", folder, "-", "--duplicates", "latest").ok()
    assert {r["id"]: r["object"]["gender"] for r in map(json.loads, ran.stdout.splitlines())} == {"p1": "male", "p2": "female"}
    assert "2 superseded by a newer version" in ran.stderr
    study("2025/more.ndjson", lines(patient(3), patient(3, gender="other")))
    assert "1 duplicate-id" in etl("validate", folder, "--duplicates", "latest").failed(3).stderr


@pytest.mark.promise("What is no part of a study is named")
def test_what_a_server_adds_to_a_search_is_left_out(etl, study):
    outcome = {"resource": {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "value"}]}, "search": {"mode": "outcome"}}
    folder = study("s.json", json.dumps(bundle("searchset", {"resource": patient(1)}, outcome)))
    ran = etl("simplify", folder, "-").ok()
    assert len(ran.stdout.splitlines()) == 1 and "1 resource left out" in ran.stderr


def test_a_resource_without_an_id_gets_the_one_of_its_full_url(etl, study):
    nameless = {"resourceType": "Patient", "gender": "male"}
    folder = study("b.json", json.dumps(bundle("transaction", {"fullUrl": f"urn:uuid:{UUID}", "resource": nameless},
                                               {"resource": observation(1, {"reference": f"urn:uuid:{UUID}"})})))
    study("c.ndjson", lines(bundle("collection", {"resource": {"resourceType": "Group", "type": "person", "membership": "definitional"},
                                                  "fullUrl": "https://h.example/fhir/Group/g7"})))
    made = {r["name"]: r for r in map(json.loads, etl("simplify", folder, "-").ok().stdout.splitlines())}
    assert made["patient"]["id"] == made["patient"]["object"]["id"] == UUID
    assert made["observation"]["relations"] == [{"dst_id": UUID, "dst_name": "patient"}]
    assert made["group"]["id"] == "g7"
    etl("validate", folder).ok()


def test_an_array_of_resources_and_a_padded_gzip_file(etl, study):
    folder = study("a.json", json.dumps([patient(1), patient(2)], indent=1))
    study("b.ndjson.gz", gzip.compress(lines(patient(3))) + b"\0" * 10240 + gzip.compress(lines(patient(4))) + b"\0" * 512)
    assert [json.loads(line)["id"] for line in etl("simplify", folder, "-").ok().stdout.splitlines()] == ["p1", "p2", "p3", "p4"]
    assert "(wrong-type)" in etl("simplify", study("c.json", json.dumps([patient(5), 7])), "-").failed(3).stderr


def test_an_array_on_one_line_is_read_whatever_the_file_is_called(etl, study):
    array = json.dumps([patient(n) for n in range(1, 4)])
    wanted = ["p1", "p2", "p3"]
    for name, text in {"a.ndjson": array + "\n", "b.jsonl": "\n  " + array, "c.ndjson": json.dumps([patient(n) for n in range(1, 4)], indent=1),
                       "d.json": array, "e.ndjson": "\ufeff" + array}.items():
        file = study(name, text)
        one = file if file.is_file() else file / name
        assert [json.loads(line)["id"] for line in etl("simplify", one, "-").ok().stdout.splitlines()] == wanted, name
    assert [json.loads(line)["id"] for line in etl("simplify", "-", "-", stdin=array).ok().stdout.splitlines()] == wanted
    many = json.dumps([patient(n) for n in range(60_000)])  # more than what is read at once
    assert etl("simplify", "-", "-", stdin=many).ok().stdout.count("\n") == 60_000


def test_faults_in_an_array_have_their_lines(etl, study):
    folder = study("a.ndjson", "\n" + json.dumps([patient(1), {**patient(2), "x": 1}]) + "\n")
    one = folder if folder.is_file() else folder / "a.ndjson"
    assert "a.ndjson:2: " in etl("validate", one).failed(3).stdout
    folder = study("b.ndjson", json.dumps([patient(1), {**patient(2), "x": 1}], indent=0))
    one = folder if folder.is_file() else folder / "b.ndjson"
    assert 'b.ndjson:9: Patient: "x"' in etl("validate", one).failed(3).stdout
    for broken in ('[{"resourceType":"Patient","id":"1"}', '[7]', '[[]]', '[{"resourceType":"Patient","id":"1"},]'):
        folder = study("c.ndjson", broken)
        one = folder if folder.is_file() else folder / "c.ndjson"
        assert "c.ndjson:1" in etl("validate", one).failed(3).stdout, broken


@pytest.mark.promise("What is no part of a study is named")
def test_what_clients_of_bulk_exports_leave_is_left_out_and_listed_once(etl, study):
    for name in ("log.ndjson", "manifest.json", "error/1.ndjson", "._a.ndjson", ".DS_Store", "lost+found/x.ndjson", "drafts/x.ndjson", "old_a.ndjson"):
        study(name, "{")
    folder = study("1.Patient.ndjson", lines(patient(1)))
    ran = etl("validate", folder, "--exclude", "drafts", "--exclude", "old_*").ok()
    assert ran.stderr.count("not read as part of the study: .DS_Store, ._a.ndjson, drafts/, error/, log.ndjson, lost+found/, manifest.json, old_a.ndjson") == 1
    etl("validate", folder).failed(3)


def test_limit_links_is_told_apart_from_the_dictionary(etl, study, tmp_path, demo_dictionary):
    (tmp_path / "c.yaml").write_text("limit_links: {Observation: [Patient]}\n")
    folder = study("a.ndjson", lines(patient(1), observation(1, {"reference": "Patient/p1"}, specimen={"reference": "Specimen/s"})))
    ran = etl("simplify", folder, "-", "--dictionary", demo_dictionary, "--config", tmp_path / "c.yaml").ok()
    assert "(limited-link)" in ran.stderr and "limit_links" in ran.stderr and "(no-link)" not in ran.stderr


@pytest.mark.promise("Extensions are kept or counted")
def test_extensions_without_a_place_in_the_record_are_counted(etl, study):
    ext = [{"url": "http://x/y", "valueString": "z"}]
    folder = study("a.ndjson", lines(patient(1, extension=ext, birthDate="2000", _birthDate={"extension": ext}, address=[{"city": "B", "extension": ext}]), patient(2, modifierExtension=ext)))
    ran = etl("validate", folder).ok()
    for place in ("Patient._birthDate.extension", "Patient.address.extension", "Patient.modifierExtension"):
        assert f"{place}: " in ran.stdout
    assert "3 left-out-extension" in ran.stderr


def test_dialect_fhir_adds_no_keys_of_files(etl, study):
    document = {"resourceType": "DocumentReference", "id": "d", "status": "current", "content": [{"attachment": {"url": "file:///a.csv"}}]}
    folder = study("a.ndjson", lines(document))
    added = {"object_id", "file_name", "data_type", "data_format"}
    assert added <= set(json.loads(etl("simplify", folder, "-").ok().stdout)["object"])
    assert not added & set(json.loads(etl("simplify", "--dialect", "FHIR", folder, "-").ok().stdout))
