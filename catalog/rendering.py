"""Descriptions and introductions as HTML, as they are stored: in the site's own language.

The words that rendering adds ("image: …") must not depend on whose browser happened to save.
"""

from __future__ import annotations

from django.conf import settings
from django.utils import translation

from markup.rendering import RenderedDocument, render_document


def render_description(text: str) -> RenderedDocument:
    """A resource's description, within a line."""
    with translation.override(settings.LANGUAGE_CODE):
        return render_document(text, inline=True)


def render_introduction(text: str) -> RenderedDocument:
    """A section's introduction, as paragraphs."""
    with translation.override(settings.LANGUAGE_CODE):
        return render_document(text)
