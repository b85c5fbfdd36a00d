package progress

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"rehearse/server/interview"
)

// The lengths of plans, in days.
const (
	fourWeeks = 28
	// tomorrowDays is the longest time left that is too short for a plan of days.
	tomorrowDays = 1
	// restMinutes is all that the day before the interview holds.
	restMinutes = 10
	// freshDays are the days before the interview in which evidence is fresh on the day itself.
	freshDays   = Day(Fresh / (24 * time.Hour))
	lineMinutes = 2 // one "which story, first line" card, with a breath
)

// Task is one thing to do on a day. What is a word for what it is; Start begins it where a session does. Principles are
// those it is for: a drill does not show them, a card names them.
type Task struct {
	ID         string   `json:"id"`
	What       string   `json:"what"`
	Title      string   `json:"title"`
	Why        string   `json:"why"`
	Minutes    int      `json:"minutes"` // as they pass on the wall
	Start      *Start   `json:"start,omitempty"`
	Principles []string `json:"principles,omitempty"`
	Done       bool     `json:"done,omitempty"`
	// needed tasks stay when another one has to make room.
	needed bool
}

// PlanDay is a day of a plan. Week is 0 before the last four weeks, then 1 to 4: skills, skills, interview, interview.
type PlanDay struct {
	Date    Day    `json:"date"`
	Weekday string `json:"weekday"`
	Week    int    `json:"week"`
	Theme   string `json:"theme"`
	Minutes int    `json:"minutes"`
	Limit   int    `json:"limit_minutes"`
	Tasks   []Task `json:"tasks"`
}

// Gate is what should be there by a day.
type Gate struct {
	Week int    `json:"week"`
	By   Day    `json:"by"`
	Text string `json:"text"`
	Met  bool   `json:"met"`
}

// Cover is how often a principle was met and how often the plan still meets it.
type Cover struct {
	Principle string `json:"principle"`
	Name      string `json:"name"`
	Done      int    `json:"done"`
	Planned   int    `json:"planned"`
}

// Plan is the days until the interview. Form is four-weeks, two-weeks, days, tomorrow, today or past.
type Plan struct {
	Settings
	Form     string    `json:"form"`
	Today    Day       `json:"today"`
	DaysLeft int       `json:"days_left"`
	Missed   int       `json:"days_missed"` // since the plan began; they are not made up for, the rest is spread anew
	Days     []PlanDay `json:"days"`
	Gates    []Gate    `json:"gates"`
	Cover    []Cover   `json:"principles"`
	Notes    []string  `json:"notes"`
}

var themes = []string{"before the plan proper: keep warm", "skills", "skills, unprimed", "interview", "interview, weak list"}

// Make makes the plan as it stands now. It depends on the days of the calendar in the settings' time zone, on what was
// done before today, and on nothing else; what was done today is marked and changes tomorrow's plan.
func Make(h History, p *interview.Pack, s Settings, now time.Time) Plan {
	at := s.Place()
	today := dayOf(now, at)
	out := Plan{Settings: s, Today: today, DaysLeft: int(s.Date - today), Days: []PlanDay{}, Gates: []Gate{}, Notes: []string{}}
	m := newMaker(h, p, s, today, at)
	out.Missed = m.missed
	switch n := out.DaysLeft; {
	case n < 0:
		out.Form, out.DaysLeft = "past", 0
		out.Notes = append(out.Notes, "The day of this plan has passed. Set a new date to plan again.")
	case n == 0:
		out.Form = "today"
		out.Notes = append(out.Notes, "It is today. Nothing is planned: eat, test the equipment, arrive early.")
	case n <= tomorrowDays:
		out.Form = "tomorrow"
		out.Days = []PlanDay{m.tomorrow()}
	default:
		out.Form = form(int(s.Date - max(s.Begun, s.Date-fourWeeks)))
		for d := today; d < s.Date; d++ {
			out.Days = append(out.Days, m.day(d))
		}
		m.repair(out.Days)
		m.refill(out.Days)
		out.Gates = m.gates(out.Days)
	}
	m.finish(&out, h)
	return out
}

func form(span int) string {
	switch {
	case span > 20:
		return "four-weeks"
	case span > 7:
		return "two-weeks"
	}
	return "days"
}

// maker holds what the days of one plan are made from, and what the days so far have used.
type maker struct {
	asked   map[string]bool         // principles that the pack has a question on
	kinds   map[interview.Kind]bool // that the pack has items of
	formats map[string]*interview.Format

	p         *interview.Pack
	s         Settings
	today     Day
	start     Day // the first day of the part that has weeks
	practised int // days with practice from start to yesterday
	missed    int
	cost      map[string]int // of a kind of task, minutes on the wall
	done      map[string]int // exposures of a principle before today
	planned   map[string]int
	last      map[string]Day // the last day a principle is or was met
	weak      map[string]int // the lowest dimension of its newest story, 0 for none
	technical map[interview.Kind]int
	screened  bool // a screen was sat, or stands in the plan
	delivered map[string]bool
	attempted map[interview.Kind]bool // in an exam
	exams     map[interview.Kind]int  // in the last ten days before the interview, sat or planned
	hadScreen bool
}

func newMaker(h History, p *interview.Pack, s Settings, today Day, at *time.Location) *maker {
	m := &maker{p: p, s: s, today: today, cost: map[string]int{}, done: map[string]int{}, planned: map[string]int{}, last: map[string]Day{}, weak: map[string]int{},
		technical: map[interview.Kind]int{}, delivered: map[string]bool{}, attempted: map[interview.Kind]bool{}, exams: map[interview.Kind]int{}}
	m.asked, m.kinds, m.formats = map[string]bool{}, map[interview.Kind]bool{}, map[string]*interview.Format{}
	for _, it := range p.Items {
		if it.Status == "retired" {
			continue
		}
		m.kinds[it.Kind] = true
		if r := p.Rubrics[it.ID]; r != nil && it.Kind == interview.KindBehavioural {
			for _, pr := range r.Principles {
				m.asked[pr] = true
			}
		}
	}
	m.start = max(s.Begun, s.Date-fourWeeks)
	days := map[Day]bool{}
	walls := map[string][]float64{}
	for i := range h.Attempts {
		a := &h.Attempts[i]
		d := dayOf(a.At, at)
		if d >= today || !a.Answered {
			continue
		}
		days[d] = true
		if a.Mode == interview.ModeExam && a.Complete {
			m.attempted[a.Kind] = true
			if d >= s.Date-freshDays {
				m.exams[a.Kind]++
			}
		}
		if a.Kind.Scored() && a.Kind != interview.KindConceptCard {
			m.technical[a.Kind]++
		}
		m.screened = m.screened || a.Format == "phone-screen" || a.Format == "half-screen" || a.Format == "loop"
		if a.Complete && a.Wall > 0 {
			walls[a.Format] = append(walls[a.Format], a.Wall)
		}
		for _, pr := range a.Principles {
			m.delivered[pr] = m.delivered[pr] || a.Complete
			if a.Story != nil {
				m.weak[pr] = lowest(a.Story.B)
			}
		}
	}
	for _, l := range h.looks() {
		d := dayOf(l.At, at)
		if d >= today {
			continue
		}
		days[d] = true
		if _, pr, ok := cutPrinciple(l.Card); ok {
			m.done[pr]++
			m.last[pr] = max(m.last[pr], d)
		}
	}
	for d := m.start; d < today; d++ {
		if days[d] {
			m.practised++
		} else {
			m.missed++
		}
	}
	m.hadScreen = m.screened
	m.costs(walls)
	return m
}

func lowest(b map[string]int) int {
	low := 0
	for _, v := range b {
		if low == 0 || v < low {
			low = v
		}
	}
	return low
}

// usual are the minutes that things take on the wall when they are typed: two to three times as long as spoken.
var usual = map[string]int{"warm-up": 10, "concept-cards": 10, "code-review": 15, "threat-model": 25, "secure-design": 25, "remediation": 20, "triage": 15, "briefing": 12,
	"scripting": 40, "story-drill": 20, "dive-deep": 20, "half-screen": 45, "phone-screen": 90, "loop": 60}

// ownAttempts is from how many attempts on a person's own time counts, and how far it may move the usual one.
const ownAttempts = 3

// costs are the usual minutes, or the middle of a person's own where there are enough of them.
func (m *maker) costs(walls map[string][]float64) {
	for k, v := range usual {
		m.cost[k] = v
		if m.format(k) != nil && len(m.format(k).Rounds[0].Phases) > 1 {
			continue // an attempt is one block of it
		}
		own := walls[k]
		if len(own) < ownAttempts {
			continue
		}
		own = slices.Clone(own[max(0, len(own)-9):])
		slices.Sort(own)
		m.cost[k] = int(min(float64(v)*2, max(float64(v)/2, own[len(own)/2]))) + 1
	}
	m.cost["concept-cards"] = usual["concept-cards"] // an attempt is one card
}

func (m *maker) format(id string) *interview.Format {
	i := slices.IndexFunc(m.p.Formats, func(f interview.Format) bool { return f.ID == id })
	if i < 0 || !m.filled(&m.p.Formats[i]) {
		return nil
	}
	return &m.p.Formats[i]
}

// filled reports whether a pack has an item for every phase of a format.
func (m *maker) filled(f *interview.Format) bool {
	for _, r := range f.Rounds {
		for _, ph := range r.Phases {
			if ph.Kind == interview.PhaseItem && !slices.ContainsFunc(ph.Items, m.holds) {
				return false
			}
		}
	}
	return len(f.Rounds) > 0
}

// week is where a day lies in the part of the plan that has weeks. The position counts the days practised, not those that
// passed: after missed days the weeks go on where the person was, over the days that are left.
func (m *maker) week(d Day) int {
	from := max(m.today, m.start)
	if d < from {
		return 0
	}
	done := m.practised
	total := done + int(m.s.Date-from)
	return 1 + 4*(done+int(d-from))/total
}

// day fills one day, within its minutes.
func (m *maker) day(d Day) PlanDay {
	w := m.week(d)
	out := PlanDay{Date: d, Weekday: d.Weekday().String(), Week: w, Theme: themes[w], Limit: m.s.Minutes, Tasks: []Task{}}
	if d == m.s.Date-1 {
		out.Theme, out.Limit = "rest: a warm-up and nothing else", min(restMinutes, m.s.Minutes)
		m.add(&out, "warm-up", "the day before is for rest")
		return out
	}
	const rounds = 3
	for r := range rounds {
		before := len(out.Tasks)
		for _, slot := range m.slots(w, d, r) {
			m.slot(&out, slot)
		}
		if len(out.Tasks) == before {
			break
		}
	}
	return out
}

// slots are what a day is to hold, the most important first. Round counts how often the day has been filled so far: who
// has more minutes gets more of what the week is for, and no second warm-up.
func (m *maker) slots(week int, d Day, round int) []string {
	wd := d.Weekday()
	weekend := wd == time.Saturday || wd == time.Sunday
	if round > 0 {
		if week >= 3 {
			return []string{"story", "technical"}
		}
		if week == 0 {
			return nil
		}
		return []string{"technical", "story"}
	}
	switch week {
	case 0:
		return []string{"warm-up", "cards", "lines"}
	case 1:
		switch {
		case wd == time.Sunday, m.lastOf(1, d) && !m.screened:
			return []string{"baseline", "mine", "cards"}
		case wd == time.Saturday:
			return []string{"script", "mine"}
		case wd == time.Tuesday, wd == time.Thursday:
			return []string{"threats", "cards", "lines"}
		}
		return []string{"review", "cards", "lines"}
	case 2:
		switch {
		case weekend:
			return map[bool][]string{true: {"script-exam", "story"}, false: {"threats-exam", "story"}}[wd == time.Saturday]
		case wd == time.Wednesday:
			return []string{"story", "remediation", "cards"}
		case wd == time.Tuesday, wd == time.Thursday:
			return []string{"threats", "story", "lines"}
		case wd == time.Friday:
			return []string{"review-exam", "story", "cards"}
		}
		return []string{"review", "lines", "cards"}
	case 3:
		switch {
		case weekend:
			return []string{"screen", "story", "technical"}
		case wd == time.Tuesday, wd == time.Thursday:
			return []string{"dive", "story", "technical-short"}
		}
		return []string{"story", "technical-short", "story"}
	}
	switch {
	case weekend && int(m.s.Date-d) > 2:
		return []string{"loop", "story", "technical"}
	case wd == time.Monday, wd == time.Wednesday:
		return []string{"briefing", "story", "services"}
	}
	return []string{"story", "technical-short", "services", "lines"}
}

// lastOf reports whether a day is the last of its week.
func (m *maker) lastOf(week int, d Day) bool { return m.week(d) == week && m.week(d+1) != week }

// slot adds what a slot asks for in the largest form that fits what is left of the day.
func (m *maker) slot(d *PlanDay, slot string) {
	coached, exam := interview.ModeCoached, interview.ModeExam
	unprimed := coached
	if d.Week >= 3 {
		unprimed = exam
	}
	switch slot {
	case "warm-up":
		m.add(d, "warm-up", "ten minutes to keep warm")
	case "cards":
		m.add(d, "cards", "cards that are due")
	case "services":
		m.add(d, "cards", "services, and what they are misused for")
	case "lines":
		m.lines(d, 3)
	case "review":
		m.exercise(d, interview.KindCodeReview, unprimed)
	case "review-exam":
		m.exercise(d, interview.KindCodeReview, exam)
	case "threats":
		_ = m.exercise(d, interview.KindThreatModel, unprimed) || m.exercise(d, interview.KindCodeReview, unprimed)
	case "threats-exam":
		_ = m.exercise(d, interview.KindThreatModel, exam) || m.exercise(d, interview.KindCodeReview, exam)
	case "script":
		_ = m.exercise(d, interview.KindScripting, coached) || m.exercise(d, interview.KindSecureDesign, coached) || m.exercise(d, interview.KindRemediation, coached)
	case "script-exam":
		_ = m.exercise(d, interview.KindScripting, exam) || m.exercise(d, interview.KindSecureDesign, coached) || m.exercise(d, interview.KindRemediation, coached)
	case "remediation":
		_ = m.exercise(d, interview.KindRemediation, unprimed) || m.exercise(d, interview.KindRanking, unprimed)
	case "briefing":
		m.exercise(d, interview.KindBriefing, exam)
	case "technical", "technical-short":
		m.rotating(d, unprimed, slot == "technical-short")
	case "story":
		m.story(d, unprimed)
	case "dive":
		m.dive(d)
	case "mine":
		m.add(d, "mine", "raw stories to choose from: aim at fourteen in all")
	case "baseline":
		_ = m.screened || m.session(d, "half-screen", coached, "where you stand before the practice") || m.session(d, "phone-screen", coached, "where you stand before the practice")
	case "screen":
		_ = m.session(d, "phone-screen", exam, "the whole hour, as it will be") || m.session(d, "half-screen", exam, "half an hour, as it will be")
	case "loop":
		_ = m.session(d, "loop", exam, "a round of the loop; it goes on where it stopped") || m.session(d, "phone-screen", exam, "the whole hour once more") || m.session(d, "half-screen", exam, "half an hour once more")
	}
}

// put adds a task when it fits and reports whether it did.
func (m *maker) put(d *PlanDay, t Task) bool {
	if t.Minutes > d.Limit-d.Minutes {
		return false
	}
	d.Tasks = append(d.Tasks, t)
	d.Minutes += t.Minutes
	for _, pr := range t.Principles {
		m.planned[pr]++
		m.last[pr] = max(m.last[pr], d.Date)
	}
	return true
}

// add adds one of the tasks that no session is needed for, smaller where less is left.
func (m *maker) add(d *PlanDay, what, why string) {
	if slices.ContainsFunc(d.Tasks, func(t Task) bool { return t.What == what }) {
		return
	}
	t := Task{What: what, Why: why, Minutes: 10}
	switch what {
	case "warm-up":
		t.Title = "Warm-up"
		if f := m.format("warm-up"); f != nil {
			t.Start = &Start{Format: f.ID, Mode: practice(f)}
		} else if f := m.format("concept-cards"); f != nil {
			t.Start = &Start{Format: f.ID, Mode: practice(f)}
		}
	case "cards":
		t.Title = "Cards that are due"
	case "mine":
		t.Title = "Write down stories, two lines each"
	}
	if !m.put(d, t) && what != "mine" {
		t.Minutes = 5
		m.put(d, t)
	}
}

// names of exercises as tasks.
var titles = map[interview.Kind]string{interview.KindThreatModel: "Threat model", interview.KindCodeReview: "Code review", interview.KindScripting: "Script from scratch", interview.KindBriefing: "Explain a risk",
	interview.KindRemediation: "Remediation", interview.KindRanking: "Triage", interview.KindSecureDesign: "Secure design"}

// exercise adds a technical exercise.
func (m *maker) exercise(d *PlanDay, k interview.Kind, mode interview.Mode) bool {
	f := m.formatFor(k, mode)
	if f == nil {
		return false
	}
	cost, ok := m.cost[f.ID]
	if !ok {
		cost = int(f.Minutes*1.3) + 1
	}
	why := "the skill of this week"
	if mode == interview.ModeExam {
		why = "evidence: an unseen one, as it will be"
	}
	if !m.put(d, Task{What: string(k), Title: titles[k], Why: why, Minutes: cost, Start: &Start{Format: f.ID, Mode: mode}}) {
		return false
	}
	m.technical[k]++
	if mode == interview.ModeExam && d.Date >= m.s.Date-freshDays {
		m.exams[k]++
	}
	return true
}

// rotation are the exercises that take turns, with how often one is to come against the others.
var rotation = []struct {
	kind interview.Kind
	per  int
}{{interview.KindCodeReview, 2}, {interview.KindThreatModel, 2}, {interview.KindBriefing, 1}, {interview.KindScripting, 1}, {interview.KindRemediation, 1}, {interview.KindRanking, 1}, {interview.KindSecureDesign, 1}}

// rotating adds the exercise that is behind the others, or the next that fits. A short one keeps warm.
func (m *maker) rotating(d *PlanDay, mode interview.Mode, quick bool) {
	order := slices.Clone(rotation)
	slices.SortStableFunc(order, func(a, b struct {
		kind interview.Kind
		per  int
	}) int {
		return cmp.Compare(m.technical[a.kind]*b.per, m.technical[b.kind]*a.per)
	})
	if mode == interview.ModeExam { // what the criteria ask for comes first, the furthest behind before the others
		slices.SortStableFunc(order, func(a, b struct {
			kind interview.Kind
			per  int
		}) int {
			return cmp.Compare(m.behind(a.kind), m.behind(b.kind))
		})
	}
	const quickMinutes = 25
	for _, o := range order {
		if f := m.formatFor(o.kind, mode); f == nil || quick && m.cost[f.ID] > quickMinutes {
			continue
		}
		if slices.ContainsFunc(d.Tasks, func(t Task) bool { return t.What == string(o.kind) }) {
			continue
		}
		if m.exercise(d, o.kind, mode) {
			return
		}
	}
}

// behind is the share of the checks of a kind that the last ten days before the interview hold, those that are planned and
// those that were sat; 1 and more for kinds that no criterion asks for.
func (m *maker) behind(k interview.Kind) float64 {
	for _, c := range criteria {
		if c.kind == k {
			return float64(m.exams[k]) / float64(c.want)
		}
	}
	return 1
}

// pick are the principles to be met next, the most urgent first: met least, then weakest, then longest ago, and never two
// of a family in a row where that can be helped.
func (m *maker) pick(d *PlanDay, n int) []string {
	type row struct {
		id, family string
		key        [4]int
	}
	var rows []row
	for i, pr := range m.p.Principles {
		met := m.done[pr.ID] + m.planned[pr.ID]
		weak := m.weak[pr.ID]
		if weak == 0 {
			weak = 3
		}
		busy := btoi(slices.ContainsFunc(d.Tasks, func(t Task) bool { return slices.Contains(t.Principles, pr.ID) }))
		rows = append(rows, row{pr.ID, pr.Family, [4]int{busy, min(met, wantExposures) * 10, weak, int(m.last[pr.ID])*100 + i}})
	}
	slices.SortFunc(rows, func(a, b row) int { return slices.Compare(a.key[:], b.key[:]) })
	var out []string
	family := ""
	for len(out) < n && len(rows) > 0 {
		k := slices.IndexFunc(rows, func(r row) bool {
			return r.family != family && r.key[0] == rows[0].key[0] && r.key[1] == rows[0].key[1]
		})
		k = max(k, 0)
		out, family = append(out, rows[k].id), rows[k].family
		rows = slices.Delete(rows, k, k+1)
	}
	return out
}

// story adds a delivery of one principle, in full or in 90 seconds.
func (m *maker) story(d *PlanDay, mode interview.Mode) {
	which := m.pick(d, 1)
	f := m.formatFor(interview.KindBehavioural, mode)
	if len(which) == 0 {
		return
	}
	why := m.why(which[0])
	if f != nil && m.asks(which[0]) {
		if m.put(d, Task{What: "story", Title: "Story drill", Why: why, Minutes: m.cost["story-drill"], Start: &Start{Format: f.ID, Mode: mode, Principle: which[0]}, Principles: which}) {
			m.delivered[which[0]] = true
			return
		}
	}
	m.put(d, Task{What: "short", Title: "A story in 90 seconds, aloud: " + m.name(which[0]), Why: why, Minutes: 4, Principles: which})
}

// dive adds ten follow-ups into one story.
func (m *maker) dive(d *PlanDay) {
	which := m.pick(d, 1)
	f := m.format("dive-deep")
	if f == nil || len(which) == 0 || !m.asks(which[0]) {
		m.story(d, interview.ModeCoached)
		return
	}
	if m.put(d, Task{What: "dive", Title: "Dive deep", Why: m.why(which[0]), Minutes: m.cost["dive-deep"], Start: &Start{Format: f.ID, Mode: practice(f), Principle: which[0]}, Principles: which}) {
		m.delivered[which[0]] = true
		return
	}
	m.story(d, interview.ModeCoached)
}

// asks reports whether the pack has a question on a principle.
func (m *maker) asks(principle string) bool { return m.asked[principle] }

// holds reports whether the pack has an item of a kind.
func (m *maker) holds(k interview.Kind) bool { return m.kinds[k] }

// formatFor is the single exercise for a kind in a mode; nil when there is none.
func (m *maker) formatFor(k interview.Kind, mode interview.Mode) *interview.Format {
	if !m.kinds[k] {
		return nil
	}
	key := string(k) + "/" + string(mode)
	f, known := m.formats[key]
	if !known {
		f = formatFor(m.p, k, mode)
		m.formats[key] = f
	}
	return f
}

func (m *maker) why(principle string) string {
	met := m.done[principle] + m.planned[principle]
	switch {
	case met < wantExposures:
		return fmt.Sprintf("its principle was met %s so far; three are wanted", interview.Counted(met, "%d time", "%d times"))
	case m.weak[principle] > 0 && m.weak[principle] < barDimension:
		return "its newest story had a dimension below 3"
	}
	return "a second choice, or other words"
}

func (m *maker) name(principle string) string {
	for _, pr := range m.p.Principles {
		if pr.ID == principle {
			return pr.Name
		}
	}
	return principle
}

// lines adds cards that name principles and ask for the story and its first line.
func (m *maker) lines(d *PlanDay, n int) {
	if n = min(n, (d.Limit-d.Minutes)/lineMinutes); n <= 0 {
		return
	}
	m.linesFor(d, m.pick(d, n), false)
}

// linesFor adds principles to the day's line cards.
func (m *maker) linesFor(d *PlanDay, which []string, needed bool) {
	if len(which) == 0 || len(which)*lineMinutes > d.Limit-d.Minutes {
		return
	}
	k := slices.IndexFunc(d.Tasks, func(t Task) bool { return t.What == "lines" })
	if k < 0 {
		d.Tasks = append(d.Tasks, Task{What: "lines", Title: "Which story, and its first line", Why: "each principle is met three times before the interview"})
		k = len(d.Tasks) - 1
	}
	t := &d.Tasks[k]
	t.needed = t.needed || needed
	for _, pr := range which {
		t.Principles = append(t.Principles, pr)
		t.Minutes += lineMinutes
		d.Minutes += lineMinutes
		m.planned[pr]++
		m.last[pr] = max(m.last[pr], d.Date)
	}
}

// session adds a whole screen or a round of a loop.
func (m *maker) session(d *PlanDay, format string, mode interview.Mode, why string) bool {
	f := m.format(format)
	if f == nil || !slices.Contains(f.Modes, mode) {
		return false
	}
	if !m.put(d, Task{What: format, Title: f.Title, Why: why, Minutes: m.cost[format], Start: &Start{Format: f.ID, Mode: mode}}) {
		return false
	}
	m.screened = true
	return true
}

// repair sees to it that every principle is met: once wherever the minutes of all days hold it, three times where that
// takes no more than half of them. Spare minutes are taken first, then those of the least important task.
func (m *maker) repair(days []PlanDay) {
	total := 0
	for _, d := range days {
		total += min(d.Limit/lineMinutes, len(m.p.Principles)) // none twice a day
	}
	for want := 1; want <= wantExposures; want++ {
		for _, pr := range m.p.Principles {
			if m.done[pr.ID]+m.planned[pr.ID] >= want {
				continue
			}
			lacking := 0
			for _, q := range m.p.Principles {
				lacking += max(0, want-m.done[q.ID])
			}
			if m.spare(days, pr.ID) || want > 1 && lacking*2 > total {
				continue
			}
			m.force(days, pr.ID)
		}
	}
}

// has reports whether a day meets a principle already.
func (d *PlanDay) has(principle string) bool {
	return slices.ContainsFunc(d.Tasks, func(t Task) bool { return slices.Contains(t.Principles, principle) })
}

// spare adds a line card where minutes are free, on the day with the fewest of them.
func (m *maker) spare(days []PlanDay, principle string) bool {
	best, most := -1, 0
	for i := range days {
		d := &days[i]
		if free := d.Limit - d.Minutes; free >= lineMinutes && free > most && !d.has(principle) {
			best, most = i, free
		}
	}
	if best < 0 {
		return false
	}
	m.linesFor(&days[best], []string{principle}, true)
	return true
}

// cheap are the tasks that make room before the others.
var cheap = []string{"cards", "mine", "warm-up"}

// force makes room for a line card: a task that nobody needs goes. One of the cheap ones goes before an exercise, an
// exercise before what meets a principle, a later day's before an earlier one's, and the day before the interview is left
// alone while there are others. Whoever lost a meeting is met by a line card instead.
func (m *maker) force(days []PlanDay, principle string) {
	fits := []func(Task) bool{
		func(t Task) bool { return slices.Contains(cheap, t.What) },
		func(t Task) bool { return len(t.Principles) == 0 },
		func(Task) bool { return true },
	}
	order := make([]*PlanDay, 0, len(days))
	for i := range slices.Backward(days[:len(days)-1]) {
		order = append(order, &days[i])
	}
	order = append(order, &days[len(days)-1])
	for _, fit := range fits {
		for _, d := range order {
			if d.has(principle) {
				continue
			}
			for k := len(d.Tasks) - 1; k >= 0; k-- {
				t := d.Tasks[k]
				if t.needed || t.What == "lines" || !fit(t) || t.Minutes+d.Limit-d.Minutes < lineMinutes*(len(t.Principles)+1) {
					continue
				}
				d.Tasks = slices.Delete(d.Tasks, k, k+1)
				d.Minutes -= t.Minutes
				for _, pr := range t.Principles {
					m.planned[pr]--
				}
				m.linesFor(d, append([]string{principle}, t.Principles...), true)
				return
			}
		}
	}
}

// refill gives minutes that a repair left over to what the week is for.
func (m *maker) refill(days []PlanDay) {
	for i := range days[:len(days)-1] {
		d := &days[i]
		if d.Week == 0 {
			continue
		}
		for _, slot := range []string{"technical", "cards"} {
			m.slot(d, slot)
		}
	}
}

// tomorrow is the three-hour plan for the last day, cut to the minutes there are: what helps most comes first.
func (m *maker) tomorrow() PlanDay {
	d := PlanDay{Date: m.today, Weekday: m.today.Weekday().String(), Week: 4, Theme: "tomorrow it is", Limit: m.s.Minutes, Tasks: []Task{}}
	all := len(m.p.Principles)
	if n := min(all, d.Limit/lineMinutes); n > 0 {
		m.linesFor(&d, m.pick(&d, n), true)
	}
	m.put(&d, Task{What: "equipment", Title: "Check camera, sound, power, the link and the time zone", Why: "nothing of it can be repaired tomorrow", Minutes: 5})
	m.put(&d, Task{What: "ask", Title: "Write down two questions to ask, each about their work", Why: "both halves of the hour end with them", Minutes: 5})
	for range 3 {
		which := m.pick(&d, 1)
		if len(which) > 0 {
			m.put(&d, Task{What: "short", Title: "One of your best stories aloud, once: " + m.name(which[0]), Why: "bullet cues, not word for word", Minutes: 8, Principles: which})
		}
	}
	m.exercise(&d, interview.KindThreatModel, interview.ModeCoached)
	m.exercise(&d, interview.KindBriefing, interview.ModeCoached)
	m.exercise(&d, interview.KindCodeReview, interview.ModeCoached)
	m.put(&d, Task{What: "format", Title: "Read how the hour is divided", Why: "so that no part comes as a surprise", Minutes: 5})
	m.add(&d, "cards", "what was not known the last time")
	return d
}

// gates are what should be there at the end of each week.
func (m *maker) gates(days []PlanDay) []Gate {
	ends := map[int]Day{}
	for _, d := range days {
		ends[d.Week] = d.Date
	}
	tried := true
	for _, k := range []interview.Kind{interview.KindThreatModel, interview.KindCodeReview, interview.KindScripting} {
		tried = tried && (m.attempted[k] || m.formatFor(k, interview.ModeExam) == nil)
	}
	all := true
	for _, pr := range m.p.Principles {
		all = all && m.done[pr.ID] > 0
	}
	var out []Gate
	for w, g := range []Gate{
		{Text: "A first report to compare with: a short screen, coached.", Met: m.hadScreen},
		{Text: "Threat model, code review and script tried once in exam mode.", Met: tried},
		{Text: "Every principle met once.", Met: all},
		{Text: "The five criteria, and each principle's story: see progress."},
	} {
		if by, ok := ends[w+1]; ok {
			g.Week, g.By = w+1, by
			out = append(out, g)
		}
	}
	return out
}

// finish numbers the tasks, marks what was done today, and says what did not fit.
func (m *maker) finish(out *Plan, h History) {
	sat, looked, lines := map[string]int{}, 0, map[string]bool{}
	at := m.s.Place()
	sessions := map[string]bool{}
	for i := range h.Attempts {
		a := &h.Attempts[i]
		if a.Complete && dayOf(a.At, at) == m.today && !sessions[a.Session] {
			sessions[a.Session] = true
			sat[a.Format]++
		}
	}
	for _, l := range h.Looks {
		if dayOf(l.At, at) != m.today {
			continue
		}
		looked++
		if deck, pr, ok := cutPrinciple(l.Card); ok {
			lines[pr] = lines[pr] || deck == DeckLine
		}
	}
	for i := range out.Days {
		d := &out.Days[i]
		for k := range d.Tasks {
			t := &d.Tasks[k]
			t.ID = fmt.Sprintf("%s/%d", d.Date, k+1)
			if d.Date != m.today {
				continue
			}
			switch {
			case t.Start != nil && sat[t.Start.Format] > 0:
				sat[t.Start.Format]--
				t.Done = true
			case t.What == "cards":
				t.Done = looked >= t.Minutes // about a minute a card
			case t.What == "lines":
				t.Done = !slices.ContainsFunc(t.Principles, func(pr string) bool { return !lines[pr] })
			}
		}
	}
	never := 0
	for _, pr := range m.p.Principles {
		c := Cover{Principle: pr.ID, Name: pr.Name, Done: m.done[pr.ID], Planned: m.planned[pr.ID]}
		out.Cover = append(out.Cover, c)
		never += btoi(c.Done+c.Planned == 0)
	}
	if len(out.Days) > 0 && never > 0 {
		out.Notes = append(out.Notes, interview.Counted(never, "%d principle does not fit into the minutes that are left; more minutes a day would hold it.", "%d principles do not fit into the minutes that are left; more minutes a day would hold them."))
	}
	if out.Missed > 0 && len(out.Days) > 0 {
		out.Notes = append(out.Notes, interview.Counted(out.Missed, "%d day without practice is not made up for: the days left were planned anew.", "%d days without practice are not made up for: the days left were planned anew."))
	}
	if len(out.Days) > 1 && m.s.Minutes < usual["half-screen"] && m.format("half-screen") != nil {
		out.Notes = append(out.Notes, fmt.Sprintf("A half screen takes about %d minutes and does not fit into a day of %d. One longer day is worth it.", m.cost["half-screen"], m.s.Minutes))
	}
}

// cutPrinciple splits the id of a principle's card.
func cutPrinciple(card string) (deck, principle string, ok bool) { return strings.Cut(card, ":") }
