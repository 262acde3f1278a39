"""The list in a real browser: edited by key, left by Esc, nested conditions told, drafts kept."""

from __future__ import annotations

from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from tests.console.browsing import enter, needs_browser
from zhiyin.customers.models import Company, Customer

pytestmark = needs_browser


def test_a_cell_is_edited_by_key_saved_and_left_as_it_was(
    browser: Browser, live_server: LiveServer
) -> None:
    Company.objects.create(name="Acme", city="Bath", industry="retail", revenue=9)
    found = enter(browser, live_server, width=1440, theme="light")
    page = found.go("/companies/?set=1&col=city&col=industry")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.locator("td.editing input[name=value]")).to_have_value("Acme")
    page.keyboard.press("Tab")
    expect(page.locator('td.editing[data-cell="city"] input[name=value]')).to_have_value("Bath")
    page.keyboard.type("York")
    page.keyboard.press("Enter")
    expect(page.locator('td[data-cell="city"]')).to_have_text("York")
    page.locator('td[data-cell="city"]').dblclick()
    page.locator("td.editing input[name=value]").fill("Leeds")
    page.keyboard.press("Escape")
    expect(page.locator('td[data-cell="city"]')).to_have_text("York")
    assert Company.objects.get().city == "York"
    assert found.complaints == []
    found.context.close()


def test_conditions_are_put_together_in_groups_and_told(
    browser: Browser, live_server: LiveServer
) -> None:
    shop = Company.objects.create(name="Shop", industry="retail")
    Customer.objects.create(name="Ann", company=shop)
    Customer.objects.create(name="Bob")
    found = enter(browser, live_server, width=1440, theme="light")
    page = found.go("/customers/")
    page.keyboard.press("/")
    expect(page.locator("[data-find]")).to_be_focused()
    page.keyboard.press("Escape")
    page.locator(".chip.add").click()
    page.locator(".nested-link a").click()
    page.locator(".gfoot button").last.click()
    row = page.locator(".related .cond").first
    row.locator("select").first.select_option("industry")
    row.locator(".vals select").select_option("retail")
    page.locator("form[data-builder] .cond .btn-ico").first.click()
    expect(page.locator("[data-told]")).to_contain_text("零售")
    page.locator("form[data-builder] .acts button").click()
    expect(page.locator("tr[data-row]")).to_have_count(1)
    expect(page.locator("tr[data-row]")).to_contain_text("Ann")
    assert found.complaints == []
    found.context.close()


def test_what_was_typed_outlives_a_session_that_ends(
    browser: Browser, live_server: LiveServer
) -> None:
    company = Company.objects.create(name="Acme", city="Bath")
    found = enter(browser, live_server, width=1440, theme="light")
    address = f"/companies/{company.pk}/edit"
    page = found.go(address)
    page.locator("#edit-city").fill("York")
    found.go("/companies/")
    page = found.go(address)
    expect(page.locator("#edit-city")).to_have_value("York")
    page.locator("form.record-form button.btn-primary").click()
    page.wait_for_url(f"**/companies/{company.pk}/")
    assert Company.objects.get().city == "York"
    page = found.go(address)
    expect(page.locator("#edit-city")).to_have_value("York")
    assert page.evaluate("Object.keys(sessionStorage).filter((k) => k.startsWith('draft'))") == []
    assert found.complaints == []
    found.context.close()
