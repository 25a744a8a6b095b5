package dev.sandlot.agentclient;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.sandlot.agent.v1.AgentGrpc;
import dev.sandlot.agent.v1.Exit;
import dev.sandlot.agent.v1.GetProcessRequest;
import dev.sandlot.agent.v1.ListProcessesRequest;
import dev.sandlot.agent.v1.ListProcessesResponse;
import dev.sandlot.agent.v1.OutputChunk;
import dev.sandlot.agent.v1.Process;
import dev.sandlot.agent.v1.ReadOutputRequest;
import dev.sandlot.agent.v1.RemoveProcessRequest;
import dev.sandlot.agent.v1.RemoveProcessResponse;
import dev.sandlot.agent.v1.StartProcessRequest;
import dev.sandlot.agent.v1.Stream;
import dev.sandlot.agent.v1.Terminal;
import dev.sandlot.agent.v1.WaitProcessRequest;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AgentFailure.Kind;
import dev.sandlot.agentclient.process.OutputRequest;
import dev.sandlot.agentclient.process.ProcessEnd;
import dev.sandlot.agentclient.process.ProcessOutput;
import dev.sandlot.agentclient.process.ProcessStart;
import dev.sandlot.agentclient.process.ProcessStatus;
import dev.sandlot.agentclient.process.TerminalSize;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// How answers about processes are read, valid and hostile ones.
class AgentProcessesTest {
  private static final Process SOUND =
      Process.newBuilder()
          .setId("p1")
          .setPid(7)
          .addCommand("sh")
          .putLabels("kind", "shell")
          .setStartedAtMs(1_000)
          .setRunning(true)
          .setStdoutBytes(5)
          .setTerminal(Terminal.newBuilder().setColumns(80).setRows(24))
          .build();

  private final ScriptedAgent scripted = new ScriptedAgent();
  private TestAgent served;
  private AgentClient agent;

  /// Answers what the test says.
  private static final class ScriptedAgent extends AgentGrpc.AgentImplBase {
    private volatile Process process = SOUND;
    private volatile Status status = Status.OK;
    private volatile List<OutputChunk> output = List.of();
    private volatile StartProcessRequest started = StartProcessRequest.getDefaultInstance();
    private volatile ReadOutputRequest asked = ReadOutputRequest.getDefaultInstance();
    private final CountDownLatch readBegun = new CountDownLatch(1);
    private final CountDownLatch readCancelled = new CountDownLatch(1);

    private <T> void send(StreamObserver<T> answer, T message) {
      if (!status.isOk()) {
        answer.onError(status.asRuntimeException());
        return;
      }
      answer.onNext(message);
      answer.onCompleted();
    }

    @Override
    public void startProcess(StartProcessRequest request, StreamObserver<Process> answer) {
      started = request;
      send(answer, process);
    }

    @Override
    public void getProcess(GetProcessRequest request, StreamObserver<Process> answer) {
      send(answer, process);
    }

    @Override
    public void waitProcess(WaitProcessRequest request, StreamObserver<Process> answer) {
      send(answer, process);
    }

    @Override
    public void removeProcess(
        RemoveProcessRequest request, StreamObserver<RemoveProcessResponse> answer) {
      send(answer, RemoveProcessResponse.getDefaultInstance());
    }

    @Override
    public void listProcesses(
        ListProcessesRequest request, StreamObserver<ListProcessesResponse> answer) {
      ListProcessesResponse.Builder many = ListProcessesResponse.newBuilder();
      Process small = Process.newBuilder().setId("p").build();
      for (int index = 0; index < 10_001; index++) {
        many.addProcesses(small);
      }
      send(answer, many.build());
    }

    @Override
    public void readOutput(ReadOutputRequest request, StreamObserver<OutputChunk> answer) {
      ((ServerCallStreamObserver<OutputChunk>) answer).setOnCancelHandler(readCancelled::countDown);
      asked = request;
      readBegun.countDown();
      output.forEach(answer::onNext);
      if (!request.getFollow()) {
        answer.onCompleted();
      }
    }
  }

  @BeforeEach
  void start() throws IOException {
    served = new TestAgent(scripted);
    agent = served.client();
  }

  @AfterEach
  void stop() throws IOException {
    served.close();
  }

  @Test
  void startsWhatWasDescribed() {
    ProcessStatus status =
        agent
            .processes()
            .start(
                ProcessStart.of("p1", List.of("sh"))
                    .input("x".getBytes(UTF_8))
                    .keepInputOpen()
                    .environment(Map.of("A", "b"))
                    .workingDirectory("/tmp")
                    .mergeStreams()
                    .terminal(new TerminalSize(80, 24))
                    .label("kind", "shell")
                    .keepBytes(100)
                    .timeLimit(Duration.ofSeconds(3)));

    assertThat(scripted.started)
        .isEqualTo(
            StartProcessRequest.newBuilder()
                .setId("p1")
                .addCommand("sh")
                .setInput(ByteString.copyFromUtf8("x"))
                .setKeepInputOpen(true)
                .putEnvironment("A", "b")
                .setWorkingDirectory("/tmp")
                .setMergeOutput(true)
                .setTerminal(Terminal.newBuilder().setColumns(80).setRows(24))
                .putLabels("kind", "shell")
                .setLogLimitBytes(100)
                .setTimeoutMs(3_000)
                .build());
    assertThat(status.running()).isTrue();
    assertThat(status.label("kind")).isEqualTo("shell");
    assertThat(status.label("other")).isEmpty();
    assertThat(status.terminal()).contains(new TerminalSize(80, 24));
  }

  @Test
  void tellsHowAProcessEnded() {
    scripted.process =
        SOUND.toBuilder()
            .setRunning(false)
            .setExit(Exit.newBuilder().setCode(-1).setSignal(9).setOutOfMemory(true))
            .build();

    ProcessEnd end = agent.processes().await("p1", Duration.ZERO).orElseThrow().end().orElseThrow();

    assertThat(end.shellCode()).isEqualTo(137);
    assertThat(end.outOfMemory()).isTrue();
  }

  @Test
  void knowsWhatIsUnknown() {
    scripted.status = Status.NOT_FOUND;

    assertThat(agent.processes().find("p1")).isEmpty();
    assertThatThrownBy(() -> agent.processes().get("p1"))
        .isInstanceOfSatisfying(
            AgentFailure.class, failure -> assertThat(failure.kind()).isEqualTo(Kind.NOT_FOUND));
    agent.processes().remove("p1", true);
  }

  @Test
  void stopsWaitingWhenTheTimeIsOver() {
    scripted.status = Status.DEADLINE_EXCEEDED;

    assertThat(agent.processes().await("p1", Duration.ofMillis(10))).isEmpty();
  }

  @Test
  void believesNoImpossibleProcess() {
    assertBroken(SOUND.toBuilder().setId("../p1").build());
    assertBroken(SOUND.toBuilder().setId("x".repeat(129)).build());
    assertBroken(SOUND.toBuilder().setStdoutBytes(-1).build());
    assertBroken(SOUND.toBuilder().setPid(-1).build());
    assertBroken(SOUND.toBuilder().addCommand("x".repeat(10_000)).build());
    assertBroken(SOUND.toBuilder().putLabels("x", "y".repeat(5_000)).build());
    assertBroken(SOUND.toBuilder().putLabels("x".repeat(65), "").build());
    assertBroken(
        SOUND.toBuilder().setTerminal(Terminal.newBuilder().setColumns(0).setRows(1)).build());
    Process.Builder ended = SOUND.toBuilder().setRunning(false);
    assertBroken(ended.setExit(Exit.newBuilder().setCode(4_711)).build());
    assertBroken(ended.setExit(Exit.newBuilder().setSignal(-1)).build());
    for (int index = 0; index < 40; index++) {
      ended.putLabels("x" + index, "y");
    }
    assertBroken(ended.setExit(Exit.getDefaultInstance()).build());
  }

  @Test
  void believesNoEndlessList() {
    TestAgent.assertBroken(() -> agent.processes().list(Map.of(), false));
  }

  @Test
  void readsBothStreamsInTheirOrder() throws Exception {
    scripted.output =
        List.of(
            chunk(Stream.STREAM_STDOUT, 0, "out"),
            chunk(Stream.STREAM_STDERR, 4, "err"),
            chunk(Stream.STREAM_STDOUT, 10, "later"));
    try (ProcessOutput output = agent.processes().read("p1", OutputRequest.all(false))) {
      assertThat(output.next().orElseThrow().end()).isEqualTo(3);
      assertThat(output.next().orElseThrow().error()).isTrue();
      assertThat(output.next().orElseThrow().offset()).isEqualTo(10);
      assertThat(output.next()).isEmpty();
    }
    assertThat(scripted.asked.getStream()).isEqualTo(Stream.STREAM_UNSPECIFIED);
  }

  @Test
  void believesNoOutputThatGoesBack() throws Exception {
    scripted.output =
        List.of(chunk(Stream.STREAM_STDOUT, 0, "abc"), chunk(Stream.STREAM_STDOUT, 2, "c"));
    try (ProcessOutput output = agent.processes().read("p1", OutputRequest.output(0, true))) {
      assertThat(output.next()).isPresent();
      assertThatThrownBy(output::next).hasMessageContaining("answered wrongly");
    }
  }

  @Test
  void endsAReadThatWaitsWhenAnotherThreadCloses() throws Exception {
    try (ProcessOutput output = agent.processes().read("p1", OutputRequest.output(7, true))) {
      Thread.ofVirtual().start(() -> closeOnceBegun(output));
      assertThat(output.next()).isEmpty();
    }
    assertThat(scripted.readCancelled.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(scripted.asked.getStdoutOffset()).isEqualTo(7);
  }

  private void closeOnceBegun(ProcessOutput output) {
    try {
      assertThat(scripted.readBegun.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    output.close();
  }

  private static OutputChunk chunk(Stream stream, long offset, String data) {
    return OutputChunk.newBuilder()
        .setStream(stream)
        .setOffset(offset)
        .setData(ByteString.copyFromUtf8(data))
        .build();
  }

  private void assertBroken(Process process) {
    scripted.process = process;
    TestAgent.assertBroken(() -> agent.processes().get("p1"));
  }
}
