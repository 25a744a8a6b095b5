package dev.sandlot.runner.toolbox;

class RuncToolboxIT extends ToolboxSandboxContract {
  @Override
  TestEngine engine() throws Exception {
    return TestEngine.runc();
  }
}
