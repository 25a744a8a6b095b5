package dev.sandlot.runner.toolbox;

class RunscTerminalIT extends TerminalContract {
  @Override
  TestEngine engine() throws Exception {
    return TestEngine.runsc();
  }
}
