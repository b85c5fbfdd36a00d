package progress

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"rehearse/server/interview"
)

// Evidence is what a suggestion rests on.
type Evidence struct {
	Text    string     `json:"text"`
	Session string     `json:"session,omitempty"`
	Block   int        `json:"block,omitempty"`
	At      *time.Time `json:"at,omitempty"`
}

// Suggestion is one thing to practise now, and why.
type Suggestion struct {
	What     string     `json:"what"` // cards, story, exercise, screen, plan or rest
	Title    string     `json:"title"`
	Why      string     `json:"why"`
	Minutes  int        `json:"minutes"`
	Start    *Start     `json:"start,omitempty"`
	Evidence []Evidence `json:"evidence"`

	rank int // the lower, the more urgent
	key  string
}

// Choice is one suggestion and what else would be sensible.
type Choice struct {
	Now          Suggestion   `json:"now"`
	Alternatives []Suggestion `json:"alternatives"`
}

// alternatives is how many there are beside the first suggestion.
const alternatives = 2

// What is suggested before what.
const (
	rankFirst   = iota // nothing was sat yet
	rankGap            // the newest story or exercise left something that is quickest mended at once
	rankPlan           // today's plan
	rankLapsing        // evidence that is about to expire
	rankCheck          // a check whose time has come
	rankCards
	rankWeak
	rankCold // a kind that was never sat
	rankAny
)

// lapses is how long before its end evidence is worth renewing.
const lapses = 3 * 24 * time.Hour

// NextUp says what to practise now and why: one suggestion and two alternatives, each of another kind, each with the evidence
// it rests on. Settings may be nil.
func NextUp(h History, o Options, s *Settings) Choice {
	m := suggester{h: h, o: o, s: s, all: h.inOrder()}
	m.first()
	m.gap()
	m.plan()
	m.checks()
	m.cards()
	m.weak()
	m.cold()
	slices.SortStableFunc(m.out, func(a, b Suggestion) int { return cmp.Compare(a.rank, b.rank) })
	var kept []Suggestion
	for _, x := range m.out {
		if len(kept) <= alternatives && !slices.ContainsFunc(kept, func(k Suggestion) bool { return k.key == x.key }) {
			kept = append(kept, x)
		}
	}
	if len(kept) == 0 {
		kept = []Suggestion{{What: "rest", Title: "Rest", Why: "this pack holds nothing that could be practised here", Evidence: []Evidence{{Text: "no format of the pack fits an item of it"}}}}
	}
	return Choice{Now: kept[0], Alternatives: append([]Suggestion{}, kept[1:]...)}
}

type suggester struct {
	h   History
	o   Options
	s   *Settings
	all []seenAttempt
	out []Suggestion
}

func (m *suggester) add(x Suggestion) {
	if x.key == "" {
		x.key = x.What
		if x.Start != nil {
			x.key += "/" + x.Start.Format
		}
	}
	m.out = append(m.out, x)
}

func (m *suggester) minutes(format string) int {
	if v, ok := usual[format]; ok {
		return v
	}
	for _, f := range m.o.Pack.Formats {
		if f.ID == format {
			return int(f.Minutes * 1.3)
		}
	}
	return 15
}

// first is for whoever has sat nothing: a short whole, so that there is something to compare with.
func (m *suggester) first() {
	if slices.ContainsFunc(m.all, func(a seenAttempt) bool { return a.Answered }) {
		return
	}
	none := []Evidence{{Text: "you have not answered anything here yet"}}
	for _, f := range m.o.Pack.Formats {
		if f.ID == "half-screen" || f.ID == "phone-screen" {
			rank := rankFirst
			if f.ID == "phone-screen" {
				rank = rankAny
			}
			m.add(Suggestion{What: "screen", Title: f.Title, Why: "a first report shows where the practice pays", Minutes: m.minutes(f.ID), Start: &Start{Format: f.ID, Mode: practice(&f)}, Evidence: none, rank: rank})
		}
	}
	for _, k := range []interview.Kind{interview.KindBehavioural, interview.KindCodeReview} {
		if f := formatFor(m.o.Pack, k, interview.ModeCoached); f != nil {
			m.add(Suggestion{What: "exercise", Title: f.Title, Why: "one exercise is a start too", Minutes: m.minutes(f.ID), Start: &Start{Format: f.ID, Mode: practice(f)}, Evidence: none, rank: rankFirst + 1})
		}
	}
}

// gap is the newest attempt where it fell short: tried again at once, a gap is mended soonest.
func (m *suggester) gap() {
	const soon = 24 * time.Hour
	for _, a := range slices.Backward(m.all) {
		if !a.closed() || !a.Complete || a.At.After(m.o.Now) {
			continue
		}
		if m.o.Now.Sub(a.At) > soon {
			return
		}
		for i := range criteria {
			c := &criteria[i]
			if c.kind != a.Kind {
				continue
			}
			x := c.check(a, m.o)
			f := formatFor(m.o.Pack, a.Kind, interview.ModeCoached)
			if x.Met || f == nil {
				return
			}
			at := a.At
			st := &Start{Format: f.ID, Mode: practice(f)}
			if len(a.Principles) > 0 {
				st.Principle = a.Principles[0]
			}
			m.add(Suggestion{What: "exercise", Title: f.Title, Why: c.worst(&x), Minutes: m.minutes(f.ID), Start: st, rank: rankGap,
				Evidence: []Evidence{{Text: fmt.Sprintf("your last one (%s) missed this", or(a.Title, f.Title)), Session: a.Session, Block: a.Block, At: &at}}})
			return
		}
		return
	}
}

// plan is the first thing of today's plan that is not done.
func (m *suggester) plan() {
	if m.s == nil {
		return
	}
	p := Make(m.h, m.o.Pack, *m.s, m.o.Now)
	if len(p.Days) == 0 || p.Days[0].Date != p.Today {
		return
	}
	for _, t := range p.Days[0].Tasks {
		if t.Done {
			continue
		}
		what := "plan"
		if t.What == "cards" || t.What == "lines" {
			what = "cards"
		}
		m.add(Suggestion{What: what, Title: t.Title, Why: t.Why, Minutes: t.Minutes, Start: t.Start, rank: rankPlan,
			Evidence: []Evidence{{Text: fmt.Sprintf("it stands in today's plan; %s left", interview.Counted(p.DaysLeft, "%d day is", "%d days are"))}}})
		return
	}
}

// checks are criteria whose evidence lapses soon, and those whose next check may be sat now.
func (m *suggester) checks() {
	if !slices.ContainsFunc(m.all, func(a seenAttempt) bool { return a.Answered }) {
		return
	}
	for _, c := range Criteria(m.h, m.o).Criteria {
		if c.Next.Start == nil || c.Next.NotBefore != nil && c.Next.NotBefore.After(m.o.Now) {
			continue
		}
		x := Suggestion{What: "exercise", Title: c.Title, Why: c.Next.Text, Start: c.Next.Start, Minutes: m.minutes(c.Next.Start.Format)}
		switch c.State {
		case Met:
			if c.Until.Sub(m.o.Now) > lapses {
				continue
			}
			until := *c.Until
			x.rank = rankLapsing
			x.Evidence = []Evidence{{Text: "its evidence expires on " + until.UTC().Format(time.DateOnly), At: &until}}
		case NoEvidence:
			x.rank = rankCold
			x.Evidence = []Evidence{{Text: "nothing you sat counts for it yet"}}
		default:
			x.rank = rankCheck
			for _, why := range c.Missing[:min(2, len(c.Missing))] {
				x.Evidence = append(x.Evidence, Evidence{Text: why})
			}
			for _, a := range c.Attempts {
				if a.Counts {
					at := a.At
					x.Evidence = append(x.Evidence, Evidence{Text: "the newest attempt that counts", Session: a.Session, Block: a.Block, At: &at})
					break
				}
			}
		}
		m.add(x)
	}
}

// cards are those of today.
func (m *suggester) cards() {
	due := Due(m.h, m.o.Pack, m.s, m.o.Now)
	if len(due.Cards) == 0 {
		return
	}
	again := 0
	for _, c := range due.Cards {
		again += btoi(c.Rating == Again)
	}
	text := fmt.Sprintf("%s due, %d new", interview.Counted(due.Due, "%d card is", "%d cards are"), due.New)
	if again > 0 {
		text += interview.Counted(again, "; %d was not known the last time", "; %d were not known the last time")
	}
	rank := rankCards
	if due.Due == 0 {
		rank = rankAny
	}
	m.add(Suggestion{What: "cards", key: "cards", Title: "Cards", Why: "looking again after days is what makes things stay", Minutes: max(1, due.Minutes), Evidence: []Evidence{{Text: text}}, rank: rank})
}

// weak is the principle whose newest story had the lowest dimension.
func (m *suggester) weak() {
	f := formatFor(m.o.Pack, interview.KindBehavioural, interview.ModeCoached)
	if f == nil {
		return
	}
	newest := map[string]seenAttempt{}
	for _, a := range m.all {
		if a.Story != nil && a.Complete {
			for _, pr := range a.Principles {
				newest[pr] = a
			}
		}
	}
	var worst seenAttempt
	var which string
	low := barDimension
	for _, pr := range m.o.Pack.Principles {
		if a, ok := newest[pr.ID]; ok {
			if v := lowest(a.Story.B); v > 0 && v < low {
				low, worst, which = v, a, pr.ID
			}
		}
	}
	if which == "" {
		return
	}
	at := worst.At
	got, _, _ := dimensions(worst.Story.B, measuredB)
	m.add(Suggestion{What: "story", Title: f.Title, Why: "one of its dimensions was below 3; try that part again", Minutes: m.minutes(f.ID), Start: &Start{Format: f.ID, Mode: practice(f), Principle: which}, rank: rankWeak,
		Evidence: []Evidence{{Text: "measured in its newest story: " + got, Session: worst.Session, Block: worst.Block, At: &at}}})
}

// cold are the kinds of exercise that were never sat.
func (m *suggester) cold() {
	sat := map[interview.Kind]bool{}
	for _, a := range m.all {
		sat[a.Kind] = sat[a.Kind] || a.Answered
	}
	for _, k := range []interview.Kind{interview.KindBehavioural, interview.KindThreatModel, interview.KindCodeReview, interview.KindBriefing, interview.KindScripting, interview.KindRemediation, interview.KindSecureDesign, interview.KindRanking, interview.KindConceptCard} {
		f := formatFor(m.o.Pack, k, interview.ModeCoached)
		if f == nil {
			continue
		}
		x := Suggestion{What: "exercise", Title: f.Title, Minutes: m.minutes(f.ID), Start: &Start{Format: f.ID, Mode: practice(f)}}
		if sat[k] {
			x.Why, x.rank, x.Evidence = "to keep it warm", rankAny, []Evidence{{Text: "nothing else is more urgent by what you sat so far"}}
		} else {
			x.Why, x.rank, x.Evidence = "it was never practised here", rankCold, []Evidence{{Text: "no session of yours holds one"}}
		}
		m.add(x)
	}
}
