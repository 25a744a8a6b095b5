package dev.sandlot.runner.toolbox;

class RuncSessionIT extends SessionContract {
  @Override
  TestEngine engine() throws Exception {
    return TestEngine.runc();
  }
}
