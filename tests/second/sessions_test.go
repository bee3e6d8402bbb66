package second

import (
	"bytes"
	"crypto/mlkem"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// conversation is a file of tests/vectors/sessions.
type conversation struct {
	Expect    string   `json:"expect"`
	Core      string   `json:"core"`
	Past      int64    `json:"past_ms"`
	Future    int64    `json:"future_ms"`
	Reader    string   `json:"reader"`
	Own       string   `json:"reader_address"`
	Octet     int      `json:"reader_octet"`
	First     uint32   `json:"first_epoch"`
	Keys      []string `json:"keys"`
	Demands   bool     `json:"hybrid"`
	Peer      string   `json:"peer"`
	Sequence  uint32   `json:"list_sequence"`
	Revoked   []uint32 `json:"revoked"`
	Now       int64    `json:"now_ms"`
	Opens     bool     `json:"opens"`
	Early     string   `json:"early"`
	Says      string   `json:"reader_says"`
	Initiator []string `json:"initiator_sends"`
	Responder []string `json:"responder_sends"`
	Heard     []string `json:"heard"`
	Hash      string   `json:"handshake_hash"`
	Split     string   `json:"k1_k2"`
	AuthKeys  string   `json:"a1_a2"`
	Keying    string   `json:"okm"`
	Exporter  string   `json:"exporter_vector_32"`
}

// talker is one side of a session (PROTOCOL.md, section 10).
type talker struct {
	*conversation
	d        *receiver
	calls    bool     // it is the initiator
	in       [][]byte // frames of the peer, without what was read
	out      [][]byte // frames that it sends
	noise    *noiseNN
	random   []byte // 32 octets, of which every draw consists
	hybrid   bool
	secret   []byte // k1 ‖ k2
	authKeys []byte
	auths    []byte // SHA-256(AuthR) ‖ SHA-256(AuthI), or SHA-256(opening) ‖ SHA-256(AuthR), as far as they are there
	early    []byte // what came with the call
	okm      []byte
	peer     string
}

func newTalker(v *conversation) *talker {
	letter := &letter{Core: v.Core, Past: v.Past, Future: v.Future, Recipient: v.Own, First: v.First, Keys: v.Keys, Revoked: v.Revoked}
	k := &talker{conversation: v, d: newReceiver(letter), calls: v.Reader == "initiator", random: bytes.Repeat(u8(v.Octet), 32), hybrid: v.Demands}
	k.d.now = v.Now
	sent := v.Responder
	if !k.calls {
		sent = v.Initiator
	}
	for _, f := range sent {
		k.in = append(k.in, unhex(f))
	}
	return k
}

// next is the next frame of the peer, if its length is from least to most.
func (k *talker) next(least, most int) (b []byte, ok bool) {
	if len(k.in) == 0 || len(k.in[0]) < least || len(k.in[0]) > most {
		return nil, false
	}
	b, k.in = k.in[0], k.in[1:]
	return b, true
}

func (k *talker) callee(address string) []byte {
	sum := sha256.Sum256(cat(label("marque/v1/callee"), k.d.hash, label(address)))
	return sum[:4]
}

func (k *talker) start(responder string) {
	mode := 0
	if k.hybrid {
		mode = 1
	} else if k.Opens {
		mode = 4
	}
	k.noise = newNoise(mode != 0, cat(label("marque/v1/session"), u8(mode), k.d.hash, label(responder)), k.random)
}

// call is the initiator's handshake.
func (k *talker) call() string {
	k.start(k.Peer)
	size, mode, kem := 48, 0x21, []byte(nil)
	var dk *mlkem.DecapsulationKey768
	if k.hybrid {
		dk, _ = mlkem.NewDecapsulationKey768(cat(k.random, k.random))
		size, mode, kem = 1088+48, 0x22, dk.EncapsulationKey().Bytes()
	}
	k.out = append(k.out, cat(u8(mode), k.d.hash[:4], k.callee(k.Peer), k.noise.writeFirst(kem)))
	second, ok := k.next(size, size)
	if !ok {
		return "ErrHandshake"
	}
	var psk []byte
	if k.hybrid {
		shared, err := dk.Decapsulate(second[:1088])
		if err != nil {
			return "ErrHandshake"
		}
		psk = kdf(shared, cat(label("marque/v1/hybrid"), kem, second[:1088]), 32)
		second = second[1088:]
	}
	if !k.noise.readSecond(second, psk) {
		return "ErrHandshake"
	}
	k.split()
	auth, ok := k.next(121, 121)
	if !ok {
		return "ErrHandshake"
	}
	if f := k.check(auth, 32, "marque/v1/session/responder"); f != "" {
		return f
	}
	k.out = append(k.out, k.prove(0, k.Own, "marque/v1/session/initiator"))
	return ""
}

// answer is the responder's.
func (k *talker) answer() string {
	first, ok := k.next(9+32, 9+32+1184+16)
	switch {
	case !ok:
		return "ErrHandshake"
	case first[0] != 0x21 && first[0] != 0x22:
		return "ErrMalformed"
	case !bytes.Equal(first[1:5], k.d.hash[:4]):
		return "ErrUnknownRealm"
	case !bytes.Equal(first[5:9], k.callee(k.Own)):
		return "ErrNotForMe"
	case first[0] == 0x21 && k.Demands:
		return "ErrHybrid"
	}
	k.hybrid = first[0] == 0x22
	k.start(k.Own)
	ek, ok := k.noise.readFirst(first[9:])
	if !ok {
		return "ErrHandshake"
	}
	if k.hybrid {
		if _, err := mlkem.NewEncapsulationKey768(ek); err != nil {
			return "ErrHandshake"
		}
		panic("what a responder draws for ML-KEM no vector can state")
	}
	second, ok := k.noise.writeSecond(nil)
	if !ok {
		return "ErrHandshake"
	}
	k.split()
	k.out = append(k.out, second, k.prove(32, "", "marque/v1/session/responder"))
	auth, ok := k.next(122, 121+255)
	if !ok {
		return "ErrHandshake"
	}
	return k.check(auth, 0, "marque/v1/session/initiator")
}

func (k *talker) split() {
	k.secret = k.noise.split()
	k.authKeys = kdf(k.secret, cat(label("marque/v1/session-auth"), k.noise.h, k.auths), 64)
}

// prove makes an Auth, with the nonce of section 4.2 of the randomness that is stated.
func (k *talker) prove(at int, address, context string) []byte {
	epoch := k.d.epoch(k.Now)
	id, r, y, _, _ := k.d.key(epoch)
	sig := sign(y, k.random, k.d.x, r, id, context, cat(k.noise.h, u32(k.Sequence), k.auths))
	b := cat(u8(len(address)), []byte(address), u32(epoch), u32(k.Sequence), r, sig)
	k.heard(b)
	return gcm(k.authKeys[at:at+32]).Seal(nil, make([]byte, 12), b, nil)
}

func (k *talker) heard(auth []byte) {
	sum := sha256.Sum256(auth)
	k.auths = append(k.auths, sum[:]...)
}

// check takes the peer's Auth.
func (k *talker) check(sealed []byte, at int, context string) string {
	b, ok := unseal(k.authKeys[at:at+32], nil, sealed)
	if !ok {
		return "ErrTampered"
	}
	n := int(b[0])
	if len(b) != 105+n || (n == 0) != k.calls {
		return "ErrMalformed"
	}
	k.peer = string(b[1 : 1+n])
	if k.calls {
		k.peer = k.Peer
	}
	epoch, sequence, r, sig := binary.BigEndian.Uint32(b[1+n:]), b[5+n:9+n], b[9+n:41+n], b[41+n:]
	if epoch != k.d.epoch(k.Now-k.Past) && epoch != k.d.epoch(k.Now) && epoch != k.d.epoch(k.Now+k.Future) {
		return "ErrEpoch"
	}
	serial, _ := strconv.ParseUint(k.peer[strings.LastIndexByte(k.peer, '~')+1:], 10, 32)
	if slices.Contains(k.Revoked, uint32(serial)) {
		return "ErrRevoked"
	}
	if verify(k.d.x, r, identity{k.d.hash, k.peer, epoch}, context, cat(k.noise.h, sequence, k.auths), sig) != nil {
		return "ErrTampered"
	}
	if k.peer == k.Own { // it holds under another R than this device's
		return "ErrTwoKeys"
	}
	k.heard(b)
	return ""
}

// seal makes a record under the keys that begin at octet at of okm.
func (k *talker) seal(at int, seq uint64, kind int, data []byte) []byte {
	number := binary.BigEndian.AppendUint64(nil, seq)
	return cat(number, gcm(k.okm[at:at+32]).Seal(nil, k.nonce(at, seq), cat(u8(kind), data), number))
}

func (k *talker) nonce(at int, seq uint64) []byte {
	n := slices.Clone(k.okm[at+32 : at+44])
	binary.BigEndian.PutUint64(n[4:], binary.BigEndian.Uint64(n[4:])^seq)
	return n
}

// listen reads records to the end.
func (k *talker) listen(at int) (data []string, failure string) {
	seq, before := uint64(0), k.okm[88:]
	for ; ; seq++ {
		b, ok := k.next(25, 25+16384)
		switch {
		case !ok && len(k.in) == 0:
			return data, "ErrTruncated"
		case !ok || binary.BigEndian.Uint64(b) != seq:
			return data, "ErrTampered"
		}
		plain, err := gcm(k.okm[at:at+32]).Open(nil, k.nonce(at, seq), b[8:], b[:8])
		if err != nil {
			return data, "ErrTampered"
		}
		switch {
		case plain[0] == 1 && len(plain) == 1:
			return data, "ok"
		case plain[0] == 4 && !k.calls && len(plain) == 2+1+48 && plain[1] == 1:
			k.renew(before, plain[3:])
		case plain[0] == 4 && !k.calls && len(plain) > 2 && plain[1] == 3:
			if f := k.check(plain[2:], 0, "marque/v1/session/initiator"); f != "" {
				return data, f
			}
			k.okm = kdf(k.secret, cat(label("marque/v1/session-keys"), k.noise.h, k.auths), 120)
			seq, before = (seq>>32+1)<<32-1, k.okm[88:]
		case plain[0] != 0:
			return data, "ErrTampered"
		case len(plain) > 1:
			data = append(data, hex.EncodeToString(plain[1:]))
		}
	}
}

// renew answers a call for new keys (section 10.3), as the one who is called.
func (k *talker) renew(before, first []byte) {
	k.auths = nil
	k.noise = newNoise(true, cat(label("marque/v1/session"), u8(2), k.d.hash, label(k.Own)), k.random)
	if _, ok := k.noise.readFirst(first); !ok {
		return // and nothing that follows will be right
	}
	second, _ := k.noise.writeSecond(kdf(before, label("marque/v1/rekey"), 32))
	k.split()
	k.out = append(k.out, cat(u8(2), second, k.prove(32, "", "marque/v1/session/responder")))
}

func TestSessions(t *testing.T) {
	replay(t, "sessions", 50, func(t *testing.T, v *conversation) {
		k := newTalker(v)
		handshake, from, to, sends := k.call, 44, 0, v.Initiator
		switch {
		case !k.calls && v.Opens:
			handshake, from, to, sends = k.answerOpening, 0, 44, v.Responder
		case !k.calls:
			handshake, from, to, sends = k.answer, 0, 44, v.Responder
		case v.Opens:
			handshake = k.open
		}
		var data []string
		failure := handshake()
		if failure == "" {
			k.okm = kdf(k.secret, cat(label("marque/v1/session-keys"), k.noise.h, k.auths), 120)
			k.out = append(k.out, k.seal(to, 0, 0, unhex(v.Says)), k.seal(to, 1, 1, nil))
			data, failure = k.listen(from)
		}
		if failure != v.Expect || !slices.Equal(data, v.Heard) && len(data)+len(v.Heard) > 0 {
			t.Fatalf("%s, %q; the vector says %s, %q", failure, data, v.Expect, v.Heard)
		}
		if v.Expect != "ok" {
			return
		}
		if !k.calls {
			same(t, "early data", k.early, v.Early)
		}
		same(t, "h", k.noise.h, v.Hash)
		same(t, "k1 ‖ k2", k.secret, v.Split)
		same(t, "a1 ‖ a2", k.authKeys, v.AuthKeys)
		same(t, "okm", k.okm, v.Keying)
		same(t, "the exporter", kdf(k.okm[88:], cat(label("marque/v1/exporter"), label("vector")), 32), v.Exporter)
		if k.peer != v.Peer || len(k.out) != len(sends) {
			t.Fatalf("%s, %d frames", k.peer, len(k.out))
		}
		for i, f := range k.out {
			same(t, "frame "+strconv.Itoa(i), f, sends[i])
		}
	})
}
