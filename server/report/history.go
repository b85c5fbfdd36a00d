package report

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/probing"
	"rehearse/server/progress"
	"rehearse/server/reading"
)

// MeasureVersion changes when Attempts measures something else in the same log, so that what was kept is measured again.
const MeasureVersion = "4"

// Attempts are the items of a session as a history holds them, each with what code measured. Of a session that is open
// only what was seen is told, and nothing is measured. A session of another pack has none: its items are not known here.
func Attempts(st interview.State, p *interview.Pack) []progress.Attempt {
	var out []progress.Attempt
	if st.Session.Pack.ID != p.ID {
		return nil
	}
	for i := range st.Blocks {
		b := &st.Blocks[i]
		item := p.Items[b.Item]
		if item == nil || copied(&st, b) {
			continue
		}
		a := attempt(&st, b, item, p)
		if st.Session.Part != "" { // a part is no telling
			a.Complete = false
		} else if st.Closed && a.Answered {
			measureAttempt(&a, &st, b, item, p)
		}
		out = append(out, a)
	}
	return out
}

// copied reports whether a fork has a block whole from the session it came from, where it counts already.
func copied(st *interview.State, b *interview.Block) bool {
	return st.Session.Fork != nil && !slices.ContainsFunc(b.Turns, func(n int) bool { return n >= st.Session.Fork.Turn })
}

func attempt(st *interview.State, b *interview.Block, item *interview.Item, p *interview.Pack) progress.Attempt {
	end, at := b.EndS, b.EndedAt
	if !b.Closed {
		end, at = st.InterviewS, st.Last
	}
	a := progress.Attempt{Session: st.ID, Block: b.Block, Format: st.Session.Format, Mode: st.Session.Mode, Item: b.Item, Kind: item.Kind, Title: item.Title, Audience: b.Audience,
		Begun: b.StartedAt, At: at, Planned: b.Minutes, Minutes: round((end - b.StartS) / 60), Wall: round(b.WallS(st, at) / 60),
		Seen: Origin(*st) != ""}
	if i := slices.IndexFunc(b.Turns, func(n int) bool { return st.Turn(n).Push != nil }); i >= 0 { // the review is over when the first repair is shown
		t := st.Turn(b.Turns[i])
		a.Minutes, a.Wall = round((t.AskedS-b.StartS)/60), round(b.WallS(st, t.AskedAt)/60)
		if phase := st.Session.Plan.Phase(b); phase != nil && len(phase.Steps) > 0 {
			a.Planned = phase.Steps[0].Minutes
		}
	}
	if item.Assets.Code != nil {
		a.Language = item.Assets.Code.Language
	}
	if item.Assets.Scan != nil {
		a.Shows = item.Assets.Scan.Snippets
	}
	if r := p.Rubrics[b.Item]; r != nil {
		a.Principles = r.Principles
	}
	mains, answered := 0, 0
	for _, n := range b.Turns {
		t := st.Turn(n)
		if a.Wording == "" && t.Main {
			a.Wording = t.Wording
			if a.Wording == "" {
				a.Wording = t.Text
			}
		}
		a.Answered = a.Answered || t.Answered
		if t.Main {
			mains++
			if t.Done() {
				answered++
			}
		}
	}
	a.Complete = st.Closed && b.Closed && a.Answered && (st.Why == "complete" || b.Block < len(st.Blocks) || mains == answered && mains >= steps(st, b))
	return a
}

// steps is how many main questions the plan has for a block.
func steps(st *interview.State, b *interview.Block) int {
	phase := st.Session.Plan.Phase(b)
	if phase == nil {
		return 1
	}
	return max(1, len(phase.Steps))
}

// measureAttempt fills in what code measures, and what a model judged.
func measureAttempt(a *progress.Attempt, st *interview.State, b *interview.Block, item *interview.Item, p *interview.Pack) {
	a.Judged, a.Missed, a.Self, a.Calls = judged(b), missed(st, b, p), ratedBy(st, b), callsOf(st, b, p)
	rubric := p.Rubrics[b.Item]
	if item.Kind == interview.KindBehavioural {
		a.Story = storyOf(st, b, rubric, p)
		return
	}
	if rubric == nil || item.Kind == interview.KindWarmUp {
		return
	}
	var found Block
	technical(&found, *st, b, item, rubric)
	a.Points = &progress.Points{}
	for _, pt := range found.Points {
		a.Points.All += pt.Weight
		if pt.After {
			a.Points.Found += pt.Weight
		}
		if pt.Must {
			a.Points.Must += pt.Weight
			if pt.After {
				a.Points.MustFound += pt.Weight
			}
		}
	}
	switch item.Kind {
	case interview.KindThreatModel:
		a.Threats = threatsOf(st, b, item, rubric)
		for _, bound := range found.Boundaries {
			a.Threats.Boundaries++
			if bound.Named {
				a.Threats.Named++
			}
		}
	case interview.KindCodeReview:
		hits := grading.Review(st, b, rubric)
		a.Review = &progress.Review{Findings: []progress.Finding{}, FalseAlarm: hits.FalseAlarms}
		for i, f := range rubric.Findings {
			h := hits.Findings[i]
			a.Review.Findings = append(a.Review.Findings, progress.Finding{Severity: f.Severity, Found: h.Said, Exploit: h.Exploit, Fix: h.Fix})
		}
	case interview.KindScripting:
		a.Script = scriptOf(st, b, rubric)
	case interview.KindBriefing:
		if e := grading.Measure(st, b, p); e != nil && e.Briefing != nil {
			a.Brief = &progress.Brief{Level: e.Briefing.Level, Jargon: len(e.Briefing.Jargon), AskAt: e.Briefing.AskAt, Facts: len(e.Briefing.Held), Invented: len(e.Briefing.Invented)}
			for _, f := range e.Briefing.Held {
				if f.State == grading.FactKept {
					a.Brief.Kept++
				}
			}
			if l := heeded(b); l != nil {
				a.Brief.Listener, a.Brief.Asked = l.Right, l.Asked
			}
		}
	}
}

// judged is the newest grade that a model made.
func judged(b *interview.Block) *progress.Judged {
	for _, o := range slices.Backward(b.Grades) {
		var g grading.Grade
		if o.Failed != "" || json.Unmarshal(o.Grade, &g) != nil || !g.Graded || g.Judge == nil {
			continue
		}
		out := &progress.Judged{Model: g.Model, Score: g.Score, B: map[string]int{}}
		for d, v := range g.Dimensions {
			if v != nil {
				out.B[d] = *v
			}
		}
		return out
	}
	return nil
}

// openingRunes is how much of a story's first sentence is kept to know it by.
const openingRunes = 120

// keptWords is how many of a story's telling words are kept, those with the smallest hashes: the same ones are then kept
// of every telling.
const keptWords = 48

// storyOf measures the first answer to a question about the past, and what the whole block came to. Nil when the
// question itself was not answered.
func storyOf(st *interview.State, b *interview.Block, rubric *interview.Rubric, p *interview.Pack) *progress.Story {
	k := slices.IndexFunc(b.Turns, func(n int) bool { return st.Turn(n).Answered })
	if k < 0 {
		return nil
	}
	first := st.Turn(b.Turns[k])
	observable := rubric != nil && slices.ContainsFunc(p.Principles, func(pr interview.Principle) bool {
		return pr.Observable && slices.Contains(rubric.Principles, pr.ID)
	})
	r := reading.Read(reading.Input{Question: first.Text, Text: first.Answer, Kind: interview.KindBehavioural, Reach: p.Reaches(st.Session.Level), Names: p.PrincipleNames(), Observable: observable})
	s := &progress.Story{Told: r.ResponseType == reading.Story && first.Main, Minutes: round(r.SpokenMinutes), Figures: len(r.Quantities), Observable: observable,
		Before: r.Backed.Before, Outcome: !slices.Contains(r.Codes, "Q09"), I: r.Ownership.I, We: r.Ownership.We}
	if len(first.Spoken) > 0 {
		s.Minutes = round(first.SpokenS() / 60) // by the timer, which is better evidence than words
	}
	after := slices.ContainsFunc(r.Quantities, func(q reading.Quantity) bool { return q.Role == reading.RoleAfter })
	s.Before = s.Before || after && slices.ContainsFunc(r.Quantities, func(q reading.Quantity) bool { return q.Role == reading.RoleBaseline })
	for _, m := range r.Missing { // a part is missing when no sentence is it and it would be asked for
		if slices.Contains(r.Codes, asksFor[m]) || asksFor[m] == "" {
			s.Missing = append(s.Missing, string(m))
		}
	}
	grade := grading.Grader{}.Block(context.Background(), st, b, p) // by form alone: the same for every log, with or without a model
	if grade.Status == grading.StatusGraded {
		s.B, s.After = dimensionsOf(grade.Before), dimensionsOf(grade.Decisions)
	}
	if len(r.Sentences) > 0 {
		s.Opening = cut(first.Answer[r.Sentences[0].Start:r.Sentences[0].End], openingRunes)
	}
	for _, w := range reading.Telling(first.Answer) {
		h := fnv.New32a()
		_, _ = h.Write([]byte(w)) // never fails
		s.Words = append(s.Words, h.Sum32())
	}
	slices.Sort(s.Words)
	s.Words = s.Words[:min(len(s.Words), keptWords)]
	return s
}

// asksFor are the follow-ups that ask for a part of a story.
var asksFor = map[reading.Part]string{reading.Situation: "Q02", reading.Task: "Q03", reading.Action: "Q04", reading.Result: "Q09"}

func dimensionsOf(ds []grading.Decision) map[string]int {
	out := map[string]int{}
	for _, d := range ds {
		out[d.Dimension] = d.Value
	}
	return out
}

func cut(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// saved are the rows of a kind that a block has, as they were saved last.
func saved[T any](st *interview.State, b *interview.Block, kind string) []T {
	for _, n := range slices.Backward(b.Turns) {
		for _, art := range st.Turn(n).Artifacts {
			if art.Kind != kind || len(art.Rows) == 0 {
				continue
			}
			var out []T
			for _, raw := range art.Rows {
				var row T
				if json.Unmarshal(raw, &row) == nil { // rows were checked when they were saved
					out = append(out, row)
				}
			}
			return out
		}
	}
	return nil
}

// The most places of a ranking that count, how many of the authors' places they are held against, and how many words a
// reason, a mitigation or what stays has at the least.
const (
	rankPlaces  = 3
	keyPlaces   = 5
	reasonWords = 4
	cellWords   = 2
)

var (
	reasonCue   = regexp.MustCompile(`(?i)\b(?:because|since|as (?:it|they|this|that)|needs? (?:no|only|nothing)|due to|so that|which means|every|anyone|all|certain|worst|reach\w*)\b`)
	residualCue = regexp.MustCompile(`(?i)\b(?:what (?:is|stays|remains)|is left|left over|residual|remains?|stays?|still|accept\w*|cannot (?:stop|prevent)|does(?: not|n't) (?:stop|cover|help))\b`)
)

// threatsOf measures the ranking of a threat model, what is done about its first places, and the sums.
func threatsOf(st *interview.State, b *interview.Block, item *interview.Item, rubric *interview.Rubric) *progress.Threats {
	out := &progress.Threats{}
	threats := saved[interview.ThreatRow](st, b, "threats")
	ranked := saved[interview.RankingRow](st, b, "ranking")
	out.RankingGiven = len(ranked) > 0
	key := keyPoints(rubric)
	var ranking, treating []string
	given := []string{item.Context}
	for _, n := range b.Turns {
		t := st.Turn(n)
		given = append(given, t.Text)
		for _, c := range t.Clarified {
			given = append(given, c.Text)
		}
		switch {
		case strings.HasPrefix(t.Step, "rank"), strings.HasPrefix(t.Step, "top"):
			ranking = append(ranking, t.Answer)
		case strings.HasPrefix(t.Step, "mitigat"):
			treating = append(treating, t.Answer)
		}
	}
	if item.Assets.Diagram != nil {
		given = append(given, item.Assets.Diagram.TextTwin)
	}
	if out.RankingGiven {
		rankedRows(out, ranked, threats, key)
	} else {
		rankedProse(out, strings.Join(ranking, "\n\n"), rubric, key)
	}
	prose := strings.Join(treating, "\n\n")
	if out.Treated < rankPlaces { // what was said and not written into the table
		out.Treated = min(rankPlaces, out.Treated+residuals(prose))
	}
	for _, n := range b.Turns {
		out.Sums += sums(st.Turn(n).Answer, given)
	}
	return out
}

// keyPoints are the points of the authors' first places.
func keyPoints(rubric *interview.Rubric) []interview.Point {
	var out []interview.Point
	for _, r := range rubric.Ranking[:min(len(rubric.Ranking), keyPlaces)] {
		for _, p := range rubric.Points {
			if p.ID == r.ID {
				out = append(out, p)
			}
		}
	}
	return out
}

// rankedRows reads a ranking that was written as rows. A row stands for the threat it names.
func rankedRows(out *progress.Threats, ranked []interview.RankingRow, threats []interview.ThreatRow, key []interview.Point) {
	taken := map[string]bool{}
	for _, r := range ranked[:min(len(ranked), rankPlaces)] {
		text := r.ID + ". " + r.Reason
		if interview.CountWords(r.Reason) >= reasonWords {
			out.Ranked++
		}
		if t := threatOf(r.ID, threats); t != nil {
			text += ". " + strings.Join([]string{t.Source, t.Prerequisite, t.Action, t.Impact, t.Asset, t.Component}, ". ")
			if interview.CountWords(t.Mitigation) >= cellWords && interview.CountWords(t.Residual) >= cellWords {
				out.Treated++
			}
		}
		for _, p := range key {
			if !taken[p.ID] && len(probing.Said(text, p)) > 0 {
				taken[p.ID] = true
				out.TopFive++
				break
			}
		}
	}
}

var digits = regexp.MustCompile(`\d+`)

// threatOf is the row of threats that a place of a ranking names: by its number, or by at least half of its words.
func threatOf(id string, threats []interview.ThreatRow) *interview.ThreatRow {
	words := reading.Telling(id)
	if d := digits.FindString(id); d != "" && interview.CountWords(id) <= 2 {
		if n, err := strconv.Atoi(d); err == nil && n >= 1 && n <= len(threats) {
			return &threats[n-1]
		}
	}
	best, most := -1, 0
	for i, t := range threats {
		own := reading.Telling(strings.Join([]string{t.Source, t.Prerequisite, t.Action, t.Impact, t.Asset, t.Component}, ". "))
		n := 0
		for _, w := range words {
			if slices.Contains(own, w) {
				n++
			}
		}
		if n > most {
			best, most = i, n
		}
	}
	if best < 0 || most*2 < len(words) {
		return nil
	}
	return &threats[best]
}

// rankedProse reads a ranking that was said: its first three threats in the order in which they come.
func rankedProse(out *progress.Threats, text string, rubric *interview.Rubric, key []interview.Point) {
	type place struct {
		at  int
		key bool
	}
	var found []place
	for _, p := range rubric.Points {
		if spans := probing.Said(text, p); len(spans) > 0 {
			found = append(found, place{spans[0].Start, slices.ContainsFunc(key, func(k interview.Point) bool { return k.ID == p.ID })})
		}
	}
	slices.SortFunc(found, func(a, b place) int { return a.at - b.at })
	sentences := reading.Sentences(text)
	for _, f := range found[:min(len(found), rankPlaces)] {
		if f.key {
			out.TopFive++
		}
		k := slices.IndexFunc(sentences, func(s reading.Span) bool { return f.at < s.End })
		if k < 0 {
			continue
		}
		end := sentences[min(k+1, len(sentences)-1)].End
		if reasonCue.MatchString(text[sentences[k].Start:end]) {
			out.Ranked++
		}
	}
}

// residuals counts the sentences that say what stays after something was done.
func residuals(text string) int {
	n := 0
	for _, s := range reading.Sentences(text) {
		if residualCue.MatchString(text[s.Start:s.End]) {
			n++
		}
	}
	return n
}

var fence = regexp.MustCompile("(?s)```[^\n]*\n(.*?)```")

// scriptOf compares what was handed in with the outputs of a task: outputs as such, an answer as a whole, and what stands in
// its fences.
func scriptOf(st *interview.State, b *interview.Block, rubric *interview.Rubric) *progress.Script {
	out := &progress.Script{}
	sums := map[string]bool{}
	for _, n := range b.Turns {
		answer := st.Turn(n).Answer
		sums[interview.OutputSHA256(answer)] = true
		for _, m := range fence.FindAllStringSubmatch(answer, -1) {
			sums[interview.OutputSHA256(m[1])] = true
		}
	}
	for _, o := range st.OutputsOf(b.Block) {
		sums[o.SHA256] = true
	}
	if e := rubric.Expected; e != nil {
		out.Digests, out.Base = true, sums[e.SHA256]
	}
	for _, t := range rubric.Twists {
		if t.Expected != nil {
			out.Twists++
			if sums[t.Expected.SHA256] {
				out.Twist++
			}
		}
	}
	return out
}
