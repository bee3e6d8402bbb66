package second

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// letter is a file of tests/vectors/messages.
type letter struct {
	Expect    string   `json:"expect"`
	Core      string   `json:"core"`
	Past      int64    `json:"past_ms"`
	Future    int64    `json:"future_ms"`
	Recipient string   `json:"recipient"`
	First     uint32   `json:"first_epoch"`
	Keys      []string `json:"keys"`
	Revoked   []uint32 `json:"revoked"`
	Heard     []string `json:"heard"`
	Now       int64    `json:"now_ms"`
	Message   string   `json:"message"`
	Sender    string   `json:"sender"`
	Time      int64    `json:"time_ms"`
	Payload   string   `json:"payload"`
}

// peer is somebody whose signature was verified in an epoch.
type peer struct {
	id identity
	r  []byte
}

// receiver is a device as far as messages need one.
type receiver struct {
	*letter
	hash, x, z     []byte
	epoch0, length int64
	now            int64
	seen           map[string]bool
	known          map[string]peer // by keyref
}

// opened is what came of a message; failure is the name that the vectors give to what is wrong.
type opened struct {
	sender  string
	time    int64
	payload []byte
	failure string
}

func failed(name string) opened { return opened{failure: name} }

// coreValues takes epoch0, epoch-length and X out of a core (section 2.2), by a reader for as much CBOR as is in one.
func coreValues(b []byte) (epoch0, length int64, x, z []byte) {
	var items []any
	for b = b[1:]; len(b) > 0; {
		major, n := b[0]>>5, uint64(b[0]&31)
		b = b[1:]
		if n >= 24 {
			size := 1 << (n - 24)
			n = new(big.Int).SetBytes(b[:size]).Uint64()
			b = b[size:]
		}
		switch major {
		case 0:
			items = append(items, int64(n))
		case 2, 3:
			items, b = append(items, b[:n]), b[n:]
		case 4:
			for range n { // sp-ids, each shorter than 24 octets or with a length of one octet
				skip := 1 + int(b[0]&31)
				if b[0] == 0x78 {
					skip = 2 + int(b[1])
				}
				b = b[skip:]
			}
			items = append(items, nil)
		}
	}
	return items[5].(int64), items[6].(int64), items[7].([]byte), items[8].([]byte)
}

func newReceiver(v *letter) *receiver {
	core := unhex(v.Core)
	sum := sha256.Sum256(cat(label("marque/v1/core"), core))
	d := &receiver{letter: v, hash: sum[:], seen: map[string]bool{}, known: map[string]peer{}}
	d.epoch0, d.length, d.x, d.z = coreValues(core)
	return d
}

// epoch is section 2.3; times are in milliseconds.
func (d *receiver) epoch(t int64) uint32 { return uint32((t/1000 - d.epoch0) / d.length) }

// key is R, y and D of an epoch.
func (d *receiver) key(epoch uint32) (id identity, r, y, big []byte, ok bool) {
	i := int64(epoch) - int64(d.First)
	if i < 0 || i >= int64(len(d.Keys)) {
		return identity{}, nil, nil, nil, false
	}
	b := unhex(d.Keys[i])
	return identity{d.hash, d.Recipient, epoch}, b[:32], b[32:64], b[64:], true
}

// fresh says what is wrong with a message's time and id.
func (d *receiver) fresh(id string, t int64) string {
	switch {
	case t < d.now-d.Past || t > d.now+d.Future:
		return "ErrStaleTime"
	case d.seen[id]:
		return "ErrReplay"
	}
	return ""
}

func messageID(mode byte, unique []byte) string {
	sum := sha256.Sum256(cat([]byte{mode}, unique))
	return string(sum[:16])
}

// from reads the sender of a sealed message or a broadcast: in full, or by its reference.
func (d *receiver) from(address string, r, ref []byte, epoch uint32) (peer, string) {
	if ref == nil {
		return peer{identity{d.hash, address, epoch}, r}, ""
	}
	p, ok := d.known[string(ref)]
	if !ok {
		return peer{}, "ErrUnknownSender"
	}
	return p, ""
}

// accept ends every way in: revocation and own address, signature, then what is remembered.
func (d *receiver) accept(p peer, context string, m, sig []byte, id string, t int64, payload []byte) opened {
	serial, err := strconv.ParseUint(p.id.address[strings.LastIndexByte(p.id.address, '~')+1:], 10, 32)
	if err != nil {
		return failed("ErrMalformed")
	}
	if p.id.address == d.Recipient {
		return failed("ErrOwnIdentity")
	}
	if slices.Contains(d.Revoked, uint32(serial)) {
		return failed("ErrRevoked")
	}
	if verify(d.x, p.r, p.id, context, m, sig) != nil {
		return failed("ErrTampered")
	}
	d.seen[id] = true
	d.known[string(keyref(p.id, p.r))] = p
	return opened{sender: p.id.address, time: t, payload: payload}
}

// read is section 7.
func (d *receiver) read(b []byte) opened {
	if len(b) < 5 {
		return failed("ErrMalformed")
	}
	if !bytes.Equal(b[1:5], d.hash[:4]) {
		return failed("ErrUnknownRealm")
	}
	switch b[0] {
	case 0x11, 0x12:
		return d.broadcast(b[0], b[5:])
	case 0x13:
		return d.single(b, 48)
	case 0x14:
		return d.single(b, 32)
	case 0x15:
		return d.several(b, 48)
	case 0x16:
		return d.several(b, 32)
	}
	return failed("ErrMalformed")
}

// named cuts `u8(len) ‖ address ‖ R` off.
func named(b []byte) (address string, r, rest []byte, ok bool) {
	if len(b) < 1 || len(b) < 1+int(b[0])+32 {
		return "", nil, nil, false
	}
	n := 1 + int(b[0])
	return string(b[1:n]), b[n : n+32], b[n+32:], true
}

func (d *receiver) broadcast(mode byte, b []byte) opened {
	if len(b) < 8+8+64 {
		return failed("ErrMalformed")
	}
	stamp, rest := b[:8], b[8:]
	var address string
	var r, ref []byte
	ok := true
	if mode == 0x11 {
		address, r, rest, ok = named(rest)
	} else {
		ref, rest = rest[:8], rest[8:]
	}
	if !ok || len(rest) < 64 {
		return failed("ErrMalformed")
	}
	t := int64(binary.BigEndian.Uint64(stamp))
	sig, payload := rest[:64], rest[64:]
	id := messageID(mode, sig[:32])
	if f := d.fresh(id, t); f != "" {
		return failed(f)
	}
	p, f := d.from(address, r, ref, d.epoch(t))
	if f != "" {
		return failed(f)
	}
	return d.accept(p, "marque/v1/broadcast", cat([]byte{mode}, stamp, payload), sig, id, t, payload)
}

// encapsulated is the key that a U or E gives to this device.
func (d *receiver) encapsulated(epoch uint32, ephemeral []byte, context string) (key []byte, failure string) {
	id, r, y, dd, ok := d.key(epoch)
	if !ok {
		return nil, "ErrEpoch"
	}
	if len(ephemeral) == 32 {
		key, ok = warmKey(y, ephemeral, id, r, context)
	} else if gt, fine := pairing(ephemeral, dd); fine {
		key = coldKey(gt, id, ephemeral, context)
	} else {
		ok = false
	}
	if !ok {
		return nil, "ErrTampered"
	}
	return key, ""
}

func (d *receiver) single(b []byte, size int) opened {
	header := 9 + size
	if len(b) < header {
		return failed("ErrMalformed")
	}
	epoch, ephemeral := binary.BigEndian.Uint32(b[5:]), b[9:header]
	id := messageID(b[0], ephemeral)
	if d.seen[id] {
		return failed("ErrReplay")
	}
	if epoch != d.epoch(d.now-d.Past) && epoch != d.epoch(d.now+d.Future) {
		return failed("ErrEpoch")
	}
	key, f := d.encapsulated(epoch, ephemeral, "marque/v1/sealed")
	if f != "" {
		return failed(f)
	}
	plain, ok := unseal(key, b[:header], b[header:])
	if !ok {
		return failed("ErrTampered")
	}
	return d.inside(b[0], epoch, id, plain, "marque/v1/sealed", func(stamp, payload []byte) []byte {
		me := identity{d.hash, d.Recipient, epoch}
		return cat(b[:1], lp(me.encode()), ephemeral, stamp, payload)
	})
}

func (d *receiver) several(b []byte, size int) opened {
	header := 42 + size
	if len(b) < header || len(b) < header+48*int(b[9]) || b[9] < 2 || b[9] > 64 {
		return failed("ErrMalformed")
	}
	epoch, ephemeral, bound := binary.BigEndian.Uint32(b[5:]), b[42:header], b[:header+48*int(b[9])]
	id := messageID(b[0], ephemeral)
	if d.seen[id] {
		return failed("ErrReplay")
	}
	if epoch != d.epoch(d.now-d.Past) && epoch != d.epoch(d.now+d.Future) {
		return failed("ErrEpoch")
	}
	key, f := d.encapsulated(epoch, ephemeral, "marque/v1/sealed-several")
	if f != "" {
		return failed(f)
	}
	var found [][]byte
	for wrap := range slices.Chunk(bound[header:], 48) {
		if cek, ok := unseal(key, b[:header], wrap); ok {
			found = append(found, cek)
		}
	}
	if len(found) != 1 {
		return failed("ErrTampered")
	}
	plain, ok := unseal(kdf(found[0], label("marque/v1/several-content"), 32), bound, b[len(bound):])
	if !ok {
		return failed("ErrTampered")
	}
	sender := plain[:min(len(plain), 9)]
	if len(plain) > 1 && plain[0] == 0 {
		sender = plain[:min(len(plain), 2+int(plain[1])+32)]
	}
	if !bytes.Equal(kdf(found[0], cat(label("marque/v1/several-commit"), lp(sender)), 32), b[10:42]) {
		return failed("ErrTampered")
	}
	return d.inside(b[0], epoch, id, plain, "marque/v1/sealed-several", func(stamp, payload []byte) []byte {
		sum := sha256.Sum256(bound)
		return cat(b[:1], sum[:], stamp, payload)
	})
}

// inside reads the plaintext of a sealed message.
func (d *receiver) inside(mode byte, epoch uint32, id string, b []byte, context string, signed func(stamp, payload []byte) []byte) opened {
	var address string
	var r, ref []byte
	ok := len(b) > 0
	switch {
	case ok && b[0] == 0:
		address, r, b, ok = named(b[1:])
	case ok && b[0] == 1 && (mode == 0x14 || mode == 0x16) && len(b) >= 9:
		ref, b = b[1:9], b[9:]
	default:
		ok = false
	}
	if !ok || len(b) < 72 {
		return failed("ErrMalformed")
	}
	stamp, sig, payload := b[:8], b[8:72], b[72:]
	t := int64(binary.BigEndian.Uint64(stamp))
	if f := d.fresh(id, t); f != "" {
		return failed(f)
	}
	if d.epoch(t) != epoch {
		return failed("ErrEpoch")
	}
	p, f := d.from(address, r, ref, epoch)
	if f != "" {
		return failed(f)
	}
	return d.accept(p, context, signed(stamp, payload), sig, id, t, payload)
}

func TestMessages(t *testing.T) {
	replay(t, "messages", 42, func(t *testing.T, v *letter) {
		d := newReceiver(v)
		for _, s := range v.Heard {
			b := unhex(s)
			d.now = v.Now
			if got := d.read(b); got.failure != "" {
				t.Fatalf("what was heard before: %s", got.failure)
			}
		}
		d.now = v.Now
		got := d.read(unhex(v.Message))
		want := opened{v.Sender, v.Time, unhex(v.Payload), v.Expect}
		if v.Expect == "ok" {
			want.failure = ""
		}
		// who it was meant for is not to be seen in what does not open
		if got.failure == "ErrTampered" && want.failure == "ErrNotForMe" {
			got.failure = want.failure
		}
		if got.sender != want.sender || got.time != want.time || !bytes.Equal(got.payload, want.payload) || got.failure != want.failure {
			t.Errorf("got %q of %s at %d, %s; want %q of %s at %d, %s", got.payload, got.sender, got.time, got.failure,
				hex.EncodeToString(want.payload), want.sender, want.time, want.failure)
		}
	})
}
