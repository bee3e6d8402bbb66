package main

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"marque/app/flow"
	"marque/app/flow/sheets"
	"marque/app/label"
)

// labelFormat is that of the usual rolls, and of the preview on the screen.
const labelFormat = "62x29"

// labels implements flow.LabelPrinter: a label becomes a PDF in a folder, which goes to the printing system where there is one. The same
// label gives the same octets.
func labels(folder string) flow.LabelPrinter {
	return func(l flow.Label) (string, error) {
		f, err := label.FormatOf(labelFormat)
		if err != nil {
			return "", err
		}
		var pdf bytes.Buffer
		made := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
		err = label.Single(&pdf, f, label.Label{Address: l.Address.String(), Lines: []string{l.Address.Name(), l.Realm}}, made)
		if err != nil {
			return "", fmt.Errorf("%w: %w", flow.ErrWrite, err)
		}
		path := filepath.Join(folder, fmt.Sprintf("%s~%d.pdf", l.Address.Name(), l.Address.Serial()))
		if err := save(path, pdf.Bytes()); err != nil {
			return "", err
		}
		if err := sheets.Print(path); errors.Is(err, flow.ErrNoPrinter) {
			return path, nil // somebody prints the file
		} else if err != nil {
			return "", err
		}
		return "", nil
	}
}
