package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"marque/app/flow"
	"marque/app/qr"
)

// clipboardWait is how long the owner of the clipboard may take to hand a picture over.
const clipboardWait = 5 * time.Second

// clipboard returns the picture in the clipboard as PNG. The window toolkit knows texts only, so that the programs of the desktop are
// asked: wl-paste (wl-clipboard) under Wayland, xclip under X.
func clipboard(string) ([]byte, error) {
	command := []string{"xclip", "-selection", "clipboard", "-target", "image/png", "-out"}
	if os.Getenv("WAYLAND_DISPLAY") != "" {
		command = []string{"wl-paste", "--no-newline", "--type", "image/png"}
	}
	ctx, cancel := context.WithTimeout(context.Background(), clipboardWait)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	out := &bounded{left: qr.MaxFile + 1}
	cmd.Stdout = out
	err := cmd.Run()
	switch {
	case out.left == 0:
		return nil, flow.ErrLargePicture
	case err != nil:
		return nil, fmt.Errorf("%w: %w", flow.ErrNoClipboard, err)
	case out.Len() == 0:
		return nil, flow.ErrNoClipboard
	}
	return out.Bytes(), nil
}

// bounded keeps what is written to it, up to a limit.
type bounded struct {
	bytes.Buffer
	left int
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	if len(p) > b.left {
		b.left = 0
		return 0, io.ErrShortWrite
	}
	b.left -= len(p)
	return b.Buffer.Write(p)
}
