package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"rehearse/knowledge"
	"rehearse/prompts"
	"rehearse/server"
	"rehearse/server/config"
	"rehearse/server/diagram"
	"rehearse/server/embed"
	"rehearse/server/engine"
	"rehearse/server/httpapi"
	"rehearse/server/index"
	"rehearse/server/interview"
	"rehearse/server/live"
	"rehearse/server/ollama"
	"rehearse/server/pack"
	"rehearse/server/progress"
	"rehearse/server/prompt"
	"rehearse/server/report"
	"rehearse/server/sqlite"
	"rehearse/server/voice"
	"rehearse/web"
)

// shutdownTime is how long open connections have to end.
const shutdownTime = 5 * time.Second

func serve(ctx context.Context, p Program) error {
	c := defaults(p)
	f := newFlags(p, "serve")
	common(f, &c)
	f.StringVar(&c.Addr, "addr", c.Addr, "`host:port` to listen on; port 0 picks one")
	f.list(&c.Material, "material", "`folder` of your own material")
	f.Var(seedValue{&c.Seed}, "seed", "`number` that makes choices repeatable")
	f.bool(&c.Open, "open", "open the page in a browser")
	f.bool(&c.BehindProxy, "behind-proxy", "a proxy in front ends TLS")
	f.list(&c.AllowHosts, "allow-host", "`name` requests may use beside the loopback ones")
	f.StringVar(&c.TLSCert, "tls-cert", c.TLSCert, "certificate `file`")
	f.StringVar(&c.TLSKey, "tls-key", c.TLSKey, "`file` of its key")
	if _, err := f.parse(p.Args, 0); err != nil {
		return err
	}
	if err := c.Validate(); err != nil {
		return codeError{exitUsage, err}
	}
	log := slog.New(slog.NewTextHandler(p.Err, &slog.HandlerOptions{Level: slog.LevelInfo}))
	unlock, err := lockFor(c)
	if err != nil {
		return err
	}
	defer unlock()
	a, err := build(ctx, c, log)
	if err != nil {
		return err
	}
	told := make(chan struct{})
	looking, stop := context.WithCancel(ctx)
	go func() { // an Ollama that is slow to answer keeps nobody waiting
		defer close(told)
		for _, line := range a.voices.notThere(looking, c) {
			log.Warn(line)
		}
	}()
	defer func() { stop(); <-told }()
	return a.run(ctx, p, c)
}

// A server that was just killed may need a moment to be gone.
const (
	lockTries = 20
	lockPause = 100 * time.Millisecond
)

// lockFor makes the data folder and keeps other servers off it.
func lockFor(c config.Config) (unlock func(), err error) {
	if err := makeData(c); err != nil {
		return nil, err
	}
	for range lockTries {
		if unlock, err = lockData(c.Data); interview.AsError(err).Code != interview.CodeConflict {
			return unlock, err
		}
		time.Sleep(lockPause)
	}
	return nil, err
}

// app is everything a running server holds.
type app struct {
	store  *sqlite.Store
	shelf  *library
	engine *engine.Engine
	server *server.Server
	voices *voices
	coach  *coach
	bank   *bank
	log    *slog.Logger
}

// packFiles are the files of a pack: of a shipped one by its name, or of a folder.
func packFiles(name string) (fs.FS, error) {
	if slices.Contains(knowledge.Packs(), name) {
		return knowledge.Pack(name), nil
	}
	if info, err := os.Stat(name); err != nil || !info.IsDir() {
		return nil, usage("%s is neither a folder that can be read nor a shipped pack; shipped are %s", name, strings.Join(knowledge.Packs(), ", "))
	}
	return os.DirFS(name), nil
}

// chosenPack are the files of the flagship, or of the pack that was asked for.
func chosenPack(c config.Config) (fs.FS, error) {
	if len(c.Packs) > 1 {
		return nil, usage("--pack: one pack is used at a time, and %d are given", len(c.Packs))
	}
	if len(c.Packs) > 0 {
		return packFiles(c.Packs[0])
	}
	return knowledge.Pack(knowledge.Flagship), nil
}

// loadPack loads the pack that was chosen.
func loadPack(c config.Config) (*interview.Pack, error) {
	files, err := chosenPack(c)
	if err != nil {
		return nil, err
	}
	loaded, err := pack.Load(files, knowledge.Formats())
	if err != nil {
		return nil, fmt.Errorf("the pack has problems (rehearse lint lists them):\n%w", err)
	}
	return loaded, nil
}

func makeData(c config.Config) error {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("the data folder cannot be made: %w", err)
	}
	return nil
}

func build(ctx context.Context, c config.Config, log *slog.Logger) (*app, error) {
	// A turn allocates some megabyte: with a small heap the collector would run in the middle of every other one.
	debug.SetGCPercent(200)
	loaded, err := loadPack(c)
	if err != nil {
		return nil, err
	}
	if err := makeData(c); err != nil {
		return nil, err
	}
	token, err := server.LoadOrCreateToken(c.Data)
	if err != nil {
		return nil, err
	}
	store, err := sqlite.Open(ctx, filepath.Join(c.Data, "rehearse.db"), sqlite.Options{Log: log})
	if err != nil {
		return nil, err
	}
	voices, err := newVoices(c, log)
	if err != nil {
		_ = store.Close() // the first error is the one to tell
		return nil, err
	}
	voices.certs = store
	by := &graders{voices: voices, pack: loaded, certs: store, embed: c.Embed, model: c.GradeModel, log: log}
	o := engine.Options{Store: store, History: store, Pack: loaded, Voice: voices.voice, Authored: voice.Authored{}, Diagram: diagram.SVG, Log: log,
		Grade: by.grade, Draw: progress.Reserved(loaded).Draw}
	told := newBank(store, loaded, log)
	o.Story = told.principle
	if c.Embed != config.EmbedNone {
		o.Near = voices.near
	}
	if c.Seed != nil {
		o.Seed = *c.Seed
	}
	files, err := chosenPack(c)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	shelf, err := openLibrary(ctx, c, voices.client, files, loaded.ID, log)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	o.Steer = shelf.steer(voices)
	a := &app{store: store, shelf: shelf, engine: engine.New(o), voices: voices, coach: newCoach(store, loaded, by.certified, log), bank: told, log: log}
	hub := live.NewHub(a.engine, log)
	all := sessions{a.engine, store, hub}
	keep, err := newKeeper(&keeper{sessions: all, store: store, shelf: shelf, coach: a.coach, hub: hub, data: c.Data})
	if err != nil {
		a.engine.Close()
		return nil, errors.Join(err, store.Close(), shelf.Close())
	}
	a.server, err = server.New(server.Options{
		API: &httpapi.API{
			Sessions: all,
			Log:      store,
			Catalog:  catalog{loaded, voices},
			Reports:  reports{a.engine, store, loaded, shelf},
			Debriefs: reports{a.engine, store, loaded, shelf},
			Models:   voices,
			Material: shelf,
			Progress: a.coach, Plans: a.coach, Cards: a.coach, Keep: keep, Stories: told, Panels: reports{a.engine, store, loaded, shelf},
			Scripts: a.engine,
			Health: func(context.Context) any {
				return map[string]string{"status": "ok", "pack": loaded.ID, "pack_version": loaded.Version}
			},
			Logger: log,
		},
		Live: hub, Web: web.FS(), Token: token, Log: log, AllowHosts: c.AllowHosts, BehindProxy: c.BehindProxy, TLSCert: c.TLSCert, TLSKey: c.TLSKey,
		Closers: []func(context.Context) error{
			func(context.Context) error { a.engine.Close(); return nil },
			func(context.Context) error { return store.Close() },
			func(context.Context) error { return shelf.Close() },
		},
	})
	if err != nil {
		a.engine.Close()
		return nil, errors.Join(err, store.Close(), shelf.Close())
	}
	return a, nil
}

// run serves until the context ends, then shuts down in order.
func (a *app) run(ctx context.Context, p Program, c config.Config) error {
	ln, err := a.server.Listen(ctx, c.Addr)
	if err != nil {
		a.engine.Close()
		return errors.Join(fmt.Errorf("%s cannot be listened on; another address can be given with --addr: %w", c.Addr, err), a.store.Close(), a.shelf.Close())
	}
	link := a.server.Link(ln)
	fmt.Fprintln(p.Out, "rehearse: "+link)
	if c.Open {
		openBrowser(ctx, link)
	}
	a.shelf.start(ctx)
	measured := make(chan struct{})
	warming, stop := context.WithCancel(ctx)
	go func() {
		defer close(measured)
		a.coach.warm(warming)
		a.bank.warm(warming)
	}()
	failed := make(chan error, 1)
	go func() { failed <- a.server.Serve(ln) }()
	select {
	case err = <-failed:
	case <-ctx.Done():
		err = nil
	}
	stop()
	<-measured
	down, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	return errors.Join(err, a.server.Shutdown(down))
}

// openBrowser shows the link in a browser where there is one; the printed link serves everywhere else.
func openBrowser(ctx context.Context, link string) {
	name := map[string]string{"darwin": "open", "windows": "explorer"}[runtime.GOOS]
	if name == "" {
		name = "xdg-open"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), path, link)
	if cmd.Start() == nil {
		go func() { _ = cmd.Wait() }() // how the browser ends is its own affair
	}
}

// sessions is the engine as the API sees it.
type sessions struct {
	*engine.Engine
	store *sqlite.Store
	hub   *live.Hub
}

// State is a session on one line, with its clocks and what waits for an answer.
func (s sessions) State(ctx context.Context, id string) (any, error) {
	st, err := s.Engine.State(ctx, id)
	if err != nil {
		return nil, err
	}
	out := struct {
		interview.Summary
		Turn  int                 `json:"turn"`
		Voice interview.VoiceInfo `json:"voice"`
		WallS float64             `json:"wall_s"`
		Draft *interview.Draft    `json:"draft,omitempty"`
	}{Summary: st.Summary(), Turn: st.Open, Voice: st.Session.Voice, WallS: st.WallS(time.Now())}
	if d, found, err := s.store.Draft(ctx, id); err == nil && found {
		out.Draft = &d
	}
	return out, nil
}

// Delete ends a session's connections and removes it for good.
func (s sessions) Delete(ctx context.Context, id string) error {
	s.hub.CloseSession(id)
	s.Forget(id)
	return s.store.Delete(ctx, id)
}

// reports makes reports of closed sessions.
type reports struct {
	engine *engine.Engine
	store  *sqlite.Store
	pack   *interview.Pack
	shelf  *library // nil compares with no notes
}

// mostEarlier is how many earlier answers a story is compared with.
const mostEarlier = 40

// earlier finds a person's earlier answers. Without them a report only lacks the warning of a recital.
func earlier(ctx context.Context, store *sqlite.Store, session string) report.Earlier {
	return func(item string) []string {
		texts, err := store.AnswersTo(ctx, item, session, mostEarlier)
		if err != nil {
			return nil
		}
		return texts
	}
}

// mostAttempts is how far back the attempts at one exercise are counted.
const mostAttempts = 50

// compare sets a second attempt beside the one before. Where that was deleted the report goes without.
func compare(rep *report.Report, st interview.State, p *interview.Pack, state func(id string) (interview.State, error)) {
	id := report.Origin(st)
	if id == "" {
		return
	}
	before, err := state(id)
	if err != nil {
		return
	}
	attempt := 2
	for at := before; report.Origin(at) != "" && attempt < mostAttempts; attempt++ {
		if at, err = state(report.Origin(at)); err != nil {
			break
		}
	}
	rep.Compare(st, before, p, attempt)
}

func (r reports) build(ctx context.Context, id string) (report.Report, error) {
	st, err := r.engine.State(ctx, id)
	if err != nil {
		return report.Report{}, err
	}
	rep := report.Build(st, r.pack, earlier(ctx, r.store, id))
	compare(&rep, st, r.pack, func(id string) (interview.State, error) { return r.engine.State(ctx, id) })
	rep.Against(st, r.pack, r.notes(ctx, interview.OriginIndex|interview.OriginMaterial|interview.OriginUpload))
	rep.Cite(r.notes(ctx, interview.OriginPack))
	return rep, nil
}

// fewNotes is how many passages of a person's own notes are held against one answer, and manyPassages among how many of
// the pack's the study notes are looked for.
const (
	fewNotes     = 3
	manyPassages = 12
)

// notes searches what came into the index in one of some ways. Without an index a report only lacks the comparison.
// Study cards are left out: their text is the answer to a question that may still be asked.
func (r reports) notes(ctx context.Context, origins interview.Origin) report.Notes {
	if r.shelf == nil {
		return nil
	}
	return func(query string) []interview.Passage {
		o := index.SearchOptions{K: fewNotes, Origins: origins}
		if origins == interview.OriginPack {
			o.K = manyPassages
		}
		found, err := r.shelf.Index.Search(ctx, query, o)
		if err != nil {
			return nil
		}
		if origins != interview.OriginPack {
			return found
		}
		return slices.DeleteFunc(found, func(p interview.Passage) bool { return path.Base(p.Path) != index.NotesFile })
	}
}

func (r reports) JSON(ctx context.Context, id string) (any, error) { return r.build(ctx, id) }

func (r reports) Markdown(ctx context.Context, id string) (string, error) {
	rep, err := r.build(ctx, id)
	return rep.Markdown(), err
}

// voices finds the voice for a session. It looks again for each one, so that Ollama may be started later.
type voices struct {
	client  *ollama.Client
	prompts *prompt.Set
	model   string
	log     *slog.Logger
	loaded  sync.Map                     // models that were loaded ahead of time
	table   func() (*embed.Table, error) // the builtin embedder, read when it is first asked for
	certs   certificates                 // where what was found out about models is kept; nil keeps nothing
}

func newVoices(c config.Config, log *slog.Logger) (*voices, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	set, err := prompt.Load(prompts.FS)
	if err != nil {
		return nil, err
	}
	return &voices{client: ollama.New(c.Ollama, log), prompts: set, model: c.Model, log: log, table: sync.OnceValues(embed.New)}, nil
}

func (v *voices) voice(ctx context.Context) (engine.Interviewer, interview.VoiceInfo) {
	if v.model == config.ModelNone {
		return voice.Authored{}, ollama.NoModel("a model voice was not asked for (--model none).")
	}
	choice, err := v.client.Detect(ctx, v.model)
	if err != nil {
		return voice.Authored{}, ollama.NoModel(interview.AsError(err).Message)
	}
	o := ollama.NewVoice(v.client, choice, v.prompts)
	o.Trusts(v.trust(ctx, choice))
	v.preload(ctx, choice.Model, o)
	return o, o.Info()
}

// notThere says, one line each, which models were named in the settings and are not to be had.
func (v *voices) notThere(ctx context.Context, c config.Config) []string {
	var out []string
	if c.Model != config.ModelAuto && c.Model != config.ModelNone {
		if _, err := v.client.Detect(ctx, c.Model); err != nil && ctx.Err() == nil {
			out = append(out, fmt.Sprintf("--model %s is not there: %s; until it is, the interview is held in authored words and graded by code", c.Model, interview.AsError(err).Message))
		}
	}
	if c.Embed != config.EmbedAuto && c.Embed != config.EmbedBuiltin && c.Embed != config.EmbedNone {
		if _, err := v.client.DetectEmbedder(ctx, c.Embed); err != nil && ctx.Err() == nil {
			out = append(out, fmt.Sprintf("--embed %s is not there: %s; until it is, nothing can be graded by meaning and grades fail with this reason", c.Embed, interview.AsError(err).Message))
		}
	}
	return out
}

// preload loads a model in the background the first time it is chosen, so that the first follow-up does not
// wait for it.
func (v *voices) preload(ctx context.Context, model string, o *ollama.Voice) {
	if _, begun := v.loaded.LoadOrStore(model, true); begun {
		return
	}
	go func() {
		if err := o.Preload(context.WithoutCancel(ctx)); err != nil {
			v.log.Info("the model could not be loaded ahead of time", "model", model, "err", err)
			v.loaded.Delete(model)
		}
	}()
}

// List is the body of /models.
func (v *voices) List(ctx context.Context) (any, error) {
	if v.model == config.ModelNone {
		return map[string]any{"models": []any{}, "note": "no model is in use (--model none); the interview is complete without one"}, nil
	}
	return v.client.List(ctx, func(digest string) *ollama.Abilities { return known(ctx, v.certs, digest) })
}
