package interview

// Criterion is one thing that a finished sentence of an answer is listened to for while the rest is being typed.
type Criterion struct {
	ID   string // the type of the follow-up that would ask for it, or "point/" and the id of a point
	Text string // what a sentence that has it does
}

// PointCriterion begins the id of a criterion that is a point of an item.
const PointCriterion = "point/"

// Heard is what was heard of a criterion in an answer so far. It is provisional: it may aim a follow-up, and never
// makes a grade.
type Heard struct {
	Share float64 // how surely the best sentence has it, 0 to 1
	Whole bool    // every sentence was listened to
}
