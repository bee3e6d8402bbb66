package papers

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"marque/app/ceremony"
	"marque/app/label"
	"marque/app/terminal"
	"marque/device/wire"
)

// print writes the papers once more as they are to be printed: each card and the lockout authorisation on a page of its own, the record with
// room for signatures. Their date is the beginning of the realm's first epoch.
func (p *Papers) print(core, record []byte, backup, next [][]byte) error {
	c, err := wire.OpenCore(core)
	if err != nil {
		return fmt.Errorf("read the core: %w", err)
	}
	if err := p.printCards("backup", backup, c.Epoch0); err != nil {
		return err
	}
	if err := p.printCards("next-core", next, c.Epoch0); err != nil {
		return err
	}
	if p.lockout != nil {
		if err := p.printLockout(c.Epoch0); err != nil {
			return err
		}
	}
	return p.printRecord(record, c.Epoch0)
}

// printCards writes each card as a page in a file of its own: nobody sees two.
func (p *Papers) printCards(purpose string, cards [][]byte, made time.Time) error {
	for i, card := range cards {
		numbers, use := cardUse(p.plan, purpose)
		err := p.page(fmt.Sprintf("%s-%d-of-%d.pdf", purpose, i+1, len(cards)), made, &label.Card{
			Title: title(strings.ReplaceAll(purpose, "-", " ")) + fmt.Sprintf(" card %d of %d", i+1, len(cards)),
			Code:  string(card),
			Lines: grouped(card),
			Notes: []string{
				p.plan.Realm,
				fmt.Sprintf("%d %s", numbers.Needed, use),
				"Keep it where nobody else does, and where no two of them are.",
				"Whoever has read the code or the letters has the card: fold it, and seal it in an opaque envelope.",
			},
			Sign: []string{"holder", "place and date"},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// printLockout writes the page for the sealed envelope.
func (p *Papers) printLockout(made time.Time) error {
	return p.page(LockoutPDF, made, &label.Card{
		Title: "Lockout authorisation of the TPM",
		Code:  string(p.lockout),
		Lines: grouped(p.lockout),
		Notes: []string{
			p.plan.Realm,
			"It lets whoever holds it try wrong PINs without end, and forgives those that were tried.",
			"Fold this page so that nothing shows, put it into an opaque envelope, seal it, and sign over the seal.",
			"The envelope is opened for `marque authority lockout reset` alone.",
		},
		Sign: []string{"sealed by", "witness", "place and date"},
	})
}

// page writes one page that is secret.
func (p *Papers) page(name string, made time.Time, card *label.Card) error {
	var b bytes.Buffer
	if err := label.Cards(&b, []label.Card{*card}, made); err != nil {
		return fmt.Errorf("print %s: %w", name, err)
	}
	defer clear(b.Bytes())
	return terminal.WriteNewPrivate(filepath.Join(p.Folder, name), b.Bytes())
}

func (p *Papers) printRecord(record []byte, made time.Time) error {
	var b bytes.Buffer
	if err := label.Record(&b, "Record of the founding of "+p.plan.Realm, string(record), nil, made); err != nil {
		return fmt.Errorf("print the record: %w", err)
	}
	return terminal.WriteNewPrivate(filepath.Join(p.Folder, RecordPDF), b.Bytes())
}

// cardUse says how many cards are needed, and what for.
func cardUse(plan *ceremony.Plan, purpose string) (ceremony.Cards, string) {
	if purpose == "backup" {
		return plan.Backup, "of these cards give the master secret back, without TPM, PIN and officers."
	}
	return plan.Next, "of these cards give the secret of the next core, for after a compromise."
}

// grouped returns what is to be typed in lines, as cardSheet has it.
func grouped(secret []byte) (lines []string) {
	var line strings.Builder
	for i := 0; i < len(secret); i += cardGroup {
		if line.Len() > 0 {
			line.WriteByte(' ')
		}
		line.Write(secret[i:min(i+cardGroup, len(secret))])
		if i/cardGroup%cardGroups == cardGroups-1 {
			lines = append(lines, line.String())
			line.Reset()
		}
	}
	if line.Len() > 0 {
		lines = append(lines, line.String())
	}
	return lines
}

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
