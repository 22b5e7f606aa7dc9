"""A real PgBouncer in front of a test's database."""

from __future__ import annotations

import contextlib
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator

import psycopg
from databases import Database

# PgBouncer refuses to run as root, as PostgreSQL does: the same user runs both.
OWNER = "postgres"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Pooler:
    """PgBouncer on a port of its own; `env` leads a program to it instead of to the server."""

    def __init__(self, database: Database, home: pathlib.Path, **settings: object) -> None:
        self.database = database
        self.env = {**database.env, "PGHOST": "127.0.0.1", "PGPORT": str(free_port())}
        self.settings = {"pool_mode": "transaction", "default_pool_size": 2, "max_client_conn": 100, **settings}
        self._home = home
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        user, password = self.env["PGUSER"], self.env["PGPASSWORD"]
        (self._home / "users").write_text(f'"{user}" "{password}"\n')
        lines = ["[databases]", f"{self.database.name} = host={self.database.env['PGHOST']} port={self.database.env['PGPORT']}",
                 "[pgbouncer]", "listen_addr = 127.0.0.1", f"listen_port = {self.env['PGPORT']}", "unix_socket_dir =",
                 "auth_type = scram-sha-256", f"auth_file = {self._home / 'users'}", f"admin_users = {user}",
                 *(f"{name} = {value}" for name, value in self.settings.items())]
        config = self._home / "pgbouncer.ini"
        config.write_text("\n".join(lines) + "\n")
        command = ["pgbouncer", str(config)]
        if os.geteuid() == 0:
            for path in (self._home, *self._home.iterdir()):
                shutil.chown(path, OWNER)
            command[1:1] = ["-u", OWNER]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=(self._home / "log").open("w"))
        end = time.monotonic() + 20
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError:
                assert self._process.poll() is None and time.monotonic() < end, self.log()
                time.sleep(0.05)

    def connect(self, database: str | None = None, **options) -> psycopg.Connection:
        return psycopg.connect(host="127.0.0.1", port=self.env["PGPORT"], dbname=database or self.database.name,
                               user=self.env["PGUSER"], password=self.env["PGPASSWORD"], **options)

    def log(self) -> str:
        return (self._home / "log").read_text()

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait()


@contextlib.contextmanager
def pooler(database: Database, **settings: object) -> Iterator[Pooler]:
    if os.geteuid() == 0:
        pwd.getpwnam(OWNER)
    home = pathlib.Path(tempfile.mkdtemp(prefix="aced-etl-test-pooler-"))
    made = Pooler(database, home, **settings)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(home, ignore_errors=True)
