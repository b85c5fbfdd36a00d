package ollama

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/ollama/ollama/api"
)

// lane is who waits for a model: a smaller one is served first.
type lane int

// The lanes of a queue. Warming never has more under way than one slice, so nobody waits for it longer than that.
const (
	laneVoice lane = iota // somebody waits for the words
	laneGrade             // checks behind the interview, in its pauses
	laneWarm              // reading along while an answer is typed
	laneIndex             // embedding passages, which nobody waits for
	lanes
)

// queue serves the models of one server: one request in flight, since a prefill cannot be cancelled on older servers
// and two models at once on one machine only make both late.
type queue struct {
	mu      sync.Mutex
	busy    bool
	waiting [lanes][]chan struct{}
	held    map[string]bool // sessions in which somebody is typing: no grade begins meanwhile
	yield   context.CancelCauseFunc
	models  map[string]*memory
}

// memory is what is known of one model: what its cache begins with, and how long its tokens are.
type memory struct {
	last          string // the prompt of the last request that succeeded, as one text
	bytes, tokens int    // of all prompts so far
	loaded        time.Time
}

func newQueue() *queue { return &queue{held: map[string]bool{}, models: map[string]*memory{}} }

// of returns what is known of a model. The caller holds q.mu.
func (q *queue) of(model string) *memory {
	m := q.models[model]
	if m == nil {
		m = &memory{}
		q.models[model] = m
	}
	return m
}

// acquire waits for the model. The caller releases it when there is no error.
func (q *queue) acquire(ctx context.Context, l lane) error {
	q.mu.Lock()
	if !q.busy && q.next() == nil && q.mayServe(l) {
		q.busy = true
		q.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	q.waiting[l] = append(q.waiting[l], turn)
	if l == laneVoice && q.yield != nil {
		q.yield(errStepBack)
	}
	q.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting[l], turn)
	if i < 0 { // it was served at the same moment
		q.busy = false
		q.serve()
		return ctx.Err()
	}
	q.waiting[l] = slices.Delete(q.waiting[l], i, i+1)
	return ctx.Err()
}

// release gives the model to the next that waits.
func (q *queue) release() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy, q.yield = false, nil
	q.serve()
}

// mayServe reports whether a lane is open: grades and passages wait while somebody types.
func (q *queue) mayServe(l lane) bool { return l != laneGrade && l != laneIndex || len(q.held) == 0 }

// next is the lane that would be served now, or nil.
func (q *queue) next() *lane {
	for l := range lanes {
		if len(q.waiting[l]) > 0 && q.mayServe(l) {
			return &l
		}
	}
	return nil
}

func (q *queue) serve() {
	l := q.next()
	if q.busy || l == nil {
		return
	}
	turn := q.waiting[*l][0]
	q.waiting[*l] = q.waiting[*l][1:]
	q.busy = true
	close(turn)
}

// hold keeps grades and passages back while somebody types in a session, and lets them go on when nobody does.
func (q *queue) hold(session string, typing bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if typing {
		q.held[session] = true
		return
	}
	delete(q.held, session)
	q.serve()
}

// wanted reports whether somebody waits for words.
func (q *queue) wanted() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting[laneVoice]) > 0
}

// stepsBack lets the request under way be broken off for somebody who waits for words.
func (q *queue) stepsBack(cancel context.CancelCauseFunc) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.yield = cancel
}

// read notes what a request made a model read.
func (q *queue) read(model string, messages []api.Message, tokens int) {
	text := canon(messages)
	q.mu.Lock()
	defer q.mu.Unlock()
	m := q.of(model)
	m.loaded = time.Now()
	if len(messages) == 0 {
		return
	}
	m.last = text
	if tokens > 0 {
		m.bytes, m.tokens = m.bytes+len(text), m.tokens+tokens
	}
}

// forget says that nothing is known of a model's cache any more.
func (q *queue) forget(model string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.of(model).last = ""
}

// known is how many bytes of a prompt a model has read last.
func (q *queue) known(model, text string) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return common(text, q.of(model).last)
}

// firstPerToken is how many bytes a token has before anything was counted: what dense English never goes under.
const firstPerToken = 3

// perToken is how many bytes a token of a model has, on the careful side.
func (q *queue) perToken(model string) float64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	m := q.of(model)
	if m.tokens < 200 {
		return firstPerToken
	}
	return min(max(0.9*float64(m.bytes)/float64(m.tokens), 1), 6)
}

// warm reports whether a model answered a short while ago, so that it need not be loaded.
func (q *queue) warm(model string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return time.Since(q.of(model).loaded) < keepAlive-time.Minute
}

// canon is a prompt as one text, by which prompts are compared.
func canon(messages []api.Message) string {
	var n int
	for _, m := range messages {
		n += len(m.Role) + len(m.Content) + 2
	}
	out := make([]byte, 0, n)
	for _, m := range messages {
		out = append(append(append(append(out, 1), m.Role...), 2), m.Content...)
	}
	return string(out)
}

// common is how many bytes two texts begin with alike.
func common(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
