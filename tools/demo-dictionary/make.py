#!/usr/bin/env python3
"""Write the demo dictionary: tools/demo-dictionary/make.py [--check] [FILE]

The dictionary that the demo, the tests and the benchmarks use, in the form in which Gen3 serves one: a JSON object, file name ->
JSON schema. What it holds stands in nodes.py; this file knows only Gen3's form. Without FILE it writes
share/demo/dictionary.json; --check writes nothing and exits with 1 when that file differs.
"""
import json
import pathlib
import re
import sys

from nodes import NODES

TARGET = pathlib.Path(__file__).resolve().parents[2] / "share" / "demo" / "dictionary.json"
SCHEMA = "http://json-schema.org/draft-04/schema#"
LINK = re.compile(r"^(\w+) -(\w+)-> (\w+) \((\w+)\)(?: \[(\w+)\])?( required)?$")
PROPERTY = re.compile(r"^(\w+):(\w+)(?:\(([^)]*)\))?$")


def words(name):
    """`valueQuantity_unit` -> `value quantity unit`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").lower()


def scalar(kind, description):
    return {"description": description, "type": kind}


def array(description, items="string"):
    return {"description": description, "type": "array", "items": {"type": items}}


def properties_of(notation):
    """The JSON schema properties that one word of the notation stands for."""
    match = PROPERTY.match(notation)
    if not match:
        raise SystemExit(f"cannot read the property {notation!r}")
    name, kind, choices = match.groups()
    what = words(name).capitalize()
    coded = {
        name: f"{what}: display of its coding.",
        f"{name}_text": f"{what}: as it was written.",
        f"{name}_coding": f"{what}: system#code.",
    }
    if kind == "enum":
        return {name: {"description": f"{what}.", "enum": choices.split("|")}}
    if kind == "concept":
        return {key: scalar("string", text) for key, text in coded.items()}
    if kind == "concepts":
        return {key: array(text) for key, text in coded.items()}
    if kind == "quantity":
        return {
            name: scalar("string", f"{what}: value and unit."),
            f"{name}_unit": scalar("string", f"{what}: system#code of the unit."),
            f"{name}_value": scalar("number", f"{what}: the number."),
        }
    if kind == "identifier":
        return {
            "identifier": array("Business identifiers: system#value."),
            "identifier_coding": array("Business identifiers: full system#value."),
            "identifier_text_coding": array("Types of the business identifiers: system#code."),
        }
    if kind == "dateTime":
        return {name: {"$ref": "_definitions.yaml#/datetime", "description": f"{what}."}}
    if kind == "project":
        return {name: {"$ref": "_definitions.yaml#/to_one_project", "description": "The project of this study."}}
    simple = {
        "string": scalar("string", f"{what}."),
        "date": {"description": f"{what}.", "type": "string", "format": "date"},
        "boolean": scalar("boolean", f"{what}."),
        "integer": scalar("integer", f"{what}."),
        "number": scalar("number", f"{what}."),
        "numbers": array(f"{what}.", "number"),
        "strings": array(f"{what}."),
        "ref": scalar("string", f"{what}: Type/id."),
        "refs": array(f"{what}: Type/id of each."),
    }
    return {name: simple[kind]}


def link_of(notation):
    if isinstance(notation, dict):
        return {**notation, "subgroup": [link_of(one) for one in notation["subgroup"]]}
    match = LINK.match(notation)
    if not match:
        raise SystemExit(f"cannot read the link {notation!r}")
    name, label, target, backref, multiplicity, required = match.groups()
    return {
        "name": name,
        "backref": backref,
        "label": label,
        "target_type": target,
        "multiplicity": multiplicity or "many_to_many",
        "required": bool(required),
    }


def node_of(spec):
    properties = {
        "$ref": f"_definitions.yaml#/{spec.get('definitions', 'ubiquitous_properties')}",
        "resourceType": scalar("string", "Name of the FHIR type."),
    }
    for notation in spec["properties"].split():
        properties |= properties_of(notation)
    return {
        "$schema": SCHEMA,
        "id": spec["id"],
        "title": spec["title"],
        "type": "object",
        "namespace": "https://demo.example.org",
        "category": spec["category"],
        "program": "*",
        "project": "*",
        "description": spec["description"],
        "additionalProperties": True,
        "submittable": True,
        "validators": None,
        "systemProperties": ["id", "project_id", "state", "created_datetime", "updated_datetime"]
        + (["file_state", "error_type"] if "definitions" in spec else []),
        "links": [link_of(link) for link in spec["links"]],
        "required": ["type"],
        "uniqueKeys": [["id"], *spec.get("unique_keys", [])],
        "properties": properties,
    }


def foreign_key(ref, **limits):
    """One key, or an array of keys, of another record."""
    return {"anyOf": [{"type": "array", "items": {"$ref": ref}, **limits}, {"$ref": ref}]}


def definitions():
    return {
        "$schema": SCHEMA,
        "id": "_definitions",
        "UUID": {
            "term": {"$ref": "_terms.yaml#/UUID"},
            "type": "string",
            "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
        },
        "datetime": {"oneOf": [{"type": "string", "format": "date-time"}, {"type": "null"}], "term": {"$ref": "_terms.yaml#/datetime"}},
        "project_id": {"term": {"$ref": "_terms.yaml#/project_id"}, "type": "string"},
        "state": {
            "description": "Where the record stands in its life.",
            "default": "validated",
            "oneOf": [{"enum": ["validated", "submitted", "released"]}, {"enum": ["suppressed", "redacted"]}],
        },
        "md5sum": {"term": {"$ref": "_terms.yaml#/md5sum"}, "type": "string", "pattern": "^[0-9a-f]{32}$"},
        "file_state": {"description": "Where the file stands in its life.", "default": "registered", "enum": ["registered", "uploaded", "error"]},
        "error_type": {"description": "What is wrong with the file.", "enum": ["file_size", "file_format", "md5sum"]},
        "foreign_key": {
            "type": "object",
            "additionalProperties": True,
            "properties": {"id": {"$ref": "#/UUID"}, "submitter_id": {"type": "string"}},
        },
        "foreign_key_project": {
            "type": "object",
            "additionalProperties": True,
            "properties": {"id": {"$ref": "#/UUID"}, "code": {"type": "string"}},
        },
        "to_one": foreign_key("#/foreign_key", minItems=1, maxItems=1),
        "to_many": foreign_key("#/foreign_key", minItems=1),
        "to_one_project": foreign_key("#/foreign_key_project", minItems=1, maxItems=1),
        "to_many_project": foreign_key("#/foreign_key_project", minItems=1),
        "ubiquitous_properties": {
            "type": {"type": "string"},
            "id": {"$ref": "#/UUID", "systemAlias": "node_id"},
            "submitter_id": {"type": ["string", "null"], "description": "A name for the record, unique in its project."},
            "project_id": {"$ref": "#/project_id"},
            "state": {"$ref": "#/state"},
            "created_datetime": {"$ref": "#/datetime"},
            "updated_datetime": {"$ref": "#/datetime"},
        },
        "data_file_properties": {
            "$ref": "#/ubiquitous_properties",
            "object_id": {"type": "string", "description": "The file's GUID in the file index."},
            "file_name": {"type": "string", "description": "The file's name."},
            "file_size": {"type": "integer", "description": "The file's size in bytes."},
            "file_format": {"type": "string", "description": "The file's format."},
            "md5sum": {"$ref": "#/md5sum"},
            "file_state": {"$ref": "#/file_state"},
            "error_type": {"$ref": "#/error_type"},
        },
    }


def terms():
    def term(description):
        return {"description": description, "termDef": {"source": "demo", "term": None, "term_id": None, "term_version": None}}

    return {
        "id": "_terms",
        "UUID": term("A 128-bit identifier in 36 characters."),
        "datetime": term("A date and time of day with an offset, as RFC 3339 writes it."),
        "md5sum": term("The MD5 digest of a file in 32 hexadecimal digits."),
        "project_id": term("A project's program and code, joined by a hyphen."),
    }


def scaffold(name, title, description, links, properties, required, keys, **more):
    """The three node types that every Gen3 commons has."""
    return {
        "$schema": SCHEMA,
        "id": name,
        "title": title,
        "type": "object",
        "category": "administrative",
        "program": "*",
        "project": "*",
        "description": description,
        "additionalProperties": False,
        "validators": None,
        "links": [link_of(link) for link in links],
        "required": required,
        "uniqueKeys": [["id"], *keys],
        "properties": properties,
        **more,
    }


def dictionary():
    ident = {"$ref": "_definitions.yaml#/UUID", "systemAlias": "node_id"}
    accession = scalar("string", "The accession number that dbGaP gave.")
    schemas = {
        "_definitions.yaml": definitions(),
        "_terms.yaml": terms(),
        "_settings.yaml": {"$schema": SCHEMA, "enable_case_cache": False, "_dict_version": "demo-1"},
        "program.yaml": scaffold(
            "program",
            "Program",
            "A group of projects with one goal.",
            [],
            {"id": ident, "type": {"type": "string"}, "name": scalar("string", "The program's name."), "dbgap_accession_number": accession},
            ["name", "dbgap_accession_number"],
            [["name"]],
            submittable=False,
            systemProperties=["id"],
        ),
        "project.yaml": scaffold(
            "project",
            "Project",
            "One study's place in a program; who may read it is decided here.",
            ["programs -member_of-> program (projects) [many_to_one] required"],
            {
                "id": ident,
                "type": {"type": "string"},
                "code": scalar("string", "The project's code, unique in the commons."),
                "name": scalar("string", "The project's name."),
                "dbgap_accession_number": accession,
                "state": {"default": "open", "enum": ["open", "review", "closed"], "description": "Whether the project takes data."},
                "released": {"type": "boolean", "default": False, "description": "Whether the project was released."},
                "releasable": {"type": "boolean", "default": False, "description": "Whether the project may be released."},
                "programs": {"$ref": "_definitions.yaml#/to_one", "description": "The program of this project."},
            },
            ["code", "name", "dbgap_accession_number", "programs"],
            [["code"]],
            submittable=True,
            systemProperties=["id", "state", "released", "releasable"],
        ),
        "core_metadata_collection.yaml": scaffold(
            "core_metadata_collection",
            "Core Metadata Collection",
            "A set of files with the Dublin Core elements that describe it.",
            ["projects -data_from-> project (core_metadata_collections) [many_to_one] required"],
            {
                "$ref": "_definitions.yaml#/ubiquitous_properties",
                **{name: scalar("string", f"{words(name).capitalize()}.") for name in ("title", "creator", "description", "date", "rights")},
                "projects": {"$ref": "_definitions.yaml#/to_one_project", "description": "The project of this set."},
            },
            ["submitter_id", "type", "projects"],
            [["project_id", "submitter_id"]],
            submittable=True,
            systemProperties=["id", "project_id", "state", "created_datetime", "updated_datetime"],
        ),
    }
    for spec in NODES:
        schemas[f"{spec['id']}.yaml"] = node_of(spec)
    return schemas


def main(arguments):
    text = json.dumps(dictionary(), indent=1, ensure_ascii=False) + "\n"
    if "--check" in arguments:
        return 0 if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text else 1
    target = pathlib.Path(arguments[0]) if arguments else TARGET
    target.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
