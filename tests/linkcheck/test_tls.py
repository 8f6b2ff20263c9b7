"""Certificates: verified, and on failure looked at once more only to say what is wrong."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from linkcheck.classification import Outcome, classify
from linkcheck.observations import ErrorKind, TlsProblem
from linkcheck.probing import Prober
from linkcheck.verdicts import Reason
from tests.linkcheck.playground import Answer, Playground, redirect
from tests.linkcheck.test_prober import settings_for

LONG_AGO = datetime(1999, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def probe(web, path, authority, **changes):
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    async def run():
        async with Prober(settings_for(web, **changes), ssl_context=trusting) as prober:
            return await prober.probe(web.url(path))

    return asyncio.run(run())


def serve(certificate, answers=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return Playground(ssl_context=context, answers=answers)


def test_a_good_certificate_is_a_good_answer(authority):
    with serve(authority.issue_cert("127.0.0.1")) as web:
        seen = probe(web, "/ok", authority)
        assert (seen.status, seen.tls_problem) == (200, TlsProblem.NONE)
        assert classify(seen)[0] is Outcome.ALIVE


@pytest.mark.parametrize("names", [["127.0.0.9"], ["elsewhere.example"]])
def test_a_certificate_for_another_name(authority, names):
    with serve(authority.issue_cert(*names)) as web:
        seen = probe(web, "/ok", authority)
        assert (seen.status, seen.tls_problem) == (200, TlsProblem.WRONG_NAME)
        assert classify(seen) == (Outcome.TLS_INVALID, Reason.CERTIFICATE)


def test_an_expired_certificate(authority):
    expired = authority.issue_cert(
        "127.0.0.1", not_before=LONG_AGO, not_after=LONG_AGO + timedelta(days=90)
    )
    with serve(expired) as web:
        seen = probe(web, "/ok", authority)
        assert seen.tls_problem is TlsProblem.EXPIRED
        assert classify(seen)[0] is Outcome.TLS_INVALID


def test_a_self_signed_certificate(authority, tmp_path):
    with Playground(ssl_context=home_made_context(tmp_path)) as web:
        seen = probe(web, "/ok", authority)
        assert seen.tls_problem is TlsProblem.SELF_SIGNED
        assert classify(seen)[0] is Outcome.TLS_INVALID


def test_a_certificate_of_an_unknown_authority(authority):
    with serve(trustme.CA().issue_cert("127.0.0.1")) as web:
        seen = probe(web, "/ok", authority)
        assert seen.tls_problem in (TlsProblem.UNTRUSTED, TlsProblem.SELF_SIGNED)
        assert classify(seen)[0] is Outcome.TLS_INVALID


def test_a_missing_intermediate_is_alive_with_a_note(authority, tmp_path):
    """The issuer is unknown to us, yet the certificate says where a browser would fetch it."""
    context = home_made_context(tmp_path, issuer="Some Public Authority")
    with Playground(ssl_context=context) as web:
        seen = probe(web, "/ok", authority)
        assert seen.tls_problem is TlsProblem.MISSING_INTERMEDIATE
        assert classify(seen) == (Outcome.ALIVE, Reason.INCOMPLETE_CHAIN)
        assert seen.title == "A page"


def test_a_dead_page_behind_a_bad_certificate_is_dead(authority):
    with serve(authority.issue_cert("elsewhere.example")) as web:
        assert classify(probe(web, "/404", authority)) == (Outcome.HARD, Reason.NOT_FOUND)


def test_the_unverified_look_only_classifies(authority):
    """It follows nothing, sends no cookie, and keeps nothing of the content."""
    answers = {
        "/set": Answer(302, b"", {"Location": "/ok", "Set-Cookie": "a=1"}),
        "/go": redirect("/ok"),
    }
    with serve(authority.issue_cert("elsewhere.example"), answers) as web:
        seen = probe(web, "/set", authority)
        assert [hop.status for hop in seen.hops] == [302]
        assert len(web.requests) == 1
        assert (seen.title, seen.fingerprint) == ("", "")


def probe_raw_server(said):
    """Ask, by https, a server that says ``said`` to whoever connects, and nothing more."""

    async def run():
        held = []

        async def serve(reader, writer):
            held.append(writer)
            writer.write(said)

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        web = Playground()
        web.port = server.sockets[0].getsockname()[1]
        async with Prober(settings_for(web, connect_s=0.3)) as prober:
            seen = await prober.probe(f"https://127.0.0.1:{web.port}/")
        for writer in held:
            writer.close()
        server.close()
        return seen

    return asyncio.run(run())


def test_a_server_that_never_shakes_hands_costs_the_time_for_connecting():
    seen = probe_raw_server(b"")
    assert seen.error is ErrorKind.CONNECT
    assert seen.elapsed_ms < 2000


def test_a_server_that_speaks_no_tls_is_a_soft_failure():
    seen = probe_raw_server(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert seen.error is ErrorKind.TLS
    assert classify(seen)[0] is Outcome.SOFT


def home_made_context(tmp_path, issuer="127.0.0.1"):
    """A certificate for 127.0.0.1, signed by itself or in the name of an absent ``issuer``."""
    key = ec.generate_private_key(ec.SECP256R1())
    signing_key = key if issuer == "127.0.0.1" else ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(
            x509.AuthorityInformationAccess(
                [
                    x509.AccessDescription(
                        AuthorityInformationAccessOID.CA_ISSUERS,
                        x509.UniformResourceIdentifier("http://ca.example/issuer.der"),
                    )
                ]
            ),
            critical=False,
        )
    )
    certificate = builder.sign(signing_key, hashes.SHA256())
    path = tmp_path / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
