// Package packtest loads the shipped content for tests.
package packtest

import (
	"testing"

	"rehearse/knowledge"
	"rehearse/server/interview"
	"rehearse/server/pack"
)

// Flagship is the pack that is used when none is named, loaded as the program loads it.
func Flagship(tb testing.TB) *interview.Pack {
	tb.Helper()
	p, err := pack.Load(knowledge.Pack(knowledge.Flagship), knowledge.Formats())
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// Second is the pack for another role, loaded as the program loads it.
func Second(tb testing.TB) *interview.Pack {
	tb.Helper()
	p, err := pack.Load(knowledge.Pack("site-reliability"), knowledge.Formats())
	if err != nil {
		tb.Fatal(err)
	}
	return p
}
