# Runs the program that comes on descriptor 3, or on standard input from an older agent, from a file in the folder $0.
folder=$0
mkdir -m 700 "$folder" || exit 1
{ cat <&3 || cat; } >"$folder/main.ts" 2>/dev/null || exit 1
exec 3<&-
set -- --transpile-only --ignore-diagnostics 5107 --compiler-options '{"module":"CommonJS"}' "$folder/main.ts" "$@"
if command -v ts-node >/dev/null 2>&1; then set -- ts-node "$@"; else set -- npx --yes ts-node "$@"; fi
"$@" </dev/null
status=$?
rm -rf "$folder"
exit $status
