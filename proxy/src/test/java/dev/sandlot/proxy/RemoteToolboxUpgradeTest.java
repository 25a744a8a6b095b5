package dev.sandlot.proxy;

/// WebSockets of a toolbox on another machine.
class RemoteToolboxUpgradeTest extends ToolboxUpgradeTest {
  @Override
  boolean remote() {
    return true;
  }
}
