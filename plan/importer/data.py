"""The plan as JSON: written by the importer, read when a plan is loaded."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from plan.importer.faults import FaultList
from plan.importer.page import Paragraph
from plan.importer.parsed import ParsedPage, ParsedPlan
from plan.importer.proof import rebuild_plan
from plan.importer.structure import read_plan

_EXPECTED = "expected"
_TYPE_NAMES = {str: "文字", int: "整数", bool: "true 或 false"}
T = TypeVar("T")


class PlanDataError(Exception):
    """Plan data that cannot be loaded; the message is Chinese, for staff."""


def page_to_data(page: ParsedPage) -> dict[str, Any]:
    """JSON values in a stable order, with the counts that a reader of the data has to find again."""
    data = _plain(page)
    return {"source_sha256": data.pop("source_sha256"), _EXPECTED: page.plan.counts(), **data}


def page_from_data(data: Mapping[str, Any]) -> ParsedPage:
    """The page of ``data``, checked as strictly as a page that is imported. Raises PlanDataError."""
    if not isinstance(data, Mapping) or _EXPECTED not in data:
        raise PlanDataError(f"数据缺少“{_EXPECTED}”。")
    page = _build(ParsedPage, {key: value for key, value in data.items() if key != _EXPECTED}, "")
    _check_plan(page.plan)
    if page.plan.counts() != data[_EXPECTED]:
        raise PlanDataError(f"数量与“{_EXPECTED}”不符：应为 {data[_EXPECTED]}，实有 {page.plan.counts()}。")
    if [unit.label for unit in page.units] != page.plan.unit_labels:
        raise PlanDataError("责任单位名单与各举措所列不符。")
    return page


def _check_plan(plan: ParsedPlan) -> None:
    """Reads the plan's own printed form again; anything but the same plan means that the data were changed."""
    faults = FaultList()
    try:
        printed = [Paragraph(line, text) for line, text in enumerate(rebuild_plan(plan), 1)]
        found, _ = read_plan(printed, faults)
    except (KeyError, ValueError) as error:
        raise PlanDataError(f"方案数据不一致：版本或序号无法识别（{error}）。") from error
    if faults:
        raise PlanDataError(f"方案数据不一致：\n{faults.error()}")
    if found != plan:
        raise PlanDataError(f"方案数据不一致：{_first_difference(found, plan)}与其文字不符。")


def _first_difference(found: ParsedPlan, plan: ParsedPlan) -> str:
    for read, given in zip(found.measures, plan.measures, strict=False):
        if read != given:
            return f"举措{given.printed_number}"
    return "章节"


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def _build(kind: type[T], value: Any, path: str) -> T:
    """``value`` as the dataclass ``kind``; ``path`` is where it stands in the data."""
    if not isinstance(value, Mapping):
        raise PlanDataError(f"“{path or '数据'}”应为对象。")
    hints = get_type_hints(kind)
    if missing := sorted(hints.keys() - value.keys()):
        raise PlanDataError(f"“{path or '数据'}”缺少：{'、'.join(missing)}。")
    if unknown := sorted(value.keys() - hints.keys()):
        raise PlanDataError(f"“{path or '数据'}”有不认识的项：{'、'.join(unknown)}。")
    return kind(
        **{name: _convert(hint, value[name], f"{path}.{name}".lstrip(".")) for name, hint in hints.items()}
    )


def _convert(hint: Any, value: Any, path: str) -> Any:
    if get_origin(hint) is tuple:
        return _convert_list(get_args(hint)[0], value, path)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _build(hint, value, path)
    if hint in (dt.datetime, dt.date):
        return _convert_moment(hint, value, path)
    if type(value) is not hint:
        raise PlanDataError(f"“{path}”应为{_TYPE_NAMES[hint]}。")
    return value


def _convert_list(hint: Any, value: Any, path: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise PlanDataError(f"“{path}”应为列表。")
    return tuple(_convert(hint, item, f"{path}[{index}]") for index, item in enumerate(value, 1))


def _convert_moment(hint: type[dt.date], value: Any, path: str) -> dt.date:
    try:
        moment = hint.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise PlanDataError(f"“{path}”应为 ISO 8601 日期或时间。") from error
    if isinstance(moment, dt.datetime) and moment.tzinfo is None:
        raise PlanDataError(f"“{path}”应写明时区。")
    return moment
