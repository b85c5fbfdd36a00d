package ollama

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"sync"

	"github.com/ollama/ollama/api"
)

// Notes hold the answers to checks that were made before, in a file, so that an exam of hours that was broken off goes on
// where it was. A check is known by the digest of the model and by everything that was sent. What a voice says is not kept.
type Notes struct {
	mu     sync.Mutex
	file   *os.File
	known  map[string]note
	before int
	used   int
}

// note is one answer on a line of the file.
type note struct {
	Key   string        `json:"key"`
	Text  string        `json:"text,omitempty"`
	First []api.Logprob `json:"first,omitempty"`
}

// OpenNotes opens the notes in a file, which is made when there is none. Lines that are none, the last one after a crash
// say, are left out.
func OpenNotes(path string) (*Notes, error) {
	raw, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("what the exam had found out cannot be read: %w", err)
	}
	n := &Notes{known: map[string]note{}}
	for line := range bytes.Lines(raw) {
		var one note
		if json.Unmarshal(line, &one) == nil && len(one.Key) == hex.EncodedLen(sha256.Size) {
			n.known[one.Key] = one
		}
	}
	n.before = len(n.known)
	n.file, err = os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("what the exam finds out cannot be kept: %w", err)
	}
	if len(raw) > 0 && raw[len(raw)-1] != '\n' {
		_, err = n.file.WriteString("\n")
	}
	return n, err
}

// Before is how many answers were there when the notes were opened.
func (n *Notes) Before() int { return n.before }

// Used is how many calls were answered from the notes.
func (n *Notes) Used() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.used
}

// Close closes the file. The notes stay.
func (n *Notes) Close() error { return n.file.Close() }

// key is that of a call, or empty for one that is not kept: whatever may be answered differently the next time.
func (c call) key(m Choice) string {
	if c.lane == laneVoice || fmt.Sprint(c.options["temperature"]) != "0" { // a number of any type
		return ""
	}
	raw, err := json.Marshal([]any{m.Model, m.Digest, c.messages, c.options, c.format, c.odds})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

func (n *Notes) find(key string) (Reply, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	one, ok := n.known[key]
	if !ok {
		return Reply{}, false
	}
	n.used++
	return Reply{Text: one.Text, First: one.First, noted: true}, true
}

// keep writes an answer down. One that cannot be written is asked for again the next time.
func (n *Notes) keep(key string, r Reply) error {
	one := note{Key: key, Text: r.Text, First: r.First}
	line, err := json.Marshal(one)
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.known[key] = one
	_, err = n.file.Write(append(line, '\n'))
	return err
}
