"""Attacks by a study on paths: metadata, links and names that should make the program read, publish or tell what is not the study's.

Whoever writes a study can write its metadata and its files, and may swap folders and links while a load is running.
"""

from __future__ import annotations

import base64
import hashlib
import os
import pathlib
import re
import shutil
import socket
import threading
import time

import pytest
from file_study import PROJECT, FileStudy, bucket_of, holds, objects, outcomes, records

SECRET = b"aws_secret_access_key = CANARYcanary0123456789"


class Home:
    """A pod's home: a study `s` in studies/s and output/, a study `Other`, and secrets where pods have them."""

    def __init__(self, etl, commons, home: pathlib.Path) -> None:
        home.mkdir()
        self.etl, self.commons, self.home = etl, commons, home
        self.study = FileStudy(home)
        self.output = home / "output"
        (home / "studies/Other").mkdir()
        for name in ("output/Other/private.csv", ".aws/credentials", "state/secret", "creds-here/secret", "outside/secret"):
            path = home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(SECRET)
        etl.env.update(HOME=str(home), ACED_ETL_STATE_DIR=str(home / "state"))
        self.secret_md5 = hashlib.md5(SECRET).hexdigest()

    def attack(self, **change: object) -> None:
        """A document that describes the secret as it is: a guess that is right."""
        self.study.add("none", SECRET, write=False, **change)

    def load(self, *more: object, rc: int = 0, **env: str):
        self.study.write()
        return self.etl("files", "load", "--project", PROJECT, "-o", "json", *more, self.study.metadata, env=env).failed(rc)

    def nothing_published(self) -> None:
        client, bucket = self.commons.s3.client(), bucket_of(self.commons)
        for key in objects(self.commons):
            assert SECRET not in client.get_object(Bucket=bucket, Key=key)["Body"].read(), key
        assert all(record["hashes"]["md5"] != self.secret_md5 for record in records(self.commons).values())


@pytest.fixture
def home(etl, commons, tmp_path) -> Home:
    return Home(etl, commons, tmp_path / "pod")


@pytest.mark.promise("No file outside of the source folder is read")
def test_addresses_that_lead_elsewhere_are_refused(home):
    absolute = str(home.home / "outside/secret")
    addresses = ["file:///.aws/credentials", "file:///outside/secret", "outside/secret", absolute, f"file://{absolute}", "../outside/secret",
                 "output/../../outside/secret", "%2e%2e/outside/secret", "output/%2e%2e/%2E%2E/outside/secret", "..%2Foutside%2Fsecret",
                 "%2Fetc%2Fpasswd", "file:////etc/passwd", "file:///state/secret", "output/x%00/../secret", "file://localhost" + absolute,
                 "file:///output/Other/private.csv", "Other/private.csv", "./output/Other/private.csv", "%4Fther/private.csv", "//Other//private.csv"]
    for address in addresses:
        home.attack(url=address)
        home.attack(source_path=address)
    ran = home.load(rc=6)
    assert outcomes(ran) == {"failed": 2 * len(addresses)}
    assert "another study" in ran.stderr
    assert records(home.commons) == {} and objects(home.commons) == {}


@pytest.mark.promise("No file outside of the source folder is read")
def test_links_that_lead_elsewhere_are_refused(home):
    (home.output / "..data").mkdir()
    (home.output / "..data/x").write_bytes(SECRET)
    links = {"out": home.home / "outside/secret", "up": "../outside/secret", "other": "Other/private.csv", "otherdir": "Other", "mounted": "..data/x",
             "dir": home.home / "outside", "home": home.home, "aws": "../.aws/credentials", "root": "/", "proc": "/proc/self/root" + str(home.home)}
    for name, target in links.items():
        (home.output / name).symlink_to(target)
    names = ["out", "up", "other", "otherdir/private.csv", "mounted", "dir/secret", "home/outside/secret", "aws", "root" + str(home.home / "outside/secret"),
             "proc/outside/secret"]
    for name in names:
        home.attack(url=f"file:///output/{name}")
    assert outcomes(home.load(rc=6)) == {"failed": len(names)}
    assert records(home.commons) == {} and objects(home.commons) == {}


def test_a_link_within_the_study_is_followed(home):
    home.study.add("s/real.bin", b"mine")
    did = home.study.add("s/link.bin", b"mine", write=False)
    (home.output / "s/link.bin").symlink_to("real.bin")
    assert outcomes(home.load()) == {"loaded": 2}
    holds(home.commons, home.study)
    assert did in records(home.commons)


@pytest.mark.promise("No file outside of the source folder is read")
def test_an_output_folder_that_holds_secrets_does_not_expose_them(home):
    """Output may be pointed at the home folder, or at the root's child as in containers."""
    for address in (".aws/credentials", "state/secret", "creds-here/secret"):
        home.attack(url=address)
    home.study.add("fine", b"fine", write=False, url="fine")
    (home.home / "fine").write_bytes(b"fine")
    ran = home.load("--bucket", bucket_of(home.commons), rc=6, ACED_ETL_OUTPUT=str(home.home), ACED_ETL_CREDS=str(home.home / "creds-here"),
                    ACED_ETL_FENCE_CONFIG=str(home.commons.creds / "fence-config.yaml"),
                    GEN3_API_KEY=str(home.commons.creds / "credentials.json"))
    assert outcomes(ran) == {"loaded": 1, "failed": 3}
    home.nothing_published()


def test_the_parent_of_the_output_folder_is_no_root(home):
    home.attack(url="file:///etc/passwd")
    home.attack(url="file:///outside/secret")
    assert outcomes(home.load(rc=6)) == {"failed": 2}


def test_special_files_are_not_opened(home, monkeypatch):
    os.mkfifo(home.output / "fifo")
    server = socket.socket(socket.AF_UNIX)
    with monkeypatch.context() as there:  # the path of a socket may have 107 bytes, and pytest's folders are longer
        there.chdir(home.output)
        server.bind("socket")
    (home.output / "null").symlink_to("/dev/null")
    for name in ("fifo", "socket", "null"):
        home.study.add(name, b"", write=False)
    assert outcomes(home.load(rc=6)) == {"failed": 3}
    server.close()


@pytest.mark.promise("No file outside of the source folder is read")
def test_neither_size_nor_md5_of_a_file_is_told(home):
    """Not by a load, a dry run, a verification or a list, in any format. The metadata says neither; if it did, it would be no secret."""
    sized, hashed, large = (os.urandom(size) for size in (7919, 5333, 9_000_011))
    for size in (None, 1, 7918):
        home.study.add("s/sized.bin", sized, size=size, md5="0" * 32)
    home.study.add("s/hashed.bin", hashed, md5="1" * 32)  # its size must be right, or nobody looks at the md5
    home.study.add("s/large.bin", large, md5="2" * 32)
    home.study.add("s/large.bin", large, size=9_000_012, md5="2" * 32)
    said = ""
    for more in ([], ["--dry-run"], ["--log-format", "json"], ["-v"], ["-v", "--multipart-threshold", "8MB", "--replace"]):
        ran = home.load(*more, rc=6)
        assert ran.stderr.count("the size of the file differs from the metadata") >= 3, ran
        assert ran.stderr.count("the md5 of the file differs from the metadata") == (0 if "--dry-run" in more else 2), ran
        said += ran.stdout + ran.stderr
    listed = home.etl("studies", "ls", "-o", "json").ok()
    for more in ([], ["--repair"], ["--deep"], ["-o", "json"]):
        verified = home.etl("files", "verify", "--project", PROJECT, *more, home.study.metadata).failed(6)
        said += verified.stdout + verified.stderr
    said += listed.stdout + listed.stderr
    for content in (sized, hashed, large):
        digest = hashlib.md5(content).digest()
        for form in (digest.hex(), digest.hex().upper(), base64.b64encode(digest).decode().rstrip("=")):
            assert form not in said
    for form in (r"7,?919", r"7\.[79]\d* ?[kK]"):
        assert not re.search(rf"(?<![\w.-]){form}(?![\w-])", said), said
    assert listed.json()[1]["file_bytes"] == 1 + 7918 + 5333 + 9_000_011 + 9_000_012  # what the metadata says, and no more


@pytest.mark.promise("No file outside of the source folder is read")
def test_outside_files_are_not_told_from_absent_ones(home):
    """The same study is loaded while the files that it points to are there, and again when they are gone."""
    outside = home.home / "outside/secret"
    secrets = [outside, home.home / ".aws/credentials", home.home / "state/secret", home.home / "output/Other/private.csv"]
    (home.output / "link").symlink_to(outside)
    (home.output / "relative-link").symlink_to("../outside/secret")
    (home.output / "folder-link").symlink_to(outside.parent)
    for url in ("link", "relative-link", "folder-link/secret", "/link", "file:///outside/secret", f"file://{outside}", "../outside/secret",
                "file:///.aws/credentials", "file:///state/secret", "Other/private.csv"):
        home.attack(url=url)
        home.attack(url=url, size=1)
    for path in secrets:
        home.attack(url="none", source_path=str(path))

    def all_that_is_said() -> list[str]:
        ran = [home.load(*more, rc=6) for more in ([], ["--dry-run"], ["-v"], ["--log-format", "json"])]
        ran.append(home.etl("files", "verify", "--project", PROJECT, "--deep", home.study.metadata).failed(6))
        said = [text for each in ran for text in (each.stdout, each.stderr)]
        # Times of day, and how long something took.
        return [re.sub(r'"ts":"[^"]*"|\b\d\d:\d\d:\d\d(\.\d+)?\b|\b\d+(\.\d+)? m?s\b', "TIME", text) for text in said]

    there = all_that_is_said()
    assert sum(text.count(name) for text in there for name in ("link", "credentials", "private.csv")) > 20, there
    for path in secrets:
        path.unlink()
    assert all_that_is_said() == there


@pytest.mark.promise("No file outside of the source folder is read")
def test_a_folder_that_is_swapped_for_a_link_leads_nowhere(home):
    """A thread swaps a folder of the study with a link to a secret, as fast as it can, while loads go on."""
    for i in range(30):
        home.study.add(f"s/{i}.txt", SECRET)
        (home.output / f"s/{i}.txt").write_bytes(b"x" * len(SECRET))  # no file of the study is the secret
        (home.home / f"outside/{i}.txt").write_bytes(SECRET)
    good, link = home.output / "s-good", home.output / "s-link"
    link.symlink_to(home.home / "outside")
    swaps, end = 0, threading.Event()

    def swap() -> None:
        nonlocal swaps
        real = home.output / "s"
        while not end.is_set():
            os.rename(real, good)
            os.rename(link, real)
            os.rename(real, link)
            os.rename(good, real)
            swaps += 1

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        until = time.monotonic() + 5
        loads = 0
        while loads < 3 or (time.monotonic() < until and loads < 10):
            home.load(rc=6)
            loads += 1
    finally:
        end.set()
        thread.join()
    assert swaps > 0 and loads >= 3
    home.nothing_published()


def test_a_study_with_a_folder_of_its_own_is_kept_to_it(home):
    yaml = home.home / "etl.yaml"
    yaml.write_text("program: demo\nstudies:\n  - {name: s, project: synthetic, output: raw/s}\n  - {name: Third, project: cohort, output: raw/t}\n")
    for name, content in {"raw/s/a.csv": b"a", "raw/s/b.csv": b"b", "raw/t/c.csv": b"c", "d.csv": b"d"}.items():
        path = home.output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    home.study.add("1", b"a", write=False, url="file:///output/raw/s/a.csv")
    home.study.add("2", b"b", write=False, url="file:///output/b.csv")
    home.study.add("3", b"c", write=False, url="file:///output/raw/t/c.csv")
    home.study.add("4", b"d", write=False, url="file:///output/d.csv")
    assert outcomes(home.load("--etl-yaml", yaml, rc=6)) == {"loaded": 2, "failed": 2}
    yaml.write_text("program: demo\nstudies:\n  - {name: s, project: synthetic, output: ../x}\n")
    assert "not a folder below the output folder" in home.load("--etl-yaml", yaml, rc=2).stderr


@pytest.mark.parametrize("url", ["file:///output/lab results.csv", "file:///output/lab%20results.csv", "output/lab results.csv",
                                 "./output/lab%20results.csv", "lab results.csv"])
def test_names_with_blanks_load_in_every_spelling(home, url):
    home.study.add("lab results.csv", b"a;b\n1;2\n", url=url)
    assert outcomes(home.load()) == {"loaded": 1}
    (record,) = records(home.commons).values()
    assert record["file_name"] == ("output/" if "output" in url else "") + "lab results.csv"


def test_source_names_the_only_root(home, tmp_path):
    other = tmp_path / "elsewhere"
    shutil.copytree(home.output, other / "output")
    home.attack(url="file:///output/Other/private.csv")  # the folder that the user names is all the study's
    home.attack(url="file:///.aws/credentials")
    shutil.copytree(home.home / ".aws", other / ".aws")
    assert outcomes(home.load("--source", other, rc=6)) == {"loaded": 1, "failed": 1}
    assert "cannot open the folder" in home.load("--source", tmp_path / "none", rc=2).stderr
    assert "credentials or state" in home.load("--source", home.home / "state", rc=2).stderr
