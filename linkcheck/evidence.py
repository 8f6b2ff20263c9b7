"""What speaks for a verdict, gathered for many links at once: probes and uses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from changes.objects import ObjectRef, find_refs
from linkcheck.classification import Outcome, classify
from linkcheck.explaining import VERDICT_LABELS, explain_look
from linkcheck.models import Check, LinkUse
from linkcheck.observations import ErrorKind, Observation
from linkcheck.verdicts import Verdict

OWN_ADDRESS = "url"  # the field that says what an object is about
#: So many probes are shown as a strip.
PROBES_SHOWN = 24

# Shapes as in the stylesheet; "unsure" says nothing about the page either way.
_SHAPES = {
    Outcome.ALIVE: "ok",
    Outcome.RESTRICTED: "ok",
    Outcome.HARD: "dead",
}


_ERRORS: dict[str, Promise] = {
    ErrorKind.TIMEOUT: gettext_lazy("no answer in time"),
    ErrorKind.CONNECT: gettext_lazy("no connection"),
    ErrorKind.REFUSED: gettext_lazy("connection refused"),
    ErrorKind.RESET: gettext_lazy("connection broke off"),
    ErrorKind.NXDOMAIN: gettext_lazy("no such host"),
    ErrorKind.DNS_FAILURE: gettext_lazy("name not resolved"),
    ErrorKind.TLS: gettext_lazy("no secure connection"),
    ErrorKind.TOO_MANY_REDIRECTS: gettext_lazy("too many redirects"),
    ErrorKind.REDIRECT_LOOP: gettext_lazy("redirects in a circle"),
    ErrorKind.PROTOCOL: gettext_lazy("no usable answer"),
    ErrorKind.REFUSED_TARGET: gettext_lazy("target not allowed"),
    ErrorKind.UNSUPPORTED_SCHEME: gettext_lazy("unsupported scheme"),
    ErrorKind.INVALID_URL: gettext_lazy("no address"),
    ErrorKind.ROBOTS_DENIED: gettext_lazy("refused by robots.txt"),
}


@dataclass(frozen=True)
class Probe:
    """One check as a person sees it: a shape, and what came back in a few words.

    ``sentence`` says what this look means by itself, ``verdict`` what the link counted as after it.
    """

    at: datetime
    shape: str
    words: str
    elapsed_ms: int
    verdict: str
    observation: Observation

    @property
    def sentence(self) -> str:
        """Why it was judged as it was, whatever came before."""
        return explain_look(self.observation)

    @property
    def verdict_label(self) -> str:
        """The verdict in a word."""
        return str(VERDICT_LABELS[Verdict(self.verdict)]) if self.verdict else ""


@dataclass(frozen=True)
class Use:
    """One place where a link stands, as it is called and reached today."""

    object_type: str
    object_id: int
    ref: ObjectRef
    text: str
    is_own_address: bool  # it is what the object is about, not a link within its text


def read_probe(check: Check) -> Probe:
    """How a stored check is shown."""
    seen = Observation.from_dict(check.evidence)
    return Probe(
        at=check.at,
        shape=_SHAPES.get(classify(seen)[0], "unsure"),
        words=_describe(check),
        elapsed_ms=check.elapsed_ms,
        verdict=check.verdict,
        observation=seen,
    )


def _describe(check: Check) -> str:
    if check.error:
        return str(_ERRORS.get(check.error, check.error))
    return str(check.status or "")


def find_probes(link_ids: Collection[int], *, limit: int = PROBES_SHOWN) -> dict[int, list[Probe]]:
    """The last ``limit`` probes of each link, the oldest first; one query."""
    number = Window(RowNumber(), partition_by=F("link_id"), order_by=F("id").desc())
    checks = (
        Check.objects.filter(link_id__in=link_ids)
        .annotate(number=number)
        .filter(number__lte=limit)
        .order_by("id")
    )
    probes: dict[int, list[Probe]] = {link_id: [] for link_id in link_ids}
    for check in checks:
        probes[check.link_id].append(read_probe(check))
    return probes


def find_uses(link_ids: Collection[int]) -> dict[int, list[Use]]:
    """Where each link stands now, every object once; one query for each kind of object."""
    rows = list(
        LinkUse.objects.filter(link_id__in=link_ids).order_by("object_type", "object_id", "id")
    )
    refs = find_refs({(row.object_type, row.object_id) for row in rows})
    uses: dict[int, list[Use]] = {link_id: [] for link_id in link_ids}
    for row in _once_each(rows):
        ref = refs.get((row.object_type, row.object_id))
        if ref is not None:
            uses[row.link_id].append(
                Use(row.object_type, row.object_id, ref, row.text, row.field == OWN_ADDRESS)
            )
    for found in uses.values():
        found.sort(key=lambda use: (use.object_type, use.object_id))
    return uses


def _once_each(rows: Sequence[LinkUse]) -> Iterable[LinkUse]:
    """One use for each link and object: that of its own address before those in its text."""
    seen = set()
    for row in sorted(rows, key=lambda row: row.field != OWN_ADDRESS):
        key = (row.link_id, row.object_type, row.object_id)
        if key not in seen:
            seen.add(key)
            yield row
