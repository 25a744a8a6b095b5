package dev.sandlot.toolbox.call;

/// Limits of one toolbox call.
///
/// @param bodyBytesMax of a JSON body
/// @param commandBytesMax of a command or a program
/// @param outputBytesMax of a command; it is ended when it writes more
/// @param outputInMemoryBytesMax of it in memory; a larger one goes to a temporary file
/// @param partialOutputBytesMax of it in the answer of a failure
/// @param pathBytesMax of a path
/// @param filesMax in one call
public record ToolboxLimits(
    int bodyBytesMax,
    int commandBytesMax,
    long outputBytesMax,
    int outputInMemoryBytesMax,
    int partialOutputBytesMax,
    int pathBytesMax,
    int filesMax) {
  /// The limits of a server.
  public static final ToolboxLimits STANDARD =
      new ToolboxLimits(8 << 20, 4_000_000, 64 << 20, 1 << 20, 64 << 10, 4_096, 10_000);
}
