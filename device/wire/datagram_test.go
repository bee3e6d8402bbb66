package wire_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"testing"

	"marque/device/wire"
)

// datagrams has one of each mode, in order.
func datagrams(t testing.TB) object {
	t.Helper()
	g := wire.Datagram{To: [8]byte{7: 0x61}, From: [8]byte{7: 0x62}, Cookie: fill[[16]byte](0x63), Body: []byte("handshake or record")}
	var all []marshaller
	for mode := wire.ModeCall; mode <= wire.ModeRecord; mode++ {
		one := g
		if one.Mode = mode; mode == wire.ModeCookie {
			one.Body = nil
		}
		all = append(all, &one)
	}
	return object{marshalled(t, all...), reencoded(wire.ParseDatagram)}
}

func TestDatagrams(t *testing.T) {
	for i, b := range datagrams(t).valid {
		again, err := datagrams(t).again(b)
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("mode %#x: %x, %v", b[0], again, err)
		}
		head := []int{25, 25, 17, 9, 9}[i]
		for _, cut := range []int{0, 1, head - 1, head} {
			if _, err := wire.ParseDatagram(b[:cut]); cut < len(b) && !isErr(err, wire.ErrEncoding) {
				t.Errorf("mode %#x, %d octets: %v", b[0], cut, err)
			}
		}
	}
	for mode := range 256 {
		_, err := wire.ParseDatagram(append([]byte{byte(mode)}, make([]byte, 24)...))
		if known := mode >= 0x41 && mode <= 0x45; known == isErr(err, wire.ErrType) {
			t.Errorf("mode %#x: %v", mode, err)
		}
	}
	for want, g := range map[error]*wire.Datagram{
		wire.ErrType:    {Mode: 0x46, Body: []byte{1}},
		wire.ErrValue:   {Mode: wire.ModeProof},
		wire.ErrTooLong: {Mode: wire.ModeRecord, Body: make([]byte, wire.MaxDatagram)},
	} {
		if _, err := g.Marshal(); !isErr(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	if _, err := wire.ParseDatagram(append([]byte{wire.ModeRecord}, make([]byte, wire.MaxDatagram)...)); !isErr(err, wire.ErrTooLong) {
		t.Error(err)
	}
}

// datagramCases are the vectors of the datagram form.
func datagramCases(t *testing.T, out map[string]*vector) {
	t.Helper()
	put := func(name, expect, comment string, b []byte) {
		out[name] = &vector{Comment: comment, Object: "datagram", Expect: expect, Input: hex.EncodeToString(b)}
	}
	all := datagrams(t).valid
	for i, b := range all {
		put(fmt.Sprintf("datagram-%#x", b[0]), "ok", "layout only: numbers, cookie and body are fillers", b)
		put(fmt.Sprintf("datagram-%#x-cut", b[0]), "ErrEncoding", "cut off", b[:[]int{25, 24, 17, 9, 9}[i]])
	}
	put("datagram-0x42-trailing", "ErrEncoding", "more behind a cookie", append(bytes.Clone(all[1]), 0))
	put("datagram-mode", "ErrType", "an octet of mode that is none of these", append([]byte{0x46}, all[0][1:]...))
}

func FuzzDatagram(f *testing.F) { fuzz(f, datagrams(f)) }
