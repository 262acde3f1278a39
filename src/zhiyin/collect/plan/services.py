"""Writing a plan: each change is a new version of somebody, and holds from the next turn on.

Whoever changes a plan says which version they looked at, so that nobody's change is lost.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from django.db import transaction

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.collect.models import Learnt, PlanVersion, Source
from zhiyin.collect.plan import learning
from zhiyin.collect.plan.schema import (
    Mode,
    Place,
    Plan,
    Planned,
    Property,
    checked,
    differences,
    from_json,
    to_json,
)

ACCEPTED, IMPORTED, RESTORED = "accepted", "imported", "restored"


class Outdated(Exception):  # noqa: N818 (it says what is so)
    """Somebody changed the plan since it was looked at."""


class Gone(LookupError):  # noqa: N818 (it says what is so)
    """There is no such event, property or version."""


def plan_of(source: Source) -> Plan:
    """The plan that holds; an empty one where the source has none."""
    return version_of(source, source.plan_version) if source.plan_version else Plan()


def version_of(source: Source, number: int) -> Plan:
    """The plan of one version; raises `Gone`."""
    held = PlanVersion.objects.filter(source=source, version=number).first()
    if held is None:
        raise Gone(number)
    return from_json(held.document)


@transaction.atomic
def save(source: Source, plan: Plan, *, by: User, base: int | None, note: str = "") -> bool:
    """Let this plan hold; False where it says what holds already. `base` is the version that was
    looked at, None where that does not matter. Raises `CannotBe` and `Outdated`."""
    access.require(by, "source.manage", source)
    held = Source.objects.select_for_update(no_key=True).get(pk=source.pk)
    if base is not None and base != held.plan_version:
        raise Outdated(held.plan_version)
    changes = sum(1 for _ in differences(plan_of(held), checked(plan)))
    if not changes and held.plan_version:
        return False
    held.plan_version += 1
    PlanVersion.objects.create(
        source=held, version=held.plan_version, document=to_json(plan), note=note[:200], by=by
    )
    held.save(update_fields=["plan_version"])
    source.plan_version = held.plan_version
    record(by, "plan.changed", source, version=held.plan_version, changes=changes)
    return True


def accept(
    source: Source, *, by: User, base: int | None, only: Collection[Place] | None = None
) -> bool:
    """Take what was learnt into the plan: all of it, or these names; wider where one is named."""
    rows = Learnt.objects.filter(source=source)
    plan = learning.accepted(plan_of(source), rows, only=only)
    return save(source, plan, by=by, base=base, note=ACCEPTED)


def set_modes(
    source: Source, *, by: User, base: int, mode: Mode, unknown_events: Mode,
    unknown_properties: Mode,
) -> bool:  # fmt: skip
    """What becomes of events that deviate."""
    plan = msgspec.structs.replace(
        plan_of(source), mode=mode, unknown_events=unknown_events,
        unknown_properties=unknown_properties,
    )  # fmt: skip
    return save(source, plan, by=by, base=base)


def put_event(source: Source, name: str, description: str, *, by: User, base: int) -> bool:
    """An event with its description; its properties stay as they are."""
    plan = plan_of(source)
    held = plan.events.get(name, Planned())
    return _with(source, plan, name, msgspec.structs.replace(held, description=description),
                 by=by, base=base)  # fmt: skip


def put_property(source: Source, place: Place, rule: Property, *, by: User, base: int) -> bool:
    """A property of an event, as it is to be."""
    plan = plan_of(source)
    held = plan.events.get(place.event, Planned())
    properties = {**held.properties, place.property: rule}
    return _with(source, plan, place.event, msgspec.structs.replace(held, properties=properties),
                 by=by, base=base)  # fmt: skip


def remove(source: Source, place: Place, *, by: User, base: int) -> bool:
    """Take an event, or one of its properties, out of the plan; raises `Gone`."""
    plan = plan_of(source)
    held = plan.events.get(place.event)
    if held is None or (place.property and place.property not in held.properties):
        raise Gone(place)
    if place.property:
        left = {key: one for key, one in held.properties.items() if key != place.property}
        return _with(source, plan, place.event, msgspec.structs.replace(held, properties=left),
                     by=by, base=base)  # fmt: skip
    events = {name: one for name, one in plan.events.items() if name != place.event}
    return save(source, msgspec.structs.replace(plan, events=events), by=by, base=base)


def restore(source: Source, number: int, *, by: User, base: int) -> bool:
    """Let an earlier version hold again, as a new one; raises `Gone`."""
    plan = version_of(source, number)
    return save(source, plan, by=by, base=base, note=f"{RESTORED} {number}")


def _with(
    source: Source, plan: Plan, name: str, planned: Planned, *, by: User, base: int
) -> bool:  # fmt: skip
    changed = msgspec.structs.replace(plan, events={**plan.events, name: planned})
    return save(source, changed, by=by, base=base)
