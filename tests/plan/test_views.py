"""The reading side: what each page says, in each state of the consultation."""

import re
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as django_settings

from comments.services.moderating import publish
from comments.services.receiving import Identity, Point, submit
from plan.models import Consultation, ConsultationKind, Measure
from tests.plan.pages import PAGES, at, nfkc, page_text, receive


@pytest.fixture
def measure(consultation) -> Measure:
    return consultation.plan.measures.get(number=13)


@pytest.mark.parametrize(
    "page", ["/chapters/0/", "/chapters/12/", "/measures/66/", "/units/不存在的局/", "/units/县/"]
)
def test_what_does_not_exist_is_not_found(client, consultation, during, page):
    response = client.get(page)
    assert response.status_code == 404
    assert "没有找到这个页面" in response.content.decode()
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.has_header("ETag")


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_without_a_consultation_every_page_says_so(client, page):
    response = client.get(page)
    assert response.status_code == 200
    assert "目前没有正在公开征求意见的方案" in page_text(response)


def test_home_prints_the_notice_whole(client, consultation, during):
    notice = consultation.notices.get()
    text = page_text(client.get("/"))
    printed = [notice.issuer + notice.title, notice.body, notice.attachment, notice.issuer + "2022年8月2日"]
    assert [part for part in printed if nfkc(part) not in text] == []


def test_home_names_the_person_of_the_notice_only_in_the_notice(client, consultation, during):
    person = consultation.contact_person
    assert person
    assert client.get("/").content.decode().count(person) == 1


def test_home_marks_contacts_until_they_are_confirmed(client, consultation, during):
    doubt = nfkc("（公告所载，待主办单位核实）")
    assert page_text(client.get("/")).count(doubt) == 2
    Consultation.objects.update(contacts_confirmed=True)
    text = page_text(client.get("/"))
    assert text.count(doubt) == 0
    assert f"电话{consultation.contact_phone}" in text


def test_home_lists_chapters_with_their_measures(client, consultation, during):
    text = page_text(client.get("/"))
    counts = [0, 13, 2, 5, 9, 5, 6, 7, 5, 3, 10]
    for chapter, measures in zip(consultation.plan.chapters.order_by("number"), counts, strict=True):
        assert nfkc(f"{chapter}{f'{measures}条举措' if measures else '总述'}") in text


STATES = [
    (at(8, 1, 23, 59, 59), "upcoming", "尚未开始", "8月2日开始"),
    (at(8, 2, 0), "open", "正在征集", "还有9天(至8月10日24时)"),
    (at(8, 8), "open", "正在征集", "还有3天(至8月10日24时)"),
    (at(8, 10, 0), "last-day", "今天截止", "8月10日24时前都可以提出意见"),
    (at(8, 10, 23, 59, 59, 999_999), "last-day", "今天截止", "8月10日24时前都可以提出意见"),
    (at(8, 11, 0), "closed", "已结束", "意见研究中,结果将在本站公布"),
]


@pytest.mark.parametrize(("moment", "key", "word", "detail"), STATES)
def test_home_tells_the_state_by_the_clock(client, consultation, moment, key, word, detail):
    with time_machine.travel(moment, tick=False):
        response = client.get("/")
    assert f'data-status="{key}">{word}<' in response.content.decode()
    assert detail in page_text(response)


def test_home_tells_that_results_are_published(client, consultation):
    Consultation.objects.update(results_published_at=at(9, 1))
    with time_machine.travel(at(9, 1), tick=False):
        text = page_text(client.get("/"))
    assert "已公布结果2022年9月1日公布" in text


def test_home_tells_a_closing_within_the_day_by_the_minute(client, consultation):
    Consultation.objects.update(closes_at=at(8, 10, 17, 30))
    with time_machine.travel(at(8, 10, 12), tick=False):
        assert "今天截止8月10日17:30前都可以提出意见" in page_text(client.get("/"))


@pytest.mark.parametrize(
    ("kind", "reason", "shown"),
    [
        (ConsultationKind.MAJOR_DECISION, "", "缩短期限说明未载明"),
        (ConsultationKind.NORMATIVE_DOCUMENT, "", "缩短期限说明未载明"),
        (ConsultationKind.MAJOR_DECISION, "（测试）情况紧急", "缩短期限说明(测试)情况紧急"),
        (ConsultationKind.OTHER, "", "缩短期限说明未载明"),
    ],
)
def test_home_tells_why_the_period_is_short(client, consultation, during, kind, reason, shown):
    Consultation.objects.update(kind=kind, shortened_reason=reason)
    text = page_text(client.get("/"))
    assert "期限8天(不计首日)" in text
    assert shown in text


def test_a_normative_document_with_seven_working_days_is_not_shortened(client, consultation, during):
    Consultation.objects.update(kind=ConsultationKind.NORMATIVE_DOCUMENT, closes_at=at(8, 12, 0))
    assert "缩短期限说明" not in page_text(client.get("/"))


def test_zero_opinions_read_well_before_during_and_after(client, consultation):
    said = []
    for moment in [at(8, 1), at(8, 8), at(8, 20)]:
        with time_machine.travel(moment, tick=False):
            said.append(page_text(client.get("/")))
    assert "征求意见开始后,经审核的意见在这里公开" in said[0]
    assert "目前还没有公开的意见" in said[1]
    assert "截至征集结束,平台没有登记到意见和建议" in said[2]


def test_after_closing_received_but_unpublished_opinions_are_not_denied(
    client, consultation, measure, during
):
    receive(consultation, "（测试）还没有审核的意见。", measure=measure)
    with time_machine.travel(at(8, 20), tick=False):
        text = page_text(client.get("/"))
    assert "没有公开的意见" in text
    assert "没有登记到" not in text


def test_home_counts_published_opinions_and_their_submissions(
    client, consultation, measure, moderator, during
):
    receipt = submit(
        consultation=consultation,
        points=[Point(body="（测试）第一点。", measure=measure), Point(body="（测试）第二点。")],
        identity=Identity(),
        nonce="two points",
        arrived_at=at(8, 5),
    )
    for comment in receipt.submission.comments.all():
        publish(comment, actor=moderator)
    receive(consultation, "（测试）还没有审核。", measure=measure)
    response = client.get("/")
    assert "已公开意见2条,来自1份来件" in page_text(response)
    assert '<a href="/plan/">已公开意见 <strong>2</strong> 条</a>' in response.content.decode()


def source_paragraphs() -> list[str]:
    page = Path(django_settings.BASE_DIR) / "fixtures" / "source" / "2022-08-02-notice-page.txt"
    lines = [nfkc(line) for line in page.read_text(encoding="utf-8").splitlines()]
    start = max(index for index, line in enumerate(lines) if line.startswith("一、"))
    end = max(index for index, line in enumerate(lines) if "责任单位" in line)
    return [line for line in lines[start : end + 1] if line]


def test_plan_page_prints_every_paragraph_of_the_source_in_order(client, consultation, during):
    text = page_text(client.get("/plan/"))
    paragraphs = source_paragraphs()
    assert len(paragraphs) >= 11 + 65
    position = text.index(nfkc(consultation.plan.preamble))
    for paragraph in paragraphs:
        position = text.index(paragraph, position) + len(paragraph)


def test_plan_page_has_an_anchor_per_measure(client, consultation, during):
    anchors = re.findall(r'id="(m-\d\d)"', client.get("/plan/").content.decode())
    assert anchors == [f"m-{number:02d}" for number in range(1, 66)]


def test_chapter_pages_print_their_measures(client, consultation, during):
    for chapter in consultation.plan.chapters.prefetch_related("measures"):
        text = page_text(client.get(chapter.get_absolute_url()))
        assert nfkc(str(chapter)) in text
        assert nfkc(chapter.introduction) in text
        for measure in chapter.measures.all():
            assert nfkc(f"{measure}。{measure.body}{measure.responsibility_text}") in text


def test_chapter_page_links_its_neighbours(client, consultation, during):
    first, last = (client.get(f"/chapters/{number}/").content.decode() for number in (1, 11))
    assert 'rel="prev"' not in first
    assert '<a rel="next" href="/chapters/2/">' in first
    assert '<a rel="prev" href="/chapters/10/">' in last
    assert 'rel="next"' not in last


@pytest.mark.parametrize("number", [1, 13, 36, 65])
def test_measure_page_prints_text_and_units_in_printed_order(client, consultation, during, number):
    measure = consultation.plan.measures.get(number=number)
    response = client.get(f"/measures/{number}/")
    text = page_text(response)
    assert nfkc(f"{measure}{measure.body}{measure.responsibility_text}") in text
    labels = list(measure.responsibilities.values_list("unit__label", flat=True))
    listed = nfkc("责任单位" + "".join(labels) + ("等" if measure.open_ended else ""))
    assert listed in text


def test_measure_page_links_units_and_neighbours(client, consultation, during):
    text = client.get("/measures/13/").content.decode()
    assert '<a href="/units/%E5%8E%BF%E5%8F%B8%E6%B3%95%E5%B1%80/">县司法局</a>' in text
    assert '<a rel="prev" href="/measures/12/">' in text
    assert '<a rel="next" href="/measures/14/">' in text
    assert 'rel="next"' not in client.get("/measures/65/").content.decode()


def test_source_notes_stay_with_the_staff(client, consultation, during):
    noted = consultation.plan.measures.exclude(source_note="").first()
    assert noted is not None
    assert noted.source_note not in client.get(noted.get_absolute_url()).content.decode()


CALLS = [
    (at(8, 1), "征求意见将于2022年8月2日开始", False),
    (at(8, 8), "不需要注册", True),
    (at(8, 11, 0), "征求意见已于2022年8月10日结束,不再接收意见", False),
]


@pytest.mark.parametrize(("moment", "said", "linked"), CALLS)
@pytest.mark.parametrize(
    ("page", "form"),
    [
        ("/measures/13/", "/measures/13/comment/"),
        ("/chapters/2/", "/chapters/2/comment/"),
        ("/plan/", "/comment/"),
    ],
)
def test_the_way_to_the_form_is_open_only_in_the_window(
    client, consultation, moment, said, linked, page, form
):
    with time_machine.travel(moment, tick=False):
        response = client.get(page)
    assert said in page_text(response)
    assert (f'href="{form}"' in response.content.decode()) is linked


def test_units_page_lists_named_units_and_groups_with_their_measures(client, consultation, during):
    text = page_text(client.get("/units/"))
    assert "单位40个" in text
    assert "单位类别4个" in text
    assert "县司法局33条" in text
    assert "县级有关部门(单位)3条" in text


def test_unit_page_lists_its_measures(client, consultation, during):
    for label in ["县司法局", "县级有关部门（单位）"]:
        measures = consultation.plan.measures.filter(units__label=label)
        response = client.get(f"/units/{label}/")
        found = re.findall(r'<h2><a href="/measures/(\d+)/">', response.content.decode())
        assert found == [str(number) for number in measures.values_list("number", flat=True)]
        assert f"共列入{len(found)}条举措" in page_text(response)


def test_a_demonstration_says_so_on_every_page(client, consultation, during, settings):
    said = "本系统为演示，不是政府网站；所示意见均为虚构。演示日期：2022 年 8 月 8 日。"
    for page in [*PAGES, "/nothing/"]:
        assert said in client.get(page).content.decode()
    settings.DEMONSTRATION = False
    assert "演示" not in client.get("/units/").content.decode()


def test_identity_numbers_are_hidden_until_they_are_known(client, consultation, during, settings):
    assert 'class="identity"' not in client.get("/").content.decode()
    settings.SITE_IDENTITY = {**settings.SITE_IDENTITY, "icp_number": "（测试）备案号"}
    text = client.get("/").content.decode()
    assert "（测试）备案号" in text
    assert "政府网站标识码" not in text
