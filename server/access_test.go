package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rehearse/server"
)

func TestHosts(t *testing.T) {
	b := start(t, func(o *server.Options) { o.AllowHosts = []string{"Rehearse.Example", "pinned.example:8443"} })
	for host, ok := range map[string]bool{
		"127.0.0.1:" + b.port: true, "localhost:" + b.port: true, "LOCALHOST:" + b.port: true, "[::1]:" + b.port: true,
		"rehearse.example": true, "rehearse.example:9000": true, "pinned.example:8443": true,
		"pinned.example": false, "pinned.example:1": false,
		"localhost": false, "localhost:1": false, "127.0.0.1": false, "evil.example": false, "evil.example:" + b.port: false,
		"127.0.0.1.evil.example:" + b.port: false, "localhost.:" + b.port: false, "127.0.0.2:" + b.port: false, "xrehearse.example": false,
	} {
		want := "OK"
		if !ok {
			want = "forbidden"
		}
		// Also for the page, the exchange and what does not exist: a rebound name learns nothing.
		for _, path := range []string{"/api/v1/health", "/?token=" + token, "/api/v1/nothing"} {
			resp, body := b.ask(t, "GET", path, "", "Host", host, "Authorization", bearer)
			got := code(t, resp, body)
			if !ok && (got != want || resp.StatusCode != http.StatusForbidden || len(resp.Cookies()) != 0) {
				t.Errorf("Host %s, %s: %d %s", host, path, resp.StatusCode, got)
			}
			if ok && got == "forbidden" {
				t.Errorf("Host %s, %s: %d %s", host, path, resp.StatusCode, got)
			}
		}
	}
}

func TestToken(t *testing.T) {
	b := start(t, nil)
	cookie := b.enter(t)
	name, value, _ := strings.Cut(cookie, "=")
	if name != "rehearse_"+b.port || strings.Contains(value, token) {
		t.Errorf("the cookie is %s", cookie)
	}
	tests := map[string]struct {
		method, path string
		header       []string
		status       int
	}{
		"nothing":                   {"GET", "/api/v1/health", nil, 401},
		"bearer":                    {"GET", "/api/v1/health", []string{"Authorization", bearer}, 200},
		"bearer in lower case":      {"GET", "/api/v1/health", []string{"Authorization", "bearer " + token}, 200},
		"another token":             {"GET", "/api/v1/health", []string{"Authorization", bearer + "x"}, 401},
		"an empty token":            {"GET", "/api/v1/health", []string{"Authorization", "Bearer "}, 401},
		"basic":                     {"GET", "/api/v1/health", []string{"Authorization", "Basic " + token}, 401},
		"the token in the query":    {"GET", "/api/v1/health?token=" + token, nil, 401},
		"cookie":                    {"GET", "/api/v1/health", []string{"Cookie", cookie}, 200},
		"the token as cookie":       {"GET", "/api/v1/health", []string{"Cookie", name + "=" + token}, 401},
		"another server's cookie":   {"GET", "/api/v1/health", []string{"Cookie", "rehearse_1=" + value}, 401},
		"a planted cookie before":   {"GET", "/api/v1/health", []string{"Cookie", name + "=x; " + cookie}, 200},
		"wrong bearer, good cookie": {"GET", "/api/v1/health", []string{"Authorization", "Bearer x", "Cookie", cookie}, 401},
		"the page":                  {"GET", "/", []string{"Cookie", cookie}, 200},
		"the page without":          {"GET", "/", nil, 401},
		"a file without":            {"GET", "/assets/app-1a2b3c.js", nil, 401},
		"a wrong link":              {"GET", "/?token=x", nil, 401},
		"a wrong link, with cookie": {"GET", "/?token=x", []string{"Cookie", cookie}, 401},
		"an empty link":             {"GET", "/?token=", nil, 401},
		"a posted link":             {"POST", "/?token=" + token, nil, 401},
		"a link elsewhere":          {"GET", "/else?token=" + token, nil, 401},
		"the websocket without":     {"GET", "/api/v1/sessions/s1/ws", nil, 401},
		"nothing, no such route":    {"GET", "/api/v1/nothing", nil, 401},
	}
	for what, tt := range tests {
		t.Run(what, func(t *testing.T) {
			resp, body := b.ask(t, tt.method, tt.path, "", tt.header...)
			if resp.StatusCode != tt.status {
				t.Errorf("got %d %s, want %d", resp.StatusCode, body, tt.status)
			}
			api := strings.HasPrefix(tt.path, "/api/")
			if tt.status == 401 && api && code(t, resp, body) != "unauthorized" {
				t.Errorf("the API said %s", body)
			}
			if tt.status == 401 && !api && (!strings.Contains(body, "link printed in the terminal") || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html")) {
				t.Errorf("the page said %s", body)
			}
		})
	}
	resp, _ := b.ask(t, "GET", "/?token="+token, "")
	want := &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: 34560000, HttpOnly: true, SameSite: http.SameSiteStrictMode}
	got := *resp.Cookies()[0]
	got.Raw = ""
	if diff := cmp.Diff(want, &got); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(b.log.String(), token) {
		t.Error("the token was logged")
	}
}

func TestOrigins(t *testing.T) {
	b := start(t, nil)
	cookie := b.enter(t)
	ours := "http://127.0.0.1:" + b.port
	tests := []struct {
		what, method string
		header       []string
		forbidden    bool
	}{
		{"read without", "GET", []string{"Cookie", cookie}, false},
		{"read from us", "GET", []string{"Cookie", cookie, "Origin", ours}, false},
		{"read from localhost", "GET", []string{"Cookie", cookie, "Origin", "http://localhost:" + b.port}, false},
		{"read from elsewhere", "GET", []string{"Cookie", cookie, "Origin", "http://evil.example"}, true},
		{"read with token from elsewhere", "GET", []string{"Authorization", bearer, "Origin", "http://evil.example"}, true},
		{"write without", "POST", []string{"Cookie", cookie}, true},
		{"delete without", "DELETE", []string{"Cookie", cookie}, true},
		{"write from us", "POST", []string{"Cookie", cookie, "Origin", ours}, false},
		{"write with token", "POST", []string{"Authorization", bearer}, false},
		{"write from null", "POST", []string{"Cookie", cookie, "Origin", "null"}, true},
		{"write from another port", "POST", []string{"Cookie", cookie, "Origin", "http://127.0.0.1:1"}, true},
		{"write from no port", "POST", []string{"Cookie", cookie, "Origin", "http://127.0.0.1"}, true},
		{"write from https", "POST", []string{"Cookie", cookie, "Origin", "https://127.0.0.1:" + b.port}, true},
		{"write from a path", "POST", []string{"Cookie", cookie, "Origin", ours + "/x"}, true},
		{"write from two", "POST", []string{"Cookie", cookie, "Origin", ours, "Origin", "http://evil.example"}, true},
		{"write from a lookalike", "POST", []string{"Cookie", cookie, "Origin", "http://127.0.0.1:" + b.port + "@evil.example"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			path := "/api/v1/sessions"
			if tt.method == "DELETE" {
				path += "/nobody"
			}
			resp, body := b.ask(t, tt.method, path, "", tt.header...)
			if got := code(t, resp, body) == "forbidden"; got != tt.forbidden || got != (resp.StatusCode == http.StatusForbidden) {
				t.Errorf("got %d %s", resp.StatusCode, body)
			}
		})
	}
}

func TestBehindAProxy(t *testing.T) {
	b := start(t, func(o *server.Options) {
		o.BehindProxy, o.AllowHosts = true, []string{"rehearse.example", "localhost:8080"}
	})
	ask := func(host, origin string) string {
		resp, body := b.ask(t, "GET", "/api/v1/health", "", "Host", host, "Authorization", bearer, "Origin", origin)
		return code(t, resp, body)
	}
	for _, tt := range []struct{ host, origin, want string }{
		{"rehearse.example", "https://rehearse.example", "OK"},
		{"rehearse.example", "http://rehearse.example", "OK"},
		{"rehearse.example:8443", "https://rehearse.example:8443", "OK"},
		{"rehearse.example", "https://rehearse.example:3000", "forbidden"}, // another program on that machine
		{"localhost:8080", "http://localhost:8080", "OK"},
		{"localhost:8080", "http://localhost:3000", "forbidden"},
		{"127.0.0.1:" + b.port, "https://rehearse.example", "OK"}, // the proxy kept the inner host
		{"rehearse.example", "https://evil.example", "forbidden"},
		{"rehearse.example", "ftp://rehearse.example", "forbidden"},
	} {
		if got := ask(tt.host, tt.origin); got != tt.want {
			t.Errorf("Host %s, Origin %s: %s, want %s", tt.host, tt.origin, got, tt.want)
		}
	}
	for proto, secure := range map[string]bool{"https": true, "http": false} {
		resp, _ := b.ask(t, "GET", "/?token="+token, "", "X-Forwarded-Proto", proto)
		if got := resp.Cookies()[0].Secure; got != secure {
			t.Errorf("behind %s the cookie is secure: %t", proto, got)
		}
	}
}

func TestTLS(t *testing.T) {
	cert, key := certificate(t)
	b := start(t, func(o *server.Options) { o.TLSCert, o.TLSKey = cert, key })
	if !strings.HasPrefix(b.Link(b.ln), "https://") {
		t.Errorf("the link is %s", b.Link(b.ln))
	}
	resp, _ := b.ask(t, "GET", "/?token="+token, "")
	if len(resp.Cookies()) != 1 || !resp.Cookies()[0].Secure || resp.ProtoMajor != 1 {
		t.Errorf("%s with cookies %v", resp.Proto, resp.Cookies())
	}
	c := resp.Cookies()[0]
	for origin, want := range map[string]int{b.base: 400, "http://127.0.0.1:" + b.port: 403} {
		if resp, body := b.ask(t, "POST", "/api/v1/sessions", "", "Cookie", c.Name+"="+c.Value, "Origin", origin); resp.StatusCode != want {
			t.Errorf("Origin %s: %d %s, want %d", origin, resp.StatusCode, body, want)
		}
	}
}

// certificate writes a certificate for this test and its key.
func certificate(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, block := range map[string]*pem.Block{"cert": {Type: "CERTIFICATE", Bytes: der}, "key": {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "cert"), filepath.Join(dir, "key")
}

func TestTokenFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	first, err := server.LoadOrCreateToken(dir)
	if err != nil || len(first) < 43 {
		t.Fatalf("token %q, %v", first, err)
	}
	file := filepath.Join(dir, "token")
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	again, err := server.LoadOrCreateToken(dir)
	if err != nil || again != first {
		t.Errorf("the token changed from %q to %q (%v)", first, again, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("the folder holds %v", entries)
	}
	if other, err := server.LoadOrCreateToken(t.TempDir()); err != nil || other == first {
		t.Errorf("another folder has the token %q (%v)", other, err)
	}
	for _, bad := range []string{"", "short", strings.Repeat("!", 60)} {
		if err := os.WriteFile(file, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := server.LoadOrCreateToken(dir); err == nil {
			t.Errorf("a file with %q gave the token %q", bad, got)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/hostname", file); err != nil {
		t.Fatal(err)
	}
	if _, err := server.LoadOrCreateToken(dir); err == nil {
		t.Error("a link was followed")
	}
}
