package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"marque/app/flow"
	"marque/app/qr"
	"marque/device/wire"
)

// papers reads what a depot hands over that is no batch: its registration, a receipt, or its receipts together, from a file, a picture
// of a code, or the text of one.
type papers struct{}

// File implements flow.Scanner.
func (p papers) File(path string) ([]byte, error) {
	get := func(path string) ([]byte, error) { return readUpTo(path, qr.MaxFile) }
	if path == flow.Clipboard {
		get = clipboard
	}
	b, err := get(path)
	if err != nil {
		return nil, err
	}
	switch wire.Sniff(b) {
	case wire.FoundDepot, wire.FoundReceipt, wire.FoundReceipts:
		return b, nil
	case wire.FoundDepotText, wire.FoundReceiptText:
		return p.Text(string(bytes.TrimSpace(b)))
	case wire.FoundUnknown:
	default:
		return nil, flow.ErrDepotPaper
	}
	text, err := qr.DecodeData(b)
	switch {
	case errors.Is(err, qr.ErrTooLarge):
		return nil, fmt.Errorf("%w: %w", flow.ErrLargePicture, err)
	case errors.Is(err, qr.ErrNotAnImage):
		return nil, fmt.Errorf("%w: %w", flow.ErrDepotPaper, err)
	case errors.Is(err, qr.ErrNoCode):
		return nil, fmt.Errorf("%w: %w", flow.ErrNoCode, err)
	case err != nil:
		return nil, err
	}
	return p.Text(text)
}

// Text implements flow.Scanner.
func (papers) Text(code string) ([]byte, error) {
	switch wire.Sniff([]byte(code)) {
	case wire.FoundDepotText:
		return wire.ParseRegistrationText(code)
	case wire.FoundReceiptText:
		return wire.ParseReceiptText(code)
	case wire.FoundRequestText:
		return nil, flow.ErrDepotPaper
	default:
		return nil, &flow.ForeignError{Seems: qr.Describe(code)}
	}
}

// maxKeyFile is more than a P-256 key in PKCS #8 and PEM has, in octets.
const maxKeyFile = 4096

// readKey implements flow.KeyReader.
func readKey(path string) ([]byte, error) {
	b, err := readUpTo(path, maxKeyFile)
	if errors.Is(err, flow.ErrLargePicture) || errors.Is(err, flow.ErrNotPicture) {
		return nil, flow.ErrApproval
	}
	return b, err
}

// readUpTo returns the contents of a regular file of at most so many octets. Errors: flow.ErrNoFile, flow.ErrNotPicture for what is no
// regular file, flow.ErrLargePicture.
func readUpTo(path string, most int64) ([]byte, error) {
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
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		clear(b)
		return nil, fmt.Errorf("%w: %w", flow.ErrNoFile, err)
	case int64(len(b)) > most:
		clear(b)
		return nil, flow.ErrLargePicture
	}
	return b, nil
}

// build says what this program was made from.
func build() flow.Build {
	b := flow.Build{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}
