package stories

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

// Said is what the candidate says about an answer: which story it was. An empty story says that it is none of them.
type Said struct {
	Session string `json:"session"`
	Block   int    `json:"block"`
	Story   string `json:"story"`
}

// Bank is everything that is known of a person's stories.
type Bank struct {
	Stories  []Story
	Tellings []Telling
	Said     []Said
	Pack     *interview.Pack
	Common   *Common // of the pack; nil counts every word alike
}

// Bars of what is told about a story.
const (
	recital    = 0.5 // the share of runs of five words from which a telling repeats the last one
	overusedIn = 3   // sessions within overuseDays from which a story is told too often
	quoteEach  = 40  // rows of the ledger at the most
)

const overuseSpan = 14 * 24 * time.Hour

// Reading is a telling as the history of its story has it.
type Reading struct {
	Session   string         `json:"session"`
	Block     int            `json:"block"`
	Format    string         `json:"format"`
	Mode      interview.Mode `json:"mode"`
	At        time.Time      `json:"at"`
	By        string         `json:"by"` // said by the candidate, started with this story, or recognised by code
	Words     int            `json:"words"`
	Minutes   float64        `json:"spoken_minutes"`
	Figures   int            `json:"figures"`
	Specific  float64        `json:"specific_per_100_words"`
	Told      bool           `json:"told"`
	Missing   []string       `json:"missing"`
	Followups int            `json:"followups"`
	CuesSaid  []int          `json:"cues_said"` // numbers of cues from 1
	CuesLeft  []int          `json:"cues_left_out"`
	Repeats   float64        `json:"repeats_last_telling"` // share of runs of words, 0 to 1
	Recital   string         `json:"recital,omitempty"`    // a warning
	Depth     []Depth        `json:"depth,omitempty"`
	Scores    Scores         `json:"scores"`
	// Other is set where code would have recognised another story.
	Other string `json:"other,omitempty"`
}

// Row is one figure of a story across its tellings and its cues.
type Row struct {
	What     string    `json:"what"` // what is counted
	Disagree bool      `json:"disagree"`
	Said     []SaidRow `json:"said"`
}

// SaidRow is one place where the figure was given. Session is empty for a cue.
type SaidRow struct {
	Session string    `json:"session,omitempty"`
	Turn    int       `json:"turn,omitempty"`
	Cue     int       `json:"cue,omitempty"`
	At      time.Time `json:"at,omitzero"`
	Value   string    `json:"value"`
	Start   int       `json:"start"`
	End     int       `json:"end"`
	Quote   string    `json:"quote"`
}

// Entry is a story with what became of it.
type Entry struct {
	Story
	Readings []Reading `json:"readings"` // newest first
	Numbers  []Row     `json:"numbers"`
	Warnings []string  `json:"warnings"`
	Drill    *Start    `json:"drill,omitempty"`
	Dive     *Start    `json:"dive,omitempty"`
}

// Unknown is an answer that is none of the stories, or of which code cannot say.
type Unknown struct {
	Session    string    `json:"session"`
	Block      int       `json:"block"`
	Turn       int       `json:"turn"`
	At         time.Time `json:"at"`
	Opening    string    `json:"opening"`
	Principles []string  `json:"principles"`
}

// List is the bank as it is shown.
type List struct {
	Stories []Entry   `json:"stories"`
	Unknown []Unknown `json:"unmatched"` // newest first
	Notes   []string  `json:"notes"`
}

// assigned is a telling with the story it was.
type assigned struct {
	*Telling
	story string
	by    string
	other string
}

// assign says of each telling which story it was, oldest first.
func (b *Bank) assign(m *Matcher) []assigned {
	said := map[[2]string]string{}
	for _, s := range b.Said {
		said[[2]string{s.Session, strconv.Itoa(s.Block)}] = s.Story
	}
	known := map[string]bool{}
	for _, s := range b.Stories {
		known[s.ID] = true
	}
	out := make([]assigned, 0, len(b.Tellings))
	for i := range b.Tellings {
		t := &b.Tellings[i]
		a := assigned{Telling: t}
		code := m.match(t.Stems)
		if s, ok := said[[2]string{t.Session, strconv.Itoa(t.Block)}]; ok && (s == "" || known[s]) {
			a.story, a.by = s, "said"
		} else if known[t.Declared] {
			a.story, a.by = t.Declared, "started"
			if code != "" && code != t.Declared {
				a.other = code
			}
		} else if code != "" {
			a.story, a.by = code, "recognised"
		}
		out = append(out, a)
	}
	slices.SortStableFunc(out, func(a, b assigned) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Session, b.Session), a.Block-b.Block)
	})
	return out
}

// List is the bank with what became of each story.
func (b *Bank) List() List {
	m := NewMatcher(b.Stories, b.Common)
	all := b.assign(m)
	of := map[string][]assigned{}
	out := List{Stories: []Entry{}, Unknown: []Unknown{}, Notes: []string{}}
	for _, a := range all {
		if a.story != "" {
			of[a.story] = append(of[a.story], a)
		} else {
			out.Unknown = append(out.Unknown, Unknown{a.Session, a.Block, a.Turn, a.At, a.Opening, a.Principles})
		}
	}
	slices.Reverse(out.Unknown)
	for i := range b.Stories {
		out.Stories = append(out.Stories, b.entry(i, m, of[b.Stories[i].ID]))
	}
	if n := len(b.Stories); n > 0 && n < 12 {
		out.Notes = append(out.Notes, fmt.Sprintf("%s. Twelve to fourteen, each for two to four principles, are enough for a first and a second choice everywhere.", interview.Counted(n, "%d story", "%d stories")))
	}
	return out
}

func (b *Bank) entry(i int, m *Matcher, told []assigned) Entry {
	s := &b.Stories[i]
	e := Entry{Story: *s, Readings: []Reading{}, Numbers: ledger(m.cues[i], told), Warnings: []string{}}
	e.Drill, e.Dive = starts(s, b.Pack)
	for k, a := range told {
		r := Reading{Session: a.Session, Block: a.Block, Format: a.Format, Mode: a.Mode, At: a.At, By: a.by, Words: a.Words, Minutes: a.Minutes, Figures: a.Figures, Specific: a.Specific, Told: a.Told,
			Missing: append([]string{}, a.Missing...), Followups: a.Followups, Depth: a.Depth, Scores: a.Scores, Other: a.other, CuesSaid: []int{}, CuesLeft: []int{}}
		for n, c := range m.cues[i] {
			if c.said(a.Stems) {
				r.CuesSaid = append(r.CuesSaid, n+1)
			} else {
				r.CuesLeft = append(r.CuesLeft, n+1)
			}
		}
		if k > 0 {
			r.Repeats = math.Round(alike(a.Grams, told[k-1].Grams)*100) / 100
			if r.Repeats >= recital {
				r.Recital = fmt.Sprintf("%.0f %% of it stood word for word in the telling before. Tell it from the cues, and begin somewhere else.", r.Repeats*100)
			}
		}
		e.Readings = append(e.Readings, r)
	}
	slices.Reverse(e.Readings)
	if len(e.Readings) > 0 && e.Readings[0].Recital != "" {
		e.Warnings = append(e.Warnings, "The last telling sounds learnt by heart: "+e.Readings[0].Recital)
	}
	for _, row := range e.Numbers {
		if row.Disagree {
			e.Warnings = append(e.Warnings, fmt.Sprintf("The figure for %s is not the same everywhere; the ledger has the quotes.", row.What))
		}
	}
	if n := often(told); n >= overusedIn {
		e.Warnings = append(e.Warnings, fmt.Sprintf("Told in %d sessions within two weeks. Interviewers compare notes; give another one a turn.", n))
	}
	if len(e.Principles) == 0 {
		e.Warnings = append(e.Warnings, "It serves no principle yet, so it can be neither drilled nor counted in the matrix.")
	}
	return e
}

// often is the largest number of sessions within two weeks of the newest telling in which a story was told.
func often(told []assigned) int {
	if len(told) == 0 {
		return 0
	}
	newest, in := told[len(told)-1].At, map[string]bool{}
	for _, a := range told {
		if newest.Sub(a.At) <= overuseSpan {
			in[a.Session] = true
		}
	}
	return len(in)
}

// ledger puts the figures of the cues and of every telling together by what they count.
func ledger(cues []cue, told []assigned) []Row {
	type entry struct {
		q   reading.Quantity
		row SaidRow
	}
	var order []string
	by := map[string][]entry{}
	add := func(q reading.Quantity, r SaidRow) {
		if q.Noun == "" || joining[q.Noun] {
			return // nothing to hold it against
		}
		what := q.Noun
		if rate, ok := strings.CutPrefix(q.Unit, "/"); ok {
			what = q.Noun + " a " + rate
		} else if q.Unit != "" && q.Unit != q.Noun {
			what = q.Unit + " " + q.Noun
		}
		if q.Narrow != "" {
			what = q.Narrow + " " + q.Noun
		}
		if by[what] == nil {
			order = append(order, what)
		}
		by[what] = append(by[what], entry{q, r})
	}
	for n, c := range cues {
		for _, q := range c.figures {
			add(q, SaidRow{Cue: n + 1, Value: counted(q.Value), Start: 0, End: len(c.text), Quote: c.text})
		}
	}
	for _, a := range told {
		for i := range a.Numbers {
			x := &a.Numbers[i]
			add(x.quantity(), SaidRow{Session: a.Session, Turn: x.Turn, At: a.At, Value: counted(x.Value), Start: x.Start, End: x.End, Quote: x.Quote})
		}
	}
	out := []Row{}
	for _, what := range order {
		row := Row{What: what, Said: []SaidRow{}}
		var groups [][]reading.Quantity // of one source each: a cue, or a session
		source := ""
		for _, e := range by[what] {
			from := e.row.Session
			if len(groups) == 0 || from != source {
				groups, source = append(groups, nil), from
			}
			groups[len(groups)-1] = append(groups[len(groups)-1], e.q)
			row.Said = append(row.Said, e.row)
		}
		for i := range groups {
			for j := range i {
				row.Disagree = row.Disagree || len(reading.Conflicts(groups[j], groups[i])) > 0
			}
		}
		if len(row.Said) > quoteEach { // the oldest and the newest say enough
			row.Said = append(row.Said[:quoteEach/2:quoteEach/2], row.Said[len(row.Said)-quoteEach/2:]...)
		}
		out = append(out, row)
	}
	slices.SortStableFunc(out, func(a, b Row) int { return boolInt(b.Disagree) - boolInt(a.Disagree) })
	return out
}

// joining are words that stand behind a figure and are not what it counts.
var joining = map[string]bool{"within": true, "by": true, "per": true, "after": true, "before": true, "and": true, "in": true, "at": true, "on": true, "of": true, "to": true, "from": true, "with": true, "over": true, "until": true, "but": true}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Matrix is the principles and what there is to tell for each.
type Matrix struct {
	Rows    []MatrixRow    `json:"rows"`
	Stories []MatrixColumn `json:"stories"`
	Holes   int            `json:"holes"` // principles without a story or without a second
}

// MatrixRow is one principle.
type MatrixRow struct {
	Principle string       `json:"principle"`
	Name      string       `json:"name"`
	First     string       `json:"first,omitempty"` // ids of stories
	Second    string       `json:"second,omitempty"`
	Cells     []MatrixCell `json:"cells"`
	Hole      string       `json:"hole,omitempty"` // no_story, no_first or no_second
	Say       string       `json:"say,omitempty"`
	Prompts   []string     `json:"prompts,omitempty"` // mining prompts that may fill the hole
}

// MatrixCell is a story that serves a principle, and how often it was told for it.
type MatrixCell struct {
	Story  string `json:"story"`
	Choice string `json:"choice,omitempty"`
	Told   int    `json:"told"`
}

// MatrixColumn is one story and how much it is leant on.
type MatrixColumn struct {
	Story      string     `json:"story"`
	Title      string     `json:"title"`
	Worth      string     `json:"worth"`
	Principles int        `json:"principles"`
	FirstFor   int        `json:"first_for"`
	Told       int        `json:"told"`
	Last       *time.Time `json:"last,omitempty"`
	Overused   string     `json:"overused,omitempty"`
}

// A story that is the first choice for more principles than this, or serves more than that, carries too much.
const (
	mostFirst  = 2
	mostServed = 4
)

// Matrix is the principles by stories, with holes and overuse.
func (b *Bank) Matrix() Matrix {
	out := Matrix{Rows: []MatrixRow{}, Stories: []MatrixColumn{}}
	all := b.assign(NewMatcher(b.Stories, b.Common))
	told := map[[2]string]int{}
	of := map[string][]assigned{}
	for _, a := range all {
		if a.story == "" {
			continue
		}
		of[a.story] = append(of[a.story], a)
		for _, p := range a.Principles {
			told[[2]string{a.story, p}]++
		}
	}
	for _, pr := range b.Pack.Principles {
		row := MatrixRow{Principle: pr.ID, Name: pr.Name, Cells: []MatrixCell{}}
		for i := range b.Stories {
			s := &b.Stories[i]
			n := told[[2]string{s.ID, pr.ID}]
			c, tagged := s.choice(pr.ID)
			if !tagged {
				continue
			}
			row.Cells = append(row.Cells, MatrixCell{Story: s.ID, Choice: c, Told: n})
			switch c {
			case First:
				row.First = s.ID
			case Second:
				row.Second = s.ID
			}
		}
		switch {
		case len(row.Cells) == 0:
			row.Hole, row.Say = "no_story", "No story yet."
		case row.First == "":
			row.Hole, row.Say = "no_first", "No story is the first choice."
		case row.Second == "":
			row.Hole, row.Say = "no_second", "No second choice, for when the first was told already."
		}
		if row.Hole != "" {
			out.Holes++
			row.Prompts = PromptsFor(b.Pack.Mining, pr)
		}
		out.Rows = append(out.Rows, row)
	}
	for i := range b.Stories {
		s := &b.Stories[i]
		col := MatrixColumn{Story: s.ID, Title: s.Title, Worth: s.Worth, Principles: len(s.Principles), Told: len(of[s.ID])}
		for _, t := range s.Principles {
			if t.Choice == First {
				col.FirstFor++
			}
		}
		if n := len(of[s.ID]); n > 0 {
			at := of[s.ID][n-1].At
			col.Last = &at
		}
		switch n := often(of[s.ID]); {
		case n >= overusedIn:
			col.Overused = fmt.Sprintf("told in %d sessions within two weeks", n)
		case col.FirstFor > mostFirst:
			col.Overused = fmt.Sprintf("the first choice for %d principles; one loop would hear it %d times", col.FirstFor, col.FirstFor)
		case col.Principles > mostServed:
			col.Overused = fmt.Sprintf("serves %d principles; two to four is what a story carries", col.Principles)
		}
		out.Stories = append(out.Stories, col)
	}
	return out
}
