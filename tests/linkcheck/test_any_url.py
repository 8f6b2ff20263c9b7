"""Any string at all may be an address in a page: it becomes a link, or one that is excluded."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changes.models import ObjectType
from linkcheck.models import Link
from linkcheck.uses import FoundLink, sync_uses
from linkcheck.verdicts import Verdict

URLISH = st.one_of(
    st.text(max_size=80),
    st.text("htps:/?#[]@.%25aEf41www-_~&=\\ \t\0é中\u00ad\ud800xn", max_size=80).map(
        lambda rest: "https://" + rest
    ),
    st.integers(1900, 10_000).map(lambda length: "https://host.example/" + "x" * length),
)
PATIENT = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@PATIENT
@given(st.lists(URLISH, min_size=1, max_size=5))
def test_any_text_becomes_a_link_or_is_excluded_with_a_reason(db, texts):
    found = [FoundLink(field="body", url=text, text=text[:300]) for text in texts]
    links = sync_uses(ObjectType.PAGE, 1, found)
    for link in Link.objects.filter(pk__in=[link.pk for link in links.values()]):
        if link.verdict == Verdict.EXCLUDED:
            assert link.reason
        else:
            assert (link.verdict, link.host is not None) == (Verdict.UNCHECKED, True)
            assert link.next_check_at is not None
