"""What is found, and in which order: the same corpus on both databases."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from catalog.models import Resource
from changes.recording import Authorship
from search.finding import search
from search.indexing import index_stale_documents, rebuild
from search.models import SearchDocument, SearchWord
from tests.changes.content import make_changes
from tests.search.corpus import make_corpus
from wiki.editing import edit_page, rename_page
from wiki.models import Page

# What is typed, and the titles in the order of the results ("…" for whatever follows).
EXPECTED = {
    # the title itself first, then titles, then labels, then texts
    "ray serve": [
        "Ray Serve",
        "Ray Serve and more",
        "Serving models with Ray Serve in production",
        "…",
    ],
    "kubernetes": ["A tour of Kubernetes", "KubeRay", "Actors"],
    # endings, accents, capitals
    "SERVED model": ["Serving models with Ray Serve in production", "Ray Serve"],
    "senal": ["Señales de vida"],
    "curso red neuronal": ["Entrenamiento distribuido con Ray"],
    "distribuidos": ["Entrenamiento distribuido con Ray"],
    # Chinese has no spaces
    "分布式": ["分布式计算框架入门"],
    "机器学习": ["分布式计算框架入门"],
    "框": ["分布式计算框架入门"],
    # humps, signs
    "kube ray": ["KubeRay"],
    "c++": ["C++ workers"],
    # living before dead
    "tuning": ["Tuning hyperparameters", "Ray Tune, the old pages"],
    # operators
    "kind:tutorial kubernetes": ["A tour of Kubernetes"],
    "kubernetes -kind:tutorial": ["KubeRay", "Actors"],
    "kubernetes -actor": ["A tour of Kubernetes", "KubeRay"],
    "type:page kubernetes": ["Actors"],
    "site:ray.io": ["Ray Serve"],
    "site:docs.ray.io serve": ["Ray Serve"],
    'tag:"deep learning"': ["Entrenamiento distribuido con Ray"],
    "lang:es curso": ["Entrenamiento distribuido con Ray"],
    "is:dead": ["Ray Tune, the old pages"],
    "level:advanced type:resource c++": ["C++ workers"],
    # phrases, exactly
    '"object store"': ["What is Ray"],
    '"store object"': [],
    '"serving models"': ["Serving models with Ray Serve in production", "Ray Serve"],
    '"serve model"': [],
    'models -"serving models"': [],
    # nothing that is not there, and nothing that is hidden
    "zanzibar": [],
    "nowhere at all": [],
    "": [],
    "-kubernetes": [],
    "unknown:thing": [],
}


@pytest.fixture
def corpus(erin: User, maria: User) -> None:
    make_corpus(erin, maria)


def titles(text: str, **values: object) -> list[str]:
    return [result.document.title for result in search(text, **values).results]


@pytest.mark.parametrize("text", EXPECTED, ids=lambda text: text or "nothing")
def test_results_stand_in_their_order(corpus, text):
    expected = EXPECTED[text]
    found = titles(text)
    if expected[-1:] == ["…"]:
        assert found[: len(expected) - 1] == expected[:-1]
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kubernetis", "kubernetes"),
        ("kubernetise", "kubernetes"),
        ("hyperparamters", "hyperparameters"),
        ("entrenamento", "entrenamiento"),
        ("sevring", "serving"),
    ],
)
def test_a_typing_error_finds_what_was_meant(corpus, typed, meant):
    answer = search(typed)
    assert answer.is_corrected
    assert answer.searched == meant
    assert [r.document.title for r in answer.results] == titles(meant) != []


def test_a_better_spelling_is_offered_beside_few_results(corpus, erin):
    page = Page.objects.get(title="Actors")
    edit_page(
        page_id=page.pk,
        base_version=page.version,
        values={"body": "We once wrote kubernetis.\n"},
        by=Authorship(actor=erin),
    )
    index_stale_documents()
    answer = search("kubernetis")
    assert [r.document.title for r in answer.results] == ["Actors"]
    assert answer.suggestion == "kubernetes"


def test_no_word_of_what_is_hidden_is_suggested(corpus):
    assert search("zanzibat").suggestion == ""
    assert not SearchWord.objects.filter(word="zanzibar").exists()


def test_what_is_edited_renamed_or_gone_is_found_as_it_is_now(corpus, erin, maria):
    page = Page.objects.get(title="Actors")
    rename_page(page_id=page.pk, new_title="Stateful workers", by=Authorship(actor=erin))
    index_stale_documents()
    assert titles("stateful worker")[0] == "Stateful workers"
    assert "Actors" not in titles("actors")


def test_the_vocabulary_equals_a_recount(corpus):
    counted: dict[str, int] = {}
    for words in SearchDocument.objects.values_list("word_list", flat=True):
        for word in words:
            counted[word] = counted.get(word, 0) + 1
    assert dict(SearchWord.objects.values_list("word", "documents")) == counted


def test_rebuilding_changes_nothing(corpus):
    fields = [f.attname for f in SearchDocument._meta.fields if f.attname != "id"]
    before = list(SearchDocument.objects.order_by("object_type", "object_id").values(*fields))
    words = dict(SearchWord.objects.values_list("word", "documents"))
    assert sum(rebuild()) >= len(before)
    after = list(SearchDocument.objects.order_by("object_type", "object_id").values(*fields))
    assert after == before
    assert dict(SearchWord.objects.values_list("word", "documents")) == words


def test_a_result_whose_object_was_hidden_meanwhile_is_not_shown(corpus):
    """A worker that is late leaves the document behind; nobody sees it."""
    Page._base_manager.filter(title="Actors").update(deleted_at="2026-01-01T00:00:00Z")
    assert "Actors" not in titles("actor")


def test_facets_count_and_narrow(corpus):
    answer = search("kubernetes")
    facets = {facet.name: {v.label: v for v in facet.values} for facet in answer.facets}
    assert {label: value.count for label, value in facets["type"].items()} == {
        "resources": 2,
        "pages": 1,
    }
    assert facets["kind"]["tutorial"].query == "kubernetes kind:tutorial"
    narrowed = search("kubernetes kind:tutorial")
    (kind,) = [facet for facet in narrowed.facets if facet.name == "kind"]
    assert kind.values[0].is_current
    assert kind.values[0].query == "kubernetes"


def test_snippets_mark_what_was_looked_for(corpus):
    (result,) = search('"object store"').results
    assert ("object", True) in result.snippet
    assert ("store", True) in result.snippet
    (result,) = search("机器学习").results
    assert ("机器学习", True) in result.snippet


def test_people_are_found_by_name(corpus, alice):
    assert search("alice").people == [alice]
    assert search("kind:tutorial").people == []


def test_the_number_of_queries_does_not_grow(corpus, erin, client, django_assert_max_num_queries):
    from catalog.editing import create_resource

    url = reverse("search:search_results")
    with django_assert_max_num_queries(20) as few:
        assert client.get(url, {"q": "kubernetes"}).status_code == 200
    section = Resource.objects.first().section
    for number in range(30):
        values = {
            "title": f"Kubernetes {number}",
            "url": f"https://k{number}.example/",
            "section_id": section.pk,
        }
        create_resource(values=values, by=Authorship(actor=erin))
    index_stale_documents()
    with django_assert_max_num_queries(len(few.captured_queries)):
        response = client.get(url, {"q": "kubernetes"})
    assert response.context["answer"].page.paginator.count == 33
    assert len(response.context["answer"].results) == 20
    assert client.get(url, {"q": "kubernetes", "page": 2}).context["answer"].page.number == 2


def test_the_page_says_what_it_did(corpus, client):
    url = reverse("search:search_results")
    page = client.get(url, {"q": "kubernetis"}).content.decode()
    assert "Nothing was found for “kubernetis”" in page
    assert "<mark>Kubernetes</mark>" in page
    page = client.get(url, {"q": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert" not in page
    assert "Nothing found" in page


@pytest.mark.parametrize(
    "text",
    [
        "'",
        '"',
        "a'b",
        '"""',
        "(",
        ":*",
        "a:b:c",
        "!",
        "&|!",
        "\\",
        "%",
        "* OR *",
        "NEAR(a b)",
        "a\0b",
        "kind:",
        'kind:"',
        "-",
        "--",
        "- a",
        "+" * 200,
        "框'",
        "é" * 300,
        "tag:'; DROP TABLE x",
        "\u2028",
    ],
)
def test_no_text_breaks_the_search(corpus, text):
    search(text)


def test_suggestions_complete_titles(corpus, client):
    url = reverse("search:search_suggest")
    answer = client.get(url, {"q": "ray ser"})
    assert answer["Content-Type"] == "application/x-suggestions+json"
    text, found, kinds, urls = answer.json()
    assert text == "ray ser"
    assert found[0] == "Ray Serve"
    assert kinds[0] == "resource"
    assert urls[0].endswith("/resources/ray-serve/")
    assert client.get(url, {"q": "kuberntes"}).json()[1] == ["A tour of Kubernetes"]
    assert client.get(url, {"q": "zanz"}).json()[1] == []
    assert client.get(url).json() == ["", [], [], []]
    of_resources = client.get(url, {"q": "ray", "type": "resource"}).json()[2]
    assert set(of_resources) == {"resource"}
    assert client.get(url, {"q": "ray ser", "type": "page"}).json()[1] == []
    assert client.get(url, {"q": "ray ser", "type": "nothing"}).json()[1][0] == "Ray Serve"


def test_browsers_can_add_the_search(client, db):
    front = client.get("/").content.decode()
    assert 'rel="search"' in front
    answer = client.get(reverse("search:search_description"))
    assert answer["Content-Type"].startswith("application/opensearchdescription+xml")
    assert "/search/?q={searchTerms}" in answer.content.decode()


def test_many_matches_are_bounded(corpus, erin, monkeypatch):
    from search import engines

    monkeypatch.setattr(engines, "MAX_HITS", 2)
    monkeypatch.setattr("search.finding.MAX_HITS", 2)
    answer = search("ray")
    assert answer.is_capped
    make_changes(erin, 1)  # changes of links make no document
    assert index_stale_documents() == 0
