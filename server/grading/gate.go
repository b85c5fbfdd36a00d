package grading

import (
	"regexp"
	"strings"

	"rehearse/server/interview"
)

// gateWords is the least that a first behavioural answer must have.
const gateWords = 40

// shape is what the gate counts in a text.
type shape struct {
	words, function, known int
	plausible              float64 // mean over words that are no acronyms
	judged                 int
	marks                  int // commas and full stops
	longest                int // longest run without a function word
	content, everyday      int // words that are no grammar, and those of them that are common or of the trade
}

func shapeOf(text string) shape {
	var s shape
	run := 0
	for _, w := range wordsIn(text, span{0, len(text)}) {
		s.words++
		if w.function() {
			s.function++
			run = 0
		} else {
			run++
			s.longest = max(s.longest, run)
		}
		if w.function() && len(w.low) > 1 || commonWords[w.low] || workWords[stem(w.low)] || len(phrases[stem(w.low)]) > 0 {
			s.known++
		}
		if !w.function() && len(w.low) > 2 {
			st := stem(w.low)
			s.content++
			if commonWords[w.low] || commonWords[st] || workWords[st] || len(phrases[st]) > 0 {
				s.everyday++
			}
		}
		if strings.ToUpper(text[w.start:w.end]) != text[w.start:w.end] && len(w.low) > 2 {
			s.plausible += plausible(w.low)
			s.judged++
		}
	}
	if s.judged > 0 {
		s.plausible /= float64(s.judged)
	}
	s.marks = strings.Count(text, ",") + strings.Count(text, ".")
	return s
}

// gibberish reports whether a text is no language: unlikely letters, hardly a known word.
func (s shape) gibberish() bool {
	if s.words == 0 || s.judged == 0 {
		return false
	}
	known := float64(s.known) / float64(s.words)
	return known < 0.2 && s.plausible < -3.05 || known < 0.1 && s.plausible < -2.8 && s.words > 2
}

// madeUp reports whether a text has the grammar of a language and hardly one of its words. Of real answers, a
// quarter of the content words at the least are everyday words or words of the trade; the bound is half of that.
func (s shape) madeUp() bool { return s.content >= 12 && s.everyday*8 < s.content }

var (
	firstPerson = regexp.MustCompile(`(?i)\b(?:I|me|my|mine|myself|we|us|our|ours)\b`)
	placeholder = regexp.MustCompile(`\[[^\]\n]{1,80}\]`)
	refusal     = regexp.MustCompile(`(?i)\b(?:(?:can(?:no|')t|cannot|can not|won't|will not|unable to|not allowed to|not permitted to|not able to|rather not|prefer not to|decline to) (?:give|talk|share|say|tell|name|discuss|answer|speak|go into|provide|disclose)|no comment)\b`)
)

// absent names why a first answer of some length is still none: a form that was not filled in, a refusal, or
// a text in which the speaker does not occur.
func absent(text string, acts int) string {
	switch {
	case len(placeholder.FindAllString(text, 4)) >= 3:
		return "a form that was not filled in"
	case acts < 2 && refusal.MatchString(text):
		return "the answer was refused"
	case interview.CountWords(text) >= gateWords && !firstPerson.MatchString(text):
		return "nobody in it is you"
	}
	return ""
}

// salad reports whether a text is a string of names without sentences.
func (s shape) salad() bool {
	share := float64(s.function) / float64(max(1, s.words))
	return s.words >= 10 && s.longest >= 8 && (share < 0.13 || share < 0.2 && s.marks == 0)
}

// echoes reports whether a text only gives the question back: hardly a content word of its own.
func echoes(text, question string) bool {
	asked := stems(question)
	if len(asked) < 2 {
		return false
	}
	own, total := 0, 0
	seen := map[string]bool{}
	for _, w := range wordsIn(text, span{0, len(text)}) {
		st := stem(w.low)
		if w.function() || seen[st] {
			continue
		}
		seen[st] = true
		total++
		if !asked[st] && !commonWords[w.low] && !commonWords[st] {
			own++
		}
	}
	if total < 3 {
		return false
	}
	shared := 0
	for st := range seen {
		if asked[st] {
			shared++
		}
	}
	return shared >= 3 && own <= 1+total/8 && shared*2 >= total
}

// recital reports whether names of principles stand in for a story.
func recital(text string, principles []string, acts int) bool {
	low := strings.ToLower(text)
	names := 0
	for _, n := range principles {
		names += strings.Count(low, strings.ToLower(n))
	}
	words := interview.CountWords(text)
	return names >= 3 && (names*8 >= words || acts < 2 && names*20 >= words)
}

var dodges = []string{"i don't know", "i do not know", "no idea", "not sure", "i can't remember", "i have no experience", "never heard", "pass.", "skip"}

// dodged reports whether a short text only says that there is no answer.
func dodged(text string) bool {
	low := strings.ToLower(strings.ReplaceAll(text, "’", "'"))
	if interview.CountWords(text) > 12 {
		return false
	}
	for _, d := range dodges {
		if strings.Contains(low, d) {
			return true
		}
	}
	return false
}
