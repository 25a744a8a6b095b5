package dev.sandlot.proxy;

/// Traffic with servers in a sandbox on another machine.
class RemoteProxyTrafficTest extends ProxyTrafficTest {
  @Override
  boolean remote() {
    return true;
  }
}
