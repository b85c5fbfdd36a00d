package smoke_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"rehearse/server/ollama/ollamatest"
)

// TestNoModelIsGivenAStory drills a story of the bank before an endpoint that records what it is asked.
func TestNoModelIsGivenAStory(t *testing.T) {
	fake := ollamatest.New(t)
	s := start(t, t.TempDir(), "--ollama", fake.URL, "--model", ollamatest.Default().Name)
	status, raw := s.call(t, http.MethodPost, "/stories", map[string]any{"title": "Quixotic marmalade", "principles": []map[string]any{{"principle": "ownership"}}, "cues": []map[string]any{{"text": "the zeppelin of Hildesheim"}}})
	var kept bankStory
	if err := json.Unmarshal(raw, &kept); status != http.StatusCreated || err != nil {
		t.Fatalf("POST /stories: %d %s", status, raw)
	}
	id := s.create(t, kept.Drill)
	s.sit(t.Context(), t, id, func(turn int) string {
		if turn == 1 {
			return story
		}
		return "I read the release log myself, 90 days back."
	})
	chats := fake.Chats()
	if len(chats) == 0 {
		t.Fatal("the model was asked nothing")
	}
	for i, c := range chats {
		all, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"Quixotic", "marmalade", "zeppelin", "Hildesheim", kept.ID} {
			if strings.Contains(string(all), secret) {
				t.Errorf("request %d holds %q: %s", i+1, secret, all)
			}
		}
	}
	t.Logf("%d requests", len(chats))
}
