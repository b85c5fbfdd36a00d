// Package progress says what somebody's sessions show so far, what is best practised next, and how the days until an
// interview are spent.
//
// It is pure: a history, a pack, the settings and the time go in, and the same always comes out. It measures nothing
// in a text and reads no log; whoever closes a session hands in what was measured there. It holds no item's key:
// nothing it returns says what an exercise still unseen wants to hear.
package progress

import (
	"cmp"
	"slices"
	"time"

	"rehearse/server/interview"
)

// Attempt is one item that a person sat, and what code measured in it. Which of Story, Threats, Review, Script and
// Brief is set follows from Kind; all are nil while the session is open, since nothing of an exam may be known before its end.
type Attempt struct {
	Session    string         `json:"session"`
	Block      int            `json:"block"`
	Format     string         `json:"format"`
	Mode       interview.Mode `json:"mode"`
	Item       string         `json:"item"`
	Kind       interview.Kind `json:"kind"`
	Title      string         `json:"title,omitempty"`
	Principles []string       `json:"principles,omitempty"`
	Wording    string         `json:"wording,omitempty"`  // the main question as it was heard
	Language   string         `json:"language,omitempty"` // of a code review's snippet
	Audience   string         `json:"audience,omitempty"` // of an explanation
	Shows      []string       `json:"shows,omitempty"`    // other items whose material could be seen in this one
	Begun      time.Time      `json:"begun"`
	At         time.Time      `json:"at"`              // when it ended; while open, the newest event
	Planned    float64        `json:"planned_minutes"` // its minutes in the format, interview clock
	Minutes    float64        `json:"minutes"`         // used, interview clock
	Wall       float64        `json:"wall_minutes"`
	Answered   bool           `json:"answered"`       // something was answered
	Complete   bool           `json:"complete"`       // the session closed and the item was sat to its end
	Seen       bool           `json:"seen,omitempty"` // known to be seen before, beside what the history tells (a retry, say)

	Points  *Points  `json:"points,omitempty"` // of every technical item
	Story   *Story   `json:"story,omitempty"`
	Threats *Threats `json:"threats,omitempty"`
	Review  *Review  `json:"review,omitempty"`
	Script  *Script  `json:"script,omitempty"`
	Brief   *Brief   `json:"brief,omitempty"`
	Judged  *Judged  `json:"judged,omitempty"` // nil when no model judged

	Missed []Missed       `json:"missed,omitempty"`      // follow-ups that were not met
	Self   map[string]int `json:"self_rating,omitempty"` // the candidate's own marks, 1 to 5
	Calls  *Calls         `json:"calls,omitempty"`       // of a session with guess
}

// Points are weights of what a strong answer holds: of the points that must be found, and of all.
type Points struct {
	Must      int `json:"must"`
	MustFound int `json:"must_found"`
	All       int `json:"all"`
	Found     int `json:"found"`
}

// Story is what was measured in the first answer to a question about the past, before anything was asked for.
type Story struct {
	Told       bool           `json:"told"` // one occasion, in the past
	Minutes    float64        `json:"spoken_minutes"`
	Missing    []string       `json:"missing,omitempty"` // of S, T, A and R
	Figures    int            `json:"figures"`
	Before     bool           `json:"before_after"` // a figure of the outcome has what it was before
	Outcome    bool           `json:"outcome"`      // how it ended was said
	Observable bool           `json:"observable,omitempty"`
	I          int            `json:"i"`  // Action sentences
	We         int            `json:"we"` // ambiguous ones only
	B          map[string]int `json:"dimensions,omitempty"`
	After      map[string]int `json:"dimensions_after_probes,omitempty"`
	Opening    string         `json:"opening,omitempty"`
	// Words are hashes of the words that tell this story from others, to know it again.
	Words []uint32 `json:"words,omitempty"`
}

// Threats is what was measured in a threat model beside its points.
type Threats struct {
	Boundaries   int  `json:"boundaries"`    // of the diagram
	Named        int  `json:"named"`         // of those
	Ranked       int  `json:"ranked"`        // of the first three places, those with a reason
	TopFive      int  `json:"top_five"`      // of the first three places, those among the authors' first five
	Treated      int  `json:"treated"`       // of the first three places, those with a mitigation and what stays
	Sums         int  `json:"sums"`          // right sums on given figures that a decision rests on
	RankingGiven bool `json:"ranking_given"` // a ranking was written down at all
}

// Review is what was measured in a code review.
type Review struct {
	Findings   []Finding `json:"findings"`
	FalseAlarm int       `json:"false_alarms"`
}

// Finding is one seeded issue. Exploit and Fix say that the way to use it and the repair were given.
type Finding struct {
	Severity string `json:"severity"`
	Found    bool   `json:"found"`
	Exploit  bool   `json:"exploit"`
	Fix      bool   `json:"fix"`
}

// Script is what was measured in a scripting task. Twists are its twists with an output of their own.
type Script struct {
	Base    bool `json:"base"`    // the output matches
	Twist   int  `json:"twist"`   // outputs of twists that match
	Twists  int  `json:"twists"`  // that could match
	Digests bool `json:"digests"` // the task has an expected output at all
}

// Brief is what was measured in an explanation.
type Brief struct {
	Level    float64 `json:"reading_grade"`
	Jargon   int     `json:"undefined_jargon"`
	AskAt    int     `json:"ask_at_word"` // from 1; 0 when there is none
	Facts    int     `json:"facts"`
	Kept     int     `json:"kept"`
	Invented int     `json:"invented_figures"`
	// Listener is how many questions a listener who heard only this answered rightly, of Asked; only a model can be one.
	Listener int `json:"listener,omitempty"`
	Asked    int `json:"listener_asked,omitempty"`
}

// Judged is what a certified model judged.
type Judged struct {
	Model string         `json:"model"`
	Score *float64       `json:"score"` // 0 to 1; nil where it has none
	B     map[string]int `json:"dimensions,omitempty"`
}

// History is what a person sat, oldest first, and how they rated their cards.
type History struct {
	Attempts []Attempt
	Looks    []Look
}

// Look is one look at a card: what a person rated, or what an exercise came to.
type Look struct {
	Card   string    `json:"card"`
	Rating Rating    `json:"rating"`
	At     time.Time `json:"at"`
}

// seenAttempt is an attempt with what the history before it tells.
type seenAttempt struct {
	*Attempt
	seen    bool
	whySeen string
}

// inOrder returns the attempts by their begin, each with whether its item had been seen.
//
// An exercise is seen once it was begun, in whatever mode, or shown inside another one. A question about the past is
// asked in several wordings: it is seen when it was practised (outside an exam), or when this wording was heard.
func (h History) inOrder() []seenAttempt {
	out := make([]seenAttempt, len(h.Attempts))
	for i := range h.Attempts {
		out[i].Attempt = &h.Attempts[i]
	}
	slices.SortStableFunc(out, func(a, b seenAttempt) int {
		return cmp.Or(a.Begun.Compare(b.Begun), cmp.Compare(a.Session, b.Session), a.Block-b.Block)
	})
	begun, practised, heard := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := range out {
		a := &out[i]
		story := a.Kind == interview.KindBehavioural
		switch {
		case a.Seen:
			a.seen, a.whySeen = true, "tried again"
		case story && practised[a.Item]:
			a.seen, a.whySeen = true, "this question was practised before"
		case story && heard[a.Item+"\n"+a.Wording]:
			a.seen, a.whySeen = true, "this wording was heard before"
		case !story && begun[a.Item]:
			a.seen, a.whySeen = true, "this exercise was begun before"
		}
		begun[a.Item] = true
		heard[a.Item+"\n"+a.Wording] = true
		if a.Mode != interview.ModeExam {
			practised[a.Item] = true
		}
		for _, other := range a.Shows {
			begun[other], practised[other] = true, true
		}
	}
	return out
}

// items are the items of a pack by kind, sorted by id, without retired ones.
func items(p *interview.Pack, kind interview.Kind) []*interview.Item {
	var out []*interview.Item
	for _, it := range p.Items {
		if it.Kind == kind && it.Status != "retired" {
			out = append(out, it)
		}
	}
	slices.SortFunc(out, func(a, b *interview.Item) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// holds reports whether a pack has an item of a kind.
func holds(p *interview.Pack, kind interview.Kind) bool {
	for _, it := range p.Items {
		if it.Kind == kind && it.Status != "retired" {
			return true
		}
	}
	return false
}

// Start is what a client sends to begin a session. Principle is an id and never part of a text that is shown with it.
type Start struct {
	Format    string         `json:"format"`
	Mode      interview.Mode `json:"mode,omitempty"`
	Principle string         `json:"principle,omitempty"`
}

// formatFor is the single exercise of a pack that takes a kind in a mode; nil when there is none.
func formatFor(p *interview.Pack, kind interview.Kind, mode interview.Mode) *interview.Format {
	if !holds(p, kind) {
		return nil
	}
	var best *interview.Format
	for i := range p.Formats {
		f := &p.Formats[i]
		if !f.Single || !slices.Contains(f.Modes, mode) || len(f.Rounds) == 0 || len(f.Rounds[0].Phases) == 0 {
			continue
		}
		first := f.Rounds[0].Phases[0]
		if slices.Contains(first.Items, kind) && !first.Dig && (best == nil || len(first.Items) < len(best.Rounds[0].Phases[0].Items)) {
			best = f
		}
	}
	return best
}
