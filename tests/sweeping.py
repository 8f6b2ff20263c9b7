"""What makes thousands of requests cheap where a test looks at a part of each answer only.

What is left out here is the same at every address, and is asked in full elsewhere in the same test
or by others.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.template.base import NodeList
from django.template.loader import get_template

FRAME = ("_header.html", "_footer.html")


@contextmanager
def without_frame() -> Iterator[None]:
    """Pages are drawn without header and footer, a third of the work of most.

    They are made of the visitor, the address and its parameters, and of nothing that a view found.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in FRAME:
            found: Any = get_template(name)
            patch.setattr(found.template, "nodelist", NodeList())
        # Nor are the contexts of all templates copied for ``response.context``.
        patch.setattr("django.test.client.store_rendered_templates", lambda *given, **named: None)
        yield


@contextmanager
def visitors_read_once() -> Iterator[None]:
    """The account of a session, its permissions and its blocks are asked once, not every time.

    Where nothing changes them: for reading, and for what is rolled back before the next request.
    """
    known: dict[str | None, Any] = {}

    def find_user(request: HttpRequest) -> Any:
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if key not in known:
            known[key] = get_user(request)
        # Who writes may change what it was given.
        return known[key] if request.method in ("GET", "HEAD") else copy(known[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.contrib.auth.middleware.get_user", find_user)
        yield
