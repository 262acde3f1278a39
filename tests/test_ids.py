"""Ids that are made by the thousand are those that the standard library makes one by one."""

from __future__ import annotations

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from zhiyin.ids import named, uuid_of


@given(st.uuids(), st.text(st.characters(exclude_categories=["Cs"])))
def test_a_named_id_is_the_one_of_the_rfc(space: UUID, name: str) -> None:
    assert named(space, name) == uuid5(space, name)
    assert named(space, name).version == 5


@given(st.uuids(), st.uuids())
def test_an_id_of_sixteen_bytes_is_that_id(one: UUID, other: UUID) -> None:
    made = uuid_of(one.bytes)
    assert (made, str(made), hash(made), made.is_safe) == (one, str(one), hash(one), one.is_safe)
    assert (made == other) == (one == other)
