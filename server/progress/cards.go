package progress

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"rehearse/server/interview"
)

// Rating is how well a card was known.
type Rating int

// The ratings.
const (
	Again Rating = iota + 1
	Hard
	Good
	Easy
)

var ratings = []string{"", "again", "hard", "good", "easy"}

// String is the rating's name.
func (r Rating) String() string {
	if r < Again || r > Easy {
		return ""
	}
	return ratings[r]
}

// MarshalText is the rating's name.
func (r Rating) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalJSON takes a name or a number from 1 (again) to 4 (easy).
func (r *Rating) UnmarshalJSON(b []byte) error {
	wrong := interview.FieldError("rating", "rating is again, hard, good or easy. Nothing was changed")
	var n int
	if json.Unmarshal(b, &n) == nil {
		if *r = Rating(n); r.String() == "" {
			return wrong
		}
		return nil
	}
	var s string
	if json.Unmarshal(b, &s) != nil {
		return wrong
	}
	k := slices.Index(ratings, s)
	if k < 1 {
		return wrong
	}
	*r = Rating(k)
	return nil
}

// The decks. A card of a principle has the deck and the principle in its id; any other card is an item of the pack.
const (
	DeckLine    = "line"    // which of your stories, and its first line: 20 seconds, the principle named openly
	DeckShort   = "short"   // the same story in 90 seconds
	DeckStory   = "story"   // delivered in full, in a session
	DeckConcept = "concept" // a study card of the pack
	DeckService = "service"
)

// principleDecks are the three ways to be exposed to a principle.
var principleDecks = []string{DeckLine, DeckShort, DeckStory}

// wantExposures is how often each principle is to be met before the interview.
const wantExposures = 3

// ladder are the days between looks, one step further each time. Expanding intervals are no better than uniform ones
// (a difference of g = 0.03 over 29 studies), so nothing finer is worth its weight; what counts is that there are several
// looks and that none lies beyond the interview.
var ladder = []int{1, 3, 7, 14}

// Card is one card as it stands.
type Card struct {
	ID        string     `json:"id"`
	Deck      string     `json:"deck"`
	Principle string     `json:"principle,omitempty"`
	Front     string     `json:"front"`
	Back      []string   `json:"back"`
	Looks     int        `json:"looks"`
	Last      *time.Time `json:"last,omitempty"`
	Rating    Rating     `json:"rating,omitempty,omitzero"` // the last
	Due       *time.Time `json:"due,omitempty"`             // nil for one never looked at
	Why       string     `json:"why"`
	Seconds   int        `json:"seconds"` // about how long it takes
	// Fork is the turn of a follow-up that was not met, to answer it again in a session.
	Fork *interview.Fork `json:"fork,omitempty"`

	step int
}

// DueList is what is to be looked at today.
type DueList struct {
	Day     Day    `json:"day"`
	Cards   []Card `json:"cards"`
	Due     int    `json:"due"`      // looked at before, and due by the end of the day
	New     int    `json:"new"`      // of the list, never looked at
	Unseen  int    `json:"unseen"`   // never looked at, in all
	Minutes int    `json:"minutes"`  // about how long the list takes
	MinLook int    `json:"min_look"` // looks that each principle should have before the interview
}

// CardID is the id of a principle's card in a deck.
func CardID(deck, principle string) string { return deck + ":" + principle }

// Known reports whether a pack has a card.
func Known(p *interview.Pack, id string) bool {
	if deck, principle, ok := strings.Cut(id, ":"); ok {
		return slices.Contains(principleDecks, deck) && slices.ContainsFunc(p.Principles, func(pr interview.Principle) bool { return pr.ID == principle })
	}
	it := p.Items[id]
	return it != nil && it.Kind == interview.KindConceptCard && it.Status != "retired"
}

// RateStory turns what a story came to into a rating (2.5 of the handbook): a dimension below 3 is again; all at 3 or
// better, hard; all at 4 or better with one of them unprompted, good; all at 4 or better unprompted, easy. Unprompted
// dimensions are those of the first answer. ok is false where nothing was measured.
func RateStory(s *Story, j *Judged) (r Rating, ok bool) {
	if s == nil {
		return 0, false
	}
	after := map[string]int{}
	for d, v := range s.B {
		after[d] = v
	}
	for d, v := range s.After {
		after[d] = max(after[d], v)
	}
	if j != nil {
		for d, v := range j.B {
			after[d] = max(after[d], v)
		}
	}
	if len(after) == 0 {
		return Again, true // an answer that was no story
	}
	low, lowFirst, high := 5, 5, 0
	for d, v := range after {
		low = min(low, v)
		first, has := s.B[d]
		if !has && slices.Contains(judgedB, d) {
			continue // ready when asked is full marks for these
		}
		lowFirst, high = min(lowFirst, first), max(high, first)
	}
	switch {
	case low < 3:
		return Again, true
	case low < 4:
		return Hard, true
	case lowFirst >= 4:
		return Easy, true
	case high >= 4:
		return Good, true
	}
	return Hard, true
}

// RatePoints turns a share of points, 0 to 1, into a rating.
func RatePoints(p *Points) (r Rating, ok bool) {
	if p == nil || p.All == 0 {
		return 0, false
	}
	switch v := share(p.Found, p.All); {
	case v < 0.5:
		return Again, true
	case v < 0.7:
		return Hard, true
	case v < 0.9:
		return Good, true
	}
	return Easy, true
}

// looks are all looks at cards, oldest first: what was rated, and what stories and study cards came to.
func (h History) looks() []Look {
	out := slices.Clone(h.Looks)
	for i := range h.Attempts {
		a := &h.Attempts[i]
		if !a.Answered {
			continue
		}
		switch a.Kind {
		case interview.KindBehavioural:
			if r, ok := RateStory(a.Story, a.Judged); ok {
				for _, pr := range a.Principles {
					out = append(out, Look{CardID(DeckStory, pr), r, a.At})
				}
			}
		case interview.KindConceptCard:
			if r, ok := RatePoints(a.Points); ok {
				out = append(out, Look{a.Item, r, a.At})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Look) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Card, b.Card)) })
	return out
}

// exposures counts how often each principle was met: delivered in full, told in 90 seconds, or named with its story.
func (h History) exposures() map[string]int {
	out := map[string]int{}
	for _, l := range h.looks() {
		if _, principle, ok := strings.Cut(l.Card, ":"); ok && !isProbe(l.Card) {
			out[principle]++
		}
	}
	return out
}

// interval is the time until the next look: a step of the ladder, never more than half the time left to the interview.
// No date, or one that has passed, bounds nothing.
func interval(step int, at time.Time, interviewAt *time.Time) time.Duration {
	d := time.Duration(ladder[min(step, len(ladder)-1)]) * 24 * time.Hour
	if interviewAt != nil && interviewAt.After(at) {
		d = min(d, interviewAt.Sub(at)/2)
	}
	return d
}

// advance is the step of the ladder after a look.
func advance(step, looks int, r Rating) int {
	switch {
	case r == Again:
		return 0
	case r == Hard:
		return max(0, step)
	case looks == 0 && r == Good:
		return 0
	case r == Good:
		return min(step+1, len(ladder)-1)
	}
	return min(step+2-btoi(looks == 0), len(ladder)-1)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Cards are all cards of a pack as they stand, sorted by id. Settings may be nil.
func Cards(h History, p *interview.Pack, s *Settings) []Card {
	var when *time.Time
	if s != nil {
		t := s.Date.begins(s.Place())
		when = &t
	}
	deck := append(deckOf(p, h), h.missed()...)
	at := make(map[string]int, len(deck))
	for i := range deck {
		at[deck[i].ID] = i
	}
	for _, l := range h.looks() {
		i, ok := at[l.Card]
		if !ok {
			continue // of another pack, or gone from this one
		}
		c := &deck[i]
		c.step = advance(c.step, c.Looks, l.Rating)
		c.Looks++
		last, due := l.At, l.At.Add(interval(c.step, l.At, when))
		c.Last, c.Due, c.Rating = &last, &due, l.Rating
	}
	deck = slices.DeleteFunc(deck, func(c Card) bool { return c.Deck == DeckProbe && c.step >= missedDone })
	slices.SortFunc(deck, func(a, b Card) int { return cmp.Compare(a.ID, b.ID) })
	return deck
}

// deckOf are the cards of a pack before any look.
func deckOf(p *interview.Pack, h History) []Card {
	var out []Card
	for _, it := range items(p, interview.KindConceptCard) {
		c := Card{ID: it.ID, Deck: DeckConcept, Front: it.Prompt.Main, Back: []string{}, Seconds: seconds(DeckConcept)}
		if it.Card == interview.CardService {
			c.Deck = DeckService
		}
		if r := p.Rubrics[it.ID]; r != nil {
			for _, pt := range r.Points {
				c.Back = append(c.Back, pt.Text)
			}
		}
		out = append(out, c)
	}
	openings := h.openings()
	for _, pr := range p.Principles {
		back := []string{pr.Gloss}
		if o := openings[pr.ID]; o != "" {
			back = append(back, "Your newest one began: "+o)
		}
		out = append(out,
			Card{ID: CardID(DeckLine, pr.ID), Deck: DeckLine, Principle: pr.ID, Front: pr.Name + ": which of your stories, and how does it begin?", Back: back, Seconds: seconds(DeckLine)},
			Card{ID: CardID(DeckShort, pr.ID), Deck: DeckShort, Principle: pr.ID, Front: pr.Name + ": tell the headline and the result aloud in 90 seconds.", Back: back, Seconds: seconds(DeckShort)})
	}
	slices.SortFunc(out, func(a, b Card) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// openings are the first words of the newest story told for each principle.
func (h History) openings() map[string]string {
	out, at := map[string]string{}, map[string]time.Time{}
	for i := range h.Attempts {
		a := &h.Attempts[i]
		if a.Story == nil || !a.Story.Told {
			continue
		}
		for _, pr := range a.Principles {
			if !a.At.Before(at[pr]) {
				out[pr], at[pr] = a.Story.Opening, a.At
			}
		}
	}
	return out
}

// New cards a day where there is no date to count from, and the share of a day's minutes that cards may take.
const (
	newWithoutDate = 8
	cardShare      = 0.4
)

// Due lists the cards of a day: what is due by its end, then the principles that lack looks, then new cards, as many a day
// as it takes to see each in the first two thirds of the time left. Decks are mixed. Settings may be nil.
func Due(h History, p *interview.Pack, s *Settings, now time.Time) DueList {
	at, left, budget := time.UTC, 0, 0
	if s != nil {
		at = s.Place()
		left = int(s.Date - dayOf(now, at))
		budget = int(float64(s.Minutes*60) * cardShare)
	}
	today := dayOf(now, at)
	end := (today + 1).begins(at)
	out := DueList{Day: today, Cards: []Card{}, MinLook: wantExposures}
	exposures := h.exposures()
	var due, lacking, fresh []Card
	for _, c := range Cards(h, p, s) {
		switch {
		case c.Due != nil && c.Due.Before(end):
			c.Why = whyDue(c)
			due = append(due, c)
			out.Due++
		case c.Looks > 0, c.Due != nil:
		case c.Deck == DeckLine && exposures[c.Principle] >= wantExposures: // met often enough in longer forms
			out.Unseen++
		case c.Deck == DeckLine:
			c.Why = "this principle was met " + interview.Counted(exposures[c.Principle], "%d time", "%d times") + " and should be met three times"
			lacking = append(lacking, c)
			out.Unseen++
		default:
			c.Why = "new"
			fresh = append(fresh, c)
			out.Unseen++
		}
	}
	slices.SortStableFunc(due, func(a, b Card) int { return a.Due.Compare(*b.Due) })
	slices.SortStableFunc(lacking, func(a, b Card) int { return exposures[a.Principle] - exposures[b.Principle] })
	slices.SortStableFunc(fresh, func(a, b Card) int { return cmp.Compare(place(a.ID), place(b.ID)) })
	quota := func(n int) int { // a day's part of n cards
		if left <= 0 {
			return min(n, newWithoutDate)
		}
		span := max(1, left*2/3)
		return (n + span - 1) / span
	}
	seen := h.newOn(today, at)
	lacking = lacking[:min(len(lacking), max(0, quota(len(lacking)+seen[true])-seen[true]))]
	fresh = fresh[:min(len(fresh), max(0, quota(len(fresh)+seen[false])-seen[false]))]
	spent, before := 0, h.secondsOn(today, at, p)
	for k, list := range [][]Card{due, lacking, fresh} {
		for _, c := range mix(list) {
			if k == 2 && budget > 0 && before+spent+c.Seconds > budget {
				continue // there is another day; a principle's turn does not wait
			}
			spent += c.Seconds
			out.New += btoi(c.Looks == 0)
			out.Cards = append(out.Cards, c)
		}
	}
	out.Minutes = (spent + 59) / 60
	return out
}

// newOn counts the cards first looked at on a day: of principles, and of the rest.
func (h History) newOn(day Day, at *time.Location) map[bool]int {
	out, known := map[bool]int{}, map[string]bool{}
	for _, l := range h.looks() {
		if !known[l.Card] && dayOf(l.At, at) == day {
			out[strings.HasPrefix(l.Card, DeckLine+":")]++
		}
		known[l.Card] = true
	}
	return out
}

// secondsOn is about how long the cards of a day took that were looked at already.
func (h History) secondsOn(day Day, at *time.Location, p *interview.Pack) int {
	sum := 0
	for _, l := range h.Looks {
		if dayOf(l.At, at) == day && (Known(p, l.Card) || isProbe(l.Card)) {
			deck, _, _ := cutPrinciple(l.Card)
			sum += seconds(deck)
		}
	}
	return sum
}

// seconds is about how long a card of a deck takes.
func seconds(deck string) int {
	switch deck {
	case DeckLine:
		return 20
	case DeckShort:
		return 90
	}
	return 60
}

func whyDue(c Card) string {
	if c.Looks == 0 {
		return "this follow-up was not met"
	}
	if c.Rating == Again {
		return "it was not known the last time"
	}
	return "due after " + interview.Counted(c.Looks, "%d look", "%d looks")
}

// mix takes one card of each deck in turn.
func mix(list []Card) []Card {
	var order []string
	by := map[string][]Card{}
	for _, c := range list {
		if by[c.Deck] == nil {
			order = append(order, c.Deck)
		}
		by[c.Deck] = append(by[c.Deck], c)
	}
	out := make([]Card, 0, len(list))
	for len(out) < len(list) {
		for _, d := range order {
			if len(by[d]) > 0 {
				out = append(out, by[d][0])
				by[d] = by[d][1:]
			}
		}
	}
	return out
}
