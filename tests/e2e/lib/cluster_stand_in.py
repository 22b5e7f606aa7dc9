"""A Kubernetes cluster for the commands of the documents: `kubectl` and `helm` as the pages call them, with objects in a folder.

The real helm renders the chart, and the real kubectl makes Secrets and ConfigMaps and knows its options; neither asks a server. What is
created can be read, applied, waited for and run again. An object, option or verb that is not there is an error, as with a cluster.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import yaml

# What a commons has beside aced-etl, as cloud-automation and gen3-helm name it.
OF_THE_COMMONS = ["CronJob/usersync", "Deployment/fence-deployment", "Deployment/guppy-deployment", "Deployment/indexd-deployment",
                  "Deployment/peregrine-deployment", "Deployment/sheepdog-deployment"]
KINDS = {"secret": "Secret", "configmap": "ConfigMap", "cronjob": "CronJob", "job": "Job", "deployment": "Deployment", "deploy": "Deployment",
         "pod": "Pod"}

SCRIPT = """#!{python}
import sys
sys.path.insert(0, {tests!r})
import cluster_stand_in
cluster_stand_in.Cluster({state!r}, {home!r}, {tools!r}).main({name!r}, sys.argv[1:])
"""


def install(programs: pathlib.Path, state: pathlib.Path, home: pathlib.Path, tools: dict[str, str]) -> None:
    """Puts `kubectl` and `helm` into `programs`. `home` is the pod's home folder, `tools` says where the real ones are."""
    state.mkdir()
    for name in OF_THE_COMMONS:
        write(state, {"kind": name.split("/")[0], "metadata": {"name": name.split("/")[1]},
                      "spec": {"jobTemplate": {"spec": {"template": {"spec": {"containers": [{"name": "c"}]}}}}}})
    for name in ("kubectl", "helm"):
        (programs / name).write_text(SCRIPT.format(python=sys.executable, tests=str(pathlib.Path(__file__).parent), state=str(state), home=str(home),
                                                   tools=tools, name=name))
        (programs / name).chmod(0o755)


def write(state: pathlib.Path, each: dict) -> None:
    (state / f"{each['kind']}.{each['metadata']['name']}.json").write_text(json.dumps(each))


class Cluster:
    def __init__(self, state: str, home: str, tools: dict[str, str]) -> None:
        self.state, self.home, self.tools = pathlib.Path(state), home, tools

    def main(self, name: str, words: list[str]) -> None:
        try:
            self.helm(words) if name == "helm" else self.kubectl(words)
        except LookupError as error:
            sys.exit(f"{name}: {error.args[0]}")

    # --- objects

    def read(self, reference: str) -> dict:
        """By `secret/NAME`, `deployment/NAME` …"""
        kind, _, name = reference.partition("/")
        file = self.state / f"{KINDS.get(kind, kind)}.{name}.json"
        if kind not in KINDS or not file.exists():
            raise LookupError(f'Error from server (NotFound): "{reference}" not found')
        return json.loads(file.read_text())

    # --- helm

    def real(self, name: str, *words: str, given: str | None = None) -> str:
        done = subprocess.run([self.tools[name], *words], input=given, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            sys.exit(done.returncode)
        return done.stdout

    def helm(self, words: list[str]) -> None:
        verb, *rest = words
        if verb == "upgrade":
            if rest[0] != "--install":
                raise LookupError("upgrade is expected with --install")
            release, chart, *options = rest[1:]
            self.real("helm", "lint", "--strict", chart, *[word for word in options if word not in ("-n", "COMMONS")])
            for each in yaml.safe_load_all(self.real("helm", "template", release, chart, "--kube-version", "1.30.0", *options)):
                if each:
                    write(self.state, each)
            (self.state / f"release.{release}").touch()
        elif verb == "uninstall":
            release = self.state / f"release.{rest[0]}"
            if not release.exists():
                raise LookupError(f"uninstall: Release not loaded: {rest[0]}: release: not found")
            release.unlink()
            for file in self.state.glob(f"*.{rest[0]}*.json"):
                file.unlink()
        else:
            raise LookupError(f"unknown command {verb}")

    # --- kubectl

    def kubectl(self, words: list[str]) -> None:
        words = list(words)
        while words[0] in ("-n", "--namespace"):
            if words[1] != "COMMONS":
                raise LookupError(f"the pages call the namespace COMMONS, not {words[1]}")
            del words[:2]
        verb, *rest = words
        command = getattr(self, f"kubectl_{verb}", None)
        if command is None:
            raise LookupError(f'unknown command "{verb}"')
        own = rest[: rest.index("--")] if "--" in rest else rest
        below = {"create": 2 if own[:1] == ["secret"] else 1, "rollout": 1}  # `create secret generic` has options of its own
        known = self.real("kubectl", verb, *own[: below.get(verb, 0)], "--help")
        for option in (word.split("=")[0] for word in own if word.startswith("-") and word != "-"):
            if not re.search(rf"(?<![\w-]){option}(?![\w-])", known) and option not in ("-n", "--namespace"):
                raise LookupError(f"unknown flag: {option}")
        command(rest)

    def kubectl_create(self, words: list[str]) -> None:
        name, output = words[1], next((word for word in words if word.startswith("--dry-run")), None)
        if words[0] in ("secret", "configmap"):
            made = json.loads(self.real("kubectl", "create", *[word for word in words if not word.startswith(("--dry-run", "-o", "yaml", "json"))],
                                        "--dry-run=client", "-o", "json"))
        elif words[0] == "job":
            name = next(word for word in words[1:] if not word.startswith("-") and word not in ("json", "yaml"))
            source = next(word for word in words if word.startswith("--from=")).removeprefix("--from=")
            made = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": self.read(source)["spec"]["jobTemplate"]["spec"]}
        else:
            raise LookupError(f"unknown resource {words[0]}")
        if output:
            print(json.dumps(made) if words[-1] == "json" else yaml.safe_dump(made))
            return
        if (self.state / f"{made['kind']}.{made['metadata']['name']}.json").exists():
            raise LookupError(f'error: failed to create: "{made["metadata"]["name"]}" already exists')
        write(self.state, made)

    def kubectl_apply(self, words: list[str]) -> None:
        source = words[words.index("-f") + 1]
        for each in yaml.safe_load_all(sys.stdin.read() if source == "-" else pathlib.Path(source).read_text()):
            write(self.state, each)

    def kubectl_get(self, words: list[str]) -> None:
        references = [word for word in words if "/" in word] or ["/".join(words[:2])]
        found = [self.read(reference) for reference in references]
        output = words[words.index("-o") + 1] if "-o" in words else "name"
        if path := re.fullmatch(r"jsonpath=\{\.(.*)\}", output):
            value = found[0]
            for key in re.split(r"(?<!\\)\.", path[1]):
                value = value[key.replace("\\.", ".")]
            print(value if isinstance(value, str) else json.dumps(value))
        else:
            print(json.dumps(found) if output == "json" else yaml.safe_dump_all(found) if output == "yaml" else "\n".join(references))

    def kubectl_wait(self, words: list[str]) -> None:
        self.read(next(word for word in words if "/" in word and not word.startswith("-")))

    def kubectl_logs(self, words: list[str]) -> None:
        self.read(next(word for word in words if "/" in word))

    def kubectl_rollout(self, words: list[str]) -> None:
        if words[0] != "restart":
            raise LookupError(f"rollout {words[0]} is not known here")
        self.read(words[1])

    def kubectl_exec(self, words: list[str]) -> None:
        """Runs the command here, where the pod's programs and folders are."""
        self.read(next(word for word in words if "/" in word))
        command = words[words.index("--") + 1:]
        os.execvp(command[0], command)

    def kubectl_cp(self, words: list[str]) -> None:
        """`kubectl cp FOLDER POD:PATH`; like the real one, into the folder where that exists."""
        source, target = words
        pod, _, path = target.partition(":")
        if pod != "POD" or not path.startswith("/home/etl/"):
            raise LookupError(f"a pod's path is expected, not {target}")
        to = pathlib.Path(self.home, path.removeprefix("/home/etl/"))
        if not to.parent.is_dir():
            raise LookupError(f"no such folder in the pod: {to.parent}")
        if to.exists():
            to = to / pathlib.Path(source).name
        shutil.copytree(source, to)


