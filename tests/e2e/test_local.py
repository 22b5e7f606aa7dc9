"""The local PostgreSQL: local/postgres. The other servers: test_local_servers.py."""

import os
import pathlib
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
from collections.abc import Iterator

import psycopg
import pytest
from databases import Postgres, local_postgres
from local_servers import exports
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
