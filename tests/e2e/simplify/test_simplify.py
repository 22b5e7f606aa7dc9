"""simplify through the program: what it writes."""

from __future__ import annotations

import gzip
import json

import pytest
from simplify_study import PATIENT, lines, patient, records, study, tree  # noqa: F401 (a fixture)


def test_one_file_a_type(etl, study, tmp_path):
    study("a.ndjson", lines(PATIENT, {"resourceType": "Organization", "id": "o", "name": "O"}))
    folder = study("sub/b.json", json.dumps(patient(2), indent=1))
    ran = etl("simplify", folder, tmp_path / "out").ok()
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["Organization.ndjson", "Patient.ndjson"]
    assert records(tmp_path / "out") == [
        {"id": "o", "name": "organization", "relations": [], "object": {"resourceType": "Organization", "id": "o", "name": "O"}},
        {"id": "p1", "name": "patient", "relations": [], "object": PATIENT},
        {"id": "p2", "name": "patient", "relations": [], "object": patient(2)}]
    assert ran.stdout == ""
    assert "3 resources in, 3 records out, 0 set aside; no issues" in ran.stderr


def test_stdin_to_stdout(etl):
    ran = etl("simplify", "-", "-", stdin=lines(patient(1), patient(2, gender="male")).decode()).ok()
    assert [json.loads(line)["object"] for line in ran.stdout.splitlines()] == [patient(1), patient(2, gender="male")]


def test_a_bundle_and_a_list_on_stdin(etl):
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient(1)}, {"resource": patient(2)}]}
    listing = {"resourceType": "List", "id": "l", "status": "current", "mode": "working"}
    ran = etl("simplify", "-", "-", stdin=lines(patient(0), bundle, listing, bundle, patient(3)).decode()).ok()
    # In the order of the input. That the second Bundle repeats the first is told, and no more.
    assert "repeated-resource, 2 times" in ran.stderr
    assert [json.loads(line)["id"] for line in ran.stdout.splitlines()] == ["p0", "p1", "p2", "l", "p1", "p2", "p3"]


@pytest.mark.promise("The source's own text is kept")
def test_numbers_and_dates_are_not_rendered_anew(etl):
    line = ('{"resourceType":"Observation","id":"o","status":"final","code":{"text":"c"},"effectiveDateTime":"2024-01-01T00:00:00.10+00:00",'
            '"valueQuantity":{"value":0.0190}}\n')
    out = etl("simplify", "-", "-", stdin=line).ok().stdout
    assert '"valueQuantity_value":0.0190' in out and '"2024-01-01T00:00:00.10+00:00"' in out


def test_folder_to_stdout(etl, study):
    ran = etl("simplify", study("a.ndjson", lines(patient(1), patient(2))), "-").ok()
    assert [json.loads(line)["id"] for line in ran.stdout.splitlines()] == ["p1", "p2"]


def test_stdin_to_folder(etl, tmp_path):
    etl("simplify", "-", tmp_path / "out", stdin=lines(PATIENT).decode()).ok()
    assert len(records(tmp_path / "out")) == 1


def test_dialect_fhir(etl, study):
    ran = etl("simplify", "--dialect", "FHIR", study("a.ndjson", lines(PATIENT)), "-").ok()
    assert json.loads(ran.stdout) == PATIENT


def test_transform_ids(etl, study):
    ran = etl("simplify", "--transform-ids", "my seed", study("a.ndjson", lines(PATIENT)), "-").ok()
    assert json.loads(ran.stdout)["id"] == "7a9ddaf7-b022-5677-8fee-dcf3bf06df81"  # by Python's uuid


def test_urn_uuid_of_a_bundle_file(etl, study):
    name = "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [
        {"resource": patient(1, managingOrganization={"reference": name})},
        {"fullUrl": name, "resource": {"resourceType": "Organization", "id": "o", "name": "O"}}]}
    for suffix, pack in (("json", bytes), ("json.gz", gzip.compress)):
        folder = study(f"{suffix}/b.{suffix}", pack(b"\xef\xbb\xbf" + json.dumps(bundle, indent=1).encode()))
        first = json.loads(etl("simplify", folder / suffix, "-").ok().stdout.splitlines()[0])
        assert first["object"]["managingOrganization"] == "Organization/o"
        assert first["relations"] == [{"dst_id": "o", "dst_name": "organization"}]


def test_gzip_is_read_by_its_bytes(etl, study):
    study("a.ndjson.gz", gzip.compress(lines(patient(1))) + gzip.compress(lines(patient(2))))
    folder = study("b.ndjson", gzip.compress(lines(patient(3))))
    assert [json.loads(line)["id"] for line in etl("simplify", folder, "-").ok().stdout.splitlines()] == ["p1", "p2", "p3"]


def test_configuration_and_dictionary(etl, study, tmp_path, demo_dictionary):
    (tmp_path / "c.yaml").write_text("limit_links: {Observation: [Patient]}\nrenamed_properties: {status: state}\n")
    observation = {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "c"}, "subject": {"reference": "Patient/p1"},
                   "specimen": {"reference": "Specimen/s"}, "device": {"reference": "Device/d"}}
    ran = etl("simplify", study("a.ndjson", lines(PATIENT, observation)), "-", "--dictionary", demo_dictionary, "--config", tmp_path / "c.yaml").ok()
    record = json.loads(ran.stdout.splitlines()[1])
    assert record["relations"] == [{"dst_id": "p1", "dst_name": "patient"}]
    assert record["object"]["state"] == "final"
    assert "no-link" in ran.stderr


def test_glob(etl, study):
    study("META/Patient.ndjson", lines(patient(1)))
    folder = study("other/Patient.ndjson", lines(patient(2)))
    assert json.loads(etl("simplify", folder, "-", "--glob", "META/*").ok().stdout)["id"] == "p1"
    etl("simplify", folder, "-", "--glob", "*.xml").failed(3)


def test_an_output_folder_inside_the_study_is_passed_over(etl, study):
    folder = study("a.ndjson", lines(PATIENT))
    for out in (folder / "out", f"{folder}/out/", f"{folder}/./out"):
        etl("simplify", folder, out).ok()
        assert len(records(folder / "out")) == 1
    etl("simplify", ".", "out", cwd=folder).ok()
    assert len(records(folder / "out")) == 1


def test_the_study_itself_is_no_output_folder(etl, study):
    folder = study("Patient.ndjson", lines(PATIENT))
    before = tree(folder)
    for args in ((folder, folder), (f"{folder}/", f"{folder}/../study"), (folder / "Patient.ndjson", folder)):
        etl("simplify", *args).failed(2)
        assert tree(folder) == before
    etl("simplify", ".", ".", cwd=folder).failed(2)
    assert tree(folder) == before


@pytest.mark.promise("The order of the input is kept")
def test_the_records_do_not_depend_on_the_number_of_threads(etl, synth, tmp_path):
    synth(tmp_path / "s", "--records", 12000, "--files", 0).ok()
    trees = []
    for threads in (1, 4, 4):
        out = tmp_path / f"out{len(trees)}"
        etl("simplify", tmp_path / "s/studies", out, "--threads", threads).ok()
        trees.append(tree(out))
    assert trees[0] == trees[1] == trees[2]
    assert sum(content.count(b"\n") for content in trees[0].values()) == 12000
    # In the order of the input.
    source = tmp_path / "s/studies/demo/Observation.ndjson"
    wanted = [json.loads(line)["id"] for line in source.read_text().splitlines()]
    assert [json.loads(line)["id"] for line in trees[0]["Observation.ndjson"].splitlines()] == wanted


def test_faults_do_not_depend_on_the_number_of_threads(etl, synth, tmp_path):
    synth(tmp_path / "s", "--records", 8000, "--files", 0, "--faults", 60).ok()
    seen = []
    for threads in (1, 4):
        out = tmp_path / f"out{threads}"
        ran = etl("simplify", tmp_path / "s/studies", out, "--threads", threads, "--reject-file", tmp_path / f"r{threads}").failed(3)
        seen.append((tree(out), (tmp_path / f"r{threads}").read_bytes(), ran.stderr.replace(f"r{threads}", "r")))
    assert seen[0] == seen[1]


def test_all_forms_of_a_study_give_the_same_records(etl, synth, tmp_path):
    found = {}
    for form in ("plain", "--gzip", "--pretty", "--bundles"):
        synth(tmp_path / form, "--records", 1500, "--files", 0, *([] if form == "plain" else [form])).ok()
        etl("simplify", tmp_path / form / "studies", tmp_path / f"out{form}").ok()
        found[form] = {name: sorted(content.splitlines()) for name, content in tree(tmp_path / f"out{form}").items()}
    assert found["plain"] == found["--gzip"] == found["--pretty"]
    assert found["plain"].keys() == found["--bundles"].keys()
    assert {n: len(c) for n, c in found["plain"].items()} == {n: len(c) for n, c in found["--bundles"].items()}
