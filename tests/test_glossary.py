"""Every figure says what it is, in both languages, and every word that is explained is found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

import zhiyin
from tests import factories
from tests.console.browsing import BACKEND
from zhiyin import glossary

SOURCES = Path(zhiyin.__file__).parent
TEMPLATES = {
    path.relative_to(SOURCES).as_posix(): path.read_text(encoding="utf-8")
    for path in SOURCES.rglob("templates/**/*.html")
}
USED = re.compile(
    r"""<c-what[^>]*\bterm="([\w{][^"]*)"|<c-kpi[^>]*?\bterm="([^"]*)"|{% what_is "(\w+)\""""
)
HANZI = re.compile(r"[\u4e00-\u9fff]")


def test_every_term_has_both_languages() -> None:
    for key, one in glossary.terms().items():
        assert HANZI.search(one.text_zh), key
        assert not HANZI.search(one.text_en), key
        assert bool(one.how_zh) == bool(one.how_en), key
        assert HANZI.search(one.zh) or one.zh == one.en, key
        assert not set("！你·") & set(one.zh + one.text_zh + one.how_zh), key
        assert not glossary.missing(one.see), key


def test_every_name_that_a_screen_uses_is_in_the_glossary() -> None:
    used = {
        name
        for text in TEMPLATES.values()
        for found in USED.findall(text)
        for name in found
        if name and "{" not in name
    }
    assert used
    assert not glossary.missing(used)


def test_every_figure_of_every_screen_names_its_term() -> None:
    silent = [
        f"{name}: {figure[:70]}"
        for name, text in TEMPLATES.items()
        if not name.startswith("console/templates/cotton/")
        for figure in re.findall(r"<c-kpi\b.*?(?:/>|</c-kpi>)", text, re.DOTALL)
        if not re.search(r'\bterm="', figure)
    ]
    assert not silent


@pytest.mark.parametrize("typed", ["流失风险", "liushi", "lsfx", "churn", "CHURN RISK"])
def test_a_word_is_found_in_either_language_and_by_pinyin(typed: str) -> None:
    assert glossary.search(typed)[0].key == "churn_risk"


def test_what_is_nowhere_finds_nothing_and_an_unknown_name_says_where_to_add_it() -> None:
    assert glossary.search("zzzz nothing") == []
    with pytest.raises(glossary.UnknownTermError, match=r"glossary\.toml"):
        glossary.term("no_such_term")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "word"), [("zh-hans", "抑制名单"), ("en", "Suppression list")]
)
def test_everybody_reads_the_glossary_and_searches_it(language: str, word: str) -> None:
    client = Client()
    client.force_login(factories.user(locale=language), backend=BACKEND)
    client.cookies["django_language"] = language
    with translation.override(language):
        page = client.get("/help/", {"q": word})
        assert page.status_code == 200
        assert word in page.content.decode()
        nothing = client.get("/help/", {"q": "<script>zz"})
        assert "<script>zz" not in nothing.content.decode()
        card = client.get("/help/suppression", headers={"HX-Request": "true"})
        assert word in card.content.decode()
        assert "<html" not in card.content.decode()
    assert client.get("/help/suppression").headers["Location"] == "/help/#suppression"
    assert client.get("/help/no_such_word").status_code == 404
