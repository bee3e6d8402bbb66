package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"marque/app/qr"
	"marque/app/terminal"
	"marque/device"
	"marque/device/wire"
)

// receipt is what a device answers its package with, as JSON shows it.
type receipt struct {
	Address   string    `json:"address"`
	Sequence  uint32    `json:"sequence"` // of the package
	List      uint32    `json:"list"`     // 0: none
	Installed time.Time `json:"installed"`
	Made      time.Time `json:"made"`
	File      string    `json:"file"`
	PNG       string    `json:"png,omitempty"`
}

func newReceipt(f *folder) *cobra.Command {
	var out string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "receipt --dir FOLDER [--out FOLDER]",
		Short: "Write the receipt that answers the key package",
		Long: `Writes receipt.mqa, for a stick, and receipt.png, its QR code, to show to whoever handed the package out: that the keys are
installed, which revocation list is in force, and the keys that the next package is to be made for. It is the same until another
list is applied or another package installed; make it again then. Nothing in it is secret.`,
		Example: "  marque-vehicle receipt --dir bus-4711",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.use(func(d *device.Device) error {
				folder := out
				if folder == "" {
					folder = f.dir
				}
				made, err := writeReceipt(folder, d)
				if err != nil {
					return advice.Wrap("the receipt was not written", err)
				}
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), made)
				}
				cmd.Print(made.text())
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the folder for the files (default: the device folder)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// writeReceipt replaces what stood there before: receipts are made anew.
func writeReceipt(dir string, d *device.Device) (r receipt, err error) {
	b, err := d.Receipt()
	if err != nil {
		return r, err
	}
	parsed, err := wire.ParseReceipt(b)
	if err != nil {
		return r, err
	}
	r = receipt{
		Address: parsed.Address.String(), Sequence: parsed.Sequence, List: parsed.List.Sequence, Installed: parsed.Installed, Made: parsed.Time,
		File: filepath.Join(dir, "receipt.mqa"),
	}
	if err := terminal.Write(nil, r.File, b, false); err != nil {
		return r, fmt.Errorf("write the receipt: %w", err)
	}
	text := wire.ReceiptText(b)
	if len(text) > qr.MaxText {
		return r, nil // with so long an address: one code would be too fine to be read
	}
	picture, err := qr.EncodePNG(text)
	if err != nil {
		return r, err
	}
	r.PNG = filepath.Join(dir, "receipt.png")
	if err := terminal.Write(nil, r.PNG, picture, false); err != nil {
		return r, fmt.Errorf("write the QR code: %w", err)
	}
	return r, nil
}

func (r receipt) text() string {
	list := "no list in force"
	if r.List != 0 {
		list = fmt.Sprintf("list %d in force", r.List)
	}
	show := r.PNG
	if show == "" {
		show = "nothing: the address is too long for one code"
	}
	return fmt.Sprintf("%s: package %d, %s\n  show   %s\n  or     %s\n", r.Address, r.Sequence, list, show, r.File)
}
