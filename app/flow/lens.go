package flow

import (
	"context"
	"errors"
	"image"
	"image/draw"

	"marque/app/qr"
)

// CameraOpener starts a camera. Its frames are read by one goroutine at a time. Errors: [ErrNoCamera], [ErrCameraBusy], [ErrCameraRight].
type CameraOpener func() (qr.FrameSource, error)

// The errors of cameras.
var (
	// ErrNoCamera: there is none, or it was pulled.
	ErrNoCamera = errors.New("no camera")
	// ErrCameraBusy: another program has it.
	ErrCameraBusy = errors.New("camera in use")
	// ErrCameraRight: this account may not use it.
	ErrCameraRight = errors.New("no right to the camera")
)

// Lens is the view-model of a camera: its live picture, and the codes that it sees.
//
//	off ──Start──▶ opening ──▶ on ⟲ the next picture
//	 ▲──────────Stop, problem───┘
//
// Those who look at it redraw the picture alone.
type Lens struct {
	model
	open    CameraOpener
	taken   func(code string) bool
	running bool // it is open, or being opened
	last    string

	On      bool        // it is wanted
	Picture image.Image // the newest; nil before the first
	Problem *Problem
}

// newLens returns a camera that is off. taken takes a code, unless it cannot now: it is seen again in a later picture.
func newLens(loop Loop, open CameraOpener, taken func(string) bool) *Lens {
	return &Lens{model: model{loop: loop}, open: open, taken: taken}
}

// Exists reports whether there may be a camera at all.
func (l *Lens) Exists() bool { return l.open != nil }

// Toggle starts the camera, or stops it.
func (l *Lens) Toggle() {
	if l.On {
		l.Stop()
	} else {
		l.Start()
	}
}

// Start starts the camera.
func (l *Lens) Start() {
	if l.open == nil || l.On {
		return
	}
	l.On, l.Problem, l.last = true, nil, ""
	if !l.running {
		l.running = true
		background(&l.model, l.open, func(source qr.FrameSource, err error) {
			if err != nil {
				l.end(err)
				return
			}
			l.look(source, &qr.Reader{})
		})
	}
	l.changed()
}

// Stop stops the camera, once the picture has come that it waits for.
func (l *Lens) Stop() {
	if l.On || l.Problem != nil {
		l.On, l.Picture, l.Problem = false, nil, nil
		l.changed()
	}
}

// frame is a picture and the code in it.
type frame struct {
	picture image.Image
	code    string
}

// look takes one picture after the other.
func (l *Lens) look(source qr.FrameSource, reader *qr.Reader) {
	if !l.On {
		l.loop.Run(func() { _ = source.Close() }) // nothing was written
		l.running = false
		return
	}
	background(&l.model, func() (f frame, err error) {
		if f.picture, err = source.Next(context.Background()); err != nil {
			_ = source.Close()
			return f, err
		}
		f.code, _ = reader.Read(f.picture)
		shown := image.NewRGBA(image.Rectangle{Max: f.picture.Bounds().Size()}) // what a window shows without converting it
		draw.Draw(shown, shown.Rect, f.picture, f.picture.Bounds().Min, draw.Src)
		f.picture = shown
		return f, nil
	}, func(f frame, err error) {
		if err != nil {
			l.end(err)
			return
		}
		if l.On {
			l.Picture = f.picture
			l.changed()
		}
		if l.On && f.code != "" && f.code != l.last && l.taken(f.code) {
			l.last = f.code
		}
		l.look(source, reader)
	})
}

// end says why there is no camera any more.
func (l *Lens) end(err error) {
	l.running = false
	if l.On {
		l.On, l.Picture, l.Problem = false, nil, explain(err, "enrol.camera.failed")
	}
	l.changed()
}
