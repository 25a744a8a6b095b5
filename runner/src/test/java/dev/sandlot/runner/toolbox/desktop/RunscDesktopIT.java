package dev.sandlot.runner.toolbox.desktop;

class RunscDesktopIT extends DesktopContract {
  @Override
  String engine() {
    return "runsc";
  }
}
