package explore

import (
	"strings"
	"testing"

	"patchlab/explore/search"
	"patchlab/guest"
	"patchlab/lab/scenario"
)

// TestTransparent writes over instructions of the stub with others of their size, and wants
// it to be told what a redirected call changes then; as the stub is, it changes nothing.
func TestTransparent(t *testing.T) {
	for _, c := range []struct{ name, place, code, want string }{
		{"as it is", "stub.ret", "\xc3", ""},
		{"an add where lea is", "stub.drop", "\x2e\x48\x83\xc4\x10", "the flags are 0x"},
		{"another register back", "stub.restore", "\x5b", "is 0x"},
	} {
		for _, points := range []Points{Protocol, Protocol | Stub} {
			s := systemOf(t, builtSeed(t, "disable"), Bounds{Paranoid: true, Points: points})
			at, _, err := s.lab.Point(scenario.Point{Step: c.place})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.lab.Machine.WriteText(at, []byte(c.code)); err != nil {
				t.Fatal(err)
			}
			s.lab.Machine.Save(&s.root)
			status, f := first(t, s), s.Failure()
			switch {
			case c.want == "" && status != search.Done:
				t.Errorf("%s: %s, %v", c.name, status, f)
			case c.want != "" && (f.Rule != RuleTransparent || !strings.Contains(f.Text, c.want) || !strings.HasPrefix(f.Text, "t1 came from the site at ")):
				t.Errorf("%s, points %s: %s, %v; want %s", c.name, points, status, f, c.want)
			}
		}
	}
}

// TestPassageDiffers changes each part of what a task comes with.
func TestPassageDiffers(t *testing.T) {
	was := passage{site: 1, regs: guest.Regs{RIP: 1, RFLAGS: 2}, vectors: 3, returns: 4}
	same := was
	same.site, same.regs.RIP = 5, 5 // where it stands is another place, of course
	if what := was.differs(&same); what != "" {
		t.Error(what)
	}
	for _, change := range []func(*passage){
		func(p *passage) { p.regs.GPR[guest.RAX]++ },
		func(p *passage) { p.regs.GPR[guest.R15]++ },
		func(p *passage) { p.regs.RFLAGS++ },
		func(p *passage) { p.vectors++ },
		func(p *passage) { p.returns++ },
	} {
		now := same
		change(&now)
		if was.differs(&now) == "" {
			t.Errorf("%+v is like %+v", now, was)
		}
	}
}

// TestPassageIsSaved wants a task that stands in the stub to be judged by what it came with
// after the run has gone back to there.
func TestPassageIsSaved(t *testing.T) {
	s := systemOf(t, builtSeed(t, "disable"), Bounds{Paranoid: true})
	status, err := s.Reset()
	t1, _ := s.lab.Machine.TaskByName("t1")
	for err == nil && status == search.Going && !s.lab.Machine.InStub(t1) {
		c, ok := choiceOf(s, t1)
		if !ok {
			t.Fatal("t1 cannot move")
		}
		status, err = s.Do(c)
	}
	if err != nil || s.paranoid.ofTask(t1).site == 0 {
		t.Fatalf("%s, %v: no passage of a task in the stub", status, err)
	}
	s.Save(0)
	if _, err := s.Reset(); err != nil || s.paranoid.ofTask(t1).site != 0 {
		t.Fatalf("%v: a passage at the start", err)
	}
	if err := s.Restore(0); err != nil {
		t.Fatal(err)
	}
	s.paranoid.ofTask(t1).regs.GPR[guest.RDI]++ // as if it had come with another argument
	for err == nil && status == search.Going {
		status, err = s.Do(s.Choices(nil)[0])
	}
	if f := s.Failure(); err != nil || status != search.Failed || f.Rule != RuleTransparent || !strings.Contains(f.Text, "rdi is 0x") {
		t.Errorf("%s, %v, %v", status, f, err)
	}
}
