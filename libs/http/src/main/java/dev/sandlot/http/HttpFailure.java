package dev.sandlot.http;

import java.util.Map;
import java.util.Optional;

/// A request that cannot be served, as the caller shall read it. Each process writes it in its own
/// shape ({@link FailureBody}).
///
/// The message is a sentence that names the field and says what would work. It never holds a
/// secret.
public class HttpFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int status;
  private final String code;
  private final transient Map<String, String> headers;
  private final transient Map<String, Object> details;

  /// @param status 400 to 599
  /// @param code what a program can tell the failure by, "FILE_NOT_FOUND"; empty: follows from the
  ///   status
  /// @param message for people
  public HttpFailure(int status, String code, String message) {
    this(status, code, message, Map.of(), Map.of());
  }

  /// @param headers sent with the answer
  /// @param details extra keys of the body
  public HttpFailure(
      int status,
      String code,
      String message,
      Map<String, String> headers,
      Map<String, Object> details) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = Map.copyOf(headers);
    this.details = Map.copyOf(details);
  }

  public static HttpFailure badRequest(String message) {
    return new HttpFailure(400, "", message);
  }

  public static HttpFailure unauthorized(String message) {
    return new HttpFailure(401, "", message);
  }

  public static HttpFailure forbidden(String message) {
    return new HttpFailure(403, "", message);
  }

  public static HttpFailure notFound(String message) {
    return new HttpFailure(404, "", message);
  }

  public static HttpFailure conflict(String message) {
    return new HttpFailure(409, "", message);
  }

  public int status() {
    return status;
  }

  /// Empty when nothing finer than the status is known.
  public Optional<String> code() {
    return code.isEmpty() ? Optional.empty() : Optional.of(code);
  }

  /// The message; never null.
  public String sentence() {
    String message = getMessage();
    return message == null ? "" : message;
  }

  public Map<String, String> headers() {
    return headers;
  }

  public Map<String, Object> details() {
    return details;
  }

  /// Failures are answers, not faults of ours: no stack trace is taken.
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
