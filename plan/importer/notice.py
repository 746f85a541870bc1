"""Reads a notice that calls for opinions: what it says, until when, and where to write."""

import datetime as dt
import re

from hongya_portal import clock
from plan.importer.faults import FaultList
from plan.importer.page import Paragraph, nfkc
from plan.importer.parsed import ParsedConsultation, ParsedNotice
from plan.importer.responsibility import unbalanced

# These run on NFKC text, where punctuation and digits are half-width.
_DAY = r"(\d{1,2})月(\d{1,2})日"
_DATE_LINE = re.compile(rf"^(\d{{4}})年{_DAY}$")
_PERIOD = re.compile(rf"(?:即日|(\d{{4}})年{_DAY})起?(?:至|到)(?:(\d{{4}})年)?{_DAY}")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
_PHONE = re.compile(r"电话[^\d(]{0,4}([\d(][\d() -]*\d)")
_PERSON = re.compile(r"联系人[:为]?\s*([^,;:。、\s()]+)")
# Hot lines have 5 digits, local numbers 7 or 8, numbers with an area code 10 to 12, mobile phones 11.
_USUAL_PHONE_LENGTHS = {5, 7, 8, 10, 11, 12}
_GOVERNMENT_DOMAINS = (".gov.cn", ".政务")


def read_notice(paragraphs: list[Paragraph], faults: FaultList) -> ParsedNotice | None:
    """The notice: title, paragraphs, 附件 line, issuer, date, in this order."""
    title, *rest = paragraphs
    dates = [(index, match) for index, paragraph in enumerate(rest) if (match := _date_line(paragraph))]
    if not dates:
        faults.add(title.line, "公告没有落款日期。")
        return None
    end, date = dates[0]
    for paragraph in rest[end + 1 :]:
        faults.add(paragraph.line, "公告与方案之间有不能识别的段落。")
    issued_on = _read_date(date.groups(), rest[end].line, faults)
    content, issuer = _part_issuer(rest[:end])
    body, attachment = _part_attachment(content)
    if not issuer:
        faults.add(rest[end].line, "公告没有署名。")
    if not body:
        faults.add(title.line, "公告没有正文。")
    for paragraph in [title, *content]:
        if char := unbalanced(paragraph.text):
            faults.add(paragraph.line, f"括号或引号“{char}”不成对。")
    if not issued_on or not issuer or not body:
        return None
    return ParsedNotice(title.text, _join(body), _join(attachment), issuer.text, issued_on)


def notice_paragraphs(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """Those that the notice keeps as text: all but the date, which is kept as a value."""
    return [paragraph for paragraph in paragraphs if not _date_line(paragraph)]


def read_consultation(
    notice: ParsedNotice, line: int, faults: FaultList, *, kind: str, receipt_prefix: str
) -> ParsedConsultation | None:
    """The window and the contacts that the notice states. ``line`` is the notice's, for faults."""
    text = nfkc(notice.body)
    period = _read_period(text, notice.issued_on, line, faults)
    if not period:
        return None
    first_day, last_day = period
    email, phone, person = (_find(pattern, text) for pattern in (_EMAIL, _PHONE, _PERSON))
    return ParsedConsultation(
        kind=kind,
        receipt_prefix=receipt_prefix or f"{notice.issued_on:%Y%m}",
        opens_at=clock.day_bounds(first_day)[0],
        closes_at=clock.day_bounds(last_day)[1],
        contact_email=email,
        contact_phone=phone,
        contact_person=person,
        contact_note="\n".join(_contact_notes(email, phone)),
    )


def _date_line(paragraph: Paragraph) -> re.Match[str] | None:
    return _DATE_LINE.match(nfkc(paragraph.text))


def _part_issuer(paragraphs: list[Paragraph]) -> tuple[list[Paragraph], Paragraph | None]:
    """The content and the issuer, which is the last paragraph unless that is a sentence or an attachment."""
    if not paragraphs or paragraphs[-1].text.endswith("。") or paragraphs[-1].text.startswith("附件"):
        return paragraphs, None
    return paragraphs[:-1], paragraphs[-1]


def _part_attachment(content: list[Paragraph]) -> tuple[list[Paragraph], list[Paragraph]]:
    index = next(
        (i for i, paragraph in enumerate(content) if paragraph.text.startswith("附件")), len(content)
    )
    return content[:index], content[index:]


def _join(paragraphs: list[Paragraph]) -> str:
    return "\n".join(paragraph.text for paragraph in paragraphs)


def _read_period(
    text: str, issued_on: dt.date, line: int, faults: FaultList
) -> tuple[dt.date, dt.date] | None:
    """First and last day: 即日起 starts on the date of the notice; a last day without a year takes the first's."""
    match = _PERIOD.search(text)
    if not match:
        faults.add(line, "公告没有写明征求意见的起止日期（如“即日起至某年某月某日”）。")
        return None
    groups = match.groups()
    first = _read_date(groups[:3], line, faults) if groups[0] else issued_on
    if not first:
        return None
    last = _read_date((groups[3] or str(first.year), *groups[4:]), line, faults)
    if not last:
        return None
    if last < first:
        faults.add(line, f"征求意见的截止日期（{last}）早于开始日期（{first}）。")
        return None
    return first, last


def _read_date(parts: tuple[str, ...], line: int, faults: FaultList) -> dt.date | None:
    year, month, day = map(int, parts)
    try:
        return dt.date(year, month, day)
    except ValueError:
        faults.add(line, f"没有 {year} 年 {month} 月 {day} 日这一天。")
        return None


def _find(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[pattern.groups] if match else ""


def _contact_notes(email: str, phone: str) -> list[str]:
    notes = []
    digits = sum(char.isdigit() for char in phone)
    if not email:
        notes.append("公告未载明电子邮箱。")
    elif not email.lower().endswith(_GOVERNMENT_DOMAINS):
        notes.append("公告所载电子邮箱不是政务邮箱，公开展示前请核实。")
    if not phone:
        notes.append("公告未载明联系电话。")
    elif digits not in _USUAL_PHONE_LENGTHS:
        notes.append(f"公告所载联系电话“{phone}”为 {digits} 位，疑有脱漏，原文如此，未作改动。")
    return notes
