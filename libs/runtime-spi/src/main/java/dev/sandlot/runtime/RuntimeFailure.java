package dev.sandlot.runtime;

/// An operation of a driver that failed. The message is a sentence for the sandbox's owner or the
/// operator and holds no secret.
public final class RuntimeFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Kind kind;

  public RuntimeFailure(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public RuntimeFailure(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }

  /// The message; never null.
  public String sentence() {
    String message = getMessage();
    return message == null ? kind.name() : message;
  }

  /// What went wrong.
  public enum Kind {
    /// The request is invalid.
    INVALID,
    /// This user may not use the driver.
    FORBIDDEN,
    /// No such image, disk or sandbox.
    NOT_FOUND,
    /// Another one has this name.
    EXISTS,
    /// The disk pool is full.
    NO_SPACE,
    /// The machine has no room for more sandboxes.
    CAPACITY,
    /// The engine failed; its error is in the message.
    ENGINE,
    /// A fault of the driver.
    INTERNAL,
    /// The driver cannot be reached just now.
    UNAVAILABLE
  }
}
