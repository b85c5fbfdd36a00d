package index

import (
	"context"

	"rehearse/server/interview"
)

// Cut reads a file and cuts it.
func (x *Index) Cut(ctx context.Context, name string, data []byte) ([]interview.Chunk, error) {
	d, err := readFile(ctx, name, data, x.pdf)
	if err != nil {
		return nil, err
	}
	return d.chunks(), nil
}
