package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sandlot.http.Json;
import dev.sandlot.toolbox.call.ClientVersion;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Sessions (docs/contract/sessions.md), on any engine.
abstract class SessionContract extends SessionShellContract {
  // Sessions.

  @Test
  void keepsTheShellsStateBetweenCommands() throws Exception {
    String session = session();

    run(session, "cd /tmp; export WORD=kept; twice() { echo \"$1 $1\"; }; alias x=y");
    JsonNode answer = run(session, "pwd; echo $WORD; twice a");

    assertThat(answer.path("stdout").stringValue()).isEqualTo("/tmp\nkept\na a\n");
    assertThat(answer.path("exitCode").intValue()).isZero();
  }

  @Test
  void separatesStreamsAndReturnsTheStatus() throws Exception {
    JsonNode answer = run(session(), "echo out; echo err >&2; (exit 7)");

    assertThat(answer.path("stdout").stringValue()).isEqualTo("out\n");
    assertThat(answer.path("stderr").stringValue()).isEqualTo("err\n");
    assertThat(answer.path("exitCode").intValue()).isEqualTo(7);
    assertThat(SocketClient.halves(answer.path("output").stringValue()))
        .containsExactly("out\n", "err\n");
  }

  @Test
  void acceptsCommandsWithSpecialCharacters() throws Exception {
    String session = session();

    assertThat(run(session, "echo 'it is \"quoted\" $HOME'").path("stdout").stringValue())
        .isEqualTo("it is \"quoted\" $HOME\n");
    assertThat(run(session, "echo \"open").path("exitCode").intValue()).isNotZero();
    assertThat(run(session, "if true; then").path("exitCode").intValue()).isNotZero();
    assertThat(run(session, "cat <<END\na\nb\nEND").path("stdout").stringValue())
        .isEqualTo("a\nb\n");
    assertThat(run(session, "# nothing").path("exitCode").intValue()).isZero();
    assertThat(run(session, "exec >/tmp/elsewhere; echo x").path("exitCode").intValue()).isZero();
    assertThat(run(session, "printf() { :; }; echo fine").path("stdout").stringValue())
        .isEqualTo("fine\n");
    assertThat(run(session, "cat; read x; echo \"end $?\"").path("stdout").stringValue())
        .isEqualTo("end 1\n");
  }

  @Test
  void acceptsCommandsOfAnyLength() throws Exception {
    assumeTrue(real());
    String session = session();

    JsonNode answer = run(session, "X=" + "x".repeat(300_000) + "\necho ${#X}");

    assertThat(answer.path("stdout").stringValue()).isEqualTo("300000\n");
    assertThat(run(session, "echo ${#X}").path("stdout").stringValue()).isEqualTo("300000\n");
  }

  @Test
  void endsTheLastLineAndReplacesInvalidBytes() throws Exception {
    JsonNode answer = run(session(), "printf 'a\\nb\\377'");

    assertThat(answer.path("output").stringValue()).isEqualTo("\1\1\1a\n\1\1\1b\ufffd\n");
    assertThat(answer.path("stdout").stringValue()).isEqualTo("a\nb\ufffd\n");
  }

  @Test
  void answersEachClientVersionInItsForm() throws Exception {
    String session = session();
    String command = "echo out; sleep 0.3; echo err >&2";

    JsonNode middle = json(exec(session, command, false, "0.100.0"));
    JsonNode old = json(exec(session, command, false, "0.26.0"));
    JsonNode silent = json(exec(session, command, false, ""));
    JsonNode newest = json(exec(session, command, false, "v0.0.0-dev"));

    assertThat(middle.path("output").stringValue()).isEqualTo("\1\1\1out\n\2\2\2err\n");
    assertThat(middle.path("stdout").isNull() && middle.has("stderr")).isTrue();
    assertThat(old.path("output").stringValue()).isEqualTo("out\nerr\n");
    assertThat(silent.path("output").stringValue()).isEqualTo("out\nerr\n");
    assertThat(newest.path("stderr").stringValue()).isEqualTo("err\n");
  }

  @Test
  void answersLogsInEachForm() throws Exception {
    String session = session();
    String id = run(session, "echo out; sleep 0.3; echo err >&2").path("cmdId").stringValue();
    String path = logs(session, id);

    JsonNode now = json(get(path, ClientVersion.HEADER, CURRENT));
    assertThat(now.path("output").stringValue()).isEqualTo("\1\1\1out\n\2\2\2err\n");
    assertThat(now.path("stdout").stringValue()).isEqualTo("out\n");
    assertThat(now.path("stderr").stringValue()).isEqualTo("err\n");
    assertThat(get(path, ClientVersion.HEADER, "0.100.0").body())
        .isEqualTo("\1\1\1out\n\2\2\2err\n");
    assertThat(get(path).body()).isEqualTo("out\nerr\n");
    assertThat(get(path, "X-Daytona-Split-Output", "true").body()).startsWith("\1\1\1out");
  }

  @Test
  void listsSessionsWithTheirCommandsInOrder() throws Exception {
    String session = session();
    String first = run(session, "echo one").path("cmdId").stringValue();
    String second = begin(session, "sleep 30");
    JsonNode listed = json(get(SESSIONS + "/" + session));

    assertThat(listed.path("sessionId").stringValue()).isEqualTo(session);
    assertThat(listed.path("commands").size()).isEqualTo(2);
    assertThat(listed.path("commands").get(0).path("id").stringValue()).isEqualTo(first);
    assertThat(listed.path("commands").get(0).path("command").stringValue()).isEqualTo("echo one");
    assertThat(listed.path("commands").get(0).path("exitCode").intValue()).isZero();
    assertThat(listed.path("commands").get(1).path("id").stringValue()).isEqualTo(second);
    assertThat(listed.path("commands").get(1).has("exitCode")).isFalse();
    assertThat(get(SESSIONS).body()).contains(session).doesNotContain("entrypoint");
  }

  @Test
  void refusesUnknownSessionsAndCommands() throws Exception {
    String session = session();

    assertThat(create(session).statusCode()).isEqualTo(409);
    assertThat(json(create("entrypoint")).path("code").stringValue()).isEqualTo("BAD_REQUEST");
    assertThat(json(postJson(SESSIONS, "{}")).path("code").stringValue())
        .isEqualTo("INVALID_REQUEST_BODY");
    assertThat(create("x".repeat(2_000)).body()).contains("1024");
    assertThat(get(SESSIONS + "/none").statusCode()).isEqualTo(404);
    assertThat(delete("none").statusCode()).isEqualTo(404);
    assertThat(delete("entrypoint").statusCode()).isEqualTo(400);
    assertThat(exec("none", "true", false, CURRENT).statusCode()).isEqualTo(404);
    assertThat(exec("entrypoint", "true", false, CURRENT).statusCode()).isEqualTo(400);
    assertThat(exec(session, "  ", false, CURRENT).statusCode()).isEqualTo(400);
    assertThat(exec(session, "a\0b", false, CURRENT).statusCode()).isEqualTo(400);
    assertThat(get(command(session, "none")).statusCode()).isEqualTo(404);
    assertThat(get(command(session, "%2e%2e%2f")).statusCode()).isEqualTo(404);
    assertThat(get(logs(session, "none")).statusCode()).isEqualTo(404);
    assertThatThrownBy(() -> socket(logs(session, "none") + "?follow=true"))
        .hasMessage("refused with 404");
  }

  @Test
  void acceptsNamesOfAllKinds() throws Exception {
    String name = "ünï/ 'x' $(id) \n";

    assertThat(create(name).statusCode()).isEqualTo(201);
    String path = SESSIONS + "/" + encoded(name).replace("+", "%20");
    assertThat(json(get(path)).path("sessionId").stringValue()).isEqualTo(name);
    assertThat(send("DELETE", path, "application/json", BodyPublishers.noBody()).statusCode())
        .isEqualTo(204);
  }

  // Commands that run by themselves.

  @Test
  void followsACommandToItsEnd() throws Exception {
    String session = session();
    String id =
        begin(
            session,
            "echo begun; sleep 0.5; echo err >&2; echo done; exit_code() { return 4; }; exit_code");

    try (SocketClient socket = socket(logs(session, id) + "?follow=true")) {
      socket.until("\1\1\1begun\n");
      assertThat(socket.closed()).isEqualTo("1000 ");
      assertThat(socket.untilClosed())
          .allMatch(message ->
              !message.text()
                  && (message.content().startsWith("\1\1\1")
                      || message.content().startsWith("\2\2\2")));
      assertThat(SocketClient.halves(socket.content())).containsExactly("begun\ndone\n", "err\n");
    }
    assertThat(json(get(command(session, id))).path("exitCode").intValue()).isEqualTo(4);
    assertThat(followed(session, id)).containsExactly("begun\ndone\n", "err\n");
  }

  @Test
  void followsOverPlainHttp() throws Exception {
    String session = session();
    String id = begin(session, "echo begun; sleep 0.3; echo err >&2");

    HttpResponse<String> answer = get(logs(session, id) + "?follow=true");

    assertThat(answer.headers().firstValue("Content-Type")).contains("application/octet-stream");
    assertThat(SocketClient.halves(answer.body())).containsExactly("begun\n", "err\n");
  }

  @Test
  void sendsOnlyStoredOutputWithoutFollow() throws Exception {
    String session = session();
    String id = begin(session, "echo begun; sleep 30");
    try (SocketClient socket = socket(logs(session, id) + "?follow=true")) {
      socket.until("begun");
    }

    try (SocketClient socket = socket(logs(session, id))) {
      assertThat(socket.closed()).isEqualTo("1000 ");
      assertThat(socket.content()).isEqualTo("\1\1\1begun\n");
    }
    assertThat(get(logs(session, id)).body()).isEqualTo("begun\n");
  }

  @Test
  void sendsNoMarksToOldClients() throws Exception {
    String session = session();
    String id = begin(session, "echo out");

    try (SocketClient socket =
        socket(logs(session, id) + "?follow=true", "X-Daytona-SDK-Version~0.20.0")) {
      assertThat(socket.protocol()).isEqualTo("X-Daytona-SDK-Version~0.20.0");
      assertThat(socket.closed()).isEqualTo("1000 ");
      assertThat(socket.content()).isEqualTo("out\n");
    }
  }

  @Test
  void sendsInputToACommand() throws Exception {
    String session = session();
    String id = begin(session, "read a; echo \"got $a\"; read b; echo \"and $b\"");

    try (SocketClient socket = socket(logs(session, id) + "?follow=true")) {
      assertThat(input(session, id, "first").statusCode()).isEqualTo(204);
      socket.until("got first");
      assertThat(input(session, id, "it's\n").statusCode()).isEqualTo(204);
    }

    assertThat(followed(session, id)[0]).isEqualTo("first\ngot first\nit's\nand it's\n");
    HttpResponse<String> late = input(session, id, "late");
    assertThat(late.statusCode()).isEqualTo(410);
    assertThat(json(late).path("code").stringValue()).isEqualTo("COMMAND_ALREADY_COMPLETED");
  }

  @Test
  void doesNotEchoInputOnRequest() throws Exception {
    String session = session();
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("command", "read a; echo \"got $a\"");
    body.put("async", true);
    body.put("suppressInputEcho", true);
    HttpResponse<String> answer = postJson(SESSIONS + "/" + session + "/exec", Json.text(body));
    String id = json(answer).path("cmdId").stringValue();

    input(session, id, "secret");

    assertThat(followed(session, id)[0]).isEqualTo("got secret\n");
  }

  @Test
  void refusesInputForACommandThatReadsNone() throws Exception {
    String session = session();
    String id = run(session, "true").path("cmdId").stringValue();

    assertThat(input(session, id, "x").statusCode()).isEqualTo(410);
    assertThat(input(session, id, "").statusCode()).isEqualTo(400);
    assertThat(input(session, "none", "x").statusCode()).isEqualTo(404);
    assertThat(input("none", id, "x").statusCode()).isEqualTo(404);
    assertThat(input("entrypoint", "entrypoint_command", "x").statusCode()).isEqualTo(400);
  }

  @Test
  void runsCommandsOneAfterTheOther() throws Exception {
    String session = session();
    String slow = begin(session, "sleep 0.5; X=set");

    JsonNode waited = run(session, "echo $X");

    assertThat(waited.path("stdout").stringValue()).isEqualTo("set\n");
    assertThat(json(get(command(session, slow))).path("exitCode").intValue()).isZero();
  }

  @Test
  void keepsTheOutputOfBackgroundChildrenWithTheirCommand() throws Exception {
    assumeTrue(real());
    String session = session();
    String first = run(session, "(sleep 0.3; echo late) & echo now").path("cmdId").stringValue();

    JsonNode second = run(session, "wait; echo second");

    assertThat(second.path("stdout").stringValue()).isEqualTo("second\n");
    assertThat(followed(session, first)[0]).isEqualTo("now\nlate\n");
  }

  @Test
  void passesLargeOutputCompletely() throws Exception {
    String session = session();
    int bytes = 3_000_000;

    JsonNode answer = run(session, "head -c " + bytes + " /dev/zero | tr '\\0' x");
    assertThat(answer.path("stdout").stringValue()).isEqualTo("x".repeat(bytes) + "\n");
    String id = begin(session, "seq 1 200000");
    StringBuilder expected = new StringBuilder();
    for (int number = 1; number <= 200_000; number++) {
      expected.append(number).append('\n');
    }
    assertThat(followed(session, id)[0]).isEqualTo(expected.toString());
  }

  @Test
  void keepsACommandWhenItsFollowerDisconnects() throws Exception {
    String session = session();
    String id = begin(session, "echo begun; read line; echo \"got $line\"");
    try (SocketClient socket = socket(logs(session, id) + "?follow=true")) {
      socket.until("begun");
    }

    input(session, id, "x");

    assertThat(followed(session, id)[0]).isEqualTo("begun\nx\ngot x\n");
  }

  @Test
  void closesFollowersOfADeletedSession() throws Exception {
    String session = session();
    String id = begin(session, "echo begun; sleep 100");
    try (SocketClient socket = socket(logs(session, id) + "?follow=true")) {
      socket.until("begun");
      assertThat(delete(session).statusCode()).isEqualTo(204);
      assertThat(socket.closed()).isEqualTo("1000 ");
    }
  }

  // The entrypoint.

  @Test
  void showsTheEntrypoint() throws Exception {
    JsonNode session = json(get(SESSIONS + "/entrypoint"));

    assertThat(session.path("sessionId").stringValue()).isEqualTo("entrypoint");
    JsonNode command = session.path("commands").get(0);
    assertThat(command.path("id").stringValue()).isEqualTo("entrypoint_command");
    assertThat(command.path("command").stringValue()).isEqualTo("'sleep' 'infinity'");
    assertThat(command.has("exitCode")).isFalse();
    assertThat(get(SESSIONS + "/entrypoint/logs").statusCode()).isEqualTo(200);
    try (SocketClient socket = socket(SESSIONS + "/entrypoint/logs")) {
      assertThat(socket.closed()).isEqualTo("1000 ");
    }
  }
}
