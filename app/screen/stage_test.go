package screen_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"image/png"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"marque/app/appliance"
	"marque/app/flow"
	"marque/app/flow/remote"
	"marque/app/flow/sheets"
	"marque/app/localapi"
	"marque/app/qr"
	"marque/app/screen"
	"marque/authority"
	"marque/device/ibc"
	"marque/device/wire"
	"marque/hsm"
)

var (
	passphrase = []byte("correct horse battery staple")
	today      = time.Date(2026, 10, 14, 14, 32, 0, 0, time.UTC)
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
	time.Local = time.UTC
	flag.Parse()
	log.SetOutput(&untold)
	debug.SetGCPercent(400) // windows are made and thrown away: collecting them took a third of the time
	if err := screen.LoadTexts(); err != nil {
		panic(err)
	}
	test.NewApp() // one for all tests: the toolkit keeps what it measured
	code := m.Run()
	os.Exit(code)
}

// untold takes what the toolkit complains about: texts that it lacks.
var untold complaints

type complaints struct{ said bytes.Buffer }

func (c *complaints) Write(b []byte) (int, error) {
	_, _ = c.said.Write(b)
	return os.Stderr.Write(b)
}

// taken returns what was said about texts since it was last asked.
func (c *complaints) taken() string {
	defer c.said.Reset()
	if said := c.said.String(); strings.Contains(said, "Translation") {
		return said
	}
	return ""
}

// place is a real service in this process. A state may be altered on its way, to show what is hard to bring about: the custody of a
// TPM. That this is what a service says is tested in package flow.
type place struct {
	*remote.Service

	dir      string
	madeUp   *authority.Arrivals // how fast lists arrive; nil for what the service says
	fails    error               // of everything that is asked, if not nil
	alter    func(*flow.State)   // nil leaves it
	present  []string            // officers of an altered state who signed on
	overview func(*flow.Outlook) // nil leaves it
	secret   error               // what comes of a PIN, or of an officer's passphrase
	trusted  authority.TrustList // other realms, if its sequence is not 0
	depots   []authority.Depot   // in place of those of the service, if not nil
	lists    int                 // in the history; 0 for those that there are
	short    int                 // serials that lists lack of their padding

	// In place of those of the service, if not nil.
	proposals []flow.Proposal
	verify    func(ctx context.Context, progress func(done, total uint64)) (*authority.AuditReport, error)
}

func (p *place) Connect() error {
	if p.fails != nil {
		return p.fails
	}
	return p.Service.Connect()
}

func (p *place) State() (flow.State, error) {
	s, err := p.Service.State()
	if err == nil {
		p.pretend(&s)
	}
	if err == nil && p.alter != nil {
		p.alter(&s)
		s.Custody.Present = append(s.Custody.Present, p.present...)
	}
	return s, err
}

func (p *place) Search(q authority.Query) (*authority.Results, error) {
	if p.fails != nil {
		return nil, p.fails
	}
	return p.Service.Search(q)
}

func (p *place) Overview(since time.Time) (*flow.Outlook, error) {
	if p.fails != nil {
		return nil, p.fails
	}
	o, err := p.Service.Overview(since)
	if err == nil && p.overview != nil {
		p.overview(o)
	}
	return o, err
}

func (p *place) SignOn(officer string, _ []byte) error {
	if p.secret == nil {
		p.present = append(p.present, officer)
	}
	return p.secret
}

func (p *place) Leave(officer string) error {
	p.present = slices.DeleteFunc(p.present, func(name string) bool { return name == officer })
	return nil
}

func (p *place) Unlock(secret []byte) error {
	if p.secret != nil {
		return p.secret
	}
	return p.Service.Unlock(secret)
}

func (p *place) Proposals() ([]flow.Proposal, error) {
	if p.proposals == nil {
		return p.Service.Proposals()
	}
	return p.proposals, p.fails
}

func (p *place) Refuse(digest [32]byte, reason string) error {
	if p.fails != nil {
		return p.fails
	}
	return p.Service.Refuse(digest, reason)
}

func (p *place) VerifyLog(ctx context.Context, progress func(done, total uint64)) (*authority.AuditReport, error) {
	if p.verify == nil {
		return p.Service.VerifyLog(ctx, progress)
	}
	return p.verify(ctx, progress)
}

// serve starts a service of a folder. The returned function ends it.
func serve(dir string, clock func() time.Time) (stop func()) {
	ready, started := io.Pipe()
	server, err := localapi.New(localapi.ServerOptions{Dir: dir, Clock: clock, Ready: started, Cost: hsm.Cost{Time: 1, MemoryKiB: 8, Threads: 1}})
	must(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx) }()
	line, err := bufio.NewReader(ready).ReadString('\n')
	must(err)
	if line != "ready\n" {
		panic(line)
	}
	return func() { cancel(); must(<-ended) }
}

// scanner reads real pictures and parts.
type scanner struct{ joiner qr.Joiner }

func (s *scanner) File(path string) ([]byte, error) {
	text, err := qr.DecodeFile(path)
	if err != nil {
		return nil, flow.ErrNoCode
	}
	return s.Text(text)
}

func (s *scanner) Text(code string) ([]byte, error) {
	if qr.IsPart(code) {
		joined, progress, err := s.joiner.Add(code)
		if err != nil || joined != nil {
			must(err)
			return joined.Payload, nil
		}
		return nil, &flow.SeriesError{Series: flow.Series{Needed: progress.Needed, Have: progress.Have}}
	}
	if wire.Sniff([]byte(code)) == wire.FoundReceiptText {
		return wire.ParseReceiptText(code)
	}
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
	port    *port
	saved   map[string][]byte
	fails   error         // of saving
	late    time.Duration // how much later than today it is
	later   []func()
	frames  []string // pictures that a camera sees; none for no camera
	counted int
}

// counter returns 1, 2, 3: names that the stage has not used yet.
func (s *stage) counter() int { s.counted++; return s.counted }

// newStage opens a console for the authority in a folder; an empty one is for an authority that is still to be founded.
func newStage(t *testing.T, dir string, size fyne.Size, dark bool) *stage {
	t.Helper()
	fyne.CurrentApp().Preferences().SetBool("dark", dark)
	s := &stage{t: t, saved: map[string][]byte{}}
	clock := func() time.Time { return today.Add(s.late) }
	if dir == "" {
		dir = filepath.Join(t.TempDir(), "authority")
		t.Cleanup(serve(dir, func() time.Time { return today }))
	}
	s.port = &port{t: t}
	s.place = &place{dir: dir, Service: remote.New(t.Context(), localapi.Options{Dir: dir})}
	t.Cleanup(func() { _ = s.place.Close() }) // a service serves so many at once
	s.console = flow.NewConsole(flow.Parts{
		Loop:    flow.Loop{Run: func(work func()) { s.work = append(s.work, work) }, Post: func(result func()) { result() }, After: func(_ time.Duration, f func()) { s.later = append(s.later, f) }},
		Clock:   clock,
		Service: s.place, Dir: "/var/lib/marque/nordtal", Scanner: &scanner{},
		Save: func(path string, b []byte) error {
			s.saved[path] = b
			return s.fails
		},
		Camera: s.camera, Label: func(flow.Label) (string, error) { return "", nil },
		Packages: "/media/NORD-03", Drives: s.port,
		Ceremony: flow.Ceremony{Papers: sheets.Beside(dir, clock), Archive: sheets.Archive},
		Papers:   papers{}, ReadKey: func(string) ([]byte, error) { return []byte("key"), nil },
		Build: flow.Build{Version: "v0.1.0", Go: "go1.26.0", Platform: "linux/amd64"},
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
	s.console.Unlock.Enter(append([]byte(nil), passphrase...))
	s.settle()
	s.console.Open(flow.PlaceEnrol)
}

// altered shows another state from now on.
func (s *stage) altered(alter func(*flow.State)) {
	s.place.alter = alter
	s.console.Refresh()
	s.settle()
}

// key presses a key as the window would see it.
func (s *stage) key(name fyne.KeyName) {
	s.late += time.Second
	s.press(name)
}

// press is a key without the pause that a person makes before it.
func (s *stage) press(name fyne.KeyName) {
	e := &fyne.KeyEvent{Name: name}
	if f := s.window.Canvas().Focused(); f != nil {
		f.TypedKey(e)
		return
	}
	s.window.Canvas().OnTypedKey()(e)
}

func (s *stage) typed(text string) { s.types(text, 100*time.Millisecond) }

// scans is a hand scanner: text and Enter.
func (s *stage) scans(text string) {
	s.late += time.Second
	s.types(text, 5*time.Millisecond)
	s.press(fyne.KeyReturn)
}

// pauses lets half a minute pass.
func (s *stage) pauses() {
	s.late += 30 * time.Second
	later := s.later
	s.later = nil
	for _, f := range later {
		f()
	}
}

func (s *stage) types(text string, each time.Duration) {
	for _, r := range text {
		s.late += each
		if unicode.IsUpper(r) {
			s.press(desktop.KeyShiftLeft)
		}
		s.press(fyne.KeyName(unicode.ToUpper(r))) // a window tells of the key, too
		if f := s.window.Canvas().Focused(); f != nil {
			f.TypedRune(r)
		} else {
			s.window.Canvas().OnTypedRune()(r)
		}
	}
}

// objects are all that the window shows, and what stands above that.
func (s *stage) objects() (all []fyne.CanvasObject) {
	visitWindow(s.window, func(o fyne.CanvasObject, _ fyne.Position) { all = append(all, o) })
	return all
}

// visitWindow calls seen for all that a window shows, and where. It leaves all as it is: test.LaidOutObjects makes new renderers, and
// a list that was given another lays its rows out where nobody sees them.
func visitWindow(w fyne.Window, seen func(o fyne.CanvasObject, at fyne.Position)) {
	visit(w.Content(), fyne.Position{}, seen)
	for _, over := range w.Canvas().Overlays().List() {
		visit(over, fyne.Position{}, seen)
	}
}

func visit(o fyne.CanvasObject, at fyne.Position, seen func(o fyne.CanvasObject, at fyne.Position)) {
	if o == nil || !o.Visible() {
		return
	}
	at = at.Add(o.Position())
	seen(o, at)
	var children []fyne.CanvasObject
	switch x := o.(type) {
	case *fyne.Container:
		children = x.Objects
	case fyne.Widget:
		children = test.WidgetRenderer(x).Objects()
	}
	for _, child := range children {
		visit(child, at, seen)
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

// request makes a request that a device could have made, the same for the same name.
func request(name string, kind wire.Kind, at time.Time) []byte {
	return requestBy(name, name, kind, at)
}

// requestBy is a request of the device that a seed makes.
func requestBy(seed, name string, kind wire.Kind, at time.Time) []byte {
	draw := rand.NewChaCha8(sha256.Sum256([]byte(seed)))
	u, err := ibc.NewEnrolmentKey(draw)
	must(err)
	r := &wire.Request{Kind: kind, Name: name, U: u.Public(), Time: at}
	_, _ = draw.Read(r.Nonce[:])
	_, _ = draw.Read(r.HPKEKey[:])
	body, err := r.Body()
	must(err)
	r.Proof, err = u.Prove(draw, body)
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

// fleet returns a folder with the authority of founded, which is served until the test ends.
func fleet(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "authority")
	must(os.CopyFS(dir, os.DirFS(founded())))
	t.Cleanup(serve(dir, func() time.Time { return today }))
	return dir
}

// founded is the folder of an authority with some identities, two of them revoked. It is the same whenever it is made, but for points
// and ciphertexts.
var founded = sync.OnceValue(func() string {
	parent, err := os.MkdirTemp("", "marque-screen-*")
	must(err)
	dir := filepath.Join(parent, "authority")
	then := today.Add(-3 * 24 * time.Hour)
	made, err := appliance.Found(dir, appliance.Founding{
		Realm: authority.Founding{Realm: "nordtal.example"}, Passphrase: passphrase, Cost: hsm.Cost{Time: 1, MemoryKiB: 8, Threads: 1},
	}, appliance.Options{Clock: func() time.Time { return then }, Rand: rand.NewChaCha8([32]byte{1})})
	must(err)
	a := made.Appliance
	for i, name := range []string{"bus-4708", "bus-4709", "bus-4710", "bus-4711", "bus-4712", "park-hafen", "van-0382", "van-0391", "tram-112", "tram-113", "bus-4713", "bus-4714"} {
		kind := wire.KindVehicle
		if name == "park-hafen" {
			kind = wire.KindApplication
		}
		issued, err := a.Authority().Enrol(request(name, kind, then))
		must(err)
		if i == 1 {
			must(a.Authority().Revoke(issued.Address, wire.ReasonStolen, then))
			_, err = a.Authority().Publish()
			must(err)
		}
		if i == 6 {
			must(a.Authority().Revoke(issued.Address, wire.ReasonKeyCompromise, then))
		}
	}
	must(a.Close())
	return dir
})
