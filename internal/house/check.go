package house

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// cgoRooms are the folders whose packages may use cgo: the engine's backend, and the
// stand-in for the engine's binding.
var cgoRooms = []string{"emu/cpu/unicorn", "standin/unicorn"}

// outside is a neighbour of the clone that no file may point at, because a clone stands
// alone. The word is put together so that this file does not hold it.
const outside = ".." + "/shared"

// Check reads the tree of a module and returns what breaks a rule of the house, each
// as "file:line: what", sorted by file and line. The rules are
//
//   - every package of the module has a place in the order, and its files, tests
//     excepted, import other packages of the module only as the order allows;
//   - cgo is used by the engine's backend and the stand-in only;
//   - a file that imports unsafe is named *_unsafe.go or *_unsafe_test.go, or uses cgo;
//   - every package has a package comment;
//   - no file mentions a folder outside the clone.
//
// The order does not reach into modules nested in the tree; the other rules do. An
// error means that the tree could not be read or the imports of a file not parsed; the
// problems are nil then.
func Check(tree fs.FS, module string, order Order) ([]string, error) {
	c := checker{module: module, order: order, packages: map[string][]source{}}
	if err := walk(tree, c.file); err != nil {
		return nil, err
	}
	for dir, sources := range c.packages {
		c.packageComment(sources)
		for _, s := range sources {
			c.cgoAndUnsafe(s)
		}
		if !slices.ContainsFunc(c.nested, func(module string) bool { return within(dir, module) }) {
			c.place(dir, sources)
		}
	}
	slices.SortFunc(c.problems, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line), cmp.Compare(a.text, b.text))
	})
	var texts []string
	for _, p := range c.problems {
		texts = append(texts, fmt.Sprintf("%s:%d: %s", p.file, p.line, p.text))
	}
	return texts, nil
}

// checker is one run of Check.
type checker struct {
	module   string
	order    Order
	packages map[string][]source // by folder, files in the order of their names
	nested   []string            // folders of nested modules
	problems []problem
}

type problem struct {
	file string
	line int
	text string
}

func (c *checker) report(file string, line int, format string, args ...any) {
	c.problems = append(c.problems, problem{file, line, fmt.Sprintf(format, args...)})
}

// within tells whether dir is the folder parent or lies below it.
func within(dir, parent string) bool { return dir == parent || strings.HasPrefix(dir, parent+"/") }

// file takes in one file of the tree.
func (c *checker) file(name string, content []byte) error {
	if line := lineOf(content, outside); line > 0 {
		c.report(name, line, "mentions %s, which a clone does not have", outside)
	}
	dir := path.Dir(name)
	if path.Base(name) == "go.mod" && dir != "." {
		c.nested = append(c.nested, dir)
	}
	if !isGo(name) {
		return nil
	}
	s, err := parse(name, content)
	if err != nil {
		return err
	}
	c.packages[dir] = append(c.packages[dir], s)
	return nil
}

// place holds the package in folder dir against the order.
func (c *checker) place(dir string, sources []source) {
	if c.order.find(dir) == nil {
		c.report(sources[0].name, 1, "%s has no place in the import order", dir)
		return
	}
	for _, s := range sources {
		if s.test() || s.ignored {
			continue
		}
		for _, i := range s.imports {
			to, ok := strings.CutPrefix(i.path, c.module+"/")
			if !ok {
				continue
			}
			if c.order.find(to) == nil {
				c.report(s.name, i.line, "imports %s, which has no place in the import order", to)
			} else if why := c.order.refuse(dir, to); why != "" {
				c.report(s.name, i.line, "%s may not import %s: %s", dir, to, why)
			}
		}
	}
}

func (c *checker) cgoAndUnsafe(s source) {
	cgo, usesCgo := s.find("C")
	if usesCgo && !slices.ContainsFunc(cgoRooms, func(room string) bool { return within(s.dir(), room) }) {
		c.report(s.name, cgo.line, "uses cgo, which only %s may", strings.Join(cgoRooms, " and "))
	}
	stem := strings.TrimSuffix(strings.TrimSuffix(s.name, ".go"), "_test")
	if i, ok := s.find("unsafe"); ok && !usesCgo && !strings.HasSuffix(stem, "_unsafe") {
		c.report(s.name, i.line, "imports unsafe, so its name must end in _unsafe.go")
	}
}

// packageComment wants one of a package's files to say what the package is for; the
// tests count only where there is nothing else.
func (c *checker) packageComment(sources []source) {
	files := slices.DeleteFunc(slices.Clone(sources), func(s source) bool { return s.ignored })
	if code := slices.DeleteFunc(slices.Clone(files), source.test); len(code) > 0 {
		files = code
	}
	if len(files) == 0 {
		return
	}
	start := "Package " + files[0].pkg + " "
	if files[0].pkg == "main" {
		start = "" // a command's comment begins with its own name
	}
	if !slices.ContainsFunc(files, func(s source) bool { return s.doc != "" && strings.HasPrefix(s.doc, start) }) {
		c.report(files[0].name, 1, "package %s has no package comment (\"%s...\")", files[0].pkg, start)
	}
}
