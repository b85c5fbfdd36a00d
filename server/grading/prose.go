package grading

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"rehearse/server/interview"
)

// Writer puts a grade into a few sentences. What it writes is pruned to what the grade holds.
type Writer interface {
	Write(ctx context.Context, s interview.Summing) (string, error)
}

// maxProse is how many sentences are kept.
const maxProse = 5

// prose asks for sentences about a grade and keeps those that stand on it. A writer that fails costs
// nothing: the report has its own words for every line of the table.
func (g Grader) prose(ctx context.Context, in Input, out *Grade) {
	if g.Writer == nil || !out.Graded || out.Status != StatusGraded {
		return
	}
	s := table(in, out)
	if len(s.Lines) == 0 {
		return
	}
	text, err := g.Writer.Write(ctx, s)
	if err != nil {
		return
	}
	out.Prose = Prune(text, s)
}

// table is what prose may be written from: the three lowest lines and the best one.
func table(in Input, out *Grade) interview.Summing {
	texts := []string{in.Answer}
	for _, h := range in.History {
		texts = append(texts, h.Answer)
	}
	words := func(quotes []Quote) string {
		if len(quotes) == 0 {
			return ""
		}
		q := quotes[0]
		return strings.Join(strings.Fields(texts[q.Turn][q.Start:q.End]), " ")
	}
	var lines []interview.SummingLine
	ds := slices.Clone(out.Decisions)
	slices.SortStableFunc(ds, func(a, b Decision) int { return a.Value - b.Value })
	for i, d := range ds {
		if i < 3 || i == len(ds)-1 {
			lines = append(lines, interview.SummingLine{About: names[d.Dimension], Why: d.Why, Words: words(d.Quotes)})
		}
	}
	var made *Verdict
	for i := range out.Points {
		v := &out.Points[i]
		if v.Verdict == interview.VerdictYes {
			if made == nil && len(v.Quotes) > 0 {
				made = v
			}
			continue
		}
		if len(lines) < 3 {
			lines = append(lines, interview.SummingLine{About: textOf(in, v), Why: "not made", Words: words(v.Quotes)})
		}
	}
	if made != nil {
		lines = append(lines, interview.SummingLine{About: textOf(in, made), Why: "made", Words: words(made.Quotes)})
	}
	return interview.Summing{Lines: lines}
}

// names of the dimensions, as a sentence calls them.
var names = map[string]string{"B1": "structure", "B2": "ownership", "B3": "depth", "B4": "result", "B5": "the behaviour asked about", "B6": "reach", "B7": "reflection"}

func textOf(in Input, v *Verdict) string {
	for _, p := range in.Points {
		if p.ID == v.ID {
			return p.Text
		}
	}
	return v.Text
}

var (
	figureIn = regexp.MustCompile(`\d[\d.,]*`)
	quoteIn  = regexp.MustCompile(`["“”«»]([^"“”«»]*)["“”«»]`)
	spelled  = regexp.MustCompile(`(?i)\b(?:zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|thousand|million|half|third|quarter|percent|twice|double)\b`)
)

// Prune keeps the sentences of a text whose figures and quotations all stand in the table, at most five.
func Prune(text string, s interview.Summing) string {
	var all strings.Builder
	for _, l := range s.Lines {
		all.WriteString(l.About + " " + l.Why + " " + l.Words + "\n")
	}
	known := strings.ToLower(all.String())
	figures := figureIn.FindAllString(known, -1)
	for i := range figures {
		figures[i] = strings.TrimRight(figures[i], ".,")
	}
	var kept []string
	for _, at := range sentences(clip(text)) {
		sentence := strings.Join(strings.Fields(text[at.start:at.end]), " ")
		ok := len(kept) < maxProse
		for _, f := range figureIn.FindAllString(sentence, -1) {
			ok = ok && slices.Contains(figures, strings.TrimRight(f, ".,"))
		}
		for _, w := range spelled.FindAllString(strings.ToLower(sentence), -1) {
			ok = ok && strings.Contains(known, w)
		}
		quoted := quoteIn.FindAllStringSubmatch(sentence, -1)
		for _, q := range quoted {
			words := strings.ToLower(strings.Trim(strings.Join(strings.Fields(q[1]), " "), ".,;: "))
			ok = ok && words != "" && strings.Contains(known, words)
		}
		if strings.ContainsAny(quoteIn.ReplaceAllString(sentence, ""), "\"“”«»") {
			ok = false // a quotation that does not end
		}
		if ok {
			kept = append(kept, sentence)
		}
	}
	return strings.Join(kept, " ")
}
