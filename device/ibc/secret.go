package ibc

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[secret]"

// secret is embedded by every type that holds a secret: it makes the type
// incomparable and keeps its contents out of fmt, log/slog and encoders.
type secret struct{ _ [0]func() }

// Format implements [fmt.Formatter]; it prints a fixed text for every verb.
func (secret) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redacted) }

// LogValue implements [slog.LogValuer]; it returns a fixed text.
func (secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler; it returns a fixed text.
func (secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
