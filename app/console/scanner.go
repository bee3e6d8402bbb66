package main

import (
	"context"
	"errors"
	"strings"

	"fyne.io/fyne/v2"

	"marque/app/scan"
)

// listen reads the hand scanner that was named with --scanner, which nothing else hears of from then on, until ctx ends. An empty
// path names none. taken is called in the goroutine of the window.
func listen(ctx context.Context, path string, taken func(code string, err error)) (stop func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	source, err := scan.Open(kindOf(path), path)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		for {
			code, err := source.Next(ctx)
			if ctx.Err() != nil {
				return
			}
			fyne.Do(func() { taken(code, err) })
			if err != nil && !errors.Is(err, scan.ErrRefused) {
				return
			}
		}
	}()
	return func() {
		cancel()
		_ = source.Close() // nothing was written
	}, nil
}

// kindOf tells a keyboard from a serial port by where the system shows it.
func kindOf(path string) scan.Kind {
	if strings.HasPrefix(path, "/dev/input/") {
		return scan.Keyboard
	}
	return scan.Serial
}
