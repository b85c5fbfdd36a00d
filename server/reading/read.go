package reading

import (
	"regexp"
	"slices"
	"strings"

	"rehearse/server/interview"
)

// gateWords is the least a first behavioural answer needs to be read as more than a non-answer.
const gateWords = 12

// Read measures an answer.
func Read(in Input) Reading {
	r := Reading{Words: interview.CountWords(in.Text), Sentences: []Sentence{}, Missing: []Part{}, Quantities: []Quantity{}, Codes: []string{}}
	r.SpokenMinutes = float64(r.Words) / interview.CandidateWordsPerMinute
	spans := sentences(in.Text)
	clues := make([]clue, len(spans))
	for i, s := range spans {
		clues[i] = look(in.Text, s)
	}
	scores(clues)
	tags := tag(clues)
	for i, s := range spans {
		r.Sentences = append(r.Sentences, Sentence{Start: s.Start, End: s.End, Part: tags[i]})
	}
	r.Quantities = append(r.Quantities, quantities(in.Text, spans)...)
	measure(in.Text, clues, tags, &r)
	r.ResponseType = responseType(in, clues, &r)
	for _, p := range partOf {
		if !slices.Contains(tags, p) {
			r.Missing = append(r.Missing, p)
		}
	}
	if in.Kind == interview.KindBehavioural || in.Kind == "" {
		r.Gaps = gaps(in, clues, tags, &r)
		for _, g := range r.Gaps {
			r.Codes = append(r.Codes, g.Code)
		}
	}
	return r
}

var (
	alternativeForm = regexp.MustCompile(`(?i)\b(?:instead of|rather than|considered|thought about|(?:other|another|second|obvious|first|easy|cheaper|quick\w*) (?:option|alternative|approach|way|choice|idea|fix|route|plan)|alternativ\w+|option\b|options\b|decided against|ruled (?:it |that |out)|rejected|turned down|could have (?:also |simply |just )?\w+|could also have|weighed|looked at \w+ing|tempting|chose not to|opted (?:for|against|not)|passed on|dismissed|didn't want to|did not want to|over the idea|as opposed to|versus|compared (?:two|three|the two|both))\b`)
	costForm        = regexp.MustCompile(`(?i)\b(?:cost (?:us|me|was|of)|the (?:price|cost|downside|trade-?off|drawback|catch)|trade-?off|at the expense|meant (?:that )?(?:we|i|they|slower|losing|giving|delay\w*|more)|slower|gave up|giving up|lost (?:two|three|a|some)|delay(?:ed|ing)? (?:the|our|another|a)|took (?:two|three|four|five|longer|\w+ (?:days|weeks) (?:longer|of))|extra (?:work|time|hours|effort|week|day|step)|in exchange|accepted that|paid for (?:it|that)|sacrific\w+|postpon\w+|pushed back (?:the|our|another)|at the cost)\b`)
	oppositionForm  = regexp.MustCompile(`(?i)\b(?:disagree\w*|object(?:ed|ion|ions|ing)|push(?:ed|ing)? back|pushback|resist\w*|oppos\w+|argu(?:ed|ment|ments|ing)|against (?:the idea|it|me|my)|sceptic\w*|skeptic\w*|reluctan\w+|refus\w+|complain\w*|worried (?:that|about)|didn't (?:want|like|agree|believe)|did not (?:want|like|agree|believe)|was not (?:happy|convinced|keen)|wasn't (?:happy|convinced|keen)|were(?:n't| not) (?:happy|convinced|keen)|convinc\w+|persuad\w+|hesita\w+|concern(?:ed|s)\b|doubt\w*|challenged (?:me|my|the)|unconvinced|fought|protest\w*|said no\b)`)
	failureForm     = regexp.MustCompile(`(?i)\b(?:mistake\w*|my (?:fault|error)|went wrong|fail(?:ed|ure|ures|ing)|broke\b|didn't work|did not work|backfired|missed|underestimat\w+|overlook\w*|forgot\w*|wrong(?:ly)?|false (?:start|positive\w*|alarm\w*)|first (?:attempt|version|try)|setback\w*|rolled (?:it )?back|had to (?:redo|start over|rework|undo|roll)|stumbl\w+|regret\w*|should have|too (?:late|early|quickly|optimistic|narrow|broad)|not anticipated|hadn't (?:thought|expected|considered|tested)|had not (?:thought|expected|considered|tested)|surprised)\b`)
	reflectForm     = regexp.MustCompile(`(?i)\b(?:learn(?:ed|t)|lesson\w*|taught me|realis?z?ed (?:that|how)|in hindsight|looking back|since then|ever since|would do (?:it |that |this )?differently|next time|if i (?:did|had|could) (?:it|do|this)|from then on|from now on|i now\b|now i\b|these days i|changed how i|i have since|i've since|what i (?:took|would)|today i|made it a habit|my takeaway|takeaway|i still (?:use|do|ask|start|keep))\b`)
	customerForm    = regexp.MustCompile(`(?i)\b(?:customer|user|client|patient|student|member|guest|visitor|shopper|merchant|seller|subscriber|reader|citizen|passenger|tenant|resident|parent|child(?:ren)?|famil(?:y|ies)|player|driver|caller|buyer|account holder|end[- ]user|people (?:who|could|were)|teams?\b|developers?|engineers?|staff|employees|colleagues)s?\b`)
	strictCustomer  = regexp.MustCompile(`(?i)\b(?:customer|user|client|patient|student|member|guest|visitor|shopper|merchant|seller|subscriber|reader|citizen|passenger|tenant|resident|parent|child(?:ren)?|famil(?:y|ies)|player|driver|caller|buyer|account holder|end[- ]user)s?\b`)
	provenanceForm  = regexp.MustCompile(`(?i)\b(?:measured|counted|tracked|according to|dashboard|log(?:s|ged)?\b|report(?:s|ed)?|survey\w*|metric\w*|monitor\w*|data from|based on|audit\w*|ticket (?:count|system|queue)|from the|in the (?:system|tracker|queue|database)|records?|graph|statistics|benchmark\w*|we sampled|i sampled|sample of|stopwatch|timed\b|query|invoices?|compared (?:to|with)|year over year|same (?:period|month|quarter)|previous (?:year|quarter|month)|baseline)\b`)
	howForm         = regexp.MustCompile(`(?i)\b(?:by \w+ing|using|with (?:a|an|the|our|my|two|three)\b|through (?:a|an|the)?|step|because|so that|which (?:let|showed|meant|made|told|checked)|that (?:checked|compared|refused|counted|blocked|listed|sent|read|showed|let|made|ran)|after (?:that|which)|first\b.*\bthen\b|line by line|one by one|, then|and then|script|query|checklist|spreadsheet|diff|compar\w+|trac(?:ed|ing)|bisect\w*|interview(?:ed|ing)|replay\w*)\b`)
	stakesForm      = regexp.MustCompile(`(?i)\b(?:risk\w*|at stake|critical|impact\w*|affect\w*|cost\w*|los(?:e|ing|t|s|ses)\b|revenue|deadline|penalt\w+|fine[ds]?\b|complain\w*|delay\w*|outage\w*|leak\w*|breach\w*|expos\w+|fail\w*|angry|unhappy|safety|danger\w*|urgent\w*|churn|refund\w*|could (?:not|have|read|see)|couldn't|waiting|wait(?:ed|s)?\b|stuck|threat\w*|behind|escalat\w+|audit|contract|launch|production|incident\w*)\b`)
	vagueWe         = regexp.MustCompile(`(?i)\b(?:our team|the team|we all|everyone|everybody)\b`)
	assignedForm    = regexp.MustCompile(`(?i)\bi was (?:just |only |simply )?assigned\b`)
)

func spansOf(re *regexp.Regexp, c *clue) []Span {
	var out []Span
	for _, m := range re.FindAllStringIndex(c.low, 3) {
		if m[0] < m[1] {
			out = append(out, Span{c.span.Start + m[0], min(c.span.Start+m[1], c.span.End)})
		}
	}
	return out
}

// measure fills ownership and the cues.
func measure(text string, clues []clue, tags []Part, r *Reading) {
	m := &r.Measures
	m.Sentences = len(clues)
	headline := -1
	words := 0
	for i := range clues {
		c := &clues[i]
		if (tags[i] == Action || tags[i] == Result) && headline < 0 {
			headline = words
		}
		words += interview.CountWords(text[c.span.Start:c.span.End])
		if c.question {
			m.Questions++
		}
		if c.cond && c.iActs+c.weActs == 0 {
			m.Hypothetical++
		} else if c.iActs+c.weActs+c.iStates > 0 || c.past > 0 && !c.cond {
			m.Event++
		}
		if tags[i] == Action {
			r.Ownership.I += c.iActs
			if c.weActs > 0 && !(c.namedWe && c.iActs > 0) {
				r.Ownership.We += c.weActs
			}
			if c.iActs+c.weActs == 0 && c.passive > 0 {
				r.Ownership.Passive++
			}
		}
		m.Alternatives = append(m.Alternatives, spansOf(alternativeForm, c)...)
		m.Costs = append(m.Costs, spansOf(costForm, c)...)
		m.Opposition = append(m.Opposition, spansOf(oppositionForm, c)...)
		m.Failures = append(m.Failures, spansOf(failureForm, c)...)
		m.Reflection = append(m.Reflection, spansOf(reflectForm, c)...)
		m.Customer = append(m.Customer, spansOf(strictCustomer, c)...)
		m.Provenance = append(m.Provenance, spansOf(provenanceForm, c)...)
		m.How = append(m.How, spansOf(howForm, c)...)
	}
	m.Headline = max(0, headline)
	specific := len(r.Quantities) + len(dates.FindAllString(text, 20)) + properNames(clues)
	if r.Words > 0 {
		m.Specific = float64(specific) * 100 / float64(r.Words)
	}
}

var dates = regexp.MustCompile(`(?i)\b(?:(?:19|20)\d\d|january|february|march|april|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|q[1-4]|last (?:year|summer|spring|winter|autumn|fall|month|week|quarter)|(?:\w+) (?:years?|months?|weeks?) ago|this (?:year|spring|summer))\b`)

func properNames(clues []clue) int {
	n := 0
	for i := range clues {
		for k, t := range clues[i].toks {
			_ = t
			_ = k
		}
	}
	return n
}

// responseType tells a story from what only sounds like an answer.
func responseType(in Input, clues []clue, r *Reading) ResponseType {
	if r.Words == 0 || len(clues) == 0 {
		return NonAnswer
	}
	events, acts, habits, opinions, self := 0, 0, 0, 0, 0
	for i := range clues {
		c := &clues[i]
		acts += c.iActs + c.weActs
		switch {
		case c.cond:
			habits++
		case c.iActs+c.weActs > 0 || c.past > 0 && !presentForm.MatchString(c.low):
			events++
		}
		if opinionForm.MatchString(c.low) {
			opinions++
		}
		if selfForm.MatchString(c.low) {
			self++
		}
	}
	n := len(clues)
	if !in.Followup && r.Words < gateWords && acts < 2 || acts == 0 && events == 0 && habits == 0 && opinions == 0 && self == 0 && r.Words < 40 {
		return NonAnswer
	}
	if in.Followup {
		return Story // a follow-up's form is judged by what it asked for
	}
	switch {
	case events*2 > n && acts > 0 && events > habits, acts >= 4 && events >= habits:
		return Story
	case habits >= max(1, events):
		if self > habits {
			return SelfDescription
		}
		if examples.MatchString(strings.ToLower(in.Text)) {
			return Exemplification
		}
		if opinions > habits && acts == 0 {
			return Opinion
		}
		return PseudoStory
	case self > opinions && self*2 >= n:
		return SelfDescription
	case opinions > 0 && acts == 0:
		return Opinion
	case self > 0 && acts < 2:
		return SelfDescription
	case events > 0 && acts > 0:
		return Story
	case events > 0 && r.Words >= 40:
		return Story
	}
	return Opinion
}

var (
	presentForm = regexp.MustCompile(`(?i)^(?:i|we) (?:am|are|think|believe|always|usually|like|try|make|have|do|work|want|feel)\b`)
	opinionForm = regexp.MustCompile(`(?i)\b(?:i (?:strongly |really |firmly )?(?:think|believe|feel that|feel strongly)|in my opinion|in my view|it(?:'s| is) (?:important|essential|crucial|key|vital|necessary|always|better|about)|(?:is|are) (?:important|essential|crucial|key|vital|the most|everything|what matters)|one (?:should|must|has to|needs to)|people (?:should|need to)|you (?:should|have to|need to|must|can't|cannot)|matters)\b`)
	selfForm    = regexp.MustCompile(`(?i)\b(?:i(?:'m| am) (?:a|an|very|really|always|the (?:kind|type|sort)|someone|known|good|not|quite|naturally|passionate|proud|curious|detail)|i consider myself|my (?:strengths?|style|personality|approach|philosophy)|i (?:pride|see) myself|people (?:say|describe|tell) )\b`)
	examples    = regexp.MustCompile(`(?i)\b(?:for example|for instance|such as|things like|e\.g\.)`)
)

// gaps lists what is missing, in the order in which it is probed.
func gaps(in Input, clues []clue, tags []Part, r *Reading) []Gap {
	var out []Gap
	add := func(code, why string, s Span) {
		out = append(out, Gap{Code: code, Start: s.Start, End: s.End, Why: why})
	}
	if r.ResponseType != Story {
		add("Q01", map[ResponseType]string{PseudoStory: "what you usually do, not one occasion", Exemplification: "examples in general, not one occasion", Opinion: "an opinion, not an occasion",
			SelfDescription: "how you see yourself, not an occasion", NonAnswer: "no occasion was told"}[r.ResponseType], Span{})
	}
	m := &r.Measures
	first := func(p Part) Span {
		for i, t := range tags {
			if t == p {
				return clues[i].span
			}
		}
		return Span{}
	}
	has := func(p Part) bool { return slices.Contains(tags, p) }
	acts, we := 0, r.Ownership.We
	assigned := Span{}
	for i := range clues {
		acts += clues[i].iActs
		if assignedForm.MatchString(clues[i].low) {
			assigned = clues[i].span
		}
	}
	stakes := matches(stakesForm, clues, tags, Situation, Task) + matches(customerForm, clues, tags, Situation)
	if !has(Situation) && stakes == 0 || stakes == 0 && figuresIn(r, clues, tags, Situation) == 0 {
		add("Q02", "no stakes, scale or people affected in the situation", first(Situation))
	}
	if !has(Task) {
		add("Q03", "what you were answerable for was not said", first(Situation))
	}
	if acts < 2 {
		add("Q04", "fewer than two things you did yourself", first(Action))
	}
	if share := r.Ownership.I; we >= 2 && we*2 > share || we > 0 && share == 0 || assigned.End > 0 && acts < 3 {
		add("Q05", "it stays open which part was yours", firstWe(clues, tags))
	}
	figures := resultFigures(r, clues, tags)
	outcome := has(Result)
	reflectionOnly := outcome && onlyReflection(clues, tags)
	if !outcome || reflectionOnly && figures == 0 {
		add("Q09", "how it ended was not said", first(Action))
	} else if figures == 0 && !(in.Observable && outcome) {
		add("Q10", "an outcome without a figure", lastOf(clues, tags, Result))
	} else if figures > 0 && !backed(r, clues, tags) {
		add("Q11", "a figure without what it was before, over how long, or how it was measured", resultFigureSpan(r, clues, tags))
	}
	out = append(out, depth(in, clues, tags, r, m)...)
	return out
}

// depth are the gaps that may wait until they are asked for.
func depth(in Input, clues []clue, tags []Part, r *Reading, m *Measures) []Gap {
	var out []Gap
	add := func(code, why string, s Span) {
		out = append(out, Gap{Code: code, Start: s.Start, End: s.End, Why: why})
	}
	action := Span{}
	for i := range clues {
		if tags[i] == Action && clues[i].iActs > 0 {
			action = clues[i].span
			break
		}
	}
	if how := matches(howForm, clues, tags, Action); how == 0 {
		add("Q06", "what was done, not how", action)
	}
	if len(m.Alternatives) == 0 {
		add("Q07", "no option that was considered and left", action)
	} else if len(m.Costs) == 0 {
		add("Q08", "a choice without its cost", m.Alternatives[0])
	}
	if len(m.Opposition) == 0 {
		add("Q13", "nobody disagreed", action)
	}
	if len(m.Customer) == 0 && matches(customerForm, clues, tags, Result, Situation) == 0 {
		add("Q16", "nothing on what it meant for those it was for", Span{})
	}
	if in.Level > "L4" && in.Level != "" && !scaleForm.MatchString(in.Text) {
		add("Q12", "a local solution; what happens at a larger scale is open", action)
	}
	if len(m.Failures) == 0 {
		add("Q14", "nothing went wrong", action)
	}
	if len(m.Reflection) == 0 {
		add("Q15", "no lesson", Span{})
	}
	return out
}

var scaleForm = regexp.MustCompile(`(?i)\b(?:scale[ds]?|scaling|at scale|all (?:the |of our |our )?(?:teams|services|repositories|accounts|regions|products|sites|stores)|every (?:team|service|repository|account|region|store|site)|across (?:the )?(?:\w+ )?(?:teams|services|company|organi[sz]ation|regions|org|accounts)|\d+ (?:teams|services|repositories|accounts|regions|stores)|organi[sz]ation-wide|company-wide|template|default|mechanism|adopted)\b`)

func matches(re *regexp.Regexp, clues []clue, tags []Part, in ...Part) int {
	n := 0
	for i := range clues {
		if slices.Contains(in, tags[i]) {
			n += len(re.FindAllString(clues[i].low, 5))
		}
	}
	return n
}

func inside(q Quantity, c *clue) bool { return q.Start >= c.span.Start && q.End <= c.span.End }

func figuresIn(r *Reading, clues []clue, tags []Part, p Part) int {
	n := 0
	for i := range clues {
		for _, q := range r.Quantities {
			if tags[i] == p && inside(q, &clues[i]) && q.Role != "window" {
				n++
			}
		}
	}
	return n
}

// resultFigures counts the figures that say how it came out: those of Result sentences, windows left out, and
// changes told elsewhere.
func resultFigures(r *Reading, clues []clue, tags []Part) int {
	n := 0
	for i := range clues {
		for _, q := range r.Quantities {
			if inside(q, &clues[i]) && (tags[i] == Result && q.Role != "window" || q.Role == "after" && tags[i] != Situation || tags[i] == Result && q.Role == "window" && changeVerb.MatchString(clues[i].low) && durationOutcome.MatchString(clues[i].low)) {
				n++
			}
		}
	}
	return n
}

var durationOutcome = regexp.MustCompile(`(?i)\b(?:saved|earlier|faster|sooner|ahead|took (?:only|just)|down to|instead of|cut)\b`)

func resultFigureSpan(r *Reading, clues []clue, tags []Part) Span {
	for i := range clues {
		for _, q := range r.Quantities {
			if inside(q, &clues[i]) && tags[i] == Result {
				return clues[i].span
			}
		}
	}
	return Span{}
}

// backed reports whether a figure of the outcome has a baseline and one of a window or a source; two of the
// three in the story are enough.
func backed(r *Reading, clues []clue, tags []Part) bool {
	baseline, window := false, false
	for _, q := range r.Quantities {
		baseline = baseline || q.Role == "baseline"
	}
	source := false
	for i := range clues {
		if tags[i] != Result {
			continue
		}
		source = source || provenanceForm.MatchString(clues[i].low)
		window = window || windowForm.MatchString(clues[i].low)
	}
	if !baseline { // a level told in the situation is a baseline for the same thing afterwards
		for i := range clues {
			for _, q := range r.Quantities {
				if (tags[i] == Situation || tags[i] == Task) && inside(q, &clues[i]) && q.Role != "window" && q.Role != "population" && sameThing(q, r, clues, tags) {
					baseline = true
				}
			}
		}
	}
	n := 0
	for _, b := range []bool{baseline, window, source} {
		if b {
			n++
		}
	}
	return n >= 2
}

func sameThing(q Quantity, r *Reading, clues []clue, tags []Part) bool {
	for i := range clues {
		for _, o := range r.Quantities {
			if tags[i] == Result && inside(o, &clues[i]) && (o.Noun == q.Noun && q.Noun != "" || o.Unit == q.Unit && q.Unit != "") {
				return true
			}
		}
	}
	return false
}

var windowForm = regexp.MustCompile(`(?i)\b(?:within|over|after|in|by|for|during|since|the (?:next|following)|first|last|that) (?:the |a |about |around |under |just |only |my |our )*(?:\w+ )?(?:seconds?|minutes?|hours?|days?|weeks?|months?|quarters?|years?|sprints?|semesters?|season|january|february|march|april|may|june|july|august|september|october|november|december|spring|summer|autumn|fall|winter)\b|\bby the end of\b`)

func onlyReflection(clues []clue, tags []Part) bool {
	for i := range clues {
		if tags[i] == Result && !reflectForm.MatchString(clues[i].low) {
			return false
		}
	}
	return true
}

func firstWe(clues []clue, tags []Part) Span {
	for i := range clues {
		if tags[i] == Action && clues[i].weActs > 0 {
			return clues[i].span
		}
	}
	return Span{}
}

func lastOf(clues []clue, tags []Part, p Part) Span {
	for i := len(clues) - 1; i >= 0; i-- {
		if tags[i] == p {
			return clues[i].span
		}
	}
	return Span{}
}

// Answers reports whether a reply has the form that its question expected.
func Answers(text string, expect interview.Expect) bool {
	words := interview.CountWords(text)
	low := strings.ToLower(text)
	if words < 2 || dodge.MatchString(low) && words < 25 {
		return false
	}
	spans := sentences(text)
	switch expect {
	case interview.ExpectNumber:
		return len(quantities(text, spans)) > 0
	case interview.ExpectEvent:
		for _, s := range spans {
			if c := look(text, s); c.iActs+c.weActs > 0 || c.past > 0 && !c.cond {
				return words >= 8
			}
		}
		return false
	case interview.ExpectName:
		return words >= 2
	}
	return words >= 5
}

var dodge = regexp.MustCompile(`\b(?:i don't (?:know|remember|recall)|i do not (?:know|remember|recall)|no idea|not sure|can't (?:say|remember)|cannot (?:say|remember)|nothing really|not really|hard to say|it depends)\b`)
