"""Declaring objects: mistakes are found when the program starts, and fields come from providers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from zhiyin.accounts.models import Department
from zhiyin.objects import definitions
from zhiyin.objects.definitions import DefinitionError, Field, Kind, ObjectType

ROOM = ObjectType(
    name="room",
    plural_name="rooms",
    model=Department,
    resource="department",
    singular="Room",
    plural="Rooms",
    icon="door",
    fields=(Field("name", "Name", path="name_en"), Field("floor", "Floor", Kind.NUMBER)),
    columns=("name",),
    sort="name",
)


class Provider:
    """Adds fields, and counts how often it is asked."""

    def __init__(self, *fields: Field) -> None:
        self.given = fields
        self.edition = 1
        self.asked = 0

    def stamp(self, object_type: str) -> object:
        return self.edition

    def fields(self, object_type: str) -> Iterable[Field]:
        self.asked += 1
        return self.given if object_type == "room" else ()


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Registries of their own, so that the real ones stay as they are."""
    monkeypatch.setattr(definitions, "_types", {})
    monkeypatch.setattr(definitions, "_providers", [])
    monkeypatch.setattr(definitions, "_gathered", {})


def test_a_registered_object_is_found_by_its_name() -> None:
    definitions.register(ROOM)
    assert definitions.register(ROOM) is ROOM
    assert definitions.object_type("room") is ROOM
    assert definitions.object_types() == {"room": ROOM}


def test_a_missing_object_is_named() -> None:
    with pytest.raises(DefinitionError, match="'garden'"):
        definitions.object_type("garden")


@pytest.mark.parametrize(
    "wrong",
    [
        replace(ROOM, sort="-height"),
        replace(ROOM, columns=("name", "height")),
        replace(ROOM, title="height"),
        replace(ROOM, chips=(definitions.Chip("h", "height"),)),
        replace(ROOM, fields=(*ROOM.fields, Field("name", "Again"))),
    ],
)
def test_a_wrong_declaration_is_refused(wrong: ObjectType) -> None:
    with pytest.raises(DefinitionError, match=r"height|twice"):
        definitions.register(wrong)


def test_two_objects_of_one_name_are_refused() -> None:
    definitions.register(ROOM)
    with pytest.raises(DefinitionError, match="twice"):
        definitions.register(replace(ROOM, icon="window"))


def test_a_provider_adds_fields_but_replaces_none() -> None:
    provider = Provider(Field("colour", "Colour", custom=True), Field("name", "Stolen"))
    definitions.register_fields(provider)
    definitions.register_fields(provider)
    found = definitions.fields_of(ROOM)
    assert list(found) == ["name", "floor", "colour"]
    assert found["name"].label == "Name"


def test_a_provider_is_asked_again_only_when_its_stamp_changed() -> None:
    provider = Provider(Field("colour", "Colour"))
    definitions.register_fields(provider)
    definitions.fields_of(ROOM)
    definitions.fields_of(ROOM)
    assert provider.asked == 1
    provider.edition = 2
    provider.given = ()
    assert "colour" not in definitions.fields_of(ROOM)
    assert provider.asked == 2


def test_a_field_says_how_it_may_be_asked() -> None:
    assert definitions.Operator.CONTAINS in Field("a", "A").asked_with
    assert Field("a", "A", operators=()).asked_with == ()
    assert Field("a", "A", path="b").column == "b"
    assert Field("a", "A", Kind.MONEY).numeric
    assert not Field("a", "A").numeric
    assert ROOM.permission("see") == "department.see"
