package dev.sandlot.http;

import dev.sandlot.model.OperationFailure;
import java.util.Map;
import java.util.Optional;

/// A failure as HTTP answers it, and the failures that only HTTP has: of framing, upgrades, ranges.
/// What an operation fails by is an {@link OperationFailure}, which knows nothing of HTTP; {@link
/// #of} turns it into this. Each process writes it in its own shape ({@link FailureBody}).
public class HttpFailure extends OperationFailure {
  private static final long serialVersionUID = 1;

  private final int status;
  private final String code;
  private final transient Map<String, String> headers;

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
    super(ErrorAnswers.kind(status), message, details);
    this.status = status;
    this.code = code;
    this.headers = Map.copyOf(headers);
  }

  private HttpFailure(OperationFailure failure, ErrorAnswers.Answer answer) {
    super(failure.errorCode(), failure.sentence(), failure.details());
    this.status = answer.status();
    this.code = answer.code();
    this.headers = answer.headers();
  }

  /// How HTTP answers a failure.
  public static HttpFailure of(OperationFailure failure) {
    return failure instanceof HttpFailure own
        ? own
        : new HttpFailure(failure, ErrorAnswers.of(failure.errorCode()));
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

  @Override
  public HttpFailure with(String key, Object value) {
    return new HttpFailure(status, code, sentence(), headers, detailsWith(key, value));
  }

  public int status() {
    return status;
  }

  /// Empty when nothing finer than the status is known.
  public Optional<String> code() {
    return code.isEmpty() ? Optional.empty() : Optional.of(code);
  }

  public Map<String, String> headers() {
    return headers;
  }
}
