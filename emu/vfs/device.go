package vfs

// The devices that there are: major number 1, these minor numbers.
const (
	devNull   = 3
	devZero   = 5
	devFull   = 7
	devRandom = 8
	devURand  = 9
)

var devices = []struct {
	name  string
	minor int32
}{{"null", devNull}, {"zero", devZero}, {"full", devFull}, {"random", devRandom}, {"urandom", devURand}}

func (fs *FS) readDevice(minor int32, b []byte) int {
	switch minor {
	case devNull:
		return 0
	case devRandom, devURand:
		if fs.config.Random != nil {
			fs.config.Random(b)
			return len(b)
		}
	}
	clear(b)
	return len(b)
}

func writeDevice(minor int32, b []byte) (int, Errno) {
	if minor == devFull && len(b) > 0 {
		return 0, ENOSPC
	}
	return len(b), 0
}
