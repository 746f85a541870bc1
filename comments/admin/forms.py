"""What officers type at the desk: shape and messages only; the views hand it to the services."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from comments.forms.fields import OneOfField, TypedTextField
from comments.models import (
    Comment,
    CommentStatus,
    Disposition,
    Outcome,
    ReportFormat,
    ReportKind,
    WithholdReason,
)
from comments.services.consulting import CHANGEABLE
from comments.services.errors import Conflict
from comments.services.moderating import LONGEST_NOTE, LONGEST_REDACTION_REASON, public_text_sha256
from hongya_portal import clock
from hongya_portal.text import clean_text
from plan.models import Consultation, Measure, ResponsibleUnit

# Long enough for any letter that was typed in; the services and the database set no limit of their own.
LONGEST_TEXT = 200_000


class ActForm(forms.Form):
    """A form for one button; ``name`` keeps the ids of several forms on a page apart."""

    name: str

    def __init__(self, data: QueryDict | None = None, **kwargs: Any) -> None:
        super().__init__(data, **{"auto_id": f"{self.name}-%s", "label_suffix": "", **kwargs})

    def add_service_error(self, error: ValidationError) -> None:
        """Put a service's message at its field, or above the form where it has none here."""
        by_field = error.error_dict if hasattr(error, "error_dict") else {None: error.error_list}
        for field, messages in by_field.items():
            self.add_error(field if field in self.fields else None, messages)

    def set_typed(self, name: str, value: object) -> None:
        """Replace one hidden value of a bound form, so that it can be sent again after a conflict."""
        typed = QueryDict(mutable=True)
        typed.update(self.data)
        typed[name] = "" if value is None else str(value)
        self.data = typed


class SeenStatusForm(ActForm):
    """Carries the status that the officer had before their eyes: the service compares it with what is."""

    seen_status = forms.ChoiceField(choices=CommentStatus.choices, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, comment: Comment, **kwargs: Any) -> None:
        self.comment = comment
        initial = {"seen_status": comment.status, **self.first_values(comment)}
        super().__init__(data, initial=initial, **kwargs)

    def first_values(self, comment: Comment) -> dict[str, Any]:
        return {}


class PublishForm(SeenStatusForm):
    """Also the form that corrects the text of a comment that is public; it then starts from that text."""

    name = "publish"
    seen_text = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    published_body = TypedTextField(
        label="公开文本",
        most=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="原文不变；需要隐去的内容只在这里改。",
    )
    published_suggested_text = TypedTextField(
        label="公开的修改建议",
        most=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    redaction_reason = TypedTextField(
        label="隐去说明",
        most=LONGEST_REDACTION_REASON,
        required=False,
        one_line=True,
        help_text="公开文本与原文不同时必填，随意见一并公开。",
    )
    mask_name = forms.BooleanField(
        label="不公开全名，按隐去姓名的方式署名",
        required=False,
        help_text="冒用他人姓名或以署名辱骂他人的选用；本件各条意见的署名一并改变，并留痕。",
    )

    def __init__(self, data: QueryDict | None = None, *, comment: Comment, **kwargs: Any) -> None:
        super().__init__(data, comment=comment, **kwargs)
        if comment.submission.public_signature == comment.submission.signature:
            del self.fields["mask_name"]
        if not comment.suggested_text:
            del self.fields["published_suggested_text"]

    def first_values(self, comment: Comment) -> dict[str, Any]:
        first = {"seen_text": public_text_sha256(comment)}
        if comment.status != CommentStatus.PUBLISHED:
            texts = {"published_body": comment.body, "published_suggested_text": comment.suggested_text}
            return {**first, **texts}
        return {
            **first,
            "published_body": comment.published_body,
            "published_suggested_text": comment.published_suggested_text,
            "redaction_reason": comment.redaction_reason,
        }

    def refuse_other_text(self) -> None:
        """Raises Conflict where the comment is public as it was on the page, but with another text."""
        seen = self.cleaned_data
        as_seen = seen["seen_status"] == self.comment.status == CommentStatus.PUBLISHED
        if as_seen and seen["seen_text"] != public_text_sha256(self.comment):
            raise Conflict(f"意见 {self.comment} 的公开文本已被他人更正，请核对后再办理。")

    def texts(self) -> dict[str, Any]:
        """The service's arguments. None is the original: a browser's line ends must not count as a redaction."""
        typed = self.cleaned_data
        return {
            "published_body": _changed(typed["published_body"], self.comment.body),
            "published_suggested_text": _changed(
                typed.get("published_suggested_text", ""), self.comment.suggested_text
            ),
            "redaction_reason": typed["redaction_reason"],
            "mask_name": typed.get("mask_name", False),
        }


def _changed(typed: str, original: str) -> str | None:
    return None if typed == clean_text(original) else typed


class WithholdReasonForm(ActForm):
    name = "withhold"
    reason = OneOfField(label="理由", choices=[("", "请选择"), *WithholdReason.choices])
    note = TypedTextField(
        label="内部备注",
        most=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="只留痕，不公开。请勿写入提交人的个人信息。",
    )


class WithholdForm(WithholdReasonForm, SeenStatusForm):
    pass


class ProposeForm(ActForm):
    name = "propose"
    seen_in_work = forms.IntegerField(required=False, widget=forms.HiddenInput)
    outcome = OneOfField(label="采纳情况", choices=[("", "请选择"), *Outcome.choices])
    explanation = TypedTextField(
        label="理由或说明",
        most=4_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="部分采纳、未采纳和解释说明必填，随采纳情况公布。",
    )
    cited_change = TypedTextField(
        label="修改情况",
        most=4_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="采纳的，写明在何处作了何种修改。",
    )

    def __init__(self, data: QueryDict | None = None, *, in_work: Disposition | None, **kwargs: Any) -> None:
        initial = {}
        if in_work:
            initial = {
                "seen_in_work": in_work.pk,
                "outcome": in_work.outcome,
                "explanation": in_work.explanation,
                "cited_change": in_work.cited_change,
            }
        super().__init__(data, initial=initial, **kwargs)


class ConsultationForm(forms.ModelForm):
    """Only what was changed on the page is sent on: two officers on two fields do not undo each other."""

    reason = TypedTextField(
        label="修改理由", most=500, required=False, one_line=True, help_text="只留痕，不公开。"
    )

    class Meta:
        model = Consultation
        fields = CHANGEABLE
        widgets = {"shortened_reason": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, data: QueryDict | None = None, **kwargs: Any) -> None:
        super().__init__(data, **{"label_suffix": "", **kwargs})
        for name in CHANGEABLE:
            self.fields[name].show_hidden_initial = True

    def changes(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.changed_data if name in CHANGEABLE}


class DayField(forms.DateField):
    """A calendar day, picked or typed as 2022-08-05."""

    def __init__(self, *, label: str, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(label=label, widget=widget, input_formats=["%Y-%m-%d"], **kwargs)
        self.error_messages["required"] = f"请填写“{label}”。"
        self.error_messages["invalid"] = f"“{label}”应写成 2022-08-05 的样子。"


class DigestRequestForm(ActForm):
    name = "digest"
    kind = ReportKind.DIGEST
    first_day = DayField(label="起始日期")
    last_day = DayField(label="截止日期")

    def __init__(self, data: QueryDict | None = None, *, consultation: Consultation) -> None:
        day = min(max(clock.today(), consultation.first_day), consultation.last_day)
        super().__init__(data, initial={"first_day": day, "last_day": day})

    def format(self) -> ReportFormat:
        return ReportFormat.PDF

    def parameters(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name].isoformat() for name in ("first_day", "last_day")}


class FeedbackRequestForm(ActForm):
    name = "feedback"
    kind = ReportKind.FEEDBACK_REPORT
    file_format = OneOfField(label="格式", choices=ReportFormat.choices, initial=ReportFormat.XLSX)
    measure = forms.TypedChoiceField(label="举措", required=False, coerce=int, empty_value=None)
    chapter = forms.TypedChoiceField(label="章", required=False, coerce=int, empty_value=None)
    unit = forms.TypedChoiceField(label="责任单位", required=False, empty_value=None)
    status = forms.TypedChoiceField(
        label="审核状态", required=False, empty_value=None, choices=[("", "全部"), *CommentStatus.choices]
    )

    def __init__(self, data: QueryDict | None = None, *, consultation: Consultation) -> None:
        super().__init__(data)
        plan = consultation.plan
        measures = plan.measures.only("number", "title")
        units = ResponsibleUnit.objects.filter(measures__in=Measure.objects.filter(plan=plan)).distinct()
        self._offer("measure", ((measure.number, str(measure)) for measure in measures))
        self._offer("chapter", ((chapter.number, str(chapter)) for chapter in plan.chapters.all()))
        self._offer("unit", ((unit.label, unit.label) for unit in units))

    def _offer(self, name: str, choices: Iterable[tuple[Any, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", "全部"), *choices]

    def format(self) -> ReportFormat:
        return ReportFormat(self.cleaned_data["file_format"])

    def parameters(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("measure", "chapter", "unit", "status")}
