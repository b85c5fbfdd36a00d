package interview

import (
	"slices"
	"strings"
)

// Switch is a place of a snippet that can be vulnerable or safe. In the file every switch is as Vulnerable says, so
// that three switches give eight snippets with exact keys. Lines are of the file, from 1, inclusive, and no two
// switches of an item share one.
type Switch struct {
	ID         string   `yaml:"id" json:"id"`
	Lines      [2]int   `yaml:"lines,flow" json:"lines"`
	Vulnerable string   `yaml:"vulnerable" json:"vulnerable"` // what the file holds there
	Safe       string   `yaml:"safe" json:"safe"`             // what stands there instead
	Findings   []string `yaml:"findings" json:"findings"`     // ids of the findings that are gone when it is safe
	WhySafe    string   `yaml:"why_safe" json:"why_safe"`     // the safe lines become a decoy, with this reason
	Fixes      []Pushed `yaml:"fixes,omitempty" json:"fixes,omitempty"`
}

// Pushed is a repair that the developer of the pull request pushes after the review. Some hold, some can be got round.
type Pushed struct {
	ID     string `yaml:"id" json:"id"`
	Text   string `yaml:"text" json:"text"` // stands in the place of the switch's lines
	Holds  bool   `yaml:"holds" json:"holds"`
	Argues string `yaml:"argues" json:"argues"` // what the developer says for it
	Why    string `yaml:"why" json:"why"`       // why it holds, or the request that gets round it
}

// ArguesHere is where a step's question about a repair takes the author's words.
const ArguesHere = "{argues}"

// PushRef names a repair by its switch and its own id. Neither says whether it holds.
type PushRef struct {
	Switch string `json:"switch"`
	Fix    string `json:"fix"`
}

// Fights are the switches that a repair can be pushed for.
func (r *Rubric) Fights() []Switch {
	if r == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(r.Switches), func(s Switch) bool { return len(s.Fixes) == 0 })
}

// Pushed is the repair that a reference names, and its switch; nil where the pack has it no longer.
func (r *Rubric) Pushed(ref *PushRef) (*Switch, *Pushed) {
	if r == nil || ref == nil {
		return nil, nil
	}
	for i := range r.Switches {
		for k := range r.Switches[i].Fixes {
			if r.Switches[i].ID == ref.Switch && r.Switches[i].Fixes[k].ID == ref.Fix {
				return &r.Switches[i], &r.Switches[i].Fixes[k]
			}
		}
	}
	return nil, nil
}

// Changed shows a repair as a change of lines: those that stay begin with two blanks, those that go with "- ", those
// that come with "+ ".
func (s *Switch) Changed(fix *Pushed) string {
	old, put := lineList(s.Vulnerable), lineList(fix.Text)
	if strings.TrimSpace(fix.Text) == "" {
		put = nil
	}
	head, tail := 0, 0
	for head < min(len(old), len(put)) && old[head] == put[head] {
		head++
	}
	for tail < min(len(old), len(put))-head && old[len(old)-1-tail] == put[len(put)-1-tail] {
		tail++
	}
	var out strings.Builder
	write := func(mark string, lines []string) {
		for _, l := range lines {
			out.WriteString(strings.TrimRight(mark+l, " ") + "\n")
		}
	}
	write("  ", old[:head])
	write("- ", old[head:len(old)-tail])
	write("+ ", put[head:len(put)-tail])
	write("  ", old[len(old)-tail:])
	return out.String()
}

// Variant is a snippet with some of its switches safe, and the key that belongs to it.
type Variant struct {
	Text     string
	Findings []Finding
	Decoys   []Decoy
}

// lineList is a snippet's lines without their ends.
func lineList(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n") }

// Vary returns the snippet with the named switches safe. Findings and decoys below a place that grew or shrank are
// moved; those of a safe switch are gone, and its lines are a decoy. A decoy or a finding of nobody's that overlaps a
// changed place covers the whole place afterwards.
func (r *Rubric) Vary(code string, safe []string) Variant {
	put := map[string]string{}
	gone := map[string]bool{}
	for _, s := range r.Switches {
		if slices.Contains(safe, s.ID) {
			put[s.ID] = s.Safe
			for _, f := range s.Findings {
				gone[f] = true
			}
		}
	}
	text, move := r.replace(code, put)
	v := Variant{Text: text}
	for _, f := range r.Findings {
		if !gone[f.ID] {
			f.Lines = move(f.Lines)
			v.Findings = append(v.Findings, f)
		}
	}
	for _, d := range r.Decoys {
		v.Decoys = append(v.Decoys, Decoy{Lines: move(d.Lines), WhySafe: d.WhySafe})
	}
	for _, s := range r.Switches {
		if _, is := put[s.ID]; is {
			v.Decoys = append(v.Decoys, Decoy{Lines: move(s.Lines), WhySafe: s.WhySafe})
		}
	}
	return v
}

// Push returns the snippet with one pushed repair in the place of its switch, the others as in the file.
func (r *Rubric) Push(code, id string, fix Pushed) string {
	text, _ := r.replace(code, map[string]string{id: fix.Text})
	return text
}

// replace puts texts in the place of switches, by their id, and returns how lines moved.
func (r *Rubric) replace(code string, put map[string]string) (string, func([2]int) [2]int) {
	switches := slices.DeleteFunc(slices.Clone(r.Switches), func(s Switch) bool { _, is := put[s.ID]; return !is })
	slices.SortFunc(switches, func(a, b Switch) int { return a.Lines[0] - b.Lines[0] })
	lines := lineList(code)
	var out []string
	type step struct{ from, to, grew int }
	var steps []step
	next := 1 // the first line of the file that is not in out yet
	for _, s := range switches {
		from, to := s.Lines[0], s.Lines[1]
		if from < next || to < from || to > len(lines) {
			continue // not a place in this file; the linter says so
		}
		with := lineList(put[s.ID])
		if strings.TrimSpace(put[s.ID]) == "" {
			with = nil
		}
		out = append(append(out, lines[next-1:from-1]...), with...)
		steps = append(steps, step{from, to, len(with) - (to - from + 1)})
		next = to + 1
	}
	out = append(out, lines[next-1:]...)
	move := func(at [2]int) [2]int {
		first, last := at[0], at[1]
		for _, s := range steps {
			switch {
			case at[0] > s.to:
				first += s.grew
			case at[0] > s.from:
				first -= at[0] - s.from // begins inside the place: all of the place
			}
			if at[1] >= s.from {
				last += s.grew
				if at[1] < s.to {
					last += s.to - at[1]
				}
			}
		}
		return [2]int{first, max(first, last)}
	}
	return strings.Join(out, "\n") + "\n", move
}
