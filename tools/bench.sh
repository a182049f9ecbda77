#!/usr/bin/env bash
# bench.sh runs the benchmarks of the module in the current directory. Packages without
# any are not built, and no test is run.
set -euo pipefail

# What stands in braces is for go list, not for the shell.
# shellcheck disable=SC2016
files='{{$dir := .Dir}}{{range .TestGoFiles}}{{$dir}}/{{.}}
{{end}}{{range .XTestGoFiles}}{{$dir}}/{{.}}
{{end}}'
tests=$(go list -f "$files" ./...)
mapfile -t packages < <(xargs -r grep -l '^func Benchmark' <<<"$tests" | xargs -r -n 1 dirname | sort -u)
if ((${#packages[@]} == 0)); then
	echo "bench: no benchmarks in $PWD"
	exit
fi
go test -run '^$' -bench . -benchmem "${packages[@]}"
