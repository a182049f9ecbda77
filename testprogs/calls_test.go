package testprogs

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patchlab/internal/judge"
)

// withoutCall is the source of a program that runs another one, for which one system call
// does not exist: "without NAME PROG ARGS...". The table of names is put in.
const withoutCall = `
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <errno.h>

static const struct { const char *name; unsigned number; } calls[] = {
%s};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 2 && i < sizeof calls / sizeof calls[0]; i++) {
		if (strcmp(calls[i].name, argv[1]) != 0)
			continue;
		struct sock_filter code[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].number, 0, 1),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		};
		struct sock_fprog filter = {sizeof code / sizeof code[0], code};
		setrlimit(RLIMIT_CPU, &(struct rlimit){1, 1}); /* for those that never give up */
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0)
			execv(argv[2], argv + 2);
	}
	return 125;
}
`

// buildCalls builds the programs for system calls and withoutCall. It returns the folder where
// they are: a program under its name, the other one as "without".
func buildCalls(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, CallFiles()); err != nil {
		t.Fatal(err)
	}
	table := map[string]string{}
	for _, p := range CallPrograms() {
		for _, call := range p.Calls {
			table[call] = fmt.Sprintf("\t{%q, SYS_%s},\n", call, call)
		}
	}
	rows := ""
	for _, row := range table {
		rows += row
	}
	source := filepath.Join(dir, "without.c")
	if err := os.WriteFile(source, fmt.Appendf(nil, withoutCall, rows), 0o666); err != nil {
		t.Fatal(err)
	}
	compile(t, dir, "without.c", "without")
	return dir
}

// compile builds one source file of a folder, strictly.
func compile(t *testing.T, dir, file, prog string) {
	t.Helper()
	gcc := judge.Compiler{Command: "gcc", Flags: strings.Fields("-static -O1 -Wall -Wextra -Werror")}
	if err := gcc.Build(filepath.Join(dir, file), filepath.Join(dir, prog)); err != nil {
		t.Fatal(err)
	}
}

// TestCallPrograms wants each program to print the same whenever it runs, to be content
// with the host, and to need the calls that it names.
func TestCallPrograms(t *testing.T) {
	dir := buildCalls(t)
	for _, p := range CallPrograms() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			compile(t, dir, p.File, p.Name)
			prog := filepath.Join(dir, p.Name)
			want, status, err := judge.Native(prog, p.Args)
			if err != nil || bytes.Contains(want, []byte("not so: ")) {
				t.Fatalf("%v\n%s", err, want)
			}
			if err := judge.Compare(prog, p.Args, judge.Native); err != nil {
				t.Error(err)
			}
			for _, call := range p.Calls {
				args := slices.Concat([]string{call, prog}, p.Args)
				got, gotStatus, err := judge.Native(filepath.Join(dir, "without"), args)
				if gotStatus == 125 {
					t.Skip("this host cannot take system calls away")
				}
				if err == nil && gotStatus == status && bytes.Equal(got, want) {
					t.Errorf("%s is not needed: it is named for nothing, or its failure is not noticed", call)
				}
			}
		})
	}
}

// TestCallIndex reads what the comments say.
func TestCallIndex(t *testing.T) {
	programs := CallPrograms()
	at := slices.IndexFunc(programs, func(p CallProgram) bool { return p.Name == "process/self" })
	if at < 0 {
		t.Fatal("no process/self")
	}
	if p := programs[at]; p.File != "process/self.c" || !slices.Equal(p.Args, []string{"one", "two"}) ||
		!slices.Contains(p.Calls, "getpid") || !slices.Contains(p.Calls, "getrandom") {
		t.Errorf("got %+v", p)
	}
	for _, p := range programs {
		for _, call := range p.Calls {
			if strings.Trim(call, "abcdefghijklmnopqrstuvwxyz_0123456789") != "" {
				t.Errorf("%s: %q is no name of a call", p.Name, call)
			}
		}
	}
}
