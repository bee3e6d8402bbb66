package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"marque/app/qr"
	"marque/app/terminal"
	"marque/hsm"
)

const (
	cardPrefix = "MQ1S"
)

var (
	errNoCard   = errors.New("it holds no share card; name a file or picture that the ceremony made, or type the card from paper")
	errNoCards  = errors.New("no cards were named; name their files or pictures, or run this at a terminal and type them")
	errCardCode = errors.New("the QR code is no share card")
)

// readCards reads share cards from sheets or pictures, or, where none is named, from the person at the terminal. The caller clears them.
func readCards(files []string) (cards [][]byte, err error) {
	if len(files) == 0 {
		return typedCards()
	}
	for _, file := range files {
		card, err := readCard(file)
		if err != nil {
			eraseCards(cards)
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		cards = append(cards, card)
	}
	return cards, nil
}

func eraseCards(cards [][]byte) {
	for _, c := range cards {
		clear(c)
	}
}

func readCard(file string) ([]byte, error) {
	b, err := terminal.Read(nil, file, qr.MaxFile)
	if err != nil {
		return nil, err
	}
	defer clear(b)
	if !picture(b) {
		return findCard(b)
	}
	text, err := qr.DecodeData(b)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(text, cardPrefix) {
		return nil, fmt.Errorf("%w; it seems to be %s; %w", errCardCode, qr.Describe(text), errNoCard)
	}
	return []byte(text), nil
}

// findCard cuts the card out of a sheet: from its first characters to the next empty line.
func findCard(sheet []byte) ([]byte, error) {
	i := bytes.Index(bytes.ToUpper(sheet), []byte(cardPrefix))
	if i < 0 {
		return nil, errNoCard
	}
	card := bytes.ReplaceAll(sheet[i:], []byte("\r"), nil)
	if end := bytes.Index(card, []byte("\n\n")); end >= 0 {
		clear(card[end:])
		card = card[:end]
	}
	return card, nil
}

// typedCards asks for cards until an empty one. A card that was mistyped is asked for again.
func typedCards() (cards [][]byte, err error) {
	for {
		card, err := typedCard(len(cards) + 1)
		switch {
		case errors.Is(err, terminal.ErrNoTerminal):
			return nil, errNoCards
		case err != nil:
			eraseCards(cards)
			return nil, err
		case card == nil && len(cards) == 0:
			return nil, errNoCards
		case card == nil:
			return cards, nil
		}
		cards = append(cards, card)
	}
}

// typedCard returns nil when nothing was typed.
func typedCard(n int) (card []byte, err error) {
	prompt := fmt.Sprintf("Card %d, line by line, an empty line after it (nothing at once: no more cards)\n> ", n)
	for {
		line, err := terminal.Ask(prompt)
		if err != nil && !errors.Is(err, io.EOF) {
			clear(card)
			return nil, err
		}
		if line != "" {
			card, prompt = append(append(card, line...), '\n'), "> "
			continue
		}
		if len(card) == 0 {
			return nil, nil
		}
		share, err := hsm.ParseShare(card)
		if err == nil {
			share.Erase()
			return card, nil
		}
		clear(card)
		card, prompt = nil, fmt.Sprintf("That is no card: %v.\nOnce more, from its first line:\n> ", err)
	}
}
