package dev.sandlot.toolbox.call;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.http.HttpFailure;
import java.util.HashMap;
import java.util.Map;

/// The failures of toolbox calls as HTTP answers (docs/contract/transport.md).
public final class ToolboxFailures {
  private ToolboxFailures() {}

  public static HttpFailure badRequest(String sentence) {
    return new HttpFailure(400, "BAD_REQUEST", "bad request: " + sentence);
  }

  public static HttpFailure invalidBody(String sentence) {
    return new HttpFailure(400, "INVALID_REQUEST_BODY", "invalid body request: " + sentence);
  }

  public static HttpFailure notFound(String sentence) {
    return new HttpFailure(404, "NOT_FOUND", "not found: " + sentence);
  }

  public static HttpFailure invalidPath(String sentence) {
    return new HttpFailure(400, "INVALID_FILE_PATH", "bad request: " + sentence);
  }

  /// A call that the contract has and this build does not serve.
  public static HttpFailure notBuilt(String operation) {
    return new HttpFailure(
        501, "NOT_IMPLEMENTED", "not implemented: this build does not serve " + operation + " yet");
  }

  /// A command that ran into its timeout. The Java client repeats a call answered 408 at once,
  /// unless `Retry-After` makes it wait.
  public static HttpFailure timedOut(String partialOutput) {
    return new HttpFailure(
        408,
        "PROCESS_EXECUTION_TIMEOUT",
        "request timeout: command execution timeout",
        Map.of("Retry-After", "1"),
        Map.of("partialOutput", partialOutput));
  }

  public static HttpFailure tooMuchOutput(long bytesMax, String partialOutput) {
    return new HttpFailure(
        422,
        "UNPROCESSABLE_ENTITY",
        "unprocessable entity: the command wrote more than "
            + bytesMax
            + " bytes and was ended; redirect its output to a file and download that",
        Map.of(),
        Map.of("partialOutput", partialOutput));
  }

  /// A failure of the agent in a call that is not about a file.
  public static HttpFailure of(AgentFailure failure) {
    if (failure.is("ENOMEM")) {
      return badRequest(
          "the sandbox has no memory left for this; end some of its processes, or use a sandbox"
              + " with more memory");
    }
    return switch (failure.kind()) {
      case NOT_FOUND -> notFound(failure.sentence());
      case PERMISSION_DENIED ->
          new HttpFailure(403, "FORBIDDEN", "forbidden: " + failure.sentence());
      case ALREADY_EXISTS, ABORTED ->
          new HttpFailure(409, "CONFLICT", "conflict: " + failure.sentence());
      case INVALID_ARGUMENT, RESOURCE_EXHAUSTED -> badRequest(failure.sentence());
      case TOO_LARGE ->
          new HttpFailure(
              422, "UNPROCESSABLE_ENTITY", "unprocessable entity: " + failure.sentence());
      case BUSY ->
          new HttpFailure(
              503,
              "SERVICE_UNAVAILABLE",
              "service unavailable: " + failure.sentence(),
              Map.of("Retry-After", "1"),
              Map.of());
      case DEADLINE_EXCEEDED ->
          new HttpFailure(504, "GATEWAY_TIMEOUT", "the sandbox does not answer in time");
      case UNAVAILABLE ->
          new HttpFailure(502, "BAD_GATEWAY", "the sandbox does not answer; is it still running?");
      case UNIMPLEMENTED ->
          new HttpFailure(
              501, "NOT_IMPLEMENTED", "not implemented: restart the sandbox to update its agent");
      case INTERNAL ->
          new HttpFailure(
              500, "INTERNAL_SERVER_ERROR", "internal server error: " + failure.sentence());
    };
  }

  /// A failure of the agent in a call about a file.
  ///
  /// @param path as the caller gave it
  public static HttpFailure of(AgentFailure failure, String path) {
    if (failure.is("EISDIR")) {
      return invalidPath(path + " is a directory");
    }
    if (failure.is("ENOTDIR")) {
      return invalidPath("a part of " + path + " that should be a directory is none");
    }
    if (failure.is("ENOSPC") || failure.is("EDQUOT")) {
      return badRequest(
          "no space left on the sandbox's disk for "
              + path
              + "; delete files or use a larger disk");
    }
    return switch (failure.kind()) {
      case NOT_FOUND -> new HttpFailure(404, "FILE_NOT_FOUND", "file not found: " + path);
      case PERMISSION_DENIED ->
          new HttpFailure(403, "FILE_ACCESS_DENIED", "forbidden: access denied: " + path);
      case ALREADY_EXISTS -> new HttpFailure(409, "CONFLICT", "conflict: " + path + " exists");
      case INVALID_ARGUMENT -> invalidPath(path + ": " + failure.sentence());
      case RESOURCE_EXHAUSTED -> badRequest(path + ": " + failure.sentence());
      case INTERNAL ->
          new HttpFailure(
              500,
              "FILE_READ_FAILED",
              "internal server error: " + path + ": " + failure.sentence());
      case ABORTED, DEADLINE_EXCEEDED, UNAVAILABLE, UNIMPLEMENTED, TOO_LARGE, BUSY -> of(failure);
    };
  }

  /// The same failure with its sentence under the key `error` too, where clients of v0.190.0 read
  /// it.
  public static HttpFailure withError(HttpFailure failure) {
    Map<String, Object> details = new HashMap<>(failure.details());
    details.putIfAbsent("error", failure.sentence());
    return new HttpFailure(
        failure.status(),
        failure.code().orElse(""),
        failure.sentence(),
        failure.headers(),
        details);
  }
}
