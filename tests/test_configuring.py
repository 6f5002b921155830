"""A configuration is written whole, with its rights, and over nobody else's change."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from config.load import ConfigError
from tidings.configuring import ChangedError, WriteError, read_text, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator

TITLE = '[site]\ntitle = "One"\n'
OTHER = '[site]\r\ntitle = "Two"\r\n'


def test_a_change_is_written_with_the_rights_of_the_file(tmp_path: Path) -> None:
    """Behind the link that leads to it, byte for byte, and nothing is left beside it."""
    real = tmp_path / "etc" / "real.toml"
    real.parent.mkdir()
    real.write_text(TITLE)
    real.chmod(0o604)
    path = tmp_path / "tidings.toml"
    path.symlink_to(real)
    seen = read_text(path)

    settings = write_text(path, OTHER, seen=seen.digest, environ={})

    assert settings.site.title == "Two"
    assert path.is_symlink()
    assert real.read_bytes() == OTHER.encode()
    assert real.stat().st_mode & 0o777 == 0o604
    assert os.listdir(real.parent) == ["real.toml"]  # noqa: PTH208 - the names alone


def test_the_first_configuration_is_written(tmp_path: Path) -> None:
    """Where there is none; others than owner and group cannot read what secrets it will have."""
    path = tmp_path / "new" / "tidings.toml"

    write_text(path, TITLE, seen=read_text(path).digest, environ={})

    assert path.read_text() == TITLE
    assert path.stat().st_mode & 0o777 == 0o640
    with pytest.raises(ChangedError, match="somebody else has changed it"):
        write_text(path, OTHER, seen="", environ={})


def test_a_change_of_somebody_else_is_not_lost(tmp_path: Path) -> None:
    """Who saw an older text is told, and the newer one stays."""
    path = tmp_path / "tidings.toml"
    path.write_text(TITLE)
    seen = read_text(path)
    path.write_bytes(OTHER.encode())

    with pytest.raises(ChangedError, match="somebody else has changed it meanwhile"):
        write_text(path, TITLE, seen=seen.digest, environ={})

    assert path.read_bytes() == OTHER.encode()


def test_what_cannot_be_used_is_not_written(tmp_path: Path) -> None:
    """With every problem and its line; the file stays."""
    path = tmp_path / "tidings.toml"
    path.write_text(TITLE)

    with pytest.raises(ConfigError, match=r"tidings\.toml:2: site\.titel: unknown key"):
        write_text(path, '[site]\ntitel = "x"\n', seen=read_text(path).digest, environ={})

    assert path.read_text() == TITLE


def test_a_file_that_may_not_be_written_is_said() -> None:
    """Both where the file is and where its folder is somebody else's."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "tidings.toml"
        path.write_text(TITLE)
        seen = read_text(path).digest
        for mode, folder_mode in ((0o444, 0o777), (0o666, 0o555)):
            path.chmod(mode)
            folder.chmod(folder_mode)
            with as_nobody(), pytest.raises(WriteError, match="the service may not write it"):
                write_text(path, OTHER, seen=seen, environ={})

            assert path.read_text() == TITLE
        folder.chmod(0o700)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write everything: be somebody else for a while."""
    former = os.geteuid()
    if former == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(former)
