package cputest

import (
	"fmt"
	"syscall"
	"unsafe"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

// InArea returns an open function whose CPUs have an area over the whole address space of
// the rig: every mapping lies in it.
func InArea(open Open) Open {
	return func(o cpu.Options) (cpu.CPU, error) {
		r := guest.Range{Start: 0x10000, End: until}
		host, err := syscall.Mmap(-1, 0, int(r.Size()), syscall.PROT_READ|syscall.PROT_WRITE,
			syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_NORESERVE)
		if err != nil {
			return nil, err
		}
		o.Area = cpu.Area{Range: r, Host: host}
		c, err := open(o)
		if err != nil {
			return nil, err
		}
		return &inArea{CPU: c, area: o.Area}, nil
	}
}

// inArea is a CPU whose mappings are moved to its area, while the test goes on to see
// the same memory where it made it.
type inArea struct {
	cpu.CPU
	area cpu.Area
}

// inAnArea reports whether the CPU of a rig has an area.
func inAnArea(r *rig) bool {
	_, is := r.cpu.(*inArea)
	return is
}

func (c *inArea) Name() string { return c.CPU.Name() + " in an area" }

func (c *inArea) Map(m cpu.Mapping) error {
	size := m.Range.Size()
	if !c.area.Range.Covers(m.Range) || m.Range.Start%guest.PageSize != 0 || size%guest.PageSize != 0 ||
		uint64(len(m.Host)) != size || size == 0 || c.area.Host == nil ||
		uintptr(unsafe.Pointer(&m.Host[0]))%guest.PageSize != 0 {
		return c.CPU.Map(m)
	}
	host := c.area.Host[m.Range.Start-c.area.Range.Start:][:size:size]
	from := m.Host
	m.Host = host
	if err := c.CPU.Map(m); err != nil {
		return err
	}
	const mayMove, fixed = 1, 2 // MREMAP_MAYMOVE, MREMAP_FIXED
	// With an old size of 0 a shared mapping is not moved but mapped once more.
	_, _, e := syscall.Syscall6(syscall.SYS_MREMAP, uintptr(unsafe.Pointer(&from[0])), 0, uintptr(size), mayMove|fixed,
		uintptr(unsafe.Pointer(&host[0])), 0)
	if e != 0 {
		return fmt.Errorf("map %s a second time: %w", m.Range, e)
	}
	return nil
}

func (c *inArea) Close() error {
	err := c.CPU.Close()
	if c.area.Host != nil {
		_ = syscall.Munmap(c.area.Host)
		c.area.Host = nil
	}
	return err
}
