package pack

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"rehearse/server/interview"
)

// Limits of what an exercise has to have. They are the handbook's of the flagship, and make sense for any role: less is
// not enough to practise on, more is not done in the minutes there are.
const (
	leastRequirements = 4
	leastRanked       = 6
	mostRanked        = 15
	leastAlerts       = 4
	leastChain        = 3
	scriptTwists      = 2
	comprehension     = 3
	roleQuestions     = 2
	flashCards        = 3
	warmUpLines       = 20
	findingSlack      = 3 // lines an alert may be off the finding it reports
)

// kind checks what only items of one kind have, in the visible part and in the hidden one.
func (c *checker) kind(it *interview.Item, r *interview.Rubric) {
	c.misplaced(it, r)
	at := it.ID + "/rubric.yaml"
	switch it.Kind {
	case interview.KindConceptCard:
		c.card(it, r)
	case interview.KindCodeReview:
		c.switches(at, it, r)
	case interview.KindSecureDesign:
		c.design(it, r)
	case interview.KindScripting:
		c.scripting(it, r)
	case interview.KindBriefing:
		c.briefing(it, r)
	case interview.KindRanking:
		c.options(it, leastRanked, mostRanked)
		c.keyed(at, "ranking", it, r.Ranking)
		c.shuffled(at, "ranking", it, r.Ranking)
	case interview.KindTriage:
		c.triage(it, r)
	case interview.KindChain:
		c.chain(it, r)
	case interview.KindWarmUp:
		c.warmUp(it, r)
	case interview.KindBlueprint:
		c.blueprint(it, r)
	}
}

// misplaced finds keys that mean something in another kind of item only. They would be read and never used.
func (c *checker) misplaced(it *interview.Item, r *interview.Rubric) {
	at := it.ID + "/rubric.yaml"
	for _, k := range []struct {
		at, key string
		there   bool
		kinds   []interview.Kind
	}{
		{it.ID, "card", it.Card != "", []interview.Kind{interview.KindConceptCard}},
		{it.ID, "requirements", len(it.Requirements) > 0, []interview.Kind{interview.KindSecureDesign}},
		{it.ID, "options", len(it.Options) > 0, []interview.Kind{interview.KindRanking, interview.KindChain}},
		{it.ID, "audiences", len(it.Audiences) > 0, []interview.Kind{interview.KindBriefing}},
		{it.ID, "warm_up", it.WarmUp != nil, []interview.Kind{interview.KindWarmUp}},
		{it.ID, "format", it.Format != "", []interview.Kind{interview.KindBlueprint}},
		{it.ID, "assets.files", len(it.Assets.Files) > 0, []interview.Kind{interview.KindScripting}},
		{it.ID, "assets.scan", it.Assets.Scan != nil, []interview.Kind{interview.KindTriage}},
		{at, "switches", len(r.Switches) > 0, []interview.Kind{interview.KindCodeReview}},
		{at, "decisions", len(r.Decisions) > 0, []interview.Kind{interview.KindSecureDesign}},
		{at, "expected", r.Expected != nil, []interview.Kind{interview.KindScripting}},
		{at, "solution", r.Solution != nil, []interview.Kind{interview.KindScripting}},
		{at, "owes", len(r.Owes) > 0, []interview.Kind{interview.KindScripting}},
		{at, "alerts", len(r.Alerts) > 0, []interview.Kind{interview.KindTriage}},
		{at, "chain", len(r.Chain) > 0, []interview.Kind{interview.KindChain}},
		{at, "unrelated", len(r.Unrelated) > 0, []interview.Kind{interview.KindChain}},
		{at, "must_not_distort", len(r.MustNot) > 0, []interview.Kind{interview.KindBriefing}},
		{at, "comprehension", len(r.Comprehension) > 0, []interview.Kind{interview.KindBriefing}},
		{at, "questions", len(r.Questions) > 0, []interview.Kind{interview.KindBriefing}},
		{at, "briefing", r.Briefing != nil, []interview.Kind{interview.KindBriefing}},
		{at, "rounds", len(r.Rounds) > 0, []interview.Kind{interview.KindBlueprint}},
	} {
		if k.there && !slices.Contains(k.kinds, it.Kind) {
			c.fail(k.at, k.key, "means something in an item of kind %s only, and this one is of kind %s", oneOf(k.kinds), it.Kind)
		}
	}
}

// unique fails for an id that is empty or stands twice, and returns the ids.
func (c *checker) unique(at, key string, ids []string) map[string]bool {
	seen := map[string]bool{}
	for _, id := range ids {
		switch {
		case strings.TrimSpace(id) == "":
			c.fail(at, key, "holds an entry without an id")
		case seen[id]:
			c.fail(at, key, "%q stands twice", id)
		}
		seen[id] = true
	}
	return seen
}

func idsOf[T any](list []T, id func(T) string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = id(v)
	}
	return out
}

func pointIDs(r *interview.Rubric) []string {
	return idsOf(r.Points, func(p interview.Point) string { return p.ID })
}

func (c *checker) card(it *interview.Item, r *interview.Rubric) {
	at := it.ID + "/rubric.yaml"
	switch it.Card {
	case "", interview.CardConcept:
	case interview.CardService:
		have := pointIDs(r)
		for _, want := range interview.ServicePoints {
			if !slices.Contains(have, want) {
				c.fail(at, "points", "a service card has a point %q; there is none", want)
			}
		}
	case interview.CardPrinciple:
		if len(r.Principles) != 1 {
			c.fail(at, "lp", "a principle card is for exactly one principle, this names %d", len(r.Principles))
		}
		for _, pr := range c.pack.Principles {
			if slices.Contains(r.Principles, pr.ID) && !strings.Contains(it.Prompt.Main, pr.Name) {
				c.fail(it.ID, "prompt.main", "does not name the principle %q, which a principle card is about", pr.Name)
			}
		}
	default:
		c.fail(it.ID, "card", "%q is not concept, service or principle", it.Card)
	}
}

func (c *checker) switches(at string, it *interview.Item, r *interview.Rubric) {
	if len(r.Switches) == 0 || it.Assets.Code == nil {
		return
	}
	c.unique(at, "switches", idsOf(r.Switches, func(s interview.Switch) string { return s.ID }))
	lines := strings.Split(strings.TrimSuffix(it.Assets.Code.Text, "\n"), "\n")
	findings := idsOf(r.Findings, func(f interview.Finding) string { return f.ID })
	taken, owned := map[int]string{}, map[string]string{}
	for _, s := range r.Switches {
		key := "switches." + s.ID
		c.need(at, map[string]string{key + ".safe": s.Safe, key + ".why_safe": s.WhySafe})
		if s.Lines[0] < 1 || s.Lines[1] < s.Lines[0] || s.Lines[1] > len(lines) {
			c.fail(at, key+".lines", "lines %d to %d are not in the code, which has %d", s.Lines[0], s.Lines[1], len(lines))
			continue
		}
		here := strings.Join(lines[s.Lines[0]-1:s.Lines[1]], "\n")
		if strings.TrimRight(s.Vulnerable, "\n") != here {
			c.fail(at, key+".vulnerable", "is not what stands in lines %d to %d of %s", s.Lines[0], s.Lines[1], it.Assets.Code.File)
		}
		if strings.TrimRight(s.Safe, "\n") == here {
			c.fail(at, key+".safe", "is the same as the vulnerable lines")
		}
		for n := s.Lines[0]; n <= s.Lines[1]; n++ {
			if other := taken[n]; other != "" {
				c.fail(at, key+".lines", "shares line %d with switch %q", n, other)
				break
			}
			taken[n] = s.ID
		}
		if len(s.Findings) == 0 {
			c.fail(at, key+".findings", "turns nothing off")
		}
		for _, f := range s.Findings {
			if !slices.Contains(findings, f) {
				c.fail(at, key+".findings", "there is no finding %q", f)
			}
			if other := owned[f]; other != "" {
				c.fail(at, key+".findings", "%q belongs to switch %q already", f, other)
			}
			owned[f] = s.ID
		}
		c.unique(at, key+".fixes", idsOf(s.Fixes, func(f interview.Pushed) string { return f.ID }))
		for _, f := range s.Fixes {
			fix := key + ".fixes." + f.ID
			c.need(at, map[string]string{fix + ".text": f.Text, fix + ".argues": f.Argues, fix + ".why": f.Why})
			if strings.TrimRight(f.Text, "\n") == here {
				c.fail(at, fix+".text", "changes nothing")
			}
		}
	}
}

func (c *checker) design(it *interview.Item, r *interview.Rubric) {
	at := it.ID + "/rubric.yaml"
	if it.Assets.Diagram != nil {
		c.fail(it.ID, "assets.diagram", "a design is drawn by the candidate; it has requirements and facts only")
	}
	if len(it.Requirements) < leastRequirements {
		c.fail(it.ID, "requirements", "there are %d, at least %d are wanted", len(it.Requirements), leastRequirements)
	}
	c.unique(it.ID, "requirements", idsOf(it.Requirements, func(q interview.Requirement) string { return q.ID }))
	for _, q := range it.Requirements {
		c.need(it.ID, map[string]string{"requirements." + q.ID + ".text": q.Text})
	}
	c.decisive(it, r)
	if len(r.Twists) != 1 {
		c.fail(at, "twists", "a design has exactly one, this has %d", len(r.Twists))
	}
	if len(c.pack.DesignTopics) == 0 {
		c.fail("pack.yaml", "design_topics", "names nothing that a design has to decide")
	}
	c.unique(at, "decisions", idsOf(r.Decisions, func(d interview.Decision) string { return d.ID }))
	for _, topic := range c.pack.DesignTopics {
		if !slices.ContainsFunc(r.Decisions, func(d interview.Decision) bool { return d.Topic == topic }) {
			c.fail(at, "decisions", "nothing has to be decided on %q", topic)
		}
	}
	for _, d := range r.Decisions {
		key := "decisions." + d.ID
		c.need(at, map[string]string{key + ".text": d.Text})
		if !slices.Contains(c.pack.DesignTopics, d.Topic) {
			c.fail(at, key+".topic", "%q is not one of the pack's design topics", d.Topic)
		}
		if len(d.Options) < 2 {
			c.fail(at, key+".options", "there are %d; a decision has at least two", len(d.Options))
		}
		for i, o := range d.Options {
			opt := fmt.Sprintf("%s.options.%d", key, i+1)
			c.need(at, map[string]string{opt + ".text": o.Text, opt + ".gives": o.Gives, opt + ".costs": o.Costs})
		}
		must := false
		for _, id := range d.Points {
			i := slices.IndexFunc(r.Points, func(p interview.Point) bool { return p.ID == id })
			if i < 0 {
				c.fail(at, key+".points", "there is no point %q", id)
				continue
			}
			must = must || r.Points[i].Must
		}
		if !must {
			c.fail(at, key+".points", "names no must-point, so nothing depends on this decision")
		}
	}
}

// decisive asks that at least one fact is worth asking for.
func (c *checker) decisive(it *interview.Item, r *interview.Rubric) {
	if len(it.Facts) == 0 {
		c.fail(it.ID, "facts", "there is none, so every question is answered with an assumption")
	} else if len(r.Decisive) == 0 {
		c.fail(it.ID+"/rubric.yaml", "decisive", "names no fact that decides anything")
	}
}

func (c *checker) scripting(it *interview.Item, r *interview.Rubric) {
	at := it.ID + "/rubric.yaml"
	names := map[string]string{}
	c.dataFiles(it.ID, "assets.files", it.Assets.Files, names)
	digests := map[string]string{}
	c.expected(at, "expected", r.Expected, names, digests)
	c.solution(at, "solution", r.Solution, names)
	for i, o := range r.Owes {
		if o != interview.OwesPaging && o != interview.OwesDryRun && o != interview.OwesExit {
			c.fail(at, fmt.Sprintf("owes.%d", i+1), "%q is nothing that a script can owe; there is %s, %s and %s", o, interview.OwesPaging, interview.OwesDryRun, interview.OwesExit)
		}
	}
	if len(r.Twists) != scriptTwists {
		c.fail(at, "twists", "a scripting task has %d, this has %d", scriptTwists, len(r.Twists))
	}
	for i, t := range r.Twists {
		key := fmt.Sprintf("twists.%d", i+1)
		c.need(at, map[string]string{key + ".text": t.Text})
		c.dataFiles(at, key+".files", t.Files, names)
		c.expected(at, key+".expected", t.Expected, names, digests)
		if t.Solution != nil {
			c.solution(at, key+".solution", t.Solution, names)
		}
	}
}

var fileRoles = []string{"input", "stub", "server"}

func (c *checker) dataFiles(at, key string, files []interview.DataFile, names map[string]string) {
	if len(files) == 0 {
		c.fail(at, key, "there is no file to work on")
	}
	for _, f := range files {
		c.named(at, key, f.File, names)
		c.need(at, map[string]string{key + "." + f.File + ".about": f.About})
		if !slices.Contains(fileRoles, f.Role) {
			c.fail(at, key+"."+f.File+".role", "%q is not one of %s", f.Role, fileRoles)
		}
	}
}

// named fails for a file that has two uses: what is hidden must not be handed out.
func (c *checker) named(at, key, file string, names map[string]string) {
	if other := names[file]; other != "" {
		c.fail(at, key, "%s is used by %s too", file, other)
	}
	names[file] = key
}

func (c *checker) expected(at, key string, e *interview.Expected, names, digests map[string]string) {
	if e == nil {
		c.fail(at, key, "is missing, so nothing says which output is right")
		return
	}
	c.named(at, key, e.File, names)
	if sum := interview.OutputSHA256(e.Text); e.Text != "" && sum != e.SHA256 {
		c.fail(at, key+".sha256", "is not the digest of %s, which is %s", e.File, sum)
	}
	if other := digests[e.SHA256]; other != "" {
		c.fail(at, key+".sha256", "is the same as that of %s, so the twist changes nothing", other)
	}
	digests[e.SHA256] = key
}

func (c *checker) solution(at, key string, s *interview.Solution, names map[string]string) {
	if s == nil {
		c.fail(at, key, "is missing, so nothing proves that the output can be made")
		return
	}
	c.named(at, key, s.File, names)
	if s.Language != "python" {
		c.fail(at, key+".language", "%q cannot be run by the checks; python can", s.Language)
	}
}

func (c *checker) briefing(it *interview.Item, r *interview.Rubric) {
	at := it.ID + "/rubric.yaml"
	if len(it.Audiences) == 0 {
		c.fail(it.ID, "audiences", "there is nobody to explain it to")
	}
	c.unique(it.ID, "audiences", it.Audiences)
	c.need(it.ID, map[string]string{"context": it.Context})
	for _, a := range it.Audiences {
		if !slices.ContainsFunc(c.pack.Audiences, func(b interview.Audience) bool { return b.ID == a }) {
			c.fail(it.ID, "audiences", "there is no audience %q in audiences.yaml", a)
		}
		n, objects := 0, 0
		for _, q := range r.Questions {
			switch {
			case q.Audience != "" && q.Audience != a:
			case q.Objection:
				objects++
			default:
				n++
			}
		}
		if n < roleQuestions || objects == 0 {
			c.fail(at, "questions", "%q asks %d questions and has %d objections; at least %d and 1 are wanted", a, n, objects, roleQuestions)
		}
	}
	c.unique(at, "questions", idsOf(r.Questions, func(q interview.RoleQuestion) string { return q.ID }))
	for _, q := range r.Questions {
		key := "questions." + q.ID
		if q.Audience != "" && !slices.Contains(it.Audiences, q.Audience) {
			c.fail(at, key+".audience", "%q is not an audience of this item", q.Audience)
		}
		if q.Objection {
			c.need(at, map[string]string{key + ".text": q.Text})
			c.phrases(at, key+".yields", q.Yields, 1)
		} else {
			c.spoken(at, key+".text", q.Text)
		}
		c.need(at, map[string]string{key + ".why": q.Why})
		c.phrases(at, key+".met", q.Met, 3)
	}
	if len(r.MustNot) < 2 {
		c.fail(at, "must_not_distort", "holds %d facts, at least 2 are wanted", len(r.MustNot))
	}
	c.unique(at, "must_not_distort", idsOf(r.MustNot, func(h interview.Held) string { return h.ID }))
	for _, h := range r.MustNot {
		key := "must_not_distort." + h.ID
		c.need(at, map[string]string{key + ".text": h.Text, key + ".why": h.Why})
		c.phrases(at, key+".says", h.Says, 2)
		c.phrases(at, key+".bends", h.Bends, 2)
	}
	if len(r.Comprehension) != comprehension {
		c.fail(at, "comprehension", "holds %d questions, %d are wanted", len(r.Comprehension), comprehension)
	}
	c.unique(at, "comprehension", idsOf(r.Comprehension, func(q interview.Comprehension) string { return q.ID }))
	for _, q := range r.Comprehension {
		c.spoken(at, "comprehension."+q.ID+".q", q.Q)
		c.phrases(at, "comprehension."+q.ID+".key", q.Key, 2)
		c.phrases(at, "comprehension."+q.ID+".not", q.Not, 0)
	}
	b := r.Briefing
	if b == nil {
		c.fail(at, "briefing", "is missing: the ask and the options of the decision")
		return
	}
	c.phrases(at, "briefing.ask", b.Ask, 3)
	nothing := 0
	c.unique(at, "briefing.choices", idsOf(b.Choices, func(o interview.Choice) string { return o.ID }))
	for _, o := range b.Choices {
		c.need(at, map[string]string{"briefing.choices." + o.ID + ".text": o.Text})
		c.phrases(at, "briefing.choices."+o.ID+".says", o.Says, 2)
		if o.Nothing {
			nothing++
		}
	}
	if len(b.Choices) < 2 || nothing != 1 {
		c.fail(at, "briefing.choices", "there are %d, of which %d do nothing; at least two are wanted, exactly one of them doing nothing", len(b.Choices), nothing)
	}
}

func (c *checker) audiences() {
	c.unique("audiences.yaml", "id", idsOf(c.pack.Audiences, func(a interview.Audience) string { return a.ID }))
	for _, a := range c.pack.Audiences {
		c.need("audiences.yaml", map[string]string{a.ID + ".name": a.Name, a.ID + ".role": a.Role, a.ID + ".decides": a.Decides})
		if len(a.Knows) == 0 || len(a.Fears) == 0 {
			c.fail("audiences.yaml", a.ID, "has to say what this person knows and what they fear")
		}
	}
}

var (
	optionTypes = []string{"", "finding", "http", "policy", "log", "code", "note"}
	httpStart   = regexp.MustCompile(`^(?:[A-Z]{3,7} \S+ HTTP/[\d.]+|HTTP/[\d.]+ \d{3})`)
)

func (c *checker) options(it *interview.Item, least, most int) {
	if n := len(it.Options); n < least || n > most {
		c.fail(it.ID, "options", "there are %d, wanted are %d to %d", n, least, most)
	}
	c.unique(it.ID, "options", idsOf(it.Options, func(o interview.Option) string { return o.ID }))
	for _, o := range it.Options {
		key := "options." + o.ID
		c.need(it.ID, map[string]string{key + ".label": o.Label, key + ".text": o.Text})
		switch {
		case !slices.Contains(optionTypes, o.Type):
			c.fail(it.ID, key+".type", "%q is not one of %s", o.Type, strings.Join(optionTypes[1:], ", "))
		case o.Type == "policy" && !json.Valid([]byte(o.Text)):
			c.fail(it.ID, key, "a policy has to be JSON")
		case o.Type == "http" && !httpStart.MatchString(o.Text):
			c.fail(it.ID, key, "an HTTP trace begins with a request line or a status line")
		}
	}
}

// keyed checks that lists of a key hold each option exactly once, with a reason.
func (c *checker) keyed(at, key string, it *interview.Item, lists ...[]interview.Ranked) {
	options := c.unique(at, "", nil)
	for _, o := range it.Options {
		options[o.ID] = true
	}
	seen := map[string]bool{}
	for _, list := range lists {
		for _, k := range list {
			c.need(at, map[string]string{key + "." + k.ID + ".reason": k.Reason})
			switch {
			case !options[k.ID]:
				c.fail(at, key, "there is no option %q", k.ID)
			case seen[k.ID]:
				c.fail(at, key, "%q stands twice", k.ID)
			}
			seen[k.ID] = true
		}
	}
	for _, o := range it.Options {
		if !seen[o.ID] {
			c.fail(at, key, "says nothing about the option %q", o.ID)
		}
	}
}

// shuffled fails when the options are shown in the order of the key.
func (c *checker) shuffled(at, key string, it *interview.Item, order []interview.Ranked) {
	var shown []string
	for _, o := range it.Options {
		if slices.ContainsFunc(order, func(k interview.Ranked) bool { return k.ID == o.ID }) {
			shown = append(shown, o.ID)
		}
	}
	if len(order) > 2 && slices.Equal(shown, idsOf(order, func(k interview.Ranked) string { return k.ID })) {
		c.fail(at, key, "is the order in which the options are shown")
	}
}

func (c *checker) chain(it *interview.Item, r *interview.Rubric) {
	at := it.ID + "/rubric.yaml"
	c.options(it, leastChain+1, mostRanked)
	if len(r.Chain) < leastChain {
		c.fail(at, "chain", "has %d steps, at least %d are wanted", len(r.Chain), leastChain)
	}
	c.keyed(at, "chain", it, r.Chain, r.Unrelated)
	c.shuffled(at, "chain", it, r.Chain)
}

func (c *checker) triage(it *interview.Item, r *interview.Rubric) {
	at := it.ID + "/rubric.yaml"
	scan := it.Assets.Scan
	if scan == nil {
		c.fail(it.ID, "assets.scan", "a triage needs a scanner's output")
		return
	}
	c.need(it.ID, map[string]string{"assets.scan.tool": scan.Tool})
	for _, s := range scan.Snippets {
		if other := c.pack.Items[s]; other == nil || other.Kind != interview.KindCodeReview {
			c.fail(it.ID, "assets.scan.snippets", "there is no code review %q", s)
		}
	}
	if len(scan.Alerts) < leastAlerts {
		c.fail(it.ID, "assets.scan", "%s holds %d results, at least %d are wanted", scan.File, len(scan.Alerts), leastAlerts)
	}
	ids := c.unique(it.ID, "assets.scan", idsOf(scan.Alerts, func(a interview.Alert) string { return a.ID }))
	c.unique(at, "alerts", idsOf(r.Alerts, func(k interview.AlertKey) string { return k.ID }))
	for _, a := range scan.Alerts {
		key := "assets.scan." + a.ID
		c.need(it.ID, map[string]string{key + ".ruleId": a.Rule, key + ".message": a.Message})
		code := c.pack.Items[a.Item]
		if code == nil {
			c.fail(it.ID, key, "points into %q, which is no file of the snippets", a.File)
			continue
		}
		if n := strings.Count(code.Assets.Code.Text, "\n"); a.Lines[0] < 1 || a.Lines[1] > n {
			c.fail(it.ID, key, "lines %d to %d are not in %s, which has %d", a.Lines[0], a.Lines[1], a.File, n)
		}
		if !slices.ContainsFunc(r.Alerts, func(k interview.AlertKey) bool { return k.ID == a.ID }) {
			c.fail(at, "alerts", "says nothing about %q", a.ID)
		}
	}
	said := map[bool]bool{}
	for _, k := range r.Alerts {
		key := "alerts." + k.ID
		said[k.True] = true
		if !ids[k.ID] {
			c.fail(at, key, "there is no such alert in %s", scan.File)
		}
		c.need(at, map[string]string{key + ".reason": k.Reason})
		c.phrases(at, key+".says", k.Says, 3)
		c.finding(at, key+".finding", k, scan)
	}
	if len(r.Alerts) > 0 && (!said[true] || !said[false]) {
		c.fail(at, "alerts", "are all of one kind; a set has true and false ones")
	}
}

// finding checks that an alert which is said to be a finding of its snippet is one, at that place.
func (c *checker) finding(at, key string, k interview.AlertKey, scan *interview.Scan) {
	if k.Finding == "" {
		return
	}
	if !k.True {
		c.fail(at, key, "is named for an alert that is said to be false")
	}
	for _, a := range scan.Alerts {
		if a.ID != k.ID {
			continue
		}
		r := c.pack.Rubrics[a.Item]
		if r == nil {
			continue
		}
		i := slices.IndexFunc(r.Findings, func(f interview.Finding) bool { return f.ID == k.Finding })
		switch {
		case i < 0:
			c.fail(at, key, "%s has no finding %q", a.Item, k.Finding)
		case a.Lines[0]-findingSlack > r.Findings[i].Lines[1] || a.Lines[1]+findingSlack < r.Findings[i].Lines[0]:
			c.fail(at, key, "%q is in lines %d to %d of %s, the alert in %d to %d", k.Finding, r.Findings[i].Lines[0], r.Findings[i].Lines[1], a.Item, a.Lines[0], a.Lines[1])
		}
	}
}

func (c *checker) warmUp(it *interview.Item, r *interview.Rubric) {
	w := it.WarmUp
	if w == nil {
		c.fail(it.ID, "warm_up", "is missing")
		return
	}
	c.need(it.ID, map[string]string{"warm_up.headline": w.Headline, "warm_up.worst": w.Worst, "warm_up.gap": w.Gap})
	if len(w.Flash) != flashCards {
		c.fail(it.ID, "warm_up.flash", "names %d cards, %d are wanted", len(w.Flash), flashCards)
	}
	c.unique(it.ID, "warm_up.flash", w.Flash)
	for _, id := range w.Flash {
		if card := c.pack.Items[id]; card == nil || card.Kind != interview.KindConceptCard || card.Status == "retired" {
			c.fail(it.ID, "warm_up.flash", "there is no card %q", id)
		}
	}
	at := it.ID + "/rubric.yaml"
	if it.Assets.Code == nil {
		c.fail(it.ID, "assets.code", "a warm-up has a short snippet")
	} else if n := strings.Count(it.Assets.Code.Text, "\n"); n > warmUpLines {
		c.fail(it.ID, "assets.code", "has %d lines, at most %d are read in two minutes", n, warmUpLines)
	}
	worst := map[string]int{}
	for _, f := range r.Findings {
		worst[f.Severity]++
	}
	for _, s := range severities {
		if worst[s] == 1 {
			return
		}
		if worst[s] > 1 {
			c.fail(at, "findings", "%d are %s; exactly one has to be the worst", worst[s], s)
			return
		}
	}
	c.fail(at, "findings", "there is no issue to find")
}

// severities of findings, worst first.
var severities = []string{"critical", "high", "medium", "low"}

// blueprintFormats are the formats that a blueprint may fill: those that draw their own items.
var blueprintFormats = []string{"phone-screen", "half-screen", "loop"}

func (c *checker) blueprint(it *interview.Item, r *interview.Rubric) {
	at := it.ID + "/rubric.yaml"
	if !slices.Contains(blueprintFormats, it.Format) {
		c.fail(it.ID, "format", "%q is not one of %s", it.Format, strings.Join(blueprintFormats, ", "))
	}
	if len(r.Rounds) == 0 {
		c.fail(at, "rounds", "there is none")
	}
	personas, used := map[string]bool{}, map[string]bool{}
	for i, round := range r.Rounds {
		key := fmt.Sprintf("rounds.%d", i+1)
		if !slices.ContainsFunc(c.pack.Personas, func(p interview.Persona) bool { return p.ID == round.Persona }) {
			c.fail(at, key+".persona", "there is no persona %q", round.Persona)
		}
		if personas[round.Persona] {
			c.fail(at, key+".persona", "%q has a round already", round.Persona)
		}
		personas[round.Persona] = true
		if len(round.Items) == 0 {
			c.fail(at, key+".items", "nothing is asked")
		}
		for _, id := range round.Items {
			c.asked(at, key+".items", id, used)
		}
		for _, pr := range round.Principles {
			if !slices.ContainsFunc(c.pack.Principles, func(q interview.Principle) bool { return q.ID == pr }) {
				c.fail(at, key+".lp", "%q is not a principle of the pack", pr)
				continue
			}
			if !slices.ContainsFunc(round.Items, func(id string) bool {
				return c.pack.Rubrics[id] != nil && slices.Contains(c.pack.Rubrics[id].Principles, pr)
			}) {
				c.fail(at, key+".lp", "no item of this round is about %q", pr)
			}
		}
	}
	if i := slices.IndexFunc(c.pack.Formats, func(f interview.Format) bool { return f.ID == it.Format }); i >= 0 {
		c.fits(at, &c.pack.Formats[i], r.Rounds)
	}
}

// asked checks one item that a blueprint asks for.
func (c *checker) asked(at, key, id string, used map[string]bool) {
	it := c.pack.Items[id]
	switch {
	case it == nil || it.Status == "retired":
		c.fail(at, key, "there is no item %q", id)
	case it.Kind == interview.KindBlueprint || it.Kind == interview.KindWarmUp:
		c.fail(at, key, "%q is a %s, which is not asked in an interview", id, it.Kind)
	case used[id]:
		c.fail(at, key, "%q is asked twice", id)
	}
	used[id] = true
}

// fits checks that the items of a blueprint go into the phases of its format, in their order. Where a format leaves its
// rounds to the blueprint, each item needs only some phase that takes its kind.
func (c *checker) fits(at string, f *interview.Format, rounds []interview.RoundChoice) {
	if f.Blueprint {
		for i, round := range rounds {
			for _, id := range round.Items {
				it := c.pack.Items[id]
				if it != nil && !slices.ContainsFunc(f.Rounds[0].Phases, func(ph interview.Phase) bool { return slices.Contains(ph.Items, it.Kind) }) {
					c.fail(at, fmt.Sprintf("rounds.%d.items", i+1), "%q is a %s, which has no place in %s", id, it.Kind, f.ID)
				}
			}
		}
		return
	}
	if len(rounds) != len(f.Rounds) {
		c.fail(at, "rounds", "there are %d, and %s has %d", len(rounds), f.ID, len(f.Rounds))
		return
	}
	for i, round := range f.Rounds {
		var wants [][]interview.Kind
		for _, ph := range round.Phases {
			for n := 0; ph.Kind == interview.PhaseItem && n < max(1, ph.Count); n++ {
				wants = append(wants, ph.Items)
			}
		}
		key := fmt.Sprintf("rounds.%d.items", i+1)
		if len(wants) != len(rounds[i].Items) {
			c.fail(at, key, "there are %d, and the round has a place for %d", len(rounds[i].Items), len(wants))
			continue
		}
		for k, id := range rounds[i].Items {
			if it := c.pack.Items[id]; it != nil && !slices.Contains(wants[k], it.Kind) {
				c.fail(at, key, "%q is a %s; place %d takes %s", id, it.Kind, k+1, wants[k])
			}
		}
	}
}

// blueprinted checks a format whose rounds a blueprint makes: it has one round to make them from, and the pack a blueprint.
func (c *checker) blueprinted(at string, f *interview.Format) {
	if len(f.Rounds) != 1 || f.Rounds[0].Persona != "" {
		c.fail(at, "rounds", "a format with blueprint has one round, without a persona")
	}
	if !slices.ContainsFunc(sortedKeys(c.pack.Items), func(id string) bool {
		it := c.pack.Items[id]
		return it.Kind == interview.KindBlueprint && it.Format == f.ID && it.Status != "retired"
	}) {
		c.fail(at, "blueprint", "the pack has no blueprint for it; pack.yaml: formats names the formats a pack offers")
	}
}
