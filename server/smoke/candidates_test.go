package smoke_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// spoken are answers as people give them, of about 120 words each, some complete and some thin.
var spoken = []string{
	`In my last role I looked after the login service of a payments company. In October our fraud desk told us that accounts were being taken over, about thirty a week, and nobody knew how. I was asked to find out. I pulled two weeks of successful logins and compared them with the reports of the customers, and I saw that most of them came after a password reset by telephone. The help desk checked the date of birth and nothing else. I wrote that down, showed it to the head of support and proposed a callback to the number on file. She disagreed at first because of waiting times. We tried it with one team for two weeks. Takeovers went from 30 a week to 4, and the waiting time grew by 20 seconds.`,
	`We had a big migration to a new cloud account and the security review was late. There was a lot of pressure from the business. The team worked really hard, we had daily meetings, and everybody was involved. Some people thought that we should postpone the launch, and others wanted to go ahead and fix things later. In the end it was decided to do the most important findings first and to leave the rest for the next quarter. Tickets were created for all of them. The launch went well and management was happy with us. It was a great example of teamwork, and it showed that security does not have to be a blocker when people talk to each other early and often, which is something that I believe in strongly.`,
	`I would begin with what we protect: the files of the customers, their credentials and the trust that a file belongs to who uploaded it. Then I would draw the browser, the upload service, the queue, the scanner and the bucket, with a trust boundary between the internet and the service and another one between the scanner and everything else, since the scanner opens hostile input. An attacker could upload a file that claims to be an image and is a script, and if we serve it from our own domain it runs as stored cross-site scripting. They could also guess identifiers of other people's files. I would serve downloads from a separate domain with a fixed content type, check ownership on each request and run the scanner without network access.`,
	`The first thing I see is that the query is put together from the request parameter by concatenation, so a quote in the name ends the string and the rest is executed as SQL. I would use a prepared statement with a bound parameter there. The second thing is that the identifier of the account comes from the request as well, and nothing checks that it belongs to the person who is logged in, so one customer can read the orders of another by counting up. That needs a check on the server, and a test which fails without it. I would also not write the whole request to the log because it holds the token. I rate the first as critical and the second as high, since it needs a login.`,
	`First I would find out whether it is being used right now, so I would ask for the access logs of the last ninety days and look for requests with quotes or comments in that parameter. If it is, we contain it before anything else: a rule at the edge, or the endpoint is switched off if the business can live without it. I would tell the owner of the service and the incident lead within the hour and say what we know and what we do not know yet. Then comes the fix, which is a bound parameter, with a review by a second person and a test. After that I would search the other services for the same pattern, because it was probably copied, and write a lint rule so that it does not come back.`,
	`When I joined, every team filed its own exceptions in a spreadsheet, and there were 212 of them, most without an owner or a date. My manager asked me to get rid of the list before the audit in May. I read all of them in a week and sorted them by what an attacker could reach. I talked to nineteen owners and closed 140 that were fixed already or whose service did not exist any more. For the rest I set a date with each owner, and I wrote a small job in Python that reminds them two weeks before. One director refused, since his team had a launch, so I offered him one of our engineers for four days. In May there were 23 left, all with an owner, counted by the same sheet.`,
	`I disagreed with an architect on how to store session tokens. He wanted them in local storage because the single page application could read them easily, and I wanted a cookie that scripts cannot read. I did not want to argue from authority, so I built a small page with a vulnerable widget in an afternoon and showed him that the token could be read within a minute. He said that we had a content security policy. I took our real policy and showed that it allowed inline scripts on three pages. He agreed with the risk but not with the work, which he put at two weeks. I paired with one of his developers and we did it in three days. I learned to bring something that runs, not an opinion.`,
	`A customer of ours, a small clinic, could not upload their reports and had called support four times. It was not my area, but I saw the ticket because it was tagged with security. I called them and watched what they did. Our filter refused every file with a macro, and their laboratory sent files with macros. I could not switch the filter off. I asked the laboratory whether they could export PDF, and they could, but nobody had asked them before. I wrote a page for the help desk with three pictures, and I changed our message from "upload refused" to one that says why and what to do. Tickets of that kind fell from around 15 a month to 2 within two months.`,
	`The script reads the list of resources page by page, because the interface returns at most a hundred at a time, and it keeps the token of the next page. For each one I would look at the policy, and I would treat a missing policy as a finding and not as a pass. It has to be safe to run twice, so it writes its results to a file with the identifier as the key and only reports differences. I would put a limit on the requests per second with a back-off when the service says slow down. Errors for one resource must not stop the run; they go to the list of things that could not be checked, and the exit code says so. For tests I would fake the client with recorded pages.`,
	`I decided to take down our public file exchange on a Friday afternoon without asking anyone above me. A researcher had mailed us that directory listings were open, and I could confirm it in two minutes. I could see customer names in it. My manager was on a plane. Taking it down would break the work of perhaps forty customers over the weekend, and it could be put back with one command, so I thought that the worse mistake was to wait. I wrote to the incident list what I had done and why, and I called the two largest customers myself. We found that 61 files had been fetched by strangers. It was back on Monday with listings closed. Next time I would have a page ready that says what is going on.`,
	`I would say that I am somebody who always takes ownership. Whenever there is a problem I usually dive right in and I do not stop until it is solved. For example, if there is an incident I would normally look at the logs, talk to people and try to understand the root cause, because I think that a fix without a cause is worth nothing. I would generally involve everyone who can help and keep my manager informed. People often tell me that they like to work with me, since I stay calm. I think that this is the most important thing in security, together with curiosity, and I would bring the same attitude to this role and to your team, whatever the problem might be on the day.`,
	`Our scanner reported about nine hundred findings for each build, and developers had stopped to read them. I measured it: of fifty findings that I checked by hand, forty-four were false. I proposed to switch off the rules that had never found anything real in a year, which was not popular with my own team, because somebody could blame us later. I took the data of the last twelve months and showed that 31 of 380 rules had found every confirmed problem. We kept those and eleven more that I wanted to keep for classes that were rare and severe. The median went from 900 findings to 12. The time until a confirmed finding was fixed went from 41 days to 6 days in the next quarter, by our tracker.`,
}

// answerOf spreads the answers over sessions and turns. No two sessions share a sentence: each names a
// project of its own, so that nothing is measured twice that a server could remember.
func answerOf(session, turn int) string {
	syllables := []string{"ka", "lo", "mi", "ru", "ten", "vor", "sa", "del"}
	name := "B"
	for n, i := session+1, 0; i < 4; i++ {
		name += syllables[n%len(syllables)]
		n /= len(syllables)
	}
	text := spoken[(session*5+turn)%len(spoken)]
	return strings.ReplaceAll(strings.TrimSuffix(text, "."), ". ", " at "+name+". ") + " at " + name + "."
}

// betweenDraftAndSubmit is the time from the last saved draft to the press of Submit. The page saves a draft
// when typing has paused for four tenths of a second, so that a person takes longer than this.
const betweenDraftAndSubmit = 100 * time.Millisecond

// candidate sits one session over its own websocket and notes when things were sent and seen.
type candidate struct {
	no      int
	session string
	ws      *websocket.Conn
	pause   time.Duration // between a question and its answer, on average
	cut     bool          // stop each utterance at its first words, so that it is not waited out
	typed   bool          // the answer is sent as a draft first, as the page does when typing pauses

	sent   map[int]time.Time     // by turn: when the answer was written
	next   []time.Duration       // from an answer to the first sign of the next question
	follow []time.Duration       // the same, where that question is a follow-up
	acked  map[string]int64      // command id to event number
	first  map[int]time.Duration // by turn: from the answer before it to its first words
	frames []frame               // every durable frame, in the order it came
}

// join opens the websocket of a new candidate without saying hello yet.
func (s *server) join(ctx context.Context, no int, session string) (*candidate, error) {
	ws, _, err := websocket.DefaultDialer.DialContext(ctx, strings.Replace(s.url, "http", "ws", 1)+"/api/v1/sessions/"+session+"/ws",
		http.Header{"Authorization": {"Bearer " + s.token}, "Origin": {s.url}})
	if err != nil {
		return nil, fmt.Errorf("candidate %d: %w", no, err)
	}
	return &candidate{no: no, session: session, ws: ws, sent: map[int]time.Time{}, acked: map[string]int64{}, first: map[int]time.Duration{}}, nil
}

func (c *candidate) write(cmd map[string]any) error {
	cmd["v"] = 1
	return c.ws.WriteJSON(cmd)
}

// sit answers every question until the report is ready.
func (c *candidate) sit() error {
	if err := c.write(map[string]any{"type": "hello", "after": 0}); err != nil {
		return err
	}
	for {
		if err := c.ws.SetReadDeadline(time.Now().Add(60 * time.Second)); err != nil {
			return err
		}
		_, raw, err := c.ws.ReadMessage()
		now := time.Now()
		if err != nil {
			return fmt.Errorf("candidate %d after %d events: %w", c.no, len(c.frames), err)
		}
		var f frame
		if err := json.Unmarshal(raw, &f); err != nil {
			return err
		}
		if f.Seq > 0 {
			c.frames = append(c.frames, f)
		}
		done, err := c.heard(f, now)
		if done || err != nil {
			return err
		}
	}
}

// heard acts on one frame.
func (c *candidate) heard(f frame, now time.Time) (done bool, err error) {
	switch f.Type {
	case "delta":
		if turn := f.num("turn"); c.signOf(turn, now) && c.cut {
			return false, c.write(map[string]any{"type": "stop", "id": fmt.Sprintf("%s-stop-%d", c.session, turn)})
		}
	case "question.asked":
		turn := f.num("turn")
		c.signOf(turn, now)
		if took, ok := c.first[turn]; ok {
			if main, _ := f.field("main").(bool); !main {
				c.follow = append(c.follow, took)
			}
		}
		time.Sleep(c.pause/2 + c.pause*time.Duration((c.no*31+turn*17)%100)/100) // half to one and a half: people do not keep step
		if c.typed {
			if err := c.write(map[string]any{"type": "draft", "turn": turn, "text": answerOf(c.no, turn)}); err != nil {
				return false, err
			}
			time.Sleep(betweenDraftAndSubmit)
		}
		c.sent[turn] = time.Now()
		return false, c.write(map[string]any{"type": "answer", "id": c.id(turn), "turn": turn, "text": answerOf(c.no, turn)})
	case "ack":
		if id := f.str("id"); !strings.Contains(id, "-stop-") {
			c.acked[id] = int64(f.num("seq"))
		}
	case "error":
		if f.str("code") != "conflict" || !strings.Contains(f.str("id"), "-stop-") { // speech may be over before it is stopped
			return false, fmt.Errorf("candidate %d: error frame %s", c.no, f.Data)
		}
	case "report.ready":
		return true, nil // grades that are still being made are not waited for
	}
	return false, nil
}

func (c *candidate) id(turn int) string { return c.session + "-" + strconv.Itoa(turn) }

// signOf notes the first sign of a turn, and reports whether this was it.
func (c *candidate) signOf(turn int, now time.Time) bool {
	if _, seen := c.first[turn]; seen {
		return false
	}
	at, answered := c.sent[turn-1]
	if !answered {
		return false
	}
	c.first[turn] = now.Sub(at)
	c.next = append(c.next, now.Sub(at))
	return true
}

// later are the events that may come after a candidate has left.
var later = map[string]bool{"report.ready": true, "grade.ready": true, "grade.failed": true}

// lost holds the log of the server against what this candidate saw and was told: it returns how many
// events are missing, and everything else that is wrong.
func (c *candidate) lost(log []frame) (missing int, wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	answers := map[int]int{}
	for i, e := range log {
		if e.Seq != int64(i+1) {
			say("event %d of session %s has number %d", i+1, c.session, e.Seq)
		}
		if e.Type == "answer.submitted" {
			turn := e.num("turn")
			answers[turn]++
			if e.str("text") != answerOf(c.no, turn) {
				say("session %s: the answer of turn %d is another one", c.session, turn)
			}
		}
	}
	for i, f := range c.frames {
		if f.Seq != int64(i+1) || i >= len(log) || log[i].Type != f.Type {
			missing++
		}
	}
	for _, e := range log[min(len(log), len(c.frames)):] {
		if !later[e.Type] {
			missing++
		}
	}
	for turn := range c.sent {
		seq, ok := c.acked[c.id(turn)]
		switch {
		case answers[turn] != 1:
			missing++
			say("session %s: turn %d was answered once and stands %d times in the log", c.session, turn, answers[turn])
		case !ok:
			say("session %s: the answer of turn %d was not acknowledged", c.session, turn)
		case int(seq) > len(log) || log[seq-1].Type != "answer.submitted" || log[seq-1].num("turn") != turn:
			say("session %s: the answer of turn %d was acknowledged as event %d, which is another one", c.session, turn, seq)
		}
	}
	if len(log) == 0 || !later[log[len(log)-1].Type] || len(c.sent) == 0 {
		say("session %s: the log does not end with the report, or nobody was asked anything", c.session)
	}
	return missing, wrong
}

// crowd is what many candidates at once measured.
type crowd struct {
	turns  []time.Duration
	events int
	lost   int
	took   time.Duration
}

// sitAtOnce lets n candidates sit a format at the same time, each on a websocket of its own, and holds
// every log against what its candidate was told.
func (s *server) sitAtOnce(tb testing.TB, n int, format string, pause time.Duration) crowd {
	tb.Helper()
	all := make([]*candidate, n)
	for i := range all {
		id := s.create(tb, map[string]any{"format": format})
		c, err := s.join(tb.Context(), i, id)
		if err != nil {
			tb.Fatal(err)
		}
		c.pause = pause
		all[i] = c
	}
	errs := make(chan error, n)
	var wg sync.WaitGroup
	began := time.Now()
	for _, c := range all {
		wg.Go(func() {
			if err := c.sit(); err != nil {
				errs <- err
			}
		})
	}
	wg.Wait()
	out := crowd{took: time.Since(began)}
	close(errs)
	for err := range errs {
		tb.Error(err)
	}
	if tb.Failed() {
		tb.FailNow()
	}
	for _, c := range all {
		_ = c.ws.Close() // the session is over
		status, raw := s.call(tb, http.MethodGet, "/sessions/"+c.session+"/events", nil)
		var log struct{ Events []frame }
		if err := json.Unmarshal(raw, &log); status != http.StatusOK || err != nil {
			tb.Fatalf("the log of session %s: %d %v", c.session, status, err)
		}
		missing, wrong := c.lost(log.Events)
		for _, w := range wrong {
			tb.Error(w)
		}
		out.lost += missing
		out.events += len(log.Events)
		out.turns = append(out.turns, c.next...)
	}
	if out.lost > 0 {
		tb.Errorf("%d events were lost", out.lost)
	}
	return out
}

// percentile is the value below which a share of the samples lie, in milliseconds.
func percentile(samples []time.Duration, share float64) float64 {
	if len(samples) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(samples))
	return float64(sorted[min(len(sorted)-1, int(share*float64(len(sorted))))].Microseconds()) / 1000
}

// resident is the memory of a running server that is in RAM, in megabytes; 0 where the system does not tell.
func (s *server) resident() float64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}
