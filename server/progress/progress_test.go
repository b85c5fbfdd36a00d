package progress_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/progress"
)

// now is a Monday in the week in which clocks change in most of Europe (29 March 2026).
var now = time.Date(2026, 3, 23, 18, 0, 0, 0, time.UTC)

// flagship is loaded once: the tests only read it.
var loaded struct {
	once sync.Once
	pack *interview.Pack
}

func flagship(t testing.TB) *interview.Pack {
	loaded.once.Do(func() { loaded.pack = packtest.Flagship(t) })
	return loaded.pack
}

func ago(hours float64) time.Time { return now.Add(-time.Duration(hours * float64(time.Hour))) }

// threat is a threat model that meets every measured fact.
func threat(n int, at time.Time) progress.Attempt {
	return progress.Attempt{Session: fmt.Sprintf("s%d", n), Block: 1, Format: "threat-model", Mode: interview.ModeExam, Item: fmt.Sprintf("tm-%d", n), Kind: interview.KindThreatModel,
		Wording: "w", Begun: at.Add(-20 * time.Minute), At: at, Planned: 20, Minutes: 18, Wall: 25, Answered: true, Complete: true,
		Points:  &progress.Points{Must: 50, MustFound: 40, All: 100, Found: 70},
		Threats: &progress.Threats{Boundaries: 4, Named: 3, Ranked: 3, TopFive: 2, Treated: 3, Sums: 1, RankingGiven: true}}
}

func snippet(n int, lang string, at time.Time) progress.Attempt {
	return progress.Attempt{Session: fmt.Sprintf("c%d", n), Block: 1, Format: "code-review", Mode: interview.ModeExam, Item: fmt.Sprintf("cr-%d", n), Kind: interview.KindCodeReview, Language: lang,
		Begun: at.Add(-9 * time.Minute), At: at, Planned: 10, Minutes: 9, Wall: 9, Answered: true, Complete: true, Points: &progress.Points{},
		Review: &progress.Review{Findings: []progress.Finding{{Severity: "critical", Found: true, Exploit: true, Fix: true}, {Severity: "medium", Found: true}, {Severity: "low"}}}}
}

func story(n int, principle string, at time.Time) progress.Attempt {
	return progress.Attempt{Session: fmt.Sprintf("b%d", n), Block: 1, Format: "story-drill", Mode: interview.ModeExam, Item: fmt.Sprintf("beh-%d", n), Kind: interview.KindBehavioural, Principles: []string{principle},
		Wording: fmt.Sprintf("wording %d", n), Begun: at.Add(-10 * time.Minute), At: at, Planned: 14, Minutes: 9, Wall: 20, Answered: true, Complete: true,
		Story: &progress.Story{Told: true, Minutes: 3.2, Figures: 3, Before: true, Outcome: true, I: 6, We: 1, B: map[string]int{"B1": 4, "B2": 3, "B4": 4}, Opening: "In March our invoices leaked.", Words: []uint32{uint32(n), uint32(n + 1)}}}
}

func explain(n int, audience string, at time.Time) progress.Attempt {
	return progress.Attempt{Session: fmt.Sprintf("e%d", n), Block: 1, Format: "briefing", Mode: interview.ModeExam, Item: fmt.Sprintf("br-%d", n), Kind: interview.KindBriefing, Audience: audience,
		Begun: at.Add(-9 * time.Minute), At: at, Planned: 8, Minutes: 6, Wall: 10, Answered: true, Complete: true, Points: &progress.Points{},
		Brief: &progress.Brief{Level: 8, AskAt: 12, Facts: 3, Kept: 3}}
}

func script(n int, at time.Time) progress.Attempt {
	return progress.Attempt{Session: fmt.Sprintf("p%d", n), Block: 1, Format: "scripting", Mode: interview.ModeExam, Item: fmt.Sprintf("sc-%d", n), Kind: interview.KindScripting,
		Begun: at.Add(-29 * time.Minute), At: at, Planned: 30, Minutes: 28, Wall: 30, Answered: true, Complete: true, Points: &progress.Points{All: 100, Found: 75},
		Script: &progress.Script{Base: true, Twist: 1, Twists: 2, Digests: true}}
}

func criterion(t testing.TB, h progress.History, id string, o progress.Options) progress.Criterion {
	t.Helper()
	if o.Now.IsZero() {
		o.Now = now
	}
	if o.Pack == nil {
		o.Pack = flagship(t)
	}
	r := progress.Criteria(h, o)
	for _, c := range r.Criteria {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("there is no criterion %s", id)
	return progress.Criterion{}
}

func of(list ...progress.Attempt) progress.History { return progress.History{Attempts: list} }

func TestACriterionIsMet(t *testing.T) {
	principles := flagship(t).Principles
	var told []progress.Attempt
	for i, pr := range principles {
		told = append(told, story(i, pr.ID, ago(200-float64(i))))
	}
	for i, pr := range principles[:8] {
		told = append(told, story(100+i, pr.ID, ago(100-float64(i))))
	}
	for id, h := range map[string]progress.History{
		"threat-model": of(threat(1, ago(150)), threat(2, ago(90)), threat(3, ago(20))),
		"code-review":  of(snippet(1, "java", ago(100)), snippet(2, "python", ago(99)), snippet(3, "javascript", ago(98)), snippet(4, "java", ago(20)), snippet(5, "python", ago(19)), snippet(6, "javascript", ago(18))),
		"scripting":    of(script(1, ago(150)), script(2, ago(90)), script(3, ago(20))),
		"explain":      of(explain(1, "counsel", ago(150)), explain(2, "finance", ago(90)), explain(3, "counsel", ago(20))),
		"stories":      of(told...),
	} {
		c := criterion(t, h, id, progress.Options{})
		if c.State != progress.Met || c.Until == nil || len(c.Missing) > 0 {
			t.Errorf("%s: %s, until %v, missing %q", id, c.State, c.Until, c.Missing)
		}
		if none := criterion(t, progress.History{}, id, progress.Options{}); none.State != progress.NoEvidence || none.Next.Text == "" || none.Until != nil {
			t.Errorf("%s of nothing: %s, next %q", id, none.State, none.Next.Text)
		}
	}
}

func TestWhatKeepsACriterionOpen(t *testing.T) {
	good := func() []progress.Attempt {
		return []progress.Attempt{threat(1, ago(150)), threat(2, ago(90)), threat(3, ago(20))}
	}
	for name, c := range map[string]struct {
		change func([]progress.Attempt) []progress.Attempt
		fact   progress.FactID // that is missed in the last attempt or over all
	}{
		"two only":               {func(a []progress.Attempt) []progress.Attempt { return a[1:] }, "evidence.attempts"},
		"practice":               {func(a []progress.Attempt) []progress.Attempt { a[2].Mode = interview.ModeCoached; return a }, "attempt.exam"},
		"seen":                   {func(a []progress.Attempt) []progress.Attempt { a[2].Item = a[0].Item; return a }, "attempt.unseen"},
		"tried again":            {func(a []progress.Attempt) []progress.Attempt { a[2].Seen = true; return a }, "attempt.unseen"},
		"shown in another":       {func(a []progress.Attempt) []progress.Attempt { a[0].Shows = []string{a[2].Item}; return a }, "attempt.unseen"},
		"too close":              {func(a []progress.Attempt) []progress.Attempt { a[1].At = ago(50); a[0].At = ago(60); return a }, "evidence.apart"},
		"half an hour too close": {func(a []progress.Attempt) []progress.Attempt { a[1].At = ago(67.5); a[0].At = ago(67.7); return a }, "evidence.apart"},
		"old":                    {func(a []progress.Attempt) []progress.Attempt { a[0].At = ago(241); return a }, "evidence.attempts"},
		"last failed":            {func(a []progress.Attempt) []progress.Attempt { a[2].Points.MustFound = 34; return a }, "threat.recall"},
		"one before failed":      {func(a []progress.Attempt) []progress.Attempt { a[1].Minutes = 20.5; return a }, "evidence.last_two"},
		"one between failed": {func(a []progress.Attempt) []progress.Attempt {
			x := threat(4, ago(30))
			x.Threats.Sums = 0
			return append(a, x)
		}, "evidence.last_two"},
		"part of it":          {func(a []progress.Attempt) []progress.Attempt { a[2].Planned = 10; return a }, "attempt.whole"},
		"broken off":          {func(a []progress.Attempt) []progress.Attempt { a[2].Complete = false; return a }, "attempt.whole"},
		"boundaries":          {func(a []progress.Attempt) []progress.Attempt { a[2].Threats.Named = 2; return a }, "threat.boundaries"},
		"no ranking":          {func(a []progress.Attempt) []progress.Attempt { a[2].Threats.Ranked = 2; return a }, "threat.ranked"},
		"order":               {func(a []progress.Attempt) []progress.Attempt { a[2].Threats.TopFive = 1; return a }, "threat.order"},
		"untreated":           {func(a []progress.Attempt) []progress.Attempt { a[2].Threats.Treated = 2; return a }, "threat.treated"},
		"points not measured": {func(a []progress.Attempt) []progress.Attempt { a[2].Points = nil; return a }, "threat.recall"},
	} {
		got := criterion(t, of(c.change(good())...), "threat-model", progress.Options{})
		if got.State == progress.Met || got.Measured == progress.Met {
			t.Errorf("%s: met all the same", name)
		}
		missed := map[progress.FactID]bool{}
		for _, f := range got.Facts {
			missed[f.ID] = missed[f.ID] || !f.Met
		}
		for _, a := range got.Attempts {
			for _, f := range a.Facts {
				missed[f.ID] = missed[f.ID] || !f.Met
				if f.Session == "" || f.Block == 0 || f.Required == "" || f.Measured == "" {
					t.Errorf("%s: a fact that does not say where and what: %+v", name, f)
				}
			}
		}
		if !missed[c.fact] || len(got.Missing) == 0 || got.Next.Text == "" {
			t.Errorf("%s: %s is not missed, or nothing is said of it: %q, next %q", name, c.fact, got.Missing, got.Next.Text)
		}
	}
	exact := good()
	exact[1].At, exact[0].At = ago(68), ago(69)
	if got := criterion(t, of(exact...), "threat-model", progress.Options{}); got.State != progress.Met {
		t.Errorf("48 hours apart to the minute: %s, %q", got.State, got.Missing)
	}
	// One more attempt that went well takes nothing away, however soon it came.
	more := criterion(t, of(append(good(), threat(4, ago(10)))...), "threat-model", progress.Options{})
	if more.State != progress.Met {
		t.Errorf("a fourth good one, ten hours after the third: %s, %q", more.State, more.Missing)
	}
}

func TestReviewsInThreeLanguages(t *testing.T) {
	six := func() []progress.Attempt {
		return []progress.Attempt{snippet(1, "java", ago(100)), snippet(2, "python", ago(99)), snippet(3, "javascript", ago(98)), snippet(4, "java", ago(20)), snippet(5, "python", ago(19)), snippet(6, "javascript", ago(18))}
	}
	for name, c := range map[string]struct {
		change func([]progress.Attempt)
		met    bool
	}{
		"all":                       {func([]progress.Attempt) {}, true},
		"one early critical missed": {func(a []progress.Attempt) { a[0].Review.Findings[0] = progress.Finding{Severity: "critical"} }, true},
		"two criticals missed": {func(a []progress.Attempt) {
			a[0].Review.Findings[0].Found = false
			a[1].Review.Findings[0].Found = false
		}, false},
		"the last one missed":           {func(a []progress.Attempt) { a[5].Review.Findings[0].Found = false }, false},
		"a language short":              {func(a []progress.Attempt) { a[1].Language = "java" }, false},
		"two false alarms in one":       {func(a []progress.Attempt) { a[0].Review.FalseAlarm = 2 }, false},
		"no repair for the last":        {func(a []progress.Attempt) { a[5].Review.Findings[0].Fix = false }, false},
		"eleven minutes for the last":   {func(a []progress.Attempt) { a[5].Minutes = 11 }, false},
		"all in one afternoon":          {func(a []progress.Attempt) { a[0].At, a[1].At, a[2].At = ago(23), ago(22), ago(21) }, false},
		"a clean snippet, nothing lost": {func(a []progress.Attempt) { a[2].Review.Findings = nil }, true},
	} {
		a := six()
		c.change(a)
		if got := criterion(t, of(a...), "code-review", progress.Options{}); (got.State == progress.Met) != c.met {
			t.Errorf("%s: %s, %q", name, got.State, got.Missing)
		}
	}
}

func TestStoriesByPrinciple(t *testing.T) {
	p := flagship(t)
	first := p.Principles[0].ID
	row := func(h progress.History) progress.Principle {
		return criterion(t, h, "stories", progress.Options{}).Rows[0]
	}
	again := story(1, first, ago(20))
	again.Wording = "the same question in other words"
	same := story(1, first, ago(20))
	practised := story(1, first, ago(90))
	practised.Mode = interview.ModeCoached
	short := story(1, first, ago(20))
	short.Story.Minutes = 2.1
	long := story(1, first, ago(20))
	long.Story.Minutes = 4.5
	bare := story(1, first, ago(20))
	bare.Story.Figures, bare.Story.Before = 0, false
	people := bare
	observed := *bare.Story
	observed.Observable = true
	people.Story = &observed
	ours := story(1, first, ago(20))
	ours.Story.I, ours.Story.We = 3, 1
	for name, c := range map[string]struct {
		h     progress.History
		state progress.State
		again bool
	}{
		"once":                              {of(story(1, first, ago(20))), progress.Met, false},
		"again in other words":              {of(story(1, first, ago(90)), again), progress.Met, true},
		"again with another question":       {of(story(1, first, ago(90)), story(2, first, ago(20))), progress.Met, true},
		"again, the same words":             {of(story(1, first, ago(90)), same), progress.Met, false}, // the second does not count
		"again, a day later":                {of(story(1, first, ago(40)), again), progress.Met, false},
		"practised before":                  {of(practised, again), progress.NoEvidence, false},
		"complete in 2:06":                  {of(short), progress.Met, false},
		"too long":                          {of(long), progress.NotYet, false},
		"no figures":                        {of(bare), progress.NotYet, false},
		"no figures, a principle of people": {of(people), progress.Met, false},
		"three of four by I":                {of(ours), progress.NotYet, false},
	} {
		if got := row(c.h); got.State != c.state || got.Again != c.again {
			t.Errorf("%s: %s, again %v", name, got.State, got.Again)
		}
	}
	two := row(of(story(1, first, ago(90)), story(7, first, ago(20))))
	if two.Primary == nil || two.Backup == nil || two.Primary.Session == two.Backup.Session {
		t.Errorf("primary %v, backup %v", two.Primary, two.Backup)
	}
	if one := row(of(story(1, first, ago(90)), again)); one.Backup != nil {
		t.Errorf("the same story twice is no backup: %+v", one.Backup)
	}
}

func TestTheJudgeStandsBeside(t *testing.T) {
	list := []progress.Attempt{threat(1, ago(150)), threat(2, ago(90)), threat(3, ago(20))}
	with := progress.Options{Judge: "a model"}
	if c := criterion(t, of(list...), "threat-model", with); c.Measured != progress.Met || c.State != progress.NotYet {
		t.Errorf("not judged: measured %s, state %s", c.Measured, c.State)
	}
	score := 0.8
	for i := range list {
		list[i].Judged = &progress.Judged{Model: "a model", Score: &score}
	}
	if c := criterion(t, of(list...), "threat-model", with); c.State != progress.Met {
		t.Errorf("judged well: %s, %q", c.State, c.Missing)
	}
	low := 0.5
	list[2].Judged = &progress.Judged{Model: "a model", Score: &low}
	if c := criterion(t, of(list...), "threat-model", with); c.State != progress.NotYet || !strings.Contains(strings.Join(c.Missing, " "), "0.50") {
		t.Errorf("judged badly: %s, %q", c.State, c.Missing)
	}
	if c := criterion(t, of(list...), "threat-model", progress.Options{}); c.State != progress.Met {
		t.Errorf("without a model in reach the measured facts are enough: %s", c.State)
	}
}

// TestNeverByLuck draws histories at random and holds every criterion that is met against the rules, told anew.
func TestNeverByLuck(t *testing.T) {
	p := flagship(t)
	met := 0
	for seed := range uint64(4000) {
		r := rand.New(rand.NewPCG(seed, 1))
		var list []progress.Attempt
		span := []float64{40, 120, 230, 600}[r.IntN(4)]
		for i := range 1 + r.IntN(7) {
			a := threat(i, ago(r.Float64()*span))
			if r.IntN(6) == 0 {
				a.Item = fmt.Sprintf("tm-%d", r.IntN(7))
			}
			if r.IntN(8) == 0 {
				a.Mode = interview.ModeCoached
			}
			if r.IntN(8) == 0 {
				a.Threats.Sums = 0
			}
			list = append(list, a)
		}
		c := criterion(t, of(list...), "threat-model", progress.Options{Pack: p})
		if c.State != progress.Met {
			continue
		}
		met++
		slices.SortFunc(list, func(a, b progress.Attempt) int { return a.Begun.Compare(b.Begun) })
		seen := map[string]bool{}
		var valid []progress.Attempt
		for _, a := range list {
			if !seen[a.Item] && a.Mode == interview.ModeExam && now.Sub(a.At) <= progress.Fresh {
				valid = append(valid, a)
			}
			seen[a.Item] = true
		}
		if len(valid) < 3 {
			t.Fatalf("seed %d: met on %d unseen fresh attempts in exam mode", seed, len(valid))
		}
		last := valid[len(valid)-1]
		apart := false
		for _, a := range valid[:len(valid)-1] {
			apart = apart || last.At.Sub(a.At) >= progress.Spacing && a.Threats.Sums > 0
		}
		if !apart || last.Threats.Sums == 0 || valid[len(valid)-2].Threats.Sums == 0 {
			t.Fatalf("seed %d: met without two that are right and 48 hours apart", seed)
		}
		// Nothing holds for ever.
		if later := criterion(t, of(list...), "threat-model", progress.Options{Pack: p, Now: now.Add(progress.Fresh + time.Hour)}); later.State != progress.NoEvidence {
			t.Fatalf("seed %d: ten days later it is %s", seed, later.State)
		}
		if on := criterion(t, of(list...), "threat-model", progress.Options{Pack: p, Now: c.Until.Add(time.Second)}); on.State == progress.Met && len(valid) == 3 {
			t.Fatalf("seed %d: it was to hold until %s and holds after", seed, c.Until)
		}
	}
	if met < 100 {
		t.Fatalf("only %d histories met it: the test shows nothing", met)
	}
}

// TestAllSeenNeverPasses: whatever was sat, a second time over the same items adds nothing.
func TestAllSeenNeverPasses(t *testing.T) {
	p := flagship(t)
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 2))
		var list []progress.Attempt
		for i := range 3 {
			a := threat(i, ago(500+float64(i)))
			a.Mode = []interview.Mode{interview.ModeCoached, interview.ModeDrill, interview.ModeExam}[r.IntN(3)]
			list = append(list, a)
			again := threat(i, ago(10+float64(i)*60))
			again.Session += "-again"
			list = append(list, again)
			tale := story(i, p.Principles[i].ID, ago(500+float64(i)))
			tale.Mode = interview.ModeCoached
			retold := story(i, p.Principles[i].ID, ago(10+float64(i)*60))
			retold.Wording = "other words"
			list = append(list, tale, retold)
		}
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		for _, id := range []string{"threat-model", "stories"} {
			if c := criterion(t, of(list...), id, progress.Options{Pack: p}); c.State != progress.NoEvidence {
				t.Fatalf("seed %d: %s is %s on seen items", seed, id, c.State)
			}
		}
	}
}

// TestEveryFactIsDescribed holds docs/criteria.md against the facts, both ways.
func TestEveryFactIsDescribed(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "criteria.md"))
	if err != nil {
		t.Fatal(err)
	}
	var described []progress.FactID
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+\\.[a-z_]+)` \\|").FindAllStringSubmatch(string(raw), -1) {
		described = append(described, progress.FactID(m[1]))
	}
	slices.Sort(described)
	if diff := cmp.Diff(progress.FactIDs(), described); diff != "" {
		t.Errorf("docs/criteria.md (-there +described):\n%s", diff)
	}
}

func TestReserved(t *testing.T) {
	p := flagship(t)
	kept := progress.Reserved(p)
	count, all := map[string]int{}, map[string]int{}
	for id, it := range p.Items {
		if it.Status == "retired" {
			continue
		}
		key := string(it.Kind)
		if it.Kind == interview.KindCodeReview {
			key += " " + it.Assets.Code.Language
		}
		all[key]++
		if kept[id] {
			count[key]++
		}
	}
	for _, key := range []string{"threat-model", "briefing"} {
		if count[key] != 3 {
			t.Errorf("%d of %d kept of %s, want 3", count[key], all[key], key)
		}
	}
	for key, n := range all {
		if strings.HasPrefix(key, "code-review") && n >= 4 && count[key] != 2 {
			t.Errorf("%d of %d kept of %s, want 2", count[key], n, key)
		}
		if count[key] > n/2 {
			t.Errorf("%d of %d kept of %s: practice has less than half", count[key], n, key)
		}
	}
	for _, pr := range p.Principles {
		n := 0
		for id, r := range p.Rubrics {
			if slices.Contains(r.Principles, pr.ID) && kept[id] {
				n++
				if len(p.Items[id].Prompt.Variants) < 2 {
					t.Errorf("%s is kept and has fewer than three wordings", id)
				}
			}
		}
		if n == 0 {
			t.Errorf("no question on %s is kept", pr.ID)
		}
	}
	if diff := cmp.Diff(kept, progress.Reserved(p)); diff != "" {
		t.Errorf("twice over it is another set:\n%s", diff)
	}
}

func TestDraw(t *testing.T) {
	it := func(id string) *interview.Item { return &interview.Item{ID: id, Kind: interview.KindThreatModel} }
	all := []*interview.Item{it("a"), it("b"), it("c")}
	keep := progress.Reserve{"b": true}
	ids := func(list []*interview.Item) string {
		out := ""
		for _, it := range list {
			out += it.ID
		}
		return out
	}
	for name, c := range map[string]struct {
		mode    interview.Mode
		minutes float64
		used    map[string]int
		all     []*interview.Item
		want    string
	}{
		"practice leaves it":               {interview.ModeCoached, 20, nil, all, "ac"},
		"practice with nothing else":       {interview.ModeDrill, 20, nil, all[1:2], "b"},
		"a check takes it":                 {interview.ModeExam, 20, nil, all, "b"},
		"a check when it was seen":         {interview.ModeExam, 20, map[string]int{"b": 1}, all, "ac"},
		"a check when all were seen":       {interview.ModeExam, 20, map[string]int{"a": 1, "b": 1, "c": 2}, all, "abc"},
		"a part of it in a screen is none": {interview.ModeExam, 10, nil, all, "ac"},
	} {
		if got := ids(keep.Draw(c.all, c.mode, c.minutes, c.used)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
