"""What languages call themselves: those of the interface, and others that texts are often in."""

from typing import Final

OWN_NAMES: Final = {
    "en": "English",
    "es": "Español",
    "zh-hans": "中文",
    "ar": "العربية",
    "de": "Deutsch",
    "fr": "Français",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "pt": "Português",
    "ru": "Русский",
}

KNOWN_NAMES: Final = {**OWN_NAMES, "zh": "中文"}


def own_name(code: str) -> str:
    """The name of a language in that language, which who looks for it can read; else its code."""
    return KNOWN_NAMES.get(code, code)


def is_same_language(one: str, other: str) -> bool:
    """Whether two codes name one language, whatever they say of script or country (RFC 5646)."""
    return one.partition("-")[0].lower() == other.partition("-")[0].lower()
