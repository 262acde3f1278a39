"""Who is erased takes their files along, but no bytes that are somebody else's too."""

from __future__ import annotations

import pytest

from tests import factories
from tests.files.desk import Desk
from zhiyin.accounts.roles import Role
from zhiyin.files import services, store
from zhiyin.files.models import Content, File
from zhiyin.govern import erasing

pytestmark = pytest.mark.django_db


def test_bytes_go_with_the_last_customer_whose_they_are(desk: Desk) -> None:
    other = desk.new_customer(desk.owner, desk.north, "周启明")
    own, shared = desk.attach(b"only hers"), desk.attach(b"of both")
    services.attach(("customer", other.pk), [b"of both"], name="b.bin", by=desk.owner)
    places = own.content.place, shared.content.place
    assert Content.objects.count() == 2
    dpo = factories.user(Role.DPO, department=desk.north)
    erasing.run(
        erasing.prepare([desk.customer.pk], by=dpo, reason="asked"), lambda *_: None,
        rewrite_now=False,
    )  # fmt: skip
    assert [one.record_id for one in File.objects.all()] == [other.pk]
    assert Content.objects.get().place == places[1]
    assert b"".join(store.configured().chunks(places[1])) == b"of both"
    with pytest.raises(store.MissingError):
        store.configured().chunks(places[0])
