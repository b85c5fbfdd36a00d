package smoke_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// flagshipWords are words of the flagship that must not reach a candidate of another role.
var flagshipWords = regexp.MustCompile(`(?i)\bamazon|\baws\b|application security|leadership principle|bar raiser|\bL[456]\b`)

// TestAnotherRole sits short drills of the second pack to the end, and holds every word that reaches the candidate
// against the words of the flagship.
func TestAnotherRole(t *testing.T) {
	s := start(t, t.TempDir(), "--model", "none", "--pack", "site-reliability")
	clean := func(what string, raw []byte) {
		t.Helper()
		if m := flagshipWords.Find(raw); m != nil {
			t.Errorf("%s holds %q, which belongs to the flagship", what, m)
		}
	}
	status, raw := s.call(t, http.MethodGet, "/formats", nil)
	var offer struct {
		Formats []struct{ ID string }
		Pack    struct {
			ID     string
			Levels []string
		}
	}
	if err := json.Unmarshal(raw, &offer); err != nil || status != http.StatusOK {
		t.Fatalf("formats: %d %s", status, raw)
	}
	clean("/formats", raw)
	if offer.Pack.ID != "site-reliability" || len(offer.Formats) != 7 {
		t.Fatalf("the pack is %q with %d formats", offer.Pack.ID, len(offer.Formats))
	}
	status, raw = s.call(t, http.MethodGet, "/items", nil)
	if status != http.StatusOK || !strings.Contains(string(raw), "cr-py-seat-holds") {
		t.Fatalf("items: %d", status)
	}
	clean("/items", raw)
	for _, f := range offer.Formats {
		t.Run(f.ID, func(t *testing.T) {
			id := s.create(t, map[string]any{"format": f.ID, "mode": "drill", "level": "senior"})
			asked := 0
			for _, fr := range s.sit(t.Context(), t, id, func(int) string { return story }) {
				clean(fr.Type, fr.Data)
				if fr.Type == "question.asked" {
					asked++
				}
			}
			if asked == 0 {
				t.Error("nothing was asked")
			}
			for _, path := range []string{"/report", "/report.md"} {
				status, raw := s.call(t, http.MethodGet, "/sessions/"+id+path, nil)
				if status != http.StatusOK {
					t.Fatalf("%s: %d %s", path, status, raw)
				}
				clean(path, raw)
			}
		})
	}
}
