"""deploy/chart/aced-etl as a test handles it: rendered by helm, its pods' volumes laid out as the kubelet does.

helm and the Kubernetes API's schemas come from scripts/chart-tools.
"""

from __future__ import annotations

import base64
import itertools
import os
import pathlib
import shutil
import subprocess

import yaml
from programs import ROOT

CHART = ROOT / "deploy/chart/aced-etl"
VALIDATE = ROOT / ".local/kubernetes-validate/bin/kubernetes-validate"
KUBERNETES = "1.27.0", "1.37.0"  # the oldest that Chart.yaml admits, and the newest with schemas

_dates = itertools.count(1)


def tool(name: str) -> str | None:
    """helm or kubectl."""
    own = ROOT / ".local/bin" / name
    return str(own) if own.exists() else shutil.which(name)


def program() -> str | None:
    return tool("helm")


def helm(*args: object, values: dict | None = None) -> subprocess.CompletedProcess:
    """`values` come last, as a file of their own."""
    command = [program(), *map(str, args), *(("-f", "-") if values is not None else ())]
    return subprocess.run(command, input=yaml.safe_dump(values) if values is not None else "", capture_output=True, text=True,
                          timeout=60, check=False)


def template(*args: object, values: dict | None = None, chart: pathlib.Path = CHART) -> subprocess.CompletedProcess:
    return helm("template", "pod", chart, "--namespace", "commons", "--kube-version", "1.30.0", *args, values=values)


def render(*args: object, values: dict | None = None) -> list[dict]:
    """The objects that the chart makes of these values."""
    done = template(*args, values=values)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def one(objects: list[dict], kind: str, name: str = "pod-aced-etl") -> dict:
    found = [each for each in objects if each["kind"] == kind and each["metadata"]["name"] == name]
    assert len(found) == 1, f"{len(found)} objects {kind}/{name}"
    return found[0]


def pods(objects: list[dict]) -> dict[str, dict]:
    """The spec of every kind of pod: Deployment/NAME, CronJob/NAME."""
    specs = {}
    for each in objects:
        if each["kind"] == "Deployment":
            specs[f"Deployment/{each['metadata']['name']}"] = each["spec"]["template"]["spec"]
        elif each["kind"] == "CronJob":
            specs[f"CronJob/{each['metadata']['name']}"] = each["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return specs


def containers(pod: dict) -> list[dict]:
    return [*pod.get("initContainers", []), *pod["containers"]]


class Cluster:
    """The Secrets and configMaps of a namespace: those that are there, and those that the chart makes."""

    def __init__(self, existing: dict[str, dict[str, bytes]], objects: list[dict] = ()) -> None:
        """`existing`: "Secret/NAME" -> its keys."""
        self._contents = dict(existing)
        for each in objects:
            data = {key: text.encode() for key, text in (each.get("data") or {}).items()}
            if each["kind"] == "Secret":
                data = {key: base64.b64decode(text, validate=True) for key, text in data.items()}
            if each["kind"] in ("Secret", "ConfigMap"):
                self._contents[f"{each['kind']}/{each['metadata']['name']}"] = data

    def files(self, kind: str, name: str, items: list[dict] | None) -> dict[str, bytes]:
        """path -> bytes. The pod would wait for ever for what is not there, and so a test fails."""
        keys = self._contents[f"{kind}/{name}"]
        if items is None:
            return dict(keys)
        return {item["path"]: keys[item["key"]] for item in items}


class Layout:
    """One container's file tree below `root`, as the kubelet lays it out."""

    def __init__(self, root: pathlib.Path, pod: dict, cluster: Cluster, container: dict | None = None) -> None:
        self.root = root
        self.container = container or pod["containers"][0]
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        # As the runtime does: outer mounts before inner ones.
        for mount in sorted(self.container["volumeMounts"], key=lambda each: each["mountPath"].count("/")):
            assert "subPath" not in mount, f"{mount['mountPath']}: a subPath never follows a rotation"
            self._mount(self.path(mount["mountPath"]), volumes[mount["name"]], cluster)
        if container is None:
            for each in pod.get("initContainers", []):
                self._run_before(each, pod, cluster)

    def _run_before(self, container: dict, pod: dict, cluster: Cluster) -> None:
        """An init container runs to its end in a tree of its own, which shares the emptyDirs with this one."""
        own = Layout(self.root.with_name(f"{self.root.name}-{container['name']}"), pod, cluster, container)
        shared = {mount["name"]: mount["mountPath"] for mount in self.container["volumeMounts"]}
        empty = {volume["name"] for volume in pod["volumes"] if "emptyDir" in volume}
        for mount in container["volumeMounts"]:
            if mount["name"] in shared.keys() & empty:
                own.path(mount["mountPath"]).rmdir()
                own.path(mount["mountPath"]).symlink_to(self.path(shared[mount["name"]]))
        done = subprocess.run([own.translated(word) for word in container["command"]], env={"PATH": os.environ["PATH"]},
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr

    def translated(self, value: str) -> str:
        """A path of the container leads below `root`; other words stay."""
        mounted = [mount["mountPath"] for mount in self.container["volumeMounts"]]
        inside = any(value == path or value.startswith(f"{path}/") for path in mounted)
        return str(self.path(value)) if inside else value

    def path(self, mounted: str) -> pathlib.Path:
        """Where an absolute path of the container is."""
        return self.root / mounted.lstrip("/")

    def _mount(self, folder: pathlib.Path, volume: dict, cluster: Cluster) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        files = payload(volume, cluster)
        if files is not None:
            publish(folder, files)

    def environment(self) -> dict[str, str]:
        """The container's variables; paths of the container lead below `root`."""
        mounted = [mount["mountPath"] for mount in self.container["volumeMounts"]]
        result = {"ACED_ETL_CREDS": str(self.path("/creds"))}
        for entry in self.container["env"]:
            value = entry.get("value", "2")  # by reference: the number of cores
            above = any(path.startswith(f"{value}/") for path in mounted)
            result[entry["name"]] = str(self.path(value)) if above else self.translated(value)
        return result


def payload(volume: dict, cluster: Cluster) -> dict[str, bytes] | None:
    """What the kubelet writes into a volume; None where it writes nothing."""
    if "secret" in volume:
        return cluster.files("Secret", volume["secret"]["secretName"], volume["secret"].get("items"))
    if "configMap" in volume:
        return cluster.files("ConfigMap", volume["configMap"]["name"], volume["configMap"].get("items"))
    if "projected" in volume:
        files: dict[str, bytes] = {}
        for source in volume["projected"]["sources"]:
            for key, kind in (("secret", "Secret"), ("configMap", "ConfigMap")):
                if key in source:
                    files |= cluster.files(kind, source[key]["name"], source[key].get("items"))
        return files
    assert {"emptyDir", "persistentVolumeClaim", "hostPath"} & volume.keys(), volume
    return None


def publish(folder: pathlib.Path, files: dict[str, bytes]) -> None:
    """Writes a dated folder, turns `..data` to it in one step, and links the names, as the kubelet's AtomicWriter does;
    a second time is a rotation."""
    dated = folder / f"..2026_01_01_00_00_00.{next(_dates):09}"
    for path, data in files.items():
        file = dated / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        file.chmod(0o440)
    old = folder / os.readlink(folder / "..data") if (folder / "..data").is_symlink() else None
    (folder / "..data_tmp").symlink_to(dated.name)
    os.replace(folder / "..data_tmp", folder / "..data")
    for name in {path.split("/")[0] for path in files}:
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")
    if old:
        shutil.rmtree(old)
