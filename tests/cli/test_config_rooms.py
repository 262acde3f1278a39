"""What the rooms below set up travels in the configuration file too: from one workspace to an empty
one, with no difference left; and a file that is wrong says in which line, and why."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from tests import factories
from tests.cli.terminal import Answer
from zhiyin.accounts import departments, territories, workspace
from zhiyin.accounts.models import Department, Territory, Workspace
from zhiyin.accounts.roles import Role
from zhiyin.accounts.territories import Member, Rule
from zhiyin.connect import services as webhooks
from zhiyin.connect.models import HostRule
from zhiyin.objects import configuration
from zhiyin.talk import defaults, queries
from zhiyin.talk.models import KindDefault, Mail

Run = Callable[..., Answer]
pytestmark = pytest.mark.django_db


def furnished() -> None:
    """A workspace with something in each of these sections."""
    by = factories.user(Role.ADMINISTRATOR)
    china = departments.create_department(by=by, name_zh="中国", name_en="China")
    east = departments.create_department(by=by, name_zh="华东", name_en="East", parent=china)
    departments.create_department(by=by, name_zh="上海", name_en="Shanghai", parent=east)
    anna = factories.user(Role.SALES, name="Anna")
    territories.keep_territory(
        None, by=by, name_zh="长三角", name_en="Delta",
        rules=[Rule(country="China", province="浙江"), Rule(department=east)],
        members=[Member(anna, True)],
    )  # fmt: skip
    workspace.change(by=by, company="听雨", language="en", currency="CNY", time_zone="Asia/Tokyo")
    webhooks.add_host_rule("deny", "*.evil.example", by=by)
    webhooks.add_host_rule("only", "198.51.100.0/24", by=by)
    defaults.keep(kind(), False, Mail.DIGEST, True, by=by)


def kind() -> str:
    from zhiyin.talk.kinds import kinds

    return sorted(kinds())[0]


def emptied() -> None:
    for model in (Territory, HostRule, KindDefault, Workspace):
        model.objects.all().delete()  # type: ignore[attr-defined]
    for one in sorted(Department.objects.all(), key=lambda one: -one.depth):
        one.delete()
    workspace.refresh()


def test_from_one_workspace_to_an_empty_one_no_difference_is_left(
    run: Run, tmp_path: Path, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    furnished()
    first, second = tmp_path / "one.json", tmp_path / "two.json"
    assert run("config", "export", first).code == 0
    emptied()
    assert run("config", "diff", first).code == 1
    assert run("config", "apply", first, "--json").json()["applied"] is True
    run("config", "export", second)
    assert first.read_text() == second.read_text()
    assert run("config", "diff", first).code == 0
    shanghai = Department.objects.get(name_zh="上海")
    assert shanghai.depth == 2
    assert shanghai.parent is not None
    assert shanghai.parent.name_en == "East"
    assert workspace.current().time_zone == "Asia/Tokyo"


def test_the_file_names_no_person_no_id_and_no_secret(run: Run, tmp_path: Path) -> None:
    furnished()
    file = tmp_path / "one.json"
    run("config", "export", file)
    text = file.read_text()
    assert "Anna" not in text
    assert "@" not in text
    assert settings.SECRET_KEY not in text
    assert not [one for one in Department.objects.all() if str(one.pk) in text]
    held = json.loads(text)
    assert held["departments"]["中国 › 华东 › 上海"] == {"en": "Shanghai"}
    assert held["territories"]["长三角"]["rules"][1] == {"department": "中国 › 华东"}
    assert held["webhook_hosts"] == {"deny *.evil.example": True, "only 198.51.100.0/24": True}
    assert held["workspace"] == {"currency": "CNY", "language": "en", "time_zone": "Asia/Tokyo"}


def test_who_works_in_a_territory_stays_when_the_file_changes_where_it_lies(
    run: Run, tmp_path: Path
) -> None:
    furnished()
    file = tmp_path / "one.json"
    run("config", "export", file)
    file.write_text(file.read_text().replace('"浙江"', '"江苏"'))
    assert run("config", "apply", file).code == 0
    one = Territory.objects.get()
    assert one.rules.get(country="China").province == "江苏"
    assert [member.user.name for member in one.members.all()] == ["Anna"]


def test_what_the_file_takes_away_goes_only_where_that_is_said(run: Run, tmp_path: Path) -> None:
    furnished()
    file = tmp_path / "one.json"
    names = ("departments", "territories", "webhook_hosts", "notices", "workspace")
    file.write_text(json.dumps({"zhiyin_configuration": 1, **{name: {} for name in names}}))
    assert run("config", "apply", file).code != 0
    assert Department.objects.count() == 3
    Territory.objects.all().delete()
    assert run("config", "apply", file, "--allow-destructive").code == 0
    assert not Department.objects.exists()
    assert not HostRule.objects.exists()
    assert workspace.current().language == ""


def test_a_department_with_people_in_it_does_not_go(run: Run, tmp_path: Path) -> None:
    furnished()
    factories.user(department=Department.objects.get(name_zh="上海"))
    file = tmp_path / "one.json"
    file.write_text(json.dumps({"zhiyin_configuration": 1, "territories": {}, "departments": {}}))
    answer = run("config", "apply", file, "--allow-destructive")
    assert answer.code != 0
    assert Department.objects.count() == 3
    assert Territory.objects.exists()


@pytest.mark.parametrize(
    ("section", "line", "why"),
    [
        ('"departments": {\n    "东 › 沪": {"en": "X"}\n  }', 4, "东?"),
        ('"departments": {\n    "东": {\n      "english": "X"\n    }\n  }', 4, "english"),
        ('"territories": {\n    "东": {"en": "E", "rules": []}\n  }', 4, ""),
        ('"territories": {\n    "东": {"en": "E", "rules": [{"department": "无"}]}\n  }', 4, "无?"),
        ('"webhook_hosts": {\n    "deny http://x": true\n  }', 4, ""),
        ('"workspace": {\n    "currency": "XXQ"\n  }', 4, ""),
        ('"workspace": {\n    "company": "X"\n  }', 4, "language"),
        ('"notices": {\n    "nothing": {"in_product": true, "mail": "off", "push": true}\n  }', 4,
         "nothing"),
    ],
)  # fmt: skip
def test_an_item_that_cannot_be_says_which_line_and_why_and_nothing_is_done(
    run: Run, tmp_path: Path, section: str, line: int, why: str
) -> None:
    file = tmp_path / "one.json"
    file.write_text(f'{{\n  "zhiyin_configuration": 1,\n  {section}\n}}\n')
    answer = run("config", "apply", file)
    assert answer.code != 0
    said = answer.err + answer.out
    assert f"{line} 行" in said or f"ine {line}" in said
    assert why in said
    assert not Department.objects.exists()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{\n  "zhiyin_configuration": 1,\n  "views": {,}\n}', 3),
        ('{\n  "zhiyin_configuration": 2\n}', 2),
        ('{\n  "zhiyin_configuration": 1,\n\n  "viewz": {}\n}', 4),
        ('{\n  "zhiyin_configuration": 1,\n  "views": []\n}', 3),
    ],
)
def test_a_file_that_is_none_says_which_line(text: str, line: int) -> None:
    with pytest.raises(configuration.Unusable) as unusable:
        configuration.read(text)
    assert f"line {line}" in str(unusable.value)


def test_a_key_that_stands_twice_is_not_half_believed() -> None:
    with pytest.raises(configuration.Unusable, match="twice"):
        configuration.read('{"zhiyin_configuration": 1, "views": {"a": {}, "a": {}}}')


def test_a_role_that_is_granted_nothing_is_no_difference_to_one_that_is_not_named(run: Run) -> None:
    wanted = configuration.read(configuration.export())
    wanted["policy"]["webhook.sales"] = []
    assert "webhook.sales" not in configuration.read(configuration.export())["policy"]
    assert configuration.plan(wanted) == []
    wanted["policy"]["customer.analyst"] = []
    (step,) = configuration.plan(wanted)
    assert (step.key, step.what, step.destructive) == ("customer.analyst", "remove", True)


def test_how_the_house_tells_holds_for_who_has_not_chosen(run: Run) -> None:
    by, anna = factories.user(Role.ADMINISTRATOR), factories.user()
    defaults.keep(kind(), False, Mail.DIGEST, True, by=by)
    told = next(one for one in queries.wishes(anna) if one.key == kind())
    assert (told.in_product, told.mail, told.push) == (False, "digest", True)
    defaults.drop(kind(), by=by)
    assert next(one for one in queries.wishes(anna) if one.key == kind()).in_product
