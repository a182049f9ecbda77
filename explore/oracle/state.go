package oracle

import "encoding/binary"

// AppendState appends what later judgements depend on: equal bytes, for equal states of
// the laboratory, mean equal judgements of what follows.
func (o *Oracle) AppendState(dst []byte) []byte {
	dst = append(dst, byte(o.current), byte(len(o.gone)))
	for i := range o.patches {
		p := &o.patches[i]
		b := byte(p.left)
		if p.covered {
			b |= 1 << 6
		}
		if p.forced {
			b |= 1 << 7
		}
		dst = append(dst, b)
	}
	for i := range o.tasks {
		t := &o.tasks[i]
		unwound := byte(0)
		if t.unwound {
			unwound = 1
		}
		dst = append(dst, unwound, byte(t.cause))
		dst = binary.LittleEndian.AppendUint64(dst, t.outside)
		dst = binary.LittleEndian.AppendUint64(dst, uint64(t.late))
	}
	return dst
}
