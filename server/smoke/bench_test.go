package smoke_test

import (
	"testing"
	"time"

	"rehearse/server/ollama/ollamatest"
)

// What the numbers are held against; bench/README.md has those that were measured.
const (
	goalTurn50 = 3.0  // ms
	goalTurn95 = 10.0 // ms
	goalRest   = 60.0 // MB
	goalStart  = 1000 // ms
)

// BenchmarkTurn is the server's own time for one turn: from writing the frame of an answer to receiving
// the first words of the follow-up, the durable commit of the answer included. The model, where there is
// one, answers at once. A story has up to three follow-ups; a dive has ten, and each rests on all of it.
func BenchmarkTurn(b *testing.B) {
	for _, bb := range []struct{ name, format string }{{"screen", "phone-screen"}, {"story", "story-drill"}, {"dive", "dive-deep"}} {
		for _, how := range []struct {
			name  string
			typed bool
		}{{"", true}, {"-pasted", false}} {
			b.Run(bb.name+"/model"+how.name, func(b *testing.B) {
				fake := ollamatest.New(b)
				turn(b, start(b, b.TempDir(), "--ollama", fake.URL), bb.format, how.typed)
				if len(fake.Chats()) == 0 {
					b.Error("the model was not asked")
				}
			})
			b.Run(bb.name+"/none"+how.name, func(b *testing.B) {
				turn(b, start(b, b.TempDir(), "--model", "none"), bb.format, how.typed)
			})
		}
	}
}

// turn sits one session after another. Typed answers have been saved as drafts before they are submitted;
// pasted ones come out of nothing, and all reading is left to the moment of submitting.
func turn(b *testing.B, s *server, format string, typed bool) {
	var all []time.Duration
	no := 0
	for b.Loop() {
		no++
		id := s.create(b, map[string]any{"format": format})
		c, err := s.join(b.Context(), no, id)
		if err != nil {
			b.Fatal(err)
		}
		c.cut, c.typed = true, typed
		if err := c.sit(); err != nil {
			b.Fatal(err)
		}
		_ = c.ws.Close() // the session is over
		all = append(all, c.follow...)
	}
	if len(all) == 0 {
		b.Fatal("there was no follow-up")
	}
	reportTurns(b, all)
	b.ReportMetric(float64(len(all)), "turns")
	hold(b, "p50-ms", percentile(all, 0.50), goalTurn50)
	hold(b, "p95-ms", percentile(all, 0.95), goalTurn95)
}

func reportTurns(b *testing.B, all []time.Duration) {
	b.ReportMetric(percentile(all, 0.50), "p50-ms")
	b.ReportMetric(percentile(all, 0.95), "p95-ms")
}

// hold says where a number is over its goal; a benchmark does not fail for the machine it runs on.
func hold(b *testing.B, what string, got, goal float64) {
	if got > goal {
		b.Logf("%s is %.1f, over the goal of %.1f", what, got, goal)
	}
}

// BenchmarkFiveHundredSessions lets 500 candidates sit a whole phone screen at once. It fails when an
// event is lost. At once means that nobody stops to think, which is as hard as it gets; with pauses, each
// waits five seconds on average before an answer, still ten times faster than anybody types.
func BenchmarkFiveHundredSessions(b *testing.B) {
	for _, bb := range []struct {
		name  string
		pause time.Duration
	}{{"at once", 0}, {"with pauses", 5 * time.Second}} {
		b.Run(bb.name, func(b *testing.B) {
			s := start(b, b.TempDir(), "--model", "none")
			for b.Loop() {
				c := s.sitAtOnce(b, 500, "phone-screen", bb.pause)
				reportTurns(b, c.turns)
				b.ReportMetric(500/c.took.Seconds(), "sessions/s")
				b.ReportMetric(float64(len(c.turns))/c.took.Seconds(), "turns/s")
				b.ReportMetric(float64(c.events), "events")
				b.ReportMetric(float64(c.lost), "lost")
				b.ReportMetric(s.resident(), "MB")
			}
		})
	}
}

// BenchmarkMemory is the resident memory of the running server with its pack loaded: at rest after its
// start, after one phone screen, and after 500 at once.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		s := start(b, b.TempDir(), "--model", "none")
		if s.resident() == 0 {
			b.Skip("this system does not tell the memory of a process")
		}
		time.Sleep(time.Second)
		rest := s.resident()
		b.ReportMetric(rest, "MB-rest")
		hold(b, "MB at rest", rest, goalRest)
		s.sitAtOnce(b, 1, "phone-screen", 0)
		b.ReportMetric(s.resident(), "MB-after-1")
		s.sitAtOnce(b, 500, "phone-screen", 0)
		b.ReportMetric(s.resident(), "MB-after-500")
		time.Sleep(10 * time.Second)
		b.ReportMetric(s.resident(), "MB-10s-later")
		s.kill()
	}
}

// BenchmarkStart is the time from starting the program to its printed link: on a new data folder, and on
// one with sessions in it.
func BenchmarkStart(b *testing.B) {
	b.Run("new", func(b *testing.B) { starts(b, b.TempDir) })
	b.Run("used", func(b *testing.B) {
		data := b.TempDir()
		s := start(b, data, "--model", "none")
		s.sitAtOnce(b, 20, "phone-screen", 0)
		s.kill()
		starts(b, func() string { return data })
	})
}

func starts(b *testing.B, folder func() string) {
	if _, err := program(); err != nil { // built before the watch runs
		b.Fatal(err)
	}
	var all []time.Duration
	for b.Loop() {
		data := folder()
		began := time.Now()
		s := start(b, data, "--model", "none")
		all = append(all, time.Since(began))
		s.kill()
	}
	reportTurns(b, all)
	hold(b, "p95-ms", percentile(all, 0.95), goalStart)
}

// TestManyAtOnce is the same as the benchmark of 500 sessions, with fewer of them.
func TestManyAtOnce(t *testing.T) {
	s := start(t, t.TempDir(), "--model", "none")
	if c := s.sitAtOnce(t, 10, "phone-screen", 0); len(c.turns) < 10*20 {
		t.Errorf("10 phone screens had %d turns between them", len(c.turns))
	}
}
