package guard

import (
	"testing"
)

var said = []string{
	"We had a spike of rejected requests. I pulled a week of rejected requests and found 212 of them came from one client. The quick fix was good enough for the night.",
	"How did you find it?",
}

const wording = "What else did you consider, and why not?"

func rules() Rules {
	return Rules{Wording: wording, Transcript: said, Terms: []string{"dive deep"},
		Hidden: Hide([]string{"compares the response with a known baseline", "least privilege"}), Said: []string{"You said you pulled a week. " + wording}}
}

// "Yourself" is the candidate's "myself", and nobody else's.
func TestYourself(t *testing.T) {
	for said, want := range map[string]bool{
		"I did all of it myself.":               true,
		"The login service did all of it.":      false,
		"Our team did all of it for the login.": false,
	} {
		got := Check("You did all of it yourself. "+wording, Rules{Wording: wording, Transcript: []string{said}, Candidate: []string{said}})
		if (len(got) == 0) != want {
			t.Errorf("after %q: %v", said, got)
		}
	}
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name string
		text string
		want string // the first rule broken, empty for none
	}{
		{"anchor and question", `You said: “I pulled a week of rejected requests.” ` + wording, ""},
		{"question alone", wording, ""},
		{"smoothed join in the candidate's words", "You pulled a week of rejected requests. " + wording, ""},
		{"a number that was said", "You found 212 from one client. " + wording, ""},
		{"candidate's own praise word in a quotation", `You said: “The quick fix was good enough for the night.” ` + wording, ""},
		{"two questions", "Why that week? " + wording, "one-question"},
		{"no question", "You pulled a week of rejected requests.", "one-question"},
		{"text after the question", wording + " Take your time.", "one-question"},
		{"too long", "You said that you pulled a week of rejected requests and then you pulled a week of rejected requests again and again and again and found a client and a client and a client and more. " + wording, "length"},
		{"praise", "Great, you pulled a week of rejected requests. " + wording, "praise"},
		{"answers itself", "You pulled requests, and you should consider using a cache. " + wording, "answer"},
		{"role swap", "I found the client with rejected requests. " + wording, "role"},
		{"invented number", "You found 300 rejected requests. " + wording, "number"},
		{"invented number word", "You found three clients. " + wording, "number"},
		{"invented quotation", `You said: “I pulled a month of requests.” ` + wording, "quotation"},
		{"reworded question", "You pulled a week of rejected requests. What other options were there?", "wording"},
		{"rubric words", "You found a client with least privilege. " + wording, "rubric"},
		{"principle name", "You had to dive deep into rejected requests. " + wording, "rubric"},
		{"scores", "You pulled a week, which would score. " + wording, "judgement"},
		{"not said at all", "You rewrote the authentication gateway in Rust. " + wording, "grounding"},
		{"repeat", "You said you pulled a week. " + wording, "repeat"},
		{"markup", "**You** pulled a week. " + wording, "markup"},
		{"speaker label", "Interviewer: " + wording, "markup"},
		{"stutter", "The the the requests. " + wording, "stutter"},
		{"empty", " \n", "empty"},
		{"garbage", "<<<%% {\"a\":", "one-question"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Check(tt.text, rules())
			if tt.want == "" && len(got) > 0 {
				t.Fatalf("Check(%q) = %v, want nothing", tt.text, got)
			}
			if tt.want != "" {
				for _, v := range got {
					if v.Rule == tt.want {
						return
					}
				}
				t.Fatalf("Check(%q) = %v, want a violation of %q", tt.text, got, tt.want)
			}
		})
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("You said: “x” why?", "what?")
	f.Fuzz(func(_ *testing.T, text, word string) {
		Check(text, Rules{Wording: word, Transcript: []string{text, word}, Hidden: Hide([]string{word}), Terms: []string{word}})
	})
}

// A lead-in claims nothing of the candidate that they did not say, in words of one of their sentences.
func TestALeadInKeepsToWhatTheCandidateSaid(t *testing.T) {
	t.Parallel()
	const question = "What outcome were you on the hook for?"
	candidate := []string{"Well, our team had a service that kept failing at night. So I rewrote the part that reads the queue, since it was holding a lock far too long. " +
		"Somebody said that we should simply buy another product, which we then did not do, for reasons of money I suppose."}
	asked := "Tell me about a time when everything was ready to launch and you found a reason to stop. " + question
	for lead, ok := range map[string]bool{
		"You rewrote the part that reads the queue.":                                     true,
		"You said that your team had a service that kept failing at night.":              true,
		"You mentioned the lock that was held far too long.":                             true,
		"You were on the hook for buying another product because of money.":              false, // the question's words
		"You said that everything was ready to launch and you found a reason.":           false, // the interviewer's
		"You were buying another product for reasons of money.":                          false, // it was denied
		"You rewrote the service, bought a product and failed the team at night.":        false, // put together
		"You did not buy another product, for reasons of money.":                         true,
		"You kept failing at night.":                                                     false, // the service did
		"You were holding a lock far too long.":                                          false,
		"You said your team had a service.":                                              true,
		"You described the queue and the lock that your team rewrote with great delays.": false,
	} {
		broke := Check(lead+" "+question, Rules{Wording: question, Transcript: append([]string{asked}, candidate...), Candidate: candidate})
		if (len(broke) == 0) != ok {
			t.Errorf("%q: %v", lead, broke)
		}
	}
}
