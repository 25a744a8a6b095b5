package dev.sandlot.runner.toolbox;

import dev.sandlot.runner.launcher.LauncherDriver;
import dev.sandlot.runner.launcher.TestLauncher;
import dev.sandlot.runtime.RuntimeDriver;

class RunscLspIT extends LspContract {
  @Override
  RuntimeDriver openDriver() throws Exception {
    return new LauncherDriver(TestLauncher.shared().socket(), "runsc");
  }

  @Override
  String image() throws Exception {
    return TestLauncher.shared().image();
  }

  @Override
  String user() {
    return "daytona";
  }

  @Override
  void closeDriver(RuntimeDriver opened) {
    ((LauncherDriver) opened).close();
  }
}
