import hashlib
import json
import re
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from comments.models import ConsultationEvent, EventKind, Report
from comments.services.reporting import request_report, run_report
from hongya_portal.jobs import JobStatus

pytestmark = pytest.mark.django_db

REQUEST = "/admin/comments/report/request/"


@pytest.fixture
def desk(moderator, staff_client) -> Client:
    return staff_client(moderator)


@pytest.fixture
def ready(receive, consultation, moderator) -> Report:
    """A feedback report as CSV, made by the real service."""
    receive("（测试）报表里的意见")
    report = request_report(
        consultation=consultation, kind="feedback_report", format="csv", parameters={}, actor=moderator
    )
    run_report(report.pk)
    report.refresh_from_db()
    assert report.status == JobStatus.READY
    return report


@pytest.fixture
def queued(consultation, during, moderator) -> Report:
    parameters = {"first_day": "2022-08-05", "last_day": "2022-08-05"}
    return request_report(
        consultation=consultation, kind="digest", format="pdf", parameters=parameters, actor=moderator
    )


def url(report: Report, act: str) -> str:
    return f"/admin/comments/report/{report.pk}/{act}/"


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def set_status(report: Report, status: str, **values: object) -> None:
    Report.objects.filter(pk=report.pk).update(status=status, **values)


def test_a_digest_is_asked_for(desk, consultation, during, moderator):
    data = {"paper": "digest", "first_day": "2022-08-05", "last_day": "2022-08-06"}
    response = desk.post(REQUEST, data)
    report = Report.objects.get()
    assert response.url == url(report, "change")
    assert (report.kind, report.format, report.parameters, report.requested_by) == (
        "digest",
        "pdf",
        {"first_day": "2022-08-05", "last_day": "2022-08-06"},
        moderator,
    )
    assert ConsultationEvent.objects.get().kind == EventKind.REPORT_REQUESTED


def test_a_feedback_report_is_asked_for_with_its_filters(desk, consultation, during):
    data = {
        "paper": "feedback",
        "file_format": "xlsx",
        "measure": "13",
        "unit": "县司法局",
        "status": "published",
    }
    desk.post(REQUEST, data | {"chapter": ""})
    report = Report.objects.get()
    assert (report.kind, report.format) == ("feedback_report", "xlsx")
    assert report.parameters == {"measure": 13, "unit": "县司法局", "status": "published"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"paper": "digest", "first_day": "", "last_day": "2022-08-05"}, "请填写“起始日期”。"),
        (
            {"paper": "digest", "first_day": "2022-13-05", "last_day": "2022-08-05"},
            "应写成 2022-08-05 的样子",
        ),
        (
            {"paper": "digest", "first_day": "2022-08-06", "last_day": "2022-08-05"},
            "截止日期不能早于起始日期。",
        ),
        ({"paper": "digest", "first_day": "0001-01-01", "last_day": "9999-12-31"}, "没有办理"),
        ({"paper": "feedback", "file_format": "docx"}, "请从所列各项中选择"),
        ({"paper": "feedback", "file_format": "csv", "measure": "66"}, "没有办理"),
        ({"paper": "feedback", "file_format": "csv", "unit": "虚构局"}, "没有办理"),
        ({"paper": "feedback", "file_format": "csv", "status": "approved"}, "没有办理"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused(desk, consultation, during, data, message):
    response = desk.post(REQUEST, data)
    assert response.status_code == 422
    assert message in text(response)
    assert not Report.objects.exists()


@pytest.mark.parametrize("paper", ["", "consultation", "archive", "title"])
def test_an_unknown_paper_is_not_found(desk, consultation, during, paper):
    assert desk.post(REQUEST, {"paper": paper}).status_code == 404


def test_the_form_proposes_today_within_the_window(desk, consultation, during, staff_client, moderator):
    assert desk.get(REQUEST).context["digest"].initial["first_day"].isoformat() == "2022-08-08"
    during.move_to("2026-11-24T09:00:00+08:00")
    assert (
        staff_client(moderator).get(REQUEST).context["digest"].initial["first_day"].isoformat()
        == "2022-08-10"
    )


def test_the_page_of_a_queued_paper_watches_it(desk, queued):
    page = text(desk.get(url(queued, "change")))
    assert "排队中" in page
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page
    assert "js/progress.js" in page
    assert "下载（留痕）" not in page


def test_progress_is_small_and_plain(desk, queued):
    response = desk.get(url(queued, "progress"))
    assert json.loads(response.content) == {"status": "排队中", "progress": 0, "done": False}
    assert len(response.content) < 1024
    assert "no-store" in response.headers["Cache-Control"]


def test_progress_tells_when_it_is_done(desk, ready):
    assert json.loads(desk.get(url(ready, "progress")).content)["done"] is True
    page = text(desk.get(url(ready, "change")))
    assert ready.sha256 in page
    assert "refresh" not in page


def test_a_download_gives_the_file_and_leaves_an_event(desk, ready, moderator):
    response = desk.post(url(ready, "download"))
    body = b"".join(response.streaming_content)
    assert hashlib.sha256(body).hexdigest() == ready.sha256
    assert response.headers["Content-Disposition"] == f"attachment; filename*=utf-8''{quote(ready.file_name)}"
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in response.headers["Cache-Control"]
    event = ConsultationEvent.objects.get(kind=EventKind.REPORT_DOWNLOADED)
    assert (event.actor, event.after["sha256"]) == (moderator, ready.sha256)


def test_a_get_downloads_nothing(desk, ready):
    response = desk.get(url(ready, "download"))
    assert (response.status_code, response.url) == (302, url(ready, "change"))
    assert not ConsultationEvent.objects.filter(kind=EventKind.REPORT_DOWNLOADED).exists()


def test_a_paper_that_is_not_ready_is_not_downloaded(desk, queued):
    assert desk.post(url(queued, "download")).status_code == 404


def test_a_file_that_is_gone_is_told_and_leaves_no_event(desk, ready):
    ready.file.storage.delete(ready.file.name)
    assert "已不在服务器上" in text(desk.post(url(ready, "download"), follow=True))
    assert not ConsultationEvent.objects.filter(kind=EventKind.REPORT_DOWNLOADED).exists()


def test_a_failed_paper_says_why_and_is_tried_again(desk, queued):
    set_status(queued, JobStatus.FAILED, error="（测试）排版超时。", finished_at=queued.queued_at)
    page = text(desk.get(url(queued, "change")))
    assert "（测试）排版超时。" in page
    assert "重试" in page
    assert "已重新排队。" in text(desk.post(url(queued, "retry"), follow=True))
    queued.refresh_from_db()
    assert queued.status == JobStatus.QUEUED


def test_only_a_failed_paper_is_tried_again(desk, ready):
    assert "不能重试" in text(desk.post(url(ready, "retry"), follow=True))


def test_the_list_names_scope_and_checksum(desk, ready, queued):
    page = text(desk.get("/admin/comments/report/"))
    assert "起始日期：2022-08-05；截止日期：2022-08-05" in page
    assert ready.sha256[:12] in page
    assert "申请生成" in page


def test_one_who_may_not_ask_sees_no_button(ready, approver, staff_client):
    assert "申请生成" not in text(staff_client(approver).get("/admin/comments/report/"))


def test_a_measure_outside_the_chosen_chapter_is_refused(desk, consultation, during):
    data = {"paper": "feedback", "file_format": "xlsx", "measure": "13", "chapter": "3"}
    response = desk.post(REQUEST, data)
    assert response.status_code == 422
    assert "所选举措不在所选的章内。" in text(response)
    assert not Report.objects.exists()
    assert desk.post(REQUEST, {**data, "chapter": "2"}).status_code == 302


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_tells_each_scope_in_words_and_asks_no_more_for_more(
    desk, consultation, during, moderator, count
):
    for number in range(14 - count, 14):
        parameters = {"measure": number, "chapter": 2, "unit": None, "status": "published"}
        request_report(
            consultation=consultation,
            kind="feedback_report",
            format="csv",
            parameters=parameters,
            actor=moderator,
        )
    with CaptureQueriesContext(connection) as queries:
        page = text(desk.get("/admin/comments/report/"))
    measure, chapter = consultation.plan.measures.get(number=13), consultation.plan.chapters.get(number=2)
    assert f"举措：{measure}；章：{chapter}；审核状态：已公开" in page
    own = [row["sql"] for row in queries if row["sql"].startswith("SELECT")]
    assert len([sql for sql in own if "django_session" not in sql]) == 7
