package flow

import (
	"context"
	"time"

	"marque/app/qr"
)

// Codes is the view-model of something that is shown as one code, or as a series of codes one after the other.
//
//	dark ──Series, Text──▶ preparing ──▶ shown ⟲ the next code
//	  ▲───────────────────Stop, problem────┘
//
// Those who look at it redraw the code alone: it changes several times a second.
type Codes struct {
	model
	animation *qr.Animation
	kind      qr.Type
	payload   []byte
	showing   int // counts what was shown, so that a timer of what was shown before does nothing

	Modules   [][]bool // rows of the present code, with its quiet zone; nil while none is shown. Not to be changed
	Part      int      // of Parts, from 0
	Parts     int      // 1 for one code; 0 while nothing is to be shown
	Needed    int      // parts that are enough
	Density   qr.Density
	PerSecond int // codes of a series
	Problem   *Problem
}

// NewCodes returns codes that are dark. Density and speed are as is best for what is shown, until a person
// changes them.
func NewCodes(loop Loop) *Codes { return &Codes{model: model{loop: loop}} }

// Series shows a payload of 1 to qr.MaxPayload octets as a series.
func (c *Codes) Series(kind qr.Type, payload []byte) {
	c.Density = qr.DensityFor(len(payload))
	c.PerSecond = c.Density.PerSecond()
	c.begin(kind, payload)
}

// Text shows a text of at most qr.MaxText octets as one code.
func (c *Codes) Text(text string) {
	c.Stop()
	c.Parts, c.Needed = 1, 1
	background(&c.model, func() ([][]bool, error) { return qr.Modules(text) }, func(code [][]bool, err error) {
		c.Modules, c.Problem = code, explain(err, "enrol.codes.failed")
		c.changed()
	})
	c.changed()
}

// Stop shows nothing any more.
func (c *Codes) Stop() {
	c.forget()
	c.showing++
	if c.animation != nil {
		c.animation.Close()
	}
	c.animation, c.payload, c.Modules, c.Part, c.Parts, c.Needed, c.Problem = nil, nil, nil, 0, 0, 0, nil
	c.changed()
}

// begin splits the payload anew and shows it from its first part on.
func (c *Codes) begin(kind qr.Type, payload []byte) {
	c.Stop()
	c.kind, c.payload = kind, payload
	const sure = 4 // pixels to the module at which codes are read back
	series, err := qr.Split(kind, payload, c.Density)
	if err == nil {
		c.animation, err = qr.Animate(series, sure)
	}
	if err != nil {
		c.Problem = explain(err, "enrol.codes.failed")
		c.changed()
		return
	}
	c.Parts, c.Needed = series.Total(), series.Needed()
	c.next(c.showing)
}

// shownCode is a code of a series.
type shownCode struct {
	modules [][]bool
	part    int
}

// next shows the next code, and goes on after a while.
func (c *Codes) next(showing int) {
	if showing != c.showing || c.animation == nil {
		return
	}
	animation := c.animation
	background(&c.model, func() (shownCode, error) {
		modules, part, err := animation.NextModules(context.Background())
		return shownCode{modules, part}, err
	}, func(now shownCode, err error) {
		if err != nil {
			c.Stop()
			c.Problem = explain(err, "enrol.codes.failed")
			c.changed()
			return
		}
		c.Modules, c.Part = now.modules, now.part
		if c.Parts > 1 {
			c.loop.After(time.Second/time.Duration(c.PerSecond), func() { c.next(showing) })
		}
		c.changed()
	})
}

// CanChange reports whether speed and density mean anything: there are several codes.
func (c *Codes) CanChange() bool { return c.animation != nil }

// Speed shows so many codes a second more, or less.
func (c *Codes) Speed(by int) {
	if c.CanChange() {
		c.PerSecond = min(max(c.PerSecond+by, 1), qr.MaxPerSecond)
		c.changed()
	}
}

// Denser puts more into one code: there are fewer of them.
func (c *Codes) Denser() { c.turn(c.Density.Denser()) }

// Thinner puts less into one code: a poor camera reads it, and there are more of them.
func (c *Codes) Thinner() { c.turn(c.Density.Thinner()) }

func (c *Codes) turn(to qr.Density) {
	if !c.CanChange() || to == c.Density {
		return
	}
	if _, err := qr.Split(c.kind, c.payload, to); err != nil { // more parts than there can be
		return
	}
	c.Density = to
	c.begin(c.kind, c.payload)
}
