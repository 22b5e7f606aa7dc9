"""put-object against a real S3 server; boto3 looks at what it left there."""

from __future__ import annotations

import pytest


@pytest.fixture
def bucket(s3, etl) -> str:
    """A bucket of the test's own, and `etl` told where the AWS files are."""
    etl.env.update({name: s3.env[name] for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")})
    etl.env["AWS_PROFILE"] = "fencebot"
    return s3.new_bucket()


def content(s3, bucket: str, key: str) -> bytes:
    return s3.client().get_object(Bucket=bucket, Key=key)["Body"].read()


def fields(ran) -> dict[str, str]:
    """The `name: value` lines of a result for people."""
    return {name: value.strip() for name, value in (line.split(":", 1) for line in ran.stdout.splitlines())}


# --- what works ------------------------------------------------------------------------------------------------------


def test_puts_a_line_of_text_and_gets_it(s3, etl, bucket):
    put = fields(etl("put-object", bucket, "test2.txt", "put").ok())
    written = content(s3, bucket, "test2.txt")
    assert written.endswith(b"\n") and len(written.splitlines()) == 1
    assert put["status"] == "200"
    assert put["bytes"] == str(len(written))
    assert put["address"] == f"{s3.endpoint}/{bucket}/test2.txt"
    assert put["signed_with"] == f"profile fencebot in {s3.env['AWS_SHARED_CREDENTIALS_FILE']}"
    got = etl("put-object", bucket, "test2.txt", "get").ok()
    assert got.stdout.encode() == written
    assert "HTTP 200" in got.stderr


def test_put_sends_the_local_file_that_is_named_like_the_key(s3, etl, bucket, tmp_path):
    (tmp_path / "test2.txt").write_text("this is a test\n")
    (tmp_path / "d").mkdir()
    (tmp_path / "e").mkdir()
    (tmp_path / "d/x").write_text("below\n")
    assert fields(etl("put-object", bucket, "test2.txt", "put").ok())["body"] == "file test2.txt"
    assert content(s3, bucket, "test2.txt") == b"this is a test\n"
    etl("put-object", bucket, "d/x", "put").ok()
    assert content(s3, bucket, "d/x") == b"below\n"
    # A folder is no file, and --body counts more.
    assert fields(etl("put-object", bucket, "e", "put").ok())["body"] == "a line of text (the file e does not exist)"
    etl("put-object", bucket, "test2.txt", "put", "--body", "d/x").ok()
    assert content(s3, bucket, "test2.txt") == b"below\n"


def test_each_profile_signs_with_its_key(s3, etl, bucket):
    etl("put-object", bucket, "a", "put").ok()
    got = etl("put-object", bucket, "a", "get", "--profile", "etlbot", "-o", "json").ok().json()
    assert "profile etlbot" in got["signed_with"]
    assert got["content"].encode() == content(s3, bucket, "a")
    assert got["status"] == 200


def test_is_called_put_object_too(s3, etl, bucket, tmp_path):
    etl.binary, link = tmp_path / "put_object", etl.binary
    etl.binary.symlink_to(link)
    etl(bucket, "test2.txt", "put").ok()
    assert etl(bucket, "test2.txt", "get", "-q").ok().stdout.encode() == content(s3, bucket, "test2.txt")
    assert etl("--help").ok().stdout.startswith("aced-etl put-object - ")


@pytest.mark.parametrize("key", ["a b", "d/e.f/g", "100%", "#1", "a+b", "ü漢😀", "q?x=1&y=2", "'quoted' \"twice\"", "~-_.!*()", "x" * 200,
                                 "/".join(["y" * 200] * 5)])
def test_any_key(s3, etl, bucket, key):
    etl("put-object", bucket, key, "put").ok()
    assert key in s3.contents(bucket)
    assert etl("put-object", bucket, key, "get").ok().stdout.encode() == content(s3, bucket, key)


def test_a_file_and_back(s3, etl, bucket, tmp_path):
    original = bytes(range(256)) * 20_000
    (tmp_path / "in.bin").write_bytes(original)
    assert etl("put-object", bucket, "bin", "put", "--body", "in.bin", "-o", "json").ok().json()["bytes"] == len(original)
    assert content(s3, bucket, "bin") == original
    got = etl("put-object", bucket, "bin", "get", "--out", "out.bin").ok()
    assert (tmp_path / "out.bin").read_bytes() == original
    assert fields(got)["bytes"] == str(len(original))


def test_stdin_and_nothing(s3, etl, bucket, tmp_path):
    etl("put-object", bucket, "piped", "put", "--body", "-", stdin="from a pipe").ok()
    assert content(s3, bucket, "piped") == b"from a pipe"
    (tmp_path / "empty").touch()
    etl("put-object", bucket, "empty", "put", "--body", "empty").ok()
    assert content(s3, bucket, "empty") == b""
    etl("put-object", bucket, "empty", "get", "--out", "got").ok()
    assert (tmp_path / "got").read_bytes() == b""


def test_keys_and_endpoint_from_the_environment(s3, etl, bucket):
    key, secret = s3.keys["etlbot"]
    env = {"AWS_CONFIG_FILE": None, "AWS_SHARED_CREDENTIALS_FILE": None, "AWS_PROFILE": None, "AWS_ACCESS_KEY_ID": key,
           "AWS_SECRET_ACCESS_KEY": secret}
    put = etl("put-object", bucket, "a", "put", "--endpoint-url", s3.endpoint, "--region", "eu-west-1", env=env).ok()
    assert fields(put)["signed_with"] == "environment AWS_ACCESS_KEY_ID"
    assert fields(put)["region"] == "eu-west-1 (--region)"
    etl("put-object", bucket, "a", "get", env={**env, "AWS_ENDPOINT_URL_S3": s3.endpoint}).ok()


# --- what does not, and why ------------------------------------------------------------------------------------------


@pytest.mark.promise("A refused key is explained")
def test_unknown_key_is_exit_4_and_explained(s3, etl, bucket):
    ran = etl("put-object", bucket, "a", "put", env={"AWS_ACCESS_KEY_ID": "AKIANOBODY", "AWS_SECRET_ACCESS_KEY": "x"}).failed(4)
    assert fields(ran)["code"] == "InvalidAccessKeyId"
    assert "does not know this key id" in fields(ran)["cause"]
    assert "does not know this key id" in ran.stderr
    assert s3.contents(bucket) == {}


@pytest.mark.promise("A refused key is explained")
def test_wrong_secret_is_exit_4_and_explained(s3, etl, bucket, canary):
    canary.add("swordfish-swordfish")
    env = {"AWS_ACCESS_KEY_ID": s3.keys["fencebot"][0], "AWS_SECRET_ACCESS_KEY": "swordfish-swordfish"}
    ran = etl("-v", "put-object", bucket, "a", "put", "-o", "json", env=env).failed(4)
    assert ran.json()["code"] == "SignatureDoesNotMatch"
    assert "the secret does not belong to the key id" in ran.json()["cause"]
    assert "X-Amz-Signature" not in ran.stdout + ran.stderr
    assert s3.contents(bucket) == {}


def test_no_such_key_and_bucket_are_exit_7(etl, bucket):
    assert fields(etl("put-object", bucket, "nothing", "get").failed(7))["code"] == "NoSuchKey"
    ran = etl("put-object", "no-such-bucket", "a", "put").failed(7)
    assert fields(ran)["code"] == "NoSuchBucket"
    assert "check the name of the bucket" in ran.stderr


@pytest.mark.parametrize("action", ["get", "put"])
def test_a_mistyped_bucket_gets_a_suggestion(s3, etl, bucket, action):
    meant = f"{bucket}-kidney-images"  # unlike the buckets of other tests
    s3.client().create_bucket(Bucket=meant)
    ran = etl("put-object", meant.replace("kidney", "kidny"), "a", action).failed(7)
    assert fields(ran)["code"] == "NoSuchBucket"
    assert f"did you mean `{meant}`? If not, check the name of the bucket" in ran.stderr


def test_a_refused_get_writes_no_file(etl, bucket, tmp_path):
    (tmp_path / "there").write_text("before")
    etl("put-object", bucket, "nothing", "get", "--out", "there").failed(7)
    assert (tmp_path / "there").read_text() == "before"
    etl("put-object", bucket, "nothing", "get", "--out", "new").failed(7)
    assert not (tmp_path / "new").exists()


def test_no_service_is_exit_5(s3, etl, bucket):
    s3.stop()
    try:
        ran = etl("put-object", bucket, "a", "put").failed(5)
    finally:
        s3.start()
    assert "connection refused" in ran.stderr
    assert "run again" in ran.stderr


def test_unknown_profile_names_those_there_are(etl, bucket):
    ran = etl("put-object", bucket, "a", "put", "--profile", "fencbot").failed(2)
    assert "did you mean `fencebot`?" in ran.stderr
    assert "etlbot, fencebot" in ran.stderr
    assert "etlbot, fencebot" in etl("put-object", bucket, "a", "put", env={"AWS_PROFILE": "nobody"}).failed(2).stderr


def test_without_any_key_is_exit_2(etl, tmp_path):
    ran = etl("put-object", "bucket", "a", "put", env={"HOME": str(tmp_path)}).failed(2)
    assert "there is no AWS key" in ran.stderr
    assert str(tmp_path / ".aws/credentials") in ran.stderr


@pytest.mark.parametrize("arguments", [["b", "k"], ["b", "k", "post"], ["b", "k", "put", "--expires", "0"],
                                       ["b", "k", "put", "--expires", "604801"], ["b/c", "k", "put"], ["b", "k" * 1025, "put"],
                                       ["b", "k", "get", "--body", "x"], ["b", "k", "put", "--out", "x"],
                                       ["b", "k", "put", "--endpoint-url", "127.0.0.1:9000"]])
def test_misuse_is_exit_2(etl, bucket, arguments):
    etl("put-object", *arguments).failed(2)


def test_a_body_that_is_no_file_is_exit_3(etl, bucket, tmp_path):
    etl("put-object", bucket, "a", "put", "--body", "nothing").failed(2)
    etl("put-object", bucket, "a", "put", "--body", tmp_path).failed(2)
