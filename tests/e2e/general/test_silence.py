"""A service or server that blocks: after ten seconds of silence every command says what it waits for, without -v."""

from __future__ import annotations

import os
import signal

from graph_loading import few, graph, load, until  # noqa: F401 (fixtures)


def test_a_service_that_blocks_is_named(etl, commons):
    commons.stand_in.fault("delay", "/user/user$", ms=13_000)
    said = etl("doctor", "-o", "json").stderr
    assert "GET " in said and "/user/user: no answer for 10 s; still waiting" in said


def test_a_server_that_blocks_is_named_with_its_statement(etl, graph, few):
    """Stopped while a statement is at work: another session's table lock brings the load to that point."""
    with graph.connect() as other:
        other.execute("lock table node_patient in access exclusive mode")
        run = etl.start("graph", "load", "--project", "aced-one", few)
        try:
            pid = until(lambda: [pid for pid, in graph.rows("select pid from pg_stat_activity where application_name ~ '^aced-etl' and "
                                                            "wait_event_type = 'Lock' and datname = current_database()")])[0]
            os.kill(pid, signal.SIGSTOP)
            try:
                other.rollback()
                said = ""
                while "still waiting" not in said:
                    line = run.stderr.readline().decode()
                    assert line, f"it ended without a word: {said}"
                    said += line
            finally:
                os.kill(pid, signal.SIGCONT)
            assert f"database {graph.name} at " in said and ": no answer for 10 s; still waiting" in said
            rest, _ = run.communicate(timeout=60)
            assert run.returncode == 0
        finally:
            if run.poll() is None:
                run.kill()
                run.wait()


def test_what_answers_is_not_named(etl, graph, few):
    assert "still waiting" not in etl("graph", "load", "--project", "aced-one", few).ok().stderr


def test_quiet_is_quiet(etl, commons):
    commons.stand_in.fault("delay", "/user/user$", ms=12_000)
    assert "still waiting" not in etl("-q", "doctor", "-o", "json").stderr
