package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/probing"
	"rehearse/server/reading"
)

// WarmUp is what is told of a warm-up: no mark, what was known of the cards beside the time before, and one thing.
type WarmUp struct {
	Line  string  `json:"line"` // "kept 1, slipped 1, new 1"; empty when no card was answered
	Flash []Flash `json:"flash"`
	// Worst is the worst issue of the snippet, and whether it was named; nil when the step was not reached.
	Worst *Finding `json:"worst,omitempty"`
	// HeadlineSeconds is how long the headline took, as spoken; HeadlineFigures how many figures it held.
	HeadlineSeconds int `json:"headline_seconds,omitempty"`
	HeadlineFigures int `json:"headline_figures"`
}

// What became of a card since it was asked before.
const (
	CardKept    = "kept"    // known before and now
	CardSlipped = "slipped" // known before, not now
	CardNew     = "new"     // never asked before
	CardGained  = "gained"  // not known before, known now
	CardOpen    = "open"    // known neither time
)

// Flash is one card of a warm-up.
type Flash struct {
	Card  string `json:"card"`
	Title string `json:"title"`
	Turn  int    `json:"turn"`
	Known bool   `json:"known"`
	State string `json:"state"`
	Left  string `json:"left_out,omitempty"` // the weightiest point that was not said
	Why   string `json:"why,omitempty"`
}

const (
	// flashKnown is the share of a card's weight from which a minute's answer knew it; the figure is ours.
	flashKnown = 0.5
	// headlineMost is how long a headline with its result may take, in seconds as spoken.
	headlineMost = 90
)

// warmUps fills in what is told of warm-ups, and the one thing to change.
func warmUps(r *Report, st *interview.State, p *interview.Pack, earlier Earlier) {
	for i := range r.Blocks {
		b, item := st.Block(r.Blocks[i].Block), p.Items[r.Blocks[i].Item]
		if item == nil || item.Kind != interview.KindWarmUp || item.WarmUp == nil {
			continue
		}
		w := warmUp(st, b, p, earlier)
		r.Blocks[i].WarmUp = w
		if g := w.gain(b.Block, item); g != nil && len(r.Gains) == 0 {
			r.Gains = []Gain{*g}
		}
	}
}

func warmUp(st *interview.State, b *interview.Block, p *interview.Pack, earlier Earlier) *WarmUp {
	w := &WarmUp{Flash: []Flash{}}
	for _, n := range b.Turns {
		t := st.Turn(n)
		switch {
		case !t.Answered:
		case t.Card != "":
			if card, rubric := p.Items[t.Card], p.Rubrics[t.Card]; card != nil && rubric != nil {
				w.Flash = append(w.Flash, flash(t, card, rubric, earlier))
			}
		case t.Step == interview.StepHeadline:
			w.HeadlineSeconds = int(float64(t.Words) * 60 / interview.CandidateWordsPerMinute)
			w.HeadlineFigures = len(reading.Read(reading.Input{Question: t.Text, Text: t.Answer, Kind: interview.KindBehavioural, Followup: true}).Quantities)
		case t.Step == interview.StepWorst:
			w.Worst = worst(st, b, n, p.Rubrics[b.Item])
		}
	}
	counts := map[string]int{}
	for _, f := range w.Flash {
		counts[f.State]++
	}
	var parts []string
	for _, s := range []string{CardKept, CardSlipped, CardNew, CardGained, CardOpen} {
		if counts[s] > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", s, counts[s]))
		}
	}
	w.Line = strings.Join(parts, ", ")
	return w
}

func flash(t *interview.Turn, card *interview.Item, rubric *interview.Rubric, earlier Earlier) Flash {
	f := Flash{Card: card.ID, Title: card.Title, Turn: t.Turn, State: CardNew}
	known, left := knows(t.Answer, rubric)
	f.Known = known
	if left != nil {
		f.Left, f.Why = left.Text, left.Explains
	}
	var before []string
	if earlier != nil {
		before = earlier(card.ID)
	}
	if len(before) == 0 {
		return f
	}
	was, _ := knows(before[0], rubric) // the newest
	f.State = map[[2]bool]string{{true, true}: CardKept, {true, false}: CardSlipped, {false, true}: CardGained, {false, false}: CardOpen}[[2]bool{was, known}]
	return f
}

// knows reports whether an answer holds enough of a card, and the weightiest point it does not hold.
func knows(answer string, rubric *interview.Rubric) (known bool, left *interview.Point) {
	all, found := 0, 0
	for i := range rubric.Points {
		pt := &rubric.Points[i]
		all += pt.Weight
		if len(probing.Said(answer, *pt)) > 0 {
			found += pt.Weight
		} else if left == nil || pt.Weight > left.Weight {
			left = pt
		}
	}
	return all > 0 && float64(found) >= flashKnown*float64(all), left
}

// worst is the worst issue of a warm-up's snippet, and whether one turn named it.
func worst(st *interview.State, b *interview.Block, turn int, rubric *interview.Rubric) *Finding {
	if rubric == nil || len(rubric.Findings) == 0 {
		return nil
	}
	one := *b
	one.Turns = []int{turn}
	hits := grading.Review(st, &one, rubric)
	order := []string{"critical", "high", "medium", "low"}
	at := 0
	for i, f := range rubric.Findings {
		if slices.Index(order, f.Severity) < slices.Index(order, rubric.Findings[at].Severity) {
			at = i
		}
	}
	f, h := rubric.Findings[at], hits.Findings[at]
	return &Finding{ID: f.ID, Title: f.Title, Lines: f.Lines, CWE: f.CWE, Severity: f.Severity, Said: h.Said, Turn: h.Turn, LineMatch: h.LineMatch, Exploit: f.Exploit, Fix: f.Fix, Prevent: f.Prevention}
}

// gain is the one thing to take from a warm-up: what slipped first, then the snippet, then a card, then the headline.
func (w *WarmUp) gain(block int, item *interview.Item) *Gain {
	card := func(states ...string) *Gain {
		for _, f := range w.Flash {
			if slices.Contains(states, f.State) && !f.Known {
				return &Gain{Block: block, About: f.Title, Costs: cmp.Or(f.Why, "A minute later it would have been asked in an interview"), Change: cmp.Or(f.Left, "Say it in one sentence"), Item: f.Card}
			}
		}
		return nil
	}
	if g := card(CardSlipped); g != nil {
		return g
	}
	if w.Worst != nil && !w.Worst.Said {
		return &Gain{Block: block, About: w.Worst.Title, Costs: w.Worst.Exploit, Change: w.Worst.Fix, Item: item.ID}
	}
	if g := card(CardNew, CardOpen); g != nil {
		return g
	}
	switch {
	case w.HeadlineSeconds > headlineMost:
		return &Gain{Block: block, About: "Headline", Costs: fmt.Sprintf("It took %d seconds as spoken", w.HeadlineSeconds), Change: "Say the outcome first, then your part, then stop", Item: item.ID}
	case w.HeadlineSeconds > 0 && w.HeadlineFigures == 0:
		return &Gain{Block: block, About: "Headline", Costs: "It held no figure to remember it by", Change: "Name the one figure that carries the story", Item: item.ID}
	}
	return nil
}

// warmUpMarkdown writes a warm-up in a few lines.
func warmUpMarkdown(p printer, w *WarmUp) {
	if w == nil {
		return
	}
	if w.Line != "" {
		p("**Cards:** %s.", w.Line)
		p("")
	}
	for _, f := range w.Flash {
		line := fmt.Sprintf("- %s: %s", plainLine(f.Title), f.State)
		if !f.Known && f.Left != "" {
			line += ". Not said: " + plainLine(f.Left)
		}
		p("%s.", line)
	}
	if w.Worst != nil {
		p("- Worst issue, %s (lines %d to %d): %s.", plainLine(w.Worst.Title), w.Worst.Lines[0], w.Worst.Lines[1], map[bool]string{true: "named", false: "not named"}[w.Worst.Said])
	}
	if w.HeadlineSeconds > 0 {
		p("- Headline: %d seconds as spoken, %s.", w.HeadlineSeconds, interview.Counted(w.HeadlineFigures, "%d figure", "%d figures"))
	}
	p("")
}
