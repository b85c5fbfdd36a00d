package strict_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"rehearse/server/interview"
	"rehearse/server/strict"
)

type form struct {
	ID     json.RawMessage `json:"id"`
	Answer string          `json:"answer" strict:"required"`
	Level  int             `json:"level"`
	Ready  bool            `json:"ready"`
	Points []struct {
		Text   string  `json:"text" strict:"required"`
		Weight float64 `json:"weight"`
	} `json:"points"`
}

func TestDecodeSaysWhatIsWrong(t *testing.T) {
	for _, tt := range []struct{ raw, field, message string }{
		{`{"answer":"x"}`, "", ""},
		{`{"answer":"","points":[{"text":"a"},{"text":"b","weight":0.5}],"id":[{"any":1}]}`, "", ""},
		{`{"answer":"\ud83d\ude00 \\ud800"}`, "", ""},
		{``, "", "the line is empty; send a JSON object"},
		{`[]`, "", "the line is not a JSON object"},
		{`{"answer":"x"`, "", "the line is not one JSON object: it is not well-formed"},
		{`{"answer":"x"} 1`, "", "the line is not one JSON object: something follows it"},
		{"{\"answer\":\"\xff\"}", "", "the line is not valid UTF-8"},
		{`{"answer":"a\ud800"}`, "", "the line holds half of a surrogate pair, which is no character"},
		{`{"answer":"a","id":"\udc00"}`, "", "the line holds half of a surrogate pair, which is no character"},
		{`{}`, "answer", `the field "answer" is missing`},
		{`{"answer":null}`, "answer", `the field "answer" is missing`},
		{`{"Answer":"x"}`, "Answer", `there is no field "Answer"`},
		{`{"answer":"x","answer":"y"}`, "answer", `the field "answer" is there twice`},
		{`{"answer":"x","points":[{"text":"a"},{"text":"b","bogus":1}]}`, "points.2.bogus", `there is no field "points.2.bogus"`},
		{`{"answer":"x","points":[{"weight":1}]}`, "points.1.text", `the field "points.1.text" is missing`},
		{`{"answer":7}`, "answer", "answer should be a string, not a number"},
		{`{"answer":["x"]}`, "answer", "answer should be a string, not a list"},
		{`{"answer":"x","level":1.5}`, "level", "level should be a whole number, not 1.5"},
		{`{"answer":"x","ready":"yes"}`, "ready", "ready should be true or false, not a string"},
		{`{"answer":"x","points":{}}`, "points", "points should be a list, not an object"},
	} {
		var got form
		err := strict.Decode("line", []byte(tt.raw), &got)
		if (err == nil) != (tt.message == "") {
			t.Errorf("%s: %v, want %q", tt.raw, err, tt.message)
		}
		if err == nil {
			continue
		}
		e := interview.AsError(err)
		if diff := cmp.Diff([]string{tt.field, tt.message, "invalid"}, []string{e.Field, e.Message, string(e.Code)}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.raw, diff)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"format":"x"}`, `{"format":"x","fork":{"session":"s","turn":1},"seed":3}`, `{"fork":[[{}]]}`, `{"a":1}`, `{} {}`, "{\"\xff\":1}", `{"seed":1e999}`,
		`{"format":"\ud800"}`, `{"format":"\ud83d\ude00"}`, `{"points":[{"text":"x","weight":1e999}],"answer":"y"}`, `{"answer":null,"id":{"a":[1]}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		same(t, raw, &interview.NewSession{}, &interview.NewSession{})
		same(t, raw, &form{}, &form{})
	})
}

// same holds that what is taken is what the standard decoder takes, and that a refusal can be shown to a person.
func same(t *testing.T, raw []byte, got, plain any) {
	t.Helper()
	if err := strict.Decode("line", raw, got); err != nil {
		e := interview.AsError(err)
		if e.Code != interview.CodeInvalid || !utf8.ValidString(e.Message) || strings.Contains(e.Message, "Go ") || strings.Contains(e.Message, "json:") {
			t.Errorf("%q: outside text gave %v", raw, err)
		}
		return
	}
	if err := json.Unmarshal(raw, plain); err != nil || !reflect.DeepEqual(got, plain) {
		t.Errorf("%q: taken as %+v, the standard decoder says %+v (%v)", raw, got, plain, err)
	}
}
