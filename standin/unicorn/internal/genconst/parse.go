package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// group is one enum of a header, or a run of macros between two enums.
type group struct {
	enum   string // C name of the enum; empty for macros
	consts []constant
}

// constant is one C constant; value is filled in by evaluate.
type constant struct {
	name  string // C name, with UC_
	value int64
}

var (
	comments   = regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*`)
	enums      = regexp.MustCompile(`(?s)typedef\s+enum\s+(\w+)\s*\{(.*?)\}\s*\w+\s*;`)
	enumerator = regexp.MustCompile(`^\s*(UC_\w+)\s*(=.*)?$`)
	// A macro with parameters has its parenthesis right after the name.
	macro      = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*define[ \t]+(UC_\w+)[ \t]+\S`)
	apiVersion = regexp.MustCompile(`(?m)^#define UC_API_(MAJOR|MINOR|PATCH) (\d+)$`)
)

// parse finds the constants of a header in the order of the text.
func parse(text string) []group {
	text = comments.ReplaceAllString(text, " ")
	var groups []group
	rest := 0
	for _, m := range enums.FindAllStringSubmatchIndex(text, -1) {
		groups = appendMacros(groups, text[rest:m[0]])
		groups = append(groups, group{enum: text[m[2]:m[3]], consts: enumerators(text[m[4]:m[5]])})
		rest = m[1]
	}
	return appendMacros(groups, text[rest:])
}

func enumerators(body string) []constant {
	var consts []constant
	for item := range strings.SplitSeq(body, ",") {
		item = strings.ReplaceAll(item, "\n", " ")
		if m := enumerator.FindStringSubmatch(item); m != nil {
			consts = append(consts, constant{name: m[1]})
		}
	}
	return consts
}

func appendMacros(groups []group, text string) []group {
	var consts []constant
	for _, m := range macro.FindAllStringSubmatch(text, -1) {
		consts = append(consts, constant{name: m[1]})
	}
	if len(consts) == 0 {
		return groups
	}
	return append(groups, group{consts: consts})
}

// headerVersion reads major.minor.patch from unicorn.h.
func headerVersion(headers string) (string, error) {
	path := filepath.Join(headers, "unicorn.h")
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	part := map[string]string{}
	for _, m := range apiVersion.FindAllStringSubmatch(string(text), -1) {
		part[m[1]] = m[2]
	}
	if len(part) != 3 {
		return "", fmt.Errorf("%s: UC_API_MAJOR, UC_API_MINOR and UC_API_PATCH not found", path)
	}
	return part["MAJOR"] + "." + part["MINOR"] + "." + part["PATCH"], nil
}

func sameMajor(a, b string) bool {
	ma, _, _ := strings.Cut(a, ".")
	mb, _, _ := strings.Cut(b, ".")
	return ma == mb
}
