"""The glossary as a page, and each entry as the card beside a figure."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from zhiyin import glossary
from zhiyin.accounts.access import Person
from zhiyin.accounts.gate import gate
from zhiyin.palette import Entry

MOST = 5  # words of help among the answers of the palette


@gate("console.use")
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """All words, or those that answer what was typed."""
    query = request.GET.get("q", "").strip()[:100]
    return render(request, "console/help.html", {"terms": glossary.search(query), "query": query})


@gate("console.use")
@require_GET
def one(request: HttpRequest, term: str) -> HttpResponse:
    """One word: as a card to a script, else where it stands on the page."""
    try:
        found = glossary.term(term)
    except glossary.UnknownTermError as error:
        raise Http404 from error
    if request.headers.get("HX-Request") != "true":
        return redirect(f"{reverse('help')}#{term}")
    return render(request, "console/help_card.html", {"term": found})


def entries(user: Person, query: str) -> Iterator[Entry]:
    """Words of the glossary in the palette, once something was typed."""
    if not query:
        return
    for found in glossary.search(query)[:MOST]:
        address = f"{reverse('help')}#{found.key}"
        yield Entry(found.name, found.text[:60], address, "help", gettext("Help"))
