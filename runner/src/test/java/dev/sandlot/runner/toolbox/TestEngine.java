package dev.sandlot.runner.toolbox;

import dev.sandlot.launcher.LauncherDriver;
import dev.sandlot.runner.fake.FakeDriver;
import dev.sandlot.runner.launcher.TestLauncher;
import dev.sandlot.runtime.RuntimeDriver;
import java.io.IOException;
import java.nio.file.Files;

/// The engine of a toolbox in a test, with an image.
record TestEngine(String name, RuntimeDriver driver, String image, Runnable closing)
    implements AutoCloseable {
  static TestEngine runsc() throws Exception {
    return launched("runsc");
  }

  static TestEngine runc() throws Exception {
    return launched("runc");
  }

  static TestEngine fake() throws IOException {
    FakeDriver driver = new FakeDriver(Files.createTempDirectory("fake"));
    return new TestEngine("fake", driver, FakeDriver.IMAGE, driver::close);
  }

  private static TestEngine launched(String engine) throws Exception {
    TestLauncher launcher = TestLauncher.shared();
    LauncherDriver driver = new LauncherDriver(launcher.socket(), engine);
    return new TestEngine(engine, driver, launcher.image(), driver::close);
  }

  @Override
  public void close() {
    closing.run();
  }
}
