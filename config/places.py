"""Relative paths of the configuration count from its folder. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from config.settings import Settings


def resolved(settings: Settings, folder: Path) -> Settings:
    """Make relative paths count from the folder of the configuration."""
    site, store, mail = settings.site, settings.store, settings.mail
    bounces = settings.bounces
    return replace(
        settings,
        store=replace(store, data=folder / store.data),
        site=replace(
            site,
            output=folder / site.output,
            templates=folder / site.templates if site.templates else None,
        ),
        mail=replace(
            mail,
            dkim_key=folder / mail.dkim_key if mail.dkim_key else None,
            dkim_ed25519_key=folder / mail.dkim_ed25519_key if mail.dkim_ed25519_key else None,
        ),
        bounces=replace(bounces, maildir=folder / bounces.maildir if bounces.maildir else None),
        bulletins=tuple(
            replace(
                bulletin,
                sources=tuple(
                    replace(source, file=folder / source.file) if source.file else source
                    for source in bulletin.sources
                ),
            )
            for bulletin in settings.bulletins
        ),
    )
