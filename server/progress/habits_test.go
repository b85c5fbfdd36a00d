package progress

import (
	"testing"
	"time"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
)

// TestFollowUpsComeBack: one that was not met rests a day, comes back with one's own words, comes back sooner when it was
// not known, and leaves the deck once it was held often enough.
func TestFollowUpsComeBack(t *testing.T) {
	p := packtest.Flagship(t)
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	h := History{Attempts: []Attempt{{Session: "s1", Block: 1, Item: "beh-01", Kind: interview.KindBehavioural, At: at, Begun: at, Answered: true,
		Missed: []Missed{{Turn: 2, Said: "we fixed it", Asked: "Which part was yours?", Other: "What did you do yourself?", Lacking: "nothing on: own part"}}}}}
	id := ProbeCard("s1", 2)
	find := func(now time.Time) *Card {
		for _, c := range Due(h, p, nil, now).Cards {
			if c.ID == id {
				return &c
			}
		}
		return nil
	}
	if find(at.Add(time.Hour)) != nil {
		t.Error("it came back on the same day")
	}
	c := find(at.Add(25 * time.Hour))
	if c == nil || c.Front != "You said: “we fixed it” What did you do yourself?" || len(c.Back) != 2 || c.Fork == nil || c.Fork.Turn != 2 || c.Why != "this follow-up was not met" {
		t.Fatalf("the next day: %+v", c)
	}
	if !HasCard(h, p, id) || HasCard(h, p, ProbeCard("s1", 3)) || HasCard(History{}, p, id) {
		t.Error("which cards there are")
	}
	look := func(r Rating, after time.Duration) {
		at = at.Add(after)
		h.Looks = append(h.Looks, Look{Card: id, Rating: r, At: at})
	}
	look(Again, 25*time.Hour)
	if find(at.Add(20*time.Hour)) == nil {
		t.Error("what was not known does not come back on the next day")
	}
	look(Good, 24*time.Hour)
	look(Good, 4*24*time.Hour)
	if c := find(at.Add(30 * 24 * time.Hour)); c != nil {
		t.Errorf("it was held twice and is still asked: %+v", c)
	}
	if n := h.exposures()["s1-2"]; n != 0 {
		t.Error("it counts as a look at a principle")
	}
}

// TestHabits: own marks against the measured ones over time, and calls in sum.
func TestHabits(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	var h History
	for i, own := range []int{5, 5, 4, 3, 3, 3, 3} { // measured is always 3
		a := Attempt{Session: string(rune('a' + i)), Block: 1, Kind: interview.KindBehavioural, Begun: at, At: at.Add(time.Duration(i) * time.Hour), Self: map[string]int{"B1": own, "B3": 5},
			Story: &Story{B: map[string]int{"B1": 2}, After: map[string]int{"B1": 3}}}
		if i < 2 {
			a.Calls = &Calls{Asked: 3, Called: 2, Hits: i}
		}
		h.Attempts = append(h.Attempts, a)
	}
	got := h.habits()
	if len(got.Own) != 7 || *got.Off != 0.71 || *got.Newer != 0.2 || *got.Above != 0.71 {
		t.Errorf("off %v, lately %v, above %v", *got.Off, *got.Newer, *got.Above)
	}
	if _, judged := got.Own[0].Measured["B3"]; judged {
		t.Error("a dimension that nobody measured was compared")
	}
	if got.Calls != (Calls{Asked: 6, Called: 4, Hits: 1}) || len(got.CallsBy) != 2 {
		t.Errorf("calls %+v", got.Calls)
	}
	if none := (History{}).habits(); none.Off != nil || none.Own == nil {
		t.Errorf("without any: %+v", none)
	}
}
