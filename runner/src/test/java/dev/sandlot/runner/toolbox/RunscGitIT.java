package dev.sandlot.runner.toolbox;

class RunscGitIT extends GitSandboxContract {
  @Override
  TestEngine engine() throws Exception {
    return TestEngine.runsc();
  }
}
