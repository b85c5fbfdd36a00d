package engine

// AnswerFrom is answerFrom.
var AnswerFrom = answerFrom
