package screen_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"marque/app/flow"
	"marque/device/wire"
)

// monkey presses keys at random. What it does is the same for the same seed.
type monkey struct {
	*stage

	draw *rand.Rand
	last []string // what it did last
}

func (m *monkey) pick(n int) int { return m.draw.IntN(n) }

// keys that do something somewhere; Enter and Esc more often, so that it gets around.
var keys = []fyne.KeyName{
	fyne.KeyReturn, fyne.KeyReturn, fyne.KeyEscape, fyne.KeyUp, fyne.KeyDown, fyne.KeyLeft, fyne.KeyRight, fyne.KeyHome, fyne.KeyEnd,
	fyne.KeyPageUp, fyne.KeyPageDown, fyne.KeySpace, fyne.KeyTab, fyne.KeyBackspace, fyne.KeyDelete,
	fyne.KeyF1, fyne.KeyF2, fyne.KeyF3, fyne.KeyF4, fyne.KeyF5, fyne.KeyF6, fyne.KeyF7, fyne.KeyF8, fyne.KeyF9,
}

const (
	shortcutKeys = "123456789BDEFIKNPRS" // without those that open dialogs of the toolkit, or lock
	places       = 12
)

var everywhere = [places]flow.Place{
	flow.PlaceHome, flow.PlaceEnrol, flow.PlaceIdentities, flow.PlaceRevoke, flow.PlacePublish, flow.PlaceApprovals, flow.PlaceAudit,
	flow.PlaceOfficers, flow.PlaceBackup, flow.PlaceRealm, flow.PlaceDepots, flow.PlaceAbout,
}

// step does one thing.
func (m *monkey) step() string {
	switch n := m.pick(100); {
	case n < 45:
		key := keys[m.pick(len(keys))]
		m.key(key)
		return string(key)
	case n < 55:
		key := fyne.KeyName(shortcutKeys[m.pick(len(shortcutKeys))])
		m.control(key)
		return "Ctrl+" + string(key)
	case n < 65:
		m.control(fyne.KeyReturn)
		return "Ctrl+Enter"
	case n < 75:
		typed := []string{"bus", "1", "2", "x", " ", "/tmp", "nordtal.example", "their passphrase"}[m.pick(8)]
		m.typed(typed)
		return "typed " + typed
	case n < 78:
		codes := []string{wire.RequestText(request(fmt.Sprintf("random-%d", m.pick(3)), wire.KindVehicle, today)), "//nordtal.example/Stram-112~8", "https://example.org", "MQ1S"}
		code := codes[m.pick(len(codes))]
		m.scans(code)
		return "scan " + code[:4]
	case n < 86:
		at := everywhere[m.pick(places)]
		m.console.Open(at)
		return "open " + string(at)
	case n < 88:
		m.pauses()
		return "pause"
	case n < 89:
		m.control("L")
		return "Ctrl+L"
	default: // what was begun comes to an end, or one thing of it
		if len(m.work) > 0 && m.pick(2) == 0 {
			work := m.work[0]
			m.work = m.work[1:]
			work()
			return "one result"
		}
		m.settle()
		return "results"
	}
}

// run presses keys for a while, and unlocks again when it has locked.
func (m *monkey) run(most int, until time.Time, back func()) (done int) {
	defer func() {
		if p := recover(); p != nil {
			m.t.Fatalf("after %q: %v", m.last, p)
		}
	}()
	for ; done < most && time.Now().Before(until); done++ {
		m.last = append(m.last, m.step())
		m.last = m.last[max(0, len(m.last)-12):]
		if !m.console.Unlocked() && m.pick(20) == 0 {
			m.settle()
			back()
		}
	}
	return done
}

// Whatever is pressed, and however quickly: nothing breaks. No list is signed, nothing is revoked and nothing approved by anything but a
// key that is there for it, which other tests are about.
func TestRandomKeys(t *testing.T) {
	for name, prepare := range map[string]func(m *monkey){
		"open":     func(m *monkey) { m.unlock() },
		"officers": func(m *monkey) { m.place.proposals = desk(); alone(m.stage, flow.PlaceApprovals) },
	} {
		t.Run(name, func(t *testing.T) {
			m := &monkey{stage: newStage(t, fleet(t), window, false), draw: rand.New(rand.NewPCG(7, 11))}
			prepare(m)
			done := m.run(1000, time.Now().Add(time.Second), func() {
				m.console.Unlock.Enter(append([]byte(nil), passphrase...))
				m.settle()
			})
			t.Logf("%d steps", done)
		})
	}
	t.Run("founding", func(t *testing.T) {
		m := &monkey{stage: newStage(t, "", window, false), draw: rand.New(rand.NewPCG(7, 11))}
		m.run(1000, time.Now().Add(time.Second), func() {})
	})
}
