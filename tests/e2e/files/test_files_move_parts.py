"""aced-etl files move with files that are sent in parts, while services stumble and while it is killed."""

from __future__ import annotations

import hashlib

import pytest
from file_study import PROJECT, FileStudy, records

MB = 1_000_000
PARTS = ("--multipart-threshold", "8MB", "--part-size", "6MB")
LARGE = 20 * MB  # four parts
UPLOAD, DOWNLOAD, INDEX, MULTIPART = "^/user/data/upload/", "^/user/data/download/", "^/index/index/", "^/user/data/multipart/"
FLEETING = [
    ("status", "POST", INDEX, {"status": 503}),
    ("status", "PUT", INDEX, {"status": 500}),
    ("drop", "PUT", INDEX, {}),
    ("drop_after_work", "PUT", INDEX, {}),
    ("drop_after_work", "POST", INDEX, {}),
    ("drop_after_work", "DELETE", "^/user/data/", {}),
    ("status", "POST", MULTIPART + "init", {"status": 503}),
    ("status", "POST", MULTIPART + "upload", {"status": 500}),
    ("status", "POST", MULTIPART + "complete", {"status": 503}),
    ("drop_after_work", "POST", MULTIPART + "init", {}),
    ("drop_after_work", "POST", MULTIPART + "complete", {}),
    ("truncate", "POST", MULTIPART + "complete", {}),
    ("wrong_etag", "POST", MULTIPART + "complete", {}),
    ("expired_url", "GET", UPLOAD, {}),
    ("expired_url", "GET", DOWNLOAD, {"times": 3}),
    ("expired_url", "POST", MULTIPART + "upload", {"times": 2}),
    ("s3_status", "PUT", "partNumber", {"status": 403}),
    ("s3_status", "PUT", "partNumber", {"status": 503, "times": 2}),
    ("s3_drop", "PUT", "partNumber", {"times": 2}),
    ("s3_drop_after_work", "PUT", "partNumber", {}),
    ("s3_wrong_etag", "PUT", "partNumber", {}),
    ("s3_truncate", "GET", "/output/", {"times": 2}),
]


class Moved:
    """A project with one file in parts and one that is not, and two buckets."""

    def __init__(self, commons, etl, study: FileStudy) -> None:
        self.commons, self.etl, self.study = commons, etl, study
        self.at, self.other = commons.bucket(PROJECT), commons.bucket("demo-cohort")
        self.large = study.add("large.bin", LARGE)
        study.add("small.txt", 1000)
        etl(*study.write().load(*PARTS), timeout=300).ok()
        self.before = records(commons)

    def command(self, *more: object) -> tuple:
        return ("files", "move", "--project", PROJECT, "--to", self.other, "-o", "json", *PARTS, *more)

    def move(self, *more: object, rc: int = 0):
        return self.etl(*self.command(*more), timeout=300).failed(rc)

    def holds(self, *, files_in: str, empty: str) -> None:
        """Every record names its object in one bucket, byte for byte; the other is empty, and no marker is left."""
        client = self.commons.s3.client()
        name = {did: record["file_name"] for did, record in self.before.items()}
        assert {did: record["urls"] for did, record in records(self.commons).items()} == {
            did: [f"s3://{files_in}/{did}/{name[did]}"] for did in self.before}
        for did, content in self.study.bytes.items():
            body = client.get_object(Bucket=files_in, Key=f"{did}/{name[did]}")["Body"].read()
            assert hashlib.md5(body).digest() == hashlib.md5(content).digest()
        assert not self.objects(empty)

    def objects(self, bucket: str) -> set[str]:
        data = self.commons.s3.home / "s3/data" / bucket
        return {key for key in self.commons.s3.contents(bucket) if "/" in key and not key.startswith(".mpus-") and not (data / key).is_dir()}

    def unfinished(self, bucket: str) -> int:
        """Uploads in parts that were begun there and not completed."""
        return len(self.commons.s3.client().list_multipart_uploads(Bucket=bucket).get("Uploads", []))

    def turn(self) -> None:
        self.at, self.other = self.other, self.at


@pytest.fixture
def moved(commons, etl, tmp_path) -> Moved:
    etl.env["ACED_ETL_STATE_DIR"] = str(tmp_path / "state")
    (tmp_path / "home").mkdir()
    return Moved(commons, etl, FileStudy(tmp_path / "home"))


@pytest.mark.promise("Moving files loses none")
def test_a_file_in_parts_moves_and_keeps_its_guid(moved):
    moved.move("--yes")
    moved.holds(files_in=moved.other, empty=moved.at)
    head = moved.commons.s3.client().head_object(Bucket=moved.other, Key=f"{moved.large}/{moved.before[moved.large]['file_name']}")
    assert head["ETag"].strip('"').endswith("-4"), "it was sent in parts"
    assert moved.unfinished(moved.other) == 0
    verified = moved.etl("files", "verify", "--project", PROJECT, "--bucket", moved.other, "--deep", moved.study.metadata)
    assert verified.rc == 0, verified


@pytest.mark.promise("Moving files loses none")
def test_a_fleeting_fault_of_every_kind_is_got_over(moved):
    """The files go back and forth, each time with another fault."""
    for kind, method, path, more in FLEETING:
        moved.commons.stand_in.fault(kind, path, method=method, **{"times": 1, **more})
        ran = moved.etl(*moved.command("--yes"), timeout=300)
        hit = moved.commons.stand_in.faults()
        moved.commons.stand_in.clear()
        assert ran.rc == 0, f"{kind} {method} {path} {more}\n{ran}"
        assert not hit or hit[0]["hits"] > 0, f"{kind} {method} {path}: it was never asked for"
        moved.holds(files_in=moved.other, empty=moved.at)
        moved.turn()


@pytest.mark.promise("Moving files loses none")
@pytest.mark.parametrize("step", ["init", "upload", "complete"])
def test_an_upload_in_parts_that_never_succeeds_leaves_the_file_where_it_is(moved, step):
    moved.commons.stand_in.fault("drop", MULTIPART + step, times=0)
    ran = moved.move("--yes", "--jobs", "1", rc=5)
    assert f"{moved.before[moved.large]['file_name']}" in ran.stderr
    assert records(moved.commons)[moved.large]["urls"] == moved.before[moved.large]["urls"]
    moved.commons.stand_in.clear()
    moved.move("--yes")
    moved.holds(files_in=moved.other, empty=moved.at)


@pytest.mark.promise("Moving files loses none")
def test_killed_between_two_parts_it_goes_on_with_those_that_are_missing(moved):
    """The stand-in holds the third part until the command is dead."""
    stand_in = moved.commons.stand_in
    stand_in.fault("delay", MULTIPART + "upload", skip=2, times=0, ms=8000)
    running = moved.etl.start(*moved.command("--yes", "--jobs", "1"))
    stand_in.kill_when_hit(running)
    assert records(moved.commons)[moved.large]["urls"] == moved.before[moved.large]["urls"]
    moved.move("--yes")
    moved.holds(files_in=moved.other, empty=moved.at)
    asked = stand_in.requests()
    assert "POST /user/data/multipart/init" not in asked, "the upload that was begun is completed"
    assert asked["POST /user/data/multipart/upload"] < 4
    assert moved.unfinished(moved.other) == 0


@pytest.mark.promise("Moving files loses none")
def test_without_permission_for_parts_files_go_in_one_piece(moved):
    moved.commons.stand_in.fault("status", MULTIPART + "init", status=403, times=0)
    ran = moved.move("--yes")
    assert "large files are sent in single PUTs" in ran.stderr
    moved.holds(files_in=moved.other, empty=moved.at)
