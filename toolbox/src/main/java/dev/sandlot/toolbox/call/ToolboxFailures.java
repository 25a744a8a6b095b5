package dev.sandlot.toolbox.call;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import java.util.Map;

/// The failures of toolbox calls as HTTP answers (docs/contract/transport.md).
public final class ToolboxFailures {
  private ToolboxFailures() {}

  public static OperationFailure badRequest(String sentence) {
    return new OperationFailure(ErrorCode.BAD_REQUEST, "bad request: " + sentence);
  }

  public static OperationFailure invalidBody(String sentence) {
    return new OperationFailure(
        ErrorCode.INVALID_REQUEST_BODY, "invalid body request: " + sentence);
  }

  public static OperationFailure notFound(String sentence) {
    return new OperationFailure(ErrorCode.NOT_FOUND, "not found: " + sentence);
  }

  public static OperationFailure invalidPath(String sentence) {
    return new OperationFailure(ErrorCode.INVALID_FILE_PATH, "bad request: " + sentence);
  }

  /// A call that the contract has and this build does not serve.
  public static OperationFailure notBuilt(String operation) {
    return new OperationFailure(
        ErrorCode.NOT_IMPLEMENTED,
        "not implemented: this build does not serve " + operation + " yet");
  }

  /// A command that ran into its timeout. The Java client repeats a call answered 408 at once,
  /// unless `Retry-After` makes it wait.
  public static OperationFailure timedOut(String partialOutput) {
    return new OperationFailure(
        ErrorCode.PROCESS_EXECUTION_TIMEOUT,
        "request timeout: command execution timeout",
        Map.of("partialOutput", partialOutput));
  }

  public static OperationFailure tooMuchOutput(long bytesMax, String partialOutput) {
    return new OperationFailure(
        ErrorCode.UNPROCESSABLE_ENTITY,
        "unprocessable entity: the command wrote more than "
            + bytesMax
            + " bytes and was ended; redirect its output to a file and download that",
        Map.of("partialOutput", partialOutput));
  }

  /// A failure of the agent in a call that is not about a file.
  public static OperationFailure of(AgentFailure failure) {
    if (failure.is("ENOMEM")) {
      return badRequest(
          "the sandbox has no memory left for this; end some of its processes, or use a sandbox"
              + " with more memory");
    }
    return switch (failure.kind()) {
      case NOT_FOUND -> notFound(failure.sentence());
      case PERMISSION_DENIED ->
          new OperationFailure(ErrorCode.FORBIDDEN, "forbidden: " + failure.sentence());
      case ALREADY_EXISTS, ABORTED ->
          new OperationFailure(ErrorCode.CONFLICT, "conflict: " + failure.sentence());
      case INVALID_ARGUMENT, RESOURCE_EXHAUSTED -> badRequest(failure.sentence());
      case TOO_LARGE ->
          new OperationFailure(
              ErrorCode.UNPROCESSABLE_ENTITY, "unprocessable entity: " + failure.sentence());
      case BUSY ->
          new OperationFailure(ErrorCode.BUSY, "service unavailable: " + failure.sentence());
      case DEADLINE_EXCEEDED ->
          new OperationFailure(ErrorCode.GATEWAY_TIMEOUT, "the sandbox does not answer in time");
      case UNAVAILABLE ->
          new OperationFailure(
              ErrorCode.BAD_GATEWAY, "the sandbox does not answer; is it still running?");
      case UNIMPLEMENTED ->
          new OperationFailure(
              ErrorCode.NOT_IMPLEMENTED,
              "not implemented: restart the sandbox to update its agent");
      case INTERNAL ->
          new OperationFailure(
              ErrorCode.INTERNAL_SERVER_ERROR, "internal server error: " + failure.sentence());
    };
  }

  /// A failure of the agent in a call about a file.
  ///
  /// @param path as the caller gave it
  public static OperationFailure of(AgentFailure failure, String path) {
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
      case NOT_FOUND -> new OperationFailure(ErrorCode.FILE_NOT_FOUND, "file not found: " + path);
      case PERMISSION_DENIED ->
          new OperationFailure(ErrorCode.FILE_ACCESS_DENIED, "forbidden: access denied: " + path);
      case ALREADY_EXISTS ->
          new OperationFailure(ErrorCode.CONFLICT, "conflict: " + path + " exists");
      case INVALID_ARGUMENT -> invalidPath(path + ": " + failure.sentence());
      case RESOURCE_EXHAUSTED -> badRequest(path + ": " + failure.sentence());
      case INTERNAL ->
          new OperationFailure(
              ErrorCode.FILE_READ_FAILED,
              "internal server error: " + path + ": " + failure.sentence());
      case ABORTED, DEADLINE_EXCEEDED, UNAVAILABLE, UNIMPLEMENTED, TOO_LARGE, BUSY -> of(failure);
    };
  }

  /// The same failure with its sentence under the key `error` too, where clients of v0.190.0 read
  /// it.
  public static OperationFailure withError(OperationFailure failure) {
    return failure.with("error", failure.sentence());
  }
}
