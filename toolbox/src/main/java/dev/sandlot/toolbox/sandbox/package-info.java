/// A sandbox that runs on this machine, as the toolbox sees it. Entry type: {@link
/// dev.sandlot.toolbox.sandbox.RunningSandbox}.
@NullMarked
package dev.sandlot.toolbox.sandbox;

import org.jspecify.annotations.NullMarked;
