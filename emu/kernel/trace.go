package kernel

import (
	"fmt"
	"strconv"
	"strings"

	"patchlab/emu/vfs"
)

// trace writes a call and what came of it, one line each.
func (k *Kernel) trace(c *Call, row *Row, r Result) {
	if k.config.Trace == nil {
		return
	}
	kinds := "xxx"
	if row != nil {
		kinds = row.args
	}
	var args []string
	for i, kind := range kinds {
		args = append(args, k.argument(c, i, kind))
	}
	who := ""
	if len(k.threads) > 1 {
		who = fmt.Sprintf("[pid %d] ", tid(c.Task))
	}
	fmt.Fprintf(k.config.Trace, "%s%s(%s) = %s\n", who, Name(c.Nr), strings.Join(args, ", "), outcome(c, r))
}

func (k *Kernel) argument(c *Call, i int, kind rune) string {
	v := c.Args[i]
	switch kind {
	case 'd':
		if v < 1<<32 {
			return strconv.Itoa(int(int32(v)))
		}
		return strconv.FormatInt(int64(v), 10)
	case 'u':
		return strconv.FormatUint(v, 10)
	case 'o':
		return fmt.Sprintf("%#o", v)
	case 's':
		if s, e := k.path(c.addr(i)); e == 0 {
			return strconv.Quote(s)
		}
	case 'p':
		if v == 0 {
			return "NULL"
		}
	}
	return fmt.Sprintf("%#x", v)
}

// outcome writes the result of a call.
func outcome(c *Call, r Result) string {
	switch r.Then {
	case Block, Again:
		return "... waits"
	case Exit, End, Restore:
		return "?"
	}
	if e := vfs.Errno(-r.Value); int64(r.Value) < 0 && int64(r.Value) > -4096 {
		return fmt.Sprintf("-1 %s", errorName(e))
	}
	if row := find(c.Nr); row != nil && strings.HasPrefix(Name(c.Nr), "m") || Name(c.Nr) == "brk" {
		return fmt.Sprintf("%#x", r.Value)
	}
	return strconv.FormatInt(int64(r.Value), 10)
}

func errorName(e vfs.Errno) string {
	switch e {
	case esrch:
		return "ESRCH"
	case eintr:
		return "EINTR"
	case echild:
		return "ECHILD"
	case efault:
		return "EFAULT"
	case enosys:
		return "ENOSYS"
	case etimedout:
		return "ETIMEDOUT"
	}
	return e.String()
}
