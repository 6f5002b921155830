"""The language of a text that states none, or states a wrong one: by script and common words."""

from __future__ import annotations

import re
from collections import Counter

# Words that stand in nearly every text of a language and in hardly any other.
_COMMON = {
    "es": ("el", "los", "las", "del", "con", "por", "una"),
    "fr": ("le", "les", "des", "et", "une", "dans", "pour"),
    "de": ("der", "die", "und", "das", "mit", "für", "ist"),
    "pt": ("os", "do", "da", "em", "uma", "não", "com"),
    "it": ("il", "di", "che", "della", "per", "gli", "sono"),
    "nl": ("het", "een", "van", "en", "voor", "niet", "met"),
    "sv": ("och", "att", "som", "för", "det", "är", "av"),
    "pl": ("na", "się", "jest", "nie", "przez", "oraz", "dla"),
    "tr": ("ve", "bir", "için", "ile", "olarak", "bu", "da"),
    "id": ("yang", "dan", "untuk", "dengan", "dari", "pada", "ini"),
    "en": ("the", "and", "of", "to", "for", "with", "is"),
}
_SCRIPTS = tuple(
    (language, re.compile(f"[{letters}]"))
    for language, letters in (
        ("ja", "\u3040-\u30ff"),
        ("ko", "\uac00-\ud7af"),
        ("th", "\u0e00-\u0e7f"),
        ("zh", "\u4e00-\u9fff"),
        ("el", "\u0370-\u03ff"),
        ("he", "\u0590-\u05ff"),
        ("ar", "\u0600-\u06ff"),
        ("hi", "\u0900-\u097f"),
        ("ru", "\u0400-\u04ff"),
    )
)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE = 20_000
LANGUAGES = tuple(_COMMON)


def guess_language(text: str) -> str:
    """Guess the language of a text that states none, by its script or its commonest words."""
    sample = text[:_SAMPLE]
    foreign = "" if sample.isascii() else "".join(_NOT_ASCII.findall(sample))
    for language, script in _SCRIPTS if len(foreign) * 10 > len(sample) else ():
        if len(script.findall(foreign)) * 10 > len(sample):
            if language == "ru" and re.search("[іїєґ]", sample):
                return "uk"
            if language == "ar" and re.search("[پچژگ]", sample):
                return "fa"
            return language
    words = Counter(_WORD.findall(sample.lower()))
    counts = {language: sum(words[word] for word in common) for language, common in _COMMON.items()}
    return max(counts, key=lambda language: counts[language]) if any(counts.values()) else ""
