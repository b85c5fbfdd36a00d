// Package config holds the settings of the program and their limits. It knows nothing about where they
// come from: flags and environment are read in cmd only.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Names with a meaning of their own in Model and Embed.
const (
	ModelAuto    = "auto"    // the best installed model that passed its exam
	ModelNone    = "none"    // authored voice only
	EmbedAuto    = "auto"    // an Ollama embedding model when there is one, else the builtin embedder
	EmbedBuiltin = "builtin" // the embedder that is part of the program
	EmbedNone    = "none"    // words alone
)

// Config is every setting of the server.
type Config struct {
	Addr        string   // address to listen on; port 0 picks one
	Data        string   // folder of the data file, the token and the index
	Ollama      []string // base URLs of Ollama servers
	Model       string   // auto, none or a name
	GradeModel  string   // a name; empty grades with Model
	Embed       string   // auto, builtin, none or a name
	Packs       []string // folders of packs, or names of shipped ones; the first is used
	Shipped     []string // names of the packs that the program brings
	Material    []string // folders of the candidate's own material
	Seed        *uint64  // makes choices repeatable; nil picks one for each session
	Open        bool     // open a browser when ready
	BehindProxy bool     // a proxy in front ends TLS and names the host
	AllowHosts  []string // host names, with or without a port, that requests may use beside the loopback ones
	TLSCert     string   // certificate file
	TLSKey      string   // its key
}

// Defaults returns the settings of a program started without any. Data is left empty: only cmd knows
// where a person's files belong.
func Defaults() Config {
	return Config{Addr: "127.0.0.1:7331", Ollama: []string{"http://127.0.0.1:11434"}, Model: ModelAuto, Embed: EmbedAuto, Open: true}
}

// TLS reports whether the server ends TLS itself.
func (c Config) TLS() bool { return c.TLSCert != "" }

// Loopback reports whether Addr is an address that only this machine can reach.
func (c Config) Loopback() bool {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return false
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// Validate returns every problem at once, each on its own line and beginning with the flag it is about.
func (c Config) Validate() error {
	var errs []error
	add := func(flag, format string, args ...any) {
		errs = append(errs, fmt.Errorf("--%s: %s", flag, fmt.Sprintf(format, args...)))
	}
	c.checkAddr(add)
	if c.Data == "" {
		add("data", "name a folder for the data file")
	}
	for _, raw := range c.Ollama {
		if u, err := url.Parse(raw); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			add("ollama", "%q is not a URL like http://127.0.0.1:11434", raw)
		}
	}
	if c.Model == "" {
		add("model", "use auto, none or the name of a model")
	}
	if c.Embed == "" {
		add("embed", "use auto, builtin, none or the name of an embedding model")
	}
	if (c.Model != ModelAuto && c.Model != ModelNone && c.Model != "") && len(c.Ollama) == 0 {
		add("model", "%q needs an Ollama server; give one with --ollama", c.Model)
	}
	for _, dir := range c.Packs {
		if info, err := os.Stat(dir); !slices.Contains(c.Shipped, dir) && (err != nil || !info.IsDir()) {
			add("pack", "%s is not a folder that can be read, and no pack of that name is shipped; shipped are %s", dir, strings.Join(c.Shipped, ", "))
		}
	}
	for _, dir := range c.Material {
		checkDir(add, "material", dir)
	}
	for _, h := range c.AllowHosts {
		if err := checkHost(h); err != nil {
			add("allow-host", "%q: %v", h, err)
		}
	}
	c.checkTLS(add)
	return errors.Join(errs...)
}

// checkAddr holds the rule that other machines may come near only over an encrypted path and under a
// name that was given.
func (c Config) checkAddr(add func(flag, format string, args ...any)) {
	_, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		add("addr", "%q is not host:port", c.Addr)
		return
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		add("addr", "%q has no port between 0 and 65535", c.Addr)
	}
	if c.Loopback() {
		return
	}
	if !c.TLS() && !c.BehindProxy {
		add("addr", "%s can be reached from other machines, which needs --tls-cert and --tls-key or --behind-proxy", c.Addr)
	}
	if len(c.AllowHosts) == 0 {
		add("addr", "%s can be reached from other machines; say under which names with --allow-host", c.Addr)
	}
}

func (c Config) checkTLS(add func(flag, format string, args ...any)) {
	switch {
	case c.TLSCert != "" && c.TLSKey == "":
		add("tls-key", "a certificate needs its key")
	case c.TLSCert == "" && c.TLSKey != "":
		add("tls-cert", "a key needs its certificate")
	}
	checkFile(add, "tls-cert", c.TLSCert)
	checkFile(add, "tls-key", c.TLSKey)
}

func checkFile(add func(flag, format string, args ...any), flag, file string) {
	if file == "" {
		return
	}
	if info, err := os.Stat(file); err != nil || info.IsDir() {
		add(flag, "%s is not a file that can be read", file)
	}
}

func checkDir(add func(flag, format string, args ...any), flag, dir string) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		add(flag, "%s is not a folder that can be read", dir)
	}
}

// checkHost accepts a host name or address, with or without a port, and nothing that is more than that.
func checkHost(h string) error {
	name := h
	if host, port, err := net.SplitHostPort(h); err == nil {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return errors.New("the port is not a number from 1 to 65535")
		}
		name = host
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	if _, err := netip.ParseAddr(name); err == nil {
		return nil
	}
	if name == "" || strings.ContainsAny(name, "/:@*?# \t[]") {
		return errors.New("give a plain host name, without a scheme, a path or a wildcard")
	}
	return nil
}
