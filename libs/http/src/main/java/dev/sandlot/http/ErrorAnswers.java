package dev.sandlot.http;

import dev.sandlot.model.ErrorCode;
import java.util.Map;

/// What each kind of failure is over HTTP: the only place that knows. A new kind does not compile
/// without its row.
final class ErrorAnswers {
  private static final Map<String, String> SOON = Map.of("Retry-After", "1");

  private ErrorAnswers() {}

  /// @param status 400 to 599
  /// @param code what clients read as the answer's `code`
  /// @param headers sent besides
  record Answer(int status, String code, Map<String, String> headers) {}

  static Answer of(ErrorCode error) {
    return switch (error) {
      case BAD_REQUEST,
          INVALID_REQUEST_BODY,
          INVALID_FILE_PATH,
          LSP_SERVER_NOT_INITIALIZED,
          A11Y_INVALID_REQUEST,
          A11Y_INVALID_SCOPE,
          A11Y_ACTION_NOT_SUPPORTED ->
          answer(400, error);
      case UNAUTHORIZED, GIT_AUTH_FAILED -> answer(401, error);
      case FORBIDDEN, FILE_ACCESS_DENIED -> answer(403, error);
      case NOT_FOUND,
          FILE_NOT_FOUND,
          GIT_REPO_NOT_FOUND,
          GIT_BRANCH_NOT_FOUND,
          A11Y_NODE_NOT_FOUND,
          A11Y_NO_ACCESSIBLE_ROOT ->
          answer(404, error);
      // The Java client repeats a call that was answered 408, unless told to wait.
      case REQUEST_TIMEOUT, PROCESS_EXECUTION_TIMEOUT -> new Answer(408, error.name(), SOON);
      case CONFLICT,
          GIT_PUSH_REJECTED,
          GIT_BRANCH_EXISTS,
          GIT_MERGE_CONFLICT,
          GIT_DIRTY_WORKTREE,
          RECORDING_STILL_ACTIVE ->
          answer(409, error);
      case GONE, SESSION_ENDED, COMMAND_ALREADY_COMPLETED -> answer(410, error);
      // The contract has no code for these two.
      case PRECONDITION_FAILED -> new Answer(412, ErrorCode.BAD_REQUEST.name(), Map.of());
      case TOO_LARGE -> new Answer(413, ErrorCode.BAD_REQUEST.name(), Map.of());
      case UNPROCESSABLE_ENTITY, GIT_REMOTE_REJECTED -> answer(422, error);
      case TOO_MANY_REQUESTS -> answer(429, error);
      case INTERNAL_SERVER_ERROR, FILE_READ_FAILED, A11Y_INTERNAL -> answer(500, error);
      case NOT_IMPLEMENTED -> answer(501, error);
      case BAD_GATEWAY, GIT_TRANSPORT_FAILED -> answer(502, error);
      case SERVICE_UNAVAILABLE, A11Y_UNAVAILABLE, RECORDING_FFMPEG_NOT_FOUND -> answer(503, error);
      case BUSY -> new Answer(503, ErrorCode.SERVICE_UNAVAILABLE.name(), SOON);
      case A11Y_BUSY -> new Answer(503, ErrorCode.A11Y_UNAVAILABLE.name(), SOON);
      case GATEWAY_TIMEOUT -> answer(504, error);
    };
  }

  /// The other way round, for what only HTTP can fail by.
  static ErrorCode kind(int status) {
    return switch (status) {
      case 401 -> ErrorCode.UNAUTHORIZED;
      case 403 -> ErrorCode.FORBIDDEN;
      case 404 -> ErrorCode.NOT_FOUND;
      case 408 -> ErrorCode.REQUEST_TIMEOUT;
      case 409 -> ErrorCode.CONFLICT;
      case 410 -> ErrorCode.GONE;
      case 412 -> ErrorCode.PRECONDITION_FAILED;
      case 413 -> ErrorCode.TOO_LARGE;
      case 422 -> ErrorCode.UNPROCESSABLE_ENTITY;
      case 429 -> ErrorCode.TOO_MANY_REQUESTS;
      case 501 -> ErrorCode.NOT_IMPLEMENTED;
      case 502 -> ErrorCode.BAD_GATEWAY;
      case 503 -> ErrorCode.SERVICE_UNAVAILABLE;
      case 504 -> ErrorCode.GATEWAY_TIMEOUT;
      default -> status < 500 ? ErrorCode.BAD_REQUEST : ErrorCode.INTERNAL_SERVER_ERROR;
    };
  }

  private static Answer answer(int status, ErrorCode error) {
    return new Answer(status, error.name(), Map.of());
  }
}
