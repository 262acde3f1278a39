"""Fields and layouts in a real browser: keys and drag, live preview, nothing the policy forbids."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from tests.console.browsing import Visit, enter, needs_browser
from zhiyin.accounts.models import User
from zhiyin.customers.models import Customer
from zhiyin.objects.custom.models import CustomField, Layout

from .fields import customers, field

pytestmark = needs_browser
STORES = {
    "choices": [
        {"key": "bund", "zh": "外滩店", "en": "Bund", "colour": "teal"},
        {"key": "xuhui", "zh": "徐汇店", "en": "Xuhui", "colour": "amber"},
    ]
}


def filled(browser: Browser, server: LiveServer, **how: object) -> Visit:
    customers()
    found = enter(browser, server, **how)  # type: ignore[arg-type]
    by = User.objects.get()
    field("c_store", "choice", by=by, rules=STORES, label_zh="所属门店", label_en="Store",
          help_zh="首次办卡的门店", help_en="Where the first card was given")  # fmt: skip
    field("c_points", "number", by=by, rules={"decimals": 0, "least": "0"}, label_zh="积分",
          label_en="Points", listed=True)  # fmt: skip
    field("c_card", by=by, rules={"unique": True, "pattern": "[A-Z]{2}[0-9]{6}"},
          sensitivity="personal", label_zh="会员卡号", label_en="Card number")  # fmt: skip
    field("c_average", "formula", by=by, formula="round(revenue / orders, 2)",
          label_zh="客单价", label_en="Average order", rules={"decimals": 2})  # fmt: skip
    Customer.objects.create(name="林静姝", revenue=684, orders=4)
    return found


def picture(found: Visit, name: str) -> None:
    """A picture to look at, where somebody asks for pictures."""
    if folder := os.environ.get("ZHIYIN_PICTURES"):
        found.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_fields_are_ordered_by_keys_and_by_dragging(
    browser: Browser, live_server: LiveServer
) -> None:
    found = filled(browser, live_server)
    page = found.go("/settings/fields/customer/")
    picture(found, "fields")
    with page.expect_response("**/order/"):
        page.locator("[data-field=c_points] [name=up]").press("Enter")
    assert [o.key for o in CustomField.objects.all()][:2] == ["c_points", "c_store"]
    with page.expect_response("**/order/"):
        page.locator("[data-field=c_average] .cf-handle").drag_to(
            page.locator("[data-field=c_points]")
        )
    assert next(o.key for o in CustomField.objects.all()) == "c_average"
    assert found.axe() == []
    assert found.complaints == []
    found.context.close()


def test_a_field_is_made_while_its_preview_follows(
    browser: Browser, live_server: LiveServer
) -> None:
    found = filled(browser, live_server)
    page = found.go("/settings/fields/customer/new/")
    page.locator(".cf-types label", has=page.locator("[value=formula]")).click()
    page.fill("#f-zh", "半价")
    page.fill("#f-en", "Half of it")
    assert page.input_value("#f-key") == "half_of_it"
    page.fill("#f-formula", "revenue / ")
    expect(page.locator(".cf-problems")).to_be_visible()
    page.fill("#f-formula", "revenue / 2")
    expect(page.locator(".cf-answers")).to_contain_text("342")
    picture(found, "formula")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/settings/fields/customer/")
    assert CustomField.objects.get(key="c_half_of_it").formula == "revenue / 2"
    page = found.go("/settings/fields/customer/c_store/")
    picture(found, "choice")
    assert found.axe() == []
    assert found.complaints == []
    found.context.close()


def test_a_layout_is_made_without_a_mouse(browser: Browser, live_server: LiveServer) -> None:
    found = filled(browser, live_server)
    page = found.go("/settings/fields/customer/layout/?role=sales")
    picture(found, "layout")
    page.locator("[data-field=c_points] [value^='up:']").press("Enter")
    page.locator("[data-field=c_card] [value^='out:']").press("Enter")
    expect(page.locator(".cf-pool [data-field=c_card]")).to_be_visible()
    page.locator("[data-field=c_store] [name=read_only]").check()
    page.keyboard.press("Control+Enter")
    page.wait_for_load_state()
    expect(page.locator(".zy-toast")).to_be_visible()
    placed = [one for part in Layout.objects.get().sections for one in part["fields"]]
    assert [one["key"] for one in placed if one["key"].startswith("c_")][:2] == [
        "c_points", "c_store",
    ]  # fmt: skip
    assert {"key": "c_store", "read_only": True} in placed
    assert "c_card" not in [one["key"] for one in placed]
    assert found.axe() == []
    assert found.complaints == []
    found.context.close()


@pytest.mark.parametrize(("width", "theme"), [(1440, "dark"), (390, "light")])
def test_every_screen_fits(
    browser: Browser, live_server: LiveServer, width: int, theme: str
) -> None:
    found = filled(browser, live_server, width=width, theme=theme)
    for name, address in (
        ("fields", ""), ("new", "new/"), ("choice", "c_store/"), ("layout", "layout/"),
        ("convert", "c_card/convert/?to=number"),
    ):  # fmt: skip
        page = found.go(f"/settings/fields/customer/{address}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        picture(found, f"{name}-{width}-{theme}")
        assert found.axe() == [], name
    assert found.complaints == []
    found.context.close()
