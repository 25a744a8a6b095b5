"""The page of limits tells what the code says, and leaves none of them out."""

import re
from functools import cache

import pytest
from support.installation import REPOSITORY

_ROW = re.compile(r"^\| (?P<what>[^|]+) \| (?P<figure>[^|]+) \| `(?P<name>[\w.]+)` \|", re.MULTILINE)
ROWS = {row["name"]: row["figure"] for row in _ROW.finditer((REPOSITORY / "docs/limits.md").read_text())}
_UNITS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "ms": 0.001, "s": 1, "min": 60, "h": 3600}
_DURATIONS = {"ofMillis": 0.001, "from_millis": 0.001, "ofSeconds": 1, "from_secs": 1, "ofMinutes": 60, "ofHours": 3600}


def value(expression: str) -> float:
    """A number or a time of Java or Rust; times are in seconds."""
    duration = re.fullmatch(r"Duration(?:\.|::)(\w+)\((.+)\)", expression.strip())
    if duration:
        return value(duration[2]) * _DURATIONS[duration[1]]
    number = re.sub(r"(?<=\d)L\b", "", expression.replace("_", "")).strip()
    assert re.fullmatch(r"[\d\s<*.x]+", number), expression
    return eval(number)  # noqa: S307 - digits and shifts alone


def arguments(text: str) -> list[str]:
    """The arguments of a call, from behind its opening parenthesis on."""
    found, depth = [""], 0
    for letter in text:
        if letter == ")" and depth == 0:
            break
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [each.strip() for each in found]


def components(source: str, record: str) -> list[str]:
    """The names of a record's components."""
    begin = re.search(rf"record {record}\(", source)
    assert begin, record
    return [each.split()[-1] for each in arguments(source[begin.end() :])]


def record_values(source: str, record: str, call: str, prefix: str) -> dict[str, str]:
    """What a record's standard holds, by `prefix.component`."""
    found: dict[str, str] = {}
    for name, given in zip(components(source, record), arguments(call), strict=True):
        inner = re.match(r"new (\w+)\(", given)
        if inner:
            found |= record_values(source, inner[1], given[inner.end() :], f"{prefix}.{name}")
        else:
            found[f"{prefix}.{name}"] = given
    return found


@cache
def code() -> dict[str, str]:
    """All constants of the sources as they stand there, by class and name."""
    found: dict[str, str] = {}
    constant = re.compile(r"(?:int|long|Duration) ([A-Z][A-Z_]+) =\s+([^;]+);")
    for path in sorted(REPOSITORY.glob("**/src/main/java/**/*.java")):
        source = path.read_text()
        found |= {f"{path.stem}.{name}": expression for name, expression in constant.findall(source)}
        standard = re.search(rf"(?:STANDARD|DEFAULT) =\s+new {path.stem}\(", source)
        if standard and path.stem.endswith("Limits"):
            found |= record_values(source, path.stem, source[standard.end() :], path.stem)
    agent = (REPOSITORY / "agent/src/limits.rs").read_text()
    constants = re.findall(r"pub const ([A-Z_]+): \w+ = ([^;]+);", agent)
    return found | {f"agent.{name}": expression for name, expression in constants}


@pytest.mark.parametrize("name", ROWS)
def test_a_figure_is_that_of_the_code(name: str) -> None:
    number, _, unit = ROWS[name].partition(" ")
    assert name in code(), f"the code has no {name}"
    assert float(number.replace(",", "")) * _UNITS[unit] == pytest.approx(value(code()[name]))


def test_no_limit_is_left_out() -> None:
    kept_in_records = {name for name in code() if re.match(r"\w+Limits\.", name)}
    assert len(kept_in_records) > 90
    assert kept_in_records - set(ROWS) - {"SandboxLimits.GIB", "SandboxLimits.MIB"} == set()
