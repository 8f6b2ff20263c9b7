"""Talk pages: threads and answers, what one may change, what moderators hide, and who is told."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.blocking import BlockTerms, block_user
from accounts.erasing import erase_user
from accounts.roles import NEWCOMERS
from changes.models import Notification
from changes.recording import Authorship
from moderation.link_blocking import block_link
from moderation.models import Case, Decision, Report
from moderation.undoing import undo_decision
from talk.models import HiddenText, Post, Thread
from talk.moderating import hide_post, show_post
from talk.posting import edit_post, reply, start_thread
from talk.rendering import find_mentioned
from tests.cast import make_user
from tests.changes.content import make_page, make_path, make_resource, make_section
from tests.moderation.rules.rule_kit import condition, make_rule
from wiki.editing import delete_page, rename_page
from wiki.models import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(alice):
    return make_page(alice)


@pytest.fixture
def thread(page, alice):
    text = "Is **this** right?"
    return start_thread(
        object_type="page", object_id=page.pk, title="A question", text=text, by=alice
    )


def text_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def visitor(user=None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def address(thread: Thread) -> str:
    return f"/wiki/tasks/talk/{thread.pk}/"


def test_a_thread_is_opened_and_answered_and_everybody_reads_it(client, alice, bob, page):
    sent = {"title": "A question", "text": "Is **this** right? <script>"}
    response = visitor(alice).post("/wiki/tasks/talk/", sent)
    thread = Thread.objects.get()
    assert response["Location"] == address(thread)
    response = visitor(bob).post(address(thread), {"text": "Yes, @ALICE and @nobody-here."})
    assert f"#post-{Post.objects.last().pk}" in response["Location"]
    text = text_of(client, address(thread))
    assert "<strong>this</strong>" in text and "<script>" not in text and "Yes" in text
    assert "A question" in text_of(client, "/wiki/tasks/talk/")
    assert "Yes" in text_of(client, "/talk/")
    told = Notification.objects.get()
    assert (told.recipient, told.kind, told.count) == (alice, "talk_mention", 1)
    assert "Yes" not in str(told.params) + told.object_title


def test_every_kind_of_object_has_a_talk_page(client, alice, erin, page):
    make_resource(alice, make_section(erin))
    make_path(alice, "Afternoon", page=page)
    for base in ("/wiki/tasks/", "/resources/docs/", "/sections/core/", "/paths/afternoon/"):
        visitor(alice).post(f"{base}talk/", {"title": "Hm", "text": f"About {base}"})
        assert "About" in text_of(client, f"{base}talk.atom")
        # Counted on the tab, also on the page that is kept for readers.
        assert re.search(r"Talk\s*<small>1<", text_of(client, base)), base
        assert re.search(r"Talk\s*<small>1<", text_of(client, base)), base
    assert Thread.objects.count() == 4


def test_the_count_kept_for_readers_follows_what_happens(client, alice, maria, thread):
    assert re.search(r"Talk\s*<small>1<", text_of(client, "/wiki/tasks/"))
    visitor(alice).post(f"/talk/threads/{thread.pk}/resolve/")
    assert not re.search(r"Talk\s*<small>", text_of(client, "/wiki/tasks/"))
    assert "resolved" in text_of(client, address(thread))
    visitor(alice).post(f"/talk/threads/{thread.pk}/resolve/", {"do": "reopen"})
    hide_post(post_id=thread.posts.get().pk, reason="No.", by=maria)
    assert not re.search(r"Talk\s*<small>", text_of(client, "/wiki/tasks/"))


def test_who_may_not_write_keeps_what_they_typed(maria, thread):
    blocked = make_user("bert", NEWCOMERS)
    block_user(user=blocked, terms=BlockTerms(reason="Spam."), by=maria)
    for user in (None, blocked):
        response = visitor(user).post(address(thread), {"text": "My long words."})
        assert response.status_code == 403
        assert "My long words." in response.content.decode()
    assert Post.objects.count() == 1


def test_newcomers_write_a_little_and_few_links(maria, thread):
    client = visitor(make_user("nora", NEWCOMERS))
    links = " ".join(f"https://site{n}.example/" for n in range(3))
    assert client.post(address(thread), {"text": links}).status_code == 422
    block_link(pattern="spam.example", reason="Spam.", by=maria)
    response = client.post(address(thread), {"text": "See https://spam.example/x"})
    assert response.status_code == 422 and "not taken here" in response.content.decode()
    answers = [client.post(address(thread), {"text": f"Answer {n}"}).status_code for n in range(6)]
    assert answers[0] == 302 and answers[-1] == 429


@pytest.mark.parametrize("action", ["hold", "refuse"])
def test_rules_on_edits_hold_for_posts_and_what_would_wait_is_refused(root, thread, action):
    loud = condition("text_added", text="casino")
    make_rule(root, loud, action=action, message="Not so loud.", standings=["newcomer"])
    client = visitor(make_user("nora", NEWCOMERS))
    response = client.post(address(thread), {"text": "To the casino!"})
    assert response.status_code == 422
    assert "Not so loud." in response.content.decode()
    assert client.post(address(thread), {"text": "I whisper."}).status_code == 302


def test_ones_own_post_is_put_right_until_somebody_answers(alice, bob, thread):
    post = thread.posts.get()
    edit = f"/talk/posts/{post.pk}/edit/"
    assert "this" in text_of(visitor(alice), edit)
    assert visitor(bob).get(edit).status_code == 403
    assert visitor(bob).post(edit, {"text": "Mine"}).status_code == 403
    visitor(alice).post(edit, {"text": "Is that right?"})
    post.refresh_from_db()
    assert (post.text, post.edited_at is not None) == ("Is that right?", True)
    assert "edited" in text_of(visitor(), address(thread))
    reply(thread_id=thread.pk, text="Yes.", by=bob)
    assert visitor(alice).post(edit, {"text": "No?"}).status_code == 403


def test_ones_own_post_is_final_after_a_quarter_of_an_hour(alice, thread):
    Post.objects.update(at=timezone.now() - timedelta(minutes=16))
    edit = f"/talk/posts/{thread.posts.get().pk}/edit/"
    assert visitor(alice).get(edit).status_code == 403
    assert visitor(alice).post(edit, {"text": "No?"}).status_code == 403


def test_newcomers_resolve_their_own_threads_alone(page, alice, thread):
    nora = make_user("nora", NEWCOMERS)
    assert visitor(nora).post(f"/talk/threads/{thread.pk}/resolve/").status_code == 403
    own = start_thread(object_type="page", object_id=page.pk, title="Mine", text="?", by=nora)
    visitor(nora).post(f"/talk/threads/{own.pk}/resolve/")
    own.refresh_from_db()
    assert own.is_resolved


SECRET = "Phone555"


def roads(thread: Thread, post: Post) -> list[str]:
    urls = ["/talk/", "/wiki/tasks/", "/wiki/tasks/talk/", "/wiki/tasks/talk/?state=resolved"]
    urls += [f"/wiki/tasks/talk.{kind}" for kind in ("atom", "rss", "json")]
    urls += [address(thread), f"{address(thread)}?hidden=show", "/log/", "/notifications/"]
    urls += [f"{address(thread)}?quote={post.pk}", f"/talk/posts/{post.pk}/edit/"]
    urls += [f"/talk/posts/{post.pk}/hide/", "/changes/", "/users/alice/", "/review/"]
    urls += [f"/report/?about=post:{post.pk}", f"/search/?q={SECRET}"]
    return urls


@pytest.mark.parametrize("who", ["", "alice", "author", "maria"])
def test_nobody_reads_a_hidden_post_by_any_road(request, alice, bob, maria, page, who):
    author = make_user("author", NEWCOMERS)
    title, text = f"Call {SECRET}", f"My {SECRET} @alice"
    thread = start_thread(object_type="page", object_id=page.pk, title=title, text=text, by=author)
    post = thread.posts.get()
    reply(thread_id=thread.pk, text="Careful!", by=bob)
    hide_post(post_id=post.pk, reason="Personal data.", by=maria)
    user = {"": None, "author": author}.get(who) if who in ("", "author") else None
    user = user or (request.getfixturevalue(who) if who in ("alice", "maria") else user)
    client = visitor(user)
    for url in roads(thread, post):
        body = client.get(url).content.decode().replace(f'value="{SECRET}"', "")
        assert SECRET not in body.replace(f"q={SECRET}", "") or url.startswith("/search"), url
    assert SECRET not in client.post(f"/talk/posts/{post.pk}/edit/", {"text": "x"}).content.decode()


def test_administrators_read_it_where_they_ask_for_it(root, maria, thread):
    reply(thread_id=thread.pk, text="Hm.", by=maria)
    hide_post(post_id=thread.posts.first().pk, reason="No.", by=maria)
    assert "<strong>this</strong>" not in text_of(visitor(root), address(thread))
    assert "<strong>this</strong>" in text_of(visitor(root), f"{address(thread)}?hidden=show")


def test_hiding_stands_in_the_log_and_is_undone_from_there(client, alice, maria, mika, thread):
    post = thread.posts.get()
    hide = f"/talk/posts/{post.pk}/hide/"
    assert visitor(alice).post(hide, {"reason": "No."}).status_code == 403
    assert visitor(maria).post(hide, {"reason": ""}).status_code == 422
    visitor(maria).post(hide, {"reason": "Rude."})
    thread.refresh_from_db()
    assert (thread.title, thread.is_hidden, HiddenText.objects.count()) == ("", True, 1)
    assert client.get(address(thread)).status_code == 404
    decision = Decision.objects.get(kind="post")
    assert "Rude." in text_of(client, "/log/")
    undo_decision(decision_id=decision.pk, reason="Not so.", actor=mika)
    thread.refresh_from_db()
    assert (thread.title, thread.is_hidden, HiddenText.objects.count()) == ("A question", False, 0)
    assert "<strong>this</strong>" in text_of(client, address(thread))


def test_a_post_is_reported_like_anything_else(alice, bob, maria, thread):
    post = thread.posts.get()
    url = f"/report/?about=post:{post.pk}"
    response = visitor(bob).post(url, {"reason": "harassment", "text": "Rude."})
    assert response.status_code == 302
    assert Report.objects.get().target_type == "post"
    case = Case.objects.get(kind="report")
    assert case.evidence["people"] == [alice.pk]
    assert "Talk about" in text_of(visitor(maria), f"/review/{case.pk}/")


def test_of_a_deleted_page_nobody_reads_the_talk(client, maria, page, thread):
    delete_page(page_id=page.pk, reason="No.", by=Authorship(actor=maria))
    for url in ("/wiki/tasks/talk/", address(thread), "/wiki/tasks/talk.atom"):
        assert client.get(url).status_code == 404
    assert "this" not in text_of(client, "/talk/").split("<main")[1].split("</main")[0]
    assert visitor(maria).get(f"/talk/posts/{thread.posts.get().pk}/hide/").status_code == 404


def test_a_thread_costs_as_many_queries_however_many_posts(client, alice, bob, thread):
    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(address(thread))
        return len(asked)

    few = count()
    for number in range(12):
        reply(thread_id=thread.pk, text=f"Answer {number}", by=(alice, bob)[number % 2])
    assert count() == few


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@alice, @Bob: see `@erin` and mail@maria", {"alice", "bob"}),
        ("```\n@alice\n```", set()),
        ("@al @alice.", {"alice"}),
        (" ".join(f"@name{n}" for n in range(500)), set()),
        ("[@alice](https://x.example) https://x.example/@bob @@erin a@maria ~@maria~", {"maria"}),
        ("    @alice\n\n> **@bob**", {"bob"}),
    ],
)
def test_mentions_are_names_outside_code(alice, bob, erin, maria, text, names):
    assert {user.username for user in find_mentioned(text)} == names


PEOPLE = re.compile(r'<a class="user" href="([^"]+)"><bdi>@([^<]+)</bdi></a>')


def test_a_mention_leads_to_the_person_on_pages_and_in_the_feed(
    client, alice, bob, thread, settings
):
    reply(thread_id=thread.pk, text="Ask @ALICE, @nobody-here or `@bob`.", by=bob)
    for url in (address(thread), "/talk/"):
        text = text_of(client, url)
        assert PEOPLE.findall(text) == [("/users/alice/", "ALICE")], url
        assert "@nobody-here or <code>@bob</code>" in text
    feed = client.get("/wiki/tasks/talk.json").json()["items"][0]["content_html"]
    assert PEOPLE.findall(feed) == [(f"{settings.SITE_URL}/users/alice/", "ALICE")]
    assert "@nobody-here or" in feed


def test_nobody_is_led_to_an_account_that_is_no_more(client, alice, bob, erin, thread):
    reply(thread_id=thread.pk, text="Ask @alice, @bob and @perennial-bot.", by=erin)
    erase_user(user=alice, actor=alice)
    bob.is_active = False
    bob.save()
    for url in (address(thread), "/talk/", "/wiki/tasks/talk.atom"):
        text = text_of(client, url)
        assert "@alice, @bob and @perennial-bot" in text
        assert not PEOPLE.search(text)


def test_no_text_writes_a_mark_of_a_mention_itself(client, bob, thread):
    forged = '<span class="mention">@bob</span> &lt;span class="mention"&gt;@bob&lt;/span&gt;'
    reply(thread_id=thread.pk, text=f"{forged} [x](/ '@bob')", by=bob)
    found = PEOPLE.findall(text_of(client, address(thread)))
    assert found == [("/users/bob/", "bob")] * 2
    assert '&lt;span class="mention"&gt;' in text_of(client, address(thread))


def test_a_hidden_post_mentions_nobody_but_for_who_may_see_it(client, bob, maria, root, thread):
    post = reply(thread_id=thread.pk, text="Ask @bob.", by=bob)
    hide_post(post_id=post.pk, reason="No.", by=maria)
    assert not PEOPLE.search(text_of(client, address(thread)))
    shown = text_of(visitor(root), f"{address(thread)}?hidden=show")
    assert PEOPLE.findall(shown) == [("/users/bob/", "bob")]


def test_mentions_cost_one_query_however_many(client, alice, bob, erin, maria, thread):
    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(address(thread))
        return len(asked)

    reply(thread_id=thread.pk, text="@bob", by=bob)
    few = count()
    for name in ("alice", "erin", "maria", "nobody", "Bob"):
        reply(thread_id=thread.pk, text=f"@{name} @{name}2", by=bob)
    assert count() == few


@pytest.mark.parametrize("ending", ["atom", "rss", "json"])
def test_an_unchanged_feed_is_304(client, alice, thread, ending):
    url = f"/wiki/tasks/talk.{ending}"
    first = client.get(url)
    assert "sandbox" in first["Content-Security-Policy"]
    assert first["Cache-Control"] == "public, no-cache"
    for sent in ("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified"):
        answer = client.get(url, headers={sent[0]: first[sent[1]]})
        assert (answer.status_code, answer.content) == (304, b"")
    assert visitor(alice).get(url, headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_a_feed_notices_at_once_what_happened(client, alice, bob, maria, page, thread):
    url = "/wiki/tasks/talk.atom"

    def is_new() -> bool:
        nonlocal seen
        answer = client.get(url, headers={"If-None-Match": seen["ETag"]})
        dated = client.get(url, headers={"If-Modified-Since": seen["Last-Modified"]})
        seen = client.get(url)
        return answer.status_code == 200 and dated.status_code in (200, 304)

    seen = client.get(url)
    post = reply(thread_id=thread.pk, text="Ask @alice.", by=bob)
    assert is_new()
    edit_post(post_id=post.pk, text="Ask @alice, please.", by=bob)
    assert is_new()
    hide_post(post_id=post.pk, reason="No.", by=maria)
    assert is_new() and "please" not in seen.content.decode()
    show_post(post_id=post.pk, reason="Yes.", by=maria)
    assert is_new() and "please" in seen.content.decode()
    hide_post(post_id=thread.posts.first().pk, reason="No.", by=maria)
    assert is_new() and "A question" not in seen.content.decode()
    rename_page(page_id=page.pk, new_title="Actors", by=Authorship(actor=maria))
    url = "/wiki/actors/talk.atom"
    assert is_new() and "Actors" in seen.content.decode()
    erase_user(user=alice, actor=alice)  # who is mentioned
    assert is_new() and "/users/alice/" not in seen.content.decode()
    erase_user(user=bob, actor=bob)  # who wrote it
    assert is_new() and "bob" not in seen.content.decode()
    assert not is_new()


def test_what_was_hidden_is_noticed_by_who_knows_only_the_time(client, bob, maria, thread):
    url = "/wiki/tasks/talk.atom"
    post = reply(thread_id=thread.pk, text="Secret.", by=bob)
    Post.objects.update(at=timezone.now() - timedelta(days=2))
    Page.objects.update(updated_at=timezone.now() - timedelta(days=2))
    dated = {"If-Modified-Since": client.get(url)["Last-Modified"]}
    assert client.get(url, headers=dated).status_code == 304
    hide_post(post_id=post.pk, reason="No.", by=maria)
    assert client.get(url, headers=dated).status_code == 200
