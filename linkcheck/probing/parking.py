"""Marks of parked domains: who puts up the page that stands where a site was (policy 11)."""

from __future__ import annotations

from linkcheck.hosts import registrable_domain
from linkcheck.places import place_of

#: Whom a domain that is parked or for sale redirects to.
_PARKING_DOMAINS = frozenset(
    {
        "above.com",
        "afternic.com",
        "atom.com",
        "bodis.com",
        "brandbucket.com",
        "buydomains.com",
        "dan.com",
        "domainmarket.com",
        "domainnamesales.com",
        "domcollect.com",
        "dsparking.com",
        "dynadot.com",
        "efty.com",
        "epik.com",
        "hugedomains.com",
        "parkingcrew.net",
        "parklogic.com",
        "perfectdomain.com",
        "sedo.com",
        "sedoparking.com",
        "smartname.com",
        "squadhelp.com",
        "uniregistry.com",
        "undeveloped.com",
        "voodoo.com",
    }
)
#: Marks of the machinery, not of the words: a page *about* such domains must stay alive.
_BODY_MARKS = (
    (b"img.sedoparking.com/", "sedo"),
    (b"sedoparking.com/search/", "sedo"),
    (b"sedoparking.com/frmpark/", "sedo"),
    (b"parkingcrew.net/", "parkingcrew"),
    (b"d38psrni17bvxu.cloudfront.net", "parkingcrew"),
    (b"window.park =", "bodis"),
    (b"<script>window.park=", "bodis"),
    (b"bodis.com/js/", "bodis"),
    (b"window.lander_system", "godaddy"),
    (b'window.location.href="/lander"', "godaddy"),
    (b"parking-lander", "godaddy"),
    (b"img1.wsimg.com/parking", "godaddy"),
    (b"cdn0.dan.com/", "dan"),
    (b"hugedomains.com/domain_profile.cfm", "hugedomains"),
    (b"afternic.com/forsale/", "afternic"),
    (b"/parkeddomain/", "registrar"),
    (b"parked-content.godaddy.com", "godaddy"),
    (b"parking.reg.ru", "reg.ru"),
    (b"namecheap.com/assets/img/parking", "namecheap"),
    (b"parkingpage.namecheap.com", "namecheap"),
)
#: Every mark has one of these in it: of most pages that is all there is to look for.
_HINTS = (b"park", b"lander", b"bodis", b"dan.com", b"hugedomains", b"afternic", b"d38psrni")
#: So much of the beginning of a page is looked at: landing pages are small.
_LOOKED_AT = 32 * 1024


def find_parking(url: str, final_url: str, lowered: bytes) -> str:
    """Return who parks the domain of ``url``, or "" where nothing says so.

    ``lowered`` is the beginning of the body in lower case. An address at such a company itself
    is not parked: only one that leads there from another domain.
    """
    if final_url != url and (name := _find_domain(url, final_url)):
        return name
    start = lowered[:_LOOKED_AT]
    for hint in _HINTS:
        if hint in start:
            break
    else:
        return ""
    return next((name for mark, name in _BODY_MARKS if mark in start), "")


def _find_domain(url: str, final_url: str) -> str:
    try:
        start, end = (
            registrable_domain(place_of(one).host.partition(":")[0]) for one in (url, final_url)
        )
    except ValueError:
        return ""
    return end if end != start and end in _PARKING_DOMAINS else ""
