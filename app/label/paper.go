package label

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Card is a share card, or another secret that goes into an envelope: one page each, so that nobody sees two.
type Card struct {
	Title string   // "Backup card 2 of 5"
	Code  string   // the text of its code
	Lines []string // the same to be typed, as it is grouped
	Notes []string // what it is, and what to do with it
	Sign  []string // who signs at the foot of the page, and for what; at most 6
}

// A4 in millimetres.
const (
	pageWidth  = 210
	pageHeight = 297
	pageMargin = 20
	signWidth  = 80 // of a line to sign on
	signStep   = 14
)

// Cards writes cards as PDF, A4, one to the page. Errors: [ErrLabel], [ErrTooMany].
func Cards(w io.Writer, cards []Card, made time.Time) error {
	if len(cards) == 0 || len(cards) > MaxCards {
		return ErrTooMany
	}
	d := newDocument(pageWidth, pageHeight, "Cards", made)
	for i := range cards {
		if err := d.card(&cards[i]); err != nil {
			return fmt.Errorf("card %d: %w", i+1, err)
		}
	}
	return d.write(w)
}

func (d *document) card(c *Card) error {
	for _, line := range slices.Concat([]string{c.Title}, c.Lines, c.Notes, c.Sign) {
		if !printableLine(line) {
			return ErrLabel
		}
	}
	if len(c.Lines) > maxCardLines || len(c.Notes) > maxCardLines || len(c.Sign) > maxSign {
		return ErrTooMany
	}
	d.AddPage()
	const width = pageWidth - 2*pageMargin
	y := d.line(c.Title, pageMargin, pageMargin, width, 20, "B") + 4
	if err := d.code(c.Code, pageMargin, y, 90); err != nil {
		return err
	}
	y += 96
	d.SetFont("Courier", "", 13)
	for _, line := range c.Lines {
		d.Text(pageMargin, y+13*pointHeight, d.latin(line))
		y += 13 * lineHeight
	}
	y += 6
	for _, note := range c.Notes {
		y = d.line(note, pageMargin, y, width, 11, "")
	}
	y = pageHeight - pageMargin - float64(len(c.Sign)-1)*signStep
	for _, who := range c.Sign {
		d.SetDrawColor(0, 0, 0)
		d.Line(pageMargin, y, pageMargin+signWidth, y)
		d.line(who, pageMargin+signWidth+4, y-11*pointHeight, width-signWidth-4, 11, "")
		y += signStep
	}
	return nil
}

// Record writes a record, plain text, as PDF: A4, in a typewriter's letters, pages numbered, with room for signatures at the end. Error:
// [ErrTooMany] for more than [MaxRecord] octets.
func Record(w io.Writer, title, text string, signatures []string, made time.Time) error {
	if len(text) > MaxRecord || len(signatures) > MaxCards {
		return ErrTooMany
	}
	d := newDocument(pageWidth, pageHeight, title, made)
	const size, perPage = 9.5, 56
	lines := wrap(text)
	for _, who := range signatures {
		lines = append(lines, "", "")
		lines = append(lines, wrap(strings.Repeat("_", 40)+"  "+who)...)
	}
	pages := (len(lines) + perPage - 1) / perPage
	for page := range pages {
		d.AddPage()
		d.line(title, pageMargin, 12, pageWidth-2*pageMargin-20, 10, "B")
		d.line(fmt.Sprintf("%d / %d", page+1, pages), pageWidth-pageMargin-15, 12, 15, 10, "")
		d.SetFont("Courier", "", size)
		y := 22.0
		for _, line := range lines[page*perPage : min(len(lines), (page+1)*perPage)] {
			d.Text(pageMargin, y, d.latin(line))
			y += size * lineHeight * 1.1
		}
	}
	return d.write(w)
}

// wrap cuts lines at 84 characters, what an A4 page holds. Control characters go; a letter that the fonts do not have becomes a
// question mark.
func wrap(text string) []string {
	const columns = 84
	var out []string
	for line := range strings.Lines(text) {
		runes := []rune(strings.Map(func(r rune) rune {
			switch {
			case r < ' ' || r >= 0x7f && r < 0xa0:
				return -1
			case r > 'ÿ':
				return '?'
			}
			return r
		}, strings.ReplaceAll(line, "\t", "    ")))
		for len(runes) > columns {
			cut := columns
			for i := columns; i > columns/2; i-- {
				if runes[i] == ' ' {
					cut = i
					break
				}
			}
			out = append(out, string(runes[:cut]))
			runes = append([]rune("    "), []rune(strings.TrimLeft(string(runes[cut:]), " "))...)
		}
		out = append(out, string(runes))
	}
	return out
}
