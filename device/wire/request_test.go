package wire_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"
	"time"

	"marque/device/wire"
)

func TestRequestIsShort(t *testing.T) {
	r, u := enrolment(t, strings.Repeat("n", wire.MaxName))
	r.Time = time.Unix(253402300799, 0)
	r.Proof = must(u.Prove(octets(1), must(r.Body())(t)))(t)
	b := must(r.Marshal())(t)
	if len(b) > wire.MaxRequest {
		t.Errorf("the longest request has %d octets", len(b))
	}
	if _, err := wire.ParseRequest(b); err != nil {
		t.Error(err)
	}
	// A QR code of version 11, level M, holds 366 alphanumeric characters.
	if text := wire.RequestText(make([]byte, wire.MaxRequest)); len(text) > 366 {
		t.Errorf("the longest text has %d characters", len(text))
	}
}

func TestRequestHash(t *testing.T) {
	r, _ := enrolment(t, "bus-471")
	b := must(r.Marshal())(t)
	if want := sha256.Sum256(append([]byte("\x00\x11marque/v1/request"), b...)); r.Hash() != want {
		t.Errorf("%x, want %x", r.Hash(), want)
	}
}

func TestRequestRefuses(t *testing.T) {
	for what, c := range map[string]struct {
		change func(r *wire.Request)
		want   error
	}{
		"kind 0":      {func(r *wire.Request) { r.Kind = 0 }, wire.ErrValue},
		"kind 3":      {func(r *wire.Request) { r.Kind = 3 }, wire.ErrValue},
		"no name":     {func(r *wire.Request) { r.Name = "" }, wire.ErrName},
		"tilde":       {func(r *wire.Request) { r.Name = "bus~1" }, wire.ErrName},
		"49 octets":   {func(r *wire.Request) { r.Name = strings.Repeat("n", 49) }, wire.ErrName},
		"before 1970": {func(r *wire.Request) { r.Time = time.Time{} }, wire.ErrTime},
		"half second": {func(r *wire.Request) { r.Time = r.Time.Add(time.Second / 2) }, wire.ErrTime},
	} {
		r, _ := enrolment(t, "bus-471")
		c.change(r)
		if _, err := r.Marshal(); !isErr(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestRequestProof(t *testing.T) {
	for what, change := range map[string]func(r *wire.Request){
		"another name":      func(r *wire.Request) { r.Name = "bus-472" },
		"another kind":      func(r *wire.Request) { r.Kind = wire.KindApplication },
		"another HPKE key":  func(r *wire.Request) { r.HPKEKey[0] ^= 1 },
		"another nonce":     func(r *wire.Request) { r.Nonce[0] ^= 1 },
		"another time":      func(r *wire.Request) { r.Time = r.Time.Add(time.Second) },
		"no U":              func(r *wire.Request) { r.U = [32]byte{} },
		"U is no point":     func(r *wire.Request) { r.U = fill[[32]byte](0xff) },
		"identity in proof": func(r *wire.Request) { r.Proof = [64]byte{} },
	} {
		r, _ := enrolment(t, "bus-471")
		change(r)
		if _, err := wire.ParseRequest(must(r.Marshal())(t)); !isErr(err, wire.ErrProof) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestRequestText(t *testing.T) {
	r, _ := enrolment(t, "bus-471")
	b := must(r.Marshal())(t)
	text := wire.RequestText(b)
	if got := must(wire.ParseRequestText(text))(t); !bytes.Equal(got, b) {
		t.Errorf("%x", got)
	}
	const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
	if strings.Trim(text, alphanumeric) != "" {
		t.Error("characters outside the alphanumeric mode")
	}
	for i := range text {
		for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") {
			if c == text[i] {
				continue
			}
			if _, err := wire.ParseRequestText(text[:i] + string(c) + text[i+1:]); err == nil {
				t.Errorf("character %d replaced by %c, and accepted", i, c)
			}
		}
	}
}

func TestRequestTextRefuses(t *testing.T) {
	r, _ := enrolment(t, "bus-471")
	text := wire.RequestText(must(r.Marshal())(t))
	for what, c := range map[string]struct {
		in   string
		want error
	}{
		"empty":             {"", wire.ErrType},
		"web link":          {"https://fleet.example/", wire.ErrType},
		"small letters":     {strings.ToLower(text), wire.ErrType},
		"small letters, 2":  {"MQ1R" + strings.ToLower(text[4:]), wire.ErrEncoding},
		"leading space":     {" " + text, wire.ErrType},
		"trailing space":    {text + " ", wire.ErrEncoding},
		"line break":        {text[:20] + "\n" + text[20:], wire.ErrEncoding},
		"trailing break":    {text + "\r\n", wire.ErrEncoding},
		"padding":           {text + "=", wire.ErrEncoding},
		"only the prefix":   {"MQ1R", wire.ErrEncoding},
		"three octets":      {"MQ1RAAAAA", wire.ErrEncoding},
		"cut off":           {text[:len(text)-8], wire.ErrChecksum},
		"two exchanged":     {text[:20] + text[21:22] + text[20:21] + text[22:], wire.ErrChecksum},
		"longer than texts": {"MQ1R" + strings.Repeat("A", 360), wire.ErrTooLong},
		"unused bits":       {unusedBits(), wire.ErrEncoding},
	} {
		if _, err := wire.ParseRequestText(c.in); !isErr(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// unusedBits is a text whose last character carries a bit that belongs to no octet.
func unusedBits() string {
	b := []byte("ab")
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	text := "MQ1R" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b) // 48 bits in 50
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	last := strings.IndexByte(alphabet, text[len(text)-1])
	return text[:len(text)-1] + alphabet[last+1:last+2]
}
