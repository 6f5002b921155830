"""The real programs that tests run beside Python's own; ``./run.sh services`` installs them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

NODE_MODULES = Path(__file__).resolve().parent.parent / ".services" / "node_modules"


def program(name: str, *, tests: str) -> str:
    """Return the path of an installed program; skip with what is then NOT tested."""
    # Daemons stand where an ordinary user's PATH does not look.
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed: {tests} is NOT tested; see ./run.sh services")
    return found


def system_file(path: str, *, tests: str) -> Path:
    """Return a file that a Debian package brings; skip with what is then NOT tested."""
    file = Path(path)
    if not file.is_file():
        pytest.skip(f"{path} is not there: {tests} is NOT tested; see ./run.sh services")
    return file


def node_package(name: str, *, tests: str) -> Path:
    """Return the folder of an installed package from npm; skip with what is then NOT tested."""
    folder = NODE_MODULES / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not installed: {tests} is NOT tested; see ./run.sh services")
    return folder
