"""What is wrong with a text, line by line."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that does not add up. ``line`` counts from 1; 0 means the text as a whole."""

    line: int
    reason: str

    def __str__(self) -> str:
        place = f"第 {self.line} 行" if self.line else "全文"
        return f"{place}：{self.reason}"


class PlanTextError(Exception):
    """A text that does not add up; ``faults`` holds every fault found, in line order."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


class FaultList:
    """Collects faults, so that one run names all of them."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, line: int, reason: str) -> None:
        self._faults.append(Fault(line, reason))

    def __bool__(self) -> bool:
        return bool(self._faults)

    def error(self) -> PlanTextError:
        return PlanTextError(self._faults)
