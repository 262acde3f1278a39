"""The first steps of a workspace: what is asked, what of it is done, what comes next.

Whether a step is done is read from what is there (a company's name, a second user, a loaded
import), never from a box that somebody ticked; so doing it elsewhere counts too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts import access, workspace
from zhiyin.accounts.access import Person
from zhiyin.accounts.models import User, Workspace
from zhiyin.collect.models import Import


@dataclass(frozen=True)
class Asked:
    """One step: its address, its name, what it is for, and how to see that it is done."""

    key: str
    words: Promise
    why: Promise
    is_done: Callable[[Workspace], bool]


@dataclass(frozen=True)
class Step:
    """A step as it stands here; `state` is done, here, put_off or to_do."""

    key: str
    words: str
    why: str
    state: str
    url: str


@dataclass(frozen=True)
class Progress:
    """All steps, and the first that is still open."""

    steps: list[Step]
    next: Step | None

    @property
    def done(self) -> int:
        return sum(step.state == "done" for step in self.steps)

    @property
    def is_over(self) -> bool:
        return self.done == len(self.steps)


def _has_money(row: Workspace) -> bool:
    currency = bool(row.currency) or workspace.is_fixed("currency")
    return currency and (bool(row.time_zone) or workspace.is_fixed("time_zone"))


STEPS = (
    Asked(
        "language", _("Language"),
        _("Screens, messages and new accounts begin in it. Everybody may choose their own."),
        lambda row: bool(row.language),
    ),
    Asked(
        "company", _("Company"),
        _("Stands beside the brand on every page, so that nobody mistakes one workspace for "
          "another."),
        lambda row: bool(row.company),
    ),
    Asked(
        "money", _("Currency and time zone"),
        _("Every sum is in this currency, every day begins in this time zone. The currency "
          "stands as soon as amounts are in."),
        _has_money,
    ),
    Asked(
        "people", _("Colleagues"),
        _("Each person signs in as themselves: rights, owners and the audit trail depend on it."),
        lambda row: User.objects.filter(is_active=True).count() > 1,
    ),
    Asked(
        "data", _("First data"),
        _("A file of orders is enough to begin: customers, value and risk come from it."),
        lambda row: Import.objects.filter(state=Import.State.LOADED).exists(),
    ),
)  # fmt: skip
KEYS = tuple(step.key for step in STEPS)


def progress(row: Workspace, here: str = "") -> Progress:
    """Where the steps stand; `here` is the one that is open now."""
    steps = []
    for asked in STEPS:
        done = asked.is_done(row)
        state = "done" if done else "put_off" if asked.key in row.put_off else "to_do"
        shown = "here" if asked.key == here else state
        url = reverse("setup_step", args=[asked.key])
        steps.append(Step(asked.key, str(asked.words), str(asked.why), shown, url))
    following = steps[KEYS.index(here) + 1 :] if here in KEYS else steps
    waiting = [step for step in following if step.state == "to_do"]
    return Progress(steps, waiting[0] if waiting else None)


def card(user: Person) -> Progress | None:
    """The list on *Today*: for whoever may do the steps, until they are done or dismissed."""
    if not access.allowed(user, "workspace.change"):
        return None
    row = workspace.current()
    if row.dismissed_at is not None:
        return None
    found = progress(row)
    return None if found.is_over else found
