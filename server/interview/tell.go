package interview

import "context"

// The states of a model, as the page shows them.
const (
	ModelIdle     = "idle"
	ModelLoading  = "loading"
	ModelReading  = "reading"
	ModelSpeaking = "speaking"
	ModelGrading  = "grading"
)

type teller struct{}

// WithTeller lets whoever works with this context say what the model is doing.
func WithTeller(ctx context.Context, tell func(state, detail string)) context.Context {
	return context.WithValue(ctx, teller{}, tell)
}

// Tell says what the model is doing, to whoever asked to be told. It must not be called with a lock held that the
// listener needs.
func Tell(ctx context.Context, state, detail string) {
	if tell, ok := ctx.Value(teller{}).(func(state, detail string)); ok {
		tell(state, detail)
	}
}
