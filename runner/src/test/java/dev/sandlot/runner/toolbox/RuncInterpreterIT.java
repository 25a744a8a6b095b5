package dev.sandlot.runner.toolbox;

class RuncInterpreterIT extends InterpreterContract {
  @Override
  TestEngine engine() throws Exception {
    return TestEngine.runc();
  }
}
