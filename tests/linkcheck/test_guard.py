"""The guard's decisions: what may be asked, by spelling and by address. Nothing is dialled here."""

import ipaddress
from ipaddress import IPv4Address, ip_address, ip_network
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from linkcheck.guard import (
    GuardPolicy,
    NotAUrl,
    SchemeNotSupported,
    TargetNotAllowed,
    check_url,
    is_public_address,
)

VECTORS = Path(settings.BASE_DIR).parent / "shared" / "vectors"
PUBLIC_ONLY = GuardPolicy()
needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason="the shared vectors are absent")

# Vectors that only their addresses can refuse: the resolver's part (test_dialling.py).
REFUSED_BY_RESOLUTION = {
    "http://169.254.169.254.nip.io/latest/",
    "http://metadata.nicob.net/",
    "http://lvh.me/",
}


def read_rows(name: str) -> list[list[str]]:
    path = VECTORS / name
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    return [line.split("\t") for line in lines if line and not line.startswith("# ")]


def unescape(text: str) -> str:
    for escape, sign in (("\\t", "\t"), ("\\n", "\n"), ("\\r", "\r"), ("\\\\", "\\")):
        text = text.replace(escape, sign)
    return text


@needs_vectors
def test_there_are_vectors_to_read():
    assert len(read_rows("ssrf_addresses.tsv")) == 82
    assert len(read_rows("ssrf.tsv")) == 173


@pytest.mark.parametrize(("verdict", "address"), [r[:2] for r in read_rows("ssrf_addresses.tsv")])
def test_address_vectors(verdict, address):
    assert is_public_address(address) == (verdict == "allow")


def test_is_global_alone_would_not_do():
    wrong = [
        row[1]
        for row in read_rows("ssrf_addresses.tsv")
        if row[0] == "deny" and ip_address(row[1]).is_global
    ]
    assert len(wrong) == 27 or not VECTORS.is_dir()


@pytest.mark.parametrize(
    ("verdict", "url"), [(row[0], unescape(row[2])) for row in read_rows("ssrf.tsv")]
)
def test_url_vectors(verdict, url):
    if verdict == "deny" and url not in REFUSED_BY_RESOLUTION:
        with pytest.raises(TargetNotAllowed) as refusal:
            check_url(url, PUBLIC_ONLY)
        assert str(refusal.value) == "target not allowed"
    else:  # "policy": the decimal spelling of a public address is read as browsers read it
        assert check_url(url, PUBLIC_ONLY).href.startswith("http")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("64:ff9b::808:808", True),  # a host without IPv4 needs it
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::808:808", False),
        ("::ffff:8.8.8.8", False),
        ("::8.8.8.8", False),
        ("::ffff:0:8.8.8.8", False),
        ("2606:4700::1%eth0", False),
        ("3ffe::1", True),
        ("3fff:fff::1", False),
        ("2001:1ff:ffff::1", False),
        ("2001:200::1", True),
        ("4000::1", False),
    ],
)
def test_addresses_beyond_the_vectors(address, expected):
    assert is_public_address(address) is expected


def test_a_text_that_is_no_address_is_an_error():
    with pytest.raises(ValueError, match="does not appear"):
        is_public_address("example.com")


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("HTTPS://Example.COM", "example.com", 443),
        ("http://example.com:80/a?b#c", "example.com", 80),
        ("http://0x08080808/", "8.8.8.8", 80),
        ("http://[2606:4700:4700::1111]/", "2606:4700:4700::1111", 80),
        ("https://bücher.example/", "xn--bcher-kva.example", 443),
        ("http://example.com./", "example.com.", 80),
        ("http://under_score.example.com/", "under_score.example.com", 80),
    ],
)
def test_a_target_is_read_as_browsers_read_it(url, host, port):
    target = check_url(url, PUBLIC_ONLY)
    assert (target.host, target.port) == (host, port)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("nonsense", NotAUrl),
        ("", NotAUrl),
        ("http://[::1", NotAUrl),
        ("ftp://example.com/", SchemeNotSupported),
        ("mailto:someone@example.com", SchemeNotSupported),
        ("javascript:alert(1)", SchemeNotSupported),
        ("https://user@example.com/", TargetNotAllowed),
        ("https://user:secret@example.com/", TargetNotAllowed),
        ("https://@example.com/", TargetNotAllowed),
        ("https://example.com/" + "x" * 9000, TargetNotAllowed),
        ("https://example.com/a\nb", TargetNotAllowed),
        ("https://ex ample.com/", TargetNotAllowed),
        ("https://printer.local/", TargetNotAllowed),
        ("https://example.com:8443/", TargetNotAllowed),
        ("https://\ud800.com/", TargetNotAllowed),
    ],
)
def test_refusals_have_one_text_and_their_kind(url, kind):
    with pytest.raises(kind) as refusal:
        check_url(url, PUBLIC_ONLY)
    assert str(refusal.value) == "target not allowed"
    assert refusal.value.detail


def test_own_hosts_are_denied_by_name_and_by_address():
    policy = GuardPolicy(own_hosts=frozenset({"wiki.example.org", ".example.net", "8.8.8.8"}))
    for url in (
        "https://wiki.example.org/",
        "https://WIKI.example.org./page",
        "https://example.net/",
        "https://deep.below.example.net/",
        "http://134744072/",
    ):
        with pytest.raises(TargetNotAllowed):
            check_url(url, policy)
    assert check_url("https://other.example.org/", policy).host == "other.example.org"


def test_settings_open_exactly_what_they_name():
    policy = GuardPolicy(
        admit_networks=(ip_network("127.0.0.8/30"),),
        ports=frozenset({8123}),
        own_hosts=frozenset({"127.0.0.9"}),
    )
    assert check_url("http://127.0.0.9:8123/", policy).port == 8123
    for url in (
        "http://127.0.0.1:8123/",
        "http://127.0.0.9/",
        "http://10.0.0.1:8123/",
        "http://localhost:8123/",
        "http://[::1]:8123/",
    ):
        with pytest.raises(TargetNotAllowed):
            check_url(url, policy)


# --- Spellings -----------------------------------------------------------------------------------

DOTS = (".", "。", "．", "｡", "%2e", "%2E")
DIGITS = ("0123456789", "０１２３４５６７８９", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "⓪①②③④⑤⑥⑦⑧⑨")
DENIED_NETWORKS = [
    ip_network(text)
    for text in ("0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16")
]


def spell_number(number: int, base: str, script: str) -> str:
    text = {
        "dec": f"{number}",
        "hex": f"0x{number:x}",
        "HEX": f"0X{number:X}",
        "oct": f"0{number:o}",
    }
    return text[base].translate({ord(sign): script[int(sign)] for sign in "0123456789"})


@st.composite
def denied_spellings(draw):
    """Some spelling of some IPv4 address that must be denied."""
    network = draw(st.sampled_from(DENIED_NETWORKS))
    address = draw(st.integers(int(network[0]), int(network[-1])))
    octets = list(IPv4Address(address).packed)
    parts_wanted = draw(st.integers(1, 4))
    tail = int.from_bytes(bytes(octets[parts_wanted - 1 :]), "big")
    bases = st.sampled_from(["dec", "hex", "HEX", "oct"])
    scripts = st.sampled_from(DIGITS)
    parts = [
        spell_number(number, draw(bases), draw(scripts))
        for number in [*octets[: parts_wanted - 1], tail]
    ]
    host = draw(st.sampled_from(DOTS)).join(parts) + draw(st.sampled_from(["", ".", "。"]))
    if draw(st.booleans()):
        place = draw(st.integers(0, len(host)))
        if not (place > 0 and host[place - 1] == "%") and "%" not in host:
            host = host[:place] + "\N{SOFT HYPHEN}" + host[place:]
    slashes = draw(st.sampled_from(["//", "/", "", "///", "\\\\"]))
    port = draw(st.sampled_from(["", ":", ":80", ":080"]))
    return draw(st.sampled_from(["http", "HTTP", "hTTps"])) + ":" + slashes + host + port + "/x"


@given(denied_spellings())
def test_no_spelling_of_a_denied_address_passes(url):
    with pytest.raises(TargetNotAllowed):
        check_url(url, PUBLIC_ONLY)


@given(st.integers(0, 2**32 - 1))
def test_ipv6_forms_are_never_kinder_than_the_address_inside(number):
    inside = IPv4Address(number)
    for prefix in ("::ffff:", "::", "::ffff:0:"):
        assert not is_public_address(f"{prefix}{inside}")
    assert is_public_address(f"64:ff9b::{inside}") == is_public_address(str(inside))
    sixtofour = ipaddress.IPv6Address((0x2002 << 112) | (number << 80))
    assert not is_public_address(str(sixtofour))


@given(st.text(max_size=60))
def test_any_text_is_either_a_target_or_a_refusal(text):
    try:
        target = check_url(text, PUBLIC_ONLY)
    except TargetNotAllowed as refusal:
        assert refusal.detail
    else:
        assert target.scheme in ("http", "https")


@given(st.text(max_size=30))
def test_any_host_is_either_a_public_target_or_a_refusal(text):
    try:
        target = check_url(f"http://{text}/", PUBLIC_ONLY)
    except TargetNotAllowed:
        return
    if target.is_literal:
        assert is_public_address(target.host)
    else:
        assert "." in target.host
