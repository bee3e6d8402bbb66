package qr

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// FrameSource is something that pictures come from: a camera, files, the clipboard. Next waits for a picture that it has not returned
// before. A camera returns the newest and drops those that nobody asked for in the meantime; a source of files returns all of them, and
// io.EOF after the last. Next and Close are not called at the same time.
type FrameSource interface {
	Next(ctx context.Context) (image.Image, error)
	Close() error
}

// DecodePicture returns the picture of a PNG or JPEG file, such as a screenshot in the clipboard. The dimensions are checked before
// any pixel is decoded. Errors: [ErrTooLarge], [ErrNotAnImage].
func DecodePicture(data []byte) (image.Image, error) {
	if len(data) > MaxFile {
		return nil, fmt.Errorf("%w: the file is longer than %d octets", ErrTooLarge, MaxFile)
	}
	format, err := sniff(data)
	if err != nil {
		return nil, err
	}
	config, err := format.config(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotAnImage, err)
	}
	if err := checkPixels(config.Width, config.Height); err != nil {
		return nil, err
	}
	img, err := format.decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotAnImage, err)
	}
	return img, nil
}

// Pictures returns the pictures of one file's octets, from a drive or the clipboard: one of a PNG or JPEG, all of a GIF. Errors:
// [ErrTooLarge], [ErrNotAnImage].
func Pictures(data []byte) (FrameSource, error) {
	if !bytes.HasPrefix(data, []byte("GIF8")) {
		img, err := DecodePicture(data)
		if err != nil {
			return nil, err
		}
		return &pictures{func() (image.Image, error) { return still{img}, io.EOF }}, nil
	}
	m, err := decodeGIF(data)
	if err != nil {
		return nil, err
	}
	return &pictures{func() (image.Image, error) {
		if frame := m.frame(); frame != nil {
			return frame, nil
		}
		return nil, io.EOF
	}}, nil
}

// still is a picture that does not come again a little later: no frame of a camera or an animation.
type still struct{ image.Image }

// pictures is a source of what a function returns, which may return its last picture together with io.EOF.
type pictures struct {
	next func() (image.Image, error)
}

func (p *pictures) Next(ctx context.Context) (image.Image, error) {
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case p.next == nil:
		return nil, io.EOF
	}
	img, err := p.next()
	if err != nil {
		p.next = nil
	}
	if img != nil {
		return img, nil
	}
	return nil, err
}

func (p *pictures) Close() error {
	p.next = nil
	return nil
}

// Files returns the pictures of files, and of the files of folders in the order of their names: PNG, JPEG and GIF, at most
// [MaxFrames] files, nothing in folders below, no links. Files of a folder that have other names are left out. Errors of Next: those
// of [DecodeFile]; the one after it goes on with the next file. Error: a path that is not there, [ErrTooLarge] for too many files.
func Files(paths ...string) (FrameSource, error) {
	var names []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("qr: reading pictures: %w", err)
		}
		if !info.IsDir() {
			names = append(names, path)
			continue
		}
		inside, err := folder(path)
		if err != nil {
			return nil, err
		}
		names = append(names, inside...)
	}
	if len(names) > MaxFrames {
		return nil, fmt.Errorf("%w: more than %d pictures", ErrTooLarge, MaxFrames)
	}
	return &files{names: names}, nil
}

// folder returns the pictures in a folder.
func folder(path string) ([]string, error) {
	dir, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("qr: reading pictures: %w", err)
	}
	defer dir.Close() // nothing was written
	const most = 16 * MaxFrames
	entries, err := dir.ReadDir(most)
	if err != nil && err != io.EOF { //nolint:errorlint // ReadDir says that it returns io.EOF itself
		return nil, fmt.Errorf("qr: reading pictures: %w", err)
	}
	if len(entries) == most {
		return nil, fmt.Errorf("%w: the folder has more than %d files", ErrTooLarge, most)
	}
	var names []string
	for _, e := range entries {
		extension := strings.ToLower(filepath.Ext(e.Name()))
		if e.Type().IsRegular() && slices.Contains([]string{".png", ".jpg", ".jpeg", ".gif"}, extension) {
			names = append(names, filepath.Join(path, e.Name()))
		}
	}
	slices.Sort(names)
	return names, nil
}

// files is a source of files, of which one is open at a time.
type files struct {
	names []string
	open  FrameSource // the pictures of the file before names[0], or nil
}

func (f *files) Next(ctx context.Context) (image.Image, error) {
	for {
		if f.open != nil {
			img, err := f.open.Next(ctx)
			if err != io.EOF { //nolint:errorlint // sources return io.EOF itself, like readers
				return img, err
			}
			f.open = nil
		}
		if len(f.names) == 0 {
			return nil, io.EOF
		}
		name := f.names[0]
		f.names = f.names[1:]
		data, err := readFile(name)
		if err == nil {
			f.open, err = Pictures(data)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
	}
}

func (f *files) Close() error {
	f.names, f.open = nil, nil
	return nil
}
