package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"rehearse/server/interview"
	"rehearse/server/sqlite"
	"rehearse/server/stories"
)

// storiesFileName is the file of an archive that holds the bank. It is left out where there is none.
const storiesFileName = "practice/stories.json"

// archivedBank is the bank as an archive has it.
type archivedBank struct {
	Stories []stories.Story `json:"stories"`
	Said    []stories.Said  `json:"said"`
}

// writeBank adds the stories to an archive.
func writeBank(ctx context.Context, store *sqlite.Store, add func(name string, data []byte) error) error {
	var a archivedBank
	var err error
	if a.Stories, err = storedStories(ctx, store); err != nil {
		return err
	}
	said, err := store.SaidStories(ctx)
	if err != nil {
		return err
	}
	a.Said = []stories.Said{}
	for _, s := range said {
		a.Said = append(a.Said, stories.Said(s))
	}
	if len(a.Stories) == 0 && len(a.Said) == 0 {
		return nil
	}
	raw, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	return add(storiesFileName, append(raw, '\n'))
}

// take reads the file of an archive and checks every story.
func (a *archivedBank) take(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(a); err != nil {
		return damaged("%s: %v", storiesFileName, err)
	}
	seen := map[string]bool{}
	for i := range a.Stories {
		s := &a.Stories[i]
		if !stories.ValidID(s.ID) || seen[s.ID] || s.Created.IsZero() || s.Updated.IsZero() {
			return damaged("%s: story %d has no id or no time of its own", storiesFileName, i+1)
		}
		seen[s.ID] = true
		if err := s.Valid(nil); err != nil { // of whatever pack its principles are
			return damaged("%s: story %d: %s", storiesFileName, i+1, interview.AsError(err).Message)
		}
	}
	for i, s := range a.Said {
		if s.Session == "" || s.Block < 1 || s.Story != "" && !stories.ValidID(s.Story) {
			return damaged("%s: what was said of answer %d cannot be read", storiesFileName, i+1)
		}
	}
	return nil
}

// into merges the stories into a store: what is here already stays as it is, its choices too. Sessions were merged before.
func (a *archivedBank) into(ctx context.Context, store *sqlite.Store) (added int, notes []string, err error) {
	have, err := storedStories(ctx, store)
	if err != nil {
		return 0, nil, err
	}
	taken := map[stories.Tag]bool{}
	here := map[string]bool{}
	for i := range have {
		here[have[i].ID] = true
		for _, t := range have[i].Principles {
			taken[t] = t.Choice != ""
		}
	}
	var change sqlite.StoryChange
	for i := range a.Stories {
		s := a.Stories[i]
		if k := slices.IndexFunc(have, func(h stories.Story) bool { return h.ID == s.ID }); k >= 0 {
			if !s.Same(&have[k]) {
				notes = append(notes, fmt.Sprintf("the story %q differs from the one that is here, which stays", s.Title))
			}
			continue
		}
		if len(here) >= stories.MaxStories {
			notes = append(notes, fmt.Sprintf("the story %q was left out: the bank takes %d", s.Title, stories.MaxStories))
			continue
		}
		s.Principles = slices.Clone(s.Principles)
		for k, t := range s.Principles {
			if taken[t] {
				s.Principles[k].Choice = ""
			}
		}
		row, err := toStore(&s)
		if err != nil {
			return 0, nil, err
		}
		here[s.ID] = true
		change.Put = append(change.Put, row)
	}
	sums, err := store.Summaries(ctx)
	if err != nil {
		return 0, nil, err
	}
	said, err := store.SaidStories(ctx)
	if err != nil {
		return 0, nil, err
	}
	for _, s := range a.Said {
		known := slices.ContainsFunc(sums, func(x interview.Summary) bool { return x.ID == s.Session }) && (s.Story == "" || here[s.Story])
		if known && !slices.ContainsFunc(said, func(x sqlite.SaidStory) bool { return x.Session == s.Session && x.Block == s.Block }) {
			change.Said = append(change.Said, sqlite.SaidStory(s))
		}
	}
	if len(change.Put)+len(change.Said) == 0 {
		return 0, notes, nil
	}
	return len(change.Put), notes, store.ChangeStories(ctx, change)
}
