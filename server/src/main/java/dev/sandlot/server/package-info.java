/// The all-in-one: every Java role in one process, wired by hand. Entry: {@link
/// dev.sandlot.server.Main}. Nobody calls it; it may call every module's public types.
@NullMarked
package dev.sandlot.server;

import org.jspecify.annotations.NullMarked;
