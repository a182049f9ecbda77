package house

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// source is what the rules need to know of one Go file.
type source struct {
	name    string // path in the tree, with slashes
	pkg     string // name in the package clause
	doc     string // the comment before it
	imports []imported
	ignored bool // part of no package: only "go run" uses it
}

// imported is one import of a file.
type imported struct {
	path string
	line int // counted from 1
}

func (s source) dir() string { return path.Dir(s.name) }
func (s source) test() bool  { return strings.HasSuffix(s.name, "_test.go") }

// find returns the import of the package with the given path.
func (s source) find(pkg string) (imported, bool) {
	for _, i := range s.imports {
		if i.path == pkg {
			return i, true
		}
	}
	return imported{}, false
}

// walk calls visit with every file of the tree and its content, except in what git
// does not keep: its own folder, built programs and caches.
func walk(tree fs.FS, visit func(name string, content []byte) error) error {
	return fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (name == ".git" || name == ".cache" || name == "bin"):
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		content, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		return visit(name, content)
	})
}

// isGo tells whether the go tool would take the file for part of a package.
func isGo(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == "testdata" || part == "vendor" || part[0] == '_' || part[0] == '.' {
			return false
		}
	}
	return strings.HasSuffix(name, ".go")
}

// parse reads a Go file up to the end of its imports.
func parse(name string, content []byte) (source, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, content, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return source{}, fmt.Errorf("reading imports: %w", err)
	}
	s := source{name: name, pkg: file.Name.Name, doc: file.Doc.Text(), ignored: ignored(file)}
	for _, spec := range file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return source{}, fmt.Errorf("%s: import %s: %w", set.Position(spec.Pos()), spec.Path.Value, err)
		}
		s.imports = append(s.imports, imported{path: p, line: set.Position(spec.Pos()).Line})
	}
	return s, nil
}

// ignored tells whether a //go:build line keeps the file out of every build.
func ignored(file *ast.File) bool {
	for _, group := range file.Comments {
		if group.Pos() > file.Package {
			break
		}
		for _, c := range group.List {
			if !constraint.IsGoBuild(c.Text) {
				continue
			}
			expr, err := constraint.Parse(c.Text)
			return err == nil && expr.String() == "ignore"
		}
	}
	return false
}

// lineOf returns the number of the line that first holds word, or 0.
func lineOf(content []byte, word string) int {
	i := bytes.Index(content, []byte(word))
	if i < 0 {
		return 0
	}
	return 1 + bytes.Count(content[:i], []byte("\n"))
}
