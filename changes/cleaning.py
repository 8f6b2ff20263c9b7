"""What every title, text and address part goes through before it is stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from markup.rendering import MAX_TEXT_BYTES, OutputTooLarge
from markup.slugs import clean_name, slugify_title

MAX_SLUG = 120

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)
SLUG_ATTEMPTS = 10
# What no database of ours stores: NUL (PostgreSQL) and lone surrogates (UTF-8 has none).
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def clean_title(text: str, *, field: str, max_length: int) -> str:
    """A title in one line without invisible characters; ValidationError where nothing is left."""
    title = clean_name(text)
    if not title:
        raise ValidationError({field: _("A title is needed.")})
    if len(title) > max_length:
        message = _("This title has %(length)d characters; %(max)d is the most.")
        raise ValidationError({field: message % {"length": len(title), "max": max_length}})
    return title


def clean_reason(reason: str, *, max_length: int, unsaid: str = "") -> str:
    """Why something is done, as it is stored; ValidationError for the field ``reason``.

    ``unsaid`` is the error where nothing is said; without it nothing has to be.
    """
    reason = reason.replace("\0", "").strip()
    if unsaid and not reason:
        raise ValidationError({"reason": unsaid})
    if len(reason) > max_length:
        message = _("At most %(max)d characters.") % {"max": max_length}
        raise ValidationError({"reason": message})
    return reason


def clean_prose(text: str, *, field: str) -> str:
    """Text as it was written, with line feeds as the only line ends; at most 512 KB.

    What cannot be stored (NUL, lone surrogates) becomes U+FFFD, as browsers and encoders do.
    """
    text = _UNSTORABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    size = len(text.encode())
    if size > MAX_TEXT_BYTES:
        message = _("This text has %(size)d KB; %(max)d KB is the most. Please split it.")
        limits = {"size": size // 1024 + 1, "max": MAX_TEXT_BYTES // 1024}
        raise ValidationError({field: message % limits})
    return text


@contextmanager
def within_output(field: str) -> Iterator[None]:
    """Around what renders the text of ``field``: ValidationError where it would be too large."""
    try:
        yield
    except OutputTooLarge as error:
        raise ValidationError({field: str(error)}) from error


def free_slug(model: type[models.Model], title: str, *, fallback: str) -> str:
    """A slug for ``title`` that no row of ``model`` has: "ray", or else "ray-2", "ray-3" and so on.

    One query on the index, two where the slug is taken. ``fallback`` serves a title without any
    letter or digit.
    """
    stem = slugify_title(title)[:MAX_SLUG].strip("-") or fallback
    slugs = model._default_manager.order_by().values_list("slug", flat=True)
    if not slugs.filter(slug=stem).exists():
        return stem
    taken = set(slugs.filter(slug__startswith=f"{stem}-"))
    number = 2
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"


def write_under_free_slug(
    instance: Any, title: str, *, fallback: str, write: Callable[[], object]
) -> None:
    """``write`` a new object under a slug that no other has.

    Two writers may find the same slug free. The second one waits for the first in the unique index
    and then looks again, a bounded number of times; an IntegrityError about anything else rises.
    """
    for attempt in range(1, SLUG_ATTEMPTS + 1):
        instance.slug = free_slug(type(instance), title, fallback=fallback)
        try:
            with transaction.atomic():
                write()
        except IntegrityError:
            is_taken = type(instance)._default_manager.filter(slug=instance.slug).exists()
            if attempt == SLUG_ATTEMPTS or not is_taken:
                raise
        else:
            return


def clean_language(code: str) -> str:
    """A language code in lower case; ValidationError for what is none."""
    if not _LANGUAGE.fullmatch(code) or len(code) > 12:
        raise ValidationError({"language": _("A language is a code such as “en” or “zh-hans”.")})
    return code.lower()
