package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.runner.fake.FakeDriver;
import dev.sandlot.runtime.RuntimeDriver;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

class FakeToolboxTest extends ToolboxFilesContract {
  @Override
  RuntimeDriver openDriver() throws Exception {
    return new FakeDriver(Files.createTempDirectory("fake"));
  }

  @Override
  String image() {
    return FakeDriver.IMAGE;
  }

  @Override
  String user() {
    return "daytona";
  }

  @Override
  void closeDriver(RuntimeDriver opened) {
    ((FakeDriver) opened).close();
  }

  @Test
  void dialsAPortInBothDirections() throws Exception {
    assertThat(echo(3_000, "there and back")).isEqualTo("there and back");
  }
}
