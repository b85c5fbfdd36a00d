package pack

import (
	"testing"
	"testing/fstest"

	"rehearse/server/interview"
)

// FuzzScan reads any text as a scanner's output, and checks what came of it.
func FuzzScan(f *testing.F) {
	f.Add([]byte(`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[{"ruleId":"r","message":{"text":"m"},"properties":{"id":"A1"},
		"locations":[{"physicalLocation":{"artifactLocation":{"uri":"src/a.py"},"region":{"startLine":2}}}]}]}]}`))
	f.Add([]byte(`{"version":"2.1.0","runs":[{"results":[{"locations":[{},{}]},{"locations":[{"physicalLocation":{"region":{"startLine":-1,"endLine":99999999}}}]}]}]}`))
	f.Add([]byte("["))
	f.Fuzz(func(t *testing.T, sarif []byte) {
		p := &interview.Pack{Rubrics: map[string]*interview.Rubric{"t": {}}, Items: map[string]*interview.Item{
			"c": {ID: "c", Kind: interview.KindCodeReview, Assets: interview.Assets{Code: &interview.Code{File: "a.py", Text: "1\n2\n3\n"}}},
			"t": {ID: "t", Kind: interview.KindTriage, Assets: interview.Assets{Scan: &interview.Scan{File: "s.sarif", Snippets: []string{"c"}}}}}}
		l := &loader{fsys: fstest.MapFS{"t/s.sarif": {Data: sarif}}, dirs: map[string]string{"t": "t", "c": "c"}}
		l.scans(p)
		scan := p.Items["t"].Assets.Scan
		if len(l.problems) > 0 && len(scan.Alerts) > 0 {
			t.Errorf("a file with problems gave %d alerts", len(scan.Alerts))
		}
		c := &checker{pack: p}
		c.triage(p.Items["t"], p.Rubrics["t"])
		if len(c.problems) == 0 {
			t.Error("a triage without a key has no problem")
		}
	})
}
