package pack_test

import (
	"strings"
	"testing"

	"rehearse/server/pack"
)

// TestEachKindIsHeldToItsRules breaks one rule of one kind at a time.
func TestEachKindIsHeldToItsRules(t *testing.T) {
	const (
		design   = "1-design/sd-departure-boards/"
		review   = "2-code-review/cr-py-seat-holds/"
		triage   = "2-code-review/tr-seat-holds/"
		script   = "3-automation/sc-slow-routes/"
		ranking  = "4-incidents/rk-follow-ups/"
		chain    = "4-incidents/ch-empty-pool/"
		briefing = "6-explaining/br-launch-date/"
		service  = "7-cards/card-load-balancer-checks/"
		about    = "7-cards/card-principle-toil/"
		warmUp   = "8-plans/wu-monday/"
		plan     = "8-plans/bp-afternoon/"
	)
	for _, b := range []breakage{
		{"a design with too few requirements", design + "item.yaml", without("  - {id: q-age", "facts:"), "requirements: there are 1"},
		{"a design without a twist", design + "rubric.yaml", without("twists:", "decisive:"), "twists: a design has exactly one, this has 0"},
		{"a decision that nothing depends on", design + "rubric.yaml", swap("points: [p-domains]", "points: []"), "decisions.d-domains.points: names no must-point"},
		{"a decision on a topic of its own", design + "rubric.yaml", swap("topic: data", "topic: colour"), "\"colour\" is not one of the pack's design topics"},
		{"a decision with one way to go", design + "rubric.yaml", without("      - {text: All in one night", "    points: [p-change]"), "decisions.d-change.options: there are 1"},
		{"a switch on lines that are not there", review + "rubric.yaml", swap("lines: [61, 65]\n    vulnerable", "lines: [61, 650]\n    vulnerable"), "switches.w-confirm.lines"},
		{"two switches on one line", review + "rubric.yaml", swap("id: w-hold\n    lines: [36, 39]", "id: w-hold\n    lines: [36, 47]"), "shares line 47 with switch \"w-key\""},
		{"a switch of no finding", review + "rubric.yaml", swap("findings: [v-timeout]", "findings: [v-nothing]"), "there is no finding \"v-nothing\""},
		{"a severity nobody knows", review + "rubric.yaml", swap("severity: medium", "severity: annoying"), "\"annoying\" is not one of"},
		{"an alert without a key", triage + "rubric.yaml", without("  - id: A5", "strong_sample:"), "alerts: says nothing about \"A5\""},
		{"a key without an alert", triage + "rubric.yaml", swap("- id: A5", "- id: A9"), "alerts.A9: there is no such alert"},
		{"an alert outside the snippet", triage + "alerts.sarif", swap("\"startLine\": 57", "\"startLine\": 570"), "lines 570 to 570 are not in"},
		{"an alert in another file", triage + "alerts.sarif", swap("\"uri\": \"seat_holds.py\"", "\"uri\": \"other.py\""), "points into \"other.py\""},
		{"an alert at another place than its finding", triage + "rubric.yaml", swap("finding: v-timeout", "finding: v-fares"), "\"v-fares\" is in lines 26 to 32"},
		{"alerts that are all true", triage + "rubric.yaml", func(s string) string { return strings.ReplaceAll(s, "true_positive: false", "true_positive: true") }, "are all of one kind"},
		{"SARIF of another age", triage + "alerts.sarif", swap(`"version": "2.1.0"`, `"version": "1.0.0"`), "one run of SARIF 2.1.0 is wanted"},
		{"SARIF that is none", triage + "alerts.sarif", func(string) string { return "[" }, "is not JSON as SARIF wants it"},
		{"a twist that changes nothing", script + "rubric.yaml", func(s string) string {
			_, rest, _ := strings.Cut(s, "sha256: ")
			sum := rest[:64]
			i := strings.LastIndex(s, "sha256: ")
			return s[:i] + "sha256: " + sum + s[i+len("sha256: ")+64:]
		}, "is the same as that of expected, so the twist changes nothing"},
		{"a hidden file that is handed out", script + "item.yaml", swap("{file: access.log", "{file: expected.txt"), "expected.txt is used by assets.files too"},
		{"a role nobody knows", script + "item.yaml", swap("role: input", "role: output"), "\"output\" is not one of"},
		{"a file outside the item", script + "item.yaml", swap("file: access.log", "file: ../access.log"), "has to be the name of a file beside the item"},
		{"no solution", script + "rubric.yaml", without("solution:", "twists:"), "solution: is missing"},
		{"a ranking in the order shown", ranking + "rubric.yaml", func(s string) string {
			head, rest, _ := strings.Cut(s, "ranking:\n")
			_, tail, _ := strings.Cut(rest, "points:\n")
			key := ""
			for _, id := range []string{"dashboard", "staged", "renew", "restore", "second-cloud", "training"} {
				key += "  - {id: " + id + ", reason: a reason}\n"
			}
			return head + "ranking:\n" + key + "points:\n" + tail
		}, "ranking: is the order in which the options are shown"},
		{"an option nobody ranked", ranking + "item.yaml", swap("id: training", "id: course"), "ranking: says nothing about the option \"course\""},
		{"a reason that is empty", ranking + "rubric.yaml", swap("Five months against something that did not happen. Neither outage came from the provider.", ""), "ranking.second-cloud.reason: is empty"},
		{"a policy that is not JSON", chain + "pool.json", func(s string) string { return s + "}" }, "options.e-pool: a policy has to be JSON"},
		{"a trace that is none", chain + "item.yaml", swap("POST /checkout HTTP/1.1", "A customer pays."), "options.e-refused: an HTTP trace begins"},
		{"a piece that is nowhere", chain + "rubric.yaml", without("unrelated:", "points:"), "says nothing about the option \"e-mail\""},
		{"an audience nobody wrote", briefing + "item.yaml", swap("[launch-director, support-lead]", "[launch-director, the-queen]"), "there is no audience \"the-queen\""},
		{"a decision without doing nothing", briefing + "rubric.yaml", swap(", nothing: true", ""), "of which 0 do nothing"},
		{"two questions for the listener", briefing + "rubric.yaml", without("  - {id: c-price", "questions:"), "comprehension: holds 2 questions"},
		{"nobody who objects", briefing + "rubric.yaml", func(s string) string { return strings.ReplaceAll(s, "objection: true, ", "") }, "has 0 objections"},
		{"a service card without its trade-off", service + "rubric.yaml", swap("id: trade-off", "id: price"), "a service card has a point \"trade-off\""},
		{"a principle card that hides its principle", about + "item.yaml", swap("The principle is End the Toil.", "You know the principle."), "does not name the principle"},
		{"a card of no kind", about + "item.yaml", swap("card: principle", "card: postcard"), "\"postcard\" is not concept, service or principle"},
		{"two worst issues", warmUp + "rubric.yaml", swap("severity: medium", "severity: high"), "2 are high; exactly one has to be the worst"},
		{"a card that is not there", warmUp + "item.yaml", swap("card-retry-storm", "card-of-another-pack"), "there is no card \"card-of-another-pack\""},
		{"points where nothing is scored", warmUp + "rubric.yaml", swap("findings:", "points: [{id: x, weight: 100}]\nfindings:"), "an item of kind warm-up is not scored"},
		{"a key of another kind", warmUp + "item.yaml", swap("warm_up:", "requirements: [{id: a, text: b}]\nwarm_up:"), "requirements: means something in an item of kind secure-design only"},
		{"a plan with an item nobody wrote", plan + "rubric.yaml", swap("sd-departure-boards", "sd-nothing"), "there is no item \"sd-nothing\""},
		{"a plan that promises a principle and does not ask", plan + "rubric.yaml", swap("[learn-without-blame]", "[end-the-toil]"), "no item of this round is about \"end-the-toil\""},
		{"a plan for no format", plan + "item.yaml", swap("format: loop", "format: quiz"), "\"quiz\" is not one of"},
		{"a plan that does not fit its format", plan + "item.yaml", swap("format: loop", "format: code-review"), "\"code-review\" is not one of"},
		{"an interviewer with two rounds", plan + "rubric.yaml", swap("persona: manager", "persona: drill"), "\"drill\" has a round already"},
		{"a listener without fears", "audiences.yaml", without("  fears:\n    - Announcing", "  decides:"), "launch-director: has to say what this person knows and what they fear"},
		{"a draw of no principle", "pack.yaml", swap("default_level: mid", "default_level: mid\ndraws: {story-drill: [charm]}"), "draws.story-drill: \"charm\" is not a principle"},
	} {
		t.Run(b.name, func(t *testing.T) {
			files, formats := copied(t, "site-reliability")
			b.apply(t, files)
			_, err := pack.Load(files, formats)
			if err == nil || !strings.Contains(err.Error(), b.want) {
				t.Errorf("not reported %q in:\n%v", b.want, err)
			}
		})
	}
}

// TestCarriageReturnsAndLongFiles are read as the same text, and refused.
func TestCarriageReturnsAndLongFiles(t *testing.T) {
	const file = "3-automation/sc-slow-routes/expected.txt"
	files, formats := copied(t, "site-reliability")
	files[file].Data = []byte(strings.ReplaceAll(string(files[file].Data), "\n", "\r\n"))
	if _, err := pack.Load(files, formats); err != nil {
		t.Errorf("line ends of another system: %v", err)
	}
	files[file].Data = make([]byte, pack.MaxFile+1)
	if _, err := pack.Load(files, formats); err == nil || !strings.Contains(err.Error(), "is larger than") {
		t.Errorf("a file that is too long: %v", err)
	}
	files[file].Data = []byte{0xff, 0xfe, 0}
	if _, err := pack.Load(files, formats); err == nil || !strings.Contains(err.Error(), "is not UTF-8 text") {
		t.Errorf("a file that is no text: %v", err)
	}
}
