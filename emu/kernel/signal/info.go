package signal

import (
	"encoding/binary"

	"patchlab/guest"
)

// Values of Info.Code, which says where a signal comes from (si_code). Positive ones
// depend on the signal.
const (
	CodeUser   int32 = 0    // kill
	CodeKernel int32 = 0x80 // the kernel, of itself
	CodeQueue  int32 = -1   // sigqueue
	CodeTimer  int32 = -2   // a POSIX timer
	CodeTKill  int32 = -6   // tgkill
)

// InfoSize is the size of a siginfo_t in bytes.
const InfoSize = 128

// Info is what is told about a signal: siginfo_t, of which only this much is used. The meaning of Words, its union,
// depends on Code and Number; the functions that make an Info know it.
type Info struct {
	Number Number
	Errno  int32
	Code   int32
	Words  [4]uint64

	timer int32 // 1 + the id of the timer that sent it; 0: none
}

func pair(low int32, high uint32) uint64 { return uint64(uint32(low)) | uint64(high)<<32 }

// FromUser is the information of kill (CodeUser) and tgkill (CodeTKill).
func FromUser(n Number, code, pid int32, uid uint32) Info {
	return Info{Number: n, Code: code, Words: [4]uint64{pair(pid, uid)}}
}

// FromKernel is the information of a signal that nobody has sent.
func FromKernel(n Number) Info { return Info{Number: n, Code: CodeKernel} }

// FromFault is the information of a fault at an address; code says which kind.
func FromFault(n Number, code int32, a guest.Addr) Info {
	return Info{Number: n, Code: code, Words: [4]uint64{uint64(a)}}
}

// FromChild is the information of SIGCHLD.
func FromChild(code, pid int32, uid uint32, status int32) Info {
	return Info{Number: SIGCHLD, Code: code, Words: [4]uint64{pair(pid, uid), pair(status, 0)}}
}

// fromTimer is the information of a POSIX timer. How often it has overrun comes in when
// the signal is delivered.
func fromTimer(n Number, id int32, value uint64) Info {
	return Info{Number: n, Code: CodeTimer, Words: [4]uint64{pair(id, 0), value}, timer: id + 1}
}

// Encode returns the bytes of a siginfo_t.
func (i *Info) Encode() (b [InfoSize]byte) {
	le := binary.LittleEndian
	le.PutUint32(b[0:], uint32(i.Number))
	le.PutUint32(b[4:], uint32(i.Errno))
	le.PutUint32(b[8:], uint32(i.Code))
	for j, w := range i.Words {
		le.PutUint64(b[16+8*j:], w)
	}
	return b
}

// DecodeInfo reads the siginfo_t that a program gives to rt_sigqueueinfo. As there, the
// number that counts is the one that the call names.
func DecodeInfo(n Number, b *[InfoSize]byte) Info {
	le := binary.LittleEndian
	i := Info{Number: n, Errno: int32(le.Uint32(b[4:])), Code: int32(le.Uint32(b[8:]))}
	for j := range i.Words {
		i.Words[j] = le.Uint64(b[16+8*j:])
	}
	return i
}

// MayQueue reports whether a process may queue a signal with this code for another one:
// it must not look like the kernel's or like kill's.
func MayQueue(code int32) bool { return code < 0 && code != CodeTKill }
