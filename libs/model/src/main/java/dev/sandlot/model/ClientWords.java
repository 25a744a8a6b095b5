package dev.sandlot.model;

/// Words in messages by which published programs decide what to do: those of frameworks and agents
/// that drive a server of this contract. They compare with and without case, so the spelling counts
/// here; what follows the words is for people. The table in docs/errors.md names them.
///
/// "sandbox … not found" stands in no message about anything else: it makes callers give up one.
public final class ClientWords {
  private ClientWords() {}

  /// While a sandbox is on its way to another state. Callers wait and ask again.
  ///
  /// @param state the wire's word for where it is
  public static String stateChangeInProgress(String state) {
    // Some look for a capital letter, some for a small one.
    return "State change in progress: the sandbox is "
        + state
        + "; try again when this state change in progress is done";
  }

  /// For a sandbox that is not there. Callers make another one, or take a removal as done.
  ///
  /// @param why a clause for people
  public static String sandboxNotFound(String why) {
    return "Sandbox not found: " + why;
  }

  /// For a snapshot that is not there.
  ///
  /// @param why a clause for people
  public static String snapshotNotFound(String name, String why) {
    return "Snapshot " + name + " not found: " + why;
  }

  /// For a stop of what does not run. Callers take it as done.
  public static String alreadyStopped() {
    return "Sandbox is not started: it is already stopped";
  }

  /// For what cannot be done to a sandbox that has failed.
  public static String inErrorState() {
    return "Sandbox is in an errored state; recover or delete it";
  }

  /// For a name that another has. Callers take that one, or choose another name.
  public static String alreadyExists(String name) {
    return "Sandbox with name " + name + " already exists; choose another name or delete it first";
  }

  /// For a sandbox that nobody has room for. Callers try again later.
  ///
  /// @param why a clause for people
  public static String noRunner(String why) {
    return "No available runners: " + why;
  }

  /// For calls into a sandbox that does not run. Callers start it.
  public static String notRunning() {
    return "Sandbox is not running. Is the Sandbox started? If not, start it first";
  }

  /// For a credential that is none.
  ///
  /// @param what a clause for people
  public static String unauthorized(String what) {
    return "Unauthorized: " + what;
  }
}
