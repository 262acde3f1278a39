"""Tagging and exporting many: as far as one may, with a way back, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
import zipfile

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.customers import people
from zhiyin.accounts.models import AuditPending, User
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import Customer, ProfileChange

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def exported(user: User, **form: object) -> bytes:
    response = client_of(user).post(reverse("export_customers"), form)
    assert response.status_code == 200
    return b"".join(response.streaming_content)  # type: ignore[arg-type]


def rows_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def test_a_bulk_tag_is_taken_back_as_far_as_it_was_given() -> None:
    had = people.customer("Had it", tags=["gift"])
    new = people.customer("New to it", tags=["tea"])
    user = factories.user(Role.ADMINISTRATOR)
    client = client_of(user)
    answer = client.post(
        reverse("tag_customers"), {"tag": " gift ", "id": [had.pk, new.pk], "query": "?set=1"}
    )
    (message,) = get_messages(answer.wsgi_request)
    assert "1 customer has the tag now, 1 had it before" in str(message)
    assert Customer.objects.get(pk=new.pk).tags == ["tea", "gift"]
    undo = message.extra_tags.removeprefix("undo:")
    assert client_of(factories.user(Role.ADMINISTRATOR)).post(undo).status_code == 403
    assert client.post(undo).status_code == 302
    assert Customer.objects.get(pk=new.pk).tags == ["tea"]
    assert Customer.objects.get(pk=had.pk).tags == ["gift"]
    assert not ProfileChange.objects.exists()
    verbs = list(AuditPending.objects.values_list("verb", flat=True))
    assert verbs.count("customers.tagged") == verbs.count("customers.untagged") == 1


def test_all_means_all_of_the_list_and_nobody_else() -> None:
    bath, york = people.customer("Ann", city="Bath"), people.customer("Bob", city="York")
    user = factories.user(Role.MARKETER)
    client_of(user).post(
        reverse("tag_customers"), {"tag": "x", "all": "1", "query": "?set=1&city=Bath"}
    )
    assert Customer.objects.get(pk=bath.pk).tags == ["x"]
    assert Customer.objects.get(pk=york.pk).tags == []


def test_only_those_within_reach_are_tagged() -> None:
    ours, theirs = factories.department(), factories.department()
    mine = people.customer("Mine", department=ours)
    other = people.customer("Other", department=theirs)
    client_of(factories.user(Role.MANAGER, department=ours)).post(
        reverse("tag_customers"), {"tag": "x", "id": [mine.pk, other.pk]}
    )
    assert Customer.objects.get(pk=mine.pk).tags == ["x"]
    assert Customer.objects.get(pk=other.pk).tags == []


def test_an_export_holds_the_columns_of_the_list_in_its_order() -> None:
    people.customer("Bob", revenue=3)
    people.customer("Ann", revenue=9)
    query = "?set=1&col=name&col=revenue&sort=-revenue"
    rows = rows_of(exported(factories.user(Role.ADMINISTRATOR), all="1", query=query, format="csv"))
    assert rows == [["Name", "Spent in all"], ["Ann", "9.00"], ["Bob", "3.00"]]


@pytest.mark.parametrize("formula", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1"])
def test_a_formula_in_a_name_stays_text(formula: str) -> None:
    people.customer(formula)
    user = factories.user(Role.ADMINISTRATOR)
    query = "?set=1&col=name"
    (_, (name,)) = rows_of(exported(user, all="1", query=query, format="csv"))
    assert name == f"'{formula}"
    book = zipfile.ZipFile(io.BytesIO(exported(user, all="1", query=query, format="xlsx")))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert re.search(r't="(s|inlineStr)"', sheet)


def test_masked_fields_leave_masked_and_hidden_ones_not_at_all() -> None:
    people.customer("Lin", phone="+8613800136207", birth_date="1987-04-05")
    query = "?set=1&col=name&col=phone&col=birth_date"
    seen = exported(factories.user(Role.MARKETER), all="1", query=query, format="csv").decode()
    assert "13800136207" not in seen
    assert "138****6207" in seen
    assert "1987" not in seen
    whole = exported(factories.user(Role.ADMINISTRATOR), all="1", query=query, format="csv")
    assert "+8613800136207" in whole.decode()


def test_an_export_is_audited_and_needs_the_right() -> None:
    people.customer("Ann")
    user = factories.user(Role.MARKETER)
    exported(user, all="1", query="?set=1", format="csv")
    entry = AuditPending.objects.get(verb="customers.exported")
    assert (entry.by, entry.detail["rows"]) == (user.pk, 1)
    assert "phone" in entry.detail["fields"]
    refused = client_of(factories.user(Role.ANALYST)).post(reverse("export_customers"))
    assert refused.status_code == 403
