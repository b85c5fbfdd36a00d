package grading

import (
	"testing"

	"rehearse/server/interview"
)

func TestPrune(t *testing.T) {
	s := interview.Summing{Lines: []interview.SummingLine{{About: "result", Why: "one figure, hardly backed", Words: "It went down by 40% in two weeks."}, {About: "depth", Why: "labels only"}}}
	for _, c := range []struct{ text, want string }{
		{"Your result has one figure. Say more.", "Your result has one figure. Say more."},
		{"You said \"It went down by 40%\". Keep it.", "You said \"It went down by 40%\". Keep it."},
		{"It fell by 60%. Keep the 40%.", "Keep the 40%."},
		{"You said \"it fell like a stone\". Fine otherwise.", "Fine otherwise."},
		{"You said \"it fell. And so on.", "And so on."},
		{"You score 4 of 5. Tell it again.", "Tell it again."},
		{"In two weeks is good. In three weeks is not.", "In two weeks is good."},
		{"", ""},
		{"Say it. Tell why. Name it. Show it. End it. Stop there. Go on.", "Say it. Tell why. Name it. Show it. End it."},
	} {
		if got := Prune(c.text, s); got != c.want {
			t.Errorf("%q\n got %q\nwant %q", c.text, got, c.want)
		}
	}
}
