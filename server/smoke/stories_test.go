package smoke_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// bankStory is a story as the API shows it.
type bankStory struct {
	ID, Title  string
	Principles []struct{ Principle, Choice string }
	Cues       []struct{ Part, Text string }
	Readings   []struct {
		Session, By, Recital string
		Block                int
		Scores               struct {
			Unprompted *float64 `json:"unprompted"`
			After      *float64 `json:"after_probes"`
			Dimensions map[string]int
		}
		Depth []struct{ Strand string }
	}
	Numbers []struct {
		What     string
		Disagree bool
		Said     []struct {
			Session    string
			Turn       int
			Start, End int
			Value      string
			Quote      string
		}
	}
	Warnings    []string
	Drill, Dive map[string]any
}

// TestAStoryOfOnesOwn tells a story, keeps it from the answer, drills it and dives into it, and finds the history, the
// ledger, the recital and the depth map; then takes the bank out, damages it, and takes it back.
func TestAStoryOfOnesOwn(t *testing.T) {
	data := t.TempDir()
	s := start(t, data, "--model", "none", "--seed", "5")
	get := func(path string, dest any) {
		t.Helper()
		status, raw := s.call(t, http.MethodGet, path, nil)
		if status != http.StatusOK {
			t.Fatalf("GET %s: %d %s", path, status, raw)
		}
		if err := json.Unmarshal(raw, dest); err != nil {
			t.Fatalf("GET %s: %v\n%s", path, err, raw)
		}
	}
	const tale = `In March 2024 our build servers trusted any pull request, and one had read a signing key. They ran 212 builds a day. I was responsible for the release pipeline. I moved signing to a separate machine, wrote a check that refuses unsigned artefacts and walked two teams through it. Marta from release engineering refused at first. Unsigned releases went from 5 a week to 0 within a month, counted by the release log.`
	first := s.create(t, map[string]any{"format": "story-drill", "principle": "ownership"})
	// Before it is told there is nothing to keep.
	if status, _ := s.call(t, http.MethodPost, "/stories", map[string]any{"from": map[string]any{"session": first, "block": 1}}); status != http.StatusNotFound {
		t.Errorf("a story from nothing: %d", status)
	}
	s.sit(t.Context(), t, first, func(turn int) string {
		if turn == 1 {
			return tale
		}
		return "I read the release log myself and compared it with the list of signed artefacts."
	})
	var draft struct {
		Cues []struct{ Text string }
	}
	get("/stories/draft?session="+first+"&block=1", &draft)
	joined := ""
	for _, c := range draft.Cues {
		joined += c.Text + "\n"
		if !strings.Contains(tale, c.Text) {
			t.Errorf("the cue %q is not the candidate's", c.Text)
		}
	}
	if !strings.Contains(joined, "212") || !strings.Contains(joined, "5 a week") {
		t.Errorf("figures are lost: %s", joined)
	}
	status, raw := s.call(t, http.MethodPost, "/stories", map[string]any{"title": "The signing key", "worth": "standout",
		"principles": []map[string]any{{"principle": "ownership", "choice": "first"}, {"principle": "dive-deep"}}, "from": map[string]any{"session": first, "block": 1}})
	var kept bankStory
	if err := json.Unmarshal(raw, &kept); status != http.StatusCreated || err != nil {
		t.Fatalf("POST /stories: %d %s", status, raw)
	}
	if len(kept.Readings) != 1 || kept.Readings[0].By != "said" || kept.Readings[0].Scores.After == nil || kept.Readings[0].Scores.Dimensions["B2"] == 0 {
		t.Errorf("the first telling: %s", raw)
	}

	// Its own drill, with another figure and otherwise the same words; then its own dive.
	status, raw = s.call(t, http.MethodPost, "/sessions", kept.Drill)
	if status != http.StatusCreated || kept.Drill["story"] != kept.ID {
		t.Fatalf("drill %v: %d %s", kept.Drill, status, raw)
	}
	var made struct{ ID string }
	_ = json.Unmarshal(raw, &made)
	drilled := made.ID
	again := strings.Replace(tale, "212 builds", "240 builds", 1)
	for _, f := range s.sit(t.Context(), t, drilled, func(turn int) string {
		if turn == 1 {
			return again
		}
		return "I read the release log myself and compared it with the list of signed artefacts."
	}) {
		if f.Type != "session.created" && strings.Contains(string(f.Data), "The signing key") {
			t.Errorf("the story's title is in %s", f.Type)
		}
	}
	status, raw = s.call(t, http.MethodPost, "/sessions", kept.Dive)
	if status != http.StatusCreated {
		t.Fatalf("dive %v: %d %s", kept.Dive, status, raw)
	}
	_ = json.Unmarshal(raw, &made)
	s.sit(t.Context(), t, made.ID, func(turn int) string {
		switch turn {
		case 1:
			return "Our builds could be made to hand out the signing key, by anybody with a pull request. I took signing away from the build servers and gave it to one machine of its own. Marta was against it until I showed her the log, and then we did it together in three weeks with 14 pipelines."
		case 2:
			return "The check compares the digest with what the signing machine wrote down, 30 days back."
		}
		return "As I said."
	})

	s.kill()
	s = start(t, data, "--model", "none", "--seed", "5")
	get("/stories/"+kept.ID, &kept)
	if len(kept.Readings) != 3 || kept.Readings[2].Session != first || kept.Readings[1].Session != drilled || kept.Readings[1].By != "started" {
		t.Fatalf("the history: %+v", kept.Readings)
	}
	if kept.Readings[1].Recital == "" || kept.Readings[0].Recital != "" {
		t.Errorf("recitals: %q, %q", kept.Readings[1].Recital, kept.Readings[0].Recital)
	}
	if len(kept.Readings[0].Depth) < 4 || len(kept.Readings[1].Depth) != 0 {
		t.Errorf("depth: %+v, %+v", kept.Readings[0].Depth, kept.Readings[1].Depth)
	}
	values := map[string]string{}
	for _, row := range kept.Numbers {
		if !row.Disagree {
			continue
		}
		for _, x := range row.Said {
			if text := map[string]string{first: tale, drilled: again}[x.Session]; text != "" {
				values[x.Value] = text[x.Start:x.End]
			}
		}
	}
	if !strings.Contains(values["212"], "212 builds") || !strings.Contains(values["240"], "240 builds") {
		t.Errorf("the ledger has %v of %+v", values, kept.Numbers)
	}

	var matrix struct {
		Rows []struct {
			Principle, First, Hole string
			Cells                  []struct{ Told int }
		}
		Holes int
	}
	get("/stories/matrix", &matrix)
	for _, r := range matrix.Rows {
		if r.Principle == "ownership" && (r.First != kept.ID || r.Cells[0].Told < 2) {
			t.Errorf("ownership: %+v", r)
		}
	}
	if len(matrix.Rows) != 16 || matrix.Holes != 16 {
		t.Errorf("%d rows, %d holes", len(matrix.Rows), matrix.Holes)
	}
	if status, raw := s.call(t, http.MethodPost, "/sessions", map[string]any{"format": "code-review", "story": kept.ID}); status != http.StatusBadRequest {
		t.Errorf("a review of a story: %d %s", status, raw)
	}
	if status, raw := s.call(t, http.MethodPost, "/sessions", map[string]any{"format": "story-drill", "story": "s-none"}); status != http.StatusBadRequest {
		t.Errorf("a story that is not there: %d %s", status, raw)
	}

	// Out, edited, damaged, back.
	status, raw = s.call(t, http.MethodGet, "/stories.md", nil)
	file := string(raw)
	if status != http.StatusOK || !strings.Contains(file, "## The signing key") {
		t.Fatalf("stories.md: %d %s", status, file)
	}
	post := func(text string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/api/v1/stories/import", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.token)
		req.Header.Set("Content-Type", "text/markdown")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		out, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(out)
	}
	if status, body := post(file + "\n## New\n\n- 9 customers\nnot a cue\n"); status != http.StatusBadRequest || !strings.Contains(body, "line ") {
		t.Errorf("a damaged file: %d %s", status, body)
	}
	if _, raw := s.call(t, http.MethodGet, "/stories.md", nil); string(raw) != file {
		t.Errorf("a damaged file changed the bank:\n%s", raw)
	}
	if status, body := post(strings.Replace(file, "## The signing key", "## The key in the log", 1)); status != http.StatusOK || !strings.Contains(body, `"changed":1`) {
		t.Errorf("an edited file: %d %s", status, body)
	}
	if status, body := post("# Notes\n\n## The bakery\n\nA bakery saw a stranger's invoice. I told the 9 customers.\n"); status != http.StatusOK || !strings.Contains(body, `"added":1`) {
		t.Errorf("somebody's own notes: %d %s", status, body)
	}
	if get("/stories/"+kept.ID, &kept); kept.Title != "The key in the log" || len(kept.Readings) != 3 {
		t.Errorf("after the import: %q, %d readings", kept.Title, len(kept.Readings))
	}

	// The archive takes it along, with what was said of the answers.
	s.kill()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	archive, other := filepath.Join(t.TempDir(), "all.zip"), t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), path, args...)
		cmd.Env = []string{"HOME=" + data, "PATH=" + os.Getenv("PATH")}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	run("export", "--all", archive, "--data", data)
	run("import", archive, "--data", other)
	if a, b := run("stories", "list", "--format", "json", "--data", data), run("stories", "list", "--format", "json", "--data", other); a != b {
		t.Errorf("the banks differ:\n%s\n%s", a, b)
	}
}
