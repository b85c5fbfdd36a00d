package reading

import "testing"

func TestDecides(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Decision
	}{
		{"Approve. Nothing but digits reaches the shell now.", Approves},
		{"I approve this: the list takes the shell away.", Approves},
		{"LGTM, the parameter is bound.", Approves},
		{"Ship it.", Approves},
		{"I see no reason to block it.", Approves},
		{"I wouldn't block this one.", Approves},
		{"The filter blocks every host but ours, so I would approve it.", Approves},
		{"At first I wanted to block it, but the canonical path is compared after the links are resolved. Approved.", Approves},
		{"I'd approve; the try block still logs the error.", Approves},
		{"Block. A single quote ends the string.", Blocks},
		{"I would block it: the long form of the option does the same.", Blocks},
		{"Still a block, a redirect goes around the check.", Blocks},
		{"I can't approve this, since the second lookup may give another address.", Blocks},
		{"I would not merge it.", Blocks},
		{"This does not hold: double encoding gets through.", Blocks},
		{"I would approve it once the comparison is made after decoding.", Blocks},
		{"Request changes please, the prefix check takes evil.example.com.", Blocks},
		{"I’d reject it. One could send two headers.", Blocks},
		{"It looks like an approval at first, and then somebody sends ::ffff:127.0.0.1. So I block.", Blocks},
		{"Blocked: the comparison is not constant.", Blocks},
		{"The proxy blocks requests to internal hosts.", Undecided},
		{"The code block in the middle is new, and the block list has four names.", Undecided},
		{"A single quote ends the string and the rest runs.", Undecided},
		{"If I approve this, somebody will find the second form.", Undecided},
		{"", Undecided},
	} {
		if got := Decides(tt.text); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func FuzzDecides(f *testing.F) {
	f.Add("I can’t approve this; block it.")
	f.Add("\xffblock\x00 approve")
	f.Fuzz(func(t *testing.T, text string) {
		if d := Decides(text); d != Undecided && d != Approves && d != Blocks {
			t.Errorf("%q decides %q", text, d)
		}
	})
}
