"""The PostgreSQL of a test session, and the databases that tests make in it."""

from __future__ import annotations

import dataclasses
import pathlib
import subprocess

import psycopg
from local_servers import local


@dataclasses.dataclass
class Postgres:
    """A server of this test session alone."""

    home: pathlib.Path  # its ACED_LOCAL_DIR
    env: dict[str, str]  # what local/postgres env says: PG*, ACED_ETL_CREDS, DICTIONARY_URL

    @property
    def creds(self) -> pathlib.Path:
        return self.home / "creds"

    def command(self, *args: str, check: bool = True, **env: str) -> subprocess.CompletedProcess:
        return local_postgres(self.home, *args, check=check, **env)

    def psql(self, sql: str, database: str = "postgres") -> str:
        """As the superuser."""
        return self.command("psql", "-d", database, "-At", "-c", sql).stdout


def local_postgres(home: pathlib.Path, *args: str, check: bool = True, **env: str) -> subprocess.CompletedProcess:
    return local("postgres", home, *args, check=check, **env)


@dataclasses.dataclass
class Database:
    """An empty database, owned by the commons' plain user."""

    name: str
    env: dict[str, str]
    postgres: Postgres

    def connect(self, **options) -> psycopg.Connection:
        return psycopg.connect(host=self.env["PGHOST"], port=self.env["PGPORT"], dbname=self.name,
                               user=self.env["PGUSER"], password=self.env["PGPASSWORD"], **options)

    def rows(self, sql: str, *params: object) -> list[tuple]:
        with self.connect(autocommit=True) as connection:
            return connection.execute(sql, params or None).fetchall()

    def value(self, sql: str, *params: object):
        return self.rows(sql, *params)[0][0]

    def execute(self, sql: str, *params: object) -> None:
        with self.connect(autocommit=True) as connection:
            connection.execute(sql, params or None)
