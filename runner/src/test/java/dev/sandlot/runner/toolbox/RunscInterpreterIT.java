package dev.sandlot.runner.toolbox;

class RunscInterpreterIT extends InterpreterContract {
  @Override
  TestEngine engine() throws Exception {
    return TestEngine.runsc();
  }
}
