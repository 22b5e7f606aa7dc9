"""scripts/host-apt: how this machine reaches its packages, written down for a Debian that is made beside it. Logins are for the owner."""

import os
import pathlib
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator

import pytest
from programs import ROOT

LOGIN = "CANARY-login-of-a-mirror"


@pytest.fixture
def machine() -> Iterator[pathlib.Path]:
    """A folder that every user may enter, with the configuration of an apt whose mirror wants a login."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="aced-etl-apt-"))
    folder.chmod(0o755)
    etc = folder / "etc-apt"
    for name in ("auth.conf.d", "trusted.gpg.d", "keyrings", "sources.list.d"):
        (etc / name).mkdir(parents=True)
    (etc / "auth.conf").write_text(f"machine a login u password {LOGIN}\n")
    (etc / "auth.conf.d/b.conf").write_text(f"machine b login u password {LOGIN}\n")
    (etc / "trusted.gpg.d/key.asc").write_text("a key")
    (etc / "keyrings/other.asc").write_text("another key")
    (etc / "keyrings/other.asc").chmod(0o600)  # `_apt` must read it all the same
    (folder / "signed.asc").write_text("a third key")
    (etc / "sources.list").write_text(f"deb [signed-by={folder}/signed.asc] https://u:{LOGIN}@mirror.example.org/debian bookworm main\n")
    (folder / "apt.conf").write_text(f'Acquire::http::Proxy "http://u:{LOGIN}@proxy.example.org:3128";\n')
    yield folder
    shutil.rmtree(folder)


def host_apt(machine: pathlib.Path, *args: object, umask: int = 0) -> subprocess.CompletedProcess:
    env = os.environ | {"HOST_APT_FOLDER": str(machine / "etc-apt"), "APT_CONFIG": str(machine / "apt.conf"),
                        "PIP_INDEX_URL": f"https://u:{LOGIN}@pypi.example.org/simple"}
    return subprocess.run([ROOT / "scripts/host-apt", *map(str, args)], env=env, umask=umask, capture_output=True, text=True, check=False)


def files_below(folder: pathlib.Path) -> list[pathlib.Path]:
    return [path for path in [folder, *folder.rglob("*")] if path.is_file()]


def can_read(user: str, path: pathlib.Path) -> bool:
    return subprocess.run(["runuser", "-u", user, "--", "cat", path], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_logins_of_a_build_context_are_for_their_owner(machine, umask):
    context = machine / "context"
    done = host_apt(machine, "context", context, umask=umask)
    assert done.returncode == 0, done.stderr
    secret = {path.relative_to(context).as_posix() for path in files_below(context) if LOGIN.encode() in path.read_bytes()}
    assert {"apt.conf", "etc/apt/auth.conf", "etc/apt/auth.conf.d/b.conf", "etc/apt/sources.list.d/sources.list"} <= secret
    assert ("pip.conf" in secret) == (shutil.which("pip3") is not None)
    for name in secret:
        assert stat.S_IMODE((context / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE((context / "etc/apt/auth.conf.d").stat().st_mode) == 0o700
    for path in [context, *context.rglob("*")]:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o022, path
    public = [context / "etc/apt/trusted.gpg.d/key.asc", context / "etc/apt/keyrings/other.asc", context / f"{machine}/signed.asc".lstrip("/")]
    for path in public:
        assert stat.S_IMODE(path.stat().st_mode) == 0o644, path
    if os.geteuid() == 0:
        assert all(can_read("_apt", path) for path in public)
        assert not any(can_read("_apt", context / name) for name in secret)


@pytest.mark.parametrize("command", ["options", "sources", "keys"])
def test_logins_are_for_their_owner_whichever_part_is_written(machine, command):
    to = machine / "out"
    assert host_apt(machine, command, to).returncode == 0
    secret = [path for path in files_below(to) if LOGIN.encode() in path.read_bytes()]
    assert secret
    assert {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}


def test_what_another_user_put_there_is_replaced_and_not_written_through(machine):
    victim = machine / "victim"
    victim.write_text("untouched")
    for command, where in {"options": "apt.conf", "sources": "sources/sources.list", "context": "context/apt.conf"}.items():
        link = machine / "there" / where
        link.parent.mkdir(parents=True, exist_ok=True)
        link.parent.chmod(0o777)
        link.symlink_to(victim)
        to = link if command == "options" else link.parent
        assert host_apt(machine, command, to).returncode == 0
        assert victim.read_text() == "untouched"
        assert not link.is_symlink() and stat.S_IMODE(link.stat().st_mode) == 0o600
    assert stat.S_IMODE((machine / "there/context").stat().st_mode) == 0o755
    assert (machine / "there/context").owner() == pwd.getpwuid(os.geteuid()).pw_name


def test_a_link_in_place_of_a_build_context_is_replaced(machine):
    victim = machine / "victim"
    victim.mkdir()
    (machine / "context").symlink_to(victim)
    assert host_apt(machine, "context", machine / "context").returncode == 0
    assert list(victim.iterdir()) == [] and not (machine / "context").is_symlink()


def test_sources_of_another_release_are_refused(machine):
    (machine / "etc-apt/sources.list").write_text("deb https://mirror.example.org/debian trixie main\n")
    done = host_apt(machine, "sources", machine / "out")
    assert done.returncode == 1
    assert "are not those of Debian 12" in done.stderr
