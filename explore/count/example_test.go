package count_test

import (
	"fmt"
	"log"

	"patchlab/explore/count"
)

const messagePassing = `
thread writer
  write x 1
  write y 1
thread reader
  read y
  read x
`

func Example() {
	programs, err := count.Parse("mp.count", messagePassing)
	if err != nil {
		log.Fatal(err)
	}
	r, err := count.Count(programs[0], count.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(programs[0].Name, "has", r.Interleavings, "interleavings in", r.Classes, "classes")
	for bound, n := range r.ByBound {
		fmt.Println(n, "with at most", bound, "preemptions")
	}
	// Output:
	// mp has 6 interleavings in 3 classes
	// 2 with at most 0 preemptions
	// 3 with at most 1 preemptions
}
