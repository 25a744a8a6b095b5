package dev.sandlot.agentclient.process;

/// The size of a terminal in cells.
public record TerminalSize(int columns, int rows) {
  /// The agent's limit for either.
  public static final int SIDE_MAX = 1_000;

  public TerminalSize {
    if (columns < 1 || columns > SIDE_MAX || rows < 1 || rows > SIDE_MAX) {
      throw new IllegalArgumentException(
          "a terminal has 1 to " + SIDE_MAX + " columns and rows: " + columns + " x " + rows);
    }
  }
}
