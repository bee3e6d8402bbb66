package carry

import (
	"bytes"
	"context"
	"os"

	"marque/app/qr"
	"marque/app/terminal"
	"marque/device/wire"
)

// Read reads one payload from a file that holds it, at most limit octets of it, or from pictures of codes: PNG, JPEG, GIF, folders of them,
// in any order. Errors: [ErrOther] for another payload, [ErrUnfinished], qr.ErrNoCode, those of the files.
func Read(ctx context.Context, want wire.Found, limit int, paths ...string) ([]byte, error) {
	if len(paths) == 1 && !pictured(paths[0]) {
		return terminal.Read(nil, paths[0], limit)
	}
	source, err := qr.Files(paths...)
	if err != nil {
		return nil, err
	}
	defer source.Close() // nothing was written
	j, err := NewJoin("")
	if err != nil {
		return nil, err
	}
	var content []byte
	var last error
	err = j.Pictures(ctx, source, func(n News) bool {
		if n.Payload != nil {
			content, n.Err = n.Payload.Is(want)
		}
		if n.Err != nil {
			last = n.Err
		}
		return content == nil
	})
	switch {
	case content != nil:
		return content, nil
	case err != nil:
		return nil, err
	case last != nil:
		return nil, last
	}
	return nil, ErrUnfinished
}

// pictured reports whether a path is a folder, or a file that begins like a picture.
func pictured(path string) bool {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return err == nil && info.IsDir()
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close() // nothing was written
	b := make([]byte, 4)
	n, err := f.Read(b)
	return err == nil && Picture(b[:n])
}

// Picture reports whether octets begin like a PNG, JPEG or GIF.
func Picture(b []byte) bool {
	for _, magic := range []string{"\x89PNG", "\xff\xd8", "GIF8"} {
		if bytes.HasPrefix(b, []byte(magic)) {
			return true
		}
	}
	return false
}
