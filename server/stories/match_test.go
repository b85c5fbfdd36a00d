package stories_test

import (
	"maps"
	"slices"
	"testing"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/stories"
)

// bank is a candidate's stories, all of one trade, so that they share many words.
var bank = []stories.Story{
	story("s-key", "Signing key in the build log", "shared signing key, 14 pipelines", "build log on Jenkins, readable by contractors", "wrote a scanner over 90 days of logs", "rotated within 6 hours, no release stopped", "Marta from release engineering said no at first"),
	story("s-idor", "Invoice download by number", "invoice numbers counted upward", "support ticket from a bakery who saw a stranger's invoice", "walked the access logs, 212 downloads across tenants", "ownership check in one middleware instead of 37 handlers", "told the 9 affected customers the same week"),
	story("s-mentor", "Priya and the threat models", "Priya, two years of development, afraid of reviews", "paired every Thursday for 5 months", "she ran the payments threat model alone", "now trains 4 others"),
	story("s-waf", "Refusing the WAF exception", "director wanted a WAF exception for the Black Friday launch", "showed 3 payloads that passed the exception", "agreed on a 10 day expiry with a pager", "removed on day 8"),
	story("s-cost", "Cheaper dependency scanning", "scanner licence 48,000 euros a year", "open source scanner with our own triage script", "false alerts from 600 to 45 a week", "saved 31,000 euros"),
	story("s-fail", "The migration I broke", "moved sessions to a new cookie without testing mobile", "18 percent of riders logged out on Monday", "rolled back after 40 minutes", "wrote the checklist that every login change follows"),
}

func story(id, title string, cues ...string) stories.Story {
	s := stories.Story{ID: id, Title: title}
	for _, c := range cues {
		s.Cues = append(s.Cues, stories.Cue{Text: c})
	}
	return s.Tidy()
}

// pairs are answers and the story each tells; empty for a story that is not in the bank.
var pairs = []struct{ want, answer string }{
	{"s-key", "In March I found our signing key printed in a build log. Fourteen pipelines used the same key. The logs on Jenkins could be read by contractors. I wrote a small scanner that went through ninety days of logs. Marta did not want a rotation before the release. We rotated in six hours."},
	{"s-key", "A contractor asked me why he could see a secret in Jenkins. It was the key all pipelines signed with. I scanned the old logs first to see who had read it, then I talked to Marta in release engineering, who refused, and I showed her how to rotate without stopping a release."},
	{"s-idor", "A bakery wrote to support that they had downloaded somebody else's invoice. The numbers just counted upward. I went through the access logs and found 212 downloads across tenants. Instead of patching 37 handlers I put the ownership check in a middleware."},
	{"s-idor", "The invoices could be fetched by changing the number. I was asked to fix one handler, and I moved the check into the middleware for all of them. Then I insisted that we tell the nine customers whose invoices had been seen by other tenants."},
	{"s-mentor", "When Priya joined she was afraid of reviews. I paired with her every Thursday for five months. I let her run the threat model of payments alone and only took notes. Today she trains four people herself."},
	{"s-mentor", "I had a developer, Priya, who never spoke in a threat modelling meeting. So every Thursday we paired on one, first mine and then hers. After some months the payments team asked for her by name and she trains others now."},
	{"s-waf", "Two weeks before Black Friday our director asked for an exception in the WAF. I disagreed and showed three payloads that got through. We agreed that it expires after ten days and that I carry the pager. We removed it on day eight."},
	{"s-waf", "The launch was on Black Friday and the director wanted the exception. I said no with payloads in hand, he decided otherwise, and I wrote the expiry into the rule and stood on the pager until it was removed."},
	{"s-cost", "Our scanner licence cost 48,000 euros. I tried an open source scanner and wrote a triage script around it. The alerts that were false went from 600 to 45 a week, and we saved 31,000 euros."},
	{"s-cost", "I was asked to renew the licence for dependency scanning. I compared it with an open source scanner over a month, wrote the triage script that takes the false alerts away, and we did not renew. That saved 31,000 euros in the first year."},
	{"s-fail", "I moved our sessions to a new cookie and did not test it on mobile. On Monday 18 percent of the riders were logged out. I rolled it back after forty minutes and wrote a checklist for every change of the login."},
	{"s-fail", "My worst mistake was a cookie migration. Riders could not log in on their phones because I had only tested the website. I rolled back, told everybody what I had done, and the checklist I wrote is followed for each login change."},
	// Of the same trade, and none of them.
	{"", "We had a build server whose plugins were years old. I made a list of them with an owner for each, and turned off the ones nobody claimed. It took a quarter and there were arguments, but the next advisory was closed in a day."},
	{"", "A customer reported that password reset mails could be sent without limit. I reproduced it, added a limit for each account and each address, and wrote a test. Support told me the complaints stopped in the week after."},
	{"", "I disagreed with my manager about the pentest vendor. I asked for a trial of two vendors on the same service and compared what they found. He was right about the price and I was right about the depth, and we split the work."},
	{"", "I started a reading group on incident reports. Each week somebody brought one and we asked what we would have missed. After half a year three of our own checks came from it."},
	{"", "The mobile team had a token that never expired. I explained the risk with a stolen phone, and we agreed on thirty days with a silent refresh. Nobody was logged out when we changed it."},
}

// The figures here only ever get better.
func TestWhichStoryWasTold(t *testing.T) {
	known, fresh := halves(t) // what is usual is learnt from one half of the samples, and the other half is held against it
	m := stories.NewMatcher(bank, stories.CommonOf(known))
	right, wrong, missed, none := 0, 0, 0, 0
	for _, p := range pairs {
		switch got := m.Match(p.answer); {
		case p.want == "" && got == "":
			none++
		case got == p.want:
			right++
		case got == "":
			missed++
			t.Logf("missed: %s: %.60s", p.want, p.answer)
		default:
			wrong++
			t.Errorf("%q was taken for %q: %.60s", p.want, got, p.answer)
		}
	}
	t.Logf("of %d answers: %d right, %d missed, %d wrong; %d of none of them left alone", len(pairs), right, missed, wrong, none)
	if right < 11 || none < 5 {
		t.Errorf("%d right and %d left alone are fewer than before", right, none)
	}
	// The other half of a pack's sample answers, each longer than a story here: nobody's stories.
	alarms := 0
	for _, text := range fresh {
		if got := m.Match(text); got != "" {
			alarms++
			t.Logf("a sample was taken for %q: %.60s", got, text)
		}
	}
	t.Logf("%d of %d samples of the pack were taken for a story", alarms, len(fresh))
	if alarms > 1 {
		t.Errorf("%d false alarms are more than before", alarms)
	}
}

// A telling of usual length has much beside its story; here, somebody else's.
func TestALongTelling(t *testing.T) {
	known, fresh := halves(t)
	m := stories.NewMatcher(bank, stories.CommonOf(known))
	right, wrong, all := 0, 0, 0
	for i, p := range pairs {
		if p.want == "" {
			continue
		}
		all++
		switch got := m.Match(p.answer + " " + fresh[i%len(fresh)]); got {
		case p.want:
			right++
		case "":
		default:
			wrong++
			t.Errorf("%q was taken for %q: %.60s", p.want, got, p.answer)
		}
	}
	t.Logf("%d right of %d, %d wrong", right, all, wrong)
	if right < 8 {
		t.Errorf("%d right of %d are fewer than before", right, all)
	}
}

// halves are sample answers of the shipped pack: every second one, and of the others those to questions about the past,
// which are the only ones that are held against a bank.
func halves(t *testing.T) (known, fresh []string) {
	t.Helper()
	pack := packtest.Flagship(t)
	n := 0
	for _, id := range slices.Sorted(maps.Keys(pack.Rubrics)) {
		strong := pack.Rubrics[id].Strong
		for _, level := range slices.Sorted(maps.Keys(strong)) {
			if n++; n%2 == 0 {
				known = append(known, strong[level])
			} else if pack.Items[id].Kind == interview.KindBehavioural {
				fresh = append(fresh, strong[level])
			}
		}
	}
	return known, fresh
}

// What is drawn from one telling recognises the others, which share few of its words.
func TestCuesDrawnFromAnAnswerRecogniseTheNext(t *testing.T) {
	var drawn []stories.Story
	for i, p := range pairs {
		if p.want != "" && (i == 0 || pairs[i-1].want != p.want) {
			drawn = append(drawn, stories.Story{ID: p.want, Title: "Story " + p.want, Worth: stories.Standard, Cues: stories.CuesOf(p.answer)})
		}
	}
	known, _ := halves(t)
	m := stories.NewMatcher(drawn, stories.CommonOf(known))
	right, wrong := 0, 0
	for i, p := range pairs {
		if i > 0 && pairs[i-1].want != p.want && p.want != "" || i == 0 {
			continue // what it was drawn from
		}
		switch got := m.Match(p.answer); {
		case got == p.want:
			right++
		case got != "":
			wrong++
			t.Errorf("%q was taken for %q: %.60s", p.want, got, p.answer)
		}
	}
	t.Logf("%d right of 11, %d wrong", right, wrong)
	if right < 9 {
		t.Errorf("%d right of 11 are fewer than before", right)
	}
}
