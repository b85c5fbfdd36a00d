// Package voice speaks an interview without a model: the authored question, tied to a clause the
// candidate said. It needs nothing and cannot fail.
package voice

import (
	"context"
	"math/rand/v2"
	"strings"

	"rehearse/server/interview"
)

// Name is how the authored voice signs what it says.
const Name = "authored"

// maxWords is the longest follow-up, in words; an anchor that would make it longer is left out.
const maxWords = 35

// leads join a quoted clause to the question.
var leads = []string{"You said: “%.” ", "You mentioned: “%.” ", "In your words: “%.” ", "Let me stay with this: “%.” "}

// Authored is the voice without a model.
type Authored struct{}

// Speak returns the authored question word for word, behind the first anchor that leaves it short enough.
func (Authored) Speak(_ context.Context, b interview.Brief) (interview.Utterance, error) {
	rng := rand.New(rand.NewPCG(b.Seed, 0x9e3779b97f4a7c15))
	lead := leads[rng.IntN(len(leads))]
	for i, a := range b.Anchors {
		text := Join(lead, a, b.Question)
		if interview.CountWords(text) <= maxWords {
			return interview.Utterance{Text: text, Anchor: i, Voice: Name}, nil
		}
	}
	return interview.Utterance{Text: b.Question, Anchor: -1, Voice: Name}, nil
}

// Join puts an anchor in front of a question: lead holds a % where the anchor goes. The anchor's last
// mark is dropped, since the lead brings its own.
func Join(lead, anchor, question string) string {
	anchor = strings.Join(strings.Fields(anchor), " ")
	if strings.HasSuffix(anchor, "…") { // cut within a sentence: no full stop that was never there
		return strings.Replace(lead, "%.", anchor, 1) + question
	}
	anchor = strings.TrimRight(anchor, ".,;:! ")
	return strings.Replace(lead, "%", anchor, 1) + question
}
