package grading

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

// A point is made at a soft value of yesAt and above, and not made below noAt.
const (
	yesAt = 0.6
	noAt  = 0.3
)

// technical grades an answer by the points it makes.
func (g Grader) technical(ctx context.Context, in Input) Grade {
	about := stems(in.Question + " " + in.Reference)
	points, split := in.Points, false
	if len(points) == 0 && strings.TrimSpace(in.Reference) != "" {
		points, split = SplitReference(in.Reference), true
	}
	if len(points) == 0 {
		return Grade{Status: StatusFailed, Reason: "neither points nor a reference were given", Flags: []string{}}
	}
	for _, p := range points {
		for s := range stems(p.Text) {
			about[s] = true
		}
	}
	cleaned, flags := turns(in, about)
	out := Grade{Graded: true, Status: StatusGraded, Flags: append([]string{}, flags...)}
	if g.Checker != nil {
		j := g.Checker.Judge()
		out.Judge = &j
	}
	shown := map[string]judged{}
	alone := unprompted(cleaned, in)
	un, verdicts, err := g.read(ctx, in, points, split, alone, shown, &out)
	if err != nil {
		return g.failed(err, out)
	}
	after := un
	if len(cleaned) > 1 {
		out.PointsBefore = verdicts
		var all float64
		if all, verdicts, err = g.read(ctx, in, points, split, cleaned, shown, &out); err != nil {
			return g.failed(err, out)
		}
		after = max(un, all)
	}
	un, after = out.flag(in, alone, un), out.flag(in, cleaned, after)
	out.Points = verdicts
	out.Unprompted = Scores{number(un), number(un)}
	out.After = Scores{number(after), number(after)}
	out.Score, out.Measured = out.After.Score, out.After.Measured
	return out
}

// unprompted blanks out what was only said when it was asked for.
func unprompted(all []cleaned, in Input) []cleaned {
	out := slices.Clone(all)
	for i := range in.History {
		if !in.History[i].Part {
			out[i+1] = cleaned{}
		}
	}
	return out
}

// read measures the points over some turns. What is no answer is flagged and makes none. Shown are the
// points that a judge has found already, in fewer turns.
func (g Grader) read(ctx context.Context, in Input, points []Point, split bool, cleaned []cleaned, shown map[string]judged, out *Grade) (float64, []Verdict, error) {
	turns := make([]said, len(cleaned))
	answered := false
	for i, c := range cleaned {
		if f := worthless(c.text, in); f != "" {
			if i == 0 {
				out.Flags = flag(out.Flags, f)
				if out.Reason == "" && len(cleaned) == 1 {
					out.Reason = map[string]string{FlagNonAnswer: "nothing was answered", FlagGibberish: "the text holds hardly a word", FlagSalad: "keywords without sentences", FlagEcho: "the question given back"}[f]
				}
			}
			turns[i] = said{turn: i}
			continue
		}
		answered = true
		turns[i] = prepare(c.text, i)
	}
	question := stems(in.Question)
	m := matcher{lo: 0.12, turns: turns, question: question, memo: &similar{m: map[[2]string]float64{}}}
	share := pointShare
	if split {
		m.lo, share = 0.04, referenceShare
	}
	verdicts := make([]Verdict, len(points))
	soft := make([]float64, len(points))
	targets := make([]target, len(points))
	for i, p := range points {
		targets[i] = newTarget(p.Text, question, share)
		soft[i], verdicts[i] = m.point(p, &targets[i])
		if split {
			verdicts[i].Text = p.Text
		}
	}
	if !answered {
		return 0, verdicts, nil
	}
	nearest := make([]*Quote, len(points))
	if g.Embed != nil {
		if err := g.fuse(ctx, in.Question, points, turns, soft, verdicts, nearest); err != nil {
			return 0, nil, err
		}
		out.Nearness = g.near().ID
	}
	whole, weighs := g.Checker.(Wholer)
	if g.Checker != nil && (!split || !weighs) {
		where := func(i int) []interview.CheckSpan { return m.plausible(&targets[i], nearest[i]) }
		if err := g.judge(ctx, in, points, cleaned, turns, shown, soft, verdicts, out, where); err != nil {
			return 0, nil, err
		}
	}
	score := meanOf(points, targets, soft, split)
	if split {
		score = 0.5*score + 0.5*m.whole(in.Reference)
	}
	if split && weighs {
		var err error
		if score, err = wholly(ctx, whole, in, turns, score); err != nil {
			return 0, nil, err
		}
	}
	return score, verdicts, nil
}

// What a judge's view of a whole answer weighs against a reference, and by how much it may move what code measured:
// a sentence that pleases a small model must not make an answer.
const (
	wholeWeight = 0.45
	wholeMost   = 0.35
)

// wholly weighs what code measured of an answer against what a judge says of it as a whole. A judge is asked one
// question about the whole answer here, since long reference sentences gain nothing from being asked one by one.
func wholly(ctx context.Context, k Wholer, in Input, turns []said, score float64) (float64, error) {
	var answer strings.Builder
	for _, t := range turns {
		if t.text != "" {
			answer.WriteString(strings.Join(strings.Fields(t.text), " "))
			answer.WriteByte('\n')
		}
	}
	share, err := k.Whole(ctx, interview.WholeCheck{Question: in.Question, Reference: in.Reference, Answer: strings.TrimSpace(answer.String())})
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errJudge, err)
	}
	move := wholeWeight * (share - score)
	return score + min(wholeMost, max(-wholeMost, move)), nil
}

// judge asks for each point that no rule of the author has decided whether it was made, a point a call, and
// weighs the verdict against what code measured: neither alone settles a point on which they disagree.
func (g Grader) judge(ctx context.Context, in Input, points []Point, cleaned []cleaned, turns []said, shown map[string]judged, soft []float64, verdicts []Verdict, out *Grade, where func(int) []interview.CheckSpan) error {
	said := exchange(in, cleaned)
	for i := range turns {
		if turns[i].text == "" {
			said[i].Answer = "" // what is no answer is not judged
		}
	}
	for i, p := range points {
		if verdicts[i].By == ByAuthored {
			continue
		}
		j, known := shown[p.ID]
		if !known || j.verdict != interview.VerdictYes {
			c := interview.Check{Criterion: p.ID, Question: in.Question, About: "Whether one point was made.", Turns: said, Points: []interview.CheckPoint{{ID: p.ID, Text: p.Text, Yes: p.Yes, No: p.No, Where: where(i)}}}
			all, err := g.ask(ctx, c, &out.Dropped)
			if err != nil {
				return err
			}
			j = all[p.ID]
			shown[p.ID] = j
		}
		v := &verdicts[i]
		code := soft[i]
		soft[i] = 0.5*code + 0.5*j.share
		v.By, v.Confidence = ByJudged, j.confidence
		switch {
		case j.verdict == interview.VerdictYes:
			v.Verdict, v.Quotes = interview.VerdictYes, j.quotes
		case j.verdict == interview.VerdictUnclear, code >= yesAt:
			v.Verdict = interview.VerdictUnclear
		default:
			v.Verdict, v.Quotes = interview.VerdictNo, []Quote{}
		}
	}
	return nil
}

// flag takes off what the item's author says a red flag costs.
func (out *Grade) flag(in Input, cleaned []cleaned, score float64) float64 {
	out.RedFlags = nil
	for _, f := range in.RedFlags {
		for i, c := range cleaned {
			spans := reading.Claims(c.text, f.Patterns)
			if len(spans) == 0 {
				continue
			}
			out.RedFlags = append(out.RedFlags, RedFlag{ID: f.ID, Say: f.Say, Quotes: quotesOf(i, spans, 2)})
			score -= f.Penalty / 100
			if f.Cap > 0 {
				score = min(score, f.Cap)
			}
			break
		}
	}
	return max(0, score)
}

// worthless names what makes a technical text no answer.
func worthless(text string, in Input) string {
	s := shapeOf(text)
	switch {
	case s.words == 0 || dodged(text):
		return FlagNonAnswer
	case s.words >= 3 && s.gibberish():
		return FlagGibberish
	case s.salad():
		if in.Reference != "" && shapeOf(in.Reference).salad() {
			return ""
		}
		return FlagSalad
	case s.words >= 8 && echoes(text, in.Question):
		return FlagEcho
	}
	return ""
}

// meanOf is the weighted mean of what the points are worth. A missing must-have caps it; points split from a
// reference weigh what they hold.
func meanOf(points []Point, targets []target, soft []float64, split bool) float64 {
	sum, total, must, missed := 0.0, 0.0, 0.0, 0.0
	for i, p := range points {
		w := p.Weight
		if split {
			w = math.Sqrt(targets[i].total)
		} else if w <= 0 {
			w = 1
		}
		sum += w * soft[i]
		total += w
		if p.Must {
			must += w
			missed += w * (1 - soft[i])
		}
	}
	if total == 0 {
		return 0
	}
	score := sum / total
	if must > 0 {
		score = min(score, 1-0.6*missed/must)
	}
	return score
}

// matcher looks for points in what was said.
type matcher struct {
	lo       float64 // below it a share of a point's words is chance
	turns    []said
	question map[string]bool
	memo     *similar
}

// point measures one point: how much of it the best one or two neighbouring sentences hold, and how much
// the whole answer does. The author's rules win where they say something.
func (m *matcher) point(p Point, t *target) (float64, Verdict) {
	v := Verdict{ID: p.ID, Verdict: "no", By: ByMeasured, Quotes: []Quote{}}
	if rules := rules(p); len(rules) > 0 {
		for _, s := range m.turns {
			if spans := reading.Find(s.text, rules, p.Negations); len(spans) > 0 {
				v.Verdict, v.Confidence, v.By, v.Quotes = "yes", 0.9, ByAuthored, quotesOf(s.turn, spans, 2)
				return 1, v
			}
		}
	}
	for _, s := range m.turns {
		if len(p.Negations) == 0 {
			break
		}
		if spans := reading.Find(s.text, p.Negations, nil); len(spans) > 0 { // said the other way round
			v.Confidence, v.By, v.Quotes = 0.9, ByAuthored, quotesOf(s.turn, spans, 2)
			return 0, v
		}
	}
	best, from := 0.0, Quote{}
	sum := make([]float64, len(t.words))
	for _, s := range m.turns {
		for i := range s.ws {
			h := t.cover(s.ws[i], m.memo)
			for k, x := range h.per {
				if h.against >= contradicted {
					x *= 0.5
				}
				sum[k] = max(sum[k], x)
			}
			if x := t.worth(h); x > best {
				best, from = x, Quote{s.turn, s.at[i].start, s.at[i].end}
			}
			if i+1 >= len(s.ws) || h.recall == 0 || len(s.ws[i])+len(s.ws[i+1]) > 60 {
				continue
			}
			pair := append(append([]word{}, s.ws[i]...), s.ws[i+1]...)
			h = t.cover(pair, m.memo)
			if x := t.worth(h) * 0.93; x > best {
				best, from = x, Quote{s.turn, s.at[i].start, s.at[i+1].end}
			}
		}
	}
	global := 0.0
	if t.total > 0 {
		for k, x := range sum {
			global += x * t.weights[k]
		}
		global /= t.total
	}
	value := ramp(0.7*best+0.3*global, m.lo, 0.72)
	return value, settle(v, value, from)
}

// contradicted is the share of a point found the other way round from which a stretch speaks against it.
const contradicted = 0.35

// worth is how much of a point a stretch says, less where it says it of something far apart or denies it.
func (t *target) worth(h hit) float64 {
	x := h.recall * (0.85 + 0.15*t.close(h))
	if h.against >= contradicted {
		x *= 0.5 // "do not use an allow list, a deny list is enough" holds every word of "use an allow list"
	}
	return x
}

// settle turns a soft value into a verdict with its confidence and quote.
func settle(v Verdict, value float64, from Quote) Verdict {
	switch {
	case value >= yesAt:
		v.Verdict = "yes"
	case value >= noAt:
		v.Verdict = "unclear"
	default:
		v.Verdict = "no"
	}
	v.Confidence = math.Round(math.Abs(value-0.45)/0.55*100) / 100
	v.Quotes = []Quote{}
	if v.Verdict != "no" && from.End > from.Start {
		v.Quotes = append(v.Quotes, from)
	}
	return v
}

func rules(p Point) []string {
	out := append([]string{}, p.Synonyms...)
	for _, re := range p.Regex {
		out = append(out, "re:"+re)
	}
	return out
}

// ramp maps x smoothly from 0 at lo to 1 at hi.
func ramp(x, lo, hi float64) float64 {
	x = min(1, max(0, (x-lo)/(hi-lo)))
	return x
}

// whole is how much of a reference an answer holds, weighed against how much of the related sentences
// belongs to it. Sentences that share next to nothing with the reference are left out, so that length by
// itself changes nothing.
func (m *matcher) whole(reference string) float64 {
	t := newTarget(reference, m.question, referenceShare)
	if t.total == 0 {
		return 0
	}
	sum := make([]float64, len(t.words))
	var own []word
	for _, s := range m.turns {
		for i := range s.ws {
			h := t.cover(s.ws[i], m.memo)
			for k, x := range h.per {
				sum[k] = max(sum[k], x)
			}
			if h.recall > 0.05 {
				own = append(own, s.ws[i]...)
			}
		}
	}
	got := 0.0
	for k, x := range sum {
		got += x * t.weights[k]
	}
	recall := got / t.total
	in, all := 0.0, 0.0
	seen := map[string]bool{}
	for k := range own {
		w := weight(&own[k], m.question, referenceShare)
		if w == 0 || seen[own[k].stem] {
			continue
		}
		seen[own[k].stem] = true
		best := 0.0
		for i := range t.words {
			best = max(best, m.memo.of(&t.words[i], &own[k]))
		}
		in += w * best
		all += w
	}
	precision := 0.0
	if all > 0 {
		precision = in / all
	}
	if recall == 0 || precision == 0 {
		return 0
	}
	f := 1 / (0.85/recall + 0.15/precision)
	return ramp(f, 0, 0.75)
}

func (g Grader) near() Near {
	if g.Near.To == 0 {
		return ForModels(g.Near.ID)
	}
	return g.Near
}

// fuse mixes in how near each point's meaning is to its best sentence. Where the bounds say so, what points and
// sentences have of the question's meaning is taken out first, as words of the question count less.
func (g Grader) fuse(ctx context.Context, question string, points []Point, turns []said, soft []float64, verdicts []Verdict, nearest []*Quote) error {
	var texts []string
	var at []Quote
	for _, p := range points {
		texts = append(texts, p.Text)
	}
	for _, s := range turns {
		for _, sp := range s.at {
			texts = append(texts, s.text[sp.start:sp.end])
			at = append(at, Quote{s.turn, sp.start, sp.end})
		}
	}
	if len(at) == 0 {
		return nil
	}
	near := g.near()
	if near.Apart {
		texts = append(texts, question)
	}
	vectors, err := g.Embed(ctx, texts)
	if err == nil && len(vectors) != len(texts) {
		err = interview.Errorf(interview.CodeUnavailable, "the embedding model gave %d vectors for %d texts", len(vectors), len(texts))
	}
	if err != nil {
		return err
	}
	if near.Apart {
		last := len(vectors) - 1
		for i, v := range vectors[:last] {
			vectors[i] = without(v, vectors[last])
		}
	}
	for i := range points {
		if verdicts[i].By == ByAuthored {
			continue
		}
		best, from := 0.0, Quote{}
		for k := range at {
			if c := cosine(vectors[i], vectors[len(points)+k]); c > best {
				best, from = c, at[k]
			}
		}
		if best > near.From {
			nearest[i] = new(from)
		}
		soft[i] = (1-near.Share)*soft[i] + near.Share*ramp(best, near.From, near.To)
		if len(verdicts[i].Quotes) > 0 {
			from = verdicts[i].Quotes[0]
		}
		verdicts[i] = settle(verdicts[i], soft[i], from)
	}
	return nil
}

// without is what of a vector stands at a right angle to another.
func without(v, of []float32) []float32 {
	dot, norm := 0.0, 0.0
	for i := range min(len(v), len(of)) {
		dot += float64(v[i]) * float64(of[i])
		norm += float64(of[i]) * float64(of[i])
	}
	if norm == 0 {
		return v
	}
	out := slices.Clone(v)
	for i := range min(len(v), len(of)) {
		out[i] -= float32(dot / norm * float64(of[i]))
	}
	return out
}

func cosine(a, b []float32) float64 {
	dot, na, nb := 0.0, 0.0, 0.0
	for i := range min(len(a), len(b)) {
		dot += float64(a[i]) * float64(b[i])
		na += float64(a[i]) * float64(a[i])
		nb += float64(b[i]) * float64(b[i])
	}
	if na == 0 || nb == 0 || math.IsNaN(dot) {
		return 0
	}
	return dot / math.Sqrt(na*nb)
}

var clauseCut = regexp.MustCompile(`[;:] |, (?:and|but|so|because|which|while|whereas|since|though) `)

// SplitReference cuts a reference answer into short points: its sentences, and their clauses where each
// side still says something.
func SplitReference(reference string) []Point {
	var out []Point
	for _, s := range sentences(clip(reference)) {
		text := reference[s.start:s.end]
		from := 0
		add := func(part string) {
			part = strings.Trim(part, " \t\r\n,;:.")
			out = append(out, Point{ID: "r" + strconv.Itoa(len(out)+1), Text: part, Weight: 1})
		}
		for _, at := range clauseCut.FindAllStringIndex(text, -1) {
			if content(text[from:at[0]]) >= 3 && content(text[at[1]:]) >= 3 {
				add(text[from:at[0]])
				from = at[1]
			}
		}
		add(text[from:])
	}
	return out
}

func content(text string) int {
	n := 0
	for _, w := range wordsIn(text, span{0, len(text)}) {
		if !w.function() {
			n++
		}
	}
	return n
}
