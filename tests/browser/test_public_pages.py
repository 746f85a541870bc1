"""Every public page: no accessibility fault, no policy violation, no sideways scrolling, no need for scripts."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.processes]

PAGES = [
    "/",
    "/plan/",
    "/chapters/1/",
    "/chapters/2/",
    "/measures/1/",
    "/measures/13/",
    "/units/",
    "/units/县司法局/",
    "/search/",
    "/search/?q=执法",
    "/search/?q=没有这个词",
    "/comment/",
    "/chapters/1/comment/",
    "/measures/13/comment/",
    "/receipts/",
    "/privacy/",
    "/measures/99/",
]


def faults(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in found]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_accessible_narrow_and_cookieless(open_page: Callable[..., Page], path):
    page = open_page(width=1280)
    page.goto(path)
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert "演示" in page.inner_text("body")
    assert faults(page) == []
    page.set_viewport_size({"width": 375, "height": 800})
    assert faults(page) == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.context.cookies() == []


@pytest.mark.parametrize(
    "path",
    ["/", "/plan/", "/chapters/2/", "/measures/1/", "/measures/13/", "/units/", "/measures/13/comment/",
     "/receipts/", "/privacy/", "/search/?q=执法", "/search/?q=13"],
)  # fmt: skip
def test_text_of_twice_the_size_does_not_scroll_sideways(open_page: Callable[..., Page], path):
    page = open_page(width=375)
    page.goto(path)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_form_errors_are_accessible_and_reached_first(open_page: Callable[..., Page]):
    page = open_page()
    page.goto("/measures/13/comment/")
    page.get_by_label("意见内容").fill("短")
    page.get_by_role("button", name="提交意见").click()
    summary = page.get_by_role("alert")
    assert summary.is_visible()
    assert page.get_by_label("意见内容").input_value() == "短"
    assert faults(page) == []
    summary.get_by_role("link").first.click()
    assert page.evaluate("document.activeElement.name") == "body"


def test_the_skip_link_is_the_first_stop_of_the_keyboard(open_page: Callable[..., Page]):
    page = open_page()
    page.goto("/measures/13/")
    page.keyboard.press("Tab")
    focused = page.evaluate("[document.activeElement.innerText, document.activeElement.getAttribute('href')]")
    assert focused == ["跳到正文", "#content"]
