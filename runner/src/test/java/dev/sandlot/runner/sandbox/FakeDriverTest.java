package dev.sandlot.runner.sandbox;

import dev.sandlot.runner.fake.FakeDriver;
import dev.sandlot.runtime.RuntimeDriver;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.AfterEach;

class FakeDriverTest extends RuntimeDriverContract {
  private final FakeDriver driver = new FakeDriver(Files.createTempDirectory("fake"));

  FakeDriverTest() throws IOException {}

  @Override
  RuntimeDriver driver() {
    return driver;
  }

  @Override
  String image() {
    return FakeDriver.IMAGE;
  }

  @Override
  String user() {
    return "";
  }

  @AfterEach
  void close() {
    driver.close();
  }
}
