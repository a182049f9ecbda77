package build

import (
	"errors"
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	v, err := new(Builder).Version()
	if err != nil || !strings.HasPrefix(v, "gcc version ") || strings.Contains(v, "\n") {
		t.Errorf("%q, %v", v, err)
	}
	if v, err := (&Builder{CC: "no-such-compiler"}).Version(); v != "" || !errors.Is(err, ErrNoCompiler) {
		t.Errorf("%q, %v", v, err)
	}
}
