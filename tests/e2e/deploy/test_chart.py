"""The Helm chart: what it makes of values, held against the Kubernetes API's schemas."""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess

import helm_chart
import pytest
import yaml
from chart_choices import CHOICES, FILES, MADE, ROLE, every_choice, made_of, needs_helm
from helm_chart import CHART, Cluster, containers, one, pods, render, template

pytestmark = needs_helm


@pytest.mark.parametrize("file", [None, *FILES.values()], ids=lambda file: file.name if file else "values.yaml")
def test_lint(file):
    done = helm_chart.helm("lint", "--strict", CHART, *(("-f", file) if file else ()))
    assert done.returncode == 0, done.stdout + done.stderr


def schema_faults(version: str, *files: pathlib.Path) -> str:
    if not helm_chart.VALIDATE.exists():
        pytest.skip("NOT TESTED: no schemas of the Kubernetes API (make chart-test installs them)")
    done = subprocess.run([helm_chart.VALIDATE, "-k", version, "--strict", "--quiet", *files], capture_output=True, text=True,
                          timeout=120, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("version", helm_chart.KUBERNETES)
def test_objects_are_what_the_api_takes(version, tmp_path):
    files, seen = [], set()
    for choice in (*FILES, *CHOICES):
        # An object that another choice has made, too, was looked at.
        new = [text for each in made_of(choice) if (text := yaml.safe_dump(each)) not in seen]
        seen.update(new)
        files.append(tmp_path / f"{choice}.yaml")
        files[-1].write_text("---\n".join(new))
    assert schema_faults(version, *files) == ""


def test_the_schemas_would_tell(tmp_path):
    deployment = one(render(), "Deployment")
    deployment["spec"]["template"]["spec"]["containers"][0]["readinessprobe"] = {}
    file = tmp_path / "wrong.yaml"
    file.write_text(yaml.safe_dump(deployment))
    assert "readinessprobe" in schema_faults(helm_chart.KUBERNETES[-1], file)


@every_choice
def test_pods_are_restricted(choice):
    """Pod Security "restricted", and what goes beyond it: a read-only root, no token of the API."""
    for pod in pods(made_of(choice)).values():
        security = pod["securityContext"]
        assert security["runAsNonRoot"] is True and security["runAsUser"] > 0 and security["fsGroup"] > 0
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        assert not pod.keys() & {"hostNetwork", "hostPID", "hostIPC"}
        for container in containers(pod):
            assert container["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                                    "capabilities": {"drop": ["ALL"]}}
            assert container["resources"]["limits"].keys() == container["resources"]["requests"].keys() == {"cpu", "memory"}
        allowed = {"secret", "configMap", "projected", "emptyDir", "persistentVolumeClaim"}
        for volume in pod["volumes"]:
            kind, = volume.keys() - {"name"}
            assert kind in allowed or (kind == "hostPath" and choice in ("local", "hostPath")), volume
            if kind in ("secret", "configMap", "projected"):
                assert volume[kind]["defaultMode"] == 0o440


@every_choice
def test_mounts_are_those_of_the_pod(choice):
    objects = made_of(choice)
    values = {**CHOICES.get(choice, {}), **(yaml.safe_load(FILES[choice].read_text()) if choice in FILES else {})}
    wanted = {"/creds", "/home/etl/.local/state/aced-etl", "/home/etl/studies", "/home/etl/output", "/tmp"}
    for mount, path in (("sheepdogCreds", "/creds/sheepdog-creds"), ("aws", "/home/etl/.aws")):
        if values.get("mounts", {}).get(mount, {}).get("from") != "none":
            wanted.add(path)
    if choice != "an extract of fence-config":
        wanted.add("/creds/fence-config")
    for pod in pods(objects).values():
        for container in pod["containers"]:
            mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
            assert mounts.keys() == wanted
            assert {path for path, mount in mounts.items() if mount.get("readOnly")} == {path for path in wanted if "creds" in path or "aws" in path}
            environment = {each["name"]: each.get("value") for each in container["env"]}
            assert environment["HOME"] == "/home/etl" and environment["TMPDIR"] == "/tmp"
            assert environment["ACED_ETL_STATE_DIR"] == "/home/etl/.local/state/aced-etl"
            assert environment.get("AWS_PROFILE") == ("etlbot" if "/home/etl/.aws" in wanted else None)
        assert pod["volumes"] == next(iter(pods(objects).values()))["volumes"]
    # Every claim is one that the chart makes, or one that was named.
    claims = {each["metadata"]["name"] for each in objects if each["kind"] == "PersistentVolumeClaim"}
    used = {volume["persistentVolumeClaim"]["claimName"] for volume in pod["volumes"] if "persistentVolumeClaim" in volume}
    assert used == claims or (choice == "claims that are there" and claims == set() and used == {"state", "studies", "output"})


def test_the_local_image_is_the_one_that_make_image_makes():
    version = re.search(r"^project\(aced-etl VERSION ([0-9.]+)", (helm_chart.ROOT / "CMakeLists.txt").read_text(), re.M)[1]
    assert "tag=${1:-localhost/aced-etl:$version}" in (helm_chart.ROOT / "scripts/image").read_text()
    images = {container["image"] for pod in pods(render("-f", FILES["local"])).values() for container in containers(pod)}
    assert images == {f"localhost/aced-etl:{version}"}


def test_a_misspelled_setting_on_the_command_line_is_refused():
    done = template("--set", "etl.studys[0].name=Lung_Cancer")
    assert done.returncode != 0 and "studys" in done.stderr


def test_the_documented_commands_create_all_that_the_pod_mounts():
    """docs/chart.md creates each Secret and ConfigMap that the minimal values mount and the chart does not make, with its keys."""
    page = (helm_chart.ROOT / "docs/chart.md").read_text().replace("\\\n", " ")
    created = {}
    for kind, name, rest in re.findall(r"^kubectl -n COMMONS create (secret generic|configmap) (\S+) (.*)$", page, re.M):
        keys = re.findall(r"--from-(?:file|literal)=([^= ]+)=", rest)
        created["Secret/" * (kind != "configmap") + "ConfigMap/" * (kind == "configmap") + name] = dict.fromkeys(keys, b"x")
    objects = render("-f", FILES["minimal"])
    cluster = Cluster(created, objects)
    for pod in pods(objects).values():
        for volume in pod["volumes"]:
            helm_chart.payload(volume, cluster)  # KeyError: a name or key that no command creates


def test_the_regular_run():
    job = one(render(), "CronJob")["spec"]
    assert job["concurrencyPolicy"] == "Forbid" and job["suspend"] is False and job["startingDeadlineSeconds"] > 0
    assert job["successfulJobsHistoryLimit"] > 0 and job["failedJobsHistoryLimit"] > 0
    run = job["jobTemplate"]["spec"]
    assert run["activeDeadlineSeconds"] > 0 and run["backoffLimit"] == 1
    pod = run["template"]["spec"]
    assert pod["restartPolicy"] == "Never" and pod["terminationGracePeriodSeconds"] >= 30
    assert pod["containers"][0]["args"] == ["run", "--all"] and "command" not in pod["containers"][0]
    # The first rule that fits counts: a drained pod's exit code does not matter.
    first, second = run["podFailurePolicy"]["rules"]
    assert first["action"] == "Ignore" and first["onPodConditions"][0]["type"] == "DisruptionTarget"
    assert second["action"] == "FailJob" and second["onExitCodes"] == {"operator": "In", "values": [1, 2, 3, 4, 6, 7, 8, 9]}


def test_the_template_of_single_jobs():
    values = {"jobTemplate": {"args": ["run", "Lung_Cancer"]}, "cronJob": {"enabled": False}}
    assert one(render(values=values), "CronJob", "pod-aced-etl-job")["spec"]["suspend"] is True
    pod = pods(render(values=values))["CronJob/pod-aced-etl-job"]
    assert pod["containers"][0]["args"] == ["run", "Lung_Cancer"]


def test_pods_share_a_node_where_a_volume_is_bound_to_one():
    for pod in pods(render()).values():
        term, = pod["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        labels = one(render(), "Deployment")["spec"]["template"]["metadata"]["labels"]
        assert term["labelSelector"]["matchLabels"].items() <= labels.items()
    shared = {"storage": {name: {"accessMode": "ReadWriteMany"} for name in ("state", "studies", "output")}}
    assert all("affinity" not in pod for pod in pods(render(values=shared)).values())
    own = {"nodeAffinity": {}}
    assert all(pod["affinity"] == own for pod in pods(render(values={"affinity": own})).values())


def test_an_account_with_a_role():
    account = one(render(values=ROLE), "ServiceAccount")
    assert account["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": ROLE["serviceAccount"]["roleArn"]}
    given = render(values={"serviceAccount": {"create": False, "name": "mine"}})
    assert not [each for each in given if each["kind"] == "ServiceAccount"]
    assert all(pod["serviceAccountName"] == "mine" for pod in pods(given).values())


@every_choice
def test_nothing_goes_out_but_what_is_named(choice):
    objects = made_of(choice)
    if choice == "no network policy":
        assert not [each for each in objects if each["kind"] == "NetworkPolicy"]
        return
    policy = one(objects, "NetworkPolicy", "etl" if choice == "other names" else "pod-aced-etl")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"] and policy["ingress"] == []
    # Every rule names ports, and DNS goes to the cluster's resolvers alone.
    assert all(rule["ports"] for rule in policy["egress"])
    dns, *others = policy["egress"]
    assert [(port["protocol"], port["port"]) for port in dns["ports"]] == [("TCP", 53), ("UDP", 53)] and len(dns["to"]) == 2
    open_ports = {port["port"] for rule in others for port in rule["ports"]}
    assert open_ports <= {443, 80, 5432, 9200} and 9200 in open_ports or choice == "no search, no database"
    if choice == "network policy":
        assert policy["egress"][-1]["to"] == [{"ipBlock": {"cidr": "10.0.0.0/8"}}]
    for each in objects:
        if each["kind"] in ("Deployment", "CronJob"):
            spec = each["spec"] if each["kind"] == "Deployment" else each["spec"]["jobTemplate"]["spec"]
            assert policy["podSelector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()


def test_settings_change_the_deployment():
    def checksum(values: dict) -> str:
        return one(render(values=values), "Deployment")["spec"]["template"]["metadata"]["annotations"]["checksum/config"]

    assert len({checksum(values) for values in ({}, {"etl": {"program": "aced"}}, MADE)}) == 3
    assert checksum({}) == checksum({"cronJob": {"suspend": True}})


def test_secrets_are_in_secrets_alone():
    objects = render(values=MADE)
    cluster = Cluster({}, objects)
    pod = pods(objects)["Deployment/pod-aced-etl"]
    files: dict[str, bytes] = {}
    for volume in pod["volumes"]:
        files |= helm_chart.payload(volume, cluster) or {}
    assert files["password"] == b"made-secret-3" and files["credentials"] == b"made-secret-4"
    assert files["credentials.json"] == MADE["mounts"]["credentials"]["value"].encode()
    assert "made-secret" not in yaml.safe_dump_all(each for each in objects if each["kind"] != "Secret")


def test_numbers_of_settings_stay_numbers():
    """Helm reads numbers as floating point, and would write large ones as 1e+07."""
    text = one(render(values={"etl": {"limits": {"bandwidth": 10485760}, "threads": 4}}), "ConfigMap")["data"]["etl.yaml"]
    assert yaml.safe_load(text) == {"limits": {"bandwidth": 10485760}, "threads": 4} and "10485760" in text


@pytest.mark.parametrize(("values", "wanted"), [
    ({}, {}),
    ({"env": {"PGSSLMODE": "require"}}, {"PGSSLMODE": "require"}),
    ({"env": {"PGSSLMODE": "verify-full"}}, {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/etc/ssl/certs/ca-certificates.crt"}),
    (CHOICES["a verified database"], {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/creds/database-ca.crt"}),
], ids=["default", "require", "verify-full", "own authority"])
def test_the_database_is_verified_where_asked(values, wanted):
    objects = render(values=values)
    for pod in pods(objects).values():
        environment = {each["name"]: each.get("value") for each in pod["containers"][0]["env"] if each["name"].startswith("PG")}
        assert environment == wanted
        creds = next(volume for volume in pod["volumes"] if volume["name"] == "creds")["projected"]["sources"]
        mounted = [item for source in creds for kind in source.values() for item in kind["items"] if item["path"] == "database-ca.crt"]
        assert mounted == ([{"key": "global-bundle.pem", "path": "database-ca.crt"}] if "databaseCa" in values.get("mounts", {}) else [])


def notes(tmp_path: pathlib.Path, *args: object, values: dict | None = None) -> str:
    """What `helm install` prints. `helm template` leaves it out, so a copy of the chart has it in a configMap."""
    chart = tmp_path / "aced-etl"
    shutil.copytree(CHART, chart, dirs_exist_ok=True)
    (chart / "templates/NOTES.txt").rename(chart / "files/NOTES.txt")
    (chart / "templates/notes.yaml").write_text(
        'kind: ConfigMap\nmetadata: {name: notes}\ntext: {{ tpl (.Files.Get "files/NOTES.txt") . | toJson }}\n')
    done = template("-s", "templates/notes.yaml", *args, values=values, chart=chart)
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)["text"]


@every_choice
def test_notes_name_the_next_three_commands(choice, tmp_path):
    text = notes(tmp_path, *(("-f", FILES[choice]) if choice in FILES else ()), values=CHOICES.get(choice))
    commands = [line.strip() for line in text.splitlines() if line.strip().startswith("kubectl -n commons ")]
    assert [text.count(f"  {number}. ") for number in (1, 2, 3, 4)] == [1, 1, 1, 0]
    specs = pods(made_of(choice))
    for command in commands[:3]:
        words = command.split()
        for word in words:
            if word.startswith("deployment/"):
                assert f"Deployment/{word.partition('/')[2]}" in specs
            if word.startswith("--from=cronjob/"):
                assert f"CronJob/{word.partition('/')[2]}" in specs
    if choice == "secrets of values":
        assert len(commands) == 3
    elif choice == "defaults":
        assert commands[3].endswith(" get secret/gen3-credentials configmap/useryaml secret/fence-config secret/sheepdog-dbcreds secret/aced-etl-aws")
