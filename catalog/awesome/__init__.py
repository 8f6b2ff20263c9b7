"""Awesome lists read from their README: pure functions, no models."""

from catalog.awesome.model import ParsedEntry, ParsedList, ParsedSection, ReportLine
from catalog.awesome.parsing import parse_list
from catalog.awesome.reading import UnreadableList, decode_list, read_list

__all__ = [
    "ParsedEntry",
    "ParsedList",
    "ParsedSection",
    "ReportLine",
    "UnreadableList",
    "decode_list",
    "parse_list",
    "read_list",
]
