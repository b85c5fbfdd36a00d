package engine

// CheckRow is checkRow.
var CheckRow = checkRow

// AnswerFrom is answerFrom.
var AnswerFrom = answerFrom
