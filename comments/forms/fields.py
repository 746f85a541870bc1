"""Fields for what citizens type. Every message names the field and the way out; nothing typed is ever cut."""

import re
import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from hongya_portal.text import clean_text, is_blank

_SEPARATORS = re.compile(r"[\s()\-‐-―−.]")
# A mobile number, a fixed line with its area code, or a local one; with or without 86 and an extension.
_PHONE = re.compile(r"(\+?86)?(1[3-9]\d{9}|0\d{9,11}(转\d{1,6})?|[2-8]\d{6,7}(转\d{1,6})?)", re.ASCII)


class TypedTextField(forms.CharField):
    """Text after the one documented cleaning, at least ``fewest`` visible and at most ``most`` characters long.

    No ``maxlength`` reaches the page: a browser would cut pasted text without a word.
    """

    def __init__(
        self, *, label: str, most: int, fewest: int = 0, one_line: bool = False, **kwargs: object
    ) -> None:
        super().__init__(label=label, strip=False, **kwargs)  # type: ignore[arg-type]
        self.most, self.fewest, self.one_line = most, fewest, one_line
        self.error_messages["required"] = f"请填写“{label}”。"

    def to_python(self, value: object) -> str:
        text = "" if value is None else str(value)
        if "\x00" in text:
            raise ValidationError(f"“{self.label}”中有无法识别的字符（空字符），请删去后再提交。")
        text = clean_text(text)
        if self.one_line:
            text = " ".join(text.split())
        return "" if is_blank(text) else text

    def validate(self, value: str) -> None:
        super().validate(value)
        visible = sum(not is_blank(char) for char in value)
        if value and visible < self.fewest:
            raise ValidationError(f"“{self.label}”至少写 {self.fewest} 个字，现在有 {visible} 个字。")
        if len(value) > self.most:
            raise ValidationError(
                f"“{self.label}”最多 {self.most:,} 个字，现在有 {len(value):,} 个字，"
                f"请删减 {len(value) - self.most:,} 个字后再提交。"
            )


class PhoneField(TypedTextField):
    """A Chinese mobile or fixed number in half-width digits, without spaces, dashes and brackets."""

    def to_python(self, value: object) -> str:
        return _SEPARATORS.sub("", unicodedata.normalize("NFKC", super().to_python(value)))

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not _PHONE.fullmatch(value):
            raise ValidationError(
                f"“{self.label}”应为 11 位手机号码，或区号加固定电话号码；不便提供的可以不填。"
            )


class EmailField(TypedTextField):
    widget = forms.EmailInput

    def to_python(self, value: object) -> str:
        return unicodedata.normalize("NFKC", super().to_python(value))

    def validate(self, value: str) -> None:
        super().validate(value)
        if value:
            EmailValidator(f"“{self.label}”应含有一个 @ 和完整的域名，请核对；不便提供的可以不填。")(value)


class OneOfField(forms.ChoiceField):
    def __init__(self, *, label: str, **kwargs: object) -> None:
        super().__init__(label=label, **kwargs)  # type: ignore[arg-type]
        self.error_messages["required"] = f"请选择“{label}”。"
        self.error_messages["invalid_choice"] = f"“{label}”请从所列各项中选择。"


class CodeInput(forms.TextInput):
    """A text box that never gives back what was typed into it."""

    def get_context(self, name: str, value: object, attrs: dict | None) -> dict:
        return super().get_context(name, None, attrs)
