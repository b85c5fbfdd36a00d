package reading

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"

	"rehearse/server/interview"
)

// Ask is what a turn that only asks wants.
type Ask string

// What a turn may ask for.
const (
	AskNothing Ask = ""       // it is an answer
	AskFact    Ask = "fact"   // something about the case
	AskAgain   Ask = "again"  // the question once more, or in other words
	AskTime    Ask = "time"   // a moment to think
	AskStop    Ask = "stop"   // to stop or to break off
	AskReason  Ask = "reason" // why this is asked
)

// The forms are anchored at the end as well: "I did not understand why it failed, so I ..." is an answer.
var askForms = []struct {
	ask Ask
	re  *regexp.Regexp
}{
	{AskStop, regexp.MustCompile(`(?i)^(?:` + softly + `)?(?:(?:can|could|may|shall|should) (?:we|i) (?:please )?(?:stop|end|finish|quit|pause|break off|take a break|have a break|leave it)(?: (?:here|now|there|this|it|the interview|for today|for (?:a|one|five|ten|\d+) (?:minutes?|moment|bit)))*(?: please)?|(?:i (?:need|want|would like|have)|i['’]d like) (?:to (?:stop|end|pause|quit|go|leave|take a break)|a break)(?: (?:here|now|this|it|the interview|please))*|(?:please )?(?:stop|end) (?:the interview|here|now)(?: please)?)[.!? ]*$`)},
	{AskTime, regexp.MustCompile(`(?i)^(?:` + softly + `)?(?:(?:can|could|may|might) i (?:please )?(?:have|take|get|think)\b[^.?!]{0,20}\b(?:minutes?|moment|seconds?|time|think)\b[^.?!]{0,24}|(?:please )?(?:just )?(?:give me|i need|i'd like|i would like) (?:just )?(?:a|one|some|\d+|a few) (?:minutes?|moments?|seconds?|time)\b[^.?!]{0,24}|let me think(?: (?:for|about)[^.?!]{0,24})?|(?:one|just a|a) (?:moment|minute|second|sec)(?: please)?|hold on|wait)[.!? ]*$`)},
	{AskReason, regexp.MustCompile(`(?i)^(?:` + softly + `)?(?:why (?:do you (?:ask|want to know|need)|are you asking|does (?:that|it|this) matter)|(?:is|how is) (?:that|this|it) relevant)\b[^.?!]{0,30}[.!? ]*$`)},
	{AskAgain, regexp.MustCompile(`(?i)^(?:` + softly + `)?(?:(?:can|could|would|will) you (?:please |kindly |maybe )?(?:repeat|rephrase|reword|restate|simplify|clarify|explain|say|put|ask)\b[^.?!]{0,20}\b(?:that|this|it|the question|your question|again|question)\b[^.?!]{0,30}|(?:please )?(?:repeat|rephrase|reword|restate|simplify)(?: (?:that|this|it|the question|your question))?(?: please)?|what (?:do|did|exactly do) you (?:mean|want|ask)\b[^.?!]{0,30}|what is (?:that|this|the question|meant)(?: supposed to mean)?|what was (?:that|the question)(?: again)?|what are you asking[^.?!]{0,20}|(?:could|can) you (?:please )?give (?:me )?an example|(?:for )?example|(?:i (?:do not|don't|don’t|did not|didn't|didn’t) (?:quite |really |fully )?(?:understand|get|follow|catch))(?: (?:the question|your question|this question|that question|you|it|that|this|what you (?:mean|want|are asking|ask)(?: me)?(?: for| to do)?))?|(?:i am|i'm|i’m) not (?:quite |really )?sure (?:what you (?:mean|want|ask|are asking)(?: me)?(?: for| to do)?|i (?:understand|follow)(?: (?:the|your) question)?)|in other words|more simply|come again|say again|once more|again|pardon(?: me)?|sorry|excuse me|what|huh|hm+|eh)(?: please)?[.!? ]*$`)},
}

// softly is what a request may begin with.
const softly = `(?:(?:ok|okay|so|and|sorry|hmm|well|actually|please|excuse me|hello|hey|um|uh)[,:. ]+)*`

// asideForm is what people say beside a request to stop or to wait; it asks for nothing.
var asideForm = regexp.MustCompile(`(?i)^(?:(?:i|i'm|i am|i’m) (?:feel(?:ing)?|am|not feeling|a bit|really|too|very|so)?[^.?!]{0,20}\b(?:sick|ill|unwell|tired|dizzy|exhausted|nervous|well|lost|stuck|confused)|thanks?(?: you)?|please|sorry)[.! ]*$`)

// AskOf says what a turn asks for when it does nothing else: it is short, every sentence of it is a question, a
// request or a polite opening, and there is at least one question or request.
func AskOf(text string) Ask {
	if len(strings.Fields(text)) > askLimit {
		return AskNothing
	}
	spans := Sentences(text)
	if len(spans) == 0 {
		if strings.TrimSpace(text) != "" && strings.Trim(text, "? \t\r\n") == "" {
			return AskAgain // a bare question mark
		}
		return AskNothing
	}
	asks := AskNothing
	var rest []string
	for _, s := range spans {
		sentence := strings.TrimSpace(text[s.Start:s.End])
		i := slices.IndexFunc(askForms, func(f struct {
			ask Ask
			re  *regexp.Regexp
		}) bool {
			return f.re.MatchString(sentence)
		})
		switch {
		case i >= 0:
			if asks == AskNothing || askForms[i].ask == AskStop {
				asks = askForms[i].ask
			}
		case asideForm.MatchString(sentence):
		default:
			rest = append(rest, sentence)
		}
	}
	if len(rest) == 0 {
		return asks
	}
	if !onlyAsks(strings.Join(rest, " ")) {
		return AskNothing
	}
	if asks == AskStop {
		return AskStop
	}
	return AskFact
}

// OnlyAsks reports whether a turn only asks something.
func OnlyAsks(text string) bool { return AskOf(text) != AskNothing }

// askedInside finds a question that an answer reports or puts: "I would first ask whether we have logs".
var askedInside = regexp.MustCompile(`(?i)\b(?:i(?:'d|’d| would| will|'ll)? (?:first |also |then |next )?(?:ask|want to know|need to know|like to know|check with you)|my (?:first |next )?questions? (?:is|are|would be))\b`)

// QuestionsIn are the sentences of an answer that put a question to the interviewer.
func QuestionsIn(text string) []Span {
	var out []Span
	for _, s := range Sentences(text) {
		sentence := strings.TrimRight(text[s.Start:s.End], "\"'”’) ")
		if strings.HasSuffix(sentence, "?") && !checkBack.MatchString(sentence) || askedInside.MatchString(sentence) {
			out = append(out, s)
		}
	}
	return out
}

// concepts are words that people use for one another when they ask for a fact. A word stands in one group at most.
var concepts = groups(`
exploit abuse attack misuse breach hack compromise victim
deploy release ship rollout hotfix production
disable switch off kill turn deactivate flag suspend stop
log record audit trail monitor retain retention trace history
user customer member client people holder
table column row schema database db data store
owner own team responsible maintain belong
code source helper line implementation program built build
write delete modify change alter permission right privilege role access
fast quick long time soon hour minute week
allow permit freeze exception forbid window
same elsewhere other similar another everywhere
secret credential password token key api
legal counsel privacy regulator gdpr law europe european
tell told inform notify aware know informed announce
size limit maximum big large quota megabyte
malware virus scan scanner antivirus
type format kind extension
public internet exposed reachable reach outside
encrypt tls https http plaintext plain
domain host origin site address
mfa factor second 2fa otp
signup register registration account
third party vendor supplier partner company
script javascript
hash argon bcrypt salt
rate throttle throttling
recover recovery reset forgot
sign signed signature signing
dependency package library module
machine instance server vm runner host
wipe clean reuse ephemeral
approve approval review reviewer merge
sensitive personal pii content private
remove delete erase
support employee staff agent
scale volume traffic many
cdn edge waf
webhook callback
error message exception
specification spec openapi swagger documentation
valid expire expiry lifetime live
imds metadata imdsv
lead developer engineer
bucket s3 object
`)

func groups(text string) map[string][]int {
	out := map[string][]int{}
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		for w := range strings.FieldsSeq(line) {
			out[stem(w)] = append(out[stem(w)], i)
		}
	}
	return out
}

// factWords are the words of one fact, with how much each says that the fact is meant.
type factWords struct {
	weight   map[string]float64
	concepts map[int]float64
}

// factTable is a table of facts prepared for questions in any words.
type factTable struct {
	facts []factWords
	idf   map[string]float64
	rare  float64
}

// What a word is worth by where it stands: in an authored way of asking, in an expression, in the answer.
const (
	inAsks   = 1.0
	inRegexp = 0.8
	inAnswer = 0.6
	byGroup  = 0.6 // a word of the same group, against the word itself
)

var regexpWord = regexp.MustCompile(`[a-z]{3,}`)

// factTables caches prepared tables by the address of their first fact: content does not change while it is served.
var factTables sync.Map

func tableOf(facts []interview.Fact) *factTable {
	if t, ok := factTables.Load(&facts[0]); ok && len(t.(*factTable).facts) == len(facts) {
		return t.(*factTable)
	}
	t := &factTable{idf: map[string]float64{}}
	df := map[string]int{}
	for _, f := range facts {
		w := factWords{weight: map[string]float64{}, concepts: map[int]float64{}}
		note := func(text string, worth float64) {
			for _, tok := range wordsOf(text, Span{0, len(text)}) {
				if !stop[tok.low] && len(tok.low) > 1 {
					w.weight[tok.stem] = max(w.weight[tok.stem], worth)
				}
			}
		}
		for _, a := range f.Asks {
			if re, ok := strings.CutPrefix(a, "re:"); ok {
				note(strings.Join(regexpWord.FindAllString(strings.ReplaceAll(strings.ToLower(re), `\b`, " "), -1), " "), inRegexp)
			} else {
				note(a, inAsks)
			}
		}
		note(f.Answer, inAnswer)
		for s, worth := range w.weight {
			df[s]++
			for _, g := range concepts[s] {
				w.concepts[g] = max(w.concepts[g], worth)
			}
		}
		t.facts = append(t.facts, w)
	}
	n := float64(len(facts))
	for s, d := range df {
		t.idf[s] = math.Log(1 + n/float64(d))
	}
	t.rare = math.Log(1 + n)
	factTables.Store(&facts[0], t)
	return t
}

// What makes a fact the one that is asked for: how much of the question it covers, and how far it is ahead of the next.
// With nearness in meaning beside the words other limits hold.
const (
	factCover = 0.45
	factAhead = 1.3
	nearCover = 0.7
	nearAhead = 1.15
)

// unknown is what a word that no fact holds weighs, of what one that a single fact holds does.
const unknown = 0.5

// FactFor is the index of the fact that a question asks for in words its author did not foresee, or -1. It goes by the
// words that the question shares with the ways of asking and the answer of each fact, the rarer in the table the more.
// near, where it is not nil, says how near in meaning a text is to the question, from -1 to 1.
func FactFor(question string, facts []interview.Fact, near func(text string) float64) int {
	if len(facts) == 0 {
		return -1
	}
	score, total := tableOf(facts).cover(question)
	if total == 0 && near == nil {
		return -1
	}
	least, ahead := factCover, factAhead
	for i := range score {
		if total > 0 {
			score[i] /= total
		}
		if near == nil {
			continue
		}
		least, ahead = nearCover, nearAhead
		best := near(facts[i].Answer)
		for _, a := range facts[i].Asks {
			if !strings.HasPrefix(a, "re:") {
				best = max(best, near(a))
			}
		}
		score[i] += best
	}
	best, second := 0, 0.0
	for i := range score {
		if score[i] > score[best] {
			best = i
		}
	}
	for i := range score {
		if i != best {
			second = max(second, score[i])
		}
	}
	if score[best] < least || score[best] < ahead*second {
		return -1
	}
	return best
}

// cover is how much of a question each fact holds, by the weight of its words, and the weight of all of them.
func (t *factTable) cover(question string) (score []float64, total float64) {
	score = make([]float64, len(t.facts))
	seen := map[string]bool{}
	for _, tok := range wordsOf(question, Span{0, len(question)}) {
		if stop[tok.low] || asking[tok.low] || len(tok.low) < 2 || seen[tok.stem] {
			continue
		}
		seen[tok.stem] = true
		idf, known := t.idf[tok.stem]
		if !known {
			idf = t.rare * unknown
		}
		total += idf
		for i, f := range t.facts {
			worth := f.weight[tok.stem]
			for _, g := range concepts[tok.stem] {
				worth = max(worth, f.concepts[g]*byGroup)
			}
			score[i] += worth * idf
		}
	}
	return score, total
}

// asking are words that only make a sentence a question.
var asking = set("please know tell want like need ask question exactly actually currently really already yet sort kind any anything anyone anybody someone somebody something there much many")
