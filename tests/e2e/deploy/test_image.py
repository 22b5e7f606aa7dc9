"""The container image against a commons of its own: `make image-test`, which names the image in ACED_IMAGE."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import time
from collections.abc import Iterator

import pytest
from oci_image import Image, Pod, buildah
from programs import ROOT

PROJECT = "demo-synthetic"
CONFIG = "--config /demo/simplify-config.yaml"


@pytest.fixture(scope="session")
def image() -> Iterator[Image]:
    tag = os.environ.get("ACED_IMAGE")
    if not tag:
        pytest.skip("NOT TESTED: no image named in ACED_IMAGE (make image-test)")
    if os.geteuid() != 0 or not shutil.which("runc"):
        pytest.fail("the image is run by runc, as root: scripts/install-deps image", pytrace=False)
    made = Image(tag)
    yield made
    made.remove()


def give(folder: pathlib.Path, uid: int, gid: int) -> pathlib.Path:
    """As fsGroup does for a volume."""
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, uid, gid, follow_symlinks=False)
    return folder


@pytest.fixture
def home(tmp_path, synth) -> pathlib.Path:
    """The volumes of the pod: a study and its files, and the program's state."""
    folder = tmp_path / "home"
    synth(folder, "--name", "Synthetic", "--patients", "20", "--files", "10", "--seed", "7").ok()
    (folder / "state").mkdir()
    return give(folder, 10001, 10001)


@pytest.fixture
def pod(image, commons, home, tmp_path) -> Iterator[Pod]:
    """A pod that stays, in which nothing is set but what the chart sets: all else is found in what is mounted."""
    mounted = tmp_path / "mounted"
    shutil.copytree(commons.creds, mounted / "creds", symlinks=True)
    database = commons.database
    secret = {"host": "PGHOST", "port": "PGPORT", "database": "PGDATABASE", "username": "PGUSER", "password": "PGPASSWORD"}
    folder = mounted / "creds/sheepdog-creds"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, variable in secret.items():
        (folder / name).write_text(database[variable])
    (folder / "dbcreated").write_text("true")
    shutil.copytree(commons.s3.home / "aws", mounted / "aws")
    give(mounted, 10001, 10001)
    made = Pod(image, {"DICTIONARY_URL": "/demo/dictionary.json", "AWS_PROFILE": "etlbot"}, {
        "/creds": mounted / "creds", "/home/etl/.aws": mounted / "aws", "/demo": ROOT / "share/demo",
        "/home/etl/studies": home / "studies", "/home/etl/output": home / "output", "/home/etl/.local/state/aced-etl": home / "state"})
    made.up()
    yield made
    made.remove()


@pytest.fixture
def bare(image) -> Iterator[Pod]:
    """No volumes, no settings."""
    made = Pod(image, {}, {})
    yield made
    made.remove()


def ok(ran) -> str:
    assert ran.returncode == 0, f"exit {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


def test_the_demo_study_from_nothing_to_graph_and_files(pod, commons, canary):
    said = [ok(pod.exec(command)) for command in (
        "aced-etl graph init",
        "aced-etl projects init --all",
        f"aced-etl validate ~/studies/Synthetic {CONFIG}",
        f"aced-etl graph load --project {PROJECT} ~/studies/Synthetic {CONFIG}",
        f"aced-etl files load --project {PROJECT} ~/studies/Synthetic",
        f"aced-etl files verify --project {PROJECT} ~/studies/Synthetic",
        "aced-etl doctor",
    )]
    canary.check("".join(said), "the pod")
    counts = json.loads(ok(pod.exec(f"aced-etl graph counts --project {PROJECT} -o json")))
    assert '"Patient"' in json.dumps(counts) or "patient" in json.dumps(counts), counts
    # S3Proxy shows folders, too.
    assert len([key for key in commons.s3.contents(commons.bucket(PROJECT)) if not key.endswith("/")]) == 10
    # The same again, of a state that outlives the pod's container.
    again = json.loads(ok(pod.exec(f"aced-etl files load --project {PROJECT} ~/studies/Synthetic -o json")))
    assert "unchanged" in json.dumps(again)


@pytest.mark.parametrize("line", ["AWS_PROFILE=fencebot python3 ./put_object {} test2.txt put",
                                  "AWS_PROFILE=fencebot ./put_object {} test2.txt put",
                                  "AWS_PROFILE=fencebot put_object {} test2.txt put"])
def test_puts_an_object_as_operators_do(pod, s3, line):
    bucket = s3.new_bucket()
    assert "200" in ok(pod.exec(line.format(bucket)))
    assert set(s3.contents(bucket)) == {"test2.txt"}
    ran = pod.exec(line.format("no-such-bucket"))
    assert ran.returncode == 7, ran  # the program's own exit code


def test_the_aws_cli_goes_where_the_profile_says(pod, s3):
    bucket = s3.new_bucket()
    s3.client().put_object(Bucket=bucket, Key="here.txt", Body=b"content")
    assert "here.txt" in ok(pod.exec(f"aws s3 ls s3://{bucket}/"))
    assert ok(pod.exec(f"aws s3 cp s3://{bucket}/here.txt -", AWS_PROFILE="fencebot")) == "content"


def test_psql_reaches_the_database(pod, commons):
    env = {name: value for name, value in commons.database.items() if name.startswith("PG")}
    assert ok(pod.exec("psql -At -c 'select 6 * 7'", **env)) == "42\n"


@pytest.mark.parametrize("command", ["aced-etl --version", "put_object --help", "aws --version", "jq --version", "yq --version",
                                     "vi --version", "curl --version", "psql --version", "unzip -v", "less --version",
                                     "echo '{a: [1, 2]}' | yq -e '.a[1] == 2'", "test -s /etc/ssl/certs/ca-certificates.crt",
                                     "man aced-etl | grep -q 'graph load'", "bash -ic 'complete -p aced-etl' 2>/dev/null"])
def test_holds_what_operators_reach_for(bare, command):
    ok(bare.run("bash", "-c", command, entrypoint=False))


def test_completes_words(bare):
    script = "COMP_WORDS=(aced-etl gra); COMP_CWORD=1; _aced_etl; echo ${COMPREPLY[@]}"
    assert ok(bare.run("bash", "-ic", script, entrypoint=False)) == "graph\n"


def test_every_library_is_there(bare):
    said = ok(bare.run("bash", "-c", "ldd /usr/bin/aced-etl /usr/bin/psql /usr/bin/mandoc", entrypoint=False))
    assert "not found" not in said


def test_runs_without_rights(bare):
    said = ok(bare.run("bash", "-c", "id -u; id -un; pwd; grep -E 'Cap(Eff|Bnd)' /proc/self/status", entrypoint=False))
    assert said.split() == ["10001", "etl", "/home/etl", "CapEff:", "0" * 16, "CapBnd:", "0" * 16]


def test_only_volumes_are_written_to(pod):
    ran = pod.exec("for place in / ~ /usr /etc /var/tmp; do touch $place/x 2>/dev/null && echo $place; done; "
                   "touch /tmp/x ~/studies/x ~/output/x ~/.local/state/aced-etl/x")
    assert ok(ran) == ""


def test_any_other_user_may_run_it(image, s3):
    """As OpenShift does: a uid that the image does not know, and group 0."""
    pod = Pod(image, {}, {}, user=(1234567, 0))
    try:
        said = ok(pod.run("bash", "-c", "aced-etl --version; aced-etl config show -o json | jq -r '.[] | select(.key == \"state_dir\").value'",
                          entrypoint=False))
        assert said.splitlines()[0].startswith("aced-etl ")
        for folder in ("studies", "output", ".aws", ".local/state/aced-etl"):
            status = (image.root / "home/etl" / folder).stat()
            assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (10001, 0, 0o775), folder
    finally:
        pod.remove()


def test_says_how_it_is_run(image, bare):
    assert image.config["User"] == "10001:10001"  # a number: runAsNonRoot is checked against it
    labels = image.config["Labels"]
    assert labels["org.opencontainers.image.title"] == "aced-etl"
    assert f'aced-etl {labels["org.opencontainers.image.version"]} (commit {labels["org.opencontainers.image.revision"][:12]}' in ok(bare.run("--version"))
    assert ok(bare.run()).startswith("aced-etl - ")


def test_says_what_it_was_built_upon(image):
    """By name and digest, so that anybody can tell whether two images share a base, and build upon the same one again."""
    labels = image.config["Labels"]
    name, digest = (labels[f"org.opencontainers.image.base.{part}"] for part in ("name", "digest"))
    assert re.fullmatch("sha256:[0-9a-f]{64}", digest)
    base = json.loads(buildah("inspect", "--type", "image", name))
    assert base["FromImageDigest"] == digest
    layers = base["OCIv1"]["rootfs"]["diff_ids"]
    assert layers and image.oci["rootfs"]["diff_ids"][: len(layers)] == layers


def test_its_exit_code_comes_through(bare, etl):
    for args in (("no-such-command",), ("validate", "/nowhere"), ("--version",)):
        assert bare.run(*args).returncode == etl(*args).rc, args


def test_a_signal_reaches_the_program(bare):
    reads, holds = os.pipe()  # a stdin that never ends
    process = bare.start("simplify", "-", "-", stdin=reads)
    try:
        while bare.state() != "running":
            assert process.poll() is None, "it ended before it was asked to"
            time.sleep(0.05)
        assert bare.signal("TERM") == 0
        assert process.wait(20) == 128 + 15
    finally:
        os.close(holds)
        os.close(reads)
        process.kill()
        process.wait()


def test_nothing_of_the_machine_that_built_it_is_in_it(image):
    left = [str(path) for folder in ("run", "tmp", "var/tmp", "var/lib/apt/lists", "usr/local/share/ca-certificates", "root")
            for path in (image.root / folder).rglob("*") if path.is_file()]
    assert [path for path in left if not path.endswith(("/.bashrc", "/.profile"))] == []
    said = "\n".join(path.read_text(errors="replace") for path in (image.root / "etc/apt").rglob("*.*") if path.is_file())
    assert "Acquire::http" not in said and "auth" not in {path.stem for path in (image.root / "etc/apt").rglob("*.conf")}
    for variable in image.config["Env"]:
        assert variable.split("=")[0] in {"PATH", "HOME", "LANG"}, variable
