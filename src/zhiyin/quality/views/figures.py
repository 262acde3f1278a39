"""Data → Quality: the dimensions with their trend, each rule, each source, and the rows behind."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from zhiyin.accounts import access
from zhiyin.accounts.gate import gate
from zhiyin.collect.source_health import name_of
from zhiyin.objects import exports, levels
from zhiyin.objects.definitions import object_type
from zhiyin.objects.drawing import Drawing, chosen
from zhiyin.objects.faults import CannotBe
from zhiyin.quality import queries, rows, tasks, wording
from zhiyin.quality.models import QualityRule
from zhiyin.quality.rules import Dimension, Faulty
from zhiyin.quality.views.asking import around, person, rule_of, source_in


@gate("quality.see")
@never_cache
@require_GET
def quality(request: HttpRequest) -> HttpResponse:
    """Every rule with its figure; narrowed by object, dimension, field and source."""
    now, source = timezone.now(), source_in(request)
    object_ = request.GET.get("object", "")
    object_ = object_ if object_ in QualityRule.Object.values else ""
    dimension = request.GET.get("dimension", "")
    dimension = dimension if dimension in set(Dimension) else ""
    found = queries.overview(
        now, object_=object_, dimension=dimension, source=source, name=request.GET.get("field", "")
    )
    context = around(request, "figures") | {
        "found": found, "objects": QualityRule.Object.choices, "object": object_,
        "dimensions": list(wording.DIMENSIONS.items()), "dimension": dimension, "now": now,
        "source": source, "source_name": name_of(source) if source else "",
        "chart": _trend(found), "field": request.GET.get("field", ""),
    }  # fmt: skip
    return render(request, "quality/figures.html", context)


@gate("quality.see")
@never_cache
@require_GET
def by_source(request: HttpRequest) -> HttpResponse:
    """Sources against fields: how much of what each says is as it should be."""
    object_ = request.GET.get("object", "customer")
    object_ = object_ if object_ in QualityRule.Object.values else "customer"
    context = around(request, "sources") | {
        "found": queries.by_source(timezone.now(), object_), "object": object_,
        "links": [(f"?object={key}", word, key == object_)
                  for key, word in QualityRule.Object.choices if key != "company"],
    }  # fmt: skip
    return render(request, "quality/sources.html", context)


@gate("quality.see")
@never_cache
@require_GET
def quality_rule(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    """One rule: its trend, its sources, and the rows that fail it now."""
    user = person(request)
    one, now, source = rule_of(user, rule_id, "quality.see"), timezone.now(), source_in(request)
    page = queries.rule_page(one, now)
    look, problem = rows.may_look(user, one), page.line.problem
    found = None
    if look and not problem:
        try:
            found = rows.failing(one, by=user, source=source, after=request.GET.get("after", ""))
        except Faulty as error:
            problem = wording.fault(error)
    context = around(request, "figures") | {
        "one": one, "page": page, "rows": found, "problem": problem, "now": now, "look": look,
        "source": source, "source_name": name_of(source) if source else "",
        "sources": [(each, name_of(each), figure) for each, figure in page.sources],
        "label": wording.DIMENSIONS[Dimension(one.dimension)],
        "chart": {
            "kind": "band", "x": page.x, "percent": True,
            "series": [{"name": str(wording.DIMENSIONS[Dimension(one.dimension)]),
                        "values": [None if p is None else p / 100 for p in page.percents]}],
        },
        "next": _next(request, found.next) if found and found.next else "",
    }  # fmt: skip
    return render(request, "quality/rule.html", context)


def _next(request: HttpRequest, after: str) -> str:
    given = {"after": after}
    if request.GET.get("source"):
        given["source"] = request.GET["source"]
    return f"?{urlencode(given)}#rows"


def _trend(found: queries.Overview) -> dict[str, object] | None:
    """The dimensions over the days on which they were measured; None before there are two."""
    days = max((len(tile.trend) for tile in found.tiles), default=0)
    if days < 2:
        return None
    return {
        "kind": "band", "x": [f"{day:%m-%d}" for day in found.days[-days:]], "percent": True,
        "series": [
            {"name": tile.label,
             "values": [None] * (days - len(tile.trend)) + [one / 100 for one in tile.trend]}
            for tile in found.tiles if tile.trend
        ],
    }  # fmt: skip


@gate("quality.export")
@require_GET
def export_rows(request: HttpRequest, rule_id: UUID) -> HttpResponse | StreamingHttpResponse:
    """The rows that fail, as CSV: customers and companies with the columns of their own list."""
    user = person(request)
    one = rule_of(user, rule_id, "quality.export")
    try:
        if one.object in ("customer", "company"):
            of = object_type(one.object)
            columns = chosen(of, of.columns, levels.somewhere(user, of))
            taken = exports.take(of, rows.objects(one, by=user), columns, by=user)
            pieces = exports.csv_pieces(of, taken, Drawing(columns, of.as_of()), by=user)
        else:
            access.require(user, "customer.export")
            pieces = rows.csv_file(one, by=user)
    except (CannotBe, Faulty) as reason:
        text = wording.fault(reason) if isinstance(reason, Faulty) else str(reason)
        messages.warning(request, text)
        return redirect("quality_rule", one.pk)
    answer = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="quality-{one.object}.csv"'
    return answer


@gate("quality.change")
@require_POST
def measure(request: HttpRequest) -> HttpResponse:
    """Measure now, and look for proposals."""
    tasks.begin(by=person(request))
    messages.success(request, gettext("Measuring. The figures are new when it is done."))
    return redirect("quality")
