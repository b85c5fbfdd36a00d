package reading_test

import (
	"bufio"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

// labelled is one answer of the corpus, its sentences labelled by hand.
type labelled struct {
	ID        string `json:"id"`
	Sentences []struct {
		Text string       `json:"text"`
		Part reading.Part `json:"part"`
	} `json:"sentences"`
}

func corpus(t testing.TB) []labelled {
	t.Helper()
	files, err := filepath.Glob("testdata/corpus-*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatal("there is no corpus", err)
	}
	var out []labelled
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		in := bufio.NewScanner(f)
		in.Buffer(nil, 1<<20)
		for in.Scan() {
			var l labelled
			if err := json.Unmarshal(in.Bytes(), &l); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			out = append(out, l)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// quality is how well sentences are told apart: F1 for each part, and their mean.
type quality struct {
	f1    map[reading.Part]float64
	macro float64
	wrong []string
}

func tagQuality(t testing.TB, all []labelled, shuffled bool) quality {
	t.Helper()
	tp, fp, fn := map[reading.Part]int{}, map[reading.Part]int{}, map[reading.Part]int{}
	var q quality
	rng := rand.New(rand.NewPCG(1, 1))
	for _, l := range all {
		order := make([]int, len(l.Sentences))
		for i := range order {
			order[i] = i
		}
		if shuffled {
			rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
		var text strings.Builder
		starts := map[int]reading.Part{}
		for _, i := range order {
			starts[text.Len()] = l.Sentences[i].Part
			text.WriteString(l.Sentences[i].Text + "\n")
		}
		want := reading.Part("")
		for _, s := range reading.Read(reading.Input{Text: text.String(), Kind: interview.KindBehavioural}).Sentences {
			if p, ok := starts[s.Start]; ok {
				want = p
			}
			if s.Part == want {
				tp[want]++
				continue
			}
			fp[s.Part]++
			fn[want]++
			q.wrong = append(q.wrong, l.ID+" "+string(want)+"->"+string(s.Part)+": "+text.String()[s.Start:s.End])
		}
	}
	q.f1 = map[reading.Part]float64{}
	for _, p := range []reading.Part{"S", "T", "A", "R"} {
		q.f1[p] = 2 * float64(tp[p]) / float64(max(1, 2*tp[p]+fp[p]+fn[p]))
		q.macro += q.f1[p] / 4
	}
	return q
}

func TestSentencePartsOnTheCorpus(t *testing.T) {
	all := corpus(t)
	for _, tt := range []struct {
		name     string
		shuffled bool
		floor    float64
	}{{"in order", false, 0.60}, {"shuffled", true, 0.50}} {
		q := tagQuality(t, all, tt.shuffled)
		t.Logf("%s: macro-F1 %.3f %v over %d answers", tt.name, q.macro, q.f1, len(all))
		if q.macro < tt.floor {
			t.Errorf("%s: macro-F1 %.3f, the floor is %.2f", tt.name, q.macro, tt.floor)
		}
		if testing.Verbose() && os.Getenv("SHOW_WRONG") != "" {
			for _, w := range q.wrong {
				t.Log(w)
			}
		}
	}
}

func BenchmarkRead(b *testing.B) {
	all := corpus(b)
	texts := make([]string, len(all))
	for i, l := range all {
		for _, s := range l.Sentences {
			texts[i] += s.Text + " "
		}
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		reading.Read(reading.Input{Text: texts[n%len(texts)], Kind: interview.KindBehavioural})
		n++
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "answers/s")
}
