package hsm

import "errors"

// The errors of share cards, to be told apart with errors.Is.
var (
	// ErrShareNumbers: m or n is out of bounds.
	ErrShareNumbers = errors.New("impossible numbers of shares: at least 1 is needed, no more than there are, and there are at most 32")
	// ErrShareText: the text is not a card, or was mistyped or misread.
	ErrShareText = errors.New("this is no share card, or it was mistyped: compare it with the card, group by group")
	// ErrShare: a share does not fit the commitments of its set.
	ErrShare = errors.New("the card is wrong: it was altered, or its holder gave another; take another holder's card, and find out why")
	// ErrOtherSet: cards of several sets lie together.
	ErrOtherSet = errors.New("the card belongs to another set: gather cards with the same set number")
	// ErrTooFewShares: more cards are needed.
	ErrTooFewShares = errors.New("too few cards: ask more holders for theirs")
	// ErrTooManyShares: a combination takes exactly as many cards as are needed.
	ErrTooManyShares = errors.New("more cards than are needed: put the others away, unread")
	// ErrSameShare: one card was given twice.
	ErrSameShare = errors.New("the same card was given twice: take the card of another holder")
)
