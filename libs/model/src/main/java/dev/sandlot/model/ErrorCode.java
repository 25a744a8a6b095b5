package dev.sandlot.model;

/// What can go wrong with an operation, as far as callers can tell failures apart. How each is
/// answered over HTTP says one table, `ErrorAnswers` in `libs/http`; clients read most of these
/// names as the `code` of an answer.
public enum ErrorCode {
  /// What was asked for makes no sense, or not for this resource as it is.
  BAD_REQUEST,
  INVALID_REQUEST_BODY,
  INVALID_FILE_PATH,
  LSP_SERVER_NOT_INITIALIZED,
  A11Y_INVALID_REQUEST,
  A11Y_INVALID_SCOPE,
  A11Y_ACTION_NOT_SUPPORTED,

  /// The caller is not known, or is of another kind.
  UNAUTHORIZED,
  GIT_AUTH_FAILED,

  /// The caller is known and may not.
  FORBIDDEN,
  FILE_ACCESS_DENIED,

  /// There is no such thing, or not for this caller.
  NOT_FOUND,
  FILE_NOT_FOUND,
  GIT_REPO_NOT_FOUND,
  GIT_BRANCH_NOT_FOUND,
  A11Y_NODE_NOT_FOUND,
  A11Y_NO_ACCESSIBLE_ROOT,

  /// It took longer than it may.
  REQUEST_TIMEOUT,
  PROCESS_EXECUTION_TIMEOUT,

  /// The resource is in a state, or has a name, that does not allow it.
  CONFLICT,
  GIT_PUSH_REJECTED,
  GIT_BRANCH_EXISTS,
  GIT_MERGE_CONFLICT,
  GIT_DIRTY_WORKTREE,
  RECORDING_STILL_ACTIVE,

  /// It was there, and has ended.
  GONE,
  SESSION_ENDED,
  COMMAND_ALREADY_COMPLETED,

  /// The caller's condition on the resource does not hold.
  PRECONDITION_FAILED,

  /// What was sent is too large to be taken.
  TOO_LARGE,

  /// Understood, and cannot be done: a limit is reached, or what is needed is not there.
  UNPROCESSABLE_ENTITY,
  GIT_REMOTE_REJECTED,

  /// The caller asks too often.
  TOO_MANY_REQUESTS,

  /// A fault of ours.
  INTERNAL_SERVER_ERROR,
  FILE_READ_FAILED,
  A11Y_INTERNAL,

  /// This build does not have it.
  NOT_IMPLEMENTED,

  /// Whoever is behind us failed: the sandbox, or a remote it speaks to.
  BAD_GATEWAY,
  GIT_TRANSPORT_FAILED,

  /// It cannot be done now.
  SERVICE_UNAVAILABLE,
  A11Y_UNAVAILABLE,
  RECORDING_FFMPEG_NOT_FOUND,

  /// It cannot be done at this moment, and can in the next: callers try again at once.
  BUSY,
  A11Y_BUSY,

  /// Whoever is behind us did not answer in time.
  GATEWAY_TIMEOUT;

  /// Whether the call was refused for what it asks: the same call will be refused again. Otherwise
  /// it failed, and it is not for its caller to mend.
  public boolean isRefusal() {
    return switch (this) {
      case INTERNAL_SERVER_ERROR,
          FILE_READ_FAILED,
          A11Y_INTERNAL,
          NOT_IMPLEMENTED,
          BAD_GATEWAY,
          GIT_TRANSPORT_FAILED,
          SERVICE_UNAVAILABLE,
          A11Y_UNAVAILABLE,
          RECORDING_FFMPEG_NOT_FOUND,
          BUSY,
          A11Y_BUSY,
          GATEWAY_TIMEOUT ->
          false;
      default -> true;
    };
  }
}
