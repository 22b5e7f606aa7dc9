"""A reverse proxy in front of the services, as a commons has one: nginx, configured as gen3-helm's revproxy is.

`/user` and `/mds` are passed on with a rewritten URI, so nginx decodes the path, resolves dot segments and merges slashes before the
service sees it; `/index` is passed with a URI part in proxy_pass, which does the same; `/api` is passed as it came."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

CONFIG = """
daemon off;
master_process off;
pid {home}/pid;
error_log {home}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log {home}/access.log;
  client_max_body_size 0;
  client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi;
  scgi_temp_path {home}/scgi;
  merge_slashes on;
  upstream services {{ server 127.0.0.1:{upstream}; keepalive 16; }}
  server {{
    listen 127.0.0.1:{port};
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    location /user/ {{ rewrite ^/user/(.*)$ /user/$1 break; proxy_pass http://services; }}
    location /mds/ {{ rewrite ^/mds/(.*)$ /mds/$1 break; proxy_pass http://services; }}
    location /index/ {{ proxy_pass http://services/index/; }}
    location /api/ {{ proxy_pass http://services; }}
    location / {{ default_type text/html; return 200 '<html><title>the portal</title></html>'; }}
  }}
}}
"""


@contextlib.contextmanager
def revproxy(home: pathlib.Path, services: str) -> Iterator[str]:
    """`services`: the address of the stand-in. Yields the proxy's own."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
    if not nginx:
        pytest.fail("nginx is not installed: scripts/install-deps test", pytrace=False)
    home.mkdir(parents=True)
    for _ in range(5):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        (home / "nginx.conf").write_text(CONFIG.format(home=home, port=port, upstream=services.rsplit(":", 1)[1]))
        process = subprocess.Popen([nginx, "-p", home, "-c", home / "nginx.conf", "-e", home / "error.log"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if listens(port, process):
                yield f"http://127.0.0.1:{port}"
                return
        finally:
            process.terminate()
            process.wait(timeout=10)
    pytest.fail((home / "error.log").read_text(), pytrace=False)


def listens(port: int, process: subprocess.Popen) -> bool:
    """False when the process has ended: another one took the port meanwhile."""
    until = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        time.sleep(0.02)
    return False
