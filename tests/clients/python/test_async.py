"""The same journey with the asynchronous client."""

import asyncio

import pytest
from conftest import unique
from daytona import AsyncDaytona, CreateSandboxFromSnapshotParams, DaytonaConfig, DaytonaNotFoundError
from generation import WAIT, Conflict, NoSuchDownload, TimedOut, Unauthorized, listed_async, need, output


async def test_the_whole_life_of_a_sandbox(async_daytona: AsyncDaytona) -> None:
    name = unique("async")
    sandbox = await async_daytona.create(
        CreateSandboxFromSnapshotParams(name=name, labels={"journey": name}, env_vars={"COLOUR": "green"})
    )
    try:
        assert (sandbox.name, sandbox.state) == (name, "started")
        assert (await sandbox.process.code_run("print(6 * 7)")).result == output("42\n")
        assert (await sandbox.process.exec("printenv COLOUR")).result == output("green\n")
        failed = await sandbox.process.exec("echo no; exit 3")
        assert (failed.exit_code, failed.result) == (3, output("no\n"))
        with pytest.raises(TimedOut):
            await sandbox.process.exec("sleep 600", timeout=1)

        await sandbox.fs.create_folder("work", "755")
        await sandbox.fs.upload_file(b"\x00\xff bytes", "work/a file.bin")
        await sandbox.fs.move_files("work/a file.bin", "work/moved.bin")
        assert [each.name for each in await sandbox.fs.list_files("work")] == ["moved.bin"]

        await sandbox.stop()
        assert sandbox.state == "stopped"
        await sandbox.start()
        assert await sandbox.fs.download_file("work/moved.bin") == b"\x00\xff bytes"
        await sandbox.fs.delete_file("work/moved.bin")
        assert await sandbox.fs.list_files("work") == []

        assert [each.id for each in await listed_async(async_daytona, {"journey": name})] == [sandbox.id]
        with pytest.raises(Conflict):
            await async_daytona.create(CreateSandboxFromSnapshotParams(name=name))
    finally:
        await sandbox.delete(**WAIT)
    with pytest.raises(DaytonaNotFoundError):
        await async_daytona.get(name)


async def test_several_sandboxes_at_once(async_daytona: AsyncDaytona) -> None:
    created = await asyncio.gather(*(async_daytona.create() for _ in range(4)))
    try:
        answers = await asyncio.gather(*(each.process.exec("cat /proc/sys/kernel/hostname") for each in created))
        assert len({each.id for each in created}) == 4
        assert all(answer.exit_code == 0 for answer in answers)
    finally:
        await asyncio.gather(*(each.delete() for each in created))


async def test_many_commands_at_once_keep_their_answers_apart(async_daytona: AsyncDaytona) -> None:
    sandbox = await async_daytona.create()
    try:
        answers = await asyncio.gather(*(sandbox.process.exec(f"echo {n}; exit {n}") for n in range(16)))
        assert [(each.exit_code, each.result) for each in answers] == [(n, output(f"{n}\n")) for n in range(16)]
    finally:
        await sandbox.delete()


async def test_streams_a_file_in_both_directions(async_daytona: AsyncDaytona) -> None:
    sandbox = await async_daytona.create()
    try:
        need(hasattr(sandbox.fs, "download_file_stream"), "streams")
        content = bytes(range(256)) * 8192
        await sandbox.fs.upload_file(content, "streamed")
        received = b"".join([chunk async for chunk in await sandbox.fs.download_file_stream("streamed")])
        assert received == content
        with pytest.raises(NoSuchDownload):
            await sandbox.fs.download_file("nothing")
    finally:
        await sandbox.delete()


async def test_a_wrong_key_is_an_authentication_error() -> None:
    async with AsyncDaytona(DaytonaConfig(api_key="no-such-key")) as stranger:
        with pytest.raises(Unauthorized):
            await stranger.get("anything")
