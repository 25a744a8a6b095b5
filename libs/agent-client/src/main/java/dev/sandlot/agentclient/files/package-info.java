/// Files inside a sandbox, read and written as streams. Entry type: {@link
/// dev.sandlot.agentclient.files.AgentFiles}.
@NullMarked
package dev.sandlot.agentclient.files;

import org.jspecify.annotations.NullMarked;
