/// Lists, reads, writes, searches and changes a sandbox's files. Entry type: {@link
/// dev.sandlot.toolbox.files.FileEndpoints}.
@NullMarked
package dev.sandlot.toolbox.files;

import org.jspecify.annotations.NullMarked;
