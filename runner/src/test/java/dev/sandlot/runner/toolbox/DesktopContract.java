package dev.sandlot.runner.toolbox;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.runner.launcher.TestLauncher;
import dev.sandlot.runtime.PortConnection;
import dev.sandlot.testing.Waiting;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import tools.jackson.databind.JsonNode;

/// Computer use over HTTP, on any engine. One desktop for all tests; each closes the windows it
/// opens.
@TestInstance(Lifecycle.PER_CLASS)
abstract class DesktopContract {

  private DesktopFixture desktop;

  abstract String engine();

  @BeforeAll
  void start() throws Exception {
    desktop = new DesktopFixture(engine(), TestLauncher.shared().desktopImage(), Map.of());
    JsonNode started = desktop.post("/computeruse/start", "", 200);
    assertThat(started.path("message").asString()).isNotEmpty();
    for (String name : new String[] {"xvfb", "xfce4", "x11vnc", "novnc"}) {
      JsonNode process = started.path("status").path(name);
      assertThat(process.path("running").asBoolean()).as(name).isTrue();
      assertThat(process.path("pid").asInt()).as(name).isPositive();
      assertThat(process.path("autoRestart").asBoolean()).as(name).isTrue();
    }
  }

  @AfterAll
  void stop() throws Exception {
    desktop.close();
  }

  // Processes.

  @Test
  void isReadyWhenTheStartReturns() throws Exception {
    assertThat(desktop.get("/computeruse/process-status", 200).path("status").asString())
        .isEqualTo("active");
    assertThat(desktop.get("/computeruse/status", 200).path("status").asString())
        .isEqualTo("active");
    assertThat(desktop.get("/computeruse/process/novnc/status", 200).path("running").asBoolean())
        .isTrue();
  }

  @Test
  void startsASecondTimeWithoutHarm() throws Exception {
    int before = pid("xvfb");

    JsonNode again = desktop.post("/computeruse/start", "", 200);

    assertThat(again.path("status").path("xvfb").path("pid").asInt()).isEqualTo(before);
  }

  @Test
  void startsACrashedProcessAgain() throws Exception {
    int before = pid("x11vnc");

    desktop.run("kill -9 " + before);

    until(() -> pid("x11vnc") != before && pid("x11vnc") > 0);
  }

  @Test
  void restartsAProcessOnDemand() throws Exception {
    int before = pid("novnc");

    JsonNode answer = desktop.post("/computeruse/process/novnc/restart", "", 200);

    assertThat(answer.path("processName").asString()).isEqualTo("novnc");
    assertThat(pid("novnc")).isPositive().isNotEqualTo(before);
  }

  @Test
  void stopsAllAndStartsAgain() throws Exception {
    JsonNode stopped = desktop.post("/computeruse/stop", "", 200);

    assertThat(stopped.path("status").path("xvfb").path("running").asBoolean()).isFalse();
    assertThat(desktop.get("/computeruse/status", 200).path("status").asString())
        .isEqualTo("inactive");
    assertThat(desktop.run("pgrep -c Xvfb").strip()).isEqualTo("0");
    desktop.get("/computeruse/screenshot", 503);

    desktop.post("/computeruse/start", "", 200);
    desktop.get("/computeruse/screenshot", 200);
  }

  @Test
  void returnsTheLogsOfProcesses() throws Exception {
    assertThat(desktop.get("/computeruse/process/x11vnc/logs", 200).path("logs").asString())
        .contains("5901");
    assertThat(desktop.get("/computeruse/process/x11vnc/errors", 200).has("errors")).isTrue();
  }

  @Test
  void refusesUnknownProcesses() throws Exception {
    assertThat(desktop.get("/computeruse/process/none/logs", 400).path("error").asString())
        .contains("none");
    assertThat(desktop.get("/computeruse/process/dbus/status", 503).has("error")).isTrue();
    desktop.post("/computeruse/process/none/restart", "", 400);
  }

  private int pid(String name) throws Exception {
    return desktop
        .post("/computeruse/start", "", 200)
        .path("status")
        .path(name)
        .path("pid")
        .asInt(0);
  }

  // The screen.

  @Test
  void takesAPictureOfTheWholeScreen() throws Exception {
    BufferedImage picture = picture(desktop.get("/computeruse/screenshot", 200));

    assertThat(picture.getWidth()).isEqualTo(1_024);
    assertThat(picture.getHeight()).isEqualTo(768);
    assertThat(new Color(picture.getRGB(5, 5))).isEqualTo(new Color(0x2e3440));
  }

  @Test
  void marksTheCursorWhereItIs() throws Exception {
    desktop.post("/computeruse/mouse/move", "{\"x\":300,\"y\":200}", 200);

    JsonNode answer =
        desktop.get(
            "/computeruse/screenshot/region?x=250&y=150&width=100&height=80&showCursor=true", 200);

    assertThat(answer.path("cursorPosition").path("x").asInt()).isEqualTo(50);
    assertThat(answer.path("cursorPosition").path("y").asInt()).isEqualTo(50);
    assertThat(answer.has("sizeBytes")).isFalse();
    BufferedImage picture = picture(answer);
    assertThat(picture.getWidth()).isEqualTo(100);
    assertThat(picture.getHeight()).isEqualTo(80);
    assertThat(new Color(picture.getRGB(50, 50))).isEqualTo(Color.RED);
  }

  @Test
  void makesPicturesSmaller() throws Exception {
    JsonNode jpeg =
        desktop.get("/computeruse/screenshot/compressed?format=jpeg&quality=40&scale=0.5", 200);
    JsonNode other = desktop.get("/computeruse/screenshot/compressed?format=webp&scale=0.25", 200);
    JsonNode region =
        desktop.get(
            "/computeruse/screenshot/region/compressed?x=0&y=0&width=400&height=200&scale=0.1",
            200);

    assertThat(picture(jpeg).getWidth()).isEqualTo(512);
    assertThat(jpeg.path("sizeBytes").asInt()).isEqualTo(bytes(jpeg).length);
    assertThat(jpeg.has("cursorPosition")).isFalse();
    assertThat(bytes(jpeg)[0]).isEqualTo((byte) 0xff);
    assertThat(picture(other).getWidth()).isEqualTo(256);
    assertThat(bytes(other)[1]).isEqualTo((byte) 'P');
    assertThat(picture(region).getWidth()).isEqualTo(40);
  }

  @Test
  void refusesInvalidScreenshots() throws Exception {
    desktop.get("/computeruse/screenshot/region?x=0&y=0&width=0&height=5", 400);
    desktop.get("/computeruse/screenshot/region?x=5000&y=0&width=5&height=5", 400);
    desktop.get("/computeruse/screenshot/region?x=0&y=0&width=5", 400);
    desktop.get("/computeruse/screenshot/compressed?scale=0.01", 400);
    desktop.get("/computeruse/screenshot/compressed?quality=101", 400);
    JsonNode refused = desktop.get("/computeruse/screenshot/compressed?scale=NaN", 400);
    assertThat(refused.path("error").asString()).contains("scale");
  }

  private static byte[] bytes(JsonNode answer) {
    return Base64.getDecoder().decode(answer.path("screenshot").asString());
  }

  private static BufferedImage picture(JsonNode answer) throws IOException {
    return ImageIO.read(new ByteArrayInputStream(bytes(answer)));
  }

  @Test
  void describesTheDisplay() throws Exception {
    JsonNode display = desktop.get("/computeruse/display/info", 200).path("displays").path(0);

    assertThat(display.path("width").asInt()).isEqualTo(1_024);
    assertThat(display.path("height").asInt()).isEqualTo(768);
    assertThat(display.path("isActive").asBoolean()).isTrue();
  }

  // Mouse and keyboard, on real windows.

  @Test
  void movesTheMouse() throws Exception {
    JsonNode moved = desktop.post("/computeruse/mouse/move", "{\"x\":40,\"y\":50}", 200);
    JsonNode position = desktop.get("/computeruse/mouse/position", 200);

    assertThat(moved.path("x").asInt()).isEqualTo(40);
    assertThat(position.path("x").asInt()).isEqualTo(40);
    assertThat(position.path("y").asInt()).isEqualTo(50);
    assertThat(
            desktop.post("/computeruse/mouse/move", "{\"x\":9999,\"y\":50}", 200).path("x").asInt())
        .isEqualTo(1_023);
    desktop.post("/computeruse/mouse/move", "{\"x\":1}", 400);
    desktop.post("/computeruse/mouse/click", "{\"x\":1,\"y\":1,\"button\":\"fourth\"}", 400);
    desktop.post(
        "/computeruse/mouse/scroll", "{\"x\":1,\"y\":1,\"direction\":\"up\",\"amount\":-1}", 400);
  }

  @Test
  void scrollsTheWindowUnderTheMouse() throws Exception {
    JsonNode window = // a terminal tells its program what the wheel did
        openTerminal(
            "stty raw -echo; printf \"\\033[?1000h\"; touch /tmp/wheel; head -c 12 >/tmp/wheel");
    String place =
        "\"x\":%d,\"y\":%d".formatted(middle(window, "x", "width"), middle(window, "y", "height"));
    until(() -> desktop.run("ls /tmp/wheel 2>/dev/null").strip().equals("/tmp/wheel"));

    desktop.post("/computeruse/mouse/scroll", "{" + place + ",\"direction\":\"up\"}", 200);
    desktop.post("/computeruse/mouse/scroll", "{" + place + ",\"direction\":\"down\"}", 200);

    until(() -> desktop.run("wc -c </tmp/wheel").strip().equals("12"));
    assertThat(desktop.run("cut -c 4,10 /tmp/wheel").strip()).isEqualTo("`a");
    until(() -> windows().isEmpty());
  }

  @Test
  void typesIntoTheActiveWindow() throws Exception {
    JsonNode window = openTerminal("read line; printf %s \"$line\" >/tmp/typed");

    desktop.post(
        "/computeruse/mouse/click",
        "{\"x\":%d,\"y\":%d}"
            .formatted(middle(window, "x", "width"), middle(window, "y", "height")),
        200);
    desktop.post("/computeruse/keyboard/type", "{\"text\":\"Hi, Wörld – 日本 €!\\r\\n\"}", 200);

    until(() -> desktop.run("cat /tmp/typed 2>/dev/null").equals("Hi, Wörld – 日本 €!"));
    until(() -> windows().isEmpty());
  }

  @Test
  void pressesAndReleasesKeys() throws Exception {
    openTerminal("read line; printf %s \"$line\" >/tmp/held");

    desktop.post("/computeruse/keyboard/down", "{\"key\":\"shift\"}", 200);
    desktop.post("/computeruse/keyboard/key", "{\"key\":\"a\"}", 200);
    desktop.post("/computeruse/keyboard/up", "{\"key\":\"shift\"}", 200);
    desktop.post("/computeruse/keyboard/key", "{\"key\":\"b\"}", 200);
    desktop.post("/computeruse/keyboard/key", "{\"key\":\"1\",\"modifiers\":[\"shift\"]}", 200);
    desktop.post("/computeruse/keyboard/key", "{\"key\":\"num7\"}", 200);
    desktop.post("/computeruse/keyboard/key", "{\"key\":\"Return\"}", 200);

    until(() -> desktop.run("cat /tmp/held 2>/dev/null").equals("Ab!7"));
    until(() -> windows().isEmpty());
  }

  @Test
  void refusesUnknownKeys() throws Exception {
    assertThat(
            desktop
                .post("/computeruse/keyboard/key", "{\"key\":\"!\"}", 400)
                .path("message")
                .asString())
        .contains("shift");
    desktop.post("/computeruse/keyboard/hotkey", "{\"keys\":\"ctrl+\"}", 400);
    desktop.post("/computeruse/keyboard/type", "{\"text\":\"a\\tb\"}", 400);
    desktop.post("/computeruse/keyboard/type", "{\"text\":\"a\",\"delay\":-1}", 400);
    desktop.post("/computeruse/keyboard/down", "{}", 400);
  }

  @Test
  void dragsAWindowAndClosesItByItsKeys() throws Exception {
    JsonNode window = openTerminal("sleep 60");
    int x = window.path("x").asInt();
    int y = window.path("y").asInt();

    desktop.post(
        "/computeruse/mouse/drag",
        "{\"startX\":%d,\"startY\":%d,\"endX\":%d,\"endY\":%d}"
            .formatted(x + 300, y + 8, x + 340, y + 28),
        200);

    until(() -> windows().path(0).path("x").asInt() == x + 40);
    assertThat(windows().path(0).path("y").asInt()).isEqualTo(y + 20);
    desktop.post("/computeruse/keyboard/hotkey", "{\"keys\":\"alt+f4\"}", 200);
    until(() -> windows().isEmpty());
  }

  /// Opens a terminal and waits for its window.
  private JsonNode openTerminal(String command) throws Exception {
    assertThat(windows()).isEmpty();
    desktop.run(
        "nohup xfce4-terminal --geometry=80x20+100+100 -T test -x sh -c '%s' >/dev/null 2>&1 &"
            .formatted(command));
    until(() -> windows().path(0).path("isActive").asBoolean());
    JsonNode window = windows().path(0);
    assertThat(window.path("title").asString()).isEqualTo("test");
    assertThat(window.path("width").asInt()).isGreaterThan(400);
    return window;
  }

  private JsonNode windows() throws Exception {
    return desktop.get("/computeruse/display/windows", 200).path("windows");
  }

  private static int middle(JsonNode window, String begin, String length) {
    return window.path(begin).asInt() + window.path(length).asInt() / 2;
  }

  // Widgets.

  @Test
  void findsAndFillsWidgets() throws Exception {
    desktop.run("GSETTINGS_BACKEND=memory nohup mousepad >/dev/null 2>&1 &");
    until(() -> windows().path(0).path("isActive").asBoolean());
    until(() -> !find("\"role\":\"text\",\"states\":[\"editable\",\"showing\"]").isEmpty());
    JsonNode text = find("\"role\":\"text\",\"states\":[\"editable\",\"showing\"]").path(0);
    String id = text.path("id").asString();

    JsonNode tree = desktop.get("/computeruse/a11y/tree", 200);
    assertThat(tree.path("root").path("role").asString()).isEqualTo("application");
    assertThat(tree.path("root").path("name").asString()).isEqualTo("mousepad");
    assertThat(tree.toString()).contains(id);
    JsonNode root = desktop.get("/computeruse/a11y/tree?scope=all&maxDepth=0", 200).path("root");
    assertThat(root.path("role").asString()).isEqualTo("desktop frame");
    assertThat(root.has("children")).isFalse();

    desktop.post("/computeruse/a11y/node/focus", "{\"id\":\"" + id + "\"}", 200);
    desktop.post(
        "/computeruse/a11y/node/value", "{\"id\":\"" + id + "\",\"value\":\"new text\"}", 200);
    until(() -> windows().path(0).path("title").asString().startsWith("*"));

    JsonNode refused =
        desktop.post(
            "/computeruse/a11y/node/invoke", "{\"id\":\"" + id + "\",\"action\":\"fly\"}", 400);
    assertThat(refused.path("code").asString()).isEqualTo("A11Y_ACTION_NOT_SUPPORTED");
    String menu = find("\"name\":\"^Help$\",\"nameMatch\":\"regex\"").path(0).path("id").asString();
    desktop.post("/computeruse/a11y/node/invoke", "{\"id\":\"" + menu + "\"}", 200);
    desktop.run("pkill mousepad");
    until(() -> windows().isEmpty());
  }

  private JsonNode find(String wanted) throws Exception {
    return desktop
        .post("/computeruse/a11y/find", "{\"scope\":\"all\"," + wanted + "}", 200)
        .path("matches");
  }

  @Test
  void hasErrorCodesForMissingWidgets() throws Exception {
    assertThat(code(desktop.get("/computeruse/a11y/tree?scope=some", 400)))
        .isEqualTo("A11Y_INVALID_SCOPE");
    assertThat(code(desktop.get("/computeruse/a11y/tree?scope=pid", 400)))
        .isEqualTo("A11Y_INVALID_REQUEST");
    assertThat(code(desktop.get("/computeruse/a11y/tree?scope=pid&pid=1", 404)))
        .isEqualTo("A11Y_NO_ACCESSIBLE_ROOT");
    assertThat(code(desktop.post("/computeruse/a11y/node/focus", "{\"id\":\":1.999:/none\"}", 404)))
        .isEqualTo("A11Y_NODE_NOT_FOUND");
    assertThat(code(desktop.post("/computeruse/a11y/node/focus", "{\"id\":\"\"}", 400)))
        .isEqualTo("A11Y_INVALID_REQUEST");
    assertThat(
            code(
                desktop.post(
                    "/computeruse/a11y/find",
                    "{\"name\":\"(\",\"nameMatch\":\"regex\",\"scope\":\"all\"}",
                    400)))
        .isEqualTo("A11Y_INVALID_REQUEST");
  }

  private static String code(JsonNode failure) {
    assertThat(failure.path("error").asString()).isNotEmpty();
    return failure.path("code").asString();
  }

  // Recordings.

  @Test
  void recordsTheScreenToAVideo() throws Exception {
    JsonNode started = desktop.post("/computeruse/recordings/start", "{\"label\":\"a b\"}", 201);
    String id = started.path("id").asString();
    assertThat(started.path("status").asString()).isEqualTo("recording");
    assertThat(started.path("fileName").asString()).startsWith(id + "_a b_").endsWith(".mp4");
    assertThat(code(desktop.delete("/computeruse/recordings/" + id, 409)))
        .isEqualTo("RECORDING_STILL_ACTIVE");
    for (int x = 0; x < 20; x++) {
      desktop.post("/computeruse/mouse/move", "{\"x\":" + x * 10 + ",\"y\":100}", 200);
      Waiting.pass(Duration.ofMillis(50)); // so that there is something to see for a second
    }

    JsonNode stopped = desktop.post("/computeruse/recordings/stop", "{\"id\":\"" + id + "\"}", 200);

    assertThat(stopped.path("status").asString()).isEqualTo("completed");
    assertThat(stopped.path("durationSeconds").asDouble()).isGreaterThan(0.5);
    JsonNode found = desktop.get("/computeruse/recordings/" + id, 200);
    assertThat(found.path("sizeBytes").asLong()).isEqualTo(stopped.path("sizeBytes").asLong());
    assertThat(desktop.get("/computeruse/recordings", 200).path("recordings").toString())
        .contains(id);
    String probe =
        desktop.run(
            "ffprobe -v error -show_entries stream=codec_name,pix_fmt,width,height -of csv=p=0 '"
                + found.path("filePath").asString()
                + "'");
    assertThat(probe.strip()).isEqualTo("h264,1024,768,yuv420p");
    assertPart(id, found.path("sizeBytes").asLong());
    desktop.post("/computeruse/recordings/stop", "{\"id\":\"" + id + "\"}", 404);
    assertThat(desktop.send("DELETE", "/computeruse/recordings/" + id, "", "").statusCode())
        .isEqualTo(204);
    desktop.get("/computeruse/recordings/" + id, 404);
    desktop.get("/computeruse/recordings/" + id + "/download", 404);
  }

  private void assertPart(String id, long size) throws Exception {
    HttpResponse<byte[]> part =
        desktop.send("GET", "/computeruse/recordings/" + id + "/download", "", "bytes=4-7");

    assertThat(part.statusCode()).isEqualTo(206);
    assertThat(new String(part.body(), US_ASCII)).isEqualTo("ftyp");
    assertThat(part.headers().firstValue("Content-Range")).contains("bytes 4-7/" + size);
  }

  @Test
  void refusesAnInvalidLabel() throws Exception {
    JsonNode refused = desktop.post("/computeruse/recordings/start", "{\"label\":\"../up\"}", 400);

    assertThat(refused.path("error").asString()).isEqualTo("invalid_label");
  }

  // From outside.

  @Test
  void showsTheScreenToViewers() throws Exception {
    try (PortConnection vnc = desktop.dial(5_901)) {
      assertThat(new String(vnc.in().readNBytes(7), US_ASCII)).isEqualTo("RFB 003");
    }
    try (PortConnection web = desktop.dial(6_080)) {
      web.out().write("GET / HTTP/1.0\r\n\r\n".getBytes(US_ASCII));
      assertThat(new String(web.in().readNBytes(2_000), US_ASCII)).contains("200 OK", "noVNC");
    }
  }

  private static void until(Waiting.Condition condition) throws Exception {
    Waiting.eventually("the desktop is as it should be", condition);
  }
}
