#!/usr/bin/env bash
# matrix.sh runs the same things on two versions of the engine: the one that is installed,
# and the newest that Debian offers (sid's package, unpacked into a folder that is removed
# at the end: nothing gets installed). Every run must have the same digest on both, and the
# engine's test suite must pass on both. It wants Debian, and the network.
#
#	tools/matrix.sh
set -euo pipefail

cd "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")"

die() {
	printf 'matrix: %s\n' "$@" >&2
	exit 1
}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# fetch unpacks the newest libunicorn into $dir/newest, by an apt that knows nothing but sid.
fetch() {
	command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || die "this is no Debian"
	local mirror
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
	[[ -n $mirror ]] || die "apt knows no mirror of Debian: run 'apt-get update' first"
	mkdir -p "$dir"/state/lists/partial "$dir"/cache/archives/partial
	echo "deb $mirror sid main" >"$dir/sources.list"
	local apt=(apt-get -qq -o Dir::State="$dir/state" -o Dir::Cache="$dir/cache"
		-o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=- -o Debug::NoLocking=1
		-o APT::Sandbox::User=root)
	"${apt[@]}" update >"$dir/log" 2>&1 || die "no lists of sid from $mirror:" "$(tail -n 2 "$dir/log")"
	(cd "$dir" && "${apt[@]}" download libunicorn2t64) >"$dir/log" 2>&1 ||
		die "no package libunicorn2t64 in sid:" "$(tail -n 2 "$dir/log")"
	dpkg-deb -x "$dir"/libunicorn2t64_*.deb "$dir/unpacked"
	newest=$(dirname "$(find "$dir/unpacked" -name 'libunicorn.so.2' | head -n 1)")
	[[ -n $newest ]] || die "no libunicorn.so.2 in the package"
}

# version prints the version of the engine that a library path leads to.
version() { LD_LIBRARY_PATH=$1 "$dir/version"; }

# digests prints file and digest of every scenario's run with that library path.
digests() {
	local file
	for file in testprogs/demo/*.txtar testprogs/scenarios/*.txtar testprogs/seed/*.txtar; do
		printf '%s %s\n' "$file" "$(LD_LIBRARY_PATH=$1 "$dir/patchlab" run "$file" 2>&1 | sed -n 's/^digest //p')"
	done
}

fetch
gcc -o "$dir/version" -x c - -lunicorn <<'C'
#include <stdio.h>
#include <unicorn/unicorn.h>
int main(void)
{
	unsigned major, minor, all = uc_version(&major, &minor);
	return printf("%u.%u.%u\n", major, minor, all >> 8 & 0xff) < 0;
}
C
go build -o "$dir/patchlab" ./cmd/patchlab
installed=$(version "")
other=$(version "$newest")
[[ $installed != "$other" ]] || die "the newest engine of Debian is the installed one, $installed: there is nothing to compare"
digests "" >"$dir/installed"
digests "$newest" >"$dir/other"
if grep ' $' "$dir/installed" "$dir/other" >&2; then
	die "these runs have no digest"
fi
diff "$dir/installed" "$dir/other" >&2 || die "digests differ between libunicorn $installed (<) and $other (>)"
LD_LIBRARY_PATH=$newest go test -count=1 ./emu/cpu/unicorn >"$dir/log" 2>&1 ||
	die "the engine's tests fail on libunicorn $other:" "$(tail -n 40 "$dir/log")"
echo "matrix: libunicorn $installed and $other: $(wc -l <"$dir/installed") runs with the same digests, the engine's tests pass"
