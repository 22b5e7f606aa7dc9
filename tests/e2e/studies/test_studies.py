"""aced-etl studies: bringing studies from a real S3 server, and listing them."""

from __future__ import annotations

import json
import re
import time

import pytest
from studies_source import large, some_studies, source  # noqa: F401 (a fixture)


@pytest.mark.threads
@pytest.mark.promise("Only what changed is fetched")
def test_pull_brings_what_changed_and_only_that(source, proxy):
    source.put_all(some_studies())
    done = source.pull()
    assert source.local() == source.objects
    assert (done["objects"], done["fetched"], done["unchanged"]) == (5, 5, 0)
    assert done["fetched_bytes"] == sum(map(len, source.objects.values()))

    between = proxy()
    again = source.pull("--endpoint-url", between.endpoint)
    assert (again["fetched"], again["unchanged"]) == (0, 5)
    assert between.gets() == [] and between.requests

    source.put("studies/Diabetes/Patient.ndjson", b"longer")
    source.put("output/Diabetes/scan.bin", b"y" * len(source.objects["output/Diabetes/scan.bin"]))  # as long, another ETag
    (source.home / "studies/Lung_Cancer/Patient.ndjson").write_bytes(b"scribbled")
    assert source.pull()["fetched"] == 3
    assert source.local() == source.objects


def test_a_dry_run_tells_the_same_numbers_and_writes_nothing(source):
    source.put_all(some_studies())
    dry = source.pull("--dry-run")
    assert not (source.home / "studies").exists() and not (source.home / "state").exists()
    assert dry.pop("dry_run") is True
    done = source.pull()
    done.pop("dry_run")
    assert dry == done
    assert source.pull("--dry-run")["unchanged"] == 5


@pytest.mark.promise("Only what changed is fetched")
def test_a_file_that_is_there_already_is_taken_by_its_md5(source, proxy):
    source.put_all(some_studies())
    for name, body in source.objects.items():
        path = source.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    (source.home / "output/Diabetes/scan.bin").write_bytes(b"z" * len(source.objects["output/Diabetes/scan.bin"]))
    between = proxy()
    done = source.pull("--endpoint-url", between.endpoint)
    assert (done["adopted"], done["fetched"]) == (4, 1)
    assert [target for target, _ in between.gets()] == [f"/{source.bucket}/env/dev/output/Diabetes/scan.bin"]
    assert source.local() == source.objects


def test_only_the_studies_that_are_named(source):
    source.put_all(some_studies())
    assert source.pull("Diabetes")["fetched"] == 2
    assert set(source.local()) == {name for name in source.objects if "Diabetes" in name}
    source.pull("Diabets", rc=2)
    assert "did you mean `Diabetes`" in source.stderr
    source.pull("../x", rc=2)


def test_output_that_is_not_laid_out_by_study_comes_by_its_documents(source):
    document = {"resourceType": "DocumentReference", "id": "1", "content": [{"attachment": {"url": "file:///output/raw/one.bin"}}]}
    source.put_all({"studies/S/DocumentReference.ndjson": json.dumps(document).encode(), "output/raw/one.bin": b"1",
                    "output/raw/two.bin": b"2"})
    source.pull("S")
    assert set(source.local()) == {"studies/S/DocumentReference.ndjson", "output/raw/one.bin"}


@pytest.mark.promise("Only what a pull brought is deleted")
def test_delete_removes_what_a_pull_brought_and_nothing_else(source):
    source.put_all({**some_studies(), "studies/Lung_Cancer/Stays.ndjson": b"{}"})
    source.pull()
    own = source.home / "studies/Lung_Cancer/extractions/Patient.ndjson"
    own.parent.mkdir()
    own.write_text("ours")
    edited = source.home / "studies/Lung_Cancer/deep/er/Group.ndjson"
    edited.write_text("edited here")
    for name in ("output/Diabetes/scan.bin", "studies/Lung_Cancer/deep/er/Group.ndjson", "studies/Lung_Cancer/Patient.ndjson"):
        source.remove(name)
    source.pull()
    assert (source.home / "output/Diabetes/scan.bin").exists()

    source.pull("--delete", rc=2)
    assert "--yes" in source.stderr
    # Only within the study that is named.
    assert source.pull("Lung_Cancer", "--delete", "--dry-run")["removed"] == 1
    done = source.pull("--delete", "--yes")
    assert (done["removed"], done["kept"]) == (2, 1)
    assert not (source.home / "output/Diabetes").exists()
    assert edited.read_text() == "edited here" and own.read_text() == "ours"


@pytest.mark.promise("Only what a pull brought is deleted")
def test_nothing_at_the_source_is_no_reason_to_delete(source):
    source.put_all(some_studies())
    source.pull()
    source.pull("--delete", "--yes", rc=2, S3_PATH="env/typo")
    assert source.local() == source.objects


@pytest.mark.promise("No key leads out of the folders")
def test_keys_that_would_leave_the_folder_are_refused_and_the_rest_comes(source, proxy):
    source.put_all(some_studies())
    outside = source.home / "outside"
    outside.mkdir()
    (source.home / "studies").mkdir()
    (source.home / "studies/linked").symlink_to(outside)
    source.client.put_object(Bucket=source.bucket, Key="env/dev/studies/linked/x", Body=b"x")
    source.client.put_object(Bucket=source.bucket, Key="env/dev/studies/back\\slash", Body=b"x")
    source.client.put_object(Bucket=source.bucket, Key="env/dev/studies/zz/zz/zz-escape", Body=b"x")
    source.client.put_object(Bucket=source.bucket, Key="env/dev/studies/yyyyy/escape", Body=b"x")
    between = proxy()
    # No file system lets a server hold such keys: they are made on the way, as long as those that they replace.
    between.alter = lambda chunk: chunk.replace(b"/zz/zz/zz-escape", b"/../../zz-escape").replace(b"/yyyyy/escape", b"/a//b//escape")
    done = source.pull("--endpoint-url", between.endpoint, rc=6)
    assert sorted(one["key"] for one in done["refused"]) == [
        "env/dev/studies/../../zz-escape", "env/dev/studies/a//b//escape", "env/dev/studies/back\\slash", "env/dev/studies/linked/x"]
    assert done["failed"] == [] and list(outside.iterdir()) == []
    assert {name: body for name, body in source.local().items()} == source.objects
    assert not (source.home / "zz-escape").exists()
    for one in done["refused"]:
        assert one["key"].replace("\\", "\\") in source.stderr


def test_placeholders_of_folders_are_passed_over(source):
    source.put_all(some_studies())
    for name in ("studies/", "studies/Empty/", "output/"):
        source.client.put_object(Bucket=source.bucket, Key="env/dev/" + name, Body=b"")
    assert source.pull()["objects"] == 5
    assert source.local() == source.objects


def test_mounted_folders_are_used_where_no_bucket_is_set(etl, tmp_path):
    ran = etl("studies", "pull", "-o", "json", env={"HOME": str(tmp_path)}).ok()
    assert ran.json()["source"] is None and "S3_BUCKET" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_ls_counts_resources_and_finds_files(etl, synth, tmp_path):
    synth(tmp_path, "--records", "400", "--name", "S").ok()
    synth(tmp_path, "--records", "200", "--name", "T", "--bundles", "--gzip", "--files", "0").ok()
    etl.env["HOME"] = str(tmp_path)
    files = sorted(path for path in (tmp_path / "output/S").rglob("*") if path.is_file())
    files[0].unlink()
    files[1].write_bytes(files[1].read_bytes() + b"!")
    first, second = etl("studies", "ls", "-o", "json").ok().json()
    count = {path.stem: len(path.read_text().splitlines()) for path in (tmp_path / "studies/S").glob("*.ndjson")}
    assert first["study"] == "S" and first["types"] == count and first["resources"] == sum(count.values())
    assert (first["files"], first["missing"], first["wrong_size"]) == (len(files), 1, 1)
    assert first["unreadable"] == 0 and first["loads"] == []
    assert second["study"] == "T" and second["resources"] >= 200 and second["missing"] == second["files"] > 0
    assert "S" in etl("studies", "ls").ok().stdout


def test_ls_knows_the_last_load(etl, demo_graph, new_database, demo_dictionary, synth, tmp_path):
    database = new_database(demo_graph)
    etl.env.update({name: value for name, value in database.env.items() if name.startswith("PG")})
    etl.env["HOME"] = str(tmp_path)
    synth(tmp_path, "--records", "100", "--name", "S", "--files", "0").ok()
    load = ["graph", "load", "--project", "demo-S", "--dictionary", demo_dictionary, tmp_path / "studies/S"]
    etl(*load, "--dry-run").ok()
    assert etl("studies", "ls", "-o", "json").ok().json()[0]["loads"] == []
    etl(*load).ok()
    (loaded,) = etl("studies", "ls", "-o", "json").ok().json()[0]["loads"]
    assert loaded["project"] == "demo-S" and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", loaded["finished"])


@pytest.mark.parametrize("way", ["--bandwidth", "etl.yaml"])
def test_bandwidth_holds_for_a_pull(source, way):
    """Of small objects and of ranges together; no more than a second's worth comes at once at the beginning."""
    for i in range(4):
        source.put(f"output/Lung/{i}", large(500_000 + i))
    source.put("output/Lung/ranges", large(5_000_000))
    source.put("studies/Lung/Patient.ndjson", b'{"resourceType":"Patient","id":"1"}\n')
    if way == "etl.yaml":
        (source.home / "etl.yaml").write_text("limits:\n  bandwidth: 2MB\n")
        limit, env = [], {"ACED_ETL_YAML": str(source.home / "etl.yaml")}
    else:
        limit, env = ["--bandwidth", "2MB"], {}
    began = time.monotonic()
    pulled = source.pull("--part-size", "1", *limit, **env)
    assert time.monotonic() - began >= (7 - 2) / 2
    assert pulled["fetched"] == 6 and source.local() == source.objects
