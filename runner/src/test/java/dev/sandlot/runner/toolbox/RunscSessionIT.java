package dev.sandlot.runner.toolbox;

class RunscSessionIT extends SessionContract {
  @Override
  TestEngine engine() throws Exception {
    return TestEngine.runsc();
  }
}
