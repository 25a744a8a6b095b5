package dev.sandlot.toolbox.interpreter;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.AgentProcesses.Family;
import dev.sandlot.agentclient.process.OutputPiece;
import dev.sandlot.agentclient.process.OutputRequest;
import dev.sandlot.agentclient.process.ProcessOutput;
import dev.sandlot.agentclient.process.ProcessStatus;
import dev.sandlot.http.Json;
import dev.sandlot.http.websocket.WebSocket;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/// Runs one piece of code in a context, once it is the first in the queue. Goes on when its client
/// disconnects. {@link #run} is called once; {@link #interrupt} by any thread.
final class Execution {
  private static final Logger LOGGER = LoggerFactory.getLogger(Execution.class);
  private static final int INTERRUPT = 2;
  private static final int KILL = 9;

  private final String id = UUID.randomUUID().toString();
  private final RunningSandbox sandbox;
  private final AgentProcesses processes;
  private final Contexts contexts;
  private final ExecutionRequest request;
  private final InterpreterLimits limits;
  private final ExecutionMessages messages;
  private final Map<String, StringBuilder> failure = new LinkedHashMap<>();
  private final CountDownLatch started = new CountDownLatch(1);
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile boolean timedOut;
  private String outcome = "completed";

  Execution(
      RunningSandbox sandbox,
      Contexts contexts,
      ExecutionRequest request,
      WebSocket socket,
      InterpreterLimits limits) {
    this.sandbox = sandbox;
    this.processes = sandbox.agent().processes();
    this.contexts = contexts;
    this.request = request;
    this.limits = limits;
    this.messages = new ExecutionMessages(socket);
  }

  void run() {
    try {
      Optional<Context> context = contexts.running(sandbox, request.contextId());
      if (context.isEmpty()) {
        messages.close(WebSocket.GOING_AWAY, "the context was deleted");
        return;
      }
      runIn(context.get());
    } catch (AgentFailure e) {
      messages.close(WebSocket.INTERNAL_ERROR, ToolboxFailures.of(e).sentence());
    } catch (OperationFailure e) {
      messages.close(WebSocket.INTERNAL_ERROR, e.sentence());
    } catch (IOException e) {
      messages.close(WebSocket.INTERNAL_ERROR, "the connection to the sandbox has ended");
    } catch (InterruptedException _) {
      messages.close(WebSocket.GOING_AWAY, "the server is stopping, connect again");
    } catch (RuntimeException e) {
      LOGGER.atError().setCause(e).addKeyValue("sandboxId", sandbox.id()).log("execution failed");
      messages.close(WebSocket.INTERNAL_ERROR, "something went wrong on the server");
    } finally {
      over.countDown();
      started.countDown();
    }
  }

  /// Interrupts the code like Ctrl+C; does nothing before the code runs and after it.
  void interrupt() {
    if (started.getCount() == 0 && over.getCount() > 0) {
      signal(INTERRUPT, Family.GROUP);
    }
  }

  /// Whether the code has ended and its client was notified.
  boolean over() {
    return over.getCount() == 0;
  }

  private void runIn(Context context) throws IOException, InterruptedException {
    ProcessStatus before = processes.get(context.process());
    ExecutionStream output = stream(context, false, before.outputBytes());
    ExecutionStream error = stream(context, true, before.errorBytes());
    OutputRequest wanted =
        new OutputRequest(true, true, before.outputBytes(), before.errorBytes(), true);
    try (ProcessOutput pieces = processes.read(context.process(), wanted)) {
      Instant earlierDeadline = earlierDeadline(before);
      String deadline =
          request.timeout().isZero()
              ? ""
              : Long.toString(Instant.now().plus(request.timeout()).toEpochMilli());
      var _ = processes.label(context.process(), Map.of(Context.DEADLINE, deadline));
      Thread.ofVirtual().name("interpreter-clock").start(() -> enforceTimeouts(earlierDeadline));
      sendCode(context);
      boolean alive = follow(pieces, output, error);
      sendOutcome(alive);
    }
  }

  private ExecutionStream stream(Context context, boolean error, long offset) {
    return new ExecutionStream(
        id,
        context.token(),
        offset,
        limits,
        text -> messages.output(error, text),
        new ExecutionStream.Listener() {
          @Override
          public void started() {
            started.countDown();
          }

          @Override
          public void frame(JsonNode frame) {
            if (!error) {
              handleFrame(frame);
            }
          }
        });
  }

  private void handleFrame(JsonNode frame) {
    if (frame.path("kind").asString("").equals("end")) {
      outcome = frame.path("outcome").asString("");
      return;
    }
    String field = frame.path("field").asString("");
    if (!field.equals("name") && !field.equals("value") && !field.equals("traceback")) {
      return;
    }
    StringBuilder text = failure.computeIfAbsent(field, _ -> new StringBuilder());
    String more = frame.path("text").asString("");
    int room = limits.errorCharactersMax() - text.length();
    text.append(more, 0, Math.min(more.length(), room));
  }

  /// Sends the code as one line of JSON. It begins with a newline, since a server that was killed
  /// may have left half a line.
  private void sendCode(Context context) {
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("id", id);
    message.put("code", request.code());
    message.put("envs", request.environment());
    byte[] line = ("\n" + Json.text(message) + "\n").getBytes(StandardCharsets.UTF_8);
    for (int at = 0; at < line.length; at += AgentProcesses.INPUT_BYTES_MAX) {
      int end = Math.min(line.length, at + AgentProcesses.INPUT_BYTES_MAX);
      processes.write(context.process(), Arrays.copyOfRange(line, at, end));
    }
  }

  /// @return false when the process has ended before the code
  private boolean follow(ProcessOutput pieces, ExecutionStream output, ExecutionStream error)
      throws IOException {
    while (!output.ended() || !error.ended()) {
      Optional<OutputPiece> piece = pieces.next();
      if (piece.isEmpty()) {
        output.processEnded();
        error.processEnded();
        return false;
      }
      if (!(piece.get().error() ? error : output).take(piece.get())) {
        messages.close(
            WebSocket.POLICY,
            "the client is too far behind: output was lost; write large results to a file");
      }
    }
    return true;
  }

  private void sendOutcome(boolean alive) {
    if (timedOut) {
      // No control message is sent: clients that end at one would take it for success.
      messages.close(
          ExecutionMessages.TIMED_OUT,
          "the execution took longer than " + request.timeout().toSeconds() + " s");
      return;
    }
    if (!alive) {
      messages.close(
          WebSocket.GOING_AWAY, "the interpreter has ended or was deleted; its variables are lost");
      return;
    }
    if (!failure.isEmpty()) {
      messages.failure(failureField("name"), failureField("value"), failureField("traceback"));
    }
    messages.finished(outcome.equals("interrupted"));
  }

  private String failureField(String field) {
    StringBuilder text = failure.get(field);
    return text == null ? "" : text.toString();
  }

  // Timeouts.

  private static Instant earlierDeadline(ProcessStatus process) {
    try {
      return Instant.ofEpochMilli(Long.parseLong(process.label(Context.DEADLINE)));
    } catch (NumberFormatException _) {
      return Instant.MAX;
    }
  }

  /// Enforces two timeouts: that of an execution which was begun before a restart of the server and
  /// which this one waits for, then that of this execution.
  private void enforceTimeouts(Instant earlierDeadline) {
    try {
      Instant now = Instant.now();
      Instant grace = now.plus(limits.earlierGrace());
      Instant end = earlierDeadline.isAfter(grace) ? earlierDeadline : grace;
      if (end.equals(Instant.MAX)) {
        started.await();
      } else if (!started.await(Duration.between(now, end).toMillis(), TimeUnit.MILLISECONDS)) {
        end(started);
        return;
      }
      if (!request.timeout().isZero()
          && !over.await(request.timeout().toMillis(), TimeUnit.MILLISECONDS)) {
        timedOut = true;
        end(over);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void end(CountDownLatch wanted) throws InterruptedException {
    signal(INTERRUPT, Family.GROUP);
    if (!wanted.await(limits.interruptGrace().toMillis(), TimeUnit.MILLISECONDS)) {
      signal(KILL, Family.DESCENDANTS);
    }
  }

  private void signal(int number, Family family) {
    try {
      processes.signal(Context.process(request.contextId()), number, family);
    } catch (AgentFailure e) {
      LOGGER
          .atDebug()
          .setCause(e)
          .addKeyValue("sandboxId", sandbox.id())
          .log("no process to signal");
    }
  }
}
