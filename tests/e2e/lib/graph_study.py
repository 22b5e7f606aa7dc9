"""Small FHIR studies made by hand, and what a graph's tables hold; for the tests of `graph load`."""

from __future__ import annotations

import json
import pathlib
import uuid
from collections import defaultdict

PROGRAMS = uuid.UUID("85b08c6a-56a6-4474-9c30-b65abfd214a8")
PROJECTS = uuid.UUID("249b4405-2c69-45d9-96bc-7410333d5d80")


def program_id(name: str) -> str:
    return str(uuid.uuid5(PROGRAMS, name))


def project_id(code: str) -> str:
    return str(uuid.uuid5(PROJECTS, code))


def ref(target: str) -> dict:
    return {"reference": target}


def patient(id: str, **more) -> dict:
    return {"resourceType": "Patient", "id": id, **more}


def observation(id: str, of: str | None = None, **more) -> dict:
    subject = {"subject": ref(f"Patient/{of}")} if of else {}
    return {"resourceType": "Observation", "id": id, "status": "final", "code": {"text": "weight"}, **subject, **more}


def specimen(id: str, of: str | None = None, **more) -> dict:
    return {"resourceType": "Specimen", "id": id, **({"subject": ref(f"Patient/{of}")} if of else {}), **more}


def task(id: str, **more) -> dict:
    return {"resourceType": "Task", "id": id, "status": "completed", "intent": "order", **more}


def research_study(id: str, **more) -> dict:
    return {"resourceType": "ResearchStudy", "id": id, "status": "active", **more}


def write(folder: pathlib.Path, *resources: dict) -> pathlib.Path:
    """A study of these resources alone, a file for each type."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    by_type = defaultdict(list)
    for resource in resources:
        by_type[resource["resourceType"]].append(json.dumps(resource, ensure_ascii=False))
    for name, lines in by_type.items():
        (folder / f"{name}.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def graph_tables(database) -> list[str]:
    return [name for name, in database.rows(
        r"select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname ~ '^(node|edge)_' order by 1")]


def rows(database, sql: str) -> list[tuple]:
    """Of a query over all tables, which the server would compile at a cost."""
    with database.connect(autocommit=True, options="-c jit=off") as connection:
        return connection.execute(sql).fetchall()


def dump(database, *, created: bool = False, xmin: bool = False) -> dict[str, list]:
    """Every row of every table of the graph; the time of creation, and the transaction that wrote it, if wanted."""
    row = "to_jsonb(t)" if created else "to_jsonb(t) - 'created'"
    row += " || jsonb_build_object('xmin', t.xmin::text)" if xmin else ""
    sql = " union all ".join(f"select '{name}', {row} from \"{name}\" t" for name in graph_tables(database))
    found = defaultdict(list)
    for table, content in rows(database, sql):
        found[table].append(json.dumps(content, sort_keys=True))
    return {table: sorted(lines) for table, lines in found.items()}


def digest(database) -> str:
    """Of all tables and all columns, time of creation included."""
    sql = " union all ".join(f"select '{name}' as name, t::text as row from \"{name}\" t" for name in graph_tables(database))
    return rows(database, f"select md5(string_agg(name || row, '' order by name, row)) from ({sql}) all_rows")[0][0]


def edges(database, table: str) -> set[tuple[str, str]]:
    return set(database.rows(f'select src_id, dst_id from "{table}"'))


def totals(ran) -> dict[str, int]:
    """Inserted, updated, unchanged, removed, shared over all tables of a load."""
    rows = ran.ok().json()
    return {what: sum(row[what] for row in rows) for what in ("inserted", "updated", "unchanged", "removed", "shared")}


def changes(ran) -> dict[str, dict[str, int]]:
    """The tables that a load changed, each with what is not zero of inserted, updated, removed."""
    found = {}
    for row in ran.ok().json():
        said = {what: row[what] for what in ("inserted", "updated", "removed") if row[what]}
        if said:
            found[row["table"]] = said
    return found
