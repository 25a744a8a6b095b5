package dev.sandlot.runner.toolbox.desktop;

class RuncDesktopIT extends DesktopContract {
  @Override
  String engine() {
    return "runc";
  }
}
