// Command prove replays schedules in other processes, compares the digests, and writes a
// report. "make prove" runs it.
//
//	prove [-n REPLAYS] [-o FILE]
//
// It exits with 0 when nothing differs, with 1 when something does (the report says what),
// and with 2 when it could not find out.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"patchlab/explore/prove"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "child" {
		if err := prove.Child(os.Args[2:], os.Stdin, os.Stdout, nil); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		return
	}
	n := flag.Int("n", 1_000_000, "how many schedules to replay")
	file := flag.String("o", "", "write the report to this file (default: standard output)")
	flag.Parse()
	if *n < 1 || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "prove: want -n 1 or more, and no arguments")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	report, err := run(ctx, *n)
	stop()
	if err == nil && *file != "" {
		err = os.WriteFile(*file, []byte(report.String()), 0o666)
	} else if err == nil {
		fmt.Print(report)
	}
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "prove:", err)
		os.Exit(2)
	case report.Different() > 0:
		fmt.Fprintf(os.Stderr, "prove: %d replays differ\n", report.Different())
		os.Exit(1)
	}
}

func run(ctx context.Context, n int) (*prove.Report, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	twentieths := 0
	return prove.Run(ctx, prove.Options{
		Replays: n,
		Child: func(ctx context.Context, args ...string) *exec.Cmd {
			return exec.CommandContext(ctx, self, append([]string{"child"}, args...)...)
		},
		Progress: func(replayed int) {
			if replayed*20/n > twentieths {
				twentieths = replayed * 20 / n
				fmt.Fprintf(os.Stderr, "%d of %d replayed\n", replayed, n)
			}
		},
	})
}
