package qr

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
)

// forget is after how many frames without it a text is told again: it left the view, and was shown once more.
const forget = 15

// Scan reads the codes of a source's frames until the context ends or the source does, and tells each text once while it stays in
// view. It works in the caller's goroutine, on one frame at a time, so that it takes one processor at the most; frames that come
// meanwhile are for the source to drop. tell is called in that goroutine too. Pictures that cannot be decoded are passed over. Errors:
// the context's, the source's unless it is io.EOF, and [ErrNoCode] when the source ended and there was no text at all.
func Scan(ctx context.Context, source FrameSource, tell func(text string)) error {
	var r reader
	seen := map[string]int{} // the frame in which a text was seen last
	told := false
	for frame := 0; ; frame++ {
		img, err := source.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, io.EOF) && told:
			return nil
		case errors.Is(err, io.EOF):
			return ErrNoCode
		case errors.Is(err, ErrNotAnImage), errors.Is(err, ErrTooLarge):
			continue
		case err != nil:
			return fmt.Errorf("qr: scanning: %w", err)
		}
		text, ok := r.read(img)
		for old, at := range seen {
			if frame-at > forget {
				delete(seen, old)
			}
		}
		if !ok {
			continue
		}
		if _, known := seen[text]; !known {
			tell(text)
			told = true
		}
		if IsPart(text) {
			clear(seen) // the parts of an animation come round again, and whoever begins anew needs them again
		}
		seen[text] = frame
	}
}

// reader reads one frame after the other, each in a bounded time: the quick way, and then one of the others in turn, so that a code
// that only they read is read a few frames later. What comes only once gets all of them.
type reader struct{ turn int }

// Reader reads the frames of a camera, one after the other, each in a bounded time: what one frame does not show, a later one does. It is
// not safe for concurrent use.
type Reader struct{ one reader }

// Read returns the text of the code in a frame, and whether there was one.
func (r *Reader) Read(frame image.Image) (text string, ok bool) { return r.one.read(frame) }

func (r *reader) read(img image.Image) (string, bool) {
	if checkPixels(img.Bounds().Dx(), img.Bounds().Dy()) != nil {
		return "", false
	}
	if _, once := img.(still); once {
		text, err := Decode(img)
		return text, err == nil
	}
	gray := luminance(img)
	if text, ok := look(gray); ok {
		return text, true
	}
	ways := slices.DeleteFunc(attempts(), func(a attempt) bool { return a.num > a.den }) // larger takes too long
	r.turn = (r.turn + 1) % len(ways)
	return ways[r.turn].read(gray)
}
