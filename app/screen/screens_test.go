package screen_test

import (
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"marque/app/flow"
	"marque/app/qr"
	"marque/app/screen"
	"marque/device/wire"
)

// picture writes the code of a request to a file and returns its path.
func picture(t *testing.T, text string) string {
	t.Helper()
	b, err := qr.EncodePNG(text)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder(t), "request.png")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func blank(t *testing.T) string {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 200, 200))
	draw.Draw(img, img.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	path := filepath.Join(folder(t), "blank.png")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	return path
}

// state is a screen in a state.
type state struct {
	name  string
	fleet bool // with an authority
	play  func(s *stage)
}

// allStates are all screens, empty, busy, with an error, and done.
func allStates() []state {
	return slices.Concat(
		states, homeStates, paneStates, identitiesStates, revokeStates, publishStates, approvalsStates, auditStates, officersStates, backupStates, realmStates, depotsStates, aboutStates, enrolStates,
	)
}

var states = []state{
	{"start-error", false, func(s *stage) {
		s.place.fails = flow.ErrBusy
		s.console.Phase = flow.Shut
		s.console.Start()
		s.settle()
	}},
	{"founding-empty", false, func(*stage) {}},
	{"founding-error", false, func(s *stage) { s.typed("Nordtal") }},
	{"founding-secret", false, func(s *stage) {
		s.typed("nordtal.example")
		s.key(fyne.KeyReturn)
		s.typed("correct horse")
	}},
	{"founding-busy", false, func(s *stage) {
		s.console.Founding.SetRealm("nordtal.example")
		s.console.Founding.Found([]byte("correct horse battery staple"))
	}},
	{"founding-refused", false, func(s *stage) {
		s.console.Founding.SetRealm("nordtal.example")
		must(os.MkdirAll(filepath.Join(s.place.dir, "other"), 0o700))
		s.console.Founding.Found([]byte("correct horse battery staple"))
		s.settle()
	}},
	{"founding-done", false, func(s *stage) {
		s.console.Founding.SetRealm("nordtal.example")
		s.console.Founding.Found([]byte("correct horse battery staple"))
		s.settle()
	}},
	{"start-gone", true, func(s *stage) {
		s.unlock()
		s.place.fails = flow.ErrGone
		s.console.Identities.Refresh()
		s.settle()
	}},
	{"lock-empty", true, func(*stage) {}},
	{"lock-busy", true, func(s *stage) { s.console.Unlock.Enter([]byte("wrong")) }},
	{"lock-error", true, func(s *stage) { s.console.Unlock.Enter([]byte("wrong")); s.settle() }},
	{"lock-meanwhile", true, func(s *stage) {
		s.unlock()
		s.altered(func(state *flow.State) { state.Phase = flow.Locked })
	}},
	{"lock-elsewhere", true, func(s *stage) { s.altered(officers(func(s *flow.State) { s.Phase = flow.Open })) }},
	{"lock-officers-empty", true, func(s *stage) { s.altered(officers(nil)) }},
	{"lock-officers-one", true, func(s *stage) { s.altered(officers(nil)); sign(s, 1); s.typed("correct horse") }},
	{"lock-officers-wrong", true, func(s *stage) {
		s.altered(officers(nil))
		sign(s, 1)
		s.place.secret = flow.ErrOfficerPassphrase
		sign(s, 1)
	}},
	{"lock-officers-pin", true, func(s *stage) { s.altered(officers(nil)); sign(s, 2) }},
	{"lock-officers-wrongpin", true, func(s *stage) {
		s.altered(officers(func(s *flow.State) { s.Custody.Chip.TriesLeft = 9 }))
		sign(s, 2)
		s.place.secret = &flow.PINError{Left: 9}
		sign(s, 1)
	}},
	{"lock-officers-lockedout", true, func(s *stage) {
		s.altered(officers(func(s *flow.State) { s.Custody.Chip = &flow.Chip{LockedOut: true, Until: today.Add(2 * time.Hour)} }))
		sign(s, 2)
		s.place.secret = &flow.LockoutError{Until: today.Add(2 * time.Hour)}
		sign(s, 1)
	}},
	{"lock-officers-platform", true, func(s *stage) {
		s.altered(officers(func(s *flow.State) { s.Custody.Chip.Changed = "PCR 4, PCR 7" }))
	}},
	{"lock-officers-silent", true, func(s *stage) {
		s.altered(officers(func(s *flow.State) { s.Custody.Chip = nil }))
		sign(s, 2)
		s.place.secret = flow.ErrOtherTPM
		sign(s, 1)
	}},
	{"lock-officers-many", true, func(s *stage) {
		s.altered(officers(func(s *flow.State) {
			for i := range 12 {
				s.Custody.Officers = append(s.Custody.Officers, flow.Officer{Name: fmt.Sprintf("Officer %d", i+6)})
			}
		}))
		s.console.Unlock.Choose(9)
	}},
	{"custody-evaluation", true, func(s *stage) { s.unlock(); s.control("I") }},
	{"custody-production", true, func(s *stage) { s.altered(officers(nil)); s.control("I") }},
	{"custody-waived", true, func(s *stage) {
		s.altered(officers(func(s *flow.State) {
			s.Custody.Production, s.Custody.Drill = false, flow.DrillWaived
			s.Custody.Reasons = []string{"one officer alone unlocks the vault", "the restore drill was waived"}
		}))
		s.control("I")
	}},
	{"custody-rolledback", true, func(s *stage) { s.unlock(); s.altered(readOnly(flow.RolledBack)); s.control("I") }},
	{"custody-restored", true, func(s *stage) { s.unlock(); s.altered(readOnly(flow.Restored)); s.control("I") }},
	{"enrol-readonly", true, func(s *stage) {
		s.unlock()
		s.altered(readOnly(flow.CounterLost))
		s.console.Enrol.Scan(wire.RequestText(request("bus-4721", wire.KindVehicle, today)))
		s.settle()
	}},
	{"enrol-drill", true, func(s *stage) {
		s.unlock()
		s.altered(officers(func(s *flow.State) {
			s.Custody.Drill, s.Custody.Present = flow.DrillPending, []string{"M. Brandt"}
			s.Custody.Production, s.Custody.Reasons = false, []string{"the restore drill was not done yet"}
		}))
	}},
	{"strip-crowded", true, func(s *stage) {
		s.unlock()
		s.late = 6 * 24 * time.Hour
		s.altered(readOnly(flow.RolledBack))
		s.altered(func(state *flow.State) {
			readOnly(flow.RolledBack)(state)
			state.Custody.Drill, state.Custody.Production, state.Custody.Chip.TriesLeft = flow.DrillPending, false, 3
		})
	}},
	{"enrol-empty", true, func(s *stage) { s.unlock() }},
	{"enrol-busy", true, func(s *stage) { s.unlock(); s.console.Enrol.Choose(blank(s.t)) }},
	{"enrol-error", true, func(s *stage) { s.unlock(); s.console.Enrol.Choose(blank(s.t)); s.settle() }},
	{"enrol-foreign", true, func(s *stage) {
		s.unlock()
		s.typed("https://example.org/menu")
		s.key(fyne.KeyReturn)
		s.settle()
	}},
	{"enrol-review", true, func(s *stage) {
		s.unlock()
		code := picture(s.t, wire.RequestText(request("bus-4720", wire.KindVehicle, today)))
		s.console.Enrol.Choose(code, code, code)
		s.settle()
	}},
	{"enrol-refused", true, func(s *stage) {
		s.unlock()
		s.console.Enrol.Scan(wire.RequestText(request("bus-4711", wire.KindVehicle, today)))
		s.settle()
	}},
	{"enrol-unwritten", true, func(s *stage) {
		s.unlock()
		s.fails = flow.ErrWrite
		s.console.Enrol.Scan(wire.RequestText(request(fmt.Sprintf("lost-%d", s.counter()), wire.KindVehicle, today.AddDate(0, -2, 0))))
		s.settle()
		s.console.Enrol.Issue()
		s.settle()
	}},
	{"enrol-done", true, func(s *stage) {
		s.unlock()
		for range 3 {
			s.console.Enrol.Scan(wire.RequestText(request(fmt.Sprintf("bus-%d", 4800+s.counter()), wire.KindVehicle, today)))
			s.settle()
			s.console.Enrol.Issue()
			s.settle()
		}
	}},
}

// officers alters a state to one of a vault under a TPM, which two of three security officers open.
func officers(more func(*flow.State)) func(*flow.State) {
	return func(s *flow.State) {
		s.Dir, s.Custody = "/var/lib/marque/nordtal", flow.Custody{
			TPM: true, Production: true, Needed: 2, Drill: flow.DrillPassed, Counter: 1407,
			Officers: []flow.Officer{
				{Name: "M. Brandt"},
				{Name: "J. Okafor", Role: flow.BothRoles},
				{Name: "S. Lindqvist"},
				{Name: "Bao Nguyễn", Role: flow.DepotOperator},
				{Name: "Anna-Charlotte Freifrau von Hohenstein", Role: flow.Auditor},
			},
			Chip: &flow.Chip{TriesLeft: flow.MaxTries, Counter: 1407}, Backup: flow.Cards{Needed: 3, Total: 5}, Next: flow.Cards{Needed: 2, Total: 3},
		}
		if more != nil {
			more(s)
		}
	}
}

// sign signs the first n officers on.
func sign(s *stage, n int) {
	for range n {
		s.console.Unlock.Enter([]byte("theirs"))
		s.settle()
	}
}

func readOnly(why flow.ReadOnlyReason) func(*flow.State) {
	return officers(func(s *flow.State) {
		s.Custody.ReadOnly, s.Custody.Present = why, []string{"M. Brandt", "J. Okafor"}
		s.Custody.Chip.Counter = 1411
		if s.Phase == flow.Open {
			s.Phase = flow.ReadOnly
		}
	})
}

var sizes = []fyne.Size{fyne.NewSize(1280, 800), fyne.NewSize(1024, 600)}

// looks is how many looks are drawn, the light one and the dark one: the other language is about the length of texts only.
func looks() int {
	if os.Getenv(german) != "" {
		return 1
	}
	return 2
}

// TestGerman does the same in German and in another order, in a process of its own: the language is that of the process.
func TestGerman(t *testing.T) {
	t.Parallel() // beside TestScreens, when all others are done
	cmd := exec.Command(os.Args[0], "-test.run=^Test(Depot)?Screens$")
	cmd.Args = append(cmd.Args, fmt.Sprintf("-order=%d", *order+1), fmt.Sprintf("-update=%t", *update))
	cmd.Env = append(os.Environ(), german+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// german is the variable that tells the process of TestGerman what it is.
const german = "MARQUE_TEST_GERMAN"

// order is another order of the states: what a window shows must not depend on what was shown before.
var order = flag.Uint64("order", 0, "show the states in another order, by its number")

// inOrder returns states in the order that was asked for: as they are written, if none was.
func inOrder[S any](states []S) []S {
	if *order != 0 {
		states = slices.Clone(states)
		rand.New(rand.NewPCG(*order, 0)).Shuffle(len(states), func(i, j int) { states[i], states[j] = states[j], states[i] })
	}
	return states
}

// TestScreens draws every screen in every state, both looks and both sizes of window, and fails when something does not fit.
func TestScreens(t *testing.T) {
	t.Parallel()
	suffix := ""
	if os.Getenv(german) != "" {
		suffix = "-de"
		if lang.X("enrol", "") != "Aufnehmen" {
			t.Fatal("the language is not German")
		}
	}
	dark := false // a state begins with the look that the one before ended with: the toolkit measures everything anew for another
	for _, state := range inOrder(allStates()) {
		t.Run(state.name, func(t *testing.T) {
			dir := ""
			if state.fleet {
				dir = fleet(t)
			}
			part, _, _ := strings.Cut(state.name, "-")
			shots := snapshotsOf(t, part+suffix)
			s := newStage(t, dir, sizes[0], dark)
			state.play(s)
			for i := range looks() {
				if i > 0 {
					dark = !dark
					s.control("D")
				}
				for _, size := range sizes {
					check(s, shots, state.name, suffix, size, dark)
				}
			}
		})
	}
}

// check lays a state out in a size of window and looks at it.
func check(s *stage, shots *snapshots, state, suffix string, size fyne.Size, dark bool) {
	s.t.Helper()
	look := "light"
	if dark {
		look = "dark"
	}
	name := fmt.Sprintf("%s-%s%s-%.0f", state, look, suffix, size.Width)
	s.window.Resize(size)
	s.layOut()
	s.keep(name)
	if strings.HasSuffix(state, "-empty") {
		checkGround(s.t, s, dark)
	}
	if least := s.window.Content().MinSize(); least.Width > size.Width || least.Height > size.Height {
		s.t.Errorf("%s needs %.0f × %.0f", name, least.Width, least.Height)
	}
	checkTexts(s.t, s)
	if missing := untold.taken(); missing != "" {
		s.t.Errorf("%s: %s", name, missing)
	}
	shots.compare(s.t, name, !dark && size == sizes[0], s.window)
}

// checkGround draws the window and looks at a point where nothing stands.
func checkGround(t *testing.T, s *stage, dark bool) {
	t.Helper()
	img := s.window.Canvas().Capture()
	r, g, b, _ := img.At(img.Bounds().Dx()/2, img.Bounds().Dy()-34).RGBA()
	wr, wg, wb, _ := screen.NewTheme(dark).Color(theme.ColorNameBackground, theme.VariantLight).RGBA()
	if r != wr || g != wg || b != wb {
		t.Errorf("the ground has the colour %02x%02x%02x", r>>8, g>>8, b>>8)
	}
}

// checkTexts fails on texts that were cut short or have no translation.
func checkTexts(t *testing.T, s *stage) {
	t.Helper()
	for _, o := range s.objects() {
		line, ok := o.(*canvas.Text)
		if !ok {
			continue
		}
		if strings.HasSuffix(line.Text, "…") && !strings.HasSuffix(line.Text, " …") {
			t.Errorf("cut short: %q", line.Text)
		}
		if untranslated.MatchString(line.Text) {
			t.Errorf("no translation: %q", line.Text)
		}
	}
}

// untranslated matches the keys of texts.
var untranslated = regexp.MustCompile(
	`^(about|approvals|audit|backup|batch|ceremony|codes|column|custody|depots?|drill|enrol|fact|founding|grade|home|identities|kind|lock|officers|problem|publish|realm|revoke|role|second|strip)\.[a-z.]+$`)
