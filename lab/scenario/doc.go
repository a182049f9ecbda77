// Package scenario reads scenario files: one experiment each, as a txtar archive of a
// script, the sources of a program and its patches, and what is expected.
//
//	s, err := scenario.Parse("demo.txtar", data)
//	for _, c := range s.Script {
//		switch c.Verb {
//		case scenario.Insmod:
//			... c.Patch, c.Params
//
// The archive holds
//
//	(before the first file)             the script
//	program.c, program_X.c              the kernel part (.S likewise)
//	user.c, user_X.c                    the user part
//	patches/NAME.c                      a patch; patches/NAME.S joins it
//	expect/log, expect/output           what "expect log" and "expect output" compare with
//	schedule                            one order of its steps: see [Schedule]
//
// The script has one command in a line, in the words of the kernel's own tests; [Forms]
// lists them. '#' begins a comment, and the first line, when it is one, is the title. Words are
// separated by blanks; 'single quotes' keep blanks in a word, and within them a doubled
// quote stands for one. "!" before a command says that it must fail, and an "error TEXT"
// behind it with which message. Settings come first, then actions.
//
// docs/scenarios.md describes every command, and is held against [Forms] by a test.
//
// What can be known to be wrong from the file alone is an [*Error] with file and line, so
// that whoever runs the script need not look again: names of patches, paths and points are
// well formed, the patches named are there. [Vet] returns all that is wrong at once.
package scenario
