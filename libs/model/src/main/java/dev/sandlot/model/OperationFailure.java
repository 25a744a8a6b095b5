package dev.sandlot.model;

import java.util.HashMap;
import java.util.Map;

/// An operation that was refused or failed, as its caller reads it, whatever protocol it speaks.
///
/// The message is a sentence that names what was wrong and says what would work. It never holds a
/// secret. Immutable.
public class OperationFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final ErrorCode errorCode;
  private final transient Map<String, Object> details;

  /// @param sentence for people
  public OperationFailure(ErrorCode errorCode, String sentence) {
    this(errorCode, sentence, Map.of());
  }

  /// @param sentence for people
  /// @param details what programs read besides: keys of the answer with their JSON values
  public OperationFailure(ErrorCode errorCode, String sentence, Map<String, ?> details) {
    super(sentence);
    this.errorCode = errorCode;
    this.details = Map.copyOf(details);
  }

  public static OperationFailure badRequest(String sentence) {
    return new OperationFailure(ErrorCode.BAD_REQUEST, sentence);
  }

  public static OperationFailure unauthorized(String sentence) {
    return new OperationFailure(ErrorCode.UNAUTHORIZED, sentence);
  }

  public static OperationFailure forbidden(String sentence) {
    return new OperationFailure(ErrorCode.FORBIDDEN, sentence);
  }

  public static OperationFailure notFound(String sentence) {
    return new OperationFailure(ErrorCode.NOT_FOUND, sentence);
  }

  public static OperationFailure conflict(String sentence) {
    return new OperationFailure(ErrorCode.CONFLICT, sentence);
  }

  /// For what cannot be done now, and probably can soon.
  public static OperationFailure unavailable(String sentence) {
    return new OperationFailure(ErrorCode.SERVICE_UNAVAILABLE, sentence);
  }

  public ErrorCode errorCode() {
    return errorCode;
  }

  /// The message; never null.
  public String sentence() {
    String message = getMessage();
    return message == null ? "" : message;
  }

  public Map<String, Object> details() {
    return details;
  }

  /// The same failure that programs read this of as well, unless they read another of that name.
  public OperationFailure with(String key, Object value) {
    return new OperationFailure(errorCode, sentence(), detailsWith(key, value));
  }

  /// The details with one more.
  protected final Map<String, Object> detailsWith(String key, Object value) {
    Map<String, Object> more = new HashMap<>(details);
    more.putIfAbsent(key, value);
    return more;
  }

  /// Failures are answers, not faults of ours: no stack trace is taken.
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
