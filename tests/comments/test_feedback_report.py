import csv
import io
from collections import Counter
from dataclasses import replace
from io import StringIO

import openpyxl
import pytest
import xlsxwriter
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from comments.models import Channel, Comment, CommentStatus, Disposition, DispositionStatus, Submission
from comments.reports import feedback as feedback_module
from comments.reports import feedback_pdf, feedback_xlsx
from comments.reports.characters import Characters
from comments.reports.feedback import HEADINGS, build_feedback_report
from comments.reports.feedback_csv import guard, write_feedback_csv
from comments.reports.feedback_pdf import FeedbackPdf
from comments.reports.feedback_xlsx import XlsxError, write_feedback_xlsx
from comments.reports.parameters import FeedbackFilter, clean_parameters, feedback_filter
from comments.reports.totals import Tally, TotalsMismatch, count
from hongya_portal.files import sha256_of
from hongya_portal.pdf import PdfError
from plan.models import Consultation
from tests.comments.papers import enter, pdf_text

pytestmark = pytest.mark.django_db
ALL = FeedbackFilter()


def read_xlsx(path):
    book = openpyxl.load_workbook(path)
    sheet = book["汇总表"]
    rows = list(sheet.iter_rows(values_only=True))
    first = rows.index(HEADINGS)
    # Excel reads _x0041_ as a character, so XlsxWriter writes such text escaped; openpyxl leaves that to its user.
    return book, [tuple(unescape(cell) if cell else cell for cell in row) for row in rows[first + 1 :]]


def test_a_row_holds_what_the_table_asks_for(consultation, moderator, during):
    measure = consultation.plan.measures.get(number=13)
    comment = enter(
        consultation, moderator, "（测试）电话19912345678", measure=measure, suggested_text="（测试）改"
    )
    (row,) = build_feedback_report(consultation, ALL).rows()
    assert row.number == 1
    assert row.target == str(measure)
    assert row.units.startswith(measure.responsibilities.first().unit.label)
    assert row.units.endswith("等") is measure.open_ended
    assert (row.signature, row.body, row.suggested_text) == (
        "王**",
        "（测试）电话［电话号码已隐去］",
        "（测试）改",
    )
    assert (row.channel, row.outcome, row.reason, row.status) == ("信函", "尚未答复", "", "待审核")
    assert row.receipt == f"{comment.submission.receipt_number}-1"
    assert row.received == "2022-08-05 10:00"


@pytest.mark.parametrize("seed", [1, 17, 2022])
def test_totals_agree_with_the_rows_over_invented_data(consultation, during, seed):
    during.move_to(consultation.closes_at)
    during.shift(9 * 24 * 3600)
    call_command("load_demo", comments=200, seed=seed, verbosity=0)
    comments = list(Comment.objects.select_related("submission"))
    totals = count(Comment.objects.of(consultation))
    assert totals.comments == 200
    assert totals.submissions == Submission.objects.count()
    assert totals.late_comments == sum(comment.submission.late for comment in comments) > 0
    by_channel = Counter(comment.submission.get_channel_display() for comment in comments)
    assert {line.label: line.comments for line in totals.by_channel} == dict(by_channel)
    assert sum(line.submissions for line in totals.by_channel) == totals.submissions
    by_status = Counter(comment.get_status_display() for comment in comments)
    assert {tally.label: tally.comments for tally in totals.by_status} == dict(by_status)
    withdrawn = {comment.pk for comment in comments if comment.status == CommentStatus.WITHDRAWN}
    shown = Disposition.objects.exclude(status=DispositionStatus.SUPERSEDED).exclude(comment__in=withdrawn)
    by_outcome = Counter(disposition.get_outcome_display() for disposition in shown)
    by_outcome["撤回不再答复"] = len(withdrawn)
    by_outcome["尚未答复"] = 200 - by_outcome.total()
    assert {tally.label: tally.comments for tally in totals.by_outcome} == dict(by_outcome) | {
        tally.label: 0 for tally in totals.by_outcome if tally.label not in by_outcome
    }
    assert totals.answered == shown.count()


def test_every_filter_reconciles_and_partitions(consultation, during):
    call_command("load_demo", comments=300, seed=4, verbosity=0)

    def total(**wanted):
        report = build_feedback_report(consultation, FeedbackFilter(**wanted))
        assert len(list(report.rows())) == report.totals.comments == report.tail.rows
        return report.totals.comments

    assert sum(total(status=status) for status in CommentStatus.values) == total() == 300
    on_plan = Comment.objects.filter(measure=None, chapter=None).count()
    assert sum(total(chapter=number) for number in range(1, 12)) + on_plan == 300
    measure = Comment.objects.filter(measure__isnull=False).first().measure
    assert total(measure=measure.number) == Comment.objects.filter(measure=measure).count() > 0
    assert total(measure=measure.number, chapter=measure.chapter.number) == total(measure=measure.number)
    unit = measure.units.first()
    assert total(unit=unit.label) == Comment.objects.filter(measure__units=unit).count()


@pytest.mark.parametrize("field", ["by_channel", "by_status", "by_outcome", "by_stage"])
def test_totals_that_do_not_add_up_are_never_printed(consultation, moderator, during, field):
    enter(consultation, moderator)
    totals = count(Comment.objects.of(consultation))
    assert totals.reconcile() is totals
    with pytest.raises(TotalsMismatch):
        replace(
            totals, **{field: tuple(line for line in getattr(totals, field) if not line.comments)}
        ).reconcile()
    with pytest.raises(TotalsMismatch):
        replace(totals, by_outcome=(*totals.by_outcome, Tally("多出", 1))).reconcile()


def test_rows_that_are_not_what_was_counted_end_the_report(consultation, moderator, during, tmp_path):
    enter(consultation, moderator)
    report = build_feedback_report(consultation, ALL)
    enter(consultation, moderator)
    with pytest.raises(TotalsMismatch):
        write_feedback_csv(report, tmp_path / "report.csv")
    assert list(tmp_path.iterdir()) == []


def test_reading_costs_the_same_queries_for_few_and_many(consultation, during, django_assert_num_queries):
    consultation = Consultation.objects.select_related("plan").get()
    for comments in (10, 200):
        call_command("load_demo", comments=comments, seed=5, verbosity=0)
        with django_assert_num_queries(8):
            list(build_feedback_report(consultation, ALL).rows())


def test_csv_bytes(consultation, moderator, during, tmp_path, settings):
    comment = enter(consultation, moderator, "=cmd|'/C calc'!A0\n“引号\"与,逗号", suggested_text="＝1+1")
    path = tmp_path / "report.csv"
    write_feedback_csv(build_feedback_report(consultation, ALL), path)
    receipt = comment.submission.receipt_number
    expected = (
        "\ufeff序号,针对条款,责任单位,提出人（脱敏）,意见内容,修改建议,渠道,采纳情况,理由,受理编号,审核状态,收到时间\r\n"
        f"1,方案整体,,王**,\"'=cmd|'/C calc'!A0\n“引号\"\"与,逗号\",'＝1+1,信函,尚未答复,,"
        f"{receipt}-1,待审核,2022-08-05 10:00\r\n"
        "合计,来件1件，意见1条。审核情况：待审核1条。采纳情况：尚未答复1条。办理阶段：尚未答复1条。,,,,,,,,,,\r\n"
    )
    assert path.read_bytes() == expected.encode()


@pytest.mark.parametrize(
    "cell", ["=1", "+1", "-1", "@x", "＝1", "＋1", "－1", "＠x", " =1", "\t=1", "\tx", "\rx", "\n=1", "　=1"]
)
def test_what_a_spreadsheet_would_run_is_guarded(cell):
    assert guard(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "正文", "1-1", "a=b", "'=1"])
def test_other_cells_are_left_alone(cell):
    assert guard(cell) == cell


FORMULAS = [
    "=cmd|'/C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "#N/A",
    "＝1",
    "http://" + "a" * 3000,
    "_x0041_",
    "{=1}",
]


def test_every_text_cell_of_a_workbook_is_a_string(consultation, moderator, during, tmp_path):
    for body in FORMULAS:
        enter(consultation, moderator, body)
    path = tmp_path / "report.xlsx"
    write_feedback_xlsx(build_feedback_report(consultation, ALL), path)
    book, rows = read_xlsx(path)
    assert [row[4] for row in rows] == FORMULAS
    cells = [cell for row in book["汇总表"].iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert book["汇总表"].freeze_panes == "C3"
    assert book["汇总表"].auto_filter.ref == f"A2:L{len(FORMULAS) + 2}"


def test_the_totals_sheet_tells_scope_moment_and_sums(consultation, during, tmp_path, settings):
    call_command("load_demo", comments=60, seed=6, verbosity=0)
    for demonstration in (True, False):
        settings.DEMONSTRATION = demonstration
        report = build_feedback_report(consultation, FeedbackFilter(chapter=2))
        write_feedback_xlsx(report, tmp_path / "report.xlsx")
        book, rows = read_xlsx(tmp_path / "report.xlsx")
        lines = [
            tuple(cell for cell in row if cell is not None)
            for row in book["统计"].iter_rows(values_only=True)
        ]
        facts = dict(line for line in lines if len(line) == 2)
        assert (("演示材料，内容均为虚构",) in lines) is demonstration
        assert facts["范围"] == f"章：{consultation.plan.chapters.get(number=2)}"
        assert facts["统计时间"] == "2022-08-08 09:00"
        assert facts["意见（条）"] == facts["汇总表所列意见（条）"] == len(rows) > 0
        assert facts["内容 SHA-256"] == report.tail.sha256
        assert sum(line[2] for line in lines if line[0] in Channel.labels) == len(rows)
        assert sum(facts[label] for label in CommentStatus.labels if label in facts) == len(rows)


def test_the_same_report_is_the_same_workbook(consultation, moderator, during, tmp_path):
    enter(consultation, moderator)
    report = build_feedback_report(consultation, ALL)
    write_feedback_xlsx(report, tmp_path / "a.xlsx")
    write_feedback_xlsx(replace(report, tail=feedback_module.Tail()), tmp_path / "b.xlsx")
    assert sha256_of(tmp_path / "a.xlsx") == sha256_of(tmp_path / "b.xlsx")


def test_a_text_longer_than_a_cell_goes_on_in_following_rows(consultation, moderator, during, tmp_path):
    body, suggested = "𠮷" * 20_000 + "汉" * 70_000, "改" * 33_000
    enter(consultation, moderator, body, suggested_text=suggested)
    enter(consultation, moderator, "（测试）短")
    write_feedback_xlsx(build_feedback_report(consultation, ALL), tmp_path / "report.xlsx")
    _, rows = read_xlsx(tmp_path / "report.xlsx")
    assert [row[0] for row in rows] == ["1", "1（续）", "1（续）", "1（续）", "2"]
    assert "".join(row[4] or "" for row in rows[:4]) == body
    assert "".join(row[5] or "" for row in rows[:4]) == suggested
    assert all(len((row[4] or "").encode("utf-16-le")) <= 2 * 32_767 for row in rows)
    assert len({row[9] for row in rows[:4]}) == 1


def test_more_rows_than_a_sheet_holds_are_refused(consultation, moderator, during, tmp_path, monkeypatch):
    enter(consultation, moderator)
    monkeypatch.setattr(feedback_xlsx, "MOST_ROWS", 2)
    with pytest.raises(XlsxError, match="行数上限"):
        write_feedback_xlsx(build_feedback_report(consultation, ALL), tmp_path / "report.xlsx")
    assert list(tmp_path.iterdir()) == []


UNHOLDABLE = "甲\x00\x08乙\x0b\x1f丙\ufffe\uffff丁\ud800戊\x85"


def test_what_a_format_cannot_hold_is_replaced_and_counted():
    characters = Characters()
    assert characters.hold(UNHOLDABLE) == "甲\ufffd\ufffd乙\ufffd\ufffd丙\ufffd\ufffd丁\ufffd戊\ufffd"
    assert characters.replaced == 8
    assert characters.hold("行\r\n行\t\U0003fffd𠮷") == "行\n行\t\U0003fffd𠮷"


def test_replaced_characters_are_noted_in_the_workbook(consultation, moderator, during, tmp_path):
    comment = enter(consultation, moderator)
    Comment.objects.filter(pk=comment.pk).update(body="（测试）响铃\x07")
    write_feedback_xlsx(build_feedback_report(consultation, ALL), tmp_path / "report.xlsx")
    book, rows = read_xlsx(tmp_path / "report.xlsx")
    assert rows[0][4] == "（测试）响铃\ufffd"
    last = list(book["统计"].iter_rows(values_only=True))[-1]
    assert last[:2] == ("以“\ufffd”代替的控制字符（个）", 1)


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=4))
def test_any_text_survives_csv_and_xlsx(tmp_path_factory, cells):
    characters = Characters()
    held = [characters.hold(cell) for cell in cells]
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\r\n").writerow(map(guard, held))
    (read,) = csv.reader(io.StringIO(stream.getvalue(), newline=""))
    assert read == [guard(cell) for cell in held]
    path = tmp_path_factory.mktemp("xlsx") / "any.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for column, cell in enumerate(held):
            feedback_xlsx._put(sheet, 0, column, cell)
    (row,) = openpyxl.load_workbook(path).active.iter_rows(max_col=len(held), values_only=True) or [()]
    assert [unescape(value or "") for value in row] == held


def test_the_pdf_holds_every_row_and_its_totals(consultation, during, tmp_path, monkeypatch):
    monkeypatch.setattr(feedback_pdf, "PART_ROWS", 25)
    call_command("load_demo", comments=60, seed=7, verbosity=0)
    report = build_feedback_report(consultation, ALL)
    paper = FeedbackPdf(report)
    paper.read()
    done: list[int] = []
    rendered = paper.write(tmp_path / "report.pdf", done.append)
    text = pdf_text(tmp_path / "report.pdf")
    assert done == [33, 66, 100]
    receipts = [
        f"{c.submission.receipt_number}-{c.position}" for c in Comment.objects.select_related("submission")
    ]
    assert [receipt for receipt in receipts if receipt not in text] == []
    assert f"以上共列意见60条，内容SHA-256：{report.tail.sha256}" in text
    assert f"来件{Submission.objects.count()}件，意见60条。" in text
    assert f"—{rendered.pages}—" in text


def test_the_pdf_of_nothing_says_so(consultation, during, tmp_path):
    paper = FeedbackPdf(build_feedback_report(consultation, FeedbackFilter(status="withheld")))
    paper.read()
    assert paper.write(tmp_path / "report.pdf").pages == 1
    text = pdf_text(tmp_path / "report.pdf")
    assert "未收到此范围内的意见" in text
    assert "范围为审核状态：不予公开" in text


def test_the_pdf_prints_a_long_letter_whole(consultation, moderator, during, tmp_path):
    enter(consultation, moderator, "长" * 40_000 + "完")
    paper = FeedbackPdf(build_feedback_report(consultation, ALL))
    paper.read()
    paper.write(tmp_path / "report.pdf")
    assert pdf_text(tmp_path / "report.pdf").count("长") == 40_000


def test_too_many_rows_for_a_pdf_are_told(consultation, moderator, during, monkeypatch):
    monkeypatch.setattr(feedback_pdf, "MOST_ROWS", 0)
    enter(consultation, moderator)
    with pytest.raises(PdfError, match="改用 Excel"):
        FeedbackPdf(build_feedback_report(consultation, ALL)).read()


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"measure": 66}, "没有这个序号的举措"),
        ({"measure": 0}, "没有这个序号的举措"),
        ({"measure": True}, "没有这个序号的举措"),
        ({"measure": "13"}, "没有这个序号的举措"),
        ({"measure": 10**30}, "没有这个序号的举措"),
        ({"chapter": 12}, "没有这个序号的章"),
        ({"unit": "县演示局"}, "没有这个责任单位"),
        ({"unit": "县\x00局"}, "没有这个责任单位"),
        ({"unit": "\ud800"}, "没有这个责任单位"),
        ({"unit": 5}, "没有这个责任单位"),
        ({"status": "approved"}, "没有这个审核状态"),
        ({"owner": 1}, "不认识的范围参数"),
    ],
)
def test_a_filter_that_names_nothing_is_refused(consultation, wanted, message):
    with pytest.raises(ValidationError, match=message):
        feedback_filter(consultation, wanted)


def test_empty_filters_are_no_filters(consultation):
    given_parameters = {"measure": None, "chapter": 2, "unit": "", "status": None}
    assert clean_parameters(consultation, "feedback_report", "csv", given_parameters) == {"chapter": 2}
    with pytest.raises(ValidationError, match="材料格式有误"):
        clean_parameters(consultation, "feedback_report", "docx", {})
    with pytest.raises(ValidationError, match="材料种类有误"):
        clean_parameters(consultation, "archive", "pdf", {})


def test_the_command_exports_each_format(consultation, moderator, during, tmp_path):
    measure = consultation.plan.measures.get(number=13)
    enter(consultation, moderator, "（测试）十三", measure=measure)
    enter(consultation, moderator, "（测试）整体")
    for name in ("csv", "xlsx", "pdf"):
        output, out = tmp_path / f"report.{name}", StringIO()
        call_command("export_report", format=name, output=output, measure=13, stdout=out)
        assert f"SHA-256 {sha256_of(output)}" in out.getvalue()
    assert "整体" not in (tmp_path / "report.csv").read_text()
    assert [row[4] for row in read_xlsx(tmp_path / "report.xlsx")[1]] == ["（测试）十三"]
    assert "（测试）十三" in pdf_text(tmp_path / "report.pdf")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "docx"}, "材料格式有误"),
        ({"format": "csv", "measure": 99}, "没有这个序号的举措"),
        ({"format": "csv", "unit": "县演示局"}, "没有这个责任单位"),
        ({"format": "csv", "status": "done"}, "没有这个审核状态"),
    ],
)
def test_the_command_tells_bad_arguments(consultation, tmp_path, options, message):
    with pytest.raises(CommandError, match=message):
        call_command("export_report", output=tmp_path / "report.x", **options)
    assert list(tmp_path.iterdir()) == []


def test_the_command_tells_a_place_it_cannot_write_to(consultation, tmp_path):
    with pytest.raises(CommandError, match="路径中有一段不是目录"):
        call_command("export_report", format="csv", output="/dev/null/report.csv")
