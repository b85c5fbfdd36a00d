package progress_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/progress"
)

// zones of all kinds: clocks that jump by an hour in the night, at midnight (so that it does not exist), by half an hour,
// and not at all; a day ahead of another.
var zones = []string{"UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Kiritimati", "Pacific/Honolulu", "Asia/Kathmandu", "Africa/Cairo"}

func settings(t testing.TB, begun time.Time, days, minutes int, zone string) progress.Settings {
	t.Helper()
	at, err := time.LoadLocation(zone)
	if err != nil {
		t.Skipf("no time zones here: %v", err)
	}
	y, m, d := begun.In(at).Date()
	s, err := progress.NewSettings(time.Date(y, m, d+days, 12, 0, 0, 0, time.UTC).Format(time.DateOnly), minutes, zone, begun, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// noon is an instant in the middle of a day, k days after one.
func noon(first time.Time, k int, zone string) time.Time {
	at, _ := time.LoadLocation(zone)
	y, m, d := first.In(at).Date()
	return time.Date(y, m, d+k, 12, 0, 0, 0, at)
}

// do is what is in the history after a person did a task.
func do(h *progress.History, task progress.Task, at time.Time, n int) {
	if task.What == "lines" || task.What == "short" {
		deck := progress.DeckLine
		if task.What == "short" {
			deck = progress.DeckShort
		}
		for _, pr := range task.Principles {
			h.Looks = append(h.Looks, progress.Look{Card: progress.CardID(deck, pr), Rating: progress.Good, At: at})
		}
		return
	}
	if task.Start == nil {
		return
	}
	a := threat(n, at)
	a.Format, a.Mode, a.Kind = task.Start.Format, task.Start.Mode, interview.Kind(task.What)
	if len(task.Principles) > 0 {
		a = story(n, task.Principles[0], at)
		a.Mode = task.Start.Mode
	}
	h.Attempts = append(h.Attempts, a)
}

// rules holds a plan against what every plan keeps.
func rules(p *interview.Pack, plan progress.Plan, h progress.History) error {
	first := plan.Today
	for i, d := range plan.Days {
		if d.Date != first+progress.Day(i) || d.Date >= plan.Date {
			return fmt.Errorf("day %d is %s; today is %s, the interview %s", i, d.Date, plan.Today, plan.Date)
		}
		sum := 0
		seen := map[string]bool{}
		for _, t := range d.Tasks {
			sum += t.Minutes
			if t.Minutes <= 0 || t.Title == "" || t.Why == "" || seen[t.ID] {
				return fmt.Errorf("%s: a task without minutes, title, reason or id of its own: %+v", d.Date, t)
			}
			seen[t.ID] = true
			if t.Start != nil && !slices.ContainsFunc(p.Formats, func(f interview.Format) bool { return f.ID == t.Start.Format && slices.Contains(f.Modes, t.Start.Mode) }) {
				return fmt.Errorf("%s: %s cannot be begun", d.Date, t.Title)
			}
			if t.Start != nil {
				for _, pr := range p.Principles {
					if strings.Contains(t.Title+t.Why, pr.Name) {
						return fmt.Errorf("%s: a drill that names its principle: %q", d.Date, t.Title)
					}
				}
			}
		}
		if sum != d.Minutes || sum > plan.Minutes || sum > d.Limit {
			return fmt.Errorf("%s: %d minutes of tasks, said to be %d, limit %d of %d", d.Date, sum, d.Minutes, d.Limit, plan.Minutes)
		}
	}
	slots := 0
	for _, d := range plan.Days {
		slots += min(d.Limit/2, len(p.Principles)) // none twice a day
	}
	need, lack := 0, 0
	for _, c := range plan.Cover {
		need += max(0, 3-c.Done)
		lack += btoi(c.Done == 0)
	}
	for _, c := range plan.Cover {
		if slots >= lack && len(plan.Days) > 0 && c.Done+c.Planned == 0 {
			return fmt.Errorf("%s is never met although there is time", c.Name)
		}
		if len(plan.Days) >= 3 && slots >= 2*need && c.Done+c.Planned < 3 {
			return fmt.Errorf("%s is met %d times although there is time", c.Name, c.Done+c.Planned)
		}
	}
	if len(plan.Cover) != len(p.Principles) {
		return fmt.Errorf("%d of %d principles are covered", len(plan.Cover), len(p.Principles))
	}
	return nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestAnyDateAnyMinutes: every date from today to two months on, with few and with many minutes.
func TestAnyDateAnyMinutes(t *testing.T) {
	for _, p := range []*interview.Pack{flagship(t), packtest.Second(t)} {
		for days := range 61 {
			for _, minutes := range []int{10, 11, 15, 25, 30, 37, 45, 60, 90, 180, 480} {
				s := settings(t, now, days, minutes, "Europe/Berlin")
				plan := progress.Make(progress.History{}, p, s, now)
				if err := rules(p, plan, progress.History{}); err != nil {
					t.Fatalf("%s: %d days, %d minutes: %v", p.ID, days, minutes, err)
				}
				if plan.DaysLeft != days || len(plan.Days) != days {
					t.Fatalf("%d days: %d left, %d planned", days, plan.DaysLeft, len(plan.Days))
				}
				want := map[bool]string{true: "four-weeks", false: "two-weeks"}[days > 20]
				switch {
				case days == 0:
					want = "today"
				case days == 1:
					want = "tomorrow"
				case days <= 7:
					want = "days"
				}
				if plan.Form != want {
					t.Fatalf("%d days are %s, want %s", days, plan.Form, want)
				}
			}
		}
	}
}

// TestMissedDays sits plans through with any pattern of missed days, and of tasks left out.
func TestMissedDays(t *testing.T) {
	p := flagship(t)
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 3))
		days, minutes := 2+r.IntN(40), 10+r.IntN(120)
		zone := zones[r.IntN(len(zones))]
		begun := now.AddDate(0, 0, r.IntN(365))
		s := settings(t, begun, days, minutes, zone)
		misses := r.Float64()
		var h progress.History
		missed := 0
		for k := range days {
			at := noon(begun, k, zone)
			plan := progress.Make(h, p, s, at)
			if err := rules(p, plan, h); err != nil {
				t.Fatalf("seed %d, day %d of %d, %d minutes: %v", seed, k, days, minutes, err)
			}
			if days <= 28 && plan.Missed != missed {
				t.Fatalf("seed %d, day %d: %d days missed, said to be %d", seed, k, missed, plan.Missed)
			}
			did := false
			if r.Float64() >= misses {
				for i, task := range plan.Days[0].Tasks {
					if r.IntN(4) > 0 {
						before := len(h.Attempts) + len(h.Looks)
						do(&h, task, at.Add(time.Duration(i)*time.Minute), len(h.Attempts))
						did = did || len(h.Attempts)+len(h.Looks) > before
					}
				}
			}
			missed += btoi(!did)
		}
	}
}

// TestMissesDoNotPileUp: whoever missed ten days has no longer days after them, and goes on where they were.
func TestMissesDoNotPileUp(t *testing.T) {
	p := flagship(t)
	s := settings(t, now, 28, 45, "Europe/Berlin")
	fresh := progress.Make(progress.History{}, p, s, now)
	late := progress.Make(progress.History{}, p, s, now.AddDate(0, 0, 10))
	if late.Missed != 10 || late.Days[0].Week != 1 || late.Days[len(late.Days)-1].Week != 4 {
		t.Errorf("after ten missed days: %d missed, weeks %d to %d", late.Missed, late.Days[0].Week, late.Days[len(late.Days)-1].Week)
	}
	for _, d := range late.Days {
		if d.Minutes > 45 {
			t.Errorf("%s has %d minutes", d.Date, d.Minutes)
		}
	}
	weeks := map[int]int{}
	for _, d := range fresh.Days {
		weeks[d.Week]++
	}
	if diff := cmp.Diff(map[int]int{1: 7, 2: 7, 3: 7, 4: 7}, weeks); diff != "" {
		t.Errorf("four weeks (-want +got):\n%s", diff)
	}
	if last := fresh.Days[27]; last.Minutes > 10 || len(last.Tasks) == 0 {
		t.Errorf("the day before is for rest: %+v", last)
	}
	if len(fresh.Gates) != 4 {
		t.Errorf("gates: %+v", fresh.Gates)
	}
	var h progress.History
	for k := range 7 {
		at := noon(now, k, "Europe/Berlin")
		for i, task := range progress.Make(h, p, s, at).Days[0].Tasks {
			do(&h, task, at.Add(time.Duration(i)*time.Minute), len(h.Attempts))
		}
	}
	if again := progress.Make(h, p, s, noon(now, 14, "Europe/Berlin")); again.Missed != 7 || again.Days[0].Week != 2 {
		t.Errorf("a week of practice and a week without: %d missed, and week %d comes", again.Missed, again.Days[0].Week)
	}
}

// TestTheSamePlanEverywhere: what the calendar says decides, not the clock: at any hour of a day, and in any zone, it is
// the same plan.
func TestTheSamePlanEverywhere(t *testing.T) {
	p := flagship(t)
	var want []byte
	for _, zone := range zones {
		at, err := time.LoadLocation(zone)
		if err != nil {
			t.Skip(err)
		}
		for _, month := range []time.Month{time.March} {
			begun := time.Date(2026, month, 20, 9, 0, 0, 0, at)
			s := settings(t, begun, 28, 45, zone)
			var h progress.History
			for k := range 12 {
				day := noon(begun, k, zone)
				first := progress.Make(h, p, s, time.Date(2026, month, 20+k, 0, 30, 0, 0, at))
				for _, hour := range []int{1, 2, 3, 5, 12, 23} {
					clock := time.Date(2026, month, 20+k, hour, 45, 0, 0, at)
					if diff := cmp.Diff(first, progress.Make(h, p, s, clock), cmpopts.IgnoreUnexported(progress.Task{})); diff != "" {
						t.Fatalf("%s: at %s it is another plan:\n%s", zone, clock, diff)
					}
				}
				if k%3 != 0 {
					for i, task := range first.Days[0].Tasks {
						do(&h, task, day, 100*k+i)
					}
				}
			}
			plan := progress.Make(h, p, s, noon(begun, 12, zone))
			plan.Zone = ""
			raw, err := json.Marshal(plan)
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = raw
			} else if diff := cmp.Diff(string(want), string(raw)); diff != "" {
				t.Fatalf("%s has another plan than %s:\n%s", zone, zones[0], diff)
			}
		}
	}
}

// TestDoneToday: what is done is marked and changes nothing else before tomorrow.
func TestDoneToday(t *testing.T) {
	p := flagship(t)
	s := settings(t, now, 20, 60, "UTC")
	before := progress.Make(progress.History{}, p, s, now)
	var h progress.History
	for i, task := range before.Days[0].Tasks {
		do(&h, task, now, i)
	}
	after := progress.Make(h, p, s, now.Add(time.Hour))
	done := 0
	for i := range after.Days[0].Tasks {
		task := &after.Days[0].Tasks[i]
		if (task.Start != nil || task.What == "lines") && !task.Done {
			t.Errorf("%s was done and is not marked", task.Title)
		}
		done += btoi(task.Done)
		task.Done = false
	}
	if done == 0 {
		t.Error("nothing is marked")
	}
	if diff := cmp.Diff(before, after, cmpopts.IgnoreUnexported(progress.Task{})); diff != "" {
		t.Errorf("doing a task moved the rest (-before +after):\n%s", diff)
	}
}

func TestSettings(t *testing.T) {
	for name, c := range map[string]struct {
		date, zone string
		minutes    int
		field      string
	}{
		"fine":            {"2026-04-20", "Europe/Berlin", 45, ""},
		"today":           {"2026-03-23", "UTC", 45, ""},
		"today, there":    {"2026-03-24", "Pacific/Kiritimati", 45, ""}, // where it is the day after already
		"gone, there":     {"2026-03-23", "Pacific/Kiritimati", 45, "date"},
		"no date":         {"soon", "UTC", 45, "date"},
		"no such day":     {"2026-02-30", "UTC", 45, "date"},
		"gone":            {"2026-03-22", "UTC", 45, "date"},
		"far":             {"2028-03-22", "UTC", 45, "date"},
		"few minutes":     {"2026-04-20", "UTC", 9, "minutes_a_day"},
		"many minutes":    {"2026-04-20", "UTC", 481, "minutes_a_day"},
		"no zone":         {"2026-04-20", "", 45, "time_zone"},
		"not a zone":      {"2026-04-20", "Berlin", 45, "time_zone"},
		"out of the tree": {"2026-04-20", "../../etc/passwd", 45, "time_zone"},
		"the server's":    {"2026-04-20", "Local", 45, "time_zone"},
	} {
		s, err := progress.NewSettings(c.date, c.minutes, c.zone, now, nil)
		if field := fieldOf(err); field != c.field {
			t.Errorf("%s: %v, want a complaint about %q", name, err, c.field)
		}
		if err == nil && s.Date.String() != c.date {
			t.Errorf("%s: %s became %s", name, c.date, s.Date)
		}
	}
	old := settings(t, now.AddDate(0, 0, -10), 30, 45, "UTC")
	moved, err := progress.NewSettings("2026-04-30", 30, "UTC", now, &old)
	if err != nil || moved.Begun != old.Begun {
		t.Errorf("a plan that is moved begins anew: %v, %v", moved, err)
	}
	past := settings(t, now.AddDate(0, 0, -40), 30, 45, "UTC")
	if again, err := progress.NewSettings("2026-04-30", 30, "UTC", now, &past); err != nil || again.Begun.String() != "2026-03-23" {
		t.Errorf("after the interview a plan begins anew: %v, %v", again, err)
	}
}

func fieldOf(err error) string {
	if err == nil {
		return ""
	}
	return interview.AsError(err).Field
}

func FuzzSettings(f *testing.F) {
	f.Add("2026-04-20", 45, "Europe/Berlin")
	f.Add("9999-12-31", -1, "\x00")
	f.Add("", 0, "")
	f.Fuzz(func(t *testing.T, date string, minutes int, zone string) {
		s, err := progress.NewSettings(date, minutes, zone, now, nil)
		if err != nil {
			if e := interview.AsError(err); e.Code != interview.CodeInvalid || e.Field == "" {
				t.Fatalf("not a refusal with a field: %v", err)
			}
			return
		}
		if s.Minutes < progress.MinMinutes || s.Minutes > progress.MaxMinutes || s.Date < s.Begun {
			t.Fatalf("taken: %+v", s)
		}
	})
}

// TestIntervals: no card waits longer than half the days left, and Again comes back within a day.
func TestIntervals(t *testing.T) {
	p := flagship(t)
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 4))
		days := 1 + r.IntN(60)
		s := settings(t, now, days, 45, zones[r.IntN(len(zones))])
		when, err := time.ParseInLocation(time.DateOnly, s.Date.String(), s.Place())
		if err != nil {
			t.Fatal(err)
		}
		var h progress.History
		at := now
		for at.Before(when) {
			rating := progress.Rating(1 + r.IntN(4))
			h.Looks = append(h.Looks, progress.Look{Card: "card-01", Rating: rating, At: at})
			cards := progress.Cards(h, p, &s)
			c := cards[slices.IndexFunc(cards, func(c progress.Card) bool { return c.ID == "card-01" })]
			wait := c.Due.Sub(at)
			if wait <= 0 || wait > when.Sub(at)/2 {
				t.Fatalf("seed %d: %s of waiting with %s left", seed, wait, when.Sub(at))
			}
			if rating == progress.Again && wait > 24*time.Hour || wait > 14*24*time.Hour {
				t.Fatalf("seed %d: %s after %s", seed, wait, rating)
			}
			at = c.Due.Add(time.Duration(r.IntN(3)) * 24 * time.Hour)
		}
	}
	// Without a date the ladder is all there is.
	var h progress.History
	at := now
	for _, want := range []int{1, 3, 7, 14, 14} {
		h.Looks = append(h.Looks, progress.Look{Card: "card-01", Rating: progress.Good, At: at})
		cards := progress.Cards(h, p, nil)
		c := cards[slices.IndexFunc(cards, func(c progress.Card) bool { return c.ID == "card-01" })]
		if got := c.Due.Sub(at); got != time.Duration(want)*24*time.Hour {
			t.Errorf("%d looks: %s, want %d days", len(h.Looks), got, want)
		}
		at = *c.Due
	}
}

// TestThreeExposures: whoever looks at what is due every day has met every principle three times.
func TestThreeExposures(t *testing.T) {
	p := flagship(t)
	for _, c := range []struct{ days, minutes int }{{10, 30}, {14, 45}, {28, 30}, {60, 20}} {
		s := settings(t, now, c.days, c.minutes, "America/New_York")
		var h progress.History
		for k := range c.days {
			at := noon(now, k, "America/New_York")
			due := progress.Due(h, p, &s, at)
			for i, card := range due.Cards {
				if card.Front == "" || len(card.Back) == 0 || card.Why == "" {
					t.Fatalf("a card that says nothing: %+v", card)
				}
				h.Looks = append(h.Looks, progress.Look{Card: card.ID, Rating: progress.Good, At: at.Add(time.Duration(i) * time.Second)})
			}
			if again := progress.Due(h, p, &s, at.Add(time.Hour)); len(again.Cards) > 0 && k < c.days-2 {
				t.Fatalf("%d days: after the list of day %d another %d cards, the first %+v", c.days, k, len(again.Cards), again.Cards[0])
			}
		}
		for _, row := range criterion(t, h, "stories", progress.Options{Pack: p, Now: noon(now, c.days, "UTC")}).Rows {
			if row.Exposures < 3 {
				t.Errorf("%d days of %d minutes: %s was met %d times", c.days, c.minutes, row.Name, row.Exposures)
			}
		}
	}
}

func TestRatings(t *testing.T) {
	first := func(b1, b2, b4 int) *progress.Story {
		return &progress.Story{B: map[string]int{"B1": b1, "B2": b2, "B4": b4}}
	}
	probed := first(3, 4, 3)
	probed.After = map[string]int{"B1": 4, "B2": 4, "B4": 4}
	late := first(3, 3, 3)
	late.After = map[string]int{"B1": 4, "B2": 4, "B4": 4}
	for name, c := range map[string]struct {
		s    *progress.Story
		j    *progress.Judged
		want progress.Rating
	}{
		"no story":                           {&progress.Story{}, nil, progress.Again},
		"one below 3":                        {first(4, 2, 5), nil, progress.Again},
		"all at 3":                           {first(3, 3, 4), nil, progress.Hard},
		"all at 4, one of them unprompted":   {probed, nil, progress.Good},
		"all at 4, none unprompted":          {late, nil, progress.Hard},
		"all at 4 unprompted":                {first(4, 5, 4), nil, progress.Easy},
		"judged below 3":                     {first(4, 5, 4), &progress.Judged{B: map[string]int{"B3": 2}}, progress.Again},
		"judged well, which may be prompted": {first(4, 5, 4), &progress.Judged{B: map[string]int{"B3": 4, "B5": 4, "B6": 4, "B7": 4}}, progress.Easy},
	} {
		if got, ok := progress.RateStory(c.s, c.j); !ok || got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if _, ok := progress.RateStory(nil, nil); ok {
		t.Error("nothing measured has a rating")
	}
	for raw, want := range map[string]progress.Rating{`"again"`: progress.Again, `"easy"`: progress.Easy, `3`: progress.Good, `0`: 0, `5`: 0, `"fine"`: 0, `null`: 0, `{}`: 0} {
		var r progress.Rating
		if err := json.Unmarshal([]byte(raw), &r); (err == nil) != (want != 0) || err == nil && r != want {
			t.Errorf("%s became %s, %v", raw, r, err)
		}
	}
}

func TestWhatNext(t *testing.T) {
	p := flagship(t)
	s := settings(t, now, 20, 60, "UTC")
	weak := story(1, p.Principles[2].ID, ago(80))
	weak.Story.B["B4"] = 2
	late := threat(3, ago(2))
	late.Threats.Treated = 1
	for name, c := range map[string]struct {
		h    progress.History
		s    *progress.Settings
		want string // what is suggested first
		why  string // in its reason or evidence
	}{
		"nothing sat":         {progress.History{}, nil, "screen", "not answered anything"},
		"a plan":              {of(threat(1, ago(100))), &s, "exercise", "today's plan"},
		"a gap two hours old": {of(late), &s, "exercise", "mitigation"},
		"evidence lapsing":    {of(threat(1, ago(239)), threat(2, ago(180)), threat(3, ago(120))), nil, "exercise", "expires"},
		"a check due":         {of(threat(1, ago(150)), threat(2, ago(80))), nil, "exercise", "unseen"},
	} {
		got := progress.NextUp(c.h, progress.Options{Pack: p, Now: now}, c.s)
		said := got.Now.Why
		for _, e := range got.Now.Evidence {
			said += " " + e.Text
		}
		if c.want == "exercise" && got.Now.What == "plan" {
			got.Now.What = "exercise"
		}
		if got.Now.What != c.want && got.Now.What != "cards" || !strings.Contains(said, c.why) {
			t.Errorf("%s: %s (%s): %s", name, got.Now.What, got.Now.Title, said)
		}
		if len(got.Alternatives) != 2 {
			t.Errorf("%s: %d alternatives", name, len(got.Alternatives))
		}
		for _, x := range append(got.Alternatives, got.Now) {
			if x.Title == "" || x.Why == "" || x.Minutes <= 0 || len(x.Evidence) == 0 || x.Evidence[0].Text == "" {
				t.Errorf("%s: a suggestion without title, reason, minutes or evidence: %+v", name, x)
			}
		}
	}
	found := false
	got := progress.NextUp(of(weak), progress.Options{Pack: p, Now: now}, nil)
	for _, x := range append(got.Alternatives, got.Now) {
		found = found || x.What == "story" && x.Start.Principle == p.Principles[2].ID && strings.Contains(x.Evidence[0].Text, "B4 2")
	}
	if !found {
		t.Errorf("the weak story is not among them: %+v", got)
	}
}

// year is a year of daily practice: 500 sessions, of them 200 stories, and a look at three cards a day.
func year(p *interview.Pack) progress.History {
	var h progress.History
	for i := range 500 {
		at := ago(float64(500-i) * 17.5)
		switch i % 5 {
		case 0, 1:
			a := story(i%48, p.Principles[i%len(p.Principles)].ID, at)
			a.Session = fmt.Sprintf("s%d", i)
			for w := range 60 {
				a.Story.Words = append(a.Story.Words, uint32(i%20*1000+w))
			}
			h.Attempts = append(h.Attempts, a)
		case 2:
			h.Attempts = append(h.Attempts, threat(i%9, at))
		case 3:
			h.Attempts = append(h.Attempts, snippet(i%24, []string{"java", "python", "javascript"}[i%3], at))
		default:
			h.Attempts = append(h.Attempts, explain(i%8, []string{"counsel", "finance"}[i%2], at))
		}
	}
	var ids []string
	for _, c := range progress.Cards(progress.History{}, p, nil) {
		ids = append(ids, c.ID)
	}
	for i := range 1100 {
		h.Looks = append(h.Looks, progress.Look{Card: ids[i%len(ids)], Rating: progress.Rating(1 + i%4), At: ago(float64(1100-i) * 8)})
	}
	return h
}

func BenchmarkProgress(b *testing.B) {
	p := flagship(b)
	h := year(p)
	for b.Loop() {
		progress.Criteria(h, progress.Options{Pack: p, Now: now})
	}
}

func BenchmarkPlan(b *testing.B) {
	p := flagship(b)
	h := year(p)
	s := settings(b, now, 28, 45, "Europe/Berlin")
	for b.Loop() {
		progress.Make(h, p, s, now)
	}
}

func BenchmarkNext(b *testing.B) {
	p := flagship(b)
	h := year(p)
	s := settings(b, now, 28, 45, "Europe/Berlin")
	for b.Loop() {
		progress.NextUp(h, progress.Options{Pack: p, Now: now}, &s)
	}
}

func BenchmarkDue(b *testing.B) {
	p := flagship(b)
	h := year(p)
	s := settings(b, now, 28, 45, "Europe/Berlin")
	for b.Loop() {
		progress.Due(h, p, &s, now)
	}
}

// TestOwnMinutes: whoever takes longer is given longer, within a day's minutes.
func TestOwnMinutes(t *testing.T) {
	p := flagship(t)
	s := settings(t, now, 20, 60, "UTC")
	first := func(h progress.History) int {
		t.Helper()
		plan := progress.Make(h, p, s, now)
		if err := rules(p, plan, h); err != nil {
			t.Fatal(err)
		}
		for _, d := range plan.Days {
			for _, task := range d.Tasks {
				if task.What == "code-review" {
					return task.Minutes
				}
			}
		}
		t.Fatal("no code review is planned")
		return 0
	}
	usual := first(progress.History{})
	var h progress.History
	for i, wall := range []float64{22, 26, 400, 24} {
		a := snippet(i, "java", ago(100+float64(i)))
		a.Mode, a.Wall = interview.ModeCoached, wall
		h.Attempts = append(h.Attempts, a)
		if got := first(h); i < 2 && got != usual {
			t.Errorf("after %d attempts a review takes %d minutes, and usually %d", i+1, got, usual)
		}
	}
	if got := first(h); got <= usual || got > 2*usual+1 {
		t.Errorf("who takes 25 minutes is given %d; usually it is %d", got, usual)
	}
}
