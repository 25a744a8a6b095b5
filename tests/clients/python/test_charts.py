"""Charts of programs, as the published client's models take them."""

import base64
import re
import textwrap
from pathlib import Path

import pytest
from daytona import Daytona, Sandbox
from daytona.common import charts as models
from generation import SENDS_CODE, need

ROOT = Path(__file__).resolve().parents[3]


def draw(sandbox: Sandbox, body: str) -> list[models.Chart]:
    """Runs a program that draws; it must end well."""
    need(SENDS_CODE, "charts that the server reads")
    answer = sandbox.process.code_run("import matplotlib.pyplot as plt\n" + textwrap.dedent(body))
    assert answer.exit_code == 0, answer.result
    assert answer.result == ""
    return answer.artifacts.charts


def test_lines_without_what_is_no_number(sandbox: Sandbox) -> None:
    chart, *others = draw(
        sandbox,
        """
        plt.plot([0, 1, 2, 3], [0.5, float("nan"), 0.7, float("inf")], label="series")
        plt.axhline(1)
        plt.title("T"); plt.xlabel("X"); plt.ylabel("Y")
        plt.show()
        """,
    )
    assert not others and isinstance(chart, models.LineChart)
    assert (chart.title, chart.x_label, chart.y_label, chart.x_scale) == ("T", "X", "Y", "linear")
    assert [(each.label, each.points) for each in chart.elements] == [("series", [[0, 0.5], [2, 0.7]])]
    assert len(chart.x_ticks) == len(chart.x_tick_labels) > 2
    assert base64.b64decode(chart.png).startswith(b"\x89PNG")


def test_bars_of_several_groups_and_lying_ones(sandbox: Sandbox) -> None:
    standing, lying = draw(
        sandbox,
        """
        plt.bar(["a", "b"], [12.5, 3], label="first"); plt.bar(["a", "b"], [1, 1], label="second")
        plt.show()
        plt.barh(["a", "b"], [1, 2]); plt.xlabel("amount"); plt.ylabel("name")
        plt.show()
        """,
    )
    assert isinstance(standing, models.BarChart)
    assert [(each.label, each.group, each.value) for each in standing.elements] == [
        ("a", "first", "12.5"), ("b", "first", "3"), ("a", "second", "1"), ("b", "second", "1"),
    ]  # fmt: skip
    assert [(each.label, each.value) for each in lying.elements] == [("a", "1"), ("b", "2")]
    assert (lying.x_label, lying.y_label) == ("name", "amount")


def test_scatters_pies_and_boxes(sandbox: Sandbox) -> None:
    scatter, pie, box = draw(
        sandbox,
        """
        plt.scatter([1, 3], [2, 4], label="pts"); plt.show()
        plt.pie([1, 3], labels=["a", "b"]); plt.show()
        plt.boxplot([[1, 2, 3, 4, 5, 20]], patch_artist=True); plt.xticks([1], ["g1"]); plt.show()
        """,
    )
    assert isinstance(scatter, models.ScatterChart)
    assert [(each.label, each.points) for each in scatter.elements] == [("pts", [[1, 2], [3, 4]])]
    assert isinstance(pie, models.PieChart)
    assert [(each.label, each.angle, each.radius) for each in pie.elements] == [("a", 90, 1), ("b", 270, 1)]
    assert isinstance(box, models.BoxAndWhiskerChart)
    (one,) = box.elements
    assert (one.label, one.min, one.first_quartile, one.median) == ("g1", 1, 2.25, 3.5)
    assert (one.third_quartile, one.max, one.outliers) == (4.75, 5, [20])


def test_dates_are_seconds_with_readable_ticks(sandbox: Sandbox) -> None:
    (chart,) = draw(
        sandbox,
        """
        from datetime import datetime
        plt.plot([datetime(2024, 1, 1), datetime(2024, 1, 3)], [1, 2]); plt.show()
        """,
    )
    assert chart.x_scale == "datetime"
    assert chart.elements[0].points == [[1704067200, 1], [1704240000, 2]]
    assert all(label.startswith("2024-01-0") for label in chart.x_tick_labels)


def test_several_axes_keep_their_data(sandbox: Sandbox) -> None:
    (chart,) = draw(
        sandbox,
        """
        figure, (left, right) = plt.subplots(1, 2)
        left.plot([1, 2], [3, 5]); left.set_title("left")
        right.bar(["a"], [4]); figure.suptitle("both"); plt.show()
        """,
    )
    assert isinstance(chart, models.CompositeChart) and chart.title == "both"
    assert [(each.type, each.title) for each in chart.elements] == [("line", "left"), ("bar", None)]
    assert chart.elements[0].additional_properties["elements"][0]["points"] == [[1, 3], [2, 5]]


def test_what_is_not_shown_is_not_told(sandbox: Sandbox) -> None:
    assert draw(sandbox, "plt.plot([1, 2], [3, 4]); plt.savefig('/tmp/saved.png')") == []


def test_output_and_errors_of_a_drawing_program(sandbox: Sandbox) -> None:
    need(SENDS_CODE, "charts that the server reads")
    answer = sandbox.process.code_run(
        "import sys, matplotlib.pyplot as plt\nprint(sys.argv, sys.stdin.read())\nplt.plot([1, 2], [1, 3])\nplt.show()\n"
        "def fail():\n    raise ValueError('no')\nfail()"
    )
    assert answer.exit_code == 1 and len(answer.artifacts.charts) == 1
    assert answer.result == (
        "['-'] \nTraceback (most recent call last):\n"
        '  File "<target_code>", line 7, in <module>\n    fail()\n    ~~~~^^\n'
        '  File "<target_code>", line 6, in fail\n    raise ValueError(\'no\')\nValueError: no\n'
    )


def test_the_example_of_the_documentation_runs(daytona: Daytona, capsys: pytest.CaptureFixture[str]) -> None:
    program = re.search(r"```python\n(.*?)```", (ROOT / "docs/charts.md").read_text(), re.DOTALL)
    assert program
    exec(compile(program.group(1), "docs/charts.md", "exec"), {})  # noqa: S102
    assert capsys.readouterr().out == "bar Sold\npears 3\nplums 12.5\n"
