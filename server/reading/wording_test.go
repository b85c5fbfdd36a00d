package reading

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWordingsFindWhatTheirExpressionsFind holds the quick search against the plain expression on every
// labelled sentence.
func TestWordingsFindWhatTheirExpressionsFind(t *testing.T) {
	all := map[string]*wording{"alternative": alternativeForm, "cost": costForm, "opposition": oppositionForm, "failure": failureForm, "reflection": reflectForm, "customer": customerForm,
		"strict customer": strictCustomer, "provenance": provenanceForm, "how": howForm, "stakes": stakesForm, "duty": dutyForm, "change": changeForm, "before": beforeForm, "result": resultForm,
		"scale": scaleForm, "window": windowForm, "time": timeForm}
	files, err := filepath.Glob("testdata/corpus-*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatal("no corpus", err)
	}
	matches := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for low := range strings.SplitSeq(strings.ToLower(string(raw)), ". ") {
			for name, w := range all {
				want := w.re.FindAllStringIndex(low, -1)
				matches += len(want)
				if diff := cmp.Diff(want, w.FindAllStringIndex(low, -1)); diff != "" {
					t.Fatalf("%s in %q (-expression +wording):\n%s", name, low, diff)
				}
			}
		}
	}
	if matches < 1000 {
		t.Errorf("only %d matches were compared", matches)
	}
}
