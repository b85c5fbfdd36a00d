package report_test

import (
	"strings"
	"testing"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/report"
)

// sitting is a closed session of one answered block.
func sitting(kind interview.Kind, item, answer string) interview.State {
	t := interview.Turn{QuestionAsked: interview.QuestionAsked{Turn: 1, Block: 1, Main: true, Text: "Tell me."}, Answered: true, Answer: answer, Words: interview.CountWords(answer)}
	return interview.State{Closed: true, Turns: []interview.Turn{t}, Blocks: []interview.Block{{BlockStarted: interview.BlockStarted{Block: 1, Item: item, Kind: string(kind)}, Turns: []int{1}, Closed: true}}}
}

// TestAgainstOwnNotes: figures that the candidate's own notes give otherwise, and points that stand there and were not
// said, are named with their place; what agrees, what is about something else and what was said is not.
func TestAgainstOwnNotes(t *testing.T) {
	p := packtest.Flagship(t)
	const story = "In March invoices leaked between shoppers because the gateway cached a personal page. I found the cache key by comparing two responses, purged the cache and wrote a rule that refuses personal pages. Leaks went down to 240 invoices a day from 900 invoices, counted in the gateway log."
	passage := func(text string, line int) report.Notes {
		return func(string) []interview.Passage {
			return []interview.Passage{{Path: "stories/cache.md", Title: "The cache", StartLine: line, Text: text}}
		}
	}
	for _, tt := range []struct {
		name  string
		notes report.Notes
		want  string
	}{
		{"another figure", passage("The gateway cached a personal page, so shoppers saw strangers' invoices.\nI compared responses and purged the cache.\nAfter the rule: leaks of 212 invoices a day, before 900 invoices, by the gateway log.", 12),
			"You said “240” (turn 1). Your notes say “After the rule: leaks of 212 invoices a day, before 900 invoices, by the gateway log.” (stories/cache.md, line 14)."},
		{"the same figure", passage("The gateway cached a personal page. Leaks went to 240 invoices a day from 900 invoices.", 1), ""},
		{"another story", passage("At the museum 30 invoices were paid twice when the printer broke down on a Sunday in the rain.", 1), ""},
		{"no notes", nil, ""},
	} {
		st := sitting(interview.KindBehavioural, "beh-01", story)
		r := report.Build(st, p, nil)
		r.Against(st, p, tt.notes)
		var got []string
		for _, o := range r.Own {
			got = append(got, o.Path)
		}
		md := r.Markdown()
		if tt.want == "" && (len(got) > 0 || strings.Contains(md, "own notes")) || tt.want != "" && !strings.Contains(md, tt.want) {
			_, tail, _ := strings.Cut(md, "## Numbers")
			t.Errorf("%s: %+v\n%s", tt.name, r.Own, tail)
		}
	}

	st := sitting(interview.KindThreatModel, "tm-file-upload", "I would look at who may upload and at the size of files, and then at the cookies.")
	r := report.Build(st, p, nil)
	r.Against(st, p, passage("# File upload\nMind archive bombs.\nA crafted image may give remote code execution in the converter.", 3))
	if len(r.Own) != 2 || r.Own[0].Kind != report.OwnLeftOut || r.Own[0].Line != 5 || !strings.Contains(r.Own[0].Notes, "remote code execution") || r.Own[1].Line != 4 {
		t.Errorf("two points of the notes that were not said: %+v", r.Own)
	}
	st = sitting(interview.KindThreatModel, "tm-file-upload", "A crafted image gives remote code execution in the converter.")
	r = report.Build(st, p, nil)
	r.Against(st, p, passage("A crafted image may give remote code execution in the converter.", 3))
	if len(r.Own) != 0 {
		t.Errorf("a point that was said: %+v", r.Own)
	}
}

// TestCite: a change of an exercise names the passage of the study notes that tells of it, and none that is merely near.
func TestCite(t *testing.T) {
	const about = "Whoever reaches the load balancer without the CDN skips every rule and limit that lives at the edge"
	for _, tt := range []struct {
		name, text string
		cited      bool
	}{
		{"tells of it", "Where rules live.\nRules and limits at the edge help only while nobody reaches the load balancer without passing the CDN.", true},
		{"is merely near", "A load balancer spreads requests.\nUse health checks.", false},
	} {
		r := report.Report{Blocks: []report.Block{{Block: 1, Kind: string(interview.KindThreatModel)}, {Block: 2, Kind: string(interview.KindBehavioural)}},
			Gains: []report.Gain{{Block: 1, About: about}, {Block: 2, About: about}}}
		r.Cite(func(string) []interview.Passage {
			return []interview.Passage{{Path: "pack/amazon-appsec/1-threat-modeling/notes.md", Heading: "Edges", StartLine: 40, EndLine: 44, Text: tt.text}}
		})
		if got := r.Gains[0].Read; (got != nil) != tt.cited || got != nil && (got.StartLine != 40 || got.Heading != "Edges" || !strings.Contains(got.Text, "Rules and limits")) {
			t.Errorf("a passage that %s: %+v", tt.name, got)
		}
		if r.Gains[1].Read != nil {
			t.Errorf("a story was sent to the notes: %+v", r.Gains[1].Read)
		}
	}
}
