package interview

// Heeding is one call to a naive listener: an explanation and one question about it. A listener never sees the key, the
// facts of the case, what was asked before or after, or another question.
type Heeding struct {
	Explanation string
	Question    string
}
