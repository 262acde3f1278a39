"""Identity on its screens and in the API: pairs decided, people parted, addresses that lead on."""

from __future__ import annotations

import json
import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.customers import people
from tests.customers.identities.pumped import START, pump, seen
from zhiyin.accounts.models import AuditPending, User
from zhiyin.accounts.roles import Role
from zhiyin.customers.identities import matching
from zhiyin.customers.models import Customer, Identifier, Joining, Proposal

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return factories.user(Role.ADMINISTRATOR)


@pytest.fixture
def client(admin: User) -> Client:
    made = Client()
    made.force_login(admin)
    made.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return made


def _bar(field: str, zh: str, en: str, bits: float) -> dict[str, object]:
    return {"field": field, "level": None, "zh": field, "en": field, "found_zh": zh,
            "found_en": en, "bits": bits}  # fmt: skip


@pytest.fixture
def pair() -> Proposal:
    one = people.customer("王小明", phone="+8613805710001", city="杭州")
    two = people.customer("王晓明", phone="+8613805710001")
    evidence = [_bar("name", "读音相同", "the same sound", 8.5),
                _bar("email", "至少一方没有", "not known of both", -1.5)]  # fmt: skip
    low, high = sorted((one.pk, two.pk))
    return Proposal.objects.create(
        customer_id=low, other_id=high, probability=0.93, bits=7.0, model="x",
        why="likely, but not sure", evidence=evidence, found_at=START,
    )  # fmt: skip


def test_a_pair_is_shown_side_by_side_with_the_evidence(client: Client, pair: Proposal) -> None:
    page = client.get(reverse("identity_review")).content.decode()
    assert "王小明" in page
    assert "王晓明" in page
    assert "the same sound" in page
    assert "93.0" in page


def test_one_person_and_taken_back(client: Client, pair: Proposal) -> None:
    page = client.get(reverse("identity_review")).content.decode()
    form = page.partition('class="zy-acts id-acts"')[2]
    back = re.search(r'name="next" value="([^"]*)"', form)
    assert back
    sent = {"id": str(pair.pk), "do": "merge", "next": back[1].replace("&amp;", "&")}
    answer = client.post(reverse("decide_pairs"), sent, follow=True)
    assert answer.status_code == 200
    assert "1 pair decided" in answer.content.decode()
    pair.refresh_from_db()
    assert (pair.state, Customer.objects.count()) == ("merged", 1)
    gone = {pair.customer_id, pair.other_id} - {Customer.objects.get().pk}
    answer = client.get(reverse("customer", args=[gone.pop()]))
    assert answer.headers["Location"] == reverse("customer", args=[Customer.objects.get().pk])
    assert "Merged with another profile" in client.get(answer.headers["Location"]).content.decode()
    assert AuditPending.objects.filter(verb="customer.merged").count() == 1
    assert Joining.objects.count() == 1
    client.post(reverse("undo_identity", args=[pair.decision]))
    pair.refresh_from_db()
    assert (pair.state, Customer.objects.count()) == ("open", 2)


def test_two_people_stay_two(client: Client, pair: Proposal) -> None:
    client.post(reverse("decide_pairs"), {"id": str(pair.pk), "do": "apart"})
    pair.refresh_from_db()
    assert (pair.state, Customer.objects.count()) == ("apart", 2)
    assert "王小明" not in client.get(reverse("identity_review")).content.decode()


def test_why_one_person_is_told_and_identifiers_are_split_off(client: Client) -> None:
    pump(seen("n1", "e1"), seen("e1", "p1"))
    person = Customer.objects.get()
    one, _, three = Identifier.objects.order_by("number")
    address = reverse("customer_identity", args=[person.pk])
    page = client.get(address, {"a": str(one.pk), "b": str(three.pk)}).content.decode()
    assert "They are one person, by this way" in page
    assert page.count("seen together") >= 4
    assert "none known" in client.get(address, {"on": "2020-01-01"}).content.decode()
    client.post(reverse("split_customer", args=[person.pk]), {"identifier": [str(three.pk)]})
    three.refresh_from_db()
    assert three.customer_id != person.pk
    page = client.get(address, {"a": str(one.pk), "b": str(three.pk)}).content.decode()
    assert "They are two people" in page


def test_who_may_not_merge_sees_no_way_to_and_is_refused(pair: Proposal) -> None:
    reader = Client()
    reader.force_login(factories.user(Role.ANALYST))
    page = reader.get(reverse("identity_review")).content.decode()
    assert "王小明" in page
    assert reverse("decide_pairs") not in page
    answer = reader.post(reverse("decide_pairs"), {"id": str(pair.pk), "do": "merge"})
    assert answer.status_code == 403
    scoped = Client()
    scoped.force_login(factories.user(Role.MANAGER, department=factories.department()))
    assert "王小明" not in scoped.get(reverse("identity_review")).content.decode()
    scoped.post(reverse("decide_pairs"), {"id": str(pair.pk), "do": "merge"})
    assert Customer.objects.count() == 2


def test_the_api_tells_why_and_merges_and_takes_back(client: Client, pair: Proposal) -> None:
    body = json.dumps({"others": [str(pair.other_id)]})
    answer = client.post(f"/api/v1/customers/{pair.customer_id}/merge", body,
                         content_type="application/json")  # fmt: skip
    assert answer.status_code == 200, answer.content
    decision = answer.json()["decision"]
    told = client.get(f"/api/v1/customers/{pair.other_id}/identity").json()
    assert told["customer"] == str(Customer.objects.get().pk)
    assert len(told["identifiers"]) == 2
    assert [one["rule"] for one in told["links"]]
    assert client.delete(f"/api/v1/identity/decisions/{decision}").status_code == 200
    assert Customer.objects.count() == 2
    assert client.get("/api/v1/identity/pairs").json()["items"][0]["id"] == str(pair.pk)


def test_profiles_of_one_person_are_linked_and_likely_ones_proposed() -> None:
    given = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华"
    family = "王李张刘陈杨赵黄周吴徐孙"
    for n in range(240):
        people.customer(
            family[n % 12] + given[n % 23] + given[(n * 7 + n // 23) % 23],
            phone=f"+86138{n * 379 + 10_000_000}", email=f"u{n}x{n * 3}@mail.cn",
            birth_date=f"19{60 + n % 40}-{n % 12 + 1:02}-{n % 27 + 1:02}", city=f"市{n % 9}",
        )  # fmt: skip
    for n in range(60):
        twin = Customer.objects.get(email=f"u{n}x{n * 3}@mail.cn")
        people.customer(
            twin.name, phone=twin.phone, email=twin.email if n % 2 else "",
            birth_date=twin.birth_date if n % 3 else None,
        )  # fmt: skip
    before = Customer.objects.count()
    done = matching.match(at=START, everybody=True)
    assert done.linked >= 50
    assert Customer.objects.count() == before - done.linked
    again = matching.match(at=START, everybody=False)
    assert again.linked == 0
