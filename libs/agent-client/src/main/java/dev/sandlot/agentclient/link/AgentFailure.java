package dev.sandlot.agentclient.link;

import java.util.Optional;

/// A call that the agent refused, or that could not reach it.
public final class AgentFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Kind kind;
  private final String errno;

  public AgentFailure(Kind kind, String errno, String message) {
    super(message);
    this.kind = kind;
    this.errno = errno;
  }

  public Kind kind() {
    return kind;
  }

  /// The system's error, "ENOENT"; empty when it was none of the system's.
  public Optional<String> errno() {
    return errno.isEmpty() ? Optional.empty() : Optional.of(errno);
  }

  /// Whether the system's error is this one.
  public boolean is(String name) {
    return errno.equals(name);
  }

  /// The agent's message, at most 1,000 printable characters; never null.
  public String sentence() {
    String message = getMessage();
    return message == null ? kind.name() : message;
  }

  /// As api/agent.proto groups them.
  public enum Kind {
    NOT_FOUND,
    PERMISSION_DENIED,
    ALREADY_EXISTS,
    INVALID_ARGUMENT,
    RESOURCE_EXHAUSTED,
    /// The answer would take more of this machine's memory than one sandbox may.
    TOO_LARGE,
    /// The answers of all sandboxes take too much of it at the moment.
    BUSY,
    ABORTED,
    /// The time given for the call is over.
    DEADLINE_EXCEEDED,
    /// The agent cannot be reached, or nothing listens on the port to be dialled.
    UNAVAILABLE,
    /// The agent is older than the call.
    UNIMPLEMENTED,
    /// Anything else, also an answer that breaks the protocol.
    INTERNAL
  }
}
