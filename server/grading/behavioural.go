package grading

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

// Dimensions of a story. Code decides Structure, Ownership and Result; the others need a reader.
var dimensions = []string{"B1", "B2", "B3", "B4", "B5", "B6", "B7"}

// story is one reading of a block: the first answer alone, or everything said.
type story struct {
	text  string
	join  []int // where each turn begins in text
	r     reading.Reading
	event bool // tells an occasion
	acts  []reading.Span
	vague int
	told  bool // something in the past is told of I or we
}

// behavioural grades a story: by its form, and by a judge where there is one.
func (g Grader) behavioural(ctx context.Context, in Input) Grade {
	about := stems(in.Question)
	cleaned, flags := turns(in, about)
	first := cleaned[0].text
	out := Grade{Graded: true, Status: StatusGraded, Flags: append([]string{}, flags...)}
	stop, why := gate(first, in.Question, in.Names)
	for _, f := range stop {
		out.Flags = flag(out.Flags, f)
	}
	alone := look(in, cleaned[:1])
	told, status, reason := false, StatusGraded, why
	switch {
	case why != "":
	case alone.hypothetical():
		status, reason = StatusInsufficient, "no occasion was told: "+what(alone.r.ResponseType)
	default:
		told = true
	}
	var un, after []Decision
	if told {
		un = alone.decide(in, true)
	}
	whole, answered := &alone, told
	if len(in.History) > 0 {
		s := look(in, cleaned)
		if told || s.tells(in) {
			whole, answered, status, reason = &s, true, StatusGraded, ""
			after = better(s.decide(in, false), un)
		}
	} else {
		after = un
	}
	if g.Checker != nil && answered {
		j := g.Checker.Judge()
		out.Judge = &j
		judgedUn, judgedAfter, err := g.readers(ctx, in, cleaned, told, true, &out.Dropped)
		if err != nil {
			return g.failed(err, out)
		}
		alone.cap(judgedUn)
		whole.cap(judgedAfter)
		un, after = append(un, judgedUn...), append(after, judgedAfter...)
	}
	out.Status, out.Reason = status, reason
	out.Unprompted = scores(un, why != "")
	out.After = out.Unprompted
	if len(in.History) > 0 && answered {
		out.After = scores(after, false)
	}
	out.Score, out.Measured = out.After.Score, out.After.Measured
	out.Dimensions = map[string]*int{}
	for _, d := range dimensions {
		out.Dimensions[d] = nil
		if !answered && status == StatusGraded { // the gate: nothing was shown
			one := 1
			out.Dimensions[d] = &one
		}
	}
	for _, d := range after {
		v := d.Value
		out.Dimensions[d.Dimension] = &v
	}
	out.Decisions, out.Before = after, un
	out.flag(in, cleaned, 0) // a story's dimensions are what they are; the report names the flag beside them
	return out
}

// scores are the means of one reading. Nothing is averaged over dimensions of which some are missing.
// Stopped is an answer that did not pass the gate, which is worth nothing.
func scores(ds []Decision, stopped bool) Scores {
	switch {
	case stopped:
		return Scores{number(0), number(0)}
	case len(ds) == 0:
		return Scores{nil, number(0)}
	}
	var all, form []Decision
	for _, d := range ds {
		all = append(all, d)
		if d.By == ByMeasured {
			form = append(form, d)
		}
	}
	s := Scores{Measured: mean01(form)}
	if len(all) == len(dimensions) {
		s.Score = mean01(all)
	}
	return s
}

// cap holds what a judge saw to what was told: without an occasion nothing shows a principle at work.
func (s *story) cap(ds []Decision) {
	for i := range ds {
		if ds[i].Dimension == "B5" && !s.event {
			ds[i].limit("no one occasion was told")
		}
	}
}

// tells reports whether an occasion was told at all, if only when it was asked for.
func (s *story) tells(in Input) bool {
	shape := shapeOf(s.text)
	return !s.hypothetical() && interview.CountWords(s.text) >= gateWords && !shape.salad() && !shape.gibberish() && !echoes(s.text, in.Question)
}

// better takes for each dimension the better of two readings: answering a follow-up never costs anything.
func better(ds, un []Decision) []Decision {
	for i := range ds {
		for _, u := range un {
			if u.Dimension == ds[i].Dimension && u.Value >= ds[i].Value {
				ds[i] = u
			}
		}
	}
	return ds
}

// gate stops what is no answer before anything is measured.
func gate(text, question string, names []string) (flags []string, why string) {
	words := interview.CountWords(text)
	s := shapeOf(text)
	stop := func(f, reason string) {
		flags = append(flags, f)
		if why == "" {
			why = reason
		}
	}
	switch {
	case words == 0 || dodged(text):
		stop(FlagNonAnswer, "nothing was answered")
	case s.gibberish(), s.madeUp():
		stop(FlagGibberish, "the text holds hardly a word")
	case s.salad():
		stop(FlagSalad, "keywords without sentences")
	case echoes(text, question):
		stop(FlagEcho, "the question given back")
	case recital(text, names, strings.Count(strings.ToLower(" "+text), " i ")):
		stop(FlagRecital, "names of principles instead of an occasion")
	default:
		if reason := absent(text, len(ownActs(text))); reason != "" {
			stop(FlagNonAnswer, reason)
		}
	}
	if words > 0 && words < gateWords {
		stop(FlagShort, "a first answer of fewer than forty words")
	}
	return flags, why
}

func what(t reading.ResponseType) string {
	switch t {
	case reading.PseudoStory, reading.Exemplification:
		return "what you would or usually do"
	case reading.SelfDescription:
		return "how you see yourself"
	}
	return "an opinion"
}

// look reads the turns of a block as one text.
func look(in Input, cleaned []cleaned) story {
	var s story
	var b strings.Builder
	for i, c := range cleaned {
		if i > 0 {
			b.WriteByte('\n')
		}
		s.join = append(s.join, b.Len())
		b.WriteString(c.text)
	}
	s.text = b.String()
	s.r = reading.Read(reading.Input{Question: in.Question, Text: s.text, Kind: interview.KindBehavioural, Reach: in.Reach, Observable: in.Observable})
	m := s.r.Measures
	s.event = s.r.ResponseType == reading.Story && m.Event*2 >= m.Sentences
	s.told = tells.MatchString(s.text)
	for _, at := range ownActs(s.text) {
		if vagueVerbs[strings.ToLower(s.text[at.Start:at.End])] {
			s.vague++
		}
		start, end := reading.SentenceAt(s.text, at.Start)
		s.acts = append(s.acts, reading.Span{Start: start, End: end})
	}
	return s
}

var weAct = regexp.MustCompile(`\b(?:[Ww]e|[Tt]he team|[Oo]ur team|[Mm]y team)(?:'d|'ve)? (?:(?:also|then|just|first|all|finally|eventually|quickly|later|soon|even|still|had|have|did|managed to|had to) )*([a-z]+)\b`)

// weActed reports whether anything was done by a group that the speaker counts as theirs.
func weActed(text string) bool {
	for _, at := range weAct.FindAllStringSubmatchIndex(text, -1) {
		if past(strings.ToLower(text[at[2]:at[3]])) || strings.Contains(text[at[0]:at[2]], "to ") {
			return true
		}
	}
	return false
}

// ownActs are the verbs of what the speaker did.
func ownActs(text string) (out []reading.Span) {
	for _, at := range ownAct.FindAllStringSubmatchIndex(text, -1) {
		if past(strings.ToLower(text[at[2]:at[3]])) {
			out = append(out, reading.Span{Start: at[2], End: at[3]})
		}
	}
	return out
}

// hypothetical reports whether no occasion was told at all: what one would do, or what one thinks.
func (s *story) hypothetical() bool {
	m := s.r.Measures
	if len(s.acts) == 0 && !weActed(s.text) { // whatever happened, it happened to others
		return true
	}
	switch s.r.ResponseType {
	case reading.Story:
		return false
	case reading.Opinion, reading.SelfDescription, reading.NonAnswer:
		return m.Event == 0 || len(s.acts) == 0 && s.r.Ownership.We == 0 && m.Event*2 < m.Sentences
	}
	return m.Event == 0
}

var (
	tells      = regexp.MustCompile(`\b(?:I|i|[Ww]e) (?:(?:also|then|just|first|had|have|once) )*(?:[a-z]{3,}ed|was|were|had|thought|felt|knew|found|began|bought|brought|built|chose|cut|gave|got|held|kept|led|left|lost|made|met|ran|said|saw|sent|set|spent|spoke|stood|took|told|went|won|wrote)\b`)
	outcome    = regexp.MustCompile(`(?i)\b(?:it|that|this|everything|everyone|everybody|things|they|relationship|people|all|problem|issue)\b[^.!?]{0,20}\b(?:was|were|went|got|became|worked|turned out|ended)\b[^.!?]{0,40}\b(?:fine|better|good|well|okay|ok|happy|solved|fixed|resolved|released|easier|faster|simpler|useful|again|big problems)\b`)
	ownAct     = regexp.MustCompile(`\b(?:I|i)(?:'d|'ve)? (?:(?:also|then|just|first|quickly|immediately|finally|eventually|personally|even|only|still|never|later|soon|carefully|simply|actually|really|already|once|had|have|therefore|knowingly|deliberately) )*([a-z]+)\b`)
	decided    = regexp.MustCompile(`(?i)\bI (?:then |therefore |finally |knowingly |had |also )?(?:decided|chose|ruled|rejected|turned|argued|refused|proposed|suggested|picked|opted|insisted|pushed|recommended|said no|put|stopped|shipped|gave up|took)\b|\bmy (?:call|decision)\b|\bI\b[^.!?]{0,90}\band (?:then |therefore |finally |knowingly |also )?(?:decided|chose|ruled|rejected|refused|insisted|opted)\b`)
	owned      = regexp.MustCompile(`(?i)\b(?:my (?:mistake|fault|error)|I (?:was wrong|had been wrong|missed|underestimated|overlooked|forgot|should(?:'ve| have)|hadn't|had not|got (?:it|that) wrong|made a mistake|had (?:only )?tested|failed|apologi[sz]ed)|I'd been (?:wrong|right)[^.]{0,40}wrong)`)
	beyond     = regexp.MustCompile(`(?i)\b(?:nobody (?:had )?(?:asked|owned)|no one (?:had )?(?:asked|owned)|not (?:my|our) (?:job|task|team)|wasn't my|outside my|volunteered|without being asked|on my own (?:time|initiative))\b`)
	lasting    = regexp.MustCompile(`(?i)\b(?:since then|ever since|\bsince[.!]|has since|still (?:in use|use|runs?|holds)|became (?:a|our|the)|rule for|by default|every (?:release|team|quarter|week|new)|all (?:five|four|three|our|other|the)\b[^.]{0,20}(?:teams|products|services|sites)|adopted|standard|charter|policy|whole team)\b`)
	sourceWord = regexp.MustCompile(`(?i)\b(?:measur\w+|count(?:ed|er|s)|track\w+|according to|dashboard|logs?|reports?|survey\w*|metrics?|records?|stopwatch|statistics|benchmark\w*|invoices?|testers?)\b`)
	windowWord = regexp.MustCompile(`(?i)\b(?:within|over|after|in|by|for|during|since|until|per|each|every|first|last|next|following)\b[^.;]{0,24}\b(?:minutes?|hours?|days?|weeks?|months?|quarters?|years?|january|february|march|april|may|june|july|august|september|october|november|december|spring|summer|autumn|winter)\b`)
)

var vagueVerbs = wordSet("helped supported assisted contributed participated worked handled managed dealt tried joined attended")

// notActs are past forms after "I" that describe and do not act.
var notActs = wordSet("was had felt thought believed wanted needed liked knew understood seemed lived meant hoped remembered realised realized heard saw learned learnt expected struggled became were did could would should might must need used admired loved enjoyed appreciated respected dreamed wished preferred hated feared disliked regretted trusted doubted assumed guessed worried cared")

var pastIrregular = wordSet("began bought brought built broke caught chose cut dealt drew drove found fought gave got held hit kept laid led left let lost made met paid put quit ran rang read rebuilt redid rewrote said sat sent set showed shut sold spent split spoke spread stood stuck swept taught threw told took went withdrew won wrote")

// past reports whether a verb after "I" is something done.
func past(verb string) bool {
	return !notActs[verb] && (pastIrregular[verb] || len(verb) > 4 && strings.HasSuffix(verb, "ed"))
}

// quote turns spans of the joined text into quotes of its turns.
func (s *story) quote(spans ...reading.Span) []Quote {
	out := []Quote{}
	for _, sp := range spans {
		turn := len(s.join) - 1
		for turn > 0 && s.join[turn] > sp.Start {
			turn--
		}
		q := Quote{Turn: turn, Start: sp.Start - s.join[turn], End: sp.End - s.join[turn]}
		if sp.End > sp.Start && len(out) < 3 && !slices.Contains(out, q) {
			out = append(out, q)
		}
	}
	return out
}

// part returns the sentences of a part.
func (s *story) part(p reading.Part) (spans []reading.Span, words int) {
	for _, x := range s.r.Sentences {
		if x.Part == p {
			spans = append(spans, reading.Span{Start: x.Start, End: x.End})
			words += interview.CountWords(s.text[x.Start:x.End])
		}
	}
	return spans, words
}

// decide sets the three dimensions that form alone decides. Alone says that nobody had asked anything yet.
func (s *story) decide(in Input, alone bool) []Decision {
	b1 := s.structure(alone)
	b2 := s.ownership()
	b4 := s.result(in)
	if !s.event {
		b1.limit("no one occasion was told")
		b4.limit("an outcome of no one occasion")
	}
	if len(s.acts) == 0 { // nobody's action, so nobody's outcome
		b2.limit("nothing you did yourself")
		b4.limit("an outcome of nobody's act")
	}
	return []Decision{b1, b2, b4}
}

// limit keeps a dimension at 2.
func (d *Decision) limit(why string) {
	if d.Value > 2 {
		d.Value, d.Why = 2, why
	}
}

func (s *story) gap(codes ...string) bool {
	for _, c := range codes {
		if slices.Contains(s.r.Codes, c) {
			return true
		}
	}
	return false
}

// structure is B1: are the parts there, in what proportion, and what comes first.
func (s *story) structure(alone bool) Decision {
	d := Decision{Dimension: "B1", By: ByMeasured, Value: 1, Why: "no specific event"}
	situation, ws := s.part(reading.Situation)
	action, wa := s.part(reading.Action)
	result, wr := s.part(reading.Result)
	if s.r.Measures.Event == 0 || !s.told {
		d.Quotes = s.quote()
		return d
	}
	missing := 0
	if len(action) == 0 || s.gap("Q04") {
		missing++
	}
	if len(result) == 0 && s.gap("Q09") || s.gap("Q09") {
		missing++
	}
	if s.gap("Q03") {
		missing++
	}
	if len(situation) == 0 && s.gap("Q02") {
		missing++
	}
	lead := append(append([]reading.Span{}, first(situation)...), append(first(action), first(result)...)...)
	d.Quotes = s.quote(lead...)
	words := max(1, s.r.Words)
	balanced := wa*100 >= words*40 && ws*100 <= words*38 && wr*100 >= words*9
	switch {
	case missing >= 2:
		d.Value, d.Why = 2, "an event, and two or more parts are missing"
	case missing == 1:
		d.Value, d.Why = 3, "one part is missing"
	case !balanced && s.r.Words < 250 || s.r.Words > 750:
		d.Value, d.Why = 3, "all parts, out of proportion"
	case s.r.Words < 150:
		d.Value, d.Why = 3, "all parts, told in a few words"
	case s.r.Measures.Headline <= 40 && s.r.SpokenMinutes >= 2 && s.r.SpokenMinutes <= 5 && balanced:
		d.Value, d.Why = 5, "the headline first, all parts in proportion, within the time"
	default:
		d.Value, d.Why = 4, "all parts"
	}
	if !alone && d.Value > 3 {
		d.Value, d.Why = 3, "all parts, some only when asked for"
	}
	return d
}

func first(s []reading.Span) []reading.Span { return s[:min(1, len(s))] }

// ownership is B2: what the candidate did, and whether it is clear who decided.
func (s *story) ownership() Decision {
	d := Decision{Dimension: "B2", By: ByMeasured, Value: 1, Why: "nothing you did yourself", Quotes: s.quote(s.acts...)}
	n, own, we := len(s.acts), s.r.Ownership.I, s.r.Ownership.We
	choice := decided.FindStringIndex(s.text)
	switch {
	case n == 0:
	case n-s.vague <= 0 || n == 1 || we > max(own, n):
		d.Value, d.Why = 2, "one thing of your own, or a verb that names no act"
	case s.gap("Q05") || n < 3 || choice == nil:
		d.Value, d.Why = 3, "several acts of your own; who decided is open"
	default:
		d.Value, d.Why = 4, "acts and a decision of your own"
		at, end := reading.SentenceAt(s.text, choice[0])
		spans := []reading.Span{{Start: at, End: end}}
		extra := owned.FindStringIndex(s.text)
		if extra == nil {
			extra = beyond.FindStringIndex(s.text)
		}
		if extra != nil && n >= 6 {
			d.Value, d.Why = 5, "beyond what was asked, or a mistake owned"
			at, end = reading.SentenceAt(s.text, extra[0])
			spans = append(spans, reading.Span{Start: at, End: end})
		}
		d.Quotes = s.quote(append(spans, s.acts...)...)
	}
	return d
}

// result is B4: how it came out, and what stands behind a figure. A figure counts only with what it was
// before, over how long, or how it was measured.
func (s *story) result(in Input) Decision {
	d := Decision{Dimension: "B4", By: ByMeasured, Value: 1, Why: "how it ended was not said", Quotes: []Quote{}}
	spans, _ := s.part(reading.Result)
	last := spans
	if len(spans) > 0 {
		last = spans[max(0, len(spans)-2):]
	}
	switch {
	case s.gap("Q09") && s.told:
		if at := outcome.FindStringIndex(s.text[len(s.text)/3:]); at != nil {
			from, to := reading.SentenceAt(s.text, at[0]+len(s.text)/3)
			d.Value, d.Why, d.Quotes = 2, "an outcome in passing", s.quote(reading.Span{Start: from, End: to})
		}
		return d
	case s.gap("Q09"), len(s.acts) == 0 && !s.event:
		return d
	case s.gap("Q10"):
		d.Value, d.Why, d.Quotes = 2, "an outcome without a figure", s.quote(last...)
		return d
	}
	figures, backing := s.figures()
	d.Quotes = s.quote(figures...)
	switch {
	case len(figures) == 0 && in.Observable:
		d.Value, d.Why, d.Quotes = 3, "an outcome one could observe", s.quote(last...)
	case len(figures) == 0 || backing == 0:
		d.Value, d.Why = 2, "a figure without what it was before, over how long or how it was measured"
	case s.gap("Q11") || backing == 1:
		d.Value, d.Why = 3, "one figure, hardly backed"
	default:
		d.Value, d.Why = 4, "before, after and over how long"
		if at := lasting.FindStringIndex(s.tail()); at != nil && backing == 3 && len(s.acts) >= 3 {
			d.Value, d.Why = 5, "measured, and it lasted"
		}
	}
	if len(d.Quotes) == 0 {
		d.Quotes = s.quote(last...)
	}
	return d
}

// tail is the last third of the text.
func (s *story) tail() string { return s.text[len(s.text)*2/3:] }

// figures are the sentences of the outcome that hold a figure, and how many of baseline, window and source
// stand in them or beside them.
func (s *story) figures() (spans []reading.Span, backing int) {
	before, window, source := false, false, false
	for i, x := range s.r.Sentences {
		n := 0
		for _, q := range s.r.Quantities {
			if q.Start < x.Start || q.End > x.End {
				continue
			}
			n++
			if x.Part == reading.Result || q.Role == reading.RoleAfter {
				before = before || q.Role == reading.RoleBaseline
			}
			if q.Role == reading.RoleBaseline && i*2 >= len(s.r.Sentences)-1 {
				before = true
			}
		}
		levels := i*2 >= len(s.r.Sentences)-1 && n >= 2
		if n == 0 || x.Part != reading.Result && !levels {
			continue
		}
		spans = append(spans, reading.Span{Start: x.Start, End: x.End})
		from, to := s.r.Sentences[max(0, i-1)].Start, s.r.Sentences[min(len(s.r.Sentences)-1, i+1)].End
		near := s.text[from:to]
		window = window || windowWord.MatchString(s.text[x.Start:x.End])
		source = source || sourceWord.MatchString(near)
	}
	before = before || !s.gap("Q11") && len(spans) > 0
	for _, b := range []bool{before, window, source} {
		if b {
			backing++
		}
	}
	return spans, backing
}

// mean01 is the mean of dimensions, 1 to 5 laid on 0 to 1.
func mean01(ds []Decision) *float64 {
	sum := 0.0
	for _, d := range ds {
		sum += float64(d.Value-1) / 4
	}
	return number(sum / float64(max(1, len(ds))))
}
