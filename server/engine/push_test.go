package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rehearse/server/interview"
)

// TestThePullRequestFightsBack: after the review each place is repaired once, the change is shown, and a decision is
// questioned once, in words that do not depend on whether it is right.
func TestThePullRequestFightsBack(t *testing.T) {
	for _, tt := range []struct{ reply, want string }{
		{"Approve, nothing reaches the shell now.", "approved"},
		{"Block it: the long form of the option does the same.", "blocked"},
		{"A quote would end the text.", "decide"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			b := newBench(t)
			c := b.attach(b.create(interview.NewSession{Format: "pull-request", Item: "cr-py-thumbnail"}), 0)
			rubric, code := b.o.Pack.Rubrics["cr-py-thumbnail"], b.o.Pack.Items["cr-py-thumbnail"].Assets.Code.Text
			lines := map[string][]string{"approved": b.o.Pack.Lines.PushApproved, "blocked": b.o.Pack.Lines.PushBlocked, "decide": b.o.Pack.Lines.PushDecide}[tt.want]
			places, questioned := map[string]bool{}, 0
			for {
				q := c.question()
				if q.Turn == 0 {
					break
				}
				cmd := interview.Command{Type: "answer", ID: fmt.Sprint(q.Turn), Turn: q.Turn, Text: "The moment goes into a shell command in line 43."}
				if sw, fix := rubric.Pushed(q.Push); q.Push != nil {
					switch {
					case fix == nil:
						t.Fatalf("turn %d pushes %v, which nobody wrote", q.Turn, q.Push)
					case q.Main:
						if places[sw.ID] {
							t.Errorf("%s is repaired twice", sw.ID)
						}
						places[sw.ID] = true
						if !strings.Contains(q.Text, fix.Argues) || q.Material == nil || q.Material.Code.Text != rubric.Push(code, sw.ID, *fix) || !strings.Contains(q.Material.Change, "\n+ ") {
							t.Errorf("turn %d shows %+v and says %q", q.Turn, q.Material, q.Text)
						}
						if strings.Contains(q.Material.Text+q.Material.Change+q.Text, fix.Why) {
							t.Error("the question gives the key away")
						}
					default:
						questioned++
						if !slices.Contains(lines, q.Text) {
							t.Errorf("%q was questioned with %q", tt.reply, q.Text)
						}
					}
					cmd.Text = tt.reply
				}
				c.must(cmd)
			}
			if want := len(rubric.Fights()); len(places) != want || questioned != want {
				t.Errorf("%d places repaired and %d decisions questioned, want %d", len(places), questioned, want)
			}
		})
	}
}

// TestRepairsRotate: over sessions of one person every repair of a place comes, the unheard ones first.
func TestRepairsRotate(t *testing.T) {
	b := newBench(t)
	rubric := b.o.Pack.Rubrics["cr-py-thumbnail"]
	shown := map[string]int{}
	for range 2 {
		sum, err := b.e.Create(t.Context(), interview.NewSession{Format: "pull-request", Item: "cr-py-thumbnail"}) // without a seed: what was heard counts
		if err != nil {
			t.Fatal(err)
		}
		c := b.attach(sum.ID, 0)
		for {
			q := c.question()
			if q.Turn == 0 {
				break
			}
			if q.Push != nil && q.Main {
				shown[q.Push.Switch+"/"+q.Push.Fix]++
			}
			c.must(interview.Command{Type: "skip", ID: fmt.Sprint(q.Turn), Turn: q.Turn})
		}
	}
	for _, sw := range rubric.Fights() {
		for _, f := range sw.Fixes {
			if shown[sw.ID+"/"+f.ID] != 1 {
				t.Errorf("in two sessions %s/%s was shown %d times", sw.ID, f.ID, shown[sw.ID+"/"+f.ID])
			}
		}
	}
}

// TestAPullRequestIsDrawnWhereRepairsAreWritten over many seeds.
func TestAPullRequestIsDrawnWhereRepairsAreWritten(t *testing.T) {
	b := newBench(t)
	for seed := range uint64(25) {
		c := b.attach(b.create(interview.NewSession{Format: "pull-request", Seed: &seed}), 0)
		started := data[interview.BlockStarted](t, c.until("block.started"))
		if id := started.Item; len(b.o.Pack.Rubrics[id].Fights()) == 0 {
			t.Errorf("seed %d draws %s, for which no repair is written", seed, id)
		}
	}
}
