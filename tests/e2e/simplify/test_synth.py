"""aced-synth keeps the promises of its --help. No server is needed."""

import gzip
import hashlib
import json
import os
import re
import subprocess
from collections import Counter

import pytest
from programs import ROOT

SYNTH = os.environ.get("ACED_SYNTH", str(ROOT / "build" / "release" / "aced-synth"))
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def synth(out, *options, status=0):
    done = subprocess.run([SYNTH, str(out), *map(str, options)], capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return done


def tree(folder):
    """Relative path -> bytes of every file."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def resources(folder):
    for file in sorted((folder / "studies").rglob("*.ndjson")):
        for line in file.read_text(encoding="utf-8").splitlines():
            resource = json.loads(line)
            assert resource["resourceType"] == file.stem
            yield resource


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str):
            yield node["reference"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def values(node, name):
    """All values under this key, anywhere."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == name:
                yield value
            yield from values(value, name)
    elif isinstance(node, list):
        for value in node:
            yield from values(value, name)


@pytest.fixture(scope="module", name="study")
def a_study(tmp_path_factory):
    out = tmp_path_factory.mktemp("study")
    synth(out, "--records", 2000, "--seed", 7)
    return out


@pytest.fixture(scope="module", name="records")
def its_records(study):
    return list(resources(study))


def test_same_seed_same_bytes(tmp_path, study):
    synth(tmp_path / "again", "--records", 2000, "--seed", 7)
    assert tree(study) == tree(tmp_path / "again")
    synth(tmp_path / "other", "--records", 2000, "--seed", 8)
    assert tree(study) != tree(tmp_path / "other")


@pytest.mark.parametrize("count", [50, 51, 77, 1000, 1999, 20000])
def test_exact_number_of_records(tmp_path, count):
    synth(tmp_path, "--records", count, "--files", 0)
    found = list(resources(tmp_path))
    assert len(found) == count
    assert len({(r["resourceType"], r["id"]) for r in found}) == count


@pytest.mark.parametrize("count", [1, 2, 3, 100])
def test_exact_number_of_patients(tmp_path, count):
    synth(tmp_path, "--patients", count, "--files", 0)
    assert sum(r["resourceType"] == "Patient" for r in resources(tmp_path)) == count


def test_all_types_of_the_demo_dictionary_are_present(tmp_path):
    synth(tmp_path, "--records", 50)
    dictionary = json.loads((ROOT / "share" / "demo" / "dictionary.json").read_text(encoding="utf-8"))
    titles = {schema["title"] for schema in dictionary.values() if "title" in schema}
    titles -= {"Program", "Project", "Core Metadata Collection"}
    assert {r["resourceType"] for r in resources(tmp_path)} == titles


def test_demo_dictionary_is_what_its_tool_makes():
    tool = ROOT / "tools" / "demo-dictionary" / "make.py"
    assert subprocess.run(["/usr/bin/python3", str(tool), "--check"], check=False).returncode == 0


@pytest.mark.parametrize("count", [50, 63, 3000])
def test_references_resolve(tmp_path, count):
    synth(tmp_path, "--records", count, "--files", 0)
    found = list(resources(tmp_path))
    ids = {f"{r['resourceType']}/{r['id']}" for r in found}
    assert {reference for r in found for reference in references(r)} <= ids


def test_every_link_of_the_demo_dictionary_is_used(records):
    """Each link's element refers to the link's target somewhere in a study."""
    dictionary = json.loads((ROOT / "share" / "demo" / "dictionary.json").read_text(encoding="utf-8"))
    titles = {schema["id"]: schema["title"] for schema in dictionary.values() if "title" in schema}

    def links(entries):
        for entry in entries:
            yield from links(entry["subgroup"]) if "subgroup" in entry else [entry]

    wanted = {
        (schema["title"], link["name"].split("_")[0], titles[link["target_type"]])
        for schema in dictionary.values()
        for link in links(schema.get("links", []))
        if link["target_type"] not in ("program", "project")
    }
    used = {
        (record["resourceType"], element, reference.split("/")[0])
        for record in records
        for element, value in record.items()
        for reference in references(value)
    }
    assert len(wanted) > 90 and not wanted - used


def test_both_links_from_task_to_patient(records):
    tasks = [r for r in records if r["resourceType"] == "Task"]
    assert all(t["for"]["reference"].startswith("Patient/") for t in tasks)
    assert any(t.get("owner", {}).get("reference", "").startswith("Patient/") for t in tasks)
    assert any(len(t.get("input", [])) > 2 for t in tasks)
    assert any(len(t.get("output", [])) > 1 for t in tasks)


def test_rich_features(study, records):
    by_type = Counter(r["resourceType"] for r in records)
    assert by_type.most_common(1)[0][0] == "Observation"
    keys = {key for r in records if r["resourceType"] == "Observation" for key in r}
    assert keys >= {"valueQuantity", "valueCodeableConcept", "valueString", "valueInteger", "valueBoolean", "valueDateTime",
                    "valuePeriod", "valueRange", "valueTime", "valueRatio", "component", "dataAbsentReason", "focus", "hasMember"}  # fmt: skip
    assert any("category" not in r for r in records if r["resourceType"] == "Observation")
    urls = set(values(records, "url"))
    for ending in ("us-core-race", "us-core-ethnicity", "us-core-birthsex", "patient-birthPlace", "ombCategory", "days-to-collection"):
        assert any(str(url).endswith(ending) for url in urls), ending
    systems = set(map(str, values(records, "system")))
    assert {"urn:ietf:rfc:3986", "urn:oid:1.2.36.146.595.217.0.1", "https://demo.example.org/synth-demo"} <= systems
    assert any("meta" in r for r in records) and any("text" in r for r in records)
    text = (study / "studies" / "demo" / "Observation.ndjson").read_text(encoding="utf-8")
    assert re.search(r'"value":\d+\.\d*0[,}]', text), "a decimal that ends in 0"
    everything = b"".join(tree(study / "studies").values())
    for piece in (b"\\u", b'\\"', b"\\\\", b"\\n", b"\\/", "é".encode(), "🧬".encode()):
        assert piece in everything, piece


def test_ids_are_uuids(tmp_path, records):
    assert all(UUID.fullmatch(r["id"]) for r in records)
    synth(tmp_path, "--records", 60, "--prefix-ids", "syn.1-", "--files", 0)
    assert all(re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", r["id"]) and r["id"].startswith("syn.1-") for r in resources(tmp_path))


def attachment(resource):
    held = resource["content"][0]["attachment"]
    extensions = {e["url"].rsplit("/", 1)[1]: e.get("valueString", e.get("valueUrl")) for e in held["extension"]}
    return held, extensions


def test_size_and_md5_are_true(tmp_path):
    synth(tmp_path, "--records", 300, "--files", 30, "--file-bytes", "0-200000", "--name", "up")
    documents = [r for r in resources(tmp_path) if r["resourceType"] == "DocumentReference"]
    assert len(documents) == 30
    seen = set()
    for document in documents:
        held, extensions = attachment(document)
        file = tmp_path / re.sub(r"^(file:///|\./)", "", held["url"])
        body = file.read_bytes()
        assert len(body) == int(held["size"]) <= 200000
        assert hashlib.md5(body).hexdigest() == extensions["md5"]
        assert extensions["source_path"] == f"file:///{file.relative_to(tmp_path)}"
        assert file.name == held["title"]
        seen.add(file)
    assert seen == {p for p in (tmp_path / "output").rglob("*") if p.is_file()}


def test_no_bodies(tmp_path):
    synth(tmp_path, "--records", 300, "--files", 0)
    assert not (tmp_path / "output").exists()
    for document in (r for r in resources(tmp_path) if r["resourceType"] == "DocumentReference"):
        assert re.fullmatch("[0-9a-f]{32}", attachment(document)[1]["md5"])


def test_gzip_and_pretty_hold_the_same(tmp_path, study):
    synth(tmp_path / "gz", "--records", 2000, "--seed", 7, "--gzip")
    synth(tmp_path / "pretty", "--records", 2000, "--seed", 7, "--pretty")
    for name, text in tree(study / "studies").items():
        assert gzip.decompress((tmp_path / "gz" / "studies" / f"{name}.gz").read_bytes()) == text
        spaced = (tmp_path / "pretty" / "studies" / name).read_bytes()
        assert spaced != text
        assert [json.loads(line) for line in spaced.splitlines()] == [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("options", [[], ["--pretty"], ["--prefix-ids", "x-"]])
def test_bundles_hold_the_same_study(tmp_path, options):
    synth(tmp_path / "lines", "--records", 1200, "--files", 0, *options)
    synth(tmp_path / "bundles", "--records", 1200, "--files", 0, "--bundles", *options)
    expected = {r["id"]: r for r in resources(tmp_path / "lines")}
    found, urns = {}, 0
    for file in (tmp_path / "bundles" / "studies").rglob("*.bundle.json"):
        bundle = json.loads(file.read_text(encoding="utf-8"))
        assert bundle["resourceType"] == "Bundle"
        known = {e["fullUrl"]: f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in bundle["entry"]}
        text = json.dumps([e["resource"] for e in bundle["entry"]])
        for urn in set(re.findall(r'"reference": "(urn:uuid:[^"]*)"', text)):
            text = text.replace(f'"reference": "{urn}"', f'"reference": "{known[urn]}"')
            urns += 1
        found |= {r["id"]: r for r in json.loads(text)}
    assert found == expected
    assert (urns == 0) == ("--prefix-ids" in options)


def test_faults_are_where_the_list_says(tmp_path):
    synth(tmp_path / "good", "--records", 3000, "--files", 0)
    synth(tmp_path / "bad", "--records", 3000, "--files", 0, "--faults", 40)
    faults = json.loads((tmp_path / "bad" / "faults.json").read_text(encoding="utf-8"))["faults"]
    assert Counter(f["kind"] for f in faults) == {kind: 4 for kind in (
        "unknown-element", "bad-date", "missing-required", "dangling-reference", "duplicate-id",
        "broken-json", "wrong-type", "wrong-cardinality", "unknown-type", "missing-id")}  # fmt: skip
    listed = {(f["file"], f["line"]): f for f in faults}
    ids = {f"{r['resourceType']}/{r['id']}" for r in resources(tmp_path / "good")}
    changed = 0
    for name, text in tree(tmp_path / "good").items():
        before, after = text.splitlines(), (tmp_path / "bad" / name).read_bytes().splitlines()
        assert len(before) == len(after)
        for number, (good, bad) in enumerate(zip(before, after), 1):
            fault = listed.get((name, number))
            assert (good != bad) == (fault is not None)
            if fault:
                changed += 1
                check_fault(fault, json.loads(good), bad, ids)
    assert changed == len(faults)


def check_fault(fault, good, bad, ids):
    kind = fault["kind"]
    if kind == "broken-json":
        with pytest.raises(ValueError):
            json.loads(bad)
        return
    bad = json.loads(bad)
    element = fault["path"].split(".")[1]
    others = {key: value for key, value in bad.items() if key != element}
    assert others == {key: value for key, value in good.items() if key != element}, "nothing else is spoilt"
    if kind == "unknown-element":
        assert element in bad and element not in good
    elif kind == "bad-date":
        assert "2023-13-45" in json.dumps(bad[element])
    elif kind in ("missing-required", "missing-id"):
        assert element not in bad and element in good
    elif kind == "dangling-reference":
        assert bad["subject"]["reference"] not in ids
    elif kind == "duplicate-id":
        assert bad["id"] == fault["id"] and f"{fault['type']}/{bad['id']}" in ids
    elif kind == "wrong-type":
        assert bad[element] == 42
    elif kind == "wrong-cardinality":
        assert bad[element] == [good[element]]
    else:
        assert kind == "unknown-type" and bad["resourceType"] == fault["type"] + "s"


def test_spoilt_records_are_referred_to_by_none(tmp_path):
    synth(tmp_path, "--records", 3000, "--files", 0)
    referred = {reference for r in resources(tmp_path) for reference in references(r)}
    synth(tmp_path, "--records", 3000, "--files", 0, "--faults", 100, "--force")
    faults = json.loads((tmp_path / "faults.json").read_text(encoding="utf-8"))["faults"]
    spoilt = {f"{f['type']}/{f['id']}" for f in faults if f["kind"] != "duplicate-id"}
    assert len(spoilt) == 90 and not spoilt & referred


@pytest.mark.parametrize(
    "options",
    [
        ["--records", 49],
        ["--records", 10_000_001],
        ["--records", 100, "--patients", 5],
        ["--records", 100, "--files", 99],
        ["--records", 50, "--faults", 50],
        ["--faults", 1, "--bundles"],
        ["--name", "a/b"],
        ["--prefix-ids", "a b"],
        ["--file-bytes", "9-1"],
        ["--file-bytes", "many"],
        ["--nonsense"],
    ],
)
def test_options_that_make_no_sense(tmp_path, options):
    done = synth(tmp_path / "none", *options, status=2)
    assert done.stderr and not (tmp_path / "none").exists()


def test_an_older_study_is_not_mixed_with_a_new_one(tmp_path):
    synth(tmp_path, "--records", 100)
    before = tree(tmp_path)
    assert "--force" in synth(tmp_path, "--records", 60, status=2).stderr
    assert tree(tmp_path) == before
    synth(tmp_path, "--records", 60, "--force")
    assert len(list(resources(tmp_path))) == 60


def test_help_says_everything():
    text = subprocess.run([SYNTH, "--help"], capture_output=True, text=True, check=True).stdout
    for word in ("--records", "--patients", "--seed", "--name", "--files", "--file-bytes", "--bundles", "--gzip", "--pretty",
                 "--prefix-ids", "--faults", "--force", "EXAMPLES", "EXIT STATUS", "faults.json"):  # fmt: skip
        assert word in text
