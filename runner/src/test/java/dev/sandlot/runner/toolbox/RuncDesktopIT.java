package dev.sandlot.runner.toolbox;

class RuncDesktopIT extends DesktopContract {
  @Override
  String engine() {
    return "runc";
  }
}
