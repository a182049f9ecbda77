#!/usr/bin/env bash
# fuzz.sh tries the module in the current directory with inputs and seeds that nobody has
# tried before: each fuzz target for FUZZTIME (such as 30s or 5m), then each package with
# property tests (rapid), with one seed after the other, for as long. FUZZSEED is the first
# seed; without it, it is drawn. FUZZONLY, an extended regular expression, picks among the
# names that the lines begin with. What has failed is listed at the end, each with the
# command that shows it again.
set -euo pipefail

time=${FUZZTIME:-30s} first=${FUZZSEED:-$(shuf -i 1-2000000000 -n 1)}
if ! [[ $time =~ ^[1-9][0-9]*[ms]$ && $first =~ ^[1-9][0-9]*$ ]]; then
	echo "fuzz: FUZZTIME=$time FUZZSEED=$first: want a time such as 30s or 5m, and a number from 1" >&2
	exit 2
fi
seconds=${time%[ms]}
[[ $time == *s ]] || seconds=$((seconds * 60))
echo "fuzz: $(go list -m): each for $time; FUZZSEED=$first"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=()

# picked tells whether NAME is wanted.
picked() { [[ $1 =~ ${FUZZONLY:-.} ]]; }

# try NAME COMMAND... runs one test and notes it when it fails.
try() {
	local name=$1
	shift
	if "$@" >"$log" 2>&1; then
		return
	fi
	echo "fuzz: $name FAILED:"
	cat "$log"
	return 1
}

# What stands in braces is for go list, not for the shell.
# shellcheck disable=SC2016
files='{{$p := .ImportPath}}{{$dir := .Dir}}{{range .TestGoFiles}}{{$p}} {{$dir}}/{{.}}
{{end}}{{range .XTestGoFiles}}{{$p}} {{$dir}}/{{.}}
{{end}}'
tests=$(go list -f "$files" ./...)
while read -r package file; do
	[[ -n $file ]] || continue
	# shellcheck disable=SC2013
	for target in $(sed -nE 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/p' "$file"); do
		picked "$package $target" || continue
		if try "$package $target" go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$package"; then
			# Before new inputs come those of earlier calls, which can take all the time.
			tried=$(grep -o 'execs: [0-9]*' "$log" | tail -1) || tried="but only inputs tried before: it needs more time"
			echo "fuzz: $package $target: nothing found, $tried"
			continue
		fi
		again=$(grep -o 'go test -run=.*' "$log" | head -1) || again="go test -run=$target"
		failed+=("$again $package    # the input is in testdata of the package: keep it there once it is mended")
	done
done <<<"$tests"

# shellcheck disable=SC2016
deps='{{.ImportPath}} {{join .Deps " "}}'
properties=$(go list -test -f "$deps" ./... | sed -nE 's/^([^ ]*)\.test .*pgregory\.net\/rapid( .*)?$/\1/p')
for package in $properties; do
	picked "$package properties" || continue
	end=$((SECONDS + seconds)) seed=$first
	while :; do
		if ! try "$package properties, seed $seed" \
			go test -count=1 "$package" -rapid.seed="$seed" -rapid.nofailfile; then
			failed+=("go test -count=1 $package -rapid.seed=$seed -rapid.nofailfile")
			break
		fi
		((SECONDS < end)) || break
		seed=$((seed + 1))
	done
	echo "fuzz: $package properties: seeds $first to $seed"
done

((${#failed[@]})) || exit 0
echo
echo "fuzz: ${#failed[@]} failed; to see them again:"
printf '  %s\n' "${failed[@]}"
exit 1
