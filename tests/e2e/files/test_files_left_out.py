"""Files whose DocumentReferences the study deletes or has a newer version of are not part of it, as in the graph."""

from __future__ import annotations

import json

import pytest
from file_study import PROJECT, FileStudy, holds, outcomes, records


@pytest.fixture
def study(tmp_path, etl) -> FileStudy:
    etl.env |= {"ACED_ETL_STATE_DIR": str(tmp_path / "state"), "ACED_ETL_STUDIES": str(tmp_path / "home/studies"),
                "ACED_ETL_OUTPUT": str(tmp_path / "home/output")}
    (tmp_path / "home").mkdir()
    return FileStudy(tmp_path / "home")


def bundle(type: str, *entries: dict) -> dict:
    return {"resourceType": "Bundle", "type": type, "entry": list(entries)}


def delete(url: str) -> dict:
    return {"request": {"method": "DELETE", "url": url}}


def put(resource: dict) -> dict:
    return {"request": {"method": "PUT", "url": f"DocumentReference/{resource['id']}"}, "resource": resource}


def document(study: FileStudy, did: str) -> dict:
    return next(each for each in study.documents if each["id"] == did)


def verify(etl, study, *more, rc: int = 0):
    return etl("files", "verify", "--project", PROJECT, "--source", study.home, "-o", "json", *more, study.metadata).failed(rc)


def listed(etl, *more) -> dict:
    (row,) = etl("studies", "ls", "-o", "json", *more).ok().json()
    return row


# Where the deletion is in the order of the study's files does not matter: a bulk export names no order.
FORMS = {
    "bulk, after": ("deleted/1.ndjson", "ndjson"),
    "bulk, before": ("A.ndjson", "ndjson"),
    "a Bundle": ("Z.json", "json"),
    "a Bundle in a Bundle": ("Z.ndjson", "nested"),
    "in an array": ("Z.json", "array"),
}


@pytest.mark.promise("What a study deletes is removed")
@pytest.mark.parametrize("form", FORMS)
def test_a_deleted_file_is_not_loaded_and_its_record_is_extra(commons, etl, study, form):
    kept, gone = study.add("kept"), study.add("gone")
    never = study.add("never", write=False)  # deleted and not on the disk: that is no fault
    study.documents = [each for each in study.documents if each["id"] != never]
    assert outcomes(etl(*study.write().load("-o", "json")).ok()) == {"loaded": 2}
    study.documents.append({**document(study, kept), "id": never, "content": [{"attachment": {**document(study, kept)["content"][0]["attachment"], "url": "file:///output/never"}}]})
    study.write()

    deletions = bundle("transaction", delete(f"DocumentReference/{gone}"), delete(f"/DocumentReference/{never}"), delete("DocumentReference/not-there"))
    name, kind = FORMS[form]
    (study.metadata / name).parent.mkdir(exist_ok=True)
    text = {"ndjson": json.dumps(deletions), "json": json.dumps(deletions, indent=1), "array": json.dumps([deletions]),
            "nested": json.dumps(bundle("collection", {"resource": deletions}))}[kind]
    (study.metadata / name).write_text(text + "\n")

    assert outcomes(etl(*study.load("-o", "json")).ok()) == {"unchanged": 1, "deleted": 2}
    assert set(records(commons)) == {kept, gone}  # files load removes no record
    found = verify(etl, study, rc=6).json()
    assert [(row["did"], row["finding"]) for row in found] == [(gone, "extra-record")]
    assert "the study deletes" in found[0]["detail"]
    row = listed(etl)
    assert (row["files"], row["missing"], row["deleted"]) == (1, 0, 2)
    assert row["types"] == {"DocumentReference": 1}


@pytest.mark.promise("What a study deletes is removed")
def test_the_order_within_a_bundle_counts(commons, etl, study):
    again, gone, never = study.add("again"), study.add("gone"), study.add("history")
    one, two, three = (document(study, did) for did in (again, gone, never))
    study.documents = []
    study.write()
    (study.metadata / "a.json").write_text(json.dumps(bundle("transaction", delete(f"DocumentReference/{again}"), put(one), put(two), delete(f"DocumentReference/{gone}"))))
    # The newest entry of a history comes first.
    (study.metadata / "b.ndjson").write_text(json.dumps(bundle("history", put(three), delete(f"DocumentReference/{never}"))) + "\n")
    assert outcomes(etl(*study.load("-o", "json")).ok()) == {"loaded": 2, "deleted": 1}
    assert set(records(commons)) == {again, never}
    row = listed(etl)
    assert (row["files"], row["deleted"]) == (2, 1)


@pytest.mark.promise("What a study deletes is removed")
def test_graph_files_and_list_agree_on_what_is_left(commons, etl, study, demo_dictionary):
    etl.env["DICTIONARY_URL"] = str(demo_dictionary)
    dids = [study.add(f"f{n}") for n in range(5)]
    study.write()
    (study.metadata / "deleted").mkdir()
    (study.metadata / "deleted/1.ndjson").write_text(
        "".join(json.dumps(bundle("transaction", delete(f"DocumentReference/{did}"))) + "\n" for did in dids[:2]))
    made = [json.loads(line)["id"] for line in etl("simplify", study.metadata, "-").ok().stdout.splitlines()]
    etl(*study.load()).ok()
    assert set(made) == set(records(commons)) == set(dids[2:])
    assert listed(etl)["files"] == 3


@pytest.mark.promise("What a study deletes is removed")
def test_with_other_ids_a_deletion_takes_out_the_same_file(commons, etl, study):
    kept, gone = study.add("kept"), study.add("gone")
    study.write()
    assert outcomes(etl(*study.load("-o", "json", "--transform-ids", "s")).ok()) == {"loaded": 2}
    (study.metadata / "d.ndjson").write_text(json.dumps(bundle("transaction", delete(f"DocumentReference/{gone}"))) + "\n")
    assert outcomes(etl(*study.load("-o", "json", "--transform-ids", "s")).ok()) == {"unchanged": 1, "deleted": 1}
    (found,) = verify(etl, study, "--transform-ids", "s", rc=6).json()
    assert found["finding"] == "extra-record" and "the study deletes" in found["detail"]
    assert kept


def test_what_is_deleted_cannot_be_known_from_a_pipe(commons, etl, study):
    study.add("kept")
    gone = study.add("gone")
    lines = [json.dumps(each) for each in study.documents]
    load = ["files", "load", "--project", PROJECT, "--source", study.home, "-o", "json", "-"]
    failed = etl(*load, stdin="\n".join([*lines, json.dumps(bundle("transaction", delete(f"DocumentReference/{gone}")))])).failed(3)
    assert "read twice" in failed.stderr and records(commons) == {}
    other = json.dumps(bundle("transaction", delete("DocumentReference/other")))
    assert outcomes(etl(*load, stdin="\n".join([*lines, other])).ok()) == {"loaded": 2}


@pytest.mark.promise("One version of a resource is loaded")
def test_the_newest_version_of_a_file_is_loaded(commons, etl, study):
    did = study.add("old", b"old", source_path=None)
    study.add("new", b"newer", id=did)
    old, new = study.documents
    old["meta"], new["meta"] = {"versionId": "2"}, {"versionId": "10"}
    other = study.add("other")
    study.documents = [new, old, *study.documents[2:]]
    study.write()
    failed = etl(*study.load("-o", "json")).failed(6)
    assert "another file has the same id" in failed.stderr
    assert outcomes(etl(*study.load("-o", "json", "--duplicates", "latest")).ok()) == {"loaded": 1, "superseded": 1, "unchanged": 1}
    holds(commons, _only(study, new, other))
    assert verify(etl, study, "--duplicates", "latest").json() == []
    row = listed(etl, "--duplicates", "latest")
    assert (row["files"], row["superseded"]) == (2, 1)
    assert listed(etl)["files"] == 3

    (etl.cwd / "etl.yaml").write_text("graph: {duplicates: latest}\n")
    assert outcomes(etl(*study.load("-o", "json")).ok()) == {"unchanged": 2, "superseded": 1}
    # Neither version nor date tells: that stays a fault.
    new["meta"] = old["meta"] = {}
    study.documents.append(old)
    study.write()
    assert "another file has the same id" in etl(*study.load("-o", "json")).failed(6).stderr


def _only(study: FileStudy, new: dict, other: str) -> FileStudy:
    study.documents = [new, next(each for each in study.documents if each["id"] == other)]
    return study


def test_documents_in_bundles_on_lines_and_in_lists_are_loaded(commons, etl, study):
    dids = [study.add(f"f{n}") for n in range(3)]
    one, two, three = study.documents
    study.documents = []
    study.write()
    (study.metadata / "a.ndjson").write_text(json.dumps(bundle("collection", {"resource": one})) + "\n")
    (study.metadata / "b.json").write_text(json.dumps([bundle("collection", {"resource": two}), three]))
    assert outcomes(etl(*study.load("-o", "json")).ok()) == {"loaded": 3}
    assert set(records(commons)) == set(dids)
    assert listed(etl)["types"] == {"DocumentReference": 3}
