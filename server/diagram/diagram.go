// Package diagram draws a data-flow diagram as SVG: nodes on a grid, trust boundaries round some of
// them, flows between them. The same diagram gives the same bytes.
package diagram

import (
	"fmt"
	"html"
	"math"
	"strings"

	"rehearse/server/interview"
)

// Sizes of the drawing in SVG user units.
const (
	cellW, cellH = 208.0, 132.0
	nodeW, nodeH = 136.0, 54.0
	margin       = 34.0
	lineChars    = 18 // of a node's label
)

type point struct{ x, y float64 }

// SVG draws d. Text is escaped; colours follow the reader's scheme.
func SVG(d *interview.Diagram) string {
	cols, rows := 1, 1
	at := map[string]point{}
	for _, n := range d.Nodes {
		cols, rows = max(cols, n.Col+1), max(rows, n.Row+1)
		at[n.ID] = point{margin + (float64(n.Col)+0.5)*cellW, margin + (float64(n.Row)+0.5)*cellH}
	}
	w, h := float64(cols)*cellW+2*margin, float64(rows)*cellH+2*margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" font-family="system-ui,sans-serif" font-size="13">`, w, h, w, h)
	fmt.Fprintf(&b, "<title>%s</title>", html.EscapeString(d.Title))
	b.WriteString(`<style>.n{fill:#fff;stroke:#334155;stroke-width:1.5}.t{fill:#0f172a}.f{stroke:#475569;stroke-width:1.5;fill:none}.h{fill:#475569}.l{fill:#334155;font-size:11px}.bg{fill:#f8fafc}.b{fill:none;stroke:#b45309;stroke-width:1.5;stroke-dasharray:7 5}.bl{fill:#b45309;font-size:11px}.lb{fill:#f8fafc;opacity:.85}@media(prefers-color-scheme:dark){.bg{fill:#0f172a}.n{fill:#1e293b;stroke:#cbd5e1}.t{fill:#f1f5f9}.f{stroke:#94a3b8}.h{fill:#94a3b8}.l{fill:#cbd5e1}.b{stroke:#fbbf24}.bl{fill:#fbbf24}.lb{fill:#0f172a}}</style>`)
	fmt.Fprintf(&b, `<rect class="bg" width="%.0f" height="%.0f"/>`, w, h)
	boundaries(&b, d, at)
	for i, f := range d.Flows {
		flow(&b, d.Flows[:i], f, at)
	}
	for _, n := range d.Nodes {
		node(&b, n, at[n.ID])
	}
	b.WriteString("</svg>")
	return b.String()
}

func boundaries(b *strings.Builder, d *interview.Diagram, at map[string]point) {
	for i, bd := range d.Boundaries {
		lo, hi := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
		for _, id := range bd.Nodes {
			p := at[id]
			lo, hi = point{min(lo.x, p.x), min(lo.y, p.y)}, point{max(hi.x, p.x), max(hi.y, p.y)}
		}
		pad := 14 + float64(i%3)*5 // nested boundaries do not lie on each other
		x, y := lo.x-nodeW/2-pad, lo.y-nodeH/2-pad-6
		fmt.Fprintf(b, `<rect class="b" x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="10"/>`, x, y, hi.x-lo.x+nodeW+2*pad, hi.y-lo.y+nodeH+2*pad+6)
		fmt.Fprintf(b, `<text class="bl" x="%.0f" y="%.0f">%s</text>`, x+10, y-4, html.EscapeString(bd.Label))
	}
}

// flow draws an arrow from border to border. The way back between the same two nodes bows to the other side.
func flow(b *strings.Builder, earlier []interview.Flow, f interview.Flow, at map[string]point) {
	from, to := at[f.From], at[f.To]
	bow := 0.0
	for _, e := range earlier {
		if e.From == f.To && e.To == f.From || e.From == f.From && e.To == f.To {
			bow += 34
		}
	}
	dx, dy := to.x-from.x, to.y-from.y
	length := math.Hypot(dx, dy)
	if length == 0 {
		return
	}
	nx, ny := -dy/length, dx/length
	if bow == 0 && (math.Abs(dx) > cellW*1.2 && math.Abs(dy) < 1 || math.Abs(dy) > cellH*1.2 && math.Abs(dx) < 1) {
		bow = 52 // a long straight arrow goes round the node between
	}
	mid := point{(from.x+to.x)/2 + nx*bow*2, (from.y+to.y)/2 + ny*bow*2}
	start, end := border(from, mid), border(to, mid)
	fmt.Fprintf(b, `<path class="f" d="M%.0f %.0fQ%.0f %.0f %.0f %.0f"/>`, start.x, start.y, mid.x, mid.y, end.x, end.y)
	ax, ay := end.x-mid.x, end.y-mid.y
	if l := math.Hypot(ax, ay); l > 0 {
		ax, ay = ax/l, ay/l
		fmt.Fprintf(b, `<path class="h" d="M%.1f %.1fL%.1f %.1fL%.1f %.1fZ"/>`, end.x, end.y, end.x-9*ax-4*ay, end.y-9*ay+4*ax, end.x-9*ax+4*ay, end.y-9*ay-4*ax)
	}
	if f.Label != "" {
		// the middle of the curve
		cx, cy := (start.x+2*mid.x+end.x)/4, (start.y+2*mid.y+end.y)/4-5
		half := float64(len([]rune(f.Label)))*3.0 + 3
		fmt.Fprintf(b, `<rect class="lb" x="%.0f" y="%.0f" width="%.0f" height="14"/>`, cx-half, cy-11, 2*half)
		fmt.Fprintf(b, `<text class="l" x="%.0f" y="%.0f" text-anchor="middle">%s</text>`, cx, cy, html.EscapeString(f.Label))
	}
}

// border is where the line from a node's middle towards a point leaves the node's box.
func border(c, to point) point {
	dx, dy := to.x-c.x, to.y-c.y
	if dx == 0 && dy == 0 {
		return c
	}
	scale := math.Inf(1)
	if dx != 0 {
		scale = min(scale, (nodeW/2+2)/math.Abs(dx))
	}
	if dy != 0 {
		scale = min(scale, (nodeH/2+2)/math.Abs(dy))
	}
	return point{c.x + dx*scale, c.y + dy*scale}
}

func node(b *strings.Builder, n interview.Node, p point) {
	x, y := p.x-nodeW/2, p.y-nodeH/2
	switch n.Shape {
	case "process":
		fmt.Fprintf(b, `<rect class="n" x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="24"/>`, x, y, nodeW, nodeH)
	case "store":
		fmt.Fprintf(b, `<path class="n" d="M%.0f %.0fh%.0fM%.0f %.0fh%.0f"/><rect class="n" x="%.0f" y="%.0f" width="%.0f" height="%.0f" stroke-dasharray="%.0f %.0f"/>`,
			x, y, nodeW, x, y+nodeH, nodeW, x, y, nodeW, nodeH, nodeW, nodeH)
	default: // actor, external
		fmt.Fprintf(b, `<rect class="n" x="%.0f" y="%.0f" width="%.0f" height="%.0f"/>`, x, y, nodeW, nodeH)
	}
	lines := wrap(n.Label)
	for i, l := range lines {
		fmt.Fprintf(b, `<text class="t" x="%.0f" y="%.0f" text-anchor="middle">%s</text>`, p.x, p.y+4.5+(float64(i)-float64(len(lines)-1)/2)*16, html.EscapeString(l))
	}
}

// wrap cuts a label into at most two lines at a space.
func wrap(label string) []string {
	if len([]rune(label)) <= lineChars {
		return []string{label}
	}
	words := strings.Fields(label)
	for i := len(words) - 1; i > 0; i-- {
		if head := strings.Join(words[:i], " "); len([]rune(head)) <= lineChars {
			return []string{head, strings.Join(words[i:], " ")}
		}
	}
	return []string{label}
}
