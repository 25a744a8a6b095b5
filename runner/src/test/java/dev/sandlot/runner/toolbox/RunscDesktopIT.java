package dev.sandlot.runner.toolbox;

class RunscDesktopIT extends DesktopContract {
  @Override
  String engine() {
    return "runsc";
  }
}
