package hsm

import (
	"fmt"
	"io"
	"log/slog"
)

const unprintedText = "[redacted]"

// unprinted is embedded by types that hold secrets: they cannot be compared, and printed or logged they show nothing.
type unprinted struct {
	_ [0]func() // not comparable
}

// Format implements fmt.Formatter; whatever the verb, it shows nothing.
func (unprinted) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, unprintedText) }

// LogValue implements slog.LogValuer and shows nothing.
func (unprinted) LogValue() slog.Value { return slog.StringValue(unprintedText) }

// MarshalText implements encoding.TextMarshaler and shows nothing.
func (unprinted) MarshalText() ([]byte, error) { return []byte(unprintedText), nil }
