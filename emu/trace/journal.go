package trace

// Journal is a list that only grows, and can be taken back to an earlier state by
// keeping a copy of the value: entries are never changed in place, so that two
// branches of a run do not write over each other.
type Journal[T any] struct{ entries []T }

// Add appends an entry.
func (j *Journal[T]) Add(e T) { j.entries = append(j.entries, e) }

// Entries returns the entries, oldest first. The caller must not change them.
func (j *Journal[T]) Entries() []T { return j.entries }

// Len returns the number of entries.
func (j *Journal[T]) Len() int { return len(j.entries) }

// Mark returns the journal as it is now. Whoever adds to the mark, or to j after
// [Journal.Restore], gets entries of his own behind it.
func (j *Journal[T]) Mark() Journal[T] {
	return Journal[T]{j.entries[:len(j.entries):len(j.entries)]}
}

// Restore makes j what it was when m was marked.
func (j *Journal[T]) Restore(m Journal[T]) { *j = m }
