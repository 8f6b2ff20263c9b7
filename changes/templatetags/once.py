"""Drawing what many rows of a page have in common once, and not in each row."""

from __future__ import annotations

from collections.abc import Sequence
from secrets import randbelow
from typing import Any, Final, cast

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString

register = template.Library()

# Stands in for a number that differs from row to row; nothing else on a page is this one.
_STAND_IN: Final = 10**17 + randbelow(10**17)


class OnceNode(template.Node):
    """What it holds, drawn at its first turn and kept for all with the same keys."""

    def __init__(
        self, nodelist: NodeList, keys: Sequence[FilterExpression], numbers: Sequence[str]
    ) -> None:
        self.nodelist = nodelist
        self.keys = keys
        self.stand_ins = {name: _STAND_IN + index for index, name in enumerate(numbers)}

    def render(self, context: Context) -> SafeString:
        # Where Django's own ``include`` keeps its templates: it is gone with the page.
        of_page = cast("dict[OnceNode, dict[Any, SafeString]]", context.render_context.dicts[0])
        drawn = of_page.setdefault(self, {})
        key = tuple(key.resolve(context) for key in self.keys)
        if key not in drawn:
            with context.push(**self.stand_ins):
                drawn[key] = self.nodelist.render(context)
        html = drawn[key]
        for name, stand_in in self.stand_ins.items():
            html = SafeString(html.replace(str(stand_in), str(int(context[name]))))
        return html


@register.tag
def once(parser: Parser, token: Token) -> OnceNode:
    """Draw what is alike in each turn of a loop once a page: ``{% once %}…{% endonce %}``.

    Or once for each value of all that it depends on, ``{% once user.language %}``. Behind ``but``
    stand variables that may differ nevertheless, ``{% once but id %}``: they are numbers, which
    are put into what was drawn, and so can be shown or be part of an address there, and no more.
    """
    bits = token.split_contents()[1:]
    at = bits.index("but") if "but" in bits else len(bits)
    keys = [parser.compile_filter(bit) for bit in bits[:at]]
    nodelist = parser.parse(("endonce",))
    parser.delete_first_token()
    return OnceNode(nodelist, keys, bits[at + 1 :])
