"""What the tests of simplify share: a study of a few resources, and what became of it."""

from __future__ import annotations

import json
import pathlib

import pytest

PATIENT = {"resourceType": "Patient", "id": "p1"}


def patient(number: object, **more: object) -> dict:
    return {"resourceType": "Patient", "id": f"p{number}", **more}


def lines(*resources: dict | str | bytes) -> bytes:
    """NDJSON; text and bytes stand as they are."""
    out = b""
    for resource in resources:
        if isinstance(resource, dict):
            resource = json.dumps(resource, separators=(",", ":"))
        out += (resource.encode() if isinstance(resource, str) else resource) + b"\n"
    return out


def tree(folder: pathlib.Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def records(folder: pathlib.Path) -> list[dict]:
    return [json.loads(line) for file in sorted(folder.glob("*.ndjson")) for line in file.read_text().splitlines()]


@pytest.fixture
def study(tmp_path):
    """A writer of a study's files."""
    folder = tmp_path / "study"

    def write(name: str, content: bytes | str) -> pathlib.Path:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return write
