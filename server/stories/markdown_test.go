package stories_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rehearse/server/interview"
	"rehearse/server/reading"
	"rehearse/server/stories"
)

var principles = []interview.Principle{{ID: "ownership", Name: "Ownership", Family: "delivery"}, {ID: "earn-trust", Name: "Earn Trust", Family: "people"}, {ID: "dive-deep", Name: "Dive Deep", Family: "judgement"}}

func kept() []stories.Story {
	a := story("s-1", "Signing key: [really] # in the log", "14 pipelines", "- a dash first", "[] brackets", "[situation] is not my part")
	a.Worth = stories.Standout
	a.Principles = []stories.Tag{{Principle: "ownership", Choice: stories.First}, {Principle: "earn-trust"}}
	a.Cues[0].Part = stories.Situation
	b := story("", "Без номера ünd so", "ein Grund: 3,5 Tage")
	b.Principles = []stories.Tag{{Principle: "ownership", Choice: stories.Second}}
	return []stories.Story{a, b}
}

func same(a, b []stories.Story) bool {
	return slices.EqualFunc(a, b, func(x, y stories.Story) bool { return x.ID == y.ID && x.Same(&y) })
}

func TestMarkdownGoesThereAndBack(t *testing.T) {
	text := stories.Markdown(kept())
	got, err := stories.Parse(text, principles)
	if err != nil || !same(got, kept()) {
		t.Fatalf("%v\n%+v\n%s", err, got, text)
	}
	if again := stories.Markdown(got); again != text {
		t.Errorf("another file:\n%s", again)
	}
	for _, broken := range []string{strings.ReplaceAll(text, "\n", "\r\n"), "\ufeff" + text, strings.ReplaceAll(text, "\n", "\n\n")} {
		if got, err := stories.Parse(broken, principles); err != nil || !same(got, kept()) {
			t.Errorf("as an editor may save it: %v %+v", err, got)
		}
	}
}

func TestAFileThatCannotBeReadSaysTheLine(t *testing.T) {
	head := "<!-- rehearse: stories 1 -->\n## A\n"
	for name, c := range map[string]struct {
		text string
		line int
	}{
		"worth":      {head + "Worth: great\n- x\n", 3},
		"principle":  {head + "Principles: nonsense\n- x\n", 3},
		"choice":     {head + "Principles: ownership (third)\n- x\n", 3},
		"twice":      {head + "Principles: ownership, ownership\n- x\n", 3},
		"prose":      {head + "- x\nThen I went on to tell it.\n", 4},
		"long cue":   {head + "- x\n- " + strings.Repeat("word ", 30) + "\n", 4},
		"part":       {head + "- [start] x\n", 3},
		"no bracket": {head + "- [start x\n", 3},
		"no cue":     {head + "Worth: standard\n## B\n- x\n", 2},
		"id":         {head + "Id: ../x\n- x\n", 3},
		"id twice":   {head + "Id: s-1\n- x\n## B\nId: s-1\n- y\n", 6},
		"two firsts": {head + "Principles: ownership (first)\n- x\n## B\nPrinciples: ownership (first)\n- y\n", 5},
		"nothing":    {"<!-- rehearse: stories 1 -->\n", 2},
		"bytes":      {"a\nb\xff\n", 2},
		"empty":      {"", 1},
	} {
		got, err := stories.Parse(c.text, principles)
		if e := interview.AsError(err); err == nil || e.Code != interview.CodeInvalid || !strings.HasPrefix(e.Message, fmt.Sprintf("line %d:", c.line)) || !strings.Contains(e.Message, "nothing was changed") {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := stories.Parse(strings.Repeat("x", stories.MaxMarkdown+1), principles); interview.AsError(err).Code != interview.CodeTooLarge {
		t.Errorf("a file that is too large: %v", err)
	}
}

const notes = `# My stories

## Ownership

### The signing key

**Situation:** In March our signing key was printed in a build log on Jenkins, and 14 pipelines used that one key for every release.

**Action:** I wrote a scanner over 90 days of logs; I called Marta, who had said no twice, and I showed her a rotation that stops no release.

- rotated within 6 hours
- LP: Earn Trust

#### Results

No release stopped, and 0 keys in logs since.

## Invoices

A bakery saw a stranger's invoice. I found 212 downloads across tenants in the access logs and told the 9 customers.
`

func TestNotesOfAnyFormBecomeCues(t *testing.T) {
	got, err := stories.Parse(notes, principles)
	if err != nil || len(got) != 2 {
		t.Fatalf("%v %+v", err, got)
	}
	a, b := got[0], got[1]
	if a.Title != "The signing key" || b.Title != "Invoices" {
		t.Errorf("%q, %q", a.Title, b.Title)
	}
	if !slices.Equal(a.Principles, []stories.Tag{{Principle: "earn-trust"}, {Principle: "ownership"}}) && !slices.Equal(a.Principles, []stories.Tag{{Principle: "ownership"}, {Principle: "earn-trust"}}) {
		t.Errorf("principles %+v", a.Principles)
	}
	parts := map[string]bool{}
	for _, c := range a.Cues {
		parts[c.Part] = true
	}
	if !parts[stories.Situation] || !parts[stories.Action] || !parts[stories.Result] {
		t.Errorf("the parts are lost: %+v", a.Cues)
	}
	for i, figures := range [][]string{{"14", "90", "6", "0"}, {"212", "9"}} {
		for _, f := range figures {
			if !slices.ContainsFunc(got[i].Cues, func(c stories.Cue) bool { return slices.Contains(strings.Fields(c.Text), f) }) {
				t.Errorf("%s is in no cue of %q: %+v", f, got[i].Title, got[i].Cues)
			}
		}
	}
	if one, err := stories.Parse("I fixed 3 doors in 2 days and nobody noticed.", principles); err != nil || len(one) != 1 || one[0].Title != "Untitled story" {
		t.Errorf("notes without a heading: %+v, %v", one, err)
	}
}

// Whatever is read can be written and read again, and figures of notes are all in cues.
func FuzzParse(f *testing.F) {
	f.Add(notes)
	f.Add(stories.Markdown(kept()))
	f.Add("<!-- rehearse: stories 1 -->\n## A\n- [] [x\n")
	f.Add("# A\n- **b**: 3*4*5 `x`\n1. y\n> q\n| a | 5 |\n")
	f.Add("## Situation\nx\n## Result: 5\n")
	f.Add("a " + strings.Repeat("1234567890", 40))
	f.Fuzz(func(t *testing.T, text string) {
		got, err := stories.Parse(text, principles)
		if err != nil {
			if interview.AsError(err).Code == interview.CodeInternal {
				t.Fatalf("no error for a person: %v", err)
			}
			return
		}
		for i := range got {
			if err := got[i].Valid(principles); err != nil {
				t.Fatalf("story %d: %v", i, err)
			}
		}
		out := stories.Markdown(got)
		again, err := stories.Parse(out, principles)
		if err != nil || !same(got, again) {
			t.Fatalf("not the same again: %v\n%s\n%+v\n%+v", err, out, got, again)
		}
	})
}

// Every cue that is drawn stands in the answer, and every figure of the answer stands in a cue.
func FuzzCuesOf(f *testing.F) {
	for _, p := range pairs {
		f.Add(p.answer)
	}
	f.Add("I did 1, 2; 3, and 4. " + strings.Repeat("word ", 40) + "37 handlers")
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "")
		cues := stories.CuesOf(text)
		flat := (stories.Story{Cues: []stories.Cue{{Text: text}}}).Tidy()
		all := ""
		if len(flat.Cues) > 0 {
			all = flat.Cues[0].Text
		}
		for _, c := range cues {
			if !strings.Contains(all, c.Text) {
				t.Fatalf("%q is not in %q", c.Text, all)
			}
			if err := (&stories.Story{Title: "x", Worth: stories.Standard, Cues: []stories.Cue{c}}).Valid(nil); err != nil {
				t.Fatalf("%q: %v", c.Text, err)
			}
		}
		for _, q := range reading.Read(reading.Input{Text: text, Kind: interview.KindBehavioural}).Quantities {
			want := (stories.Story{Cues: []stories.Cue{{Text: text[q.Start:q.End]}}}).Tidy()
			if len(want.Cues) == 0 || len(want.Cues[0].Text) > 60 {
				continue
			}
			num := strings.TrimRight(strings.Fields(want.Cues[0].Text)[0], ".,;:!? ")
			num = strings.TrimLeft(num, "-–—*•,;: ")
			if !slices.ContainsFunc(cues, func(c stories.Cue) bool { return strings.Contains(c.Text, num) }) {
				t.Fatalf("%q is in no cue: %+v", cmp.Or(num, text), cues)
			}
		}
	})
}
