"""``docs/configuration.md`` lists what the settings read, no more and no less."""

import re

from django.conf import settings

from tests.settings import find_variables


def test_every_variable_of_the_settings_is_documented() -> None:
    text = (settings.BASE_DIR / "docs" / "configuration.md").read_text()
    assert sorted(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE)) == find_variables()
