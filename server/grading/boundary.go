package grading

import (
	"regexp"
	"strings"

	"rehearse/server/interview"
)

// BoundaryHit says whether and where one trust boundary of the diagram was named.
type BoundaryHit struct {
	Label string
	Named bool
	Turn  int // where it was said in prose; 0 for a row
}

// boundaryCue is what makes a sentence one about a boundary.
var boundaryCue = regexp.MustCompile(`(?i)\b(?:boundar(?:y|ies)|trusts?|trusted|untrusted|cross(?:es|ed|ing)?|perimeter|segments?|segmentation)\b`)

// Boundaries matches what the candidate said of trust boundaries against those of the diagram: in rows of the model, and
// in sentences that speak of a boundary. One counts as named by its label, or by an element inside it together with one
// outside it.
func Boundaries(st *interview.State, b *interview.Block, d *interview.Diagram) []BoundaryHit {
	if d == nil {
		return nil
	}
	type saying struct {
		turn  int
		stems map[string]bool
	}
	var said []saying
	for _, r := range rows[interview.ModelRow](st, b, "model") {
		if r.Kind == "boundary" {
			said = append(said, saying{0, stems(r.Name + ". " + r.Note)})
		}
	}
	for _, n := range b.Turns {
		answer := st.Turn(n).Answer
		for _, s := range sentences(answer) {
			if sentence := answer[s.start:s.end]; boundaryCue.MatchString(sentence) {
				said = append(said, saying{n, stems(sentence)})
			}
		}
	}
	var out []BoundaryHit
	for _, bound := range d.Boundaries {
		hit := BoundaryHit{Label: bound.Label}
		inside := map[string]bool{}
		for _, id := range bound.Nodes {
			inside[id] = true
		}
		for _, s := range said {
			in, outside := mentions(s.stems, bound.Label), false
			if !in {
				within := false
				for _, node := range d.Nodes {
					if mentions(s.stems, node.Label) {
						within, outside = within || inside[node.ID], outside || !inside[node.ID]
					}
				}
				in = within && outside
			}
			if in {
				hit.Named, hit.Turn = true, s.turn
				break
			}
		}
		out = append(out, hit)
	}
	return out
}

// plainLabels are words of labels that tell no element from another.
var plainLabels = map[string]bool{"servic": true, "account": true, "network": true, "zone": true, "system": true, "server": true, "compan": true, "company": true, "our": true, "customer": true}

// mentions reports whether words name an element: every word of its label that tells it from others, or half of a long label.
func mentions(said map[string]bool, label string) bool {
	label, _, _ = strings.Cut(label, "(")
	n, found := 0, 0
	all, allFound := 0, 0
	for w := range stems(label) {
		if w[0] >= '0' && w[0] <= '9' {
			continue // "38 brand services"
		}
		all++
		if said[w] {
			allFound++
		}
		if plainLabels[w] {
			continue
		}
		n++
		if said[w] {
			found++
		}
	}
	switch {
	case n == 0: // only plain words: all of them
		return all > 0 && allFound == all
	case n <= 2:
		return found == n
	}
	return found*2 > n
}

// generic counts the threats that name no element of the diagram: they could stand in any model.
func generic(threats []interview.ThreatRow, d *interview.Diagram) int {
	n := 0
	for _, t := range threats {
		words := stems(t.Component + ". " + t.Action + ". " + t.Prerequisite + ". " + t.Asset + ". " + t.Impact)
		named := false
		for _, node := range d.Nodes {
			for w := range stems(node.Label) {
				named = named || words[w] && !plainLabels[w]
			}
		}
		if !named {
			n++
		}
	}
	return n
}
