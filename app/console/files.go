package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"marque/app/flow"
	"marque/app/qr"
	"marque/app/terminal"
	"marque/device/wire"
)

// scanner reads requests, receipts, or both, from pictures of their codes, from their files, and from what a hand scanner reads. It keeps
// the parts of a series until they are enough.
type scanner struct {
	kinds []kind

	mu     sync.Mutex
	joiner qr.Joiner
}

// kind is a kind of object that a scanner reads.
type kind struct {
	file, text wire.Found // what it is in a file, and as text
	parse      func(text string) ([]byte, error)
	series     qr.Type
}

var (
	kindRequest = kind{file: wire.FoundRequest, text: wire.FoundRequestText, parse: wire.ParseRequestText, series: 'R'}
	kindReceipt = kind{file: wire.FoundReceipt, text: wire.FoundReceiptText, parse: wire.ParseReceiptText, series: 'A'}
)

// requests returns a scanner of requests.
func requests() *scanner { return &scanner{kinds: []kind{kindRequest}} }

// receipts returns a scanner of receipts.
func receipts() *scanner { return &scanner{kinds: []kind{kindReceipt}} }

// counter returns a scanner of requests and receipts: an authority takes both.
func counter() *scanner { return &scanner{kinds: []kind{kindRequest, kindReceipt}} }

// find returns the kind that fits, nil for none.
func (s *scanner) find(fits func(k *kind) bool) *kind {
	for i := range s.kinds {
		if fits(&s.kinds[i]) {
			return &s.kinds[i]
		}
	}
	return nil
}

// File implements flow.Scanner.
func (s *scanner) File(path string) ([]byte, error) {
	get := read
	if path == flow.Clipboard {
		get = clipboard
	}
	b, err := get(path)
	if err != nil {
		return nil, err
	}
	found := wire.Sniff(b)
	switch {
	case s.find(func(k *kind) bool { return k.file == found }) != nil:
		return b, nil
	case s.find(func(k *kind) bool { return k.text == found }) != nil:
		return s.Text(string(bytes.TrimSpace(b)))
	case found != wire.FoundUnknown:
		return nil, &flow.ForeignError{Seems: "a file of another kind"}
	}
	text, err := qr.DecodeData(b)
	switch {
	case errors.Is(err, qr.ErrTooLarge):
		return nil, fmt.Errorf("%w: %w", flow.ErrLargePicture, err)
	case errors.Is(err, qr.ErrNotAnImage):
		return nil, fmt.Errorf("%w: %w", flow.ErrNotPicture, err)
	case errors.Is(err, qr.ErrNoCode):
		return nil, fmt.Errorf("%w: %w", flow.ErrNoCode, err)
	case err != nil:
		return nil, err
	}
	return s.Text(text)
}

// Text implements flow.Scanner.
func (s *scanner) Text(code string) ([]byte, error) {
	if qr.IsPart(code) {
		return s.part(code)
	}
	found := wire.Sniff([]byte(code))
	k := s.find(func(k *kind) bool { return k.text == found })
	if k == nil {
		return nil, &flow.ForeignError{Seems: qr.Describe(code)}
	}
	return k.parse(code)
}

// part takes one code of a series.
func (s *scanner) part(code string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	joined, progress, err := s.joiner.Add(code)
	switch {
	case errors.Is(err, qr.ErrPart):
		return nil, fmt.Errorf("%w: %w", wire.ErrChecksum, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", flow.ErrSeries, err)
	case s.find(func(k *kind) bool { return k.series == progress.Type }) == nil:
		return nil, &flow.ForeignError{Seems: qr.Describe(code)}
	case joined == nil:
		return nil, &flow.SeriesError{Series: flow.Series{Needed: progress.Needed, Have: progress.Have}}
	}
	return joined.Payload, nil
}

// read returns the contents of a regular file that is not larger than a picture may be.
func read(path string) ([]byte, error) {
	return readUpTo(path, qr.MaxFile)
}

// readFile implements flow.Parts.Read.
func readFile(path string, limit int) ([]byte, error) {
	b, err := terminal.Read(nil, path, limit)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", flow.ErrNoFile, err)
	}
	return b, nil
}

// save implements flow.Saver.
func save(path string, contents []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %w", flow.ErrWrite, err)
	}
	err := terminal.WriteNew(path, contents)
	switch {
	case errors.Is(err, terminal.ErrExists):
		return fmt.Errorf("%w: %w", flow.ErrFileExists, err)
	case err != nil:
		return fmt.Errorf("%w: %w", flow.ErrWrite, err)
	}
	return nil
}
