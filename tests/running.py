"""The running programs that tests ask over HTTP: our own service, and nginx with our files."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import requests
from programs import program, system_file
from relay import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 20
_BROTLI = "/usr/lib/nginx/modules/ngx_http_brotli_static_module.so"
_NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
{user}
load_module {brotli};
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


@dataclass
class Service:
    """One `tidings run` in a process of its own."""

    folder: Path
    port: int
    arguments: tuple[str, ...] = ()
    stdin: int | None = None

    def __post_init__(self) -> None:
        """Start it."""
        command = [sys.executable, "-m", "tidings", "run", "--port", str(self.port)]
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [*command, *self.arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=self.stdin,
            stderr=subprocess.PIPE,
            text=True,
        )

    def url(self, path: str) -> str:
        """Return an address of it."""
        return f"http://127.0.0.1:{self.port}{path}"

    def get(self, path: str, **headers: str) -> requests.Response:
        """Ask, as a browser or a reader does."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.get(self.url(path), headers=given, timeout=5, allow_redirects=False)

    def answers(self, path: str) -> bool:
        """Whether something stands there by now."""
        try:
            return self.get(path).ok
        except requests.ConnectionError:
            assert self.process.poll() is None, self.process.stderr and self.process.stderr.read()
            return False

    def stop(self) -> tuple[int, str]:
        """Ask it to end; return its exit code and its log."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> tuple[int, str]:
        """Wait for its end."""
        _, log = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, log


def wait(until: Callable[[], bool]) -> None:
    """Wait for something that happens soon; fail where it does not."""
    end = time.monotonic() + PATIENCE_S
    while not until():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def write_configuration(folder: Path, sources: str, *, store: str = "", mail: str = "") -> None:
    """Write a configuration with a short tick."""
    (folder / "tidings.toml").write_text(
        f'[server]\ntick = "1s"\n[store]\n{store}\n[mail]\n{mail}\n{sources}'
    )


@dataclass
class Nginx:
    """nginx with ``deploy/nginx.conf``, on loopback."""

    port: int

    def url(self, path: str) -> str:
        """Return an address of it."""
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def nginx(folder: Path, *, public: Path, tables: str, service_port: int) -> Iterator[Nginx]:
    """Run nginx on a site's files, with the lines changed that an operator is told to change."""
    command = program("nginx", tests="that nginx serves what we publish")
    brotli = system_file(_BROTLI, tests="that nginx serves brotli")
    port = free_port()
    (folder / "tables.conf").write_text(tables)
    site = (ROOT / "deploy" / "nginx.conf").read_text()
    for pattern, mine in (
        (r"include \S+tables\.conf;", f"include {folder}/tables.conf;"),
        (r"listen 80;", f"listen 127.0.0.1:{port};"),
        (r"listen \[::\]:80;", ""),
        (r"root \S+;", f"root {public};"),
        (r"# brotli_static on;", "brotli_static on;"),
        (r"proxy_pass \S+;", f"proxy_pass http://127.0.0.1:{service_port};"),
    ):
        site, found = re.subn(pattern, mine, site)
        assert found == 1, pattern
    (folder / "site.conf").write_text(site)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, user=user, brotli=brotli))
    with subprocess.Popen(  # noqa: S603 - a program of the system
        [command, "-c", str(folder / "nginx.conf"), "-p", str(folder)],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        server = Nginx(port)
        wait(lambda: _listens(process, server))
        yield server
        process.terminate()


def _listens(process: subprocess.Popen[str], server: Nginx) -> bool:
    try:
        return requests.get(server.url("/"), timeout=5).ok
    except requests.ConnectionError:
        assert process.poll() is None, process.stderr and process.stderr.read()
        return False
