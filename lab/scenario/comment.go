package scenario

import (
	"regexp"
	"slices"
	"strings"
)

// Red is a way in which a scenario is not as it expects.
type Red struct {
	Break string   // the break that turns it red; "" when it is red as it stands
	Flags []string // what a search needs to be told besides
}

var (
	// redClaim is how a paragraph of a scenario's first comment begins that says so.
	redClaim = regexp.MustCompile(`(Turned red by|Red as it stands)\b(.*)`)
	// breakName matches what may be the name of a break.
	breakName = regexp.MustCompile(`[a-z]+(-[a-z]+)+`)
	// searchFlags are flags for a search, where a claim has some.
	searchFlags = regexp.MustCompile(`\(patchlab explore (-[^)]*)\)`)
)

// Red returns what the scenario's first comment says of how it turns red, in a paragraph
// with "Turned red by", and the breaks that do, or with "Red as it stands". There is
// nothing when it says neither.
func (s *Scenario) Red() []Red {
	for paragraph := range strings.SplitSeq(strings.Join(s.Comment, "\n"), "\n\n") {
		claim := redClaim.FindStringSubmatch(strings.ReplaceAll(paragraph, "\n", " "))
		if claim == nil {
			continue
		}
		var flags []string
		if f := searchFlags.FindStringSubmatch(claim[2]); f != nil {
			flags = strings.Fields(f[1])
		}
		if claim[1] == "Red as it stands" {
			return []Red{{"", flags}}
		}
		return redBy(searchFlags.ReplaceAllString(claim[2], ""), flags)
	}
	return nil
}

// redBy finds the names of breaks in a claim.
func redBy(claim string, flags []string) []Red {
	all := BreakNames()
	var red []Red
	for _, word := range breakName.FindAllString(claim, -1) {
		has := func(r Red) bool { return r.Break == word }
		if slices.Contains(all, word) && !slices.ContainsFunc(red, has) {
			red = append(red, Red{word, flags})
		}
	}
	return red
}
