package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rehearse/knowledge"
	"rehearse/server/config"
	"rehearse/server/debrief"
	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/ollama"
	"rehearse/server/pack"
	"rehearse/server/probing"
	"rehearse/server/reading"
	"rehearse/server/report"
	"rehearse/server/sqlite"
	"rehearse/server/strict"
	"rehearse/server/voice"
)

// readIn is one line of `rehearse read`.
type readIn struct {
	ID       json.RawMessage `json:"id"`
	Answer   string          `json:"answer" strict:"required"`
	Question string          `json:"question"`
	Kind     string          `json:"kind"`
	Level    string          `json:"level"`
}

// readOut is one line out: the reading with its id.
type readOut struct {
	ID json.RawMessage `json:"id"`
	reading.Reading
}

// kindOf turns the kind of a line into an item's kind: technical, or behavioural when nothing is said.
func kindOf(kind string) (interview.Kind, error) {
	switch kind {
	case "", "behavioural", "behavioral":
		return interview.KindBehavioural, nil
	case "technical":
		return interview.KindConceptCard, nil
	}
	return "", interview.FieldError("kind", "kind is behavioural or technical, not %q", strict.Short(kind))
}

func read(_ context.Context, p Program) error {
	c := defaults(p)
	f := newFlags(p, "read")
	f.list(&c.Packs, "pack", "`folder` of a pack, or the name of a shipped one: its levels and the names of its principles")
	if _, err := f.parse(p.Args, 0); err != nil {
		return err
	}
	files, err := chosenPack(c)
	if err != nil {
		return err
	}
	top, err := pack.Top(files)
	if err != nil {
		return err
	}
	return lines(p, func(in readIn) (readOut, error) {
		kind, err := kindOf(in.Kind)
		if err != nil {
			return readOut{}, err
		}
		if err := checkLine(top, in.Level, nil); err != nil {
			return readOut{}, err
		}
		r := reading.Read(reading.Input{Question: in.Question, Text: in.Answer, Kind: kind, Reach: top.Reaches(in.Level), Names: top.PrincipleNames(), Plain: true})
		return readOut{ID: in.ID, Reading: r}, nil
	})
}

// probeIn is one line of `rehearse probe`.
type probeIn struct {
	ID       json.RawMessage `json:"id"`
	Kind     string          `json:"kind"`
	Question string          `json:"question" strict:"required"`
	Answer   string          `json:"answer" strict:"required"`
	Level    string          `json:"level"`
	Mode     interview.Mode  `json:"mode"`
	Item     string          `json:"item"`
	Points   []linePoint     `json:"points"`
	Asked    []string        `json:"asked"`
	History  []lineExchange  `json:"history"`
}

type probeOut struct {
	ID     json.RawMessage `json:"id"`
	Type   string          `json:"type"`
	Target string          `json:"target"`
	Text   string          `json:"text"`
	Voice  string          `json:"voice"`
	Reason string          `json:"reason,omitempty"`
}

func probe(ctx context.Context, p Program) error {
	c := defaults(p)
	c.Model = config.ModelNone
	f := newFlags(p, "probe")
	common(f, &c)
	if _, err := f.parse(p.Args, 0); err != nil {
		return err
	}
	if c.Model != config.ModelNone {
		return usage("probe speaks in authored words only in this version; leave --model out")
	}
	loaded, err := loadPack(c)
	if err != nil {
		return err
	}
	return lines(p, func(in probeIn) (probeOut, error) { return probeLine(ctx, loaded, in) })
}

func probeLine(ctx context.Context, loaded *interview.Pack, in probeIn) (probeOut, error) {
	kind, err := kindOf(in.Kind)
	if err != nil {
		return probeOut{}, err
	}
	switch in.Mode {
	case "":
		in.Mode = interview.ModeDrill
	case interview.ModeExam, interview.ModeCoached, interview.ModeDrill:
	default:
		return probeOut{}, interview.FieldError("mode", "mode is exam, coached or drill, not %q", strict.Short(string(in.Mode)))
	}
	if err := checkLine(loaded, in.Level, in.Points); err != nil {
		return probeOut{}, err
	}
	if err := checkAsked(loaded, in.Asked); err != nil {
		return probeOut{}, err
	}
	if in.Level == "" {
		in.Level = loaded.DefaultLevel
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(in.Question + in.Answer))
	seed := h.Sum64()
	pin := probing.Input{Kind: kind, Mode: in.Mode, Level: in.Level, Question: in.Question, Pack: loaded, Rand: rand.New(rand.NewPCG(seed, seed)), Asked: map[string]bool{}}
	if in.Item != "" {
		if pin.Rubric = loaded.Rubrics[in.Item]; pin.Rubric == nil {
			return probeOut{}, interview.FieldError("item", "there is no item %q in pack %s", strict.Short(in.Item), loaded.ID)
		}
		pin.Kind = loaded.Items[in.Item].Kind
	} else if len(in.Points) > 0 {
		pin.Rubric = &interview.Rubric{Item: "line"}
		for _, pt := range in.Points {
			pin.Rubric.Points = append(pin.Rubric.Points, interview.Point{ID: pt.ID, Text: pt.Text, Weight: max(1, int(math.Round(min(pt.Weight, 100)))), Must: pt.Must})
		}
	}
	pin.Exchanges = []probing.Exchange{{Turn: 1, Text: in.Question, Answer: in.Answer}}
	for i, x := range in.History {
		e := probing.Exchange{Turn: i + 2, Text: x.Probe, Answer: x.Answer, Type: "asked", Target: "asked"}
		if i < len(in.Asked) {
			e.Type, e.Target = in.Asked[i], in.Asked[i]
		}
		for _, b := range loaded.Bank {
			if b.Type == e.Type {
				e.Expect = b.Expects
			}
		}
		pin.Asked[x.Probe] = true
		pin.Exchanges = append(pin.Exchanges, e)
	}
	for i := len(in.History); i < len(in.Asked); i++ { // asked, and the answer is not in the line
		pin.Exchanges = append(pin.Exchanges, probing.Exchange{Turn: i + 2, Type: in.Asked[i], Target: in.Asked[i]})
	}
	choice := probing.Choose(pin)
	out := probeOut{ID: in.ID, Type: choice.Type, Target: choice.Target, Text: choice.Text, Voice: voice.Name, Reason: choice.Reason}
	if choice.Type == probing.TypeDone {
		return out, nil
	}
	brief := interview.Brief{Question: choice.Text, Seed: seed}
	for _, a := range choice.Anchors {
		brief.Anchors = append(brief.Anchors, a.Text)
	}
	u, err := voice.Authored{}.Speak(ctx, brief)
	out.Text = u.Text
	return out, err
}

// checkAsked checks that what was asked are types of follow-ups that probe itself answers with.
func checkAsked(loaded *interview.Pack, asked []string) error {
	for _, a := range asked {
		known := slices.Contains([]string{probing.TypeIfSaid, probing.TypeMisconception, probing.TypePoint}, a) ||
			slices.ContainsFunc(loaded.Bank, func(b interview.ProbeType) bool { return b.Type == a })
		if !known {
			return interview.FieldError("asked", "there is no follow-up of type %q; types are Q01 to Q18, if_said, misconception and point", strict.Short(a))
		}
	}
	return nil
}

// measured is what code alone gives an answer to a question of a pack, at the pack's own level.
func measured(p *interview.Pack, it *interview.Item, answer string) float64 {
	in := grading.Input{Kind: it.Kind, Question: it.Prompt.Main, Answer: answer, Level: p.DefaultLevel, Reach: p.Reaches(p.DefaultLevel), Names: p.PrincipleNames()}
	for _, pr := range p.Principles {
		if r := p.Rubrics[it.ID]; r != nil && slices.Contains(r.Principles, pr.ID) {
			in.Observable = in.Observable || pr.Observable
		}
	}
	g := grading.Grader{}.Grade(context.Background(), in)
	if g.Measured == nil {
		return 0
	}
	return *g.Measured
}

// lint prints every problem of a pack.
func lint(_ context.Context, p Program) error {
	f := newFlags(p, "lint")
	words, err := f.parse(p.Args, 1)
	if err != nil {
		return err
	}
	dirs := map[string]fs.FS{}
	for _, dir := range words {
		files, err := packFiles(dir)
		if err != nil {
			return err
		}
		dirs[dir] = files
	}
	if len(dirs) == 0 {
		for _, id := range knowledge.Packs() {
			dirs[id] = knowledge.Pack(id)
		}
	}
	problems := 0
	for _, name := range slices.Sorted(maps.Keys(dirs)) {
		dir := dirs[name]
		loaded, err := pack.Lint(dir, knowledge.Formats(), measured)
		if err == nil {
			fmt.Fprintf(p.Out, "%s: %d items, no problems\n", name, len(loaded.Items))
			continue
		}
		for line := range strings.SplitSeq(err.Error(), "\n") {
			problems++
			if !strings.HasPrefix(line, "formats/") { // those are shared
				line = strings.TrimRight(filepath.ToSlash(name), "/") + "/" + line
			}
			fmt.Fprintln(p.Out, line)
		}
	}
	if problems > 0 {
		return codeError{exitProblems, errors.New(interview.Counted(problems, "%d problem", "%d problems"))}
	}
	return nil
}

// openData opens the store of a data folder that has one.
func openData(ctx context.Context, c config.Config) (*sqlite.Store, error) {
	path := filepath.Join(c.Data, "rehearse.db")
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("there are no sessions in %s; --data names another folder", c.Data)
	}
	return sqlite.Open(ctx, path, sqlite.Options{})
}

// export writes one session's report, or its whole log.
func export(ctx context.Context, p Program) (err error) {
	c := defaults(p)
	f := newFlags(p, "export")
	common(f, &c)
	format := f.String("format", "md", "`md` or json")
	all := f.String("all", "", "`file` that every session and all uploaded material is written into, one archive")
	words, err := f.parse(p.Args, 1)
	if err != nil {
		return err
	}
	switch {
	case *all != "" && len(words) > 0:
		return usage("--all takes everything; name a session or the archive, not both")
	case *all != "":
		return exportAll(ctx, p, c, *all)
	case len(words) == 0:
		return usage("name the session to export: rehearse export SESSION [--format md|json]")
	case *format != "md" && *format != "json":
		return usage("--format is md or json, not %q", *format)
	}
	id := words[0]
	store, err := openData(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	events, err := store.Events(ctx, id, 0)
	if err != nil {
		return err
	}
	if len(events) == 0 {
		return fmt.Errorf("there is no session %q in %s", id, c.Data)
	}
	loaded, err := loadPack(c)
	if err != nil {
		return err
	}
	st, err := interview.Fold(id, events)
	if err != nil {
		return err
	}
	rep := report.Build(st, loaded, earlier(ctx, store, id))
	compare(&rep, st, loaded, func(id string) (interview.State, error) {
		events, err := store.Events(ctx, id, 0)
		if err != nil {
			return interview.State{}, err
		}
		return interview.Fold(id, events)
	})
	note := ""
	if !st.Closed {
		note = "this session is still open: " + interview.Counted(len(st.Turns), "%d question was asked", "%d questions were asked") + ", and nothing in it is final"
	}
	if *format == "md" {
		text := rep.Markdown()
		if note != "" {
			title, rest, _ := strings.Cut(text, "\n")
			text = title + "\n\n**Not a report yet: " + note + ".**\n" + rest
		}
		if isLoop(&st) && st.Closed {
			text = debrief.Build(&st, loaded).Markdown() + "\n" + text
		}
		_, err = fmt.Fprint(p.Out, text)
		return err
	}
	enc := json.NewEncoder(p.Out)
	enc.SetIndent("", "  ")
	out := map[string]any{"session": id, "closed": st.Closed, "events": events, "report": rep}
	if isLoop(&st) && st.Closed {
		out["debrief"] = debrief.Build(&st, loaded)
	}
	if note != "" {
		out["note"] = note
	}
	return enc.Encode(out)
}

// tried tries the model in use, if it was not tried with this server before, and says what it can do.
func tried(ctx context.Context, p Program, v *voices, c config.Config, certs certificates) string {
	choice, err := v.client.Detect(ctx, c.Model)
	if err != nil {
		return "" // it was there a moment ago; the rest of what doctor says names what is missing
	}
	a, err := v.tryModel(ctx, choice, certs, false, func(what string) { fmt.Fprintf(p.Err, "\r\033[Ktrying %s: %s", choice.Model, what) })
	fmt.Fprint(p.Err, "\r\033[K")
	if err != nil {
		return fmt.Sprintf("model    could not be tried: %s\n", interview.AsError(err).Message)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "model    %s\n", a.Verdict)
	fmt.Fprintf(&out, "         context %d tokens, of which %d are used; reads %.0f and writes %.0f tokens a second; %.0f %% of reading saved by the cache; server %s\n",
		a.Context, ollama.ContextUsed, a.ReadsPerSec, a.WritesPerSec, 100*a.Reuse, a.Server)
	return out.String()
}

// doctor says what is here and what is not.
func doctor(ctx context.Context, p Program) error {
	c := defaults(p)
	f := newFlags(p, "doctor")
	common(f, &c)
	if _, err := f.parse(p.Args, 0); err != nil {
		return err
	}
	fmt.Fprintf(p.Out, "data     %s\n", c.Data)
	var certs certificates
	if store, err := openData(ctx, c); err == nil {
		certs = store
		defer func() { _ = store.Close() }() // it was only read
		sums, err := store.Summaries(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(p.Out, "sessions %d\n", len(sums))
	} else {
		fmt.Fprintln(p.Out, "sessions none yet")
	}
	loaded, err := loadPack(c)
	if err != nil {
		return codeError{exitProblems, err}
	}
	fmt.Fprintf(p.Out, "pack     %s %s, %d items, %d formats\n", loaded.ID, loaded.Version, len(loaded.Items), len(loaded.Formats))
	voices, err := newVoices(c, nil)
	if err != nil {
		return err
	}
	look, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, info := voices.voice(look)
	fmt.Fprintf(p.Out, "ollama   %s\nvoice    %s %s\n         %s\n", strings.Join(c.Ollama, ", "), info.Kind, info.Model, info.Detail)
	if c.Model == config.ModelNone {
		info.Commands = nil // without a model by choice: there is nothing to mend
	}
	for _, cmd := range info.Commands {
		fmt.Fprintf(p.Out, "         %s\n", cmd)
	}
	if info.Kind == "ollama" {
		fmt.Fprint(p.Out, tried(ctx, p, voices, c, certs))
		verdict := "grades: it passed the exam"
		if _, _, err := (&graders{voices: voices, certs: certs}).checker(ctx, cmp.Or(c.GradeModel, c.Model)); err != nil {
			verdict = interview.AsError(err).Message
		}
		fmt.Fprintf(p.Out, "grading  %s\n", verdict)
		if c.GradeModel != "" && c.GradeModel != info.Model {
			fmt.Fprintf(p.Out, "         two models: %s speaks and %s grades. Both stay in memory, and on one processor each waits for the other.\n", info.Model, c.GradeModel)
		}
	} else {
		fmt.Fprintln(p.Out, "grading  by what code can measure")
	}
	if missing := voices.notThere(ctx, c); len(missing) > 0 {
		return codeError{exitProblems, errors.New(strings.Join(missing, "\n"))}
	}
	return nil
}
