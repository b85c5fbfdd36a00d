package pack

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"rehearse/server/interview"
)

// Measure is the share 0..1 that code alone gives a story's answer, as the running program grades it.
type Measure func(p *interview.Pack, it *interview.Item, answer string) float64

// Lint is Load for an author: it holds the content against what only an author can repair and a server need not look at
// each time it starts. The error joins every Problem.
func Lint(packFS, formatFS fs.FS, measure Measure) (*interview.Pack, error) {
	l, p := read(packFS, formatFS)
	c := &checker{pack: p}
	for _, id := range sortedKeys(p.Items) {
		it, r := p.Items[id], p.Rubrics[id]
		if r == nil {
			continue
		}
		c.leaks(it, r)
		c.people(it, r)
		c.anchors(it, r, measure)
	}
	return p, l.all(append(Check(p), c.problems...))
}

// text is a piece of an item with the key it stands under.
type text struct{ at, key, text string }

// shown is all that a candidate may read or hear of an item before the end. Given is what they are handed to build on:
// the context and the facts they asked for.
func shown(it *interview.Item, r *interview.Rubric) (said, given []text) {
	hidden := it.ID + "/rubric.yaml"
	add := func(at, key, s string) { said = append(said, text{at, key, s}) }
	add(it.ID, "title", it.Title)
	add(it.ID, "prompt.main", it.Prompt.Main)
	for i, v := range it.Prompt.Variants {
		add(it.ID, fmt.Sprintf("prompt.variants.%d", i+1), v)
	}
	for i, h := range it.Hints {
		add(it.ID, fmt.Sprintf("hints.%d", i+1), h)
	}
	for _, k := range sortedKeys(it.Steps) {
		add(it.ID, "steps."+k, it.Steps[k])
	}
	for _, p := range r.Points {
		add(hidden, "points."+p.ID+".probe_if_missing", p.ProbeIfMissing)
	}
	for _, l := range r.IfSaid {
		add(hidden, "if_said."+l.ID+".probe", l.Probe)
	}
	for _, f := range r.Findings {
		add(hidden, "findings."+f.ID+".probe", f.Probe)
	}
	for _, b := range r.Probes {
		for _, w := range b.Wordings {
			add(hidden, "probes."+b.Type, w)
		}
	}
	for i, t := range r.Twists {
		add(hidden, fmt.Sprintf("twists.%d", i+1), t.Text)
	}
	for i, ch := range r.Challenges {
		add(hidden, fmt.Sprintf("challenges.%d", i+1), ch)
	}
	for _, q := range r.Questions {
		add(hidden, "questions."+q.ID, q.Text)
	}
	for _, s := range r.Switches {
		for _, f := range s.Fixes {
			add(hidden, "switches."+s.ID+".fixes."+f.ID+".argues", f.Argues)
		}
	}
	give := func(key, s string) { given = append(given, text{it.ID, key, s}) }
	give("context", it.Context)
	for _, f := range it.Facts {
		give("facts."+f.ID, f.Answer)
	}
	for _, q := range it.Requirements {
		give("requirements."+q.ID, q.Text)
	}
	for _, o := range it.Options {
		give("options."+o.ID, o.Label+". "+o.Text)
	}
	return said, given
}

// A run of this many words of a point or a finding gives it away, when three of them carry meaning. A synonym of three
// words or more is a whole thought.
const (
	leakRun     = 5
	leakContent = 3
	leakSynonym = 3
)

// fillers are words that carry no meaning of their own.
var fillers = wordSet(`a an and are as at be been but by can could do does for from had has have he her his how i if in into is it its may more no nor not of off on one
or our out over own she so some than that the their them then there these they this to under up was we were what when where which while who will with without would you your`)

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// plainWords are the words of a text in small letters.
func plainWords(s string) []string {
	return strings.FieldsFunc(strings.ToLower(strings.ReplaceAll(s, "’", "'")), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' })
}

func runs(s string, n int) map[string]bool {
	out := map[string]bool{}
	w := plainWords(s)
	for i := 0; i+n <= len(w); i++ {
		content := 0
		for _, one := range w[i : i+n] {
			if !fillers[one] {
				content++
			}
		}
		if content >= leakContent {
			out[strings.Join(w[i:i+n], " ")] = true
		}
	}
	return out
}

// leaks finds words of the key in what the candidate sees or hears.
func (c *checker) leaks(it *interview.Item, r *interview.Rubric) {
	// What happens at the end of a finding or a place may rest on a given fact; what a point says may not stand in one.
	type secret struct {
		name, text string
		built      bool
	}
	var secrets []secret
	phrases := map[string]string{}
	for _, p := range r.Points {
		secrets = append(secrets, secret{"point " + p.ID, p.Text, false})
		for _, s := range p.Synonyms {
			if w := plainWords(s); !strings.HasPrefix(s, "re:") && len(w) >= leakSynonym {
				phrases[strings.Join(w, " ")] = p.ID
			}
		}
	}
	for _, f := range r.Findings {
		secrets = append(secrets, secret{"finding " + f.ID, f.Title, false}, secret{"finding " + f.ID, f.Exploit, true}, secret{"finding " + f.ID, f.Fix, true})
	}
	for _, list := range [][]interview.Ranked{r.Ranking, r.Chain, r.Unrelated} {
		for _, k := range list {
			secrets = append(secrets, secret{"the reason for " + k.ID, k.Reason, true})
		}
	}
	for _, a := range r.Alerts {
		secrets = append(secrets, secret{"the reason for " + a.ID, a.Reason, true})
	}
	said, given := shown(it, r)
	for i, t := range slices.Concat(said, given) {
		have := runs(t.text, leakRun)
		for _, s := range secrets {
			if s.built && i >= len(said) {
				continue
			}
			for run := range runs(s.text, leakRun) {
				if have[run] {
					c.fail(t.at, t.key, "says %q, which gives %s away", run, s.name)
					break
				}
			}
		}
		if i >= len(said) {
			continue // a fact may be built on
		}
		flat := " " + strings.Join(plainWords(t.text), " ") + " "
		for _, s := range sortedKeys(phrases) {
			if strings.Contains(flat, " "+s+" ") {
				c.fail(t.at, t.key, "says %q, which is a synonym of point %s", s, phrases[s])
			}
		}
	}
}

// anchors checks that the program's own measure gives a better example no less than a worse one.
func (c *checker) anchors(it *interview.Item, r *interview.Rubric, measure Measure) {
	if it.Kind != interview.KindBehavioural || measure == nil {
		return
	}
	best, at := -1.0, 0
	for level := 1; level <= 5; level++ {
		a, ok := r.Anchors[level]
		if !ok || strings.TrimSpace(a.Text) == "" {
			continue
		}
		got := measure(c.pack, it, a.Text)
		if got < best {
			c.fail(it.ID+"/rubric.yaml", fmt.Sprintf("anchors.%d", level), "is measured at %.2f, less than anchor %d with %.2f", got, at, best)
		}
		if got >= best {
			best, at = got, level
		}
	}
}

// people refuses names of real people and employers in what was written for a pack. A full name has to be one that the
// pack declares as invented: a persona's, an audience's, or one under invented in pack.yaml. Sources may name anybody.
func (c *checker) people(it *interview.Item, r *interview.Rubric) {
	said, given := shown(it, r)
	all := slices.Concat(said, given)
	hidden := it.ID + "/rubric.yaml"
	add := func(key, s string) { all = append(all, text{hidden, key, s}) }
	for _, p := range r.Points {
		add("points."+p.ID, p.Text+" "+p.YesExample+" "+p.NoExample+" "+p.Explains)
	}
	for n, a := range r.Anchors {
		add(fmt.Sprintf("anchors.%d", n), a.Text)
	}
	for k, s := range r.Strong {
		add("strong_sample."+k, s)
	}
	known := slices.Clone(c.pack.Invented)
	for _, p := range c.pack.Personas {
		known = append(known, p.Name)
	}
	for _, a := range c.pack.Audiences {
		known = append(known, a.Name)
	}
	for _, t := range all {
		for _, m := range fullName.FindAllStringSubmatch(t.text, -1) {
			if givenNames[m[1]] && !slices.Contains(known, m[0]) {
				c.fail(t.at, t.key, "%q looks like a real person; invented names are declared in pack.yaml under invented", m[0])
			}
		}
		if m := publicFigure.FindString(t.text); m != "" {
			c.fail(t.at, t.key, "%q is a real person", m)
		}
		if m := employer.FindStringSubmatch(t.text); m != nil && !slices.Contains(known, m[1]) {
			c.fail(t.at, t.key, "%q makes a real company somebody's employer", m[0])
		}
	}
}

// fullName is a given name with a family name behind it.
var fullName = regexp.MustCompile(`\b([A-Z][a-zà-ÿ]+) (?:[A-Z]\. )?[A-Z][a-zà-ÿ]+(?:-[A-Z][a-zà-ÿ]+)?\b`)

// publicFigure are people whose family name alone names them.
var publicFigure = regexp.MustCompile(`\b(?:Bezos|Jassy|Zuckerberg|Nadella|Pichai|Musk|Torvalds|Schneier|Shostack|Mitnick|Snowden|Assange|Krebs|Vogels|Altman)\b`)

// employer is a company that exists, as the place where somebody in the text works or worked.
var employer = regexp.MustCompile(`\b(?:work(?:ed|ing)? (?:at|for)|employed (?:at|by)|joined|left|my (?:time|years|team|job|role) at|while (?:I was )?at|engineer at|hired by|interned at) (Amazon|Google|Meta|Facebook|Microsoft|Apple|Netflix|IBM|Oracle|Uber|Airbnb|Stripe|Salesforce|Twitter|LinkedIn|Cisco|Intel|Nvidia|SAP|Siemens|Accenture|Deloitte|Infosys|Spotify|Shopify|Cloudflare|Datadog|GitHub|Atlassian|Adobe|PayPal|Tesla|Zalando|Booking|Revolut|Klarna)\b`)

// givenNames are common given names over several languages: enough to notice a person, not a register.
var givenNames = wordSet(`Aaron Adam Ahmed Aisha Alan Alex Alexander Alice Alison Amanda Amy Ana Andrea Andreas Andrew Angela Anita Anna Anne Anthony Antonio Arjun Arthur
Ben Benjamin Bernd Bill Bob Brandon Brian Bruce Camille Carl Carlos Carmen Caroline Catherine Charles Charlotte Chen Chris Christian Christine Christopher Claire Claudia Craig
Dan Daniel David Deborah Deepak Dennis Diana Diego Dmitri Donald Donna Dorothy Douglas Edward Elena Elizabeth Emily Emma Eric Erik Eva Fatima Felix Fernando Fiona Frank
Gabriel Gary George Gerald Giovanni Grace Greg Gregory Hannah Hans Hassan Heather Helen Henry Ian Ibrahim Ingrid Irene Isabel Ivan Jack Jacob James Jan Jane Janet Jason
Javier Jeff Jeffrey Jennifer Jessica Jim Joan Joao Joe Johan John Jonathan Jose Joseph Joshua Juan Judith Julia Julie Karen Karl Kate Katherine Katja Keith Kelly Kenneth Kevin
Klaus Larry Lars Laura Lauren Lena Leo Linda Lisa Lucas Lucia Luis Lukas Maria Marie Mark Markus Marta Martin Mary Matthew Mei Melissa Michael Michelle Miguel Mohammed Monica
Nancy Natalie Nicholas Nicole Nina Noah Oleg Oliver Olivia Omar Pablo Pamela Patricia Patrick Paul Pedro Peter Philip Pierre Priya Rachel Raj Rajesh Ravi Rebecca Richard
Rita Robert Roberto Roger Ronald Rosa Ruth Ryan Samantha Samuel Sandra Sanjay Sara Sarah Satya Scott Sean Sergey Sharon Simon Sofia Sophie Stefan Stephanie Stephen Steve Steven
Sundar Susan Suresh Svetlana Teresa Theresa Thomas Tim Timothy Tobias Tom Ursula Valerie Vera Victor Victoria Vikram Vincent Vladimir Walter Wei Wendy William Wolfgang Yuki Yusuf Zoe`)
