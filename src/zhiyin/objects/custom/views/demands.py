"""A built-in field: when it has to be filled."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from zhiyin.accounts.asking import asker
from zhiyin.accounts.gate import gate
from zhiyin.objects.custom import demands, forms, known
from zhiyin.objects.custom.rules import Rules
from zhiyin.objects.custom.views.fields import frame, object_or_404
from zhiyin.objects.definitions import fields_of
from zhiyin.objects.faults import CannotBe
from zhiyin.objects.inputs import options_of


@gate("configuration.see", write="configuration.change")
@require_http_methods(["GET", "HEAD", "POST"])
def demand(request: HttpRequest, object_name: str, key: str) -> HttpResponse:
    """Always, never, or where another field holds certain values."""
    of = object_or_404(object_name)
    field = fields_of(of).get(key)
    if field is None or not demands.can_be_demanded(field):
        raise Http404
    rules, error = known.demands(of.name).get(key, Rules()), ""
    if request.method == "POST":
        rules = forms.read_needs(request.POST)
        try:
            demands.keep(of, key, rules, by=asker(request))
        except CannotBe as reason:
            error = str(reason)
        else:
            messages.success(request, gettext("Saved: %(field)s") % {"field": field.label})
            return redirect("custom_fields", of.name)
    when = rules.required_when[0] if rules.required_when else None
    states = [
        (one, options_of(one, asker(request)))
        for one in fields_of(of).values()
        if one.key != key and (one.choices is not None or one.custom)
    ]
    context = {
        **frame(request, of, "fields"), "field": field, "error": error, "when": when,
        "required": "always" if rules.required else "when" if when else "",
        "when_values": ", ".join(when.values) if when else "",
        "when_fields": [("", "–"), *((one.key, one.label) for one, _ in states)],
        "states": [(one.label, options) for one, options in states if options],
    }  # fmt: skip
    return render(request, "custom/demand.html", context, status=422 if error else 200)
