"""Value sets -> the codes that they allow; OIDs -> the id of what has them."""

OID = "urn:oid:"
# Defined by a grammar, not by a list; the code that checks them knows it.
LANGUAGES = "http://hl7.org/fhir/ValueSet/all-languages"


class ValueSets:
    """Enumerates value sets completely, or not at all."""

    def __init__(self, value_sets: list[dict], code_systems: list[dict], expansions: list[dict]):
        self.value_sets = {one["url"]: one for one in value_sets}
        self.code_systems = {one["url"]: one for one in code_systems}
        self.expansions = {one["url"]: one["expansion"] for one in expansions}

    def allowed(self, url: str, form: str) -> set[str] | None:
        """What a required binding allows, or None where the packages do not enumerate it.

        For "codes" these are codes. For "codings" each code stands twice: as `system|code`, and alone, for a Coding
        that names no system. Languages give their system alone.
        """
        if url == LANGUAGES:
            return set() if form == "codes" else {self.value_sets[url]["compose"]["include"][0]["system"]}
        pairs = self._value_set(url, ())
        if form == "codes":
            return None if pairs is None else {code for _, code in pairs}
        if pairs is None:
            pairs = self._expansion(url)
        if pairs is None:
            return None
        return {code for _, code in pairs} | {f"{system}|{code}" for system, code in pairs}

    def _expansion(self, url: str) -> set[tuple[str, str]] | None:
        """The published expansion, for value sets over code systems that the definitions' package does not hold."""
        expansion = self.expansions.get(url, {})
        contains = expansion.get("contains", [])
        if not contains or expansion.get("total") != len(contains):
            return None
        if any("contains" in one or one.get("abstract") for one in contains):
            return None
        return {(one["system"], one["code"]) for one in contains}

    def _value_set(self, url: str, above: tuple[str, ...]) -> set[tuple[str, str]] | None:
        compose = self.value_sets.get(url, {}).get("compose")
        if compose is None or url in above:
            return None
        included: set[tuple[str, str]] = set()
        for part in compose["include"]:
            found = self._part(part, (*above, url))
            if found is None:
                return None
            included |= found
        for part in compose.get("exclude", []):
            found = self._part(part, (*above, url))
            if found is None:
                return None
            included -= found
        return included

    def _part(self, part: dict, above: tuple[str, ...]) -> set[tuple[str, str]] | None:
        """An include or exclude: what its system and each of its value sets have in common."""
        if "filter" in part:
            return None  # no required binding has one in this package
        sets = [self._value_set(url.split("|")[0], above) for url in part.get("valueSet", [])]
        if "system" in part:
            sets.append(self._system(part))
        if not sets or any(one is None for one in sets):
            return None
        return set.intersection(*sets)

    def _system(self, part: dict) -> set[tuple[str, str]] | None:
        url = part["system"]
        if "concept" in part:
            return {(url, concept["code"]) for concept in part["concept"]}
        system = self.code_systems.get(url, {})
        if system.get("content") != "complete" or part.get("version", system["version"]) != system["version"]:
            return None
        return {(url, code) for code in concepts(system.get("concept", []))}


def concepts(tree: list[dict]):
    for concept in tree:
        yield concept["code"]
        yield from concepts(concept.get("concept", []))


def oids(package: dict[str, list[dict]]) -> dict[str, str]:
    """OID -> id. Two may share one: a CodeSystem goes before a ValueSet and that before a NamingSystem, a current
    identifier before an old one, and then the smaller id."""
    found: dict[str, tuple] = {}
    for rank, kind in enumerate(("CodeSystem", "ValueSet", "NamingSystem")):
        for resource in package[kind]:
            for value, old in identifiers(resource):
                candidate = (rank, old, resource["id"])
                found[value] = min(found.get(value, candidate), candidate)
    return {oid: found[oid][-1] for oid in sorted(found)}


def identifiers(resource: dict):
    """(OID without prefix, whether it is marked as old)"""
    for identifier in resource.get("identifier", []):
        if identifier.get("value", "").startswith(OID):
            yield identifier["value"].removeprefix(OID), identifier.get("use") == "old"
    if resource["resourceType"] == "NamingSystem":
        for unique in resource.get("uniqueId", []):
            if unique["type"] == "oid":
                yield unique["value"].removeprefix(OID), False
