"""What a lock says of its holder, and how far it reaches."""

from __future__ import annotations

import re
import socket

import pytest
from pooler import free_port
from run_world import LUNG, PROJECTS, step

HOST = socket.gethostname()
SINCE = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


@pytest.mark.promise("A lock names its holder")
def test_a_run_with_the_same_state_names_process_host_command_and_time(pod):
    with pod.held(LUNG):
        first = pod.start("--only", "graph", LUNG)
        pod.until_it_waits()
        reason = step(pod.run(LUNG, rc=8), LUNG, "pull")["reason"]
        assert f"another run is at work on {PROJECTS[LUNG]}: process {first.process.pid} on {HOST} (aced-etl run " in reason
        assert "--only graph Lung), since " in reason and re.search(rf"since {SINCE} UTC", reason)
    first.end().failed(0)


@pytest.mark.promise("A lock names its holder")
@pytest.mark.parametrize("only", ["validate", "graph", "projects"])
def test_a_run_with_another_state_names_them_too(pod, tmp_path, only):
    """The lock in the database serves every step, not that of the graph alone."""
    with pod.held(LUNG):
        first = pod.start("--only", "graph", LUNG)
        pod.until_it_waits()
        ran = pod.run(LUNG, "--only", only, rc=8, ACED_ETL_STATE_DIR=str(tmp_path / "other"))
        reason = step(ran, LUNG, only)["reason"]
        assert f"another run is at work on {PROJECTS[LUNG]}: aced-etl: process {first.process.pid} on {HOST[:24]}: run" in reason
        assert re.search(rf"at work since {SINCE}", reason), reason
    first.end().failed(0)


@pytest.mark.promise("A lock names its holder")
def test_commands_for_files_and_runs_keep_each_other_out(world, tmp_path):
    world.run()
    other = {"ACED_ETL_STATE_DIR": str(tmp_path / "other")}
    with world.database.connect() as holder:
        holder.execute("select pg_advisory_xact_lock(('x' || left(md5('aced-etl:run:demo-synthetic'), 16))::bit(64)::bigint)")
        held = f"another run is at work on {PROJECTS[LUNG]}"
        for command in (("files", "rm", "--project", PROJECTS[LUNG], "--yes"),
                        ("files", "load", "--project", PROJECTS[LUNG], world.home / "studies" / LUNG)):
            assert held in world.etl(*command, env=other).failed(8).stderr
        assert held in step(world.run(LUNG, "--only", "files", rc=8, ACED_ETL_TRIES="1", **other), LUNG, "files")["reason"]
    assert len(world.files(LUNG)) == 12, "nothing was removed"


@pytest.mark.promise("A lock names its holder")
def test_a_database_that_is_down_is_a_warning_for_steps_that_do_not_use_it(pod):
    ran = pod.etl("run", "--only", "validate", "--all", env={"PGPORT": str(free_port())}).ok()
    assert f"{PROJECTS[LUNG]} is not locked in the database" in ran.stderr
    ran = pod.etl("run", "--only", "validate", "--all", env={name: None for name in pod.etl.env if name.startswith("PG")}).ok()
    assert "not locked" not in ran.stderr
