"""The frame of the command line: help, errors, exit codes, output, completion, manual, settings."""

from __future__ import annotations

import json
import os
import pathlib
import re
import select
import signal
import shutil
import subprocess

import pytest

SECRET = "correct-horse-battery"


@pytest.fixture
def creds(etl, tmp_path, canary) -> pathlib.Path:
    """The database's secret as Kubernetes mounts it, and `etl` told to use it."""
    canary.add(SECRET)
    folder = tmp_path / "creds/sheepdog-creds"
    data = folder / "..2026"
    data.mkdir(parents=True)
    (folder / "..data").symlink_to("..2026")
    values = {"host": "db.svc", "port": "5432", "database": "meta", "username": "sheepdog", "password": SECRET,
              "dbcreated": "true"}
    for name, value in values.items():
        (data / name).write_text(value + "\n")
        (folder / name).symlink_to(f"..data/{name}")
    etl.env["ACED_ETL_CREDS"] = str(tmp_path / "creds")
    return folder


def shown(ran) -> dict[str, tuple[str, str]]:
    return {row["key"]: (row["value"], row["origin"]) for row in ran.ok().json()}


# --- help and manual -------------------------------------------------------------------------------------------------


def commands_of(etl) -> list[list[str]]:
    """Every command of the tree, as help lists them."""
    found, unread = [], [[]]
    while unread:
        path = unread.pop()
        found.append(path)
        text = etl(*path, "--help").ok().stdout
        listed = re.search(r"^Commands:\n((?:  .*\n)+)", text, re.M)
        if listed:
            unread += [[*path, name] for name in re.findall(r"^  (\S+)", listed[1], re.M)]
    return found


def test_every_command_has_a_whole_help(etl):
    commands = commands_of(etl)
    assert ["config", "show"] in commands
    for path in commands:
        text = etl(*path, "--help").ok().stdout
        name = " ".join(["aced-etl", *path])
        assert re.match(rf"{name} - \S.*[^.]\n\nUsage: {name}", text), text
        for section in ("Global options:" if path else "Options:", "Exit codes:", "Examples:"):
            assert f"\n{section}\n" in text, f"{name}: no {section}"
        assert max(map(len, text.splitlines())) <= 120, f"{name}: too wide"


@pytest.mark.promise("Results go to stdout")
def test_help_shows_the_exit_codes_of_the_contract(etl):
    text = etl("--help").ok().stdout
    assert re.findall(r"^  (\d)  ", text, re.M) == list("0123456789")


def test_version(etl):
    assert re.fullmatch(r"aced-etl \d+\.\d+\.\d+ \((commit [0-9a-f]{7,40}(-dirty)?, )?(Release|Debug|RelWithDebInfo) build, (GNU|Clang) [0-9.]+\)\n", etl("--version").ok().stdout)


def test_manual_covers_every_command_and_is_sound_roff(etl):
    page = etl("man").ok().stdout
    for path in commands_of(etl):
        if not path or re.search("^Commands:", etl(*path, "--help").stdout, re.M):
            continue
        assert '.SS "aced\\-etl ' + " ".join(path).replace("-", "\\-") + '"' in page
    if not shutil.which("groff"):
        pytest.skip("NOT TESTED further: no groff")
    done = subprocess.run(["groff", "-man", "-ww", "-Tutf8"], input=page.encode(), capture_output=True, check=True)
    assert done.stderr == b""


# --- usage errors ----------------------------------------------------------------------------------------------------


def test_without_a_command_help_goes_to_stderr(etl):
    for args in ([], ["config"]):
        ran = etl(*args).failed(2)
        assert ran.stdout == "" and "Usage: aced-etl" in ran.stderr and "Commands:" in ran.stderr


@pytest.mark.parametrize("args, what, hint", [
    (["confg"], "there is no command `aced-etl confg`", "did you mean `aced-etl config`?"),
    (["config", "shw"], "there is no command `aced-etl config shw`", "did you mean `aced-etl config show`?"),
    (["zebra"], "there is no command `aced-etl zebra`", "`aced-etl --help`"),
    (["config", "show", "--thread", "3"], "no option --thread", "did you mean `--threads`?"),
    (["config", "show", "--thread=3"], "no option --thread", "did you mean `--threads`?"),
    (["config", "show", "more"], "does not take `more`", "`aced-etl config show --help`"),
    (["config", "show", "--threads"], "--threads", "`aced-etl config show --help`"),
    (["config", "show", "-o", "xml"], "--output must be one of table, json, yaml, not `xml`", None),
    (["config", "show", "-o", "jsn"], "not `jsn`", "did you mean `json`?"),
    (["run", "--only", "grpah", "Diabetes"], "--only must be one of pull, validate, projects, graph, files, search, fhir, discovery, not `grpah`", "did you mean `graph`?"),
    (["run", "--skip", "graph", "--skip", "file", "Diabetes"], "not `file`", "did you mean `files`?"),
    (["validate", ".", "--dangling", "warn"], "--dangling must be one of error, warning", "did you mean `warning`?"),
    (["config", "show", "-q", "-v"], "excludes", "`aced-etl config show --help`"),
    (["config", "show", "--threads", ""], "empty", "give a value"),
])
def test_usage_errors_say_what_is_meant(etl, args, what, hint):
    ran = etl(*args).failed(2)
    assert ran.stdout == ""
    first, *rest = ran.stderr.splitlines()
    assert first.startswith("error: ") and what in first
    assert hint is None or any(line.startswith("  do: ") and hint in line for line in rest), ran.stderr


def test_errors_as_json(etl):
    for args in (["confg", "--log-format", "json"], ["--log-format=json", "config"], ["config", "show", "--log-format", "json", "-x"]):
        ran = etl(*args).failed(2)
        (line,) = ran.stderr.splitlines()
        message = json.loads(line)
        assert message["level"] == "error" and message["exit"] == 2 and message["do"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", message["ts"])
    json.loads(etl("confg", env={"ACED_ETL_LOG_FORMAT": "json"}).failed(2).stderr)


def test_an_error_cannot_forge_terminal_sequences(etl):
    assert "\x1b" not in etl("\x1b[2Jconfig").failed(2).stderr


# --- output ----------------------------------------------------------------------------------------------------------


def test_global_options_stand_before_or_after_the_command(etl):
    before = etl("-o", "json", "config", "show").ok().stdout
    assert before == etl("config", "show", "-o", "json").ok().stdout == etl("config", "--output=json", "show").ok().stdout


def test_outputs_agree(etl, creds):
    rows = etl("config", "show", "-o", "json").ok().json()
    yaml = etl("config", "show", "-o", "yaml").ok().stdout
    table = etl("config", "show").ok().stdout
    assert table.splitlines()[0].split() == ["KEY", "VALUE", "ORIGIN"]
    assert len(table.splitlines()) == len(rows) + 1
    assert re.findall(r"^- key: (\S+)$", yaml, re.M) == [row["key"] for row in rows]
    assert 'value: "5432"' in yaml, "text that looks like a number stays text"


def test_a_closed_or_full_stdout_is_an_error(etl):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([etl.binary, "config", "show"], env=etl.environment(), stdout=full, stderr=subprocess.PIPE, check=False)
        assert done.returncode == 9 and b"cannot write: No space left on device" in done.stderr
    done = subprocess.run(["sh", "-c", f"'{etl.binary}' config show >&-"], env=etl.environment(), capture_output=True, check=False)
    assert done.returncode == 5 and b"cannot write the result" in done.stderr


def test_a_closed_pipe_ends_the_program_silently(etl, tmp_path):
    """As every Unix tool: ended by SIGPIPE, without a word."""
    (tmp_path / "study").mkdir()
    resource = '{"resourceType": "Patient", "id": "p%d"}'
    (tmp_path / "study/Patient.ndjson").write_text("".join(resource % i + "\n" for i in range(50_000)))
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/Patient.ndjson").write_text('{"resourceType": "Patient"}\n')
    for args in (["--help"], ["--version"], ["config", "show"], ["config", "schema"], ["man"], ["completion", "bash"], ["validate", "bad", "-q"],
                 ["validate", "bad", "-q", "-o", "json"], ["simplify", "study/Patient.ndjson", "-", "-q"]):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([etl.binary, *args], env=etl.environment(), cwd=tmp_path, stdout=writer, stderr=subprocess.PIPE, check=False)
        os.close(writer)
        assert (done.returncode, done.stderr) == (-signal.SIGPIPE, b""), args


def test_colour_on_a_terminal_only_and_not_with_no_color(etl):
    def on_terminal(**env: str) -> bytes:
        outer, inner = os.openpty()
        subprocess.run([etl.binary, "zebra"], env=etl.environment({"TERM": "xterm", **env}), stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=inner, check=False)
        os.close(inner)
        try:
            return os.read(outer, 65536)
        finally:
            os.close(outer)

    assert b"\x1b[31merror:" in on_terminal()
    assert b"\x1b" not in on_terminal(NO_COLOR="1")
    assert b"\x1b" not in on_terminal(TERM="dumb")
    assert "\x1b" not in etl("zebra", env={"TERM": "xterm"}).stderr


# --- completion ------------------------------------------------------------------------------------------------------


def shell_environment(etl) -> dict[str, str]:
    """aced-etl on PATH under its own name, as the scripts call it."""
    folder = etl.cwd / "bin"
    folder.mkdir(exist_ok=True)
    if not (folder / "aced-etl").exists():
        (folder / "aced-etl").symlink_to(etl.binary)
    return {**etl.environment(), "PATH": f"{folder}:{os.environ['PATH']}", "TERM": "xterm", "HOME": str(etl.cwd)}


def completed(etl, *words: str) -> list[str]:
    """What bash offers for the last word."""
    script = f"""
source <('{etl.binary}' completion bash)
complete -p aced-etl | grep -q -- '-F _aced_etl aced-etl' || exit 9
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _aced_etl; printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(["bash", "--norc", "-c", script, "bash", "aced-etl", *words], env=shell_environment(etl), cwd=etl.cwd,
                          capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line]


def completed_by_fish(etl, *words: str) -> list[str]:
    (etl.cwd / "completion.fish").write_text(etl("completion", "fish").ok().stdout)
    line = " ".join(["aced-etl", *words])
    done = subprocess.run(["fish", "--no-config", "-c", f"source completion.fish; complete -C '{line}'"], env=shell_environment(etl), cwd=etl.cwd,
                          capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return [offer.split("\t")[0].rstrip("/") for offer in done.stdout.splitlines()]


class Zsh:
    """A zsh on a pseudo-terminal, with its completion system. Ctrl-G prints the line that is being edited."""

    def __init__(self, etl) -> None:
        (etl.cwd / "completion.zsh").write_text(etl("completion", "zsh").ok().stdout)
        self.outer, inner = os.openpty()
        self.process = subprocess.Popen(["zsh", "-f", "-i"], env=shell_environment(etl), cwd=etl.cwd, stdin=inner, stdout=inner, stderr=inner,
                                        start_new_session=True)
        os.close(inner)
        self.send("autoload -U compinit; compinit -u -D; source ./completion.zsh; setopt no_beep; PS1=; "
                  "show() { print; print -r -- \"LI\"\"NE<$BUFFER>\"; BUFFER=; zle redisplay }; zle -N show; bindkey '^G' show; print REA''DY\n")
        self.until(r"READY")

    def send(self, text: str) -> None:
        os.write(self.outer, text.encode())

    def until(self, pattern: str) -> str:
        text = ""
        while not (found := re.search(pattern, text)):
            assert select.select([self.outer], [], [], 60)[0], f"zsh did not answer: {text!r}"
            text += os.read(self.outer, 65536).decode()
        return found[0]

    def line_after_tab(self, typed: str) -> str:
        self.send(typed + "\t\x07")
        return self.until(r"LINE<[^>]*>")[5:-1]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.outer)


@pytest.fixture
def names(etl) -> None:
    """What the shells know without asking a service: etl.yaml, user.yaml, fence's configuration, AWS profiles, files."""
    (etl.cwd / "etl.yaml").write_text("program: demo\nfence_config: fence-config.yaml\nuser_yaml: user.yaml\n"
                                      "source: {bucket: studies-of-all}\nstudies:\n- name: Lung_Cancer\n"
                                      "- {name: Diabetes, bucket: sugar-bucket}\n")
    (etl.cwd / "other.yaml").write_text("program: demo\nstudies:\n- name: Renal_Cancer\n")
    (etl.cwd / "user.yaml").write_text("authz:\n  resources:\n  - name: programs\n    subresources:\n    - name: aced\n      subresources:\n"
                                       "      - name: projects\n        subresources:\n        - name: Kidney\n")
    (etl.cwd / "fence-config.yaml").write_text("S3_BUCKETS:\n  kidney-bucket: {cred: x}\nALLOWED_DATA_UPLOAD_BUCKETS: [kidney-bucket]\n"
                                               "DATA_UPLOAD_BUCKET: kidney-bucket\n")
    (etl.cwd / ".aws").mkdir()
    (etl.cwd / ".aws/config").write_text("[profile etlbot]\nregion = us-east-1\n")
    (etl.cwd / "studies").mkdir()
    (etl.cwd / "studies/Patient file.ndjson").write_text("")


OFFERS = [
    (["run", "Lung_C"], ["Lung_Cancer"]),
    (["run", "--all", "--only", "gr"], ["graph"]),
    (["studies", "pull", "Dia"], ["Diabetes"]),
    (["graph", "counts", "--project", "demo-L"], ["demo-Lung_Cancer"]),
    (["graph", "load", "--project", "aced"], ["aced-Kidney"]),
    (["projects", "init", "aced"], ["aced-Kidney"]),
    (["buckets", "test", "kid"], ["kidney-bucket"]),
    (["files", "load", "--bucket", "sug"], ["sugar-bucket"]),
    (["files", "move", "--to", "kid"], ["kidney-bucket"]),
    (["studies", "pull", "--source-bucket", "studies-of"], ["studies-of-all"]),
    (["--etl-yaml", "other.yaml", "run", "Ren"], ["Renal_Cancer"]),
    (["--etl-yaml=other.yaml", "run", "Ren"], ["Renal_Cancer"]),
    (["put-object", "sug"], ["sugar-bucket"]),
    (["put-object", "--profile", "etl"], ["etlbot"]),
    (["validate", "stud"], ["studies"]),
    (["graph", "load", "stud"], ["studies"]),
    (["simplify", "--config", "user"], ["user.yaml"]),
]


@pytest.mark.promise("Completion asks no service")
@pytest.mark.parametrize("words, offered", OFFERS)
def test_bash_completes_names_and_paths(etl, names, words, offered):
    assert completed(etl, *words) == offered


@pytest.mark.promise("Completion asks no service")
@pytest.mark.skipif(not shutil.which("fish"), reason="NOT TESTED: no fish")
def test_fish_completes_names_and_paths(etl, names):
    for words, offered in OFFERS:
        assert completed_by_fish(etl, *words) == offered, words


@pytest.mark.promise("Completion asks no service")
@pytest.mark.skipif(not shutil.which("zsh"), reason="NOT TESTED: no zsh")
def test_zsh_completes_names_and_paths(etl, names):
    zsh = Zsh(etl)
    try:
        for words, (offered,) in OFFERS:
            line = zsh.line_after_tab(" ".join(["aced-etl", *words]))
            assert line.rstrip(" /") == " ".join(["aced-etl", *words[:-1], offered]), words
    finally:
        zsh.close()


@pytest.mark.promise("Completion asks no service")
def test_completion_is_silent_where_nothing_is_known(etl):
    for kind in ("studies", "projects", "buckets", "profiles", "nonsense"):
        ran = etl("completion", "values", kind, env={"HOME": str(etl.cwd)}).ok()
        assert (ran.stdout, ran.stderr) == ("", "")
    (etl.cwd / "etl.yaml").write_text("studies: [")
    assert etl("completion", "values", "studies").ok().stderr == ""
    (etl.cwd / "etl.yaml").write_text("program: demo\nstudies:\n- name: A\n")
    assert etl("completion", "values", "studies").ok().stdout == "A\n"


def test_bash_completes_the_whole_tree(etl):
    for path in commands_of(etl):
        below = completed(etl, *path, "")
        text = etl(*path, "--help").stdout
        listed = re.search(r"^Commands:\n((?:  .*\n)+)", text, re.M)
        for name in re.findall(r"^  (\S+)", listed[1], re.M) if listed else []:
            assert name in below, path
        # Left column only, which may be followed by a description that names other options.
        options = set(re.findall(r"^  (?:-\w, )?(--[\w-]+)", text, re.M))
        assert options <= set(completed(etl, *path, "--")), path


@pytest.mark.parametrize("words, offered", [
    (["con"], ["config"]),
    (["config", "sh"], ["show"]),
    (["-q", "config", "sh"], ["show"]),
    (["-o", "json", "config", "sh"], ["show"]),
    (["--output", "=", "json", "config", "sh"], ["show"]),
    (["config", "show", "--threads", "4", "--temp"], ["--temp-dir"]),
    (["-o", ""], ["table", "json", "yaml"]),
    (["config", "show", "--output", "j"], ["json"]),
    (["config", "show", "--output", "="], ["table", "json", "yaml"]),
    (["config", "show", "--output", "=", "y"], ["yaml"]),
    (["--log-format", ""], ["text", "json"]),
    (["config", "show", "--threads", ""], []),
    (["config", "show", "--temp-dir", "sub"], ["sub folder"]),
    (["config", "show", "--dictionary", "sub"], ["sub file", "sub folder"]),
    (["completion", ""], ["bash", "zsh", "fish"]),
])
def test_bash_completes(etl, words, offered):
    (etl.cwd / "sub folder").mkdir()
    (etl.cwd / "sub file").write_text("")
    assert sorted(completed(etl, *words)) == sorted(offered)


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_accept_their_script(etl, shell):
    script = etl("completion", shell).ok().stdout
    assert "config" in script and "--" in script or "-l " in script
    if not shutil.which(shell):
        pytest.skip(f"NOT TESTED further: no {shell}")
    file = etl.cwd / f"completion.{shell}"
    file.write_text(script)
    subprocess.run([shell, "-n", file], check=True)


def test_completion_and_manual_work_where_the_settings_do_not(etl):
    (etl.cwd / "etl.yaml").write_text("no_such_key: 1\n")
    etl("config", "show").failed(2)
    for args in (["completion", "bash"], ["man"], ["--help"], ["config", "show", "--help"], ["--version"]):
        etl(*args).ok()


# --- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.promise("Precedence of settings")
def test_precedence_and_origins(etl, creds):
    yaml = etl.cwd / "etl.yaml"

    def temp_dir(*args: str, **env: str) -> tuple[str, str]:
        return shown(etl("config", "show", "-o", "json", *args, env={"TMPDIR": None, **env}))["temp_dir"]

    assert temp_dir() == ("/tmp", "default")
    yaml.write_text("# ours\ntemp_dir: /yaml\n")
    assert temp_dir() == ("/yaml", f"{etl.cwd}/etl.yaml:2")
    assert temp_dir(TMPDIR="/env") == ("/env", "environment TMPDIR")
    assert temp_dir("--temp-dir", "/flag", TMPDIR="/env") == ("/flag", "flag --temp-dir")


def test_which_etl_yaml(etl, creds):
    def used(*args: str, **env: str) -> str:
        return shown(etl("config", "show", "-o", "json", *args, env=env))["temp_dir"][0]

    mounted = creds.parent / "etl.yaml"
    mounted.write_text("temp_dir: /mounted\n")
    etl.env["TMPDIR"] = ""
    assert used() == "/mounted"
    (etl.cwd / "etl.yaml").write_text("temp_dir: /here\n")
    assert used() == "/here"
    (etl.cwd / "other.yaml").write_text("temp_dir: /other\n")
    assert used(ACED_ETL_YAML="other.yaml") == "/other"
    assert used("--etl-yaml", "etl.yaml", ACED_ETL_YAML="other.yaml") == "/here"
    assert "none.yaml" in etl("config", "show", "--etl-yaml", "none.yaml").failed(2).stderr


def test_etl_yaml_errors_name_file_and_line(etl):
    (etl.cwd / "etl.yaml").write_text("threads: 2\ndatabase:\n  hots: x\n")
    ran = etl("config", "show").failed(2)
    assert ran.stderr == ("error: there is no setting `database.hots`\n"
                          f"  at: {etl.cwd}/etl.yaml:3\n"
                          "  do: did you mean `database.host`?\n")


def test_mounted_database_secret_is_shown_without_its_secret(etl, creds):
    for output in ("table", "json", "yaml"):
        assert SECRET not in etl("config", "show", "-o", output).ok().stdout
    settings = shown(etl("config", "show", "-o", "json"))
    assert settings["database.host"] == ("db.svc", str(creds / "host"))
    assert settings["database.password"] == ("***", str(creds / "password"))


def test_mounted_database_secret_is_not_mixed_with_another_server(etl, creds):
    for env in ({"PGHOST": "elsewhere"}, {"PGSERVICE": "elsewhere"}):
        settings = shown(etl("config", "show", "-o", "json", env=env))
        assert settings["database.password"] == ("", "not set")
        assert settings["database.user"] == ("", "not set")


def test_addresses_are_shown_without_what_they_carry(etl, canary):
    canary.add(SECRET)
    for address in (f"https://user:{SECRET}@example.org/d.json", f"https://example.org/d.json?X-Amz-Signature={SECRET}"):
        value, _ = shown(etl("config", "show", "-o", "json", env={"DICTIONARY_URL": address}))["dictionary"]
        assert "example.org/d.json" in value
