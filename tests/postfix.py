"""A real Postfix on loopback, in a folder of its own: policy, STARTTLS and a login, for tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest
from programs import program
from relay import LOOPBACK, certificate, free_port

if TYPE_CHECKING:
    from types import TracebackType

LOGIN = ("news", "right")
_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = {loopback}
inet_protocols = ipv4
myhostname = relay.test
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
default_database_type = texthash
default_transport = smtp:[{loopback}]:{next_port}
relay_domains =
smtp_connection_cache_on_demand = no
smtputf8_enable = yes
message_size_limit = 200000
smtpd_sender_restrictions = check_sender_access texthash:{folder}/senders
smtpd_recipient_restrictions = check_recipient_access texthash:{folder}/recipients, permit
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_chain_files = {folder}/relay.pem
smtpd_tls_security_level = may
smtpd_sasl_type = dovecot
smtpd_sasl_path = {folder}/auth
"""
_MASTER = """
{loopback}:{port} inet n - n - - smtpd
{loopback}:{secure_port} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_tls_auth_only=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
_SENDERS = "forged@example.org 553 5.1.8 sender is not ours\n"
_RECIPIENTS = """\
nobody@example.net 550 5.1.1 no such user
full@example.net 552 5.2.2 mailbox full
grey@example.net 450 4.2.0 greylisted
blocked@example.net 550 5.7.1 policy
busy@example.net 451 4.3.0 queue file write error
"""
# Dovecot, which many use beside Postfix, knows the passwords.
_DOVECOT = """\
base_dir = {folder}/dovecot
state_dir = {folder}/dovecot
log_path = {folder}/dovecot.log
protocols =
ssl = no
auth_mechanisms = plain login
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/passwords
}}
service auth {{
  unix_listener {folder}/auth {{
    mode = 0666
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""
_PASSWORDS = f"{LOGIN[0]}:{LOGIN[1]}\n"


class Postfix:
    """A relay that hands on to ``next_port``; ``port`` is open, ``secure_port`` wants a login."""

    def __init__(self, next_port: int) -> None:
        tests = "a real Postfix"
        self._postfix = program("postfix", tests=tests)
        self._dovecot = program("dovecot", tests=tests)
        if os.geteuid() != 0:
            pytest.skip("only root can start a Postfix: a real Postfix is NOT tested")
        self._next_port = next_port
        self.port, self.secure_port = free_port(), free_port()

    def __enter__(self) -> Self:
        """Write its configuration and start it."""
        self._folder = Path(tempfile.mkdtemp(prefix="tidings-postfix-"))
        self._folder.chmod(0o755)
        values = {
            "folder": self._folder,
            "loopback": LOOPBACK,
            "port": self.port,
            "secure_port": self.secure_port,
            "next_port": self._next_port,
        }
        for name, text in {
            "main.cf": _MAIN,
            "master.cf": _MASTER,
            "senders": _SENDERS,
            "recipients": _RECIPIENTS,
            "dovecot.conf": _DOVECOT,
            "passwords": _PASSWORDS,
        }.items():
            (self._folder / name).write_text(text.format(**values))
        (self._folder / "relay.pem").write_bytes(certificate())
        for name in ("queue", "data"):
            (self._folder / name).mkdir()
        shutil.chown(self._folder / "data", "postfix")
        self._run(self._dovecot, "-c", str(self._folder / "dovecot.conf"))
        self._run(self._postfix, "-c", str(self._folder), "start")
        self._wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self._run(self._postfix, "-c", str(self._folder), "stop")
        self._run(self._dovecot, "-c", str(self._folder / "dovecot.conf"), "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def log(self) -> str:
        """Return what it says of itself."""
        path = self._folder / "log"
        return path.read_text() if path.exists() else ""

    def _run(self, *command: str) -> None:
        # To a file: what stays behind would hold a pipe open for ever.
        with (self._folder / "said").open("wb") as said:
            done = subprocess.run(command, check=False, stdout=said, stderr=said)  # noqa: S603
        assert done.returncode == 0, f"{(self._folder / 'said').read_text()}\n{self.log()}"

    def _wait(self) -> None:
        """Wait until it listens."""
        deadline = time.monotonic() + 20
        for port in (self.port, self.secure_port):
            while time.monotonic() < deadline:
                with socket.socket() as probe:
                    if probe.connect_ex((LOOPBACK, port)) == 0:
                        break
                time.sleep(0.02)
