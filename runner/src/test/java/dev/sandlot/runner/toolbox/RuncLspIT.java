package dev.sandlot.runner.toolbox;

import dev.sandlot.runner.launcher.LauncherDriver;
import dev.sandlot.runner.launcher.TestLauncher;
import dev.sandlot.runtime.RuntimeDriver;

class RuncLspIT extends LspContract {
  @Override
  RuntimeDriver openDriver() throws Exception {
    return new LauncherDriver(TestLauncher.shared().socket(), "runc");
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
