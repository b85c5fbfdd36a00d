package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"rehearse/server/httpapi"
	"rehearse/server/interview"
)

// cookieAge is how long a browser keeps the cookie: the longest that browsers allow.
const cookieAge = 400 * 24 * 60 * 60

// TrustedTypes are the names of the policies that the page may make: none, since it builds its elements
// node by node and never from text.
const TrustedTypes = "'none'"

// ContentSecurityPolicy is sent with everything: nothing is loaded from elsewhere, no script stands in
// a page, and text becomes markup through a named policy only.
const ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types " + TrustedTypes

// headers adds what every answer carries.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", ContentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store") // hashed files say otherwise
		next.ServeHTTP(w, r)
	})
}

// hostPort is a host name with its port, or with none.
type hostPort struct{ name, port string }

// parseHost splits a Host header or an allowed host; the name is lower case and without brackets.
func parseHost(s string) hostPort {
	s = strings.ToLower(s)
	if host, port, err := net.SplitHostPort(s); err == nil {
		return hostPort{host, port}
	}
	return hostPort{name: trimBrackets(s)}
}

func trimBrackets(s string) string {
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		return s[1 : len(s)-1]
	}
	return s
}

// access decides who may ask for anything at all.
type access struct {
	token string
	hosts []hostPort
	tls   bool
	proxy bool
	port  *atomic.Int32
}

func (a *access) scheme() string {
	if a.tls {
		return "https"
	}
	return "http"
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

// loopback reports whether h is this machine under its own name, at our port.
func (a *access) loopback(h hostPort) bool {
	if h.port == "" {
		h.port = defaultPort(a.scheme())
	}
	if h.port != strconv.Itoa(int(a.port.Load())) {
		return false
	}
	return h.name == "localhost" || h.name == "127.0.0.1" || h.name == "::1"
}

// allowed returns the allowed host that h is.
func (a *access) allowed(h hostPort) (hostPort, bool) {
	for _, ok := range a.hosts {
		if ok.name == h.name && (ok.port == "" || ok.port == h.port) {
			return ok, true
		}
	}
	return hostPort{}, false
}

func (a *access) host(r *http.Request) error {
	h := parseHost(r.Host)
	if a.loopback(h) {
		return nil
	}
	if _, ok := a.allowed(h); ok {
		return nil
	}
	return interview.Errorf(interview.CodeForbidden, "this server does not answer to that host name; open the link printed in the terminal, or start it with --allow-host")
}

// origin holds an Origin, where there is one, to be ours; needed says that there must be one.
func (a *access) origin(r *http.Request, needed bool) error {
	values := r.Header.Values("Origin")
	if len(values) == 0 && !needed {
		return nil
	}
	if len(values) == 1 {
		u, err := url.Parse(values[0])
		if err == nil && u.Host != "" && u.Path == "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" && a.ours(u, parseHost(r.Host)) {
			return nil
		}
	}
	return interview.Errorf(interview.CodeForbidden, "this is answered to pages of this server only; the Origin of the request is missing or another one")
}

// ours reports whether a page of origin u is one of this server's. Asked is the host of the request,
// which has been checked.
func (a *access) ours(u *url.URL, asked hostPort) bool {
	web := u.Scheme == "https" || u.Scheme == "http"
	if u.Scheme != a.scheme() && (!a.proxy || !web) {
		return false
	}
	h := parseHost(u.Host)
	if u.Scheme == a.scheme() && a.loopback(h) {
		return true
	}
	ok, found := a.allowed(h)
	switch {
	case !found:
		return false
	case ok.port != "":
		return true // named with its port
	case h == asked:
		return true
	}
	// A name given without a port is ours at the usual port of its scheme, not at every port of that
	// machine: another program may serve pages there.
	return a.proxy && (h.port == "" || h.port == defaultPort(u.Scheme))
}

// cookieName has the port in it, because cookies do not keep ports apart and two servers may run.
func (a *access) cookieName() string { return fmt.Sprintf("rehearse_%d", a.port.Load()) }

// cookieValue is derived from the token, so that it holds after a restart and does not give the token away.
func (a *access) cookieValue() string {
	mac := hmac.New(sha256.New, []byte(a.token))
	mac.Write([]byte("rehearse cookie 1"))
	return hex.EncodeToString(mac.Sum(nil))
}

// same compares secrets in a time that does not depend on them.
func same(got, want string) bool {
	g, w := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(g[:], w[:]) == 1
}

// bearer reports whether the request carries a token, and whether it is ours.
func (a *access) bearer(r *http.Request) (there, ok bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return false, false
	}
	return true, same(strings.TrimSpace(token), a.token)
}

func (a *access) cookie(r *http.Request) bool {
	for _, c := range r.CookiesNamed(a.cookieName()) {
		if same(c.Value, a.cookieValue()) {
			return true
		}
	}
	return false
}

// guard stands before every route.
func (a *access) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := errors.Join(a.host(r), a.origin(r, false)); err != nil {
			httpapi.WriteError(w, err)
			return
		}
		if a.exchange(w, r) {
			return
		}
		sent, ok := a.bearer(r)
		byCookie := !sent && a.cookie(r)
		if !ok && !byCookie {
			a.locked(w, r)
			return
		}
		if err := a.origin(r, byCookie && writes(r.Method)); err != nil {
			httpapi.WriteError(w, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func writes(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// exchange trades the link's token for the cookie. The token leaves the address bar with the redirect.
func (a *access) exchange(w http.ResponseWriter, r *http.Request) bool {
	if r.URL.Path != "/" || (r.Method != http.MethodGet && r.Method != http.MethodHead) || !r.URL.Query().Has("token") {
		return false
	}
	if !same(r.URL.Query().Get("token"), a.token) {
		a.locked(w, r)
		return true
	}
	http.SetCookie(w, &http.Cookie{Name: a.cookieName(), Value: a.cookieValue(), Path: "/", MaxAge: cookieAge, HttpOnly: true,
		SameSite: http.SameSiteStrictMode, Secure: a.tls || (a.proxy && r.Header.Get("X-Forwarded-Proto") == "https")})
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return true
}

// lockedPage is what a browser sees without the token. Its link helps where a browser kept the new
// cookie back because the first link was opened from another site.
const lockedPage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Rehearse</title>
<h1>Open the link printed in the terminal</h1>
<p>This page is private. The line that begins with <code>rehearse:</code> in the terminal holds a link with a token; open that one.</p>
<p>If you just did, <a href="/">go on</a>.</p>
</html>
`

func (a *access) locked(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="rehearse"`)
	if !isAPI(r.URL.Path) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(lockedPage)) // a browser that went away needs no page
		return
	}
	httpapi.WriteError(w, interview.Errorf(interview.CodeUnauthorized, "this needs the token: Authorization: Bearer TOKEN, from the file token in the data folder"))
}
