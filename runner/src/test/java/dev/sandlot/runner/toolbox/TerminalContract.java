package dev.sandlot.runner.toolbox;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sandlot.http.Json;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Terminals (docs/contract/terminals.md), on any engine.
abstract class TerminalContract extends ToolboxHarness {
  private static final String TERMINALS = "/process/pty";
  private static final String EXIT_CONTROL = "X-Daytona-Pty-Exit-Control";
  private static final String CONNECTED = "{\"type\":\"control\",\"status\":\"connected\"}";

  private int made;

  /// Whether terminals have sizes, and their logs limits.
  boolean real() {
    return true;
  }

  private String name() {
    return "t" + ++made;
  }

  private String terminal() throws Exception {
    String name = name();
    HttpResponse<String> answer = create(Map.of("id", name, "lazyStart", true));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    assertThat(json(answer).path("sessionId").stringValue()).isEqualTo(name);
    return name;
  }

  private HttpResponse<String> create(Map<String, Object> body) throws Exception {
    return postJson(TERMINALS, Json.text(body));
  }

  private HttpResponse<String> resize(String name, int columns, int rows) throws Exception {
    return postJson(
        TERMINALS + "/" + name + "/resize", Json.text(Map.of("cols", columns, "rows", rows)));
  }

  private HttpResponse<String> delete(String name) throws Exception {
    return send("DELETE", TERMINALS + "/" + name, "application/json", BodyPublishers.noBody());
  }

  private SocketClient connect(String name, String... settings) throws Exception {
    return socket(TERMINALS + "/" + name + "/connect", settings);
  }

  @Test
  void showsInputAndOutput() throws Exception {
    try (SocketClient viewer = connect(terminal())) {
      viewer.sendBytes("echo a$((1+1))b\n");
      viewer.until("a2b");
      viewer.sendText("echo c$((2+2))d\n");
      viewer.until("c4d");
      List<SocketClient.Message> messages = viewer.messages();
      assertThat(messages.getFirst()).isEqualTo(new SocketClient.Message(true, CONNECTED));
      assertThat(messages.stream().skip(1)).noneMatch(SocketClient.Message::text);
      assertThat(viewer.protocol()).isEmpty();
    }
  }

  @Test
  void reportsHowTheShellEnded() throws Exception {
    try (SocketClient viewer = connect(terminal())) {
      viewer.sendBytes("exit\n");
      assertThat(viewer.closed()).isEqualTo("1000 {\"exitCode\":0}");
    }
    String name = terminal();
    try (SocketClient viewer = connect(name, EXIT_CONTROL)) {
      assertThat(viewer.protocol()).isEqualTo(EXIT_CONTROL);
      viewer.sendBytes("exit 3\n");
      assertThat(viewer.closed())
          .isEqualTo("1011 {\"exitCode\":3,\"exitReason\":\"non-zero exit\"}");
      assertThat(viewer.messages().getLast().content())
          .isEqualTo(
              "{\"type\":\"control\",\"status\":\"exited\",\"exitCode\":3,"
                  + "\"exitReason\":\"non-zero exit\"}");
    }
    assertThat(get(TERMINALS + "/" + name).statusCode()).isEqualTo(404);
    assertThat(create(Map.of("id", name)).statusCode()).isEqualTo(201);
  }

  @Test
  void showsATerminalToSeveralViewers() throws Exception {
    String name = terminal();
    try (SocketClient first = connect(name);
        SocketClient second = connect(name)) {
      first.sendBytes("echo a$((1+1))b\n");
      second.until("a2b");
      second.sendBytes("echo c$((2+2))d\n");
      first.until("c4d");
      first.sendBytes("exit 0\n");
      assertThat(first.closed()).startsWith("1000");
      assertThat(second.closed()).startsWith("1000");
    }
  }

  @Test
  void replaysEarlierOutput() throws Exception {
    String name = terminal();
    try (SocketClient viewer = connect(name)) {
      viewer.sendBytes("WORD=kept; echo a$((1+1))b\n");
      viewer.until("a2b");
    }
    try (SocketClient viewer = connect(name)) {
      viewer.until("a2b");
      viewer.sendBytes("echo still $WORD\n");
      viewer.until("still kept");
      assertThat(viewer.messages().getFirst().content()).isEqualTo(CONNECTED);
    }
  }

  @Test
  void describesTerminals() throws Exception {
    String name = name();
    HttpResponse<String> created =
        create(
            Map.of("id", name, "cwd", "/tmp", "cols", 100, "rows", 30, "envs", Map.of("A", "ü")));
    assertThat(created.statusCode()).as(created.body()).isEqualTo(201);

    JsonNode terminal = json(get(TERMINALS + "/" + name));
    assertThat(terminal.path("id").stringValue()).isEqualTo(name);
    assertThat(terminal.path("cwd").stringValue()).isEqualTo("/tmp");
    assertThat(terminal.path("envs").path("A").stringValue()).isEqualTo("ü");
    assertThat(terminal.path("cols").intValue()).isEqualTo(100);
    assertThat(terminal.path("rows").intValue()).isEqualTo(30);
    assertThat(terminal.path("active").booleanValue()).isTrue();
    assertThat(terminal.path("lazyStart").booleanValue()).isFalse();
    assertThat(terminal.path("createdAt").stringValue()).endsWith("Z");
    assertThat(get(TERMINALS).body()).startsWith("{\"sessions\":[{").contains(name);
  }

  @Test
  void startsWithTheGivenDirectoryAndVariables() throws Exception {
    String name = name();
    create(Map.of("id", name, "cwd", "/tmp", "envs", Map.of("WORD", "given")));
    try (SocketClient viewer = connect(name)) {
      viewer.sendBytes("echo \"<$WORD $TERM $PWD>\"\n");
      viewer.until("<given xterm-256color ");
      viewer.until("/tmp>");
    }
  }

  @Test
  void setsTheSizeOfTheTerminal() throws Exception {
    assumeTrue(real());
    String name = terminal();
    try (SocketClient viewer = connect(name)) {
      viewer.sendBytes("trap 'echo changed $(stty size)' WINCH; stty size\n");
      viewer.until("24 80");
      JsonNode resized = json(resize(name, 132, 50));
      assertThat(resized.path("cols").intValue()).isEqualTo(132);
      assertThat(resized.path("rows").intValue()).isEqualTo(50);
      viewer.sendBytes("\n");
      viewer.until("changed 50 132");
    }
  }

  @Test
  void refusesInvalidSizes() throws Exception {
    String name = terminal();

    for (int side : new int[] {0, -1, 1_001, 1_000_000}) {
      HttpResponse<String> answer = create(Map.of("id", name(), "cols", side));
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(json(answer).path("error").stringValue()).contains("1000");
      assertThat(resize(name, 80, side).statusCode()).isEqualTo(400);
      assertThatThrownBy(() -> socket(TERMINALS + "/create-connect?id=" + name() + "&cols=" + side))
          .hasMessage("refused with 400");
    }
    assertThatThrownBy(() -> socket(TERMINALS + "/create-connect?id=x&rows=1e3"))
        .hasMessage("refused with 400");
  }

  @Test
  void refusesUnknownTerminalsAndNamesInUse() throws Exception {
    String name = terminal();

    assertThat(json(create(Map.of("id", name))).path("error").stringValue()).contains(name);
    assertThat(create(Map.of("id", name)).statusCode()).isEqualTo(409);
    assertThat(create(Map.of()).statusCode()).isEqualTo(400);
    assertThat(create(Map.of("id", "x".repeat(2_000))).body()).contains("1024");
    assertThat(create(Map.of("id", name(), "envs", Map.of("A", "x".repeat(60_000)))).body())
        .contains("49152");
    assertThat(get(TERMINALS + "/none").statusCode()).isEqualTo(404);
    assertThat(delete("none").statusCode()).isEqualTo(404);
    assertThat(resize("none", 80, 24).statusCode()).isEqualTo(410);
    assertThat(get(TERMINALS + "/" + name + "/connect").statusCode()).isEqualTo(426);
    assertThatThrownBy(() -> socket(TERMINALS + "/create-connect?id=" + name))
        .hasMessage("refused with 409");
    assertThatThrownBy(
            () -> socket(TERMINALS + "/create-connect?id=" + name(), "X-Daytona-Pty-Envs~e30x"))
        .hasMessage("refused with 400");
    try (SocketClient viewer = connect("none")) {
      assertThat(viewer.closed()).startsWith("1005");
      assertThat(viewer.content())
          .startsWith("{\"type\":\"control\",\"status\":\"error\",\"error\":\"");
    }
  }

  @Test
  void createsAndConnectsInOne() throws Exception {
    String name = name();
    String variables =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString("{\"WORD\":\"gïven\"}".getBytes(UTF_8));
    try (SocketClient viewer =
        socket(
            TERMINALS + "/create-connect?id=" + name + "&cols=90&rows=20&cwd=%2Ftmp",
            "X-Daytona-Pty-Envs~" + variables,
            EXIT_CONTROL,
            "X-Daytona-SDK-Version~0.218.0")) {
      assertThat(viewer.protocol()).isEqualTo("X-Daytona-SDK-Version~0.218.0");
      viewer.sendBytes("echo \"<$WORD>\"\n");
      viewer.until(new String("<gïven>".getBytes(UTF_8), ISO_8859_1));
      assertThat(json(get(TERMINALS + "/" + name)).path("cols").intValue()).isEqualTo(90);
      viewer.sendBytes("exit 0\n");
      assertThat(viewer.closed()).isEqualTo("1000 {\"exitCode\":0}");
      assertThat(viewer.messages().getFirst().content()).isEqualTo(CONNECTED);
      assertThat(viewer.messages().getLast().content())
          .isEqualTo("{\"type\":\"control\",\"status\":\"exited\",\"exitCode\":0}");
    }
  }

  @Test
  void endsAllDescendants() throws Exception {
    String name = terminal();
    try (SocketClient viewer = connect(name)) {
      viewer.sendBytes("(trap '' TERM HUP; sleep 4721) & sleep 4722 & disown; echo a$((1+1))b\n");
      viewer.until("a2b");

      assertThat(delete(name).statusCode()).isEqualTo(200);

      assertThat(viewer.closed()).isEqualTo("1011 {\"exitCode\":137,\"exitReason\":\"SIGKILL\"}");
      assertThat(get(TERMINALS + "/" + name).statusCode()).isEqualTo(404);
      assertThat(run("pgrep -f 'sleep 472[12]' | wc -l").path("result").stringValue().strip())
          .isEqualTo("0");
    }
  }

  @Test
  void endsDescendantsThatLeftTheTerminal() throws Exception {
    assumeTrue(real());
    for (boolean deleted : new boolean[] {true, false}) {
      String name = terminal();
      try (SocketClient viewer = connect(name)) {
        viewer.sendBytes("(setsid sh -c '(env -i /usr/bin/setsid sleep 4723 &) & exit' &)\n");
        assertThat(run(look(0)).path("exitCode").intValue()).isZero();
        if (deleted) {
          assertThat(delete(name).statusCode()).isEqualTo(200);
        } else {
          viewer.sendBytes("exit\n");
        }
        assertThat(run(look(1)).path("exitCode").intValue()).isZero();
      }
    }
  }

  private static String look(int status) {
    return "for i in $(seq 200); do pgrep -fx 'sleep 472[3]' >/dev/null; [ $? = "
        + status
        + " ] && exit 0; sleep 0.05; done; exit 1";
  }

  @Test
  void reportsASignalThatEndedTheShell() throws Exception {
    assumeTrue(real());
    try (SocketClient viewer = connect(terminal())) {
      viewer.sendBytes("kill -KILL $$\n");
      assertThat(viewer.closed()).isEqualTo("1011 {\"exitCode\":-1,\"exitReason\":\"SIGKILL\"}");
    }
  }

  @Test
  void goesOnWithoutViewers() throws Exception {
    String name = terminal();
    try (SocketClient viewer = connect(name)) {
      viewer.sendBytes("sleep 0.3; echo a$((1+1))b\n");
      viewer.leave();
    }
    try (SocketClient viewer = connect(name)) {
      viewer.until("a2b");
    }
  }

  @Test
  void closesASlowViewerAlone() throws Exception {
    assumeTrue(real());
    String name = terminal();
    try (SocketClient slow = connect(name);
        SocketClient quick = connect(name)) {
      slow.until("connected");
      slow.stopReading();
      // More than the 16 MiB that are kept, and soon over: who takes nothing for 30 s is cut off.
      quick.sendBytes("head -c 24000000 /dev/zero | tr '\\0' x; echo a$((1+1))b\n");
      String end = waitForEnd(name, quick);
      slow.goOnReading();

      assertThat(slow.closed()).isEqualTo("1008 slow consumer");
      assertThat(end).contains("a2b");
    }
  }

  /// Reads the end of the output, again with a new viewer when one was closed for being slow.
  private String waitForEnd(String name, SocketClient viewer) throws Exception {
    try {
      return viewer.until("a2b");
    } catch (IOException _) {
      try (SocketClient later = connect(name)) {
        return later.until("a2b");
      }
    }
  }
}
