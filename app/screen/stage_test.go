package screen_test

import (
	"crypto/rand"
	"image/png"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"marque/app/appliance"
	"marque/app/flow"
	"marque/app/qr"
	"marque/app/screen"
	"marque/authority"
	"marque/device/ibc"
	"marque/device/wire"
)

var (
	passphrase    = []byte("correct horse battery staple")
	authorityTime = today.Add(-3 * 24 * time.Hour)
	today         = time.Date(2026, 10, 14, 14, 32, 0, 0, time.UTC)
)

// The language is that of the process, whatever the one of the person who runs the tests.
func TestMain(m *testing.M) {
	language := "en_US.UTF-8"
	if os.Getenv(german) != "" {
		language = "de_DE.UTF-8"
	}
	for _, v := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		must(os.Setenv(v, language))
	}
	must(os.Unsetenv("LANGUAGE"))
	if err := screen.LoadTexts(); err != nil {
		panic(err)
	}
	test.NewApp() // one for all tests: the toolkit keeps what it measured
	os.Exit(m.Run())
}

// place keeps a real authority in a folder.
type place struct {
	dir   string
	clock func() time.Time
	open  *appliance.Appliance
	fails error // of the next unlocking
}

func (p *place) Open() (flow.Authority, error) {
	if p.open == nil {
		return nil, p.fails
	}
	return p.open.Authority(), nil
}

func (p *place) Found(f authority.Founding, passphrase []byte) (flow.Authority, error) {
	a, err := appliance.Found(p.dir, f, passphrase, appliance.Options{Clock: p.clock})
	if err != nil {
		return nil, err
	}
	p.open = a
	return a.Authority(), nil
}

func (p *place) Unlock(passphrase []byte) (flow.Authority, error) {
	if !p.open.Locked() {
		return p.open.Authority(), nil // by an earlier test, which saves a second
	}
	if err := p.open.Unlock(passphrase); err != nil {
		return nil, flow.ErrPassphrase
	}
	return p.open.Authority(), nil
}

func (p *place) Lock() error { p.open.Lock(); return nil }

// scanner reads real pictures.
type scanner struct{}

func (s scanner) File(path string) ([]byte, error) {
	text, err := qr.DecodeFile(path)
	if err != nil {
		return nil, flow.ErrNoCode
	}
	return s.Text(text)
}

func (scanner) Text(code string) ([]byte, error) {
	b, err := wire.ParseRequestText(code)
	if err != nil {
		return nil, &flow.ForeignError{Seems: qr.Describe(code)}
	}
	return b, nil
}

// stage is a console in a window of the test driver. Work waits until it is let go.
type stage struct {
	t       *testing.T
	window  fyne.Window
	console *flow.Console
	shell   *screen.Shell
	place   *place
	work    []func()
	saved   map[string][]byte
	fails   error         // of saving
	late    time.Duration // how much later than today it is
}

// newStage opens a console for an authority; a nil one is still to be founded.
func newStage(t *testing.T, a *appliance.Appliance, size fyne.Size, dark bool) *stage {
	t.Helper()
	fyne.CurrentApp().Preferences().SetBool("dark", dark)
	s := &stage{t: t, saved: map[string][]byte{}}
	clock := func() time.Time { return today.Add(s.late) }
	s.place = &place{dir: filepath.Join(t.TempDir(), "authority"), clock: clock, open: a}
	s.console = flow.NewConsole(flow.Parts{
		Loop:    flow.Loop{Run: func(work func()) { s.work = append(s.work, work) }, Post: func(result func()) { result() }},
		Clock:   clock,
		Founder: s.place, Safe: s.place, Scanner: scanner{},
		Save: func(path string, b []byte) error {
			s.saved[path] = b
			return s.fails
		},
		Packages: "/media/NORD-03",
	})
	s.window = test.NewTempWindow(t, nil)
	s.shell = screen.NewShell(s.window, s.console)
	s.window.Resize(size)
	s.console.Start()
	s.settle()
	return s
}

// settle lets all work go on until none is left.
func (s *stage) settle() {
	for len(s.work) > 0 {
		work := s.work
		s.work = nil
		for _, f := range work {
			f()
		}
	}
}

func (s *stage) unlock() {
	s.console.Unlock.Open(append([]byte(nil), passphrase...))
	s.settle()
}

// key presses a key as the window would see it.
func (s *stage) key(name fyne.KeyName) {
	e := &fyne.KeyEvent{Name: name}
	if f := s.window.Canvas().Focused(); f != nil {
		f.TypedKey(e)
		return
	}
	s.window.Canvas().OnTypedKey()(e)
}

func (s *stage) typed(text string) {
	for _, r := range text {
		if f := s.window.Canvas().Focused(); f != nil {
			f.TypedRune(r)
		} else {
			s.window.Canvas().OnTypedRune()(r)
		}
	}
}

// layOut gives everything its place: texts that wrap learn their width in the first round.
func (s *stage) layOut() {
	for range 3 {
		s.window.Content().Refresh()
		s.window.Resize(s.window.Canvas().Size())
	}
}

// keep draws the window into the folder that MARQUE_SCREENSHOTS names, if it names one.
func (s *stage) keep(name string) {
	s.t.Helper()
	dir := os.Getenv("MARQUE_SCREENSHOTS")
	if dir == "" {
		return
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := png.Encode(f, s.window.Canvas().Capture()); err != nil {
		s.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// found founds an authority in a folder that lives as long as the tests.
func found(dir string) *appliance.Appliance {
	a, err := appliance.Found(dir, authority.Founding{Realm: "nordtal.example"}, passphrase, appliance.Options{Clock: func() time.Time { return authorityTime }})
	if err != nil {
		panic(err)
	}
	return a
}

// request makes a request that a device could have made.
func request(name string, kind wire.Kind, at time.Time) []byte {
	u, err := ibc.NewEnrolmentKey(rand.Reader)
	must(err)
	r := &wire.Request{Kind: kind, Name: name, U: u.Public(), Time: at}
	_, _ = rand.Read(r.Nonce[:])
	_, _ = rand.Read(r.HPKEKey[:])
	body, err := r.Body()
	must(err)
	r.Proof, err = u.Prove(rand.Reader, body)
	must(err)
	b, err := r.Marshal()
	must(err)
	return b
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// fleet is an authority with some identities, two of them revoked. Stages lock and unlock it.
var fleet = sync.OnceValue(func() *appliance.Appliance {
	dir, err := os.MkdirTemp("", "marque-screen-*")
	must(err)
	a := found(filepath.Join(dir, "authority"))
	for i, name := range []string{"bus-4708", "bus-4709", "bus-4710", "bus-4711", "bus-4712", "park-hafen", "van-0382", "van-0391", "tram-112", "tram-113", "bus-4713", "bus-4714"} {
		kind := wire.KindVehicle
		if name == "park-hafen" {
			kind = wire.KindApplication
		}
		issued, err := a.Authority().Enrol(request(name, kind, today.Add(-3*24*time.Hour)))
		must(err)
		if i == 1 {
			must(a.Authority().Revoke(issued.Address, wire.ReasonStolen, today.Add(-3*24*time.Hour)))
			_, err = a.Authority().Publish()
			must(err)
		}
		if i == 6 {
			must(a.Authority().Revoke(issued.Address, wire.ReasonKeyCompromise, today.Add(-3*24*time.Hour)))
		}
	}
	authorityTime = today
	return a
})
