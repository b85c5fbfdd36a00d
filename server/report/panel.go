package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"slices"

	"rehearse/server/interview"
)

//go:embed panel.html.tmpl
var panelText string

var panelPage = template.Must(template.New("panel").Parse(panelText))

// PanelFile is one HTML file for a second rater: the questions, the answers and the scales, and no mark that anybody gave.
// It needs no network and no server; what it makes is a JSON file that is sent back.
func PanelFile(st interview.State, p *interview.Pack) ([]byte, error) {
	type turn struct {
		Question, Answer string
		Main             bool
	}
	type point struct{ ID, Text string }
	type step struct{ ID, Name, What string }
	type block struct {
		Block  int
		Title  string
		Turns  []turn
		Steps  []step
		Points []point
	}
	page := struct {
		Session, Title, Notice string
		Blocks                 []block
		Meta                   template.JS
	}{Session: st.ID, Title: st.Session.Title, Notice: p.Notice}
	var numbers []int
	for i := range st.Blocks {
		b := &st.Blocks[i]
		rubric := p.Rubrics[b.Item]
		if b.Item == "" || rubric == nil || interview.Kind(b.Kind) == interview.KindWarmUp {
			continue
		}
		out := block{Block: b.Block, Title: b.Title}
		for _, n := range b.Turns {
			t := st.Turn(n)
			text := t.Answer
			for _, a := range t.Artifacts {
				for _, row := range a.Rows {
					text += "\n" + a.Kind + ": " + interview.RowText(row)
				}
			}
			if t.Skipped != "" {
				text = "(skipped)" + text
			}
			out.Turns = append(out.Turns, turn{Question: t.Text, Answer: text, Main: t.Main})
		}
		if interview.Kind(b.Kind) == interview.KindBehavioural {
			for _, d := range []string{"B1", "B2", "B3", "B4", "B5", "B6", "B7"} {
				out.Steps = append(out.Steps, step{d, dimensionNames[d], panelScale[d]})
			}
		}
		for _, pt := range rubric.Points {
			out.Points = append(out.Points, point{pt.ID, pt.Text})
		}
		page.Blocks, numbers = append(page.Blocks, out), append(numbers, b.Block)
	}
	meta, err := json.Marshal(map[string]any{"session": st.ID, "blocks": numbers})
	if err != nil {
		return nil, err
	}
	page.Meta = template.JS(meta) //nolint:gosec // JSON made here of an id of ours and numbers; Marshal escapes < and >
	var buf bytes.Buffer
	if err := panelPage.Execute(&buf, page); err != nil {
		return nil, fmt.Errorf("the panel file: %w", err)
	}
	return buf.Bytes(), nil
}

// panelScale says for each dimension what 1, 3 and 5 look like; docs/grading.md has the whole scales.
var panelScale = map[string]string{
	"B1": "1 no occasion is told · 3 situation, task, action and result are there · 5 they stand in proportion, the outcome first",
	"B2": "1 only we · 3 own part is clear · 5 own decisions, with what others did",
	"B3": "1 labels only · 3 steps and a reason · 5 the price of the choice, or its limit",
	"B4": "1 no result · 3 a result with a figure · 5 from what to what, over how long, counted how",
	"B5": "1 not shown · 3 visible in an act · 5 held under pressure",
	"B6": "1 a task that was given · 3 own area · 5 others work differently since",
	"B7": "1 none · 3 a lesson of this story · 5 acted on since, by others too",
}

// Panel is what one second rater said, beside ours and the candidate's own.
type Panel struct {
	Rater  string      `json:"rater"`
	Pairs  []PanelPair `json:"dimensions"`
	Points []PanelMade `json:"points"`
	Notes  []PanelNote `json:"notes,omitempty"`
	// Same, Near (at most one apart) and Of count the dimensions that both marked; PointsSame and PointsOf the points.
	Same       int `json:"same"`
	Near       int `json:"within_one"`
	Of         int `json:"of"`
	PointsSame int `json:"points_same"`
	PointsOf   int `json:"points_of"`
}

// PanelPair is one dimension; ours and yours are nil where nobody gave a mark.
type PanelPair struct {
	Block  int    `json:"block"`
	ID     string `json:"id"`
	Name   string `json:"name"`
	Theirs int    `json:"theirs"`
	Ours   *int   `json:"ours"`
	Yours  *int   `json:"yours,omitempty"`
}

// PanelMade is one point: whether each found it made.
type PanelMade struct {
	Block  int    `json:"block"`
	ID     string `json:"id"`
	Text   string `json:"text"`
	Theirs bool   `json:"theirs"`
	Ours   bool   `json:"ours"`
}

// PanelNote is a sentence of the rater's.
type PanelNote struct {
	Block int    `json:"block"`
	Text  string `json:"text"`
}

// panels sets what second raters said beside the blocks of a report.
func panels(r *Report, st *interview.State) {
	for _, p := range st.Panels {
		out := Panel{Rater: p.Rater, Pairs: []PanelPair{}, Points: []PanelMade{}}
		for _, theirs := range p.Blocks {
			i := slices.IndexFunc(r.Blocks, func(b Block) bool { return b.Block == theirs.Block })
			if i < 0 {
				continue
			}
			out.pair(&r.Blocks[i], theirs)
			if theirs.Note != "" {
				out.Notes = append(out.Notes, PanelNote{theirs.Block, theirs.Note})
			}
		}
		r.Panels = append(r.Panels, out)
	}
}

func (out *Panel) pair(b *Block, theirs interview.PanelBlock) {
	for _, d := range []string{"B1", "B2", "B3", "B4", "B5", "B6", "B7"} {
		v, ok := theirs.Dimensions[d]
		if !ok {
			continue
		}
		pair := PanelPair{Block: b.Block, ID: d, Name: dimensionNames[d], Theirs: v}
		if own, ok := b.Rating[d]; ok {
			pair.Yours = &own
		}
		if b.Grade != nil {
			for _, g := range b.Grade.Dimensions {
				if g.ID == d {
					pair.Ours = g.After
				}
			}
		}
		if pair.Ours != nil {
			out.Of++
			switch max(v-*pair.Ours, *pair.Ours-v) {
			case 0:
				out.Same, out.Near = out.Same+1, out.Near+1
			case 1:
				out.Near++
			}
		}
		out.Pairs = append(out.Pairs, pair)
	}
	for _, pt := range b.Points {
		v, ok := theirs.Points[pt.ID]
		if !ok {
			continue
		}
		made := PanelMade{Block: b.Block, ID: pt.ID, Text: pt.Text, Theirs: v == interview.VerdictYes, Ours: pt.After}
		out.PointsOf++
		if made.Theirs == made.Ours {
			out.PointsSame++
		}
		out.Points = append(out.Points, made)
	}
}

// panelMarkdown writes what second raters said.
func panelMarkdown(p printer, all []Panel) {
	for _, r := range all {
		p("## Second rater: %s", plainLine(r.Rater))
		p("")
		if r.Of > 0 {
			p("Dimensions: %d of %d the same, %d at most one apart.", r.Same, r.Of, r.Near)
		}
		if r.PointsOf > 0 {
			p("Points: %d of %d the same.", r.PointsSame, r.PointsOf)
		}
		p("")
		for _, d := range r.Pairs {
			p("- Exercise %d, %s: %d, ours %s.", d.Block, d.Name, d.Theirs, mark(d.Ours))
		}
		for _, pt := range r.Points {
			if pt.Theirs != pt.Ours {
				p("- Exercise %d, %s: %s, ours %s.", pt.Block, plainLine(pt.Text), madeOrNot(pt.Theirs), madeOrNot(pt.Ours))
			}
		}
		for _, n := range r.Notes {
			p("- Exercise %d: %s", n.Block, plainLine(n.Text))
		}
		p("")
	}
}

func madeOrNot(b bool) string {
	if b {
		return "made"
	}
	return "not made"
}
