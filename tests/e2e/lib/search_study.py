"""Small studies for the tests of the search server, and what the server holds of them."""

from __future__ import annotations

import json
import pathlib

from local_servers import Search

PROJECT = "aced-Alpha"


def write(path: pathlib.Path, *resources: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(one) + "\n" for one in resources))


def patients(folder: pathlib.Path, version: str, count: int = 40) -> pathlib.Path:
    """A study whose every resource says which version of the study it is from; it has `count` patients."""
    write(folder / "Patient.ndjson", *({"resourceType": "Patient", "id": f"p{n}", "meta": {"tag": [{"system": "http://example.org/version",
                                       "code": version}]}, "gender": "female"} for n in range(count)))
    return folder


def small(folder: pathlib.Path) -> pathlib.Path:
    """Patients with observations, as the documents of the portal have them."""
    write(folder / "ResearchStudy.ndjson", {"resourceType": "ResearchStudy", "id": "s", "status": "active", "title": "A study",
                                            "identifier": [{"system": "http://example.org/study", "value": "one"}]})
    write(folder / "Patient.ndjson", *({"resourceType": "Patient", "id": f"p{n}", "gender": "female", "birthDate": f"19{50 + n}-01-01",
                                        "identifier": [{"system": "http://example.org/people", "value": f"P-{n}"}]} for n in range(6)))
    write(folder / "Observation.ndjson", *({"resourceType": "Observation", "id": f"o{n}", "status": "final",
                                            "code": {"coding": [{"system": "http://loinc.org", "code": "8302-2", "display": "Height"}]},
                                            "subject": {"reference": f"Patient/p{n % 6}"},
                                            "valueQuantity": {"value": 150 + n, "unit": "cm"}} for n in range(12)))
    return folder


def hits(search: Search, alias: str, size: int = 1000) -> list[dict]:
    status, answer = search.ask("POST", f"/{alias}/_search", {"size": size, "query": {"match_all": {}}})
    assert status == 200, answer
    assert answer["_shards"]["failed"] == 0
    return answer["hits"]["hits"]


def versions(search: Search) -> list[str]:
    """The version that each resource of the store is from."""
    return [hit["_source"]["meta"]["tag"][0]["code"] for hit in hits(search, "fhir")]


def indexes(search: Search) -> dict[str, list[str]]:
    """Every index, but that of the locks, with its aliases."""
    _, found = search.ask("GET", "/_alias")
    return {name: sorted(what["aliases"]) for name, what in found.items() if not name.endswith("_aced-etl-locks") and name[0] != "."}


def locks(search: Search) -> int:
    search.ask("POST", "/_refresh")
    status, answer = search.ask("GET", "/gen3.aced.io_aced-etl-locks/_count")
    return answer["count"] if status == 200 else 0
