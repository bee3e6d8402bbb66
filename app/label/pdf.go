package label

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"marque/app/qr"
)

// document is a PDF whose octets depend on its content and the given time alone.
type document struct {
	*fpdf.Fpdf
	latin func(string) string // to the encoding of the built-in fonts
}

func newDocument(width, height float64, title string, made time.Time) *document {
	pdf := fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: fpdf.SizeType{Wd: width, Ht: height}})
	pdf.SetCreationDate(made.UTC())
	pdf.SetModificationDate(made.UTC())
	pdf.SetCatalogSort(true)
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(0, 0, 0)
	pdf.SetTitle(title, true)
	pdf.SetCreator("Marque", true)
	return &document{Fpdf: pdf, latin: pdf.UnicodeTranslatorFromDescriptor("")}
}

// write finishes the document.
func (d *document) write(w io.Writer) error {
	var out bytes.Buffer
	if err := d.Output(&out); err != nil {
		return fmt.Errorf("make the PDF: %w", err)
	}
	defer clear(out.Bytes()) // it may be a share card
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write the PDF: %w", err)
	}
	return nil
}

// code draws a QR code with its quiet zone into a square: one rectangle for each run of black modules.
func (d *document) code(text string, x, y, side float64) error {
	rows, err := qr.Modules(text)
	if err != nil {
		return fmt.Errorf("draw a code: %w", err)
	}
	module := side / float64(len(rows))
	if module < minModule {
		return ErrSmall
	}
	d.SetFillColor(0, 0, 0)
	for r, row := range rows {
		for from := 0; from < len(row); {
			if !row[from] {
				from++
				continue
			}
			to := from
			for to < len(row) && row[to] {
				to++
			}
			d.Rect(x+float64(from)*module, y+float64(r)*module, float64(to-from)*module, module, "F")
			from = to
		}
	}
	return nil
}

// line writes one line, smaller where it would be too wide, and returns the next line's y.
func (d *document) line(text string, x, y, width, size float64, style string) float64 {
	text = d.latin(text)
	d.SetFont("Helvetica", style, size)
	if wide := d.GetStringWidth(text); wide > width {
		d.SetFont("Helvetica", style, size*width/wide)
	}
	d.Text(x, y+size*pointHeight, text)
	return y + size*lineHeight
}

const (
	pointHeight = 0.3528       // of a point, in mm
	lineHeight  = 1.2 * 0.3528 // of a line of one point
)

// printableLine refuses what would not be shown as it is.
func printableLine(s string) bool {
	if s == "" || len(s) > maxLine || strings.TrimSpace(s) != s {
		return false
	}
	for _, r := range s {
		if r < ' ' || r > 'ÿ' || r >= 0x7f && r < 0xa0 {
			return false
		}
	}
	return true
}
