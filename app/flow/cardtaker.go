package flow

import (
	"bytes"
	"slices"
)

// cardTaker takes share cards that are typed or scanned, one after the other, and verifies each.
type cardTaker struct {
	entered [][]byte // cards for a drill, verified

	Entry    CardEntry // the card that is typed
	Checking bool      // the service is at work
}

// Typed is the card that is typed.
func (t *cardTaker) Typed() *CardEntry { return &t.Entry }

// Entered counts the cards of a drill that were verified.
func (t *cardTaker) Entered() int { return len(t.entered) }

// clearCards forgets all of them.
func (t *cardTaker) clearCards() {
	t.Entry.Clear()
	for _, card := range t.entered {
		clear(card)
	}
	t.entered, t.Checking = nil, false
}

// checked is a verified card.
type checked struct {
	CardCheck

	card  []byte
	state State
}

// cardService is what verifies cards, and makes the drill.
type cardService interface {
	CardReader
	Overview
}

// takesCards is a view-model that takes cards.
type takesCards interface {
	Typed() *CardEntry
	Taking() bool
	Check()
}

// takeGroup takes a group, and has the card verified after its last.
func takeGroup(t takesCards, m *model, typed string) {
	e := t.Typed()
	if !t.Taking() || !e.Accept(typed) {
		return
	}
	if e.Whole() && e.At == CardGroups {
		t.Check()
		return
	}
	m.changed()
}

// scanCard takes a whole card, and has it verified. It returns why it is none.
func scanCard(t takesCards, code string) *Problem {
	if !t.Typed().Scan(code) {
		return problem("notacard")
	}
	t.Check()
	return nil
}

// verify has the card verified that was typed. A wrong one stays, to be compared with its paper.
func (t *cardTaker) verify(m *model, service cardService, done func(checked, error)) {
	card := t.Entry.Take()
	if card == nil || t.Checking || service == nil {
		clear(card)
		return
	}
	t.Checking = true
	background(m, func() (checked, error) {
		out := checked{card: card}
		var err error
		if out.CardCheck, err = service.CheckCard(card); err == nil {
			out.state, err = service.State()
		}
		if err != nil {
			clear(card)
		}
		return out, err
	}, func(c checked, err error) {
		t.Checking = false
		if t.Entry.Wrong = err != nil; err == nil {
			t.Entry.Clear()
		}
		done(c, err)
	})
	m.changed()
}

// admit takes a verified card for a drill, or says why not.
func (t *cardTaker) admit(c checked) *Problem {
	switch {
	case c.Purpose != CardBackup:
		clear(c.card)
		return problem("drillpurpose")
	case slices.ContainsFunc(t.entered, func(e []byte) bool { return bytes.Equal(e, c.card) }):
		clear(c.card)
		return problem("samecard")
	}
	t.entered = append(t.entered, c.card)
	return nil
}

// rehearseWith makes the drill with the cards that were entered, and forgets them.
func (t *cardTaker) rehearseWith(m *model, service cardService, done func(State, error)) {
	t.Checking = true
	cards := t.entered
	t.entered = nil
	background(m, func() (State, error) {
		defer func() {
			for _, card := range cards {
				clear(card)
			}
		}()
		if err := service.Drill(cards); err != nil {
			return State{}, err
		}
		return service.State()
	}, func(now State, err error) {
		t.clearCards()
		done(now, err)
	})
	m.changed()
}
