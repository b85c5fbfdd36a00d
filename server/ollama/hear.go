package ollama

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/ollama/ollama/api"

	"rehearse/server/interview"
)

// hearPrompt is the task of listening to one sentence for one criterion.
const hearPrompt = "interviewer/hear"

// Trust says which criteria a model hears better than code reads them, and how its odds are to be read. It comes from
// the exam; nil trusts nothing, and then nothing is asked.
type Trust map[string]Weights

// pointTrust is the entry that holds for every point of an item.
const pointTrust = interview.PointCriterion

// Trusts sets which criteria are listened to from now on.
func (v *Voice) Trusts(t Trust) { v.trust = t }

// of returns how a criterion is to be read; false when it is not trusted.
func (t Trust) of(id string) (Weights, bool) {
	if strings.HasPrefix(id, interview.PointCriterion) {
		id = pointTrust
	}
	w, ok := t[id]
	return w, ok
}

// hearing is one sentence and one criterion.
type hearing struct {
	sentence  string
	criterion interview.Criterion
}

// hearings bounds how many criteria one sentence is listened to for, so that a long list does not starve the others.
const hearings = 6

// minHeard is how many words a sentence has at least to be listened to.
const minHeard = 4

// questions are what the finished sentences of a draft are to be listened to for, the newest sentence first: it is the
// one a follow-up may rest on next.
func (v *Voice) questions(draft string, listenFor []interview.Criterion) []hearing {
	if len(v.trust) == 0 || draft == "" {
		return nil
	}
	var out []hearing
	all := v.sentences(draft)
	for i := len(all) - 1; i >= 0; i-- {
		n := 0
		for _, k := range listenFor {
			if _, ok := v.trust.of(k.ID); ok && n < hearings {
				out = append(out, hearing{all[i], k})
				n++
			}
		}
	}
	return out
}

// sentences are those of a text that are long enough to be listened to.
func (v *Voice) sentences(text string) []string {
	var out []string
	for _, s := range v.cut(text) {
		if len(strings.Fields(s)) >= minHeard {
			out = append(out, s)
		}
	}
	return out
}

// cut cuts a text into sentences at marks that white space follows. It need not be as careful as reading: a sentence
// that is cut too short is only heard worse.
func (v *Voice) cut(text string) []string {
	var out []string
	start := 0
	for i, r := range text {
		end := i + len(string(r))
		if !strings.ContainsRune(".!?\n", r) || end < len(text) && !strings.ContainsRune(" \n\t", rune(text[end])) {
			continue
		}
		if s := strings.TrimSpace(text[start:end]); s != "" {
			out = append(out, s)
		}
		start = end
	}
	if s := strings.TrimSpace(text[start:]); s != "" {
		out = append(out, s)
	}
	return out
}

// unheard is the first question that was not answered yet, or nil. The caller holds the lock of the ear.
func (v *Voice) unheard(questions []hearing) *hearing {
	for i := range questions {
		if _, ok := v.ear.heard[questions[i].key()]; !ok {
			return &questions[i]
		}
	}
	return nil
}

func (h hearing) key() [2]string { return [2]string{h.criterion.ID, h.sentence} }

// hear listens to one sentence, inside the prefix that warming keeps.
func (v *Voice) hear(target []api.Message, h hearing) error {
	ctx, cancel := context.WithTimeout(context.Background(), v.client.FirstToken)
	defer cancel()
	goal := canon(target)
	l, err := v.hearOdds(ctx, target, h.criterion.Text, h.sentence, laneWarm, func() bool { return v.wanted(goal) })
	if err != nil {
		return err
	}
	v.ear.mu.Lock()
	defer v.ear.mu.Unlock()
	if v.ear.heard == nil || len(v.ear.heard) >= mostKnown {
		v.ear.heard = map[[2]string]float64{}
	}
	v.ear.heard[h.key()] = l
	return nil
}

// hearOdds are the log-odds that a sentence meets a criterion, asked behind a prefix, unless that is no longer wanted when
// its turn has come.
func (v *Voice) hearOdds(ctx context.Context, prefix []api.Message, criterion, sentence string, in lane, wanted func() bool) (float64, error) {
	task, err := v.prompts.Render(hearPrompt, interview.OddsCheck{Point: strings.TrimRight(criterion, ". "), Sentence: sentence})
	if err != nil {
		return 0, err
	}
	messages := slices.Concat(prefix, []api.Message{{Role: "user", Content: task}})
	now := func() []api.Message {
		if !wanted() {
			return nil
		}
		return messages
	}
	reply, err := v.client.chat(ctx, v.model, call{lane: in, now: now, odds: true, first: v.client.FirstToken, most: maxReplyRunes,
		options: map[string]any{"temperature": 0, "seed": gradeSeed, "num_predict": 1}})
	if err != nil {
		return 0, err
	}
	return logOdds(reply.First)
}

// Hear is HearOdds for an exchange with an answer that is still being typed.
func (v *Voice) Hear(ctx context.Context, b interview.Brief, draft, criterion, sentence string) (float64, error) {
	b.Exchange = append(b.Exchange[:len(b.Exchange):len(b.Exchange)], interview.Line{Candidate: true, Text: draft})
	messages, _, err := v.exchange(b)
	if err != nil {
		return 0, err
	}
	return v.hearOdds(ctx, open(messages), criterion, sentence, laneGrade, func() bool { return true })
}

// open takes the closing mark off an answer that is still being typed.
func open(messages []api.Message) []api.Message {
	last := &messages[len(messages)-1]
	last.Content = strings.TrimSuffix(last.Content, ">>>")
	return messages
}

// Heard is what was heard in some answers, by criterion. Criteria that are not trusted, and those of which nothing was
// heard yet, are left out.
func (v *Voice) Heard(answers []string) map[string]interview.Heard {
	if len(v.trust) == 0 {
		return nil
	}
	var sentences []string
	for _, a := range answers {
		sentences = append(sentences, v.sentences(a)...)
	}
	out := map[string]interview.Heard{}
	v.ear.mu.Lock()
	defer v.ear.mu.Unlock()
	for id, w := range v.trust {
		best, n := math.Inf(-1), 0
		for _, s := range sentences {
			if l, ok := v.ear.heard[[2]string{id, s}]; ok {
				best, n = max(best, l), n+1
			}
		}
		if n > 0 {
			out[id] = interview.Heard{Share: 1 / (1 + math.Exp(-w.Slope*(best-w.Middle))), Whole: n == len(sentences)}
		}
	}
	return out
}
