package dev.sandlot.runner.fake;

import com.google.protobuf.ByteString;
import dev.sandlot.agent.v1.AgentGrpc;
import dev.sandlot.agent.v1.ChangeEnvironmentRequest;
import dev.sandlot.agent.v1.ChangeEnvironmentResponse;
import dev.sandlot.agent.v1.ConfigureRequest;
import dev.sandlot.agent.v1.ConfigureResponse;
import dev.sandlot.agent.v1.DialConnected;
import dev.sandlot.agent.v1.DialRequest;
import dev.sandlot.agent.v1.DialResponse;
import dev.sandlot.agent.v1.Exit;
import dev.sandlot.agent.v1.FileStat;
import dev.sandlot.agent.v1.GetMetricsRequest;
import dev.sandlot.agent.v1.GetProcessRequest;
import dev.sandlot.agent.v1.HelloRequest;
import dev.sandlot.agent.v1.HelloResponse;
import dev.sandlot.agent.v1.LabelProcessRequest;
import dev.sandlot.agent.v1.ListDirectoryRequest;
import dev.sandlot.agent.v1.ListDirectoryResponse;
import dev.sandlot.agent.v1.ListPortsRequest;
import dev.sandlot.agent.v1.ListPortsResponse;
import dev.sandlot.agent.v1.ListProcessesRequest;
import dev.sandlot.agent.v1.ListProcessesResponse;
import dev.sandlot.agent.v1.MakeDirectoryRequest;
import dev.sandlot.agent.v1.MakeDirectoryResponse;
import dev.sandlot.agent.v1.Metrics;
import dev.sandlot.agent.v1.MoveRequest;
import dev.sandlot.agent.v1.MoveResponse;
import dev.sandlot.agent.v1.OutputChunk;
import dev.sandlot.agent.v1.ReadFileRequest;
import dev.sandlot.agent.v1.ReadFileResponse;
import dev.sandlot.agent.v1.ReadOutputRequest;
import dev.sandlot.agent.v1.RemoveProcessRequest;
import dev.sandlot.agent.v1.RemoveProcessResponse;
import dev.sandlot.agent.v1.RemoveRequest;
import dev.sandlot.agent.v1.RemoveResponse;
import dev.sandlot.agent.v1.ResizeTerminalRequest;
import dev.sandlot.agent.v1.ResizeTerminalResponse;
import dev.sandlot.agent.v1.RunEvent;
import dev.sandlot.agent.v1.SetAttributesRequest;
import dev.sandlot.agent.v1.SetAttributesResponse;
import dev.sandlot.agent.v1.ShutdownRequest;
import dev.sandlot.agent.v1.ShutdownResponse;
import dev.sandlot.agent.v1.SignalProcessRequest;
import dev.sandlot.agent.v1.SignalProcessResponse;
import dev.sandlot.agent.v1.StartProcessRequest;
import dev.sandlot.agent.v1.StatRequest;
import dev.sandlot.agent.v1.Stream;
import dev.sandlot.agent.v1.WaitForPortRequest;
import dev.sandlot.agent.v1.WaitForPortResponse;
import dev.sandlot.agent.v1.WaitProcessRequest;
import dev.sandlot.agent.v1.WriteFileRequest;
import dev.sandlot.agent.v1.WriteFileResponse;
import dev.sandlot.agent.v1.WriteInputRequest;
import dev.sandlot.agent.v1.WriteInputResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.unix.DomainSocketAddress;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// An agent whose sandbox is a folder of this machine: real processes, real files, the real
/// protocol on a Unix socket. Absolute paths of file calls are below the folder; processes see the
/// machine.
final class FakeAgent extends AgentGrpc.AgentImplBase implements AutoCloseable {
  private static final EventLoopGroup LOOPS =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("fake-agent", true), EpollIoHandler.newFactory());
  private static final String HOME = "/home/daytona";

  private final Path root;
  private final Runnable whenShutDown;
  private final FakeFiles files;
  private final FakeProcesses table = new FakeProcesses(this::leader);
  private final Map<String, String> environment = new ConcurrentHashMap<>();
  private final List<Process> processes = new ArrayList<>();
  private volatile boolean configured;
  private @Nullable Server server;

  private FakeAgent(Path root, Runnable whenShutDown) {
    this.root = root;
    this.whenShutDown = whenShutDown;
    this.files = new FakeFiles(root, HOME);
  }

  static FakeAgent start(Path root, Path socket, Runnable whenShutDown) {
    FakeAgent agent = new FakeAgent(root, whenShutDown);
    try {
      Files.createDirectories(root.resolve(HOME.substring(1)));
      Files.createDirectories(root.resolve("tmp"));
      Files.deleteIfExists(socket);
      agent.server =
          NettyServerBuilder.forAddress(new DomainSocketAddress(socket.toString()))
              .channelType(EpollServerDomainSocketChannel.class)
              .bossEventLoopGroup(LOOPS)
              .workerEventLoopGroup(LOOPS)
              .executor(Executors.newVirtualThreadPerTaskExecutor())
              .addService(agent)
              .build()
              .start();
      return agent;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void hello(HelloRequest request, StreamObserver<HelloResponse> answer) {
    FakeFiles.answer(
        answer,
        () ->
            HelloResponse.newBuilder()
                .setVersion("fake")
                .setProtocol(2)
                .setConfigured(configured)
                .build());
  }

  @Override
  public void configure(ConfigureRequest request, StreamObserver<ConfigureResponse> answer) {
    environment.clear();
    environment.putAll(request.getEnvironmentMap());
    configured = true;
    FakeFiles.answer(
        answer,
        () ->
            ConfigureResponse.newBuilder()
                .setHome(HOME)
                .setWorkingDirectory(HOME)
                .setShell("/bin/bash")
                .build());
  }

  @Override
  public void changeEnvironment(
      ChangeEnvironmentRequest request, StreamObserver<ChangeEnvironmentResponse> answer) {
    String prefix = request.getUnsetValuePrefix();
    environment.values().removeIf(value -> !prefix.isEmpty() && value.startsWith(prefix));
    request.getUnsetList().forEach(environment::remove);
    environment.putAll(request.getSetMap());
    FakeFiles.answer(
        answer,
        () -> ChangeEnvironmentResponse.newBuilder().putAllEnvironment(environment).build());
  }

  private ProcessBuilder builder(StartProcessRequest request) {
    List<String> command = request.getCommandList();
    if (request.hasTerminal()) {
      String words =
          command.stream()
              .map(word -> "'" + word.replace("'", "'\\''") + "'")
              .collect(Collectors.joining(" "));
      command = List.of("script", "--quiet", "--return", "--command", "exec " + words, "/dev/null");
    }
    ProcessBuilder builder =
        new ProcessBuilder(FakeInput.of(request, command))
            .directory(files.real(request.getWorkingDirectory()).toFile())
            .redirectErrorStream(request.getMergeOutput() || request.hasTerminal());
    builder.environment().put("TERM", "xterm-256color");
    builder.environment().putAll(environment);
    builder.environment().put("HOME", root.resolve(HOME.substring(1)).toString());
    builder.environment().putAll(request.getEnvironmentMap());
    return builder;
  }

  /// Kept processes lead sessions, as those of a real agent do.
  private ProcessBuilder leader(StartProcessRequest request) {
    ProcessBuilder builder = builder(request);
    List<String> command = new ArrayList<>(builder.command());
    command.addFirst("setsid");
    return builder.command(command);
  }

  @Override
  public void startProcess(
      StartProcessRequest request, StreamObserver<dev.sandlot.agent.v1.Process> answer) {
    FakeFiles.answer(answer, () -> table.start(request));
  }

  @Override
  public void listProcesses(
      ListProcessesRequest request, StreamObserver<ListProcessesResponse> answer) {
    FakeFiles.answer(
        answer,
        () -> ListProcessesResponse.newBuilder().addAllProcesses(table.list(request)).build());
  }

  @Override
  public void getProcess(
      GetProcessRequest request, StreamObserver<dev.sandlot.agent.v1.Process> answer) {
    FakeFiles.answer(answer, () -> table.get(request.getId()));
  }

  @Override
  public void waitProcess(
      WaitProcessRequest request, StreamObserver<dev.sandlot.agent.v1.Process> answer) {
    FakeFiles.answer(answer, () -> table.await(request.getId(), request.getTimeoutMs()));
  }

  @Override
  public void signalProcess(
      SignalProcessRequest request, StreamObserver<SignalProcessResponse> answer) {
    FakeFiles.answer(
        answer,
        () -> {
          table.signal(request);
          return SignalProcessResponse.getDefaultInstance();
        });
  }

  @Override
  public void writeInput(WriteInputRequest request, StreamObserver<WriteInputResponse> answer) {
    FakeFiles.answer(
        answer,
        () -> {
          table.write(request.getId(), request.getData(), request.getClose());
          return WriteInputResponse.getDefaultInstance();
        });
  }

  @Override
  public void readOutput(ReadOutputRequest request, StreamObserver<OutputChunk> answer) {
    table.read(request, answer);
  }

  @Override
  public void resizeTerminal(
      ResizeTerminalRequest request, StreamObserver<ResizeTerminalResponse> answer) {
    FakeFiles.answer(
        answer,
        () -> {
          table.resize(request.getId(), request.getTerminal());
          return ResizeTerminalResponse.getDefaultInstance();
        });
  }

  @Override
  public void labelProcess(
      LabelProcessRequest request, StreamObserver<dev.sandlot.agent.v1.Process> answer) {
    FakeFiles.answer(answer, () -> table.label(request.getId(), request.getLabelsMap()));
  }

  @Override
  public void removeProcess(
      RemoveProcessRequest request, StreamObserver<RemoveProcessResponse> answer) {
    FakeFiles.answer(
        answer,
        () -> {
          table.remove(request.getId(), request.getKill());
          return RemoveProcessResponse.getDefaultInstance();
        });
  }

  @Override
  public void run(StartProcessRequest request, StreamObserver<RunEvent> answer) {
    ProcessBuilder builder =
        new ProcessBuilder(FakeInput.of(request, request.getCommandList()))
            .directory(files.real(request.getWorkingDirectory()).toFile())
            .redirectErrorStream(request.getMergeOutput());
    builder.environment().putAll(environment);
    builder.environment().putAll(request.getEnvironmentMap());
    builder.environment().put("HOME", root.resolve(HOME.substring(1)).toString());
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      answer.onNext(RunEvent.newBuilder().setStartFailed(String.valueOf(e.getMessage())).build());
      answer.onCompleted();
      return;
    }
    synchronized (processes) {
      processes.add(process);
    }
    io.grpc.Context.current().addListener(_ -> process.destroyForcibly(), Runnable::run);
    try {
      Thread feeder = Thread.ofVirtual().start(() -> feed(process, request.getInput()));
      Thread clock = Thread.ofVirtual().start(() -> limit(process, request.getTimeoutMs()));
      boolean timedOut = stream(process, answer);
      feeder.interrupt();
      clock.interrupt();
      int code = process.waitFor();
      int signal = code > 128 && timedOut ? code - 128 : 0;
      answer.onNext(
          RunEvent.newBuilder()
              .setExited(
                  Exit.newBuilder()
                      .setCode(signal == 0 ? code : -1)
                      .setSignal(signal)
                      .setTimedOut(timedOut))
              .build());
      answer.onCompleted();
    } catch (IOException | InterruptedException e) {
      answer.onError(e);
    }
  }

  private static void feed(Process process, ByteString input) {
    try (OutputStream out = process.getOutputStream()) {
      input.writeTo(out);
    } catch (IOException _) {
      // It does not read.
    }
  }

  private static void limit(Process process, long milliseconds) {
    try {
      if (milliseconds > 0 && !process.waitFor(milliseconds, TimeUnit.MILLISECONDS)) {
        List<ProcessHandle> children = process.descendants().toList();
        process.toHandle().destroyForcibly(); // leaves what it has written to be read
        children.forEach(ProcessHandle::destroyForcibly);
      }
    } catch (InterruptedException _) {
      // It has ended.
    }
  }

  /// Forwards the output; returns whether the process was killed.
  private static boolean stream(Process process, StreamObserver<RunEvent> answer)
      throws IOException, InterruptedException {
    byte[] buffer = new byte[64 << 10];
    // Never blocks in a read: a background child may hold the pipe after the process has ended.
    while (true) {
      boolean running = process.isAlive();
      boolean moved =
          pass(process.getInputStream(), Stream.STREAM_STDOUT, buffer, answer)
              | pass(process.getErrorStream(), Stream.STREAM_STDERR, buffer, answer);
      if (!moved && !running) {
        break;
      }
      if (!moved) {
        process.waitFor(2, TimeUnit.MILLISECONDS);
      }
    }
    return process.waitFor() == 137;
  }

  private static boolean pass(
      InputStream in, Stream stream, byte[] buffer, StreamObserver<RunEvent> answer)
      throws IOException {
    int ready = in.available();
    if (ready == 0) {
      return false;
    }
    int count = in.read(buffer, 0, Math.min(ready, buffer.length));
    OutputChunk chunk =
        OutputChunk.newBuilder()
            .setStream(stream)
            .setData(ByteString.copyFrom(buffer, 0, count))
            .build();
    answer.onNext(RunEvent.newBuilder().setOutput(chunk).build());
    return true;
  }

  @Override
  public void stat(StatRequest request, StreamObserver<FileStat> answer) {
    FakeFiles.answer(
        answer,
        () ->
            request.getNoFollow()
                ? files.statOfLink(request.getPath())
                : files.stat(request.getPath()));
  }

  @Override
  public void listDirectory(
      ListDirectoryRequest request, StreamObserver<ListDirectoryResponse> answer) {
    FakeFiles.answer(answer, () -> files.list(request.getPath(), request.getDepth()));
  }

  @Override
  public void readFile(ReadFileRequest request, StreamObserver<ReadFileResponse> answer) {
    files.read(request, answer);
  }

  @Override
  public StreamObserver<WriteFileRequest> writeFile(StreamObserver<WriteFileResponse> answer) {
    return files.write(answer);
  }

  @Override
  public void makeDirectory(
      MakeDirectoryRequest request, StreamObserver<MakeDirectoryResponse> answer) {
    FakeFiles.answer(
        answer,
        () -> {
          Files.createDirectories(files.real(request.getPath()));
          return MakeDirectoryResponse.getDefaultInstance();
        });
  }

  @Override
  public void move(MoveRequest request, StreamObserver<MoveResponse> answer) {
    FakeFiles.answer(
        answer,
        () -> {
          Files.move(files.real(request.getSource()), files.real(request.getDestination()));
          return MoveResponse.getDefaultInstance();
        });
  }

  @Override
  public void remove(RemoveRequest request, StreamObserver<RemoveResponse> answer) {
    FakeFiles.answer(
        answer,
        () -> {
          files.remove(request.getPath(), request.getRecursive());
          return RemoveResponse.getDefaultInstance();
        });
  }

  @Override
  public void setAttributes(
      SetAttributesRequest request, StreamObserver<SetAttributesResponse> answer) {
    FakeFiles.answer(
        answer,
        () -> {
          files.permissions(request.getPath(), request.getMode(), request.getOwner());
          return SetAttributesResponse.getDefaultInstance();
        });
  }

  @Override
  public void listPorts(ListPortsRequest request, StreamObserver<ListPortsResponse> answer) {
    FakeFiles.answer(answer, () -> ListPortsResponse.newBuilder().addPorts(3_000).build());
  }

  @Override
  public void waitForPort(WaitForPortRequest request, StreamObserver<WaitForPortResponse> answer) {
    if (request.getPort() == 3_000) {
      FakeFiles.answer(answer, WaitForPortResponse::getDefaultInstance);
    } else {
      answer.onError(Status.DEADLINE_EXCEEDED.asException());
    }
  }

  /// An echo server on every port.
  @Override
  public StreamObserver<DialRequest> dial(StreamObserver<DialResponse> answer) {
    return new StreamObserver<>() {
      @Override
      public void onNext(DialRequest request) {
        if (request.hasTarget()) {
          answer.onNext(
              DialResponse.newBuilder().setConnected(DialConnected.getDefaultInstance()).build());
        } else if (request.hasData()) {
          answer.onNext(DialResponse.newBuilder().setData(request.getData()).build());
        }
      }

      @Override
      public void onError(Throwable cause) {
        // The caller has closed.
      }

      @Override
      public void onCompleted() {
        answer.onCompleted();
      }
    };
  }

  @Override
  public void getMetrics(GetMetricsRequest request, StreamObserver<Metrics> answer) {
    FakeFiles.answer(
        answer,
        () ->
            Metrics.newBuilder()
                .setMemoryTotalBytes(1L << 30)
                .setMemoryUsedBytes(1 << 20)
                .setMemoryCachedBytes(4_096)
                .build());
  }

  @Override
  public void shutdown(ShutdownRequest request, StreamObserver<ShutdownResponse> answer) {
    FakeFiles.answer(answer, ShutdownResponse::getDefaultInstance);
    Thread.ofVirtual().start(whenShutDown);
  }

  @Override
  public void close() {
    table.close();
    synchronized (processes) {
      processes.forEach(Process::destroyForcibly);
    }
    Server running = server;
    if (running != null) {
      ServerEnd.end(running);
    }
  }
}
