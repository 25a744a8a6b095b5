/// Who may reach which port of which sandbox: what a request asks for, what it shows for that, and
/// what the directory says of it. Entry type: {@link dev.sandlot.proxy.access.Authorizer}.
@NullMarked
package dev.sandlot.proxy.access;

import org.jspecify.annotations.NullMarked;
