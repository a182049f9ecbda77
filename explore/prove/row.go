package prove

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"hash/fnv"
	"strconv"
	"strings"
)

// Row is what came of one subject.
type Row struct {
	Subject   Subject
	Replays   int
	Schedules int // different ones
	Steps     int
	Different int    // replays that gave something else
	First     string // of those, told; "" when there is none
	// Sample is a hash of the first answers, and Digest one of all of them.
	Sample, Digest string

	hash hash.Hash
	seen map[uint64]struct{} // hashes of schedules
}

// sampled is how many answers of a subject [Row.Sample] is of.
const sampled = 20

func newRow(s Subject) *Row {
	return &Row{Subject: s, hash: sha256.New(), seen: map[uint64]struct{}{}}
}

// told is what the recorder says about a schedule.
type told struct {
	answer string
	steps  int
	word   string // the schedule
}

// parseTold reads a line of the recorder: the answer, of two words, steps and schedule.
func parseTold(line string) (told, error) {
	words := strings.Fields(line)
	if len(words) != 4 {
		return told{}, fmt.Errorf("the process that records said %q", line)
	}
	steps, err := strconv.Atoi(words[2])
	if err != nil {
		return told{}, fmt.Errorf("the process that records said %q", line)
	}
	return told{words[0] + " " + words[1], steps, words[3]}, nil
}

// compare takes in what the two processes say about the schedule with a number.
func (r *Row) compare(number int, t told, answer string) {
	r.Replays++
	r.Steps += t.steps
	h := fnv.New64a()
	h.Write([]byte(t.word))
	r.seen[h.Sum64()] = struct{}{}
	fmt.Fprintln(r.hash, t.answer)
	if r.Replays == sampled {
		r.Sample = r.sum()
	}
	if answer == t.answer {
		return
	}
	r.Different++
	if r.First == "" {
		r.First = fmt.Sprintf("schedule %d: recorded %s, replayed %s", number, t.answer, answer)
	}
}

func (r *Row) sum() string { return fmt.Sprintf("%x", r.hash.Sum(nil)[:8]) }

// end closes the row.
func (r *Row) end() {
	r.Digest, r.Schedules = r.sum(), len(r.seen)
	r.seen = nil
}
