#!/usr/bin/env bash
# deps.sh makes sure that a machine can build patchlab: Go, a C compiler, and the
# Unicorn engine with headers. What is there stays as it is; what is missing is
# installed on Debian, and named in plain words elsewhere. It needs root (or sudo)
# only when there is something to install, and can be run any number of times.
#
#	tools/deps.sh                        look, and install what is missing
#	tools/deps.sh --install compiler     the part that runs as root (deps.sh calls it)
#	tools/deps.sh --install engine
set -euo pipefail

self=$(realpath "${BASH_SOURCE[0]}")
root=$(dirname "$(dirname "$self")")

# The oldest engine that has what we use: the virtual TLB, its fill hook and its flush.
engine_min=2.1.1
# The packages that installing the engine may add, replace or remove. Debian 12's own
# libunicorn2 (2.0.1) gives way to libunicorn2t64, which provides the same library name.
engine_packages='libunicorn-dev|libunicorn2t64|libunicorn2'

say() { printf 'deps: %s\n' "$*"; }
die() {
	printf 'deps: %s\n' "$@" >&2
	exit 1
}

# at_least tells whether the dotted version $1 is $2 or newer.
at_least() { [[ $(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1) == "$2" ]]; }

# check_go wants the version in go.mod's go line. Asked inside the module, a Go that
# can fetch a newer one for itself counts as that newer one.
check_go() {
	local need have
	need=$(awk '$1 == "go" { print $2 }' "$root/go.mod")
	command -v go >/dev/null || die "Go is missing: install Go $need or newer and put it on PATH"
	have=$(cd "$root" && go env GOVERSION 2>/dev/null) || have=$(cd / && go env GOVERSION) ||
		die "this Go does not work: 'go env GOVERSION' fails"
	have=$(sed -E 's/^.*go([0-9]+(\.[0-9]+)*).*$/\1/' <<<"$have")
	at_least "$have" "$need" || die "Go $have is too old: install Go $need or newer"
	found="Go $have"
}

# compile_and_run builds the C program on its standard input as cgo would, with the
# given linker flags, and runs it.
compile_and_run() {
	local dir rc=0
	dir=$(mktemp -d)
	cat >"$dir/probe.c"
	# The flags are lists of words, and meant to be split.
	# shellcheck disable=SC2046
	$(go env CC) $(go env CGO_CFLAGS) -o "$dir/probe" "$dir/probe.c" \
		$(go env CGO_LDFLAGS) "$@" 2>/dev/null && "$dir/probe" || rc=$?
	rm -rf "$dir"
	return "$rc"
}

# have_compiler wants gcc (guest programs are built with it) and a C library to link with.
have_compiler() {
	command -v gcc >/dev/null && compile_and_run <<<'
		#include <stdio.h>
		int main(void) { return puts("ok") < 0; }' >/dev/null
}

# have_engine compares both the headers' version and the library's with the oldest
# one supported, and prints the library's.
have_engine() {
	compile_and_run -DOLDEST=0x"$(printf '%02x%02x%02x' ${engine_min//./ })" -lunicorn <<<'
		#include <stdio.h>
		#include <unicorn/unicorn.h>
		int main(void) {
			unsigned header = UC_API_MAJOR << 16 | UC_API_MINOR << 8 | UC_API_PATCH;
			unsigned major, minor;
			unsigned library = uc_version(&major, &minor) >> 8;
			if (header < OLDEST || library < OLDEST || library >> 8 != header >> 8)
				return 1;
			printf("libunicorn %u.%u.%u\n", major, minor, library & 0xff);
			return 0;
		}'
}

# as_root runs "deps.sh --install $1" as root. Whether the system is one that we know
# is asked first: nobody should type a password to be told no.
as_root() {
	plan "$1" >/dev/null
	if [[ $(id -u) == 0 ]]; then
		bash "$self" --install "$1"
	elif command -v sudo >/dev/null; then
		sudo bash "$self" --install "$1"
	else
		die "$2 is missing and only root can install it: run 'make deps' once as root"
	fi
}

# plan prints how $1 gets onto this system: native or pinned. A system that it does
# not know ends the script, before anything has been changed.
plan() {
	local ID='' ID_LIKE='' VERSION_ID='' PRETTY_NAME='this system'
	# shellcheck disable=SC1091
	[[ ! -r /etc/os-release ]] || . /etc/os-release
	command -v apt-get >/dev/null || unknown "$1" "$PRETTY_NAME"
	case $1 in
	compiler)
		[[ " $ID $ID_LIKE " == *' debian '* ]] || unknown "$1" "$PRETTY_NAME"
		echo native
		;;
	engine)
		if new_enough "$(candidate)"; then
			echo native
		elif [[ $ID == debian && $VERSION_ID == 12 ]]; then
			echo pinned
		elif [[ $ID == debian && ${VERSION_ID:-99} -ge 13 ]]; then
			echo native # there is no candidate before the lists have been fetched
		else
			unknown "$1" "$PRETTY_NAME"
		fi
		;;
	esac
}

# unknown says what to install on a system that we cannot do it on, and ends the script.
unknown() {
	case $1 in
	compiler)
		die "gcc or the C library's headers are missing, and how $2 installs them is not known here" \
			"install both, then run 'make deps' again"
		;;
	engine)
		die "libunicorn $engine_min or newer with its headers is missing, and no package of $2 is known to be that" \
			"build Unicorn $engine_min or newer from source and install it where the C compiler and the" \
			"dynamic linker look (or name the place in CGO_CFLAGS and CGO_LDFLAGS), then run 'make deps' again"
		;;
	esac
}

# candidate prints the version of libunicorn-dev that apt would install, or nothing.
candidate() {
	LC_ALL=C apt-cache policy libunicorn-dev 2>/dev/null |
		awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
}

new_enough() { [[ -n $1 ]] && dpkg --compare-versions "$1" ge "$engine_min"; }

# apt runs apt-get so that it asks nothing and waits for another apt to finish. What it
# prints is shown only when it fails.
apt() {
	local log
	log=$(mktemp)
	if ! LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get -y -q \
		-o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1 </dev/null; then
		cat "$log" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}

# refresh fetches the machine's package lists. One broken source among several is not
# our business as long as the packages that we want can be had.
refresh() { apt update || say "some package lists could not be fetched; going on with what there is" >&2; }

install_native() {
	say "installing $*"
	refresh
	apt install --no-install-recommends "$@" || die "apt could not install $*"
}

# install_pinned takes the engine from Debian 13 on a Debian 12 machine. apt works on
# lists, sources and preferences in a directory of our own, so nothing under /etc/apt
# changes and no other package can come from there.
install_pinned() {
	local uri key='' changes
	uri=$(mirror)
	if [[ -z $uri ]]; then
		refresh
		uri=$(mirror)
	fi
	[[ -n $uri ]] || die "apt on this machine names no Debian mirror: add one to its sources, then run 'make deps' again"

	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	chmod 755 "$tmp" # apt fetches as a user of its own
	mkdir -p "$tmp"/{sources.d,preferences.d,lists/partial,cache/archives/partial}
	if [[ -r /usr/share/keyrings/debian-archive-keyring.gpg ]]; then
		key=' signed-by=/usr/share/keyrings/debian-archive-keyring.gpg'
	fi
	echo "deb [target=Packages$key] $uri trixie main" >"$tmp/sources.list"
	cat >"$tmp/preferences" <<-'END'
		Package: *
		Pin: release n=trixie
		Pin-Priority: -1

		Package: libunicorn-dev libunicorn2t64
		Pin: release n=trixie
		Pin-Priority: 990
	END
	local ours=(
		-o Dir::Etc::sourcelist="$tmp/sources.list" -o Dir::Etc::sourceparts="$tmp/sources.d"
		-o Dir::Etc::preferences="$tmp/preferences" -o Dir::Etc::preferencesparts="$tmp/preferences.d"
		-o Dir::State::lists="$tmp/lists" -o Dir::Cache="$tmp/cache" -o Acquire::Languages=none
	)

	say "installing libunicorn-dev and libunicorn2t64 from Debian 13 (nothing else comes from there)"
	apt "${ours[@]}" update || die "the package list of Debian 13 could not be fetched from the machine's mirror"
	changes=$(LC_ALL=C apt-get -q "${ours[@]}" --simulate --no-install-recommends install libunicorn-dev libunicorn2t64 |
		awk '$1 == "Inst" || $1 == "Remv" { print $2 }') ||
		die "apt cannot install libunicorn-dev from Debian 13 on this machine; nothing was changed"
	if grep -vxE "$engine_packages" <<<"$changes" >&2; then
		die "installing the engine would change the packages above too; nothing was changed"
	fi
	if grep -qx libunicorn2 <<<"$changes"; then
		say "libunicorn2 (Debian 12's own, too old) is replaced by libunicorn2t64"
	fi
	apt "${ours[@]}" --no-install-recommends install libunicorn-dev libunicorn2t64 ||
		die "apt could not install the engine"
}

# mirror prints the address that the machine gets Debian itself from.
mirror() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' |
		grep -v '^cdrom:' | head -n 1 || true
}

install() {
	local how
	how=$(plan "$1")
	case $1-$how in
	compiler-native) install_native gcc libc6-dev ;;
	engine-native) install_native libunicorn-dev ;;
	engine-pinned) install_pinned ;;
	esac
}

main() {
	local engine
	check_go
	if ! have_compiler; then
		as_root compiler 'gcc with the C library'
		have_compiler || die "the C compiler ($(go env CC)) still cannot build and run a program"
	fi
	if ! engine=$(have_engine); then
		as_root engine "libunicorn $engine_min or newer"
		engine=$(have_engine) || die "libunicorn was installed, but the C compiler finds none that is $engine_min or newer:" \
			"an older one may stand before it (/usr/local), or in CGO_CFLAGS and CGO_LDFLAGS"
	fi
	say "$found, gcc $(gcc -dumpfullversion), $engine"
}

case ${1:-} in
'') main ;;
--install) install "${2:?compiler or engine}" ;;
*) die "usage: tools/deps.sh" ;;
esac
