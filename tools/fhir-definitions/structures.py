"""StructureDefinitions -> types and their elements as they stand in JSON."""

import dataclasses

SYSTEM_STRING = "http://hl7.org/fhirpath/System.String"
NESTING = (["BackboneElement"], ["Element"])
CODINGS = ("CodeableConcept", "Coding", "CodeableReference")
REFERENCES = ("Reference", "CodeableReference")
DEFINITIONS = "http://hl7.org/fhir/StructureDefinition/"


@dataclasses.dataclass
class Element:
    name: str
    type: str
    min: int
    many: bool
    choice: int
    binding: tuple[str, str] | None  # of a required binding: its value set without version, "codes" or "codings"
    targets: tuple[str, ...]  # the resources that a reference may point to; empty: any, or no reference


@dataclasses.dataclass
class Type:
    name: str
    kind: str  # an enumerator of etl::fhir::Kind
    abstract: bool
    elements: list[Element] = dataclasses.field(default_factory=list)


def is_type(definition: dict) -> bool:
    """Profiles (constraint) and logical models describe no JSON of their own."""
    return definition["kind"] != "logical" and definition.get("derivation") != "constraint"


def required_binding(element: dict, code: str) -> tuple[str, str] | None:
    binding = element.get("binding", {})
    if binding.get("strength") != "required" or code not in ("code", *CODINGS):
        return None
    return binding["valueSet"].split("|")[0], "codings" if code in CODINGS else "codes"


def reference_targets(element: dict, code: str) -> tuple[str, ...]:
    """A target that is no resource of its own (Resource) allows them all."""
    if code not in REFERENCES:
        return ()
    targets = {url for one in element["type"] if one["code"] == code for url in one.get("targetProfile", [])}
    if DEFINITIONS + "Resource" in targets:
        return ()
    return tuple(sorted(url.removeprefix(DEFINITIONS) for url in targets))


def rows(element: dict, nested: set[str], choice: int) -> list[Element]:
    """One row, or one per type for a choice; `choice` is the group's number if it is one."""
    path = element["path"]
    name = path.rpartition(".")[2]
    if "contentReference" in element:
        codes = [element["contentReference"].rpartition("#")[2]]
    else:
        codes = [one["code"] for one in element["type"]]
    if path in nested:
        if codes not in NESTING:
            raise SystemExit(f"error: {path} has elements of its own but is of type {codes}")
        codes = [path]

    if not name.endswith("[x]"):
        if len(codes) != 1:
            raise SystemExit(f"error: {path} has {len(codes)} types but is no choice")
        return [one_row(name, element, codes[0], 0)]
    stem = name.removesuffix("[x]")
    return [one_row(stem + code[0].upper() + code[1:], element, code, choice) for code in codes]


def one_row(name: str, element: dict, code: str, choice: int) -> Element:
    targets = reference_targets(element, code)
    return Element(name, code, element["min"], element["max"] != "1", choice, required_binding(element, code), targets)


def types_of(definition: dict) -> list[Type]:
    """The type itself and, by path, every element of it that has elements."""
    kinds = {"primitive-type": "primitive", "complex-type": "complex", "resource": "resource"}
    root = Type(definition["type"], kinds[definition["kind"]], definition["abstract"])
    if root.kind == "primitive":
        return [root]  # id and extension of a primitive stand in its companion, which is of type Element

    elements = [one for one in definition["snapshot"]["element"] if "." in one["path"] and one["max"] != "0"]
    nested = {one["path"].rpartition(".")[0] for one in elements} - {root.name}
    types = {path: Type(path, "backbone", False) for path in sorted(nested)} | {root.name: root}
    choices = dict.fromkeys(types, 0)
    for element in elements:
        parent = element["path"].rpartition(".")[0]
        choices[parent] += element["path"].endswith("[x]")
        types[parent].elements += rows(element, nested, choices[parent])
    return list(types.values())


def read(definitions: list[dict]) -> list[Type]:
    """Primitives by name, then system_string, then all others by name."""
    types = [one for definition in definitions if is_type(definition) for one in types_of(definition)]
    types.sort(key=lambda one: (one.kind != "primitive", one.name))
    primitives = sum(one.kind == "primitive" for one in types)
    types.insert(primitives, Type(SYSTEM_STRING, "primitive", False))

    known = {one.name for one in types}
    if len(known) != len(types):
        raise SystemExit("error: two types share a name")
    for one in types:
        names = [element.name for element in one.elements]
        if len(set(names)) != len(names):
            raise SystemExit(f"error: {one.name} has two elements of one name")
        for element in one.elements:
            if element.type not in known:
                raise SystemExit(f"error: {one.name}.{element.name} is of unknown type {element.type}")
            if not known.issuperset(element.targets):
                raise SystemExit(f"error: {one.name}.{element.name} has an unknown target among {element.targets}")
    return types
