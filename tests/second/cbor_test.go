package second

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"slices"
)

// Deterministic CBOR (RFC 8949, section 4.2.1), as much of it as there is in the protocol.

// tagged is a tag with what it is on; a map is its pairs, flat.
type tagged struct {
	number uint64
	item   any
}

type pairs []any

func head(major byte, n uint64) []byte {
	major <<= 5
	switch {
	case n < 24:
		return []byte{major | byte(n)}
	case n < 1<<8:
		return []byte{major | 24, byte(n)}
	case n < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{major | 25}, uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32([]byte{major | 26}, uint32(n))
	}
	return binary.BigEndian.AppendUint64([]byte{major | 27}, n)
}

// cbor encodes uint64, int64 below zero, []byte, string, []any, pairs and tagged.
func cbor(v any) []byte {
	all := func(major byte, n int, items []any) []byte {
		b := head(major, uint64(n))
		for _, i := range items {
			b = append(b, cbor(i)...)
		}
		return b
	}
	switch v := v.(type) {
	case int:
		return cbor(uint64(v))
	case uint64:
		return head(0, v)
	case int64:
		return head(1, uint64(-1-v))
	case []byte:
		return append(head(2, uint64(len(v))), v...)
	case string:
		return append(head(3, uint64(len(v))), v...)
	case []any:
		return all(4, len(v), v)
	case pairs:
		return all(5, len(v)/2, v)
	case tagged:
		return append(head(6, v.number), cbor(v.item)...)
	}
	panic("no such item")
}

// uncbor reads one item and nothing behind it; only its one encoding is taken.
func uncbor(b []byte) (any, bool) {
	v, rest, ok := item(b, 0)
	return v, ok && len(rest) == 0 && bytes.Equal(cbor(v), b)
}

func item(b []byte, depth int) (v any, rest []byte, ok bool) {
	if len(b) == 0 || depth > 8 || b[0]&31 > 27 {
		return nil, nil, false
	}
	major, n := b[0]>>5, uint64(b[0]&31)
	b = b[1:]
	if n >= 24 {
		size := 1 << (n - 24)
		if len(b) < size {
			return nil, nil, false
		}
		n = 0
		for _, o := range b[:size] {
			n = n<<8 | uint64(o)
		}
		b = b[size:]
	}
	switch major {
	case 0:
		return n, b, true
	case 1:
		return -1 - int64(n), b, n < 1<<62
	case 2, 3:
		if n > uint64(len(b)) {
			return nil, nil, false
		}
		if major == 2 {
			return slices.Clone(b[:n]), b[n:], true
		}
		return string(b[:n]), b[n:], true
	case 4, 5:
		many := n * uint64(major-3)
		if n > uint64(len(b)) {
			return nil, nil, false
		}
		list := make([]any, 0, many)
		for range many {
			if v, b, ok = item(b, depth+1); !ok {
				return nil, nil, false
			}
			list = append(list, v)
		}
		if major == 5 {
			return pairs(list), b, true
		}
		return list, b, true
	case 6:
		v, b, ok = item(b, depth+1)
		return tagged{n, v}, b, ok
	}
	return nil, nil, false
}

// types are section 6.2's, by their content format.
var types = map[uint64]string{
	65001: "core", 65002: "policy", 65003: "package", 65004: "bundle", 65005: "checkpoint", 65006: "manifest", 65010: "change", 65011: "regions", 65012: "trust",
}

// statement takes a COSE_Sign1 apart, as section 6.2 has it; failure is what is wrong, in the order of the checks.
func statement(b []byte, realm string, key []byte) (kind string, payload []any, failure string) {
	v, ok := uncbor(b)
	t, is := v.(tagged)
	four, array := t.item.([]any)
	if !ok || !is || t.number != 18 || !array || len(four) != 4 {
		return "", nil, "ErrMalformed"
	}
	protected, ok1 := four[0].([]byte)
	none, ok2 := four[1].(pairs)
	body, ok3 := four[2].([]byte)
	sig, ok4 := four[3].([]byte)
	if !ok1 || !ok2 || !ok3 || !ok4 || len(none) > 0 || len(sig) != 64 {
		return "", nil, "ErrMalformed"
	}
	h, ok := uncbor(protected)
	headers, is := h.(pairs)
	if !ok || !is || len(headers) != 6 || headers[0] != any(uint64(1)) || headers[1] != any(int64(-8)) || headers[2] != any(uint64(15)) || headers[4] != any(uint64(16)) {
		return "", nil, "ErrMalformed"
	}
	number, _ := headers[5].(uint64)
	claims, _ := headers[3].(pairs)
	if kind = types[number]; kind == "" || len(claims) != 2 || claims[0] != any(uint64(1)) {
		return "", nil, "ErrMalformed"
	}
	if claims[1] != any(realm) {
		return "", nil, "ErrUnknownRealm"
	}
	signed := cbor([]any{"Signature1", protected, []byte("marque/v1/" + kind), body})
	if !ed25519.Verify(key, signed, sig) {
		return "", nil, "ErrTampered"
	}
	content, ok := uncbor(body)
	payload, is = content.([]any)
	if !ok || !is || len(payload) == 0 || payload[0] != any(uint64(1)) {
		return "", nil, "ErrMalformed"
	}
	return kind, payload, ""
}
