"""The configuration as one file: out, reviewed, and in again with nothing lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.terminal import Answer
from tests.objects.custom.fields import administrator, customers, draft, field
from zhiyin.accounts.access import Denied
from zhiyin.accounts.models import AuditPending
from zhiyin.accounts.roles import Role
from zhiyin.customers import segment_services
from zhiyin.customers.models import Customer, Segment
from zhiyin.objects import configuration
from zhiyin.objects.custom import layouts, services
from zhiyin.objects.custom.layouts import Placed, Section
from zhiyin.objects.custom.models import CustomField, Layout
from zhiyin.objects.models import SavedView
from zhiyin.segments import FieldIs, Group, InSegment, Match, Op, Rule

from .. import factories

Run = Callable[..., Answer]
pytestmark = pytest.mark.django_db


def furnished() -> None:
    """A workspace with something in each section."""
    by = administrator()
    field("c_points", "number", by=by, rules={"least": "0", "decimals": 1}, listed=True)
    field("c_double", "formula", by=by, formula="c_points * 2")
    choices = {"choices": [{"key": "a", "zh": "甲", "en": "A", "colour": "teal"}]}
    services.retire(field("c_old", "choice", by=by, rules=choices), by=by)
    part = Section("甲", "A", (Placed("c_points", read_only=True),), collapsed=True)
    layouts.keep(customers(), "sales", (part,), by=by)
    gold = Segment(owner=by)
    rule = Rule(root=Group(Match.ALL, (FieldIs("orders", Op.AT_LEAST, 3),)))
    segment_services.keep(gold, rule, by=by, name="常客", holdout_share=0.1)
    other = Rule(root=Group(Match.ALL, (InSegment(str(gold.pk)),)))
    segment_services.keep(Segment(owner=by), other, by=by, name="A first", holdout_share=0.2)
    SavedView.objects.create(object_type="customer", name="高价值", owner=by, shared=True,
                             columns=["name", "c_points"], sort="-revenue")  # fmt: skip
    SavedView.objects.create(object_type="customer", name="mine", owner=by, shared=False)
    SavedView.objects.create(object_type="customer", name="of Ann", owner=by, shared=True,
                             filters={"owner": str(by.pk)})  # fmt: skip


def emptied() -> None:
    for model in (Layout, CustomField, SavedView, Segment):
        model.objects.all().delete()  # type: ignore[attr-defined]
    from zhiyin.objects.custom import known

    known.forget()


def test_out_and_in_again_is_the_same_to_the_letter(run: Run, tmp_path: Path) -> None:
    furnished()
    first, second = tmp_path / "one.json", tmp_path / "two.json"
    assert run("config", "export", first).code == 0
    emptied()
    assert run("config", "diff", first).code == 1
    answer = run("config", "apply", first, "--json")
    assert answer.code == 0, answer
    assert answer.json()["applied"] is True
    run("config", "export", second)
    assert first.read_text() == second.read_text()
    assert run("config", "diff", first).code == 0
    assert run("config", "apply", first, "--json").json()["steps"] == []


def test_the_file_holds_no_ids_no_people_and_nothing_private(run: Run, tmp_path: Path) -> None:
    furnished()
    file = tmp_path / "one.json"
    run("config", "export", file)
    text = file.read_text()
    ids = [
        *Segment.objects.values_list("pk", flat=True),
        *CustomField.objects.values_list("pk", flat=True),
    ]
    assert not [one for one in ids if str(one) in text]
    assert "@" not in text
    assert "of Ann" not in text
    assert "mine" not in text
    held = json.loads(text)
    assert list(held["custom_fields"]) == sorted(held["custom_fields"])
    (named,) = held["segments"]["A first"]["rule"]["root"]["items"]
    assert named["segment"] == "常客"


def changed(file: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    held = json.loads(file.read_text())
    change(held)
    file.write_text(json.dumps(held))
    return file


def test_a_plan_is_shown_and_a_dry_run_changes_nothing(run: Run, tmp_path: Path) -> None:
    furnished()
    file = tmp_path / "one.json"
    run("config", "export", file)
    changed(file, lambda h: h["custom_fields"]["customer.c_points"].update(label_en="Score"))
    said = run("config", "diff", file)
    assert "~ custom_fields  customer.c_points" in said.out
    assert 'label_en: "Field c_points" → "Score"' in said.out
    run("config", "apply", file, "--dry-run")
    assert CustomField.objects.get(key="c_points").label_en == "Field c_points"
    run("config", "apply", file)
    assert CustomField.objects.get(key="c_points").label_en == "Score"
    assert AuditPending.objects.filter(verb="configuration.applied").count() == 1


def test_nothing_is_taken_away_unless_somebody_says_so(run: Run, tmp_path: Path) -> None:
    furnished()
    Customer.objects.create(custom={"c_points": "1.0"})
    file = tmp_path / "one.json"
    run("config", "export", file)

    def less(held: dict[str, Any]) -> None:
        del held["custom_fields"]["customer.c_points"]
        del held["custom_fields"]["customer.c_double"]
        del held["layouts"]["customer.sales"]

    changed(file, less)
    refused = run("config", "apply", file)
    assert refused.code == 1
    assert "--allow-destructive" in refused.err
    assert CustomField.objects.get(key="c_points").retired_at is None
    assert run("config", "apply", file, "--allow-destructive").code == 0
    assert CustomField.objects.get(key="c_points").retired_at is not None  # a row holds a value
    assert not CustomField.objects.filter(key="c_double").exists()
    assert Customer.objects.get().custom == {"c_points": "1.0"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", 2),
        ("{}", 2),
        ('{"zhiyin_configuration": 1, "secrets": {}}', 2),
        ('{"zhiyin_configuration": 1, "custom_fields": []}', 2),
        ('{"zhiyin_configuration": 1, "custom_fields": {"customer.c_x": {"type": "text"}}}', 1),
        ('{"zhiyin_configuration": 1, "custom_fields": {"nothing.c_x": {}}}', 1),
        ('{"zhiyin_configuration": 1, "layouts": {"customer.king": [{"zh": "a", "en": "a"}]}}', 1),
        ('{"zhiyin_configuration": 1, "segments": {"x": {"rule": {"root": 1}}}}', 1),
        ('{"zhiyin_configuration": 1, "views": {"customer.x": {"columns": 1}}}', 1),
    ],
)
def test_a_file_that_cannot_stand_changes_nothing(
    run: Run, tmp_path: Path, text: str, code: int
) -> None:
    file = tmp_path / "one.json"
    file.write_text(text)
    answer = run("config", "apply", file)
    assert (answer.code, bool(answer.err)) == (code, True)
    assert not CustomField.objects.exists()
    assert not Layout.objects.exists()


def test_a_missing_file_ends_with_3(run: Run, tmp_path: Path) -> None:
    assert run("config", "diff", tmp_path / "nothing.json").code == 3


def test_only_who_may_change_the_configuration_applies_one() -> None:
    with pytest.raises(Denied):
        configuration.apply({}, by=factories.user(Role.MANAGER))


words = st.text(
    st.characters(categories=["L", "N"], exclude_characters="\x00"), min_size=1, max_size=20
)
drafts = st.one_of(
    st.builds(lambda zh, en: {"type": "text", "label_zh": zh, "label_en": en}, words, words),
    st.builds(
        lambda low, size, at: {
            "type": "number", "rules": {"least": str(low), "most": str(low + size)}, "listed": at,
        },
        st.integers(-1000, 1000), st.integers(0, 1000), st.booleans(),
    ),
    st.builds(
        lambda names: {"type": "choice", "rules": {"choices": [
            {"key": f"v{n}", "zh": name, "en": name} for n, name in enumerate(names)]}},
        st.lists(words, min_size=1, max_size=4, unique_by=str.casefold),
    ),
)  # fmt: skip


@settings(max_examples=15, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(st.lists(drafts, max_size=4))
def test_any_fields_come_back_as_they_were(given_drafts: list[dict[str, Any]]) -> None:
    emptied()
    by = administrator()
    for at, one in enumerate(given_drafts):
        services.add_field(customers(), draft(f"c_f{at}", **one), by=by)
    text = configuration.export()
    emptied()
    configuration.apply(configuration.read(text), by=by)
    assert configuration.export() == text
