// Package strict decodes JSON that somebody else wrote, for every door of the program: what is not understood
// whole is refused with a message for a person, never guessed at.
package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"rehearse/server/interview"
)

// Decode decodes one JSON object into dest, a pointer to a struct: valid UTF-8 without half characters, keys exactly
// as dest has them, each at most once, those tagged `strict:"required"` there and not null, and nothing after
// the object. So text is what was sent, and offsets into it are right. What is "body" or "line", for messages.
// Every error is an *interview.Error with the code invalid.
func Decode(what string, raw []byte, dest any) error {
	if len(bytes.TrimSpace(raw)) == 0 {
		return interview.Errorf(interview.CodeInvalid, "the %s is empty; send a JSON object", what)
	}
	if !utf8.Valid(raw) {
		return interview.Errorf(interview.CodeInvalid, "the %s is not valid UTF-8", what)
	}
	if !json.Valid(raw) {
		return interview.Errorf(interview.CodeInvalid, "the %s is not one JSON object: %s", what, problem(raw))
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber() // the range of a number is checked when it is decoded
	t, err := dec.Token()
	if err != nil || t != json.Delim('{') {
		return interview.Errorf(interview.CodeInvalid, "the %s is not a JSON object", what)
	}
	if err := walk(dec, t, reflect.TypeOf(dest).Elem(), ""); err != nil {
		return err
	}
	if LoneSurrogate(raw) {
		return interview.Errorf(interview.CodeInvalid, "the %s holds half of a surrogate pair, which is no character", what)
	}
	if err := json.Unmarshal(raw, dest); err != nil {
		var typ *json.UnmarshalTypeError
		if errors.As(err, &typ) && typ.Field != "" {
			return interview.FieldError(typ.Field, "%s should be %s, not %s", typ.Field, Wanted(typ.Type), Given(typ.Value))
		}
		return &interview.Error{Code: interview.CodeInvalid, Message: "the " + what + " could not be read", Err: err}
	}
	return nil
}

func problem(raw []byte) string {
	dec := json.NewDecoder(bytes.NewReader(raw))
	var v json.RawMessage
	if err := dec.Decode(&v); err != nil {
		return "it is not well-formed"
	}
	return "something follows it"
}

// walk reads the value that began with t, and refuses a key that its struct does not have, that comes twice, or that
// is required and missing. The decoder of the standard library ignores case and takes the last of two, so it
// cannot be asked. A value of another type than typ is read over: types are checked when it is decoded.
func walk(dec *json.Decoder, t json.Token, typ reflect.Type, path string) error {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	opaque := reflect.PointerTo(typ).Implements(reflect.TypeFor[json.Unmarshaler]()) // it reads itself
	switch {
	case t == json.Delim('{') && typ.Kind() == reflect.Struct && !opaque:
		return object(dec, typ, path)
	case t == json.Delim('[') && typ.Kind() == reflect.Slice && !opaque:
		for i := 1; dec.More(); i++ {
			first, err := dec.Token()
			if err != nil {
				return lost(err)
			}
			if err := walk(dec, first, typ.Elem(), fmt.Sprintf("%s.%d", path, i)); err != nil {
				return err
			}
		}
		_, err := dec.Token()
		return lost(err)
	}
	return skip(dec, t)
}

func object(dec *json.Decoder, typ reflect.Type, path string) error {
	known := fields(typ)
	seen := map[string]bool{}
	there := map[string]bool{} // and not null
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return lost(err)
		}
		name, _ := t.(string) // a key is a string in well-formed JSON
		at := strings.TrimPrefix(path+"."+Short(name), ".")
		field, ok := known[name]
		if !ok {
			return interview.FieldError(at, "there is no field %q", at)
		}
		if seen[name] {
			return interview.FieldError(at, "the field %q is there twice", at)
		}
		seen[name] = true
		if t, err = dec.Token(); err != nil {
			return lost(err)
		}
		there[name] = t != nil
		if err := walk(dec, t, field.Type, at); err != nil {
			return err
		}
	}
	for f := range typ.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Tag.Get("strict") == "required" && !there[name] {
			at := strings.TrimPrefix(path+"."+name, ".")
			return interview.FieldError(at, "the field %q is missing", at)
		}
	}
	_, err := dec.Token()
	return lost(err)
}

// lost wraps an error of walking text that is known to be JSON.
func lost(err error) error {
	if err == nil {
		return nil
	}
	return &interview.Error{Code: interview.CodeInvalid, Message: "it could not be read to its end", Err: err}
}

// skip reads the rest of the value that began with t.
func skip(dec *json.Decoder, t json.Token) error {
	depth := 0
	for {
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
		var err error
		if t, err = dec.Token(); err != nil {
			return lost(err)
		}
	}
}

func fields(typ reflect.Type) map[string]reflect.StructField {
	out := map[string]reflect.StructField{}
	for f := range typ.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && name != "-" {
			if name == "" {
				name = f.Name
			}
			out[name] = f
		}
	}
	return out
}

// Wanted says what a value of a type is in JSON: "a whole number".
func Wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number from 0"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice, reflect.Array:
		return "a list"
	}
	return "a string"
}

// Given says what stood there instead, from the words of json.UnmarshalTypeError.
func Given(value string) string {
	switch value {
	case "array":
		return "a list"
	case "object":
		return "an object"
	case "bool":
		return "true or false"
	case "string", "number":
		return "a " + value
	}
	if n, ok := strings.CutPrefix(value, "number "); ok {
		return Short(n)
	}
	return Short(value)
}

// Short cuts what somebody sent to what an error message can show.
func Short(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// LoneSurrogate reports whether JSON text escapes a surrogate without its other half. Decoding would
// replace it, and offsets into the text would no longer be offsets into what was sent.
func LoneSurrogate(raw []byte) bool {
	for i := 0; i+1 < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		if raw[i+1] != 'u' {
			i++ // an escaped character, maybe a backslash
			continue
		}
		switch r := escaped(raw[i:]); {
		case r >= 0xdc00 && r <= 0xdfff:
			return true
		case r >= 0xd800 && r <= 0xdbff:
			if low := escaped(raw[i+6:]); low < 0xdc00 || low > 0xdfff {
				return true
			}
			i += 11
		default:
			i += 5
		}
	}
	return false
}

// escaped reads \uXXXX at the start of raw; -1 when there is none.
func escaped(raw []byte) rune {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return -1
	}
	var r rune
	for _, b := range raw[2:6] {
		switch {
		case b >= '0' && b <= '9':
			b -= '0'
		case b >= 'a' && b <= 'f':
			b -= 'a' - 10
		case b >= 'A' && b <= 'F':
			b -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(b)
	}
	return r
}
