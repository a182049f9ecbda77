package vfs

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// guestStat shows what of a Stat is the same on every file system.
func guestStat(s Stat) string {
	if s.Mode&S_IFMT == S_IFDIR {
		return fmt.Sprintf("%#o", s.Mode)
	}
	return fmt.Sprintf("%#o %d %d", s.Mode, s.Size, s.Nlink)
}

func hostStat(s unix.Stat_t) string {
	return guestStat(Stat{Mode: s.Mode, Size: s.Size, Nlink: uint32(s.Nlink)})
}

func guestList(p Proc, fd int) string {
	if _, e := p.Seek(fd, 0, SEEK_SET); e != 0 {
		return e.String()
	}
	var names []string
	for {
		n := 0
		e := p.ReadDir(fd, func(e DirEntry) bool {
			if n++; n > 3 {
				return false
			}
			if !slices.Contains([]string{"dev", "etc", "proc", "tmp"}, e.Name) {
				names = append(names, fmt.Sprintf("%s:%o", e.Name, e.Type))
			}
			return true
		})
		if e != 0 {
			return e.String()
		}
		if n == 0 {
			slices.Sort(names)
			return strings.Join(names, " ")
		}
	}
}

func hostList(fd int) string {
	if _, err := unix.Seek(hostFd(fd), 0, SEEK_SET); err != nil {
		return outcome(err)
	}
	var names []string
	b := make([]byte, 4096)
	for {
		n, err := unix.Getdents(hostFd(fd), b)
		if err != nil {
			return outcome(err)
		}
		if n == 0 {
			slices.Sort(names)
			return strings.Join(names, " ")
		}
		for rest := b[:n]; len(rest) > 0; {
			size := binary.LittleEndian.Uint16(rest[16:])
			name, _, _ := strings.Cut(string(rest[19:size]), "\x00")
			names = append(names, fmt.Sprintf("%s:%o", name, int(rest[18])<<12))
			rest = rest[size:]
		}
	}
}
