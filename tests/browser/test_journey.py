"""The main job from end to end, with and without scripts: read, comment, receipt, moderate, answer, look up,
digest, export. Every hand uses the browser; the papers come from the real Celery worker.
"""

import io
import re
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pypdf
import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.processes]

MEASURE = "完善公共法律服务体系"


@pytest.fixture
def log_in(open_page: Callable[..., Page], passwords: dict[str, str]) -> Callable[..., Page]:
    def enter(username: str, *, javascript: bool) -> Page:
        page = open_page(javascript=javascript)
        page.goto("/admin/")
        page.locator("#id_username").fill(username)
        page.locator("#id_password").fill(passwords[username])
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        return page

    return enter


def comment_on_measure(page: Page, body: str) -> tuple[str, str]:
    """From the front page to the receipt, as a visitor goes; returns receipt number and look-up code."""
    page.goto("/")
    page.get_by_role("link", name="方案全文").first.click()
    page.get_by_role("link", name=re.compile(MEASURE)).first.click()
    page.get_by_role("link", name=re.compile("提意见")).first.click()
    page.get_by_label("意见内容").fill(body)
    page.get_by_label("称呼或姓名").fill("王演示")
    page.get_by_label("联系电话").fill("13800000000")
    page.get_by_role("checkbox", name=re.compile("我已阅读")).check()
    page.get_by_role("button", name="提交意见").click()
    expect(page.get_by_role("heading", name="您的意见已收到")).to_be_visible()
    number = page.locator(".receipt-number").inner_text().strip()
    code = page.locator(".lookup-code").inner_text().strip()
    assert code not in page.url
    assert code not in page.title()
    return number, code


def put_back(route: Route, token: str) -> None:
    """Serve the form as a browser that kept the page does: with the token it was first given."""
    if route.request.method != "GET":
        route.continue_()
        return
    response = route.fetch()
    text = re.sub(r'(name="form_token" value=")[^"]*', rf"\g<1>{token}", response.text())
    route.fulfill(response=response, body=text)


def look_up(page: Page, number: str, code: str) -> str:
    page.goto("/receipts/")
    page.get_by_label("受理编号").fill(number)
    page.get_by_label("查询码").fill(code)
    page.get_by_role("button", name="查询").click()
    return page.inner_text("main")


def open_comment(page: Page, number: str) -> None:
    page.goto("/admin/comments/comment/?status=all")
    page.get_by_role("link", name=re.compile(number)).first.click()


def wait_for_paper(page: Page, folder: Path) -> bytes:
    """Follow the progress page until the paper can be downloaded."""
    button = page.get_by_role("button", name=re.compile("下载"))
    deadline = time.monotonic() + 90
    while not button.is_visible():
        assert time.monotonic() < deadline, page.inner_text("body")
        page.wait_for_timeout(500)
        if page.get_by_text("失败原因").is_visible():
            pytest.fail(page.inner_text("body"))
    with page.expect_download() as download:
        button.click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path.read_bytes()


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no-scripts"])
def test_the_whole_journey(open_page, log_in, tmp_path, javascript):
    visitor = open_page(javascript=javascript)
    body = f"（测试）建议在山区村设流动服务点，编号 {'甲' if javascript else '乙'}。<b>不是标签</b>"
    number, code = comment_on_measure(visitor, body)
    assert "待审核" in look_up(visitor, number, code)
    visitor.goto("/measures/13/")
    expect(visitor.get_by_text(body)).to_have_count(0)

    moderator = log_in("moderator", javascript=javascript)
    open_comment(moderator, number)
    expect(moderator.get_by_text("不断完善县、镇、村（社区）三级公共法律服务体系").first).to_be_visible()
    assert "13800000000" not in moderator.content()
    moderator.get_by_role("button", name="公开", exact=True).click()
    expect(moderator.get_by_text("已公开").first).to_be_visible()
    visitor.goto("/measures/13/")
    expect(visitor.get_by_text(body)).to_be_visible()
    expect(visitor.get_by_text("王**").first).to_be_visible()
    assert "王演示" not in visitor.content()

    drafter = log_in("drafter", javascript=javascript)
    open_comment(drafter, number)
    drafter.get_by_label("采纳情况").select_option("adopted")
    drafter.get_by_label(re.compile("理由")).first.fill("（测试）已采纳，在本条末尾补充。")
    drafter.get_by_role("button", name="提交审签").click()
    approver = log_in("approver", javascript=javascript)
    open_comment(approver, number)
    approver.get_by_role("button", name=re.compile("审签“采纳”")).click()
    open_comment(approver, number)
    approver.get_by_role("button", name=re.compile("公布“采纳”")).click()
    status = look_up(visitor, number, code)
    assert "已公开" in status
    assert "（测试）已采纳，在本条末尾补充。" in status

    moderator.goto("/admin/comments/report/request/")
    moderator.get_by_role("button", name="生成简报").click()
    digest = pypdf.PdfReader(io.BytesIO(wait_for_paper(moderator, tmp_path)))
    text = re.sub(r"\s", "", "".join(page.extract_text() for page in digest.pages))
    assert number in text
    assert "演示" in text
    assert "王**" in text
    assert "王演示" not in text
    assert "13800000000" not in text

    drafter.goto("/admin/comments/report/request/")
    drafter.get_by_label("格式").select_option("xlsx")
    drafter.get_by_role("button", name="生成汇总表").click()
    workbook = openpyxl.load_workbook(io.BytesIO(wait_for_paper(drafter, tmp_path)))
    cells = [str(cell.value) for sheet in workbook for row in sheet.iter_rows() for cell in row if cell.value]
    assert body in cells
    assert any(number in cell for cell in cells)
    assert not any("13800000000" in cell or "王演示" in cell for cell in cells)


def test_the_same_form_sent_again_with_another_text_keeps_the_first(open_page):
    page = open_page()
    page.goto("/measures/13/comment/")
    token = page.locator("[name=form_token]").input_value()
    page.route("**/measures/13/comment/", lambda route: put_back(route, token))
    number, _ = comment_on_measure(page, "（测试）第一次写的意见，应当保留。")
    page.go_back()
    page.get_by_label("意见内容").fill("（测试）改过的意见，不能悄悄覆盖。")
    page.get_by_role("checkbox", name=re.compile("我已阅读")).check()
    page.get_by_role("button", name="提交意见").click()
    expect(page.get_by_text(number).first).to_be_visible()
    expect(page.get_by_label("意见内容")).to_have_value("（测试）改过的意见，不能悄悄覆盖。")
    page.unroute("**/measures/13/comment/")
    page.get_by_role("button", name=re.compile("作为新意见提交")).click()
    second = page.locator(".receipt-number").inner_text().strip()
    assert second != number


def test_a_wrong_code_says_nothing_about_the_number(open_page):
    page = open_page()
    number, code = comment_on_measure(page, "（测试）这条意见用来试查询。")
    wrong = look_up(page, number, "ZZZZZ-ZZZZZ")
    unknown = look_up(page, "202208-99999-9", code)
    assert wrong == unknown
    assert "不符" in wrong
