package experiment

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"patchlab/guest"
)

// width is how many columns a report keeps to.
const width = 99

// writeTable writes rows with columns as wide as need be; the last one is cut at the
// report's width. head may be nil.
func writeTable(b *strings.Builder, head []string, fill func(row func(...string))) {
	var rows [][]string
	if head != nil {
		rows = append(rows, head)
	}
	fill(func(cells ...string) { rows = append(rows, cells) })
	if head != nil && len(rows) == 1 {
		return
	}
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i > 0 && isNumber(rows[len(rows)-1][i]) {
				line += "  " + pad + cell
			} else {
				line += "  " + cell + pad
			}
		}
		b.WriteString(cut(strings.TrimRight(line, " "), width) + "\n")
	}
}

// isNumber tells the cells that are aligned to the right.
func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == "" || strings.HasSuffix(s, " s") || strings.HasSuffix(s, " ms")
}

// writeWrapped writes a text in as many lines as it needs.
func writeWrapped(b *strings.Builder, indent, text string) {
	line := indent
	for i, word := range strings.Fields(text) {
		if i > 0 && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			b.WriteString(line + "\n")
			line = indent + "  " + word
		} else if i > 0 {
			line += " " + word
		} else {
			line += word
		}
	}
	b.WriteString(line + "\n")
}

// cut shortens s to n columns.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// printable makes what the guest has written safe to show: what a terminal would obey is
// written as in a Go string.
func printable(s string) string {
	if strings.IndexFunc(s, func(c rune) bool { return !unicode.IsPrint(c) }) < 0 && utf8.ValidString(s) {
		return s
	}
	q := fmt.Sprintf("%q", s)
	return q[1 : len(q)-1]
}

// millis writes a length of virtual time.
func millis(t guest.Time) string { return fmt.Sprintf("%.3f ms", float64(t)/1e6) }

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
