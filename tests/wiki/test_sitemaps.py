"""What programs are told that read the whole site."""

import json
import re
from xml.etree import ElementTree

import pytest

from catalog.editing import retire_resource
from changes.recording import Authorship
from tests.catalog.test_merging import set_values
from tests.changes.content import edit, make_page, make_path, make_resource, make_section
from wiki import sitemap_views, sitemaps
from wiki.editing import create_page, delete_page, rename_page
from wiki.paths.editing import delete_path

pytestmark = pytest.mark.django_db


def addresses(client, url, settings):
    response = client.get(url)
    text = b"".join(response.streaming_content) if response.streaming else response.content
    return [
        (element.text or "").removeprefix(settings.SITE_URL)
        for element in ElementTree.fromstring(text).iter()
        if element.tag.endswith("}loc")
    ]


def test_all_that_is_published_stands_in_files_and_nothing_else(
    client, alice, erin, maria, settings
):
    page = make_page(alice, "Tasks")
    make_page(alice, "任务")
    rename_page(page_id=make_page(alice, "Old").pk, new_title="New", by=Authorship(actor=erin))
    delete_page(page_id=make_page(alice, "Gone").pk, reason="x", by=Authorship(actor=maria))
    section = make_section(erin)
    make_resource(alice, section)
    retired = make_resource(alice, section, "Retired")
    retire_resource(resource_id=retired.pk, reason="x", by=Authorship(actor=alice))
    make_path(alice, "Afternoon", page=page)
    delete_path(
        path_id=make_path(alice, "Evening", page=page).pk, reason="x", by=Authorship(actor=maria)
    )
    files = addresses(client, "/sitemap.xml", settings)
    assert [name.rpartition("/")[2] for name in files] == [
        "sitemap-lists-1.xml",
        "sitemap-pages-1.xml",
        "sitemap-paths-1.xml",
        "sitemap-resources-1.xml",
        "sitemap-sections-1.xml",
    ]
    found = [address for name in files for address in addresses(client, name, settings)]
    pages = ["/wiki/tasks/", "/wiki/%E4%BB%BB%E5%8A%A1/", "/wiki/new/"]
    objects = [*pages, "/paths/afternoon/", "/resources/docs/", "/sections/core/"]
    assert found == ["/", "/wiki/", "/paths/", "/sections/", "/resources/", *objects]
    assert all(client.get(address).status_code == 200 for address in found)
    robots = client.get("/robots.txt").content.decode()
    assert f"Sitemap: {settings.SITE_URL}/sitemap.xml" in robots


def test_translations_name_each_other(client, alice):
    page = make_page(alice, "Tasks")
    values = {"title": "Tareas", "body": "", "language": "es", "translation_of_id": page.pk}
    create_page(values=values, by=Authorship(actor=alice))
    text = b"".join(client.get("/sitemap-pages-1.xml").streaming_content).decode()
    assert text.count('hreflang="es"') == text.count('hreflang="en"') == 2
    assert len(re.findall("<lastmod>[0-9T:+-]+</lastmod>", text)) == 2


def test_files_are_split_where_they_are_full(client, alice, settings, monkeypatch):
    for number in range(3):
        make_page(alice, f"Page {number}")
    monkeypatch.setattr(sitemaps, "MOST_ADDRESSES", 2)
    monkeypatch.setattr(sitemap_views, "MOST_ADDRESSES", 2)
    assert "sitemap-pages-2.xml" in client.get("/sitemap.xml").content.decode()
    assert addresses(client, "/sitemap-pages-2.xml", settings) == ["/wiki/page-2/"]
    for name in ("pages-3", "pages-0", "nothing-1", "lists-2"):
        assert client.get(f"/sitemap-{name}.xml").status_code == 404


def test_what_has_not_changed_is_not_sent_again(client, alice):
    page = make_page(alice)
    for url in ("/sitemap.xml", "/sitemap-pages-1.xml"):
        tag = client.get(url).headers["ETag"]
        assert client.get(url, headers={"if-none-match": tag}).status_code == 304
        edit(page, f"Another text for {url}.\n", alice)
        assert client.get(url, headers={"if-none-match": tag}).status_code == 200


def head(client, url):
    return client.get(url).content.decode().partition("</head>")[0]


def test_a_page_has_one_name_and_endless_lists_are_left_out(client, alice, erin, settings):
    make_page(alice)
    make_resource(alice, make_section(erin))
    for url, canonical in (
        ("/wiki/tasks/?from=x", "/wiki/tasks/"),
        ("/resources/?kind=tool&order=newest", "/resources/"),
        ("/resources/?page=2", "/resources/?page=2"),
        ("/resources/?page=1", "/resources/"),
    ):
        text = head(client, url)
        assert f'<link rel="canonical" href="{settings.SITE_URL}{canonical}">' in text
        assert ("noindex" in text) == ("kind=" in url)
    for way in ("history/", "compare/", "blame/", "at/", "contributors/", "revisions/1/"):
        assert "noindex" in head(client, f"/wiki/tasks/{way}")


def structured(client, url):
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', head(client, url))
    return {block["@type"]: block for block in map(json.loads, blocks)}


def test_pages_say_what_they_are(client, alice, erin, settings):
    make_page(alice, "Tasks </script><b>", "A task & more </script> <!-- \u2028 of it.\n")
    section = make_section(erin)
    entry = make_resource(alice, section)
    set_values(entry, alice, description="The docs.", kind="book", tags=["a"], level="beginner")
    found = structured(client, "/wiki/tasks-script-b/")
    assert found["Article"]["headline"] == "Tasks </script><b>"
    assert found["Article"]["description"].startswith("A task & more </script> <!--")
    assert found["BreadcrumbList"]["itemListElement"][0]["name"] == "Pages"
    found = structured(client, "/resources/docs/")
    assert (found["Book"]["url"], found["Book"]["keywords"]) == ("https://docs.example/", ["a"])
    crumbs = found["BreadcrumbList"]["itemListElement"]
    assert crumbs[1]["item"] == f"{settings.SITE_URL}/sections/core/"
    assert "CollectionPage" in structured(client, "/sections/core/")
    assert "WebSite" in structured(client, "/")
    text = head(client, "/resources/docs/")
    for name in ("og:title", "og:description", "og:url", "twitter:card"):
        assert f'="{name}" content="' in text
