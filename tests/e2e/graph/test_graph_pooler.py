"""Every command that talks to the database, behind a real PgBouncer that gives each transaction another session."""

from __future__ import annotations

import concurrent.futures
import subprocess

import pytest
from graph_loading import few, graph, held_load, holds_lock, load, one_of_each, study, until  # noqa: F401 (fixtures)
from graph_study import digest, dump, observation, patient, totals, write
from pooler import pooler

SIZES = [1, 2]


def left_behind(graph) -> list[tuple]:
    """Locks and temporary tables on the pooler's connections, which stay open, and settings that differ from a new session's."""
    locks = graph.rows("select pid, locktype, mode from pg_locks where locktype = 'advisory' and database = "
                       "(select oid from pg_database where datname = current_database())")
    tables = graph.rows("select relname from pg_class where relpersistence = 't' and relnamespace <> 'pg_toast'::regnamespace")
    open_transactions = graph.rows("select pid, state from pg_stat_activity where datname = current_database() and state like 'idle in%'")
    return locks + tables + open_transactions


SETTINGS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "search_path", "work_mem", "temp_buffers",
            "gin_pending_list_limit", "maintenance_work_mem", "jit", "default_statistics_target")


def settings_of(connection) -> dict[str, str]:
    return {name: connection.execute(f"show {name}").fetchone()[0] for name in SETTINGS}


@pytest.fixture(params=SIZES, ids=lambda size: f"pool of {size}")
def pooled(request, etl, graph):
    """`etl` goes through PgBouncer in transaction mode; at the end nothing is left on its connections."""
    with graph.connect() as direct:
        plain = settings_of(direct)
    with pooler(graph, default_pool_size=request.param) as made:
        etl.env.update(made.env)
        yield made
        until(lambda: not left_behind(graph))
        with made.connect(autocommit=True) as connection:
            assert settings_of(connection) == plain


@pytest.mark.promise("A pooler does no harm")
def test_one_command_after_the_other(etl, graph, pooled, load, study):
    for n in range(4):
        done = totals(load(study(*one_of_each(n), *(observation(f"o{n}-{i}", f"p{n}") for i in range(3)), name=f"s{n}"), project=f"aced-p{n}"))
        assert done["inserted"] > 0
        assert totals(load(pooled_study := study(*one_of_each(n), name="again"), project=f"aced-p{n}", timeout=60))["inserted"] == 0, pooled_study
    etl("graph", "init").ok()
    assert len(etl("projects", "ls", "--via", "database", "-o", "json").ok().json()) == 4
    etl("projects", "init", "--via", "database", "aced-p9").ok()
    etl("projects", "rm", "--via", "database", "aced-p9", "--yes").ok()
    assert etl("graph", "counts", "-o", "json").ok().json()
    etl("graph", "rm", "--project", "aced-p0", "--yes").ok()
    etl("graph", "truncate", "--yes").ok()
    assert set(dump(graph)) == {"node_program", "node_project", "edge_projectmemberofprogram"}


@pytest.mark.promise("A pooler does no harm")
def test_many_clients_at_once(etl, graph, pooled, load, tmp_path):
    """More loads than connections, of projects of their own; large enough that the second session has something to do."""
    def one(n: int):
        folder = write(tmp_path / f"c{n}", *one_of_each(n), *(patient(f"x{n}-{i}") for i in range(2100)))
        return load(folder, project=f"aced-c{n}", timeout=110)

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for ran in pool.map(one, range(6)):
            assert totals(ran)["inserted"] > 2100
    assert graph.value("select count(*) from node_patient") == 6 * 2101


@pytest.mark.promise("A pooler does no harm")
def test_loads_that_fail_give_their_connection_back(etl, graph, pooled, load, study):
    bad = study(observation("o1", "nowhere"))
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for ran in pool.map(lambda n: load(bad, project=f"aced-f{n}", timeout=60), range(4)):
            ran.failed(3)
    load(study(*one_of_each(1), name="good")).ok()


@pytest.mark.promise("One load of a project at a time")
def test_a_second_load_of_a_project_is_told_who_holds_it(etl, graph, load, few, study):
    with pooler(graph, default_pool_size=3) as made:
        etl.env.update(made.env)
        with held_load(etl, graph, "aced-one", one_of_each(7)):
            pid = graph.value("select pid from pg_locks where locktype = 'advisory' and mode = 'ExclusiveLock'")
            assert f" (pid {pid}" in load(few).failed(8).stderr
            load(few, project="aced-two").ok()
            etl("graph", "truncate", "--yes").failed(8)
        load(study(*one_of_each(7), name="again")).ok()
        assert not left_behind(graph)


@pytest.mark.promise("A pooler does no harm")
def test_a_load_that_is_killed_leaves_no_lock(etl, graph, load, few):
    with pooler(graph, default_pool_size=2) as made:
        etl.env.update(made.env)
        run = etl.start("graph", "load", "--project", "aced-one", "-", stdin=subprocess.PIPE)
        until(lambda: holds_lock(graph) == 1)
        run.kill()
        run.wait()
        until(lambda: holds_lock(graph) == 0)
        load(few).ok()


@pytest.mark.promise("A pooler does no harm")
def test_a_run(etl, graph, tmp_path):
    """Its lock takes one connection, its loads another."""
    write(tmp_path / "studies/one", *one_of_each(1))
    write(tmp_path / "studies/two", *one_of_each(2))
    settings = tmp_path / "etl.yaml"
    settings.write_text(f"program: aced\nfolder: {{studies: {tmp_path / 'studies'}}}\ndestinations: {{files: no}}\n"
                        "studies: [{name: one}, {name: two}]\n")
    with pooler(graph, default_pool_size=2) as made:
        etl.env.update({**made.env, "ACED_ETL_YAML": str(settings)})
        etl("run", "--all").ok()
        assert "nothing changed" in etl("run", "--all").ok().stderr
        until(lambda: not left_behind(graph))
    assert graph.value("select count(*) from node_patient") == 2


def test_connections_that_others_have_used_temporary_tables_on(etl, graph, load, few):
    """PostgreSQL then refuses another temp_buffers for the session."""
    with pooler(graph, default_pool_size=1) as made:
        etl.env.update(made.env)
        with made.connect() as other:
            other.execute("create temporary table theirs (a int) on commit drop")
            other.execute("insert into theirs values (1)")
        load(few).ok()
        assert not left_behind(graph)


def test_a_pooler_that_hands_on_each_statement_is_refused(etl, graph, load, few):
    before = digest(graph)
    with pooler(graph, pool_mode="statement") as made:
        etl.env.update(made.env)
        said = load(few).failed(7).stderr
        assert "pool" in said and "transaction" in said
    assert digest(graph) == before


def test_a_timeout_of_the_pooler_is_named(etl, graph, load, few):
    """Nothing in the session can lift it."""
    with pooler(graph, query_timeout=1) as made, graph.connect() as other:
        etl.env.update(made.env)
        other.execute("lock table node_patient")
        said = load(few, timeout=30).failed(7).stderr
        assert "query_timeout" in said and "pooler" in said
