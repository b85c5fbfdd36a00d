package pack

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"rehearse/server/interview"
)

// checker collects what is wrong with the content of a pack.
type checker struct {
	pack     *interview.Pack
	problems []error
}

func (c *checker) fail(at, key, format string, args ...any) {
	c.problems = append(c.problems, Problem{Path: at, Key: key, Text: fmt.Sprintf(format, args...)})
}

// Check returns every problem of a pack's content: what the engine needs to find, and what an author owes
// the candidate.
func Check(p *interview.Pack) []error {
	c := &checker{pack: p}
	c.top()
	c.bank()
	c.misconceptions()
	c.mining()
	c.audiences()
	for _, id := range sortedKeys(p.Items) {
		c.item(p.Items[id])
		if r := p.Rubrics[id]; r != nil {
			c.rubric(p.Items[id], r)
		} else {
			c.fail(id, "rubric.yaml", "is missing")
		}
	}
	c.formats()
	return c.problems
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (c *checker) need(at string, fields map[string]string) {
	for _, k := range sortedKeys(fields) {
		if strings.TrimSpace(fields[k]) == "" {
			c.fail(at, k, "is empty")
		}
	}
}

func (c *checker) top() {
	p := c.pack
	c.need("pack.yaml", map[string]string{"id": p.ID, "version": p.Version, "title": p.Title, "role": p.Role, "notice": p.Notice, "licence": p.Licence})
	if !slices.Contains(p.Levels, p.DefaultLevel) {
		c.fail("pack.yaml", "default_level", "%q is not one of the levels", p.DefaultLevel)
	}
	seen := map[string]bool{}
	for _, pr := range p.Principles {
		c.need("pack.yaml", map[string]string{"principles.id": pr.ID, "principles.name": pr.Name, "principles.family": pr.Family, "principles.gloss": pr.Gloss})
		if seen[pr.ID] {
			c.fail("pack.yaml", "principles", "%q stands twice", pr.ID)
		}
		seen[pr.ID] = true
	}
	ln := p.Lines
	for key, n := range map[string]int{"introduction": len(ln.Introduction), "dont_know": len(ln.DontKnow), "dont_know_story": len(ln.DontKnowStory),
		"make_assumption": len(ln.MakeAssumption), "story_open": len(ln.StoryOpen), "sweep": len(ln.Sweep), "press": len(ln.Press), "push_decide": len(ln.PushDecide), "push_approved": len(ln.PushApproved), "push_blocked": len(ln.PushBlocked), "candidate_questions": len(ln.CandidateQuestion)} {
		if n == 0 {
			c.fail("lines.yaml", key, "has no wording")
		}
	}
	c.need("lines.yaml", map[string]string{"no_hint": ln.NoHint, "again": ln.Again, "take_time": ln.TakeTime, "stop": ln.Stop, "reason": ln.Reason})
	c.need("lines.yaml", map[string]string{"same_story": ln.SameStory, "parts.S": ln.Parts["S"], "parts.T": ln.Parts["T"], "parts.A": ln.Parts["A"], "parts.R": ln.Parts["R"],
		"lengths.90": ln.Lengths[90], "lengths.120": ln.Lengths[120], "lengths.240": ln.Lengths[240]})
	c.facts("lines.yaml", "story_facts", ln.StoryFacts)
	for _, ps := range p.Personas {
		c.need("personas.yaml", map[string]string{ps.ID + ".name": ps.Name, ps.ID + ".role": ps.Role, ps.ID + ".greeting": ps.Greeting, ps.ID + ".closing": ps.Closing, ps.ID + ".no_answer": ps.NoAnswer})
		c.facts("personas.yaml", ps.ID+".answers", ps.Answers)
	}
}

// probeTypes are the eighteen types of the bank.
const probeTypes = 18

// minWordings is how many wordings each type of the bank has at least.
const minWordings = 6

func (c *checker) bank() {
	have := map[string]bool{}
	for _, b := range c.pack.Bank {
		have[b.Type] = true
		if len(b.Wordings) < minWordings {
			c.fail("probes.yaml", b.Type, "has %d wordings, at least %d are wanted", len(b.Wordings), minWordings)
		}
		c.need("probes.yaml", map[string]string{b.Type + ".family": b.Family, b.Type + ".name": b.Name, b.Type + ".dimension": b.Dimension})
		if b.MaxUses < 1 {
			c.fail("probes.yaml", b.Type+".max_uses", "has to be at least 1")
		}
		c.wordings("probes.yaml", b.Type, b.Wordings)
		for group, ws := range b.Asks {
			if !slices.Contains(askGroups, group) {
				c.fail("probes.yaml", b.Type+".asks", "%q is not a group; it is one of %s", group, strings.Join(askGroups, ", "))
			}
			for _, w := range ws {
				if !slices.Contains(b.Wordings, w) {
					c.fail("probes.yaml", b.Type+".asks."+group, "%q is not one of the wordings", w)
				}
			}
		}
		c.expect("probes.yaml", b.Type+".expects", b.Expects)
	}
	for i := 1; i <= probeTypes; i++ {
		if id := fmt.Sprintf("Q%02d", i); !have[id] {
			c.fail("probes.yaml", id, "is missing")
		}
	}
}

// askGroups are the groups that wordings may be put in by what they ask for.
var askGroups = []string{"before", "window", "source", "count"}

var expects = []interview.Expect{interview.ExpectEvent, interview.ExpectNumber, interview.ExpectName, interview.ExpectReason, interview.ExpectCounterfactual, interview.ExpectFact}

func (c *checker) expect(at, key string, e interview.Expect) {
	if !slices.Contains(expects, e) {
		c.fail(at, key, "%q is not a form of answer; it is one of %s", e, expects)
	}
}

// maxProbeWords is the longest authored follow-up, in words: with an anchor in front of it, it still fits
// what a listener takes in.
const maxProbeWords = 30

// praise are words an interviewer does not say.
var praise = regexp.MustCompile(`(?i)\b(great|excellent|impressive|well done|fantastic|perfect|good answer|nice work)\b`)

// wordings holds authored questions against the catalogue of interviewer mistakes that code can see.
func (c *checker) wordings(at, key string, list []string) {
	seen := map[string]bool{}
	for _, w := range list {
		switch {
		case strings.Count(w, "?") != 1 || !strings.HasSuffix(strings.TrimSpace(w), "?"):
			c.fail(at, key, "%q is not exactly one question", w)
		case interview.CountWords(w) > maxProbeWords:
			c.fail(at, key, "%q has %d words, at most %d", w, interview.CountWords(w), maxProbeWords)
		case praise.MatchString(w):
			c.fail(at, key, "%q praises", w)
		case seen[strings.ToLower(w)]:
			c.fail(at, key, "%q stands twice", w)
		}
		seen[strings.ToLower(w)] = true
	}
}

func (c *checker) misconceptions() {
	seen := map[string]bool{}
	for _, m := range c.pack.Misconceptions {
		if seen[m.ID] {
			c.fail("misconceptions.yaml", m.ID, "stands twice")
		}
		seen[m.ID] = true
		c.need("misconceptions.yaml", map[string]string{m.ID + ".claim": m.Claim, m.ID + ".why": m.Why, m.ID + ".source": m.Source})
		c.phrases("misconceptions.yaml", m.ID+".patterns", m.Patterns, 1)
		c.phrases("misconceptions.yaml", m.ID+".unless", m.Unless, 0)
		c.spoken("misconceptions.yaml", m.ID+".probe", m.Probe)
		c.expect("misconceptions.yaml", m.ID+".expects", m.Expects)
	}
}

// mining checks the questions that help to find stories. Those of the common stock name families that a pack need not
// have.
func (c *checker) mining() {
	seen := map[string]bool{}
	for _, m := range c.pack.Mining {
		if seen[m.ID] {
			c.fail("mining.yaml", m.ID, "stands twice")
		}
		seen[m.ID] = true
		c.need("mining.yaml", map[string]string{"id": m.ID, m.ID + ".text": m.Text})
		if strings.Count(m.Text, "?") != 1 || !strings.HasSuffix(m.Text, "?") {
			c.fail("mining.yaml", m.ID+".text", "has to be one question")
		}
	}
}

// spoken checks one follow-up that may have a sentence before its question.
func (c *checker) spoken(at, key, text string) { c.wordings(at, key, []string{text}) }

// phrases checks that patterns compile and that there are enough of them.
func (c *checker) phrases(at, key string, list []interview.Phrase, least int) {
	if len(list) < least {
		c.fail(at, key, "has %d patterns, at least %d are wanted", len(list), least)
	}
	for _, p := range list {
		if re, ok := strings.CutPrefix(p, "re:"); ok {
			if _, err := regexp.Compile("(?i)" + re); err != nil {
				c.fail(at, key, "%v", err)
			}
		} else if strings.TrimSpace(p) == "" {
			c.fail(at, key, "holds an empty pattern")
		}
	}
}

func (c *checker) facts(at, key string, facts []interview.Fact) {
	seen := map[string]bool{}
	for _, f := range facts {
		if seen[f.ID] || f.ID == "" {
			c.fail(at, key, "fact %q has no id of its own", f.ID)
		}
		seen[f.ID] = true
		c.phrases(at, key+"."+f.ID, f.Asks, 1)
		c.need(at, map[string]string{key + "." + f.ID + ".answer": f.Answer})
	}
}

var (
	statuses = []string{"draft", "reviewed", "retired"}
)

func (c *checker) item(it *interview.Item) {
	c.need(it.ID, map[string]string{"title": it.Title, "prompt.main": it.Prompt.Main})
	if !slices.Contains(interview.Kinds, it.Kind) {
		c.fail(it.ID, "kind", "%q is not a kind of item", it.Kind)
	}
	if !slices.Contains(statuses, it.Status) {
		c.fail(it.ID, "status", "%q is not draft, reviewed or retired", it.Status)
	}
	if it.Section < 1 || it.Section > len(c.pack.Sections) {
		c.fail(it.ID, "section", "%d is not a section of the pack", it.Section)
	}
	if it.Minutes <= 0 || it.Version < 1 {
		c.fail(it.ID, "est_minutes", "minutes and version have to be positive")
	}
	for _, l := range it.Levels {
		if !slices.Contains(c.pack.Levels, l) {
			c.fail(it.ID, "level", "%q is not a level of the pack", l)
		}
	}
	for _, w := range append([]string{it.Prompt.Main}, it.Prompt.Variants...) {
		if strings.Count(w, "?") > 1 {
			c.fail(it.ID, "prompt", "%q asks more than one question", w)
		}
	}
	c.facts(it.ID, "facts", it.Facts)
	if it.Kind == interview.KindCodeReview && it.Assets.Code == nil {
		c.fail(it.ID, "assets.code", "a code review needs code")
	}
	if it.Kind == interview.KindThreatModel && it.Assets.Diagram == nil {
		c.fail(it.ID, "assets.diagram", "a threat model needs a diagram")
	}
	if d := it.Assets.Diagram; d != nil {
		c.diagram(it.ID, d)
	}
}

func (c *checker) diagram(at string, d *interview.Diagram) {
	nodes, cells := map[string]bool{}, map[[2]int]string{}
	for _, n := range d.Nodes {
		if nodes[n.ID] {
			c.fail(at, "assets.diagram.nodes", "%q stands twice", n.ID)
		}
		nodes[n.ID] = true
		cell := [2]int{n.Col, n.Row}
		if other, taken := cells[cell]; taken {
			c.fail(at, "assets.diagram.nodes", "%q and %q share a cell", other, n.ID)
		}
		cells[cell] = n.ID
	}
	known := func(key, id string) {
		if !nodes[id] {
			c.fail(at, key, "there is no node %q", id)
		}
	}
	for _, f := range d.Flows {
		known("assets.diagram.flows", f.From)
		known("assets.diagram.flows", f.To)
	}
	for _, b := range d.Boundaries {
		for _, n := range b.Nodes {
			known("assets.diagram.boundaries", n)
		}
	}
	c.need(at, map[string]string{"assets.diagram.text_twin": d.TextTwin})
}

func (c *checker) rubric(it *interview.Item, r *interview.Rubric) {
	at := it.ID + "/rubric.yaml"
	c.need(at, map[string]string{"author": r.Author, "reviewer": r.Reviewer, "licence": r.Licence})
	if _, err := time.Parse(time.DateOnly, r.ReviewedOn); err != nil {
		c.fail(at, "reviewed_on", "%q is not a date like 2026-01-31", r.ReviewedOn)
	}
	if len(r.Sources) == 0 {
		c.fail(at, "sources", "there is none")
	}
	for _, s := range r.Sources {
		c.need(at, map[string]string{"sources.title": s.Title, "sources.claim": s.Claim})
	}
	for _, p := range r.Principles {
		if !slices.ContainsFunc(c.pack.Principles, func(q interview.Principle) bool { return q.ID == p }) {
			c.fail(at, "lp", "%q is not a principle of the pack", p)
		}
	}
	switch {
	case it.Kind == interview.KindBehavioural:
		c.behavioural(at, r)
	case it.Kind.Scored():
		c.points(at, r)
	case len(r.Points) > 0:
		c.fail(at, "points", "an item of kind %s is not scored", it.Kind)
	}
	c.kind(it, r)
	for _, l := range r.IfSaid {
		c.phrases(at, "if_said."+l.ID, l.Patterns, 1)
		c.spoken(at, "if_said."+l.ID+".probe", l.Probe)
		c.expect(at, "if_said."+l.ID+".expects", l.Expects)
	}
	for _, b := range r.Probes {
		c.wordings(at, "probes."+b.Type, b.Wordings)
		c.expect(at, "probes."+b.Type+".expects", b.Expects)
	}
	for _, f := range r.RedFlags {
		c.phrases(at, "red_flags."+f.ID, f.Patterns, 1)
		c.need(at, map[string]string{"red_flags." + f.ID + ".say": f.Say})
	}
	for _, d := range r.Decisive {
		if !slices.ContainsFunc(it.Facts, func(f interview.Fact) bool { return f.ID == d }) {
			c.fail(at, "decisive", "there is no fact %q", d)
		}
	}
	if it.Assets.Code != nil {
		c.findings(at, it, r)
	}
}

func (c *checker) points(at string, r *interview.Rubric) {
	sum := 0
	seen := map[string]bool{}
	for _, p := range r.Points {
		key := "points." + p.ID
		sum += p.Weight
		if seen[p.ID] {
			c.fail(at, key, "stands twice")
		}
		seen[p.ID] = true
		c.phrases(at, key+".synonyms", p.Synonyms, 3)
		for _, re := range p.Regex {
			c.phrases(at, key+".regex", []string{"re:" + re}, 1)
		}
		c.phrases(at, key+".negations", p.Negations, 0)
		c.need(at, map[string]string{key + ".text": p.Text, key + ".yes_example": p.YesExample, key + ".no_example": p.NoExample, key + ".explains": p.Explains, key + ".probe_if_missing": p.ProbeIfMissing})
		if p.ProbeIfMissing != "" {
			c.spoken(at, key+".probe_if_missing", p.ProbeIfMissing)
		}
	}
	if sum != 100 {
		c.fail(at, "points", "the weights sum to %d, not to 100", sum)
	}
}

func (c *checker) behavioural(at string, r *interview.Rubric) {
	if len(r.Principles) == 0 {
		c.fail(at, "lp", "names no principle")
	}
	for i := 1; i <= 5; i++ {
		if r.Anchors[i].Text == "" {
			c.fail(at, fmt.Sprintf("anchors.%d", i), "is missing")
		}
	}
	for level, text := range r.Strong {
		if n := interview.CountWords(text); n < 390 || n > 600 {
			c.fail(at, "strong_sample."+level, "has %d words; a story of three to four minutes has 390 to 600", n)
		}
	}
}

func (c *checker) findings(at string, it *interview.Item, r *interview.Rubric) {
	lines := strings.Count(it.Assets.Code.Text, "\n")
	inside := func(key string, span [2]int) {
		if span[0] < 1 || span[1] < span[0] || span[1] > lines {
			c.fail(at, key, "lines %d to %d are not in the code, which has %d", span[0], span[1], lines)
		}
	}
	for _, f := range r.Findings {
		key := "findings." + f.ID
		inside(key+".lines", f.Lines)
		c.need(at, map[string]string{key + ".title": f.Title, key + ".exploit": f.Exploit, key + ".fix": f.Fix, key + ".prevention": f.Prevention})
		c.phrases(at, key+".says", f.Says, 3)
		if !slices.Contains(severities, f.Severity) {
			c.fail(at, key+".severity", "%q is not one of %s", f.Severity, severities)
		}
		if f.CWE < 1 {
			c.fail(at, key+".cwe", "is missing")
		}
		if f.Probe != "" {
			c.spoken(at, key+".probe", f.Probe)
		}
	}
	for i, d := range r.Decoys {
		inside(fmt.Sprintf("decoys.%d.lines", i+1), d.Lines)
		c.need(at, map[string]string{fmt.Sprintf("decoys.%d.why_safe", i+1): d.WhySafe})
	}
}

func (c *checker) formats() {
	for _, id := range c.pack.Offers {
		if !slices.ContainsFunc(c.pack.Formats, func(f interview.Format) bool { return f.ID == id }) {
			c.fail("pack.yaml", "formats", "there is no format %q", id)
		}
	}
	for _, id := range sortedKeys(c.pack.Draws) {
		for _, pr := range c.pack.Draws[id] {
			if !slices.ContainsFunc(c.pack.Principles, func(q interview.Principle) bool { return q.ID == pr }) {
				c.fail("pack.yaml", "draws."+id, "%q is not a principle of the pack", pr)
			}
		}
	}
	for _, f := range c.pack.Formats {
		at := "formats/" + f.ID + ".yaml"
		c.need(at, map[string]string{"title": f.Title, "summary": f.Summary})
		if len(f.Rounds) == 0 || len(f.Modes) == 0 || f.Minutes <= 0 {
			c.fail(at, "rounds", "a format needs rounds, modes and minutes")
		}
		if f.Blueprint {
			c.blueprinted(at, &f)
			continue
		}
		for _, r := range f.Rounds {
			if !slices.ContainsFunc(c.pack.Personas, func(p interview.Persona) bool { return p.ID == r.Persona }) {
				c.fail(at, "persona", "there is no persona %q", r.Persona)
			}
			for _, ph := range r.Phases {
				if ph.Kind == interview.PhaseItem && !slices.ContainsFunc(ph.Items, func(k interview.Kind) bool { return c.has(k) }) {
					c.fail(at, ph.ID, "the pack has no item of kind %s; pack.yaml: formats names the formats a pack offers", oneOf(ph.Items))
				}
			}
		}
	}
}

// oneOf puts kinds into a sentence: "a or b".
func oneOf(kinds []interview.Kind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return strings.Join(names, " or ")
}

func (c *checker) has(k interview.Kind) bool {
	for _, it := range c.pack.Items {
		if it.Kind == k && it.Status != "retired" {
			return true
		}
	}
	return false
}
