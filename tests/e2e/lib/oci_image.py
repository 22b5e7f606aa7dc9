"""The container image, run as Kubernetes runs it: runc, a user without rights, a root filesystem that is read-only."""

from __future__ import annotations

import itertools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from programs import ROOT


_numbers = itertools.count(1)


def buildah(*args: str) -> str:
    """As the scripts call it: with the storage below .local/image."""
    script = 'source scripts/buildah.bash; buildah "$@"'
    done = subprocess.run(["bash", "-c", script, "buildah", *args], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Image:
    """Its files, mounted once, and what it says of how it is to be run."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.oci = json.loads(buildah("inspect", "--type", "image", tag))["OCIv1"]
        self.config = self.oci["config"]
        self._container = buildah("from", "--pull-never", tag)
        self.root = pathlib.Path(buildah("mount", self._container))

    def remove(self) -> None:
        buildah("umount", self._container)
        buildah("rm", self._container)


class Pod:
    """One container of the image, and its volumes. Nothing but these can be written to."""

    def __init__(self, image: Image, env: dict[str, str], volumes: dict[str, pathlib.Path], user: tuple[int, int] = (10001, 10001)) -> None:
        """`volumes`: path in the image -> folder of this machine; those of /creds, ~/.aws and /demo are read-only."""
        self.image = image
        self.user = user
        self.id = f"aced-etl-test-{os.getpid()}-{next(_numbers)}"
        self.bundle = pathlib.Path(tempfile.mkdtemp(prefix="aced-etl-pod-"))
        subprocess.run(["runc", "spec"], cwd=self.bundle, check=True)
        spec = json.loads((self.bundle / "config.json").read_text())
        spec["root"] = {"path": str(image.root), "readonly": True}
        self._process = spec["process"]
        self._process |= {"terminal": False, "user": {"uid": user[0], "gid": user[1]}, "cwd": image.config["WorkingDir"],
                          "env": [*image.config["Env"], *(f"{name}={value}" for name, value in env.items())], "rlimits": [],
                          "capabilities": {}, "noNewPrivileges": True}
        # The servers of the tests listen on this machine's 127.0.0.1.
        spec["linux"]["namespaces"] = [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]
        spec["linux"].pop("resources", None)
        spec["mounts"] = [mount for mount in spec["mounts"] if mount["type"] != "cgroup"]
        spec["mounts"].append({"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "mode=1777"]})
        for inside, folder in volumes.items():
            mode = "ro" if inside.startswith(("/creds", "/home/etl/.aws", "/demo")) else "rw"
            spec["mounts"].append({"destination": inside, "type": "bind", "source": str(folder), "options": ["rbind", mode]})
        self._spec = spec

    def _runc(self, *args: str) -> list[str]:
        return ["runc", "--root", str(self.bundle / "runc"), *args]

    def _write(self, args: tuple[str, ...], entrypoint: bool) -> None:
        whole = [*(self.image.config["Entrypoint"] if entrypoint else []), *(args or self.image.config["Cmd"])]
        self._process["args"] = whole
        (self.bundle / "config.json").write_text(json.dumps(self._spec))

    def start(self, *args: str, entrypoint: bool = True, **popen) -> subprocess.Popen:
        """Runs it to the end in the background: the process is runc's own, which passes signals on."""
        self._write(args, entrypoint)
        return subprocess.Popen(self._runc("run", self.id), cwd=self.bundle, text=True, **{"stdin": subprocess.DEVNULL, **popen})

    def run(self, *args: str, entrypoint: bool = True) -> subprocess.CompletedProcess:
        """As a job's container: the image's entrypoint, then these (else the image's own command)."""
        self._write(args, entrypoint)
        return subprocess.run(self._runc("run", self.id), cwd=self.bundle, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=120, check=False)

    def up(self) -> None:
        """As a pod that stays, for `kubectl exec`."""
        self._write(("/usr/bin/tini", "--", "sleep", "infinity"), False)
        # Its output goes nowhere: a pipe would stay open for as long as the pod is up.
        subprocess.run(self._runc("run", "-d", self.id), cwd=self.bundle, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=True)

    def exec(self, script: str, **env: str) -> subprocess.CompletedProcess:
        """`kubectl exec … -- bash -c SCRIPT`."""
        words = [word for name, value in env.items() for word in ("-e", f"{name}={value}")]
        return subprocess.run(self._runc("exec", *words, self.id, "bash", "-c", script), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120, check=False)

    def signal(self, name: str) -> int:
        """To its first process alone, as the kubelet does."""
        return subprocess.run(self._runc("kill", self.id, name), capture_output=True, check=False).returncode

    def state(self) -> str:
        done = subprocess.run(self._runc("state", self.id), capture_output=True, text=True, check=False)
        return json.loads(done.stdout)["status"] if done.returncode == 0 else "gone"

    def remove(self) -> None:
        subprocess.run(self._runc("delete", "--force", self.id), capture_output=True, check=False)
        for _ in range(100):
            if self.state() == "gone":
                break
            time.sleep(0.05)
        shutil.rmtree(self.bundle, ignore_errors=True)
