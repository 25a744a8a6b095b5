package dev.sandlot.runner.job;

/// A job has failed. The message is a sentence for the sandbox's owner.
public final class JobFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  public JobFailure(String message) {
    super(message);
  }

  public JobFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
