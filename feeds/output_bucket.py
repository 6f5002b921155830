"""A bucket of an S3-compatible service as the place of published documents. The door of obstore.

Objects have no twins: nothing there could choose between them, and every CDN compresses itself.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import S3Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from config.settings import BucketSettings
    from feeds.headers import SiteHeaders

_Result = TypeVar("_Result")

_LOCK = ".lock"
# Whoever writes says so again before half of this is over; who died stands in the way no longer.
_LEASE = timedelta(minutes=2)
# Another one is waited for so long; longer waiting is for the next tick.
_PATIENCE_S = 5
_PAUSE_S = 0.25
# How far a bucket has come is asked at every tick and changes by our own hand, as a rule.
_REMEMBERED_S = 300
# A request is tried again by the library for so long; a tick must come to its end.
_RETRY = timedelta(seconds=20)
_TIMEOUT = "20s"


class BucketError(OSError):
    """The bucket cannot be read or written; the message names it and the remedy."""


class BucketOutput:
    """The objects of a bucket below a prefix, with the headers that readers shall get."""

    def __init__(
        self,
        settings: BucketSettings,
        headers: SiteHeaders,
        *,
        clock: Callable[[], datetime],
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self._address = settings.address
        self._patience_s = patience_s
        self._headers = headers
        self._clock = clock
        self._store = _open(settings)
        self._remembered: dict[str, tuple[float, bytes | None]] = {}
        self._held: _Held | None = None

    def recipe_of(self, slug: str) -> str:
        """Return what is said of a bulletin's documents: it stands with each object."""
        rhythms = self._headers.rhythms
        return f"bucket {rhythms.get(slug, rhythms[''])}"

    def read(self, path: str) -> bytes | None:
        """Return a document; None where there is none."""
        if not _is_own(path):
            return self._found(path)[0]
        until, content = self._remembered.get(path, (0.0, None))
        if time.monotonic() >= until:
            content, _ = self._found(path)
            self._remember(path, content)
        return content

    def write(self, path: str, content: bytes) -> bool:
        """Put an object, unless it says so already, in its headers too."""
        said = self._headers.of(path)
        wanted = {
            "Content-Type": said.content_type,
            "Cache-Control": "no-store" if _is_own(path) else said.cache_control,
        }
        self._keep_lock()
        found, attributes = self._found(path)
        if found == content and all(attributes.get(n) == wanted[n] for n in wanted):
            return False
        self._ask(partial(obstore.put, self._store, path, content, attributes=wanted))
        if _is_own(path):
            self._remember(path, content)
        return True

    def remove(self, path: str) -> None:
        """Take an object away, if it is there."""
        self._keep_lock()
        self._remembered.pop(path, None)
        self._ask(partial(obstore.delete, self._store, path))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold a lock that all processes respect that write to this bucket.

        Raises BucketError where another one holds it; it runs out where that one has died.
        """
        self._held = self._take_lock()
        try:
            yield
        finally:
            held, self._held = self._held, None
            if held is not None:
                self._release(held)

    # --- the lock --------------------------------------------------------------------------

    def _take_lock(self) -> _Held:
        # What was remembered may be another process's past.
        self._remembered.clear()
        end = time.monotonic() + self._patience_s
        while True:
            held = self._try_lock()
            if held is not None:
                return held
            if time.monotonic() >= end:
                raise BucketError(
                    f"{self._address}: another process is writing there; the next tick tries again"
                )
            time.sleep(_PAUSE_S)

    def _try_lock(self) -> _Held | None:
        """Take the lock where nobody has it, or where its time has run out."""
        name = token_hex(8)
        try:
            return self._put_lock(name, "create")
        except (AlreadyExistsError, PreconditionError):
            pass
        other = self._lock_of_another()
        if other is None or self._clock() < other.until:
            return None
        try:
            return self._put_lock(name, {"e_tag": other.etag})
        except (PreconditionError, AlreadyExistsError):
            return None

    def _put_lock(self, name: str, mode: Any) -> _Held:  # noqa: ANN401 - the library's own union
        until = self._clock() + _LEASE
        note = json.dumps({"by": name, "until": until.isoformat()}).encode()
        result = self._ask(
            partial(obstore.put, self._store, _LOCK, note, mode=mode),
            expected=(AlreadyExistsError, PreconditionError),
        )
        return _Held(name, until, result["e_tag"] or "")

    def _lock_of_another(self) -> _Held | None:
        """Read whose lock it is; of one that cannot be read the time has run out."""
        try:
            found = self._ask(partial(obstore.get, self._store, _LOCK))
        except FileNotFoundError:
            return None
        etag = found.meta["e_tag"] or ""
        try:
            note = json.loads(bytes(found.bytes()))
            return _Held(str(note["by"]), datetime.fromisoformat(note["until"]), etag)
        except (ValueError, KeyError, TypeError):
            return _Held("", datetime.min.replace(tzinfo=UTC), etag)

    def _keep_lock(self) -> None:
        """Say again that we are writing, before others take us for dead."""
        held = self._held
        if held is None or self._clock() < held.until - _LEASE / 2:
            return
        try:
            self._held = self._put_lock(held.name, {"e_tag": held.etag})
        except (PreconditionError, AlreadyExistsError) as error:
            self._held = None
            raise BucketError(
                f"{self._address}: another process took over the writing; "
                "see that the clocks of all machines agree"
            ) from error

    def _release(self, held: _Held) -> None:
        found = self._lock_of_another()
        if found is not None and found.name == held.name:
            self._ask(partial(obstore.delete, self._store, _LOCK))

    # --- requests --------------------------------------------------------------------------

    def _remember(self, path: str, content: bytes | None) -> None:
        self._remembered[path] = (time.monotonic() + _REMEMBERED_S, content)

    def _found(self, path: str) -> tuple[bytes | None, dict[str, str]]:
        """Return an object and its headers; nothing where there is none."""

        def get() -> tuple[bytes, dict[str, str]]:
            found = obstore.get(self._store, path)
            # The names are plain text, or of the library's own types for less usual ones.
            return bytes(found.bytes()), {str(n): v for n, v in found.attributes.items()}

        try:
            return self._ask(get)
        except FileNotFoundError:
            return None, {}

    def _ask(
        self, request: Callable[[], _Result], *, expected: tuple[type[Exception], ...] = ()
    ) -> _Result:
        """Do a request; what goes wrong is told in one sentence, but for what is expected."""
        try:
            return request()
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise BucketError(
                    f"{self._address}: there is no such bucket; make it, or correct [bucket]"
                ) from error
            raise
        except expected:
            raise
        except (PermissionDeniedError, UnauthenticatedError) as error:
            raise BucketError(
                f"{self._address}: the service refuses our key; see that [bucket] access_key and "
                "secret_key are right and may read, write and delete there"
            ) from error
        except BaseError as error:
            raise BucketError(
                f"{self._address}: the service cannot be reached or refused "
                f"({_reason(error)}); see [bucket] endpoint and region"
            ) from error


class _Held:
    """A lock: by whom it is held, until when, and the tag of its object."""

    def __init__(self, name: str, until: datetime, etag: str) -> None:
        self.name = name
        self.until = until
        self.etag = etag


def _open(settings: BucketSettings) -> S3Store:
    bucket, _, prefix = settings.address.removeprefix("s3://").partition("/")
    given = {
        "endpoint": settings.endpoint.rstrip("/"),
        "access_key_id": settings.access_key,
        "secret_access_key": settings.secret_key,
    }
    return S3Store(
        bucket,
        prefix=prefix or None,
        region=settings.region,
        # Services of one's own know a bucket by the path as a rule; AWS knows it so too.
        virtual_hosted_style_request=False,
        conditional_put="etag",
        client_options={
            "allow_http": urlsplit(settings.endpoint).scheme == "http",
            "timeout": _TIMEOUT,
            "connect_timeout": _TIMEOUT,
        },
        retry_config={"max_retries": 3, "retry_timeout": _RETRY},
        # What is not given comes from the environment, as AWS's own tools have it.
        **{name: value for name, value in given.items() if value},  # type: ignore[arg-type]
    )


def _is_own(path: str) -> bool:
    """Tell whether a document is a note of our own, and none for readers."""
    return path.rpartition("/")[2].startswith(".")


def _reason(error: Exception) -> str:
    """Return the first line of what the library says, without the request's address."""
    return str(error).partition("\n")[0].rpartition(" - ")[2][:200].strip()
