"""The S3 client's own tests (tests/unit/s3_client_test.cpp) against a real server."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from programs import program


def test_client_against_a_real_server(s3, canary):
    """Its gtests run here, because a server is here; none may be left out."""
    environment = {**os.environ, **s3.env, "S3_TEST_BUCKET": s3.new_bucket()}
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"):
        environment.pop(name, None)
    tests = program("ACED_TEST_S3", "tests/unit/test_s3")
    done = subprocess.run([tests, "--gtest_filter=S3Server*"], env=environment, capture_output=True, text=True, timeout=120,
                          stdin=subprocess.DEVNULL, check=False)
    canary.check(done.stdout + done.stderr, "the output of test_s3")
    if done.returncode != 0:
        pytest.fail(done.stdout + done.stderr, pytrace=False)
    passed = re.search(r"\[  PASSED  \] (\d+) tests", done.stdout)
    assert passed and int(passed[1]) >= 7, done.stdout
    assert "SKIPPED" not in done.stdout
