"""What this room tells people: a task is given to them, a training they began is over."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from zhiyin.talk.kinds import NoticeKind, Said, register
from zhiyin.talk.models import Mail


def _task(said: Said) -> str:
    facts = {"by": said.by, "title": said.title, "n": said.count}
    if not said.title:
        return gettext("%(by)s gave you a task where you can no longer look") % facts
    if said.count > 1:
        return gettext("You have %(n)s new tasks for %(title)s") % facts
    return gettext("%(by)s gave you a task for %(title)s") % facts


def _task_plainly(count: int) -> str:
    return ngettext("You have a new task", "You have %(n)s new tasks", count) % {"n": count}


def _trained(said: Said) -> str:
    facts = {"people": f"{int(said.detail.get('customers') or 0):,}"}
    return gettext("The models are trained; %(people)s customers have new scores") % facts


def _trained_plainly(count: int) -> str:
    return gettext("The models are trained")


def _untrained(said: Said) -> str:
    return gettext("The training of the models failed")


TASK = register(
    NoticeKind(
        key="task.assigned", label=_("Somebody gives me a task"), icon="checkbox", says=_task,
        plainly=_task_plainly, anchor="?tab=tasks", mail=Mail.DIGEST, push=True,
    )
)  # fmt: skip
TRAINED = register(
    NoticeKind(
        key="model.trained", label=_("A training that I began is over"), icon="brain",
        says=_trained, plainly=_trained_plainly, leads=lambda _detail: reverse("models"),
    )
)  # fmt: skip
_FIELDS = {
    "phone": pgettext_lazy("twice", "mobile"),
    "email": pgettext_lazy("twice", "e-mail address"),
    "number": pgettext_lazy("twice", "number"),
}


def _twice(said: Said) -> str:
    known = _FIELDS.get(str(said.detail.get("field")))
    facts = {"title": said.title, "field": known or gettext("value")}
    if not said.title:
        return gettext("Somebody may be in the books twice where you can no longer look")
    return (
        gettext(
            "%(title)s may be in the books twice: the same %(field)s was written down again;"
            " search for it and compare"
        )
        % facts
    )


def _twice_plainly(count: int) -> str:
    return ngettext(
        "Somebody may be in the books twice", "%(n)s records may be in the books twice", count
    ) % {"n": count}


TWICE = register(
    NoticeKind(
        key="customer.twice", label=_("Somebody may be in the books twice"), icon="users",
        says=_twice, plainly=_twice_plainly, mail=Mail.DIGEST,
    )
)  # fmt: skip


def _big(said: Said) -> str:
    facts = {"n": said.count}
    return ngettext(
        "A large merge waits in its lane and is done in the background; look whether it is right",
        "%(n)s large merges wait in their lane and are done in the background; look whether they"
        " are right", said.count,
    ) % facts  # fmt: skip


BIG_MERGE = register(
    NoticeKind(
        key="customer.big_merge", label=_("A large merge waits"), icon="git-merge", says=_big,
        plainly=lambda _count: gettext("A large merge waits"),
        leads=lambda _detail: reverse("identity_review"), mail=Mail.DIGEST,
    )
)  # fmt: skip
FAILED = register(
    NoticeKind(
        key="model.failed", label=_("A training that I began failed"), icon="alert-triangle",
        says=_untrained, plainly=lambda _count: gettext("The training of the models failed"),
        leads=lambda _detail: reverse("models"), mail=Mail.NOW,
    )
)  # fmt: skip
