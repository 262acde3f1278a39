"""Why events are set aside, in words: what is wrong, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Told:
    """A reason as people read it."""

    key: str
    title: str | Promise
    mend: str | Promise = ""


REASONS = {
    one.key: one
    for one in (
        Told("message_too_large", _("The message is too large"),
             _("Send less with one event: at most 32 kB.")),
        Told("unreadable", _("The message cannot be read"), _("It must be one JSON object.")),
        Told("nested_too_deeply", _("The message is nested too deeply"),
             _("Flatten its properties.")),
        Told("unknown_type", _("The type is unknown"),
             _("Use track, identify, page, screen, group or alias.")),
        Told("no_event_name", _("The event has no name"), _("Give “event” a text.")),
        Told("name_too_long", _("The name is too long"), _("At most 120 characters.")),
        Told("no_id", _("Nobody is named"), _("Give a userId or an anonymousId that is one.")),
        Told("id_too_long", _("An id is too long"), _("At most 254 characters.")),
        Told("no_group_id", _("The group has no id"), _("Give “groupId”.")),
        Told("no_previous_id", _("The alias names one id only"),
             _("Give both “previousId” and “userId”.")),
        Told("self_alias", _("The alias names the same id twice"),
             _("Send it before the new id is set, or leave it out.")),
        Told("too_many_properties", _("Too many properties"), _("At most 500.")),
        Told("time", _("The time cannot be"),
             _("It must lie between 1990 and tomorrow; check the sender's clock.")),
        Told("plan_unknown_event", _("The plan does not know the event"),
             _("Correct its name, or take the event into the plan.")),
        Told("plan_unknown_property", _("The plan does not know a property"),
             _("Correct its name, or take the property into the plan.")),
        Told("plan_type", _("A property has another type than planned"),
             _("Send what the plan says, or change the plan.")),
        Told("plan_missing", _("A property that the plan requires is missing"),
             _("Send it, or let the plan do without it.")),
        Told("plan_value", _("A value is none of those that the plan allows"),
             _("Send one of them, or add it to the plan.")),
        Told("failed", _("It failed in the pipeline"),
             _("Sending it again may help; if not, tell whoever looks after this installation.")),
    )
}  # fmt: skip

# By the status that the SDK was answered with.
REFUSALS = {
    400: Told("400", _("The body cannot be read"),
              _("It must be JSON of an event or a batch, perhaps packed by gzip.")),
    401: Told("401", _("The write key is missing or unknown"),
              _("Take the key from the page of its source. SDKs throw such events away.")),
    403: Told("403", _("The page may not use this key"),
              _("Add its origin to the key, or take a key without origins.")),
    404: Told("404", _("The source is switched off"), _("Switch it on, or remove the SDK.")),
    413: Told("413", _("The request is too large"), _("Send smaller batches.")),
    429: Told("429", _("Too many events a second"),
              _("SDKs send them again; if it goes on, raise ZHIYIN_TRACKING_MESSAGES_A_SECOND.")),
    503: Told("503", _("It could not be written"),
              _("SDKs send it again; see whether the database runs and has room.")),
}  # fmt: skip


def told(reason: str) -> Told:
    """The reason in words; one that this version does not know is shown as it is."""
    return REASONS.get(reason) or Told(reason, reason)
