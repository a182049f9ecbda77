package lab_test

import (
	"testing"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/image"
	"patchlab/lab"
	"patchlab/lab/build"
	"patchlab/lab/scenario"
)

// gameProgram is a small relative of the scenario calls-each-other: players in four
// tasks call two functions that call each other, asleep, awake and by cond_resched, and
// one of them computes in user mode.
const gameProgram = `
#include <patchlab.h>

u64 pong(u64 depth);
u64 mixed, games;

u64 ping(u64 depth)
{
	if (depth == 2)
		pl_sleep(10 * MSEC);
	return 1 | (depth ? pong(depth - 1) : 0);
}

u64 pong(u64 depth)
{
	pl_cond_resched();
	return 1 | (depth ? ping(depth - 1) : 0);
}

void play(void)
{
	u64 side = ping(4);

	mixed += side == 3;
	__asm__ volatile("middle:");
	games++;
	if (side == 2)
		pl_print("new\n");
}
GATE(0x1000, play);

__user void player(u64 games)
{
	for (u64 i = 0; i < games; i++) {
		gate(0x1000);
		user_yield();
	}
	user_exit(0);
}
__user void thinker(u64 games)
{
	for (u64 i = 0; i < games; i++) {
		for (volatile int n = 0; n < 3000; n++)
			;
		gate(0x1000);
	}
	user_exit(0);
}
TASK("player-1", player, 25);
TASK("player-2", player, 25);
TASK("player-3", player, 25);
TASK("thinker", thinker, 12);
`

const gamePatch = `
#include <livepatch.h>

u64 ping(u64 depth);
u64 pong(u64 depth);

static u64 new_ping(u64 depth)
{
	if (depth == 2)
		pl_sleep(10 * MSEC);
	return 2 | (depth ? pong(depth - 1) : 0);
}

static u64 new_pong(u64 depth)
{
	pl_cond_resched();
	return 2 | (depth ? ping(depth - 1) : 0);
}

KLP_FUNC(ping, new_ping);
KLP_FUNC(pong, new_pong);
MODULE_INFO(livepatch, "Y");
`

func source(name, text string) []scenario.Source {
	return []scenario.Source{{Name: name, File: "lab_test", Line: 1, Text: text}}
}

func buildProgram(t testing.TB, text string) *image.Image {
	t.Helper()
	elf, err := new(build.Builder).Program(source("program.c", text))
	if err != nil {
		t.Fatal(err)
	}
	img, err := image.Parse("program", elf)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func buildPatch(t testing.TB, name, text string) *image.Object {
	t.Helper()
	elf, err := new(build.Builder).Patch(name, source(name+".c", text))
	if err != nil {
		t.Fatal(err)
	}
	o, err := image.ParseObject(name, elf)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func newLab(t testing.TB, c lab.Config) *lab.Lab {
	t.Helper()
	l, err := lab.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// story loads the patch of a game, takes it out again, and unloads it: a script that is
// nothing but a position, so that it can be taken back with the machine.
type story struct {
	*lab.Lab
	patch *image.Object
	at    int // the act that comes next
	since guest.Time
}

// act is done once its time has come.
type act struct {
	when func(s *story) bool
	do   func(s *story) error
}

var acts = []act{
	{after(15e6), func(s *story) error { return s.Load(s.patch) }},
	{done, func(s *story) error { return s.Loaded(s.patch.Name) }},
	{settled, nothing},
	{after(25e6), func(s *story) error { return s.Write(s.patch.Name+"/enabled", "0") }},
	{done, func(s *story) error { return s.Result() }},
	{settled, nothing},
	{func(s *story) bool { return !s.Leaving(s.patch.Name) }, func(s *story) error { return s.Unload(s.patch.Name) }},
}

func after(d guest.Time) func(*story) bool {
	return func(s *story) bool { return s.Now() >= s.since+d }
}
func done(s *story) bool    { return s.Done() }
func settled(s *story) bool { return len(s.Model.Pending()) == 0 }
func nothing(*story) error  { return nil }

// step does what is due, or lets the machine make a step; more says that there is more
// to come.
func (s *story) step() (more bool, err error) {
	if s.at < len(acts) && acts[s.at].when(s) {
		err := acts[s.at].do(s)
		s.at++
		s.since = s.Now()
		return true, err
	}
	status, err := s.Machine.Step()
	return status == emu.Running, err
}

// finish plays the story to its end.
func (s *story) finish(t testing.TB) ending {
	t.Helper()
	for {
		more, err := s.step()
		if err != nil {
			t.Fatalf("at %d ns, act %d: %v", s.Now(), s.at, err)
		}
		if !more {
			return s.ending()
		}
	}
}

// savedStory is a story at one instant.
type savedStory struct {
	machine emu.Snapshot
	at      int
	since   guest.Time
}

func (s *story) save(p *savedStory) {
	s.Machine.Save(&p.machine)
	p.at, p.since = s.at, s.since
}

func (s *story) restore(t testing.TB, p *savedStory) {
	t.Helper()
	if err := s.Machine.Restore(&p.machine); err != nil {
		t.Fatal(err)
	}
	s.at, s.since = p.at, p.since
}

// newStory begins a game on two CPUs.
func newStory(t testing.TB, scheduler string, seed uint64) *story {
	t.Helper()
	return newStoryOn(t, 2, scheduler, seed)
}

func newStoryOn(t testing.TB, cpus int, scheduler string, seed uint64) *story {
	t.Helper()
	return &story{
		Lab: newLab(t, lab.Config{
			Program: buildProgram(t, gameProgram), CPUs: cpus, Scheduler: scheduler, Seed: seed,
		}),
		patch: buildPatch(t, "game_new", gamePatch),
	}
}
