"""The tree of departments keeps its paths true."""

from __future__ import annotations

import pytest

from tests import factories
from zhiyin.accounts import departments
from zhiyin.accounts.access import Denied
from zhiyin.accounts.models import Department
from zhiyin.accounts.roles import Role
from zhiyin.accounts.services import NotAllowed

pytestmark = pytest.mark.django_db


def test_a_moved_department_takes_everything_below_along() -> None:
    boss = factories.user(Role.ADMINISTRATOR)
    company = departments.create_department(by=boss, name_zh="公司", name_en="Company")
    north = departments.create_department(by=boss, name_zh="北", name_en="North", parent=company)
    shop = departments.create_department(by=boss, name_zh="店", name_en="Shop", parent=north)
    till = departments.create_department(by=boss, name_zh="柜", name_en="Till", parent=shop)
    south = departments.create_department(by=boss, name_zh="南", name_en="South", parent=company)

    departments.move_department(shop, by=boss, parent=south)

    below_south = Department.objects.filter(path__startswith=south.path)
    assert set(below_south) == {south, shop, till}
    assert list(Department.objects.filter(path__startswith=north.path)) == [north]
    till.refresh_from_db()
    assert till.path == f"{company.id.hex}/{south.id.hex}/{shop.id.hex}/{till.id.hex}/"


def test_a_department_is_never_its_own_ancestor() -> None:
    boss = factories.user(Role.ADMINISTRATOR)
    north = factories.department()
    shop = factories.department(parent=north)
    for parent in (north, shop):
        with pytest.raises(NotAllowed):
            departments.move_department(north, by=boss, parent=parent)


def test_a_department_with_people_is_not_removed() -> None:
    boss = factories.user(Role.ADMINISTRATOR)
    north = factories.department()
    factories.user(department=north)
    with pytest.raises(NotAllowed):
        departments.remove_department(north, by=boss)


def test_only_administrators_change_the_tree() -> None:
    with pytest.raises(Denied):
        departments.create_department(
            by=factories.user(Role.MANAGER), name_zh="北", name_en="North"
        )
