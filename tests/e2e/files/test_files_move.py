"""aced-etl files move: a project's files go to another bucket, whatever comes between."""

from __future__ import annotations

import json

import pytest
from run_world import COHORT, FILES, LUNG, PROJECTS, World, step


def objects(world: World, bucket: str) -> set[str]:
    data = world.s3.home / "s3/data" / bucket
    return {key for key in world.s3.contents(bucket) if "/" in key and not key.startswith(".mpus-") and not (data / key).is_dir()}


def records(world: World) -> dict[str, dict]:
    """Of the study's project, without what indexd derives from the urls."""
    return {record["did"]: {name: value for name, value in record.items() if name != "urls_metadata"} for record in world.indexed()
            if record["authz"] == ["/programs/demo/projects/synthetic"]}


class Moved:
    """A loaded study, and a bucket to move it to."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.old, self.new = world.commons.bucket(PROJECTS[LUNG]), world.commons.bucket(PROJECTS[COHORT])
        world.run(LUNG)
        self.before = records(world)
        self.keys = objects(world, self.old)
        assert len(self.before) == len(self.keys) == FILES and not objects(world, self.new)

    def command(self, *more: object) -> tuple:
        return ("files", "move", "--project", PROJECTS[LUNG], "--to", self.new, "-o", "json", *more)

    def move(self, *more: object, rc: int = 0, **env: str) -> dict:
        ran = self.world.etl(*self.command(*more), env=env).failed(rc)
        self.stderr = ran.stderr
        return json.loads(ran.stdout) if ran.stdout else {}

    def is_moved(self, old_objects: set[str] = frozenset()) -> None:
        after = {did: record for did, record in records(self.world).items() if did in self.before}
        wanted = {did: {**record, "urls": [url.replace(self.old, self.new) for url in record["urls"]]} for did, record in self.before.items()}
        assert after == wanted
        assert objects(self.world, self.new) == self.keys and objects(self.world, self.old) == set(old_objects)
        verified = self.world.etl("files", "verify", "--project", PROJECTS[LUNG], "--bucket", self.new, "--deep", "-o", "json",
                                  self.world.home / "studies" / LUNG)
        found = {row["finding"] for row in verified.json()} if old_objects else set()
        assert verified.rc == (6 if old_objects else 0) and found <= {"extra-record"}, verified


@pytest.fixture
def moved(world: World) -> Moved:
    return Moved(world)


@pytest.mark.promise("Moving files loses none")
def test_every_file_moves_and_keeps_its_guid(moved):
    dry = moved.move("--dry-run")
    assert (dry["files"], dry["moved"]) == (FILES, 0) and f"would move {FILES} files" in moved.stderr
    assert records(moved.world) == moved.before
    done = moved.move("--yes")
    assert (done["files"], done["moved"], done["removed"], done["failed"], done["left"]) == (FILES, FILES, FILES, 0, 0)
    moved.is_moved()
    assert len(records(moved.world)) == FILES, "no marker is left"
    again = moved.move("--yes")
    assert (again["files"], again["there"], again["removed"]) == (0, FILES, 0)
    moved.world.change_study(LUNG, bucket=moved.new)
    files = step(moved.world.run("--only", "files", LUNG), LUNG, "files")
    assert files["counts"]["files"] == 0, "a run sends nothing again"
    assert files["reason"] == f"every record in indexd agrees; {FILES} objects seen in S3 now"


@pytest.mark.promise("Moving files loses none")
def test_old_objects_are_removed_only_when_that_is_confirmed(moved):
    moved.move(rc=2)
    assert "--yes" in moved.stderr
    moved.is_moved(moved.keys)
    moved.move("--keep")
    moved.is_moved(moved.keys)
    assert moved.move("--yes")["removed"] == FILES
    moved.is_moved()


@pytest.mark.promise("Moving files loses none")
def test_an_old_object_stays_while_the_new_one_is_not_whole(moved):
    moved.move("--keep")
    lost = sorted(moved.keys)[0]
    moved.world.s3.client().delete_object(Bucket=moved.new, Key=lost)
    done = moved.move("--yes", rc=6)
    assert (done["removed"], done["left"]) == (FILES - 1, 1) and "the object in the new bucket is not whole" in moved.stderr
    assert objects(moved.world, moved.old) == {lost}


@pytest.mark.promise("Moving files loses none")
@pytest.mark.parametrize("path, method", [("^/user/data/download/", "GET"), ("^/user/data/upload/", "GET"), ("^/index/index/", "PUT"),
                                          ("^/user/data/", "DELETE")])
def test_killed_at_any_moment_the_same_command_resumes(moved, path, method):
    """At the third call of this kind, which the stand-in holds until the command is dead."""
    stand_in = moved.world.commons.stand_in
    stand_in.fault("delay", path, method=method, skip=2, times=1, ms=8000)
    running = moved.world.etl.start(*moved.command("--yes", "--jobs", "1"))
    stand_in.kill_when_hit(running)
    for did, record in records(moved.world).items():
        if did in moved.before:
            bucket, key = record["urls"][0].removeprefix("s3://").split("/", 1)
            assert key in objects(moved.world, bucket), "a record names an object that is not there"
    moved.move("--yes")
    moved.is_moved()
    assert set(records(moved.world)) == set(moved.before)


@pytest.mark.promise("Moving files loses none")
def test_a_file_that_cannot_move_stays(moved):
    victim = sorted(moved.keys)[0]
    moved.world.s3.client().delete_object(Bucket=moved.old, Key=victim)
    done = moved.move("--yes", rc=6)
    assert (done["moved"], done["failed"], done["removed"]) == (FILES - 1, 1, FILES - 1)
    did = victim.split("/")[0]
    assert did in moved.stderr and records(moved.world)[did] == moved.before[did]


def test_a_bucket_that_fence_does_not_know(world):
    world.run(LUNG)
    ran = world.etl("files", "move", "--project", PROJECTS[LUNG], "--to", "no-such-bucket").failed(2)
    assert "fence does not know the bucket no-such-bucket" in ran.stderr
    ran = world.etl("files", "move", "--project", "demo-synthetix", "--to", world.commons.bucket(PROJECTS[COHORT])).failed(2)
    assert "the project demo-synthetix does not exist" in ran.stderr
