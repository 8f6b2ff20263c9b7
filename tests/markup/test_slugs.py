import pytest
from hypothesis import given
from hypothesis import strategies as st

from markup.slugs import MAX_SLUG_LENGTH, clean_name, slugify_title
from tests.markup.vectors import load_json, needs_vectors


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Ray Serve", "ray-serve"),
        ("  Ray + LLMs!  ", "ray-llms"),
        ("C++", "c-plus-plus"),
        ("C#", "c-sharp"),
        ("C", "c"),
        ("Modern C++ and C#, compared", "modern-c-plus-plus-and-c-sharp-compared"),
        (".NET", "net"),
        ("Año nuevo: ¿qué es Ray?", "año-nuevo-qué-es-ray"),
        ("机器学习 入门", "机器学习-入门"),
        ("تعلّم الآلة", "تعلّم-الآلة"),
        ("हिन्दी", "हिन्दी"),
        ("ＦＵＬＬ　Ｗｉｄｔｈ", "full-width"),
        ("STRASSE Straße", "strasse-strasse"),
        ("a\u202eb\u200bc", "abc"),
        ("../../etc/passwd", "etc-passwd"),
        ("!!!", ""),
        ("", ""),
    ],
)
def test_slug_of_a_title(title, slug):
    assert slugify_title(title) == slug


def test_long_titles_give_slugs_that_fit_and_do_not_end_in_a_hyphen():
    slug = slugify_title("word " * 100)
    assert len(slug) <= MAX_SLUG_LENGTH
    assert not slug.endswith("-")


@given(st.text(max_size=200))
def test_the_slug_of_a_slug_is_itself(title):
    slug = slugify_title(title)
    assert slugify_title(slug) == slug
    assert slug == slug.strip("-")
    assert len(slug) <= MAX_SLUG_LENGTH
    assert not set(slug) & set("/?#%&\\\"'<> ")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("  Ray \t\n Serve ", "Ray Serve"),
        ("a\x00b\x1b[31mc", "ab[31mc"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("\ud800lone", "lone"),
        ("a\u2028b", "a b"),
        ("👩\u200d💻 coder", "👩\u200d💻 coder"),
        ("👩🏽\u200d🚀", "👩🏽\u200d🚀"),
        ("pay\u200dpal", "paypal"),
        ("ＡＢ①", "ＡＢ①"),
        ("\u3164\u2800", ""),
    ],
)
def test_a_name_is_cleaned_of_what_cannot_be_seen(text, name):
    assert clean_name(text) == name


@given(st.text(max_size=200))
def test_cleaning_twice_changes_nothing(text):
    assert clean_name(clean_name(text)) == clean_name(text)


@needs_vectors
def test_naughty_strings_survive_cleaning():
    for text in load_json("blns.json"):
        name = clean_name(text)
        name.encode()
        assert "\n" not in name
        slugify_title(text)
