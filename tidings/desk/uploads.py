"""Forms of the desk that hold a file or a long text: read within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.datastructures import UploadFile
    from starlette.requests import Request

# A list of some fifteen thousand subscribers, or any template; longer lists go by the command line.
MOST_BYTES = 1_500_000
_MOST_FIELDS = 30
_KIND = "multipart/form-data"


async def read_upload(request: Request) -> dict[str, str]:
    """Return the fields of a form, files as the texts that they hold.

    Raises HTTPException for what is too large, no form of ours, or a file that is no UTF-8.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _KIND:
        raise HTTPException(415, "This page takes its own form only.")
    parser = MultiPartParser(
        request.headers,
        _bounded(request),
        max_files=1,
        max_fields=_MOST_FIELDS,
        max_part_size=MOST_BYTES,
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise HTTPException(400, f"That is no form of ours: {error.message}") from error
    fields: dict[str, str] = {}
    try:
        for name, value in form.multi_items():
            if name in fields:
                # Which of two is meant nobody knows; no form of ours sends two.
                raise HTTPException(400, "A field stands there twice.")
            fields[name] = await _text_of(value)
    finally:
        await form.close()
    return fields


async def _text_of(value: UploadFile | str) -> str:
    if isinstance(value, str):
        return value
    try:
        # Spreadsheets put a byte order mark in front.
        return (await value.read()).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise HTTPException(
            400, "The file is not UTF-8. Save it as CSV in UTF-8, and choose it once more."
        ) from error


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MOST_BYTES:
            raise HTTPException(
                413,
                "That is too large for a browser; by the command line there is no limit.",
                headers={"Connection": "close"},
            )
        yield chunk
