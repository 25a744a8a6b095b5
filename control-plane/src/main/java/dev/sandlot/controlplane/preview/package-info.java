/// Who may look into a sandbox through the proxy: preview and signed tokens. Entry type: {@link
/// dev.sandlot.controlplane.preview.Previews}, used by the proxy.
@NullMarked
package dev.sandlot.controlplane.preview;

import org.jspecify.annotations.NullMarked;
