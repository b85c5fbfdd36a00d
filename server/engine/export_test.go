package engine

import "rehearse/server/interview"

// CheckRow is checkRow.
var CheckRow = checkRow

// AnswerFrom is answerFrom with a measure of nearness, or nil.
func AnswerFrom(facts []interview.Fact, text string, near func(string) func(string) float64) (answer, ids string) {
	return (&Engine{Options: Options{Near: near}}).answerFrom(facts, text)
}
