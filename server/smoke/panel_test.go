package smoke_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"rehearse/server/pack/packtest"
	"rehearse/server/report"
)

// The file for a second rater holds the answers and no mark; what comes back is checked whole, set beside ours, corrected
// by the same rater's second file, and survives a restart.
func TestASecondRater(t *testing.T) {
	t.Parallel()
	p := packtest.Flagship(t)
	data := t.TempDir()
	srv := start(t, data, "--model", "none")
	id := srv.create(t, map[string]any{"format": "story-drill", "mode": "drill"})
	if status, _ := srv.call(t, "GET", "/sessions/"+id+"/panel.html", nil); status != 409 {
		t.Errorf("a file of an open session: %d", status)
	}
	frames := srv.sit(t.Context(), t, id, func(int) string { return toldStory + " <script>alert(1)</script>" })
	block := 0
	for _, f := range frames {
		if f.Type == "block.started" && f.str("item") != "" {
			block = f.num("block")
		}
	}
	status, raw := srv.call(t, "GET", "/sessions/"+id+"/panel.html", nil)
	page := string(raw)
	if status != 200 || !strings.Contains(page, "signing keys at an online bank") || strings.Contains(page, "<script>alert") {
		t.Fatalf("the file: %d, %d bytes", status, len(page))
	}
	if outside := regexp.MustCompile(`(?i)(src|href)\s*=\s*["']?(https?:)?//`).FindString(page); outside != "" {
		t.Errorf("the file reaches for %q", outside)
	}
	for _, sealed := range []string{"measured", "unprompted", "grade", "judged"} {
		if strings.Contains(strings.ToLower(strings.ReplaceAll(page, toldStory, "")), sealed) {
			t.Errorf("the file says %q", sealed)
		}
	}
	for _, pr := range p.Principles {
		if strings.Contains(page, ">"+pr.Name+"<") {
			t.Errorf("the file names %s", pr.Name)
		}
	}
	send := func(body map[string]any) (int, []byte) { return srv.call(t, "POST", "/sessions/"+id+"/panel", body) }
	one := func(extra map[string]any) map[string]any {
		b := map[string]any{"block": block}
		for k, v := range extra {
			b[k] = v
		}
		return map[string]any{"session": id, "rater": "Priya", "blocks": []any{b}}
	}
	for name, bad := range map[string]map[string]any{
		"another session": {"session": "x", "rater": "Priya", "blocks": []any{map[string]any{"block": block}}},
		"nobody":          {"session": id, "rater": " ", "blocks": []any{map[string]any{"block": block}}},
		"nothing":         {"session": id, "rater": "Priya", "blocks": []any{}},
		"no exercise":     {"session": id, "rater": "Priya", "blocks": []any{map[string]any{"block": 99}}},
		"no such mark":    one(map[string]any{"dimensions": map[string]int{"B1": 6}}),
		"no dimension":    one(map[string]any{"dimensions": map[string]int{"B9": 3}}),
		"no such point":   one(map[string]any{"points": map[string]string{"p-x": "yes"}}),
		"another field":   one(map[string]any{"grade": 5}),
	} {
		if status, raw := send(bad); status != 400 {
			t.Errorf("%s: %d %s", name, status, raw)
		}
	}
	if status, raw := send(one(map[string]any{"dimensions": map[string]int{"B1": 1, "B2": 1, "B3": 4}})); status != 201 {
		t.Fatalf("%d %s", status, raw)
	}
	status, raw = send(one(map[string]any{"dimensions": map[string]int{"B1": 5, "B2": 5, "B4": 5}, "note": "I believed every word."}))
	var back struct{ Panels []report.Panel }
	if err := json.Unmarshal(raw, &back); err != nil || status != 201 || len(back.Panels) != 1 {
		t.Fatalf("%d %s: %v", status, raw, err)
	}
	got := back.Panels[0]
	if got.Rater != "Priya" || len(got.Pairs) != 3 || got.Of != 3 || got.Near < got.Same || len(got.Notes) != 1 {
		t.Errorf("beside ours: %+v", got)
	}
	for _, pair := range got.Pairs {
		if pair.Ours == nil || pair.Theirs != 5 {
			t.Errorf("%+v", pair)
		}
	}
	srv.kill()
	srv = start(t, data, "--model", "none")
	if _, raw := srv.call(t, "GET", "/sessions/"+id+"/report.md", nil); !strings.Contains(string(raw), "Second rater: Priya") || !strings.Contains(string(raw), "I believed every word") {
		t.Error("after a restart the report does not hold the rating")
	}
}
