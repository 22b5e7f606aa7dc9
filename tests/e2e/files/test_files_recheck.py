"""What an unchanged file rests on: the journal, the record in indexd, and now and then a look at the object."""

from __future__ import annotations

import sqlite3

import pytest
from run_world import FILES, LUNG, PROJECTS, World, step, steps

ONLY = ("--only", "files", LUNG)


def lose(world: World) -> str:
    """Removes one object behind the program's back."""
    key = sorted(world.files(LUNG))[0]
    world.s3.client().delete_object(Bucket=world.commons.bucket(PROJECTS[LUNG]), Key=key)
    assert len(world.files(LUNG)) == FILES - 1
    return key


def age_journal(world: World, days: int) -> None:
    (journal,) = (world.home / "state/files").glob("*.sqlite")
    with sqlite3.connect(journal) as database:
        assert database.execute("update finished set seen = seen - ?", (days * 86400,)).rowcount == FILES


@pytest.mark.promise("A file that is there is not sent again")
@pytest.mark.promise("A run changes nothing that is as it should be")
def test_an_object_that_is_gone_is_sent_again_when_it_is_looked_at(world):
    world.run(LUNG)
    whole = world.files(LUNG)
    key = lose(world)
    ran = world.run(*ONLY)
    assert steps(ran, LUNG)["files"] == "unchanged", "the journal and indexd agree, and the last look is recent"
    assert step(ran, LUNG, "files")["reason"] == (
        f"every record in indexd agrees; {FILES} objects seen within the last 7 days (files.recheck)")
    age_journal(world, 6)
    assert steps(world.run(*ONLY), LUNG)["files"] == "unchanged"
    age_journal(world, 2)
    dry = world.run(*ONLY, "--dry-run")
    assert step(dry, LUNG, "files")["counts"]["files"] == 1 and len(world.files(LUNG)) == FILES - 1
    ran = world.run(*ONLY)
    counts = step(ran, LUNG, "files")["counts"]
    assert (counts["files"], counts["gone"], counts["seen"], counts["unchanged"]) == (1, 1, FILES - 1, FILES - 1)
    assert key.split("/", 1)[1] in ran.stderr and "is sent again" in ran.stderr
    assert world.files(LUNG) == whole
    again = step(world.run(*ONLY), LUNG, "files")
    assert "seen" not in again["counts"] and again["outcome"] == "unchanged", "they were seen just now"


@pytest.mark.promise("A file that is there is not sent again")
def test_recheck_looks_at_every_object_now(world):
    world.run(LUNG)
    ran = world.run(*ONLY, "--recheck")
    assert step(ran, LUNG, "files")["reason"] == f"every record in indexd agrees; {FILES} objects seen in S3 now"
    whole = world.files(LUNG)
    lose(world)
    command = ("files", "load", "--project", PROJECTS[LUNG], "--bucket", world.commons.bucket(PROJECTS[LUNG]), world.home / "studies" / LUNG)
    ran = world.etl(*command).ok()
    assert f"unchanged: every record in indexd agrees; {FILES} objects seen within the last 7 days" in ran.stderr
    ran = world.etl(*command, "--recheck").ok()
    assert "is sent again" in ran.stderr and world.files(LUNG) == whole


@pytest.mark.promise("A file that is there is not sent again")
def test_another_object_of_the_same_size_is_one_that_is_gone(world):
    world.run(LUNG)
    whole = world.files(LUNG)
    key = sorted(whole)[0]
    bucket = world.commons.bucket(PROJECTS[LUNG])
    size = len(world.s3.client().get_object(Bucket=bucket, Key=key)["Body"].read())
    world.s3.client().put_object(Bucket=bucket, Key=key, Body=b"\0" * size)
    assert step(world.run(*ONLY, "--recheck"), LUNG, "files")["counts"]["gone"] == 1
    assert world.files(LUNG) == whole


@pytest.mark.promise("A file that is there is not sent again")
def test_a_journal_of_an_earlier_version_has_seen_nothing(world):
    world.run(LUNG)
    (journal,) = (world.home / "state/files").glob("*.sqlite")
    with sqlite3.connect(journal) as database:
        database.execute("alter table finished drop column seen")
    counts = step(world.run(*ONLY), LUNG, "files")["counts"]
    assert (counts["files"], counts["seen"], counts["unchanged"]) == (0, FILES, FILES)
