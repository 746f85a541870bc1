import datetime as dt
import re
import subprocess
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.template.loader import render_to_string
from pypdf import PdfReader

from comments.models import CommentStatus, Outcome, ReportFormat, ReportKind, WithholdReason
from comments.reports import digest as digest_module
from comments.reports import digest_pdf
from comments.reports.digest import Digest, build_digest
from comments.reports.digest_pdf import write_digest_pdf
from comments.reports.parameters import Period, clean_parameters, digest_period
from comments.reports.totals import TotalsMismatch
from comments.services.deciding import approve, propose, publish_disposition
from comments.services.moderating import publish, withhold
from hongya_portal.files import sha256_of
from hongya_portal.fonts import paper_fonts
from hongya_portal.pdf import render_pdf
from tests.comments.papers import at, enter, pdf_text

pytestmark = pytest.mark.django_db
FIFTH = Period(dt.date(2022, 8, 5), dt.date(2022, 8, 5))
WHOLE = Period(dt.date(2022, 8, 2), dt.date(2022, 8, 8))


def items_of(digest: Digest):
    return [item for chapter in digest.chapters for group in chapter.groups for item in group.items]


def test_a_digest_without_opinions_reads_well(consultation, during, tmp_path):
    digest = build_digest(consultation, FIFTH)
    rendered = write_digest_pdf(digest, tmp_path / "digest.pdf")
    text = pdf_text(tmp_path / "digest.pdf")
    assert (digest.totals.comments, digest.chapters, rendered.pages) == (0, (), 1)
    assert "本期未收到意见" in text
    assert "按渠道统计" not in text
    assert "采纳情况：" not in text
    assert "按规则隐去" not in text


def test_a_digest_of_a_day_after_the_end_says_that_it_is_over(consultation, during, tmp_path):
    during.move_to(consultation.closes_at + dt.timedelta(days=9))
    after = Period(dt.date(2022, 8, 11), dt.date(2022, 8, 11))
    write_digest_pdf(build_digest(consultation, after), tmp_path / "digest.pdf")
    assert "公开征求意见已于2022年8月10日结束。2022年8月11日，本期未收到意见" in pdf_text(
        tmp_path / "digest.pdf"
    )


def test_a_redaction_holds_on_paper(consultation, moderator, during):
    comment = enter(consultation, moderator, "（测试）找张演示办的。", suggested_text="（测试）由张演示负责")
    publish(
        comment,
        actor=moderator,
        published_body="（测试）找某人办的。",
        published_suggested_text="（测试）由某人负责",
        redaction_reason="隐去他人姓名",
    )
    (item,) = items_of(build_digest(consultation, FIFTH))
    assert (item.body, item.suggested_text) == ("（测试）找某人办的。", "（测试）由某人负责")


def test_opinions_stand_in_plan_order_under_their_headings(consultation, moderator, during):
    plan = consultation.plan
    measure = plan.measures.get(number=13)
    enter(consultation, moderator, "（测试）甲", measure=plan.measures.get(number=65))
    enter(consultation, moderator, "（测试）乙", measure=measure)
    enter(consultation, moderator, "（测试）丙", chapter=measure.chapter)
    enter(consultation, moderator, "（测试）丁")
    digest = build_digest(consultation, FIFTH)
    shape = [(c.heading, [(g.heading, g.count) for g in c.groups]) for c in digest.chapters]
    assert shape == [
        ("方案整体", [("", 1)]),
        (str(measure.chapter), [("", 1), (str(measure), 1)]),
        (str(plan.chapters.get(number=11)), [(str(plan.measures.get(number=65)), 1)]),
    ]
    assert [item.body for item in items_of(digest)] == [
        "（测试）丁",
        "（测试）丙",
        "（测试）乙",
        "（测试）甲",
    ]


def test_a_period_is_whole_days_in_shanghai(consultation, moderator, during):
    start, end = FIFTH.bounds
    for moment, body in [
        (start - dt.timedelta(microseconds=1), "前一日"),
        (start, "零时"),
        (end - dt.timedelta(microseconds=1), "末刻"),
        (end, "次日"),
    ]:
        comment = enter(consultation, moderator, f"（测试）{body}")
        type(comment.submission).objects.filter(pk=comment.submission_id).update(
            received_at=moment, entered_at=moment
        )
    assert [item.body for item in items_of(build_digest(consultation, FIFTH))] == [
        "（测试）零时",
        "（测试）末刻",
    ]


def test_what_is_entered_later_stands_in_the_digest_of_its_day_as_well(consultation, moderator, during):
    enter(consultation, moderator, "（测试）补录的信", day=5)
    eighth = Period(dt.date(2022, 8, 8), dt.date(2022, 8, 8))
    digest = build_digest(consultation, eighth)
    assert (digest.totals.comments, digest.earlier_count) == (0, 1)
    assert digest.earlier[0].groups[0].items[0].body == "（测试）补录的信"
    assert build_digest(consultation, FIFTH).totals.comments == 1
    assert build_digest(consultation, FIFTH).earlier_count == 0


def test_late_opinions_are_counted_apart(consultation, moderator, during, tmp_path):
    during.move_to(consultation.closes_at + dt.timedelta(days=2))
    enter(consultation, moderator, day=10)
    enter(consultation, moderator, day=12)
    totals = build_digest(consultation, Period(dt.date(2022, 8, 10), dt.date(2022, 8, 12))).totals
    assert (totals.submissions, totals.late_submissions, totals.comments, totals.late_comments) == (
        2,
        1,
        2,
        1,
    )
    write_digest_pdf(
        build_digest(consultation, Period(dt.date(2022, 8, 12), dt.date(2022, 8, 12))), tmp_path / "d.pdf"
    )
    assert "其中逾期来件1件、意见1条" in pdf_text(tmp_path / "d.pdf")


def test_nobody_can_be_reached_through_a_digest(consultation, moderator, during, tmp_path):
    body = "（测试）请回电 199 1234 5678 或 yanshi@example.com，身份证 11010519491231002X。"
    comment = enter(
        consultation, moderator, body, name="诸葛演示", suggested_text="请写上１９９１２３４５６７８。"
    )
    write_digest_pdf(build_digest(consultation, FIFTH), tmp_path / "digest.pdf")
    text = pdf_text(tmp_path / "digest.pdf")
    assert "诸**" in text
    assert comment.submission.receipt_number in text
    assert "请回电［电话号码已隐去］或［邮箱已隐去］，身份证［证件号码已隐去］。" in text
    assert "请写上［电话号码已隐去］。" in text
    for secret in ("诸葛", "演示@", "5678", "example.com", "110105", "00000000000"):
        assert secret not in text


def test_a_withdrawn_opinion_is_counted_and_not_shown(consultation, moderator, during):
    comment = enter(consultation, moderator, "（测试）不想说了", suggested_text="（测试）改法")
    type(comment).objects.filter(pk=comment.pk).update(status=CommentStatus.WITHDRAWN, withdrawn_at=at(6))
    digest = build_digest(consultation, FIFTH)
    (item,) = items_of(digest)
    assert (item.body, item.suggested_text, item.answer.words) == (
        "提交人已撤回，内容不再显示。",
        "",
        "撤回不再答复",
    )
    assert digest.totals.comments == 1


def test_the_published_outcome_is_shown_before_the_one_in_work(
    consultation, moderator, drafter, approver, during
):
    comment = enter(consultation, moderator)
    publish(comment, actor=moderator)

    def answer():
        return items_of(build_digest(consultation, FIFTH))[0].answer

    assert answer().words == "尚未答复"
    first = propose(
        comment, outcome=Outcome.ADOPTED, explanation="", cited_change="（测试）改文", actor=drafter
    )
    assert (answer().words, answer().reason) == ("采纳（拟办）", "修改情况：（测试）改文")
    approve(first, actor=approver)
    assert answer().words == "采纳（已审签）"
    publish_disposition(first, actor=approver)
    assert answer().words == "采纳"
    propose(comment, outcome=Outcome.NOT_ADOPTED, explanation="（测试）另有规定", actor=drafter)
    assert answer().words == "采纳"
    totals = build_digest(consultation, FIFTH).totals
    assert [(t.label, t.comments) for t in totals.by_outcome if t.comments] == [("采纳", 1)]
    assert [(t.label, t.comments) for t in totals.by_stage if t.comments] == [("已公布", 1)]


def test_withheld_opinions_stay_in_the_working_paper(consultation, moderator, during):
    comment = enter(consultation, moderator, "（测试）骂人的话")
    withhold(comment, actor=moderator, reason=WithholdReason.INSULT)
    (item,) = items_of(build_digest(consultation, FIFTH))
    assert (item.body, item.status) == ("（测试）骂人的话", "不予公开")


HOSTILE = {
    "formula": "=cmd|'/C calc'!A0",
    "tags": "<img src=http://127.0.0.1:9/x.png><style>@import url(file:///etc/passwd);</style>{{ settings }}",
    "bidi": "正\u202e写着倒\u2066去",
    "rare": "人名𠮷𪚥與囍\U0003fffd",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_printed_as_text(consultation, moderator, during, tmp_path, name):
    enter(consultation, moderator, HOSTILE[name])
    write_digest_pdf(build_digest(consultation, FIFTH), tmp_path / "digest.pdf")
    text = pdf_text(tmp_path / "digest.pdf")
    if name == "formula":
        assert "=cmd|'/Ccalc'!A0" in text
    elif name == "tags":
        assert (
            "<imgsrc=http://127.0.0.1:9/x.png><style>@importurl(file:///etc/passwd);</style>{{settings}}"
            in text
        )
    elif name == "bidi":
        assert "正写着倒去" in text
        assert "略去叠加符号和不可见的方向控制符2个" in text
    else:
        assert "〓" in text
        assert "U+3FFFD" in text


@pytest.mark.parametrize(
    ("body", "most_pages"),
    [("a" * 100_000, 9), ("e" + "\u0301" * 100_000, 3), ("一\n" * 50_000, 16), ("汉" * 100_000, 9)],
    ids=["run", "marks", "lines", "long"],
)
def test_an_endless_text_costs_little_and_what_is_left_out_is_said(
    consultation, moderator, during, tmp_path, body, most_pages
):
    enter(consultation, moderator, body)
    rendered = write_digest_pdf(build_digest(consultation, FIFTH), tmp_path / "digest.pdf")
    assert rendered.pages <= most_pages
    assert re.search(r"以下省略\d+字", pdf_text(tmp_path / "digest.pdf"))


def test_no_text_leaves_the_type_area(consultation, moderator, during, tmp_path):
    enter(consultation, moderator, "a" * 500 + "，" + "W" * 500)
    write_digest_pdf(build_digest(consultation, FIFTH), tmp_path / "digest.pdf")
    assert all(right <= mm(210 - 26) + 3 for _, _, right, _ in boxes(tmp_path / "digest.pdf", 1))


def mm(length: float) -> float:
    """Millimetres in PDF points."""
    return length * 72 / 25.4


def boxes(path: Path, page: int, element: str = "word") -> list[tuple[str, float, float, float]]:
    """(text, left, right, middle) of the elements of a page, in points."""
    done = subprocess.run(
        ["pdftotext", "-bbox-layout", "-f", str(page), "-l", str(page), path, "-"],
        capture_output=True,
        check=True,
    )
    found = []
    tree = ElementTree.fromstring(done.stdout)  # noqa: S314  (pdftotext's own output)
    for node in tree.iter(f"{{http://www.w3.org/1999/xhtml}}{element}"):
        box = {side: float(node.get(side)) for side in ("xMin", "xMax", "yMin", "yMax")}
        found.append(("".join(node.itertext()), box["xMin"], box["xMax"], (box["yMin"] + box["yMax"]) / 2))
    return found


def test_a_page_holds_22_lines_of_28_characters(tmp_path):
    class Block:
        level, heading = 0, ""
        item = {"about": "一", "body": ["国" * 3000]}

    context = {
        "title": "版面",
        "label": "内部工作材料",
        "fonts": paper_fonts(),
        "blocks": [Block],
        "head": None,
    }
    output = tmp_path / "grid.pdf"
    render_pdf(render_to_string("papers/digest.html", context), output)
    lines = [box for box in boxes(output, 2, "line") if "国" in box[0]]
    assert [text.strip() for text, *_ in lines] == ["国" * 28] * 22
    _, left, right, first = lines[0]
    assert left == pytest.approx(mm(28), abs=1)
    assert right == pytest.approx(mm(210 - 26), abs=1)
    pitch = (lines[-1][3] - first) / 21
    assert pitch == pytest.approx(mm(225) / 22, abs=0.05)
    number = next(box for box in boxes(output, 2, "line") if "—" in box[0])
    assert "".join(number[0].split()) == "—2—"
    assert number[1] < mm(60)
    assert number[3] == pytest.approx(mm(297 - 35 + 7), abs=3)
    odd = next(box for box in boxes(output, 3, "line") if "—" in box[0])
    assert odd[1] > mm(150)


def test_papers_say_that_they_are_internal_and_in_a_demonstration_invented(
    consultation, during, tmp_path, settings
):
    for demonstration in (True, False):
        settings.DEMONSTRATION = demonstration
        write_digest_pdf(build_digest(consultation, FIFTH), tmp_path / "digest.pdf")
        pages = [page.extract_text() for page in PdfReader(tmp_path / "digest.pdf").pages]
        assert all("内部工作材料" in page for page in pages)
        assert all(("演示材料" in page) is demonstration for page in pages)


def test_a_long_digest_is_made_in_parts_with_its_headings(consultation, during, tmp_path, monkeypatch):
    monkeypatch.setattr(digest_pdf, "PART_ITEMS", 10)
    call_command("load_demo", comments=35, seed=1, verbosity=0)
    digest = build_digest(consultation, WHOLE)
    done: list[int] = []
    rendered = write_digest_pdf(digest, tmp_path / "digest.pdf", done.append)
    assert done == [25, 50, 75, 100]
    text = pdf_text(tmp_path / "digest.pdf")
    assert all(item.receipt in text for item in items_of(digest))
    assert [f"—{number}—" in text for number in range(1, rendered.pages + 1)] == [True] * rendered.pages
    assert text.count("征求意见工作简报") == 1


def test_past_the_limit_a_digest_counts_and_says_so(consultation, during, tmp_path, monkeypatch):
    call_command("load_demo", comments=40, seed=2, verbosity=0)
    full = build_digest(consultation, WHOLE)
    monkeypatch.setattr(digest_module, "MOST_ITEMS", 39)
    counted = build_digest(consultation, WHOLE)
    assert (items_of(counted), counted.itemised) == ([], False)
    assert [(c.heading, [(g.heading, g.count) for g in c.groups]) for c in counted.chapters] == [
        (c.heading, [(g.heading, g.count) for g in c.groups]) for c in full.chapters
    ]
    write_digest_pdf(counted, tmp_path / "digest.pdf")
    assert "逐条内容见意见采纳情况汇总表" in pdf_text(tmp_path / "digest.pdf")


def test_a_digest_whose_groups_do_not_hold_what_was_counted_is_not_made(consultation, during, monkeypatch):
    call_command("load_demo", comments=12, seed=2, verbosity=0)
    monkeypatch.setattr(digest_module, "_chapters", lambda *args, **kwargs: ())
    with pytest.raises(TotalsMismatch):
        build_digest(consultation, WHOLE)


@pytest.mark.parametrize(
    ("first_day", "last_day", "message"),
    [
        ("2022-08-05", "2022-08-04", "不能早于"),
        ("2022-08-05", "2023-08-11", "最长 370 天"),
        ("2022-08-09", "2022-08-09", "还没有到"),
        ("2022-07-30", "2022-08-01", "此前没有意见"),
        ("0001-01-01", "2022-08-05", "年份有误"),
        ("2022-08-05", "9999-12-31", "年份有误"),
        ("8月5日", "2022-08-05", "2022-08-05 的样子"),
        (None, "2022-08-05", "2022-08-05 的样子"),
        (20220805, "2022-08-05", "2022-08-05 的样子"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(consultation, during, first_day, last_day, message):
    with pytest.raises(ValidationError, match=message):
        digest_period(consultation, {"first_day": first_day, "last_day": last_day})


def test_parameters_are_kept_as_json(consultation, during):
    cleaned = clean_parameters(
        consultation,
        ReportKind.DIGEST,
        ReportFormat.PDF,
        {"first_day": dt.date(2022, 8, 5), "last_day": "2022-08-06"},
    )
    assert cleaned == {"first_day": "2022-08-05", "last_day": "2022-08-06"}
    with pytest.raises(ValidationError, match="只有 PDF"):
        clean_parameters(consultation, ReportKind.DIGEST, ReportFormat.XLSX, cleaned)
    with pytest.raises(ValidationError, match="不认识的范围参数：owner"):
        digest_period(consultation, {**cleaned, "owner": 1})


def test_the_command_writes_a_digest_and_prints_pages_and_hash(consultation, during, tmp_path):
    output, out = tmp_path / "简报.pdf", StringIO()
    call_command("render_digest", date="2022-08-05", output=output, stdout=out)
    assert out.getvalue() == f"{output}：1 页，SHA-256 {sha256_of(output)}\n"
    call_command("render_digest", date="2022-08-04", to="2022-08-06", output=output, stdout=out)
    assert "（2022年8月4日至2022年8月6日）" in pdf_text(output)


def test_the_command_tells_what_is_wrong(consultation, during, tmp_path):
    with pytest.raises(CommandError, match="2022-08-05 的样子"):
        call_command("render_digest", date="昨天", output=tmp_path / "d.pdf")
    with pytest.raises(CommandError, match="目录不存在"):
        call_command("render_digest", date="2022-08-05", output=tmp_path / "no" / "d.pdf")
    with pytest.raises(CommandError, match="是一个目录"):
        call_command("render_digest", date="2022-08-05", output=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_command_needs_a_consultation(db, tmp_path):
    with pytest.raises(CommandError, match="load_plan"):
        call_command("render_digest", date="2022-08-05", output=tmp_path / "d.pdf")
