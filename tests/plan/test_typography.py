import re

import pytest

from plan.templatetags.typography import phrases


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("关于征求《某方案（2021—2025年）（征求意见稿）》公众意见的公告", ["关于征求", "《某方案", "（2021—2025年）", "（征求意见稿）》", "公众意见的公告"]),
        ("二、健全职能体系，推动发挥作用", ["二、健全职能体系，", "推动发挥作用"]),
        ("推进“证照分离”改革", ["推进", "“证照分离”", "改革"]),
        ("总体要求", ["总体要求"]),
        ("", [""]),
    ],
)  # fmt: skip
def test_a_heading_breaks_at_its_joints_and_loses_nothing(text, parts):
    found = re.findall(r'<span class="phrase">(.*?)</span>', phrases(text))
    assert found == parts
    assert "".join(found) == text


def test_a_heading_is_escaped():
    assert phrases("<b>") == '<span class="phrase">&lt;b&gt;</span>'
