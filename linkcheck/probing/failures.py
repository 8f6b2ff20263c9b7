"""Exceptions of aiohttp, asyncio and ssl, told as the few kinds of error the policy knows."""

from __future__ import annotations

import asyncio
import errno
import socket

import aiohttp

from linkcheck.guard import NotAUrl, SchemeNotSupported, TargetNotAllowed
from linkcheck.observations import ErrorKind, TlsProblem

# What getaddrinfo says when the name does not exist, or has no address at all.
_NO_SUCH_NAME = {
    code
    for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY")
    if (code := getattr(socket, name, None)) is not None
}
_RESETS = {errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED, errno.ESHUTDOWN}
# Our machine is at its limits: that says nothing about anybody's page (13).
_OUR_OWN = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}

# OpenSSL's X509_V_ERR_* (x509_vfy.h).
_BY_VERIFY_CODE = {
    9: TlsProblem.NOT_YET_VALID,
    10: TlsProblem.EXPIRED,
    18: TlsProblem.SELF_SIGNED,
    19: TlsProblem.SELF_SIGNED,
    62: TlsProblem.WRONG_NAME,
    64: TlsProblem.WRONG_NAME,
}
_NO_ISSUER_CODES = frozenset({2, 20, 21, 27})
# id-ad-caIssuers, RFC 5280 §4.2.2.1, as it stands in DER.
_CA_ISSUERS = bytes.fromhex("06082b06010505073002")


def describe_failure(error: BaseException) -> tuple[ErrorKind, str]:
    """Return the kind of ``error`` and a short detail; the detail names no address."""
    if refusal := find_refusal(error):
        return describe_refusal(refusal)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return _describe_dns(error.os_error)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return ErrorKind.CONNECT, "no connection in time"
    if isinstance(error, asyncio.TimeoutError):
        return ErrorKind.TIMEOUT, "no answer in time"
    if isinstance(error, aiohttp.ClientSSLError):
        return ErrorKind.TLS, _describe_tls(error)
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return ErrorKind.RESET, "closed without an answer"
    if isinstance(error, OSError):
        return _describe_os_error(error)
    return ErrorKind.PROTOCOL, type(error).__name__


def describe_refusal(refusal: TargetNotAllowed) -> tuple[ErrorKind, str]:
    """Return the kind of a refusal, always with the one text for it."""
    if isinstance(refusal, NotAUrl):
        return ErrorKind.INVALID_URL, str(refusal)
    if isinstance(refusal, SchemeNotSupported):
        return ErrorKind.UNSUPPORTED_SCHEME, str(refusal)
    return ErrorKind.REFUSED_TARGET, str(refusal)


def find_refusal(error: BaseException | None) -> TargetNotAllowed | None:
    """Return the guard's refusal that stands behind ``error``, if one does."""
    for _ in range(10):
        if error is None or isinstance(error, TargetNotAllowed):
            return error
        error = getattr(error, "os_error", None) or error.__cause__ or error.__context__
    return None


def classify_certificate(error: Exception) -> TlsProblem:
    """Return what is wrong, by OpenSSL's code; ``UNTRUSTED`` may prove a lacking intermediate."""
    code = getattr(error, "verify_code", None)
    return _BY_VERIFY_CODE.get(code or 0, TlsProblem.UNTRUSTED)


def lacks_intermediate(error: Exception, leaf: bytes | None) -> bool:
    """Return whether only the chain is incomplete: browsers fetch the issuer, we do not.

    No issuer was found, and the certificate (DER) names the place where its issuer's can be
    fetched, as those of the public authorities do and home-made ones do not.
    """
    code = getattr(error, "verify_code", None)
    return code in _NO_ISSUER_CODES and leaf is not None and _CA_ISSUERS in leaf


def _describe_dns(error: OSError) -> tuple[ErrorKind, str]:
    if isinstance(error, socket.gaierror) and error.errno in _NO_SUCH_NAME:
        return ErrorKind.NXDOMAIN, "no such host"
    return ErrorKind.DNS_FAILURE, "the name could not be resolved just now"


def _describe_tls(error: aiohttp.ClientSSLError) -> str:
    inner = getattr(error, "os_error", None)
    reason = getattr(inner, "reason", None)
    return f"handshake failed: {reason}" if reason else "handshake failed"


def _describe_os_error(error: OSError) -> tuple[ErrorKind, str]:
    code = error.errno
    if code in _OUR_OWN:
        return ErrorKind.NOT_ASKED, "this machine is out of sockets"
    if code == errno.ECONNREFUSED:
        return ErrorKind.REFUSED, "connection refused"
    if code in _RESETS:
        return ErrorKind.RESET, "connection reset"
    if isinstance(error, aiohttp.ClientConnectorError):
        return ErrorKind.CONNECT, errno.errorcode.get(code or 0, "no connection")
    return ErrorKind.RESET, errno.errorcode.get(code or 0, "connection lost")
