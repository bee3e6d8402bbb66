package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"marque/app/ceremony"
	"marque/app/localapi"
	"marque/app/terminal"
	"marque/device"
	"marque/device/wire"
)

// How the demonstration works: steps, in the order of demoSteps, share one demo. A step does its part with real files in the folder, checks
// what came of it, and returns one line for the reader; operations inside it that a reader will want to compare are measured. The first
// step that does not do what it says ends the demonstration.

var errNotEmpty = errors.New("the folder is not empty; name a new one, or none to use a temporary one")

// demo is the state that the steps share.
type demo struct {
	dir        string
	vault      demoVault
	softTPM    *softTPM // nil without
	home       home
	authority  *localapi.Client // nil while nobody is connected
	words      string           // of the realm
	busA       *party
	busB       *party
	parking    *party
	list       string        // the newest published list
	turnedAway chan error    // why bus-4711 refused a connection
	learned    chan learning // by parking, from peers
	rows       []row
}

// party is one device of the demonstration.
type party struct {
	name    string
	kind    wire.Kind
	device  *device.Device
	address wire.Address
}

// row is one measured operation.
type row struct {
	what   string
	octets int // on the wire or in the file
	took   time.Duration
}

// step is one part of the demonstration. Its line says what was shown to be true.
type step struct {
	title string
	do    func(d *demo) (line string, err error)
}

func newDemo() *cobra.Command {
	var dir string
	var vault demoVault
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the whole path in one go, with real files",
		Long: `Founds an authority, enrols two vehicles and a parking application by their QR codes, lets them talk as strangers by broadcast,
sealed messages and a session, revokes one vehicle, lets the list of it spread from the other to the parking, shows that it is refused
from then on, and verifies the log. Every step checks
what it says; the first one that fails ends the demonstration with exit code 1.

With --vault tpm the master secret is sealed by a TPM and opened by two of three officers: a software TPM (swtpm) that runs for the
demonstration only, or the one that --tpm names. Then it also shows the cards and the restore drill, officers who decide together,
a firmware update, a database that was put back, and the rotation to the next core. A real TPM keeps what founding does to it: a lockout
authorisation, if it had none, and counters.`,
		Example: "  marque demo --dir demo",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			const what = "the demonstration did not start"
			if err := vault.check(); err != nil {
				return advice.Wrap(what, err)
			}
			dir, err := demoFolder(dir)
			if err != nil {
				return advice.Wrap(what, err)
			}
			return runDemo(cmd.OutOrStdout(), dir, vault)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "an empty or new folder for the files, kept afterwards (default: a new temporary folder, kept too)")
	cmd.Flags().StringVar(&vault.kind, "vault", ceremony.VaultPassphrase, "what opens the vault: passphrase or tpm")
	cmd.Flags().StringVar(&vault.tpm, "tpm", "", "of a TPM vault: the TPM's device, or the Unix socket of swtpm (default: a software TPM of its own)")
	return cmd
}

func demoFolder(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "marque-demo-")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = errNotEmpty
	}
	return dir, err
}

// runDemo runs the steps and prints a line for each and the table of measurements.
func runDemo(out io.Writer, dir string, vault demoVault) (err error) {
	d := &demo{
		dir:        dir,
		vault:      vault,
		turnedAway: make(chan error, 1),
		learned:    make(chan learning, 1),
		busA:       &party{name: "bus-4711", kind: wire.KindVehicle},
		busB:       &party{name: "bus-4712", kind: wire.KindVehicle},
		parking:    &party{name: "parking", kind: wire.KindApplication},
	}
	defer func() { err = errors.Join(err, d.close()) }()
	fmt.Fprintf(out, "All files are in %s\n\n", dir)
	if d.softTPM, err = d.vault.provide(out, dir); err != nil {
		return advice.Wrap("the demonstration did not start", err)
	}
	d.home = home{dir: d.path("authority"), tpm: d.vault.tpm, secrets: secrets{folder: d.path("secrets")}}
	begin, steps := time.Now(), d.steps()
	for i, s := range steps {
		end := terminal.Progress(s.title)
		line, err := s.do(d)
		end()
		if err != nil {
			fmt.Fprintf(out, "%2d  FAILED  %s\n", i+1, s.title)
			return advice.Wrap(fmt.Sprintf("step %d of the demonstration failed (%s)", i+1, s.title), err)
		}
		fmt.Fprintf(out, "%2d  %s: %s\n", i+1, s.title, line)
	}
	fmt.Fprintf(out, "\nAll %d steps did what they say, in %v.\n\n", len(steps), time.Since(begin).Round(time.Millisecond))
	d.table(out)
	return nil
}

func (d *demo) parties() []*party { return []*party{d.busA, d.busB, d.parking} }

// timed measures one operation. It returns how many octets it put on the wire.
func (d *demo) timed(what string, do func() (octets int, err error)) error {
	begin := time.Now()
	octets, err := do()
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	d.rows = append(d.rows, row{what, octets, time.Since(begin)})
	return nil
}

func (d *demo) table(out io.Writer) {
	fmt.Fprintf(out, "%7s  %10s  %s\n", "octets", "ms", "what")
	for _, r := range d.rows {
		octets := ""
		if r.octets > 0 {
			octets = strconv.Itoa(r.octets)
		}
		fmt.Fprintf(out, "%7s  %10.2f  %s\n", octets, float64(r.took.Microseconds())/1000, r.what)
	}
}

func (d *demo) close() error {
	var errs []error
	for _, p := range d.parties() {
		if p.device != nil {
			errs = append(errs, p.device.Close())
		}
	}
	return errors.Join(append(errs, d.leave(), d.softTPM.close())...)
}
