package authority

// CheckAnswers is the check of every serial before a list is signed.
var CheckAnswers = checkAnswers
