package oracle

var statements = [...]string{
	NoMixing:              "while a body of one side of a patch is live in a task, the task begins none of the other side",
	CleanSwitch:           "a task is on one side of a patch: when it changes sides, no body of the side that it leaves is live in it or decided on, and it begins only bodies of the side that it is on",
	DoneMeansDone:         "once a transition completes, nothing of the side that was left is live or begins",
	NothingDangles:        "once a module is unloaded, nobody is in it, returns into it or is about to run it",
	ReliableMeansComplete: "a stack that the unwinder calls reliable holds every live function",
	Quiet:                 "the kernel does not warn, and behind a transition every task has the state -1 and no flag",
	RefusalHasReason:      "where a stack is refused because of a function on it, the task is in that function or about to be",
	RightFunction:         "a patch replaces the functions that it names, and a name that is not unique has a position",
	Progress:              "where everybody gets a turn, a transition comes to its end, and a task that leaves the kernel is not left behind by it",
}

// Statement returns the rule in one short sentence, for a report; "" for no rule.
func (r Rule) Statement() string {
	if int(r) >= len(statements) {
		return ""
	}
	return statements[r]
}

// RuleByName returns the rule of that name, and false when there is none.
func RuleByName(name string) (Rule, bool) {
	for r, n := range ruleNames {
		if r > 0 && n == name {
			return Rule(r), true
		}
	}
	return 0, false
}
