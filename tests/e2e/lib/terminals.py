"""Runs a program on a pseudo-terminal of a given size, as a person sees it."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import subprocess
import termios
import threading

from programs import Program


def on_terminal(etl: Program, *args: object, columns: int, rc: int | None = 0, both: bool = True, env: dict[str, str | None] | None = None) -> str:
    """What the terminal gets: stdout, and stderr, too, unless `both` is false."""
    outer, inner = os.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    pieces: list[bytes] = []

    def read() -> None:
        while True:
            try:
                piece = os.read(outer, 65536)
            except OSError as error:  # Linux: EIO when the last writer has gone
                assert error.errno == errno.EIO
                return
            if not piece:
                return
            pieces.append(piece)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        process = etl.start(*args, env={"TERM": "xterm", "NO_COLOR": "1", **(env or {})}, stdout=inner,
                            stderr=inner if both else subprocess.DEVNULL)
    finally:
        os.close(inner)
    process.wait(120)
    reader.join(120)
    os.close(outer)
    text = b"".join(pieces).decode().replace("\r\n", "\n")
    etl.check(text, "a terminal")
    assert rc is None or process.returncode == rc, text
    return text
