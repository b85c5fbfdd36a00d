package reading

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestJargon(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string // term, and ! where it is not explained
	}{
		{"The JWT was never verified, and another JWT neither.", []string{"JWT!", "JWT"}},
		{"A web application firewall (WAF) would not help.", []string{"firewall", "WAF"}},
		{"SSRF, which means that our server fetches for a stranger.", []string{"SSRF"}},
		{"We found stored XSS and two IDORs behind the API gateway.", []string{"stored XSS", "IDORs!", "API gateway"}},
		{"I use the principle of least privilege.", []string{"principle of least privilege"}},
		{"Attackers sat in the network for weeks.", nil},
		{"The token's signature", []string{"token's", "signature"}},
		{"Everything was in vain; the cat sat on the API.", []string{"API!"}},
	} {
		var got []string
		for _, j := range Read(Input{Text: c.text, Plain: true}).Measures.Jargon {
			s := c.text[j.Start:j.End]
			if j.Undefined {
				s += "!"
			}
			if j.Plain == "" {
				t.Errorf("%q has no plain equivalent", s)
			}
			got = append(got, s)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q:\n%s", c.text, diff)
		}
	}
}

func TestTheListOfJargon(t *testing.T) {
	seen, n := map[string]bool{}, 0
	for line := range strings.SplitSeq(strings.TrimSpace(jargonRows), "\n") {
		term, plain, ok := strings.Cut(line, "\t")
		switch {
		case !ok || term == "" || plain == "":
			t.Errorf("%q is no term with an equivalent", line)
		case seen[strings.ToLower(term)]:
			t.Errorf("%q stands twice", term)
		case strings.Contains(strings.ToLower(" "+plain+" "), strings.ToLower(" "+term+" ")):
			t.Errorf("%q explains %q by itself", plain, term)
		}
		seen[strings.ToLower(term)] = true
		n++
	}
	if n < 300 {
		t.Errorf("%d terms, at least 300 are wanted", n)
	}
}

func TestGradeLevel(t *testing.T) {
	plain := Read(Input{Text: "We had a bug. It let one man read what was not his. We shut it in a day.", Plain: true}).Measures
	dense := Read(Input{Text: "The organisation subsequently operationalised comprehensive authorisation methodologies, necessitating considerable cross-functional coordination activities.", Plain: true}).Measures
	if plain.GradeLevel > 4 || dense.GradeLevel < 18 || plain.MeanWords < 4 || plain.MeanWords > 8 {
		t.Errorf("plain %.1f with %.1f words, dense %.1f", plain.GradeLevel, plain.MeanWords, dense.GradeLevel)
	}
}

func TestHedgesAreNoEstimates(t *testing.T) {
	if m := Read(Input{Text: "It took about 40% of the time, roughly two weeks."}).Measures; len(m.Hedges) > 0 {
		t.Errorf("an estimate is no hedge: %v", m.Hedges)
	}
	if m := Read(Input{Text: "I think it was kind of fine, maybe."}).Measures; len(m.Hedges) == 0 {
		t.Error("no hedge was found")
	}
}

func TestRecital(t *testing.T) {
	first := "I pulled a week of rejected requests and compared them one by one with the log of the gateway, until I saw that every one of them came from the same old client."
	same := "I pulled a week of rejected requests and compared them one by one with the log of the gateway, until I saw that each came from an old client."
	other := "One by one I went through what the gateway had refused in that week. They all came from an old client, which nobody had thought of."
	if got := Recital(same, []string{"something else", first}); got < 0.6 {
		t.Errorf("nearly the same words share %.2f", got)
	}
	if got := Recital(other, []string{first}); got > 0.2 {
		t.Errorf("another telling shares %.2f", got)
	}
	if got := Recital("I pulled a week.", []string{first}); got != 0 {
		t.Errorf("four words share %.2f", got)
	}
}
