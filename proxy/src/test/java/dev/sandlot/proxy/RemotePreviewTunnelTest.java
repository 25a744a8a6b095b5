package dev.sandlot.proxy;

/// WebSockets to servers in a sandbox on another machine.
class RemotePreviewTunnelTest extends PreviewTunnelTest {
  @Override
  boolean remote() {
    return true;
  }
}
