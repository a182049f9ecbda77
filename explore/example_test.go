package explore_test

import (
	"fmt"
	"strings"

	"patchlab/explore"
	"patchlab/lab/experiment"
)

// In a test, t is its *testing.T: without a break this would try every schedule, find
// nothing, and pass.
func ExampleCheck() {
	t := &fakeTest{}
	explore.Check(t, "../testprogs/seed/asleep-inside.txtar", explore.CheckOptions{
		Run: experiment.Options{Breaks: []string{"skip-stack-check"}},
	})
	text, _, _ := strings.Cut(t.failed, "\nsee it again: ")
	fmt.Println(text)
	// Output:
	// VIOLATION clean-switch: t1 was switched to the new side of new, by the rule "attempt", while it was in the old f (model)
	// 67 steps, 0 preemptions:
	//
	//   t1         task ... f (2 steps)
	//   operator   script:9 ... P.try[T] (65 steps)
}
