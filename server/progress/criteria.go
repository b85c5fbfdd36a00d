package progress

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rehearse/server/interview"
)

// What makes attempts evidence.
const (
	// Spacing is how far apart two attempts have to be for the second to show that something stayed.
	Spacing = 48 * time.Hour
	// Fresh is how long an attempt is evidence.
	Fresh = 10 * 24 * time.Hour

	wantAttempts  = 3
	wantReviews   = 6 // of which two in each language
	wantWhole     = 5 // of those six, with every critical found
	wantAudiences = 2
	wantAgain     = 8 // principles shown a second time
)

// State is how a criterion stands.
type State string

// The states of a criterion.
const (
	Met        State = "met"
	NotYet     State = "not_yet"
	NoEvidence State = "no_evidence"
)

// The facts over several attempts, and those that make one count.
const (
	factMode      FactID = "attempt.exam"
	factUnseen    FactID = "attempt.unseen"
	factFresh     FactID = "attempt.fresh"
	factWhole     FactID = "attempt.whole"
	factCount     FactID = "evidence.attempts"
	factLast      FactID = "evidence.last_two"
	factApart     FactID = "evidence.apart"
	factLanguages FactID = "review.languages"
	factSix       FactID = "review.six_criticals"
	factSixRecall FactID = "review.six_recall"
	factSixAlarms FactID = "review.six_alarms"
	factAudience  FactID = "explain.audiences"
	factEach      FactID = "stories.each"
	factAgain     FactID = "stories.again"
)

var overall = []FactID{factMode, factUnseen, factFresh, factWhole, factCount, factLast, factApart, factLanguages, factSix, factSixRecall, factSixAlarms, factAudience, factEach, factAgain}

// Fact is one measured fact: what was required, what was measured and where. By is measured or judged. Known is false
// where nothing was measured, which is never met.
type Fact struct {
	ID       FactID `json:"id"`
	Text     string `json:"text"`
	Required string `json:"required"`
	Measured string `json:"measured"`
	Known    bool   `json:"known"`
	Met      bool   `json:"met"`
	By       string `json:"by"`
	Session  string `json:"session,omitempty"`
	Block    int    `json:"block,omitempty"`
}

// Checked is one attempt as a criterion sees it. Counts says whether it is evidence; Why, what keeps it from being that.
type Checked struct {
	Session   string         `json:"session"`
	Block     int            `json:"block"`
	Title     string         `json:"title,omitempty"`
	Principle string         `json:"principle,omitempty"`
	Mode      interview.Mode `json:"mode"`
	At        time.Time      `json:"at"`
	Expires   time.Time      `json:"expires"`
	Counts    bool           `json:"counts"`
	Why       []string       `json:"why_not,omitempty"`
	Met       bool           `json:"met"`              // the measured facts
	Judged    *bool          `json:"judged,omitempty"` // the judged ones, where they are asked for
	Facts     []Fact         `json:"facts"`

	a *Attempt
}

// ok reports whether an attempt meets all that is asked for.
func (c *Checked) ok() bool { return c.Met && (c.Judged == nil || *c.Judged) }

// Criterion is one of the five, with the facts it rests on and what to do next.
type Criterion struct {
	ID       string      `json:"id"`
	Title    string      `json:"title"`
	State    State       `json:"state"`
	Measured State       `json:"measured_state"`          // by measured facts alone
	Judge    string      `json:"judge,omitempty"`         // the model whose judgement is asked for too
	Facts    []Fact      `json:"facts"`                   // over the attempts together
	Attempts []Checked   `json:"attempts"`                // newest first
	Rows     []Principle `json:"principles,omitempty"`    // stories only
	Missing  []string    `json:"missing"`                 // why it is not met, in sentences
	Next     Next        `json:"next"`                    // what to do
	Until    *time.Time  `json:"holds_until,omitempty"`   // when evidence expires, for one that is met
	Unseen   int         `json:"unseen_items"`            // that are left for checks
	Short    string      `json:"pack_is_short,omitempty"` // why this pack alone cannot show it
}

// Next is what to do about a criterion. NotBefore is set where an earlier attempt would not count for the spacing.
type Next struct {
	Text      string     `json:"text"`
	Start     *Start     `json:"start,omitempty"`
	NotBefore *time.Time `json:"not_before,omitempty"`
}

// Principle is how one principle stands among the stories.
type Principle struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	State     State  `json:"state"`
	Again     bool   `json:"shown_again"` // a second time in other words, 48 hours later
	Primary   *Tale  `json:"primary,omitempty"`
	Backup    *Tale  `json:"backup,omitempty"` // another story than the primary
	Exposures int    `json:"exposures"`        // deliveries and cards so far
	Facts     []Fact `json:"facts"`            // of the newest attempt that counts
}

// Tale is a story somebody told, by the first words it was told in.
type Tale struct {
	Session string    `json:"session"`
	Block   int       `json:"block"`
	Opening string    `json:"opening"`
	At      time.Time `json:"at"`
}

// Report is how all criteria stand.
type Report struct {
	At       time.Time   `json:"at"`
	Notice   string      `json:"notice"`
	Judge    string      `json:"judge,omitempty"`
	Criteria []Criterion `json:"criteria"`
	Met      int         `json:"met"`
	Habits   Habits      `json:"habits"`
}

// Notice stands beside every report.
const Notice = "By our own rules, over what you sat here; it predicts no offer."

// Options are what a report rests on beside the history. Judge names a certified model that is in reach; empty for none.
type Options struct {
	Pack  *interview.Pack
	Now   time.Time
	Judge string
}

// criterion is one of the five as a rule.
type criterion struct {
	id, title string
	kind      interview.Kind
	facts     []fact
	judged    []fact
	want      int
	// sitting says that several are sat in one go: those less than 48 hours apart count too, and of those between the
	// two that are apart only the newest has to be met; more has a fact for the others.
	sitting bool
	// more are facts over the counted attempts, oldest first.
	more func(counted []*Checked, o Options) []Fact
}

var criteria = []criterion{
	{id: "threat-model", title: "Threat model a system in 15 to 20 minutes", kind: interview.KindThreatModel, facts: threatFacts, judged: []fact{judgedScore}, want: wantAttempts},
	{id: "code-review", title: "Find the issues of a live review in 5 to 10 minutes", kind: interview.KindCodeReview, facts: reviewFacts, judged: []fact{judgedScore}, want: wantReviews, sitting: true, more: six},
	{id: "scripting", title: "Write a security script from scratch", kind: interview.KindScripting, facts: scriptFacts, judged: []fact{judgedScore}, want: wantAttempts},
	{id: "stories", title: "Tell a story for any principle in 3 to 4 minutes, with data", kind: interview.KindBehavioural, facts: storyFacts, judged: []fact{judgedStory}, want: 1},
	{id: "explain", title: "Explain a risk to somebody who is not technical", kind: interview.KindBriefing, facts: briefFacts, judged: []fact{judgedScore, judgedListener}, want: wantAttempts, more: audiences},
}

// Criteria says how the five criteria stand.
func Criteria(h History, o Options) Report {
	out := Report{At: o.Now, Notice: Notice, Judge: o.Judge, Habits: h.habits()}
	all := h.inOrder()
	for i := range criteria {
		c := &criteria[i]
		var one Criterion
		if c.kind == interview.KindBehavioural {
			one = c.stories(all, h, o)
		} else {
			one = c.single(all, o)
		}
		if one.State == Met {
			out.Met++
		}
		out.Criteria = append(out.Criteria, one)
	}
	return out
}

// check holds one attempt against the rules of a criterion.
func (c *criterion) check(a seenAttempt, o Options) Checked {
	out := Checked{Session: a.Session, Block: a.Block, Title: a.Title, Mode: a.Mode, At: a.At, Expires: a.At.Add(Fresh), a: a.Attempt, Met: true, Facts: []Fact{}}
	cond := func(id FactID, text, required, measured string, met bool) {
		out.Facts = append(out.Facts, Fact{ID: id, Text: text, Required: required, Measured: measured, Known: true, Met: met, By: "measured", Session: a.Session, Block: a.Block})
		if !met {
			out.Why = append(out.Why, text+": "+measured)
		}
	}
	cond(factMode, "Mode", "exam", string(a.Mode), a.Mode == interview.ModeExam)
	cond(factUnseen, "Unseen", "not seen before", or(a.whySeen, "not seen before"), !a.seen)
	cond(factFresh, "Age", "at most 10 days", days(o.Now.Sub(a.At)), o.Now.Sub(a.At) <= Fresh)
	whole := "sat to its end"
	switch {
	case !a.Complete || !a.Answered:
		whole = "broken off"
	case a.Planned < shortest(a.Kind):
		whole = fmt.Sprintf("a part of it, planned for %.0f minutes", a.Planned)
	}
	cond(factWhole, "Exercise", "the whole exercise, sat to its end", whole, whole == "sat to its end")
	out.Counts = len(out.Why) == 0
	for _, f := range c.facts {
		row := f.row(a.Attempt, "measured")
		out.Met = out.Met && row.Met
		out.Facts = append(out.Facts, row)
	}
	yes, asked := true, false
	for _, f := range c.judged {
		row := f.row(a.Attempt, "judged")
		if f.id == judgedListener.id && !row.Known { // whoever has a model that judges may have none that listens
			continue
		}
		if row.Known || o.Judge != "" {
			out.Facts = append(out.Facts, row)
		}
		asked, yes = true, yes && row.Met
	}
	if asked && o.Judge != "" {
		out.Judged = &yes
	}
	return out
}

// row is a fact of one attempt.
func (f *fact) row(a *Attempt, by string) Fact {
	got, met, known := f.measure(a)
	if !known {
		got, met = "not measured", false
		if by == "judged" {
			got = "not judged: ask for a new grade in the report"
		}
	}
	return Fact{ID: f.id, Text: f.text, Required: f.need(a), Measured: got, Known: known, Met: met, By: by, Session: a.Session, Block: a.Block}
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// days is an age in words.
func days(d time.Duration) string {
	if d < 48*time.Hour {
		return interview.Counted(max(0, int(d.Hours())), "%d hour", "%d hours")
	}
	return interview.Counted(int(d.Hours()/24), "%d day", "%d days")
}

// spaced looks at evidence, oldest first, as a chain: the last attempt, and the newest one that lies at least 48 hours
// before it. Those between were too close to show that something stayed; they do not count, and must not have failed.
type spaced struct {
	last, before *Checked
	between      []*Checked
	counted      []*Checked // up to before, and the last
	first        time.Time  // of the oldest
}

func space(c []*Checked, sitting bool) spaced {
	var s spaced
	if len(c) == 0 {
		return s
	}
	s.last, s.first = c[len(c)-1], c[0].At
	k := len(c) - 2
	for k >= 0 && s.last.At.Sub(c[k].At) < Spacing {
		s.between = append(s.between, c[k])
		k--
	}
	if k >= 0 {
		s.before = c[k]
	}
	s.counted = append(slices.Clone(c[:k+1]), s.last)
	if sitting {
		s.counted, s.between = c, s.between[:min(1, len(s.between))]
	}
	return s
}

// holds reports whether the last two attempts 48 hours apart, and those between, are all right by some measure.
func (s spaced) holds(ok func(*Checked) bool) bool {
	return s.last != nil && s.before != nil && ok(s.last) && ok(s.before) && !slices.ContainsFunc(s.between, func(c *Checked) bool { return !ok(c) })
}

func measuredOK(c *Checked) bool { return c.Met }

// evidence are the checked attempts of a kind, newest first, and those of them that count, oldest first.
func (c *criterion) evidence(all []seenAttempt, o Options, of func(*Attempt) bool) (list []Checked, counts []*Checked) {
	for _, a := range slices.Backward(all) {
		if a.Kind == c.kind && of(a.Attempt) && !a.At.After(o.Now) && a.closed() {
			list = append(list, c.check(a, o))
		}
	}
	slices.SortStableFunc(list, func(a, b Checked) int { return b.At.Compare(a.At) })
	for i := range slices.Backward(list) {
		if list[i].Counts {
			counts = append(counts, &list[i])
		}
	}
	if list == nil {
		list = []Checked{}
	}
	return list, counts
}

// closed reports whether an attempt's session has closed, so that what was measured is there.
func (a *Attempt) closed() bool {
	return a.Points != nil || a.Story != nil || a.Threats != nil || a.Review != nil || a.Script != nil || a.Brief != nil
}

// shown is how many attempts are listed: whoever wants more looks into the sessions.
const shown = 12

// single is a criterion that rests on several exercises of one kind.
func (c *criterion) single(all []seenAttempt, o Options) Criterion {
	list, counts := c.evidence(all, o, func(*Attempt) bool { return true })
	s := space(counts, c.sitting)
	out := Criterion{ID: c.id, Title: c.title, Judge: o.Judge, Missing: []string{}}
	out.Facts = []Fact{
		overFact(factCount, "Attempts that count", fmt.Sprintf("at least %d", c.want), fmt.Sprintf("%d", len(s.counted)), len(s.counted) >= c.want),
		overFact(factApart, "The last attempt and one before it", "48 hours apart", s.apart(), s.before != nil),
		overFact(factLast, "These two, and any between them", "all met", s.results(), s.holds(measuredOK)),
	}
	if c.more != nil {
		out.Facts = append(out.Facts, c.more(s.counted, o)...)
	}
	out.Measured, out.State = NoEvidence, NoEvidence
	if len(counts) > 0 {
		out.Measured = NotYet
		if !slices.ContainsFunc(out.Facts, func(f Fact) bool { return !f.Met }) {
			out.Measured = Met
		}
		out.State = out.Measured
		if out.State == Met && !s.holds((*Checked).ok) {
			out.State = NotYet
		}
	}
	out.Unseen = unseen(all, o.Pack, c.kind)
	if have := len(items(o.Pack, c.kind)); have < c.want {
		out.Short = fmt.Sprintf("This pack has %s, and %d unseen ones are needed; with it alone this stays open.", interview.Counted(have, "%d exercise of this kind", "%d exercises of this kind"), c.want)
	}
	out.Missing = append(out.Missing, c.missing(&out, s)...)
	if out.State == Met {
		until := s.counted[len(s.counted)-c.want].Expires // the oldest that is needed
		out.Until = &until
	}
	out.Next = c.next(&out, s, o)
	out.Attempts = list[:min(len(list), shown)]
	return out
}

func overFact(id FactID, text, required, measured string, met bool) Fact {
	return Fact{ID: id, Text: text, Required: required, Measured: measured, Known: true, Met: met, By: "measured"}
}

func (s spaced) apart() string {
	switch {
	case s.last == nil:
		return "there is none"
	case s.before == nil && len(s.between) == 0:
		return "there is one attempt"
	case s.before == nil:
		return days(s.last.At.Sub(s.first))
	}
	return days(s.last.At.Sub(s.before.At))
}

func (s spaced) results() string {
	if s.last == nil {
		return "there is none"
	}
	n, met := 0, 0
	for _, c := range append(slices.Clone(s.between), s.last, s.before) {
		if c != nil {
			n++
			if c.Met {
				met++
			}
		}
	}
	return fmt.Sprintf("%d of %d", met, n)
}

// unseen is how many items of a kind the history has not begun.
func unseen(all []seenAttempt, p *interview.Pack, kind interview.Kind) int {
	begun := map[string]bool{}
	for _, a := range all {
		begun[a.Item] = true
		for _, id := range a.Shows {
			begun[id] = true
		}
	}
	n := 0
	for _, it := range items(p, kind) {
		if !begun[it.ID] {
			n++
		}
	}
	return n
}

// six are the facts over the newest two snippets in each language.
func six(counted []*Checked, o Options) []Fact {
	langs := languages(o.Pack)
	have := map[string]int{}
	var newest []*Checked
	for _, c := range slices.Backward(counted) {
		if l := c.a.Language; have[l] < keepLanguage {
			have[l]++
			newest = append(newest, c)
		}
	}
	var got []string
	enough := len(langs) > 0
	for _, l := range langs {
		got = append(got, fmt.Sprintf("%s %d", l, have[l]))
		enough = enough && have[l] >= keepLanguage
	}
	whole, quiet, sum := 0, 0, 0.0
	for _, c := range newest {
		all, found, criticals, seen, _ := c.a.Review.found()
		if seen == criticals {
			whole++
		}
		if c.a.Review.FalseAlarm <= barAlarms {
			quiet++
		}
		sum += share(found, all)
	}
	n := len(newest)
	mean := 0.0
	if n > 0 {
		mean = sum / float64(n)
	}
	need := n - (wantReviews - wantWhole) // one of six may lack a critical
	return []Fact{
		overFact(factLanguages, "Snippets in each language", "at least 2", or(strings.Join(got, ", "), "there is none"), enough),
		overFact(factSix, "Of the newest two in each language, those with every critical found", "all but one", fmt.Sprintf("%d of %d", whole, n), n >= wantReviews && whole >= need),
		overFact(factSixRecall, "Their findings by weight, on average", "at least 0.70", floored(mean), n > 0 && mean >= barRecall-1e-9),
		overFact(factSixAlarms, "Of them, those with at most one row that matches no finding", "all", fmt.Sprintf("%d of %d", quiet, n), n > 0 && quiet == n),
	}
}

// audiences is the fact over the listeners of the newest explanations.
func audiences(counted []*Checked, _ Options) []Fact {
	seen := map[string]bool{}
	for _, c := range counted[max(0, len(counted)-wantAttempts):] {
		seen[c.a.Audience] = true
	}
	return []Fact{overFact(factAudience, "Different listeners in the newest three", "at least 2", fmt.Sprintf("%d", len(seen)), len(seen) >= wantAudiences)}
}

// missing says in sentences why a criterion is not met.
func (c *criterion) missing(out *Criterion, s spaced) []string {
	if out.State == Met {
		return nil
	}
	var why []string
	for _, f := range out.Facts {
		if !f.Met {
			why = append(why, fmt.Sprintf("%s: %s, and %s is asked for.", f.Text, f.Measured, f.Required))
		}
	}
	for _, x := range []*Checked{s.last, s.before} {
		if x == nil || x.ok() {
			continue
		}
		for _, f := range x.Facts {
			if !f.Met {
				why = append(why, fmt.Sprintf("%s on %s: %s, and %s is asked for.", f.Text, x.At.UTC().Format(time.DateOnly), f.Measured, f.Required))
			}
		}
	}
	return why
}

// next is what to do about a criterion.
func (c *criterion) next(out *Criterion, s spaced, o Options) Next {
	exam := formatFor(o.Pack, c.kind, interview.ModeExam)
	if exam == nil {
		return Next{Text: "This pack has no exercise for it that can be sat here yet."}
	}
	check := &Start{Format: exam.ID, Mode: interview.ModeExam}
	if out.Unseen == 0 && out.State != Met {
		return Next{Text: "You have seen every exercise of this kind, so none is left that could show it. Practise what was missed, or add a pack of your own.", Start: &Start{Format: exam.ID, Mode: practice(exam)}}
	}
	switch {
	case s.last == nil:
		return Next{Text: fmt.Sprintf("Sit %s in exam mode, an exercise you have not seen.", exam.Title), Start: check}
	case !s.last.ok():
		todo := c.worst(s.last)
		return Next{Text: todo + " Practise it once, then sit an unseen one in exam mode.", Start: &Start{Format: exam.ID, Mode: practice(exam)}}
	}
	after := s.last.At.Add(Spacing)
	if out.State == Met {
		return Next{Text: fmt.Sprintf("Nothing now. The evidence holds until %s; another one before then keeps it.", out.Until.UTC().Format(time.DateOnly)), Start: check, NotBefore: &after}
	}
	if o.Now.Before(after) {
		return Next{Text: fmt.Sprintf("The last one was right. Let it rest until %s UTC, then sit the next unseen one in exam mode.", after.UTC().Format("2006-01-02 15:04")), Start: check, NotBefore: &after}
	}
	return Next{Text: "The last one was right, and it is time for the next: an unseen one in exam mode.", Start: check}
}

// worst is what to do about the first fact that an attempt misses.
func (c *criterion) worst(x *Checked) string {
	for _, f := range slices.Concat(c.facts, c.judged) {
		for _, row := range x.Facts {
			if row.ID == f.id && !row.Met {
				return fmt.Sprintf("%s: %s where %s is asked for. %s", f.text, row.Measured, row.Required, f.todo)
			}
		}
	}
	return "Look into the report of your last one."
}

// practice is a mode of a format in which nothing is at stake.
func practice(f *interview.Format) interview.Mode {
	if slices.Contains(f.Modes, interview.ModeCoached) {
		return interview.ModeCoached
	}
	return f.Modes[0]
}
