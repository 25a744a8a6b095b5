package dev.sandlot.runner.toolbox;

class RuncLspIT extends LspContract {
  @Override
  TestEngine engine() throws Exception {
    return TestEngine.runc();
  }
}
