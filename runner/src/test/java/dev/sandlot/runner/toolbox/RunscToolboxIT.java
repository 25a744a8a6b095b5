package dev.sandlot.runner.toolbox;

class RunscToolboxIT extends ToolboxSandboxContract {
  @Override
  TestEngine engine() throws Exception {
    return TestEngine.runsc();
  }
}
