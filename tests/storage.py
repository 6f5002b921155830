"""A real S3-compatible storage service on loopback: SeaweedFS, from its package on PyPI."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
import requests
from obstore.store import S3Store
from relay import free_port
from running import wait

from config.settings import BucketSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = "news"
_WEED = Path(sys.executable).parent / "weed"
# Whoever asks without a key may read, as a CDN does.
_IDENTITIES = {
    "identities": [
        {
            "name": "tidings",
            "credentials": [{"accessKey": "key", "secretKey": "secret"}],
            "actions": ["Admin", "Read", "Write", "List"],
        },
        {"name": "anonymous", "actions": [f"Read:{BUCKET}"]},
    ]
}


@dataclass(frozen=True)
class Storage:
    """The service, by its address."""

    endpoint: str

    def settings(self, prefix: str = "") -> BucketSettings:
        """Return the settings of a place in its bucket."""
        return BucketSettings(
            address=f"s3://{BUCKET}/{prefix}".rstrip("/"),
            endpoint=self.endpoint,
            access_key="key",
            secret_key="secret",
        )

    def store(self, prefix: str = "") -> S3Store:
        """Return the place as the library sees it."""
        return S3Store(
            BUCKET,
            prefix=prefix or None,
            endpoint=self.endpoint,
            access_key_id="key",
            secret_access_key="secret",
            virtual_hosted_style_request=False,
            client_options={"allow_http": True},
        )

    def get(self, path: str) -> requests.Response:
        """Ask for an object as anybody can."""
        return requests.get(f"{self.endpoint}/{BUCKET}/{path}", timeout=5)


def toml(settings: BucketSettings) -> str:
    """Write the settings as a configuration has them."""
    return (
        f'[bucket]\naddress = "{settings.address}"\nendpoint = "{settings.endpoint}"\n'
        f'access_key = "{settings.access_key}"\nsecret_key = "{settings.secret_key}"\n'
    )


@contextmanager
def storage(folder: Path, port: int | None = None) -> Iterator[Storage]:
    """Run the service in a folder until the block ends."""
    (folder / "identities.json").write_text(json.dumps(_IDENTITIES))
    port = port or free_port()
    ports = {
        name: free_port()
        for part in ("master", "volume", "filer")
        for name in (f"{part}.port", f"{part}.port.grpc")
    }
    command = [
        str(_WEED),
        "-logtostderr",
        "server",
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-master.volumeSizeLimitMB=64",
        "-volume.max=8",
        "-s3",
        f"-s3.port={port}",
        f"-s3.port.grpc={free_port()}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-s3.config={folder / 'identities.json'}",
        *(f"-{name}={number}" for name, number in ports.items()),
    ]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log, cwd=folder) as process,  # noqa: S603 - as above
    ):
        service = Storage(f"http://127.0.0.1:{port}")
        wait(lambda: _is_up(process, service, folder))
        # It makes a bucket when the first object is put there.
        obstore.put(service.store(), "robots.txt", b"")
        yield service
        process.kill()


def _is_up(process: subprocess.Popen[bytes], service: Storage, folder: Path) -> bool:
    try:
        # Until its parts have found each other it answers with errors of its own.
        return requests.get(f"{service.endpoint}/{BUCKET}/x", timeout=5).status_code == 404
    except requests.ConnectionError:
        assert process.poll() is None, (folder / "log").read_text()
        return False
