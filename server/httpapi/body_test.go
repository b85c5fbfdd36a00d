package httpapi

import (
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"

	"rehearse/server/interview"
)

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"format":"x"}`, `{"format":"x","fork":{"session":"s","turn":1},"seed":3}`, `{"fork":[[{}]]}`, `{"a":1}`, `{} {}`, "{\"\xff\":1}", `{"seed":1e999}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var got, plain interview.NewSession
		if err := decode(raw, &got); err != nil {
			if e := interview.AsError(err); e.Code != interview.CodeInvalid || !utf8.ValidString(e.Message) {
				t.Errorf("%q: a client's body gave %v", raw, err)
			}
			return
		}
		if err := json.Unmarshal(raw, &plain); err != nil || !reflect.DeepEqual(got, plain) {
			t.Errorf("%q: taken as %+v, the standard decoder says %+v (%v)", raw, got, plain, err)
		}
	})
}
