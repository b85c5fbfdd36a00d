package ollama_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"rehearse/server/interview"
	"rehearse/server/ollama"
	"rehearse/server/ollama/ollamatest"
)

// account is an answer of some hundred words, in sentences.
var account = []string{
	"In March 2024 our build servers trusted any pull request, and one of them had read a signing key.",
	"I was responsible for the release pipeline of eleven services, which four teams used every day.",
	"The first thing I did was to look at the log of the key store for the thirty days before.",
	"There I saw that two jobs had read the key although neither of them ever signed anything.",
	"I asked their owners, and both said that the template they had copied simply did it.",
	"So I took the key out of the build machines and put the signing on a machine of its own.",
	"That machine takes a hash and a ticket, and it refuses everything that has no approval.",
	"Priya, who owned the build servers, was afraid that releases would take longer than before.",
	"I showed her a trial on two services, where it cost nine seconds for each release.",
	"She agreed when I offered to carry the pager for the new machine during the first month.",
	"We had considered a rotation of the key every night, and I rejected it because a thief needs minutes.",
	"I also thought about hardware tokens for each engineer, but the release at night has nobody who could touch one.",
	"After four weeks unsigned releases had gone from five a week to none, counted by the registry.",
	"One team went around it twice, and I sat with them until their script used the new way.",
	"What I would do differently is to ask the running machines first and not the wiki, which was a year old.",
}

// answerOf is an answer of about n words.
func answerOf(n int) string {
	var out []string
	words := 0
	for i := 0; words < n; i++ {
		s := account[i%len(account)]
		if i >= len(account) { // the same sentences again would be another exchange's cache
			s = fmt.Sprintf("In round %d it was much the same: %s", i/len(account)+1, strings.ToLower(s[:1])+s[1:])
		}
		out = append(out, s)
		words += len(strings.Fields(s))
	}
	return strings.Join(out, " ")
}

// realClient is a client of a real server, or skips the benchmark.
func realClient(b *testing.B, model string) (*ollama.Client, ollama.Choice, *ollamatest.Real) {
	b.Helper()
	if os.Getenv("REHEARSE_E2E_MODEL") == "" {
		b.Skip("a real model is only used with REHEARSE_E2E_MODEL=1")
	}
	r, why := ollamatest.StartReal(b)
	if r == nil {
		b.Fatal(why)
	}
	c := ollama.New([]string{r.URL}, nil)
	c.FirstToken = 5 * time.Minute
	m, err := c.Detect(b.Context(), model)
	if err != nil {
		b.Fatal(err)
	}
	return c, m, r
}

// firstWord is the time from submit to the first token of what a voice says.
func firstWord(b *testing.B, v *ollama.Voice, brief interview.Brief) time.Duration {
	b.Helper()
	var first time.Duration
	began := time.Now()
	ctx := interview.WithTeller(b.Context(), func(state, _ string) {
		if state == interview.ModelSpeaking && first == 0 {
			first = time.Since(began)
		}
	})
	if _, err := v.Speak(ctx, brief); err != nil {
		b.Fatal(err)
	}
	return first
}

// settledAt waits until the model has read up to an end that no earlier request had.
func settledAt(b *testing.B, r *ollamatest.Real, start, end string) {
	b.Helper()
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		passed := r.Passed()
		for _, p := range slices.Backward(passed) {
			if req, ok := p.Chat(); ok && len(req.Messages) > 0 && !p.Gone.IsZero() && strings.HasSuffix(req.Messages[len(req.Messages)-1].Content, end) && strings.Contains(text(req.Messages), start) {
				return
			}
		}
		if time.Now().After(deadline) {
			b.Fatal("the model did not read along")
		}
	}
}

// BenchmarkFirstWord is the time from submit to the first token for answers of 100, 300 and 600 words: with the answer
// read while it was typed, with the answer read at its end in the same exchange, and with a prompt of which nothing is
// in the cache, as a program has that rebuilds its prompt each turn. The first question of an exchange; a real model.
func BenchmarkFirstWord(b *testing.B) {
	for _, words := range []int{100, 300, 600} {
		for _, way := range []string{"typed", "pasted", "anew"} {
			b.Run(fmt.Sprintf("%d/%s", words, way), func(b *testing.B) {
				c, m, r := realClient(b, ollamatest.Chat)
				v := ollama.NewVoice(c, m, promptSet(b))
				if err := v.Preload(context.Background()); err != nil {
					b.Fatal(err)
				}
				var total, worst time.Duration
				n := 0
				for i := 0; b.Loop(); i++ {
					brief := interview.Brief{Name: "Mara Lindqvist", Role: "Senior Security Engineer",
						Exchange: []interview.Line{{Text: fmt.Sprintf("Question %d: tell me about a time you repaired something that nobody owned.", i)}}}
					answer := fmt.Sprintf("This was in my year %d there. ", i+1) + answerOf(words)
					v.Listen("bench", brief, "", false, nil)
					settledAt(b, r, "", brief.Exchange[0].Text)
					if way == "typed" {
						draft := ""
						for _, s := range strings.SplitAfter(answer, ". ") {
							draft += s
							typed := strings.TrimSpace(draft)
							if typed == answer { // its last words come with the submission
								for range 5 {
									typed = strings.TrimSpace(typed[:strings.LastIndexByte(typed, ' ')])
								}
							}
							v.Listen("bench", brief, typed, true, nil)
							settledAt(b, r, fmt.Sprintf("Question %d:", i), typed)
						}
					}
					if way == "anew" {
						other := brief
						other.Name = fmt.Sprintf("At %d o'clock, Mara", i)
						other.Exchange = []interview.Line{{Text: "Something else."}, {Candidate: true, Text: "Something else again."}}
						other.Question = "Why?"
						firstWord(b, v, other)
						brief.Name = fmt.Sprintf("Round %d, Mara", i)
					}
					brief.Exchange = append(brief.Exchange, interview.Line{Candidate: true, Text: answer})
					brief.Question, brief.Anchors = "What did that cost you?", []string{"I took the key out of the build machines"}
					took := firstWord(b, v, brief)
					total, worst, n = total+took, max(worst, took), n+1
				}
				b.ReportMetric(total.Seconds()/float64(n), "s/first-word")
				b.ReportMetric(worst.Seconds(), "s/worst")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// BenchmarkWarmingCost holds turns with warming against the same turns without it: submitted early, while a slice is
// being read; edited at their beginning just before; pasted; typed to the end. What warming costs may be no more than the
// slice that is under way.
func BenchmarkWarmingCost(b *testing.B) {
	for _, model := range []string{ollamatest.Small, ollamatest.Chat} {
		b.Run(model, func(b *testing.B) { warmingCost(b, model) })
	}
}

func warmingCost(b *testing.B, model string) {
	c, m, r := realClient(b, model)
	v := ollama.NewVoice(c, m, promptSet(b))
	if err := v.Preload(context.Background()); err != nil {
		b.Fatal(err)
	}
	turn := func(i int, way string, warm bool) time.Duration {
		answer := fmt.Sprintf("In turn %d of %v it began. ", i, warm) + answerOf(60+i%5*40)
		brief := interview.Brief{Name: "Mara Lindqvist", Role: "Senior Security Engineer", Exchange: []interview.Line{{Text: fmt.Sprintf("Question %d %v: what happened?", i, warm)}}}
		v.Listen("bench", brief, "", false, nil)
		settledAt(b, r, "", brief.Exchange[0].Text)
		if warm {
			half := answer[:len(answer)/2]
			half = half[:strings.LastIndexByte(half, '.')+1]
			switch way {
			case "early":
				v.Listen("bench", brief, half, true, nil)
				time.Sleep(20 * time.Millisecond) // a slice is under way
			case "edited":
				v.Listen("bench", brief, half, true, nil)
				settledAt(b, r, "", half)
				v.Listen("bench", brief, "Well. "+half, true, nil)
				answer = "Well. " + answer
			case "typed":
				v.Listen("bench", brief, half, true, nil)
				settledAt(b, r, "", half)
			}
		} else if way == "edited" {
			answer = "Well. " + answer
		}
		brief.Exchange = append(brief.Exchange, interview.Line{Candidate: true, Text: answer})
		brief.Question, brief.Anchors = "What did that cost you?", []string{"I took the key out of the build machines"}
		return firstWord(b, v, brief)
	}
	for b.Loop() {
		var worst, slice, on, off time.Duration
		n := 0
		for i := range 50 {
			way := []string{"early", "edited", "pasted", "typed"}[i%4]
			without := turn(i, way, false)
			seen := len(r.Passed())
			with := turn(i, way, true)
			for _, p := range r.Passed()[seen:] {
				if req, ok := p.Chat(); ok && req.Options["num_predict"] == 1.0 && !p.Gone.IsZero() {
					slice = max(slice, p.Gone.Sub(p.Began))
				}
			}
			worst, on, off, n = max(worst, with-without), on+with, off+without, n+1
		}
		b.ReportMetric(on.Seconds()/float64(n), "s/with")
		b.ReportMetric(off.Seconds()/float64(n), "s/without")
		b.ReportMetric(worst.Seconds(), "s/worst-extra")
		b.ReportMetric(slice.Seconds(), "s/longest-slice")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkCheck makes the checks of one technical answer: each point against each sentence that could say it, as a grade
// asks them, behind a voice that has spoken.
func BenchmarkCheck(b *testing.B) {
	c, m, _ := realClient(b, ollamatest.Chat)
	k, err := ollama.NewWeigher(c, m, promptSet(b), ollama.DefaultWeights())
	if err != nil {
		b.Fatal(err)
	}
	points := []string{
		"Object level authorization: the handler checks that the order belongs to the account of the session",
		"Values are bound as parameters of a prepared statement and never joined to the text of a query",
		"The sort column comes from a fixed list in the code",
		"A rate limit for each account, so that identifiers cannot be tried one after the other",
		"Reads of another account's order are logged with who asked, and an alert is raised on them",
		"A test in the pipeline asks for one account's order with the session of another and expects a refusal",
	}
	sentences := []string{
		"I would load the order by its number and by the account of whoever is signed in, in the same query, so that somebody else's number finds nothing.",
		"The name of the column cannot be bound, so I map what was picked to one of four constants.",
		"In the build there is a test that signs in as a second customer and tries the first one's numbers, and it fails the build on anything but 404.",
		"Then I would tell the team to use long random identifiers as well, although that only slows a thief down.",
	}
	if err := ollama.NewVoice(c, m, promptSet(b)).Preload(context.Background()); err != nil {
		b.Fatal(err)
	}
	round := 0
	for b.Loop() {
		var worst time.Duration
		began, n := time.Now(), 0
		for _, p := range points {
			for _, s := range sentences {
				one := time.Now()
				if _, err := k.Odds(context.Background(), p, fmt.Sprintf("%s (%d)", s, round)); err != nil { // nothing is answered from memory
					b.Fatal(err)
				}
				worst, n = max(worst, time.Since(one)), n+1
			}
		}
		round++
		b.ReportMetric(time.Since(began).Seconds()/float64(n), "s/check")
		b.ReportMetric(worst.Seconds(), "s/worst")
	}
	b.ReportMetric(0, "ns/op")
}
