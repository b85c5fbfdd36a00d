package engine

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"rehearse/server/interview"
	"rehearse/server/probing"
	"rehearse/server/reading"
)

// seed derives the seed of one choice from the session's.
func (s *session) seed(purpose string, n ...int) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(purpose))
	for _, v := range n {
		_, _ = h.Write([]byte{byte(v), byte(v >> 8)})
	}
	return s.st.Session.Seed ^ h.Sum64()
}

func (s *session) rand(purpose string, n ...int) *rand.Rand {
	return rand.New(rand.NewPCG(s.st.Session.Seed, s.seed(purpose, n...)))
}

// used are the wordings and items of this person's other sessions. A session with a given seed makes the
// same choices whatever was practised before.
//
// They are read once for a session: a person sits one at a time, and reading them is a look at every session.
func (s *session) used(ctx context.Context, what string, of func(History, context.Context, string) (map[string]int, error)) (map[string]int, error) {
	if s.st.Session.Seeded || s.e.History == nil {
		return nil, nil
	}
	if known, ok := s.heard[what]; ok {
		return known, nil
	}
	known, err := of(s.e.History, ctx, s.st.ID)
	if err == nil {
		s.heard[what] = known
	}
	return known, err
}

// rotate picks the wording that was heard least, of those not used in this session.
func (s *session) rotate(ctx context.Context, b *interview.Block, purpose string, wordings []string) (string, error) {
	heard, err := s.used(ctx, "wordings", History.UsedWordings)
	if err != nil {
		return "", err
	}
	here := s.asked()
	best, least := []string(nil), -1
	for _, w := range wordings {
		n := heard[w]
		if here[w] {
			n += 1 << 20
		}
		if least < 0 || n < least {
			best, least = nil, n
		}
		if n == least {
			best = append(best, w)
		}
	}
	if len(best) == 0 {
		return "", interview.Errorf(interview.CodeInternal, "the pack has no words for %s", purpose)
	}
	return best[s.rand(purpose, b.Block, len(s.st.Turns)).IntN(len(best))], nil
}

// asked are the authored wordings used in this session.
func (s *session) asked() map[string]bool {
	out := map[string]bool{}
	for _, t := range s.st.Turns {
		out[t.Wording] = true
		out[t.Text] = true
	}
	return out
}

// itemsFor are the items of some kinds, and of some principles when any are named, in a stable order.
func (e *Engine) itemsFor(kinds []interview.Kind, principles []string) []*interview.Item {
	var out []*interview.Item
	for _, it := range e.Pack.Items {
		if it.Status == "retired" || !slices.Contains(kinds, it.Kind) {
			continue
		}
		if len(principles) > 0 && it.Kind == interview.KindBehavioural {
			r := e.Pack.Rubrics[it.ID]
			if r == nil || !slices.ContainsFunc(r.Principles, func(p string) bool { return slices.Contains(principles, p) }) {
				continue
			}
		}
		out = append(out, it)
	}
	slices.SortFunc(out, func(a, b *interview.Item) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// openItems are the items a phase may draw now.
func (s *session) openItems(p *interview.Phase) []*interview.Item {
	principles := p.Principles
	if s.st.Session.Princ != "" {
		principles = []string{s.st.Session.Princ}
	}
	taken, families := map[string]bool{}, map[string]bool{}
	for _, b := range s.st.Blocks {
		taken[b.Item] = true
		for _, f := range s.families(b.Item) {
			families[f] = true
		}
	}
	pushed := p.Pushes()
	all := slices.DeleteFunc(s.e.itemsFor(p.Items, principles), func(it *interview.Item) bool {
		return taken[it.ID] || pushed && len(s.e.Pack.Rubrics[it.ID].Fights()) == 0 || (len(it.Levels) > 0 && !slices.Contains(it.Levels, s.st.Session.Level))
	})
	if p.OtherFamily {
		other := slices.DeleteFunc(slices.Clone(all), func(it *interview.Item) bool {
			return slices.ContainsFunc(s.families(it.ID), func(f string) bool { return families[f] })
		})
		if len(other) > 0 {
			return other
		}
	}
	return all
}

func (s *session) unusedItems(p *interview.Phase) bool {
	return s.st.Session.Item == "" && len(s.openItems(p)) > 0
}

// families are the families of an item's principles.
func (s *session) families(item string) []string {
	r := s.e.Pack.Rubrics[item]
	if r == nil {
		return nil
	}
	var out []string
	for _, p := range s.e.Pack.Principles {
		if slices.Contains(r.Principles, p.ID) {
			out = append(out, p.Family)
		}
	}
	return out
}

// pick draws the item of a phase: the one asked for, or one of those practised least.
func (s *session) pick(ctx context.Context, p *interview.Phase) (*interview.Item, error) {
	if it := s.e.Pack.Items[s.st.Session.Item]; it != nil {
		return it, nil
	}
	if it := s.e.Pack.Items[p.Item]; it != nil {
		return it, nil
	}
	items := s.openItems(p)
	if len(items) == 0 {
		return nil, interview.Errorf(interview.CodeInternal, "pack %s has no item left for %s", s.e.Pack.ID, p.Title)
	}
	seen, err := s.used(ctx, "items", History.UsedItems)
	if err != nil {
		return nil, err
	}
	if s.e.Draw != nil {
		items = s.e.Draw(items, s.st.Session.Mode, p.Minutes, seen)
	}
	least := seen[items[0].ID]
	for _, it := range items {
		least = min(least, seen[it.ID])
	}
	items = slices.DeleteFunc(items, func(it *interview.Item) bool { return seen[it.ID] > least })
	items = s.steered(ctx, items)
	return items[s.rand("item", len(s.st.Blocks)).IntN(len(items))], nil
}

// steered keeps the half of some items that is nearer to what the candidate prepares for. A session with a given seed
// makes the same choices for everybody.
func (s *session) steered(ctx context.Context, items []*interview.Item) []*interview.Item {
	if s.e.Steer == nil || s.st.Session.Seeded || len(items) < 2 {
		return items
	}
	near := s.e.Steer(ctx)
	if near == nil {
		return items
	}
	worth := map[string]float64{}
	for _, it := range items {
		worth[it.ID] = near(it)
	}
	slices.SortStableFunc(items, func(a, b *interview.Item) int { return cmp.Compare(worth[b.ID], worth[a.ID]) })
	items = items[:(len(items)+1)/2]
	slices.SortFunc(items, func(a, b *interview.Item) int { return strings.Compare(a.ID, b.ID) })
	return items
}

// nextInItem goes on with an item: a follow-up, the next step, or the end of the block.
func (s *session) nextInItem(ctx context.Context, b *interview.Block, p *interview.Phase) (*step, error) {
	item := s.e.Pack.Items[b.Item]
	if item == nil { // the pack changed under a session that waited
		return emit(s.closeBlock(b)), nil
	}
	steps := p.Steps
	if len(steps) == 0 {
		steps = []interview.Step{{ID: "main", Minutes: p.Minutes, Probes: p.Probes}}
	}
	current, stepStart := -1, 0 // the step under way, and the index of its main turn in the block
	for i, n := range b.Turns {
		if s.st.Turn(n).Main {
			current++
			stepStart = i
		}
	}
	if current < 0 {
		return s.askStep(ctx, b, item, steps, 0)
	}
	if facts := s.askedInside(b, item); facts != nil {
		return emit(facts...), nil
	}
	left := s.budget(b, p) - (s.st.InterviewS - b.StartS)
	if left > 0 {
		st := steps[current]
		spent := 0.0
		if len(steps) > 1 { // a step's own minutes are a ceiling for its follow-ups
			spent = s.st.InterviewS - s.st.Turn(b.Turns[stepStart]).AskedS
		}
		if len(steps) == 1 || spent < st.Minutes*60 {
			if q, err := s.followUp(ctx, b, p, item, steps, current, stepStart); q != nil || err != nil {
				return &step{ask: q}, err
			}
		}
	}
	if current+1 < len(steps) && left > 0 {
		return s.askStep(ctx, b, item, steps, current+1)
	}
	if left >= sweepFrom*p.Minutes*60 && steps[current].Push == 0 { // after a decision there is nothing to raise
		if q, err := s.sweep(ctx, b, item, steps[current]); q != nil || err != nil {
			return &step{ask: q}, err
		}
	}
	return emit(s.closeBlock(b)), nil
}

// sweepFrom is the share of an exercise's minutes that has to be left for a last question.
const sweepFrom = 0.25

// sweep asks once whether there is anything else, where an exercise would end with time left and something unsaid. It
// does not say what.
func (s *session) sweep(ctx context.Context, b *interview.Block, item *interview.Item, st interview.Step) (*question, error) {
	rubric := s.e.Pack.Rubrics[item.ID]
	if !item.Kind.Technical() || !item.Kind.Scored() || item.Kind == interview.KindConceptCard || rubric == nil {
		return nil, nil
	}
	var said []string
	for _, n := range b.Turns {
		t := s.st.Turn(n)
		if t.Probe != nil && t.Probe.Type == probing.TypeSweep {
			return nil, nil
		}
		said = append(said, t.Answer)
		for _, a := range t.Artifacts {
			for _, row := range a.Rows {
				said = append(said, interview.RowText(row))
			}
		}
	}
	if last := s.st.Turn(b.Turns[len(b.Turns)-1]); !last.Answered {
		return nil, nil // who skips has nothing to add
	}
	all := reading.Prepare(strings.Join(said, ".\n"))
	complete := !slices.ContainsFunc(rubric.Points, func(p interview.Point) bool { return p.Must && len(all.Find(p.Synonyms, p.Negations)) == 0 }) &&
		!slices.ContainsFunc(rubric.Findings, func(f interview.Finding) bool { return len(all.Find(f.Says, nil)) == 0 })
	if complete {
		return nil, nil
	}
	w, err := s.rotate(ctx, b, "sweep", s.e.Pack.Lines.Sweep)
	if err != nil {
		return nil, err
	}
	return &question{asked: interview.QuestionAsked{Block: b.Block, Text: w, Wording: w, Step: st.ID,
		Probe: &interview.ProbeRef{Type: probing.TypeSweep, Target: probing.TypeSweep}, Expect: interview.ExpectFact}}, nil
}

// askStep asks for a step of an exercise; the first carries the material.
func (s *session) askStep(ctx context.Context, b *interview.Block, item *interview.Item, steps []interview.Step, i int) (*step, error) {
	st := steps[i]
	q := interview.QuestionAsked{Block: b.Block, Main: true, Step: st.ID, Clock: st.Clock, Expect: interview.ExpectEvent}
	if item.Kind.Technical() {
		q.Expect = interview.ExpectFact
		q.Think = interview.ThinkTechnical
	} else {
		q.Think = interview.ThinkBehavioural
	}
	if i > 0 || st.Clock == "wall" {
		q.Think = 0 // allowed once a question; where the clocks are equal, thinking is on the wall
	}
	rubric := s.e.Pack.Rubrics[item.ID]
	switch {
	case st.Twist > 0 && rubric != nil && st.Twist <= len(rubric.Twists):
		n, err := s.twist(ctx, b, rubric, st.Twist)
		if err != nil {
			return nil, err
		}
		t := rubric.Twists[n-1]
		q.Text, q.Twist = t.Text, n
		if len(t.Files) > 0 {
			q.Material = &interview.Material{Kind: "text", Title: "Files of the change", Files: interview.Files(item.ID, n, t.Files)}
		}
	case st.Challenge > 0 && rubric != nil && len(rubric.Challenges) > 0:
		q.Text = rubric.Challenges[(st.Challenge-1)%len(rubric.Challenges)]
	case st.Push > 0:
		ok, err := s.push(ctx, b, item, st, &q)
		if err != nil {
			return nil, err
		}
		if !ok {
			return s.skipStep(ctx, b, item, steps, i)
		}
	case st.Role > 0, st.Objection > 0:
		text, ok := s.inRole(b, rubric, st)
		if !ok {
			return s.skipStep(ctx, b, item, steps, i)
		}
		q.Text, q.Wording = text, text
	case item.WarmUp != nil && i > 0:
		ok, err := s.warmUp(ctx, b, item, st, &q)
		if err != nil {
			return nil, err
		}
		if !ok {
			return s.skipStep(ctx, b, item, steps, i)
		}
	case st.Twist > 0, st.Challenge > 0: // the item has none: the step is left out
		return s.skipStep(ctx, b, item, steps, i)
	case i == 0:
		w, err := s.rotate(ctx, b, "question", append([]string{item.Prompt.Main}, item.Prompt.Variants...))
		if err != nil {
			return nil, err
		}
		q.Text = w
		q.Wording = w
		if item.WarmUp == nil {
			q.Material = s.material(item)
		}
		if l := s.listener(b); l != nil {
			q.Material.Text = strings.TrimSpace(q.Material.Text + "\n\n" + introduce(l))
		}
		if extra := item.Steps[st.ID]; extra != "" {
			q.Text += " " + extra
		}
		s.retold(&q)
	case item.Steps[st.ID] != "":
		q.Text = item.Steps[st.ID]
	default:
		q.Text = st.Ask
	}
	return &step{ask: &question{asked: q}}, nil
}

// inRole is what the listener of a briefing asks or objects.
func (s *session) inRole(b *interview.Block, rubric *interview.Rubric, st interview.Step) (string, bool) {
	if rubric == nil {
		return "", false
	}
	n := 0
	for _, q := range rubric.Questions {
		if q.Audience != "" && q.Audience != b.Audience || q.Objection != (st.Objection > 0) {
			continue
		}
		if n++; n == max(st.Role, st.Objection) {
			return q.Text, true
		}
	}
	return "", false
}

// listener is whom a briefing is explained to; nil for other exercises.
func (s *session) listener(b *interview.Block) *interview.Audience {
	i := slices.IndexFunc(s.e.Pack.Audiences, func(a interview.Audience) bool { return a.ID == b.Audience })
	if b.Audience == "" || i < 0 {
		return nil
	}
	return &s.e.Pack.Audiences[i]
}

// introduce is a listener's card in words.
func introduce(a *interview.Audience) string {
	list := func(lead string, items []string) string {
		if len(items) == 0 {
			return ""
		}
		return "\n" + lead + " " + strings.Join(items, "; ") + "."
	}
	return "You explain it to " + a.Name + ", " + a.Role + "." + list("Knows:", a.Knows) + list("Is afraid of:", a.Fears) + list("Decides:", []string{a.Decides})
}

func (s *session) skipStep(ctx context.Context, b *interview.Block, item *interview.Item, steps []interview.Step, i int) (*step, error) {
	if i+1 < len(steps) {
		return s.askStep(ctx, b, item, steps, i+1)
	}
	return emit(s.closeBlock(b)), nil
}

// material is what is shown beside the item's question.
func (s *session) material(item *interview.Item) *interview.Material {
	m := &interview.Material{Kind: "text", Title: item.Title, Text: item.Context}
	if item.Kind == interview.KindConceptCard {
		m.Title = "" // it is the answer
	}
	for i, r := range item.Requirements {
		if i == 0 {
			m.Text += "\n\nRequirements:"
		}
		m.Text += "\n" + strconv.Itoa(i+1) + ". " + strings.TrimSpace(r.Text)
	}
	for _, o := range item.Options {
		m.Text += "\n\n" + o.Label + ": " + strings.TrimSpace(o.Text)
	}
	if item.Assets.Scan != nil {
		m.Text += s.scanned(item.Assets.Scan)
	}
	m.Text = strings.TrimSpace(m.Text)
	m.Files = interview.Files(item.ID, 0, item.Assets.Files)
	switch {
	case item.Assets.Code != nil:
		m.Kind = "code"
		m.Code = &interview.MaterialCode{Language: item.Assets.Code.Language, Text: item.Assets.Code.Text}
	case item.Assets.Diagram != nil:
		m.Kind = "diagram"
		m.Diagram = &interview.MaterialDiagram{Text: item.Assets.Diagram.TextTwin}
		if s.e.Diagram != nil {
			m.Diagram.SVG = s.e.Diagram(item.Assets.Diagram)
		}
	case m.Text == "" && len(item.Audiences) == 0:
		return nil
	}
	return m
}

// scanned is a scanner's output as text: each alert, and the code it points into with its lines numbered.
func (s *session) scanned(scan *interview.Scan) string {
	var out strings.Builder
	fmt.Fprintf(&out, "\n\n%s reports:", scan.Tool)
	for _, a := range scan.Alerts {
		fmt.Fprintf(&out, "\n%s  %s (%s), %s lines %d to %d: %s", a.ID, a.Rule, a.Level, a.File, a.Lines[0], a.Lines[1], strings.Join(strings.Fields(a.Message), " "))
	}
	for _, id := range scan.Snippets {
		it := s.e.Pack.Items[id]
		if it == nil || it.Assets.Code == nil {
			continue
		}
		fmt.Fprintf(&out, "\n\n%s:", it.Assets.Code.File)
		for i, line := range strings.Split(strings.TrimSuffix(it.Assets.Code.Text, "\n"), "\n") {
			fmt.Fprintf(&out, "\n%3d  %s", i+1, line)
		}
	}
	return out.String()
}

// followUp is the next follow-up in a step, or nil when there is none to ask.
func (s *session) followUp(ctx context.Context, b *interview.Block, p *interview.Phase, item *interview.Item, steps []interview.Step, current, stepStart int) (*question, error) {
	turns := b.Turns[stepStart:]
	last := s.st.Turn(turns[len(turns)-1])
	probesHere := len(turns) - 1
	allowed := steps[current].Probes
	if len(steps) == 1 && allowed == 0 {
		allowed = p.Probes
	}
	all := 0
	for _, n := range b.Turns {
		if !s.st.Turn(n).Main {
			all++
		}
	}
	if probesHere >= allowed || all >= p.Probes || s.st.Session.Part != "" {
		return nil, nil
	}
	if last.Skipped != "" && (last.Main || last.Probe != nil && last.Probe.Type == probing.TypeDontKnow) {
		return s.afterSkip(ctx, b, item, last)
	}
	if steps[current].Push > 0 {
		return s.defend(ctx, b, last)
	}
	if steps[current].Objection > 0 {
		return s.press(ctx, b, item, steps[current], turns)
	}
	if last.Main && probesHere == 0 && reading.Declines(last.Answer) { // "I have never done that" is no story to ask about
		return s.approach(ctx, b, item, last)
	}
	in, err := s.chooserInput(ctx, b, p, item, steps[current], turns)
	if err != nil || len(in.Exchanges) == 0 {
		return nil, err
	}
	c := probing.Choose(in)
	if c.Type == probing.TypeDone {
		return nil, nil
	}
	return &question{probe: true, anchors: s.fresh(c.Anchors), asked: interview.QuestionAsked{Block: b.Block, Text: c.Text, Wording: c.Text, Step: steps[current].ID,
		Probe: &interview.ProbeRef{Type: c.Type, Target: c.Target}, Expect: c.Expect}}, nil
}

// fresh leaves out clauses that a follow-up of this session rested on before.
func (s *session) fresh(anchors []anchor) []anchor {
	return slices.DeleteFunc(slices.Clone(anchors), func(a anchor) bool {
		return slices.ContainsFunc(s.st.Turns, func(t interview.Turn) bool {
			return t.Anchor != nil && t.Anchor.Turn == a.Turn && t.Anchor.Start < a.End && a.Start < t.Anchor.End
		})
	})
}

// afterSkip answers the first "I don't know" to a main question by asking how one would go about it;
// anything else that is skipped is left alone.
func (s *session) afterSkip(ctx context.Context, b *interview.Block, item *interview.Item, last *interview.Turn) (*question, error) {
	if last.Skipped != "dont_know" || !last.Main {
		return nil, nil
	}
	return s.approach(ctx, b, item, last)
}

// approach asks how one would go about it, or what comes nearest to it.
func (s *session) approach(ctx context.Context, b *interview.Block, item *interview.Item, last *interview.Turn) (*question, error) {
	lines, expect := s.e.Pack.Lines.DontKnow, interview.ExpectCounterfactual
	if !item.Kind.Technical() {
		lines, expect = s.e.Pack.Lines.DontKnowStory, interview.ExpectEvent
	}
	w, err := s.rotate(ctx, b, "dont-know", lines)
	if err != nil {
		return nil, err
	}
	return &question{asked: interview.QuestionAsked{Block: b.Block, Text: w, Wording: w, Step: last.Step,
		Probe: &interview.ProbeRef{Type: probing.TypeDontKnow, Target: probing.TypeDontKnow}, Expect: expect}}, nil
}

// chooserInput is everything the choice of a follow-up rests on.
func (s *session) chooserInput(ctx context.Context, b *interview.Block, p *interview.Phase, item *interview.Item, st interview.Step, turns []int) (probing.Input, error) {
	heard, err := s.used(ctx, "wordings", History.UsedWordings)
	if err != nil {
		return probing.Input{}, err
	}
	in := probing.Input{Kind: item.Kind, Mode: s.st.Session.Mode, Level: s.st.Session.Level, Question: s.st.Turn(turns[0]).Text,
		Rubric: s.e.Pack.Rubrics[item.ID], Pack: s.e.Pack, Observable: s.observable(item.ID), Used: heard, Asked: s.asked(),
		Dig: p.Dig, Limit: p.Probes, Rand: s.rand("probe", b.Block, len(s.st.Turns)), Readings: s.readings}
	if st.ID != "main" {
		in.Steps = append([]string{st.ID}, st.Covers...)
	}
	var extra []string
	own := turns
	if item.Kind.Technical() {
		own = b.Turns // what was said in an earlier step counts, and is not asked for again
	}
	for _, n := range own {
		t := s.st.Turn(n)
		if t.Answered || t.Skipped != "" && !t.Main { // a follow-up that was skipped was asked all the same
			in.Exchanges = append(in.Exchanges, exchange(t))
		}
		for _, a := range t.Artifacts {
			for _, row := range a.Rows {
				extra = append(extra, interview.RowText(row))
			}
		}
	}
	in.Extra = strings.Join(extra, ".\n")
	if ear, ok := s.voice.(Listener); ok {
		var said []string
		for _, x := range in.Exchanges {
			said = append(said, x.Answer)
		}
		in.Heard = ear.Heard(said)
	}
	for _, other := range s.st.Blocks {
		if other.Block == b.Block || other.Round != b.Round || other.Kind != string(interview.KindBehavioural) {
			continue
		}
		for _, n := range other.Turns {
			if t := s.st.Turn(n); t.Answered && t.Main {
				in.Earlier = append(in.Earlier, exchange(t))
			}
		}
	}
	in.Elsewhere = s.toldElsewhere(b.Round)
	return in, nil
}

func exchange(t *interview.Turn) probing.Exchange {
	x := probing.Exchange{Turn: t.Turn, Text: t.Text, Answer: t.Answer, Expect: t.Expect, Step: t.Step}
	if t.Probe != nil {
		x.Type, x.Target = t.Probe.Type, t.Probe.Target
	}
	return x
}

// observable reports whether an item's principle is about people, so that an outcome one could observe
// counts without a number.
func (s *session) observable(item string) bool {
	r := s.e.Pack.Rubrics[item]
	return r != nil && slices.ContainsFunc(s.e.Pack.Principles, func(p interview.Principle) bool {
		return p.Observable && slices.Contains(r.Principles, p.ID)
	})
}

// unprompted are the gaps that count in a first answer; the others may wait until they are asked for.
var unprompted = []string{"Q01", "Q02", "Q03", "Q04", "Q05", "Q09", "Q10"}

// maxNotes is how many gaps are shown when a block closes: more would be skipped.
const maxNotes = 3

// measured is what coached and drill sessions show when a block closes.
func (s *session) measured(b *interview.Block) *interview.Measured {
	if s.st.Session.Mode == interview.ModeExam || b.Item == "" {
		return nil
	}
	for _, n := range b.Turns {
		t := s.st.Turn(n)
		if !t.Main || !t.Answered {
			continue
		}
		kind := interview.Kind(b.Kind)
		m := &interview.Measured{Words: t.Words, Minutes: float64(t.Words) / interview.CandidateWordsPerMinute}
		if kind.Technical() {
			return m
		}
		r := reading.Read(reading.Input{Question: t.Text, Text: t.Answer, Kind: kind, Reach: s.e.Pack.Reaches(s.st.Session.Level), Observable: s.observable(b.Item)})
		m.Parts = map[string]int{}
		for _, sen := range r.Sentences {
			m.Parts[string(sen.Part)]++
		}
		for _, p := range r.Missing {
			m.Missing = append(m.Missing, string(p))
		}
		m.Ownership = map[string]int{"i": r.Ownership.I, "we": r.Ownership.We, "passive": r.Ownership.Passive}
		for _, g := range r.Gaps {
			if slices.Contains(unprompted, g.Code) && len(m.Notes) < maxNotes {
				m.Notes = append(m.Notes, g.Why)
			}
		}
		return m
	}
	return nil
}
