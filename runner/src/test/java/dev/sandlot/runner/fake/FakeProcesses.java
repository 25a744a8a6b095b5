package dev.sandlot.runner.fake;

import com.google.protobuf.ByteString;
import dev.sandlot.agent.v1.Exit;
import dev.sandlot.agent.v1.ListProcessesRequest;
import dev.sandlot.agent.v1.OutputChunk;
import dev.sandlot.agent.v1.Process;
import dev.sandlot.agent.v1.ReadOutputRequest;
import dev.sandlot.agent.v1.SignalProcessRequest;
import dev.sandlot.agent.v1.StartProcessRequest;
import dev.sandlot.agent.v1.Stream;
import dev.sandlot.agent.v1.Terminal;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The fake agent's process table: real processes of this machine, with their output in memory.
/// Terminals are made with `script`.
final class FakeProcesses implements AutoCloseable {
  private static final int CHUNK_BYTES = 64 << 10;
  private static final int SIGKILL = 9;
  private static final long DRAIN_MILLIS = 250;

  private final Function<StartProcessRequest, ProcessBuilder> builders;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private int made;

  /// @param builders prepare folder and environment
  FakeProcesses(Function<StartProcessRequest, ProcessBuilder> builders) {
    this.builders = builders;
  }

  /// The last bytes of a stream, up to a limit.
  private static final class Log {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private boolean closed;
  }

  private static final class Entry {
    private final StartProcessRequest request;
    private final java.lang.Process process;
    private final Map<String, String> labels;
    private final Log[] logs = {new Log(), new Log()};
    private final long startedAt = System.currentTimeMillis();
    private @Nullable Terminal terminal;
    private int signal;

    Entry(StartProcessRequest request, java.lang.Process process) {
      this.request = request;
      this.process = process;
      this.labels = new HashMap<>(request.getLabelsMap());
      this.terminal = request.hasTerminal() ? request.getTerminal() : null;
    }

    synchronized Process describe() {
      Process.Builder described =
          Process.newBuilder()
              .setId(request.getId())
              .setPid((int) process.pid())
              .addAllCommand(request.getCommandList())
              .putAllLabels(labels)
              .setStartedAtMs(startedAt)
              .setRunning(process.isAlive())
              .setStdoutBytes(logs[0].bytes.size())
              .setStderrBytes(logs[1].bytes.size());
      if (terminal != null) {
        described.setTerminal(terminal);
      }
      if (!process.isAlive()) {
        int code = process.exitValue();
        boolean killed = signal != 0 && code == 128 + signal;
        described.setExit(
            Exit.newBuilder().setCode(killed ? -1 : code).setSignal(killed ? signal : 0));
      }
      return described.build();
    }
  }

  synchronized Process start(StartProcessRequest asked) throws IOException {
    StartProcessRequest request =
        asked.getId().isEmpty() ? asked.toBuilder().setId("p" + ++made).build() : asked;
    if (entries.containsKey(request.getId())) {
      throw Status.ALREADY_EXISTS.withDescription(request.getId()).asRuntimeException();
    }
    Entry entry = new Entry(request, builders.apply(request).start());
    entries.put(request.getId(), entry);
    keep(entry, 0, entry.process.getInputStream());
    keep(entry, 1, entry.process.getErrorStream());
    request.getInput().writeTo(entry.process.getOutputStream());
    entry.process.getOutputStream().flush();
    if (!request.getKeepInputOpen() && !request.hasTerminal()) {
      entry.process.getOutputStream().close();
    }
    return entry.describe();
  }

  private static void keep(Entry entry, int stream, InputStream in) {
    Thread.ofVirtual()
        .start(() -> {
          byte[] buffer = new byte[CHUNK_BYTES];
          try {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
              synchronized (entry) {
                entry.logs[stream].bytes.write(buffer, 0, count);
                entry.notifyAll();
              }
            }
          } catch (IOException _) {
            // It was killed.
          }
          synchronized (entry) {
            entry.logs[stream].closed = true;
            entry.notifyAll();
          }
        });
  }

  synchronized List<Process> list(ListProcessesRequest request) {
    List<Process> found = new ArrayList<>();
    for (Entry entry : entries.values()) {
      Process process = entry.describe();
      boolean labelled =
          process.getLabelsMap().entrySet().containsAll(request.getLabelsMap().entrySet());
      if (labelled && (process.getRunning() || !request.getRunningOnly())) {
        found.add(process);
      }
    }
    return found;
  }

  Process get(String id) {
    return entry(id).describe();
  }

  private synchronized Entry entry(String id) {
    Entry entry = entries.get(id);
    if (entry == null) {
      throw Status.NOT_FOUND.withDescription("process " + id + " is unknown").asRuntimeException();
    }
    return entry;
  }

  Process await(String id, long timeoutMillis) throws InterruptedException {
    Entry entry = entry(id);
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    while (entry.process.isAlive()) {
      if (Context.current().isCancelled() || timeoutMillis > 0 && System.nanoTime() > deadline) {
        throw Status.DEADLINE_EXCEEDED.asRuntimeException();
      }
      entry.process.waitFor(5, TimeUnit.MILLISECONDS);
    }
    return entry.describe();
  }

  void signal(SignalProcessRequest request) throws IOException, InterruptedException {
    Entry entry = entry(request.getId());
    if (entry.process.isAlive()) {
      entry.signal = request.getSignal();
    }
    boolean alone = request.getTarget() == SignalProcessRequest.Target.TARGET_PROCESS;
    if (!send(entry, request.getSignal(), alone)) {
      throw FakeFiles.failure(Status.NOT_FOUND, "ESRCH");
    }
  }

  /// Signals a process, or all of the session that it leads.
  private static boolean send(Entry entry, int signal, boolean alone)
      throws IOException, InterruptedException {
    String pid = Long.toString(entry.process.pid());
    List<String> command =
        alone ? List.of("kill", "-" + signal, pid) : List.of("pkill", "-" + signal, "-s", pid);
    return new ProcessBuilder(command).start().waitFor() == 0;
  }

  void write(String id, ByteString data, boolean close) {
    Entry entry = entry(id);
    try {
      if (!entry.process.isAlive()) {
        throw new IOException("it has ended");
      }
      data.writeTo(entry.process.getOutputStream());
      entry.process.getOutputStream().flush();
      if (close) {
        entry.process.getOutputStream().close();
      }
    } catch (IOException _) {
      throw FakeFiles.failure(Status.INTERNAL, "EPIPE");
    }
  }

  void read(ReadOutputRequest request, StreamObserver<OutputChunk> answer) {
    try {
      Entry entry = entry(request.getId());
      long[] offsets = {request.getStdoutOffset(), request.getStderrOffset()};
      boolean[] wanted = {
        request.getStream() != Stream.STREAM_STDERR, request.getStream() != Stream.STREAM_STDOUT
      };
      stream(entry, offsets, wanted, request.getFollow(), answer);
      answer.onCompleted();
    } catch (RuntimeException e) {
      answer.onError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      answer.onError(e);
    }
  }

  private static void stream(
      Entry entry,
      long[] offsets,
      boolean[] wanted,
      boolean follow,
      StreamObserver<OutputChunk> answer)
      throws InterruptedException {
    long drained = Long.MAX_VALUE;
    while (!Context.current().isCancelled()) {
      List<OutputChunk> chunks = new ArrayList<>();
      synchronized (entry) {
        boolean closed = true;
        for (int stream = 0; stream < offsets.length; stream++) {
          if (wanted[stream]) {
            chunk(entry, stream, offsets).ifPresent(chunks::add);
            closed &= entry.logs[stream].closed;
          }
        }
        boolean ended = !entry.process.isAlive();
        drained = ended ? Math.min(drained, System.currentTimeMillis() + DRAIN_MILLIS) : drained;
        if (chunks.isEmpty()) {
          if (!follow || ended && closed || System.currentTimeMillis() > drained) {
            return;
          }
          entry.wait(5);
        }
      }
      chunks.forEach(answer::onNext);
    }
  }

  private static java.util.Optional<OutputChunk> chunk(Entry entry, int stream, long[] offsets) {
    byte[] all = entry.logs[stream].bytes.toByteArray();
    if (offsets[stream] > all.length) {
      throw Status.ABORTED.withDescription("beyond the end").asRuntimeException();
    }
    if (offsets[stream] == all.length) {
      return java.util.Optional.empty();
    }
    int from = (int) offsets[stream];
    byte[] piece = Arrays.copyOfRange(all, from, Math.min(all.length, from + CHUNK_BYTES));
    offsets[stream] += piece.length;
    return java.util.Optional.of(
        OutputChunk.newBuilder()
            .setStream(stream == 0 ? Stream.STREAM_STDOUT : Stream.STREAM_STDERR)
            .setOffset(from)
            .setData(ByteString.copyFrom(piece))
            .build());
  }

  void resize(String id, Terminal terminal) {
    Entry entry = entry(id);
    if (entry.terminal == null || !entry.process.isAlive()) {
      throw Status.INVALID_ARGUMENT.withDescription("it has no terminal").asRuntimeException();
    }
    synchronized (entry) {
      entry.terminal = terminal;
    }
  }

  Process label(String id, Map<String, String> labels) {
    Entry entry = entry(id);
    synchronized (entry) {
      entry.labels.putAll(labels);
    }
    return entry.describe();
  }

  void remove(String id, boolean kill) throws InterruptedException {
    Entry entry = entry(id);
    if (!kill && entry.process.isAlive()) {
      throw FakeFiles.failure(Status.INTERNAL, "EBUSY");
    }
    end(entry);
    var _ = entry.process.waitFor();
    synchronized (this) {
      entries.remove(id);
    }
  }

  private static void end(Entry entry) {
    entry.signal = SIGKILL;
    entry.process.descendants().forEach(ProcessHandle::destroyForcibly);
    try {
      var _ = send(entry, SIGKILL, false);
    } catch (IOException _) {
      // Then it alone.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    entry.process.destroyForcibly();
  }

  @Override
  public synchronized void close() {
    entries.values().forEach(FakeProcesses::end);
    entries.clear();
  }
}
