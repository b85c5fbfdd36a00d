package live_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"rehearse/server/interview"
	"rehearse/server/live"
)

func TestDecode(t *testing.T) {
	tests := map[string]interview.Command{
		`{"v":1,"type":"answer","id":"c","turn":2,"text":" \u0041\ud83d\ude42\r\n"}`:            {Type: "answer", ID: "c", Turn: 2, Text: " A🙂\r\n"},
		`{"v":1,"type":"answer","id":"c","turn":2,"text":"\\ud800 is not one"}`:                 {Type: "answer", ID: "c", Turn: 2, Text: `\ud800 is not one`},
		`{"type":"draft","turn":2,"text":"","v":1}`:                                             {Type: "draft", Turn: 2},
		`{"v":1,"type":"clarify","id":"c","turn":2,"text":"how big?"}`:                          {Type: "clarify", ID: "c", Turn: 2, Text: "how big?"},
		`{"v":1,"type":"hint","id":"c","turn":2}`:                                               {Type: "hint", ID: "c", Turn: 2},
		`{"v":1,"type":"repeat","id":"c","turn":2}`:                                             {Type: "repeat", ID: "c", Turn: 2},
		`{"v":1,"type":"skip","id":"c","turn":2}`:                                               {Type: "skip", ID: "c", Turn: 2},
		`{"v":1,"type":"dont_know","id":"c","turn":2}`:                                          {Type: "dont_know", ID: "c", Turn: 2},
		`{"v":1,"type":"stop","id":"c"}`:                                                        {Type: "stop", ID: "c"},
		`{"v":1,"type":"pause","id":"c"}`:                                                       {Type: "pause", ID: "c"},
		`{"v":1,"type":"resume","id":"c"}`:                                                      {Type: "resume", ID: "c"},
		`{"v":1,"type":"end","id":"c"}` + "\n ":                                                 {Type: "end", ID: "c"},
		`{"v":1,"type":"guess","id":"c","turn":2,"guess":"Q10"}`:                                {Type: "guess", ID: "c", Turn: 2, Guess: "Q10"},
		`{"v":1,"type":"rate","id":"c","block":1,"dimensions":{"B1":3}}`:                        {Type: "rate", ID: "c", Block: 1, Dimensions: map[string]int{"B1": 3}},
		`{"v":1,"type":"disagree","id":"c","block":1,"point":"p1","why":"said so"}`:             {Type: "disagree", ID: "c", Block: 1, Point: "p1", Why: "said so"},
		`{"v":1,"type":"claim","id":"c","block":1,"dimension":"B2","turn":1,"start":0,"end":9}`: {Type: "claim", ID: "c", Block: 1, Dimension: "B2", Turn: 1, End: 9},
		`{"v":1,"type":"artifact","id":"c","turn":2,"kind":"ranking","rows":[{"id":"T1","reason":" x "}]}`: {Type: "artifact", ID: "c", Turn: 2, Kind: "ranking",
			Rows: []json.RawMessage{json.RawMessage(`{"id":"T1","reason":" x "}`)}},
	}
	for raw, want := range tests {
		got, err := live.Decode([]byte(raw))
		if diff := cmp.Diff(want, got.Command); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", raw, err, diff)
		}
	}
	if f, err := live.Decode([]byte(`{"v":1,"type":"hello","after":12}`)); f.After != 12 || err != nil {
		t.Errorf("hello after %d (%v)", f.After, err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	long := strings.Repeat("é", interview.MaxAnswerRunes+1)
	tests := map[string]struct {
		raw, field string
		code       interview.ErrCode
		id         string
	}{
		"nothing":             {raw: ``},
		"a list":              {raw: `[1]`},
		"a number":            {raw: `1`},
		"null":                {raw: `null`},
		"half an object":      {raw: `{"v":1,`},
		"a missing comma":     {raw: `{"v":1 "type":"end"}`},
		"two objects":         {raw: `{"v":1,"type":"end","id":"a"}{"v":1,"type":"end","id":"b"}`, id: "a"},
		"text behind it":      {raw: `{"v":1,"type":"end","id":"a"} x`, id: "a"},
		"invalid UTF-8":       {raw: "{\"v\":1,\"type\":\"answer\",\"id\":\"a\",\"turn\":1,\"text\":\"\xc3\x28\"}"},
		"half a surrogate":    {raw: `{"v":1,"type":"answer","id":"a","turn":1,"text":"x\ud83d"}`, field: "text", id: "a"},
		"the second half":     {raw: `{"v":1,"type":"answer","id":"a","turn":1,"text":"\ude42x"}`, field: "text", id: "a"},
		"two first halves":    {raw: `{"v":1,"type":"answer","id":"a","turn":1,"text":"\ud83d\ud83d"}`, field: "text", id: "a"},
		"a half in a row":     {raw: `{"v":1,"type":"artifact","id":"a","turn":1,"kind":"k","rows":[{"a":"\ud83d"}]}`, field: "rows", id: "a"},
		"no version":          {raw: `{"type":"end","id":"a"}`, field: "v", id: "a"},
		"version 2":           {raw: `{"v":2,"type":"end","id":"a"}`, field: "v", id: "a"},
		"version one":         {raw: `{"v":"1","type":"end","id":"a"}`, field: "v", id: "a"},
		"no type":             {raw: `{"v":1,"id":"a"}`, field: "type", id: "a"},
		"type is a number":    {raw: `{"v":1,"type":7,"id":"a"}`, field: "type", id: "a"},
		"an unknown type":     {raw: `{"v":1,"type":"cheer","id":"a"}`, field: "type", id: "a"},
		"a server's type":     {raw: `{"v":1,"type":"ack","id":"a"}`, field: "type", id: "a"},
		"an unknown field":    {raw: `{"v":1,"type":"end","id":"a","mood":"good"}`, field: "mood", id: "a"},
		"another type's":      {raw: `{"v":1,"type":"hint","id":"a","turn":1,"text":"x"}`, field: "text", id: "a"},
		"another case":        {raw: `{"v":1,"type":"end","ID":"a"}`, field: "ID"},
		"a field twice":       {raw: `{"v":1,"type":"end","id":"a","id":"b"}`, field: "id"},
		"the guess as type":   {raw: `{"v":1,"type":"guess","id":"a","turn":1,"type":"Q10"}`, field: "type", id: "a"},
		"a nested data":       {raw: `{"v":1,"type":"end","data":{"id":"a"}}`, field: "data"},
		"no id":               {raw: `{"v":1,"type":"end"}`, field: "id"},
		"an empty id":         {raw: `{"v":1,"type":"end","id":""}`, field: "id"},
		"a null id":           {raw: `{"v":1,"type":"end","id":null}`, field: "id"},
		"an id of 101 bytes":  {raw: `{"v":1,"type":"end","id":"` + strings.Repeat("x", 101) + `"}`, field: "id"},
		"an id for a draft":   {raw: `{"v":1,"type":"draft","id":"a","turn":1,"text":"x"}`, field: "id", id: "a"},
		"no turn":             {raw: `{"v":1,"type":"answer","id":"a","text":"x"}`, field: "turn", id: "a"},
		"turn 0":              {raw: `{"v":1,"type":"answer","id":"a","turn":0,"text":"x"}`, field: "turn", id: "a"},
		"turn as text":        {raw: `{"v":1,"type":"answer","id":"a","turn":"1","text":"x"}`, field: "turn", id: "a"},
		"turn one and a half": {raw: `{"v":1,"type":"answer","id":"a","turn":1.5,"text":"x"}`, field: "turn", id: "a"},
		"a huge turn":         {raw: `{"v":1,"type":"answer","id":"a","turn":99999999999999999999,"text":"x"}`, field: "turn", id: "a"},
		"no text":             {raw: `{"v":1,"type":"answer","id":"a","turn":1}`, field: "text", id: "a"},
		"text is null":        {raw: `{"v":1,"type":"answer","id":"a","turn":1,"text":null}`, field: "text", id: "a"},
		"text is a list":      {raw: `{"v":1,"type":"answer","id":"a","turn":1,"text":["x"]}`, field: "text", id: "a"},
		"a long answer":       {raw: `{"v":1,"type":"answer","id":"a","turn":1,"text":"` + long + `"}`, field: "text", code: interview.CodeTooLarge, id: "a"},
		"a long draft":        {raw: `{"v":1,"type":"draft","turn":1,"text":"` + long + `"}`, field: "text", code: interview.CodeTooLarge},
		"a long clarify":      {raw: `{"v":1,"type":"clarify","id":"a","turn":1,"text":"` + strings.Repeat("x", interview.MaxClarify+1) + `"}`, field: "text", code: interview.CodeTooLarge, id: "a"},
		"after is negative":   {raw: `{"v":1,"type":"hello","after":-1}`, field: "after"},
		"hello with an id":    {raw: `{"v":1,"type":"hello","after":1,"id":"a"}`, field: "id", id: "a"},
		"an empty guess":      {raw: `{"v":1,"type":"guess","id":"a","turn":1,"guess":""}`, field: "guess", id: "a"},
		"a rating in words":   {raw: `{"v":1,"type":"rate","id":"a","block":1,"dimensions":{"B1":"good"}}`, field: "dimensions", id: "a"},
		"a claim backwards":   {raw: `{"v":1,"type":"claim","id":"a","block":1,"dimension":"B2","turn":1,"start":9,"end":3}`, field: "end", id: "a"},
		"a claim before 0":    {raw: `{"v":1,"type":"claim","id":"a","block":1,"dimension":"B2","turn":1,"start":-1,"end":3}`, field: "start", id: "a"},
		"rows that are text":  {raw: `{"v":1,"type":"artifact","id":"a","turn":1,"kind":"k","rows":["x"]}`, field: "rows", id: "a"},
		"a row that is null":  {raw: `{"v":1,"type":"artifact","id":"a","turn":1,"kind":"k","rows":[null]}`, field: "rows", id: "a"},
		"too many rows":       {raw: `{"v":1,"type":"artifact","id":"a","turn":1,"kind":"k","rows":[` + strings.Repeat(`{},`, interview.MaxRows) + `{}]}`, field: "rows", code: interview.CodeTooLarge, id: "a"},
		"a source too large":  {raw: `{"v":1,"type":"artifact","id":"a","turn":1,"kind":"source","rows":[{"text":"` + strings.Repeat("x", interview.MaxSource) + `"}]}`, field: "rows", code: interview.CodeTooLarge, id: "a"},
		"a row too large":     {raw: `{"v":1,"type":"artifact","id":"a","turn":1,"kind":"k","rows":[{"a":"` + strings.Repeat("x", interview.MaxCell) + `"}]}`, field: "rows", code: interview.CodeTooLarge, id: "a"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f, err := live.Decode([]byte(tt.raw))
			if err == nil {
				t.Fatalf("it was taken as %+v", f)
			}
			if tt.code == "" {
				tt.code = interview.CodeInvalid
			}
			if e := interview.AsError(err); e.Code != tt.code || e.Field != tt.field || e.Message == "" || f.Command.ID != tt.id {
				t.Errorf("got %s, field %q, id %q (%v); want %s, field %q, id %q", e.Code, e.Field, f.Command.ID, err, tt.code, tt.field, tt.id)
			}
		})
	}
	most := strings.Repeat("é", interview.MaxAnswerRunes)
	if f, err := live.Decode([]byte(`{"v":1,"type":"answer","id":"a","turn":1,"text":"` + most + `"}`)); err != nil || f.Command.Text != most {
		t.Errorf("the longest answer was refused: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"v":1,"type":"hello","after":1}`, `{"v":1,"type":"answer","id":"c","turn":2,"text":"\ud83d\ude42"}`,
		`{"v":1,"type":"artifact","id":"c","turn":2,"kind":"ranking","rows":[{"id":"T1"},null]}`, `{"v":1,"type":"rate","id":"c","block":1,"dimensions":{"B1":3}}`,
		`{"v":1,"type":"claim","id":"c","block":1,"dimension":"B2","turn":1,"start":0,"end":9}`, `{"v":1,"v":1}`, "{\"\xff\":1}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		frame, err := live.Decode(raw)
		if err != nil {
			if e := interview.AsError(err); e.Code != interview.CodeInvalid && e.Code != interview.CodeTooLarge {
				t.Errorf("%q: a client's frame gave %v", raw, err)
			}
			if !utf8.ValidString(err.Error()) {
				t.Errorf("%q: the message is not UTF-8", raw)
			}
			return
		}
		// What was taken is JSON that says the same to the standard decoder.
		var plain struct {
			V    int
			Type string
			Text string
		}
		if err := json.Unmarshal(raw, &plain); err != nil || plain.V != 1 || plain.Type != frame.Command.Type || plain.Text != frame.Command.Text {
			t.Errorf("%q: taken as %+v, the standard decoder says %+v (%v)", raw, frame, plain, err)
		}
	})
}
