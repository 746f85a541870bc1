"""The words of invented opinions. Each text says （演示） and stands on a real measure's own phrases."""

import random
import re

from comments.models import CommentKind, Outcome, SubmitterKind, Town, WithholdReason
from comments.services.receiving import Identity
from plan.models import Chapter, Measure

_MEASURE_TEXTS: dict[CommentKind, list[str]] = {
    CommentKind.AMEND: [
        "“{phrase}”一句建议写明完成时限和牵头单位，便于群众监督。",
        "“{phrase}”可操作性不够强，建议增加具体的办理流程和公开方式。",
        "建议在“{phrase}”之后补充对偏远村组群众的便利安排。",
    ],
    CommentKind.OPINION: [
        "“{title}”很有必要，但基层人手不足，希望同步考虑人员和经费保障。",
        "我们村里老年人多，落实“{title}”时请保留窗口和电话办理，不要只能在手机上办。",
        "去年办事时跑了三趟才办成。希望“{title}”落实到位，一次告知所需材料。\n另外，办结以后最好有短信提醒。",
        "关于“{phrase}”，建议每年公布一次进展，让大家看得到变化。",
    ],
    CommentKind.QUESTION: [
        "请问“{phrase}”具体由哪个部门负责？镇上能不能办？",
        "“{title}”和现行做法有什么不同？什么时候开始实行？",
    ],
    CommentKind.SUPPORT: ["支持“{title}”，希望早日实施。", "赞成。“{phrase}”写到了大家的心里。"],
    CommentKind.OTHER: ["“{title}”这一条文字较长，建议配一份通俗的解读材料。"],
}
_GENERAL_TEXTS: dict[CommentKind, list[str]] = {
    CommentKind.AMEND: ["建议{where}增加每年向社会公布落实情况的要求。"],
    CommentKind.OPINION: [
        "看了{where}，总体赞成，希望多到村（社区）听听意见。",
        "{where}专业用语较多，建议附上名词解释。",
    ],
    CommentKind.QUESTION: ["请问{where}的落实情况由谁来评估，群众能不能参加？"],
    CommentKind.SUPPORT: ["{where}写得比较全面，表示支持。"],
    CommentKind.OTHER: ["建议把{where}做成图文或广播在村里宣传。"],
}
_KINDS = [
    CommentKind.OPINION,
    CommentKind.AMEND,
    CommentKind.OPINION,
    CommentKind.QUESTION,
    CommentKind.SUPPORT,
    CommentKind.AMEND,
    CommentKind.OPINION,
    CommentKind.OTHER,
]
# What may be shown of the reasons without writing anything that would really be unfit to read.
_WITHHELD_TEXTS: dict[WithholdReason, str] = {
    WithholdReason.ADVERTISEMENT: "（演示）本店新到茶叶，量大从优，欢迎选购。",
    WithholdReason.OFF_TOPIC: "（演示）昨天在广场丢了一把雨伞，请拾到的好心人放在门卫处。",
    WithholdReason.DUPLICATE: "（演示）内容和我前面提交的那一条一样，再提交一次。",
}
_ADDITIONS = ["，并向社会公布办理结果", "，明确办理时限", "，同时保留线下办理渠道", "，定期听取群众意见"]
_SURNAMES = "赵钱孙李周吴郑王冯陈"
_EXPLANATIONS: dict[Outcome, str] = {
    Outcome.ADOPTED: "（演示）已采纳，拟在本条举措中补充相应表述，感谢您的建议。",
    Outcome.PARTLY_ADOPTED: "（演示）对明确时限的建议予以采纳；具体流程由责任单位另行制定，未写入本方案。",
    Outcome.NOT_ADOPTED: "（演示）经研究，该事项已有专门文件规定，本方案不再重复，感谢您的建议。",
    Outcome.EXPLAINED: "（演示）该事项由责任单位按现行规定办理，镇便民服务中心可以受理，现说明如上。",
    Outcome.OUT_OF_SCOPE: "（演示）该事项不属本次征求意见范围，建议通过 12345 热线反映。",
}


def kind_of(index: int) -> CommentKind:
    """The kinds take turns, so that a handful of opinions already shows them all."""
    return _KINDS[index % len(_KINDS)]


def withheld(index: int) -> tuple[WithholdReason, str]:
    """A reason for keeping a text from the public, and a text that gives that reason."""
    reasons = list(_WITHHELD_TEXTS.items())
    return reasons[index % len(reasons)]


def _phrase(measure: Measure, rng: random.Random) -> str:
    clauses = [clause for clause in re.split(r"[。，；]", measure.body) if 6 <= len(clause) <= 40]
    return rng.choice(clauses) if clauses else measure.title


def _inner_quotes(text: str) -> str:
    """Quotation marks within a quotation are single ones."""
    return text.replace("“", "‘").replace("”", "’")


def body(kind: CommentKind, measure: Measure | None, chapter: Chapter | None, rng: random.Random) -> str:
    if measure:
        title, phrase = _inner_quotes(measure.title), _inner_quotes(_phrase(measure, rng))
        text = rng.choice(_MEASURE_TEXTS[kind]).format(title=title, phrase=phrase)
    else:
        where = f"“{chapter.title}”这一章" if chapter else "方案整体"
        text = rng.choice(_GENERAL_TEXTS[kind]).format(where=where)
    return f"（演示）{text}"


def suggested_text(measure: Measure, rng: random.Random) -> str:
    """The measure's whole text with an addition before one of its full stops."""
    stops = [match.start() for match in re.finditer("。", measure.text)][1:] or [len(measure.text)]
    at = rng.choice(stops)
    return measure.text[:at] + rng.choice(_ADDITIONS) + measure.text[at:]


def identity(index: int, rng: random.Random) -> Identity:
    """Nobody in particular: 张演示甲-like names, telephone numbers of zeros, addresses under example.com."""
    town = rng.choice(Town.values) if index % 3 else ""
    if index % 4 == 0:
        return Identity(town=town)
    if index % 11 == 5:
        return Identity(
            kind=SubmitterKind.ORGANISATION, name="演示农业专业合作社", town=town, publish_name=index % 2 == 0
        )
    name = f"{rng.choice(_SURNAMES)}演示"
    return Identity(
        kind=SubmitterKind.PERSON,
        town=town,
        name=name,
        phone="00000000000" if index % 5 == 1 else "",
        email=f"yanshi{index}@example.com" if index % 7 == 2 else "",
        publish_name=index % 13 == 1,
    )


def explanation(outcome: Outcome) -> str:
    return _EXPLANATIONS[outcome]


def cited_change(outcome: Outcome, measure: Measure | None) -> str:
    adopted = outcome in (Outcome.ADOPTED, Outcome.PARTLY_ADOPTED)
    return f"（演示）{measure.printed_number}末增加：“办理结果向社会公布。”" if adopted and measure else ""
