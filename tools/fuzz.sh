#!/usr/bin/env bash
# Gives the parsers of hostile bytes inputs that reach ever more of their code: ./dev fuzz [SECONDS] [TARGET...]
# SECONDS (60) are for all targets together. What was found to reach new code is kept in the cache for later runs; an
# input that ends in a crash is put beside it and named. Small ones to begin with are in fuzz/seeds.
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=versions.sh
source "$here/versions.sh"
for library in common toolchains; do
  # shellcheck disable=SC1090
  source "$here/lib/$library.sh"
done

# libFuzzer's targets, a program each in fuzz/targets.
NATIVE=(link_header agent_deframer shim_link)
# Jazzer's: the name, the module, and the class among its tests.
JVM=(
  "agent_answers libs/agent-client dev.sandlot.agentclient.link.AgentAnswersFuzz"
  "agent_frames libs/agent-client dev.sandlot.agentclient.link.AgentFramesFuzz"
  "git_output toolbox dev.sandlot.toolbox.git.GitOutputFuzz"
  "lsp_output toolbox dev.sandlot.toolbox.lsp.LspOutputFuzz"
  "multipart toolbox dev.sandlot.toolbox.files.MultipartFuzz"
  "dns runner dev.sandlot.runner.dns.DnsFuzz"
  "preview_host proxy dev.sandlot.proxy.access.PreviewHostFuzz"
)
# Code that is watched for what an input reaches: ours, and what parses for us.
WATCHED="dev.sandlot.**:com.google.gson.**:com.google.re2j.**:org.apache.commons.fileupload2.**:org.eclipse.lsp4j.**:org.xbill.DNS.**"
INPUT_BYTES_MAX=4096
KEPT=$SANDLOT_CACHE/fuzz

# As cargo-fuzz sets them for a stable compiler: coverage without a sanitizer.
COVERAGE=(-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing)

build_native() {
  have g++ || fail "A C++ compiler is missing, which builds libFuzzer. Run: ./dev setup fuzzer"
  (cd "$REPOSITORY/fuzz" && RUSTFLAGS="${COVERAGE[*]}" CARGO_TARGET_DIR="$KEPT/build" cargo build --release --locked --quiet)
}

build_jvm() {
  (cd "$REPOSITORY" && mvn --batch-mode --quiet -Dsandlot.quick -pl libs/agent-client,toolbox,runner,proxy -am test-compile \
    dependency:build-classpath -Dmdep.outputFile=target/fuzz-classpath -Dmdep.includeScope=test)
}

# run_native NAME SECONDS LIBFUZZER_ARGUMENT...
run_native() {
  "$KEPT/build/x86_64-unknown-linux-gnu/release/$1" -max_total_time="$2" "${@:3}"
}

# run_jvm NAME SECONDS LIBFUZZER_ARGUMENT...
run_jvm() {
  local row module class
  for row in "${JVM[@]}"; do [[ $row == "$1 "* ]] && read -r _ module class <<<"$row"; done
  local folder=$REPOSITORY/$module/target
  "$JAVA_HOME/bin/java" -Xmx1g -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED -XX:+EnableDynamicAgentLoading \
    -cp "$folder/classes:$folder/test-classes:$(<"$folder/fuzz-classpath")" com.code_intelligence.jazzer.Jazzer \
    --target_class="$class" --instrumentation_includes="$WATCHED" --keep_going=1 -max_total_time="$2" "${@:3}"
}

# fuzz KIND NAME SECONDS: a line about the target; false when it was brought to fail.
fuzz() {
  local kind=$1 name=$2 seconds=$3 log=$KEPT/$2.log status=0 runs
  local folder=$KEPT/corpus/$name seeds=$REPOSITORY/fuzz/seeds/$name
  mkdir -p "$folder" "$KEPT/findings/$name"
  "run_$kind" "$name" "$seconds" -max_len="$INPUT_BYTES_MAX" -timeout=10 -rss_limit_mb=3072 -print_final_stats=1 \
    -artifact_prefix="$KEPT/findings/$name/" "$folder" "$seeds" >"$log" 2>&1 || status=$?
  runs=$(awk '/stat::number_of_executed_units:/ { print $2 }' "$log")
  printf '%-15s %12s executions in %s s: %s\n' "$name" "${runs:-no}" "$seconds" "$([[ $status == 0 ]] && echo passed || echo FAILED)"
  if [[ $status != 0 ]]; then
    warn "$(grep -E 'Exception|ERROR|panicked|Test unit written|Reproducer' "$log" | head -n 20)"
    warn "All of it is in $log. An input that fails becomes a seed in fuzz/seeds/$name, and its cause a test."
  fi
  return "$status"
}

seconds=60
if [[ ${1:-} =~ ^[1-9][0-9]{0,5}$ ]]; then
  seconds=$1
  shift
fi
known=("${NATIVE[@]}")
for row in "${JVM[@]}"; do known+=("${row%% *}"); done
chosen=("$@")
((${#chosen[@]} > 0)) || chosen=("${known[@]}")
for name in "${chosen[@]}"; do
  [[ " ${known[*]} " == *" $name "* ]] || fail "There is no target \"$name\". The targets are: ${known[*]}."
done

require_java
require_maven
require_rust
mkdir -p "$KEPT"
build_native
build_jvm
each=$((seconds / ${#chosen[@]}))
((each > 0)) || each=1
passed=0 failed=0
for name in "${chosen[@]}"; do
  kind=jvm
  [[ " ${NATIVE[*]} " != *" $name "* ]] || kind=native
  if fuzz "$kind" "$name" "$each"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
printf '%s passed, %s failed\n' "$passed" "$failed"
((failed == 0))
