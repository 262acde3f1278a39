"""Settings → Permissions: who may what, a draft, what it would do, and the versions."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhiyin.accounts import (
    access,
    policy,
    policy_changes,
    policy_document,
    policy_forms,
    policy_simulation,
    policy_words,
)
from zhiyin.accounts.asking import asker
from zhiyin.accounts.gate import gate
from zhiyin.accounts.policy import PolicyError, Resource, Scope
from zhiyin.accounts.policy_changes import Proposal
from zhiyin.accounts.policy_document import Document
from zhiyin.accounts.refusals import NotAllowed
from zhiyin.accounts.roles import Role
from zhiyin.toasts import say, warn

SHOWN_EFFECTS = 200
VERSIONS_A_PAGE = 50


@dataclass(frozen=True)
class Cell:
    """What a role may do with a resource, in a word, and whether the draft changes it."""

    role: Role
    scope: str
    more: str
    drafted: bool
    changed: bool


@dataclass(frozen=True)
class Row:
    """A resource in the table of all."""

    name: str
    resource: str
    cells: list[Cell]


@gate("policy.see")
@require_safe
def permissions(request: HttpRequest) -> HttpResponse:
    """Every role and every kind of record: on whose rows, and where the draft differs."""
    held = policy_changes.current()
    proposal = policy_changes.proposal()
    context = {
        "roles": list(Role),
        "rows": _rows(proposal, policy_changes.document_of(held)),
        "draft": proposal,
        "version": held,
        "versions": policy_changes.versions()[:VERSIONS_A_PAGE],
        "may_change": access.allowed(asker(request), policy_changes.CHANGE),
    }
    return render(request, "accounts/permissions.html", context)


def _rows(proposal: Proposal | None, applied: Document) -> list[Row]:
    drafted = proposal.changes if proposal else {}
    after = policy_document.in_place(proposal.after if proposal else applied)
    found = []
    for name in policy_words.RESOURCES:
        resource = policy.resource_named(name)
        cells = []
        for role in Role:
            grants = policy_document.granted(resource, after.get(name, resource.grants), role)
            by_scope = [one.scope for one in grants]
            widest = max(by_scope, default=Scope.NONE)
            rest = ", ".join(
                str(policy_words.ACTIONS.get(action, action))
                for action in sorted(frozenset().union(*(one.actions for one in grants)))
            )
            cells.append(
                Cell(
                    role, "" if widest is Scope.NONE else str(policy_words.SCOPES[widest]), rest,
                    role.value in drafted.get(name, {}), role.value in applied.get(name, {}),
                )
            )  # fmt: skip
        found.append(Row(policy_words.name_of(resource), name, cells))
    return found


@gate("policy.change")
@require_http_methods(["GET", "HEAD", "POST"])
def permission(request: HttpRequest, resource: str, role: str) -> HttpResponse:
    """What one role may do with one kind of record; saving goes into the draft."""
    known, who = _known(resource, role)
    held = policy_changes.current()
    proposal = policy_changes.proposal()
    document = proposal.after if proposal else policy_changes.document_of(held)
    after = policy_document.in_place(document).get(resource, known.grants)
    grants = list(policy_document.granted(known, after, who))
    if request.method == "POST":
        try:
            grants = policy_forms.read(known, request.POST)
            policy_changes.draft(resource, who, grants, by=asker(request))
        except PolicyError as error:
            raise Http404 from error  # no form of ours says this
        return redirect("policy_draft")
    context = {
        "name": policy_words.name_of(known), "role": who,
        "cards": policy_forms.cards(known, grants),
    }  # fmt: skip
    return render(request, "accounts/permission.html", context)


def _known(resource: str, role: str) -> tuple[Resource, Role]:
    if resource not in policy_words.RESOURCES or role not in Role.values:
        raise Http404
    return policy.resource_named(resource), Role(role)


@gate("policy.see", write="policy.change")
@require_http_methods(["GET", "HEAD", "POST"])
def policy_draft(request: HttpRequest) -> HttpResponse:
    """What the draft changes, in words, and who would gain and lose; then it can be applied."""
    if request.method == "POST":
        return _apply(request)
    proposal = policy_changes.proposal()
    context: dict[str, object] = {
        "draft": proposal,
        "may_change": access.allowed(asker(request), policy_changes.CHANGE),
    }
    if proposal is not None:
        found = policy_simulation.simulate(proposal)
        context |= {
            "changes": policy_words.in_words(proposal),
            "simulation": found,
            "effects": [
                {"effect": one, "lines": policy_words.effect_in_words(one),
                 "name": policy_words.name_of(one.resource),
                 "through": [Role(role).label for role in one.through]}
                for one in found.effects[:SHOWN_EFFECTS]
            ],
            "not_shown": max(0, len(found.effects) - SHOWN_EFFECTS),
        }  # fmt: skip
    return render(request, "accounts/policy_draft.html", context)


def _apply(request: HttpRequest) -> HttpResponse:
    try:
        made = policy_changes.apply(
            by=asker(request), note=request.POST.get("note", ""),
            number=_number(request.POST.get("number")), edit=_number(request.POST.get("edit")),
        )  # fmt: skip
    except NotAllowed as reason:
        warn(request, str(reason))
        return redirect("policy_draft")
    undo = reverse("go_back_policy", args=[made.number - 1])
    say(request, _("Version %(n)s of the permissions holds now.") % {"n": made.number}, undo=undo)
    return redirect("permissions")


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 9 else -1


@gate("policy.change")
@require_POST
def discard_policy_draft(request: HttpRequest) -> HttpResponse:
    """Throw the draft away."""
    policy_changes.discard(by=asker(request))
    say(request, _("The draft is gone; nothing has changed."))
    return redirect("permissions")


@gate("policy.change")
@require_POST
def draft_earlier_policy(request: HttpRequest, number: int) -> HttpResponse:
    """Look at what going back to a version would do, as a draft."""
    policy_changes.draft_going_back(number, by=asker(request))
    return redirect("policy_draft")


@gate("policy.change")
@require_POST
def go_back_policy(request: HttpRequest, number: int) -> HttpResponse:
    """Let an earlier version hold again at once: the undo of what was just applied."""
    try:
        made = policy_changes.go_back(number, by=asker(request))
    except NotAllowed as reason:
        warn(request, str(reason))
        return redirect("permissions")
    text = _("The permissions are as in version %(old)s again, as version %(n)s.")
    say(request, text % {"old": number, "n": made.number})
    return redirect("permissions")
