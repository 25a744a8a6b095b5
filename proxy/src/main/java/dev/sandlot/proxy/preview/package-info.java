/// Requests and WebSockets to servers inside sandboxes. Entry type: {@link
/// dev.sandlot.proxy.preview.PreviewForwarder}.
@NullMarked
package dev.sandlot.proxy.preview;

import org.jspecify.annotations.NullMarked;
