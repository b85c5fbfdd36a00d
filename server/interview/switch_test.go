package interview_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rehearse/server/interview"
)

const snippet = "one\ntwo\nthree\nfour\nfive\nsix\n"

func rubric() *interview.Rubric {
	return &interview.Rubric{
		Findings: []interview.Finding{{ID: "a", Lines: [2]int{2, 3}}, {ID: "b", Lines: [2]int{5, 5}}, {ID: "c", Lines: [2]int{1, 6}}},
		Decoys:   []interview.Decoy{{Lines: [2]int{6, 6}}, {Lines: [2]int{3, 4}}},
		Switches: []interview.Switch{
			{ID: "s", Lines: [2]int{2, 3}, Safe: "TWO\n", Findings: []string{"a"}, WhySafe: "why"},
			{ID: "t", Lines: [2]int{5, 5}, Safe: "FIVE\nand a half\n", Findings: []string{"b"}, WhySafe: "because"},
		}}
}

func TestVary(t *testing.T) {
	for _, tt := range []struct {
		name     string
		safe     []string
		text     string
		findings map[string][2]int
		decoys   [][2]int
	}{
		{"as it lies there", nil, snippet, map[string][2]int{"a": {2, 3}, "b": {5, 5}, "c": {1, 6}}, [][2]int{{6, 6}, {3, 4}}},
		{"one that shrinks", []string{"s"}, "one\nTWO\nfour\nfive\nsix\n", map[string][2]int{"b": {4, 4}, "c": {1, 5}}, [][2]int{{5, 5}, {2, 3}, {2, 2}}},
		{"one that grows", []string{"t"}, "one\ntwo\nthree\nfour\nFIVE\nand a half\nsix\n", map[string][2]int{"a": {2, 3}, "c": {1, 7}}, [][2]int{{7, 7}, {3, 4}, {5, 6}}},
		{"both", []string{"t", "s"}, "one\nTWO\nfour\nFIVE\nand a half\nsix\n", map[string][2]int{"c": {1, 6}}, [][2]int{{6, 6}, {2, 3}, {2, 2}, {4, 5}}},
		{"one that is not there", []string{"x"}, snippet, map[string][2]int{"a": {2, 3}, "b": {5, 5}, "c": {1, 6}}, [][2]int{{6, 6}, {3, 4}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := rubric().Vary(snippet, tt.safe)
			findings, decoys := map[string][2]int{}, [][2]int{}
			for _, f := range v.Findings {
				findings[f.ID] = f.Lines
			}
			for _, d := range v.Decoys {
				decoys = append(decoys, d.Lines)
			}
			if diff := cmp.Diff(tt.text, v.Text) + cmp.Diff(tt.findings, findings) + cmp.Diff(tt.decoys, decoys); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestPush(t *testing.T) {
	got := rubric().Push(snippet, "s", interview.Pushed{Text: "2\n3\n3a\n"})
	if want := "one\n2\n3\n3a\nfour\nfive\nsix\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOutputSHA256(t *testing.T) {
	want := interview.OutputSHA256("a\tb\nc\n")
	for _, same := range []string{"a\tb\r\nc", "a\tb\nc\n\n", "a\tb\nc \t\n"} {
		if interview.OutputSHA256(same) != want {
			t.Errorf("%q counts as another output", same)
		}
	}
	for _, other := range []string{"a b\nc\n", "a\tb \nc\n", "\na\tb\nc\n", ""} {
		if interview.OutputSHA256(other) == want {
			t.Errorf("%q counts as the same output", other)
		}
	}
}

// FuzzVary varies texts with switches at any lines: it never fails, keeps every line nothing was put in the place of,
// and every place it names is in the text when it was before.
func FuzzVary(f *testing.F) {
	f.Add(snippet, 2, 3, "x\ny\n", 5, 5, "")
	f.Add("", 1, 1, "x", 1, 1, "y")
	f.Add("one\n", 0, 9, "", -1, 0, "z")
	f.Fuzz(func(t *testing.T, code string, a, b int, put string, c, d int, other string) {
		r := &interview.Rubric{Findings: []interview.Finding{{ID: "f", Lines: [2]int{c, d}}},
			Switches: []interview.Switch{{ID: "s", Lines: [2]int{a, b}, Safe: put}, {ID: "t", Lines: [2]int{c, d}, Safe: other}}}
		before := strings.Count(strings.TrimSuffix(code, "\n"), "\n") + 1
		v := r.Vary(code, []string{"s"})
		after := strings.Count(strings.TrimSuffix(v.Text, "\n"), "\n") + 1
		if c < 1 || d < c || d > before || len(v.Findings) != 1 || strings.TrimSpace(put) == "" {
			return
		}
		if got := v.Findings[0].Lines; got[0] < 1 || got[1] < got[0] || got[1] > after {
			t.Errorf("lines %d to %d of %d became %v of %d", c, d, before, got, after)
		}
	})
}
