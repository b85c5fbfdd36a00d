package ollama

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ollama/ollama/api"

	"rehearse/server/interview"
	"rehearse/server/prompt"
)

// The prompts of the voice.
const (
	systemPrompt = "interviewer/system"
	leadPrompt   = "interviewer/lead-in"
)

// maxLead is the longest lead-in that is kept, in words, and minLead the shortest that is worth a cut; a
// longer one is cut at a clause. Both parts together stay under maxWords, the longest follow-up.
const (
	maxLead  = 16
	minLead  = 4
	maxWords = 35
)

// maxShare is how much of the context a prompt may take, and taskBytes what is kept free in it for the task.
const (
	maxShare  = 0.8
	taskBytes = 3000
)

// Voice speaks follow-ups with a model: the model leads in with something the candidate said, and the
// authored question follows word for word.
type Voice struct {
	client  *Client
	model   Choice
	prompts *prompt.Set
	ear     listening
	trust   Trust
}

// NewVoice returns a voice that speaks with m.
func NewVoice(c *Client, m Choice, prompts *prompt.Set) *Voice {
	return &Voice{client: c, model: m, prompts: prompts}
}

// Info says which model speaks, with the digest and the hash of the prompts it speaks from.
func (v *Voice) Info() interview.VoiceInfo {
	hash, err := v.prompts.Hash(systemPrompt, leadPrompt)
	if err != nil {
		hash = "" // the prompts are in the binary; Speak says what is wrong
	}
	return interview.VoiceInfo{Kind: "ollama", Model: v.model.Model, Digest: v.model.Digest, Prompt: hash, Detail: describe(v.model), Host: v.model.URL}
}

// Preload loads the model before the first question is due.
func (v *Voice) Preload(ctx context.Context) error { return v.client.Preload(ctx, v.model) }

// Speak lets the model lead in to the authored question. What comes back is not judged here; a model that
// says nothing, or one word over and over, could not speak.
func (v *Voice) Speak(ctx context.Context, b interview.Brief) (interview.Utterance, error) {
	head, err := v.prompts.Get(leadPrompt)
	if err != nil {
		return interview.Utterance{}, err
	}
	options := map[string]any{"temperature": head.Temperature, "seed": int(b.Seed & 0x7fffffff), "num_predict": head.NumPredict, "stop": []string{"\n"}}
	messages, err := v.messages(b)
	if err != nil {
		return interview.Utterance{}, err
	}
	reply, err := v.client.Chat(ctx, v.model, messages, options)
	if errors.Is(err, errTooLong) && len(b.Exchange) > 0 {
		b.Exchange = nil // its anchors stand in the task
		if messages, err = v.messages(b); err != nil {
			return interview.Utterance{}, err
		}
		reply, err = v.client.Chat(ctx, v.model, messages, options)
	}
	switch {
	case err != nil:
		return interview.Utterance{}, err
	case strings.TrimSpace(reply.Text) == "":
		return interview.Utterance{}, interview.Errorf(interview.CodeUnavailable, "the model said nothing")
	case stutters(reply.Text):
		return interview.Utterance{}, interview.Errorf(interview.CodeUnavailable, "the model said the same over and over")
	}
	return v.join(reply.Text, b), nil
}

// messages is the prompt: the fixed system text, the exchange as it was said, and one task at the end, so
// that a later request begins with all the bytes of an earlier one up to its task.
func (v *Voice) messages(b interview.Brief) ([]api.Message, error) {
	task, err := v.prompts.Render(leadPrompt, b)
	if err != nil {
		return nil, err
	}
	out, fits, err := v.exchange(b)
	if err != nil {
		return nil, err
	}
	if !fits { // a longer exchange is left out whole: its anchors stand in the task
		out = out[:1]
	}
	return append(out, api.Message{Role: "user", Content: task}), nil
}

// join makes the utterance: the model's lead-in, cut to its first sentence, and the authored question. A
// lead-in that asks is passed on whole for the guard to see; one that no room is left for is left out.
func (v *Voice) join(raw string, b interview.Brief) interview.Utterance {
	u := interview.Utterance{Text: b.Question, Anchor: -1, Voice: v.model.Model}
	lead := strings.NewReplacer("<<<", "", ">>>", "").Replace(strings.Join(strings.Fields(raw), " "))
	lead = unlabel(lead, "Interviewer", "Assistant", b.Name)
	lead = unquote(dropQuestion(lead, b.Question))
	if !strings.Contains(lead, "?") {
		lead = told(whole(firstClause(lead, min(maxLead, maxWords-len(strings.Fields(b.Question))))), b)
	}
	if len(plain(lead)) == 0 {
		return u
	}
	u.Anchor = nearest(lead, b.Anchors)
	if last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(lead, closing)); !strings.ContainsRune(".!?…", last) {
		lead += "."
	}
	u.Text = lead + " " + b.Question
	return u
}

// ours are the words for the candidate's own things that a small model leaves as they were.
var ours = regexp.MustCompile(`(?i)\b(our|my)\b`)

// told makes a lead-in what the candidate said and not what the interviewer claims: "three apps used an old address" is
// told as "You said three apps used an old address", and our is your.
func told(lead string, b interview.Brief) string {
	if strings.ContainsAny(lead, "\"“”") || len(plain(lead)) == 0 {
		return lead
	}
	lead = ours.ReplaceAllStringFunc(lead, func(w string) string {
		if w[0] == 'O' || w[0] == 'M' {
			return "Your"
		}
		return "your"
	})
	first := plain(lead)[0]
	if first == "you" || first == "your" || first == "so" || first == "then" {
		return lead
	}
	for _, a := range b.Anchors { // only what is said back; anything else is for the guard to see as it is
		if words := plain(a); len(words) > 0 && (slices.Contains(words, first) || first == "the" || first == "a") {
			if !properName(lead, b) {
				r, size := utf8.DecodeRuneInString(lead)
				lead = string(unicode.ToLower(r)) + lead[size:]
			}
			return "You said " + lead
		}
	}
	return lead
}

// properName reports whether the first word of a line keeps its capital: it stands with one elsewhere in an anchor, not
// at its beginning, or has another behind it.
func properName(lead string, b interview.Brief) bool {
	first, _, _ := strings.Cut(lead, " ")
	if strings.ToUpper(first) == first || strings.ToLower(first[1:]) != first[1:] { // I, API, GitHub
		return true
	}
	for _, l := range b.Exchange {
		if i := strings.Index(l.Text, " "+first); l.Candidate && i > 0 && !strings.ContainsAny(l.Text[i-1:i], ".!?:\n") {
			return true
		}
	}
	return false
}

// closing are the marks that may follow the last one of a sentence.
const closing = "\"”’»)]"

// unlabel takes the speaker's name from the front of a line.
func unlabel(lead string, names ...string) string {
	for again := true; again; {
		again = false
		lead = strings.TrimSpace(lead)
		for _, name := range names {
			if head, rest, ok := strings.Cut(lead, ":"); ok && name != "" && strings.EqualFold(strings.Trim(head, "* "), name) {
				lead, again = strings.TrimLeft(rest, "* "), true
			}
		}
	}
	return lead
}

// dropQuestion takes the authored question out of a lead-in: said once is enough. Letter case, blanks and
// the form of an apostrophe do not count.
func dropQuestion(lead, question string) string {
	words := strings.Fields(question)
	if len(words) == 0 {
		return lead
	}
	for i, w := range words {
		w = strings.ReplaceAll(w, "’", "'")
		words[i] = strings.ReplaceAll(regexp.QuoteMeta(w), "'", "['’]")
	}
	said, err := regexp.Compile("(?i)" + strings.Join(words, `\s+`))
	if err != nil { // a question that is no text
		return lead
	}
	return strings.TrimSpace(said.ReplaceAllString(lead, ""))
}

// unquote takes off quotation marks that stand round the whole line, as small models put them.
func unquote(lead string) string {
	inner := strings.Trim(lead, `"“”`)
	if strings.ContainsAny(inner, `"“”`) {
		return lead // they mark a part of it
	}
	return strings.TrimSpace(inner)
}

// whole takes the quotation marks out of a line whose cut left one of them open.
func whole(lead string) string {
	if strings.Count(lead, `"`)%2 == 0 && strings.Count(lead, "“") == strings.Count(lead, "”") {
		return lead
	}
	return strings.TrimSpace(strings.NewReplacer(`"`, "", "“", "", "”", "").Replace(lead))
}

// firstClause keeps the first sentence, and of one over limit words the clauses that fit.
func firstClause(lead string, limit int) string {
	for i, r := range lead {
		if (r == '.' || r == '!' || r == ';') && (i+1 == len(lead) || lead[i+1] == ' ') {
			lead = lead[:i]
			break
		}
	}
	const loose = ",:;-–— "
	words := strings.Fields(lead)
	switch {
	case len(words) <= limit:
		return strings.TrimRight(lead, loose)
	case limit < minLead:
		return ""
	}
	cut := limit
	for i := limit - 1; i >= minLead; i-- {
		if strings.HasSuffix(words[i], ",") {
			cut = i + 1
			break
		}
	}
	return strings.TrimRight(strings.Join(words[:cut], " "), loose)
}

// stutters reports whether a text is one run of words over and over: of twelve words or more, less than a
// third are different.
func stutters(text string) bool {
	words := plain(text)
	different := map[string]bool{}
	for _, w := range words {
		different[w] = true
	}
	return len(words) >= 12 && len(different)*3 < len(words)
}

// nearest is the anchor that shares most of its words with a lead-in, at least half of them, or -1. Of
// equals it is the first, since the best stand first.
func nearest(lead string, anchors []string) int {
	said := map[string]bool{}
	for _, w := range plain(lead) {
		said[w] = true
	}
	best, index := 0.0, -1
	for i, a := range anchors {
		words := plain(a)
		n := 0
		for _, w := range words {
			if said[w] {
				n++
			}
		}
		if share := float64(n) / float64(max(1, len(words))); share >= 0.5 && share > best {
			best, index = share, i
		}
	}
	return index
}

func plain(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}
