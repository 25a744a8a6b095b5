package dev.sandlot.runner.toolbox;

class RunscLspIT extends LspContract {
  @Override
  TestEngine engine() throws Exception {
    return TestEngine.runsc();
  }
}
