package unicorn

import (
	"bytes"
	"math"
	"reflect"
	"testing"

	"github.com/unicorn-engine/unicorn/internal/heap"
)

func TestMemory(t *testing.T) {
	u := open(t)
	data := []byte("some data across two pages")
	must(t, u.MemMapProt(dataBase+0x1000, 0x1000, PROT_READ))
	must(t, u.MemWrite(dataBase+0x1000-8, data))
	got, err := u.MemRead(dataBase+0x1000-8, uint64(len(data)))
	must(t, err)
	if !bytes.Equal(got, data) {
		t.Errorf("MemRead = %q", got)
	}
	into := make([]byte, 4)
	must(t, u.MemReadInto(into, dataBase+0x1000-8+5))
	if string(into) != "data" {
		t.Errorf("MemReadInto = %q", into)
	}
	must(t, u.MemProtect(base, 0x1000, PROT_READ|PROT_EXEC))
	must(t, u.MemUnmap(dataBase, 0x1000))
	regions, err := u.MemRegions()
	must(t, err)
	want := []*MemRegion{
		{Begin: base, End: base + 0xfff, Prot: PROT_READ | PROT_EXEC},
		{Begin: dataBase + 0x1000, End: dataBase + 0x1fff, Prot: PROT_READ},
	}
	if !reflect.DeepEqual(regions, want) {
		t.Errorf("MemRegions = %v", regions)
	}
}

func TestMemoryErrors(t *testing.T) {
	u := open(t)
	read := func(addr, size uint64) error {
		data, err := u.MemRead(addr, size)
		if err != nil && data != nil {
			t.Error("MemRead returned data and an error")
		}
		return err
	}
	tests := []struct {
		name string
		err  error
		want UcError
	}{
		{"map not aligned", u.MemMap(unmapped+1, 0x1000), ERR_ARG},
		{"map twice", u.MemMap(base, 0x1000), ERR_MAP},
		{"map a null pointer", u.MemMapPtr(unmapped, 0x1000, PROT_ALL, nil), ERR_ARG},
		{"protect unmapped", u.MemProtect(unmapped, 0x1000, PROT_ALL), ERR_NOMEM},
		{"unmap unmapped", u.MemUnmap(unmapped, 0x1000), ERR_NOMEM},
		{"read unmapped", read(unmapped, 8), ERR_READ_UNMAPPED},
		{"read across the end", read(base+0xffc, 8), ERR_READ_UNMAPPED},
		{"read a size beyond all memory", read(base, 1<<60), ERR_READ_UNMAPPED},
		{"read the largest size", read(base, math.MaxUint64), ERR_READ_UNMAPPED},
		{"write unmapped", u.MemWrite(unmapped, []byte{1}), ERR_WRITE_UNMAPPED},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantErr(t, tt.err, tt.want) })
	}
	must(t, u.MemWrite(unmapped, nil))
	must(t, u.MemReadInto(nil, unmapped))
	must(t, read(unmapped, 0))
}

func TestMemReadLarge(t *testing.T) {
	u := open(t)
	const size = 2 << 20
	must(t, u.MemMap(0x1000000, size))
	must(t, u.MemWrite(0x1000000+size-1, []byte{7}))
	data, err := u.MemRead(0x1000000, size)
	must(t, err)
	if len(data) != size || data[size-1] != 7 {
		t.Errorf("read %d bytes, the last is %d", len(data), data[len(data)-1])
	}
}

func TestMemRegionsDoesNotLeak(t *testing.T) {
	u := open(t)
	before := heap.InUse()
	for range 50_000 {
		if _, err := u.MemRegions(); err != nil {
			t.Fatal(err)
		}
	}
	if grown := heap.InUse() - before; grown > 1<<20 {
		t.Errorf("the C heap grew by %d bytes", grown)
	}
}
