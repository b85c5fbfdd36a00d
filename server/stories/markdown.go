package stories

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

// MaxMarkdown is the largest file that is taken, bytes.
const MaxMarkdown = 1 << 20

// mark is the first line of a file that Markdown wrote. Any other file is somebody's own notes.
const mark = "<!-- rehearse: stories 1 -->"

const howto = `Each story is a heading of the second level. Under it stand its lines "Id:", "Worth:" (standout or standard) and
"Principles:" (ids, with "(first)" or "(second)" where it is that choice), then one cue a line after "- ". A cue may
begin with its part in brackets: [situation], [task], [action], [result], [lesson]. Take the line "Id:" away to add a
story; change anything else and import the file again to change it. A story that is not in the file stays.`

// Markdown writes stories so that a person can edit them and Parse reads the same again.
func Markdown(all []Story) string {
	var b strings.Builder
	b.WriteString(mark + "\n\n# Stories\n\n" + howto + "\n")
	for i := range all {
		s := &all[i]
		fmt.Fprintf(&b, "\n## %s\n\n", s.Title)
		if s.ID != "" {
			fmt.Fprintf(&b, "Id: %s\n", s.ID)
		}
		fmt.Fprintf(&b, "Worth: %s\n", s.Worth)
		if len(s.Principles) > 0 {
			b.WriteString("Principles: ")
			for i, t := range s.Principles {
				if i > 0 {
					b.WriteString(", ")
				}
				b.WriteString(t.Principle)
				if t.Choice != "" {
					b.WriteString(" (" + t.Choice + ")")
				}
			}
			b.WriteString("\n")
		}
		b.WriteString("\n")
		for _, c := range s.Cues {
			b.WriteString("- ")
			switch {
			case c.Part != "":
				b.WriteString("[" + c.Part + "] ")
			case strings.HasPrefix(c.Text, "["): // not a part
				b.WriteString("[] ")
			}
			b.WriteString(c.Text + "\n")
		}
	}
	return b.String()
}

// lineError says what is wrong and on which line; nothing was changed.
func lineError(n int, format string, args ...any) error {
	return interview.FieldError("markdown", "line %d: %s. Nothing was imported and nothing was changed", n, fmt.Sprintf(format, args...))
}

// Parse reads stories out of Markdown: what Markdown wrote and a person edited, or a person's own notes of any form,
// which are turned into cues. It is all or nothing, and an error says the line. Principles are those of the pack; in
// notes of one's own they are found by name.
func Parse(text string, principles []interview.Principle) ([]Story, error) {
	switch {
	case len(text) > MaxMarkdown:
		return nil, interview.Errorf(interview.CodeTooLarge, "the file has more than %d bytes. Nothing was imported", MaxMarkdown)
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		n := 1
		for i, r := range text {
			if r == 0 || r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD") {
				break
			}
			if r == '\n' {
				n++
			}
		}
		return nil, lineError(n, "this is not UTF-8 text")
	}
	text = strings.TrimPrefix(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"), "\ufeff")
	lines := strings.Split(text, "\n")
	var (
		out []Story
		err error
	)
	if slices.ContainsFunc(lines, func(l string) bool { return strings.TrimSpace(l) == mark }) {
		out, err = parseOurs(lines, principles)
	} else {
		out, err = parseNotes(lines, principles)
	}
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, lineError(len(lines), "there is no story in this file; a story begins with a heading (## Title) and has lines under it")
	}
	if len(out) > MaxStories {
		return nil, interview.FieldError("markdown", "the file has %d stories and at most %d are taken. Nothing was imported", len(out), MaxStories)
	}
	return out, nil
}

var tagShape = regexp.MustCompile(`^([a-z0-9-]+)(?:\s+\((first|second)\))?$`)

// ours reads a file that Markdown wrote.
type ours struct {
	principles []interview.Principle
	out        []Story
	at         int // the line of the open story's heading
	ids        map[string]int
	chosen     map[Tag]int
}

func parseOurs(lines []string, principles []interview.Principle) ([]Story, error) {
	o := &ours{principles: principles, ids: map[string]int{}, chosen: map[Tag]int{}}
	for i, raw := range lines {
		n, l := i+1, strings.TrimSpace(raw)
		if rest, ok := strings.CutPrefix(l, "## "); ok {
			if err := o.end(); err != nil {
				return nil, err
			}
			o.out, o.at = append(o.out, Story{Title: tidy(rest), Worth: Standard, Principles: []Tag{}, Cues: []Cue{}}), n
			continue
		}
		if len(o.out) == 0 || l == "" {
			continue // what stands before the first story is for people
		}
		if err := o.line(n, l); err != nil {
			return nil, err
		}
	}
	if err := o.end(); err != nil {
		return nil, err
	}
	return o.out, nil
}

// end checks the story that is open.
func (o *ours) end() error {
	if len(o.out) == 0 {
		return nil
	}
	s := &o.out[len(o.out)-1]
	if err := s.Valid(o.principles); err != nil {
		return lineError(o.at, "the story %q: %s", s.Title, interview.AsError(err).Message)
	}
	for _, t := range s.Principles {
		if t.Choice == "" {
			continue
		}
		if n, ok := o.chosen[t]; ok {
			return lineError(o.at, "the story %q is the %s choice for %s, and so is the one of line %d", s.Title, t.Choice, t.Principle, n)
		}
		o.chosen[t] = o.at
	}
	return nil
}

// line reads one line of the open story.
func (o *ours) line(n int, l string) error {
	s := &o.out[len(o.out)-1]
	key, value, _ := strings.Cut(l, ":")
	value = strings.TrimSpace(value)
	switch {
	case strings.HasPrefix(l, "- "), strings.HasPrefix(l, "* "):
		return s.cueLine(n, tidy(l[2:]))
	case key == "Id":
		if !ValidID(value) {
			return lineError(n, "%q is no id of a story; take the line away to add a new one", value)
		}
		if other, ok := o.ids[value]; ok {
			return lineError(n, "the id %s stands on line %d already; take one of the lines away to add a new story", value, other)
		}
		if s.ID != "" {
			return lineError(n, "the story has an id already")
		}
		s.ID, o.ids[value] = value, n
	case key == "Worth":
		if value != Standout && value != Standard {
			return lineError(n, "worth is standout or standard, not %q", value)
		}
		s.Worth = value
	case key == "Principles":
		return s.tagsLine(n, value, o.principles)
	default:
		return lineError(n, "a line under a story is Id:, Worth:, Principles:, or a cue that begins with \"- \", not %q", cut(l, 40))
	}
	return nil
}

// cueLine adds a cue as it stands behind its dash.
func (s *Story) cueLine(n int, text string) error {
	c := Cue{Text: text}
	if rest, ok := strings.CutPrefix(c.Text, "["); ok {
		part, text, ok := strings.Cut(rest, "]")
		if !ok || part != "" && !slices.Contains(parts, part) {
			return lineError(n, "a cue begins with %s in brackets, or without brackets; for words in brackets write [] before them", strings.Join(parts, ", "))
		}
		c.Part, c.Text = part, strings.TrimSpace(text)
	}
	if err := (&Story{Title: "x", Worth: Standard, Cues: []Cue{c}}).Valid(nil); err != nil {
		return lineError(n, "%s", strings.Replace(interview.AsError(err).Message, "cue 1", "this cue", 1))
	}
	s.Cues = append(s.Cues, c)
	return nil
}

// tagsLine adds the principles of a line.
func (s *Story) tagsLine(n int, value string, principles []interview.Principle) error {
	if value == "" {
		return nil
	}
	for part := range strings.SplitSeq(value, ",") {
		m := tagShape.FindStringSubmatch(strings.TrimSpace(part))
		if m == nil {
			return lineError(n, "%q is no principle; write its id, and (first) or (second) behind it where it is that choice", strings.TrimSpace(part))
		}
		s.Principles = append(s.Principles, Tag{m[1], m[2]})
	}
	if err := (&Story{Title: "x", Worth: Standard, Principles: s.Principles, Cues: []Cue{{Text: "x"}}}).Valid(principles); err != nil {
		return lineError(n, "%s", interview.AsError(err).Message)
	}
	return nil
}

var (
	heading  = regexp.MustCompile(`^(#{1,6})\s+(.+?)\s*#*$`)
	listItem = regexp.MustCompile(`^(?:[-*+•]|\d{1,3}[.)])\s+(.*)$`)
	partHead = regexp.MustCompile(`(?i)^[*_]{0,3}(situation|background|context|task|goal|problem|action|actions|what i did|approach|result|results|outcome|impact|lesson|lessons|lessons learned|learned|learning|learnings|reflection)[*_]{0,3}\s*(?:\([^)]*\))?\s*(?:[:–—-]\s*[*_]{0,3}|$)\s*(.*)$`)
	tagLine  = regexp.MustCompile(`(?i)^[*_]{0,3}(?:leadership )?(?:principles?|lps?|tags?)[*_]{0,3}\s*:[*_]{0,3}\s*(.*)$`)
	emphasis = regexp.MustCompile("[*_`]{1,3}([^*_`]+)[*_`]{1,3}")
	linkText = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

var partWords = map[string]string{"situation": Situation, "background": Situation, "context": Situation, "task": Task, "goal": Task, "problem": Situation, "action": Action, "actions": Action, "what i did": Action,
	"approach": Action, "result": Result, "results": Result, "outcome": Result, "impact": Result, "lesson": Lesson, "lessons": Lesson, "lessons learned": Lesson, "learned": Lesson, "learning": Lesson, "learnings": Lesson, "reflection": Lesson}

// notes reads notes of any form.
type notes struct {
	principles []interview.Principle
	out        []Story
	cur        *openStory
	level      int // of the heading of the open story
}

// openStory is a story that is being read.
type openStory struct {
	Story
	line int
	part string
	text []string // of a paragraph that goes on
}

// parseNotes turns notes of any form into stories: a heading with text under it is one, a heading that names a part of a
// story (or a line that begins with one) says which part follows. Notes without a heading are one story.
func parseNotes(lines []string, principles []interview.Principle) ([]Story, error) {
	r := &notes{principles: principles}
	for i, raw := range lines {
		n, l := i+1, strings.TrimSpace(raw)
		if m := heading.FindStringSubmatch(l); m != nil {
			if err := r.heading(n, len(m[1]), bare(m[2])); err != nil {
				return nil, err
			}
			continue
		}
		if l == "" || l == "---" || l == "***" {
			r.flush()
			continue
		}
		if r.cur == nil {
			r.begin("Untitled story", n)
			r.level = 0
		}
		r.words(l)
	}
	if err := r.finish(); err != nil {
		return nil, err
	}
	return r.out, nil
}

// flush ends the open paragraph.
func (r *notes) flush() {
	if r.cur == nil || len(r.cur.text) == 0 {
		return
	}
	for _, c := range CuesOf(strings.Join(r.cur.text, "\n")) {
		if r.cur.part != "" {
			c.Part = r.cur.part
		}
		r.cur.add(c)
	}
	r.cur.text = nil
}

func (o *openStory) add(c Cue) {
	if !slices.Contains(o.Cues, c) {
		o.Cues = append(o.Cues, c)
	}
}

// finish ends the open story.
func (r *notes) finish() error {
	r.flush()
	cur := r.cur
	r.cur = nil
	if cur == nil || len(cur.Cues) == 0 {
		return nil // a heading over others
	}
	cur.tag(cur.Title, r.principles)
	cur.Cues = fewer(cur.Cues)
	if err := cur.Valid(r.principles); err != nil {
		return lineError(cur.line, "the story %q: %s", cur.Title, interview.AsError(err).Message)
	}
	r.out = append(r.out, cur.Story)
	return nil
}

func (r *notes) begin(title string, n int) {
	r.cur = &openStory{Story: Story{Title: cut(bare(title), titleRunes-1), Worth: Standard, Principles: []Tag{}, Cues: []Cue{}}, line: n}
}

// heading begins a part of the open story, or a story.
func (r *notes) heading(n, level int, title string) error {
	cur := r.cur
	if p := partHead.FindStringSubmatch(title); p != nil && cur != nil {
		r.flush()
		cur.part = partWords[strings.ToLower(p[1])]
		if p[2] != "" {
			cur.text = append(cur.text, p[2])
		}
		return nil
	}
	if cur != nil && level > r.level && (len(cur.Cues) > 0 || len(cur.text) > 0) { // a heading inside a story
		r.flush()
		cur.part = ""
		cur.tag(title, r.principles)
		return nil
	}
	if err := r.finish(); err != nil {
		return err
	}
	r.begin(title, n)
	if cur != nil && len(cur.Cues) == 0 && level > r.level { // a principle as the heading over its stories
		r.cur.tag(cur.Title, r.principles)
	}
	if r.cur.Title == "" {
		return lineError(n, "this heading has no words")
	}
	r.level = level
	return nil
}

// words reads a line of the open story.
func (r *notes) words(l string) {
	cur, item := r.cur, false
	if m := listItem.FindStringSubmatch(l); m != nil {
		r.flush()
		l, item = m[1], true
	}
	l = bare(l)
	if m := tagLine.FindStringSubmatch(l); m != nil {
		cur.tag(m[1], r.principles)
		return
	}
	if m := partHead.FindStringSubmatch(l); m != nil {
		r.flush()
		cur.part, l = partWords[strings.ToLower(m[1])], m[2]
	}
	if l == "" {
		return
	}
	cur.text = append(cur.text, l)
	if item {
		if c := tidy(trimCue(l)); c != "" && interview.CountWords(c) <= CueWords && utf8.RuneCountInString(c) <= cueRunes { // short enough as it is
			cur.text = nil
			cur.add(Cue{Part: cur.part, Text: c})
		}
	}
}

// fewer takes cues away until a story has no more than it may, those that tell the least first and none with a figure.
func fewer(cues []Cue) []Cue {
	var plain []int
	for i, c := range cues {
		if r := reading.Read(reading.Input{Text: c.Text, Kind: interview.KindBehavioural}); len(r.Quantities) == 0 && !digit.MatchString(c.Text) {
			plain = append(plain, i)
		}
	}
	slices.SortStableFunc(plain, func(a, b int) int {
		return len(reading.Telling(cues[a].Text)) - len(reading.Telling(cues[b].Text))
	})
	drop := map[int]bool{}
	for _, i := range plain[:max(0, min(len(plain), len(cues)-MaxCues))] {
		drop[i] = true
	}
	out := []Cue{}
	for i, c := range cues {
		if !drop[i] {
			out = append(out, c)
		}
	}
	return out
}

// bare is a line without marks of emphasis and links.
func bare(l string) string {
	l = linkText.ReplaceAllString(l, "$1")
	return tidy(emphasis.ReplaceAllString(l, "$1"))
}

// tag adds the principles that a text names.
func (s *Story) tag(text string, principles []interview.Principle) {
	low := plainWords(text)
	for _, p := range principles {
		if _, has := s.choice(p.ID); !has && (strings.Contains(low, plainWords(p.Name)) || strings.Contains(low, plainWords(strings.ReplaceAll(p.ID, "-", " ")))) {
			s.Principles = append(s.Principles, Tag{Principle: p.ID})
		}
	}
}

// plainWords are the words of a text between single spaces, in small letters, one space before and after.
func plainWords(text string) string {
	return " " + strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }), " ") + " "
}
