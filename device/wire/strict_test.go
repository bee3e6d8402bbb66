package wire_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"marque/device/wire"
)

func isErr(err, want error) bool { return errors.Is(err, want) }

// head is one head of a CBOR item: where it begins, how long it is, and where the item ends.
type head struct {
	at, size, end int
	major         byte
	arg           uint64
}

// heads walks well-formed CBOR of definite lengths and returns the head of every item in it.
func heads(b []byte) (out []head) {
	var item func(at int) int
	item = func(at int) int {
		h := head{at: at, size: 1, major: b[at] >> 5, arg: uint64(b[at] & 0x1f)}
		if h.arg >= 24 {
			n := 1 << (h.arg - 24)
			h.size += n
			h.arg = binary.BigEndian.Uint64(append(make([]byte, 8-n), b[at+1:at+1+n]...))
		}
		i := len(out)
		out = append(out, h)
		end := at + h.size
		switch h.major {
		case 2, 3:
			end += int(h.arg)
		case 4:
			for range h.arg {
				end = item(end)
			}
		case 5:
			for range 2 * h.arg {
				end = item(end)
			}
		case 6:
			end = item(end)
		}
		out[i].end = end
		return end
	}
	item(0)
	return out
}

// wider writes the head in every longer way.
func wider(b []byte, h head) (out [][]byte) {
	for n := 1; n <= 8; n *= 2 {
		if 1+n <= h.size {
			continue
		}
		var arg [8]byte
		binary.BigEndian.PutUint64(arg[:], h.arg)
		info := map[int]byte{1: 24, 2: 25, 4: 26, 8: 27}[n]
		v := append([]byte{h.major<<5 | info}, arg[8-n:]...)
		out = append(out, splice(b, h.at, h.at+h.size, v))
	}
	return out
}

// indefinite writes a string as one chunk, an array or map until a break.
func indefinite(b []byte, h head) []byte {
	inner := b[h.at+h.size : h.end]
	if h.major == 2 || h.major == 3 {
		inner = b[h.at:h.end]
	}
	v := append([]byte{h.major<<5 | 31}, inner...)
	return splice(b, h.at, h.end, append(v, 0xff))
}

func splice(b []byte, from, to int, with []byte) []byte {
	return bytes.Join([][]byte{b[:from], with, b[to:]}, nil)
}

func encodings(t *testing.T) map[string]object {
	t.Helper()
	all := cborObjects(t)
	for name, o := range statements(t) {
		all[name] = o
	}
	return all
}

func TestOtherEncodings(t *testing.T) {
	every(t, encodings(t), func(t *testing.T, o object, b []byte) {
		refused := func(what string, v []byte) {
			t.Helper()
			if _, err := o.again(v); !isErr(err, wire.ErrEncoding) && !isErr(err, wire.ErrTooLong) {
				t.Errorf("%s: %v\n%x", what, err, v)
			}
		}
		refused("trailing octet", append(bytes.Clone(b), 0))
		refused("twice", append(bytes.Clone(b), b...))
		refused("tagged", append([]byte{0xc1}, b...))
		refused("self-described", append([]byte{0xd9, 0xd9, 0xf7}, b...))
		refused("nothing", nil)
		for i, h := range heads(b) {
			for _, v := range wider(b, h) {
				refused("longer head", v)
			}
			if 2 <= h.major && h.major <= 5 {
				refused("indefinite length", indefinite(b, h))
			}
			if i > 0 {
				refused("tagged element", splice(b, h.at, h.at, []byte{0xc1}))
				refused("null", splice(b, h.at, h.end, []byte{0xf6}))
				refused("undefined", splice(b, h.at, h.end, []byte{0xf7}))
			}
		}
	})
}

func TestBitFlipsKeepTheOneEncoding(t *testing.T) {
	objects := cborObjects(t)
	for name, o := range binaryObjects(t) {
		objects[name] = o
	}
	every(t, objects, func(t *testing.T, o object, b []byte) {
		for i := range 8 * len(b) {
			v := flipped(b, i)
			if again, err := o.again(v); err == nil && !bytes.Equal(again, v) {
				t.Errorf("bit %d: accepted, but encoded differently", i)
			}
		}
	})
}

func TestBitFlipsInSigned(t *testing.T) {
	objects := statements(t)
	objects["request"] = cborObjects(t)["request"]
	every(t, objects, func(t *testing.T, o object, b []byte) {
		for i := range 8 * len(b) {
			if _, err := o.again(flipped(b, i)); err == nil {
				t.Errorf("bit %d of octet %d flipped, and accepted", i%8, i/8)
			}
		}
	})
}

func flipped(b []byte, bit int) []byte {
	v := bytes.Clone(b)
	v[bit/8] ^= 1 << (bit % 8)
	return v
}

func TestOtherVersion(t *testing.T) {
	every(t, cborObjects(t), func(t *testing.T, o object, b []byte) {
		v := bytes.Clone(b)
		v[1] = 2
		if _, err := o.again(v); !isErr(err, wire.ErrValue) {
			t.Errorf("version 2: %v", err)
		}
	})
}

func TestTooLong(t *testing.T) {
	limits := map[string]int{
		"core": wire.MaxCore, "policy": wire.MaxStatement, "checkpoint": wire.MaxStatement, "request": wire.MaxRequest,
		"package": wire.MaxPackage, "content": wire.MaxPackage, "bundle": wire.MaxBundle, "change": wire.MaxBundle, "compact": wire.MaxBundle, "statement of type change": wire.MaxBundle, "log entry": wire.MaxLogEntry,
		"trust": wire.MaxTrust, "statement of type trust": wire.MaxTrust,
		"regions": wire.MaxRegionList, "region": wire.MaxBundle, "statement of type regions": wire.MaxRegionList,
		"statement of type core": wire.MaxStatement, "statement of type policy": wire.MaxStatement,
		"statement of type checkpoint": wire.MaxStatement, "statement of type package": wire.MaxPackage,
		"statement of type bundle": wire.MaxBundle, "receipt": wire.MaxReceipt, "depot": wire.MaxStatement, "batch": wire.MaxBatch,
		"receipts": wire.MaxBatch, "manifest": wire.MaxManifest, "statement of type depot": wire.MaxStatement,
		"statement of type batch": wire.MaxBatch, "statement of type receipts": wire.MaxBatch, "statement of type manifest": wire.MaxManifest,
	}
	for name, o := range encodings(t) {
		long := append(bytes.Clone(o.valid[0]), make([]byte, limits[name]+1-len(o.valid[0]))...)
		if _, err := o.again(long); !isErr(err, wire.ErrTooLong) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := o.again(long[:limits[name]]); !isErr(err, wire.ErrEncoding) {
			t.Errorf("%s at the limit: %v", name, err)
		}
	}
}
