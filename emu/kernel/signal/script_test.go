package signal

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"patchlab/guest"
)

// scripted numbers the signals of a script.
var scripted = []Number{SIGUSR1, SIGUSR2, SIGSEGV, SIGCHLD, SIGCONT, SIGURG, SIGALRM, RTMin + 2, RTMin + 3, Max}

// script writes lines for testdata/script.c: 'm'ask, 'a'ction, 'k'ill, 't'gkill, sig'q'ueue,
// sigtimed'w'ait and sig'p'ending.
func script(r *rand.Rand, lines int) string {
	var b strings.Builder
	sig := func() Number { return scripted[r.IntN(len(scripted))] }
	set := func() (s Set) {
		for range r.IntN(6) {
			s |= Of(sig())
		}
		return s
	}
	for _, n := range scripted {
		fmt.Fprintf(&b, "a %d 2 %x %x\n", n, SA_RESTORER|SA_SIGINFO, set())
	}
	for i := range lines {
		switch r.IntN(12) {
		case 0, 1, 2:
			fmt.Fprintf(&b, "m %d %x\n", r.IntN(4), set()|Of(SIGKILL))
		case 3:
			flags := SA_RESTORER | SA_SIGINFO
			for _, f := range []uint64{SA_NODEFER, SA_RESETHAND} {
				if r.IntN(5) == 0 {
					flags |= f
				}
			}
			fmt.Fprintf(&b, "a %d %d %x %x\n", sig(), []int{0, 1, 2, 2, 2, 2, 2, 2}[r.IntN(8)], flags, set())
		case 4, 5:
			fmt.Fprintf(&b, "k %d\n", sig())
		case 6, 7:
			fmt.Fprintf(&b, "t %d\n", sig())
		case 8, 9:
			fmt.Fprintf(&b, "q %d %x\n", sig(), i)
		case 10:
			fmt.Fprintf(&b, "w 0 %x\n", set())
		case 11:
			b.WriteString("p\n")
		}
	}
	return b.String()
}

// play is a script on a Process: a program that does nothing else.
type play struct {
	p, spare *Process
	out      bytes.Buffer
}

func (y *play) say(format string, args ...any) { fmt.Fprintf(&y.out, format+"\n", args...) }

func value(i *Info) int32 {
	if i.Code == CodeQueue {
		return int32(uint32(i.Words[1]))
	}
	return 0
}

// goOn is the way back to user mode: frames are made for all that comes, and handlers run
// from the last one on. It reports whether the process lives.
func (y *play) goOn() bool {
	for {
		d, ok := y.p.Next(1, 0)
		if !ok {
			return true
		}
		if d.Do != Handle {
			return false
		}
		y.p.Entered(1, &d)
		if !y.goOn() {
			return false
		}
		i := &d.Info
		y.say("handler %d %d %d %x %x", i.Number, i.Code, value(i), uint64(d.Mask), uint64(y.p.Mask(1)))
		y.p.Resume(1, &Context{Mask: d.Mask})
	}
}

// line does one line of a script and reports whether the process lives.
func (y *play) line(s string) bool {
	y.spare.CopyFrom(y.p)
	y.p, y.spare = y.spare, y.p // a copy goes on as the original would
	var n int
	var a, flags, mask uint64
	fmt.Sscanf(s[1:], "%d %x %x %x", &n, &a, &flags, &mask)
	var e syscall.Errno
	var took string
	switch num := Number(n); s[0] {
	case 'm':
		e = y.p.ChangeMask(1, n, Set(a))
	case 'a':
		e = y.p.SetAction(num, Action{Handler: guest.Addr(a), Flags: flags, Restorer: 1, Mask: Set(mask)})
	case 'k':
		e = y.p.Send(FromUser(num, CodeUser, 100, 0))
	case 't':
		e = y.p.SendTo(1, FromUser(num, CodeTKill, 100, 0))
	case 'q':
		e = y.p.Send(Info{Number: num, Code: CodeQueue, Words: [4]uint64{0, a}})
	case 'w':
		if i, ok := y.p.Take(1, Set(a), 0); ok {
			took = fmt.Sprintf("took %d %d %d\n", i.Number, i.Code, value(&i))
		} else {
			e = syscall.EAGAIN
		}
	case 'p':
		y.say("pending %x %x", uint64(y.p.Pending(1)), uint64(y.p.Mask(1)))
	}
	if !y.goOn() {
		return false
	}
	y.out.WriteString(took)
	if e != 0 {
		y.say("%c fails", s[0])
	} else {
		y.say("%c done", s[0])
	}
	return true
}

// run plays a script and returns what it tells and how it ends.
func run(text string) (out, end string) {
	y := &play{p: started(1), spare: New(0)}
	for line := range strings.Lines(text) {
		if !y.line(strings.TrimSpace(line)) {
			d, _ := y.p.Next(1, 0)
			return y.out.String(), "signal: " + syscall.Signal(d.Info.Number).String()
		}
	}
	return y.out.String(), "exit status 0"
}

// TestScriptsAsOnTheHost plays scripts, and has the host's kernel do the same.
func TestScriptsAsOnTheHost(t *testing.T) {
	exe := hostProgram(t, "script")
	killed := 0
	for seed := range uint64(150) {
		text := script(rand.New(rand.NewPCG(seed, 1)), 60)
		got, gotEnd := run(text)
		want, wantEnd := onHost(t, exe, text)
		wantEnd, _, _ = strings.Cut(wantEnd, " (core dumped)")
		if got != want || gotEnd != wantEnd {
			t.Fatalf("seed %d:\n%s--- here, ending with %s\n%s--- on the host, ending with %s\n%s", seed, text, gotEnd, got, wantEnd, want)
		}
		if gotEnd != "exit status 0" {
			killed++
		}
	}
	if killed < 10 || killed > 140 {
		t.Errorf("%d of 150 scripts end with a signal", killed)
	}
}
