"""The Gen3 clients' own tests (tests/unit/gen3_services_test.cpp) against the stand-in and a real S3."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
from programs import program


def run_clients(commons, canary, *filters: str) -> str:
    environment = {**os.environ, "GEN3_TEST_KEY": str(commons.creds / "credentials.json"),
                   "GEN3_TEST_BUCKET": commons.bucket("demo-synthetic")}
    done = subprocess.run([program("ACED_TEST_GEN3", "tests/unit/test_gen3"), "--gtest_filter=" + ":".join(filters)], env=environment,
                          capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL, check=False)
    canary.check(done.stdout + done.stderr, "the output of test_gen3")
    if done.returncode != 0:
        pytest.fail(done.stdout + done.stderr, pytrace=False)
    assert "SKIPPED" not in done.stdout
    return done.stdout


@pytest.mark.promise("A record that is there must agree")
def test_clients_against_the_services(commons, canary):
    """Its gtests run here, because servers are here; none may be left out."""
    passed = re.search(r"\[  PASSED  \] (\d+) tests", run_clients(commons, canary, "Gen3Services*"))
    assert passed and int(passed[1]) >= 10
    # Sixteen threads and ten sessions: a token for each session.
    assert commons.stand_in.requests()["POST /user/credentials/api/access_token"] <= 10


def test_clients_against_services_that_stumble(commons, canary):
    """What the clients repeat by themselves must not show in what they do."""
    for kind, more in (("status", {"status": 503}), ("status", {"status": 429, "retry_after": "0"}), ("drop", {}), ("drop_after_work", {})):
        # Of the calls to indexd and fence, some: never so many in a row that the client gives up.
        for skip in (1, 5, 9):
            commons.stand_in.fault(kind, "^/index/|^/user/data/(upload|download)", times=1, skip=skip, **more)
    run_clients(commons, canary, "Gen3Services.ARecord*", "Gen3Services.SignedUrls*", "Gen3Services.Lists*")
    assert all(fault["hits"] == 1 for fault in commons.stand_in.faults())
