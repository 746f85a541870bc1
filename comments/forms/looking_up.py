from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Submit
from django import forms

from comments.forms.fields import CodeInput, TypedTextField
from comments.models import Submission
from comments.receipt_numbers import parse_receipt_number
from comments.services import receiving
from hongya_portal.text import fold


class LookUpForm(forms.Form):
    """A receipt number and its code. Whether they fit each other is no error of the form: see ``look_up``."""

    number = TypedTextField(
        label="受理编号",
        most=60,
        one_line=True,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric", "spellcheck": "false"}),
        help_text="回执上用连字符分开的一串数字。连字符可以不输，全角数字也可以。",
    )
    code = TypedTextField(
        label="查询码",
        most=60,
        one_line=True,
        widget=CodeInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        help_text="回执上的 10 位字母和数字，不分大小写。",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout("number", "code", Submit("look-up", "查询"))

    @property
    def error_links(self) -> list[tuple[str, str]]:
        """``(id of the control, message)`` in the order of the page, for the summary above the form."""
        return [(field.id_for_label, str(error)) for field in self for error in field.errors]

    @property
    def throttle_key(self) -> str:
        """The number that was meant, whether or not it exists, so that a guess costs the same in every spelling."""
        typed = self.cleaned_data["number"]
        return parse_receipt_number(typed) or fold(typed)

    def look_up(self) -> Submission | None:
        return receiving.look_up(self.cleaned_data["number"], self.cleaned_data["code"])
