package build

import "strings"

// Version returns in one line which compiler a builder uses. Compilers of one version emit
// the same code; digests of runs are the same for the same code only.
func (b *Builder) Version() (string, error) {
	cc := b.CC
	if cc == "" {
		cc = "gcc"
	}
	id, err := compilerID(cc)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(id) {
		if strings.HasPrefix(line, "gcc version ") {
			return strings.TrimSpace(line), nil
		}
	}
	return firstLine(id), nil
}
