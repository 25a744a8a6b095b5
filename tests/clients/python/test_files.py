"""Files with the synchronous client."""

import hashlib
import os
from pathlib import Path

import pytest
from conftest import unique
from daytona import DaytonaError, DaytonaNotFoundError, FileDownloadRequest, FileUpload
from generation import DOWNLOADS_TELL_STATUS, NoSuchDownload, need, output


@pytest.fixture
def folder(sandbox) -> str:
    """An empty folder of the test's own."""
    path = f"/home/daytona/{unique('files')}"
    sandbox.fs.create_folder(path, "755")
    return path


def test_bytes_come_back_as_they_went(sandbox, folder: str) -> None:
    content = bytes(range(256)) * 41
    sandbox.fs.upload_file(content, f"{folder}/all-bytes.bin")
    assert sandbox.fs.download_file(f"{folder}/all-bytes.bin") == content


def test_an_empty_file_comes_back_empty(sandbox, folder: str) -> None:
    sandbox.fs.upload_file(b"", f"{folder}/empty")
    assert sandbox.fs.get_file_info(f"{folder}/empty").size == 0
    assert sandbox.fs.download_file(f"{folder}/empty") == b""


@pytest.mark.parametrize("name", ["with space.txt", "naïve-文件-🦊.txt", "100%25.txt", "quote'\"s.txt", "a+b&c=d#e?.txt"])
def test_names_of_any_kind(sandbox, folder: str, name: str) -> None:
    sandbox.fs.upload_file(name.encode(), f"{folder}/{name}")
    assert [each.name for each in sandbox.fs.list_files(folder)] == [name]
    assert sandbox.fs.download_file(f"{folder}/{name}") == name.encode()


def test_a_large_file_through_local_files(sandbox, folder: str, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(os.urandom(32 << 20))
    sandbox.fs.upload_file(str(source), f"{folder}/large")
    inside = sandbox.process.exec(f"sha256sum {folder}/large").result.split()[0]
    assert inside == hashlib.sha256(source.read_bytes()).hexdigest()
    sandbox.fs.download_file(f"{folder}/large", str(target))
    assert hashlib.sha256(target.read_bytes()).hexdigest() == inside


def test_streams_in_both_directions(sandbox, folder: str) -> None:
    need(hasattr(sandbox.fs, "upload_file_stream"), "streams")
    content = os.urandom(3 << 20)
    sandbox.fs.upload_file_stream(content, f"{folder}/streamed")
    assert b"".join(sandbox.fs.download_file_stream(f"{folder}/streamed")) == content


def test_several_files_in_one_call(sandbox, folder: str) -> None:
    sandbox.fs.upload_files([FileUpload(source=f"file {n}".encode(), destination=f"{folder}/{n}") for n in range(5)])
    answers = sandbox.fs.download_files(
        [FileDownloadRequest(source=f"{folder}/{n}") for n in (0, 4)] + [FileDownloadRequest(source=f"{folder}/none")]
    )
    by_source = {each.source: each for each in answers}
    assert by_source[f"{folder}/0"].result == b"file 0"
    assert by_source[f"{folder}/4"].result == b"file 4"
    assert by_source[f"{folder}/none"].error


def test_upload_replaces_and_makes_parents(sandbox, folder: str) -> None:
    path = f"{folder}/deep/er/file"
    sandbox.fs.upload_file(b"a longer first version", path)
    sandbox.fs.upload_file(b"second", path)
    assert sandbox.fs.download_file(path) == b"second"


def test_lists_what_is_there(sandbox, folder: str) -> None:
    sandbox.fs.create_folder(f"{folder}/inner", "700")
    sandbox.fs.upload_file(b"12345", f"{folder}/five")
    listed = {each.name: each for each in sandbox.fs.list_files(folder)}
    assert set(listed) == {"inner", "five"}
    assert listed["inner"].is_dir and not listed["five"].is_dir
    assert listed["five"].size == 5
    assert (listed["five"].owner, listed["five"].group) == ("1000", "1000")


def test_tells_about_one_file_and_changes_its_permissions(sandbox, folder: str) -> None:
    sandbox.fs.upload_file(b"#!/bin/sh\necho ran\n", f"{folder}/script")
    sandbox.fs.set_file_permissions(f"{folder}/script", mode="750")
    assert sandbox.fs.get_file_info(f"{folder}/script").permissions == "0750"
    assert sandbox.process.exec(f"{folder}/script").result == output("ran\n")


def test_moves_and_deletes(sandbox, folder: str) -> None:
    sandbox.fs.upload_file(b"content", f"{folder}/before")
    sandbox.fs.move_files(f"{folder}/before", f"{folder}/after")
    assert [each.name for each in sandbox.fs.list_files(folder)] == ["after"]
    sandbox.fs.delete_file(f"{folder}/after")
    assert sandbox.fs.list_files(folder) == []


REPLACE_A_PACKAGE = """
import os, shutil, sys
# As npm does it, which gives up where a folder cannot be renamed: aside, the new one in its place, the old one away.
package, aside = sys.argv[1], os.path.join(os.path.dirname(sys.argv[1]), ".package-a1b2c3")
names = os.stat(os.path.join(package, "package.json")).st_nlink
os.rename(package, aside)
shutil.copytree(aside, package, symlinks=True)
os.link(os.path.join(aside, "package.json"), os.path.join(package, "linked.json"))
assert os.path.samefile(os.path.join(aside, "package.json"), os.path.join(package, "linked.json"))
shutil.rmtree(aside)
assert os.stat(os.path.join(package, "linked.json")).st_nlink == names
print(sorted(os.listdir(os.path.dirname(package))))
"""


def test_a_package_of_the_image_is_replaced_by_renaming(sandbox, folder: str) -> None:
    def said(command: str) -> str:
        answer = sandbox.process.exec(command)
        assert answer.exit_code == 0, answer.result
        return answer.result.strip()

    program = f"{folder}/replace.py"
    sandbox.fs.upload_file(REPLACE_A_PACKAGE.encode(), program)
    modules = said("realpath $(command -v npm)").split("/npm/")[0]
    before = sorted(said(f"ls -A {modules}").split())
    assert said(f"sudo -n python3 {program} {modules}/npm") == f"{before}"
    assert said("npm --version")
    # A folder of the system itself, and back.
    there_and_back = "import os; os.rename('/usr/share/doc', '/usr/share/doc2'); os.rename('/usr/share/doc2', '/usr/share/doc')"
    assert int(said(f'sudo -n python3 -c "{there_and_back}" && ls /usr/share/doc | wc -l')) > 10


def test_a_folder_is_deleted_only_with_all_that_is_in_it(sandbox, folder: str) -> None:
    sandbox.fs.upload_file(b"x", f"{folder}/inner/file")
    with pytest.raises(DaytonaError):
        sandbox.fs.delete_file(f"{folder}/inner")
    assert sandbox.fs.download_file(f"{folder}/inner/file") == b"x"
    sandbox.fs.delete_file(f"{folder}/inner", recursive=True)
    assert sandbox.fs.list_files(folder) == []


def test_a_relative_path_starts_at_the_work_directory(sandbox) -> None:
    name = unique("relative")
    sandbox.fs.upload_file(b"here", name)
    assert sandbox.process.exec(f"cat /home/daytona/{name}").result == "here"


def test_what_is_not_there_is_not_found(sandbox, folder: str) -> None:
    with pytest.raises(NoSuchDownload):
        sandbox.fs.download_file(f"{folder}/nothing")
    with pytest.raises(DaytonaNotFoundError):
        sandbox.fs.get_file_info(f"{folder}/nothing")
    with pytest.raises(DaytonaNotFoundError):
        sandbox.fs.list_files(f"{folder}/nothing")


def test_a_folder_is_not_downloaded_as_a_file(sandbox, folder: str) -> None:
    with pytest.raises(DaytonaError) as refused:
        sandbox.fs.download_file(folder)
    assert refused.value.status_code == (400 if DOWNLOADS_TELL_STATUS else None)
