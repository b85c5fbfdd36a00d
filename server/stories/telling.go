package stories

import (
	"encoding/json"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

// MeasureVersion changes when Tellings measures something else in the same log.
const MeasureVersion = "1"

// Lengths that are kept of what was said.
const (
	openingRunes = 120
	quoteRunes   = 160
	leastWords   = 40 // an answer with fewer is no telling
	gramSize     = 5
	gramShare    = 4 // one run of words in so many is kept, always the same ones
)

// Telling is one answer to a question about the past, with what followed it, as it was measured. Whole texts stay in
// the log; here are figures, hashes of words and short quotes.
type Telling struct {
	Session    string         `json:"session"`
	Block      int            `json:"block"`
	Format     string         `json:"format"`
	Mode       interview.Mode `json:"mode"`
	At         time.Time      `json:"at"`
	Principles []string       `json:"principles"`
	Declared   string         `json:"declared,omitempty"` // the story the session was started with
	Opening    string         `json:"opening"`
	Turn       int            `json:"turn"`  // of the first answer
	Words      int            `json:"words"` // of the first answer, as the following
	Minutes    float64        `json:"spoken_minutes"`
	Figures    int            `json:"figures"`
	Specific   float64        `json:"specific_per_100_words"`
	Told       bool           `json:"told"` // one occasion, in the past
	Missing    []string       `json:"missing,omitempty"`
	Followups  int            `json:"followups"`
	Stems      []uint32       `json:"stems"`           // words that tell it from others, all answers of the block
	Grams      []uint32       `json:"grams,omitempty"` // a sample of the runs of five words of the first answer
	Numbers    []Number       `json:"numbers,omitempty"`
	Depth      []Depth        `json:"depth,omitempty"` // of a dive: each follow-up and what it brought
	Scores     Scores         `json:"scores"`
}

// Scores are what code alone decided in the newest grade of an answer. Nil numbers are not graded yet, or could not be.
type Scores struct {
	Unprompted *float64       `json:"unprompted"`     // 0 to 1, the first answer alone
	After      *float64       `json:"after_probes"`   // 0 to 1, the whole block
	Dimensions map[string]int `json:"dimensions"`     // 1 to 5, those that were measured
	Gate       string         `json:"gate,omitempty"` // why the answer counts for nothing or not at all
}

// scoresOf reads the newest grade that was made.
func scoresOf(b *interview.Block) Scores {
	out := Scores{Dimensions: map[string]int{}}
	for _, o := range slices.Backward(b.Grades) {
		var g struct {
			Graded     bool     `json:"graded"`
			Reason     string   `json:"reason"`
			Measured   *float64 `json:"measured_score"`
			Unprompted struct {
				Measured *float64 `json:"measured_score"`
			} `json:"unprompted"`
			Decisions []struct {
				Dimension string `json:"dimension"`
				Value     int    `json:"value"`
				By        string `json:"by"`
			} `json:"decisions"`
		}
		if o.Failed != "" || json.Unmarshal(o.Grade, &g) != nil || !g.Graded {
			continue
		}
		out.Unprompted, out.After, out.Gate = g.Unprompted.Measured, g.Measured, g.Reason
		for _, d := range g.Decisions {
			if d.By == "measured" {
				out.Dimensions[d.Dimension] = d.Value
			}
		}
		return out
	}
	return out
}

// Number is a figure that was said, with the words around it.
type Number struct {
	Turn   int     `json:"turn"`
	Start  int     `json:"start"` // of the quote, bytes of the answer to the turn
	End    int     `json:"end"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit,omitempty"`
	Noun   string  `json:"noun,omitempty"`
	Narrow string  `json:"narrow,omitempty"`
	Role   string  `json:"role"`
	Quote  string  `json:"quote"`
}

// Depth is one follow-up of a dive. A strand ran dry where an answer brought nothing that had not been said.
type Depth struct {
	Turn    int    `json:"turn"`
	Type    string `json:"type"`
	Strand  string `json:"strand"` // what the follow-up asks for, in words
	New     int    `json:"new_words"`
	Figures int    `json:"new_figures"`
	We      int    `json:"we"`
	Unknown bool   `json:"does_not_know"` // said so, which is honest and no fault
	Long    bool   `json:"too_long"`      // past the seconds of the format
	Dry     bool   `json:"dry"`
	Skipped bool   `json:"skipped,omitempty"`
}

// dryWords is how many new telling words an answer brings at the least when it brings no new figure.
const dryWords = 3

// Tellings are the stories told in a session. One that is open tells none: nothing of an exam is known before its end.
func Tellings(st interview.State, pack *interview.Pack) []Telling {
	out := []Telling{}
	if !st.Closed || st.Session.Pack.ID != pack.ID {
		return out
	}
	for i := range st.Blocks {
		b := &st.Blocks[i]
		item := pack.Items[b.Item]
		if item == nil || item.Kind != interview.KindBehavioural {
			continue
		}
		if t, ok := telling(&st, b, pack); ok {
			out = append(out, t)
		}
	}
	return out
}

func telling(st *interview.State, b *interview.Block, pack *interview.Pack) (Telling, bool) {
	k := slices.IndexFunc(b.Turns, func(n int) bool { return st.Turn(n).Answered })
	if k < 0 {
		return Telling{}, false
	}
	first := st.Turn(b.Turns[k])
	if first.Words < leastWords && st.Session.Story == "" {
		return Telling{}, false
	}
	r := reading.Read(reading.Input{Question: first.Text, Text: first.Answer, Kind: interview.KindBehavioural})
	t := Telling{Session: st.ID, Block: b.Block, Format: st.Session.Format, Mode: st.Session.Mode, At: first.AnsweredAt, Declared: st.Session.Story, Turn: b.Turns[k],
		Words: first.Words, Minutes: math.Round(r.SpokenMinutes*100) / 100, Figures: len(r.Quantities), Specific: math.Round(r.Measures.Specific*10) / 10,
		Told: r.ResponseType == reading.Story, Principles: []string{}}
	if rubric := pack.Rubrics[b.Item]; rubric != nil {
		t.Principles = append(t.Principles, rubric.Principles...)
	}
	for _, m := range r.Missing {
		t.Missing = append(t.Missing, partNames[m])
	}
	if len(r.Sentences) > 0 {
		t.Opening = cut(first.Answer[r.Sentences[0].Start:r.Sentences[0].End], openingRunes)
	}
	// What a session took over from the one it goes on from was said there, and is no second telling.
	from := 0
	if st.Session.Fork != nil {
		from = st.Session.Fork.Turn
	}
	if !slices.ContainsFunc(b.Turns, func(n int) bool { return n >= from && st.Turn(n).Answered }) {
		return Telling{}, false
	}
	if t.Turn >= from {
		t.Grams = grams(first.Answer)
	}
	t.Scores = scoresOf(b)
	said, figures := map[uint32]bool{}, map[float64]bool{}
	dig := digs(st, b)
	for _, n := range b.Turns[k:] {
		turn := st.Turn(n)
		if !turn.Done() {
			continue
		}
		fresh, numbers := 0, 0
		q := r
		if turn != first {
			q = reading.Read(reading.Input{Question: turn.Text, Text: turn.Answer, Kind: interview.KindBehavioural, Followup: true})
		}
		for _, h := range stems(turn.Answer, q.Quantities) {
			if !said[h] {
				said[h] = true
				fresh++
			}
		}
		for _, x := range q.Quantities {
			if !figures[x.Value] {
				figures[x.Value] = true
				numbers++
			}
			if n < from {
				continue
			}
			start, end, ok := reading.ClauseAround(turn.Answer, x.Start, x.End)
			if !ok {
				start, end = x.Start, x.End
			}
			t.Numbers = append(t.Numbers, Number{Turn: n, Start: start, End: end, Value: x.Value, Unit: x.Unit, Noun: x.Noun, Narrow: x.Narrow, Role: x.Role, Quote: cut(turn.Answer[start:end], quoteRunes)})
		}
		if turn == first || turn.Main {
			continue
		}
		t.Followups++
		if dig > 0 {
			t.Depth = append(t.Depth, depth(turn, n, dig, fresh, numbers, &q, pack))
		}
	}
	for h := range said {
		t.Stems = append(t.Stems, h)
	}
	slices.Sort(t.Stems)
	return t, true
}

// depth is what the answer to a follow-up brought.
func depth(turn *interview.Turn, n, seconds, fresh, numbers int, q *reading.Reading, pack *interview.Pack) Depth {
	d := Depth{Turn: n, New: fresh, Figures: numbers, We: q.Ownership.We, Unknown: turn.Skipped == "dont_know" || reading.Declines(turn.Answer), Skipped: turn.Skipped != "",
		Long: q.SpokenMinutes*60 > float64(seconds), Dry: fresh < dryWords && numbers == 0}
	if turn.Probe != nil {
		d.Type = turn.Probe.Type
	}
	d.Strand = strand(pack, d.Type)
	return d
}

// digs is how many seconds an answer to a follow-up may take in a block that digs; 0 where it does not dig.
func digs(st *interview.State, b *interview.Block) int {
	rounds := st.Session.Plan.Rounds
	if b.Round < 1 || b.Round > len(rounds) || b.PhaseNo < 0 || b.PhaseNo >= len(rounds[b.Round-1].Phases) {
		return 0
	}
	p := rounds[b.Round-1].Phases[b.PhaseNo]
	if !p.Dig {
		return 0
	}
	if p.FollowupSeconds > 0 {
		return p.FollowupSeconds
	}
	return 75
}

func strand(pack *interview.Pack, typ string) string {
	for _, p := range pack.Bank {
		if p.Type == typ && p.Name != "" {
			return p.Name
		}
	}
	return typ
}

// stems are hashes of the words and figures that tell a text from others.
func stems(text string, figures []reading.Quantity) []uint32 {
	var out []uint32
	for _, w := range reading.Telling(text) {
		if w[0] < '0' || w[0] > '9' { // figures go by their value
			out = append(out, hash(w))
		}
	}
	for _, f := range strings.Fields(text) { // short names: S3, CI, PR
		f = strings.TrimFunc(f, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if n := len([]rune(f)); n >= 2 && n <= 4 && f == strings.ToUpper(f) && strings.IndexFunc(f, unicode.IsLetter) >= 0 {
			out = append(out, hash("name "+f))
		}
	}
	for _, q := range figures {
		if telltale(q.Value) {
			out = append(out, figureHash(q.Value))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// telltale reports whether a figure says anything about which story it is from: everybody has one, two and three of something.
func telltale(v float64) bool { return v >= 4 || v != math.Trunc(v) }

func figureHash(v float64) uint32 { return hash("figure " + strconv.FormatFloat(v, 'g', -1, 64)) }

func hash(s string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s)) // never fails
	return h.Sum32()
}

// grams samples the runs of five words of a text; nil where it is too short to say how alike it is to another.
func grams(text string) []uint32 {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' && r != '’' })
	if len(words) < leastWords {
		return nil
	}
	var out []uint32
	for i := 0; i+gramSize <= len(words); i++ {
		if h := hash(strings.Join(words[i:i+gramSize], " ")); h%gramShare == 0 {
			out = append(out, h)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// alike is the share of the first list that stands in the second; both are sorted.
func alike(own, other []uint32) float64 {
	if len(own) < 4 {
		return 0
	}
	n := 0
	for _, h := range own {
		if _, ok := slices.BinarySearch(other, h); ok {
			n++
		}
	}
	return float64(n) / float64(len(own))
}

func cut(s string, most int) string {
	s = tidy(s)
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// quantity is a number as the reading knows it.
func (n *Number) quantity() reading.Quantity {
	return reading.Quantity{Value: n.Value, Unit: n.Unit, Noun: n.Noun, Narrow: n.Narrow, Role: n.Role}
}
