package main

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"rehearse/server/progress"
	"rehearse/server/sqlite"
)

// The files of an archive that hold what lies between sessions. Either is left out where there is nothing to say.
const (
	planFile    = "practice/plan.json"
	reviewsFile = "practice/reviews.jsonl"
)

// archivedReview is one rating of a card, as an archive has it.
type archivedReview struct {
	Card   string          `json:"card"`
	Rating progress.Rating `json:"rating"`
	At     time.Time       `json:"at"`
}

// practice is what an archive holds of the time between sessions.
type practice struct {
	plan    *progress.Settings
	reviews []archivedReview
	bank    archivedBank
}

// writePractice adds the plan and the ratings of cards to an archive.
func writePractice(ctx context.Context, store *sqlite.Store, add func(name string, data []byte) error) error {
	p, found, err := store.Plan(ctx)
	if err != nil {
		return err
	}
	if found {
		a, err := settingsOf(p)
		if err != nil {
			return err
		}
		raw, err := json.Marshal(a)
		if err != nil {
			return err
		}
		if err := add(planFile, append(raw, '\n')); err != nil {
			return err
		}
	}
	reviews, err := store.Reviews(ctx)
	if err != nil || len(reviews) == 0 {
		return err
	}
	var lines bytes.Buffer
	enc := json.NewEncoder(&lines)
	for _, r := range reviews {
		if err := enc.Encode(archivedReview{r.Card, progress.Rating(r.Rating), r.At}); err != nil {
			return err
		}
	}
	return add(reviewsFile, lines.Bytes())
}

// take reads one of the files of an archive; ok is false for a file that is neither.
func (p *practice) take(name string, data []byte) (ok bool, err error) {
	switch name {
	case storiesFileName:
		return true, p.bank.take(data)
	case planFile:
		var a progress.Settings
		if err := json.Unmarshal(data, &a); err != nil {
			return true, damaged("%s: %v", name, err)
		}
		if err := a.Valid(); err != nil {
			return true, damaged("%s: %v", name, err)
		}
		p.plan = &a
		return true, nil
	case reviewsFile:
		const longestID = 200
		for dec := json.NewDecoder(bytes.NewReader(data)); dec.More(); {
			var r archivedReview
			if err := dec.Decode(&r); err != nil {
				return true, damaged("%s, line %d: %v", name, len(p.reviews)+1, err)
			}
			if r.Card == "" || len(r.Card) > longestID || r.Rating.String() == "" || r.At.IsZero() {
				return true, damaged("%s, line %d is no rating of a card", name, len(p.reviews)+1)
			}
			p.reviews = append(p.reviews, r)
		}
		return true, nil
	}
	return false, nil
}

// into merges the plan and the ratings into a store: what is here already stays as it is.
func (p *practice) into(ctx context.Context, store *sqlite.Store) (ratings int, plan bool, err error) {
	if _, found, err := store.Plan(ctx); err != nil {
		return 0, false, err
	} else if p.plan != nil && !found {
		if err := store.SetPlan(ctx, keptPlan(*p.plan)); err != nil {
			return 0, false, err
		}
		plan = true
	}
	here, err := store.Reviews(ctx)
	if err != nil {
		return 0, plan, err
	}
	type key struct {
		card string
		at   int64
	}
	have := map[key]bool{}
	for _, r := range here {
		have[key{r.Card, r.At.Truncate(time.Minute).Unix()}] = true
	}
	for _, r := range p.reviews {
		k := key{r.Card, r.At.Truncate(time.Minute).Unix()}
		if have[k] {
			continue
		}
		if err := store.SaveReview(ctx, sqlite.CardReview{Card: r.Card, Rating: int(r.Rating), At: r.At}); err != nil {
			return ratings, plan, err
		}
		have[k] = true
		ratings++
	}
	return ratings, plan, nil
}
