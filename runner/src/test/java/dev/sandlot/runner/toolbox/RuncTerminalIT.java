package dev.sandlot.runner.toolbox;

class RuncTerminalIT extends TerminalContract {
  @Override
  TestEngine engine() throws Exception {
    return TestEngine.runc();
  }
}
