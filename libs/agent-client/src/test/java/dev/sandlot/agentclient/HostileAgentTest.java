package dev.sandlot.agentclient;

import static dev.sandlot.agentclient.TestAgent.assertBroken;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.sandlot.agent.v1.AgentGrpc;
import dev.sandlot.agent.v1.ConfigureRequest;
import dev.sandlot.agent.v1.ConfigureResponse;
import dev.sandlot.agent.v1.Exit;
import dev.sandlot.agent.v1.FileStat;
import dev.sandlot.agent.v1.HelloRequest;
import dev.sandlot.agent.v1.HelloResponse;
import dev.sandlot.agent.v1.ListDirectoryRequest;
import dev.sandlot.agent.v1.ListDirectoryResponse;
import dev.sandlot.agent.v1.ListPortsRequest;
import dev.sandlot.agent.v1.ListPortsResponse;
import dev.sandlot.agent.v1.ListProcessesRequest;
import dev.sandlot.agent.v1.ListProcessesResponse;
import dev.sandlot.agent.v1.OutputChunk;
import dev.sandlot.agent.v1.Process;
import dev.sandlot.agent.v1.ReadFileRequest;
import dev.sandlot.agent.v1.ReadFileResponse;
import dev.sandlot.agent.v1.RunEvent;
import dev.sandlot.agent.v1.StartProcessRequest;
import dev.sandlot.agent.v1.StatRequest;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AgentFailure.Kind;
import dev.sandlot.agentclient.process.OutputSink;
import dev.sandlot.agentclient.process.ProcessRequest;
import dev.sandlot.agentclient.process.RunAbandoned;
import dev.sandlot.agentclient.process.RunSinks;
import io.grpc.Metadata;
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

/// What an agent that means harm can make its runner believe: nothing.
class HostileAgentTest {
  private final Evil evil = new Evil();
  private TestAgent served;
  private AgentClient agent;

  private static final class Evil extends AgentGrpc.AgentImplBase {
    private volatile ConfigureResponse account = ConfigureResponse.getDefaultInstance();
    private volatile FileStat stat = FileStat.getDefaultInstance();
    private volatile RunEvent event = RunEvent.getDefaultInstance();
    private volatile Metadata trailers = new Metadata();
    private volatile Status status = Status.INTERNAL;
    private volatile int processes = 2_000_000;
    private final CountDownLatch runCancelled = new CountDownLatch(1);

    private static <T> void send(StreamObserver<T> answer, T message) {
      answer.onNext(message);
      answer.onCompleted();
    }

    @Override
    public void hello(HelloRequest request, StreamObserver<HelloResponse> answer) {
      answer.onError(status.asRuntimeException(trailers));
    }

    @Override
    public void configure(ConfigureRequest request, StreamObserver<ConfigureResponse> answer) {
      send(answer, account);
    }

    @Override
    public void stat(StatRequest request, StreamObserver<FileStat> answer) {
      send(answer, stat);
    }

    @Override
    public void listDirectory(
        ListDirectoryRequest request, StreamObserver<ListDirectoryResponse> answer) {
      ListDirectoryResponse.Builder many = ListDirectoryResponse.newBuilder();
      for (int index = 0; index < 10_000; index++) {
        many.addEntries(FileStat.newBuilder().setPath("/a").setName("a"));
      }
      ListDirectoryResponse message = many.build();
      for (int index = 0; index < 11; index++) {
        answer.onNext(message);
      }
      answer.onCompleted();
    }

    @Override
    public void listProcesses(
        ListProcessesRequest request, StreamObserver<ListProcessesResponse> answer) {
      ListProcessesResponse.Builder many = ListProcessesResponse.newBuilder();
      for (int index = 0; index < processes; index++) {
        many.addProcesses(Process.getDefaultInstance());
      }
      send(answer, many.build());
    }

    @Override
    public void readFile(ReadFileRequest request, StreamObserver<ReadFileResponse> answer) {
      ReadFileResponse data =
          ReadFileResponse.newBuilder().setData(ByteString.copyFromUtf8("no attributes")).build();
      send(answer, data);
    }

    @Override
    public void run(StartProcessRequest request, StreamObserver<RunEvent> answer) {
      ((ServerCallStreamObserver<RunEvent>) answer).setOnCancelHandler(runCancelled::countDown);
      answer.onNext(event);
    }

    @Override
    public void listPorts(ListPortsRequest request, StreamObserver<ListPortsResponse> answer) {
      send(
          answer,
          ListPortsResponse.newBuilder().addAllPorts(List.of(80, 0, -5, 70_000, 80, 22)).build());
    }
  }

  @BeforeEach
  void start() throws IOException {
    served = new TestAgent(evil);
    agent = served.client();
  }

  @AfterEach
  void stop() throws IOException {
    served.close();
  }

  @Test
  void cannotNameFoldersThatAreNone() {
    evil.account =
        ConfigureResponse.newBuilder()
            .setHome("../../etc")
            .setWorkingDirectory("/")
            .setShell("/bin/sh")
            .build();

    assertBroken(() -> agent.configure(new Identity(Map.of(), "", "", "")));
  }

  @Test
  void cannotTellSizesThatNoDiskHas() {
    evil.stat = FileStat.newBuilder().setPath("/a").setName("a").setSize(-1).build();

    assertBroken(() -> agent.files().status("/a"));
  }

  @Test
  void cannotSendNamesWithoutEnd() {
    evil.stat = FileStat.newBuilder().setPath("/" + "a".repeat(10_000)).setName("a").build();

    assertBroken(() -> agent.files().status("/a"));
  }

  @Test
  void cannotListWithoutEnd() {
    assertBroken(() -> agent.files().list("/", 1));
  }

  @Test
  void cannotFillTheMemoryWithAnAnswerOfTwoBytesAnObject() {
    assertThatThrownBy(() -> agent.processes().list(Map.of(), false))
        .isInstanceOfSatisfying(
            AgentFailure.class, failure -> assertThat(failure.kind()).isEqualTo(Kind.TOO_LARGE));
    // What was counted is released.
    evil.processes = 1_000;
    for (int round = 0; round < 1_000; round++) {
      assertBroken(() -> agent.processes().list(Map.of(), false)); // without ids
    }
  }

  @Test
  void cannotSendAFileWithoutAttributes() {
    assertBroken(() -> agent.files().read("/a", 0, 0));
  }

  @Test
  void cannotSendMessagesBeyondTheLimit() {
    evil.event =
        RunEvent.newBuilder()
            .setOutput(OutputChunk.newBuilder().setData(ByteString.copyFrom(new byte[5 << 20])))
            .build();

    assertThatThrownBy(() -> run(_ -> {}))
        .isInstanceOfSatisfying(
            AgentFailure.class,
            failure -> assertThat(failure.kind()).isEqualTo(Kind.RESOURCE_EXHAUSTED));
  }

  @Test
  void cannotEndWithCodesThatNoProcessHas() {
    evil.event = RunEvent.newBuilder().setExited(Exit.newBuilder().setCode(4_711)).build();

    assertBroken(() -> run(_ -> {}));
  }

  @Test
  void cannotPutControlCharactersIntoOurWords() {
    evil.status = Status.NOT_FOUND.withDescription("gone\u001b[2J\n" + "x".repeat(5_000));
    evil.trailers.put(
        Metadata.Key.of("sandlot-errno", Metadata.ASCII_STRING_MARSHALLER), "ENOENT; rm -rf");

    assertThatThrownBy(() -> agent.hello(Duration.ofSeconds(5)))
        .isInstanceOfSatisfying(
            AgentFailure.class,
            failure -> {
              assertThat(failure.sentence()).hasSizeLessThanOrEqualTo(1_000);
              assertThat(failure.sentence()).doesNotContainPattern("\\p{Cntrl}");
              assertThat(failure.errno()).isEmpty();
            });
  }

  @Test
  void cannotTellPortsThatAreNone() {
    assertThat(agent.ports().listening()).containsExactly(22, 80);
  }

  @Test
  void losesItsProcessWhenTheSinkIsFull() throws Exception {
    evil.event =
        RunEvent.newBuilder()
            .setOutput(OutputChunk.newBuilder().setData(ByteString.copyFromUtf8("x")))
            .build();

    assertThatThrownBy(() ->
            run(_ -> {
              throw new IOException("full");
            }))
        .isInstanceOf(IOException.class)
        .hasMessage("full");
    assertThat(evil.runCancelled.await(5, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void endsASilentRunThatNobodyWaitsFor() throws Exception {
    OutputSink nowhere = _ -> {};

    assertThatThrownBy(() -> agent.run(request(), new RunSinks(nowhere, nowhere, () -> true)))
        .isInstanceOf(RunAbandoned.class);
    assertThat(evil.runCancelled.await(5, TimeUnit.SECONDS)).isTrue();
  }

  private void run(OutputSink sink) throws IOException, InterruptedException {
    var _ = agent.run(request(), sink);
  }

  private static ProcessRequest request() {
    return new ProcessRequest(List.of("x"), new byte[0], Map.of(), "", Duration.ZERO);
  }
}
