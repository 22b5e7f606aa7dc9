"""The Helm chart: what it makes of values, held against the Kubernetes API's schemas, and whether `doctor` accepts its mounts."""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import subprocess
import warnings

import helm_chart
import pytest
import yaml
from helm_chart import CHART, Cluster, Layout, containers, one, pods, render, template

FILES = {name: CHART / f"values-{name}.yaml" for name in ("minimal", "local", "staging", "production")}
MADE = {"mounts": {"credentials": {"from": "values", "value": '{"api_key": "made-secret-1"}'},
                   "userYaml": {"from": "values", "value": "authz: {}\n"},
                   "fenceConfig": {"from": "values", "value": "S3_BUCKETS: {} # made-secret-2\n"},
                   "sheepdogCreds": {"from": "values", "values": {"database": "d", "dbcreated": "true", "host": "h", "port": "5432",
                                                                  "username": "u", "password": "made-secret-3"}},
                   "aws": {"from": "values", "values": {"credentials": "made-secret-4", "config": "[profile etlbot]"}}}}
ROLE = {"mounts": {"aws": {"from": "none"}}, "serviceAccount": {"roleArn": "arn:aws:iam::123456789012:role/r"}}
# What people choose, beside the three files.
CHOICES = {
    "defaults": {},
    "secrets of values": MADE,
    "a role": ROLE,
    "other names": {"mounts": {"credentials": {"name": "the-key", "key": "key.json"},
                               "userYaml": {"from": "secret", "name": "users", "key": "users.yaml"}},
                    "fullnameOverride": "etl", "podLabels": {"team": "aced"}, "podAnnotations": {"a": "b"},
                    "image": {"pullSecrets": [{"name": "registry"}]}, "nodeSelector": {"a": "b"}, "tolerations": [{"operator": "Exists"}],
                    "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}], "envFrom": [{"secretRef": {"name": "more"}}]},
    "emptyDir": {"storage": {name: {"type": "emptyDir"} for name in ("state", "studies", "output")},
                 "cronJob": {"suspend": True}},
    "hostPath": {"storage": {name: {"type": "hostPath", "hostPath": f"/data/{name}"} for name in ("state", "studies", "output")}},
    "claims that are there": {"storage": {name: {"existingClaim": name} for name in ("state", "studies", "output")}},
    "network policy": {"networkPolicy": {"s3": {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}}},
    "no network policy": {"networkPolicy": {"enabled": False}},
    "an extract of fence-config": {"mounts": {"fenceConfig": {"from": "configMap", "name": "aced-etl-fence-config"}}},
    "a verified database": {"env": {"PGSSLMODE": "verify-full"},
                            "mounts": {"databaseCa": {"from": "configMap", "name": "rds-ca", "key": "global-bundle.pem"}}},
    "Jobs alone": {"deployment": {"enabled": False}},
    "no search, no database": {"mounts": {"sheepdogCreds": {"from": "none"}}, "networkPolicy": {"search": {"ports": []}}},
}


def made_of(choice: str) -> list[dict]:
    return render("-f", FILES[choice]) if choice in FILES else render(values=CHOICES[choice])


@pytest.fixture(scope="session", autouse=True)
def needs_helm() -> None:
    """Before any server is started."""
    if not helm_chart.program():
        pytest.skip("NOT TESTED: no helm (make chart-test installs it where Go is)")


every_choice = pytest.mark.parametrize("choice", [*FILES, *CHOICES])


# -- what it makes

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


FENCE_CONFIG = """
ENCRYPTION_KEY: made-secret-key
DB: postgresql://fence:made-secret-db@db/fence
OPENID_CONNECT: {google: {client_secret: made-secret-client}}
AWS_CREDENTIALS: {fencebot: {aws_access_key_id: AKIA, aws_secret_access_key: made-secret-aws}}
S3_BUCKETS:
  one: {cred: fencebot, region: us-west-2, role-arn: 'arn:aws:iam::1:role/r'}
  two: {cred: made-secret-cred, endpoint_url: 'http://minio:9000', kms: made-secret-kms}
  broken: made-secret-text
DATA_UPLOAD_BUCKET: one
ALLOWED_DATA_UPLOAD_BUCKETS: [one, two]
"""


@pytest.mark.parametrize("mount", [{}, {"from": "values", "value": FENCE_CONFIG}], ids=["secret", "values"])
def test_of_fences_configuration_only_the_buckets_reach_the_program(mount, tmp_path):
    """The whole of it is in the init container alone."""
    objects = render(values={"mounts": {"fenceConfig": mount}})
    cluster = Cluster({"Secret/fence-config": {"fence-config.yaml": FENCE_CONFIG.encode()},
                       "Secret/gen3-credentials": {"credentials.json": b"{}"}, "ConfigMap/useryaml": {"useryaml": b""},
                       "Secret/sheepdog-dbcreds": dict.fromkeys(("database", "dbcreated", "host", "password", "port", "username"), b"x"),
                       "Secret/aced-etl-aws": {"credentials": b"", "config": b""}}, objects)
    for name, pod in pods(objects).items():
        layout = Layout(tmp_path / name, pod, cluster)
        extract = pathlib.Path(layout.environment()["ACED_ETL_FENCE_CONFIG"])
        assert yaml.safe_load(extract.read_text()) == {
            "DATA_UPLOAD_BUCKET": "one", "ALLOWED_DATA_UPLOAD_BUCKETS": ["one", "two"],
            "S3_BUCKETS": {"one": {"region": "us-west-2", "role-arn": "arn:aws:iam::1:role/r"}, "two": {"endpoint_url": "http://minio:9000"}}}
        for file in layout.root.rglob("*"):
            assert not file.is_file() or b"made-secret" not in file.read_bytes(), file
        assert "fence-config-whole" not in {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]}


def test_the_extract_says_the_same_of_buckets(etl, tmp_path):
    """What the program reads of the extract is what it reads of the whole, with no key left out that was there, and none added."""
    script = CHART / "files/fence-extract.sh"
    for text in (FENCE_CONFIG, "S3_BUCKETS: {}\n", "ALLOWED_DATA_UPLOAD_BUCKETS: []\nS3_BUCKETS: {a-1: {}}\n",
                 "ALLOWED_DATA_UPLOAD_BUCKETS:\nDATA_UPLOAD_BUCKET: one\n"):
        (tmp_path / "whole.yaml").write_text(text)
        subprocess.run(["sh", script, tmp_path / "whole.yaml", tmp_path / "extract.yaml"], check=True)
        assert (tmp_path / "extract.yaml").stat().st_mode & 0o007 == 0
        written = []
        for name in ("whole", "extract"):
            etl("config", "init", etl.cwd / f"{name}-etl.yaml", "--fence-config", tmp_path / f"{name}.yaml")
            written.append([line for line in (etl.cwd / f"{name}-etl.yaml").read_text().splitlines() if ".yaml" not in line])
        assert written[0] == written[1] and len(written[0]) > 10
        assert (text != FENCE_CONFIG) or "# Buckets that take uploads: one, two" in written[1]


def test_documented_extract_is_the_charts():
    """The command of docs/chart.md makes the same of a Secret as the init container does."""
    text = (helm_chart.ROOT / "docs/chart.md").read_text()
    program = re.search("yq -y '([^']*)'", (CHART / "files/fence-extract.sh").read_text())[1]
    assert program in text


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


# -- what it refuses

@pytest.mark.parametrize("values, told", [
    ({"mounts": {"credentials": {"name": ""}}}, "mounts.credentials.name"),
    ({"mounts": {"credentials": {"from": "values"}}}, "mounts.credentials.value is empty"),
    ({"mounts": {"userYaml": {"value": "authz: {}"}}}, "mounts.userYaml.from is configMap"),
    ({"mounts": {"sheepdogCreds": {"from": "values", "values": {"host": "h"}}}}, "mounts.sheepdogCreds.values lacks database"),
    ({"mounts": {"sheepdogCreds": {"values": {"host": "h"}}}}, "mounts.sheepdogCreds.from is secret"),
    ({"mounts": {"aws": {"from": "values", "values": {"config": "[x]"}}}}, "mounts.aws.values lacks credentials"),
    ({"mounts": {"aws": {"from": "none"}}}, "there is no AWS key"),
    ({"serviceAccount": {"create": False, "roleArn": ROLE["serviceAccount"]["roleArn"]}}, "serviceAccount.create is false"),
    ({"storage": {"output": {"type": "hostPath"}}}, "storage.output.hostPath"),
    ({"storage": {"output": {"hostPath": "/x"}}}, "storage.output.type is pvc"),
    ({"storage": {"studies": {"type": "emptyDir", "existingClaim": "x"}}}, "storage.studies.type is emptyDir"),
    ({"storage": {"state": {"accessMode": "ReadWriteOncePod"}}}, "no Job would ever start"),
    ({"storage": {"state": {"type": "emptyDir"}}}, "journals of uploads would be lost"),
    ({"storage": {"studies": {"type": "emptyDir"}}}, "set env.S3_BUCKET"),
    ({"deployment": {"enabled": False}, "cronJob": {"enabled": False}, "jobTemplate": {"enabled": False}}, "nothing would run"),
    ({"networkPolicy": {"search": {"ports": []}}, "env": {"ELASTICSEARCH_URL": "http://s:9200"}}, "networkPolicy.search"),
    # What the NetworkPolicy would not let through.
    ({"env": {"ELASTICSEARCH_URL": "http://s:9201"}}, "env.ELASTICSEARCH_URL has port 9201"),
    ({"etl": {"search": {"url": "https://s:9243/x"}}}, "etl.search.url has port 9243"),
    ({"etl": {"gen3": {"endpoint": "https://c:8443"}}}, "networkPolicy.commons.ports"),
    ({"env": {"DICTIONARY_URL": "http://d:8080/d.json"}}, "env.DICTIONARY_URL has port 8080"),
    ({"etl": {"database": {"port": 5433}}}, "etl.database.port has port 5433"),
    ({"networkPolicy": {"commons": {"ports": [443]}}, "etl": {"gen3": {"endpoint": "http://revproxy-service"}}}, "has port 80"),
    # Secrets where anyone could read them.
    ({"etl": {"database": {"password": "made-secret"}}}, "etl.database.password"),
    ({"etl": {"database": {"password": "made-secret"}}}, "Use mounts.sheepdogCreds"),
    ({"etl": {"gen3": {"access_token": "made-secret"}}}, "Use mounts.credentials"),
    ({"etl": {"search": {"api_key": "made-secret"}}}, "ELASTICSEARCH_API_KEY"),
    ({"etl": {"search": {"url": "http://user:made-secret@s:9200"}}}, "an address in etl has a password"),
    ({"env": {"ELASTICSEARCH_URL": "http://user:made-secret@s:9200"}}, "an address in env has a password"),
    ({"extraEnv": [{"name": "HTTPS_PROXY", "value": "http://user:made-secret@proxy:3128"}]}, "an address in extraEnv has a password"),
    ({"cronJob": {"args": ["run", "--all", "--search-url", "http://user:made-secret@s:9200"]}}, "an address in cronJob.args has a password"),
    *(({"extraEnv": [{"name": name, "value": "made-secret"}]}, f"extraEnv.{name} is a secret")
      for name in ("PGPASSWORD", "ACCESS_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "ELASTICSEARCH_PASSWORD",
                   "ELASTICSEARCH_API_KEY")),
    ({"mounts": {"credentials": {"from": "configMap"}}}, "mounts.credentials.from"),
    ({"mounts": {"sheepdogCreds": {"from": "configMap"}}}, "mounts.sheepdogCreds.from"),
    ({"mounts": {"aws": {"from": "configMap"}}}, "mounts.aws.from"),
    ({"env": {"PGSSLMODE": "require"}, "mounts": {"databaseCa": {"from": "secret", "name": "ca"}}}, "use verify-full"),
    ({"mounts": {"databaseCa": {"from": "secret", "name": "ca"}}}, "set it to verify-full"),
    ({"mounts": {"databaseCa": {"from": "secret"}}}, "mounts.databaseCa.name"),
    ({"env": {"PGSSLMODE": "full"}}, "env.PGSSLMODE"),
    # etl.yaml's own schema.
    ({"etl": {"studys": []}}, "studys"),
    ({"etl": {"studies": [{"nam": "A"}]}}, "nam"),
    ({"etl": {"threads": 0}}, "etl.threads"),
    ({"env": {"S3_BUCKET": "one"}, "etl": {"source": {"bucket": "two"}}}, "env.S3_BUCKET is 'one' and etl.source.bucket is 'two'"),
    ({"etl": {"source": {"profile": "other"}}}, "etl.source.profile"),
    # The schema.
    ({"mount": {}}, "mount"),
    ({"cronJob": {"shedule": "* * * * *"}}, "shedule"),
    ({"cronJob": {"schedule": "at three"}}, "schedule"),
    ({"mounts": {"aws": {"from": "vault"}}}, "mounts.aws.from"),
    ({"storage": {"state": {"size": "2 GB"}}}, "storage.state.size"),
    ({"serviceAccount": {"roleArn": "aced-etl"}}, "serviceAccount.roleArn"),
    ({"user": {"uid": 0}}, "user.uid"),
], ids=lambda each: each if isinstance(each, str) else "")
def test_contradictory_values_are_refused(values, told):
    done = template(values=values)
    assert done.returncode != 0 and told in done.stderr, done.stderr
    assert "made-secret" not in done.stdout + done.stderr


@pytest.mark.parametrize(("group", "key"), [
    ("database", "password"), ("gen3", "access_token"), ("search", "password"), ("search", "api_key")])
def test_secrets_are_refused_without_the_schema_too(group, key, tmp_path):
    """`helm install --skip-schema-validation` renders without it."""
    chart = tmp_path / "aced-etl"
    shutil.copytree(CHART, chart)
    (chart / "values.schema.json").unlink()
    done = template(values={"etl": {group: {key: "made-secret"}}}, chart=chart)
    assert done.returncode != 0 and f"etl.{group}.{key} is a secret" in done.stderr and "made-secret" not in done.stderr


@pytest.mark.parametrize("values", [
    {"extraEnv": [{"name": "PGPASSWORD", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]},
    {"extraEnv": [{"name": "GEN3_API_KEY", "value": "/creds/credentials.json"}]},
    {"etl": {"search": {"url": "https://user@s:443/a:b@c"}}},
    {"etl": {"dictionary": "${DICTIONARY:-https://d.example.org:443/x}"}},
    {"etl": {"gen3": {"endpoint": "https://c:8443"}}, "networkPolicy": {"commons": {"ports": [443, 8443]}}},
    {"etl": {"gen3": {"endpoint": "https://c:8443"}}, "networkPolicy": {"extraEgress": [{"ports": [{"protocol": "TCP", "port": 8443}]}]}},
    {"etl": {"database": {"port": 5433}}, "networkPolicy": {"enabled": False}},
    {"etl": {"studies": [{"name": "A", "enabled": False}, {"name": "B", "skip": "files"}], "limits": {"bandwidth": "10MB"}}},
], ids=str)
def test_values_that_only_look_wrong_are_taken(values):
    done = template(values=values)
    assert done.returncode == 0, done.stderr


def test_the_schema_of_etl_yaml_is_the_programs():
    done = subprocess.run([helm_chart.ROOT / "scripts/chart-schema", "--check"], check=False)
    assert done.returncode == 0, "scripts/chart-schema writes it anew"


def test_every_secret_setting_is_refused():
    """Those that the program's own table of settings calls secret."""
    table = (helm_chart.ROOT / "src/config/settings.cpp").read_text()
    secret = set(re.findall(r'Key\{"([a-z0-9_.]+)"[^{}]*, true\}', table))
    schema = json.loads((CHART / "values.schema.json").read_text())["properties"]["etl"]["properties"]
    refused = {f"{group}.{key}" for group, rule in schema.items() for key, what in rule.get("properties", {}).items()
               if what.get("description") == "a secret: refused"}
    assert secret == refused == {"database.password", "gen3.access_token", "search.password", "search.api_key"}


def test_schema_knows_every_value():
    """values.yaml and the schema have the same keys, so that each value is checked and each check is of a value."""
    schema = json.loads((CHART / "values.schema.json").read_text())

    def compare(values: dict, rule: dict, where: str) -> None:
        rule = schema["definitions"][rule["$ref"].rpartition("/")[2]] if "$ref" in rule else rule
        if "properties" not in rule or not isinstance(values, dict):
            return
        assert rule["additionalProperties"] is False or where == "resources", where
        free = {"etl", "mounts.aws.values", "mounts.sheepdogCreds.values", "resources"}
        assert where in free or values.keys() == rule["properties"].keys() - ({"global"} if not where else set()), where
        for key, value in values.items():
            compare(value, rule["properties"][key], f"{where}.{key}".strip("."))

    compare(yaml.safe_load((CHART / "values.yaml").read_text()), schema, "")


# -- its pods, laid out

@pytest.fixture
def namespace(new_commons) -> tuple:
    """A commons, and its Secrets and configMaps as a Gen3 commons names them."""
    commons = new_commons()
    pg = commons.database
    keys = {"database": pg["PGDATABASE"], "dbcreated": "true", "host": pg["PGHOST"], "password": pg["PGPASSWORD"],
            "port": pg["PGPORT"], "username": pg["PGUSER"]}
    creds = {name: (commons.creds / name).read_bytes() for name in ("credentials.json", "user.yaml", "fence-config.yaml")}
    return commons, {
        "Secret/gen3-credentials": {"credentials.json": creds["credentials.json"]},
        "ConfigMap/useryaml": {"useryaml": creds["user.yaml"]},
        "Secret/fence-config": {"fence-config.yaml": creds["fence-config.yaml"]},
        "Secret/sheepdog-dbcreds": {key: text.encode() for key, text in keys.items()},
        "Secret/aced-etl-aws": {name: (commons.home / "aws" / name).read_bytes() for name in ("credentials", "config")},
    }


def made_secrets(existing: dict[str, dict[str, bytes]]) -> dict:
    """Values that have the chart make its own Secrets of what is there."""
    text = {name: {key: data.decode() for key, data in keys.items()} for name, keys in existing.items()}
    return {"mounts": {
        "credentials": {"from": "values", "value": text["Secret/gen3-credentials"]["credentials.json"]},
        "userYaml": {"from": "values", "value": text["ConfigMap/useryaml"]["useryaml"]},
        "fenceConfig": {"from": "values", "value": text["Secret/fence-config"]["fence-config.yaml"]},
        "sheepdogCreds": {"from": "values", "values": text["Secret/sheepdog-dbcreds"]},
        "aws": {"from": "values", "values": text["Secret/aced-etl-aws"]}},
        "networkPolicy": {"postgres": {"ports": [int(text["Secret/sheepdog-dbcreds"]["port"])]}}}


def without_unknown_settings(etl, objects: list[dict]) -> list[dict]:
    """The same without keys of etl.yaml that this build of the program does not know yet."""
    known = {row["key"].split(".")[0] for row in etl("config", "show", "-o", "json").ok().json()}
    if "program" in known:
        known.add("studies")
    data = one(objects, "ConfigMap")["data"]
    settings = yaml.safe_load(data["etl.yaml"]) or {}
    if unknown := sorted(settings.keys() - known):
        warnings.warn(f"NOT TESTED: this build does not know these settings of etl.yaml: {', '.join(unknown)}")
        data["etl.yaml"] = yaml.safe_dump({key: value for key, value in settings.items() if key in known})
    return objects


def examined(etl, layout: Layout, rc: int = 0) -> dict[str, dict]:
    return {row["check"]: row for row in etl("doctor", "-o", "json", env=layout.environment()).failed(rc).json()}


def test_doctor_accepts_the_mounts(etl, namespace, demo_dictionary, tmp_path):
    _, existing = namespace
    dictionary = {"env": {"DICTIONARY_URL": str(demo_dictionary)}}
    cases = {name: (["-f", file], dictionary) for name, file in FILES.items()}
    cases |= {"made": ([], {**dictionary, **made_secrets(existing)})}
    for name, (args, values) in cases.items():
        objects = without_unknown_settings(etl, render(*args, values=values))
        cluster = Cluster({} if name == "made" else existing, objects)
        layout = Layout(tmp_path / name, pods(objects)["Deployment/pod-aced-etl"], cluster)
        assert (layout.path("/creds") / "fence-config/fence-config.yaml").stat().st_size > 0
        for path in ("credentials.json", "user.yaml", "etl.yaml", "sheepdog-creds/host", "sheepdog-creds/password"):
            link = layout.path("/creds") / path
            assert str(link.readlink()) == f"..data/{link.name}"
        environment = layout.environment()
        if name == "production":
            # EKS adds these to the pod of a service account with a role. Nothing listens at the address of STS, so that nobody is asked.
            (tmp_path / "token").write_text("made-token")
            environment |= {"AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"), "AWS_REGION": "us-west-2",
                            "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/aced-etl", "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9"}
        # The probes ask no service, and so do not need one.
        for probe in ("startupProbe", "readinessProbe"):
            command = layout.container[probe]["exec"]["command"]
            assert command[0] == "aced-etl"
            etl(*command[1:], env=environment).ok()
        etl("graph", "init", env=environment).ok()
        told = {row["check"]: row for row in etl("doctor", "-o", "json", env=environment).json()}
        # No search server is in these tests; a role's token is mounted by EKS, not by the chart.
        accepted = {"search server", "temporary files"} | (
            {"AWS environment", "AWS profile fencebot", "AWS profile etlbot"} if name == "production" else set())
        wrong = {check for check, row in told.items() if row["state"] != "ok"}
        if name in FILES:
            # The example files name studies, buckets and source buckets that this test's commons does not have.
            studies = {study["name"] for study in yaml.safe_load(FILES[name].read_text())["etl"]["studies"]}
            accepted |= {"source"} | {f"{what} of {study}" for what in ("bucket", "source") for study in studies}
            accepted |= {f"study {study}" for study in studies}
            accepted |= {check for check in wrong if re.fullmatch("(project|making|graph,) aced-.*", check)}
        else:
            accepted |= {"etl.yaml"}  # these values list no studies
        assert wrong <= accepted, {check: told[check] for check in wrong - accepted}
        for check in ("mount sheepdog-creds", "mount user.yaml", "mount fence-config.yaml", "API key", "user", "database", "tables", "studies", "output"):
            assert told[check]["state"] == "ok", told[check]


def test_rotated_keys_arrive(etl, namespace, demo_dictionary, tmp_path):
    commons, existing = namespace
    objects = render(values={"env": {"DICTIONARY_URL": str(demo_dictionary)}})
    pod = pods(objects)["Deployment/pod-aced-etl"]
    layout = Layout(tmp_path / "pod", pod, Cluster(existing, objects))
    etl("graph", "init", env=layout.environment()).ok()
    assert examined(etl, layout)["project demo-synthetic"]["state"] == "ok"
    # Another user's key, and another database, as the kubelet brings them.
    existing["Secret/gen3-credentials"]["credentials.json"] = commons.credentials_of("nobody@example.org").read_bytes()
    existing["Secret/sheepdog-dbcreds"]["database"] = b"not-there"
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    for name, folder in (("creds", "/creds"), ("sheepdog-creds", "/creds/sheepdog-creds")):
        helm_chart.publish(layout.path(folder), helm_chart.payload(volumes[name], Cluster(existing, objects)))
    done = etl("doctor", "-o", "json", env=layout.environment())
    told = {row["check"]: row for row in done.json()}
    assert told["project demo-synthetic"]["state"] == "warning" and told["database"]["state"] == "failed"


def test_a_pod_that_ends_lets_runs_end(tmp_path):
    """The script of preStop, in a process namespace of its own: it must not see others of this machine."""
    hook = one(render(), "Deployment")["spec"]["template"]["spec"]["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
    assert hook[:2] == ["sh", "-c"]
    (tmp_path / "hook").write_text(hook[2])
    runs = tmp_path / "aced-etl"
    # A script's comm is that of its file. It ends a while after it was told; the sleep beside it is nobody's run.
    runs.write_text("#!/bin/sh\ntrap 'sleep 1; echo ended; exit 0' TERM\necho began\nwhile :; do sleep 0.1; done\n")
    runs.chmod(0o755)
    script = f"[ $$ -lt 10 ] || exit 9; {runs} >>log & sleep 60 & other=$!; while [ ! -s log ]; do sleep 0.1; done; sh hook; cat log; kill $other && echo other"
    isolated = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run([*isolated, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("NOT TESTED: no process namespace of its own (root is needed)")
    done = subprocess.run([*isolated, "sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split() == ["began", "ended", "other"], done
