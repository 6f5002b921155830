"""A real Dovecot on loopback, in a folder of its own: IMAP with TLS over a maildir, for tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest
from programs import program
from relay import LOOPBACK, certificate, free_port
from running import wait

if TYPE_CHECKING:
    from types import TracebackType

LOGIN = ("returns", "right")
_CONFIGURATION = """\
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = {loopback}
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.pem
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
first_valid_gid = 1
default_login_user = nobody
default_internal_user = nobody
default_internal_group = nogroup
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/passwords
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}
}}
namespace inbox {{
  inbox = yes
  mailbox Done {{
    auto = create
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""


class Dovecot:
    """A mailbox server; ``port`` has STARTTLS, ``tls_port`` TLS."""

    def __init__(self) -> None:
        tests = "a real IMAP server"
        self._dovecot = program("dovecot", tests=tests)
        if not Path("/usr/lib/dovecot/imap").exists():
            pytest.skip("dovecot-imapd is not installed: a real IMAP server is NOT tested")
        if os.geteuid() != 0:
            pytest.skip("only root can start a Dovecot: a real IMAP server is NOT tested")
        self.port, self.tls_port = free_port(), free_port()

    def __enter__(self) -> Self:
        """Write its configuration and start it."""
        self._folder = Path(tempfile.mkdtemp(prefix="tidings-dovecot-"))
        self._folder.chmod(0o755)
        values = {
            "folder": self._folder,
            "loopback": LOOPBACK,
            "port": self.port,
            "tls_port": self.tls_port,
        }
        (self._folder / "dovecot.conf").write_text(_CONFIGURATION.format(**values))
        (self._folder / "passwords").write_text(f"{LOGIN[0]}:{{PLAIN}}{LOGIN[1]}\n")
        (self._folder / "server.pem").write_bytes(certificate())
        self.maildir = self._folder / "mail"
        for name in ("new", "cur", "tmp"):
            (self.maildir / name).mkdir(parents=True)
        self._own()
        self._run("-c", str(self._folder / "dovecot.conf"))
        wait(self._listens)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self._run("-c", str(self._folder / "dovecot.conf"), "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def deliver(self, name: str, mail: bytes) -> None:
        """Put a mail into the mailbox, as a mail system does."""
        path = self.maildir / "tmp" / name
        path.write_bytes(mail)
        self._own()
        path.rename(self.maildir / "new" / name)

    def flags(self, folder: str = "") -> dict[str, str]:
        """Return the flags of each mail in a folder, by the name under which it was put there."""
        place = self.maildir / folder
        found = [*(place / "cur").iterdir(), *(place / "new").iterdir()]
        return {
            path.read_bytes().decode("utf-8", "replace").partition("X-Name: ")[2].split("\n")[0]
            or path.name.partition(".")[0]: path.name.partition(":2,")[2]
            for path in found
        }

    def _own(self) -> None:
        for path in (self.maildir, *self.maildir.rglob("*")):
            shutil.chown(path, "mail", "mail")

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((LOOPBACK, self.tls_port)) == 0

    def _run(self, *words: str) -> None:
        # To a file: what stays behind would hold a pipe open for ever.
        with (self._folder / "said").open("wb") as said:
            done = subprocess.run(  # noqa: S603 - a real program of the test
                [self._dovecot, *words], check=False, stdout=said, stderr=said
            )
        log = self._folder / "log"
        assert done.returncode == 0, (self._folder / "said").read_text() + (
            log.read_text() if log.exists() else ""
        )
