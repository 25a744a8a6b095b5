"""Searching, finding and replacing in files, and files by signed URL, with the synchronous client."""

import urllib.error
import urllib.request

import pytest
from conftest import unique
from daytona import DaytonaError, DaytonaNotFoundError
from generation import BadRequest, has, need


@pytest.fixture
def folder(sandbox) -> str:
    """A folder of the test's own with a small project in it."""
    path = f"/home/daytona/{unique('search')}"
    files = {
        "src/main.py": "import os\n# TODO: first\nprint('x')  # TODO: second\n",
        "src/deep/er/util.py": "# nothing to do\n",
        ".hidden/config.py": "TODO",
        "readme.md": "TODO (docs)\r\n",
        "picture.bin": "\0TODO\n",
    }
    for name, text in files.items():
        sandbox.fs.upload_file(text.encode(), f"{path}/{name}")
    return path


def test_finds_lines_with_a_text(sandbox, folder: str) -> None:
    found = [(each.file, each.line, each.content) for each in sandbox.fs.find_files(folder, "TODO")]
    assert found == [
        (f"{folder}/.hidden/config.py", 1, "TODO"),
        (f"{folder}/readme.md", 1, "TODO (docs)"),
        (f"{folder}/src/main.py", 2, "# TODO: first"),
        (f"{folder}/src/main.py", 3, "print('x')  # TODO: second"),
    ]
    assert [each.line for each in sandbox.fs.find_files(f"{folder}/src/main.py", "TODO:")] == [2, 3]
    assert sandbox.fs.find_files(folder, "TODO.*") == []


def test_searches_names(sandbox, folder: str) -> None:
    assert sandbox.fs.search_files(folder, "*.py").files == [
        f"{folder}/.hidden/config.py",
        f"{folder}/src/deep/er/util.py",
        f"{folder}/src/main.py",
    ]
    assert sandbox.fs.search_files(folder, "d??p").files == [f"{folder}/src/deep"]
    assert sandbox.fs.search_files(f"{folder}/none", "*").files == []


def test_a_relative_path_stays_one(sandbox, folder: str) -> None:
    name = folder.rpartition("/")[2]
    assert sandbox.fs.search_files(name, "util.*").files == [f"{name}/src/deep/er/util.py"]
    assert [each.file for each in sandbox.fs.find_files(name, "(docs)")] == [f"{name}/readme.md"]


def test_replaces_in_several_files(sandbox, folder: str) -> None:
    sandbox.fs.set_file_permissions(f"{folder}/src/main.py", mode="751")
    paths = [f"{folder}/src/main.py", f"{folder}/none.py", f"{folder}/src/deep/er/util.py"]
    results = sandbox.fs.replace_in_files(paths, "TODO:", "DONE:")
    assert [(each.file, each.success) for each in results] == list(zip(paths, [True, False, True], strict=True))
    assert results[1].error and not results[0].error
    assert sandbox.fs.download_file(paths[0]) == b"import os\n# DONE: first\nprint('x')  # DONE: second\n"
    assert sandbox.fs.get_file_info(paths[0]).permissions == "0751"


def test_lists_deeper_than_one_folder(sandbox, folder: str) -> None:
    need(has(sandbox.fs.list_files, "depth"), "depth of a listing")
    paths = {each.path for each in sandbox.fs.list_files(folder, depth=3)}
    assert {f"{folder}/src", f"{folder}/src/main.py", f"{folder}/src/deep/er", f"{folder}/.hidden/config.py"} <= paths
    assert f"{folder}/src/deep/er/util.py" not in paths


def test_what_cannot_be_searched_says_so(sandbox, folder: str) -> None:
    with pytest.raises(DaytonaNotFoundError):
        sandbox.fs.find_files(f"{folder}/none", "x")
    with pytest.raises(BadRequest, match="pattern"):
        sandbox.fs.search_files(folder, "[a")
    with pytest.raises(DaytonaError, match="pattern"):
        sandbox.fs.replace_in_files([], "", "x")


def by_anybody(url: str, data: bytes | None = None) -> bytes:
    """What a request without any credential is answered."""
    request = urllib.request.Request(url, data, {"Content-Type": "application/octet-stream"} if data else {})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()


def test_a_signed_url_opens_its_file_to_anybody(sandbox, folder: str) -> None:
    need(hasattr(sandbox, "upload_url"), "signed URLs of files")
    path = f"{folder}/naïve + 文件 & 100%.txt"
    by_anybody(sandbox.upload_url(path), b"sent by anybody")
    assert sandbox.fs.download_file(path) == b"sent by anybody"
    url = sandbox.download_url(path, ttl_seconds=60)
    assert by_anybody(url) == b"sent by anybody"
    assert by_anybody(sandbox.download_url(f"{folder.rpartition('/')[2]}/readme.md", ttl_seconds=0)) == b"TODO (docs)\r\n"

    for changed in (url.replace("expires=", "expires=1"), url.replace("100%25", "200%25"), url + "A", url + "&x=1"):
        if changed != url:
            with pytest.raises(urllib.error.HTTPError) as refused:
                by_anybody(changed)
            assert refused.value.code == 401
    with pytest.raises(urllib.error.HTTPError) as wrong_method:
        by_anybody(url, b"not an upload")
    assert wrong_method.value.code == 401


def test_rotating_the_key_ends_earlier_urls_at_once(sandbox, folder: str) -> None:
    need(hasattr(sandbox, "rotate_signing_key"), "signed URLs of files")
    path = f"{folder}/readme.md"
    before = sandbox.download_url(path)
    assert by_anybody(before) == b"TODO (docs)\r\n"
    sandbox.rotate_signing_key()
    with pytest.raises(urllib.error.HTTPError) as refused:
        by_anybody(before)
    assert refused.value.code == 401
    assert by_anybody(sandbox.download_url(path)) == b"TODO (docs)\r\n"
