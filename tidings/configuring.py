"""The one way to write a configuration: usable, whole, and over nobody else's change.

What is to be written is a text that ``config.edit`` or ``config.write`` made.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from config.load import ConfigError, Problem, parse
from tidings.cli import FAILED, CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.settings import Settings

# Whoever reads a configuration may know its secrets.
_NEW_MODE = 0o640


class WriteError(CommandError):
    """The configuration could not be written; the file is as it was."""


class ChangedError(WriteError):
    """Somebody else wrote the configuration after it was read."""


@dataclass(frozen=True, slots=True)
class Text:
    """A configuration as it was read; ``digest`` is empty where there is no file yet."""

    text: str = ""
    digest: str = ""


def read_text(path: Path) -> Text:
    """Return the configuration as it stands in its file. Raises ConfigError."""
    try:
        return _text_of(path.read_bytes())
    except FileNotFoundError:
        return Text()
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 at byte {error.start}; save it as UTF-8"
    except OSError as error:
        message = f"cannot be read ({error.strerror})"
    raise ConfigError((Problem(str(path), "", message),))


def write_text(path: Path, text: str, *, seen: str, environ: Mapping[str, str]) -> Settings:
    """Put a text into the file; return the settings that it gives.

    ``seen`` is the digest of the text that was changed: where another one stands there now, it
    is not lost. Raises ConfigError where the new text cannot be used, ChangedError, WriteError.
    """
    settings = parse(text, path, environ)
    target = path.resolve()
    try:
        with _alone(target):
            if _digest_at(target) != seen:
                raise ChangedError(
                    f"{path}: somebody else has changed it meanwhile; look at it again, "
                    "then make your change once more"
                )
            _replace(target, text.encode(), is_new=not seen)
    except FileExistsError as error:
        raise ChangedError(f"{path}: somebody else has just made it; look at it first") from error
    except OSError as error:
        raise WriteError(f"{path}: {_refusal(error)}; {_REMEDY}", code=FAILED) from error
    return settings


def _text_of(content: bytes) -> Text:
    return Text(content.decode("utf-8"), hashlib.sha256(content).hexdigest())


def _digest_at(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from writing it; who waited finds the other file, and is refused."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _replace(path: Path, content: bytes, *, is_new: bool) -> None:
    """Write beside it and put that in its place, with the owner and the rights that it had."""
    if not is_new and not os.access(path, os.W_OK, effective_ids=True):
        # The folder alone would let us; but who took the right to write away meant it.
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    if is_new:
        path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    written = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if is_new:
                os.fchmod(file.fileno(), _NEW_MODE)
            else:
                _dress(file.fileno(), path.stat())
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            _put_new(written, path)
        else:
            written.replace(path)
    finally:
        written.unlink(missing_ok=True)


def _put_new(written: Path, path: Path) -> None:
    """Put it where nothing stands. Raises FileExistsError where somebody was faster."""
    try:
        path.hardlink_to(written)
    except FileExistsError:
        raise
    except OSError:
        # Some file systems know no second names; there the moment must be risked.
        written.rename(path)


def _dress(descriptor: int, former: os.stat_result) -> None:
    with suppress(OSError):
        # Only root may give a file away; the group is often one of ours.
        os.fchown(descriptor, former.st_uid, former.st_gid)
    with suppress(OSError):
        os.fchown(descriptor, -1, former.st_gid)
    os.fchmod(descriptor, former.st_mode & 0o7777)


def _refusal(error: OSError) -> str:
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"the service may not write it ({error.strerror})"
    if error.errno == errno.EBUSY:
        return "it is mounted by itself, so that nothing can be put in its place"
    return f"cannot be written ({error.strerror})"


_REMEDY = "give this account the right to write the file and its folder, or change it by hand"
