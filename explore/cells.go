package explore

import (
	"strings"
	"unicode/utf8"
)

// writeCells writes cells beside each other, each in as many lines as it needs.
func writeCells(b *strings.Builder, indent string, cells []string, widths []int, between string) {
	var lines [][]string
	high := 1
	for i, c := range cells {
		parts := broken(c, widths[i])
		lines = append(lines, parts)
		high = max(high, len(parts))
	}
	for k := range high {
		line := indent
		for i := range cells {
			part := at(lines[i], k)
			line += part + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(part)) + between
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// broken breaks a text into lines: where it says so, between words, and within one that is
// too long.
func broken(text string, width int) []string {
	if first, rest, more := strings.Cut(text, "\n"); more {
		return append(broken(first, width), broken(rest, width)...)
	}
	if utf8.RuneCountInString(text) <= width {
		return []string{text}
	}
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
		for utf8.RuneCountInString(line) > width {
			r := []rune(line)
			lines, line = append(lines, string(r[:width])), string(r[width:])
		}
	}
	return append(lines, line)
}

// writeWrapped writes a text in lines that begin with indent.
func writeWrapped(b *strings.Builder, indent string, width int, text string) {
	for _, line := range broken(text, width-len(indent)) {
		b.WriteString(indent + line + "\n")
	}
}
