package selftest_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"

	"marque/app/selftest"
)

func TestRun(t *testing.T) {
	if err := selftest.Run(rand.Reader); err != nil {
		t.Fatal(err)
	}
}

// stuck is a generator that is sound until it repeats one octet, or a few values more often than others.
type stuck struct{ every, run int }

func (s stuck) Read(b []byte) (int, error) {
	n, err := rand.Read(b)
	for i := 0; s.every > 0 && i+s.run < len(b); i += s.every {
		for j := range s.run {
			b[i+j] = 0x2a
		}
	}
	return n, err
}

func TestBadGenerators(t *testing.T) {
	for name, c := range map[string]struct {
		rand io.Reader
		want string
	}{
		"all zero":  {zeros{}, "repeats itself"},
		"stuck":     {stuck{1 << 19, 12}, "repeats itself"},
		"lopsided":  {stuck{8, 1}, "prefers some values"},
		"exhausted": {bytes.NewReader(make([]byte, 100)), "read the random generator"},
	} {
		t.Run(name, func(t *testing.T) {
			err := selftest.Run(c.rand)
			if !errors.Is(err, selftest.ErrFailed) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

func BenchmarkRun(b *testing.B) {
	for b.Loop() {
		if err := selftest.Run(rand.Reader); err != nil {
			b.Fatal(err)
		}
	}
}
