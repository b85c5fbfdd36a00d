package index

import (
	"context"
	"math"

	"rehearse/server/interview"
)

// embedBatch is how many texts go into one call. It is small, so that a run can be stopped and shows how far
// it is.
const embedBatch = 64

// Embed gives a vector to every text that has none in the embedder's space, after its model or prefixes
// changed, say. What was done stays done when ctx ends.
func (x *Index) Embed(ctx context.Context, progress func(Progress)) (Summary, error) {
	x.embedding.Lock()
	defer x.embedding.Unlock()
	u := &update{x: x, progress: progress, begin: x.now(), sum: Summary{Problems: []Problem{}, Notes: []Problem{}}}
	err := u.embedPending(ctx)
	u.sum.Seconds = x.now().Sub(u.begin).Seconds()
	return u.sum, err
}

// embedPending embeds what has no vector. An embedder that fails is a note, since words are searched all the
// same; the next run goes on from there.
func (u *update) embedPending(ctx context.Context) error {
	e := u.x.embedder()
	if e == nil {
		return nil
	}
	space := e.Space()
	u.sum.Model = space.Model
	pending, err := u.x.store.CountPending(ctx, space)
	if err != nil {
		return err
	}
	u.at.OfTexts = pending
	for after := int64(0); pending > 0; {
		batch, err := u.x.store.Pending(ctx, space, after, embedBatch)
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			break
		}
		after = batch[len(batch)-1].ID
		if space, err = u.embedBatch(ctx, e, space, batch); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			note := interview.AsError(err).Message
			u.x.setNote(note)
			u.noteOn("", "%d of %d passages are found by words only for now: %s. Index again to go on", pending-u.sum.Embedded, pending, note)
			return nil
		}
		u.at.Texts = u.sum.Embedded
		if u.progress != nil {
			u.progress(u.at)
		}
	}
	u.x.setNote("")
	if pending == 0 {
		return nil
	}
	return u.x.store.KeepSpace(ctx, space)
}

// embedBatch embeds some chunks and writes their vectors. Where the call fails each text is tried alone, so
// that one that a model chokes on does not hold up the others; when none succeeds the model is at fault.
func (u *update) embedBatch(ctx context.Context, e Embedder, space interview.Space, batch []interview.Chunk) (interview.Space, error) {
	texts, hashes := make([]string, len(batch)), make([][]byte, len(batch))
	for i, c := range batch {
		texts[i], hashes[i] = embedText(c), c.Hash
	}
	u.sum.Calls++
	vectors, err := e.Embed(ctx, texts, Document)
	if err != nil && len(batch) > 1 && ctx.Err() == nil && interview.AsError(err).Code != interview.CodeTimeout {
		vectors, hashes, err = u.oneByOne(ctx, e, batch, err)
	}
	if err != nil {
		return space, err
	}
	if len(vectors) != len(hashes) || len(vectors[0]) == 0 {
		return space, interview.Errorf(interview.CodeUnavailable, "%s did not give a vector for every text", space.Model)
	}
	if space.Dim == 0 {
		space.Dim = len(vectors[0])
	}
	if err := u.x.store.PutVectors(ctx, space, hashes, vectors); err != nil {
		return space, err
	}
	u.sum.Embedded += len(vectors)
	return space, nil
}

func (u *update) oneByOne(ctx context.Context, e Embedder, batch []interview.Chunk, first error) (vectors [][]float32, hashes [][]byte, err error) {
	var failed []interview.Chunk
	for _, c := range batch {
		u.sum.Calls++
		v, err := e.Embed(ctx, []string{embedText(c)}, Document)
		switch {
		case ctx.Err() != nil:
			return nil, nil, ctx.Err()
		case err != nil || len(v) != 1:
			if failed = append(failed, c); len(failed) > 2 && len(vectors) == 0 {
				return nil, nil, first
			}
		default:
			vectors, hashes = append(vectors, v[0]), append(hashes, c.Hash)
		}
	}
	if len(vectors) == 0 {
		return nil, nil, first
	}
	for _, c := range failed {
		u.noteOn(c.Title, "the passage under %q could not be embedded and is found by words only", c.Heading)
	}
	return vectors, hashes, nil
}

// usable reports whether a vector has a direction: that of a text without a word the embedder knows has none.
func usable(v []float32) bool {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return sum > 1e-12 && !math.IsInf(sum, 0) && !math.IsNaN(sum)
}
