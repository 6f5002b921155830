"""Words of ours that stand beside what others wrote, in the language of the bulletin. Pure."""

from __future__ import annotations

# By primary language subtag (BCP 47).
_WITHDRAWN = {
    "ca": "Retirat",
    "cs": "Staženo",
    "da": "Trukket tilbage",
    "de": "Zurückgezogen",
    "el": "Αποσύρθηκε",
    "en": "Withdrawn",
    "es": "Retirado",
    "fi": "Peruttu",
    "fr": "Retiré",
    "gl": "Retirado",
    "hu": "Visszavonva",
    "it": "Ritirato",
    "ja": "取り下げ",
    "ko": "철회됨",
    "nl": "Ingetrokken",
    "no": "Trukket tilbake",
    "nb": "Trukket tilbake",
    "nn": "Trekt tilbake",
    "pl": "Wycofane",
    "pt": "Retirado",
    "ro": "Retras",
    "ru": "Отозвано",
    "sk": "Stiahnuté",
    "sv": "Återkallat",
    "tr": "Geri çekildi",
    "uk": "Відкликано",
    "zh": "已撤回",
}


def withdrawn_label(language: str) -> str:
    """Return the word for what was withdrawn; English where we have none in that language."""
    return _WITHDRAWN.get(language.partition("-")[0].lower(), _WITHDRAWN["en"])


def withdrawn_title(title: str, language: str) -> str:
    """Return the title of what was withdrawn: the one part of an item that every reader shows."""
    return f"[{withdrawn_label(language)}] {title}"
