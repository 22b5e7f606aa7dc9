"""More errors for test_messages.py: those that need PostgreSQL, S3 or the Gen3 services."""

from __future__ import annotations

import json
import pathlib

from message_cases import NOBODY, patient, with_setup
from programs import ROOT
from run_world import LUNG, World

DEMO = str(ROOT / "share/demo/dictionary.json")


def study_of_one(folder: pathlib.Path, text: str, name: str = "Patient.ndjson") -> None:
    (folder / "study").mkdir(exist_ok=True)
    (folder / "study" / name).write_text(text)


# --- PostgreSQL ---------------------------------------------------------------------------------------------------

@with_setup("a wrong password", "graph", "counts", needs="database", env={"PGPASSWORD": "not-the-password-71c2"})
def _(database, folder):
    pass


@with_setup("a database that does not exist", "graph", "counts", needs="database", env={"PGDATABASE": "no_such_database"})
def _(database, folder):
    pass


@with_setup("PostgreSQL is down", "graph", "counts", needs="database", env={"PGPORT": "9"})
def _(database, folder):
    pass


@with_setup("a database without tables", "graph", "counts", needs="database")
def _(database, folder):
    pass


@with_setup("a load without tables", "graph", "load", "--project", "aced-A", "study", needs="database", env={"DICTIONARY_URL": DEMO})
def _(database, folder):
    study_of_one(folder, patient())


@with_setup("removal without a terminal", "graph", "truncate", needs="world")
def _(world: World, folder):
    world.etl("projects", "init", "demo-synthetic", "--via", "database").ok()
    study_of_one(folder, patient())
    world.etl("graph", "load", "--project", "demo-synthetic", "study").ok()


@with_setup("a code of another program", "graph", "load", "--project", "demo-Diabetes", "study", needs="world")
def _(world: World, folder):
    world.etl("projects", "init", "aced-Diabetes", "--via", "database").ok()
    study_of_one(folder, patient())


@with_setup("a dangling reference in a load", "graph", "load", "--project", "demo-synthetic", "study", needs="world")
def _(world: World, folder):
    study_of_one(folder, patient(generalPractitioner=[{"reference": "Practitioner/gone"}]))


@with_setup("a faulty study in a load", "graph", "load", "--project", "demo-synthetic", "study", needs="world")
def _(world: World, folder):
    study_of_one(folder, patient(gender=3))


@with_setup("ids of another project", "graph", "load", "--project", "demo-synthetic", "study", needs="world")
def _(world: World, folder):
    study_of_one(folder, patient())
    world.etl("graph", "load", "--project", "demo-cohort", "study").ok()


@with_setup("one unique value for two records", "graph", "load", "--project", "demo-synthetic", "study", needs="world")
def _(world: World, folder):
    study = {"resourceType": "ResearchStudy", "status": "active", "url": "https://example.org/study"}
    study_of_one(folder, "".join(json.dumps({**study, "id": name}) + "\n" for name in "ab"), "ResearchStudy.ndjson")


@with_setup("a project that does not exist", "graph", "counts", "--project", "demo-syntetic", needs="world")
def _(world: World, folder):
    world.etl("projects", "init", "demo-synthetic").ok()


@with_setup("a project with records", "projects", "rm", "demo-synthetic", "--via", "database", "--yes", needs="world")
def _(world: World, folder):
    study_of_one(folder, patient())
    world.etl("graph", "load", "--project", "demo-synthetic", "study").ok()


# --- the Gen3 services --------------------------------------------------------------------------------------------

def load(name: str, *more: str, **options: object):
    return with_setup(name, "files", "load", "--project", "demo-synthetic", "study", *more, needs="world", **options)


def documents(world: World, folder: pathlib.Path, count: int = 3) -> None:
    """A study with files of its own folder, and a bucket for them."""
    lines = []
    (folder / "study").mkdir(exist_ok=True)
    for number in range(count):
        (folder / f"study/{number}.txt").write_text("some bytes\n")
        lines.append(json.dumps({"resourceType": "DocumentReference", "id": f"00000000-0000-0000-0000-{number:012}", "status": "current", "content": [
            {"attachment": {"url": f"{number}.txt", "size": "11", "contentType": "text/plain", "extension": [
                {"url": "http://aced-idp.org/fhir/StructureDefinition/md5", "valueString": "7fcc44450ba67380e51b7993d21980d2"}]}}]}) + "\n")
    (folder / "study/DocumentReference.ndjson").write_text("".join(lines))


@load("no permission on the project", "--jobs", "1")
def _(world: World, folder):
    documents(world, folder)
    return {"GEN3_API_KEY": str(world.commons.credentials_of("reader@example.org")), "ACED_ETL_FILES_BUCKET": world.commons.bucket("demo-synthetic")}


@load("a bucket that fence does not know", "--bucket", "aced-no-such-bucket")
def _(world: World, folder):
    documents(world, folder)


@load("files that differ from the metadata", "--jobs", "1")
def _(world: World, folder):
    documents(world, folder)
    (folder / "study/0.txt").write_text("other text\n")
    (folder / "study/1.txt").write_text("more bytes than that\n")
    (folder / "study/2.txt").unlink()
    return {"ACED_ETL_FILES_BUCKET": world.commons.bucket("demo-synthetic")}


@load("fence is down", env={"GEN3_ENDPOINT": NOBODY})
def _(world: World, folder):
    documents(world, folder)


@with_setup("a GUID that indexd does not know", "files", "get", "00000000-0000-0000-0000-000000000000", "--out", "copy", needs="world")
def _(world: World, folder):
    pass


@with_setup("a revoked API key", "projects", "ls", "--via", "sheepdog", needs="world")
def _(world: World, folder):
    world.commons.stand_in.fault("status", "^/user/credentials/api/access_token", status=401, times=1000,
                                 body=json.dumps({"message": "the API key was denylisted"}))


@with_setup("a proxy in place of fence", "buckets", "ls", needs="world")
def _(world: World, folder):
    world.commons.stand_in.fault("status", "^/user/", status=200, times=1000, body="<html>Welcome</html>")


@with_setup("a bucket to test that fence does not know", "buckets", "test", "aced-no-such-bucket", needs="world")
def _(world: World, folder):
    pass


@with_setup("a project of another program through sheepdog", "projects", "init", "other-synthetic", "--via", "database", needs="world")
def _(world: World, folder):
    world.etl("projects", "init", "demo-synthetic").ok()


# --- S3 -----------------------------------------------------------------------------------------------------------

@with_setup("a source bucket that does not exist", "studies", "pull", "--source-bucket", "no-such-bucket-anywhere", needs="world")
def _(world: World, folder):
    pass


@with_setup("a source path that is empty", "studies", "pull", "--source-path", "nowhere", needs="world")
def _(world: World, folder):
    pass


@with_setup("a study that the source does not have", "studies", "pull", "Lnug", needs="world")
def _(world: World, folder):
    pass


@with_setup("the same prefix for studies and output", "studies", "pull", "--output-prefix", "studies/", needs="world")
def _(world: World, folder):
    pass


@with_setup("an unknown AWS key", "studies", "pull", needs="world")
def _(world: World, folder):
    return {"AWS_PROFILE": None, "AWS_ACCESS_KEY_ID": "AKIANOBODYKNOWSME000", "AWS_SECRET_ACCESS_KEY": "not-a-key-of-this-server-2231",
            "AWS_ENDPOINT_URL": world.s3.endpoint, "AWS_REGION": "us-east-1", "AWS_CONFIG_FILE": str(folder / "none"),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none")}


# --- a run --------------------------------------------------------------------------------------------------------

@with_setup("a run of a study that was not pulled", "run", LUNG, "--only", "validate", needs="world", env={"S3_BUCKET": None})
def _(world: World, folder):
    pass
