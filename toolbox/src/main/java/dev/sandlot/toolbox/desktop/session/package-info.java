/// The processes of a desktop: how they are started, ended and called. Entry type: {@link
/// dev.sandlot.toolbox.desktop.session.DesktopSession}.
@NullMarked
package dev.sandlot.toolbox.desktop.session;

import org.jspecify.annotations.NullMarked;
