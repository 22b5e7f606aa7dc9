"""The values that the chart's tests render it with: its own example files, and what people choose beside them."""

from __future__ import annotations

import helm_chart
import pytest
from helm_chart import CHART, render

needs_helm = pytest.mark.skipif(helm_chart.program() is None, reason="NOT TESTED: no helm (scripts/chart-tools installs it)")

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


every_choice = pytest.mark.parametrize("choice", [*FILES, *CHOICES])
