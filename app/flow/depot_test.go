package flow_test

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"
	"time"

	"marque/app/appliance"
	"marque/app/depot"
	"marque/app/flow"
	"marque/app/qr"
	"marque/authority"
	"marque/device"
	"marque/device/wire"
)

// counter stands for the goroutine of a depot's window, with a real folder.
type counter struct {
	t       *testing.T
	results chan func()
	now     time.Time
	dir     string
	core    string // file
	saved   string // folder
	auth    *authority.Authority
	depot   *flow.Depot
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{
		t: t, results: make(chan func(), 100), now: time.Date(2026, 10, 14, 14, 32, 0, 0, time.UTC),
		dir: filepath.Join(t.TempDir(), "south"), core: filepath.Join(t.TempDir(), "core.mqs"), saved: t.TempDir(),
	}
	f, err := appliance.Found(filepath.Join(t.TempDir(), "authority"), appliance.Founding{
		Realm: authority.Founding{Realm: "fleet.example"}, Passphrase: []byte(secret), Cost: cheap,
	}, appliance.Options{Clock: c.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Appliance.Close() })
	c.auth = f.Appliance.Authority()
	statement, err := c.auth.CoreStatement()
	if err != nil {
		t.Fatal(err)
	}
	c.write(c.core, statement)
	c.open(false)
	t.Cleanup(func() { _ = c.depot.Close() })
	return c
}

// open starts the program.
func (c *counter) open(exists bool) {
	c.depot = flow.NewDepot(flow.DepotParts{
		Loop:  flow.Loop{Run: func(work func()) { go work() }, Post: func(result func()) { c.results <- result }},
		Clock: c.clock, Folder: c, Exists: exists, Dir: c.dir, Read: os.ReadFile, Save: c.save,
		Requests: &reader{parse: wire.ParseRequestText}, Receipts: &reader{parse: wire.ParseReceiptText},
	})
	c.depot.Batch.SetFolder(c.saved)
	c.depot.Receipts.Batch.SetFolder(c.saved)
}

func (c *counter) clock() time.Time { return c.now }

func (c *counter) write(path string, b []byte) {
	c.t.Helper()
	if err := c.save(path, b); err != nil {
		c.t.Fatal(err)
	}
}

func (c *counter) save(path string, b []byte) error { return os.WriteFile(path, b, 0o600) }

// Open implements flow.DepotFolder.
func (c *counter) Open(passphrase []byte) (flow.DepotKeeper, error) {
	d, err := depot.Open(c.dir, passphrase, depot.Options{Clock: c.clock})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Create implements flow.DepotFolder.
func (c *counter) Create(name string, core, passphrase []byte) (flow.DepotKeeper, error) {
	d, err := depot.Create(c.dir, name, core, passphrase, depot.Options{Clock: c.clock})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// reader implements flow.Scanner with what files hold, and parts.
type reader struct {
	parse  func(string) ([]byte, error)
	joiner qr.Joiner
}

func (*reader) File(path string) ([]byte, error) { return os.ReadFile(path) }

func (r *reader) Text(code string) ([]byte, error) {
	if !qr.IsPart(code) {
		return r.parse(code)
	}
	joined, progress, err := r.joiner.Add(code)
	if joined == nil && err == nil {
		return nil, &flow.SeriesError{Series: flow.Series{Needed: progress.Needed, Have: progress.Have}}
	}
	if err != nil {
		return nil, err
	}
	return joined.Payload, nil
}

// until lets results come until something is so.
func (c *counter) until(what string, so func() bool) {
	c.t.Helper()
	deadline := time.After(time.Minute)
	for !so() {
		select {
		case result := <-c.results:
			result()
		case <-deadline:
			c.t.Fatalf("%s did not come: %+v", what, c.depot.Problem)
		}
	}
}

// make makes the depot.
func (c *counter) make() {
	c.t.Helper()
	d := c.depot
	if why := d.CheckNew("south", []byte(secret), []byte(secret)); why.Key != "depot.new.core" {
		c.t.Fatalf("without a core: %q", why.Key)
	}
	d.ChooseCore(c.core)
	c.until("the realm", func() bool { return d.Core != nil })
	if why := d.CheckNew("no name", []byte(secret), []byte(secret)); why.Key != "depot.new.badname" {
		c.t.Fatalf("a bad name: %q", why.Key)
	}
	d.Make("south", []byte(secret))
	c.until("the depot", func() bool { return d.Phase == flow.DepotOpen })
}

// collect collects a request by the text of its code.
func (c *counter) collect(request []byte) {
	c.t.Helper()
	c.depot.Collect.Scan(wire.RequestText(request))
	c.until("the card", func() bool { return c.depot.Collect.Step == flow.CollectReview })
	c.depot.Collect.Keep()
	c.until("the request", func() bool { return c.depot.Collect.Step == flow.CollectWaiting })
}

// granted writes the folder that the authority would.
func (c *counter) granted(requests ...[]byte) string {
	c.t.Helper()
	dir := c.t.TempDir()
	var files []wire.File
	for _, r := range requests {
		issued, err := c.auth.Enrol(r)
		if err != nil {
			c.t.Fatal(err)
		}
		name := issued.Address.Name() + "~" + string(rune('0'+issued.Address.Serial())) + ".mqp"
		c.write(filepath.Join(dir, name), issued.Package)
		files = append(files, wire.File{Path: name, Size: uint64(len(issued.Package)), Hash: sha256.Sum256(issued.Package)})
	}
	manifest, err := c.auth.SignManifest(files)
	if err != nil {
		c.t.Fatal(err)
	}
	c.write(filepath.Join(dir, depot.ManifestFile), manifest)
	return dir
}

func TestDepotFromRequestToReceipt(t *testing.T) {
	c := newCounter(t)
	c.make()
	d := c.depot
	registration, err := os.ReadFile(d.RegistrationFile())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wire.OpenRegistration(registration, d.Core); err != nil || d.Name() != "south" {
		t.Fatalf("%q: %v", d.Name(), err)
	}
	dev, err := device.Create(filepath.Join(t.TempDir(), "device"), device.Wanted{Name: "bus-1", Kind: wire.KindVehicle}, device.Options{Clock: c.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dev.Close() })
	asked, err := dev.Request()
	if err != nil {
		t.Fatal(err)
	}
	c.collect(asked)
	d.Collect.Scan(wire.RequestText(asked))
	c.until("the same again", func() bool { return d.Collect.Step == flow.CollectReview })
	if !d.Collect.Known() || d.Collect.CanKeep() || len(d.Items) != 1 {
		t.Fatal("the same request is not known")
	}
	d.Collect.Discard()

	d.Batch.Sign()
	c.until("the batch", func() bool { return !d.Batch.Busy })
	statement, err := os.ReadFile(filepath.Join(c.saved, "south-1.mqd"))
	if err != nil {
		t.Fatalf("%v, %+v", err, d.Batch.Problem)
	}
	if b, err := wire.OpenBatch(statement, d.Core); err != nil || len(b.Requests) != 1 || !d.Batch.Written {
		t.Fatalf("%+v, %v", b, err)
	}

	folder := c.granted(asked, request(t, "bus-2", c.now))
	d.HandOut.Choose(folder)
	c.until("the check", func() bool { return !d.HandOut.Busy })
	if !d.HandOut.Sound() || d.HandOut.Ours() != 1 || len(d.HandOut.Rows) != 2 || !d.HandOut.CanMark() {
		t.Fatalf("%+v, %+v", d.HandOut.Rows, d.HandOut.Problem)
	}
	if _, handed, _, _ := d.Count(); handed != 0 {
		t.Fatal("looking handed out")
	}
	d.HandOut.Mark()
	c.until("the mark", func() bool { return d.HandOut.Done })

	c.receipt(dev, folder)
	d.Receipts.Batch.Sign()
	c.until("the batch of receipts", func() bool { return !d.Receipts.Batch.Busy })
	if _, err := os.Stat(filepath.Join(c.saved, "south-receipts-1.mqt")); err != nil {
		t.Errorf("%v, %+v", err, d.Receipts.Batch.Problem)
	}
}

// receipt installs the package in a folder, and scans the receipt, part by part.
func (c *counter) receipt(dev *device.Device, folder string) {
	t, d := c.t, c.depot
	t.Helper()
	pkg, err := os.ReadFile(filepath.Join(folder, "bus-1~0.mqp"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dev.Install(pkg, d.Core.Hash()); err != nil {
		t.Fatal(err)
	}
	_, list, err := c.auth.NewestList()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dev.Apply(list); err != nil {
		t.Fatal(err)
	}
	receipt, err := dev.Receipt()
	if err != nil {
		t.Fatal(err)
	}
	series, err := qr.Split('A', receipt, qr.Density{Octets: 150})
	if err != nil {
		t.Fatal(err)
	}
	for i := range series.Total() {
		d.Receipts.Scan(series.Text(i))
		c.until("a part", func() bool { return !d.Receipts.Busy })
		if d.Receipts.Problem != nil || (d.Receipts.Series == nil) != (i == series.Total()-1) {
			t.Fatalf("part %d: %+v", i, d.Receipts.Problem)
		}
	}
	if d.Receipts.Last == nil || d.Receipts.Last.Request.Name != "bus-1" {
		t.Fatalf("%+v", d.Receipts.Last)
	}
}

func TestDepotLockAndUnlock(t *testing.T) {
	c := newCounter(t)
	c.make()
	c.collect(request(t, "bus-1", c.now))
	c.depot.Lock()
	if c.depot.Phase != flow.DepotLocked || len(c.depot.Items) > 0 || c.depot.Name() != "" {
		t.Fatal("something of the open depot is still there")
	}
	wrong := []byte("wrong passphrase")
	c.depot.Unlock(wrong)
	c.until("the refusal", func() bool { return c.depot.Problem != nil })
	if !c.depot.Wrong || c.depot.Problem.What.Key != "problem.depotpass.what" || string(wrong) != string(make([]byte, len(wrong))) {
		t.Fatalf("%+v", c.depot.Problem)
	}
	c.depot.Unlock([]byte(secret))
	c.until("the open depot", func() bool { return c.depot.Phase == flow.DepotOpen })
	if len(c.depot.Items) != 1 {
		t.Errorf("%d requests", len(c.depot.Items))
	}
	c.depot.Collect.Scan(wire.RequestText(request(t, "bus-1", c.now)))
	c.until("the twin", func() bool { return c.depot.Collect.Step == flow.CollectReview })
	if c.depot.Collect.Twin() == nil || c.depot.Collect.Known() {
		t.Error("another request of the same name is not told apart")
	}
}

func TestDepotHandsOutNothingThatWasChanged(t *testing.T) {
	c := newCounter(t)
	c.make()
	r := request(t, "bus-1", c.now)
	c.collect(r)
	folder := c.granted(r)
	c.write(filepath.Join(folder, "bus-1~0.mqp"), []byte("another package"))
	d := c.depot
	d.HandOut.Choose(folder)
	c.until("the check", func() bool { return !d.HandOut.Busy })
	if d.HandOut.Sound() || d.HandOut.CanMark() || d.HandOut.Problem.What.Key != "problem.manifest.what" {
		t.Errorf("%+v", d.HandOut.Problem)
	}
	d.HandOut.Choose(t.TempDir())
	c.until("the other", func() bool { return !d.HandOut.Busy })
	if d.HandOut.Problem.What.Key != "problem.nomanifest.what" {
		t.Errorf("%+v", d.HandOut.Problem)
	}
	d.Batch.Sign()
	d.Receipts.Batch.Sign()
	c.until("the batches", func() bool { return !d.Batch.Busy && !d.Receipts.Batch.Busy })
	if d.Receipts.Batch.Problem == nil || d.Receipts.Batch.Problem.What.Key != "problem.depotnothing.what" {
		t.Errorf("%+v", d.Receipts.Batch.Problem)
	}
}
