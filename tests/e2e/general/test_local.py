"""The local PostgreSQL: local/postgres. The other servers: test_local_servers.py."""

import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from databases import Postgres, local_postgres
from local_servers import exports, local
from programs import ROOT


@pytest.fixture
def home() -> Iterator[pathlib.Path]:
    """A folder for one more server, removed with what it holds."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="aced-etl-local-"))
    yield path
    local_postgres(path, "destroy", check=False)
    shutil.rmtree(path, ignore_errors=True)


def up(home: pathlib.Path) -> dict[str, str]:
    local_postgres(home, "up", ACED_LOCAL_FSYNC="off")
    return exports(local_postgres(home, "env").stdout)


def ask(env: dict[str, str], sql: str):
    with psycopg.connect(host=env["PGHOST"], port=env["PGPORT"], dbname=env["PGDATABASE"], user=env["PGUSER"],
                         password=env["PGPASSWORD"], connect_timeout=5) as connection:
        return connection.execute(sql).fetchone()


def server_pid(home: pathlib.Path) -> int:
    return int(re.search(r"pid (\d+)", local_postgres(home, "status").stderr)[1])


def test_up_twice_keeps_server_port_and_password(home):
    first = up(home)
    pid = server_pid(home)
    assert up(home) == first
    assert server_pid(home) == pid


def test_down_keeps_the_data(home):
    env = up(home)
    with psycopg.connect(host=env["PGHOST"], port=env["PGPORT"], dbname=env["PGDATABASE"], user=env["PGUSER"],
                         password=env["PGPASSWORD"], autocommit=True) as connection:
        connection.execute("create table kept as select 42 as answer")
    local_postgres(home, "down")
    status = local_postgres(home, "status", check=False)
    assert (status.returncode, "is down" in status.stderr) == (3, True)
    local_postgres(home, "down")  # nothing to do is no failure
    assert ask(up(home), "select answer from kept") == (42,)


def test_killed_server_comes_back(home):
    env = up(home)
    os.kill(server_pid(home), signal.SIGKILL)
    assert local_postgres(home, "status", check=False).returncode == 3
    assert up(home) == env
    assert ask(env, "select 1") == (1,)


def test_pid_of_a_stranger_is_no_server(home):
    """After a crash of the machine the number in postmaster.pid may belong to anyone."""
    env = up(home)
    pid_file = home / "pg/postmaster.pid"
    left = pid_file.read_text()
    owner = pid_file.stat()
    local_postgres(home, "down")
    pid_file.write_text(left.replace(left.splitlines()[0], str(os.getpid()), 1))
    os.chown(pid_file, owner.st_uid, owner.st_gid)
    assert local_postgres(home, "status", check=False).returncode == 3
    assert up(home) == env
    assert server_pid(home) != os.getpid()


def test_port_taken_by_another_moves_it_and_its_credentials(home):
    env = up(home)
    local_postgres(home, "down")
    with socket.create_server(("127.0.0.1", int(env["PGPORT"]))):
        moved = up(home)
    assert moved["PGPORT"] != env["PGPORT"]
    assert moved["PGPASSWORD"] == env["PGPASSWORD"]
    assert (home / "creds/sheepdog-creds/port").read_text() == moved["PGPORT"]
    assert ask(moved, "select 1") == (1,)


def test_credentials_are_laid_out_as_in_the_pod(postgres: Postgres):
    folder = postgres.creds / "sheepdog-creds"
    values = {}
    for name in ("database", "dbcreated", "host", "password", "port", "username"):
        assert os.readlink(folder / name) == f"..data/{name}"
        values[name] = (folder / name).read_text()
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert os.readlink(folder / "..data").startswith("..20")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    env = postgres.env
    assert values == {"database": "sheepdog_local", "dbcreated": "true", "host": "127.0.0.1", "password": env["PGPASSWORD"],
                      "port": env["PGPORT"], "username": "sheepdog"}


def test_user_owns_its_database_and_is_nothing_more(postgres: Postgres):
    assert postgres.psql("select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = 'sheepdog'") == "f|f|f\n"
    assert postgres.psql("select pg_get_userbyid(datdba) from pg_database where datname = 'sheepdog_local'") == "sheepdog\n"


def test_password_is_needed(postgres: Postgres):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        ask({**postgres.env, "PGPASSWORD": "wrong"}, "select 1")


def test_listens_on_loopback_only(postgres: Postgres):
    assert postgres.psql("show listen_addresses") == "127.0.0.1\n"


def test_password_is_in_no_command_line_and_no_log(postgres: Postgres, canary):
    for process in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            canary.check(process.read_bytes().decode("utf-8", "replace"), str(process))
        except OSError:
            continue  # it has ended
    canary.check(postgres.psql("select pg_read_file('server.log')"), "the log of PostgreSQL")


def test_settings_survive_a_shell(home):
    """make env is meant for eval."""
    env = up(home)
    script = 'eval "$("$0" env)" && psql -XAtc "select current_user, current_database()"'
    done = subprocess.run(["bash", "-c", script, ROOT / "local/postgres"], env={**os.environ, "ACED_LOCAL_DIR": str(home)},
                          capture_output=True, text=True, check=True)
    assert done.stdout == f"{env['PGUSER']}|{env['PGDATABASE']}\n"


def test_destroy_leaves_nothing(home):
    up(home)
    data = (home / "pg").resolve()
    local_postgres(home, "destroy")
    assert not data.exists()
    assert sorted(path.name for path in home.iterdir()) == ["pg.lock"]


# Another user of the machine, who knows under which names the server keeps its files.


@pytest.fixture
def nobody() -> int:
    """The user id of another user, to whom only root can give files."""
    if os.geteuid() != 0:
        pytest.skip("only root can make files of another user")
    return pwd.getpwnam("nobody").pw_uid


@pytest.fixture
def shared() -> Iterator[pathlib.Path]:
    """A path below the shared /var/tmp where nothing is yet."""
    path = pathlib.Path("/var/tmp") / f"aced-etl-test-{uuid.uuid4()}"
    yield path
    if path.is_symlink():
        path.unlink()
    shutil.rmtree(path, ignore_errors=True)


@pytest.mark.parametrize("command", ["up", "down", "status", "destroy", "psql"])
@pytest.mark.parametrize("kind", ["folder", "link", "open folder"])
def test_a_data_folder_that_another_user_made_is_refused(home, shared, nobody, kind, command):
    """The folder below /var/tmp is gone, and another user has taken its name."""
    precious = home / "precious"
    precious.mkdir()
    (precious / "file").write_text("kept")
    if kind == "link":
        shared.symlink_to(precious)
        os.chown(shared, nobody, nobody, follow_symlinks=False)
    else:
        shared.mkdir()
        os.chown(shared, nobody if kind == "folder" else pwd.getpwnam("postgres").pw_uid, -1)
        shared.chmod(0o777)
    (home / "pg").symlink_to(shared)
    before = shared.lstat()
    done = local_postgres(home, command, check=False)
    assert done.returncode == 1, done
    assert f"postgres: {shared} is not the data folder that was made for user postgres" in done.stderr
    assert f"Remove the link {home}/pg" in done.stderr
    assert shared.lstat() == before
    assert [path.name for path in shared.iterdir()] == (["file"] if kind == "link" else [])
    assert (precious / "file").read_text() == "kept"


def test_a_data_folder_that_is_gone_is_made_anew(home, shared, nobody):
    (home / "pg").symlink_to(shared)
    env = up(home)
    data = (home / "pg").resolve()
    assert data != shared and not shared.exists()
    assert (stat.S_IMODE(data.stat().st_mode), data.owner(), data.parent) == (0o700, "postgres", pathlib.Path("/var/tmp"))
    assert ask(env, "select 1") == (1,)


def test_the_name_of_the_data_folder_cannot_be_predicted(home, nobody):
    names = []
    for _ in range(2):
        up(home)
        names.append((home / "pg").resolve())
        local_postgres(home, "destroy")
    assert len(set(names)) == 2
    assert all(re.fullmatch(r"aced-etl-[A-Za-z0-9]{10}", path.name) for path in names)


def test_a_home_that_is_made_is_for_its_owner_to_write(home):
    subprocess.run([ROOT / "local/postgres", "status"], env={**os.environ, "ACED_LOCAL_DIR": str(home / "new/home")}, umask=0, check=False)
    assert not stat.S_IMODE((home / "new/home").stat().st_mode) & 0o022


@pytest.mark.parametrize("script", ["postgres", "s3", "search", "gen3", "commons"])
@pytest.mark.parametrize("fault", ["owner", "mode", "link"])
def test_a_home_that_another_user_controls_is_refused(home, shared, nobody, script, fault):
    place = home
    if fault == "owner":
        os.chown(home, nobody, nobody)
    elif fault == "mode":
        home.chmod(0o777)
    else:
        place = shared
        shared.symlink_to(home)
        os.chown(shared, nobody, nobody, follow_symlinks=False)
    try:
        done = local(script, place, "up", check=False)
    finally:
        os.chown(home, 0, 0)
        home.chmod(0o700)
    assert done.returncode == 1, done
    expected = f"other users can write to {place}" if fault == "mode" else f"{place} belongs to another user (uid {nobody})"
    assert f"{script}: {expected}: name a folder of your own in ACED_LOCAL_DIR" in done.stderr
    assert list(home.iterdir()) == []


def test_the_socket_lies_in_the_data_folder_however_long_its_path(nobody):
    """No folder in /tmp, whose name others know, stands in for it."""
    outer = pathlib.Path(tempfile.mkdtemp(prefix="aced-etl-local-"))
    outer.chmod(0o755)
    home = outer / ("long" * 20) / ("path" * 20)
    home.mkdir(parents=True)
    for path in (home.parent, home):
        path.chmod(0o755)
    try:
        env = up(home)
        data = home / "pg"
        assert not data.is_symlink() and len(str(data)) > 107
        assert (data / f".s.PGSQL.{env['PGPORT']}").is_socket()
        assert local_postgres(home, "psql", "-d", "postgres", "-At", "-c", "show unix_socket_directories").stdout == ".\n"
        os.kill(server_pid(home), signal.SIGKILL)
        assert up(home) == env
    finally:
        local_postgres(home, "destroy", check=False)
        shutil.rmtree(outer, ignore_errors=True)
