"""What the black-box tests stand on: the built programs, a real PostgreSQL of their own, the demo's dictionary.

ACED_ETL, ACED_SYNTH     other builds of the programs (default: build/release)
ACED_KEEP_DATABASE=1     leave a test's database, and the server, for a look afterwards
"""

from __future__ import annotations

import itertools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator

import pytest
from databases import Database, Postgres, local_postgres
from local_servers import S3, Commons, Search, exports
from programs import ROOT, Canary, Program, program
from run_world import COHORT, LUNG, Pod, World, make_study
from s3_between import Proxy
from workers import spread

KEEP = bool(os.environ.get("ACED_KEEP_DATABASE"))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "promise(title): holds this promise of docs/semantics.md")
    config.addinivalue_line("markers", "threads: much goes on at once; run again under ThreadSanitizer (scripts/test tsan)")


# Before xdist's own, which reads the groups.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    spread(config, items)


@pytest.fixture(scope="session")
def canary() -> Canary:
    return Canary()


@pytest.fixture
def etl(tmp_path: pathlib.Path, canary: Canary) -> Program:
    """aced-etl, with no database and no credentials until a test asks for `database`."""
    return Program(program("ACED_ETL", "aced-etl"), {"ACED_ETL_CREDS": str(tmp_path / "no-creds"), "ACED_ETL_STATE_DIR": str(tmp_path / "state"),
                                                      "AWS_EC2_METADATA_DISABLED": "true"}, tmp_path, canary)


@pytest.fixture
def synth(tmp_path: pathlib.Path, canary: Canary) -> Program:
    """aced-synth, which writes synthetic studies."""
    return Program(program("ACED_SYNTH", "aced-synth"), {}, tmp_path, canary)


@pytest.fixture(scope="session")
def postgres(canary: Canary) -> Iterator[Postgres]:
    """A server beside that of the demo, without durability: nobody pulls the plug on a test."""
    home = pathlib.Path(tempfile.mkdtemp(prefix="aced-etl-test-"))
    try:
        local_postgres(home, "up", ACED_LOCAL_FSYNC="off")
        env = exports(local_postgres(home, "env").stdout)
        canary.add(env["PGPASSWORD"])
        server = Postgres(home, env)
        yield server
        # The server's own log is an output like any other.
        log = server.psql("select pg_read_file('server.log')")
        canary.check(log, "the log of PostgreSQL")
    finally:
        if KEEP:
            print(f'\nkept: export ACED_LOCAL_DIR={home}; eval "$(local/postgres env)"; in the end local/postgres destroy')
        else:
            local_postgres(home, "destroy", check=False)
            shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def s3(canary: Canary) -> Iterator[S3]:
    """An S3 server beside that of the demo. A test takes buckets of its own; one that stops the server starts it again."""
    server = S3(pathlib.Path(tempfile.mkdtemp(prefix="aced-etl-test-s3-")))
    try:
        server.start()
        for _, secret in server.keys.values():
            canary.add(secret)
        yield server
        canary.check(server.log(), "the log of the S3 server")
    finally:
        server.destroy()


@pytest.fixture
def proxy(s3: S3) -> Iterator[Callable[[], Proxy]]:
    """Makes proxies to the S3 server: what a test changes on the way."""
    made: list[Proxy] = []

    def make() -> Proxy:
        made.append(Proxy(s3.endpoint))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def search_server(canary: Canary) -> Iterator[Search]:
    server = Search(pathlib.Path(tempfile.mkdtemp(prefix="aced-etl-test-search-")))
    try:
        if missing := server.missing():
            pytest.skip(f"THE SEARCH SERVER IS NOT TESTED: {missing}")
        server.start()
        yield server
        canary.check(server.log(), "the log of OpenSearch")
    finally:
        server.destroy()


@pytest.fixture
def search(search_server: Search) -> Search:
    """An OpenSearch without any index. A test that stops the server starts it again."""
    search_server.clear()
    return search_server


_numbers = itertools.count(1)


@pytest.fixture
def new_database(postgres: Postgres) -> Iterator[Callable[..., Database]]:
    """Makes empty databases, or copies of a template, for tests that need more than one."""
    made: list[str] = []

    def make(template: str = "template0") -> Database:
        name = f"test_{os.getpid()}_{next(_numbers)}"
        postgres.psql(f"create database {name} owner {postgres.env['PGUSER']} template {template}")
        made.append(name)
        return Database(name, {**postgres.env, "PGDATABASE": name}, postgres)

    yield make
    if not KEEP:
        for name in made:
            postgres.psql(f"drop database if exists {name} with (force)")


@pytest.fixture
def database(new_database: Callable[[], Database], etl: Program) -> Database:
    """An empty database, and `etl` set to work on it."""
    made = new_database()
    etl.env.update({name: value for name, value in made.env.items() if name.startswith("PG")})
    return made


@pytest.fixture
def new_commons(new_database: Callable[[], Database], postgres: Postgres, s3: S3, tmp_path: pathlib.Path,
                canary: Canary) -> Iterator[Callable[..., Commons]]:
    """Makes commons, for tests that need more than one or another user.yaml (its path) or fence-config.yaml (the
    template's text; bucket names there begin with `aced-local`, and get a prefix of their own)."""
    made: list[Commons] = []

    def make(user_yaml: pathlib.Path | None = None, fence_config: str | None = None, s3: S3 = s3) -> Commons:
        number = next(_numbers)
        home = tmp_path / f"commons-{number}"
        home.mkdir()
        prefix = f"test-{os.getpid()}-{number}"
        template = home / "fence-config.template"
        template.write_text((fence_config or (ROOT / "local/fence-config.yaml").read_text()).replace("aced-local", prefix))
        database = {name: value for name, value in new_database().env.items() if name.startswith("PG")}
        settings = {"ACED_LOCAL_POSTGRES": str(postgres.home), "ACED_LOCAL_S3": str(s3.home),
                    "ACED_LOCAL_DATABASE": database["PGDATABASE"], "ACED_LOCAL_FENCE_CONFIG": str(template)}
        if user_yaml:
            settings["ACED_LOCAL_USER_YAML"] = str(user_yaml)
        commons = Commons(home, database, s3, prefix, **settings)
        made.append(commons)
        commons.start()
        canary.add(json.loads((commons.creds / "credentials.json").read_text())["api_key"])
        return commons

    yield make
    for commons in made:
        log = commons.log()
        commons.destroy()
        canary.check(log, "the log of the stand-in")


@pytest.fixture
def commons(new_commons: Callable[..., Commons], etl: Program) -> Commons:
    """A commons of this test alone, and `etl` set to work on it."""
    made = new_commons()
    etl.env.update(made.env)
    return made


@pytest.fixture(scope="session")
def demo_dictionary() -> pathlib.Path:
    path = ROOT / "share/demo/dictionary.json"
    assert path.is_file(), f"{path} is missing"
    return path


@pytest.fixture(scope="session")
def demo_graph(postgres: Postgres, demo_dictionary: pathlib.Path) -> str:
    """The name of a database with the demo's tables and no row, to be copied: faster than to make it for each test."""
    name = f"demo_graph_{os.getpid()}"
    postgres.psql(f"create database {name} owner {postgres.env['PGUSER']} template template0")
    subprocess.run([program("ACED_ETL", "aced-etl"), "graph", "init", "--dictionary", demo_dictionary],
                   env={**os.environ, **postgres.env, "PGDATABASE": name}, check=True, capture_output=True)
    return name


@pytest.fixture(scope="session")
def shared() -> pathlib.Path:
    """The folder of golden studies beside the project; it is no part of it."""
    path = ROOT.parent / "shared"
    if not (path / "golden").is_dir():
        pytest.skip("NOT TESTED: no golden studies in ../shared")
    return path


@pytest.fixture(scope="session")
def two_studies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pathlib.Path]:
    """What `aced-etl run` is tested with: each study's folder, with studies/… and output/… of it."""
    return {name: make_study(program("ACED_SYNTH", "aced-synth"), tmp_path_factory.mktemp(name), name, seed)
            for seed, name in enumerate((LUNG, COHORT), 1)}


def in_home(etl: Program, home: pathlib.Path, canary: Canary, env: dict[str, str]) -> Program:
    """aced-etl as it runs in a pod with this home."""
    home.mkdir()
    return Program(etl.binary, {**etl.env, "HOME": str(home), "ACED_ETL_STATE_DIR": str(home / "state"),
                                "ACED_ETL_YAML": str(home / "etl.yaml"), **env}, home, canary)


@pytest.fixture
def pod(etl: Program, canary: Canary, tmp_path: pathlib.Path, demo_graph: str, new_database: Callable[..., Database],
        demo_dictionary: pathlib.Path, two_studies: dict[str, pathlib.Path]) -> Iterator[Pod]:
    """Two studies in mounted folders, and a graph: no bucket, no commons."""
    database = new_database(demo_graph)
    env = {name: value for name, value in database.env.items() if name.startswith("PG")} | {"DICTIONARY_URL": str(demo_dictionary)}
    pod = Pod(in_home(etl, tmp_path / "home", canary, env), database)
    pod.write_etl_yaml()
    for folder in two_studies.values():
        pod.mount(folder)
    yield pod
    pod.end()


@pytest.fixture
def new_world(new_commons: Callable[..., Commons], s3: S3, etl: Program, canary: Canary, postgres: Postgres, demo_dictionary: pathlib.Path,
              tmp_path: pathlib.Path, two_studies: dict[str, pathlib.Path]) -> Iterator[Callable[..., World]]:
    """Makes worlds: two studies in a bucket, and a commons with tables and buckets to take them. `user_yaml` as in new_commons."""

    made: list[World] = []

    def make(user_yaml: pathlib.Path | None = None) -> World:
        commons = new_commons(user_yaml)
        database = Database(commons.database["PGDATABASE"], {**postgres.env, **commons.database}, postgres)
        bucket = s3.new_bucket("source")
        env = {**commons.env, "S3_BUCKET": bucket, "S3_PATH": "dev", "DICTIONARY_URL": str(demo_dictionary)}
        world = World(in_home(etl, tmp_path / f"home-{next(_numbers)}", canary, env), database, commons, s3, bucket)
        world.write_etl_yaml()
        world.etl("graph", "init").ok()
        for folder in two_studies.values():
            world.put(folder)
        made.append(world)
        return world

    yield make
    for world in made:
        world.end()


@pytest.fixture
def world(new_world: Callable[[], World]) -> World:
    return new_world()
