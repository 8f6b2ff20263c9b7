"""What a step leads to: found by what people type, and shown to them as an address again."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from django.conf import settings
from django.db.models import Q

from catalog.models import Resource
from markup.slugs import clean_name, slugify_title
from markup.urls import InvalidUrl, parse_typed_url, url_key
from wiki.models import Page
from wiki.paths.models import PathStep

Kind = PathStep.Kind
Target = tuple[str, int]  # kind and id

_ADDRESS: Final = re.compile(r"/(?P<place>wiki|resources)/(?P<slug>[^/?#]+)/?")
_NUMBER: Final = re.compile(r"(?P<kind>page|resource):(?P<id>[0-9]{1,18})", re.ASCII)
_PLACES: Final = {"wiki": Kind.PAGE, "resources": Kind.RESOURCE}


@dataclass(frozen=True)
class _Wish:
    """One typed target, taken apart: any of these leads to it."""

    target: Target | None = None
    page_slug: str = ""
    resource_slug: str = ""
    url_key: str = ""
    title: str = ""


def find_targets(texts: Collection[str]) -> dict[str, Target]:
    """What ``texts`` lead to, without those that lead nowhere; a constant number of queries.

    An address on this site, a title (of a page before that of an entry), or the address of an
    entry elsewhere.
    """
    wishes = {text: _read(text) for text in texts}
    pages = _find_pages(wishes.values())
    resources = _find_resources(wishes.values())
    known = _find_known(wish.target for wish in wishes.values() if wish.target)
    found = {
        text: next(
            (
                target
                for target in (
                    wish.target if wish.target in known else None,
                    pages.get(wish.page_slug),
                    resources.get(("slug", wish.resource_slug)),
                    resources.get(("key", wish.url_key)),
                    resources.get(("title", wish.title)),
                )
                if target is not None
            ),
            None,
        )
        for text, wish in wishes.items()
    }
    return {text: target for text, target in found.items() if target is not None}


def show_targets(steps: Iterable[Mapping[str, Any]]) -> dict[Target, tuple[str, str]]:
    """How a form shows the targets of ``steps``: the address and the title of each; two queries.

    What is gone is named by its number: nobody reads the title of a deleted page.
    """
    pages, resources = _objects(steps)
    shown = {}
    for pk, page in pages.items():
        is_there = not page.is_deleted
        address = page.get_absolute_url() if is_there else f"{Kind.PAGE.value}:{pk}"
        shown[Kind.PAGE.value, pk] = (address, page.title if is_there else "")
    for pk, entry in resources.items():
        shown[Kind.RESOURCE.value, pk] = (entry.get_absolute_url(), entry.title)
    return shown


def _objects(
    steps: Iterable[Mapping[str, Any]],
) -> tuple[dict[int, Page], dict[int, Resource]]:
    ids: dict[str, set[int]] = {Kind.PAGE: set(), Kind.RESOURCE: set()}
    for step in steps:
        if step["kind"] in ids:
            ids[step["kind"]].add(step["target"])
    pages = Page.objects.only("title", "slug", "deleted_at").in_bulk(ids[Kind.PAGE])
    resources = Resource.objects.only("title", "slug").in_bulk(ids[Kind.RESOURCE])
    return pages, resources


def find_missing(targets: Collection[Target]) -> set[Target]:
    """Those of ``targets`` that never were there; two queries."""
    return set(targets) - _find_known(targets)


def _read(text: str) -> _Wish:
    text = clean_name(text).removeprefix("[[").removesuffix("]]")
    number = _NUMBER.fullmatch(text)
    if number:
        return _Wish(target=(number["kind"], int(number["id"])))
    own = text.removeprefix(settings.SITE_URL.rstrip("/"))
    address = _ADDRESS.fullmatch(own.partition("#")[0].partition("?")[0])
    if address:
        slug = clean_name(unquote(address["slug"]))
        if _PLACES[address["place"]] == Kind.PAGE:
            return _Wish(page_slug=slug)
        return _Wish(resource_slug=slug)
    return _Wish(page_slug=slugify_title(text), url_key=_key_of(text), title=text.casefold())


def _key_of(text: str) -> str:
    try:
        return url_key(parse_typed_url(text)) if "://" in text else ""
    except InvalidUrl:
        return ""


def _find_pages(wishes: Iterable[_Wish]) -> dict[str, Target]:
    """By slug; a redirect leads on."""
    slugs = {wish.page_slug for wish in wishes if wish.page_slug}
    rows = Page.objects.existing().filter(slug__in=slugs).values_list("slug", "pk", "redirect_to")
    return {slug: (Kind.PAGE.value, redirect or pk) for slug, pk, redirect in rows}


def _find_resources(wishes: Iterable[_Wish]) -> dict[tuple[str, str], Target]:
    """By slug, by address and by title; of two with one title the older one, listed before all."""
    condition = Q()
    for wish in wishes:
        if wish.resource_slug:
            condition |= Q(slug=wish.resource_slug)
        if wish.url_key:
            condition |= Q(url_key=wish.url_key)
        if wish.title:
            condition |= Q(title__iexact=wish.title)
    found: dict[tuple[str, str], Target] = {}
    if not condition:
        return found
    rows = Resource.objects.filter(condition).order_by("status", "pk")
    for pk, slug, key, title in rows.values_list("pk", "slug", "url_key", "title"):
        for name in (("slug", slug), ("key", key), ("title", title.casefold())):
            found.setdefault(name, (Kind.RESOURCE.value, pk))
    return found


def _find_known(targets: Iterable[Target]) -> set[Target]:
    ids: dict[str, set[int]] = {Kind.PAGE.value: set(), Kind.RESOURCE.value: set()}
    for kind, pk in targets:
        ids[kind].add(pk)
    models: tuple[tuple[str, Any], ...] = (
        (Kind.PAGE.value, Page),
        (Kind.RESOURCE.value, Resource),
    )
    return {
        (kind, pk)
        for kind, model in models
        if ids[kind]
        for pk in model.objects.filter(pk__in=ids[kind]).values_list("pk", flat=True)
    }
