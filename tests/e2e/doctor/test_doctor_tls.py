"""`doctor` and the connection to a PostgreSQL that is not on this machine: here, in a network namespace with an address of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import threading

import pytest

ADDRESS = "10.77.0.1"

# Within the namespace: gives its loopback interface another address, hands a listener there to the test (which reaches
# the real server), and becomes the program.
INSIDE = f"""
import fcntl, os, socket, struct, sys
control = socket.socket(fileno=int(sys.argv[1]))
tool = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
def ask(what, name, payload):
    fcntl.ioctl(tool, what, struct.pack("16s", name) + payload.ljust(24, bytes(1)))
def address(text):
    return struct.pack("HH4s", socket.AF_INET, 0, socket.inet_aton(text))
ask(0x8914, b"lo", struct.pack("H", 0x41))         # SIOCSIFFLAGS: up and running
ask(0x8916, b"lo:1", address("{ADDRESS}"))         # SIOCSIFADDR
listener = socket.create_server((sys.argv[2], 0))
socket.send_fds(control, [b"listener"], [listener.fileno()])
os.environ.update(PGHOST=sys.argv[2], PGPORT=str(listener.getsockname()[1]))
os.execv(sys.argv[3], sys.argv[3:])
"""


def forward(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(control: socket.socket, server: tuple[str, int]) -> None:
    _, fds, _, _ = socket.recv_fds(control, 16, 1)
    if not fds:
        return
    listener = socket.socket(fileno=fds[0])
    listener.settimeout(60)
    with listener:
        try:
            while True:
                client, _ = listener.accept()
                client.settimeout(None)
                real = socket.create_connection(server)
                for pair in ((client, real), (real, client)):
                    threading.Thread(target=forward, args=pair, daemon=True).start()
        except OSError:
            pass


@pytest.mark.parametrize(("host", "mode", "found"), [
    (ADDRESS, None, "not encrypted"),
    (ADDRESS, "disable", "not encrypted"),
    ("127.0.0.1", None, None),
])
def test_doctor_warns_of_a_database_that_is_reached_in_clear_text(host, mode, found, etl, database, demo_dictionary):
    isolated = ["unshare", "--net"]
    if subprocess.run([*isolated, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("NOT TESTED: no network namespace of its own (root is needed)")
    ours, theirs = socket.socketpair()
    real = etl.env["PGHOST"], int(etl.env["PGPORT"])
    threading.Thread(target=serve, args=(ours, real), daemon=True).start()
    environment = etl.environment({"DICTIONARY_URL": str(demo_dictionary), "PGSSLMODE": mode, "ACED_ETL_CREDS": str(etl.cwd / "none"),
                                   "HOME": str(etl.cwd)})
    done = subprocess.run([*isolated, "/usr/bin/python3", "-c", INSIDE, str(theirs.fileno()), host, str(etl.binary), "doctor", "-o", "json"],
                          env=environment, pass_fds=[theirs.fileno()], cwd=etl.cwd, capture_output=True, text=True, timeout=100, check=False)
    rows = {row["check"]: row for row in json.loads(done.stdout)}
    assert rows["database"]["state"] == "ok", (rows["database"], done.stderr)
    if found is None:
        assert "database TLS" not in rows
    else:
        assert rows["database TLS"]["state"] == "warning" and found in rows["database TLS"]["found"]
        assert "PGSSLMODE=verify-full" in rows["database TLS"]["advice"]
