package interview

// Line is one utterance of an exchange, as the voice sees it.
type Line struct {
	Candidate bool // who spoke
	Text      string
}

// Brief is all that a voice is told before it speaks: one authored question, the candidate's own clauses
// it may be tied to, and what was said in this exchange. It has no field for a rubric, a reference or a grade.
type Brief struct {
	Name        string // the interviewer
	Role        string
	Temperament string
	Question    string   // the authored follow-up, spoken word for word
	Anchors     []string // clauses of the candidate's answers, best first; may be empty
	Exchange    []Line
	Seed        uint64
}

// Utterance is what a voice wants to say. Anchor is the index of the anchor it rests on, or -1.
type Utterance struct {
	Text   string
	Anchor int
	Voice  string // authored, or the model's name
}
