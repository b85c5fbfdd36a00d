package grading

import (
	"regexp"
	"strings"
)

// strongCues are forms that speak to whoever grades, or fake what a grader writes.
var strongCues = regexp.MustCompile(`(?i)(?:ignore|disregard|forget|override|overrule|bypass|skip)\b[^.!?\n]{0,50}\b(?:rubric|instructions?|system prompt|your prompt|text above|criteria|guidelines|remaining checks|everything (?:above|before))` +
	`|rubric override|hidden instructions|(?:print|reveal|show) (?:me )?your (?:rubric|prompt|instructions)` +
	`|</?(?:answer|system|instructions?|prompt|rubric|assistant|user)>|\[/?(?:system|assistant|user|inst)\]|^\W*(?:system|assistant|developer) ?(?:message|prompt)?:|<\|im_|<!--` +
	`|["'](?:score|verdict|dimensions|measured_score|confidence|graded|points|grade)["']\s*:|^\W*(?:final )?(?:score|grade|verdict|rating)\s*[:=]\s*(?:full|max|yes|pass|strong|"?\d)` +
	`|\bfull (?:marks|score|credit|points)\b|\b(?:top|highest|maximum|perfect|max)(?: possible)? (?:score|marks?|grade|rating|anchor|points)\b|\bmaximum (?:to|on|for) (?:every|each|all)\b|\bscore (?:of |to |as )?(?:1\.0|5/5|10/10|100)` +
	`|\b(?:set|mark|rate|score|treat|assign|grade|count|credit|consider|regard)\b[^.!?\n]{0,30}\b(?:every|each|all)\b[^.!?\n]{0,20}\b(?:dimensions?|criteri(?:on|a)|points?|anchors?|of them)\b[^.!?\n]{0,25}\b(?:5|yes|met|full|fulfilled|satisfied|maximum|1\.0|as)\b` +
	`|\bp\d+ (?:to|through|and) p\d+\b|\bp\d+:? "?yes\b|\bmust-have points\b` +
	`|(?:^|[\W_])(?:dear|attention|note to|to whoever|to whomever|hey|hello)\b[^.!?\n]{0,25}\b(?:grad(?:er|es|ing)|evaluator|scor(?:er|es|ing)|marker|marks|examiner|assessor|rater|ai|model|assistant|llm)\b` +
	`|^\W*(?:grader|evaluator|scorer|marker|examiner|assessor|rater)s?\s*[,:]|\b(?:grader|evaluator|scorer|grading model|ai grader|automatic marker|language model)\b[^.!?\n]{0,20}\b(?:must|should|shall|please|now)\b` +
	`|\byou(?:'re| are) (?:now )?(?:a|an|in) (?:helpful |friendly |kind )?(?:assistant|maintenance|developer mode|debug|grader)|\b(?:as|for) the (?:ai|model|grader|evaluator)s? reading this|system prompt and` +
	`|\b(?:begin|end) (?:of )?(?:scoring|grading|answer|output)\b[^.!?\n]{0,20}(?:output|scoring|[.:])|\braise (?:this|the) candidate'?s (?:mark|score|grade)`)

// fakedGrading are forms that only stand in what a grader, or somebody who plays one, would write: marks beside
// dimensions, notes of examiners, other raters' verdicts, an interviewer's lines, an addendum to the rubric.
var fakedGrading = regexp.MustCompile(`(?i)\b(?:structure|ownership|depth|results?|principle|level|reflection|B[1-7])\b["'*_\s|:=-]{1,8}\**[1-5]\b(?:\s*/\s*5)?` +
	`|^\W*(?:interviewer|candidate|examiner|assessor|bar raiser)\s*:|\b(?:examiner|grader|evaluator|assessor)'?s? (?:notes?|remarks?|verdict|comments?)\b|</?(?:examiner|grader|evaluator|evaluation|verdict|score|feedback|grading)\w*>` +
	`|\braters? (?:have|had|gave|rated|read|agreed?|awarded)\b|\b(?:previous|earlier|other|second|first) (?:checker|rater|grader|judge|evaluator)s?\b` +
	`|\bwhoever (?:reads|grades|scores|marks|checks|rates|evaluates) (?:this|it|me)\b|\banswer (?:with )?["“']?yes["”']? (?:to|for|on)\b` +
	`|\b(?:the )?(?:grader|evaluator|checker|assistant|judge|reader|you) (?:must|shall|has to|have to|will|should) (?:only )?(?:return|output|respond|reply|answer|confirm|rate|score|award|give|grant)\b` +
	`|\bcorrect (?:reply|response|output) (?:to|is)\b|\b(?:do not|don't|instead) output\b|\boutput (?:the score|instead|only)\b` +
	`|\b(?:shall|is to|are to) be (?:read|treated|counted|scored|rated|understood|graded) as\b|\btreat [^.!?\n]{0,40}\bas (?:quantified|met|fulfilled|shown|given|satisfied|complete|evidence|a five|5)\b` +
	`|\b(?:begin|end|start) (?:of )?(?:the )?(?:rubric|grading|scoring|addendum|evaluation)\b|\brubric addendum\b|\byour (?:verdict|rating|evaluation|marking|grading)\b|\b(?:top|highest) band\b` +
	`|\btool result\b|["'](?:evidence_found|needs_review|mean_score|overall_score|mean|rating)["']\s*:|\bstay in character\b|\bgrade ?bot\b|^\W*strengths?\s*:`)

// weakCues are words of grading. One of them says nothing; two in a sentence do, and so does one beside a
// sentence that speaks to the grader.
var weakCues = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\brubrics?\b|\banchors?\b at|top anchor`),
	regexp.MustCompile(`(?i)\b(?:graders?|evaluators?|scorers?|automatic marker|exam office|exam system|test team|rating)\b`),
	regexp.MustCompile(`(?i)\b(?:this|the|previous) candidate(?:'s|s)?\b`),
	regexp.MustCompile(`(?i)\b(?:scor(?:e|ing)|verdict|marking|full marks|criteri(?:on|a)|dimensions?)\b`),
	regexp.MustCompile(`(?i)\b(?:your (?:own )?(?:prompt|policy|rubric|supervisor|operator|instructions)|hidden instructions)\b`),
	regexp.MustCompile(`(?i)\b(?:do not|don't) (?:penali[sz]e|mention|generate|look for)\b|\btake precedence\b|\bplease (?:treat|copy|confirm|give|mark|note|ignore|do not)\b`),
	regexp.MustCompile(`(?i)\bcalibration (?:sample|samples)\b|\bconfidence 1|\bchoose "yes"|\bas evidence\b|\bquotes? (?:are|is) not\b|\bwithout evidence\b`),
	regexp.MustCompile(`(?i)\b(?:examiner|self-assessment|kappa)\b`),
	regexp.MustCompile(`(?i)\b(?:less than a|a list (?:with|of)|all|seven|straight) fives?\b|\b5 (?:of|out of|/) ?5\b|\bany other reply\b|\bno judg(?:e)?ment is\b`),
	regexp.MustCompile(`(?i)^\W*(?:if you feel|thank you for following|any other output|if asked for evidence|from here on you)`),
}

// injections marks the sentences that speak to the grader. What stands between two of them goes with them.
func injections(text string, at []span) []bool {
	cut := make([]bool, len(at))
	first, last := -1, -1
	weak := make([]int, len(at))
	for i, s := range at {
		sentence := text[s.start:s.end]
		for _, re := range weakCues {
			if re.MatchString(sentence) {
				weak[i]++
			}
		}
		need := 2
		if tells.MatchString(sentence) { // what the candidate did
			need = 3
		}
		if weak[i] >= need || strongCues.MatchString(sentence) || fakedGrading.MatchString(sentence) {
			cut[i] = true
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		return cut
	}
	for k := range 2 * len(at) { // to the end and back, since a heading stands before what it heads
		i := min(k, 2*len(at)-1-k)
		near := i > 0 && cut[i-1] || i+1 < len(at) && cut[i+1]
		you := strings.Contains(" "+strings.ToLower(text[at[i].start:at[i].end]), " you")
		short := len(strings.Fields(text[at[i].start:at[i].end])) <= 6 && !firstPerson.MatchString(text[at[i].start:at[i].end])
		if weak[i] > 0 || near && (you && i > first && i <= last+1 || short && i+2 >= first) {
			cut[i] = true // a heading, or what is left of the address
		}
	}
	for i, before := 0, -1; i < len(at); i++ {
		if !cut[i] {
			continue
		}
		if before >= 0 && i-before <= 3 {
			for k := before + 1; k < i; k++ {
				cut[k] = true
			}
		}
		before = i
	}
	return cut
}
