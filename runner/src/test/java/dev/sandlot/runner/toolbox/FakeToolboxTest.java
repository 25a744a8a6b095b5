package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FakeToolboxTest extends ToolboxFilesContract {
  @Override
  TestEngine engine() throws Exception {
    return TestEngine.fake();
  }

  @Test
  void dialsAPortInBothDirections() throws Exception {
    assertThat(echo(3_000, "there and back")).isEqualTo("there and back");
  }
}
