package pack

import (
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// unquoted finds what YAML reads as a number, a truth value or a date where a text belongs: the program takes 443 for
// "443", an editor with the schema does not, and 1.10 or no would lose what they say.
func unquoted(n *yaml.Node, t reflect.Type, key string, found func(key string, line int, value string)) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch {
	case reflect.PointerTo(t).Implements(reflect.TypeFor[yaml.Unmarshaler]()):
	case n.Kind == yaml.DocumentNode:
		for _, c := range n.Content {
			unquoted(c, t, key, found)
		}
	case n.Kind == yaml.ScalarNode && t.Kind() == reflect.String:
		if tag := n.ShortTag(); tag != "!!str" && tag != "!!null" {
			found(key, n.Line, n.Value)
		}
	case n.Kind == yaml.SequenceNode && t.Kind() == reflect.Slice:
		for _, c := range n.Content {
			unquoted(c, t.Elem(), key, found)
		}
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			name := n.Content[i].Value
			if of, ok := valueType(t, name); ok {
				at := name
				if key != "" {
					at = key + "." + name
				}
				unquoted(n.Content[i+1], of, at, found)
			}
		}
	}
}

// valueType is the type of what stands under a key of a struct or a map.
func valueType(t reflect.Type, key string) (reflect.Type, bool) {
	switch t.Kind() {
	case reflect.Map:
		return t.Elem(), true
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if options == "inline" {
				if of, ok := valueType(f.Type, key); ok {
					return of, true
				}
				continue
			}
			if name == key || name == "" && strings.EqualFold(f.Name, key) {
				return f.Type, true
			}
		}
	}
	return nil, false
}

// quoted notes the values of a file that want quotation marks.
func (l *loader) quoted(file string, raw []byte, into any) {
	var n yaml.Node
	if yaml.Unmarshal(raw, &n) != nil {
		return // reading it said why
	}
	unquoted(&n, reflect.TypeOf(into), "", func(key string, line int, value string) {
		l.fail(file, key, "%s", fmt.Sprintf("line %d: %s is a text here; put it in quotation marks", line, value))
	})
}
