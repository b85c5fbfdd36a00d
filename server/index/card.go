package index

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// Card returns the title of an item of a pack that is a study card: short, and no secret to whoever looks it up.
func Card(item []byte) (title string, ok bool) {
	var head struct {
		Kind  string `yaml:"kind"`
		Title string `yaml:"title"`
	}
	err := yaml.Unmarshal(item, &head)
	return head.Title, err == nil && head.Kind == "concept-card"
}

// cardKeys are the fields of a study card that say something, in both of its files.
var cardKeys = map[string]bool{"main": true, "text": true, "explains": true, "yes_example": true, "L4": true, "L5": true, "L6": true, "answer": true}

// readCard reads a study card: each entry is a block of what its fields say, with the lines they stand on.
func readCard(src []byte) (document, bool) {
	var root yaml.Node
	if yaml.Unmarshal(src, &root) != nil || len(root.Content) != 1 || root.Content[0].Kind != yaml.MappingNode {
		return document{}, false
	}
	d := document{kind: "card"}
	top := root.Content[0]
	kind := field(top, "kind")
	if kind != nil && kind.Value != "concept-card" || kind == nil && field(top, "item") == nil {
		return document{}, false
	}
	if t := field(top, "title"); t != nil {
		d.title = t.Value
	}
	length := len(splitLines(strings.TrimRight(string(src), "\r\n")))
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		entries := []*yaml.Node{value}
		if value.Kind == yaml.SequenceNode {
			entries = value.Content
		}
		for n, e := range entries {
			next := length + 1
			if n+1 < len(entries) {
				next = entries[n+1].Line
			} else if i+2 < len(top.Content) {
				next = top.Content[i+2].Line
			}
			said := says(e)
			if len(said) == 0 {
				continue
			}
			b := block{heading: []string{strings.ReplaceAll(key.Value, "_", " ")}, start: e.Line, end: max(e.Line, next-1), lines: said}
			d.blocks = append(d.blocks, b)
		}
	}
	return d, len(d.blocks) > 0
}

func field(m *yaml.Node, name string) *yaml.Node {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == name {
			return m.Content[i+1]
		}
	}
	return nil
}

// says are the texts of a node that say something, in order.
func says(n *yaml.Node) []string {
	var out []string
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if key, value := n.Content[i].Value, n.Content[i+1]; cardKeys[key] && value.Kind == yaml.ScalarNode {
			out = append(out, strings.Join(strings.Fields(value.Value), " "))
		}
	}
	return out
}
