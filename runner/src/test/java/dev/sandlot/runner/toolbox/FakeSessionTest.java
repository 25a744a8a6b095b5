package dev.sandlot.runner.toolbox;

import dev.sandlot.runner.fake.FakeDriver;
import dev.sandlot.runtime.RuntimeDriver;
import java.nio.file.Files;

class FakeSessionTest extends SessionContract {
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

  @Override
  boolean real() {
    return false;
  }
}
