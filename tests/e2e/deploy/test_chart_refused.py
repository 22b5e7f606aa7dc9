"""The Helm chart refuses values that contradict each other, secrets where anyone could read them, and settings that etl.yaml does not have."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import helm_chart
import pytest
import yaml
from chart_choices import ROLE, needs_helm
from helm_chart import CHART, template

pytestmark = needs_helm


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
