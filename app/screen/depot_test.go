package screen_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"marque/app/appliance"
	"marque/app/depot"
	"marque/app/flow"
	"marque/app/screen"
	"marque/authority"
	"marque/device/wire"
	"marque/hsm"
)

// depotStage is a depot in a window of the test driver, with a real folder.
type depotStage struct {
	stage

	dir    string
	office func() *authority.Authority // grants the depot's requests
	depot  *flow.Depot
	shell  *screen.DepotShell
}

// foundOffice returns an authority in a new folder, which is closed when the test ends.
func foundOffice(t *testing.T) *authority.Authority {
	t.Helper()
	founded, err := appliance.Found(filepath.Join(t.TempDir(), "authority"), appliance.Founding{
		Realm: authority.Founding{Realm: "nordtal.example"}, Passphrase: passphrase, Cost: hsm.Cost{Time: 1, MemoryKiB: 8, Threads: 1},
	}, appliance.Options{Clock: func() time.Time { return today }})
	must(err)
	t.Cleanup(func() { _ = founded.Appliance.Close() })
	return founded.Appliance.Authority()
}

// Open implements flow.DepotFolder.
func (s *depotStage) Open(passphrase []byte) (flow.DepotKeeper, error) {
	d, err := depot.Open(s.dir, passphrase, depot.Options{Clock: func() time.Time { return today }})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Create implements flow.DepotFolder.
func (s *depotStage) Create(name string, core, passphrase []byte) (flow.DepotKeeper, error) {
	d, err := depot.Create(s.dir, name, core, passphrase, depot.Options{Clock: func() time.Time { return today }})
	if err != nil {
		return nil, err
	}
	return d, nil
}

func newDepotStage(t *testing.T, size fyne.Size, dark bool) *depotStage {
	t.Helper()
	fyne.CurrentApp().Preferences().SetBool("dark", dark)
	s := &depotStage{stage: stage{t: t, saved: map[string][]byte{}}, dir: filepath.Join(t.TempDir(), "south")}
	s.office = sync.OnceValue(func() *authority.Authority { return foundOffice(t) })
	s.depot = flow.NewDepot(flow.DepotParts{
		Loop: flow.Loop{
			Run:   func(work func()) { s.work = append(s.work, work) },
			Post:  func(result func()) { result() },
			After: func(_ time.Duration, f func()) { s.later = append(s.later, f) },
		},
		Clock: func() time.Time { return today.Add(s.late) }, Folder: s, Dir: "/media/SOUTH/depot",
		Read: os.ReadFile, Save: func(path string, b []byte) error { s.saved[path] = b; return s.fails },
		Requests: &scanner{}, Receipts: &scanner{},
	})
	t.Cleanup(func() { _ = s.depot.Close() })
	s.window = test.NewTempWindow(t, nil)
	s.shell = screen.NewDepotShell(s.window, s.depot)
	s.window.Resize(size)
	return s
}

func (s *depotStage) core() string {
	b, err := s.office().CoreStatement()
	must(err)
	path := filepath.Join(s.t.TempDir(), "core.mqs")
	must(os.WriteFile(path, b, 0o600))
	return path
}

// made makes the depot.
func (s *depotStage) made() {
	s.depot.Phase = flow.DepotAbsent
	s.depot.ChooseCore(s.core())
	s.settle()
	s.depot.Make("depot-south", append([]byte(nil), passphrase...))
	s.settle()
}

// collected collects requests and returns them.
func (s *depotStage) collected(names ...string) (all [][]byte) {
	for _, name := range names {
		r := request(name, wire.KindVehicle, today)
		s.depot.Collect.Scan(wire.RequestText(r))
		s.settle()
		s.depot.Collect.Keep()
		s.settle()
		all = append(all, r)
	}
	return all
}

// granted writes a folder as the authority does, with its manifest.
func (s *depotStage) granted(requests ...[]byte) string {
	dir := s.t.TempDir()
	var files []wire.File
	for i, r := range requests {
		issued, err := s.office().Enrol(r)
		must(err)
		name := issued.Address.Name() + "~" + string(rune('0'+i)) + ".mqp"
		must(os.WriteFile(filepath.Join(dir, name), issued.Package, 0o600))
		files = append(files, wire.File{Path: name, Size: uint64(len(issued.Package)), Hash: sha256.Sum256(issued.Package)})
	}
	manifest, err := s.office().SignManifest(files)
	must(err)
	must(os.WriteFile(filepath.Join(dir, depot.ManifestFile), manifest, 0o600))
	return dir
}

// unique are names that nobody has enrolled yet.
func (s *depotStage) unique(n int) (names []string) {
	for range n {
		names = append(names, fmt.Sprintf("bus-%d", 4730+s.counter()))
	}
	return names
}

var depotStates = []struct {
	name string
	play func(s *depotStage)
}{
	{"depot-absent-empty", func(s *depotStage) { s.depot.Phase = flow.DepotAbsent; s.shell.Draw() }},
	{"depot-absent-realm", func(s *depotStage) {
		s.depot.Phase = flow.DepotAbsent
		s.depot.ChooseCore(s.core())
		s.settle()
		s.typed("depot-south")
	}},
	{"depot-locked-empty", func(*depotStage) {}},
	{"depot-locked-error", func(s *depotStage) { s.made(); s.depot.Lock(); s.settle(); s.depot.Unlock([]byte("wrong")); s.settle() }},
	{"depot-collect-start", func(s *depotStage) { s.made() }},
	{"depot-collect-review", func(s *depotStage) {
		s.made()
		s.collected("bus-4720", "bus-4721", "van-0112")
		s.scans(wire.RequestText(request("bus-4722", wire.KindVehicle, today)))
		s.settle()
	}},
	{"depot-collect-twin", func(s *depotStage) {
		s.made()
		s.collected("bus-4720")
		s.scans(wire.RequestText(request("bus-4720", wire.KindVehicle, today)))
		s.settle()
	}},
	{"depot-collect-known", func(s *depotStage) {
		s.made()
		s.scans(wire.RequestText(s.collected("bus-4720")[0]))
		s.settle()
	}},
	{"depot-collect-parts", func(s *depotStage) {
		s.made()
		for _, code := range parts(s.t, 'R', request("bus-4720", wire.KindVehicle, today))[1:] {
			s.scans(code)
			s.settle()
		}
	}},
	{"depot-collect-foreign", func(s *depotStage) { s.made(); s.scans("https://example.org/menu"); s.settle() }},
	{"depot-collect-kept", func(s *depotStage) { s.made(); s.collected("bus-4720", "bus-4721") }},
	{"depot-collect-remove", func(s *depotStage) {
		s.made()
		s.collected("bus-4720", "bus-4721")
		s.key(fyne.KeyDown)
	}},
	{"depot-collect-removed", func(s *depotStage) {
		s.made()
		s.collected("bus-4720", "bus-4721")
		s.key(fyne.KeyDown)
		s.key(fyne.KeyF6)
		s.settle()
	}},
	{"depot-locked-idle", func(s *depotStage) {
		s.made()
		s.late += 16 * time.Minute
		s.shell.Tick()
		s.settle()
	}},
	{"depot-sign-start", func(s *depotStage) { s.made(); s.collected("bus-4720", "bus-4721"); s.shell.Open(1) }},
	{"depot-sign-done", func(s *depotStage) {
		s.made()
		s.collected("bus-4720", "bus-4721")
		s.shell.Open(1)
		s.key(fyne.KeyReturn)
		s.settle()
	}},
	{"depot-sign-nothing", func(s *depotStage) { s.made(); s.shell.Open(1); s.key(fyne.KeyReturn); s.settle() }},
	{"depot-handout-start", func(s *depotStage) { s.made(); s.shell.Open(2) }},
	{"depot-handout-checked", func(s *depotStage) {
		s.made()
		all := append(s.collected(s.unique(2)...), request(s.unique(1)[0], wire.KindVehicle, today))
		s.shell.Open(2)
		s.depot.HandOut.Choose(s.granted(all...))
		s.settle()
	}},
	{"depot-handout-wrong", func(s *depotStage) {
		s.made()
		dir := s.granted(s.collected(s.unique(2)...)...)
		files, err := filepath.Glob(filepath.Join(dir, "*.mqp"))
		must(err)
		must(os.WriteFile(files[0], []byte("another"), 0o600))
		s.shell.Open(2)
		s.depot.HandOut.Choose(dir)
		s.settle()
	}},
	{"depot-handout-done", func(s *depotStage) {
		s.made()
		dir := s.granted(s.collected(s.unique(2)...)...)
		s.shell.Open(2)
		s.depot.HandOut.Choose(dir)
		s.settle()
		s.key(fyne.KeyReturn)
		s.settle()
	}},
	{"depot-receipts-start", func(s *depotStage) { s.made(); s.shell.Open(3) }},
	{"depot-receipts-handed", func(s *depotStage) {
		s.made()
		dir := s.granted(s.collected(s.unique(2)...)...)
		s.depot.HandOut.Choose(dir)
		s.settle()
		s.depot.HandOut.Mark()
		s.settle()
		s.shell.Open(3)
		s.depot.Receipts.Batch.Sign()
		s.settle()
	}},
	{"depot-about", func(s *depotStage) { s.made(); s.shell.Open(4) }},
}

// TestDepotScreens draws every screen of a depot, as TestScreens does those of an authority.
func TestDepotScreens(t *testing.T) {
	suffix := ""
	if os.Getenv(german) != "" {
		suffix = "-de"
	}
	dark := false
	for _, state := range inOrder(depotStates) {
		t.Run(state.name, func(t *testing.T) {
			s, shots := newDepotStage(t, sizes[0], dark), snapshotsOf(t, "depot"+suffix)
			state.play(s)
			for i := range looks() {
				if i > 0 {
					dark = !dark
					s.control("D")
				}
				for _, size := range sizes {
					check(&s.stage, shots, state.name, suffix, size, dark)
				}
			}
		})
	}
}

func TestDepotByKeys(t *testing.T) {
	s := newDepotStage(t, sizes[0], false)
	s.made()
	s.scans(wire.RequestText(request("bus-1", wire.KindVehicle, today)))
	s.settle()
	s.press(fyne.KeyReturn) // a second one of the scanner
	s.settle()
	if len(s.depot.Items) != 0 || s.depot.Collect.Step != flow.CollectReview {
		t.Fatalf("%d kept, step %d", len(s.depot.Items), s.depot.Collect.Step)
	}
	s.key(fyne.KeyReturn)
	s.settle()
	if len(s.depot.Items) != 1 {
		t.Fatalf("%d kept: %v", len(s.depot.Items), s.depot.Collect.Problem)
	}
	s.control("2")
	s.key(fyne.KeyReturn)
	s.settle()
	if b := s.depot.Batch; !b.Written || s.saved["/media/SOUTH/depot-south-1.mqd"] == nil {
		t.Fatalf("%+v, %q", b.Problem, b.Path)
	}
	s.control("L")
	s.settle()
	if s.depot.Phase != flow.DepotLocked {
		t.Fatal("not locked")
	}
	s.typed(string(passphrase))
	s.key(fyne.KeyReturn)
	s.settle()
	if s.depot.Phase != flow.DepotOpen || len(s.depot.Items) != 1 {
		t.Errorf("phase %d, %v", s.depot.Phase, s.depot.Problem)
	}
}

func TestDepotRemovesWhatIsNotSigned(t *testing.T) {
	s := newDepotStage(t, sizes[0], false)
	s.made()
	s.collected("bus-1", "bus-2")
	s.key(fyne.KeyDown) // the newest
	s.key(fyne.KeyF6)
	s.settle()
	if len(s.depot.Items) != 1 || s.depot.Items[0].Request.Name != "bus-1" || s.depot.Collect.Removed != "bus-2" {
		t.Fatalf("%d are left, %q was removed", len(s.depot.Items), s.depot.Collect.Removed)
	}
	s.depot.Batch.Sign()
	s.settle()
	s.key(fyne.KeyDown)
	s.key(fyne.KeyF6)
	s.settle()
	if len(s.depot.Items) != 1 || s.depot.Collect.CanRemove() {
		t.Error("what was signed is removed")
	}
}

func TestDepotLocksWhenIdle(t *testing.T) {
	s := newDepotStage(t, sizes[0], false)
	s.made()
	for range 3 {
		s.late += 14 * time.Minute
		s.key(fyne.KeyDown)
		s.shell.Tick()
		if s.depot.Phase != flow.DepotOpen {
			t.Fatal("it locks while somebody works")
		}
	}
	s.late += 16 * time.Minute
	s.shell.Tick()
	s.settle()
	if s.depot.Phase != flow.DepotLocked || s.depot.Notice == nil {
		t.Errorf("phase %d", s.depot.Phase)
	}
}

// A code that is scanned while a file is being chosen is taken, and the dialog goes away.
func TestDepotScansOverADialog(t *testing.T) {
	s := newDepotStage(t, sizes[0], false)
	s.made()
	s.control("O")
	if s.window.Canvas().Overlays().Top() == nil {
		t.Fatal("there is no dialog")
	}
	s.scans(wire.RequestText(request("bus-1", wire.KindVehicle, today)))
	s.settle()
	if s.depot.Collect.Step != flow.CollectReview || s.window.Canvas().Overlays().Top() != nil {
		t.Errorf("step %d", s.depot.Collect.Step)
	}
}
