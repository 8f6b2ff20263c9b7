"""What the addresses of feeds end in."""

from django.urls import register_converter
from django.urls.converters import StringConverter


class FeedFormatConverter(StringConverter):
    """``atom``, ``rss`` or ``json``."""

    regex = "atom|rss|json"


register_converter(FeedFormatConverter, "feed_format")
