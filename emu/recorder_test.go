package emu

import (
	"strings"
	"testing"
)

// TestTruthInTheStub follows a task through the stub.
func TestTruthInTheStub(t *testing.T) {
	for _, c := range []struct{ at, want string }{
		{"g", "f"}, // before its first instruction
		{"stub.entry", "f g?!"},
		{"F.lock", "f g?!"},
		{"F.unlock", "f g?!"}, // the handler has not answered yet
		{"shim.leave", "f g=body_g!"},
		{"stub.ret", "f g=body_g!"},
		{"body_g", "f g=body_g!"},
	} {
		r := newRig(t, setup{source: truthProgram, tasks: []string{"user"}, policy: &stepped{}})
		r.p.install("g", "body_g")
		if p, ok := r.arena.Find(c.at); ok {
			r.hold(1, p.Addr, "")
		} else if strings.HasPrefix(c.at, "F.") {
			r.hold(1, 0, c.at)
		} else {
			r.hold(1, r.addr(c.at), "")
		}
		if got := r.activations(r.Truth().Live(1)); got != c.want+"\n" {
			t.Errorf("at %s: %swant %s", c.at, got, c.want)
		}
		r.Release(1)
		r.finish()
	}
}

// TestTruthIsNoInput wants a run to be the same whether it is recorded or not, alone and
// in company, also where the recorder cuts an uncounted run into pieces.
func TestTruthIsNoInput(t *testing.T) {
	img := compile(t, `
	static volatile u64 sum;
	void f(u64 n) { sum += n; }
	void body(u64 n) { sum -= n; }
	void run(u64 n) { for (u64 i = 0; i < n; i++) f(i); }
	GATE(0x1001, run);
	__user void user(u64 n)
	{
		gate(0x1001, n);
		user_write(0, 8);
		gate(0x1001, 5);
		user_exit(0);
	}`)
	for _, tasks := range [][]string{{"user:3000"}, {"user:300", "user:1000", "user:200"}} {
		for _, to := range []string{"off", "", "body"} {
			for _, policy := range testPolicies(3) {
				var outcomes []string
				for _, quiet := range []bool{false, true} {
					r := newRigOf(t, setup{tasks: tasks, cpus: 2, policy: policy(), quiet: quiet}, img)
					if to != "off" {
						r.p.install("f", to)
					}
					_, err := r.until(func() bool { return false })
					outcomes = append(outcomes, r.outcome(err))
					if n := r.Truth().Commits(r.addr("f")) + r.Truth().Commits(r.addr("body")); (n == 0) != quiet {
						t.Errorf("recorded %d calls, quiet %v", n, quiet)
					}
					r.Close()
				}
				if outcomes[0] != outcomes[1] {
					t.Errorf("%v to %q, %s: recorded\n%s\nnot recorded\n%s", tasks, to, policy().Name(), outcomes[0], outcomes[1])
				}
			}
		}
	}
}
