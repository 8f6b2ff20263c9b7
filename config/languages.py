"""What languages call themselves: those of the interface, and others that texts are often in."""

from typing import Final

OWN_NAMES: Final = {
    "en": "English",
    "es": "Español",
    "zh-hans": "中文",
    "ar": "العربية",
    "de": "Deutsch",
    "fr": "Français",
    "ja": "日本語",
    "pt": "Português",
    "ru": "Русский",
}


def own_name(code: str) -> str:
    """The name of a language in that language, which who looks for it can read; else its code."""
    return "中文" if code == "zh" else OWN_NAMES.get(code, code)


def is_same_language(one: str, other: str) -> bool:
    """Whether two codes name one language, whatever they say of script or country (RFC 5646)."""
    return one.partition("-")[0].lower() == other.partition("-")[0].lower()
