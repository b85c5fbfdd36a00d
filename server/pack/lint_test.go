package pack_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/pack"
)

// byCode is what code alone gives an answer.
func byCode(p *interview.Pack, it *interview.Item, answer string) float64 {
	g := grading.Grader{}.Grade(context.Background(), grading.Input{Kind: it.Kind, Question: it.Prompt.Main, Answer: answer, Names: p.PrincipleNames()})
	if g.Measured == nil {
		return 0
	}
	return *g.Measured
}

// breakage is one way to break the second pack, and what has to be said of it.
type breakage struct {
	name, file string
	edit       func(string) string // nil: the file is gone
	want       string
}

func swap(old, with string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, with, 1) }
}

// without cuts out what stands from one mark up to another.
func without(from, to string) func(string) string {
	return func(s string) string {
		before, rest, found := strings.Cut(s, from)
		i := strings.Index(rest, to)
		if !found || i < 0 {
			return s
		}
		return before + rest[i:]
	}
}

var breakages = []breakage{
	{"weights", "7-cards/card-retry-storm/rubric.yaml", swap("weight: 40", "weight: 41"), "card-retry-storm/rubric.yaml: points: the weights sum to 101"},
	{"a point without a probe", "3-automation/sc-slow-routes/rubric.yaml", swap("probe_if_missing: How do you convince a colleague that the third column is right?", "probe_if_missing: ''"),
		"sc-slow-routes/rubric.yaml: points.p-check.probe_if_missing: is empty"},
	{"two synonyms", "7-cards/card-principle-toil/rubric.yaml", swap("synonyms: [I replaced it, I removed the step, ", "synonyms: ["), "card-principle-toil/rubric.yaml: points.own.synonyms: has 1 patterns"},
	{"no yes example", "4-incidents/rk-follow-ups/rubric.yaml", swap("yes_example: Certificates first, because nine expire before the peak and the list is in one person's calendar.", "yes_example: ''"),
		"rk-follow-ups/rubric.yaml: points.p-dated.yes_example: is empty"},
	{"no no example", "7-cards/card-retry-storm/rubric.yaml", swap("no_example: The service needs more memory.", "no_example: ''"), "card-retry-storm/rubric.yaml: points.mechanism.no_example: is empty"},
	{"a point in the prompt", "4-incidents/ch-empty-pool/item.yaml", swap("Which piece comes first?", "Does the check make every server depend on one thing, so that all fail together?"),
		"4-incidents/ch-empty-pool/item.yaml: prompt.main: says"},
	{"a synonym in a probe", "7-cards/card-load-balancer-checks/rubric.yaml", swap("probe: A server is alive", "probe: You stop sending traffic. A server is alive"),
		"card-load-balancer-checks/rubric.yaml: if_said.s-readiness.probe: says \"stop sending traffic\", which is a synonym of point controls"},
	{"anchors out of order", "5-working-with-people/st-01/rubric.yaml", strings.NewReplacer("\n  1:\n", "\n  4:\n", "\n  4:\n", "\n  1:\n").Replace,
		"st-01/rubric.yaml: anchors.2: is measured at"},
	{"a short sample", "5-working-with-people/st-01/rubric.yaml", without("For the review I did not start", "What I would do differently"), "st-01/rubric.yaml: strong_sample.mid: has"},
	{"no sources", "8-plans/wu-monday/rubric.yaml", without("sources:", "author:"), "wu-monday/rubric.yaml: sources: there is none"},
	{"a real person", "6-explaining/br-launch-date/item.yaml", swap("The spring sale goes live", "Jeff Bezos says that the spring sale goes live"), "6-explaining/br-launch-date/item.yaml: context: \"Jeff Bezos\" looks like a real person"},
	{"a real employer", "7-cards/card-principle-toil/rubric.yaml", swap("The certificate story. First line", "When I worked at Google I had the certificate story. First line"), "card-principle-toil/rubric.yaml: strong_sample.mid: \"worked at Google\""},
	{"an unknown key", "8-plans/bp-afternoon/item.yaml", swap("section: 8", "section: 8\nmood: good"), "8-plans/bp-afternoon/item.yaml: mood: line "},
	{"a missing file", "2-code-review/tr-seat-holds/alerts.sarif", nil, "2-code-review/tr-seat-holds/item.yaml: assets.scan.file"},
	{"a missing rubric", "1-design/sd-departure-boards/rubric.yaml", nil, "1-design/sd-departure-boards/rubric.yaml: cannot be read"},
	{"the same id twice", "1-design/card-retry-storm/item.yaml", func(string) string { return "id: card-retry-storm\n" }, "id: \"card-retry-storm\" is used by another item too"},
	{"an output that is not the digest's", "3-automation/sc-slow-routes/expected.txt", swap("19", "18"), "sc-slow-routes/rubric.yaml: expected.sha256: is not the digest"},
	{"a switch that has drifted", "2-code-review/cr-py-seat-holds/seat_holds.py", swap(`"passengers": booking.passengers}`, `"passengers": 1}`), "cr-py-seat-holds/rubric.yaml: switches.w-hold.vulnerable: is not what stands"},
	{"a date that is none", "4-incidents/ch-empty-pool/rubric.yaml", swap(`reviewed_on: "2026-11-23"`, "reviewed_on: soon"), "ch-empty-pool/rubric.yaml: reviewed_on"},
	{"a format it cannot run", "pack.yaml", swap("formats: [story-drill,", "formats: [threat-model, story-drill,"), "the pack has no item of kind threat-model;"},
	{"a number as a phrase", "4-incidents/ch-empty-pool/rubric.yaml", swap("synonyms: [trigger, ", "synonyms: [trigger, 443, "), "ch-empty-pool/rubric.yaml: points.synonyms: line 15: 443 is a text here"},
	{"two questions in one", "misconceptions.yaml", swap("What does your average show?", "What does your average show? And why?"), "misconceptions.yaml: mc-average-latency.probe"},
}

func (b breakage) apply(t *testing.T, files fstest.MapFS) {
	t.Helper()
	if b.edit == nil {
		if _, ok := files[b.file]; !ok {
			t.Fatalf("%s: there is no %s", b.name, b.file)
		}
		delete(files, b.file)
		return
	}
	old := ""
	if f, ok := files[b.file]; ok {
		old = string(f.Data)
	}
	changed := b.edit(old)
	if changed == old {
		t.Fatalf("%s: %s has not changed", b.name, b.file)
	}
	files[b.file] = &fstest.MapFile{Data: []byte(changed)}
}

// TestABrokenPackSaysEverything breaks a copy of the second pack in each way alone, and then in all of them at once:
// every one is reported, and no problem hides another.
func TestABrokenPackSaysEverything(t *testing.T) {
	files, formats := copied(t, "site-reliability")
	if _, err := pack.Lint(files, formats, byCode); err != nil {
		t.Fatalf("the unbroken copy: %v", err)
	}
	said := func(t *testing.T, err error, b breakage) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), b.want) {
			t.Errorf("%s: not reported %q in:\n%v", b.name, b.want, err)
		}
	}
	for _, b := range breakages {
		t.Run(b.name, func(t *testing.T) {
			one, _ := copied(t, "site-reliability")
			b.apply(t, one)
			_, err := pack.Lint(one, formats, byCode)
			said(t, err, b)
		})
	}
	for _, b := range breakages {
		b.apply(t, files)
	}
	_, err := pack.Lint(files, formats, byCode)
	for _, b := range breakages {
		said(t, err, b)
	}
}
