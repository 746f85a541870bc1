"""What the government publishes. The public never edits it, and a published measure is never edited in place."""

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Case, F, Q, When
from django.urls import reverse
from django.utils import timezone

from hongya_portal import clock
from hongya_portal.text import fold, typeset
from plan.numerals import chinese_numeral, parse_typed_number


class Edition(models.TextChoices):
    DRAFT = "draft", "征求意见稿"
    FINAL = "final", "正式文本"


class Plan(models.Model):
    """One edition of a plan. The texts are the source's, typeset full-width."""

    title = models.CharField("名称", max_length=200)
    edition = models.CharField("版本", max_length=10, choices=Edition, default=Edition.DRAFT)
    preamble = models.TextField("引言", blank=True)
    source_sha256 = models.CharField("原文校验值", max_length=64, unique=True)
    supersedes = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by", verbose_name="取代"
    )

    class Meta:
        verbose_name = "方案"
        verbose_name_plural = "方案"

    def __str__(self) -> str:
        return f"{self.title}（{self.get_edition_display()}）"

    @property
    def quoted_title(self) -> str:
        """The title as Chinese print cites a document, in 《》."""
        return f"《{self}》"


class Chapter(models.Model):
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="chapters", verbose_name="方案")
    number = models.PositiveSmallIntegerField("章序号")
    title = models.CharField("标题", max_length=200)
    introduction = models.TextField("正文", blank=True, help_text="没有具体举措的章（如总体要求）的正文。")

    class Meta:
        verbose_name = "章"
        verbose_name_plural = "章"
        ordering = ["plan", "number"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="chapter_number_unique"),
            models.CheckConstraint(condition=Q(number__gte=1), name="chapter_number_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.printed_number}{self.title}"

    def get_absolute_url(self) -> str:
        return reverse("plan:chapter", args=[self.number])

    @property
    def printed_number(self) -> str:
        return f"{chinese_numeral(self.number)}、"


class UnitKind(models.TextChoices):
    NAMED = "named", "单位"
    GROUP = "group", "单位类别"


class ResponsibleUnit(models.Model):
    """A responsible unit by the label the plan prints. The full name stays empty until the bureau confirms it."""

    label = models.CharField("简称（原文）", max_length=60, unique=True)
    kind = models.CharField("类型", max_length=10, choices=UnitKind, default=UnitKind.NAMED)
    full_name = models.CharField("全称", max_length=100, blank=True, help_text="经主办单位确认后填写。")
    position = models.PositiveSmallIntegerField("次序", default=0, help_text="在方案中首次出现的次序。")

    class Meta:
        verbose_name = "责任单位"
        verbose_name_plural = "责任单位"
        ordering = ["position", "label"]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("plan:unit", args=[self.label])


class MeasureQuerySet(models.QuerySet):
    def search(self, query: str) -> Self:
        """Measures whose title, text or responsible units contain every word of ``query`` (white space parts words).

        A word matches in half or full width and in either case. An empty query finds nothing. A query that is a
        measure's number (``13``, ``第十三条``) finds that measure too, before the others.
        """
        words = query.split()
        if not words:
            return self.none()
        found = Q()
        for word in dict.fromkeys(words):
            forms = {word, typeset(word), fold(word), typeset(fold(word))}
            condition = Q()
            for form in forms:
                condition |= (
                    Q(title__icontains=form)
                    | Q(body__icontains=form)
                    | Q(responsibility_text__icontains=form)
                )
            found &= condition
        number = parse_typed_number(query)
        if number is None:
            return self.filter(found)
        first = Case(When(number=number, then=0), default=1)
        return self.filter(found | Q(number=number)).order_by(first, "plan", "number")


class Measure(models.Model):
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="measures", verbose_name="方案")
    chapter = models.ForeignKey(Chapter, models.PROTECT, related_name="measures", verbose_name="章")
    number = models.PositiveSmallIntegerField("举措序号")
    title = models.CharField("标题", max_length=200)
    body = models.TextField("正文")
    responsibility_text = models.TextField("责任单位（原文）")
    responsibility_apart = models.BooleanField("责任单位另起一段", default=False)
    open_ended = models.BooleanField("以“等”结尾", default=False)
    source_note = models.TextField(
        "原文疑误说明", blank=True, help_text="仅工作人员可见；原文照录，不作改动。"
    )
    units: "models.ManyToManyField[ResponsibleUnit, Responsibility]" = models.ManyToManyField(
        ResponsibleUnit, through="Responsibility", related_name="measures", verbose_name="责任单位"
    )
    supersedes = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by", verbose_name="取代"
    )

    objects = MeasureQuerySet.as_manager()

    class Meta:
        verbose_name = "举措"
        verbose_name_plural = "举措"
        ordering = ["plan", "number"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="measure_number_unique"),
            models.CheckConstraint(condition=Q(number__gte=1), name="measure_number_positive"),
            models.CheckConstraint(condition=~Q(title=""), name="measure_title_present"),
            models.CheckConstraint(condition=~Q(body=""), name="measure_body_present"),
            models.CheckConstraint(
                condition=~Q(responsibility_text=""), name="measure_responsibility_present"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.printed_number}{self.title}"

    def get_absolute_url(self) -> str:
        return reverse("plan:measure", args=[self.number])

    @property
    def printed_number(self) -> str:
        return f"（{chinese_numeral(self.number)}）"

    @property
    def anchor(self) -> str:
        return f"m-{self.number:02d}"

    @property
    def text(self) -> str:
        """Title and body as printed in one paragraph, without the number and the responsible units."""
        return f"{self.title}。{self.body}"


class Responsibility(models.Model):
    """A unit in a measure's printed list, in printed order."""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="responsibilities", verbose_name="举措")
    unit = models.ForeignKey(
        ResponsibleUnit, models.PROTECT, related_name="responsibilities", verbose_name="责任单位"
    )
    position = models.PositiveSmallIntegerField("次序")

    class Meta:
        verbose_name = "责任分工"
        verbose_name_plural = "责任分工"
        ordering = ["measure", "position"]
        constraints = [
            models.UniqueConstraint(fields=["measure", "unit"], name="responsibility_unit_unique"),
            models.UniqueConstraint(fields=["measure", "position"], name="responsibility_position_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.measure_id}-{self.unit_id}"


class ConsultationKind(models.TextChoices):
    MAJOR_DECISION = "major_decision", "重大行政决策"
    NORMATIVE_DOCUMENT = "normative_document", "行政规范性文件"
    BUSINESS_NORMATIVE_DOCUMENT = "business_normative_document", "涉企行政规范性文件"
    REGULATION = "regulation", "规章"
    OTHER = "other", "其他"


# The usual minimum length: (number, whether working days). Sources: 重大行政决策程序暂行条例 art. 15;
# 市县法治政府建设示范指标体系（2021年版） item 24. A notice that does not state its kind is held to the general rule.
MINIMUM_PERIODS: dict[str, tuple[int, bool]] = {
    ConsultationKind.MAJOR_DECISION: (30, False),
    ConsultationKind.NORMATIVE_DOCUMENT: (7, True),
    ConsultationKind.BUSINESS_NORMATIVE_DOCUMENT: (30, False),
    ConsultationKind.REGULATION: (30, False),
    ConsultationKind.OTHER: (30, False),
}


class ConsultationState(models.TextChoices):
    """Derived from the dates, never stored."""

    UPCOMING = "upcoming", "尚未开始"
    OPEN = "open", "正在征集"
    CLOSED = "closed", "征集已结束，意见研究中"
    RESULTS_PUBLISHED = "results_published", "已公布结果"


class ConsultationQuerySet(models.QuerySet):
    def open(self, at: dt.datetime) -> Self:
        return self.filter(opens_at__lte=at, closes_at__gt=at)

    def current(self) -> "Consultation | None":
        """The consultation the public pages show: the one that opened last."""
        return self.select_related("plan").order_by("-opens_at", "-pk").first()


class Consultation(models.Model):
    """The asking of the public about one plan, in the half-open window ``[opens_at, closes_at)``."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="consultations", verbose_name="方案")
    kind = models.CharField(
        "事项类型", max_length=40, choices=ConsultationKind, default=ConsultationKind.OTHER
    )
    receipt_prefix = models.CharField("受理编号前缀", max_length=6, unique=True, help_text="六位数字。")
    opens_at = models.DateTimeField("开始时间")
    closes_at = models.DateTimeField("截止时间", help_text="不含此刻：截至 8 月 10 日应填 8 月 11 日零时。")
    shortened_reason = models.TextField("缩短期限说明", blank=True)
    contact_email = models.EmailField("电子邮箱", blank=True)
    contact_phone = models.CharField("联系电话", max_length=40, blank=True)
    contact_person = models.CharField("联系人", max_length=40, blank=True)
    contacts_confirmed = models.BooleanField("联系方式已核实", default=False)
    contact_note = models.TextField("联系方式疑误说明", blank=True, help_text="仅工作人员可见。")
    results_published_at = models.DateTimeField("结果公布时间", null=True, blank=True)
    last_serial = models.PositiveIntegerField("已发编号", default=0, editable=False)
    public_revision = models.PositiveIntegerField("公开内容版次", default=0, editable=False)

    objects = ConsultationQuerySet.as_manager()

    class Meta:
        verbose_name = "征求意见"
        verbose_name_plural = "征求意见"
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")),
                name="consultation_closes_after_opening",
                violation_error_message="截止时间必须晚于开始时间。",
            ),
            models.CheckConstraint(
                condition=Q(receipt_prefix__regex=r"^[0-9]{6}$"),
                name="consultation_prefix_six_digits",
                violation_error_message="受理编号前缀应为六位数字。",
            ),
            models.CheckConstraint(
                condition=Q(results_published_at__isnull=True) | Q(results_published_at__gte=F("closes_at")),
                name="consultation_results_after_closing",
                violation_error_message="征集结束以后才能公布结果。",
            ),
        ]

    def __str__(self) -> str:
        return str(self.plan)

    def is_open(self, at: dt.datetime) -> bool:
        return self.opens_at <= at < self.closes_at

    def state(self, at: dt.datetime | None = None) -> ConsultationState:
        at = at or clock.now()
        if at < self.opens_at:
            return ConsultationState.UPCOMING
        if self.is_open(at):
            return ConsultationState.OPEN
        if self.results_published_at and self.results_published_at <= at:
            return ConsultationState.RESULTS_PUBLISHED
        return ConsultationState.CLOSED

    @property
    def first_day(self) -> dt.date:
        return timezone.localdate(self.opens_at)

    @property
    def last_day(self) -> dt.date:
        """The last calendar day on which an opinion is in time."""
        return timezone.localdate(self.closes_at - dt.timedelta(microseconds=1))

    def days_left(self, at: dt.datetime | None = None) -> int:
        """Calendar days from today to the last day, both counted; 0 when not open."""
        at = at or clock.now()
        return (self.last_day - timezone.localdate(at)).days + 1 if self.is_open(at) else 0

    @property
    def length_in_days(self) -> int:
        """Calendar days of the window, the first day not counted, as periods are usually reckoned."""
        return (self.last_day - self.first_day).days


class NoticeKind(models.TextChoices):
    CALL = "call", "征求意见公告"
    RESULT = "result", "采纳情况公告"


class Notice(models.Model):
    consultation = models.ForeignKey(
        Consultation, models.PROTECT, related_name="notices", verbose_name="征求意见"
    )
    kind = models.CharField("种类", max_length=10, choices=NoticeKind)
    title = models.CharField("标题", max_length=200)
    body = models.TextField("正文", help_text="每段一行。")
    attachment = models.CharField("附件", max_length=200, blank=True)
    issuer = models.CharField("署名", max_length=100)
    issued_on = models.DateField("日期")

    class Meta:
        verbose_name = "公告"
        verbose_name_plural = "公告"
        constraints = [models.UniqueConstraint(fields=["consultation", "kind"], name="notice_kind_unique")]

    def __str__(self) -> str:
        return self.title
