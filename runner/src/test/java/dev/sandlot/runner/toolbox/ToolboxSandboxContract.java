package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.testing.Waiting;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

/// Tests of the toolbox that need a real sandbox with a real image.
abstract class ToolboxSandboxContract extends ToolboxFilesContract {
  private static final long GIB = 1L << 30;

  @Test
  void transfersAGigabyteWithASmallHeap() throws Exception {
    assertThat(Runtime.getRuntime().maxMemory()).isLessThan(GIB);

    carry(GIB);
  }

  @Test
  void reachesAServerOnLocalhost() throws Exception {
    run(
        """
        nohup python3 -c 'import socket
        s = socket.create_server(("127.0.0.1", 3100))
        c, _ = s.accept()
        c.sendall(c.recv(100))' >/dev/null 2>&1 &
        for i in 1 2 3 4 5 6 7 8 9 10; do
          grep -q ":0C1C" /proc/net/tcp && break
          sleep 0.2
        done
        """);

    assertThat(echo(3_100, "ping")).isEqualTo("ping");
  }

  @Test
  void listsThePortsThatServersListenOn() throws Exception {
    run(
        """
        nohup python3 -c 'import socket, time
        s = socket.create_server(("0.0.0.0", 3101))
        time.sleep(20)' >/dev/null 2>&1 & echo $! >/tmp/listener
        """);

    awaitPort3101(true);
    assertThat(json(get("/port/3101/in-use")).path("isInUse").booleanValue()).isTrue();
    run("kill $(cat /tmp/listener)");
    awaitPort3101(false);
  }

  private void awaitPort3101(boolean listed) throws Exception {
    Waiting.eventually(
        "the port is listed: " + listed,
        () -> listed == json(get("/port")).path("ports").toString().contains("3101"));
  }

  @Test
  void isReadyForClientsThatAskFirst() throws Exception {
    assertThat(postJson("/init", "{\"token\":\"any\"}").statusCode()).isEqualTo(200);
    assertThat(postJson("/init", "{\"token\":").statusCode()).isEqualTo(400);
  }

  @Test
  void refusesEveryOperationWhileTheSandboxIsNotRunning() throws Exception {
    for (String operation : OperationResults.operations()) {
      String[] methodAndPath = operation.split(" ", 2);
      HttpResponse<String> refused =
          askStopped(methodAndPath[0], methodAndPath[1].replaceAll("[{][a-zA-Z]+[}]", "1"));

      assertThat(refused.statusCode()).as(operation).isEqualTo(409);
      assertThat(json(refused).path("message").stringValue())
          .as(operation)
          .contains("not running", "start it");
      assertThat(json(refused).path("code").stringValue()).as(operation).isEqualTo("CONFLICT");
    }
  }

  @Test
  void runsTypescriptWithItsArgumentsAndLeavesNoFile() throws Exception {
    HttpResponse<String> answer =
        postJson(
            "/process/code-run",
            "{\"language\":\"typescript\",\"argv\":[\"x y\"],\"code\":"
                + "\"const a: string[] = process.argv.slice(1); console.log(a); process.exit(4)\"}");

    assertThat(json(answer).path("result").stringValue()).isEqualTo("[ 'x y' ]\n");
    assertThat(json(answer).path("exitCode").intValue()).isEqualTo(4);
    assertThat(run("ls /tmp | grep -c code-run").path("result").stringValue()).isEqualTo("0\n");
  }
}
