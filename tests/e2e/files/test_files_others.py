"""files ls, verify, get and rm, against a real S3 server and the stand-in."""

from __future__ import annotations

import hashlib
import pathlib

import pytest
from file_study import AUTHZ, PROJECT, FileStudy, bucket_of, holds, objects, outcomes, records

MB = 1_000_000
PARTS = ["--multipart-threshold", "8MB", "--part-size", "6MB"]


@pytest.fixture
def loaded(commons, etl, tmp_path) -> FileStudy:
    """A study that is in the commons."""
    etl.env["ACED_ETL_STATE_DIR"] = str(tmp_path / "state")
    (tmp_path / "home").mkdir()
    study = FileStudy(tmp_path / "home")
    for name, size in {"a": 10, "b c#%+ü": 1000, "d/e": 0, "streamed": 3 * MB, "parts": 14 * MB}.items():
        study.add(name, size)
    etl(*study.write().load(*PARTS)).ok()
    return study


def did_of(study: FileStudy, name: str) -> str:
    return next(each["id"] for each in study.documents if each["content"][0]["attachment"]["url"] == f"file:///output/{name}")


def verify(etl, study, *more, rc: int = 0):
    return etl("files", "verify", "--project", PROJECT, "--source", study.home, "-o", "json", *more, study.metadata).failed(rc)


def findings(ran) -> set[tuple[str, str]]:
    return {(row["did"], row["finding"]) for row in ran.json()}


# --- ls ---------------------------------------------------------------------------------------------------------------


def test_ls_tells_what_indexd_has(commons, etl, loaded):
    rows = {row["did"]: row for row in etl("files", "ls", "--project", PROJECT, "-o", "json").ok().json()}
    assert set(rows) == set(loaded.bytes)
    for did, content in loaded.bytes.items():
        record = records(commons)[did]
        assert rows[did] == {"did": did, "size": len(content), "md5": hashlib.md5(content).hexdigest(),
                             "name": record["file_name"], "url": record["urls"][0]}
    assert etl("files", "ls", "--project", "demo-cohort", "-o", "json").ok().json() == []


# --- verify -----------------------------------------------------------------------------------------------------------


def test_verify_finds_nothing_wrong(etl, loaded):
    assert findings(verify(etl, loaded)) == set()
    assert "only the size is proven" in verify(etl, loaded).stderr  # of what was sent in parts
    deep = verify(etl, loaded, "--deep")
    assert findings(deep) == set() and "only the size" not in deep.stderr


def spoil(commons, study) -> set[tuple[str, str]]:
    """Breaks the commons in every way but the last byte of a large object; returns what is to be found."""
    client, bucket = commons.s3.client(), bucket_of(commons)
    gone, other, shorter = did_of(study, "a"), did_of(study, "b c#%+ü"), did_of(study, "streamed")
    client.delete_object(Bucket=bucket, Key=f"{gone}/output/a")
    client.put_object(Bucket=bucket, Key=f"{other}/output/b c#%+ü", Body=b"x" * 1000)
    client.put_object(Bucket=bucket, Key=f"{shorter}/output/streamed", Body=b"x")
    token = commons.stand_in.token("etl@example.org")
    unknown = did_of(study, "d/e")
    rev = records(commons)[unknown]["rev"]
    assert commons.stand_in.ask("DELETE", f"/index/index/{unknown}?rev={rev}", token=token).status == 200
    extra = "00000000-0000-4000-8000-000000000000"
    made = commons.stand_in.ask("POST", "/index/index/", {"form": "object", "did": extra, "size": 1, "hashes": {"md5": "0" * 32},
                                                          "urls": [], "authz": [AUTHZ], "file_name": "extra"}, token=token)
    assert made.status == 200, made.text
    return {(gone, "missing-object"), (other, "wrong-md5"), (shorter, "wrong-size"), (unknown, "missing-record"),
            (extra, "extra-record")}


@pytest.mark.threads
@pytest.mark.promise("Verification looks both ways")
def test_verify_finds_everything_that_is_wrong_and_mends_it(commons, etl, loaded):
    wrong = spoil(commons, loaded)
    before = records(commons), objects(commons)
    assert findings(verify(etl, loaded, rc=6)) == wrong
    assert (records(commons), objects(commons)) == before
    mended = verify(etl, loaded, "--repair", *PARTS, rc=6)  # the extra record stays
    assert outcomes(mended) == {"loaded": 4}
    extra = {each for each in wrong if each[1] == "extra-record"}
    assert findings(verify(etl, loaded, rc=6)) == extra


def test_verify_tells_a_record_that_differs(commons, etl, loaded):
    did = did_of(loaded, "a")
    loaded.documents = [each for each in loaded.documents if each["id"] != did]
    loaded.add("a", b"other", id=did)
    loaded.write()
    assert findings(verify(etl, loaded, rc=6)) == {(did, "wrong-record")}
    verify(etl, loaded, "--repair", *PARTS)
    holds(commons, loaded)


def test_only_deep_sees_other_bytes_of_parts(commons, etl, loaded):
    client, bucket, did = commons.s3.client(), bucket_of(commons), did_of(loaded, "parts")
    key = f"{did}/output/parts"
    upload = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    parts = []
    for number, size in enumerate((7 * MB, 7 * MB), 1):
        etag = client.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=b"x" * size)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    client.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts})
    verify(etl, loaded)
    assert findings(verify(etl, loaded, "--deep", rc=6)) == {(did, "wrong-md5")}
    verify(etl, loaded, "--deep", "--repair", *PARTS)
    holds(commons, loaded)


# --- get --------------------------------------------------------------------------------------------------------------


def get(etl, out: pathlib.Path, *more, rc: int = 0):
    return etl("files", "get", "--out", out, "-o", "json", *more).failed(rc)


def holds_files(out: pathlib.Path, study: FileStudy) -> None:
    there = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert there == {each["content"][0]["attachment"]["url"].removeprefix("file:///"): study.bytes[each["id"]] for each in study.documents}


@pytest.mark.threads
def test_get_a_project_and_again(etl, loaded, tmp_path):
    out = tmp_path / "out"
    assert outcomes(get(etl, out, "--project", PROJECT)) == {"downloaded": 5}
    holds_files(out, loaded)
    assert outcomes(get(etl, out, "--project", PROJECT)) == {"unchanged": 5}
    (out / "output/a").write_bytes(b"changed")
    assert outcomes(get(etl, out, "--project", PROJECT, rc=6)) == {"unchanged": 4, "failed": 1}
    assert (out / "output/a").read_bytes() == b"changed"
    assert outcomes(get(etl, out, "--project", PROJECT, "--overwrite")) == {"unchanged": 4, "downloaded": 1}
    holds_files(out, loaded)


def test_get_some_by_guid(etl, loaded, tmp_path):
    out = tmp_path / "out"
    some = get(etl, out, did_of(loaded, "a"), "00000000-0000-4000-8000-000000000001", rc=6)
    assert outcomes(some) == {"downloaded": 1, "failed": 1}
    assert (out / "output/a").read_bytes() == loaded.bytes[did_of(loaded, "a")]
    etl("files", "get", "--out", out).failed(2)
    assert "--out" in etl("files", "get", did_of(loaded, "a")).failed(2).stderr


def test_get_goes_on_where_it_was(commons, etl, loaded, tmp_path):
    out, did = tmp_path / "out", did_of(loaded, "parts")
    content = loaded.bytes[did]
    (out / "output").mkdir(parents=True)
    part = out / f"output/.parts.{hashlib.md5(content).hexdigest()[:8]}.part"
    part.write_bytes(content[: 5 * MB])
    get(etl, out, did)
    assert (out / "output/parts").read_bytes() == content and not part.exists()
    # What was begun with other bytes is found out by the md5, and begun anew.
    (out / "output/parts").unlink()
    part.write_bytes(b"x" * 5 * MB)
    get(etl, out, did)
    assert (out / "output/parts").read_bytes() == content
    (out / "output/parts").unlink()
    part.write_bytes(content + b"x")
    get(etl, out, did)
    assert (out / "output/parts").read_bytes() == content and not part.exists()


def test_get_takes_no_wrong_bytes(commons, etl, loaded, tmp_path):
    did = did_of(loaded, "a")
    commons.s3.client().put_object(Bucket=bucket_of(commons), Key=f"{did}/output/a", Body=b"0123456789")
    assert "md5" in get(etl, tmp_path / "out", did, rc=6).stderr
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


@pytest.mark.promise("No file outside of the source folder is read")
@pytest.mark.parametrize("name", ["../escaped", "a/../../escaped", "/tmp/escaped", "link/escaped"])
def test_get_writes_nothing_outside(commons, etl, tmp_path, name):
    did = "00000000-0000-4000-8000-000000000002"
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "beside").mkdir()
    (out / "link").symlink_to(tmp_path / "beside")
    key = f"{did}/x"
    commons.s3.client().put_object(Bucket=bucket_of(commons), Key=key, Body=b"x")
    made = commons.stand_in.ask("POST", "/index/index/", {
        "form": "object", "did": did, "size": 1, "hashes": {"md5": hashlib.md5(b"x").hexdigest()}, "authz": [AUTHZ],
        "urls": [f"s3://{bucket_of(commons)}/{key}"], "file_name": name}, token=commons.stand_in.token("etl@example.org"))
    assert made.status == 200, made.text
    said = get(etl, out, did, rc=6).stderr
    assert any(reason in said for reason in ("its name contains `..`", "its name is an absolute path", "its path contains a symbolic link")), said
    assert not list((tmp_path / "beside").iterdir()) and not list(tmp_path.rglob("escaped*"))


# --- rm ---------------------------------------------------------------------------------------------------------------


def test_rm_counts_asks_and_removes(commons, etl, loaded):
    rm = ["files", "rm", "--project", PROJECT, "-o", "json"]
    size = sum(map(len, loaded.bytes.values()))
    assert "5 records" in etl(*rm).failed(2).stderr
    assert etl(*rm, "--dry-run").ok().json() == {"project": PROJECT, "records": 5, "bytes": size, "removed": 0, "objects_left": 0, "failed": 0}
    holds(commons, loaded)
    assert etl(*rm, "--yes").ok().json()["removed"] == 5
    assert records(commons) == {} and objects(commons) == {}
    assert etl(*rm, "--yes").ok().json()["removed"] == 0
    etl(*loaded.load(*PARTS)).ok()  # the journal does not say that they are there
    holds(commons, loaded)


def test_rm_removes_a_record_whose_object_is_gone(commons, etl, loaded):
    did = did_of(loaded, "a")
    commons.s3.client().delete_object(Bucket=bucket_of(commons), Key=f"{did}/output/a")
    etl("files", "rm", "--project", PROJECT, "--yes").ok()
    assert records(commons) == {} and objects(commons) == {}


def test_rm_without_permission(commons, etl, loaded):
    etl.env["GEN3_API_KEY"] = str(commons.credentials_of("reader@example.org"))
    etl("files", "rm", "--project", PROJECT, "--yes").failed(4)
    holds(commons, loaded)


def test_rm_removes_single_files_by_guid(commons, etl, loaded):
    one, other = did_of(loaded, "a"), did_of(loaded, "parts")
    rm = ["files", "rm", "--project", PROJECT, "-o", "json", one, other, one]
    asked = etl(*rm).failed(2)
    assert f"remove 2 records of {PROJECT} and their objects" in asked.stderr
    size = len(loaded.bytes[one]) + len(loaded.bytes[other])
    planned = etl(*rm, "--dry-run").ok().json()
    assert planned == {"project": PROJECT, "records": 2, "bytes": size, "removed": 0, "objects_left": 0, "failed": 0}
    holds(commons, loaded)
    assert etl(*rm, "--yes").ok().json() == planned | {"removed": 2}
    holds(commons, loaded, set(loaded.bytes) - {one, other})
    etl(*loaded.load(*PARTS)).ok()  # the journal does not say that they are there
    holds(commons, loaded)


@pytest.mark.promise("A record of another project is never changed")
def test_rm_names_guids_that_are_unknown_or_of_another_project(commons, etl, loaded):
    foreign, unknown, own = did_of(loaded, "a"), "00000000-0000-4000-8000-000000000001", did_of(loaded, "d/e")
    elsewhere = etl("files", "rm", "--project", "demo-cohort", "--yes", "-o", "json", foreign, unknown).failed(6)
    assert elsewhere.json() == {"project": "demo-cohort", "records": 0, "bytes": 0, "removed": 0, "objects_left": 0, "failed": 2}
    assert foreign in elsewhere.stderr and AUTHZ in elsewhere.stderr and unknown in elsewhere.stderr
    holds(commons, loaded)
    ran = etl("files", "rm", "--project", PROJECT, "--yes", "-o", "json", unknown, own).failed(6)
    assert (ran.json()["removed"], ran.json()["failed"]) == (1, 1) and unknown in ran.stderr
    holds(commons, loaded, set(loaded.bytes) - {own})
    assert "GUID is empty" in etl("files", "rm", "--project", PROJECT, "--yes", "").failed(2).stderr
    holds(commons, loaded, set(loaded.bytes) - {own})
