package unicorn

// #include <unicorn/unicorn.h>
import "C"

import (
	"errors"
	"fmt"
)

// UcError is an error code of the library, one of the ERR_ constants except
// ERR_OK.
type UcError C.uc_err

// Error returns the library's text for the code.
func (e UcError) Error() string {
	return C.GoString(C.uc_strerror(C.uc_err(e)))
}

// errBusy is returned by Close inside a callback: the engine's C frames are
// still on the stack. Stop the engine, and close it when Start has returned.
var errBusy = errors.New("unicorn: Close while the engine runs")

// errReturn turns a C result into a Go error.
func errReturn(code C.uc_err) error {
	if code != C.UC_ERR_OK {
		return UcError(code)
	}
	return nil
}

// argError is an argument that is refused before the library sees it.
func argError(format string, args ...any) error {
	return fmt.Errorf("unicorn: "+format+": %w", append(args, UcError(ERR_ARG))...)
}
