import datetime as dt
from collections.abc import Sequence
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset, Layout, Submit
from django import forms
from django.urls import reverse
from django.utils.html import format_html

from comments.forms.fields import EmailField, OneOfField, PhoneField, TypedTextField
from comments.models import CommentKind, HoldReason, SubmitterKind, Town
from comments.services import receiving
from comments.services.receiving import Identity, Point, Receipt
from plan.models import Chapter, Consultation, Measure

_NOT_GIVEN = ("", "不填写")


class CommentForm(forms.Form):
    """One opinion on ``measure``, on ``chapter`` or, with neither, on the whole plan."""

    body = TypedTextField(
        label="意见内容",
        fewest=10,
        most=2000,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text="10 至 2,000 字，请勿包含个人信息。",
    )
    kind = OneOfField(
        label="意见类型",
        choices=CommentKind.choices,
        initial=CommentKind.OPINION,
        widget=forms.RadioSelect,
    )
    suggested_text = TypedTextField(
        label="修改建议",
        most=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="可不填。把上面的原文复制到这里，改成您建议的文字；最多 4,000 字。",
    )
    submitter_kind = OneOfField(label="身份", choices=[_NOT_GIVEN, *SubmitterKind.choices], required=False)
    town = OneOfField(label="所在镇", choices=[_NOT_GIVEN, *Town.choices], required=False)
    name = TypedTextField(
        label="称呼或姓名",
        most=40,
        one_line=True,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text="单位请填写单位名称。公开时隐去，只显示为“王**”或“某单位”。",
    )
    phone = PhoneField(
        label="联系电话",
        most=40,
        one_line=True,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"}),
        help_text="手机或带区号的固定电话，仅用于答复，不公开。",
    )
    email = EmailField(
        label="电子邮箱",
        most=254,
        one_line=True,
        required=False,
        widget=forms.EmailInput(attrs={"inputmode": "email", "autocomplete": "email"}),
        help_text="仅用于答复，不公开。",
    )
    publish_name = forms.BooleanField(
        label="公开时署我的姓名（不勾选则显示为“王**”）",
        required=False,
    )
    consent = forms.BooleanField(
        help_text="未满十四周岁的，请由监护人提交。",
        error_messages={"required": "请阅读个人信息告知，并勾选“我已阅读个人信息告知”。"},
    )
    # A plain Field has no validators: whatever a machine writes here must never become an error of the form.
    homepage = forms.Field(
        label="请勿填写",
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )

    def __init__(
        self, *args: Any, measure: Measure | None = None, chapter: Chapter | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.measure, self.chapter = measure, chapter
        if not measure:
            del self.fields["suggested_text"]
        self.fields["consent"].label = format_html(
            '我已阅读<a href="{}" target="_blank" rel="noopener">个人信息告知（在新窗口打开）</a>',
            reverse("comments:privacy"),
        )
        self.helper = _helper(["body", "kind", *(["suggested_text"] if measure else [])])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("publish_name") and not cleaned.get("name") and "name" not in self.errors:
            self.add_error("name", "要公开署名，请填写“称呼或姓名”；不想署名，请取消勾选“公开时署我的姓名”。")
        return cleaned

    def offer_as_new(self) -> None:
        """Name the button for a text that would be an opinion of its own beside the one received before."""
        self.helper.layout[-1] = _button("作为新意见提交")

    @property
    def error_links(self) -> list[tuple[str, str]]:
        """``(id of the control, message)`` in the order of the page, for the summary above the form."""
        links = []
        for field in self:
            anchor = field.id_for_label or f"{field.auto_id}_0"
            links += [(anchor, str(error)) for error in field.errors]
        return links

    @property
    def point(self) -> Point:
        cleaned = self.cleaned_data
        return Point(
            body=cleaned["body"],
            kind=CommentKind(cleaned["kind"]),
            suggested_text=cleaned.get("suggested_text", ""),
            measure=self.measure,
            chapter=self.chapter,
        )

    @property
    def identity(self) -> Identity:
        cleaned = self.cleaned_data
        return Identity(
            kind=cleaned["submitter_kind"],
            town=cleaned["town"],
            name=cleaned["name"],
            phone=cleaned["phone"],
            email=cleaned["email"],
            publish_name=cleaned["publish_name"],
        )

    def save(
        self,
        *,
        consultation: Consultation,
        nonce: str,
        arrived_at: dt.datetime,
        hold_reasons: Sequence[HoldReason],
    ) -> Receipt:
        """Hand the opinion in. Raises NotOpen and AlreadyReceived, see ``receiving.submit``."""
        return receiving.submit(
            consultation=consultation,
            points=[self.point],
            identity=self.identity,
            nonce=nonce,
            arrived_at=arrived_at,
            hold_reasons=hold_reasons,
        )


def _helper(opinion_fields: list[str]) -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    # A CSRF token would set a cookie; the form token stands in for it.
    helper.disable_csrf = True
    helper.layout = Layout(
        Fieldset("您的意见", *opinion_fields),
        Fieldset(
            "您的信息（都可以不填）", "submitter_kind", "town", "name", "phone", "email", "publish_name"
        ),
        Div("homepage", css_class="hp", aria_hidden="true"),
        "consent",
        _button("提交意见"),
    )
    return helper


def _button(label: str) -> Submit:
    return Submit("send", label)
