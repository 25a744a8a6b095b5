package dev.sandlot.runner.toolbox;

class FakeTerminalTest extends TerminalContract {
  @Override
  TestEngine engine() throws Exception {
    return TestEngine.fake();
  }

  @Override
  boolean real() {
    return false;
  }
}
