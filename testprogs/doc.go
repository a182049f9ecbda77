// Package testprogs is the index of the scenarios that come with patchlab: the
// demonstration, and one scenario for each situation of the consistency model.
//
//	for _, name := range testprogs.Names() {
//		s, err := testprogs.Open(name)
//
// Tests that need a guest program and nothing else take one of theirs:
//
//	elf := testprogs.Build(t, "asleep-in-patched")
//
// To add a scenario, put its file into scenarios/. Its comment says under which break it is
// not as expected, in a paragraph that begins with "Turned red by"; tests try each.
package testprogs
