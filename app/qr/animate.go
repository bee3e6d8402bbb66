package qr

import (
	"context"
	"errors"
	"fmt"
	"image"
	"sync"

	qrcode "github.com/skip2/go-qrcode"
)

// ErrClosed says that an animation or a source of frames was closed.
var ErrClosed = errors.New("qr: this was closed")

// Animation shows the parts of a series one after the other, for ever. Its codes are made and read back in the background, ahead of
// those that are shown, and kept as modules (7 kB each). It is safe for concurrent use; [Animation.Close] ends the work.
type Animation struct {
	series *Series
	pixels int
	stop   chan struct{}
	close  sync.Once
	ready  []chan struct{} // by part: closed when it is made

	mu    sync.Mutex
	codes [][][]bool
	err   error
	next  int
}

// Animate begins an animation with 1 to [MaxModulePixels] pixels to the module, error correction level L. Error: [ErrText].
func Animate(s *Series, pixels int) (*Animation, error) {
	if pixels < 1 || pixels > MaxModulePixels {
		return nil, fmt.Errorf("%w: %d pixels to the module, 1 to %d are possible", ErrText, pixels, MaxModulePixels)
	}
	a := &Animation{series: s, pixels: pixels, stop: make(chan struct{}), ready: make([]chan struct{}, s.Total()), codes: make([][][]bool, s.Total())}
	for i := range a.ready {
		a.ready[i] = make(chan struct{})
	}
	go a.prepare()
	return a, nil
}

// prepare makes every code and reads it back.
func (a *Animation) prepare() {
	for i := range a.ready {
		select {
		case <-a.stop:
			return
		default:
		}
		code, err := a.code(i)
		a.mu.Lock()
		a.codes[i] = code
		if a.err == nil {
			a.err = err
		}
		a.mu.Unlock()
		close(a.ready[i])
	}
}

func (a *Animation) code(i int) ([][]bool, error) {
	modules, _, err := verify(a.series.Text(i), a.pixels, qrcode.Low)
	if err != nil {
		return nil, fmt.Errorf("qr: part %d of %d: %w", i+1, a.series.Total(), err)
	}
	return modules, nil
}

// Next returns the next frame to be shown, and of which part it is: 0, 1, … Total-1, 0, …. It waits until that code is made; calls
// at the speed of [Density.PerSecond] never wait for long. Errors: [ErrClosed], [ErrText] when a code did not read back, and the context's.
func (a *Animation) Next(ctx context.Context) (frame *image.Paletted, part int, err error) {
	code, part, err := a.NextModules(ctx)
	if err != nil {
		return nil, part, err
	}
	frame, err = paint(code, a.pixels) // the same pixels as those that were read back
	return frame, part, err
}

// NextModules is [Animation.Next] for those who draw themselves: rows of modules, true for black, with a quiet zone of four. They are not
// to be changed.
func (a *Animation) NextModules(ctx context.Context) (code [][]bool, part int, err error) {
	a.mu.Lock()
	part = a.next
	a.next = (a.next + 1) % len(a.ready)
	a.mu.Unlock()
	select {
	case <-a.ready[part]:
	case <-a.stop:
		return nil, part, ErrClosed
	case <-ctx.Done():
		return nil, part, ctx.Err()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.codes[part], part, a.err
}

// Close ends the work in the background. It may be called again.
func (a *Animation) Close() { a.close.Do(func() { close(a.stop) }) }
