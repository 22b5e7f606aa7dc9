"""docs/configuration.md describes every key of etl.yaml, with its default, flag and environment variable."""

from __future__ import annotations

import json
import re

from programs import ROOT, Program

PAGE = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")


def keys_of(schema: dict, before: str = "") -> dict[str, dict]:
    """Every key of the schema that takes a value, as `a.b`."""
    found = {}
    for name, rule in schema.get("properties", {}).items():
        found |= keys_of(rule, f"{before}{name}.") if "properties" in rule else {before + name: rule}
    return found


def settings(etl: Program) -> dict[str, tuple[str, str, str, str]]:
    """key -> description, default, flag, environment variable, as `config show --help` lists them."""
    text = etl("config", "show", "--help", env={"COLUMNS": "200"}).ok().stdout
    head, _, options = text.partition("\nOptions:\n")
    # An option's line begins with its name; a setting without a flag is listed by its key.
    entries = re.split(r"\n(?=  -)", "\n" + options) + re.split(r"\n(?=  [a-z])", head)
    found = {}
    for entry in entries:
        words = " ".join(entry.split())
        if not (about := re.search(r"^(\S+) (.*?) ?\[([^\[\]]*\betl\.yaml: ([a-z0-9_.]+))\]", words)):
            continue
        default = re.search(r"default: ([^;\]]*)", about[3])
        variable = re.search(r"environment: (\w+)", about[3])
        flag = about[1] if about[1].startswith("--") else ""
        found[about[4]] = (about[2], default[1] if default else "", flag, variable[1] if variable else "")
    return found


def rows(heading: str) -> dict[str, list[str]]:
    """The rows of the table below a heading: key -> its other cells."""
    section = PAGE.split(f"### {heading}\n", 1)[1].split("\n### ", 1)[0]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in section.splitlines() if line.startswith("| `")]
    return {row[0].strip("`"): row[1:] for row in cells}


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def test_every_setting_has_a_row_with_its_default_flag_and_variable(etl):
    schema = json.loads(etl("config", "schema").ok().stdout)
    told = settings(etl)
    keys = keys_of(schema).keys() - {"studies"}
    secret = {"database.password", "gen3.access_token", "search.password", "search.api_key"}  # not keys of etl.yaml
    assert keys - secret <= told.keys(), "config show --help lists every setting"
    documented, wrong = rows("All settings"), []
    for key in sorted(keys - secret):
        what, default, flag, variable = told[key]
        row = documented.get(key)
        default = default if default == "all cores" else code(default)
        if not row or len(row[0]) < 8 or row[1:] != [default, code(flag), code(variable)]:
            wrong.append(f"| `{key}` | {what} | {default} | {code(flag)} | {code(variable)} |")
    assert not wrong, "docs/configuration.md lacks these rows, or has them with other values:\n" + "\n".join(wrong)
    assert documented.keys() == keys | {"etl_yaml"}


def test_every_key_of_a_study_has_a_row(etl):
    schema = json.loads(etl("config", "schema").ok().stdout)
    documented = rows("A study")
    assert documented.keys() == schema["properties"]["studies"]["items"]["properties"].keys()
    assert all(len(row[0]) > 8 for row in documented.values())
