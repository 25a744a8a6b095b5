/// Drives sandboxes through the launcher, the one program with privileges on a host
/// (api/launcher.md). Entry type: {@link dev.sandlot.launcher.LauncherDriver}.
@NullMarked
package dev.sandlot.launcher;

import org.jspecify.annotations.NullMarked;
