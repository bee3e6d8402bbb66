package flow

import (
	"path/filepath"
	"time"

	"marque/app/depot"
	"marque/app/words"
	"marque/device/wire"
)

// DepotPhase is what can be done at a depot at all.
type DepotPhase int

// The phases.
const (
	DepotLocked DepotPhase = iota // there is a folder, and its key is sealed
	DepotAbsent                   // there is none yet
	DepotOpen
)

// Depot holds the view-models of a depot's screens, and leads from one phase to the next. It knows no authority.
//
//	absent ──ChooseCore, Make──▶ open ◀──Unlock── locked
//	                              └──────Lock──────▶
type Depot struct {
	model
	folder DepotFolder
	read   func(path string) ([]byte, error)
	save   Saver
	clock  func() time.Time
	core   []byte
	keeper DepotKeeper
	used   time.Time     // when somebody did something last
	shut   chan struct{} // closed once the folder that was locked last is; nil before

	Phase   DepotPhase
	Busy    bool
	Wrong   bool // the passphrase
	Problem *Problem
	Notice  *Problem // why it was locked
	Dir     string
	Core    *wire.Core   // of the realm that a new depot is for, or of the open one; nil before
	Items   []depot.Item // all that was collected, in order; not to be changed
	Loaded  bool         // Items were read

	Collect  *Collect
	Batch    *DepotBatch // of requests
	HandOut  *HandOut
	Receipts *Receipts
}

// DepotParts is what the program joins to a depot.
type DepotParts struct {
	Loop     Loop
	Clock    func() time.Time
	Folder   DepotFolder
	Exists   bool // the folder
	Dir      string
	Read     func(path string) ([]byte, error) // of a small file; errors as those of [Scanner]
	Save     Saver
	Requests Scanner
	Receipts Scanner
}

// NewDepot returns a depot that is locked, or still to be made.
func NewDepot(p DepotParts) *Depot {
	d := &Depot{model: model{loop: p.Loop}, folder: p.Folder, read: p.Read, save: p.Save, clock: p.Clock, Dir: p.Dir}
	if !p.Exists {
		d.Phase = DepotAbsent
	}
	out := filepath.Dir(p.Dir)
	d.Collect = &Collect{model: model{loop: p.Loop}, scanner: p.Requests, depot: d, Chosen: -1}
	d.Batch = &DepotBatch{
		model: model{loop: p.Loop}, save: p.Save, depot: d, name: "%s-%d.mqd", Folder: out,
		sign: func(k DepotKeeper) (*depot.Signed, error) { return k.Sign() },
	}
	d.HandOut = &HandOut{model: model{loop: p.Loop}, depot: d}
	d.Receipts = &Receipts{model: model{loop: p.Loop}, scanner: p.Receipts, depot: d}
	d.Receipts.Batch = &DepotBatch{
		model: model{loop: p.Loop}, save: p.Save, depot: d, name: "%s-receipts-%d.mqt", Folder: out,
		sign: func(k DepotKeeper) (*depot.Signed, error) { return k.SignReceipts() },
	}
	return d
}

// Time returns the present time.
func (d *Depot) Time() time.Time { return d.clock() }

// After runs f in the goroutine of the window after a while.
func (d *Depot) After(wait time.Duration, f func()) { d.loop.After(wait, f) }

// Name returns the depot's name, empty while it is not open.
func (d *Depot) Name() string {
	if d.keeper == nil {
		return ""
	}
	return d.keeper.Name()
}

// Words returns the eight words of the realm.
func (d *Depot) Words() [words.Count]string {
	hash := d.Core.Hash()
	return words.Of(hash[:])
}

// RegistrationWords returns the eight words by which officers register the depot.
func (d *Depot) RegistrationWords() [words.Count]string {
	hash := wire.RegistrationHash(d.keeper.Registration())
	return words.Of(hash[:])
}

// RegistrationFile is where the registration is, for officers.
func (d *Depot) RegistrationFile() string { return filepath.Join(d.Dir, "registration.mqk") }

// Unlock opens the folder. The passphrase is cleared.
func (d *Depot) Unlock(passphrase []byte) {
	if d.Phase != DepotLocked || d.Busy {
		clear(passphrase)
		return
	}
	folder, shut := d.folder, d.shut
	d.begin("depot.unlock.failed", passphrase, func() (DepotKeeper, error) {
		if shut != nil {
			<-shut // else the folder is still in use, by this very program
		}
		return folder.Open(passphrase)
	})
}

// ChooseCore reads the statement of the realm that a new depot is for. A person compares its words.
func (d *Depot) ChooseCore(path string) {
	if d.Phase != DepotAbsent || d.Busy {
		return
	}
	d.Busy, d.Problem, d.Core = true, nil, nil
	read := d.read
	background(&d.model, func() ([]byte, error) { return read(path) }, func(b []byte, err error) {
		d.Busy = false
		if err == nil {
			d.core = b
			d.Core, err = wire.OpenCore(b)
		}
		d.Problem = explain(err, "depot.core.failed")
		d.changed()
	})
	d.changed()
}

// CheckNew says why a depot cannot be made yet; zero when it can.
func (d *Depot) CheckNew(name string, passphrase, again []byte) Text {
	switch {
	case d.Core == nil:
		return Say("depot.new.core")
	case name == "":
		return Say("depot.new.name")
	case wire.CheckName(name) != nil:
		return Say("depot.new.badname")
	}
	return checkSecret(passphrase, again)
}

// Make makes the folder with a new key, and writes its registration. The passphrase is cleared.
func (d *Depot) Make(name string, passphrase []byte) {
	if d.Phase != DepotAbsent || d.Busy || !d.CheckNew(name, passphrase, passphrase).IsZero() {
		clear(passphrase)
		return
	}
	folder, save, core, file := d.folder, d.save, d.core, d.RegistrationFile()
	d.begin("depot.new.failed", passphrase, func() (DepotKeeper, error) {
		k, err := folder.Create(name, core, passphrase)
		if err != nil {
			return nil, err
		}
		return k, save(file, k.Registration())
	})
}

// opened is a folder that was opened, and what is in it.
type opened struct {
	keeper DepotKeeper
	items  []depot.Item
}

func (d *Depot) begin(fallback string, passphrase []byte, open func() (DepotKeeper, error)) {
	d.Busy, d.Problem, d.Wrong = true, nil, false
	background(&d.model, func() (o opened, err error) {
		defer clear(passphrase)
		if o.keeper, err = open(); o.keeper == nil {
			return o, err
		}
		items, itemsErr := o.keeper.Items()
		o.items = items
		if err == nil {
			err = itemsErr
		}
		return o, err
	}, func(o opened, err error) {
		d.Busy, d.Wrong, d.Problem = false, wrongSecret(err), explain(err, fallback)
		if o.keeper != nil {
			d.keeper, d.Core, d.Phase, d.Notice = o.keeper, o.keeper.Core(), DepotOpen, nil
			d.Touch()
			d.Items, d.Loaded = o.items, true
		}
		d.changed()
	})
	d.changed()
}

// depotIdle is after how long without anybody doing anything a depot locks itself.
const depotIdle = 15 * time.Minute

// Touch notes that somebody did something.
func (d *Depot) Touch() { d.used = d.clock() }

// Tick locks when nobody did anything for long. It is called from time to time. What is under way comes to its end first.
func (d *Depot) Tick() {
	if d.clock().Sub(d.used) < depotIdle || !d.CanLock() {
		return
	}
	d.Lock()
	d.Notice = problem("depotidle", "Minutes", int(depotIdle.Minutes()))
	d.changed()
}

// CanLock reports whether locking now would leave nothing half-done.
func (d *Depot) CanLock() bool {
	return d.Phase == DepotOpen && !d.Busy && d.Collect.idle() && !d.Batch.Busy && !d.HandOut.Busy && d.Receipts.idle()
}

// Lock seals the key again, and forgets what the screens showed.
func (d *Depot) Lock() {
	if !d.CanLock() {
		return
	}
	d.forget()
	keeper, shut := d.keeper, make(chan struct{})
	d.shut = shut
	d.keeper, d.Core, d.Items, d.Loaded, d.Phase, d.Problem = nil, nil, nil, false, DepotLocked, nil
	d.Collect.reset()
	d.Batch.reset()
	d.HandOut.reset()
	d.Receipts.reset()
	background(&d.model, func() (struct{}, error) {
		defer close(shut)
		return struct{}{}, keeper.Close()
	}, func(_ struct{}, err error) {
		d.Problem = explain(err, "lock.failed")
		d.changed()
	})
	d.changed()
}

// Close closes the folder, at the end of the program.
func (d *Depot) Close() error {
	if d.keeper == nil {
		return nil
	}
	return d.keeper.Close()
}

// took shows items that were read after a change.
func (d *Depot) took(items []depot.Item) {
	if items != nil {
		d.Items = items
	}
	d.changed()
}

// Count returns how many requests stand where: in no batch yet, with a package that was handed out, with a receipt, and with one that is
// in no batch yet.
func (d *Depot) Count() (unsigned, handedOut, receipts, unsignedReceipts int) {
	for i := range d.Items {
		it := &d.Items[i]
		if it.Batch == 0 {
			unsigned++
		}
		if it.Package != "" {
			handedOut++
		}
		if it.Receipt != nil {
			receipts++
			if it.Receipts == 0 {
				unsignedReceipts++
			}
		}
	}
	return unsigned, handedOut, receipts, unsignedReceipts
}
