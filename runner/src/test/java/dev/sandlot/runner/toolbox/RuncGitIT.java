package dev.sandlot.runner.toolbox;

class RuncGitIT extends GitSandboxContract {
  @Override
  TestEngine engine() throws Exception {
    return TestEngine.runc();
  }
}
