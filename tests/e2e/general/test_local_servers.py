"""The local commons' other servers: local/s3, local/search, local/gen3, and local/commons, which starts them all."""

import json
import os
import pathlib
import re
import shutil
import socket
import stat
import subprocess
import tempfile
import urllib.request
import uuid
from collections.abc import Callable, Iterator

import botocore.exceptions
import pytest
import yaml
from local_servers import S3, Commons, Search, Server, exports, fence_config, local, pid_of
from programs import ROOT, Canary


@pytest.fixture
def home() -> Iterator[pathlib.Path]:
    """A folder for one more commons, removed with what it holds."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="aced-etl-local-"))
    yield path
    local("commons", path, "destroy", check=False)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def own_s3() -> Iterator[S3]:
    """One that tests may move."""
    server = S3(pathlib.Path(tempfile.mkdtemp(prefix="aced-etl-local-s3-")))
    server.start()
    yield server
    server.destroy()


def listening(pid: int) -> set[str]:
    """The addresses on which a process accepts connections, as the kernel writes them."""
    inodes = set()
    for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        found = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(fd))
        inodes |= {found[1]} if found else set()
    rows = [line.split() for table in ("tcp", "tcp6") for line in pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
    return {row[1].split(":")[0] for row in rows if row[3] == "0A" and row[9] in inodes}


def assert_private(folder: pathlib.Path) -> None:
    """No one else may read what lies there."""
    for path in [folder, *folder.rglob("*")]:
        assert path.is_symlink() or not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def answers(server: Server) -> bool:
    if isinstance(server, S3):
        return server.client().list_buckets()["ResponseMetadata"]["HTTPStatusCode"] == 200
    if isinstance(server, Search):
        return server.ask("GET", "/_cluster/health")[0] == 200
    with urllib.request.urlopen(server.env["GEN3_ENDPOINT"] + "/user/_status", timeout=10) as answer:
        return answer.status == 200


# What holds of each server.


@pytest.fixture(params=["s3", "search_server", "commons"])
def server(request) -> Server:
    return request.getfixturevalue(request.param)


def test_listens_on_loopback_only(server):
    assert listening(server.pid) == {"0100007F"}


def test_uses_no_shared_temporary_folder(server):
    """Names there can be foreseen and taken by another user of the machine."""
    process = pathlib.Path(f"/proc/{server.pid}")
    opened = {os.readlink(fd) for fd in (process / "fd").iterdir()} | set(re.findall(r"(/\S+)$", (process / "maps").read_text(), re.M))
    own = str(server.home.resolve())
    assert [path for path in opened if path.startswith(("/tmp/", "/var/tmp/")) and not path.startswith(own)] == []


FAKE_MAVEN = """#!/bin/sh
echo called >>"$FAKE_LOG"
for word in "$@"; do case $word in -DoutputDirectory=*) into=${word#*=} ;; --strict-checksums) strict=1 ;; esac; done
[ "$strict" ] || exit 1
cp "$FAKE_JARS"/*.jar "$into/"
"""


@pytest.mark.parametrize(("change", "told"), [(None, ""), ("other bytes", "a.jar"), ("one more", "evil.jar"), ("one less", "b.jar")])
def test_only_the_jars_that_the_project_names_are_used(change, told, tmp_path):
    project, jars, fakes = (tmp_path / name for name in ("project", "jars", "bin"))
    (project / "local/jars/x").mkdir(parents=True)
    jars.mkdir()
    fakes.mkdir()
    for name in ("home.bash", "server.bash"):
        shutil.copy(ROOT / "local" / name, project / "local")
    (project / "local/jars/x/pom.xml").write_text("<project/>")
    for name in ("a", "b"):
        (jars / f"{name}.jar").write_text(name)
    sums = subprocess.run("sha256sum -- *.jar", shell=True, cwd=jars, capture_output=True, text=True, check=True).stdout
    (project / "local/jars/x/SHA256SUMS").write_text(sums)
    if change == "other bytes":
        (jars / "a.jar").write_text("evil")
    elif change == "one more":
        (jars / "evil.jar").write_text("evil")
    elif change == "one less":
        (jars / "b.jar").unlink()
    for name, text in (("mvn", FAKE_MAVEN), ("java", "#!/bin/sh\n")):
        (fakes / name).write_text(text)
        (fakes / name).chmod(0o755)
    env = os.environ | {"PATH": f"{fakes}:{os.environ['PATH']}", "FAKE_LOG": str(tmp_path / "log"), "FAKE_JARS": str(jars),
                        "ACED_LOCAL_DIR": str(tmp_path / "home")}
    for _ in range(2):
        done = subprocess.run(["bash", "-euc", "name=x; source local/server.bash; jars x"], cwd=project, env=env, capture_output=True,
                              text=True, check=False)
        assert (done.returncode == 0) == (change is None), done
        assert told in done.stderr and ("they are not used" in done.stderr) == (change is not None)
    # What passed is not fetched again; what did not is.
    assert (tmp_path / "log").read_text().count("called") == (1 if change is None else 2)


def test_every_pinned_jar_has_one_sum():
    for name in ("s3", "search"):
        lines = (ROOT / f"local/jars/{name}/SHA256SUMS").read_text().splitlines()
        assert len(lines) > 50 and all(re.fullmatch(r"[0-9a-f]{64}  [A-Za-z0-9._-]+\.jar", line) for line in lines)
        assert lines == sorted(lines, key=lambda line: line.split()[1])


def test_up_twice_keeps_the_server(server):
    env, pid = server.env, server.pid
    server.command("up")
    assert exports(server.command("env").stdout).items() <= env.items()
    assert server.pid == pid


def test_killed_server_comes_back_where_it_was(server):
    env = dict(server.env)
    server.kill()
    assert server.command("status", check=False).returncode == 3
    server.start()
    assert server.env.items() <= env.items()
    assert answers(server)


@pytest.mark.parametrize("server", ["s3", "commons"], indirect=True)
def test_down_is_down_and_no_failure_twice(server):
    env = dict(server.env)
    server.stop()
    server.stop()
    status = server.command("status", check=False)
    assert (status.returncode, "is down" in status.stderr) == (3, True)
    server.start()
    assert server.env.items() <= env.items()
    assert answers(server)


def test_secrets_are_in_no_command_line(server, canary: Canary):
    for process in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            canary.check(process.read_bytes().decode("utf-8", "replace"), str(process))
        except OSError:
            continue  # it has ended


# S3.


def test_pid_of_a_stranger_is_no_server(own_s3):
    """After a crash of the machine the number may belong to anyone."""
    env = own_s3.env
    own_s3.stop()
    (own_s3.home / "s3/pid").write_text(f"{os.getpid()}\n")
    assert own_s3.command("status", check=False).returncode == 3
    own_s3.command("down")
    own_s3.start()
    assert own_s3.env == env
    assert own_s3.pid != os.getpid()


def test_port_taken_by_another_moves_it_and_its_profiles(own_s3):
    before, keys = own_s3.endpoint, own_s3.keys
    own_s3.stop()
    with socket.create_server(("127.0.0.1", int(before.rsplit(":", 1)[1]))):
        own_s3.start()
    assert own_s3.endpoint != before
    assert own_s3.keys == keys
    assert (own_s3.home / "aws/config").read_text().count(f"endpoint_url = {own_s3.endpoint}\n") == 2
    assert answers(own_s3)


def test_both_keys_see_the_same_objects_and_down_keeps_them(own_s3):
    bucket = own_s3.new_bucket()
    own_s3.client("fencebot").put_object(Bucket=bucket, Key="a/b", Body=b"kept")
    own_s3.stop()
    own_s3.start()
    assert own_s3.client("etlbot").get_object(Bucket=bucket, Key="a/b")["Body"].read() == b"kept"


def test_keys_differ_and_are_needed(s3: S3):
    assert sorted(s3.keys) == ["etlbot", "fencebot"]
    assert len({part for pair in s3.keys.values() for part in pair}) == 4
    key, _ = s3.keys["etlbot"]
    _, secret = s3.keys["fencebot"]
    with pytest.raises(botocore.exceptions.ClientError, match="SignatureDoesNotMatch"):
        s3.client(aws_access_key_id=key, aws_secret_access_key=secret).list_buckets()


def test_two_homes_have_different_keys(own_s3, s3: S3):
    assert own_s3.endpoint != s3.endpoint
    assert not {pair[1] for pair in own_s3.keys.values()} & {pair[1] for pair in s3.keys.values()}


def test_etag_of_a_multipart_upload_is_not_its_md5(s3: S3):
    """As with AWS; a verifier that compares it with the md5 must be caught out here."""
    client, bucket = s3.client(), s3.new_bucket()
    upload = client.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    parts = [{"PartNumber": number, "ETag": client.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=number,
                                                               Body=body)["ETag"]}
             for number, body in ((1, b"x" * (5 << 20)), (2, b"y"))]
    client.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload={"Parts": parts})
    head = client.head_object(Bucket=bucket, Key="parts")
    assert re.fullmatch(r'"[0-9a-f]{32}-2"', head["ETag"])
    assert head["ContentLength"] == (5 << 20) + 1


def test_aws_files_are_private(s3: S3):
    assert_private(s3.home / "aws")
    assert_private(s3.home / "s3")


def test_log_holds_no_requests(s3: S3):
    key = f"quiet-{uuid.uuid4()}"  # a bucket's name may begin as another's does
    s3.client().put_object(Bucket=s3.new_bucket(), Key=key, Body=b"x")
    assert key not in s3.log()


# The stand-in's credentials, as the pod has them.


def test_credentials_are_laid_out_as_in_the_pod(commons: Commons):
    for name in ("credentials.json", "user.yaml", "fence-config.yaml"):
        assert os.readlink(commons.creds / name) == f"..data/{name}"
    assert os.readlink(commons.creds / "..data").startswith("..20")
    assert_private(commons.creds)
    assert sorted(json.loads((commons.creds / "credentials.json").read_text())) == ["api_key", "key_id"]
    assert (commons.creds / "user.yaml").read_text() == (ROOT / "local/user.yaml").read_text()


def test_fence_config_names_buckets_that_are_there(commons: Commons):
    config = yaml.safe_load((commons.creds / "fence-config.yaml").read_text())
    assert sorted(config["S3_BUCKETS"]) == sorted(config["ALLOWED_DATA_UPLOAD_BUCKETS"])
    assert config["DATA_UPLOAD_BUCKET"] in config["S3_BUCKETS"]
    assert config["BASE_URL"] == commons.endpoint + "/user"
    key = config["AWS_CREDENTIALS"]["fencebot"]
    assert (key["aws_access_key_id"], key["aws_secret_access_key"]) == commons.s3.keys["fencebot"]
    there = {bucket["Name"] for bucket in commons.s3.client().list_buckets()["Buckets"]}
    for name, bucket in config["S3_BUCKETS"].items():
        assert name in there
        assert bucket["endpoint_url"] == commons.s3.endpoint
        assert bucket["cred"] == "fencebot"


def test_fence_config_may_be_at_odds_with_itself(new_commons: Callable[..., Commons]):
    """A test's own configuration of fence: what `buckets` must find."""
    commons = new_commons(fence_config=fence_config(configured=("aced-local-archive",), allowed=("aced-local-gone",)))
    known = commons.stand_in.ask("GET", "/user/data/buckets").json()["S3_BUCKETS"]
    assert commons.bucket("archive") in known
    assert commons.bucket("gone") not in known
    there = {bucket["Name"] for bucket in commons.s3.client().list_buckets()["Buckets"]}
    assert (commons.bucket("archive") in there, commons.bucket("gone") in there) == (True, False)


def test_every_project_of_user_yaml_has_a_bucket():
    users = yaml.safe_load((ROOT / "local/user.yaml").read_text())
    programs = next(node for node in users["authz"]["resources"] if node["name"] == "programs")["subresources"]
    projects = [(program["name"], project["name"]) for program in programs
                for project in program["subresources"][0]["subresources"]]
    buckets = set(re.findall(r"^  (aced-local-[a-z-]+):", (ROOT / "local/fence-config.yaml").read_text(), re.MULTILINE))
    assert ("demo", "synthetic") in projects
    assert buckets == {"aced-local-" + (f"{program}-{project}" if program == "demo" else project).lower().replace("_", "-")
                       for program, project in projects}


def test_user_yaml_names_only_what_it_defines():
    authz = yaml.safe_load((ROOT / "local/user.yaml").read_text())
    users, authz = authz["users"], authz["authz"]
    paths = set()

    def walk(nodes: list[dict], above: str) -> None:
        for node in nodes:
            paths.add(f"{above}/{node['name']}")
            walk(node.get("subresources", []), f"{above}/{node['name']}")

    walk(authz["resources"], "")
    policies = {policy["id"] for policy in authz["policies"]}
    for policy in authz["policies"]:
        assert set(policy["role_ids"]) <= {role["id"] for role in authz["roles"]}
        assert set(policy["resource_paths"]) <= paths
    for user in users.values():
        assert set(user["policies"]) <= policies
    assert set(authz["anonymous_policies"] + authz["all_users_policies"]) <= policies


def test_key_of_another_user_is_of_that_user(commons: Commons):
    def user_of(credentials: pathlib.Path) -> str:
        key = json.loads(credentials.read_text())["api_key"]
        token = commons.stand_in.ask("POST", "/user/credentials/api/access_token", {"api_key": key}).json()["access_token"]
        return commons.stand_in.ask("GET", "/user/user", token=token).json()["username"]

    assert user_of(commons.creds / "credentials.json") == "etl@example.org"
    assert user_of(commons.credentials_of("reader@example.org")) == "reader@example.org"


def test_aced_etl_works_on_it(commons: Commons, etl):
    """Everything that the commons' `env` points at, through the commands that use it."""
    tested = etl("buckets", "test", "--all", "-o", "json").ok().json()
    assert commons.bucket("demo-synthetic") in [row["bucket"] for row in tested]


def test_moved_s3_restarts_the_stand_in(new_commons: Callable[..., Commons], own_s3: S3):
    """A stand-in that signed for the old address would fail every upload."""
    commons = new_commons(s3=own_s3)
    before, at = own_s3.endpoint, commons.endpoint
    own_s3.stop()
    with socket.create_server(("127.0.0.1", int(before.rsplit(":", 1)[1]))):
        own_s3.start()
    commons.start()
    assert own_s3.endpoint != before
    assert commons.endpoint == at
    config = yaml.safe_load((commons.creds / "fence-config.yaml").read_text())
    assert {bucket["endpoint_url"] for bucket in config["S3_BUCKETS"].values()} == {own_s3.endpoint}


# All of it.


def test_commons_points_every_tool_at_itself(home: pathlib.Path):
    """eval "$(make -s env)": psql, an S3 client by profile, and HTTP by its address, all in one shell."""
    local("commons", home, "up", ACED_LOCAL_FSYNC="off")
    status = local("commons", home, "status").stderr
    assert [line.split(":")[0] for line in status.splitlines()] == ["postgres", "s3", "search", "gen3"]
    script = """
        set -eu
        eval "$("$1" env)"
        psql -XAtc 'select current_user'
        "$2" -c '
import boto3, json, os, urllib.request
client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
client.put_object(Bucket=os.environ["S3_BUCKET"], Key=os.environ["S3_PATH"] + "/x", Body=b"x")
print(client.meta.region_name, len(client.list_buckets()["Buckets"]) > 5)
print(json.load(urllib.request.urlopen(os.environ["ELASTICSEARCH_URL"]))["version"]["distribution"])
print(urllib.request.urlopen(os.environ["GEN3_ENDPOINT"] + "/user/_status").status)
'
        test -s "$GEN3_API_KEY"
        test -s "$ACED_ETL_CREDS/sheepdog-creds/password"
        test -s "$DICTIONARY_URL"
    """
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PG"))}
    done = subprocess.run(["bash", "-c", script, "-", ROOT / "local/commons", "/usr/bin/python3"],
                          env={**plain, "ACED_LOCAL_DIR": str(home)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["sheepdog", "us-east-1 True", "opensearch", "200"]

    # Left out, it is not stopped; once it is down, it does not count.
    local("commons", home, "up", "--without", "search")
    assert exports(local("commons", home, "env").stdout)["ELASTICSEARCH_URL"]
    local("search", home, "down")
    assert local("commons", home, "status", check=False).returncode == 3
    local("commons", home, "up", "--without", "search")
    local("commons", home, "status")
    assert "ELASTICSEARCH_URL" not in exports(local("commons", home, "env").stdout)

    pids = [pid_of(script, home) for script in ("postgres", "s3", "gen3")]
    assert all(pids)
    local("commons", home, "destroy")
    assert [pid for pid in pids if pathlib.Path(f"/proc/{pid}").exists()] == []
    assert sorted(path.name for path in home.iterdir()) == ["commons.lock", "gen3.lock", "pg.lock", "s3.lock", "search.lock"]


def test_env_before_the_first_up_says_what_to_do(home: pathlib.Path):
    done = local("commons", home, "env", check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "local/commons up" in done.stderr


def test_unknown_server_is_refused(home: pathlib.Path):
    done = local("commons", home, "up", "--without", "oracle", check=False)
    assert done.returncode == 1
    assert "oracle" in done.stderr
    assert sorted(path.name for path in home.iterdir()) == ["commons.lock"]
