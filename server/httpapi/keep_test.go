package httpapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"rehearse/server/interview"
)

// keeper stands for who exports, imports and deletes everything.
type keeper struct {
	got   string
	wiped int
	fails string // begin: before the first byte; later: after it
}

func (k *keeper) Export(_ context.Context, to io.Writer) error {
	if k.fails == "begin" {
		return interview.Errorf(interview.CodeUnavailable, "the disk is gone")
	}
	_, err := io.WriteString(to, "PK all of it")
	if k.fails == "later" {
		return errors.New("the disk went away")
	}
	return err
}

func (k *keeper) Import(_ context.Context, archive io.Reader) (any, error) {
	raw, err := io.ReadAll(archive)
	k.got = string(raw)
	return map[string]int{"bytes": len(raw)}, err
}

func (k *keeper) Wipe(context.Context) (any, error) {
	k.wiped++
	return map[string]int{"deleted": k.wiped}, nil
}

func TestKeep(t *testing.T) {
	b := start(t)
	const confirm = `{"confirm":"delete everything"}`
	b.wantError(t, "GET", p+"/export", "", 503, "unavailable", "")
	b.wantError(t, "POST", p+"/import", "PK", 503, "unavailable", "")
	b.wantError(t, "DELETE", p+"/everything", confirm, 503, "unavailable", "")
	k := &keeper{}
	b.api.Keep = k
	for body, field := range map[string]string{`{}`: "confirm", `{"confirm":"yes"}`: "confirm", `{"confirm":"delete everything","and":1}`: "and", `{"confirm":true}`: "confirm"} {
		b.wantError(t, "DELETE", p+"/everything", body, 400, "invalid", field)
	}
	if k.wiped != 0 {
		t.Fatal("deleted without a confirmation")
	}
	b.want(t, "DELETE", p+"/everything", confirm, 200, `{"deleted":1}`)
	b.want(t, "POST", p+"/import", "PK archive", 200, `{"bytes":10}`)
	k.fails = "begin"
	b.wantError(t, "GET", p+"/export", "", 503, "unavailable", "")
}

// An export that fails on the way is no answer at all: whoever takes it must not think that it is whole.
func TestAnExportThatFailsIsCutOff(t *testing.T) {
	b := start(t)
	k := &keeper{}
	b.api.Keep = k
	get := func() (string, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.srv.URL+p+"/export", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return "", err
		}
		defer func() { _ = resp.Body.Close() }()
		if d := resp.Header.Get("Content-Disposition"); !strings.HasPrefix(d, `attachment; filename="rehearse-2`) {
			t.Errorf("its name is %q", d)
		}
		raw, err := io.ReadAll(resp.Body)
		return string(raw), err
	}
	if got, err := get(); got != "PK all of it" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	k.fails = "later"
	if got, err := get(); err == nil {
		t.Errorf("it ended in order with %q", got)
	}
}
