"""What a hostile dictionary can achieve: an error that names the place, at a bounded cost."""

from __future__ import annotations

import json

import pytest
from bounded import bounded


def node(**more: object) -> dict:
    return {"id": "patient", "title": "Patient", "properties": {"id": {"type": "string"}}, **more}


def nested(key: str, depth: int, leaf: str) -> str:
    return f'{{"{key}": [' * depth + leaf + "]}" * depth


def doubling(first: str) -> dict:
    """Each definition refers twice to the next: 2^30 ways to the last."""
    definitions = {f"d{i}": {"$ref": [f"#/d{i + 1}", f"#/d{i + 1}"]} for i in range(30)}
    return {**definitions, "d30": {"type": first}}


def links(depth: int) -> str:
    link = json.dumps({"name": "l", "backref": "b", "label": "x", "target_type": "patient"})
    return '{"subgroup": [' * depth + link + "]}" * depth


def with_properties(text: str) -> str:
    return json.dumps({"patient.yaml": node(properties="HERE")}).replace('"HERE"', text)


HOSTILE = {
    "exponential $ref of a property": json.dumps(
        {"_definitions.yaml": doubling("string"), "patient.yaml": node(properties={"p": {"$ref": "_definitions.yaml#/d0"}})}),
    "exponential $ref of properties": json.dumps(
        {"_definitions.yaml": {**doubling("string"), "d30": {"p": {"type": "string"}}},
         "patient.yaml": node(properties={"$ref": "_definitions.yaml#/d0"})}),
    "$ref to itself": json.dumps({"patient.yaml": node(properties={"p": {"$ref": "#/properties/p"}})}),
    "properties that are themselves": json.dumps({"patient.yaml": node(properties={"$ref": "#/properties"})}),
    "oneOf below the parser's limit": with_properties('{"p": ' + nested("oneOf", 28, '{"type": "string"}') + "}").replace("oneOf", "anyOf"),
    "oneOf beyond the parser's limit": with_properties('{"p": ' + nested("oneOf", 100_000, '{"type": "string"}') + "}"),
    "items of items": with_properties('{"p": ' + '{"items": ' * 45 + "{}" + "}" * 45 + "}"),
    "deep subgroup": json.dumps({"patient.yaml": node(links="HERE")}).replace('"HERE"', f"[{links(100_000)}]"),
    "deep enough subgroup": json.dumps({"patient.yaml": node(links="HERE")}).replace('"HERE"', f"[{links(27)}]"),
    "deep lists": "[" * 1_000_000,
    "one object with many members": "{" + ", ".join(f'"m{i}": 0' for i in range(300_000)) + "}",
    "one node with many properties": with_properties("{" + ", ".join(f'"m{i}": {{"type": "string"}}' for i in range(200_000)) + "}"),
    "many references to one definition": json.dumps(
        {"_definitions.yaml": {"d": {"oneOf": [{"type": f"t{i}"} for i in range(3_000)]}},
         "patient.yaml": node(properties={f"p{i}": {"$ref": "_definitions.yaml#/d"} for i in range(3_000)})}),
    "many types": json.dumps({"patient.yaml": node(properties={"p": {"type": [f"t{i}" for i in range(100_000)]}})}),
    "many links": json.dumps({"patient.yaml": node(links=[
        {"name": f"l{i}", "backref": "b", "label": f"x{i}", "target_type": "patient"} for i in range(60_000)])}),
    "more bytes than any dictionary": json.dumps({"patient.yaml": node(description="x" * (17 << 20))}),
    "many small values": "[" + "{}," * 5_000_000 + "{}]",
}
FINE = {"oneOf below the parser's limit", "deep enough subgroup"}


@pytest.mark.promise("Every file has a bound")
@pytest.mark.parametrize("name", HOSTILE)
def test_no_dictionary_takes_long(etl, name):
    """In 300 MB, those of nearly 16 MiB of JSON included."""
    dictionary = etl.cwd / "dictionary.json"
    dictionary.write_text(HOSTILE[name])
    (etl.cwd / "s.ndjson").write_text('{"resourceType": "Patient", "id": "p"}\n')
    ran = bounded(etl, "validate", "--dictionary", dictionary, "s.ndjson", peak_mib=450 if name == "many small values" else 300)
    if name in FINE:
        ran.ok()
        return
    assert ran.failed(2).stdout == "" and "dictionary.json" in ran.stderr, ran


def test_the_place_is_named(etl):
    (etl.cwd / "s.ndjson").write_text('{"resourceType": "Patient", "id": "p"}\n')
    for name, place in {"exponential $ref of a property": "the property p", "items of items": "the property p",
                        "$ref to itself": "the property p", "properties that are themselves": "#/properties"}.items():
        (etl.cwd / "dictionary.json").write_text(HOSTILE[name])
        ran = etl("validate", "--dictionary", "dictionary.json", "s.ndjson").failed(2)
        assert place in ran.stderr and "(patient.yaml)" in ran.stderr, ran


def test_the_demo_s_dictionary_is_far_from_the_bounds(etl, demo_dictionary):
    (etl.cwd / "s.ndjson").write_text('{"resourceType": "Patient", "id": "p"}\n')
    bounded(etl, "validate", "--dictionary", demo_dictionary, "s.ndjson", cpu_seconds=5).ok()
