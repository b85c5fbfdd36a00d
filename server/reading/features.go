package reading

import (
	"strconv"
	"strings"
)

// classes are words that do the same work in a story, whatever the trade. A feature is that a class
// occurs, where it occurs, and which class stands next to it; what that speaks for is fitted on the corpus.
var classes = func() map[string][]string {
	m := map[string][]string{}
	for name, words := range map[string]string{
		"charge":   "asked tasked told assigned expected responsible charge appointed accountable answerable supposed required charged given chosen selected picked hired instructed requested entrusted nominated invited directed brought",
		"duty":     "job task goal role responsibility responsibilities objective mission assignment mandate challenge aim target duty remit brief ask expectation purpose priority deliverable",
		"must":     "needed need had must required wanted want hoped aimed intended set planned agreed promised volunteered owned",
		"trouble":  "problem problems issue issues complaint complaints complained complaining outage incident backlog shortage conflict bottleneck turnover confusion frustration frustrated unhappy overwhelmed struggling struggled behind late failing broken error errors delays delayed slow stuck missed angry upset low poor high mess gap risk crisis short understaffed lost losing errors leak down",
		"change":   "increased increase decreased decrease reduced reduction dropped drop fell fall rose rise grew growth improved improvement doubled tripled halved cut saved saving shrank gained boosted exceeded surpassed recovered lowered climbed jumped declined went reached hit halving cutting reducing increasing improving saving dropping raised lower higher fewer faster better",
		"outcome":  "result results outcome end ultimately eventually finally successful successfully succeeded success finished completed shipped launched delivered passed won met achieved accomplished ready live smoothly resolved signed renewed accepted approved closed opened sold filled worked paid stopped ended",
		"praise":   "praised thanked promoted promotion awarded award recognised recognized recognition commended complimented congratulated impressed grateful pleased satisfied happy feedback positive appreciated bonus nominated",
		"lasting":  "still since now today standard default template permanent adopted adopts practice policy uses use later anymore again ever never onwards afterwards",
		"learn":    "learned learnt learn lesson taught realised realized takeaway hindsight differently reminded confirmed showed understand",
		"setting":  "worked working working joined company team shop store hospital school office department firm agency university club restaurant branch site plant warehouse clinic ward class bank hotel unit role position intern internship job startup organisation organization charity council project semester manager",
		"when":     "when while during last year years month months week weeks summer winter spring autumn ago previous former first early late march april may june july august september october november december january february monday tuesday wednesday thursday friday time day morning night season quarter",
		"begin":    "first started began begin start initially next then second third after before once finally also meanwhile",
		"because":  "because so that which since instead rather therefore thus by using through",
		"decide":   "decided chose considered rejected proposed suggested convinced persuaded negotiated prioritised prioritized recommended insisted argued offered refused opted compared weighed",
		"do":       "built wrote made created set designed developed drafted prepared organised organized scheduled called met talked spoke sat asked listened explained showed trained taught tested checked reviewed analysed analyzed looked pulled ran mapped listed traced moved replaced changed rewrote fixed introduced added removed split divided assigned arranged put brought sent shared posted collected gathered interviewed visited walked measured counted tracked logged documented presented pitched rolled implemented automated updated kept took held got gave found used went worked coordinated contacted researched redesigned reorganised reorganized",
		"person":   "manager boss director supervisor client clients customer customers principal professor coach parent parents colleague colleagues teammate team lead owner patient patients student students nurse engineer developer guest guests user users board staff people",
		"deadline": "deadline friday monday launch audit due christmas within before",
		"meta":     "talk tell share describe example story",
		"neg":      "no not never nobody nothing without none couldn't didn't wasn't hadn't can't",
		"being":    "was were is are been being be",
		"have":     "had has have having",
		"degree":   "percent half third quarter twice double per %",
		"duration": "seconds minutes hours days weeks months years minute hour day week month year",
	} {
		for w := range strings.FieldsSeq(words) {
			m[w] = append(m[w], name)
		}
	}
	return m
}()

// small are the words that are features by themselves and in pairs.
var small = set(`i me my we us our he she they them it its his her their this that these those the a an to of in on at by for with from and but so because when while after before then as if until since into over under
about up down out off had was were been is be have has did do would could should will can not no never all both each every one two first next last finally also instead rather than which who what how where there here
in order result end time day week month year later ago previous asked needed wanted responsible job task goal role myself by`)

// features lists what a sentence's form offers to the tagger. Nothing in it depends on the sentence's place.
func features(c *clue, dst []string) []string {
	add := func(f string) { dst = append(dst, f) }
	words := make([]string, 0, len(c.toks))
	for _, t := range c.toks {
		switch {
		case t.word && t.low[0] >= '0' && t.low[0] <= '9':
			words = append(words, "#")
		case t.word && numberWord[t.low] > 0 && t.low != "one" && t.low != "third" && t.low != "quarter" && t.low != "half":
			words = append(words, "#")
		case t.word:
			words = append(words, t.low)
		case strings.ContainsAny(t.low, "%$€£"):
			words = append(words, "%")
		case t.low == ",":
			words = append(words, ",")
		case t.low == ":" || t.low == ";" || t.low == "\"" || t.low == "“":
			add("m:" + t.low)
		}
	}
	prev, prevClass := "^", ""
	for i, w := range words {
		cs := classes[w]
		for _, name := range cs {
			add("c:" + name)
			if i < 4 {
				add("s:" + name)
			}
			if prevClass != "" {
				add("p:" + prevClass + ">" + name)
			}
			if small[prev] {
				add("w:" + prev + ">" + name)
			}
		}
		if small[w] {
			add("u:" + w)
			if small[prev] || prev == "^" || prev == "#" {
				add("b:" + prev + " " + w)
			}
			if len(prevClass) > 0 && prevClass != "" {
				add("x:" + prevClass + ">" + w)
			}
		} else {
			add("v:" + stem(w))
		}
		if i == 0 {
			add("1:" + firstKind(w))
		}
		if adverbs[w] && i > 0 {
			continue
		}
		prev, prevClass = w, ""
		if len(cs) > 0 {
			prevClass = cs[0]
		}
	}
	counts(c, len(words), add)
	return dst
}

func firstKind(w string) string {
	switch {
	case small[w]:
		return w
	case strings.HasSuffix(w, "ing"):
		return "+ing"
	case len(classes[w]) > 0:
		return "+" + classes[w][0]
	case pastVerb(w):
		return "+ed"
	case strings.HasSuffix(w, "ly"):
		return "+ly"
	case strings.HasSuffix(w, "s"):
		return "+s"
	}
	return "+other"
}

// counts are the features of who acts, of tense and of figures.
func counts(c *clue, words int, add func(string)) {
	grade := func(name string, n int) {
		if n > 0 {
			add(name)
		}
		if n > 1 {
			add(name + "2")
		}
		if n > 2 {
			add(name + "3")
		}
	}
	grade("n:i-acts", c.iActs)
	grade("n:i-states", c.iStates)
	grade("n:we-acts", c.weActs)
	grade("n:passive", c.passive)
	grade("n:past", c.past)
	grade("n:figures", c.figures)
	if c.iActs+c.weActs+c.iStates == 0 {
		add("n:nobody")
	}
	if c.iActs > 0 && c.figures > 0 {
		add("n:i+figure")
	}
	if c.iActs+c.weActs == 0 && c.figures > 0 {
		add("n:nobody+figure")
	}
	if c.cond {
		add("n:cond")
	}
	add("n:len" + strconv.Itoa(min(4, words/8)))
}
