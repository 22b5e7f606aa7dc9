#!/usr/bin/env python3
"""Turns the FHIR R5 definitions into the tables of src/fhir/generated/ (their shape: src/fhir/definitions.hpp).

    tools/fhir-definitions/generate.py                   fetch the package with npm into .local/npm (once), write
    tools/fhir-definitions/generate.py --package FILE    the same from an archive that is already here
    tools/fhir-definitions/generate.py --check           write nothing; exit 1 when a file is not what it should be
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


def generate(archive: pathlib.Path) -> dict[str, str]:
    """File name -> its text."""
    found = package.read(archive)
    types = structures.read(found["StructureDefinition"])
    value_sets = terminology.ValueSets(found["ValueSet"], found["CodeSystem"])
    wanted = {element.value_set for one in types for element in one.elements if element.value_set}
    enumerated = {url: value_sets.codes(url) for url in sorted(wanted)}
    bindings = {url: codes for url, codes in enumerated.items() if codes}
    oids = terminology.oids(found)

    print(
        f"{len(types)} types, {sum(len(one.elements) for one in types)} elements, {len(bindings)} bindings with "
        f"{sum(map(len, bindings.values()))} codes, {len(oids)} OIDs",
        file=sys.stderr,
    )
    open_ended = [url.rpartition("/")[2] for url, codes in enumerated.items() if not codes]
    print(f"value sets whose codes the package does not hold: {', '.join(open_ended)}", file=sys.stderr)
    return {
        "types.cpp": emit.types(types),
        "elements.cpp": emit.elements(types, list(bindings)),
        "bindings.cpp": emit.bindings(bindings),
        "oids.cpp": emit.oids(oids),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--package", type=pathlib.Path, metavar="FILE", help="the package's archive (.tgz)")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    arguments = parser.parse_args()

    files = generate(arguments.package or package.fetch(ROOT / ".local" / "npm"))
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
