package embed

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"rehearse/knowledge"
)

func table(tb testing.TB) *Table {
	tb.Helper()
	t, err := New()
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// rows reads a file of JSON lines.
func rows[T any](tb testing.TB, file string) []T {
	tb.Helper()
	f, err := os.Open(file)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var out []T
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var row T
		if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
			tb.Fatal(err)
		}
		out = append(out, row)
	}
	if err := sc.Err(); err != nil || len(out) == 0 {
		tb.Fatalf("%s: %d rows, %v", file, len(out), err)
	}
	return out
}

func product(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// The ids are those of the tokenizer that the vocabulary was made for; 100 stands for a word it cannot cut.
func TestPiecesAreThoseOfTheReference(t *testing.T) {
	p := table(t).pieces
	for _, row := range rows[struct {
		Text string
		IDs  []int
	}](t, "testdata/tokens.jsonl") {
		want, got := []int{}, []int{}
		for _, id := range row.IDs {
			if id != 100 {
				want = append(want, id)
			}
		}
		p.each(row.Text, func(id int) { got = append(got, id) })
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q (-want +got):\n%s", row.Text, d)
		}
	}
}

// The vectors are those of the program that made the table.
func TestVectorsAreThoseOfTheMaker(t *testing.T) {
	e := table(t)
	for _, row := range rows[struct {
		Text   string
		Vector []float32
	}](t, "testdata/vectors.jsonl") {
		got := e.Embed(row.Text)
		if len(row.Vector) != len(got) {
			t.Fatalf("%d numbers, want %d", len(got), len(row.Vector))
		}
		for k := range got {
			if d := math.Abs(float64(got[k] - row.Vector[k])); d > 2e-5 {
				t.Errorf("%q: number %d is %v, want %v", row.Text, k, got[k], row.Vector[k])
				break
			}
		}
	}
}

func TestTheTableIsWhole(t *testing.T) {
	raw := knowledge.Words()
	if len(raw) > 10_000_000 {
		t.Errorf("the table has %d bytes", len(raw))
	}
	sum := sha256.Sum256([]byte(raw[headSize:]))
	if got := hex.EncodeToString([]byte(raw[16:headSize])); got != hex.EncodeToString(sum[:]) {
		t.Errorf("the head says %s, the rest has %x", got, sum)
	}
	whole := sha256.Sum256([]byte(raw))
	note, err := os.ReadFile("../../knowledge/embed/README.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := hex.EncodeToString(whole[:]); !strings.Contains(string(note), want) {
		t.Errorf("the note beside the table does not record %s", want)
	}
	e := table(t)
	if want := "builtin-" + hex.EncodeToString(sum[:6]) + "-256"; e.ID() != want || e.Dim() != 256 {
		t.Errorf("ID %s, Dim %d, want %s", e.ID(), e.Dim(), want)
	}
}

func TestEmbed(t *testing.T) {
	e := table(t)
	for _, text := range []string{"", " \n\t", "\x00\x07", strings.Repeat("x", 101), "🔐"} {
		for _, x := range e.Embed(text) {
			if x != 0 {
				t.Errorf("%q has no known piece and gives %v", text, x)
				break
			}
		}
	}
	about := func(a, b string) float64 { return product(e.Embed(a), e.Embed(b)) }
	if x := about("The answer", "the  ANSWER\n"); math.Abs(x-1) > 1e-6 {
		t.Errorf("the same words give %v", x)
	}
	for _, c := range []struct{ text, near, far string }{
		{"How do I keep one customer from reading another customer's files?", "Check on every request that the object belongs to the tenant of the caller.", "The train to the coast leaves at noon from the second platform."},
		{"My manager and I disagreed about the release date.", "There was a conflict with my boss over the deadline.", "The cache holds the session for an hour."},
		{"Passwords are hashed with a salt.", "Each secret is mixed with random data before it is digested.", "The diagram shows two queues and a worker."},
	} {
		if near, far := about(c.text, c.near), about(c.text, c.far); near < far+0.05 {
			t.Errorf("%q: near %.2f, far %.2f", c.text, near, far)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	e := table(t)
	texts := []string{"a pre-signed URL", "Größe über alles", "SQL injection in the order by clause", ""}
	var want [][]float32
	for _, text := range texts {
		want = append(want, e.Embed(text))
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				for i, text := range texts {
					if !cmp.Equal(want[i], e.Embed(text)) {
						t.Errorf("%q gave another vector", text)
						return
					}
				}
			}
		})
	}
	wg.Wait()
}

// small is a table of three pieces and two numbers.
func small(words, dim, size uint32, names string, rest ...byte) string {
	b := []byte(mark)
	for _, n := range []uint32{words, dim, size} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	b = append(b, make([]byte, 32)...)
	return string(append(append(b, names...), rest...))
}

func TestDamagedTables(t *testing.T) {
	scales := []byte{0, 0, 128, 63, 0, 0, 0, 63, 0, 0, 128, 63} // 1, 0.5, 1
	rest := append(append([]byte{}, scales...), 127, 0, 0, 127, 0, 129)
	good := small(3, 2, 8, "a\n##b\nc\n", rest...)
	e, err := parse(good)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]float32{"a": {1, 0}, "c": {0, -1}, "abb ab": {0.8, 0.6}, "b": {0, 0}, "ad": {0, 0}} {
		if d := cmp.Diff(want, e.Embed(text), cmp.Comparer(func(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-6 })); d != "" {
			t.Errorf("%q (-want +got):\n%s", text, d)
		}
	}
	for name, raw := range map[string]string{
		"empty":               "",
		"another mark":        "X" + good[1:],
		"a head and no more":  good[:headSize],
		"cut":                 good[:len(good)-1],
		"longer":              good + "x",
		"no pieces":           small(0, 2, 8, "a\n##b\nc\n"),
		"sizes past the file": small(1<<20, 1<<12, 8, "a\n##b\nc\n", rest...),
		"pieces missing":      small(3, 2, 8, "a\n##b_c\n", rest...),
		"a scale that is none": small(3, 2, 8, "a\n##b\nc\n",
			append([]byte{0, 0, 192, 127}, rest[4:]...)...),
	} {
		if _, err := parse(raw); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzEmbed(f *testing.F) {
	for _, s := range []string{"", "What is CSRF?", "é\u0301", "\xff\xfe", "你好 world", "İ", "a\u200bb"} {
		f.Add(s)
	}
	e := table(f)
	f.Fuzz(func(t *testing.T, text string) {
		v := e.Embed(text)
		if n := product(v, v); n != 0 && math.Abs(n-1) > 1e-5 {
			t.Errorf("%q has length %v", text, n)
		}
		if !cmp.Equal(v, e.Embed(text)) {
			t.Errorf("%q twice gives two vectors", text)
		}
		if utf8.ValidString(text) && !cmp.Equal(v, e.Embed(" "+text+" ")) {
			t.Errorf("%q between spaces gives another vector", text)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(small(1, 1, 4, "a\n\n\n", 0, 0, 128, 63, 1))
	f.Fuzz(func(t *testing.T, raw string) {
		if e, err := parse(raw); err == nil {
			e.Embed("a b c ab 12 é")
		}
	})
}

var sink []float32

const passage = `Encrypt the volumes that hold customer data with a key of the customer's own, so that one policy decides who may
read them. The service that takes backups needs to use the key and not to manage it; give it a grant that names the volume
and ends with the job. Log every use of the key to an account that the operators of the service cannot write to, and alert
on decryption from a role that has not decrypted before. Rotating the key does not re-encrypt what is stored: old versions
stay usable until the data keys are written anew, so a leaked data key is answered with a copy under a new one. Test once a
quarter that a restore works without the person who set it up, and write down how long it took and what was missing. Where a
vendor must read one folder, share a copy with an end date instead of the key, and remove the grant with the contract. Keep
the list of grants short enough to be read.`

func BenchmarkQuery(b *testing.B) {
	e := table(b)
	b.ReportAllocs()
	for b.Loop() {
		sink = e.Embed("How would you keep one tenant from reading the files of another?")
	}
}

func BenchmarkPassage(b *testing.B) {
	e := table(b)
	b.ReportAllocs()
	for b.Loop() {
		sink = e.Embed(passage)
	}
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := New(); err != nil {
			b.Fatal(err)
		}
	}
}
