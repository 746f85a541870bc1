"""The desk in a real browser: no accessibility fault of weight, no policy violation, no sideways scrolling."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.processes]

# Who looks at what; each list once, each kind of page once.
PAGES = {
    "moderator": [
        "/admin/",
        "/admin/comments/comment/",
        "/admin/comments/comment/?status=all",
        "/admin/comments/comment/?status=all&q=没有这个词",
        "/admin/comments/comment/1/change/",
        "/admin/comments/comment/2/change/",
        "/admin/comments/submission/",
        "/admin/comments/submission/1/change/",
        "/admin/comments/report/",
        "/admin/comments/report/request/",
    ],
    "approver": ["/admin/comments/disposition/", "/admin/comments/commentevent/", "/admin/comments/"],
    "administrator": [
        "/admin/auth/user/",
        "/admin/auth/user/add/",
        "/admin/auth/user/1/change/",
        "/admin/auth/user/1/password/",
        "/admin/plan/consultation/",
        "/admin/plan/consultation/1/change/",
        "/admin/plan/measure/?noted=yes",
        "/admin/plan/measure/15/change/",
        "/admin/plan/responsibleunit/1/change/",
        "/admin/plan/responsibleunit/1/history/",
        "/admin/comments/consultationevent/",
        "/admin/password_change/",
    ],
}


@pytest.fixture
def enter(open_page: Callable[..., Page], passwords: dict[str, str]) -> Callable[..., Page]:
    def logged_in(username: str, **options: object) -> Page:
        page = open_page(**options)
        page.goto("/admin/")
        page.locator("#id_username").fill(username)
        page.locator("#id_password").fill(passwords[username])
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        return page

    return logged_in


def grave_faults(page: Page) -> list[str]:
    found = Axe().run(page, options={"preload": False}).response["violations"]
    return [
        f"{rule['id']}: {rule['nodes'][0]['html']}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]


def check(page: Page) -> None:
    assert "演示" in page.inner_text("body")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert grave_faults(page) == []
    page.set_viewport_size({"width": 375, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


@pytest.mark.parametrize("role", PAGES)
def test_every_page_of_the_desk_is_accessible_and_narrow(enter, role):
    page = enter(role)
    for path in PAGES[role]:
        response = page.goto(path)
        assert response.status == 200, path
        check(page)


def test_the_login_page(open_page):
    page = open_page()
    page.goto("/admin/login/")
    check(page)


def test_a_refusal_is_said_first_and_leads_to_the_field(enter):
    page = enter("moderator")
    page.goto("/admin/comments/comment/2/change/")
    page.get_by_label("公开文本", exact=True).fill("（演示）改短了。")
    page.get_by_role("button", name="公开", exact=True).click()
    refusal = page.get_by_role("alert")
    expect(refusal).to_contain_text("请填写隐去说明")
    check(page)
    refusal.get_by_role("link").first.click()
    assert page.evaluate("document.activeElement.name || location.hash") in (
        "redaction_reason",
        "#publish-redaction_reason",
    )
    assert page.get_by_label("公开文本", exact=True).input_value() == "（演示）改短了。"


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no-scripts"])
def test_several_are_withheld_at_once_with_a_reason(enter, javascript):
    page = enter("moderator", javascript=javascript)
    page.goto("/admin/comments/comment/?status=all")
    page.locator("input[name=_selected_action]").nth(0).check()
    page.locator("input[name=_selected_action]").nth(1).check()
    page.locator("select[name=action]").select_option("withhold_selected")
    page.get_by_role("button", name="执行").click()
    if javascript:
        check(page)
    page.get_by_label("理由").select_option("off_topic")
    page.get_by_role("button", name="不予公开这 2 条").click()
    expect(page.get_by_role("status")).to_contain_text("共 2 条")
    if javascript:
        check(page)
