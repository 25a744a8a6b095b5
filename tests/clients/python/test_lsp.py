"""Language servers through the published client."""

import re
from pathlib import Path

import pytest
from daytona import LspCompletionPosition, LspLanguageId, Sandbox
from generation import BadRequest, NoLanguageServer
from support.waiting import eventually

ROOT = Path(__file__).resolve().parents[3]
CLASS = 5

SHOP_PY = b"""class Shop:
    def price(self, item):
        return 1


shop = Shop()
shop.pri
"""

SHOP_TS = b"""export class Shop {
  price(): number { return 1 }
}
const shop = new Shop()
shop.pri
"""


@pytest.fixture(scope="module")
def box(sandbox: Sandbox) -> Sandbox:
    """The shared sandbox with a project of each language."""
    sandbox.fs.upload_file(SHOP_PY, "py/shop.py")
    sandbox.fs.upload_file(b"class Farmer:\n    pass\n", "py/pack/far away.py")
    sandbox.fs.upload_file(SHOP_TS, "ts/src/shop.ts")
    sandbox.fs.upload_file(b'{"include": ["src"]}', "ts/tsconfig.json")
    return sandbox


def servers(box: Sandbox, program: str) -> int:
    return int(box.process.exec(f"ps -eo args | grep -c '[{program[0]}]{program[1:]}'").result)


@pytest.mark.parametrize("project", ["py", "/home/daytona/py"])
@pytest.mark.parametrize("path", ["py/shop.py", "/home/daytona/py/shop.py"])
def test_python_symbols_and_completions(box: Sandbox, project: str, path: str) -> None:
    lsp = box.create_lsp_server(LspLanguageId.PYTHON, project)
    lsp.start()
    lsp.did_open(path)
    shop = next(symbol for symbol in lsp.document_symbols(path) if symbol.name == "Shop")
    assert shop.kind == CLASS
    assert shop.location.uri == "file:///home/daytona/py/shop.py"
    assert shop.location.range.start.line == 0
    completed = lsp.completions(path, LspCompletionPosition(line=6, character=8))
    assert any(item.label.startswith("price") for item in completed.items)
    assert isinstance(lsp.completions(path, LspCompletionPosition(line=0, character=0)).items, list)
    lsp.did_close(path)


@pytest.mark.parametrize(("query", "name", "file"), [("Shop", "Shop", "shop.py"), ("farm", "Farmer", "pack/far%20away.py")])
def test_a_python_class_is_found_in_the_workspace(box: Sandbox, query: str, name: str, file: str) -> None:
    lsp = box.create_lsp_server("python", "py")
    lsp.start()
    found = lsp.sandbox_symbols(query)
    assert (found[0].name, found[0].kind) == (name, CLASS)
    assert found[0].location.uri == f"file:///home/daytona/py/{file}"


def test_what_is_not_there_is_an_empty_list(box: Sandbox) -> None:
    lsp = box.create_lsp_server("python", "py")
    lsp.start()
    assert lsp.sandbox_symbols("NoSuchName") == []


@pytest.mark.parametrize("path", ["ts/src/shop.ts", "/home/daytona/ts/src/shop.ts"])
def test_typescript_symbols_and_completions(box: Sandbox, path: str) -> None:
    lsp = box.create_lsp_server("typescript", "ts")
    lsp.start()
    assert "Shop" in [symbol.name for symbol in lsp.sandbox_symbols("Shop")]
    lsp.did_open(path)
    assert {"Shop", "price"} <= {symbol.name for symbol in lsp.document_symbols(path)}
    completed = lsp.completions(path, LspCompletionPosition(line=4, character=8))
    assert [item.label for item in completed.items] == ["price"]
    lsp.did_close(path)


def test_a_stopped_server_is_gone_and_says_so(box: Sandbox) -> None:
    lsp = box.create_lsp_server("python", "py")
    lsp.start()
    lsp.start()
    assert servers(box, "bin/pylsp") == 1
    lsp.stop()
    assert servers(box, "bin/pylsp") == 0
    with pytest.raises(NoLanguageServer, match="start it first"):
        lsp.document_symbols("py/shop.py")


def test_a_crashed_server_is_noticed_and_started_again(box: Sandbox) -> None:
    lsp = box.create_lsp_server("python", "py")
    lsp.start()
    box.process.exec("pkill -9 -f bin/pylsp")
    eventually("no server runs", lambda: servers(box, "bin/pylsp") == 0)
    with pytest.raises(NoLanguageServer, match="signal 9"):
        lsp.document_symbols("py/shop.py")
    lsp.start()
    assert lsp.sandbox_symbols("Shop")
    lsp.stop()


def test_an_unknown_language_is_refused(box: Sandbox) -> None:
    with pytest.raises(BadRequest, match="python, typescript, javascript"):
        box.create_lsp_server("cobol", "py").start()


def test_the_example_of_the_documentation_runs() -> None:
    program = re.search(r"```python\n(.*?)```", (ROOT / "docs/language-servers.md").read_text(), re.DOTALL)
    assert program
    exec(compile(program.group(1), "docs/language-servers.md", "exec"), {})  # noqa: S102
