package dev.sandlot.runner.sandbox;

import dev.sandlot.launcher.LauncherDriver;
import dev.sandlot.runner.launcher.TestLauncher;
import dev.sandlot.runtime.RuntimeDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

class RuncDriverIT extends RuntimeDriverContract {
  private LauncherDriver driver;
  private String image;

  @BeforeEach
  void start() throws Exception {
    TestLauncher launcher = TestLauncher.shared();
    driver = new LauncherDriver(launcher.socket(), "runc");
    image = launcher.image();
  }

  @Override
  RuntimeDriver driver() {
    return driver;
  }

  @Override
  String image() {
    return image;
  }

  @Override
  String user() {
    return "daytona";
  }

  @AfterEach
  void close() {
    driver.close();
  }
}
