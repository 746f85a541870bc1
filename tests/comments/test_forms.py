"""The shape of the public forms and their messages. What is stored is tested with the views."""

import pytest
from django.forms import BooleanField, HiddenInput

from comments.forms import CommentForm, LookUpForm
from comments.models import CommentKind
from comments.services.receiving import Identity
from plan.models import Measure

BODY = "（测试）建议写明公开的时限。"
FILLED = {"body": BODY, "kind": "opinion", "consent": "on"}


def comment_form(*, measure: Measure | None = None, **changes) -> CommentForm:
    return CommentForm(FILLED | changes, measure=measure)


def errors(form) -> dict[str, list[str]]:
    return {name: list(messages) for name, messages in form.errors.items()}


def test_the_least_a_person_must_fill_in():
    form = comment_form()
    assert errors(form) == {}
    assert (form.point.body, form.point.kind, form.point.suggested_text) == (BODY, CommentKind.OPINION, "")
    assert form.identity == Identity()


def test_an_empty_form_names_each_field_and_the_way_out():
    form = CommentForm({})
    assert errors(form) == {
        "body": ["请填写“意见内容”。"],
        "kind": ["请选择“意见类型”。"],
        "consent": ["请阅读个人信息告知，并勾选“我已阅读个人信息告知”。"],
    }
    assert form.error_links == [
        ("id_body", "请填写“意见内容”。"),
        ("id_kind_0", "请选择“意见类型”。"),
        ("id_consent", "请阅读个人信息告知，并勾选“我已阅读个人信息告知”。"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "   \n\t ",
        "\u200b\u200c\u2060\ufeff" * 9,
        "\u3164" * 20,
        "\u2800" * 20,
        "\u3000" * 20,
        "\x07" * 20,
    ],
)
def test_a_text_that_shows_nothing_is_empty(body):
    assert errors(comment_form(body=body)) == {"body": ["请填写“意见内容”。"]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("好" * 9, "“意见内容”至少写 10 个字，现在有 9 个字。"),
        ("好" * 9 + "\u200b" * 9, "“意见内容”至少写 10 个字，现在有 9 个字。"),
        ("好" * 10, None),
        ("好" * 2000, None),
        ("好" * 2000 + "\r\n\r\n ", None),
        ("好" * 2001, "“意见内容”最多 2,000 个字，现在有 2,001 个字，请删减 1 个字后再提交。"),
        ("好" * 100_000, "“意见内容”最多 2,000 个字，现在有 100,000 个字，请删减 98,000 个字后再提交。"),
    ],
)
def test_the_length_of_an_opinion(body, message):
    assert errors(comment_form(body=body)) == ({"body": [message]} if message else {})


def test_a_line_end_counts_as_one_character():
    form = comment_form(body="\r\n".join(["好"] * 1000))
    assert errors(form) == {}
    assert form.cleaned_data["body"] == "\n".join(["好"] * 1000)


@pytest.mark.parametrize("field", ["body", "suggested_text", "name", "phone", "email"])
def test_nul_is_named_and_not_swallowed(field):
    form = comment_form(measure=Measure(), **{field: f"{BODY}\x00"})
    assert errors(form) == {
        field: [f"“{form.fields[field].label}”中有无法识别的字符（空字符），请删去后再提交。"]
    }


@pytest.mark.parametrize(
    "text",
    [
        "𰻞𰻞面与㐂、龘、𠮷野家的意见",
        "葛󠄀城市的写法应当保留原样",
        "👨‍👩‍👧‍👦都来提一条意见吧谢谢",
        "شكرا جزيلا لكم",
    ],
)
def test_rare_characters_are_kept_as_typed(text):
    assert comment_form(body=text).is_valid()
    assert comment_form(body=text).fields["body"].clean(text) == text


def test_controls_and_noncharacters_are_cleaned_away():
    form = comment_form(body="\x0b（测试）\x1b[31m建议\ufffe写明\x85时限。\x7f\tA")
    assert form.is_valid()
    assert form.point.body == "（测试）[31m建议写明时限。\tA"


def test_suggested_text_belongs_to_a_measure():
    assert "suggested_text" not in comment_form(suggested_text="改为……").fields
    measure = Measure()
    form = comment_form(measure=measure, suggested_text="改" * 4000)
    assert form.is_valid()
    assert (form.point.measure, len(form.point.suggested_text)) == (measure, 4000)
    assert errors(comment_form(measure=measure, suggested_text="改" * 4001)) == {
        "suggested_text": ["“修改建议”最多 4,000 个字，现在有 4,001 个字，请删减 1 个字后再提交。"]
    }


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("130 0000 0000", "13000000000"),
        ("１３０－００００－００００", "13000000000"),
        ("+86 130-0000-0000", "+8613000000000"),
        ("（028）00000000", "02800000000"),
        ("028-00000000转001", "02800000000转001"),
        ("20000000", "20000000"),
        ("", ""),
    ],
)
def test_telephone_numbers_as_people_write_them(typed, stored):
    form = comment_form(phone=typed)
    assert form.is_valid()
    assert form.identity.phone == stored


@pytest.mark.parametrize(
    "typed", ["1300000000", "130000000000", "无", "a@b.example", "1" * 40, "٠٢٨٠٠٠٠٠٠٠٠"]
)
def test_what_is_no_telephone_number(typed):
    assert errors(comment_form(phone=typed)) == {
        "phone": ["“联系电话”应为 11 位手机号码，或区号加固定电话号码；不便提供的可以不填。"]
    }


def test_email_addresses():
    assert (
        comment_form(email=" ｙａｎｓｈｉ＠ｅｘａｍｐｌｅ．ｃｏｍ ")
        .fields["email"]
        .clean(" ｙａｎｓｈｉ＠ｅｘａｍｐｌｅ．ｃｏｍ ")
        == "yanshi@example.com"
    )
    for typed in ("yanshi", "yanshi@", "@example.com", "a b@example.com", "a@b@example.com"):
        assert errors(comment_form(email=typed)) == {
            "email": ["“电子邮箱”应含有一个 @ 和完整的域名，请核对；不便提供的可以不填。"]
        }


def test_a_name_is_one_line():
    form = comment_form(name="　赵\n演示\t")
    assert form.is_valid()
    assert form.identity.name == "赵 演示"
    assert errors(comment_form(name="赵" * 41)) == {
        "name": ["“称呼或姓名”最多 40 个字，现在有 41 个字，请删减 1 个字后再提交。"]
    }


def test_a_name_is_published_only_by_its_own_unticked_box():
    assert CommentForm().fields["publish_name"].initial is None
    assert comment_form(name="赵演示").is_valid()
    assert errors(comment_form(publish_name="on", name="\u200b")) == {
        "name": ["要公开署名，请填写“称呼或姓名”；不想署名，请取消勾选“公开时署我的姓名”。"]
    }
    form = comment_form(publish_name="on", name="赵演示")
    assert form.is_valid()
    assert form.identity.publish_name is True


@pytest.mark.parametrize("field", ["kind", "submitter_kind", "town"])
def test_an_invented_choice_is_refused(field):
    form = comment_form(**{field: "511423999"})
    assert errors(form) == {field: [f"“{form.fields[field].label}”请从所列各项中选择。"]}


@pytest.mark.parametrize("value", ["http://spam.example", "\x00", "x" * 100_000])
def test_the_hidden_field_is_never_an_error(value):
    assert comment_form(homepage=value).is_valid()


def test_no_field_cuts_text_or_asks_for_an_identity_number():
    fields = CommentForm(measure=Measure()).fields
    assert not any("maxlength" in field.widget.attrs for field in fields.values())
    assert list(fields) == [
        "body",
        "kind",
        "suggested_text",
        "submitter_kind",
        "town",
        "name",
        "phone",
        "email",
        "publish_name",
        "consent",
        "homepage",
    ]
    required = {name for name, field in fields.items() if field.required}
    assert required == {"body", "kind", "consent"}
    assert not any(isinstance(field.widget, HiddenInput) for field in fields.values())
    assert isinstance(fields["publish_name"], BooleanField)


def test_a_look_up_needs_both_and_takes_any_spelling():
    assert errors(LookUpForm({})) == {"number": ["请填写“受理编号”。"], "code": ["请填写“查询码”。"]}
    keys = set()
    for typed in ("202208-00017-4", "２０２２０８ ０００１７ ４", "2o22o8000l74"):
        form = LookUpForm({"number": typed, "code": "7K3QX-9M2ZT"})
        assert form.is_valid()
        keys.add(form.throttle_key)
    assert keys == {"202208-00017-4"}


def test_a_code_is_never_given_back_in_the_page():
    html = LookUpForm({"number": "202208-00017-4", "code": "7K3QX-9M2ZT"}).as_p()
    assert "202208-00017-4" in html
    assert "7K3QX" not in html
