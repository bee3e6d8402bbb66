package scan_test

import (
	"encoding/base32"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"strings"
	"unicode"
	"unsafe"
)

// made returns a text of ours of a kind: n octets and their check.
func made(r *rand.Rand, kind string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return "MQ1" + kind + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)
}

// stroke is a key that is pressed, with Shift or without.
type stroke struct {
	code  uint16
	shift bool
}

// keyboards are the letters and digits of three layouts as they stand on the keys, from the codes 2, 16, 30 and 44 on; with Shift.
var keyboards = map[string][2][4]string{
	"US": {{"1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./"}, {"!@#$%^&*()_+", "QWERTYUIOP{}", `ASDFGHJKL:"`, "ZXCVBNM<>?"}},
	"DE": {{"1234567890ß´", "qwertzuiopü+", "asdfghjklöä", "yxcvbnm,.-"}, {"!\"§$%&/()=?`", "QWERTZUIOPÜ*", "ASDFGHJKLÖÄ", "YXCVBNM;:_"}},
	"FR": {{"&é\"'(-è_çà)=", "azertyuiop^$", "qsdfghjklmù", "wxcvbn,;:!"}, {"1234567890°+", "AZERTYUIOP¨£", "QSDFGHJKLM%", "WXCVBN?./§"}},
	// Dvorak, for which there is no table: it has to be learned
	"DV": {{"1234567890[]", "',.pyfgcrl/=", "aoeuidhtns-", ";qjkxbmwvz"}, {"!@#$%^&*(){}", "\"<>PYFGCRL?+", "AOEUIDHTNS_", ":QJKXBMWVZ"}},
}

// strokes returns the keys that a scanner set to the US layout presses.
func strokes(text string) []stroke {
	var out []stroke
	for _, c := range text {
		for shift, rows := range keyboards["US"] {
			for i, row := range rows {
				if at := strings.IndexRune(row, c); at >= 0 {
					out = append(out, stroke{[]uint16{2, 16, 30, 44}[i] + uint16(at), shift == 1})
				}
			}
		}
	}
	return out
}

// typed returns what the machine makes of the keys.
func typed(keys []stroke, layout string, capsLock bool) []rune {
	var out []rune
	for _, k := range keys {
		for i, first := range []uint16{2, 16, 30, 44} {
			row := []rune(keyboards[layout][0][i])
			if k.code < first || int(k.code-first) >= len(row) {
				continue
			}
			r := row[k.code-first]
			if k.shift {
				r = []rune(keyboards[layout][1][i])[k.code-first]
			}
			if capsLock { // X turns letters round, the ones on the digits of FR included
				if unicode.IsLower(r) {
					r = unicode.ToUpper(r)
				} else {
					r = unicode.ToLower(r)
				}
			}
			out = append(out, r)
		}
	}
	return out
}

const (
	enter     = 28
	leftShift = 42
)

// event is one struct input_event.
func event(kind, code uint16, value int32) []byte {
	b := make([]byte, 2*unsafe.Sizeof(uintptr(0)), 24)
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, code)
	return binary.NativeEndian.AppendUint32(b, uint32(value))
}

// press is a key pressed and released, as the kernel tells it: with the device's own number before, and a mark after.
func press(code uint16) []byte {
	var b []byte
	for _, value := range []int32{1, 0} {
		b = append(b, event(4, 4, 0x70000+int32(code))...)
		b = append(b, event(1, code, value)...)
		b = append(b, event(0, 0, 0)...)
	}
	return b
}

// hold is keys pressed while another one is held.
func hold(modifier uint16, inner ...[]byte) []byte {
	b := append(event(1, modifier, 1), event(0, 0, 0)...)
	for _, i := range inner {
		b = append(b, i...)
	}
	return append(append(b, event(1, modifier, 0)...), event(0, 0, 0)...)
}

// scanned is what a scanner's device tells for a code.
func scanned(text string) []byte {
	var b []byte
	for _, k := range strokes(text) {
		if k.shift {
			b = append(b, hold(leftShift, press(k.code))...)
		} else {
			b = append(b, press(k.code)...)
		}
	}
	return append(b, press(enter)...)
}
