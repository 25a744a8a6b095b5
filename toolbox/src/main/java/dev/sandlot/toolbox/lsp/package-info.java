/// Language servers of a sandbox (docs/contract/language-servers.md): agent processes that speak
/// the Language Server Protocol on their standard streams. Entry type: {@link
/// dev.sandlot.toolbox.lsp.LspRoutes}, for the toolbox. The servers' output is untrusted. The only
/// state here is the connections; see docs/adr/0009-language-servers.md.
@NullMarked
package dev.sandlot.toolbox.lsp;

import org.jspecify.annotations.NullMarked;
