package reading

import (
	"regexp"
	"slices"
	"strings"
)

// headings are what candidates write before the parts of a story they were taught to label.
var headings = regexp.MustCompile(`(?i)^[\s*_#>\-–•()\[\]\d.]*(situation|context|background|problem|challenge|task|tasks|objective|goal|action|actions|approach|result|results|outcome|outcomes|impact|reflection|lesson|learning|learnings|s|t|a|r)((?:\s*(?:and|&|/|\+|,)\s*(?:situation|context|background|problem|task|action|actions|result|results|outcome))?)[\s*_)\]]*(?:[:\-–—]+[\s*_]*|$)`)

var headingPart = map[string]Part{
	"situation": Situation, "context": Situation, "background": Situation, "problem": Situation, "challenge": Situation, "s": Situation,
	"task": Task, "tasks": Task, "objective": Task, "goal": Task, "t": Task,
	"action": Action, "actions": Action, "approach": Action, "a": Action,
	"result": Result, "results": Result, "outcome": Result, "outcomes": Result, "impact": Result, "reflection": Result, "lesson": Result, "learning": Result, "learnings": Result, "r": Result,
}

// labels fills the parts that headings give: each holds until the next. At least two different headings make
// a labelled answer; a lone "Result:" may be anything.
func labels(text string, clues []clue) (labelled bool) {
	own := make([]Part, len(clues))
	kinds := map[Part]bool{}
	for i := range clues {
		s := clues[i].span
		line := text[s.Start:min(s.End, s.Start+60)]
		m := headings.FindStringSubmatch(line)
		if m == nil || strings.TrimSpace(m[2]) != "" { // two parts under one heading: left to the tagger
			if m != nil {
				own[i] = Other
			}
			continue
		}
		own[i] = headingPart[strings.ToLower(m[1])]
		kinds[own[i]] = true
	}
	if len(kinds) < 2 {
		return false
	}
	at := Part("")
	for i := range clues {
		if own[i] == Other {
			at = ""
		} else if own[i] != "" {
			at = own[i]
		}
		clues[i].label = at
	}
	return true
}

// tag gives every sentence its part, the chance of each part, and the parts that are missing.
func tag(text string, clues []clue) ([]Part, []vector, []Part) {
	labels(text, clues)
	emit := make([]vector, len(clues))
	each(len(clues), func(i int) { emit[i] = fitted.emission(&clues[i]) })
	for i := range clues {
		if p := clues[i].label; p != "" {
			for k := range parts {
				if partOf[k] != p {
					emit[i][k] = -30
				} else {
					emit[i][k] = 0
				}
			}
		}
	}
	tags, chances, lacking := fitted.read(emit)
	out := make([]Part, len(clues))
	for i, p := range tags {
		out[i] = partOf[p]
		clues[i].meta = p == iO
	}
	var missing []Part
	for p, lacks := range lacking {
		if lacks || !slices.Contains(out, partOf[p]) {
			missing = append(missing, partOf[p])
		}
	}
	return out, chances, missing
}
