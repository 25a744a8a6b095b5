package dev.sandlot.agentclient.process;

import com.google.protobuf.UnsafeByteOperations;
import dev.sandlot.agent.v1.StartProcessRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// A process to be started that lives on when its caller leaves. Unless something else is said it
/// has no input, two streams, no terminal and no time limit. Used by one thread.
public final class ProcessStart {
  private final StartProcessRequest.Builder request = StartProcessRequest.newBuilder();

  private ProcessStart(String id, List<String> command) {
    request.setId(id).addAllCommand(command);
  }

  /// @param id by which it is found again, `[A-Za-z0-9_.:-]{1,128}`; empty: the agent makes one
  /// @param command program and arguments; a name without a slash is looked up in PATH
  public static ProcessStart of(String id, List<String> command) {
    return new ProcessStart(id, command);
  }

  /// What it reads first, at most {@link ProcessRequest#INPUT_BYTES_MAX}.
  public ProcessStart input(byte[] bytes) {
    if (bytes.length > ProcessRequest.INPUT_BYTES_MAX) {
      throw new IllegalArgumentException(
          "the input is larger than " + ProcessRequest.INPUT_BYTES_MAX + " bytes");
    }
    request.setInput(UnsafeByteOperations.unsafeWrap(bytes));
    return this;
  }

  /// Its standard input stays open for {@link AgentProcesses#write}.
  public ProcessStart keepInputOpen() {
    request.setKeepInputOpen(true);
    return this;
  }

  /// What it is given comes on this descriptor, and standard input is `/dev/null`. An agent of an
  /// older build gives it on standard input all the same.
  ///
  /// @param number 3 to 255
  public ProcessStart inputDescriptor(int number) {
    request.setInputDescriptor(number);
    return this;
  }

  /// Variables on top of the sandbox's.
  public ProcessStart environment(Map<String, String> variables) {
    request.putAllEnvironment(variables);
    return this;
  }

  /// @param path relative ones are below the sandbox's working directory
  public ProcessStart workingDirectory(String path) {
    request.setWorkingDirectory(path);
    return this;
  }

  /// Somebody else than the sandbox's user.
  public ProcessStart user(String name) {
    request.setUser(name);
    return this;
  }

  /// Standard error goes where standard output goes.
  public ProcessStart mergeStreams() {
    request.setMergeOutput(true);
    return this;
  }

  /// A terminal of its own is its input and output.
  public ProcessStart terminal(TerminalSize size) {
    request.setTerminal(AgentProcesses.message(size));
    return this;
  }

  /// By which it is listed; at most 32 in all, values of at most 4,096 bytes.
  public ProcessStart label(String name, String value) {
    request.putLabels(name, value);
    return this;
  }

  /// How much of each stream is kept on the sandbox's disk, the newest; 16 MiB if nothing is said.
  public ProcessStart keepBytes(long bytesMax) {
    request.setLogLimitBytes(bytesMax);
    return this;
  }

  /// It is one of the platform's own programs, which variables of the sandbox's user do not lead
  /// elsewhere.
  public ProcessStart platform() {
    request.setPlatform(true);
    return this;
  }

  /// When it ends, all that descends from it is killed.
  public ProcessStart endDescendants() {
    request.setEndDescendants(true);
    return this;
  }

  /// It is killed with all that descends from it when this is over.
  public ProcessStart timeLimit(Duration limit) {
    request.setTimeoutMs(limit.toMillis());
    return this;
  }

  StartProcessRequest request() {
    return request.build();
  }
}
