"""The errors that test_messages.py provokes: what lies on disk, which settings are set, and the command."""

from __future__ import annotations

import dataclasses
import gzip
import json
from collections.abc import Callable

NOBODY = "http://127.0.0.1:9"  # nothing listens there


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    args: tuple[str, ...]
    files: dict[str, str | bytes] = dataclasses.field(default_factory=dict)
    env: dict[str, str | None] = dataclasses.field(default_factory=dict)
    needs: str = ""  # a fixture: database, world
    setup: Callable | None = None  # called with what `needs` names and the folder; what it returns is added to env
    stdin: str | None = None


CASES: list[Case] = []


def case(name: str, *args: str, needs: str = "", stdin: str | None = None, env: dict[str, str | None] | None = None, **files: str | bytes) -> None:
    """`files` are named by keyword: `etl_yaml` is etl.yaml; others are given with `folder` below."""
    CASES.append(Case(name, args, {NAMES[key]: value for key, value in files.items()}, env or {}, needs, None, stdin))


def with_setup(name: str, *args: str, needs: str, **more: object) -> Callable:
    def register(function: Callable) -> Callable:
        CASES.append(Case(name, args, needs=needs, setup=function, **more))
        return function

    return register


NAMES = {"etl_yaml": "etl.yaml", "patients": "study/Patient.ndjson", "document": "study/Patient.json", "gz": "study/Patient.ndjson.gz",
         "observations": "study/Observation.ndjson", "key": "key.json", "dictionary": "dictionary.json", "aws": "aws-config",
         "simplify_yaml": "simplify.yaml", "user_yaml": "user.yaml", "note": "study/note.txt", "fence_yaml": "fence-config.yaml"}


def patient(**more: object) -> str:
    return json.dumps({"resourceType": "Patient", "id": "p1", **more}) + "\n"


# --- the command line ---------------------------------------------------------------------------------------------

case("unknown command", "grpah", "load")
case("unknown command of a group", "graph", "lod")
case("unknown option", "validate", "study", "--tread", "2")
case("an option without its value", "validate", "study", "--threads")
case("an output format that does not exist", "config", "show", "-o", "jsn")
case("a step that does not exist", "run", "--all", "--only", "grahp")
case("no study", "run")
case("--all and a study", "run", "--all", "Diabetes")
case("--jitter without --every", "run", "--all", "--jitter", "5m")
case("a dry run that repeats", "run", "--all", "--dry-run", "--every", "6h")
case("a duration that is none", "run", "--all", "--every", "soon")
case("no project", "graph", "load", "study")
case("a project id without a program", "graph", "load", "--project", "Diabetes", "study")
case("a project id with a space", "graph", "load", "--project", "aced-Lung Cancer", "study")
case("no file to download", "files", "get", "--out", "copy", env={"GEN3_ENDPOINT": NOBODY})
case("no bucket to test", "buckets", "test", env={"GEN3_ENDPOINT": NOBODY})
case("no project to create", "projects", "init", "--via", "database")
case("a bucket that cannot exist", "put-object", "s3://bucket", "key", "put",
     env={"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE000000000", "AWS_SECRET_ACCESS_KEY": "an-example-secret-0d11"})
case("put with an option of get", "put-object", "bucket", "key", "put", "--out", "file")

# --- etl.yaml -----------------------------------------------------------------------------------------------------

SHOW = ("config", "show")
case("a tab before a setting", *SHOW, etl_yaml="program: aced\n\tthreads: 2\n")
case("a tab before a list item", *SHOW, etl_yaml="studies:\n\t- name: A\n")
case("a quote that is never closed", *SHOW, etl_yaml='program: "aced\nthreads: 2\n')
case("a quote that the next one closes", *SHOW, etl_yaml='program: "aced\nlimits:\n  bandwidth: "10MB"\n')
case("a list that is not closed", *SHOW, etl_yaml="program: aced\nexclude: [drafts, old\nthreads: 2\n")
case("a map that is not closed", *SHOW, etl_yaml="limits: {tries: 2\nthreads: 2\n")
case("a setting that is indented too far", *SHOW, etl_yaml="program: aced\n  threads: 2\n")
case("a colon in a text", *SHOW, etl_yaml="program: aced: old\n")
case("a text that begins with a reserved character", *SHOW, etl_yaml="program: @aced\n")
case("an item that is not indented like the others", *SHOW, etl_yaml="studies:\n  - name: A\n - name: B\n")
case("a setting without a colon", *SHOW, etl_yaml="program aced\nthreads: 2\n")
case("an alias without an anchor", *SHOW, etl_yaml="program: *name\n")
case("a second document", *SHOW, etl_yaml="threads: 2\n---\nthreads: 3\n")
case("bytes that are not UTF-8", *SHOW, etl_yaml=b"program: \xff\n")
case("a list instead of settings", *SHOW, etl_yaml="- threads\n")
case("a setting given twice", *SHOW, etl_yaml="threads: 2\nprogram: aced\nthreads: 3\n")
case("a key of a study given twice", *SHOW, etl_yaml="program: aced\nstudies:\n  - name: A\n    name: B\n")
case("a misspelt setting", *SHOW, etl_yaml="graph:\n  prunes: yes\n")
case("an unknown setting", *SHOW, etl_yaml="colour: blue\n")
case("a group with a single value", *SHOW, etl_yaml="limits: 3\n")
case("a number that is too small", *SHOW, "--threads", "0")
case("a number that is none", "validate", "study", etl_yaml="threads: many\n", patients=patient())
case("a size that is none", "studies", "pull", "--source-bucket", "b", etl_yaml="limits:\n  bandwidth: fast\n", env={"S3_PATH": "p"})
case("neither yes nor no", "run", "--all", etl_yaml="program: aced\nstudies: [{name: A}]\ngraph: {prune: maybe}\n")
case("a choice that does not exist", *SHOW, etl_yaml="graph: {dangling: ignore}\n")
case("a variable that is not set", *SHOW, etl_yaml="program: ${THE_PROGRAM}\n")
case("a variable that is not closed", *SHOW, etl_yaml="program: ${THE_PROGRAM\n")
case("a variable that may hold a secret", *SHOW, etl_yaml="program: ${MY_PASSWORD}\n", env={"MY_PASSWORD": "a-password-7d1f"})
case("a secret in etl.yaml", *SHOW, etl_yaml="gen3:\n  access_token: abc.def.ghi\n")
case("a login in an address", *SHOW, etl_yaml="search:\n  url: http://user:pass-word-551a@search:9200\n")
case("studies that are no list", *SHOW, etl_yaml="studies: A\n")
case("a study without a name", *SHOW, etl_yaml="program: aced\nstudies:\n  - bucket: b\n")
case("a study with a path for a name", *SHOW, etl_yaml="program: aced\nstudies:\n  - name: studies/A\n")
case("a misspelt key of a study", *SHOW, etl_yaml="program: aced\nstudies:\n  - name: A\n    buckt: b\n")
case("a study listed twice", *SHOW, etl_yaml="program: aced\nstudies:\n  - name: A\n  - name: A\n")
case("two studies with one project", *SHOW, etl_yaml="program: aced\nstudies:\n  - name: A\n  - name: B\n    project: A\n")
case("a study without a program", *SHOW, etl_yaml="studies:\n  - name: A\n")
case("a bucket with a scheme", *SHOW, etl_yaml="program: aced\nstudies:\n  - name: A\n    bucket: s3://b\n")
case("a source with a bucket", *SHOW, etl_yaml="program: aced\nstudies:\n  - name: A\n    source: s3://b/A\n")
case("a step to skip that does not exist", "run", "--all", etl_yaml="program: aced\nstudies:\n  - name: A\n    skip: load\n")
case("an etl.yaml that does not exist", "run", "--all", "--etl-yaml", "etl-staging.yaml", etl_yaml="threads: 2\n")
case("no etl.yaml", "run", "--all")
case("an etl.yaml without studies", "run", "--all", etl_yaml="threads: 2\n")
case("an etl.yaml in the folder of the studies", "run", "--all", etl_yaml="program: aced\nstudies: [{name: A}]\nfolder: {studies: .}\n")
case("a study that etl.yaml does not list", "run", "Diabets", etl_yaml="program: aced\nstudies: [{name: Diabetes}, {name: Lung}]\n")

# --- a study ------------------------------------------------------------------------------------------------------

VALIDATE = ("validate", "study")
case("a number for a code", *VALIDATE, patients=patient(gender=3))
case("a text for a number", *VALIDATE, patients=patient(multipleBirthInteger="two"))
case("an object for an array", *VALIDATE, patients=patient(name={"family": "A"}))
case("an unknown element", *VALIDATE, patients=patient(colour="blue"))
case("a date that does not exist", *VALIDATE, patients=patient(birthDate="2023-02-30"))
case("a resource without an id", *VALIDATE, patients='{"resourceType": "Patient"}\n')
case("an unknown resource type", *VALIDATE, patients='{"resourceType": "Patent", "id": "p1"}\n')
case("no resource type", *VALIDATE, patients='{"id": "p1"}\n')
case("a JSON array on a line", *VALIDATE, patients=patient() + '[{"resourceType": "Patient", "id": "p2"}]\n')
case("a quote that is not closed in JSON", *VALIDATE, document='{\n "resourceType": "Patient",\n "id": "p1",\n "gender": "male,\n "active": true\n}\n')
case("a control character in JSON", *VALIDATE, patients='{"resourceType": "Patient", "id": "p1", "gender": "ma\tle"}\n')
case("a comma too many", *VALIDATE, patients='{"resourceType": "Patient", "id": "p1",}\n')
case("two resources on a line", *VALIDATE, patients='{"resourceType": "Patient", "id": "p1"} {"resourceType": "Patient", "id": "p2"}\n')
case("one id for two resources", *VALIDATE, patients=patient() + patient(gender="male"))
case("a dangling reference", *VALIDATE, patients=patient(generalPractitioner=[{"reference": "Practitioner/gone"}]))
case("a reference that is none", *VALIDATE, patients=patient(generalPractitioner=[{"reference": "Doctor Smith"}]))
case("UTF-16", *VALIDATE, patients=patient().encode("utf-16"))
case("a truncated gzip file", *VALIDATE, gz=gzip.compress(patient().encode(), mtime=0)[:-12])
case("a gzip file that is none", *VALIDATE, gz=patient())
case("a study that does not exist", "validate", "stdy", patients=patient())
case("a folder without FHIR", *VALIDATE, note="nothing here\n")
case("a study that is excluded", *VALIDATE, "--exclude", "*.ndjson", patients=patient())
case("a faulty study to simplify", "simplify", "study", "out", patients=patient(gender=3))
case("simplify into the study", "simplify", "study", "study", patients=patient())
case("simplify an empty pipe", "simplify", "-", "-", stdin="")
case("a simplify configuration that is none", "simplify", "study", "out", "--config", "simplify.yaml", patients=patient(), simplify_yaml="- a\n")

# --- a dictionary -------------------------------------------------------------------------------------------------

INIT = ("graph", "init", "--print-sql", "--dictionary", "dictionary.json")
case("a JSON array for a dictionary", *INIT, dictionary="[1, 2]")
case("one node for a dictionary", *INIT, dictionary='{"id": "patient", "properties": {}}')
case("a dictionary that is not JSON", *INIT, dictionary="<html>")
case("a link to a node that does not exist", *INIT, dictionary=json.dumps({"patient.yaml": {
    "id": "patient", "category": "clinical", "properties": {"projects": {}},
    "links": [{"name": "projects", "target_type": "project", "label": "member_of", "backref": "patients", "multiplicity": "many_to_one"}]}}))
case("an address for a dictionary that cannot be fetched", "graph", "init", "--print-sql", "--dictionary", "ftp://example.org/schema.json")

# --- keys and services --------------------------------------------------------------------------------------------

case("no API key", "projects", "ls", "--via", "sheepdog", env={"GEN3_ENDPOINT": NOBODY})
case("a JSON array for an API key", "buckets", "ls", key="[1, 2]", env={"GEN3_API_KEY": "key.json"})
case("a token that is none", "buckets", "ls", key='{"api_key": "abc", "key_id": "1"}', env={"GEN3_API_KEY": "key.json"})
case("a commons with a user in its address", "buckets", "ls", env={"GEN3_ENDPOINT": "https://user@commons.example.org"})
case("no AWS key", "put-object", "bucket", "key", "put", env={"AWS_ENDPOINT_URL": NOBODY})
case("an AWS profile that does not exist", "put-object", "bucket", "key", "put", "--profile", "fencbot",
     aws="[profile fencebot]\nregion = us-east-1\n", env={"AWS_CONFIG_FILE": "aws-config"})
case("half an AWS key", "put-object", "bucket", "key", "put", env={"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE000000000"})
case("an AWS configuration that is none", "put-object", "bucket", "key", "put", aws="region = us-east-1\n", env={"AWS_CONFIG_FILE": "aws-config"})
case("an AWS profile that needs a person", "put-object", "bucket", "key", "put", "--profile", "sso",
     aws="[profile sso]\nsso_start_url = https://example.org\nsso_account_id = 1\n", env={"AWS_CONFIG_FILE": "aws-config"})
case("S3 is down", "put-object", "bucket", "key", "put",
     env={"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE000000000", "AWS_SECRET_ACCESS_KEY": "an-example-secret-0d11", "AWS_ENDPOINT_URL": NOBODY})
