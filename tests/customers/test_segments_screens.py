"""Segments on the screen: what a builder asks is answered for this person, and for nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.customers import people
from zhiyin.accounts.models import AuditPending, User
from zhiyin.accounts.roles import Role
from zhiyin.customers import segment_services as services
from zhiyin.customers import segmentation
from zhiyin.customers.models import Segment
from zhiyin.customers.queries import segments as queries
from zhiyin.engage.models import Campaign
from zhiyin.govern.models import Consent
from zhiyin.segments import UnreadableRuleError

pytestmark = pytest.mark.django_db

Tree = dict[str, Any]


def field(name: str, op: str, value: Any = None) -> Tree:
    return {"type": "field", "field": name, "op": op, "value": value}


def rule(*items: Tree, match: str = "all") -> Tree:
    return {"root": {"type": "group", "match": match, "items": list(items)}, "version": 1}


def inside(segment: Segment) -> Tree:
    return {"type": "segment", "segment": str(segment.pk), "member": True}


GOLD = field("tier", "one_of", ["gold"])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def asked(client: Client, tree: Tree | str, name: str = "segment_live", query: str = "") -> Any:
    body = tree if isinstance(tree, str) else json.dumps(tree)
    return client.post(f"{reverse(name)}{query}", body, content_type="application/json")


def kept(client: Client, tree: Tree, name: str = "Gold", to: str = "") -> Any:
    address = to or reverse("new_segment")
    return client.post(address, {"tree": json.dumps(tree), "name": name, "holdout": "10"})


def stored(by: User, tree: Tree, name: str = "Gold") -> Segment:
    read = services.read_rule(json.dumps(tree))
    return services.keep(Segment(owner=by), read, by=by, name=name, holdout_share=0.1)


@pytest.fixture
def marketer() -> User:
    return factories.user(Role.MARKETER)


def test_the_count_and_every_step_of_it_come_while_the_rule_is_written(marketer: User) -> None:
    people.many(30)
    told = asked(signed_in(marketer), rule(GOLD, field("orders", "at_least", 2))).json()
    assert told["count"] == 10
    steps = {tuple(one["path"]): (one["count"], one["share"]) for one in told["remaining"]}
    assert steps[(0,)] == ("30", 1.0)
    assert steps[(1,)] == ("10", pytest.approx(1 / 3))


def test_an_empty_rule_holds_everybody(marketer: User) -> None:
    people.many(3)
    told = asked(signed_in(marketer), rule()).json()
    assert told["count"] == 3


def test_only_customers_that_the_person_may_see_are_counted_and_shown() -> None:
    mine, other = factories.department("Mine"), factories.department("Other")
    seller = factories.user(Role.SALES, department=mine)
    people.many(4, department=mine)
    people.many(6, department=other)
    client = signed_in(seller)
    assert asked(client, rule(GOLD)).json()["count"] == 4
    shown = asked(client, rule(GOLD), "segment_people").json()["html"]
    assert shown.count("<tr><td") == 4


def test_a_field_without_a_right_is_locked_and_takes_no_part(marketer: User) -> None:
    people.many(5)
    client = signed_in(marketer)
    secret = field("birth_date", "anniversary_within", 30)
    told = asked(client, rule(GOLD, secret)).json()
    assert [(one["path"], one["tone"]) for one in told["problems"]] == [([1], "lock")]
    assert told["count"] == 5
    assert [one["path"] for one in told["remaining"]] == [[], [0]]
    answer = kept(client, rule(GOLD, secret))
    assert answer.status_code == 422
    assert not Segment.objects.exists()


def test_figures_stay_at_their_rows_when_a_condition_before_them_is_unfinished(
    marketer: User,
) -> None:
    people.many(6)
    nested = {"type": "group", "match": "none", "items": [field("city", "is", ""), GOLD]}
    told = asked(signed_in(marketer), rule(field("name", "is", ""), nested)).json()
    assert {tuple(one["path"]) for one in told["remaining"]} == {(), (1,), (1, 1)}
    assert told["count"] == 0


@pytest.mark.parametrize(
    "body",
    [
        "", "[]", "null", '{"root": 1}', "\x00", '{"root":{"type":"group","match":"all"',
        json.dumps({"root": {"type": "group", "match": "all", "items": [{"type": "os"}]}}),
        json.dumps(rule(field("tier", "; drop table customers_customer", 1))),
        '{"root":' * 5_000,
        json.dumps(rule(*[GOLD] * 5_000)),
    ],
)  # fmt: skip
def test_what_is_no_rule_gets_a_clear_error(marketer: User, body: str) -> None:
    for name in ("segment_live", "segment_people"):
        answer = asked(signed_in(marketer), body, name)
        assert answer.status_code == 422
        assert answer.json()["error"]


def test_a_tree_deeper_than_anybody_writes_is_refused() -> None:
    tree: Tree = GOLD
    for _ in range(400):
        tree = {"type": "group", "match": "all", "items": [tree]}
    with pytest.raises(UnreadableRuleError):
        services.read_rule(json.dumps({"root": tree, "version": 1}))


def test_more_conditions_than_a_rule_takes_are_said_and_not_counted(marketer: User) -> None:
    told = asked(signed_in(marketer), rule(*[GOLD] * 61)).json()
    assert told["count"] is None
    assert told["problems"]


def test_the_statement_never_holds_a_value() -> None:
    analyst = factories.user(Role.ANALYST)
    hostile = "x'); delete from customers_customer; --"
    found = asked(signed_in(analyst), rule(field("city", "is", hostile)), "segment_sql").json()
    assert hostile not in found["sql"]
    assert "delete" not in found["sql"].lower()
    assert hostile in found["values"].values()


def test_hostile_text_is_only_ever_text(marketer: User) -> None:
    people.many(2)
    hostile = "<script>alert(1)</script>' or 1=1 --"
    told = asked(signed_in(marketer), rule(field("city", "is", hostile))).json()
    assert told["count"] == 0
    assert "<script>" not in told["sentence"]


@pytest.mark.parametrize(("locale", "words"), [("zh-hans", "黄金会员"), ("en", "Gold")])
def test_the_sentence_speaks_the_readers_language(locale: str, words: str) -> None:
    client = signed_in(factories.user(Role.MARKETER, locale=locale))
    client.cookies["django_language"] = locale
    answer = client.post(
        reverse("segment_live"), json.dumps(rule(GOLD)), content_type="application/json",
        headers={"accept-language": locale},
    )  # fmt: skip
    assert words in answer.json()["sentence"]
    assert "<sup>1</sup>" in answer.json()["sentence"]


def test_saving_computes_members_and_a_change_is_a_new_version(marketer: User) -> None:
    people.many(5)
    client = signed_in(marketer)
    address = kept(client, rule(GOLD)).headers["Location"]
    segment = Segment.objects.get()
    assert (segment.version, segment.size, segment.owner) == (1, 5, marketer)
    kept(client, rule(GOLD), "Another name", to=address)
    segment.refresh_from_db()
    assert (segment.version, segment.name) == (1, "Another name")
    kept(client, rule(GOLD, field("orders", "at_least", 2)), to=address)
    segment.refresh_from_db()
    assert (segment.version, segment.size) == (2, 1)


def test_an_earlier_version_can_be_read_and_taken_up_again(marketer: User) -> None:
    client = signed_in(marketer)
    address = kept(client, rule(GOLD)).headers["Location"]
    kept(client, rule(field("orders", "at_least", 2)), to=address)
    page = client.get(address, {"version": "1"}).content.decode()
    tree = json.loads(_script(page, "segment-state"))["tree"]
    assert tree["root"]["items"] == [GOLD]
    kept(client, tree, to=address)
    segment = Segment.objects.get()
    assert segment.version == 3
    assert list(segment.versions.order_by("version").values_list("version", flat=True)) == [1, 2, 3]
    assert client.get(address, {"version": "99"}).status_code == 200


def test_what_cannot_be_saved_stays_on_the_page_and_out_of_the_database(marketer: User) -> None:
    client = signed_in(marketer)
    address = kept(client, rule(GOLD)).headers["Location"]
    for tree, name in ((rule(), "Empty"), (rule(field("city", "is", "")), "Bad"), (rule(GOLD), "")):
        answer = kept(client, tree, name, to=address)
        assert answer.status_code == 422
        state = json.loads(_script(answer.content.decode(), "segment-state"))
        assert [one["type"] for one in state["tree"]["root"]["items"]] == [
            one["type"] for one in tree["root"]["items"]
        ]
    segment = Segment.objects.get()
    assert (segment.name, segment.version) == ("Gold", 1)


def _script(page: str, name: str) -> str:
    return page.split(f'id="{name}" type="application/json">')[1].split("</script>")[0]


def test_a_segment_cannot_come_to_depend_on_itself(marketer: User) -> None:
    first = stored(marketer, rule(GOLD), "First")
    second = stored(marketer, rule(inside(first)), "Second")
    client = signed_in(marketer)
    circle = rule(inside(second))
    told = asked(client, circle, query=f"?segment={first.pk}").json()
    assert [one["path"] for one in told["problems"]] == [[0]]
    assert kept(client, circle, to=reverse("segment", args=[first.pk])).status_code == 422
    first.refresh_from_db()
    assert first.version == 1


def test_archiving_can_be_undone_and_not_where_another_rule_needs_it(marketer: User) -> None:
    first = stored(marketer, rule(GOLD), "First")
    second = stored(marketer, rule(inside(first)), "Second")
    client = signed_in(marketer)
    client.post(reverse("archive_segment", args=[first.pk]))
    first.refresh_from_db()
    assert first.archived_at is None
    client.post(reverse("archive_segment", args=[second.pk]))
    assert not queries.seen(marketer).filter(pk=second.pk).exists()
    client.post(reverse("bring_back_segment", args=[second.pk]))
    assert queries.seen(marketer).filter(pk=second.pk).exists()
    verbs = list(AuditPending.objects.values_list("verb", flat=True))
    assert {"segment.archived", "segment.brought_back"} <= set(verbs)


def test_reach_counts_consent_and_address_together(marketer: User) -> None:
    reachable, silent, nowhere = people.many(3)
    for one in (reachable, silent):
        one.email = f"{one.number}@example.com"
        one.save()
    for one in (reachable, nowhere):
        Consent.objects.create(
            customer=one, channel="email", purpose="marketing", granted=True, at=people.NOW
        )
    reach = segmentation.reach(services.read_rule(json.dumps(rule(GOLD))), user=marketer)
    assert (reach.people, reach.email, reach.sms, reach.wechat) == (3, 1, 0, 0)


def test_the_advice_names_the_difference_that_a_hold_out_can_see(marketer: User) -> None:
    people.many(200)
    told = asked(signed_in(marketer), rule(GOLD), "segment_people").json()
    people_held, sentence, _tone = told["advice"]["10"]
    assert people_held == "20"
    assert "20" in sentence
    assert told["advice"]["0"][2] == "bad"


def test_another_batch_draws_other_people_and_the_same_draw_the_same(marketer: User) -> None:
    people.many(60)
    asked_for = services.read_rule(json.dumps(rule(GOLD)))
    first, again, other = (
        [one.pk for one in segmentation.some_of(asked_for, marketer, draw=draw)]
        for draw in (0, 0, 1)
    )
    assert first == again
    assert len(first) == 8
    assert set(first) != set(other)


def test_the_list_tells_each_rule_its_size_and_where_it_is_used(marketer: User) -> None:
    people.many(4)
    segment = stored(marketer, rule(GOLD), "Golden people")
    Campaign.objects.create(name="Spring letter", segment=segment, owner=marketer)
    page = signed_in(marketer).get(reverse("segments")).content.decode()
    assert "Golden people" in page
    assert "Spring letter" in page
    assert f"segment={segment.pk}" in page


def test_before_the_first_segment_three_examples_open_in_the_builder(marketer: User) -> None:
    client = signed_in(marketer)
    page = client.get(reverse("segments")).content.decode()
    for example in ("lapsed", "new", "small"):
        assert f"?example={example}" in page
        opened = client.get(reverse("new_segment"), {"example": example})
        assert opened.status_code == 200
        tree = json.loads(_script(opened.content.decode(), "segment-state"))["tree"]
        assert asked(client, tree).json()["problems"] == []
    assert not Segment.objects.exists()


def test_who_may_only_look_sees_the_builder_without_its_buttons(marketer: User) -> None:
    segment = stored(marketer, rule(GOLD))
    reader = factories.user(Role.READ_ONLY)
    page = signed_in(reader).get(reverse("segment", args=[segment.pk])).content.decode()
    assert '"may_change": false' in page
    assert 'name="name"' not in page
    assert asked(signed_in(reader), rule(GOLD), "segment_sql").status_code == 403


def test_a_question_that_takes_too_long_is_stopped_and_says_so(
    marketer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(*_: object, **__: object) -> None:
        raise segmentation.TooSlow

    monkeypatch.setattr(segmentation, "waterfall", too_slow)
    answer = asked(signed_in(marketer), rule(GOLD))
    assert answer.status_code == 503
    assert answer.json()["error"]


def test_postgresql_itself_is_stopped(marketer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    people.many(3)
    monkeypatch.setattr(
        "zhiyin.segments.count",
        lambda *_, **__: segmentation.language.Compiled("select pg_sleep(3)", {}),
    )
    monkeypatch.setattr(segmentation, "STATEMENT_SECONDS", 0.2)
    with pytest.raises(segmentation.TooSlow):
        segmentation.count(services.read_rule(json.dumps(rule(GOLD))), user=marketer)


def test_no_segment_page_asks_the_database_more_than_fifteen_times(
    marketer: User, django_assert_max_num_queries: Any
) -> None:
    people.many(10)
    made = [stored(marketer, rule(GOLD), f"Segment {n}") for n in range(6)]
    client = signed_in(marketer)
    for address in (reverse("segments"), reverse("segment", args=[made[0].pk])):
        client.get(address)
        with django_assert_max_num_queries(15):
            assert client.get(address).status_code == 200
