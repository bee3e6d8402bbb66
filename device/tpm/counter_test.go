package tpm_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"path/filepath"
	"testing"

	"marque/device"
	"marque/device/tpm"
	"marque/hsm/hsmtest"
)

var _ device.Counter = (*tpm.Counter)(nil)

func newCounter(t *testing.T, path string) *tpm.Counter {
	t.Helper()
	c, err := tpm.New(path, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func value(t *testing.T, c *tpm.Counter) uint64 {
	t.Helper()
	n, err := c.Value()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A counter goes up by one, through power cuts too, and is found again by its text.
func TestCounterGoesUp(t *testing.T) {
	e := hsmtest.Start(t)
	c, other := newCounter(t, e.Path()), newCounter(t, e.Path())
	first := value(t, c)
	for i := range uint64(3) {
		if err := c.Increment(); err != nil {
			t.Fatal(err)
		}
		if n := value(t, c); n != first+i+1 {
			t.Errorf("%d after %d", n, first+i)
		}
	}
	before := value(t, other)
	e.Restart()
	text, err := c.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	again, err := tpm.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if n := value(t, again); n != first+3 {
		t.Errorf("%d after a power cut, %d before", n, first+3)
	}
	if n := value(t, other); n != before {
		t.Errorf("the other one went from %d to %d", before, n)
	}
}

// A counter that is deleted and made anew is above what it was; the text of the first one does not open it.
func TestCounterMadeAnew(t *testing.T) {
	e := hsmtest.Start(t)
	c := newCounter(t, e.Path())
	last := value(t, c)
	if err := c.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Value(); !errors.Is(err, tpm.ErrNoCounter) {
		t.Errorf("read a deleted counter: %v", err)
	}
	if err := c.Increment(); !errors.Is(err, tpm.ErrNoCounter) {
		t.Errorf("advanced a deleted counter: %v", err)
	}
	anew := newCounter(t, e.Path())
	if n := value(t, anew); n <= last {
		t.Errorf("%d after %d", n, last)
	}
	if _, err := c.Value(); !errors.Is(err, tpm.ErrNoCounter) {
		t.Errorf("read with another authorisation: %v", err)
	}
	if err := c.Increment(); !errors.Is(err, tpm.ErrNoCounter) {
		t.Errorf("advanced with another authorisation: %v", err)
	}
}

func TestNoTPM(t *testing.T) {
	for _, path := range []string{filepath.Join(t.TempDir(), "none"), t.TempDir(), "/dev/null"} {
		if _, err := tpm.New(path, rand.Reader); !errors.Is(err, tpm.ErrNoTPM) {
			t.Errorf("%s: %v", path, err)
		}
	}
	e := hsmtest.Start(t)
	c := newCounter(t, e.Path())
	e.Kill()
	if _, err := c.Value(); !errors.Is(err, tpm.ErrNoTPM) {
		t.Error(err)
	}
	if err := c.Increment(); !errors.Is(err, tpm.ErrNoTPM) {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"tpm":"/dev/tpmrm0","index":25187840,"auth":"0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"}` + "\n"))
	f.Add([]byte(`{"tpm":"/dev/tpmrm0","index":25187840,"auth":"01","x":1}`))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := tpm.Parse(text)
		if err != nil {
			if !errors.Is(err, tpm.ErrReference) {
				t.Errorf("an error without a name: %v", err)
			}
			return
		}
		if again, err := c.MarshalText(); err != nil || !bytes.Equal(again, text) {
			t.Errorf("%q was %q, %v", again, text, err)
		}
	})
}
