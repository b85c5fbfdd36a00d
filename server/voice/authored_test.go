package voice

import (
	"testing"

	"rehearse/server/interview"
)

// TestJoin: what is quoted ends as it was said, with a full stop only where a clause ends.
func TestJoin(t *testing.T) {
	for _, tt := range []struct{ anchor, want string }{
		{"I pulled a week of rejected requests", "You said: “I pulled a week of rejected requests.” What else did you consider?"},
		{"I pulled a week of\n rejected requests;", "You said: “I pulled a week of rejected requests.” What else did you consider?"},
		{"I pulled a week of rejected…", "You said: “I pulled a week of rejected…” What else did you consider?"},
	} {
		if got := Join(leads[0], tt.anchor, "What else did you consider?"); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.anchor, got, tt.want)
		}
	}
}

// TestSpeakLeavesOutLongAnchors: the question is said word for word, and alone when no anchor leaves it short enough.
func TestSpeakLeavesOutLongAnchors(t *testing.T) {
	long := "I wrote to each of the forty teams and asked them by name for the list of everything that they had in front of them that week and the one before and the one after it"
	b := interview.Brief{Question: "Who disagreed?", Anchors: []string{long, "I asked forty teams"}, Seed: 3}
	for _, tt := range []struct {
		anchors []string
		anchor  int
	}{{b.Anchors, 1}, {b.Anchors[:1], -1}, {nil, -1}} {
		b.Anchors = tt.anchors
		u, err := Authored{}.Speak(t.Context(), b)
		if err != nil || u.Anchor != tt.anchor || u.Anchor < 0 && u.Text != b.Question {
			t.Errorf("%d anchors: %+v, %v; want anchor %d", len(tt.anchors), u, err, tt.anchor)
		}
	}
}
