"""A setting of etl.yaml holds for commands and runs alike: every setting is in one of the tables below."""

from __future__ import annotations

import pytest
from graph_loading import graph, load, study  # noqa: F401 (fixtures)
from graph_study import observation, patient, research_study
from run_world import LUNG

PATIENT = '{"resourceType": "Patient", "id": "p"}\n'

# A value that is none, and every command that must heed the setting: it is refused there, as a run refuses it.
TYPED: dict[str, tuple[str, list[list[str]]]] = {
    "threads": ("none", [["validate", "s.ndjson"], ["simplify", "s.ndjson", "out"], ["graph", "load", "--project", "a-b", "s.ndjson"],
                         ["search", "load", "--project", "a-b", "s.ndjson", "--dry-run"]]),
    "graph.dangling": ("ignore", [["validate", "s.ndjson"], ["graph", "load", "--project", "a-b", "s.ndjson"]]),
    "graph.shared": ("ignore", [["graph", "load", "--project", "a-b", "s.ndjson"]]),
    "graph.duplicates": ("some", [["validate", "s.ndjson"], ["graph", "load", "--project", "a-b", "s.ndjson"],
                                  ["search", "load", "--project", "a-b", "s.ndjson", "--dry-run"]]),
    "graph.edge_table": ("last", [["graph", "load", "--project", "a-b", "s.ndjson"]]),
    "graph.lock_timeout": ("long", [["graph", "load", "--project", "a-b", "s.ndjson"], ["graph", "counts"]]),
    "graph.prune": ("maybe", [["graph", "load", "--project", "a-b", "s.ndjson"]]),
    "source.delete": ("maybe", [["studies", "pull", "--source-bucket", "b"]]),
    "limits.pull_jobs": ("many", [["studies", "pull", "--source-bucket", "b"]]),
    "limits.file_jobs": ("many", [["files", "rm", "--project", "a-b", "--yes"], ["files", "get", "--out", "out", "dg.x/00000000-0000-0000-0000-000000000000"]]),
    "limits.bandwidth": ("fast", [["files", "get", "--out", "out", "dg.x/00000000-0000-0000-0000-000000000000"]]),
    "limits.max_resource_mib": ("9999", [["validate", "s.ndjson"], ["simplify", "s.ndjson", "out"],
                                         ["graph", "load", "--project", "a-b", "s.ndjson"],
                                         ["search", "load", "--project", "a-b", "s.ndjson", "--dry-run"]]),
    "files.recheck": ("often", [["files", "load", "--project", "a-b", "s.ndjson"]]),
    "search.layout": ("table", [["search", "load", "--project", "a-b", "s.ndjson", "--dry-run"]]),
    "search.layout_index": ("several", [["search", "rollback", "--project", "a-b"]]),
    "discovery.manifest": ("yes", [["discovery", "load", "--project", "a-b", "s.ndjson"]]),
    "discovery.manifest_limit": ("many", [["discovery", "load", "--project", "a-b", "s.ndjson"]]),
    "limits.join_memory_mib": ("9999", [["search", "load", "--project", "a-b", "s.ndjson", "--dry-run"]]),
    "gen3.allow_http": ("maybe", []),  # asked for only where it matters: tests/e2e/security
    # Asked for only when the server has answered: tests/e2e/search/test_search.py.
    "search.connections": ("many", []),
    "search.bulk_size": ("large", []),
    "search.gzip": ("maybe", []),
    "search.retry_time": ("long", []),
    # Of a run alone: which steps it has, and how often it tries one.
    "destinations.projects": ("maybe", []),
    "destinations.graph": ("maybe", []),
    "destinations.files": ("maybe", []),
    "destinations.search": ("maybe", []),
    "destinations.fhir": ("maybe", []),
    "destinations.discovery": ("maybe", []),
    "limits.tries": ("none", []),
    "limits.retry_wait": ("none", []),
}
# Texts, folders and addresses. Commands and steps read them through the same functions: config::database_address,
# gen3::session_options, studies::pull_options, studies::source_profile, simplify::StudySetup, simplify::study_source (whose settings
# test_exclude.py and test_transform_ids.py hold), config::folder.
TEXTS = {"exclude", "transform_ids", "program", "dictionary", "simplify_config", "user_yaml", "temp_dir", "creds", "etl_yaml", "fence_config", "search.url", "search.personal_identifiers",
         "search.user", "search.password", "search.api_key", "search.ca_file", "search.prefix", "discovery.commons", "discovery.commons_name",
         "state_dir",
         "files.bucket", "folder.studies", "folder.output", "source.bucket", "source.path", "source.studies_prefix", "source.output_prefix",
         "source.profile", "gen3.endpoint", "gen3.api_key", "gen3.access_token", "database.host", "database.port", "database.name",
         "database.user", "database.password"}


def test_every_setting_is_in_a_table(etl):
    keys = {row["key"] for row in etl("config", "show", "-o", "json").ok().json()}
    assert keys == TYPED.keys() | TEXTS and not TYPED.keys() & TEXTS


@pytest.mark.parametrize("key", TYPED)
def test_a_run_and_the_commands_heed_it(etl, demo_dictionary, key):
    value, commands = TYPED[key]
    text = f"{key.split('.')[1]}: {value}" if "." in key else f"{value}"
    (etl.cwd / "etl.yaml").write_text(f"{key.split('.')[0]}: {'{' + text + '}' if '.' in key else text}\nprogram: a\nstudies: [{{name: A}}]\n")
    (etl.cwd / "s.ndjson").write_text(PATIENT)
    etl.env |= {"GEN3_ENDPOINT": "http://127.0.0.1:9", "S3_PATH": "x", "DICTIONARY_URL": str(demo_dictionary), "HOME": str(etl.cwd)}
    for args in [["run", "--all"], ["config", "show"], *commands]:
        ran = etl(*args).failed(2)
        assert key in ran.stderr and "etl.yaml:1" in ran.stderr, ran


DANGLING = [patient("p1"), observation("o1", "nobody")]


def test_dangling_references_are_skipped_by_every_command(etl, load, graph, study):  # noqa: F811
    folder = study(*DANGLING)
    etl("validate", folder).failed(3)
    load(folder).failed(3)
    (etl.cwd / "etl.yaml").write_text("graph: {dangling: skip}\n")
    validated = etl("validate", folder).ok()
    assert "warning" in validated.stdout and "dangling" in validated.stdout
    load(folder).ok()
    etl("validate", folder, "--dangling", "error").failed(3)
    load(folder, "--dangling", "error").failed(3)


def test_prune_and_shared_hold_for_graph_load(etl, load, graph, study):  # noqa: F811
    load(study(research_study("s1"), patient("p1"), patient("p2"))).ok()
    fewer = study(research_study("s1"), patient("p1"), name="fewer")
    (etl.cwd / "etl.yaml").write_text("graph: {prune: yes, shared: keep}\n")
    patients = "select count(*) from node_patient"
    load(fewer, "--no-prune").ok()
    assert graph.value(patients) == 2
    load(fewer).ok()
    assert graph.value(patients) == 1
    load(study(patient("p1"), name="theirs"), project="aced-two").ok()
    load(study(patient("p1", gender="other"), name="theirs"), "--shared", "error", project="aced-two").failed(3)


def test_a_pull_deletes_as_source_delete_says(world):
    """A run's answer is a command's answer; --delete is the one that asks."""
    world.etl("studies", "pull").ok()
    file = world.etl.cwd / "studies" / LUNG / "Gone.ndjson"
    world.s3.client().put_object(Bucket=world.bucket, Key=f"dev/studies/{LUNG}/Gone.ndjson", Body=PATIENT.encode())
    world.etl("studies", "pull").ok()
    assert file.exists()
    world.s3.client().delete_object(Bucket=world.bucket, Key=f"dev/studies/{LUNG}/Gone.ndjson")
    etl_yaml = world.etl.cwd / "etl.yaml"
    etl_yaml.write_text(etl_yaml.read_text() + "\nsource: {delete: yes}\n")
    world.etl("studies", "pull", "--no-delete").ok()
    assert file.exists()
    world.etl("studies", "pull").ok()
    assert not file.exists()
