package main

import (
	"context"
	"slices"
	"strings"

	"rehearse/server/interview"
)

// catalog shows what a pack offers and nothing that is hidden.
type catalog struct {
	pack   *interview.Pack
	voices *voices
}

type formatView struct {
	ID      string                `json:"id"`
	Title   string                `json:"title"`
	Summary string                `json:"summary"`
	Minutes float64               `json:"minutes"`
	Modes   []interview.Mode      `json:"modes"`
	Single  bool                  `json:"single"`
	Phases  []interview.PhaseInfo `json:"phases"`
	Kinds   []interview.Kind      `json:"kinds"`
}

// Formats is the body of /formats.
func (c catalog) Formats() any {
	_, voice := c.voices.voice(context.Background())
	list := []formatView{}
	for _, f := range c.pack.Formats {
		v := formatView{ID: f.ID, Title: f.Title, Summary: f.Summary, Minutes: f.Minutes, Modes: f.Modes, Single: f.Single, Phases: []interview.PhaseInfo{}, Kinds: []interview.Kind{}}
		for _, r := range f.Rounds {
			if f.Blueprint { // what comes is told round by round
				break
			}
			for _, p := range r.Phases {
				v.Phases = append(v.Phases, interview.PhaseInfo{ID: p.ID, Title: p.Title, Minutes: p.Minutes, Who: p.Who})
				for _, k := range p.Items {
					if !slices.Contains(v.Kinds, k) {
						v.Kinds = append(v.Kinds, k)
					}
				}
			}
		}
		list = append(list, v)
	}
	slices.SortStableFunc(list, func(a, b formatView) int { return int(b.Minutes - a.Minutes) })
	p := c.pack
	return map[string]any{"formats": list, "voice": voice,
		"pack": map[string]any{"id": p.ID, "version": p.Version, "title": p.Title, "role": p.Role, "notice": p.Notice, "levels": p.Levels, "default_level": p.DefaultLevel, "principles": principleLabels(p)}}
}

// principleLabels are the principles of a pack by name, for a person who wants to try a story under another one.
func principleLabels(p *interview.Pack) []interview.Label {
	out := []interview.Label{}
	for _, x := range p.Principles {
		out = append(out, interview.Label{ID: x.ID, Label: x.Name})
	}
	return out
}

// Items is the body of /items. A principle selects questions; no row says which one it is for.
func (c catalog) Items(kind, principle string) any {
	list := []*interview.Item{}
	for _, it := range c.pack.Items {
		if it.Status == "retired" || kind != "" && string(it.Kind) != kind {
			continue
		}
		if r := c.pack.Rubrics[it.ID]; principle != "" && (r == nil || !slices.Contains(r.Principles, principle)) {
			continue
		}
		list = append(list, it)
	}
	slices.SortFunc(list, func(a, b *interview.Item) int { return strings.Compare(a.ID, b.ID) })
	return map[string]any{"items": list}
}
