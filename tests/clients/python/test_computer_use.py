"""Computer use through the published client: a desktop in a sandbox, seen, used and recorded."""

import base64
import struct
import urllib.request
from collections.abc import Iterator

import pytest
from daytona import CreateSandboxFromSnapshotParams, Daytona, DaytonaError, Sandbox, ScreenshotOptions, ScreenshotRegion
from generation import need
from prestarted import prestarting
from support.waiting import eventually

DESKTOP = "sandlot/desktop"


def png_size(text: str) -> tuple[int, int]:
    picture = base64.b64decode(text)
    assert picture.startswith(b"\x89PNG")
    return struct.unpack(">II", picture[16:24])


@pytest.fixture(scope="module")
def desktop(daytona: Daytona) -> Iterator[Sandbox]:
    try:
        daytona.snapshot.get(DESKTOP)
    except DaytonaError as failure:
        pytest.skip(f"the image is not built; run ./dev setup desktop ({failure})")
    created = daytona.create(CreateSandboxFromSnapshotParams(snapshot=DESKTOP))
    started = created.computer_use.start()
    assert all(started.status[name].running for name in ("xvfb", "xfce4", "x11vnc", "novnc"))
    assert all(started.status[name].pid > 0 for name in ("xvfb", "xfce4", "x11vnc", "novnc"))
    yield created
    created.delete()


def test_programs_see_a_desktop_as_soon_as_it_has_started(daytona: Daytona, desktop: Sandbox) -> None:
    created = daytona.create(CreateSandboxFromSnapshotParams(snapshot=DESKTOP))
    try:
        prestarting(created, lambda: created.process.exec("true"))
        created.computer_use.start()
        assert created.process.exec("echo $DISPLAY").result == desktop.process.exec("echo $DISPLAY").result != "\n"
    finally:
        created.delete()


@pytest.fixture
def editor(desktop: Sandbox) -> Iterator[object]:
    """The window of a text editor."""
    desktop.process.exec("GSETTINGS_BACKEND=memory nohup mousepad >/dev/null 2>&1 &")
    windows = eventually("the editor is active", lambda: [w for w in desktop.computer_use.display.get_windows().windows if w.is_active])
    yield windows[0]
    desktop.process.exec("pkill mousepad")
    eventually("no window is open", lambda: not desktop.computer_use.display.get_windows().windows)


def test_is_active_once_started(desktop: Sandbox) -> None:
    use = desktop.computer_use
    assert use.get_status().status == "active"
    assert use.get_process_status("xfce4").running is True
    assert "5901" in use.get_process_logs("x11vnc").logs
    assert use.get_process_errors("xvfb").process_name == "xvfb"
    assert use.restart_process("novnc").process_name == "novnc"


def test_takes_pictures(desktop: Sandbox) -> None:
    screenshot = desktop.computer_use.screenshot
    desktop.computer_use.mouse.move(111, 222)
    assert png_size(screenshot.take_full_screen(show_cursor=True).screenshot) == (1024, 768)
    region = screenshot.take_region(ScreenshotRegion(x=100, y=200, width=50, height=40), show_cursor=True)
    assert png_size(region.screenshot) == (50, 40)
    assert (region.cursor_position.x, region.cursor_position.y) == (11, 22)
    small = screenshot.take_compressed(ScreenshotOptions(fmt="jpeg", quality=50, scale=0.5))
    assert base64.b64decode(small.screenshot).startswith(b"\xff\xd8")
    assert small.size_bytes == len(base64.b64decode(small.screenshot))
    part = screenshot.take_compressed_region(
        ScreenshotRegion(x=0, y=0, width=100, height=100), ScreenshotOptions(fmt="webp", scale=0.5)
    )
    assert png_size(part.screenshot) == (50, 50)


def test_tells_display_and_windows(desktop: Sandbox, editor) -> None:
    display = desktop.computer_use.display.get_info().displays[0]
    assert (display.x, display.y, display.width, display.height, display.is_active) == (0, 0, 1024, 768, True)
    assert editor.title == "Untitled 1 - Mousepad"
    assert editor.width > 300 and editor.height > 200


def test_types_where_it_clicks_and_presses_chords(desktop: Sandbox, editor) -> None:
    use = desktop.computer_use
    use.mouse.click(editor.x + editor.width // 2, editor.y + editor.height // 2)
    use.keyboard.type("Grüße,\nWelt ✓")
    use.keyboard.hotkey("ctrl+a")
    use.keyboard.press("c", ["ctrl"])
    eventually("it is on the clipboard", lambda: desktop.process.exec("xclip -o -selection clipboard").result == "Grüße,\nWelt ✓")


def test_holds_buttons_and_keys(desktop: Sandbox, editor) -> None:
    mouse = desktop.computer_use.mouse
    need(hasattr(mouse, "down"), "buttons to hold")
    mouse.down(editor.x + 200, editor.y + 8)
    mouse.move(editor.x + 230, editor.y + 38)
    moved = mouse.up(editor.x + 250, editor.y + 58)
    assert (moved.x, moved.y) == (editor.x + 250, editor.y + 58)
    eventually("the window has moved", lambda: desktop.computer_use.display.get_windows().windows[0].x == editor.x + 50)
    assert mouse.scroll(500, 400, "down", 3) is True
    assert mouse.scroll(500, 400, "left") is True
    desktop.computer_use.keyboard.down("shift")
    desktop.computer_use.keyboard.up("shift")
    dragged = mouse.drag(300, 700, 400, 650)
    assert (dragged.x, dragged.y) == (400, 650)
    assert mouse.get_position().x == 400


def test_refuses_what_cannot_be(desktop: Sandbox) -> None:
    use = desktop.computer_use
    with pytest.raises(DaytonaError, match="shift"):
        use.keyboard.press("!")
    with pytest.raises(DaytonaError, match="button"):
        use.mouse.click(1, 1, "fourth")
    with pytest.raises(DaytonaError, match="outside"):
        use.screenshot.take_region(ScreenshotRegion(x=9000, y=0, width=5, height=5))


def test_finds_and_uses_widgets(desktop: Sandbox, editor) -> None:
    need(hasattr(desktop.computer_use, "accessibility"), "accessibility tree")
    accessibility = desktop.computer_use.accessibility
    texts = eventually("the text field is found", lambda: accessibility.find_nodes(scope="all", role="text", states=["editable", "showing"]).matches)
    accessibility.focus_node(texts[0].id)
    accessibility.set_node_value(texts[0].id, "by its widget")
    eventually("the title says that it was changed", lambda: desktop.computer_use.display.get_windows().windows[0].title.startswith("*"))
    tree = accessibility.get_tree(scope="focused")
    assert (tree.root.role, tree.root.name, tree.truncated) == ("application", "mousepad", False)
    menu = accessibility.find_nodes(scope="focused", name="Help", name_match="exact").matches[0]
    accessibility.invoke_node(menu.id)
    desktop.computer_use.keyboard.press("escape")
    with pytest.raises(DaytonaError, match="no node"):
        accessibility.focus_node(":1.999:/org/a11y/none")


def test_records_a_video(desktop: Sandbox, tmp_path) -> None:
    recording = desktop.computer_use.recording
    started = recording.start("client test")
    assert started.status == "recording"
    for x in range(0, 400, 20):
        desktop.computer_use.mouse.move(x, 300)
    stopped = recording.stop(started.id)
    assert stopped.status == "completed" and stopped.size_bytes > 0
    assert started.id in [one.id for one in recording.list().recordings]
    file = tmp_path / "recording.mp4"
    recording.download(started.id, str(file))
    assert file.stat().st_size == stopped.size_bytes
    assert file.read_bytes()[4:8] == b"ftyp"
    probed = desktop.process.exec(f"ffprobe -v error -show_entries stream=codec_name -of csv=p=0 '{stopped.file_path}'")
    assert probed.result.strip() == "h264"
    recording.delete(started.id)
    with pytest.raises(DaytonaError):
        recording.get(started.id)


def test_shows_the_screen_in_a_browser(desktop: Sandbox) -> None:
    link = desktop.create_signed_preview_url(6080)
    host = link.url.split("/")[2]
    address = f"http://127.0.0.1:{host.rsplit(':', 1)[1]}/vnc.html"
    request = urllib.request.Request(address, headers={"Host": host})
    assert b"noVNC" in urllib.request.urlopen(request, timeout=20).read()


def test_stops_and_starts_again(daytona: Daytona, desktop: Sandbox) -> None:
    use = desktop.computer_use
    assert not use.stop().status["xvfb"].running
    assert use.get_status().status == "inactive"
    with pytest.raises(DaytonaError, match="does not answer"):
        use.screenshot.take_full_screen()
    use.start()
    assert png_size(use.screenshot.take_full_screen().screenshot) == (1024, 768)


def test_says_what_a_plain_sandbox_lacks(sandbox: Sandbox) -> None:
    with pytest.raises(DaytonaError, match="not available"):
        sandbox.computer_use.start()
    assert sandbox.computer_use.recording.list().recordings == []
