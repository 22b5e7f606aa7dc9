"""A page of docs/ as a session in a shell: its commands in order, and what it says they print.

A block ```console holds commands after `$ ` and what they print; a line `…` stands for any number of lines, `…` in a line for any text.
A block ```sh holds commands alone. A comment (`# …`) after a command is for the reader. Other blocks (yaml, text) are not run.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import selectors
import shlex
import subprocess
import time

BLOCK = re.compile(r"^```(console|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FIGURE = re.compile(r"\d+(?:[,.]\d+)*")


@dataclasses.dataclass
class Command:
    line: int  # of the page
    text: str
    expected: list[str] | None  # None: the page does not say


def is_open(text: str) -> bool:
    """Does this line end within a command: after a backslash or a pipe, or in a quotation?"""
    if text.endswith(("\\", "|")):
        return True
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return True
    return False


def commands(page: str) -> list[Command]:
    found: list[Command] = []
    for block in BLOCK.finditer(page):
        first = page.count("\n", 0, block.start(2)) + 1
        continued = ""  # the word that ends a here-document, or "open"
        for offset, line in enumerate(block[2].splitlines()):
            if block[1] == "console" and not line.startswith("$ ") and not continued:
                assert found and found[-1].expected is not None, f"line {first + offset}: output before the first command"
                found[-1].expected.append(line)
                continue
            text = line.removeprefix("$ ") if block[1] == "console" else line
            if continued:
                found[-1].text += "\n" + text
            elif text.strip() and not text.startswith("#"):
                found.append(Command(first + offset, text, [] if block[1] == "console" else None))
            if here := re.search(r"<<'?(\w+)'?$", text):
                continued = here[1]
            elif continued in ("", "open"):
                continued = "open" if found and is_open(found[-1].text) else ""
            elif text == continued:
                continued = ""
    return found


def plain(line: str) -> str:
    """Figures and the widths of columns aside."""
    line = re.sub(r"^\d{4}-\d\d-\d\dT\S+ ", "", line)  # the time of a message, without a terminal
    return re.sub(r"\s+", " ", FIGURE.sub("0", line)).strip()


def agrees(expected: list[str], printed: str) -> bool:
    """Is this what the page says?"""
    pattern = ""
    for line in expected:
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(re.escape(part) for part in plain(line).split("…")) + "\n"
    text = "".join(plain(line) + "\n" for line in printed.splitlines() if line.strip())
    return re.fullmatch(pattern, text) is not None


class Shell:
    """bash, with everything that a command prints in one stream."""

    def __init__(self, env: dict[str, str], cwd: pathlib.Path) -> None:
        self._process = subprocess.Popen(["bash", "--norc", "--noprofile"], env=env, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT)
        os.set_blocking(self._process.stdout.fileno(), False)
        self._number = 0

    def run(self, command: str, timeout: float = 120) -> tuple[int, str]:
        """The exit code, and what it printed."""
        self._number += 1
        mark = f"end-of-command-{self._number}"
        self._process.stdin.write(f"{{ {command}\n}} </dev/null 2>&1; printf '\\n{mark} %s\\n' $?\n".encode())
        self._process.stdin.flush()
        until = time.monotonic() + timeout
        text = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while not (ended := re.search(rb"\n" + mark.encode() + rb" (\d+)\n$", text)):
                left = until - time.monotonic()
                assert left > 0 and selector.select(left), f"`{command}` did not end: {text.decode()}"
                more = os.read(self._process.stdout.fileno(), 1 << 16)
                assert more, f"the shell ended at `{command}`: {text.decode()}"
                text += more
        return int(ended[1]), text[: ended.start()].decode()

    def close(self) -> None:
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
