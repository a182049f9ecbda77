package build

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"patchlab/lab/scenario"
)

// Builder compiles programs and patches. The zero value is ready.
type Builder struct {
	// CC is the compiler's command, a gcc. Default: "gcc".
	CC string
	// CacheDir is where results are kept. Default: "patchlab" in the user's cache
	// folder.
	CacheDir string
}

// Program compiles and links a kernel-style program, of one source at least. Sources
// whose names begin with "user" make up the user part, those that begin with "program"
// the kernel part; they are linked in the order given.
//
// Errors: an [*Error] when the sources do not build, one that is [ErrNoCompiler], or one
// of the file system.
func (b *Builder) Program(sources []scenario.Source) ([]byte, error) {
	for _, s := range sources {
		if !isUser(s) && !strings.HasPrefix(s.Name, "program") {
			return nil, fmt.Errorf("program: source %q belongs to no part: its name must begin with \"program\" or \"user\"", s.Name)
		}
	}
	return b.build(&job{what: "program", sources: sources, program: true, link: linkFlags})
}

// Patch compiles a patch module of the given name, and joins its sources, of which there
// is one at least, to one relocatable object. Errors are as of [Builder.Program].
func (b *Builder) Patch(name string, sources []scenario.Source) ([]byte, error) {
	return b.build(&job{what: "patch " + name, sources: sources, link: joinFlags})
}

// Process compiles and links a program of user style, with patch sites, against the host's C
// library; [Builder.Executable] says what that means. Errors are as of [Builder.Program].
func (b *Builder) Process(sources []scenario.Source) ([]byte, error) {
	return b.build(&job{what: "program", sources: sources, process: true, link: processLinkFlags})
}

// ProcessPatch compiles a patch of a program of user style, as [Builder.Patch] does one of
// kernel style.
func (b *Builder) ProcessPatch(name string, sources []scenario.Source) ([]byte, error) {
	return b.build(&job{what: "patch " + name, sources: sources, process: true, link: joinFlags})
}

// job is one thing to build.
type job struct {
	what    string
	sources []scenario.Source
	program bool // link with support code and layout
	process bool // of user style
	link    []string
}

// isUser tells whether a program's source is of the user part; the linker script goes
// by the names as well.
func isUser(s scenario.Source) bool { return strings.HasPrefix(s.Name, "user") }

// flags returns all flags that s is compiled with.
func (j *job) flags(s scenario.Source) []string {
	if j.process {
		return slices.Concat(processFlags, s.Flags)
	}
	return slices.Concat(partFlags(j.program && isUser(s)), s.Flags)
}

func (b *Builder) build(j *job) ([]byte, error) {
	if err := j.check(); err != nil {
		return nil, err
	}
	cc := b.CC
	if cc == "" {
		cc = "gcc"
	}
	id, err := compilerID(cc)
	if err != nil {
		return nil, err
	}
	key, err := j.key(id)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", j.what, err)
	}
	dir := b.cacheDir()
	if result := load(dir, key); result != nil {
		return result, nil
	}
	result, err := j.compile(cc)
	if err != nil {
		return nil, err
	}
	save(dir, key, result)
	return result, nil
}

// sourceName is what a source may be called: the name goes to a command line.
var sourceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*\.[cS]$`)

func (j *job) check() error {
	if len(j.sources) == 0 {
		return fmt.Errorf("%s: no source", j.what)
	}
	seen := map[string]bool{}
	for _, s := range j.sources {
		if !sourceName.MatchString(s.Name) {
			return fmt.Errorf("%s: source %q: want a name that ends in .c or .S", j.what, s.Name)
		}
		if seen[s.Name] {
			return fmt.Errorf("%s: two sources are called %s", j.what, s.Name)
		}
		seen[s.Name] = true
	}
	return nil
}
