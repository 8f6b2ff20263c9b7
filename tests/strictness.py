"""A judge of the headers of an answer."""

from typing import Any


def find_weakness(response: Any) -> str:
    """What is wrong with them; "" if nothing."""
    policy = response.headers.get("Content-Security-Policy", "")
    if "default-src 'none'" not in policy:
        return f"policy {policy!r}"
    if "unsafe" in policy or "*" in policy or "data:" in policy:
        return f"loose policy {policy!r}"
    if response.headers.get("X-Content-Type-Options") != "nosniff":
        return "may be sniffed"
    return ""
