package prove

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"patchlab/explore/search"
)

// answer is what a process says about a schedule.
type answer struct {
	digest uint64 // of all that has happened in the run
	status string // how it ended: "going" when it was cut
}

func (a answer) String() string { return fmt.Sprintf("%016x %s", a.digest, a.status) }

// Child is the work of one of the processes that [Run] starts, told by its arguments:
//
//	record SCENARIO INTERRUPTS FIRST COUNT    draw schedules; a line of each, and its answer
//	replay SCENARIO INTERRUPTS                read schedules, a line each; a line of answers
//
// wrap, if not nil, is put around the system that replays; it is there to show that a
// replay which goes wrong is noticed.
func Child(args []string, in io.Reader, out io.Writer, wrap func(search.System) search.System) error {
	work, s, rest, err := parseChild(args)
	if err != nil {
		return err
	}
	sys, err := s.open()
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(out, 1<<16)
	switch {
	case work == "record" && len(rest) == 2:
		err = record(sys, rest[0], rest[1], w)
	case work == "replay" && len(rest) == 0 && wrap != nil:
		err = replay(wrap(sys), in, w)
	case work == "replay" && len(rest) == 0:
		err = replay(sys, in, w)
	default:
		err = fmt.Errorf("no such work: %q", args)
	}
	return errors.Join(err, w.Flush(), sys.Close())
}

// parseChild takes the arguments of a child apart: the work, the subject, and the numbers
// behind it.
func parseChild(args []string) (work string, s Subject, rest []uint64, err error) {
	if len(args) < 3 {
		return "", s, nil, fmt.Errorf("no such work: %q", args)
	}
	for _, a := range args[2:] {
		n, err := strconv.ParseUint(a, 10, 32)
		if err != nil {
			return "", s, nil, fmt.Errorf("no such work: %q: %w", args, err)
		}
		rest = append(rest, n)
	}
	return args[0], Subject{args[1], int(rest[0])}, rest[1:], nil
}

// record draws schedules. A line has the answer, the number of steps, and the schedule as
// one word.
func record(sys search.System, first, count uint64, out io.Writer) error {
	var choices [64]search.Choice
	for n := first; n < first+count; n++ {
		s, a, err := draw(sys, n, choices[:0])
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s %d %s\n", a, len(s), s.Compact()); err != nil {
			return err
		}
	}
	return nil
}

// replay replays schedules, one word in a line. The answer to a schedule that the run
// does not follow is the difference.
func replay(sys search.System, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		s, err := search.ParseCompact(lines.Text())
		if err != nil {
			return err
		}
		end, err := search.Replay(sys, s)
		text := answer{end.Digest, end.Status.String()}.String()
		if errors.Is(err, search.ErrDifferent) || errors.Is(err, search.ErrInfeasible) {
			text = strings.ReplaceAll(err.Error(), "\n", " ")
		} else if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, text); err != nil {
			return err
		}
	}
	return lines.Err()
}
