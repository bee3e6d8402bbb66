package label

import (
	"fmt"
	"io"
	"strings"
	"time"

	"marque/app/qr"
)

// Label is what is stuck on a vehicle or a device.
type Label struct {
	Address string   // in the code, and in letters
	Lines   []string // at most 3, such as the name and the depot
}

func (l *Label) check() error {
	if !printableLine(l.Address) || len(l.Lines) > 3 {
		return ErrLabel
	}
	for _, line := range l.Lines {
		if !printableLine(line) {
			return ErrLabel
		}
	}
	return nil
}

// Sheet writes labels as PDF, on as many sheets as it takes, beginning at label first of the first sheet, from 0: sheets that were begun
// are used up. Errors: [ErrLabel] and [ErrSmall], which say which one, [ErrTooMany],
// [ErrFormat] for a first label that is not on the sheet.
func Sheet(w io.Writer, f Format, labels []Label, first int, made time.Time) error {
	if f.PerPage() < 1 || first < 0 || first >= f.PerPage() {
		return ErrFormat
	}
	if len(labels) == 0 || len(labels) > MaxLabels {
		return ErrTooMany
	}
	d := newDocument(f.Width, f.Height, "Labels", made)
	for i := range labels {
		if err := labels[i].check(); err != nil {
			return fmt.Errorf("label %d: %w", i+1, err)
		}
		place := (first + i) % f.PerPage()
		if i == 0 || place == 0 {
			d.AddPage()
		}
		x := f.Left + float64(place%f.Columns)*f.StepX
		y := f.Top + float64(place/f.Columns)*f.StepY
		if err := d.label(&labels[i], x, y, f.LabelWidth, f.LabelHeight); err != nil {
			return fmt.Errorf("label %d: %w", i+1, err)
		}
	}
	return d.write(w)
}

// Single writes one label as PDF, for a printer with a roll.
func Single(w io.Writer, f Format, l Label, made time.Time) error {
	return Sheet(w, f, []Label{l}, 0, made)
}

// label draws one label: the code on the left, the lines beside it.
func (d *document) label(l *Label, x, y, width, height float64) error {
	const margin = 1.5
	side := min(height-2*margin, width*0.45)
	if err := d.code(l.Address, x+margin, y+(height-side)/2, side); err != nil {
		return err
	}
	left, room := x+margin+side, width-side-2*margin
	size := min(11, height/4)
	at := y + (height-float64(len(l.Lines)+1)*size*lineHeight)/2
	for i, line := range l.Lines {
		style := ""
		if i == 0 {
			style = "B"
		}
		at = d.line(line, left, at, room, size, style)
	}
	d.line(l.Address, left, at, room, size*0.7, "")
	return nil
}

// ZPL writes labels in ZPL II, the language of Zebra's printers and of many others, for a resolution in dots per millimetre: 8, 12 or 24.
// One job for each label. Characters that would be commands are written in hexadecimal. Errors as for [Sheet], and [ErrSmall].
func ZPL(w io.Writer, f Format, labels []Label, dots int) error {
	if f.PerPage() != 1 || dots != 8 && dots != 12 && dots != 24 {
		return ErrFormat
	}
	if len(labels) == 0 || len(labels) > MaxLabels {
		return ErrTooMany
	}
	var b strings.Builder
	for i := range labels {
		if err := labels[i].check(); err != nil {
			return fmt.Errorf("label %d: %w", i+1, err)
		}
		if err := zpl(&b, f, &labels[i], dots); err != nil {
			return fmt.Errorf("label %d: %w", i+1, err)
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the labels: %w", err)
	}
	return nil
}

// zpl writes one job. The printer makes the code itself, as large as fits on the left half for as many modules as ours has.
func zpl(b *strings.Builder, f Format, l *Label, dots int) error {
	rows, err := qr.Modules(l.Address)
	if err != nil {
		return fmt.Errorf("draw a code: %w", err)
	}
	width, height := int(f.Width*float64(dots)), int(f.Height*float64(dots))
	scale := min(10, (height-2*dots)/len(rows), width*11/20/len(rows)) // dots to the module; 10 is the language's end
	if float64(scale) < minModule*float64(dots) {
		return ErrSmall
	}
	fmt.Fprintf(b, "^XA\n^CI28\n^PW%d\n^LL%d\n", width, height)
	fmt.Fprintf(b, "^FO%d,%d^BQN,2,%d^FH_^FDMA,%s^FS\n", dots, dots, scale, hexadecimal(l.Address))
	left, at, size := 2*dots+scale*len(rows), 2*dots, max(3*dots, height/7)
	for _, line := range append(append([]string{}, l.Lines...), l.Address) {
		fmt.Fprintf(b, "^FO%d,%d^A0N,%d^FB%d,2^FH_^FD%s^FS\n", left, at, size, width-left-dots, hexadecimal(line))
		at += size + dots
		size = max(2*dots, size*3/4)
	}
	b.WriteString("^XZ\n")
	return nil
}

// hexadecimal writes what ZPL would take as a command, and what is not ASCII, as _XX of UTF-8.
func hexadecimal(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || strings.IndexByte("^~_\\", c) >= 0 {
			fmt.Fprintf(&b, "_%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
