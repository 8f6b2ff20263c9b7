"""A small site whose search results are known: the same on SQLite and PostgreSQL."""

from __future__ import annotations

from accounts.models import User
from catalog.editing import create_resource, create_section, retire_resource
from catalog.models import Resource, Section
from changes.recording import Authorship
from linkcheck.models import Link, Mark
from search.indexing import index_stale_documents, mark_documents_stale
from search.models import SearchDocument
from wiki.editing import create_page, delete_page
from wiki.models import Page

RESOURCES = [
    # title, address, description, kind, level, language, tags
    (
        "Ray Serve",
        "https://docs.ray.io/serve/",
        "Serving models at scale.",
        "documentation",
        "",
        "en",
        ["serving"],
    ),
    (
        "Serving models with Ray Serve in production",
        "https://blog.example/serve/",
        "A story.",
        "blog-post",
        "advanced",
        "en",
        ["serving"],
    ),
    (
        "KubeRay",
        "https://github.com/ray-project/kuberay",
        "Run Ray clusters on Kubernetes.",
        "tool",
        "intermediate",
        "en",
        ["kubernetes"],
    ),
    (
        "A tour of Kubernetes",
        "https://kubernetes.example/tour/",
        "Nothing about clusters of ours.",
        "tutorial",
        "beginner",
        "en",
        ["kubernetes"],
    ),
    (
        "Entrenamiento distribuido con Ray",
        "https://es.example/curso/",
        "Un curso sobre redes neuronales.",
        "course",
        "beginner",
        "es",
        ["deep learning"],
    ),
    (
        "分布式计算框架入门",
        "https://zh.example/ray/",
        "用于机器学习的分布式计算。",
        "tutorial",
        "beginner",
        "zh",
        [],
    ),
    (
        "Tuning hyperparameters",
        "https://tune.example/",
        "Searching hyperparameter spaces.",
        "tutorial",
        "beginner",
        "en",
        ["tuning"],
    ),
    (
        "C++ workers",
        "https://cpp.example/",
        "Writing actors in C++.",
        "documentation",
        "advanced",
        "en",
        [],
    ),
    (
        "Ray Tune, the old pages",
        "https://dead.example/tune/",
        "Tuning, as it was.",
        "documentation",
        "",
        "en",
        ["tuning"],
    ),
]
PAGES = [
    (
        "What is Ray",
        "Tasks and actors.\n\n## The object store\n\nObjects live in the object store of a node.\n",
        "en",
    ),
    ("Actors", "An actor keeps state. Kubernetes is named here once.\n", "en"),
    ("Señales de vida", "Cómo se comprueban los enlaces.\n", "es"),
]


def make_corpus(by: User, moderator: User) -> None:
    """Objects and their documents; ``moderator`` retires one and deletes one."""
    author = Authorship(actor=by)
    section = create_section(title="Ray Serve and more", by=Authorship(actor=moderator))
    for title, url, description, kind, level, language, tags in RESOURCES:
        values = {
            "title": title,
            "url": url,
            "description": description,
            "kind": kind,
            "level": level,
            "language": language,
            "tags": tags,
            "section_id": section.pk,
        }
        create_resource(values=values, by=author)
    for title, body, language in PAGES:
        create_page(values={"title": title, "body": body, "language": language}, by=author)
    make_hidden(section, author, Authorship(actor=moderator))
    Link.objects.filter(url__startswith="https://dead.example/").update(mark=Mark.DEAD)
    mark_documents_stale("resource", list(Resource.objects.values_list("pk", flat=True)))
    index_stale_documents()


def make_hidden(section: Section, author: Authorship, moderator: Authorship) -> None:
    values = {"title": "Zanzibar guide", "url": "https://z.example/", "section_id": section.pk}
    resource = create_resource(values=values, by=author)
    page = create_page(values={"title": "Zanzibar notes", "body": "Zanzibar.\n"}, by=author)
    index_stale_documents()
    assert SearchDocument.objects.filter(title__startswith="Zanzibar").count() == 2
    retire_resource(resource_id=resource.pk, reason="Off topic.", by=author)
    delete_page(page_id=page.pk, reason="Off topic.", by=moderator)
    assert Page.objects.filter(title="Zanzibar notes").exists()
