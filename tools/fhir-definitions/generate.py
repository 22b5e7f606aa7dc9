#!/usr/bin/env python3
"""Turns the FHIR R5 definitions into the tables of src/fhir/generated/ (their shape: src/fhir/definitions.hpp).

    tools/fhir-definitions/generate.py                    fetch the packages with npm into .local/npm (once), write
    tools/fhir-definitions/generate.py --packages DIR     read the archives (NAME-VERSION.tgz) from DIR instead
    tools/fhir-definitions/generate.py --check            write nothing; exit 1 when a file is not what it should be
"""

import argparse
import pathlib
import sys

import emit
import package
import structures
import terminology

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "src" / "fhir" / "generated"


def generate(folder: pathlib.Path) -> dict[str, str]:
    """File name -> its text."""
    found = package.read(package.fetch(folder, package.NAME), package.NAME)
    expansions = package.read(package.fetch(folder, package.EXPANSIONS), package.EXPANSIONS)
    types = structures.read(found["StructureDefinition"])
    value_sets = terminology.ValueSets(found["ValueSet"], found["CodeSystem"], expansions["ValueSet"])
    wanted = {element.binding for one in types for element in one.elements if element.binding}
    enumerated = {binding: value_sets.allowed(*binding) for binding in sorted(wanted)}
    bindings = {binding: codes for binding, codes in enumerated.items() if codes is not None}
    targets = sorted({element.targets for one in types for element in one.elements if element.targets})
    oids = terminology.oids(found)

    print(
        f"{len(types)} types, {sum(len(one.elements) for one in types)} elements, {len(bindings)} bindings with "
        f"{sum(map(len, bindings.values()))} codes, {len(targets)} sets of reference targets, {len(oids)} OIDs",
        file=sys.stderr,
    )
    open_ended = [f"{form} of {url}" for (url, form), codes in enumerated.items() if codes is None]
    print(f"value sets that the packages do not enumerate: {', '.join(open_ended)}", file=sys.stderr)
    return {
        "types.cpp": emit.types(types),
        "elements.cpp": emit.elements(types, list(bindings), targets),
        "bindings.cpp": emit.bindings(bindings),
        "targets.cpp": emit.targets(types, targets),
        "oids.cpp": emit.oids(oids),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=pathlib.Path, metavar="DIR", default=ROOT / ".local" / "npm",
                        help="folder of the packages' archives (.tgz); what is missing is fetched into it")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    arguments = parser.parse_args()

    files = generate(arguments.packages)
    stale = []
    for name, text in files.items():
        path = OUTPUT / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(str(path.relative_to(ROOT)))
        if not arguments.check:
            OUTPUT.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"{'not up to date' if arguments.check else 'written'}: {', '.join(stale)}", file=sys.stderr)
    return 1 if stale and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
