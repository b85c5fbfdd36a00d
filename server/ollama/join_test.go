package ollama

import (
	"strings"
	"testing"
	"unicode/utf8"

	"rehearse/server/interview"
)

func TestJoin(t *testing.T) {
	const q = "What else did you consider, and why not?"
	anchors := []string{"we moved the key out of the build", "I pulled a week of rejected requests", "I pulled a week of rejected mail"}
	tests := []struct {
		name, raw, want string
		anchor          int
	}{
		{"a lead-in", "You pulled a week of rejected requests.", "You pulled a week of rejected requests. " + q, 1},
		{"without its mark", "You moved the key out of the build", "You moved the key out of the build. " + q, 0},
		{"of equal anchors the first", "You pulled a week of rejected things.", "You pulled a week of rejected things. " + q, 1},
		{"no anchor", "You spoke about time.", "You spoke about time. " + q, -1},
		{"label", "Interviewer: You moved the key.", "You moved the key. " + q, 0},
		{"label in another case", "ASSISTANT: interviewer: You moved the key.", "You moved the key. " + q, 0},
		{"the interviewer's name", "**Mara Lindqvist:** You moved the key.", "You moved the key. " + q, 0},
		{"the question too", "You moved the key. " + q, "You moved the key. " + q, 0},
		{"the question in another form", "You moved the key. what else  did you consider,\nand why not?", "You moved the key. " + q, 0},
		{"only the question", q, q, -1},
		{"the question twice", q + " " + q, q, -1},
		{"a second sentence", "You moved the key. That is great!", "You moved the key. " + q, 0},
		{"marks of the prompt", "<<<You moved the key>>>", "You moved the key. " + q, 0},
		{"quoted whole", "“You moved the key out.”", "You moved the key out. " + q, 0},
		{"a quotation in it", "You said: “I pulled a week of rejected requests.”", "You said: “I pulled a week of rejected requests.” " + q, 1},
		{"a quotation left open", "You said: \"I pulled a week. And more", "You said: I pulled a week. " + q, 1},
		{"an ellipsis", "You moved the key…", "You moved the key… " + q, 0},
		{"cut at a clause", "You pulled a week of rejected requests, and you then went on to read every single one of them by hand twice",
			"You pulled a week of rejected requests. " + q, 1},
		{"cut without a clause", "You " + strings.Repeat("moved the key out ", 8), "You moved the key out moved the key out moved the key out moved the key. " + q, 0},
		{"a question of its own", "Why that? You moved it.", "Why that? You moved it. " + q, -1},
		{"letters that change their length", "ȺȺȺȺ " + strings.ToUpper(q), "ȺȺȺȺ. " + q, -1},
		{"our things are the candidate's", "You said that our key was in my build.", "You said that your key was in your build. " + q, -1},
		{"what was said is told as said", "The key moved out of the build.", "You said the key moved out of the build. " + q, 0},
		{"a name keeps its capital", "Rejected by Kubernetes for a week.", "You said rejected by Kubernetes for a week. " + q, -1},
		{"what nobody said stays as it is", "Nothing like that was told.", "Nothing like that was told. " + q, -1},
		{"nothing", " \n ", q, -1},
		{"marks only", "...", q, -1},
	}
	v := &Voice{model: Choice{Model: "m"}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := v.join(tt.raw, interview.Brief{Name: "Mara Lindqvist", Question: q, Anchors: anchors})
			if u.Text != tt.want || u.Anchor != tt.anchor || u.Voice != "m" {
				t.Errorf("join(%q) = %q at %d by %s, want %q at %d", tt.raw, u.Text, u.Anchor, u.Voice, tt.want, tt.anchor)
			}
		})
	}
}

// A long question leaves less room, and a very long one none.
func TestJoinKeepsToTheLength(t *testing.T) {
	v := &Voice{}
	for n := 1; n < 50; n++ {
		q := strings.Repeat("word ", n-1) + "word?"
		u := v.join("You pulled a week of rejected requests and read every one of them by hand over two days", interview.Brief{Question: q})
		if got := len(strings.Fields(u.Text)); got > max(n, maxWords) || !strings.HasSuffix(u.Text, q) {
			t.Errorf("a question of %d words became %d: %q", n, got, u.Text)
		}
	}
}

func TestStutters(t *testing.T) {
	for text, want := range map[string]bool{
		strings.Repeat("the ", 40):               true,
		strings.Repeat("You said it. ", 6):       true,
		"You pulled a week of rejected requests": false,
		"the the":                                false,
		"You said that you moved the key out of the build and then you moved the other key": false,
		"": false,
	} {
		if stutters(text) != want {
			t.Errorf("stutters(%q) = %v", text, !want)
		}
	}
}

func TestDescribe(t *testing.T) {
	for url, want := range map[string]bool{"http://127.0.0.1:11434": true, "http://localhost:1": true, "http://[::1]:1": true,
		"http://host.docker.internal:11434": true, "http://192.168.1.7:11434": false, "http://gpu.example:11434": false, "://": false} {
		if got := strings.Contains(describe(Choice{Model: "m", URL: url}), "local,"); got != want {
			t.Errorf("%s is called local: %v", url, got)
		}
	}
}

func FuzzJoin(f *testing.F) {
	f.Add("You pulled a week.", "What else?", "I pulled a week", "Mara")
	f.Add("Interviewer: ȺȺ WHAT ELSE?", "What else?", "", "")
	f.Add("“You said: it’s…", "it's?", "it’s", "You said")
	f.Add("\xff\xfe ...", "\xff?", "\xff", ":")
	f.Fuzz(func(t *testing.T, raw, question, anchor, name string) {
		v := &Voice{model: Choice{Model: "m"}}
		b := interview.Brief{Name: name, Question: question, Anchors: []string{"", anchor}}
		u := v.join(raw, b)
		if !strings.HasSuffix(u.Text, question) {
			t.Errorf("join(%q, %q) = %q does not end with the question", raw, question, u.Text)
		}
		if u.Anchor < -1 || u.Anchor >= len(b.Anchors) {
			t.Errorf("anchor %d", u.Anchor)
		}
		lead := strings.TrimSuffix(u.Text, question)
		if strings.Contains(lead, "<<<") || strings.Contains(lead, "\n") {
			t.Errorf("the lead-in %q holds marks or lines", lead)
		}
		if n := len(strings.Fields(lead)); !strings.Contains(lead, "?") && n > maxLead+1 {
			t.Errorf("a lead-in of %d words: %q", n, lead)
		}
		if utf8.ValidString(raw) && utf8.ValidString(question) && !utf8.ValidString(u.Text) {
			t.Errorf("join(%q, %q) = %q cut a letter in two", raw, question, u.Text)
		}
		stutters(raw)
	})
}
