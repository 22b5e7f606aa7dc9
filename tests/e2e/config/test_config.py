"""etl.yaml as the description of a commons' regular run: its studies, its limits, its schema, and `config init`."""

from __future__ import annotations

import json
import pathlib
import re
import socket

import jsonschema
import pytest
import yaml
from programs import ROOT

COMMITTED = ROOT / "share/etl.schema.json"


def listed(ran) -> dict[str, dict]:
    return {row["study"]: row for row in ran.ok().json()}


def write(etl, text: str, name: str = "etl.yaml") -> pathlib.Path:
    (etl.cwd / name).write_text(text)
    return etl.cwd / name


# --- studies ---------------------------------------------------------------------------------------------------------


def test_studies_are_listed_with_their_defaults_filled_in(etl):
    write(etl, "program: aced\n"
               "source: {studies_prefix: metadata/}\n"
               "studies:\n"
               "  - name: Lung_Cancer\n"
               "  - {name: other, project: ohsu-my-study, bucket: ohsu-staging, source: old/other, enabled: no}\n")
    rows = etl("config", "studies", "-o", "json").ok().json()
    assert rows == [
        {"study": "Lung_Cancer", "project": "aced-Lung_Cancer", "enabled": True, "bucket": "", "source": "metadata/Lung_Cancer",
         "skip": [], "exclude": [], "transform_ids": "", "origin": f"{etl.cwd}/etl.yaml:4"},
        {"study": "other", "project": "ohsu-my-study", "enabled": False, "bucket": "ohsu-staging", "source": "old/other",
         "skip": [], "exclude": [], "transform_ids": "", "origin": f"{etl.cwd}/etl.yaml:5"},
    ]
    other = listed(etl("config", "studies", "-o", "json", "--program", "demo", "--bucket", "one-bucket", "--studies-prefix", "x/"))
    assert other["Lung_Cancer"] == {"study": "Lung_Cancer", "project": "demo-Lung_Cancer", "enabled": True, "bucket": "one-bucket",
                                    "source": "x/Lung_Cancer", "skip": [], "exclude": [], "transform_ids": "", "origin": f"{etl.cwd}/etl.yaml:4"}
    assert listed(etl("config", "studies", "-o", "json", env={"ACED_ETL_PROGRAM": "demo"}))["Lung_Cancer"]["project"] == "demo-Lung_Cancer"


def test_no_studies_are_said_and_are_no_error(etl):
    ran = etl("config", "studies", "-o", "json").ok()
    assert ran.json() == [] and "no studies" in ran.stderr


@pytest.mark.parametrize("text, line, what, do", [
    ("program: p\nstudies:\n  - name: A\n    buckt: b\n", 4, "a study has no key `buckt`", "did you mean `bucket`?"),
    ("program: p\nstudies:\n  - name: A\n  - name: A\n", 4, "the study `A` is listed twice", "etl.yaml:3"),
    ("program: p\nstudies:\n  - name: A\n  - name: B\n    project: A\n", 4, "`A` and `B` have the same project, p-A", "disable"),
    ("studies:\n  - name: A\n", 2, "no program is set", "program: aced"),
    ("studies:\n  - project: p-A\n", 2, "a study has no `name`", "- name: Lung_Cancer"),
    ("studies:\n  - name: ../A\n    project: p-A\n", 2, "is not the name of a study", "without a path"),
    ("studies:\n  - name: A\n    project: p-A\n    bucket: s3://b\n", 4, "is not the name of a bucket", "without s3://"),
    ("studies:\n  - name: A\n    project: ${NOWHERE}\n", 3, "the environment variable NOWHERE is not set", "write a default"),
    ("studies: {A: }\n", 1, "`studies` must be a list", "- name: Lung_Cancer"),
])
def test_what_is_wrong_with_studies_is_told_by_every_command(etl, text, line, what, do):
    write(etl, text)
    for args in (["config", "studies"], ["config", "show"], ["studies", "ls"]):
        ran = etl(*args).failed(2)
        assert ran.stdout == "" and what in ran.stderr and f"  at: {etl.cwd}/etl.yaml:{line}\n" in ran.stderr and do in ran.stderr, ran


# --- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.promise("Precedence of settings")
def test_limits_are_settings(etl, tmp_path):
    def used(*args: str, **env: str) -> tuple[str, str]:
        rows = {row["key"]: row for row in etl("config", "show", "-o", "json", *args, env=env).ok().json()}
        return rows["limits.pull_jobs"]["value"], rows["limits.pull_jobs"]["origin"]

    assert used() == ("8", "default")
    write(etl, "limits:\n  pull_jobs: 3\n")
    assert used() == ("3", f"{etl.cwd}/etl.yaml:2")
    assert used(ACED_ETL_PULL_JOBS="4") == ("4", "environment ACED_ETL_PULL_JOBS")
    assert used("--pull-jobs", "5", ACED_ETL_PULL_JOBS="4") == ("5", "flag --pull-jobs")


@pytest.mark.parametrize("limit, args", [
    ("pull_jobs: 65", ["studies", "pull", "--source-bucket", "nowhere"]),
    ("file_jobs: none", ["files", "rm", "--project", "p-A", "--yes"]),
    ("bandwidth: fast", ["files", "get", "--out", "out", "x"]),
    ("max_resource_mib: 4096", ["validate", "study"]),
])
def test_commands_take_their_limits_from_etl_yaml(etl, limit, args):
    """Proven by values that are none: each is refused by the command that it is for, with its line."""
    write(etl, f"limits:\n  {limit}\n")
    (etl.cwd / "study").mkdir()
    ran = etl(*args, env={"GEN3_ENDPOINT": "http://127.0.0.1:9", "S3_PATH": "x"}).failed(2)
    assert f"  at: {etl.cwd}/etl.yaml:2\n" in ran.stderr and f"limits.{limit.split(':')[0]}" in ran.stderr


def test_a_flag_counts_more_than_the_limit_of_etl_yaml(etl):
    write(etl, "limits: {max_resource_mib: 1}\n")
    line = json.dumps({"resourceType": "Patient", "id": "p", "text": {"status": "empty", "div": "x" * (3 << 20)}})
    write(etl, line + "\n", "Patient.ndjson")
    assert "longer than 1 MiB" in etl("validate", "Patient.ndjson").failed(3).stdout
    assert "longer than" not in etl("validate", "Patient.ndjson", "--max-resource", "8").stdout
    for value in ("0", "2049", "x"):
        assert "flag --max-resource" in etl("validate", "Patient.ndjson", "--max-resource", value).failed(2).stderr


# --- schema ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft202012Validator:
    found = json.loads(COMMITTED.read_text())
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


def test_the_committed_schema_is_the_program_s(etl):
    assert etl("config", "schema").ok().stdout == COMMITTED.read_text(), "aced-etl config schema > share/etl.schema.json"


def test_the_schema_is_printed_where_the_settings_do_not_work(etl):
    write(etl, "no_such_key: 1\n")
    etl("config", "show").failed(2)
    etl("config", "schema").ok()


def test_the_schema_describes_every_setting(etl, schema):
    keys = {row["key"] for row in etl("config", "show", "-o", "json").ok().json()} - {"etl_yaml"}
    found = set()

    def walk(node: dict, path: str) -> None:
        assert node["additionalProperties"] is False, path
        for name, below in node["properties"].items():
            assert "properties" in below or below["description"], name
            if "properties" in below:
                walk(below, path + name + ".")
            else:
                found.add(path + name)

    walk(schema.schema, "")
    assert found == keys | {"studies"}
    assert "studies" not in keys


GOOD = [
    "",
    "threads: 4\n",
    "threads: '4'\ndatabase: {port: '${PORT:-5432}', host: \ndatabase2: }\n".replace(" \ndatabase2: ", ""),
    "program: aced\nstudies:\n",
    "program: aced\nstudies: [{name: A}, {name: B, enabled: no, bucket: 'aced-${STAGE:-x}'}]\n",
    "destinations: {projects: true, graph: 'yes', files: '${FILES:-no}'}\ngraph: {prune: no}\n",
    "limits: {pull_jobs: 64, bandwidth: 10MB, max_resource_mib: 1}\n",
    "limits: {bandwidth: 0}\nstudies: [{name: '2024', project: p-2024, source: studies/2024/}]\n",
]
BAD = [
    "thread: 4\n",
    "threads: 0\n",
    "threads: many\n",
    "limits: {pull_jobs: 65}\n",
    "limits: {bandwidth: fast}\n",
    "destinations: {graph: maybe}\n",
    "destinations: [graph]\n",
    "dictionary: [a]\n",
    "studies: A\n",
    "studies: [A]\n",
    "studies: [{project: p-A}]\n",
    "studies: [{name: p/A, project: p-A}]\n",
    "studies: [{name: A, project: p-A, bukcet: b}]\n",
    "studies: [{name: A, project: p-A, bucket: 's3://b'}]\n",
    "studies: [{name: A, project: p-A, enabled: maybe}]\n",
    "etl_yaml: other\n",
]


def accepted(etl, text: str) -> bool:
    """Read by the program, and every number, flag and size in it used: a limit is only looked at where it is needed."""
    write(etl, text)
    return etl("config", "studies").rc == 0


@pytest.mark.parametrize("text", GOOD)
def test_what_the_program_takes_is_valid(etl, schema, text):
    schema.validate(yaml.safe_load(text))
    assert accepted(etl, text)


@pytest.mark.parametrize("text", BAD)
def test_what_is_not_valid_is_named(etl, schema, text):
    assert not schema.is_valid(yaml.safe_load(text))
    lazy = re.search(r"threads|limits|destinations: \{", text) and "thread:" not in text  # looked at by who uses it
    assert lazy or not accepted(etl, text)


# --- init ------------------------------------------------------------------------------------------------------------


def uncommented(text: str) -> str:
    """With every setting that the file offers: what stands behind a '#' alone."""
    return "\n".join(re.sub(r"^#(?=\S|  \w)", "", line) for line in text.splitlines()) + "\n"


def read_back(etl, schema, text: str) -> dict[str, dict]:
    """The studies that the program reads from it, and from it with all settings uncommented; both valid."""
    rows = []
    for name, whole in (("back.yaml", text), ("all.yaml", uncommented(text))):
        schema.validate(yaml.safe_load(whole))
        write(etl, whole, name)
        env = {"GEN3_ENDPOINT": None}
        rows.append([{**row, "origin": ""} for row in etl("config", "studies", "-o", "json", "--etl-yaml", name, env=env).ok().json()])
    assert rows[0] == rows[1]
    shown = etl("config", "show", "-o", "json", "--etl-yaml", "all.yaml").ok().json()
    plain = {row["key"]: row["value"] for row in etl("config", "show", "-o", "json", "--etl-yaml", "/dev/null").ok().json()}
    for row in shown:
        if row["origin"].startswith("all.yaml") and row["key"] not in ("program", "user_yaml", "fence_config", "gen3.api_key", "creds"):
            assert row["value"] == plain[row["key"]], row
    return {row["study"]: row for row in rows[0]}


def user_yaml(path: pathlib.Path, *projects: str) -> pathlib.Path:
    programs: dict[str, list] = {}
    for project in projects:
        program, code = project.split("-", 1)
        programs.setdefault(program, []).append({"name": code})
    tree = [{"name": program, "subresources": [{"name": "projects", "subresources": codes}]} for program, codes in programs.items()]
    path.write_text(yaml.safe_dump({"authz": {"resources": [{"name": "programs", "subresources": tree}]}}))
    return path


def fence_yaml(path: pathlib.Path, *buckets: str, default: str = "") -> pathlib.Path:
    path.write_text(yaml.safe_dump({"AWS_CREDENTIALS": {"bot": {"aws_secret_access_key": "do-not-write-me-out"}},
                                    "S3_BUCKETS": {name: {"cred": "bot"} for name in buckets},
                                    "DATA_UPLOAD_BUCKET": default, "ALLOWED_DATA_UPLOAD_BUCKETS": list(buckets)}))
    return path


def test_init_writes_the_studies_of_a_commons(commons, etl, schema, tmp_path):
    studies = tmp_path / "studies"
    for name in ("Diabetes", "left_over", ".hidden"):
        (studies / name).mkdir(parents=True)
    ran = etl("config", "init", "--studies-folder", studies).ok()
    assert ran.stdout == "" and "wrote etl.yaml: 5 projects, 5 buckets" in ran.stderr and "warning" not in ran.stderr
    text = (etl.cwd / "etl.yaml").read_text()
    found = read_back(etl, schema, text)
    assert {name: (row["project"], row["bucket"]) for name, row in found.items()} == {
        "synthetic": ("demo-synthetic", ""),  # its bucket is the default
        "cohort": ("demo-cohort", commons.bucket("demo-cohort")),
        "Alzheimers": ("aced-Alzheimers", commons.bucket("alzheimers")),
        "Breast_Cancer": ("aced-Breast_Cancer", commons.bucket("breast-cancer")),
        "Diabetes": ("aced-Diabetes", commons.bucket("diabetes")),
    }
    assert not re.search("^program:", text, re.M), "the projects have two"
    assert "  - name: Diabetes\n" in text and "  - name: Alzheimers  # no such folder here yet\n" in text
    assert "no project's code: left_over\n" in text and "hidden" not in text
    assert f"    # bucket: the default, {commons.bucket('demo-synthetic')}\n" in text


def test_init_asks_fence_which_buckets_there_are(commons, etl):
    """fence-config.yaml allows a bucket that the running fence does not know: files cannot go there."""
    mounted = commons.creds / "fence-config.yaml"
    config = yaml.safe_load(mounted.read_text())
    config["ALLOWED_DATA_UPLOAD_BUCKETS"].append("not-fences-cohort")
    other = etl.cwd / "fence.yaml"
    other.write_text(yaml.safe_dump(config))
    assert "not-fences" not in etl("config", "init", "-", "--fence-config", other).ok().stdout
    with socket.socket() as nobody:  # bound, and not listening: nothing answers there
        nobody.bind(("127.0.0.1", 0))
        ran = etl("config", "init", "-", "--fence-config", other, "--endpoint", f"http://127.0.0.1:{nobody.getsockname()[1]}").ok()
    assert "not-fences-cohort" in ran.stdout and "warning" in ran.stderr


def test_init_without_a_commons_says_what_it_could_not_ask(etl, schema, tmp_path):
    users = user_yaml(tmp_path / "user.yaml", "aced-Lung_Cancer", "aced-ucl", "aced-my-study", "aced-none")
    fence = fence_yaml(tmp_path / "fence.yaml", "aced-lung-cancer-staging", "aced-ucl-1", "aced-ucl-2", "aced-my-study",
                       default="aced-ucl-1")
    ran = etl("config", "init", "-", "--user-yaml", users, "--fence-config", fence).ok()
    assert "the buckets of the commons, because neither an API key nor GEN3_ENDPOINT is set" in ran.stderr
    assert "# Not known when this was written: the buckets of the commons" in ran.stdout
    assert "do-not-write-me-out" not in ran.stdout + ran.stderr
    text = ran.stdout
    found = read_back(etl, schema, text)
    assert re.search("^program: aced$", text, re.M)
    assert {name: (row["project"], row["bucket"]) for name, row in found.items()} == {
        "Lung_Cancer": ("aced-Lung_Cancer", "aced-lung-cancer-staging"),
        "ucl": ("aced-ucl", ""),
        "my-study": ("aced-my-study", "aced-my-study"),
        "none": ("aced-none", ""),
    }
    assert "    project: Lung_Cancer\n" in text and "    project: aced-my-study\n" in text
    assert "    # bucket: the default, aced-ucl-1; several have the code in their names: aced-ucl-1, aced-ucl-2\n" in text
    assert text.count("    # bucket: the default, aced-ucl-1\n") == 1


def test_init_with_nothing_mounted_is_a_file_of_settings(etl, schema):
    ran = etl("config", "init", "-").ok()
    assert ran.stderr.count("warning:") == 3
    assert read_back(etl, schema, ran.stdout) == {}


def test_init_takes_any_code_and_none_comes_out_as_yaml(etl, schema, tmp_path):
    users = user_yaml(tmp_path / "user.yaml", "p-2024", "p-true", "p-a: b # c", "p-${HOME}", "p-.hidden", "p-x", "q-x",
                      "p-quo\"te", "p-new\nline", "p-ü")
    ran = etl("config", "init", "-", "--user-yaml", users).ok()
    found = read_back(etl, schema, ran.stdout)
    assert {name: row["project"] for name, row in found.items()} == {
        "2024": "p-2024", "true": "p-true", "x": "p-x", "q-x": "q-x"}
    assert len(re.findall(r"^  # p-.*, left out: ", ran.stdout, re.M)) == 1
    # What cannot be part of a project id is named with its line, and stops nothing.
    assert ran.stderr.count("` is left out: 'p-") == 5


def test_init_does_not_write_over_a_file(etl, tmp_path):
    users = user_yaml(tmp_path / "user.yaml", "aced-A")
    mine = write(etl, "threads: 2\n")
    ran = etl("config", "init", "--user-yaml", users).failed(2)
    assert "at: etl.yaml\n" in ran.stderr and "--force" in ran.stderr and mine.read_text() == "threads: 2\n"
    etl("config", "init", "--user-yaml", users, "--force").ok()
    assert "- name: A" in mine.read_text()
    etl("config", "init", "other.yaml", "--user-yaml", users).ok()
    (etl.cwd / "dangling.yaml").symlink_to("nowhere.yaml")
    etl("config", "init", "dangling.yaml", "--user-yaml", users).failed(2)
    etl("config", "init", "no/such/folder.yaml", "--user-yaml", users).failed(2)
    assert not [file for file in etl.cwd.iterdir() if file.name.startswith(".")], "nothing half-written is left"


def test_init_needs_what_was_named(etl, tmp_path):
    etl("config", "init", "-", "--user-yaml", "none.yaml").failed(2)
    etl("config", "init", "-", "--fence-config", "none.yaml").failed(2)
    write(etl, "users: {}\n", "user.yaml")
    etl("config", "init", "-", "--user-yaml", "user.yaml").failed(2)
