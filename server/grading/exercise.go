package grading

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

// lineSlack is how far a marked range may be off a finding's lines and still point at it.
const lineSlack = 2

// ReviewHits is how a code review met what was seeded in the code.
type ReviewHits struct {
	Findings    []FindingHit // in the order of the rubric
	Decoys      []bool       // which safe places were marked
	FalseAlarms int          // rows that match no finding
}

// FindingHit says whether and where one seeded issue was found.
type FindingHit struct {
	Said      bool
	Turn      int // where it was said in prose; 0 for a row
	LineMatch bool
	Exploit   bool // how it is used was said: whether rightly, only a reader can tell
	Fix       bool // what to do about it was said
}

// How much a cell of a row says at the least to count as a way to use a finding, and as a repair.
const (
	exploitWords = 5
	fixWords     = 3
)

// tell notes what a row says of a finding.
func (h *FindingHit) tell(r interview.FindingRow) {
	h.Exploit = h.Exploit || interview.CountWords(r.Impact) >= exploitWords
	h.Fix = h.Fix || interview.CountWords(r.Fix) >= fixWords
}

// tellProse notes what prose that speaks of a finding says of it: two words that tell something of its exploit, or of
// its fix.
func (h *FindingHit) tellProse(answer string, f *interview.Finding) {
	said := stems(answer)
	of := func(text string) bool {
		n := 0
		for w := range stems(text) {
			if said[w] && len(w) > 3 && !commonWords[w] {
				n++
			}
		}
		return n >= 2
	}
	h.Exploit = h.Exploit || of(f.Exploit)
	h.Fix = h.Fix || of(f.Fix)
}

// rows decodes the rows of one kind that were saved in a block.
func rows[T any](st *interview.State, b *interview.Block, kind string) []T {
	var out []T
	for _, n := range b.Turns {
		for _, a := range st.Turn(n).Artifacts {
			if a.Kind != kind {
				continue
			}
			for _, raw := range a.Rows {
				var row T
				if json.Unmarshal(raw, &row) == nil { // rows were checked when they were saved
					out = append(out, row)
				}
			}
		}
	}
	return out
}

func overlaps(row interview.FindingRow, lines [2]int) bool {
	end := max(row.EndLine, row.StartLine)
	return row.StartLine > 0 && row.StartLine-lineSlack <= lines[1] && end+lineSlack >= lines[0]
}

// named reports whether a row names a finding: by the words that candidates use for it, or by its CWE or
// one of the same family.
func named(r interview.FindingRow, f *interview.Finding) bool {
	said := r.Issue + ". " + r.Impact + ". " + r.Fix
	if len(reading.Find(said, f.Says, nil)) > 0 || r.StartLine > 0 && describes(said, f) {
		return true
	}
	cwe := r.CWE.Number()
	return cwe > 0 && r.StartLine > 0 && (cwe == f.CWE || slices.Contains(f.Family, cwe))
}

// lineRefs are the lines that prose names: "line 31", "lines 31-35", "L31 and 40".
var lineRefs = regexp.MustCompile(`(?i)\b(?:lines?|ln?)\.?\s*#?\d{1,3}(?:\s*(?:-|–|to|until|and|,|&)\s*(?:lines?\s*)?\d{1,3}\b)*`)

var lineNumber = regexp.MustCompile(`\d{1,3}`)

// atLines reports whether a sentence names a line of a range.
func atLines(sentence string, lines [2]int) bool {
	for _, ref := range lineRefs.FindAllString(sentence, -1) {
		from := 0
		for _, m := range lineNumber.FindAllString(ref, -1) {
			n, _ := strconv.Atoi(m)
			if from == 0 || !strings.ContainsAny(ref, "-–") && !strings.Contains(ref, "to") {
				from = n
			}
			if overlaps(interview.FindingRow{StartLine: from, EndLine: n}, lines) {
				return true
			}
			from = n
		}
	}
	return false
}

// describes reports whether words that stand at a finding's lines speak of it: they share two words that tell something
// with its title, its exploit or its fix.
func describes(said string, f *interview.Finding) bool {
	own := stems(f.Title + ". " + f.Exploit + ". " + f.Fix)
	n := 0
	for w := range stems(said) {
		if own[w] && len(w) > 3 && !commonWords[w] {
			n++
		}
	}
	return n >= 2
}

// inProse reports whether an answer speaks of a finding, and whether it does so with its lines.
func inProse(answer string, f *interview.Finding) (said, lines bool) {
	for _, s := range sentences(answer) {
		sentence := answer[s.start:s.end]
		at := atLines(sentence, f.Lines)
		if len(reading.Find(sentence, f.Says, nil)) > 0 || at && describes(sentence, f) {
			said, lines = true, lines || at
		}
	}
	return said, lines
}

// Review matches what was marked and said against the seeded issues. A row counts for a finding when its
// lines overlap and it names it, or when its words name it and no lines were given.
func Review(st *interview.State, b *interview.Block, rubric *interview.Rubric) ReviewHits {
	marked := rows[interview.FindingRow](st, b, "findings")
	matched := make([]bool, len(marked))
	var out ReviewHits
	for i := range rubric.Findings {
		f := &rubric.Findings[i]
		var hit FindingHit
		for k, r := range marked {
			is := named(r, f)
			if is && overlaps(r, f.Lines) {
				hit.Said, hit.LineMatch, matched[k] = true, true, true
				hit.tell(r)
			} else if is && r.StartLine == 0 {
				hit.Said, matched[k] = true, true
				hit.tell(r)
			}
		}
		for _, n := range b.Turns {
			if said, lines := inProse(st.Turn(n).Answer, f); said && (!hit.Said || lines && !hit.LineMatch) {
				hit.LineMatch = hit.LineMatch || lines
				if !hit.Said {
					hit.Said, hit.Turn = true, n
				}
			}
		}
		for _, n := range b.Turns {
			t := st.Turn(n)
			about := t.Probe != nil && t.Wording != "" && t.Wording == f.Probe // a follow-up that asked about it
			if said, _ := inProse(t.Answer, f); hit.Said && (said || about) {
				hit.tellProse(t.Answer, f)
			}
		}
		out.Findings = append(out.Findings, hit)
	}
	for _, d := range rubric.Decoys {
		taken := false
		for k, r := range marked {
			taken = taken || !matched[k] && overlaps(r, d.Lines)
		}
		out.Decoys = append(out.Decoys, taken)
	}
	for _, m := range matched {
		if !m {
			out.FalseAlarms++
		}
	}
	return out
}

// Places returns for each step of an expert's order the place it had in the candidate's answers, from 1; 0
// for one that was not said.
func Places(st *interview.State, b *interview.Block, order []interview.OrderStep) []int {
	type place struct{ step, turn, at int }
	var found []place
	for i, o := range order {
		for _, n := range b.Turns {
			if spans := reading.Find(st.Turn(n).Answer, o.Says, nil); len(spans) > 0 {
				found = append(found, place{i, n, spans[0].Start})
				break
			}
		}
	}
	slices.SortFunc(found, func(a, b place) int {
		if a.turn != b.turn {
			return a.turn - b.turn
		}
		return a.at - b.at
	})
	out := make([]int, len(order))
	for at, p := range found {
		out[p.step] = at + 1
	}
	return out
}

// Ranks are the places of the ranking that was saved in a block, by id, from 1. An id that stands twice has its first place.
func Ranks(st *interview.State, b *interview.Block) map[string]int {
	out := map[string]int{}
	for i, r := range rows[interview.RankingRow](st, b, "ranking") {
		if _, twice := out[r.ID]; !twice {
			out[r.ID] = i + 1
		}
	}
	return out
}

// Verdicts are the candidate's verdicts on alerts, by id.
func Verdicts(st *interview.State, b *interview.Block) map[string]string {
	out := map[string]string{}
	for _, r := range rows[interview.VerdictRow](st, b, "verdict") {
		if _, twice := out[r.ID]; !twice {
			out[r.ID] = r.Verdict
		}
	}
	return out
}

// Exercise is what was measured in an exercise beside its points. A field is nil where there is nothing to
// measure.
type Exercise struct {
	Found       *int      `json:"findings_found,omitempty"`
	Findings    *int      `json:"findings,omitempty"`
	FalseAlarms *int      `json:"false_alarms,omitempty"`
	DecoysTaken *int      `json:"decoys_taken,omitempty"`
	OrderTau    *float64  `json:"order_tau,omitempty"`   // Kendall's tau of the steps that were said against the expert's order, -1..1
	StepsSaid   *int      `json:"steps_said,omitempty"`  // of the expert's steps
	RankingTau  *float64  `json:"ranking_tau,omitempty"` // of the ids that both rankings hold
	Top3        *int      `json:"ranking_top3,omitempty"`
	AlertsRight *int      `json:"alerts_right,omitempty"` // called true or false as the key has it
	Alerts      *int      `json:"alerts,omitempty"`
	Apart       *int      `json:"chain_unrelated,omitempty"` // pieces of evidence put into the attack that belong to no step of it
	Threats     *int      `json:"threats,omitempty"`
	FourSlots   *int      `json:"threats_complete,omitempty"` // with source, action, impact and component
	Generic     *int      `json:"threats_generic,omitempty"`  // that name no element of the diagram
	Boundaries  *int      `json:"boundaries,omitempty"`       // trust boundaries of the diagram
	Crossed     *int      `json:"boundaries_named,omitempty"` // of those, named by the candidate
	Briefing    *Briefing `json:"briefing,omitempty"`
}

// Measure measures what a block's item has beside its points; nil where that is nothing.
func Measure(st *interview.State, b *interview.Block, p *interview.Pack) *Exercise {
	b = st.Reviewed(b)
	if rubric := p.Rubrics[b.Item]; rubric != nil {
		return measureExercise(st, b, p, rubric)
	}
	return nil
}

// judged counts the alerts that were called what they are. Those without a verdict are not right.
func (e *Exercise) judged(given []interview.VerdictRow, rubric *interview.Rubric) bool {
	if len(rubric.Alerts) == 0 {
		return false
	}
	right := 0
	for _, k := range rubric.Alerts {
		for _, g := range given {
			if g.ID != k.ID {
				continue
			}
			if said, ok := Called(g.Verdict); ok && said == k.True {
				right++
			}
			break
		}
	}
	e.AlertsRight, e.Alerts = &right, new(len(rubric.Alerts))
	return true
}

// Called reads a verdict on an alert: whether it was called true; ok is false for one that is neither.
func Called(verdict string) (isTrue, ok bool) {
	words := strings.FieldsFunc(strings.ToLower(verdict), func(r rune) bool { return r < 'a' || r > 'z' })
	yes := slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{"true", "tp", "real", "valid", "yes", "fix", "confirmed"}, w)
	})
	no := slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{"false", "fp", "not", "no", "invalid", "safe", "close", "dismiss"}, w)
	})
	return yes && !no, yes != no
}

// ranked measures what was put in order against the authors' order, of urgency or of an attack.
func (e *Exercise) ranked(given []interview.RankingRow, rubric *interview.Rubric) bool {
	key := rubric.Ranking
	if len(rubric.Chain) > 0 {
		key = rubric.Chain
	}
	if len(key) == 0 || len(given) == 0 {
		return false
	}
	place := func(id string) int {
		return slices.IndexFunc(given, func(g interview.RankingRow) bool { return g.ID == id })
	}
	var at []int
	top, apart := 0, 0
	for i, r := range key {
		k := place(r.ID)
		if k >= 0 {
			at = append(at, k)
		}
		if i < 3 && k >= 0 && k < 3 {
			top++
		}
	}
	for _, u := range rubric.Unrelated {
		if place(u.ID) >= 0 {
			apart++
		}
	}
	if len(rubric.Chain) > 0 {
		e.Apart = &apart
	}
	e.RankingTau, e.Top3 = tau(at), &top
	return true
}

// measureExercise measures what an item has beside its points: findings, an order, a ranking, threats, boundaries,
// an explanation.
func measureExercise(st *interview.State, b *interview.Block, p *interview.Pack, rubric *interview.Rubric) *Exercise {
	item := p.Items[b.Item]
	var diagram *interview.Diagram
	if item != nil && item.Kind == interview.KindThreatModel {
		diagram = item.Assets.Diagram
	}
	e, any := &Exercise{}, false
	if len(rubric.Findings) > 0 {
		r := Review(st, b, rubric)
		found, decoys := 0, 0
		for _, h := range r.Findings {
			if h.Said {
				found++
			}
		}
		for _, d := range r.Decoys {
			if d {
				decoys++
			}
		}
		e.Found, e.Findings, e.FalseAlarms, e.DecoysTaken, any = &found, new(len(r.Findings)), &r.FalseAlarms, &decoys, true
	}
	if len(rubric.Order) > 0 {
		places := Places(st, b, rubric.Order)
		var said []int
		for _, p := range places {
			if p > 0 {
				said = append(said, p)
			}
		}
		e.StepsSaid, any = new(len(said)), true
		e.OrderTau = tau(said)
	}
	any = e.judged(rows[interview.VerdictRow](st, b, "verdict"), rubric) || any
	any = e.ranked(rows[interview.RankingRow](st, b, "ranking"), rubric) || any
	if threats := rows[interview.ThreatRow](st, b, "threats"); len(threats) > 0 {
		n := 0
		for _, t := range threats {
			if t.Source != "" && t.Action != "" && t.Impact != "" && t.Component != "" {
				n++
			}
		}
		e.Threats, e.FourSlots, any = new(len(threats)), &n, true
		if diagram != nil {
			e.Generic = new(generic(threats, diagram))
		}
	}
	if bounds := Boundaries(st, b, diagram); len(bounds) > 0 {
		n := 0
		for _, h := range bounds {
			if h.Named {
				n++
			}
		}
		e.Boundaries, e.Crossed, any = new(len(bounds)), &n, true
	}
	if e.Briefing = measureBriefing(st, b, item, rubric, p.Audiences); e.Briefing != nil {
		any = true
	}
	if !any {
		return nil
	}
	return e
}

// tau is Kendall's tau of a list of different places against their rising order: 1 when they rise, -1 when
// they fall; nil for fewer than three.
func tau(places []int) *float64 {
	n := len(places)
	if n < 3 {
		return nil
	}
	sum := 0
	for i := range places {
		for _, later := range places[i+1:] {
			if later > places[i] {
				sum++
			} else {
				sum--
			}
		}
	}
	v := math.Round(float64(sum)/float64(n*(n-1)/2)*1e4) / 1e4
	return &v
}

// What an exercise changes about the score of its points. The figures are ours: an order or a ranking is a
// tenth of a score, a false alarm costs what a small point is worth, and a decoy more.
const (
	orderShare = 0.1
	alarmCost  = 0.02
	alarmMost  = 0.1
	decoyCost  = 0.05
	// boundaryShare is what the trust boundaries are worth; wantedBoundaries is how many a good model names at least.
	boundaryShare    = 0.1
	wantedBoundaries = 3
	flatTauHalf      = 0.5
	alertShare       = 0.4 // the verdicts themselves; the rest is the reasons, by the points
)

// adjust applies them.
func (e *Exercise) adjust(score float64) float64 {
	if e == nil {
		return score
	}
	score = e.Briefing.adjust(score)
	for _, t := range []*float64{e.OrderTau, e.RankingTau} {
		if t != nil {
			score *= 1 - orderShare + orderShare*flatTauHalf*(*t+1)
		}
	}
	if e.Alerts != nil && *e.Alerts > 0 {
		score *= 1 - alertShare + alertShare*float64(*e.AlertsRight)/float64(*e.Alerts)
	}
	if e.Boundaries != nil {
		want := min(wantedBoundaries, *e.Boundaries)
		score *= 1 - boundaryShare + boundaryShare*float64(min(*e.Crossed, want))/float64(want)
	}
	if e.Generic != nil {
		score -= min(alarmMost, alarmCost*float64(*e.Generic))
	}
	if e.FalseAlarms != nil {
		score -= min(alarmMost, alarmCost*float64(*e.FalseAlarms))
	}
	if e.DecoysTaken != nil {
		score -= decoyCost * float64(*e.DecoysTaken)
	}
	if e.Apart != nil {
		score -= decoyCost * float64(*e.Apart)
	}
	return max(0, score)
}
