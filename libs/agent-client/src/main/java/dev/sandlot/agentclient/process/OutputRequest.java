package dev.sandlot.agentclient.process;

/// Which output of a process is wanted.
///
/// @param output whether standard output, or the terminal
/// @param error whether standard error
/// @param outputOffset of the first byte wanted; what is no longer kept is left out
/// @param errorOffset the same for standard error
/// @param follow also what the process writes from now on, until it has ended
public record OutputRequest(
    boolean output, boolean error, long outputOffset, long errorOffset, boolean follow) {
  public OutputRequest {
    if (!output && !error) {
      throw new IllegalArgumentException("one of the streams must be wanted");
    }
    if (outputOffset < 0 || errorOffset < 0) {
      throw new IllegalArgumentException("an offset is 0 or more");
    }
  }

  /// Both streams from their beginnings.
  public static OutputRequest all(boolean follow) {
    return new OutputRequest(true, true, 0, 0, follow);
  }

  /// Standard output, or the terminal, from an offset on.
  public static OutputRequest output(long offset, boolean follow) {
    return new OutputRequest(true, false, offset, 0, follow);
  }
}
