package report

import (
	"strings"
	"testing"
)

func TestSums(t *testing.T) {
	given := []string{"200 million members, about six million files a day. One file in twenty is an identity document. 0.1% of uploads fail."}
	for text, want := range map[string]int{
		"200M members × 0.1% is 200,000 people, so this comes first.":                                               1,
		"Six million files a day at 5% is 300,000 documents a day. That is why I would start there.":                1,
		"One in twenty of six million is 300,000 a day, so nobody can look at them by hand.":                        1,
		"That makes 300,000 documents, which is 5% of 6 million. I rank it first.":                                  1,
		"6,000,000 / 24 is 250,000 an hour, so a queue is enough.":                                                  1,
		"6 million divided by 86,400 makes about 69 a second. So one converter cannot keep up.":                     1,
		"200M × 0.1% is 2 million people, so this comes first.":                                                     0, // wrong
		"300 members times 5 is 1,500, so this comes first.":                                                        0, // nobody gave these
		"200M × 0.1% is 200,000 people.":                                                                            0, // and then?
		"200M × 0.1% is 200,000 people. The cache is in the web account.":                                           0,
		"It affects 200 million people and 6 million files, so it is large.":                                        0,
		"CVE-2024-3094 times v2 is 200M, so what.":                                                                  0,
		"We have 200 million members. There are 3 buckets, and 0.1% is what the log says. So I start with the log.": 0,
		"": 0,
	} {
		if got := sums(text, given); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func FuzzSums(f *testing.F) {
	f.Add("200M × 0.1% is 200,000 people, so this comes first.")
	f.Add("one in 0 of 1e999 % 1.2.3.4 ’’ 99999999999999999999999999999999999999 million")
	f.Fuzz(func(t *testing.T, text string) {
		if n := sums(text, []string{text}); n < 0 || n > strings.Count(text, " ")+1 {
			t.Fatalf("%d sums in %q", n, text)
		}
		last := 0
		for _, x := range figures(text) {
			if x.start < last || x.end > len(text) || x.end <= x.start || x.value <= 0 {
				t.Fatalf("a figure outside the text, before another or of no value: %+v", x)
			}
			last = x.end
		}
	})
}
