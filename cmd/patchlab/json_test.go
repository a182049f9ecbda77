package main

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// schemas are what the commands print with -json.
var schemas = map[string]any{
	"patchlab/sites/1":   sitesJSON{},
	"patchlab/symbols/1": symbolsJSON{},
	"patchlab/version/1": versionJSON{},
	"patchlab/run/1":     runJSON{},
	"patchlab/process/1": processJSON{},
}

// TestJSONIsDocumented wants docs/json.md to have a chapter for each schema, with a row for each
// field and its type, and nothing besides.
func TestJSONIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]map[string]string{}
	for _, chapter := range strings.Split(string(page), "\n## ")[1:] {
		name, _, _ := strings.Cut(chapter, ":")
		described[name] = map[string]string{}
		for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]+) \\| [^|]+ \\|$").FindAllStringSubmatch(chapter, -1) {
			described[name][row[1]] = row[2]
		}
	}
	for name, value := range schemas {
		fields := map[string]string{}
		addFields(fields, "", reflect.TypeOf(value))
		if !maps.Equal(fields, described[name]) {
			t.Errorf("%s: the page does not say what is printed:\n%s", name, difference(fields, described[name]))
		}
		delete(described, name)
	}
	for name := range described {
		t.Errorf("%s is described, and nothing prints it", name)
	}
}

// addFields adds the fields of a type as the page writes them, with their types.
func addFields(to map[string]string, prefix string, x reflect.Type) {
	for i := range x.NumField() {
		f := x.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		name = prefix + name
		switch kind := f.Type.Kind(); kind {
		case reflect.String:
			to[name] = "string"
		case reflect.Bool:
			to[name] = "boolean"
		case reflect.Slice:
			to[name] = "list"
			if e := f.Type.Elem(); e.Kind() == reflect.Struct {
				addFields(to, name+"[].", e)
			}
		case reflect.Struct:
			to[name] = "object"
			addFields(to, name+".", f.Type)
		case reflect.Pointer:
			to[name] = "object, or null"
			addFields(to, name+".", f.Type.Elem())
		default:
			to[name] = "number"
		}
	}
}

// difference lists the rows that only one of two has.
func difference(printed, described map[string]string) string {
	var rows []string
	for name, kind := range printed {
		if described[name] != kind {
			rows = append(rows, "\tprinted: "+name+", "+kind)
		}
	}
	for name, kind := range described {
		if printed[name] != kind {
			rows = append(rows, "\tdescribed: "+name+", "+kind)
		}
	}
	slices.Sort(rows)
	return strings.Join(rows, "\n")
}
