#!/usr/bin/env bash
# check.sh runs every check on the modules in the directories that it is given, one
# line per stage, and stops at the first that fails with what it printed. With V=1 all
# that the stages print is shown.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
modules=("$@")
((${#modules[@]} > 0)) || {
	echo "usage: tools/check.sh MODULE-DIRECTORY..." >&2
	exit 2
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# stage NAME STATEMENT COMMAND... runs one stage; STATEMENT says what is wrong when the
# command fails.
stage() {
	local name=$1 statement=$2 start=$SECONDS ok=1
	shift 2
	if [[ -n ${V:-} ]]; then
		echo "== $name"
		"$@" || ok=0
	else
		"$@" >"$work/log" 2>&1 || ok=0
	fi
	if ((!ok)); then
		[[ -n ${V:-} ]] || cat "$work/log"
		echo "check: $name failed: $statement" >&2
		exit 1
	fi
	printf 'check: %-8s ok %4d s\n' "$name" $((SECONDS - start))
}

# each runs a command in every module's directory.
each() {
	local m
	for m in "${modules[@]}"; do
		(cd "$m" && "$@") || return 1
	done
}

tool() { go tool -modfile="$root/tools/go.mod" "$@"; }

# snapshot prints the hash and name of every file that git tracks or would add.
snapshot() {
	git ls-files -z --cached --others --exclude-standard |
		while IFS= read -r -d '' f; do [[ ! -f $f ]] || printf '%s\0' "$f"; done |
		xargs -0 -r sha256sum
}

# same compares the tree with the snapshot taken at the start, and names the files that
# differ. What was uncommitted at the start is no difference.
same() {
	snapshot >"$work/now"
	diff "$work/start" "$work/now" >"$work/diff" && return
	sed -nE 's/^[<>] [0-9a-f]+  //p' "$work/diff" | sort -u
	return 1
}

generate() { each go generate ./... && same; }

format() {
	local files
	files=$(tool gofumpt -l .) || return 1
	[[ -z $files ]] || {
		echo "$files"
		return 1
	}
}

snapshot >"$work/start"
stage generate "'go generate' failed, or changed the files above: generate and commit them" generate
stage format "gofumpt failed, or the files above are not formatted: go tool -modfile=tools/go.mod gofumpt -w ." format
stage vet "go vet failed or found the above" each go vet ./...
stage lint "staticcheck failed or found the above" each tool staticcheck ./...
# vet has just run on everything
stage test "the above failed" each go test -vet=off ./...
stage race "the above failed under the race detector" each go test -vet=off -race -short ./...
stage tree "a test changed or left the files above" same
