"""Every reason of docs/exit-codes.md: a run ends as the list says, and doctor names the cause. The list itself says what
is tested; a row without a test fails, and so does a test without a row."""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import pathlib
import re
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import yaml
from pooler import pooler
from programs import ROOT, Ran
from run_world import LUNG, PROJECTS, World
from small_disk import fill, read_only, small_disk

DOCUMENT = ROOT / "docs/exit-codes.md"
BY_ITSELF = "(doctor itself ends with this error)"


def listed() -> dict[str, tuple[int, str]]:
    """Condition -> exit code and the check that fails."""
    found, code = {}, 0
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"## (\d): ", line):
            code = int(heading[1])
        elif row := re.match(r"\| (?!condition|---)(.+?) \| (.+?) \|$", line):
            found[row[1]] = (code, row[2].strip("`"))
    return found


LISTED = listed()
Setup = Callable[..., contextlib.AbstractContextManager]
SETUPS: dict[str, tuple[str, Setup]] = {}


def condition(reason: str, cause: str) -> Callable:
    """Registers what brings a condition about. `cause` is what both the run and doctor say. The function changes the
    world, or yields in between; what it answers or yields is added to the environment."""

    def register(function: Callable) -> Callable:
        def enter(*args: object) -> Iterator[dict]:
            answer = function(*args)
            if hasattr(answer, "__next__"):
                yield from answer
            else:
                yield answer or {}

        assert reason not in SETUPS
        SETUPS[reason] = (cause, contextlib.contextmanager(enter))
        return function

    return register


def test_every_listed_reason_has_a_test_and_every_test_a_reason():
    assert len(LISTED) > 30
    assert set(LISTED) == set(SETUPS)


@pytest.mark.parametrize("reason", LISTED)
def test_doctor_names_what_ends_a_run(world: World, tmp_path: pathlib.Path, reason: str):
    code, check = LISTED[reason]
    check = check.replace("STUDY", LUNG).replace("P-Q", PROJECTS[LUNG])
    cause, setup = SETUPS[reason]
    world.write_etl_yaml(studies=world.studies()[:1], limits={"retry_wait": 1, "tries": 1})
    with setup(world, tmp_path) as env:
        ran = world.etl("run", "-o", "json", "--all", env=env).failed(code)
        assert re.search(cause, ran.stdout + ran.stderr), ran
        doctor = world.etl("doctor", "-o", "json", env=env)
    if check == BY_ITSELF:
        assert doctor.rc == code and re.search(cause, doctor.stderr), doctor
        return
    rows = {row["check"]: row for row in doctor.json()}
    assert check in rows, doctor
    assert rows[check]["state"] == "failed" and re.search(cause, rows[check]["found"]), doctor
    assert rows[check]["advice"] and "aced-etl doctor" not in rows[check]["advice"]
    assert doctor.rc in (2, 4, 5, 7, 9)


def test_doctor_finds_nothing_where_a_run_succeeds(world: World):
    said: Ran = world.etl("doctor", "-o", "json").ok()
    assert not [row for row in said.json() if row["state"] == "failed"]
    world.run(LUNG)


def study(world: World, **change: object) -> None:
    """etl.yaml with the one study, changed; None takes a key away."""
    entry = {key: value for key, value in {**world.studies()[0], **change}.items() if value is not None}
    world.write_etl_yaml(studies=[entry], limits={"retry_wait": 1, "tries": 1})


def psql(world: World, sql: str) -> None:
    world.database.postgres.psql(sql, world.database.name)


# --- 2: usage or configuration ----------------------------------------------------------------------------------

@condition("etl.yaml has an unknown key or an impossible value", "there is no setting `graph.prunes`")
def _(world, tmp):
    world.write_etl_yaml(graph={"prunes": "yes"})


@condition("`skip` of a study names no step", "contains `load`, which is not a step")
def _(world, tmp):
    study(world, skip="load")


@condition("a study's bucket in etl.yaml is not one that fence knows", "fence does not know the bucket no-such-bucket")
def _(world, tmp):
    study(world, bucket="no-such-bucket")


@condition("no bucket is named, and fence has several without a known default", "it is not known which one is the default")
def _(world, tmp):
    study(world, bucket=None)
    (tmp / "fence-config.yaml").write_text("S3_BUCKETS: {}\nALLOWED_DATA_UPLOAD_BUCKETS: []\n")
    return {"ACED_ETL_FENCE_CONFIG": str(tmp / "fence-config.yaml")}


@condition("the source has nothing for the study", "the source has no study `Lung`")
def _(world, tmp):
    world.take_away(LUNG)


@condition("the source has nothing at the prefix that etl.yaml gives the study", "the source has nothing there")
def _(world, tmp):
    study(world, source="studies/elsewhere")


@condition("the prefixes of metadata and output overlap in the source", "overlap")
def _(world, tmp):
    return {"ACED_ETL_OUTPUT_PREFIX": "studies/"}


@condition("the AWS profile of the source does not exist", "nobody")
def _(world, tmp):
    return {"AWS_PROFILE": "nobody"}


@condition("there is no source bucket, and the study's folder is not there", "the study does not exist on this machine")
def _(world, tmp):
    return {"S3_BUCKET": None}


@condition("the dictionary is neither a file nor a web address", "this address cannot be fetched")
def _(world, tmp):
    return {"DICTIONARY_URL": "ftp://dictionary.example.org/schema.json"}


@condition("the file of the dictionary does not exist", "cannot read the dictionary: the file does not exist")
def _(world, tmp):
    return {"DICTIONARY_URL": str(tmp / "nowhere.json")}


@condition("the dictionary is not one", "not a Gen3 dictionary")
def _(world, tmp):
    (tmp / "dictionary.json").write_text("[]")
    return {"DICTIONARY_URL": str(tmp / "dictionary.json")}


@condition("no dictionary is named", "no dictionary|none is named")
def _(world, tmp):
    return {"DICTIONARY_URL": None}


@condition("there is no API key", r"API key|credentials\.json")
def _(world, tmp):
    return {"GEN3_API_KEY": str(tmp / "nowhere.json"), "GEN3_ENDPOINT": world.commons.endpoint}


@condition("the file of the API key is not an API key", r"key\.json")
def _(world, tmp):
    (tmp / "key.json").write_text('{"api_key": "not a token"}')
    return {"GEN3_API_KEY": str(tmp / "key.json")}


@condition("the API key would be sent over plain http to another machine", "http")
def _(world, tmp):
    return {"GEN3_ENDPOINT": "http://commons.example.org"}


@condition("the simplify configuration is not one", r"simplify\.yaml")
def _(world, tmp):
    (tmp / "simplify.yaml").write_text("nonsense: [\n")
    return {"ACED_ETL_SIMPLIFY_CONFIG": str(tmp / "simplify.yaml")}


@condition("fence-config.yaml is not fence's configuration", "fence's configuration")
def _(world, tmp):
    (tmp / "fence-config.yaml").write_text("- a list\n")
    return {"ACED_ETL_FENCE_CONFIG": str(tmp / "fence-config.yaml")}


@condition("the fence-config.yaml that is named does not exist", "no-such-fence.yaml")
def _(world, tmp):
    return {"ACED_ETL_FENCE_CONFIG": str(tmp / "no-such-fence.yaml")}


@condition("the state folder cannot be written", "a-file")
def _(world, tmp):
    (tmp / "a-file").write_text("")
    return {"ACED_ETL_STATE_DIR": str(tmp / "a-file")}


@condition("the folder of studies cannot be made", "a-file")
def _(world, tmp):
    (tmp / "a-file").write_text("")
    return {"ACED_ETL_STUDIES": str(tmp / "a-file/studies")}


@condition("no database is named", r"no database is named: \S+/sheepdog-creds is not mounted and PGHOST is not set")
def _(world, tmp):
    return {**{name: None for name in world.etl.env if name.startswith("PG")}, "ACED_ETL_CREDS": str(tmp / "none"),
            "GEN3_API_KEY": str(world.commons.creds / "credentials.json")}


@condition("the name of the database is a connection string", "connection string")
def _(world, tmp):
    return {"PGDATABASE": "dbname=graph"}


@condition("a PG… variable has an impossible value", "sslmode")
def _(world, tmp):
    return {"PGSSLMODE": "perhaps"}


@condition("the revproxy has no route to indexd", "indexd")
def _(world, tmp):
    world.commons.stand_in.fault("status", "^/index/", status=404, times=1000, body="<html>no such page</html>")


@condition("the revproxy has no route to sheepdog", "sheepdog")
def _(world, tmp):
    world.commons.stand_in.fault("status", "^/api/", status=404, times=1000, body="<html>no such page</html>")


class Page(http.server.BaseHTTPRequestHandler):
    """Answers everything with a page of its own."""

    def answer(self) -> None:
        page = b"<!doctype html><title>Welcome</title>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    do_GET = do_POST = answer

    def log_message(self, *args: object) -> None:
        pass


@condition("the address of the commons is another web site's", "not an answer of fence")
def _(world, tmp):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {"GEN3_ENDPOINT": f"http://127.0.0.1:{server.server_port}"}
        server.shutdown()


# --- 4: not authenticated or not allowed ------------------------------------------------------------------------

def key_of(world: World, tmp: pathlib.Path, change: Callable[[dict], None] | None) -> dict[str, str]:
    """The commons' API key with other claims (or only another signature), which fence did not sign."""
    found = json.loads((world.commons.creds / "credentials.json").read_text())
    head, body, signature = found["api_key"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    if change:
        change(claims)
        body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    (tmp / "key.json").write_text(json.dumps({**found, "api_key": ".".join((head, body, signature[::-1]))}))
    return {"GEN3_API_KEY": str(tmp / "key.json")}


@condition("fence does not accept the API key", "HTTP 401|HTTP 400|HTTP 403")
def _(world, tmp):
    return key_of(world, tmp, None)


@condition("the API key has expired", "expired")
def _(world, tmp):
    return key_of(world, tmp, lambda claims: claims.update(exp=int(time.time()) - 86400))


@condition("the access token has expired", "expired")
def _(world, tmp):
    user = next(iter(yaml.safe_load((world.commons.creds / "user.yaml").read_text())["users"]))
    return {"ACCESS_TOKEN": world.commons.stand_in.token(user, expires_in=-600), "GEN3_ENDPOINT": world.commons.endpoint}


@condition("the API key's user may not write the project", "may not|Permission|HTTP 40[13]")
def _(world, tmp):
    study(world, skip="projects")
    return {"GEN3_API_KEY": str(world.commons.credentials_of("reader@example.org"))}


@condition("the API key's user may not make a project that does not exist", "may make no|not allowed|HTTP 40[13]|permission")
def _(world, tmp):
    return {"GEN3_API_KEY": str(world.commons.credentials_of("reader@example.org"))}


@condition("the database does not accept the password", "password authentication failed")
def _(world, tmp):
    return {"PGPASSWORD": "not-the-password-71c2"}


@contextlib.contextmanager
def role(world: World, *grants: str) -> Iterator[dict[str, str]]:
    name = f"some_{world.database.name}"
    psql(world, f"set log_statement = none; create role {name} login password 'password-of-some-55ce'")
    try:
        for grant in grants:
            psql(world, f"grant {grant} to {name}")
        yield {"PGUSER": name, "PGPASSWORD": "password-of-some-55ce"}
    finally:
        psql(world, f"drop owned by {name}; drop role {name}")


@condition("the database's user may not write the graph's tables", "permission denied")
def _(world, tmp):
    with role(world, "select on all tables in schema public") as env:
        yield env


@condition("the database's user may not make temporary tables", "permission denied to create temporary tables")
def _(world, tmp):
    psql(world, f"revoke temporary on database {world.database.name} from public")
    with role(world, "select, insert, update, delete on all tables in schema public") as env:
        yield env


@condition("S3 does not accept the key of the source", "InvalidAccessKeyId|SignatureDoesNotMatch|key")
def _(world, tmp):
    return {"AWS_PROFILE": None, "AWS_ACCESS_KEY_ID": "AKIANOBODYKNOWSME000", "AWS_SECRET_ACCESS_KEY": "not-a-key-of-this-server-2231",
            "AWS_ENDPOINT_URL": world.s3.endpoint, "AWS_REGION": "us-east-1", "AWS_CONFIG_FILE": str(tmp / "none"),
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp / "none")}


@condition("the key of the source may not list the bucket", "AccessDenied")
def _(world, tmp):
    denied = b'<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'

    class Denies(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(403)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(denied)))
            self.end_headers()
            self.wfile.write(denied)

        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Denies) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}"}
        server.shutdown()


@condition("fence takes no uploads into the study's bucket", "takes no uploads|is not allowed")
def _(world, tmp):
    bucket = world.commons.bucket("diabetes")  # not fence's default, which always takes uploads
    template = world.commons.home / "fence-config.template"
    config = yaml.safe_load(template.read_text())
    config["ALLOWED_DATA_UPLOAD_BUCKETS"].remove(bucket)
    study(world, bucket=bucket)
    template.write_text(yaml.safe_dump(config))
    world.commons.start()
    return world.commons.env


# --- 7: a service refused for good ------------------------------------------------------------------------------

@condition("the source bucket does not exist", "NoSuchBucket")
def _(world, tmp):
    return {"S3_BUCKET": "no-such-bucket-anywhere"}


@condition("the project's code belongs to another program", "belongs to program")
def _(world, tmp):
    world.etl("projects", "init", "other-synthetic", "--via", "database").ok()
    study(world, skip="projects, files")


@condition("the database does not exist", "does not exist")
def _(world, tmp):
    return {"PGDATABASE": "no_such_database"}


@condition("the database has no tables of a graph", "missing|no tables")
def _(world, tmp):
    psql(world, "drop schema public cascade; create schema public; grant all on schema public to public")
    study(world, skip="projects, files")
    return {"GEN3_ENDPOINT": None, "GEN3_API_KEY": None, "ACED_ETL_CREDS": str(tmp / "none")}  # sheepdog would make some


@condition("the database's encoding is not UTF8", "encoding")
def _(world, tmp):
    name = f"latin_{world.database.name}"
    world.database.postgres.psql(f"create database {name} owner {world.database.env['PGUSER']} template template0 encoding 'LATIN1' locale 'C'")
    try:
        env = {"PGDATABASE": name}
        world.etl("graph", "init", env=env).ok()
        patient = json.dumps({"resourceType": "Patient", "id": "p1", "name": [{"text": "\u4e2d"}]}, ensure_ascii=False)
        world.s3.client().put_object(Bucket=world.bucket, Key=f"dev/studies/{LUNG}/more.ndjson", Body=patient.encode() + b"\n")
        study(world, skip="projects, files")
        yield env
    finally:
        psql(world, f"drop database {name} with (force)")


@condition("a table of the dictionary is missing", "missing")
def _(world, tmp):
    psql(world, "drop table edge_observationaboutsubjectpatient")


@condition("a table lacks a column", "_sysan")
def _(world, tmp):
    psql(world, "alter table node_patient drop column _sysan")


@condition("the database is read-only", "read-only")
def _(world, tmp):
    psql(world, f"alter database {world.database.name} set default_transaction_read_only = on")


@condition("the user's search_path names no schema", "no schema")
def _(world, tmp):
    psql(world, f"alter database {world.database.name} set search_path = nowhere")


@condition("a pooler hands each statement to another session", "hands each statement")
def _(world, tmp):
    with pooler(world.database, pool_mode="statement") as made:
        yield made.env


# --- 9: a limit of a machine ------------------------------------------------------------------------------------

@condition("the disk of the state folder is full", "disk full: .*/state has 0 B free")
def _(world, tmp):
    with small_disk(world.home / "state"):
        fill(world.home / "state")
        yield {}


@condition("the file system of the folder of studies is read-only", "read-only file system: .*/studies")
def _(world, tmp):
    with small_disk(world.home / "studies"):
        read_only(world.home / "studies")
        yield {}
