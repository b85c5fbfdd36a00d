package sqlite_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rehearse/server/interview"
	"rehearse/server/sqlite"
)

func TestStoriesAreKept(t *testing.T) {
	each(t, func(t *testing.T, s *sqlite.Store) {
		ctx := t.Context()
		create(t, s, "one")
		a := sqlite.Story{ID: "s-a", Created: epoch, Updated: epoch, Data: json.RawMessage(`{"title":"A"}`)}
		b := sqlite.Story{ID: "s-b", Created: epoch.Add(time.Hour), Updated: epoch.Add(time.Hour), Data: json.RawMessage(`{"title":"B"}`)}
		said := sqlite.SaidStory{Session: "one", Block: 1, Story: "s-a"}
		if err := s.ChangeStories(ctx, sqlite.StoryChange{Put: []sqlite.Story{b, a}, Said: []sqlite.SaidStory{said}}); err != nil {
			t.Fatal(err)
		}
		check := func(stories []sqlite.Story, saids []sqlite.SaidStory) {
			t.Helper()
			got, err := s.Stories(ctx)
			if diff := cmp.Diff(stories, got); diff != "" || err != nil {
				t.Errorf("stories (-want +got): %v\n%s", err, diff)
			}
			heard, err := s.SaidStories(ctx)
			if diff := cmp.Diff(saids, heard); diff != "" || err != nil {
				t.Errorf("said (-want +got): %v\n%s", err, diff)
			}
		}
		check([]sqlite.Story{a, b}, []sqlite.SaidStory{said})
		// One that fails changes nothing, its first half neither.
		changed := a
		changed.Data = json.RawMessage(`{"title":"C"}`)
		for name, c := range map[string]sqlite.StoryChange{
			"no such story":   {Put: []sqlite.Story{changed}, Delete: []string{"s-none"}},
			"no such session": {Put: []sqlite.Story{changed}, Delete: []string{"s-b"}, Said: []sqlite.SaidStory{{Session: "none", Block: 1}}},
		} {
			if err := s.ChangeStories(ctx, c); interview.AsError(err).Code != interview.CodeNotFound {
				t.Errorf("%s: %v", name, err)
			}
			check([]sqlite.Story{a, b}, []sqlite.SaidStory{said})
		}
		changed.Created, changed.Updated = epoch.Add(9*time.Hour), epoch.Add(2*time.Hour)
		if err := s.ChangeStories(ctx, sqlite.StoryChange{Put: []sqlite.Story{changed}, Delete: []string{"s-b"}}); err != nil {
			t.Fatal(err)
		}
		changed.Created = epoch // stays
		check([]sqlite.Story{changed}, []sqlite.SaidStory{said})
		if err := s.Delete(ctx, "one"); err != nil {
			t.Fatal(err)
		}
		check([]sqlite.Story{changed}, nil)
		if err := s.Wipe(ctx); err != nil {
			t.Fatal(err)
		}
		check(nil, nil)
	})
}

func TestTellingsAreKeptUntilTheyAreOld(t *testing.T) {
	each(t, func(t *testing.T, s *sqlite.Store) {
		ctx := t.Context()
		create(t, s, "one")
		if err := s.SaveTellings(ctx, "one", "v1", 1, json.RawMessage(`[{"words":40}]`)); err != nil {
			t.Fatal(err)
		}
		for version, want := range map[string]json.RawMessage{"v1": json.RawMessage(`[{"words":40}]`), "v2": nil} {
			got, err := s.Tellings(ctx, version)
			if diff := cmp.Diff([]sqlite.Measured{{Session: "one", Data: want}}, got); err != nil || diff != "" {
				t.Errorf("%s: %v\n%s", version, err, diff)
			}
		}
		if m, err := s.Measured(ctx, "v1"); err != nil || m[0].Data != nil {
			t.Errorf("another table answers: %+v, %v", m, err)
		}
	})
}
