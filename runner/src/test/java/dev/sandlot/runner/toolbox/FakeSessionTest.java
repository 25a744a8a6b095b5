package dev.sandlot.runner.toolbox;

class FakeSessionTest extends SessionContract {
  @Override
  TestEngine engine() throws Exception {
    return TestEngine.fake();
  }

  @Override
  boolean real() {
    return false;
  }
}
