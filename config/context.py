"""What every template may use."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest

from config.structured import whole_address

#: Parameters that choose no other content; with any other one a page is one of endlessly many.
_HARMLESS: Final = {"page", "from"}


def site(request: HttpRequest) -> dict[str, Any]:
    """The site's name and address, the address of this page, and whether it is one of many."""
    number = request.GET.get("page", "")
    is_further = number.isascii() and number.isdigit() and len(number) < 7 and number != "1"
    return {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "canonical_url": whole_address(request.path) + (f"?page={number}" if is_further else ""),
        "is_narrowed": bool(request.GET.keys() - _HARMLESS),
    }
