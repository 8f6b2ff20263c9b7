"""Asking addresses: plain Python on aiohttp, without Django and without Celery."""

from linkcheck.observations import ErrorKind, Hop, Observation, SiblingLook, TlsProblem
from linkcheck.probing.prober import Prober
from linkcheck.probing.settings import ProbeSettings

__all__ = [
    "ErrorKind",
    "Hop",
    "Observation",
    "ProbeSettings",
    "Prober",
    "SiblingLook",
    "TlsProblem",
]
