package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"marque/app/depot"
	"marque/app/terminal"
	"marque/app/words"
	"marque/device/wire"
)

// handed is a request and what became of it, as JSON shows it.
type handed struct {
	Name      string     `json:"name"`
	Kind      string     `json:"kind"`
	Words     string     `json:"words"`
	Confirmed time.Time  `json:"confirmed"`
	Batch     uint32     `json:"batch"`
	Package   string     `json:"package,omitempty"`
	HandedOut *time.Time `json:"handed_out,omitempty"`
	Receipt   *time.Time `json:"receipt,omitempty"` // when it was made
	List      uint32     `json:"list,omitempty"`    // that the device held then
	Receipts  uint32     `json:"receipts,omitempty"`
}

func handedOf(it *depot.Item) handed {
	h := handed{
		Name: it.Request.Name, Kind: it.Request.Kind.String(), Words: words.Text(it.Hash[:]), Confirmed: it.Confirmed, Batch: it.Batch,
		Package: it.Package, Receipts: it.Receipts,
	}
	if !it.HandedOut.IsZero() {
		h.HandedOut = &it.HandedOut
	}
	if it.Receipt != nil {
		h.Receipt, h.List = &it.Receipt.Time, it.Receipt.List.Sequence
	}
	return h
}

// state says how far a request has come.
func (h *handed) state() string {
	switch {
	case h.Receipts != 0:
		return fmt.Sprintf("receipt in batch %d, list %d", h.Receipts, h.List)
	case h.Receipt != nil:
		return fmt.Sprintf("receipt to be signed, list %d", h.List)
	case h.Package != "":
		return "handed out, no receipt yet"
	case h.Batch != 0:
		return fmt.Sprintf("in batch %d, no package yet", h.Batch)
	}
	return "in no batch yet"
}

func newDepotStatus() *cobra.Command {
	var h depotHome
	var asJSON bool
	cmd := &cobra.Command{
		Use: "status --dir FOLDER", Short: "Show what was collected, and what is missing", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.use("the depot was not opened", func(d *depot.Depot) error {
				items, err := d.Items()
				if err != nil {
					return err
				}
				all := []handed{}
				for i := range items {
					all = append(all, handedOf(&items[i]))
				}
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), all)
				}
				hash := wire.RegistrationHash(d.Registration())
				cmd.Printf("depot %s of %s\n  words  %s\n  list   %s\n", d.Name(), d.Core().Realm, words.Text(hash[:]), handsOut(d.List()))
				for i := range all {
					cmd.Printf("%s, %s: %s\n", all[i].Name, all[i].Kind, all[i].state())
				}
				return nil
			})
		},
	}
	h.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// handsOut names the newest list of a depot.
func handsOut(list wire.Order) string {
	if list.Sequence == 0 {
		return "none handed out yet"
	}
	return strconv.FormatUint(uint64(list.Sequence), 10)
}

// distributed is what came of a folder of the authority, as JSON shows it.
type distributed struct {
	List    uint32   `json:"list"` // the newest of the folder; 0: none
	Files   []handed `json:"files"`
	Foreign []string `json:"foreign"`
	Extra   []string `json:"extra"`
}

func newDepotDistribute() *cobra.Command {
	var h depotHome
	var from, to string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "distribute --dir FOLDER --from FOLDER [--to FOLDER]",
		Short: "Check the folder that the authority wrote, and note whom its packages are for",
		Long: `Verifies the manifest of a folder that the authority wrote, every file that it lists, and every package; then notes which package is
for which request that was collected here. With --to, those packages, lists and the core are copied there, for the devices. If a
single file is missing or was changed, nothing is handed out.`,
		Example: "  marque depot distribute --dir south --from /media/stick/packages --to for-the-buses",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.use("nothing was handed out", func(d *depot.Depot) error {
				var keep func(string, []byte) error
				if to != "" {
					if err := makeFolder(to); err != nil {
						return err
					}
					keep = func(name string, b []byte) error { return terminal.WriteNew(filepath.Join(to, name), b) }
				}
				out, err := d.Distribute(from, keep)
				if out != nil {
					err = errors.Join(showDistribution(cmd, out, asJSON), err)
				}
				return err
			})
		},
	}
	h.flags(cmd)
	cmd.Flags().StringVar(&from, "from", "", "the folder that the authority wrote (required)")
	cmd.Flags().StringVar(&to, "to", "", "a folder for what goes to the devices; made if it is missing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	terminal.Required(cmd, "from")
	return cmd
}

func showDistribution(cmd *cobra.Command, out *depot.Distribution, asJSON bool) error {
	for _, wrong := range out.Wrong {
		fmt.Fprintf(cmd.ErrOrStderr(), "WRONG    %s\n", wrong)
	}
	if asJSON {
		shown := distributed{List: out.List.Sequence, Files: []handed{}, Foreign: append([]string{}, out.Foreign...), Extra: append([]string{}, out.Extra...)}
		for i := range out.Items {
			shown.Files = append(shown.Files, handedOf(&out.Items[i]))
		}
		return terminal.JSON(cmd.OutOrStdout(), shown)
	}
	for _, it := range out.Items {
		cmd.Printf("%s  for %s, %s\n  words  %s\n", it.Package, it.Request.Name, it.Request.Kind, words.Text(it.Hash[:]))
	}
	for _, name := range out.Foreign {
		cmd.Printf("%s  is for a request that was not collected here\n", name)
	}
	if out.List.Sequence > 0 {
		cmd.Printf("list %d  is handed out from now on; the next receipts tell the authority\n", out.List.Sequence)
	}
	for _, name := range out.Extra {
		cmd.Printf("%s  is not of the authority\n", name)
	}
	return nil
}

func newDepotReceipts() *cobra.Command {
	var h depotHome
	var out string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "receipts --dir FOLDER --out FILE.mqt [RECEIPT…]",
		Short: "Collect the devices' receipts, and sign a batch of them",
		Long: `Reads receipts from pictures of their QR codes or from .mqa files, verifies each for the package that was handed out here, and signs
a batch of those that are in none yet, and of which revocation list was handed out here. Without any receipt, it signs what was collected before, or that
list alone if it is a newer one.`,
		Example: "  marque depot receipts --dir south --out south-1.mqt bus-4711/receipt.png",
		RunE: func(cmd *cobra.Command, args []string) error {
			return h.use("not everything was done", func(d *depot.Depot) error {
				failed := 0
				for _, file := range args {
					if err := receiveOne(cmd, d, file, asJSON); err != nil {
						failed++
						terminal.Explain(cmd.ErrOrStderr(), "marque", advice.Wrap(file+" was not collected", err))
					}
				}
				s, err := d.SignReceipts()
				if err == nil {
					err = writeSigned(cmd, s, out, "receipts", asJSON)
				}
				if failed > 0 {
					err = errors.Join(fmt.Errorf("%d of %d receipts: %w", failed, len(args), errCollected), err)
				}
				return err
			})
		},
	}
	h.flags(cmd)
	cmd.Flags().StringVar(&out, "out", "", "the file for the batch (required)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	terminal.Required(cmd, "out")
	return cmd
}

func receiveOne(cmd *cobra.Command, d *depot.Depot, file string, quiet bool) error {
	b, err := readOurs(cmd.Context(), wire.FoundReceipt, qrOrReceipt, file)
	if err != nil {
		return err
	}
	it, again, err := d.Receive(b)
	if err != nil {
		return err
	}
	if quiet {
		return nil
	}
	note := ""
	if again {
		note = ", which says nothing new"
	}
	cmd.Printf("%s: list %d, installed %s%s\n", it.Receipt.Address, it.Receipt.List.Sequence, it.Receipt.Installed.Format(time.RFC3339), note)
	return nil
}

// qrOrReceipt bounds a file that holds a receipt, or its text.
const qrOrReceipt = 4 * wire.MaxReceipt
