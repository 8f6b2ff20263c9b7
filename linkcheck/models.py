"""Links, where they are used, what was seen at them, and the hosts they live on."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from changes.models import ObjectType
from linkcheck import among  # noqa: F401 - a lookup of its own
from linkcheck.help_models import RepairHelp as RepairHelp
from linkcheck.help_models import Repository as Repository
from linkcheck.observations import FragmentState
from linkcheck.repair_models import Repair as Repair
from linkcheck.repair_models import RepairBatch as RepairBatch
from linkcheck.verdicts import Override, Verdict, effective_verdict
from markup.urls import display_url

#: After so many deaths in a row a link is set aside for a day (``linkcheck.claiming``).
MAX_DEATHS = 3


class Mark(models.TextChoices):
    """What a reader is told of a link: a shape, a word and a colour, the same everywhere."""

    NONE = "", _("not verified yet")
    OK = "ok", _("verified")
    MOVED = "moved", _("moved")
    UNSURE = "unsure", _("could not be verified")
    SUSPECT = "suspect", _("may be broken")
    DEAD = "dead", _("dead")


class Overridable(models.Model):
    """What a person decided stands above what the checks say, for ever or until a time."""

    override = models.CharField(
        max_length=16, choices=[(o.value, o.value) for o in Override], blank=True
    )
    override_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    override_at = models.DateTimeField(null=True)
    override_until = models.DateTimeField(null=True)
    override_reason = models.TextField(blank=True)

    class Meta:
        abstract = True

    def active_override(self, now: datetime) -> str:
        """The decision that stands above the checks at ``now``; "" where there is none."""
        return _active(self.override, self.override_until, now)


def _active(override: str, until: datetime | None, now: datetime) -> str:
    return "" if until is not None and until <= now else override


class HostQuerySet(models.QuerySet["Host"]):
    def used(self) -> HostQuerySet:
        """Hosts to which links in use lead."""
        return self.filter(Exists(Link.objects.used().filter(host=OuterRef("pk"))))

    def in_state(self, name: str, now: datetime) -> HostQuerySet:
        """Hosts that are in one of the states of :meth:`Host.states`."""
        return self.filter(_host_states(now)[name])

    def count_states(self, now: datetime) -> dict[str, int]:
        """How many there are, by state and in ``all``; one query."""
        counts = {name: Count("pk", filter=q) for name, q in _host_states(now).items()}
        return self.aggregate(all=Count("pk"), **counts)


def _host_states(now: datetime) -> dict[str, Q]:
    stands = Q(override_until__isnull=True) | Q(override_until__gt=now)
    return {
        "missing": Q(missing_since__isnull=False),
        "resting": Q(rests_until__gt=now),
        "slow": Q(delay_factor__gt=1),
        "decided": ~Q(override="") & stands,
    }


class Host(Overridable):
    """A server name (with its port where it is not the scheme's own): politeness and health.

    ``domain`` is the registrable part: the key of politeness. All hosts of a domain are claimed
    together and rest together, so that no two workers ever ask the same one.
    """

    class RestReason(models.TextChoices):
        RATE_LIMITED = "rate_limited", _("it asked us to come back later")
        UNREACHABLE = "unreachable", _("no connection for several of its links")

    name = models.CharField(max_length=260, unique=True)
    domain = models.CharField(max_length=260, db_index=True)
    # The incident for which it is left alone, or was the last time.
    rests_since = models.DateTimeField(null=True)
    rests_until = models.DateTimeField(null=True)
    rest_reason = models.CharField(max_length=40, choices=RestReason.choices, blank=True)
    leased_until = models.DateTimeField(null=True)  # a worker asks its links until then
    # The last try to reach it: many that fail at once are our own outage (rule 13).
    last_contact_at = models.DateTimeField(null=True, db_index=True)
    contact_failed = models.BooleanField(default=False)
    has_answered = models.BooleanField(default=False)
    # Its name does not exist: strikes of the host, not of its links (rule 5).
    missing_strikes = models.PositiveSmallIntegerField(default=0)
    last_missing_at = models.DateTimeField(null=True)
    missing_since = models.DateTimeField(null=True)  # struck out
    # Times as long as usual between two requests: learnt from its answers ("Politeness").
    delay_factor = models.FloatField(default=1.0)
    # Its addresses (as ``manners.address_mark``) that failed to connect since any of them answered.
    unreached = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = HostQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("linkcheck:host_detail", args=[self.name])

    def is_resting(self, now: datetime) -> bool:
        """Whether it is left alone at ``now``."""
        return self.rests_until is not None and self.rests_until > now

    def states(self, now: datetime) -> list[str]:
        """What is not as usual about it: missing, resting, slow, decided."""
        found = {
            "missing": self.missing_since is not None,
            "resting": self.is_resting(now),
            "slow": self.delay_factor > 1,
            "decided": bool(self.active_override(now)),
        }
        return [name for name, is_so in found.items() if is_so]


class DomainBooking(models.Model):
    """Until when the starts on a domain are taken that visitors booked (``linkcheck.bookings``)."""

    domain = models.CharField(max_length=260, primary_key=True)
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.domain} until {self.until}"


class RobotsFile(models.Model):
    """What the robots.txt of a host asks of us, as :mod:`linkcheck.robots` reduces it."""

    host = models.OneToOneField(Host, models.CASCADE, primary_key=True, related_name="robots")
    fetched_at = models.DateTimeField()  # the last try
    rules = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"robots.txt of {self.host_id}"


class HostHonesty(models.Model):
    """A directory of a host in which what does not exist is answered with 404 (rules 7 and 9).

    ``path`` begins and ends with a slash; forgotten after ``recalling.REMEMBERED``.
    """

    host = models.ForeignKey(Host, models.CASCADE, related_name="honesties")
    path = models.CharField(max_length=2000)
    status = models.PositiveSmallIntegerField()
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["host", "path"], name="hosthonesty_once_a_directory")
        ]

    def __str__(self) -> str:
        return f"{self.host_id}{self.path} answers {self.status}"


class Outage(models.Model):
    """A time in which we could reach nobody: nothing was recorded then (rule 13)."""

    began_at = models.DateTimeField()
    look_again_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(ended_at__isnull=True), name="outage_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"outage since {self.began_at:%Y-%m-%d %H:%M}"


class LinkQuerySet(models.QuerySet["Link"]):
    def used(self) -> LinkQuerySet:
        """Links that stand in current content; only those are checked (rule 18)."""
        return self.filter(is_used=True)

    def due(self, now: datetime) -> LinkQuerySet:
        """Used links whose next check has come and that no worker holds."""
        return self.used().unheld(now).filter(next_check_at__lte=now)

    def unheld(self, now: datetime) -> LinkQuerySet:
        """Links that no worker holds."""
        return self.filter(Q(leased_until__isnull=True) | Q(leased_until__lt=now))


class Link(Overridable):
    """One row for each address that is checked, shared by all its uses.

    ``url`` is the normalised address without its fragment. ``state`` is the JSON of
    :class:`linkcheck.policy.LinkState`: the verdict derived from the checks; the columns beside it
    repeat what queries need. A moderator's override stands above the verdict and survives edits.
    """

    url = models.CharField(max_length=2000, unique=True)
    host = models.ForeignKey(Host, models.PROTECT, null=True, related_name="links")
    is_used = models.BooleanField(default=True)
    verdict = models.CharField(
        max_length=12,
        choices=[(v.value, v.value) for v in Verdict],
        default=Verdict.UNCHECKED.value,
    )
    reason = models.CharField(max_length=40, blank=True)
    verdict_since = models.DateTimeField(default=timezone.now)
    mark = models.CharField(max_length=8, choices=Mark.choices, default=Mark.NONE, blank=True)
    state = models.JSONField(default=dict)
    first_seen_at = models.DateTimeField(default=timezone.now)
    last_checked_at = models.DateTimeField(null=True)
    last_good_at = models.DateTimeField(null=True)
    moved_to = models.CharField(max_length=4000, blank=True)
    # What its neighbours on the host are judged by (rules 10 and 11): where it landed if that is
    # shallower, and when its text became another.
    landed_on = models.CharField(max_length=2000, blank=True, default="", db_default="")
    text_changed_at = models.DateTimeField(null=True)
    # A copy in an archive, looked for when it died (rule 16), and of when that copy is.
    archive_url = models.CharField(max_length=2000, blank=True, db_default="")
    archive_at = models.DateTimeField(null=True)
    etag = models.CharField(max_length=500, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)

    next_check_at = models.DateTimeField(null=True, default=timezone.now)
    is_urgent = models.BooleanField(default=False)  # someone just edited or reported it
    # A claim: raised by one when it is made and again when its work begins, so that a message
    # that comes twice finds it raised; its check is unique by it; and until when it holds.
    claim_number = models.PositiveIntegerField(default=0)
    # No index has a column that a claim changes: PostgreSQL then writes a tenth as much.
    leased_until = models.DateTimeField(null=True)
    # How many workers in a row began to look at it and died (MAX_DEATHS).
    deaths = models.PositiveSmallIntegerField(default=0, db_default=0)

    # The word about its whole host, repeated here; a link's own goes before it.
    host_override = models.CharField(
        max_length=16, choices=[(o.value, o.value) for o in Override], blank=True
    )
    host_override_until = models.DateTimeField(null=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["next_check_at", "id"], condition=Q(is_used=True), name="link_due"
            ),
            models.Index(
                fields=["next_check_at", "id"],
                condition=Q(is_used=True, is_urgent=True),
                name="link_urgent",
            ),
            models.Index(fields=["id"], condition=Q(deaths__gte=MAX_DEATHS), name="link_deadly"),
            models.Index(fields=["mark", "id"], condition=Q(is_used=True), name="link_mark"),
            models.Index(fields=["verdict", "-verdict_since"], name="link_verdict"),
            models.Index(fields=["host"], condition=~Q(landed_on=""), name="link_landed"),
            models.Index(
                fields=["host", "text_changed_at"],
                condition=Q(text_changed_at__isnull=False),
                name="link_text_changed",
            ),
        ]

    def __str__(self) -> str:
        return self.url

    def get_absolute_url(self) -> str:
        return reverse("linkcheck:link_detail", args=[self.pk])

    def active_override(self, now: datetime) -> str:
        """The decision that stands above the verdict at ``now``; "" where there is none."""
        return self.own_override(now) or self.active_host_override(now)

    def own_override(self, now: datetime) -> str:
        """The decision about this very link, whatever was said of its host."""
        return super().active_override(now)

    def active_host_override(self, now: datetime) -> str:
        """The decision about its whole host, whether or not the link has one of its own."""
        return _active(self.host_override, self.host_override_until, now)

    def override_ends_at(self, now: datetime) -> datetime | None:
        """When a word that stands at ``now`` is over next; None where none ends."""
        ends = (self.override_until, self.host_override_until)
        return min((end for end in ends if end is not None and end > now), default=None)

    @property
    def display_url(self) -> str:
        """The address as people read it; for the eye only."""
        return display_url(self.url)

    @property
    def is_set_aside(self) -> bool:
        """Whether workers died over it, one after the other: it is looked at once a day, alone."""
        return self.deaths >= MAX_DEATHS

    @property
    def is_vouched_for(self) -> bool:
        """Whether a moderator's word, not the checks, says that it works."""
        return self.active_override(timezone.now()) == Override.WORKS_FOR_ME

    @property
    def is_confirmed(self) -> bool:
        """Whether two people's word stands in for what a wall hides from the checks."""
        is_hidden = self.verdict == Verdict.BLOCKED
        return is_hidden and self.active_override(timezone.now()) == Override.CONFIRMED

    def effective_verdict(self, now: datetime) -> Verdict:
        """What readers are told: a person's decision goes before what the checks say."""
        return effective_verdict(Verdict(self.verdict), self.active_override(now))


class LinkUse(models.Model):
    """Where a link stands: an object of an upper app, by type and id, and the field in it."""

    link = models.ForeignKey(Link, models.CASCADE, related_name="uses")
    object_type = models.CharField(max_length=12, choices=ObjectType.choices)
    object_id = models.BigIntegerField()
    field = models.CharField(max_length=24)
    text = models.CharField(max_length=300, blank=True)  # the words that carry the link
    fragment = models.CharField(max_length=2000, blank=True)
    # Whether the page has that place (rule 15), and since when it was found so.
    fragment_state = models.CharField(
        max_length=12,
        choices=[(s.value, s.value) for s in FragmentState],
        blank=True,
        default="",
        db_default="",
    )
    fragment_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["object_type", "object_id", "field", "link", "fragment"],
                name="linkuse_once_a_fragment",
            )
        ]
        indexes = [
            models.Index(fields=["link"], condition=~Q(fragment=""), name="linkuse_fragment"),
        ]

    def __str__(self) -> str:
        return f"{self.link_id} in {self.object_type} {self.object_id}"


class Check(models.Model):
    """One observation, never changed afterwards; ``evidence`` is the whole of it.

    The JSON is :meth:`linkcheck.probing.Observation.as_dict`. One check for each claim of a link:
    a task that runs twice writes once.
    """

    link = models.ForeignKey(Link, models.CASCADE, related_name="checks")
    claim_number = models.PositiveIntegerField()
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=24, blank=True)
    elapsed_ms = models.PositiveIntegerField(default=0)
    verdict = models.CharField(max_length=12)  # as it was after this check
    evidence = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["link", "claim_number"], name="check_once_a_claim")
        ]

    def __str__(self) -> str:
        return f"{self.link_id} {self.status or self.error}"


class Confirmation(models.Model):
    """Someone clicked once where we are shut out, and says that the link works for them."""

    link = models.ForeignKey(Link, models.CASCADE, related_name="confirmations")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link", "user"], name="confirmation_once_a_person")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} confirmed {self.link_id}"


class Checkpoint(models.Model):
    """The state of a link after ``check_id``: of the checks up to it some were ``thinned``.

    If so, a replay begins here. ``state`` is the JSON of :class:`linkcheck.states.LinkState`; {}
    where there was no check that is old enough.
    """

    link = models.OneToOneField(Link, models.CASCADE, primary_key=True, related_name="checkpoint")
    check_id = models.BigIntegerField(default=0)
    state = models.JSONField(default=dict)
    made_at = models.DateTimeField(db_index=True)
    thinned = models.PositiveIntegerField(default=0, db_default=0)  # how many checks are gone

    def __str__(self) -> str:
        return f"{self.link_id} up to {self.check_id}"


class LinkTotals(models.Model):
    """How many used links had a mark at the end of a day (UTC), for the trend."""

    day = models.DateField()
    mark = models.CharField(max_length=8, choices=Mark.choices, blank=True)
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "mark"], name="linktotals_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.mark}: {self.count}"
