package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rehearse/server/config"
)

// good is a configuration without a problem.
func good(t *testing.T) config.Config {
	t.Helper()
	c := config.Defaults()
	c.Data = t.TempDir()
	return c
}

func TestDefaultsNeedOnlyAFolder(t *testing.T) {
	c := config.Defaults()
	if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), "--data: ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("without a folder: %v", err)
	}
	if err := good(t).Validate(); err != nil {
		t.Error(err)
	}
}

func TestEveryProblemAtOnce(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := config.Config{Addr: "7331", Ollama: []string{"127.0.0.1:11434", "ftp://x"}, Packs: []string{file}, Material: []string{filepath.Join(dir, "none")},
		AllowHosts: []string{"https://x", "*.example", ""}, TLSKey: filepath.Join(dir, "none")}
	err := c.Validate()
	if err == nil {
		t.Fatal("it was taken")
	}
	var flags []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		flag, _, _ := strings.Cut(line, ":")
		flags = append(flags, flag)
	}
	want := []string{"--addr", "--data", "--ollama", "--ollama", "--model", "--embed", "--pack", "--material",
		"--allow-host", "--allow-host", "--allow-host", "--tls-cert", "--tls-key"}
	if diff := cmp.Diff(want, flags); diff != "" {
		t.Errorf("problems (-want +got):\n%s\n%v", diff, err)
	}
}

func TestAddresses(t *testing.T) {
	dir := t.TempDir()
	pem := filepath.Join(dir, "pem")
	if err := os.WriteFile(pem, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	plain := func(*config.Config) {}
	tls := func(c *config.Config) { c.TLSCert, c.TLSKey = pem, pem }
	proxy := func(c *config.Config) { c.BehindProxy = true }
	named := func(f func(*config.Config)) func(*config.Config) {
		return func(c *config.Config) {
			f(c)
			c.AllowHosts = []string{"rehearse.example", "localhost:8080", "[::1]:8080", "10.0.0.7"}
		}
	}
	tests := []struct {
		addr     string
		tune     func(*config.Config)
		problems int
	}{
		{"127.0.0.1:0", plain, 0}, {"localhost:7331", plain, 0}, {"[::1]:7331", plain, 0}, {"127.8.9.1:7331", plain, 0}, {"127.0.0.1:7331", named(tls), 0},
		{"0.0.0.0:7331", plain, 2}, {":7331", plain, 2}, {"10.0.0.7:7331", plain, 2}, {"[::]:7331", plain, 2}, {"box:7331", plain, 2},
		{"0.0.0.0:7331", tls, 1}, {"0.0.0.0:7331", proxy, 1}, {"0.0.0.0:7331", named(plain), 1},
		{"0.0.0.0:7331", named(tls), 0}, {":7331", named(proxy), 0},
		{"127.0.0.1:70000", plain, 1}, {"127.0.0.1:http", plain, 1}, {"127.0.0.1", plain, 1}, {"", plain, 1},
	}
	for _, tt := range tests {
		c := good(t)
		c.Addr = tt.addr
		tt.tune(&c)
		err, n := c.Validate(), 0
		if err != nil {
			n = strings.Count(err.Error(), "\n") + 1
		}
		if n != tt.problems {
			t.Errorf("%s, TLS %t, proxy %t, hosts %v: %d problems, want %d: %v", tt.addr, c.TLS(), c.BehindProxy, c.AllowHosts, n, tt.problems, err)
		}
	}
}

func TestModelNeedsAServer(t *testing.T) {
	for model, ok := range map[string]bool{config.ModelAuto: true, config.ModelNone: true, "qwen3:8b": false} {
		c := good(t)
		c.Model, c.Ollama = model, nil
		if err := c.Validate(); (err == nil) != ok {
			t.Errorf("model %s without a server: %v", model, err)
		}
	}
	if hosts := config.Defaults().Ollama; !slices.Equal(hosts, []string{"http://127.0.0.1:11434"}) {
		t.Errorf("defaults ask %v", hosts)
	}
}
