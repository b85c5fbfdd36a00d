package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"rehearse/server/httpapi"
	"rehearse/server/interview"
)

// tales answers for the bank of stories with what it was asked.
type tales struct{}

func (tales) Bank(context.Context) (any, error)   { return map[string]any{"stories": []any{}}, nil }
func (tales) Matrix(context.Context) (any, error) { return map[string]any{"rows": []any{}}, nil }
func (tales) Story(_ context.Context, id string) (any, error) {
	if id == "s-none" {
		return nil, interview.Errorf(interview.CodeNotFound, "there is no story %q", id)
	}
	return map[string]any{"id": id}, nil
}
func (tales) Draft(_ context.Context, f httpapi.StoryFrom) (any, error) { return f, nil }
func (tales) Add(_ context.Context, s httpapi.NewStory) (string, any, error) {
	return "s-1", map[string]any{"title": s.Title}, nil
}
func (tales) Change(_ context.Context, id string, s httpapi.NewStory) (any, error) {
	return map[string]any{"id": id, "title": s.Title}, nil
}
func (tales) Remove(context.Context, string) error                     { return nil }
func (tales) Said(_ context.Context, s httpapi.SaidStory) (any, error) { return s, nil }
func (tales) Markdown(context.Context) (string, error)                 { return "# Stories\n", nil }
func (tales) Import(_ context.Context, text string) (any, error) {
	return map[string]any{"bytes": len(text)}, nil
}

func TestStories(t *testing.T) {
	b := start(t)
	b.wantError(t, http.MethodGet, p+"/stories", "", http.StatusServiceUnavailable, "unavailable", "")
	b.wantError(t, http.MethodPost, p+"/stories", `{"title":"A"}`, http.StatusServiceUnavailable, "unavailable", "")
	b.api.Stories = tales{}
	b.want(t, http.MethodGet, p+"/stories", "", http.StatusOK, `{"stories":[]}`)
	b.want(t, http.MethodGet, p+"/stories/matrix", "", http.StatusOK, `{"rows":[]}`)
	b.want(t, http.MethodGet, p+"/stories/s-7", "", http.StatusOK, `{"id":"s-7"}`)
	b.wantError(t, http.MethodGet, p+"/stories/s-none", "", http.StatusNotFound, "not_found", "")
	b.want(t, http.MethodGet, p+"/stories/draft?session=x&block=2", "", http.StatusOK, `{"session":"x","block":2}`)
	b.wantError(t, http.MethodGet, p+"/stories/draft?session=x&block=0", "", http.StatusBadRequest, "invalid", "block")
	b.wantError(t, http.MethodGet, p+"/stories/draft?block=1", "", http.StatusBadRequest, "invalid", "session")
	b.want(t, http.MethodPost, p+"/stories", `{"title":"A","cues":[{"text":"x"}]}`, http.StatusCreated, `{"title":"A"}`)
	b.wantError(t, http.MethodPost, p+"/stories", `{"title":"A","text":"a whole answer"}`, http.StatusBadRequest, "invalid", "text")
	b.wantError(t, http.MethodPost, p+"/stories", `{"from":{"session":"x"}}`, http.StatusBadRequest, "invalid", "from.block")
	b.want(t, http.MethodPut, p+"/stories/s-7", `{"title":"B"}`, http.StatusOK, `{"id":"s-7","title":"B"}`)
	b.want(t, http.MethodPut, p+"/stories/said", `{"session":"x","block":1,"story":""}`, http.StatusOK, `{"session":"x","block":1,"story":""}`)
	b.wantError(t, http.MethodPut, p+"/stories/said", `{"session":"x","block":1}`, http.StatusBadRequest, "invalid", "story")
	b.want(t, http.MethodDelete, p+"/stories/s-7", "", http.StatusNoContent, "")
	b.want(t, http.MethodPost, p+"/stories/import", "## A\n- x\n", http.StatusOK, `{"bytes":9}`)
	b.wantError(t, http.MethodPost, p+"/stories/import", strings.Repeat("x", 1<<20+1), http.StatusRequestEntityTooLarge, "too_large", "")
	resp, raw := b.do(t, http.MethodGet, p+"/stories.md", "")
	if raw != "# Stories\n" || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/markdown") || !strings.Contains(resp.Header.Get("Content-Disposition"), "stories.md") {
		t.Errorf("stories.md: %q %v", raw, resp.Header)
	}
}
