"""Who may see, check, load and undo which import."""

from __future__ import annotations

import pytest

from tests import factories
from tests.collect.desk import Desk
from tests.collect.state import digest
from zhiyin.accounts.roles import Role
from zhiyin.collect.models import Import

ORDERS = "order,date,sku,quantity,price,customer\n1,2026-03-01,A,1,2.00,C1\n2,never,A,1,2,C2\n"
BUTTONS = ("check_import", "load_import", "undo_import", "cancel_import")


def test_a_marketer_sees_only_their_own_imports(desk: Desk) -> None:
    one = desk.checked(ORDERS)
    other = Desk(factories.user(Role.MARKETER))
    assert one.file_name not in other.page("imports")
    for name in ("import", "import_columns", "import_rejects", "undo_import", "import_progress"):
        assert other.get(name, one).status_code == 404
    before = digest()
    for name in BUTTONS:
        assert other.post(name, one).status_code == 404
    one.refresh_from_db()
    assert (one.state, digest()) == ("checked", before)
    assert one.file_name in Desk(factories.user(Role.ADMINISTRATOR)).page("imports")


def test_an_analyst_checks_but_does_not_load(db: None) -> None:
    desk = Desk(factories.user(Role.ANALYST))
    one = desk.checked(ORDERS)
    page = desk.page("import", one)
    assert "Rejected rows" in page
    assert "Load 1 rows" not in page
    assert "ask a manager or marketer to load" in page
    assert desk.post("load_import", one).status_code == 403
    one.refresh_from_db()
    assert one.state == Import.State.CHECKED


def test_the_data_protection_officer_sees_imports_but_no_cells(desk: Desk) -> None:
    one = desk.checked(ORDERS)
    officer = Desk(factories.user(Role.DPO))
    page = officer.page("import", one)
    assert "What was found, and what was done" in page
    assert "never" not in page
    assert officer.get("import_rejects", one).status_code == 403
    assert officer.get("import_columns", one).status_code == 403


@pytest.mark.parametrize("role", [Role.SALES, Role.SERVICE, Role.READ_ONLY])
def test_others_have_no_imports_at_all_but_see_the_sources(role: Role, db: None) -> None:
    desk = Desk(factories.user(role))
    assert desk.get("imports").status_code == 403
    assert desk.upload(ORDERS).status_code == 403
    page = desk.page("sources")
    assert "/data/imports/new/" not in page
    assert not Import.objects.exists()


def test_rejected_rows_of_others_cannot_be_mended(desk: Desk) -> None:
    one = desk.checked(ORDERS)
    other = Desk(factories.user(Role.MARKETER))
    mended = other.uploaded(ORDERS, mends=str(one.pk))
    assert mended.mends is None


def test_an_upload_without_the_token_is_refused(desk: Desk) -> None:
    desk.client.handler.enforce_csrf_checks = True
    assert desk.upload(ORDERS).status_code == 403
    assert not Import.objects.exists()
