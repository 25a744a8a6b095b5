package dev.sandlot.runner.toolbox;

class FakeGitTest extends GitRefsContract {
  @Override
  TestEngine engine() throws Exception {
    return TestEngine.fake();
  }
}
