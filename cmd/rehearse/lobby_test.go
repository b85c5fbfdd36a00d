package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"testing"
	"time"

	"rehearse/server/config"
)

// BenchmarkLobby opens the lobby of somebody with 500 sessions behind them, of a story each: the page, what can be
// rehearsed, every session, and what to practise now, one after the other over the network.
func BenchmarkLobby(b *testing.B) {
	c := config.Defaults()
	c.Data, c.Model, c.Embed, c.Addr = b.TempDir(), config.ModelNone, config.EmbedNone, "127.0.0.1:0"
	c.Packs, c.Shipped = []string{"amazon-appsec"}, []string{"amazon-appsec"}
	a, err := build(b.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { a.engine.Close(); _ = a.shelf.Close(); _ = a.store.Close() })
	text := a.coach.pack.Rubrics["beh-03"].Strong["L5"]
	for i := range 500 {
		told(b, a.coach, fmt.Sprintf("s%03d", i), fmt.Sprintf("beh-%02d", 1+i%48), text, time.Now().Add(-time.Duration(500-i)*17*time.Hour), true)
	}
	a.coach.warm(b.Context())
	ln, err := a.server.Listen(b.Context(), c.Addr)
	if err != nil {
		b.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- a.server.Serve(ln) }()
	b.Cleanup(func() {
		_ = a.server.Shutdown(b.Context())
		if err := <-served; err != nil {
			b.Log(err)
		}
	})
	link, err := url.Parse(a.server.Link(ln))
	if err != nil {
		b.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{}}
	get := func(path string) {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://"+ln.Addr().String()+path, nil)
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+link.Query().Get("token"))
		resp, err := client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if n, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK || n == 0 {
			b.Fatalf("GET %s: %d, %d bytes, %v", path, resp.StatusCode, n, err)
		}
	}
	for b.Loop() {
		for _, path := range []string{"/", "/api/v1/formats", "/api/v1/sessions", "/api/v1/next"} {
			get(path)
		}
	}
}
