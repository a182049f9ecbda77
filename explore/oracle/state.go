package oracle

import "encoding/binary"

// AppendState appends what later judgements depend on: equal bytes, for equal states of
// the laboratory, mean equal judgements of what follows.
func (o *Oracle) AppendState(dst []byte) []byte {
	dst = append(dst, byte(o.current), byte(len(o.gone)))
	for i := range o.patches {
		p := &o.patches[i]
		b := byte(p.left)
		for i, on := range [...]bool{p.covered, p.replaced, p.covers, p.forced} {
			if on {
				b |= 1 << (4 + i)
			}
		}
		dst = append(dst, b)
	}
	for i := range o.tasks {
		t := &o.tasks[i]
		unwound := byte(0)
		if t.unwound {
			unwound = 1
		}
		if t.passed {
			unwound |= 2
		}
		dst = append(dst, unwound, byte(t.cause))
		dst = binary.LittleEndian.AppendUint64(dst, t.outside)
		dst = binary.LittleEndian.AppendUint64(dst, uint64(t.late))
	}
	return dst
}
