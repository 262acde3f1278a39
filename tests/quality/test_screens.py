"""The screens of quality: who may open them, rules made and changed, proposals, golden record."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from tests import factories
from tests.customers import people
from tests.quality import world
from zhiyin.accounts.models import AuditPending, User
from zhiyin.accounts.roles import Role
from zhiyin.collect.models import Learnt, PlanDay
from zhiyin.customers.models import Company, Customer, SourceTrust, Survivorship
from zhiyin.quality import measuring, proposing, tasks
from zhiyin.quality.models import Measurement, Proposal, QualityRule
from zhiyin.quality.rules import Required

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return factories.user(Role.ADMINISTRATOR)


def client_of(user: User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    client.cookies["zhiyin_language"] = language
    return client


def page(user: User, name: str, *args: object, query: str = "") -> str:
    answer = client_of(user).get(reverse(name, args=args) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def post(user: User, name: str, *args: object, **data: object) -> int:
    return client_of(user).post(reverse(name, args=args), data).status_code


def test_every_screen_opens_before_and_after_measuring(admin: User) -> None:
    names = ("quality", "quality_sources", "quality_proposals", "golden_record",
             "new_quality_rule")  # fmt: skip
    for name in names:
        page(admin, name)
    world.customers()
    world.companies()
    measuring.measure(world.NOW)
    for name in names:
        page(admin, name)
    for one in QualityRule.objects.all():
        page(admin, "quality_rule", one.pk)
        page(admin, "change_quality_rule", one.pk)
    assert "Phone" in page(admin, "quality") or "Mobile" in page(admin, "quality")


def test_the_figures_page_costs_few_questions_however_many_rules(admin: User) -> None:
    world.customers()
    measuring.measure(world.NOW)
    client = client_of(admin)
    client.get(reverse("quality"))
    with CaptureQueriesContext(connection) as asked:
        client.get(reverse("quality"))
    assert len(asked) <= 20


def test_figures_narrow_by_object_dimension_and_source(admin: User) -> None:
    text = page(admin, "quality", query="?object=company")
    assert "Industry is filled" in text
    assert "Mobile is filled" not in text
    assert "Mobile is filled" not in page(admin, "quality", query="?dimension=validity")
    assert page(admin, "quality", query="?source=nobody&object=<script>")


@pytest.mark.parametrize(
    ("kind", "more", "definition"),
    [
        ("required", {}, {"type": "required", "field": "gender"}),
        ("pattern", {"pattern": "digits"}, {"type": "pattern", "field": "gender",
                                            "pattern": "digits"}),
        ("allowed", {"values": "male\n female \nmale"},
         {"type": "allowed", "field": "gender", "values": ["male", "female"]}),
        ("implies", {"then": "city", "value": "male"},
         {"type": "implies", "field": "gender", "then": "city", "value": "male",
          "then_value": ""}),
    ],
)  # fmt: skip
def test_a_rule_is_made_in_the_form(
    admin: User, kind: str, more: dict[str, str], definition: dict[str, object]
) -> None:
    data = {"object": "customer", "kind": kind, "field": "gender", "most_percent": "5", **more}
    assert post(admin, "new_quality_rule", **data) == 302
    made = QualityRule.objects.latest("made_at")
    assert (made.definition, made.most_percent, made.by) == (definition, 5, admin)
    assert AuditPending.objects.filter(verb="quality_rule.made").exists()
    assert post(admin, "new_quality_rule", **data) == 422  # it is there already


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "range", "field": "name", "low": "1"},
        {"kind": "range", "field": "orders"},
        {"kind": "range", "field": "orders", "low": "9", "high": "1"},
        {"kind": "range", "field": "orders", "low": "many"},
        {"kind": "allowed", "field": "gender", "values": ""},
        {"kind": "before", "field": "name", "then": "city"},
        {"kind": "fresh", "field": "name", "days": "3"},
        {"kind": "outlier", "field": "name"},
        {"kind": "implies", "field": "city", "then": "city"},
        {"kind": "required", "field": "no_such"},
        {"kind": "nothing", "field": "name"},
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_the_reason(
    admin: User, data: dict[str, str]
) -> None:
    before = QualityRule.objects.count()
    assert post(admin, "new_quality_rule", object="customer", **data) == 422
    assert QualityRule.objects.count() == before


def test_a_changed_rule_starts_anew_and_a_stale_form_is_refused(admin: User) -> None:
    one = world.rule("customer", Required("gender"))
    measuring.measure(world.NOW, only=[one])
    data = {"kind": "required", "field": "language", "version": "1"}
    assert post(admin, "change_quality_rule", one.pk, **data) == 302
    assert not Measurement.objects.filter(rule=one).exists()
    assert post(admin, "change_quality_rule", one.pk, **data) == 422
    post(admin, "switch_quality_rule", one.pk, on="0")
    one.refresh_from_db()
    assert not one.active
    post(admin, "remove_quality_rule", one.pk)
    assert not QualityRule.objects.filter(pk=one.pk).exists()


def test_who_only_reads_changes_nothing() -> None:
    reader = factories.user(Role.MANAGER)
    one = world.rule("customer", Required("gender"))
    for name, args in (
        ("new_quality_rule", ()), ("change_quality_rule", (one.pk,)),
        ("remove_quality_rule", (one.pk,)), ("measure_quality", ()),
        ("decide_quality_proposals", ()), ("golden_record", ()),
    ):  # fmt: skip
        assert post(reader, name, *args) == 403
    assert client_of(factories.user(Role.SALES)).get(reverse("quality")).status_code == 403


def test_measuring_at_once_is_queued_once_and_shows_its_work(admin: User) -> None:
    for _ in range(2):
        assert post(admin, "measure_quality") == 302
    jobs = ProcrastinateJob.objects.filter(task_name=tasks.measure_now.name)
    assert jobs.count() == 1
    tasks.measure_now(**jobs.get().args)
    assert tasks.under_way() is None
    assert Measurement.objects.exists()


def many_alike() -> None:
    Customer.objects.bulk_create(
        Customer(
            name=f"客户{n}", number=f"N{n}", phone=f"+86138{n:08}", language="zh",
            gender="female" if n % 3 else "male", country="中国" if n % 7 else "日本",
        )
        for n in range(150)
    )  # fmt: skip
    Company.objects.bulk_create(Company(name=f"公司{n}", size="small") for n in range(120))


def test_the_data_proposes_rules_with_evidence_and_one_click_accepts(admin: User) -> None:
    many_alike()
    assert proposing.look(world.NOW) > 0
    kinds = set(Proposal.objects.filter(object="customer").values_list("field", "kind"))
    assert {("number", "required"), ("language", "required"), ("gender", "allowed"),
            ("country", "allowed"), ("number", "pattern")} <= kinds  # fmt: skip
    text = page(admin, "quality_proposals")
    assert "150 rows looked at" in text
    assert "female 100" in text
    one = Proposal.objects.get(field="gender", kind="allowed")
    assert post(admin, "decide_quality_proposals", accept=str(one.pk)) == 302
    made = QualityRule.objects.get(field="gender")
    assert made.definition["values"] == ["female", "male"]
    other = Proposal.objects.get(field="country", kind="allowed")
    post(admin, "decide_quality_proposals", dismiss="ticked", proposal=[str(other.pk)])
    proposing.look(world.NOW)
    other.refresh_from_db()
    assert other.state == Proposal.State.DISMISSED
    again = Proposal.objects.filter(field="gender", kind="allowed", state=Proposal.State.OPEN)
    assert not again.exists()


def test_values_of_personal_fields_are_never_in_the_evidence() -> None:
    Customer.objects.bulk_create(
        Customer(name="同名", phone="+8613812345678", email="a@b.cn") for _ in range(150)
    )
    proposing.look(world.NOW)
    told = str(list(Proposal.objects.values_list("definition", "evidence")))
    for value in ("同名", "13812345678", "a@b.cn"):
        assert value not in told


def test_properties_of_events_are_proposed_too() -> None:
    source, person = people.source(), people.customer("王小明")
    names = {"source": source, "event": "Product Viewed", "first_at": world.NOW,
             "last_at": world.NOW}  # fmt: skip
    Learnt.objects.create(property="size", events=120, **names)
    PlanDay.objects.create(source=source, day=world.NOW.date(), event="Product Viewed", events=120)
    for n in range(120):
        people.event(person, "Product Viewed", size="S" if n % 2 else "M")
    proposing.look(world.NOW)
    kinds = set(Proposal.objects.filter(object="event").values_list("field", "kind"))
    assert {("p:size", "required"), ("p:size", "allowed")} <= kinds


def test_the_rules_of_the_golden_record_are_changed_and_everybody_decided_anew(
    admin: User,
) -> None:
    shop, till = people.source("shop"), people.source("till")
    data = {"strategy-name": "trusted", "missing-name": "leave", "default-name": "",
            "source": [str(shop.pk), str(till.pk)],
            f"place-{shop.pk}": "2", f"place-{till.pk}": "1"}  # fmt: skip
    assert post(admin, "golden_record", **data) == 302
    assert Survivorship.objects.get(field="name").strategy == "trusted"
    order = SourceTrust.objects.order_by("place").values_list("source__key", flat=True)
    assert list(order) == ["till", "shop"]
    assert ProcrastinateJob.objects.filter(task_name__endswith="redecide").count() == 1
    assert post(admin, "golden_record", **{"strategy-name": "wrong"}) == 302
    assert Survivorship.objects.get(field="name").strategy == "trusted"
