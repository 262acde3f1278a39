"""The parts that carry a script: each does with keys and mouse what it promises on its page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.console.browsing import enter, needs_browser

pytestmark = needs_browser
PATH = "/console/components"


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    found = enter(browser, live_server)
    found.go(PATH)
    found.page.wait_for_selector("#city-one[role=combobox]")
    yield found.page
    # An answer of 422 or 409 is a part of the talk; the browser notes it all the same.
    assert [one for one in found.complaints if "status of 4" not in one] == []
    found.context.close()


def value(page: Page, name: str) -> object:
    return page.evaluate(
        "name => [...document.querySelector(`[name=${name}]`).selectedOptions].map(o => o.value)",
        name,
    )


def test_a_select_is_found_by_initials_pinyin_and_characters(page: Page) -> None:
    box = page.locator("#city-one")
    for typed, city, key in (("cq", "重庆", "cq"), ("shangh", "上海", "sh"), ("圳", "深圳", "sz")):
        box.fill(typed)
        expect(page.locator(".zy-pick-list:popover-open [role=option].at")).to_have_text(city)
        box.press("Enter")
        assert value(page, "city_one") == [key]
        expect(box).to_have_value(city)
    box.fill("nowhere")
    expect(page.locator(".zy-pick-list:popover-open")).to_contain_text("没有找到")
    box.press("Escape")
    expect(box).to_have_value("深圳")
    box.press("ArrowDown")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator("[aria-selected=true]:visible")).to_have_text("深圳")
    box.press("Tab")
    expect(box).to_have_attribute("aria-expanded", "false")


def test_several_are_chosen_and_taken_back(page: Page) -> None:
    box = page.locator("#city-many")
    box.fill("gz")
    box.press("Enter")
    assert value(page, "city_many") == ["gz", "sh", "sz"]
    page.get_by_role("button", name="上海").click()
    assert value(page, "city_many") == ["gz", "sz"]
    box.press("Backspace")
    assert value(page, "city_many") == ["gz"]


def test_choices_can_be_asked_of_the_server(page: Page) -> None:
    box = page.locator("#city-far")
    box.fill("lond")
    expect(page.locator(".zy-pick-list:popover-open [role=option]").first).to_contain_text("伦敦")
    box.press("Enter")
    assert value(page, "city_far") == ["ld"]


def test_days_and_money_are_read_as_people_write_them(page: Page) -> None:
    due = page.locator("#sample-due")
    due.fill("2026年3月5日")
    due.press("Tab")
    expect(due).to_have_value("2026-03-05")
    expect(page.locator("#sample-due-said")).to_have_text("周四")
    due.fill("随便哪天")
    due.press("Tab")
    expect(page.locator("#sample-due-said")).to_contain_text("看不懂")
    expect(due).to_have_attribute("aria-invalid", "true")
    budget = page.locator("#sample-budget")
    budget.fill("３.５万")
    budget.press("Tab")
    expect(budget).to_have_value("35,000")


def test_a_period_is_set_by_its_name_and_must_not_end_before_it_begins(page: Page) -> None:
    page.get_by_role("button", name="近 7 天").click()
    first, last = page.locator("#from"), page.locator("#to")
    assert first.input_value() < last.input_value()
    expect(page.get_by_role("button", name="近 7 天")).to_have_attribute("aria-pressed", "true")
    last.fill("2020-01-01")
    last.press("Tab")
    expect(page.locator("[data-range-problem]")).to_have_text("结束日期早于开始日期")


def test_a_tree_is_walked_folded_and_searched_by_keys(page: Page) -> None:
    tree = page.get_by_role("tree")
    tree.get_by_role("treeitem").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(":focus")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowDown")
    expect(page.locator(":focus")).to_have_attribute("aria-label", "客服中心")
    page.keyboard.press("y")
    expect(page.locator(":focus")).to_have_attribute("aria-label", "云岭茶业")


def test_a_card_is_carried_by_keys_and_the_sums_follow(page: Page) -> None:
    card = page.locator("[data-card=d1]")
    card.focus()
    for key in ("Space", "ArrowRight", "ArrowDown", "Space"):
        page.keyboard.press(key)
    there = page.locator("[data-lane=offer]")
    expect(there.locator("[data-card=d1]")).to_be_focused()
    expect(there.locator(".sums b")).to_have_text("¥555,000")
    assert there.locator("[data-card]").evaluate_all("all => all.map(c => c.dataset.card)") == [
        "d4", "d1", "d5",
    ]  # fmt: skip
    page.reload()
    expect(page.locator("[data-lane=offer] [data-card=d1]")).to_be_visible()
    page.locator("[data-card=d1]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    expect(page.locator("[data-lane=offer] [data-card=d1]")).to_be_focused()


def test_a_card_is_moved_by_its_menu_and_by_dragging(page: Page) -> None:
    page.locator("[data-card=d6] summary").click()
    page.get_by_role("button", name="移到「合同审批」").locator("visible=true").click()
    expect(page.locator("[data-lane=paper] [data-card]").first).to_have_attribute("data-card", "d6")
    card, target = page.locator("[data-card=d8]"), page.locator("[data-lane=lead] [data-card=d2]")
    page.wait_for_function("() => Boolean(window.Sortable)")
    card.locator(".sub").hover()
    page.mouse.down()
    box = target.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 30, steps=12)
    page.mouse.move(box["x"] + 62, box["y"] + 34, steps=3)
    page.mouse.up()
    expect(page.locator("[data-lane=lead] [data-card=d8]")).to_be_visible()
    expect(page.locator("[data-lane=lead] .sums b")).to_have_text("¥826,400")


def test_a_value_changes_where_it_stands_and_no_version_is_lost(
    page: Page, browser: Browser
) -> None:
    city = page.locator(".zy-inline")
    city.locator("[data-inline-open]").click()
    city.locator("input[name=city]").fill("厦门")
    page.keyboard.press("Enter")
    expect(page.locator(".zy-inline [data-inline-open]")).to_contain_text("厦门")
    page.locator(".zy-inline [data-inline-open]").click()
    page.locator(".zy-inline input[name=city]").fill("")
    page.keyboard.press("Enter")
    expect(page.locator(".zy-inline .err")).to_contain_text("1 到 20")
    page.keyboard.press("Escape")
    other = page.context.new_page()
    other.goto(page.url)
    other.locator(".zy-inline [data-inline-open]").click()
    other.locator(".zy-inline input[name=city]").fill("北京")
    other.keyboard.press("Enter")
    expect(other.locator(".zy-inline [data-inline-open]")).to_contain_text("北京")
    page.locator(".zy-inline [data-inline-open]").click()
    page.locator(".zy-inline input[name=city]").fill("广州")
    page.keyboard.press("Enter")
    both = page.locator("form.zy-diff[action*=city]")
    expect(both.locator("del")).to_have_text("北京")
    expect(both.locator("ins")).to_have_text("广州")


def test_what_is_this_opens_beside_the_figure_and_gives_the_focus_back(page: Page) -> None:
    link = page.locator(".zy-kpi .zy-what").first
    link.focus()
    page.keyboard.press("Enter")
    card = page.locator(".zy-what-card")
    expect(card).to_contain_text("成交额")
    expect(card).to_contain_text("退货")
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    expect(link).to_be_focused()


def test_menus_and_scores_open_by_keys(page: Page) -> None:
    page.locator("#sample-menu summary").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#sample-menu a").first).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator("#sample-menu a").last).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#sample-menu summary")).to_be_focused()
    page.locator(".zy-score-badge summary").focus()
    page.keyboard.press("Enter")
    for fact in ("46", "38–55", "v14", "11-21 06:00", "62 天没买"):
        expect(page.locator(".zy-score-badge .zy-pop")).to_contain_text(fact)


def test_every_chart_has_its_table_picture_and_file(page: Page) -> None:
    page.wait_for_selector("#charts ~ * .plot svg")
    charts = page.locator("figure[data-chart]:not(.broken)")
    for i in range(charts.count()):
        chart = charts.nth(i)
        assert chart.locator(".plot").get_attribute("aria-label")
        chart.locator("[data-chart-table]").click(force=True)
        expect(chart.locator(".table tbody tr").first).to_be_visible()
        with page.expect_download() as csv:
            chart.locator("[data-chart-csv]").click(force=True)
        assert csv.value.suggested_filename.endswith(".csv")
        chart.locator("[data-chart-table]").click(force=True)
    with page.expect_download() as png:
        charts.first.locator("[data-chart-png]").click(force=True)
    assert png.value.suggested_filename.endswith(".png")
    expect(page.locator("figure.broken .failed")).to_be_visible()


def test_without_script_the_fields_are_plain_and_a_card_still_moves(
    browser: Browser, live_server: LiveServer
) -> None:
    found = enter(browser, live_server)
    state = found.context.storage_state()
    plain = browser.new_context(java_script_enabled=False, storage_state=state)
    page = plain.new_page()
    page.goto(f"{live_server.url}{PATH}")
    assert page.locator("select[name=city_one] option").count() == 12
    page.locator("[data-card=d6] summary").click()
    page.locator("[data-card=d6] button[value=won]").click()
    expect(page.locator("[data-lane=won] [data-card=d6]")).to_be_visible()
    plain.close()
    found.context.close()
