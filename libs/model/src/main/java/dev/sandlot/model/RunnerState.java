package dev.sandlot.model;

/// Whether a runner can take work (docs/contract/runners.md#health-and-placement).
public enum RunnerState {
  /// It has never reported.
  INITIALIZING("initializing"),
  /// It reports, and says that it can work.
  READY("ready"),
  /// It is silent, or says that it cannot work.
  UNRESPONSIVE("unresponsive");

  private final String wire;

  RunnerState(String wire) {
    this.wire = wire;
  }

  /// As the contract spells it.
  public String wire() {
    return wire;
  }
}
