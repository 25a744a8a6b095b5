package dev.sandlot.controlplane.platform;

/// Where clients reach the other parts of this deployment.
///
/// @param proxyTemplate a preview's URL with `{{PORT}}` and `{{sandboxId}}` in it, "http://…:4000"
/// @param toolbox the base of toolbox calls, without a slash at its end
/// @param dashboard the web pages
public record Addresses(String proxyTemplate, String toolbox, String dashboard) {
  public Addresses {
    if (!proxyTemplate.contains("{{PORT}}") || !proxyTemplate.contains("{{sandboxId}}")) {
      throw new IllegalArgumentException(
          "the preview address must hold {{PORT}} and {{sandboxId}}, such as"
              + " http://{{PORT}}-{{sandboxId}}.proxy.localhost:4000");
    }
    if (toolbox.endsWith("/")) {
      throw new IllegalArgumentException("the toolbox address must not end with a slash");
    }
  }

  /// A port of a sandbox.
  ///
  /// @param name the sandbox's id or a signed token
  public String preview(int port, String name) {
    return proxyTemplate.replace("{{PORT}}", Integer.toString(port)).replace("{{sandboxId}}", name);
  }
}
