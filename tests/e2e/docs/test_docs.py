"""The documents name only commands and options that aced-etl has."""

from __future__ import annotations

import functools
import os
import pathlib
import re
import subprocess

from programs import ROOT, Program

PAGES = ["README.md", "HACKING.md", *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").glob("*.md"))]
CODE = re.compile(r"^```[^\n]*\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
# Where a command begins: of a line, after a prompt, a pipe, `kubectl exec … --`, a variable.
CALL = re.compile(r"(?:^|[|;&$] |-- |[A-Z_]+=\S* )aced-etl +([^|;&#<>`\n]*)", re.MULTILINE)


def calls(text: str) -> list[tuple[int, str]]:
    """Line number and what follows `aced-etl`, of each call in a page's code."""
    found = []
    for code in CODE.finditer(text):
        group = 1 if code[1] is not None else 2
        # In a table a pipe is written \|.
        for call in CALL.finditer(code[group].replace("\\|", "  ")):
            found.append((text.count("\n", 0, code.start(group) + call.start()) + 1, call[1].strip()))
    return found


def fault(help_of, call: str) -> str:
    """What is wrong with it; empty when nothing is."""
    words = call.split()
    path: tuple[str, ...] = ()
    while words and (listed := re.search(r"^Commands:\n((?:  .*\n)+)", help_of(path), re.MULTILINE)):
        if not re.fullmatch(r"[a-z][a-z-]*", words[0]):
            break
        if words[0] not in re.findall(r"^  ([a-z][a-z-]*)", listed[1], re.MULTILINE):
            return f"no command `{words[0]}`"
        path = (*path, words.pop(0))
    for option in re.findall(r"(?<!\S)--?[a-z][a-z-]*", " ".join(words)):
        if not re.search(rf"(?<![\w-]){option}(?![\w-])", help_of(path)):
            return f"no option {option} of `aced-etl {' '.join(path)}`"
    return ""


def test_the_documents_name_only_commands_and_options_that_are_there(etl: Program):
    help_of = functools.cache(lambda path: etl(*path, "--help").ok().stdout)
    assert fault(help_of, "graph load --project P-Q STUDY") == ""
    assert fault(help_of, "graph lode") and fault(help_of, "graph load --projekt P-Q")
    wrong, seen = [], 0
    for page in PAGES:
        for line, call in calls((ROOT / page).read_text(encoding="utf-8")):
            seen += 1
            if why := fault(help_of, call):
                wrong.append(f"{page}:{line}: aced-etl {call}: {why}")
    assert seen > 50
    assert not wrong, "\n".join(wrong)


def test_make_env_puts_the_programs_on_path_once(tmp_path: pathlib.Path):
    # As much of a local commons as its `env` reads; no server is needed.
    (tmp_path / "creds").mkdir(mode=0o700)
    (tmp_path / "creds/credentials.json").write_text("{}")
    (tmp_path / "gen3.port").write_text("22300")
    (tmp_path / "commons.servers").write_text("gen3\n")
    script = 'eval "$(make -s env)"; first=$PATH; eval "$(make -s env)"; [ "$PATH" = "$first" ] && printf "%s\\n" "$PATH" "$GEN3_ENDPOINT"'
    done = subprocess.run(["sh", "-c", script], cwd=ROOT, env={**os.environ, "ACED_LOCAL_DIR": str(tmp_path)}, capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    path, endpoint = done.stdout.splitlines()
    assert path.split(":")[0] == str(ROOT / "build/release") and endpoint == "http://127.0.0.1:22300"
