"""The stand-in answers as the real services did: recorded exchanges beside the project, replayed in their order."""

from __future__ import annotations

import json
import pathlib
import re
import urllib.request

import pytest
import stand_in
from stand_in import FENCE_CONFIG, LOGIN, USER_YAML
from stand_in_replay import Replay

P1, P2 = "/programs/P/projects/p1", "/programs/P/projects/p2"

# What the stand-in does not do, on purpose. The floors below are what is left of each recording.
NO_CLIENT = "no client of ours asks for it, and nothing else depends on it"
LEFT_OUT = {
    "indexd": {
        "urls_list": NO_CLIENT,
        "dos_get": "DOS is DRS's forerunner: " + NO_CLIENT,
        "query_urls_q": NO_CLIENT,
        "query_urls_meta": NO_CLIENT,
        "list_authz_null": "which records come first hangs on GUIDs that are made by chance",
    },
    "mds": {"objects_list": "a redirect inside the service: " + NO_CLIENT},
    "fence": {},
    "sheepdog": {},
}


@pytest.fixture
def replay(shared, new_database, s3, tmp_path, demo_dictionary, canary):
    """Makes the replay of one service, against a stand-in of its own."""
    made = []

    def make(service: str, dictionary: pathlib.Path = demo_dictionary) -> Replay:
        recording = shared / "exchanges" / f"{service}.ndjson"
        if not recording.is_file():
            pytest.skip("NOT TESTED: no recorded exchanges in ../shared")
        s3.command("bucket", "bucket-a", "bucket-b")
        key, secret = s3.keys["fencebot"]
        (tmp_path / "user.yaml").write_text(USER_YAML)
        (tmp_path / "fence-config.yaml").write_text(
            FENCE_CONFIG.format(key=key, secret=secret, endpoint=s3.endpoint, password=LOGIN[1]))
        database = new_database()
        environment = {name: value for name, value in database.env.items() if name.startswith("PG")}
        context = stand_in.running(tmp_path / "home", environment, tmp_path / "user.yaml", tmp_path / "fence-config.yaml",
                                   dictionary)
        server = context.__enter__()
        made.append(context)
        again = Replay(recording, server, LOGIN)
        again.database = database
        again.token = lambda name: bearer(server, name, tmp_path)
        return again

    yield make
    for context in made:
        context.__exit__(None, None, None)
    log = (tmp_path / "home/log").read_text()
    canary.check(log, "the log of the stand-in")


def bearer(server: stand_in.StandIn, name: str, tmp_path: pathlib.Path) -> str:
    """The token that an exchange of this name was recorded with."""
    if "bad_token" in name or "bad_bearer" in name:
        return "garbage"
    if "expired" in name:
        return server.token("submitter@example.org", expires_in=-60)
    if "derived_token" in name:
        reply = server.ask("POST", "/user/credentials/api/access_token", server.api_key("submitter@example.org"))
        return reply.json()["access_token"]
    if name.endswith("_reader"):
        return server.token("reader@example.org")
    if name.endswith(("_no_permission", "_uploader_other")):
        return server.token("nobody@example.org")
    return server.token("submitter@example.org")


def report(service: str, again: Replay, floor: int) -> None:
    asked, differences = again.run(LEFT_OUT[service])
    print(f"{service}: {asked - len(differences)} of {len(again.exchanges)} recorded exchanges are answered alike; left out: "
          + (", ".join(f"{name} ({why})" for name, why in LEFT_OUT[service].items()) or "none"))
    assert not differences, "\n".join(f"{name}: {what}" for name, what in differences.items())
    assert {exchange["name"] for exchange in again.exchanges} >= LEFT_OUT[service].keys()
    assert asked >= floor


def record(did: str, urls: list[str], authz: list[str], **more: object) -> dict:
    return {"did": did, "form": "object", "size": 5, "hashes": {"md5": "5d41402abc4b2a76b9719d911017c592"}, "urls": urls,
            "authz": authz, **more}


def test_fence_answers_as_recorded(replay, s3, tmp_path):
    again = replay("fence")
    server = again.stand_in
    service = again.headers("", {"Authorization": "Basic <user:password>"})
    first = "3a88587a-f78c-5aad-b0b3-1e2423ac5f79"
    file = f"s3://bucket-b/{first}/f.txt"
    opened = "1dd41151-f66a-577f-bc8b-8b4106ac1a73"
    deleted = "e4760e19-ad8a-5fcc-aa2c-caa1bc52a553"
    for each in [
        record(first, [file], [P1]),
        record("ec70ed45-d552-5ed3-b8b4-3d758d48f3d2", ["s3://bucket-b/x/y"], [P2]),
        record("6e68563b-df29-5f9a-8449-1b1e29f7b687", [], []),
        record("2b351a18-6438-5473-96d9-aeec8dcd9609", [], [], acl=["*"]),
        record("76dd1b3d-9a69-5155-925a-dcf6e5260773", [], [], uploader="submitter@example.org"),
        record(opened, [f"s3://bucket-b/{opened}/f.txt"], ["/open"]),
        record("ffa043f6-efd0-569e-ac22-b598ed0550e8", [], [P1]),
        record("b9560c32-ef5d-54aa-bbcd-32e3539b4366", ["s3://bucket-unknown/x"], [P1]),
        record("678e693b-4b00-57d6-88b8-156b7701407a", ["https://example.org/x"], [P1]),
        record("5870942c-a296-5846-b7d3-0fd5ca45bbd2", ["file:///x"], [P1]),
        record("0f5e8b4b-6c91-5a8c-beed-412fefa7eb68", ["https://example.org/x", file], [P1]),
        record(deleted, [f"s3://bucket-b/{deleted}/f.txt"], [P1]),
    ]:
        reply = server.ask("POST", "/index/index/", each, headers=service)
        assert reply.status == 200, reply.text

    def revoked() -> str:
        login = server.token("submitter@example.org")
        made = server.ask("POST", "/user/credentials/api/", {}, login).json()
        assert server.ask("DELETE", f"/user/credentials/api/{made['key_id']}", token=login).status == 204
        return made["api_key"]

    def api_key(name: str) -> str:
        if name == "access_token_bad_signature":
            return server.token("submitter@example.org", home=tmp_path / "other")
        if name == "access_token_using_access_token":
            return server.token("submitter@example.org")
        if name == "access_token_revoked_key":
            return revoked()
        return server.api_key("submitter@example.org", -60 if "expired" in name else 3600)["api_key"]

    again.api_key = api_key

    def capital(request: dict) -> None:
        request["headers"] = {"Authorization": "Bearer " + server.token("submitter@example.org")}

    def upload_parts(request: dict) -> None:
        """The simulator knew the recorded parts; here they must be uploaded."""
        body = again.here(request["body"])
        for part in request["body"]["parts"]:
            reply = server.ask("POST", "/user/data/multipart/upload",
                               {key: body[key] for key in ("key", "uploadId", "bucket")} | {"partNumber": part["PartNumber"]},
                               server.token("submitter@example.org"))
            put = urllib.request.Request(reply.json()["presigned_url"], b"x" * (5 << 20), method="PUT")
            with urllib.request.urlopen(put) as done:
                part["ETag"] = done.headers["ETag"]

    def put_object(_request: dict) -> None:
        s3.client("fencebot").put_object(Bucket="bucket-b", Key=f"{deleted}/f.txt", Body=b"hello")

    again.before = {"user_capital_bearer": capital, "multipart_complete": upload_parts, "delete": put_object}
    report("fence", again, floor=112)


def test_indexd_answers_as_recorded(replay):
    again = replay("indexd")
    by_name = {exchange["name"]: exchange for exchange in again.exchanges}
    again.public = lambda name, path: path if name.startswith("bearer_") or path.startswith("/ga4gh/") else "/index" + path
    service = again.headers("", {"Authorization": "Basic <user:password>"})

    def make_pages(_request: dict) -> None:
        """What the pages show was made outside the recording."""
        seen = {}
        for name in [name for name in by_name if name.startswith("page_")] + ["list_url_glob"]:
            for each in by_name[name]["response"]["body"]["records"]:
                seen[each["did"]] = each
        for each in seen.values():
            body = {key: each[key] for key in ("did", "form", "size", "hashes", "urls", "authz", "file_name", "uploader")}
            assert again.stand_in.ask("POST", "/index/index/", body, headers=service).status == 200

    def make_blank(_request: dict) -> None:
        made = again.stand_in.ask("POST", "/index/index/blank/", {"uploader": "u", "file_name": "n"}, headers=service).json()
        again.known[re.search(r"dg\.TEST/\S+", by_name["drs_blank"]["request"]["path"])[0]] = made["did"]

    again.before = {"page_start_0": make_pages, "drs_blank": make_blank}
    report("indexd", again, floor=181)


def test_the_metadata_service_answers_as_recorded(replay):
    again = replay("mds")
    again.public = lambda _name, path: path if path.startswith("/mds/") else "/mds" + path
    report("mds", again, floor=87)


def write_dictionary(path: pathlib.Path, case: dict) -> pathlib.Path:
    """A dictionary with what the recording of sheepdog writes; of `case` it shows the whole schema."""
    text = {"type": "string"}

    def node(label: str, links: list[dict], required: list[str], properties: dict) -> dict:
        return {"id": label, "title": label, "type": "object", "category": "administrative", "program": "*", "project": "*",
                "additionalProperties": False, "links": links, "required": ["type", *required], "uniqueKeys": [["id"]],
                "systemProperties": ["id"],
                "properties": {"id": text, "type": text, "submitter_id": text, "project_id": text, "state": text, **properties}}

    def link(name: str, backref: str, target: str) -> dict:
        return {"name": name, "backref": backref, "label": "member_of", "target_type": target, "multiplicity": "many_to_one",
                "required": True}

    schemas = [
        node("program", [], ["name"], {"name": text, "dbgap_accession_number": text}),
        node("project", [link("programs", "projects", "program")], ["code"],
             {"code": text, "name": text, "dbgap_accession_number": text, "investigator_name": text, "programs": {}}),
        node("experiment", [link("projects", "experiments", "project")], ["submitter_id", "projects"],
             {"projects": {}, "experimental_description": text}),
        case,
        node("demographic", [link("cases", "demographics", "case")], ["submitter_id", "cases"],
             {"cases": {}, "gender": {"enum": ["female", "male"]}, "year_of_birth": {"type": ["number", "null"]}}),
    ]
    path.write_text(json.dumps({f"{schema['id']}.yaml": schema for schema in schemas}))
    return path


READ_ELSEWHERE = "aced-etl reads the graph in PostgreSQL, not through sheepdog"
TWO_STEPS = "aced-etl does not keep a dry run to commit it later"
FILE_NODES = "dictionaries of ACED have no file nodes that sheepdog registers in indexd"
LEFT_OUT["sheepdog"] = {
    **{name: READ_ELSEWHERE for name in (
        "export_json", "export_tsv", "export_json_empty", "export_tsv_empty", "export_unknown_label", "export_no_args",
        "export_no_permission", "export_by_ids", "entity_get", "entity_get_two", "entity_get_unknown", "template", "manifest",
        "get_relinked")},
    **{name: TWO_STEPS for name in (
        "dry_run_commit", "dry_run_commit_again", "transaction_close", "transaction_commit_unknown", "dry_run_commit_all_roles",
        "dry_run_commit_twice", "close_after_commit", "commit_unknown")},
    **{name: FILE_NODES for name in (
        "file_node_put_new", "file_node_export", "file_node_indexd_record", "file_node_put_again", "file_node_changed_md5",
        "file_node_changed_size", "file_node_object_id", "file_node_object_id_wrong_md5", "file_node_object_id_unknown",
        "file_node_indexd_after", "file_nodes_after_md5_and_size_change")},
}


def test_sheepdog_answers_as_recorded(replay, shared, tmp_path):
    recording = shared / "exchanges/sheepdog.ndjson"
    if not recording.is_file():
        pytest.skip("NOT TESTED: no recorded exchanges in ../shared")
    exchanges = [json.loads(line) for line in recording.read_text().splitlines()]
    case = next(each["response"]["body"] for each in exchanges if each["name"] == "dictionary_entry")
    again = replay("sheepdog", write_dictionary(tmp_path / "dictionary.json", case))
    server = again.stand_in
    token = server.token("submitter@example.org")

    def put(path: str, body: object) -> dict:
        reply = server.ask("PUT", "/api/v0/submission/" + path, body, token)
        assert reply.status == 200, reply.text
        return reply.json()

    def empty(_request: dict) -> None:
        """As the recording did, unseen."""
        again.database.execute("delete from node_demographic; delete from node_case; delete from node_experiment")

    def begin_again(_request: dict) -> None:
        put("", {"type": "program", "name": "P", "dbgap_accession_number": "P"})
        put("P", {"type": "project", "code": "p1", "name": "p1", "dbgap_accession_number": "p1"})
        made = put("P/p1", {"type": "experiment", "submitter_id": "exp1", "projects": {"code": "p1"}})
        linked = next(each for each in again.exchanges if each["name"] == "link_by_id")
        again.known[linked["request"]["body"]["experiments"]["id"]] = made["entities"][0]["id"]

    again.before = {"delete_project": empty, "same_transaction_parent_after_child": begin_again}
    report("sheepdog", again, floor=85)
