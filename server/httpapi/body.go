package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"

	"rehearse/server/interview"
)

// maxBody is the largest request body, in bytes.
const maxBody = 1 << 20

// readBody reads a request's body into dest, a pointer to a struct.
func readBody(w http.ResponseWriter, r *http.Request, dest any) error {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return interview.Errorf(interview.CodeTooLarge, "the request has more than %d bytes", maxBody)
		}
		return &interview.Error{Code: interview.CodeInvalid, Message: "the request could not be read to its end", Err: err}
	}
	return decode(raw, dest)
}

// decode decodes one JSON object strictly: in UTF-8, with keys exactly as dest has them, each at most
// once, and nothing after it.
func decode(raw []byte, dest any) error {
	if len(bytes.TrimSpace(raw)) == 0 {
		return interview.Errorf(interview.CodeInvalid, "the request has no body; send a JSON object")
	}
	if !utf8.Valid(raw) {
		return interview.Errorf(interview.CodeInvalid, "the body is not valid UTF-8")
	}
	if !json.Valid(raw) {
		return interview.Errorf(interview.CodeInvalid, "the body is not one JSON object: %s", problem(raw))
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber() // the range of a number is checked when it is decoded
	if err := keys(dec, reflect.TypeOf(dest).Elem(), ""); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, dest); err != nil {
		var typ *json.UnmarshalTypeError
		if errors.As(err, &typ) {
			return interview.FieldError(typ.Field, "%s should be %s, not %s", typ.Field, kindName(typ.Type), short(typ.Value))
		}
		return &interview.Error{Code: interview.CodeInvalid, Message: "the body could not be read", Err: err}
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

// keys walks one object and refuses a key that its struct does not have or that comes twice. The
// decoder of the standard library ignores case and takes the last of two, so it cannot be asked.
func keys(dec *json.Decoder, typ reflect.Type, path string) error {
	t, err := dec.Token()
	if err != nil {
		return fmt.Errorf("walk the body: %w", err)
	}
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if t != json.Delim('{') || typ.Kind() != reflect.Struct {
		if path == "" {
			return interview.Errorf(interview.CodeInvalid, "the body is not a JSON object")
		}
		return skip(dec, t) // the types are checked when it is decoded
	}
	known := fields(typ)
	seen := map[string]bool{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return fmt.Errorf("walk the body: %w", err)
		}
		name, _ := t.(string) // a key is a string in well-formed JSON
		at := strings.TrimPrefix(path+"."+short(name), ".")
		field, ok := known[name]
		if !ok {
			return interview.FieldError(at, "there is no field %q", at)
		}
		if seen[name] {
			return interview.FieldError(at, "the field %q is there twice", at)
		}
		seen[name] = true
		if err := keys(dec, field, at); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return err
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
			return fmt.Errorf("walk the body: %w", err)
		}
	}
}

func fields(typ reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for f := range typ.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && name != "-" {
			if name == "" {
				name = f.Name
			}
			out[name] = f.Type
		}
	}
	return out
}

func kindName(t reflect.Type) string {
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

// short cuts what a client sent to what an error message can show.
func short(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
