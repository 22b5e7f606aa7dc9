"""doctor finds what would end a run: services that are down, unrouted or refuse the token, and folders that cannot be written."""

from __future__ import annotations

import pathlib

import pytest

ALL_PROJECTS = "program: demo\nstudies:\n- {name: Synthetic, project: synthetic}\n- {name: Cohort, project: cohort, enabled: no}\n"


@pytest.fixture
def pod(etl, commons, tmp_path, demo_dictionary) -> pathlib.Path:
    """A pod where all is well; the home folder."""
    home = tmp_path / "home"
    for folder in ("studies/Synthetic", "output"):
        (home / folder).mkdir(parents=True)
    (home / "studies/Synthetic/Patient.ndjson").write_text('{"resourceType": "Patient", "id": "p1"}\n')
    etl.env |= {"HOME": str(home), "DICTIONARY_URL": str(demo_dictionary)}
    etl("graph", "init").ok()
    return home


def examined(etl, rc: int, *args: object) -> dict[str, dict]:
    return {row["check"]: row for row in etl("doctor", "-o", "json", *args).failed(rc).json()}


def test_services_that_accept_the_token(etl, pod, commons, tmp_path):
    (tmp_path / "etl.yaml").write_text(ALL_PROJECTS)
    before = records(commons)
    rows = examined(etl, 0, "--etl-yaml", tmp_path / "etl.yaml")
    assert rows["indexd"]["state"] == rows["indexd, demo-synthetic"]["state"] == rows["sheepdog"]["state"] == "ok"
    assert "indexd, demo-cohort" not in rows, "no run serves it"
    assert records(commons) == before, "doctor writes nothing"


def records(commons) -> list:
    return commons.stand_in.ask("GET", "/index/index?limit=1024").json()["records"]


@pytest.mark.parametrize("service, path", [("indexd", "/index/_status"), ("sheepdog", "/api/_status")])
def test_a_service_that_is_down(etl, pod, commons, service, path):
    commons.stand_in.fault("status", path, status=502, times=100)
    rows = examined(etl, 5)
    assert rows[service]["state"] == "failed" and "HTTP 50" in rows[service]["found"]


@pytest.mark.parametrize("service, path", [("indexd", "/index/_status"), ("sheepdog", "/api/_status")])
def test_a_service_without_a_route(etl, pod, commons, service, path):
    commons.stand_in.fault("status", path, status=404, times=100)
    rows = examined(etl, 2)
    assert rows[service]["state"] == "failed"
    assert f"the answer is not {service}'s" in rows[service]["found"] and "revproxy's route" in rows[service]["advice"]


def test_a_user_whose_records_indexd_refuses(etl, pod, commons, tmp_path):
    (tmp_path / "etl.yaml").write_text(ALL_PROJECTS)
    etl.env["GEN3_API_KEY"] = str(commons.credentials_of("reader@example.org"))
    rows = examined(etl, 4, "--etl-yaml", tmp_path / "etl.yaml")
    assert rows["indexd, demo-synthetic"]["state"] == "failed"
    assert "indexd does not accept a record: HTTP 401: Permission denied." in rows["indexd, demo-synthetic"]["found"]


def test_services_that_no_run_uses_are_not_asked(etl, pod, commons, tmp_path):
    commons.stand_in.fault("status", "/index/_status", status=502, times=100)
    commons.stand_in.fault("status", "/api/_status", status=502, times=100)
    (tmp_path / "etl.yaml").write_text(ALL_PROJECTS + "destinations: {files: no, projects: no}\n")
    rows = examined(etl, 0, "--etl-yaml", tmp_path / "etl.yaml")
    assert "indexd" not in rows and "sheepdog" not in rows


def test_a_state_folder_that_is_a_file(etl, pod):
    pathlib.Path(etl.env["ACED_ETL_STATE_DIR"]).write_text("")
    rows = examined(etl, 2)
    assert rows["state"]["state"] == "failed" and "--state-dir" in rows["state"]["advice"]


def test_every_enabled_study_is_checked(world):
    """Its source, bucket, project in the commons and project in the graph; a disabled study is not."""
    first, second = world.studies()
    world.write_etl_yaml(studies=[first, {**second, "enabled": False}])
    rows = {row["check"]: row["state"] for row in world.etl("doctor", "-o", "json").ok().json()}
    for check in ("source of Lung", "bucket of Lung", "project demo-synthetic", "indexd, demo-synthetic", "graph, demo-synthetic"):
        assert rows.get(check) == "ok", (check, rows)
    assert not [check for check in rows if "Cohort" in check and ("source" in check or "bucket" in check)]
    assert rows["privileges"] == "ok" and rows["API key"] == "ok"


def test_a_reader_s_key_is_a_failure_for_every_enabled_study(world):
    env = {"GEN3_API_KEY": str(world.commons.credentials_of("reader@example.org"))}
    ran = world.etl("doctor", "-o", "json", env=env)
    rows = {row["check"]: row for row in ran.json()}
    assert ran.rc == 4
    for project in ("demo-synthetic", "demo-cohort"):
        for check in (f"project {project}", f"indexd, {project}", f"making {project}"):
            assert rows[check]["state"] == "failed" and rows[check]["advice"], rows[check]
    world.write_etl_yaml(destinations={"files": "no", "projects": "no"})
    rows = {row["check"]: row["state"] for row in world.etl("doctor", "-o", "json", env=env).json()}
    assert rows.get("project demo-synthetic") != "failed", "a graph is loaded without fence"


def test_a_mistyped_project_of_a_study_is_a_warning(etl, pod, commons, tmp_path):
    """The user may write to all projects of the program, so a run would create the mistyped one and load it."""
    (tmp_path / "etl.yaml").write_text(ALL_PROJECTS.replace("project: synthetic", "project: synthetc"))
    row = examined(etl, 0, "--etl-yaml", tmp_path / "etl.yaml")["project demo-synthetc"]
    assert row["state"] == "warning" and row["advice"] == "did you mean `demo-synthetic`?", row
    assert f"{commons.creds}/user.yaml has no such project" in row["found"]
