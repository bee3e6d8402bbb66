package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"marque/app/flow"
	"marque/app/qr"
	"marque/app/terminal"
	"marque/device/wire"
)

// scanner reads requests from pictures of their codes, from request files, and from what a hand scanner types.
type scanner struct{}

// File implements flow.Scanner.
func (s scanner) File(path string) ([]byte, error) {
	b, err := read(path)
	if err != nil {
		return nil, err
	}
	switch wire.Sniff(b) {
	case wire.FoundRequest:
		return b, nil
	case wire.FoundRequestText:
		return s.Text(string(bytes.TrimSpace(b)))
	case wire.FoundUnknown:
	default:
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
func (scanner) Text(code string) ([]byte, error) {
	if wire.Sniff([]byte(code)) != wire.FoundRequestText {
		return nil, &flow.ForeignError{Seems: qr.Describe(code)}
	}
	return wire.ParseRequestText(code)
}

// read returns the contents of a regular file that is not larger than a picture may be.
func read(path string) ([]byte, error) {
	info, err := os.Stat(path) // before it is opened: opening a pipe would wait for ever
	if err != nil {
		return nil, fmt.Errorf("%w: %w", flow.ErrNoFile, err)
	}
	if !info.Mode().IsRegular() {
		return nil, flow.ErrNotPicture
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", flow.ErrNoFile, err)
	}
	defer f.Close() // nothing was written
	b, err := io.ReadAll(io.LimitReader(f, qr.MaxFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", flow.ErrNoFile, err)
	case len(b) > qr.MaxFile:
		return nil, flow.ErrLargePicture
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
