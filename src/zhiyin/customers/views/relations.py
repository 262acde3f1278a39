"""Who belongs to whom, and rules of tags: small forms beside a person, one page of rules."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from zhiyin.accounts import access
from zhiyin.accounts.access import Denied, OutOfSight
from zhiyin.accounts.gate import gate
from zhiyin.customers import tasks
from zhiyin.customers.models import GroupMember, ModelVersion, Segment, TagRule
from zhiyin.customers.queries import record
from zhiyin.customers.services import companies, groups, tagging
from zhiyin.customers.services.values import CannotBe
from zhiyin.customers.views.answers import say, signed_in


@gate("customer.change")
@require_POST
def relate(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Somebody belongs to this person's household or circle."""
    user = signed_in(request)
    person = record.person(user, customer_id, "customer.change")
    try:
        other = companies.meant(request.POST.get("who", ""), by=user)
        groups.join(
            person, other, by=user, kind=request.POST.get("kind", ""),
            role=request.POST.get("role", ""),
        )  # fmt: skip
    except CannotBe as reason:
        say(request, str(reason))
    else:
        say(request, gettext("They belong together."))
    return redirect("customer", person.pk)


@gate("customer.change")
@require_POST
def unrelate(request: HttpRequest, customer_id: UUID, member_id: UUID) -> HttpResponse:
    """Somebody belongs there no more."""
    user = signed_in(request)
    person = record.person(user, customer_id, "customer.change")
    mine = GroupMember.objects.filter(customer=person).values("group")
    found = GroupMember.objects.filter(pk=member_id, group__in=mine).select_related("customer")
    member = found.first()
    if member is None:
        raise Http404
    try:
        groups.leave(member, by=user)
    except (Denied, OutOfSight):
        say(request, gettext("You may not change that customer"))
    return redirect("customer", person.pk)


@gate("tag_rule.see", write="tag_rule.change")
@require_http_methods(["GET", "HEAD", "POST"])
def tag_rules(request: HttpRequest) -> HttpResponse:
    """Tags by segment and by model; a posted form makes one more."""
    user = signed_in(request)
    segments = access.scoped(user, Segment.objects.filter(archived_at=None), "segment.see")
    if request.method == "POST":
        chosen = _id(request.POST.get("segment", ""))
        return _make(request, segments.filter(pk=chosen).first() if chosen else None)
    context = {
        "rules": TagRule.objects.select_related("segment", "by").order_by("tag", "made_at"),
        "segments": segments.order_by("name")[:200],
        "models": sorted(set(ModelVersion.objects.values_list("name", flat=True))),
        "may_change": access.allowed(user, "tag_rule.change"),
    }  # fmt: skip
    return render(request, "customers/tag_rules.html", context)


def _make(request: HttpRequest, segment: Segment | None) -> HttpResponse:
    post = request.POST
    try:
        days = int(post["days"]) if post.get("days", "").isdecimal() else None
        least = float(post["least"]) if post.get("least") else None
        tagging.make_rule(
            post.get("tag", ""), by=signed_in(request), segment=segment,
            model=post.get("model", ""), least=least, days=days,
        )  # fmt: skip
    except CannotBe as reason:
        say(request, str(reason))
    except ValueError:
        say(request, gettext("Give a number"))
    else:
        tasks.apply_tag_rules_now.defer()
        say(request, gettext("The rule is applied at once, and then every hour."))
    return redirect("tag_rules")


@gate("tag_rule.change")
@require_POST
def remove_tag_rule(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    """The rule and the tags that it gave go."""
    found = TagRule.objects.filter(pk=rule_id).first()
    if found is None:
        raise Http404
    gone = tagging.remove_rule(found, by=signed_in(request))
    say(request, gettext("The rule is gone, and its tag from %(n)s people.") % {"n": f"{gone:,}"})
    return redirect("tag_rules")


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
