package progress

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"rehearse/server/interview"
)

// Missed is a follow-up whose answer did not bring what it asked for, as a card needs it.
type Missed struct {
	Turn    int    `json:"turn"`
	Said    string `json:"said,omitempty"` // the candidate's own words that it was about
	Asked   string `json:"asked"`          // as it was asked
	Other   string `json:"other"`          // other words for the same, the same words where there are no others
	Lacking string `json:"lacking"`        // what it was for
}

// Calls is how well follow-ups were called before they were asked, in one exercise.
type Calls struct {
	Asked  int `json:"asked"`
	Called int `json:"called"` // in time
	Hits   int `json:"hits"`
}

// DeckProbe are follow-ups that were not met, as drills of a minute: one's own words, and the question in other words.
const DeckProbe = "probe"

const (
	// mostMissed is how many such cards there are at most, the newest.
	mostMissed = 30
	// missedRest is how long one rests before it comes back.
	missedRest = 24 * time.Hour
	// missedDone is the step of the ladder at which one has been held often enough.
	missedDone = 2
)

// ProbeCard is the id of the card of a follow-up that was not met.
func ProbeCard(session string, turn int) string {
	return DeckProbe + ":" + session + "-" + strconv.Itoa(turn)
}

// isProbe reports whether an id is that of a follow-up's card.
func isProbe(id string) bool { return strings.HasPrefix(id, DeckProbe+":") }

// HasCard reports whether there is a card with this id, in the pack or from a follow-up that was not met.
func HasCard(h History, p *interview.Pack, id string) bool {
	return Known(p, id) || isProbe(id) && slices.ContainsFunc(h.missed(), func(c Card) bool { return c.ID == id })
}

// missed are the cards of follow-ups that were not met, the newest first.
func (h History) missed() []Card {
	var out []Card
	for i := range h.Attempts {
		a := &h.Attempts[i]
		for _, m := range a.Missed {
			front := m.Other
			if m.Said != "" {
				front = "You said: “" + m.Said + "” " + front
			}
			back := []string{"It was for this: " + m.Lacking}
			if m.Asked != m.Other {
				back = append(back, "It was asked like this: "+m.Asked)
			}
			due := a.At.Add(missedRest)
			out = append(out, Card{ID: ProbeCard(a.Session, m.Turn), Deck: DeckProbe, Front: front, Back: back, Seconds: seconds(DeckProbe), Due: &due,
				Fork: &interview.Fork{Session: a.Session, Turn: m.Turn}})
		}
	}
	slices.SortStableFunc(out, func(a, b Card) int { return cmp.Or(b.Due.Compare(*a.Due), cmp.Compare(a.ID, b.ID)) })
	return out[:min(len(out), mostMissed)]
}

// Habits are the trends of practice that are about hearing oneself. They decide no criterion.
type Habits struct {
	// Own sets the candidate's own marks beside the measured ones.
	Own []Own `json:"self_rating"`
	// Off is how far own marks were from the measured ones on average, 0 for exact; nil without any. Newer is the same of
	// the newest five rated exercises, to see whether it shrinks. Above is the mean with its sign: above 0, oneself is rated
	// higher than measured.
	Off   *float64 `json:"off_by,omitempty"`
	Newer *float64 `json:"off_by_lately,omitempty"`
	Above *float64 `json:"above_by,omitempty"`
	Calls Calls    `json:"called"`
	// CallsBy are the calls of each exercise in which there were any, oldest first.
	CallsBy []CallsAt `json:"called_by_session"`
	Missed  int       `json:"follow_ups_not_met"`
}

// Own is an exercise that was rated by the candidate, with the measured marks of the same dimensions.
type Own struct {
	Session  string         `json:"session"`
	Block    int            `json:"block"`
	At       time.Time      `json:"at"`
	Yours    map[string]int `json:"yours"`
	Measured map[string]int `json:"measured"`
	Off      float64        `json:"off_by"`
}

// CallsAt are the calls of one exercise.
type CallsAt struct {
	Session string    `json:"session"`
	At      time.Time `json:"at"`
	Calls
}

// lately is how many rated exercises are the newest.
const lately = 5

// habits folds a history into its trends.
func (h History) habits() Habits {
	out := Habits{Own: []Own{}, CallsBy: []CallsAt{}, Missed: len(h.missed())}
	signed, marks := 0, 0
	var off []float64
	order := h.inOrder()
	for i := range order {
		a := order[i].Attempt
		if c := a.Calls; c != nil && c.Asked > 0 {
			out.Calls = Calls{out.Calls.Asked + c.Asked, out.Calls.Called + c.Called, out.Calls.Hits + c.Hits}
			out.CallsBy = append(out.CallsBy, CallsAt{Session: a.Session, At: a.At, Calls: *c})
		}
		measured := a.marks()
		o := Own{Session: a.Session, Block: a.Block, At: a.At, Yours: map[string]int{}, Measured: map[string]int{}}
		sum := 0.0
		for d, v := range a.Self {
			if m, ok := measured[d]; ok {
				o.Yours[d], o.Measured[d] = v, m
				sum, signed, marks = sum+math.Abs(float64(v-m)), signed+v-m, marks+1
			}
		}
		if len(o.Yours) == 0 {
			continue
		}
		o.Off = rounded(sum / float64(len(o.Yours)))
		off = append(off, o.Off)
		out.Own = append(out.Own, o)
	}
	if len(off) > 0 {
		all, newest, above := mean(off), mean(off[max(0, len(off)-lately):]), rounded(float64(signed)/float64(marks))
		out.Off, out.Newer, out.Above = &all, &newest, &above
	}
	return out
}

// marks are the dimensions of a story as they stood after the follow-ups: what code measured, and what a model judged.
func (a *Attempt) marks() map[string]int {
	out := map[string]int{}
	if a.Story != nil {
		for d, v := range a.Story.B {
			out[d] = v
		}
		for d, v := range a.Story.After {
			out[d] = v
		}
	}
	if a.Judged != nil {
		for d, v := range a.Judged.B {
			out[d] = v
		}
	}
	return out
}

func mean(list []float64) float64 {
	sum := 0.0
	for _, v := range list {
		sum += v
	}
	return rounded(sum / float64(len(list)))
}

func rounded(v float64) float64 { return math.Round(v*100) / 100 }
