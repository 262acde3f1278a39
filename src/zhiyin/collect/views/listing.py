"""The list of imports."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from zhiyin.accounts import access
from zhiyin.accounts.gate import gate
from zhiyin.collect import queries
from zhiyin.collect.models import Import, Source
from zhiyin.collect.source_health import name_of
from zhiyin.collect.views.asking import person


@gate("import.see")
@require_GET
def imports(request: HttpRequest) -> HttpResponse:
    me = person(request)
    state = request.GET.get("state", "")
    state = state if state in Import.State.values else ""
    key = request.GET.get("source", "")[:60]
    source = Source.objects.filter(key=key).first() if key else None
    key = source.key if source else ""
    page = _page_number(request)
    start = (page - 1) * queries.PAGE
    shown = list(queries.imports_for(me, state=state, source=key)[start : start + queries.PAGE + 1])
    counts = queries.state_counts(me, source=key)
    return render(
        request,
        "collect/imports.html",
        {
            "imports": shown[: queries.PAGE],
            "state": state,
            "state_label": dict(Import.State.choices).get(state, ""),
            "source": source,
            "source_name": name_of(source) if source else "",
            "tabs": _tabs(counts, state, key),
            "total": counts.get(state, 0) if state else sum(counts.values()),
            "first": start + 1,
            "last": start + len(shown[: queries.PAGE]),
            "previous": _address(state, key, page - 1) if page > 1 else "",
            "next": _address(state, key, page + 1) if len(shown) > queries.PAGE else "",
            "may_add": access.allowed(me, "import.add"),
        },
    )


def _tabs(counts: dict[str, int], state: str, source: str) -> list[tuple[str, str, int, bool]]:
    every = (_address("", source, 1), _("All"), sum(counts.values()), not state)
    return [
        every,
        *(
            (_address(value, source, 1), str(label), counts.get(value, 0), value == state)
            for value, label in Import.State.choices
            if value in counts or value == state
        ),
    ]


def _address(state: str, source: str, page: int) -> str:
    given = {"state": state, "source": source, "page": str(page) if page > 1 else ""}
    return "?" + "&".join(f"{name}={value}" for name, value in given.items() if value)


def _page_number(request: HttpRequest) -> int:
    given = request.GET.get("page", "1")
    return max(1, int(given)) if given.isdecimal() and len(given) < 7 else 1
