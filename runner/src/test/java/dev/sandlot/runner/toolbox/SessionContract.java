package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sandlot.http.Json;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// How sessions behave (contract: toolbox-api.md §6), whatever engine is behind them.
abstract class SessionContract extends ToolboxHarness {
  private static final String SESSIONS = "/process/session";
  private static final String CURRENT = "0.190.0";

  private int made;

  /// Whether files are where processes look for them, and a process's pipes outlive it.
  boolean real() {
    return true;
  }

  private String session() throws Exception {
    String name = "s" + ++made;
    assertThat(create(name).statusCode()).isEqualTo(201);
    return name;
  }

  private HttpResponse<String> create(String name) throws Exception {
    return postJson(SESSIONS, Json.text(Map.of("sessionId", name)));
  }

  private HttpResponse<String> delete(String name) throws Exception {
    return send("DELETE", SESSIONS + "/" + name, "application/json", BodyPublishers.noBody());
  }

  private HttpResponse<String> exec(String session, String command, boolean async, String version)
      throws Exception {
    return post(
        SESSIONS + "/" + session + "/exec",
        Json.text(Map.of("command", command, "runAsync", async)),
        version);
  }

  private JsonNode run(String session, String command) throws Exception {
    HttpResponse<String> answer = exec(session, command, false, CURRENT);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return json(answer);
  }

  private String begin(String session, String command) throws Exception {
    HttpResponse<String> answer = exec(session, command, true, CURRENT);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    JsonNode json = json(answer);
    for (String absent : List.of("output", "stdout", "stderr", "exitCode")) {
      assertThat(json.has(absent) && json.path(absent).isNull()).as(absent).isTrue();
    }
    return json.path("cmdId").stringValue();
  }

  private String command(String session, String id) {
    return SESSIONS + "/" + session + "/command/" + id;
  }

  private String logs(String session, String id) {
    return command(session, id) + "/logs";
  }

  private HttpResponse<String> input(String session, String id, String data) throws Exception {
    return postJson(command(session, id) + "/input", Json.text(Map.of("data", data)));
  }

  /// The clean output of a command that runs by itself, when it has ended.
  private String[] followed(String session, String id) throws Exception {
    try (SocketClient socket = socket(logs(session, id) + "?follow=true")) {
      assertThat(socket.closed()).isEqualTo("1000 ");
      return SocketClient.halves(socket.content());
    }
  }

  // Sessions.

  @Test
  void keepsWhatACommandChangesInTheShell() throws Exception {
    String session = session();

    run(session, "cd /tmp; export WORD=kept; twice() { echo \"$1 $1\"; }; alias x=y");
    JsonNode answer = run(session, "pwd; echo $WORD; twice a");

    assertThat(answer.path("stdout").stringValue()).isEqualTo("/tmp\nkept\na a\n");
    assertThat(answer.path("exitCode").intValue()).isZero();
  }

  @Test
  void keepsStreamsApartAndTellsTheStatus() throws Exception {
    JsonNode answer = run(session(), "echo out; echo err >&2; (exit 7)");

    assertThat(answer.path("stdout").stringValue()).isEqualTo("out\n");
    assertThat(answer.path("stderr").stringValue()).isEqualTo("err\n");
    assertThat(answer.path("exitCode").intValue()).isEqualTo(7);
    assertThat(SocketClient.halves(answer.path("output").stringValue()))
        .containsExactly("out\n", "err\n");
  }

  @Test
  void survivesWordsThatBreakScripts() throws Exception {
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
  void takesCommandsOfAnyLength() throws Exception {
    assumeTrue(real());
    String session = session();

    JsonNode answer = run(session, "X=" + "x".repeat(300_000) + "\necho ${#X}");

    assertThat(answer.path("stdout").stringValue()).isEqualTo("300000\n");
    assertThat(run(session, "echo ${#X}").path("stdout").stringValue()).isEqualTo("300000\n");
  }

  @Test
  void givesALastLineItsEndAndMarksBadBytes() throws Exception {
    JsonNode answer = run(session(), "printf 'a\\nb\\377'");

    assertThat(answer.path("output").stringValue()).isEqualTo("\1\1\1a\n\1\1\1b\ufffd\n");
    assertThat(answer.path("stdout").stringValue()).isEqualTo("a\nb\ufffd\n");
  }

  @Test
  void answersEachGenerationInItsForm() throws Exception {
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
  void refusesWhatThereIsNot() throws Exception {
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
  void takesNamesOfAllKinds() throws Exception {
    String name = "ünï/ 'x' $(id) \n";

    assertThat(create(name).statusCode()).isEqualTo(201);
    String path = SESSIONS + "/" + encoded(name).replace("+", "%20");
    assertThat(json(get(path)).path("sessionId").stringValue()).isEqualTo(name);
    assertThat(send("DELETE", path, "application/json", BodyPublishers.noBody()).statusCode())
        .isEqualTo(204);
  }

  @Test
  void tellsTheStatusOfACommandThatEndsItsShell() throws Exception {
    String session = session();
    JsonNode answer = run(session, "echo last; exit 3");

    assertThat(answer.path("stdout").stringValue()).isEqualTo("last\n");
    assertThat(answer.path("exitCode").intValue()).isEqualTo(3);
    HttpResponse<String> after = exec(session, "true", false, CURRENT);
    assertThat(after.statusCode()).isEqualTo(410);
    assertThat(json(after).path("code").stringValue()).isEqualTo("SESSION_ENDED");
    assertThat(delete(session).statusCode()).isEqualTo(204);
    assertThat(create(session).statusCode()).isEqualTo(201);
  }

  @Test
  void endsFollowersOfACommandThatEndsItsShell() throws Exception {
    String session = session();
    String id = begin(session, "echo last; exit 3");

    assertThat(followed(session, id)).containsExactly("last\n", "");
    assertThat(json(get(command(session, id))).path("exitCode").intValue()).isEqualTo(3);
  }

  @Test
  void takesAllDescendantsWithIt() throws Exception {
    String session = session();
    run(session, "(trap '' TERM; sleep 4711) & sh -c 'sleep 4712' & disown; true");
    begin(session, "sleep 4713");

    assertThat(run("pgrep -f 'sleep 471[123]' | wc -l").path("result").stringValue().strip())
        .isNotEqualTo("0");
    assertThat(delete(session).statusCode()).isEqualTo(204);

    assertThat(run("pgrep -f 'sleep 471[123]' | wc -l").path("result").stringValue().strip())
        .isEqualTo("0");
    assertThat(get(SESSIONS + "/" + session).statusCode()).isEqualTo(404);
  }

  /// Whoever starts this leaves nothing that a group, a session or a parent would lead to.
  private static String leaving(int seconds) {
    return "(setsid sh -c '(env -i /usr/bin/setsid sleep " + seconds + " &) & exit' &)";
  }

  private void assertRunning(String pattern, boolean running) throws Exception {
    String look =
        "for i in $(seq 200); do pgrep -fx '"
            + pattern
            + "' >/dev/null; [ $? = "
            + (running ? 0 : 1)
            + " ] && exit 0; sleep 0.05; done; exit 1";
    assertThat(run(look).path("exitCode").intValue()).isZero();
  }

  @Test
  void takesWhatHasLeftItWithIt() throws Exception {
    assumeTrue(real());
    String session = session();
    run(session, leaving(4714));
    begin(session, leaving(4715));
    assertRunning("sleep 471[4]", true);
    assertRunning("sleep 471[5]", true);

    assertThat(delete(session).statusCode()).isEqualTo(204);

    assertRunning("sleep 471[45]", false);
  }

  @Test
  void takesWhatItHasLeftWhenItsShellHasEnded() throws Exception {
    assumeTrue(real());
    String session = session();
    run(session, leaving(4716));
    run(session, "exit");
    assertRunning("sleep 471[6]", true);

    assertThat(delete(session).statusCode()).isEqualTo(204);

    assertRunning("sleep 471[6]", false);
  }

  /// Each must leave a session in which a command ends, and shows its own output and nothing else.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "IFS=,eo_0123456789",
        "printf() { echo hijacked; }; echo() { :; }; eval() { :; }; read() { :; }; kill() { :; };"
            + " command() { :; }; test() { :; }",
        "shopt -s expand_aliases; alias eval=false builtin=false read=false printf=false kill=false"
            + " echo=false",
        "trap 'builtin printf trap >&2' ERR RETURN; trap ': $((count += 1))' DEBUG; set -ET",
        "set -u; unset -v IFS PATH HOME",
        "set -o posix",
        "set -o noclobber -o noglob -o physical -o allexport",
        "exec 0<&- 1>&- 2>&-",
        "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-",
        "mkdir /tmp/lost-$$ && cd /tmp/lost-$$ && rmdir /tmp/lost-$$",
        "enable -n read printf echo kill test",
        "readonly IFS PATH PS4 OPTIND REPLY",
        "PS4='$(echo hijacked)' PROMPT_COMMAND='echo hijacked' PS1=hijacked",
        "umask 777",
        "shopt -s extdebug; trap ':' DEBUG",
        "set -v; set +v",
      })
  void keepsItsBookkeepingWhateverTheShellIsMadeInto(String strange) throws Exception {
    assumeTrue(real());
    String session = session();
    run(session, strange);
    JsonNode answer =
        run(session, "\\builtin printf 'a\\nb'; \\builtin printf c >&2; (\\builtin exit 7)");
    if (strange.startsWith("enable")) {
      answer = run(session, "[[ x == x ]]; enable printf; printf 'a\\nb'; printf c >&2; (exit 7)");
    }

    assertThat(answer.path("stdout").stringValue()).isEqualTo("a\nb\n");
    assertThat(answer.path("exitCode").intValue()).isEqualTo(7);
    if (!strange.startsWith("trap")) {
      assertThat(answer.path("stderr").stringValue()).isEqualTo("c\n");
    }
    assertThat(run(session, "sleep 0 & wait").path("exitCode").intValue()).isZero();
    assertThat(json(get(SESSIONS + "/" + session)).path("commands")).isNotEmpty();
  }

  @Test
  void showsNothingOfItselfInTraces() throws Exception {
    assumeTrue(real());
    String session = session();
    run(session, "set -x");
    for (String command : new String[] {"echo hi", "echo hi & wait $!", "echo é", "set +x"}) {
      JsonNode answer = run(session, command);
      assertThat(answer.path("stderr").stringValue().lines())
          .as(command)
          .allMatch(line -> line.matches("\\++ (echo (hi|é|'é'|\\$'.*')|wait [0-9]+|set \\+x)"));
      assertThat(answer.path("exitCode").intValue()).isZero();
    }
    run(session, "set -v");
    assertThat(run(session, "echo shown").path("stderr").stringValue()).doesNotContain("sandlot");
    JsonNode left = run(session, "declare -F; trap; compgen -A variable | grep '^__'");
    assertThat(left.path("stdout").stringValue()).isEmpty();
  }

  @Test
  void endsWithAShellThatIsReplaced() throws Exception {
    assumeTrue(real());
    String session = session();
    run(session, "exec sh");

    assertThat(exec(session, "true", false, CURRENT).statusCode()).isEqualTo(410);
  }

  @Test
  void endsAShellThatReadsCommandsAndRunsNone() throws Exception {
    assumeTrue(real());
    String session = session();
    run(session, "set -n");

    assertThat(exec(session, "true", false, CURRENT).statusCode()).isEqualTo(410);
  }

  @Test
  void skipsWhatATrapSkipsAndEndsAllTheSame() throws Exception {
    assumeTrue(real());
    String session = session();
    run(session, "shopt -s extdebug; trap false DEBUG");

    assertThat(run(session, "echo skipped").path("stdout").stringValue()).isEmpty();
  }

  @Test
  void givesProgramsTheEndOfInputOnWhatIsNeitherPipeNorFile() throws Exception {
    assumeTrue(real());
    String session = session();
    String look =
        "cat; python3 -c 'import sys; print(len(sys.stdin.read()))'; test -c /dev/stdin && echo device; echo on";
    for (String command : new String[] {look, look + "\n: " + "x".repeat(100_000)}) {
      JsonNode answer = run(session, command);
      assertThat(answer.path("stdout").stringValue()).isEqualTo("0\ndevice\non\n");
    }
  }

  @Test
  void takesTextForUtf8() throws Exception {
    assumeTrue(real());
    String session = session();
    JsonNode answer =
        run(session, "locale charmap; word=naïve; echo ${#word}; echo é | grep -c '^.$'");

    assertThat(answer.path("stdout").stringValue()).isEqualTo("UTF-8\n5\n1\n");
    run(session, "export LC_ALL=C");
    assertThat(run(session, "word=naïve; echo ${#word}").path("stdout").stringValue())
        .isEqualTo("6\n");
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
  void sendsOnlyWhatThereIsWithoutFollow() throws Exception {
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
  void sendsNoMarksToTheOldest() throws Exception {
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
  void typesIntoACommand() throws Exception {
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
  void doesNotShowWhatIsTypedWhenAskedSo() throws Exception {
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
  void refusesInputThatNobodyReads() throws Exception {
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
  void passesAFloodOnWhole() throws Exception {
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
  void leavesACommandAloneWhenItsFollowerLeaves() throws Exception {
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

  private HttpResponse<String> post(String path, String body, String version) throws Exception {
    return version.isEmpty()
        ? postJson(path, body)
        : sendAs(version, "POST", path, BodyPublishers.ofString(body));
  }
}
