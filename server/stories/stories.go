// Package stories is the bank of a candidate's own stories: cues to tell them from, which principles they serve, and what
// became of each in the sessions it was told in.
//
// It holds no text to recite. A story is a title and short cues in the candidate's own words; what was said of it in a
// session is measured and kept as figures, hashes of words and short quotes. It is pure: stories, tellings and a pack go
// in, and the same always comes out. It knows no store and no model, and nothing it holds goes into a prompt.
package stories

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"rehearse/server/interview"
)

// Limits of a bank. A cue that is longer than CueWords would be prose to recite.
const (
	MaxStories = 200
	MaxCues    = 60
	CueWords   = 18
	titleRunes = 120
	cueRunes   = 200
)

// Parts a cue may belong to; none is fine too.
const (
	Situation = "situation"
	Task      = "task"
	Action    = "action"
	Result    = "result"
	Lesson    = "lesson"
)

var parts = []string{Situation, Task, Action, Result, Lesson}

// What a story is worth to its teller.
const (
	Standout = "standout"
	Standard = "standard"
)

// First and Second say that a story is the one to tell for a principle, or the one to tell when the first is used up.
const (
	First  = "first"
	Second = "second"
)

// Story is one story of the candidate's, as cues.
type Story struct {
	ID         string    `json:"id"`
	Title      string    `json:"title"`
	Worth      string    `json:"worth"` // standout or standard
	Principles []Tag     `json:"principles"`
	Cues       []Cue     `json:"cues"`
	Created    time.Time `json:"created_at"`
	Updated    time.Time `json:"updated_at"`
}

// Tag says that a story serves a principle. Choice is first, second or empty.
type Tag struct {
	Principle string `json:"principle" strict:"required"`
	Choice    string `json:"choice,omitempty"`
}

// Cue is a few words to tell from. Part is empty where it belongs to none.
type Cue struct {
	Part string `json:"part,omitempty"`
	Text string `json:"text" strict:"required"`
}

// Valid says what is wrong with a story, for a person; principles are those of the pack. Nil principles are not checked.
func (s *Story) Valid(principles []interview.Principle) error {
	if err := line("title", s.Title, titleRunes); err != nil {
		return err
	}
	if s.Worth != Standout && s.Worth != Standard {
		return interview.FieldError("worth", "worth is standout or standard, not %q", s.Worth)
	}
	seen := map[string]bool{}
	for _, t := range s.Principles {
		switch {
		case principles != nil && !slices.ContainsFunc(principles, func(p interview.Principle) bool { return p.ID == t.Principle }):
			return interview.FieldError("principles", "there is no principle %q", t.Principle)
		case principles == nil && !plainID(t.Principle):
			return interview.FieldError("principles", "%q is no id of a principle", t.Principle)
		case seen[t.Principle]:
			return interview.FieldError("principles", "the principle %q is named twice", t.Principle)
		case t.Choice != "" && t.Choice != First && t.Choice != Second:
			return interview.FieldError("principles", "a choice is first, second or left out, not %q", t.Choice)
		}
		seen[t.Principle] = true
	}
	if len(s.Cues) == 0 {
		return interview.FieldError("cues", "a story has at least one cue")
	}
	if len(s.Cues) > MaxCues {
		return interview.FieldError("cues", "a story has at most %d cues, not %d", MaxCues, len(s.Cues))
	}
	for i, c := range s.Cues {
		if err := line("cues", c.Text, cueRunes); err != nil {
			return err
		}
		if c.Part != "" && !slices.Contains(parts, c.Part) {
			return interview.FieldError("cues", "the part of cue %d is %s or left out, not %q", i+1, strings.Join(parts, ", "), c.Part)
		}
		if n := interview.CountWords(c.Text); n > CueWords {
			return interview.FieldError("cues", "cue %d has %d words. A cue has at most %d: it is something to tell from, not to recite", i+1, n, CueWords)
		}
	}
	return nil
}

// line checks a text that has to stand on one line, trimmed, with white space only as single spaces.
func line(field, text string, most int) error {
	switch {
	case text == "":
		return interview.FieldError(field, "the field %q is empty", field)
	case !utf8.ValidString(text):
		return interview.FieldError(field, "the field %q is not UTF-8 text", field)
	case text != tidy(text):
		return interview.FieldError(field, "the field %q has line breaks, control characters or too much white space: %q", field, text)
	case utf8.RuneCountInString(text) > most:
		return interview.FieldError(field, "the field %q has more than %d characters", field, most)
	}
	return nil
}

// tidy puts a text onto one line: control characters out, white space single.
func tidy(text string) string {
	text = strings.ToValidUTF8(text, "")
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || r == '\ufeff' || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// Tidy is a story with its texts each on one line, its defaults filled in and its empty cues left out.
func (s Story) Tidy() Story {
	s.Title = tidy(s.Title)
	if s.Worth == "" {
		s.Worth = Standard
	}
	cues := []Cue{}
	for _, c := range s.Cues {
		if c.Text = tidy(c.Text); c.Text != "" {
			cues = append(cues, c)
		}
	}
	s.Cues = cues
	s.Principles = append([]Tag{}, s.Principles...)
	return s
}

// Same reports whether two stories say the same, whatever their ids and times.
func (s *Story) Same(o *Story) bool {
	return s.Title == o.Title && s.Worth == o.Worth && slices.Equal(s.Principles, o.Principles) && slices.Equal(s.Cues, o.Cues)
}

// choice is what a story is for a principle; tagged is false where it does not serve it.
func (s *Story) choice(principle string) (choice string, tagged bool) {
	for _, t := range s.Principles {
		if t.Principle == principle {
			return t.Choice, true
		}
	}
	return "", false
}

// Place is who else has to change when a story is kept: a principle has one first and one second choice, and the story
// that is kept now has it. The others keep the principle without the choice.
func Place(all []Story, kept *Story) (changed []Story) {
	for _, o := range all {
		if o.ID == kept.ID {
			continue
		}
		tags, moved := slices.Clone(o.Principles), false
		for i, t := range tags {
			if c, ok := kept.choice(t.Principle); ok && c != "" && c == t.Choice {
				tags[i].Choice, moved = "", true
			}
		}
		if moved {
			o.Principles = tags
			changed = append(changed, o)
		}
	}
	return changed
}

func plainID(id string) bool {
	return id != "" && len(id) <= 100 && strings.IndexFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	}) < 0
}

// ValidID reports whether a text has the form of a story's id.
func ValidID(id string) bool { return plainID(id) && strings.HasPrefix(id, "s-") }

// Start is what a client sends to drill a story.
type Start struct {
	Format    string         `json:"format"`
	Mode      interview.Mode `json:"mode"`
	Principle string         `json:"principle"`
	Story     string         `json:"story"`
}

// Principle is the principle that a story is drilled for: of those it serves the first for which it is a first choice,
// then a second, then any. Empty where it serves none of the pack.
func Principle(s *Story, pack *interview.Pack) string {
	for _, want := range []string{First, Second, ""} {
		for _, t := range s.Principles {
			if t.Choice == want && slices.ContainsFunc(pack.Principles, func(p interview.Principle) bool { return p.ID == t.Principle }) {
				return t.Principle
			}
		}
	}
	return ""
}

// starts are the drill and the dive of a story; nil where the pack has no such format or the story serves no principle.
func starts(s *Story, pack *interview.Pack) (drill, dive *Start) {
	pr := Principle(s, pack)
	if pr == "" {
		return nil, nil
	}
	for _, f := range pack.Formats {
		if !f.Single || len(f.Rounds) == 0 || len(f.Rounds[0].Phases) == 0 || !slices.Equal(f.Rounds[0].Phases[0].Items, []interview.Kind{interview.KindBehavioural}) {
			continue
		}
		st := &Start{Format: f.ID, Mode: interview.ModeCoached, Principle: pr, Story: s.ID}
		switch {
		case f.Rounds[0].Phases[0].Dig && dive == nil:
			dive = st
		case !f.Rounds[0].Phases[0].Dig && drill == nil:
			drill = st
		}
	}
	return drill, dive
}

// PromptsFor are the ids of the prompts that may find a story for a principle, those for its family first.
func PromptsFor(all []interview.MiningPrompt, pr interview.Principle) []string {
	var own, any []string
	for _, p := range all {
		switch {
		case slices.Contains(p.Families, pr.Family):
			own = append(own, p.ID)
		case len(p.Families) == 0:
			any = append(any, p.ID)
		}
	}
	return append(own, any...)
}

// counted is a figure without a tail of zeros.
func counted(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.4f", v), "0"), ".")
}
