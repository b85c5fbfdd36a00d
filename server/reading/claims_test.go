package reading

import "testing"

func TestClaims(t *testing.T) {
	const strip, quiet, wait = `re:\b(escape|strip|filter) (the )?(quotes|keywords)\b`, `re:\bno (cvss|score),? so\b.{0,20}\blast\b`, "wait for the patch"
	const nobody = "nobody got in"
	for _, tt := range []struct {
		text string
		want int
	}{
		{"I would strip the quotes.", 1},
		{"I would not strip the quotes, a map of names is better.", 0},
		{"Never filter keywords.", 0},
		{"Instead of a map I would filter keywords.", 1},
		{"A map of names, rather than to strip the quotes.", 0},
		{"It has no score, so it comes last.", 1},
		{"We wait for the patch.", 1},
		{"We cannot wait for the patch.", 0},
		{"Not pretty. Strip the quotes.", 1},
		{"I am glad to say that nobody got in.", 1},
		{"I cannot say that nobody got in.", 0},
		{"", 0},
	} {
		if got := Claims(tt.text, []string{strip, quiet, wait, nobody}); len(got) != tt.want {
			t.Errorf("%q claims %d, want %d", tt.text, len(got), tt.want)
		}
	}
}
