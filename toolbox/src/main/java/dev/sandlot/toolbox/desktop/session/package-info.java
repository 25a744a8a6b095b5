/// The programs behind a desktop: which run, how they are started and ended, how they are asked.
/// Entry type: {@link dev.sandlot.toolbox.desktop.session.DesktopSession}.
@NullMarked
package dev.sandlot.toolbox.desktop.session;

import org.jspecify.annotations.NullMarked;
