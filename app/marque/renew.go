package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"marque/app/batch"
	"marque/app/carry"
	"marque/app/localapi"
	"marque/authority"
	"marque/device/wire"
)

var (
	errNoneDue = errors.New("no receipt that was taken is of an identity whose keys end so soon; `marque authority receipts --due DAYS` lists all that are due")
	errRequest = errors.New("this is no receipt; requests are enrolled with `marque authority enrol`, after comparing their words")
)

// renewal is where the receipts of `renew` come from.
type renewal struct {
	files []string
	due   int // days; receipts that were taken before, of those whose keys end within so many; below 0 for files
	left  int // how many more are due than one batch takes
}

func newRenew() *cobra.Command {
	var h home
	run := batchRun{renews: &renewal{}}
	cmd := &cobra.Command{
		Use:   "renew --dir FOLDER --out FOLDER {RECEIPT… | FOLDER… | FILE.mqt… | --due DAYS}",
		Short: "Make the next packages of devices, from their receipts",
		Long: `Makes for each receipt the next package of its device, with keys of the epochs after those that it has, as far as those of a package
that is made now reach, and writes it to --out: NAME~SERIAL-2.mqp, and so on. A receipt brings the keys that the package is made for, and is
signed by the device, so that no words have to be compared. The device goes on with its address, and with the keys that it has, until their time
has passed. The same receipt again gives the same package.

Receipts come from .mqa files, from pictures of their QR codes, from folders of both, and from what depots signed (.mqt); with --due from those
that were taken before (marque authority receipts), of devices whose keys end within so many days. First it is shown what would become of each
(--preview: and nothing else). An interruption finishes what is being made; after it, or a crash, the same command goes on from there.

Who is revoked or suspended gets none. After the authority was reopened, a device has to apply its newest list first, and make its receipt then:
that shows that no later package, which the authority forgot, is installed.`,
		Example: `  marque authority renew --dir fleet --out packages bus-4711/receipt.png
  marque authority renew --dir fleet --out packages --yes south-1.mqt
  marque authority renew --dir fleet --due 60 --preview`,
		Args: func(_ *cobra.Command, args []string) error {
			run.renews.files = args
			switch {
			case run.renews.due >= 0 && len(args) > 0:
				return errors.New("receipts come from files, or with --due from those that were taken, not both")
			case run.renews.due < 0 && len(args) == 0:
				return errors.New("name the receipts, or --due and a number of days")
			case run.out == "" && !run.preview:
				return errors.New(`required flag(s) "out" not set`)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.unlocked(func(c *localapi.Client) error { return run.run(cmd, c) })
		},
	}
	h.changeFlags(cmd)
	cmd.Flags().StringVar(&run.out, "out", "", "the folder for packages, list and core; made if it is missing (required, but for --preview)")
	cmd.Flags().IntVar(&run.renews.due, "due", -1, "in place of files: the receipts that were taken, of devices whose keys end within so many days")
	cmd.Flags().BoolVar(&run.preview, "preview", false, "show what would become of it, and write nothing but the report")
	cmd.Flags().StringVar(&run.report, "report", "", "the file for a table of what became of each receipt; replaced if it is there")
	cmd.Flags().BoolVar(&run.yes, "yes", false, "ask nothing")
	cmd.Flags().BoolVar(&run.asJSON, "json", false, "print JSON")
	return cmd
}

// read reads the receipts.
func (r *renewal) read(ctx context.Context, c *localapi.Client, reading batch.Progress) (items []batch.Item, err error) {
	if r.due >= 0 {
		return r.kept(c)
	}
	for _, path := range r.files {
		some, err := readItems(ctx, c, path, reading)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, item := range some {
			item.Line = len(items) + 1
			if item.Request != nil && wire.Sniff(item.Request) != wire.FoundReceipt {
				item.Request, item.Err = nil, errRequest
			}
			items = append(items, item)
		}
	}
	return items, nil
}

// readItems reads what is in one folder or file.
func readItems(ctx context.Context, c *localapi.Client, path string, reading batch.Progress) ([]batch.Item, error) {
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if info.IsDir() {
		return batch.Read(ctx, path, reading)
	}
	b, err := carry.Read(ctx, wire.FoundReceipt, wire.MaxBatch, path)
	if err != nil {
		return nil, err
	}
	p, err := carry.Recognise(b)
	if err != nil {
		return nil, err
	}
	if p.Found != wire.FoundReceipts {
		if b, err = p.Is(wire.FoundReceipt); err != nil {
			return nil, err
		}
		return batch.Of(path, [][]byte{b})
	}
	core, err := readCore(c)
	if err != nil {
		return nil, err
	}
	signed, err := wire.OpenReceipts(p.Content, core)
	if err != nil {
		return nil, err
	}
	if err := registered(c, &signed.HandOver); err != nil {
		return nil, err
	}
	return batch.Of(signed.Name, signed.Receipts)
}

// registered says why what a depot signed is not taken, if it is not.
func registered(c *localapi.Client, by *wire.HandOver) error {
	depots, err := c.Depots()
	if err != nil {
		return err
	}
	for i := range depots {
		switch d := &depots[i]; {
		case d.Name != by.Name || d.Key != by.Key:
		case d.Revoked != nil:
			return authority.ErrDepotRevoked
		case d.Lapsed:
			return authority.ErrDepotLapsed
		default:
			return nil
		}
	}
	return authority.ErrNoDepot
}

// kept returns the receipts that the authority has of those whose keys end soon.
func (r *renewal) kept(c *localapi.Client) ([]batch.Item, error) {
	var receipts [][]byte
	err := eachReceipt(c, func(one *authority.Receipt) {
		if one.Got && dueWithin(one, r.due) {
			receipts = append(receipts, one.Kept)
		}
	})
	switch {
	case err != nil:
		return nil, err
	case len(receipts) == 0:
		return nil, errNoneDue
	}
	now := receipts[:min(len(receipts), batch.MaxRequests)]
	r.left = len(receipts) - len(now) // who is renewed is due no more
	return batch.Of("", now)
}

// dueWithin reports whether an identity's keys end within so many days.
func dueWithin(r *authority.Receipt, days int) bool {
	return r.Until.Before(time.Now().Add(time.Duration(days) * 24 * time.Hour))
}

// receiptPage is how many receipts are asked for at once: each brings some 300 octets.
const receiptPage = 250

// eachReceipt shows do what is known of every identity that is in order.
func eachReceipt(c *localapi.Client, do func(*authority.Receipt)) error {
	for from := uint32(0); ; {
		page, err := c.Receipts(from, receiptPage)
		if err != nil {
			return err
		}
		for i := range page {
			do(&page[i])
		}
		if len(page) < receiptPage {
			return nil
		}
		from = page[len(page)-1].Address.Serial() + 1
	}
}
