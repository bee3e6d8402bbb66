package wire_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"testing"

	"marque/device/ibc"
	"marque/device/wire"
)

// TestOverheads asserts the table of section 7 of the protocol.
func TestOverheads(t *testing.T) {
	address := must(wire.ParseAddress("//fleet.example/Sbus-47~7"))(t)
	if n := len(address.String()); n != 25 {
		t.Fatalf("the sender's address has %d octets", n)
	}
	long := broadcast(t, false)
	long.Sender = address
	named := plain(t, false)
	named.Sender.Address = address
	greeting := opening(t)
	named.Payload = must(early("are you free?").Marshal())(t)
	greeting.Ciphertext = append(must(named.Marshal())(t), make([]byte, 16)...)
	named.Payload = plain(t, false).Payload
	for what, c := range map[string]struct {
		message marshaller
		payload []byte
		want    int
	}{
		"broadcast":             {long, long.Payload, 135},
		"broadcast, short":      {broadcast(t, true), broadcast(t, true).Payload, 85},
		"cold":                  {sealed(t, wire.ModeCold, named), named.Payload, 204},
		"warm":                  {sealed(t, wire.ModeWarm, named), named.Payload, 188},
		"cold, to two":          {several(t, wire.ModeColdSeveral, 2, named), named.Payload, 237 + 2*48},
		"warm, to three":        {several(t, wire.ModeWarmSeveral, 3, named), named.Payload, 221 + 3*48},
		"warm, to 64 in reply":  {several(t, wire.ModeWarmSeveral, 64, plain(t, true)), plain(t, true).Payload, 171 + 64*48},
		"opening":               {greeting, []byte("are you free?"), 204 + 52},
		"warm, to one in reply": {sealed(t, wire.ModeWarm, plain(t, true)), plain(t, true).Payload, 138},
	} {
		if got := len(must(c.message.Marshal())(t)) - len(c.payload); got != c.want {
			t.Errorf("%s: %d octets, want %d", what, got, c.want)
		}
	}
}

func TestBroadcastByHand(t *testing.T) {
	b := must(broadcast(t, false).Marshal())(t)
	if got := hex.EncodeToString(b[:13]); got != "11"+"01020304"+"0000019b8bab077a" { // 2026-01-05T01:00:00.250Z
		t.Errorf("begins with %s", got)
	}
	in := broadcast(t, false)
	m := append([]byte{0x11}, b[5:13]...)
	if got := in.Signed(); !bytes.Equal(got, append(m, in.Payload...)) {
		t.Errorf("signed %x", got)
	}
}

func TestMessageTooLong(t *testing.T) {
	long := make([]byte, wire.MaxPayload+1)
	b, p := broadcast(t, true), plain(t, true)
	for _, payload := range [][]byte{long, long[:wire.MaxPayload]} {
		b.Payload, p.Payload = payload, payload
		for _, v := range []marshaller{b, p} {
			if _, err := v.Marshal(); isErr(err, wire.ErrTooLong) != (len(payload) > wire.MaxPayload) {
				t.Errorf("%T with %d octets: %v", v, len(payload), err)
			}
		}
	}
	at := must(b.Marshal())(t)
	if _, err := wire.ParseBroadcast(append(at, 0)); !isErr(err, wire.ErrTooLong) {
		t.Error(err)
	}
	o := opening(t)
	for _, n := range []int{wire.MinOpening, wire.MaxOpening} {
		o.Ciphertext = make([]byte, n-57)
		if len(must(o.Marshal())(t)) != n {
			t.Errorf("an opening of %d octets has another length", n)
		}
	}
	o.Ciphertext = append(o.Ciphertext, 0)
	if _, err := o.Marshal(); !isErr(err, wire.ErrTooLong) {
		t.Error(err)
	}
	if _, err := early(string(long[:wire.MaxEarly+1])).Marshal(); !isErr(err, wire.ErrTooLong) {
		t.Error(err)
	}
	s := sealed(t, wire.ModeCold, plain(t, true))
	s.Ciphertext = make([]byte, wire.MaxCiphertext+1)
	if _, err := s.Marshal(); !isErr(err, wire.ErrTooLong) {
		t.Error(err)
	}
}

func TestMessagesRefuse(t *testing.T) {
	for first := range 256 {
		b := slices.Concat([]byte{byte(first)}, make([]byte, 400))
		_, broadcastErr := wire.ParseBroadcast(b)
		_, sealedErr := wire.ParseSealed(b)
		_, severalErr := wire.ParseSeveral(b)
		_, openingErr := wire.ParseOpening(b)
		_, _, helloErr := wire.ParseHello(b)
		isBroadcast, isSealed, isHello := first == 0x11 || first == 0x12, first == 0x13 || first == 0x14, first == 0x21 || first == 0x22
		if isErr(broadcastErr, wire.ErrType) == isBroadcast || isErr(sealedErr, wire.ErrType) == isSealed || isErr(helloErr, wire.ErrType) == isHello ||
			isErr(severalErr, wire.ErrType) == (first == 0x15 || first == 0x16) || isErr(openingErr, wire.ErrType) == (first == 0x18) {
			t.Errorf("%#x: %v, %v, %v, %v, %v", first, broadcastErr, sealedErr, severalErr, openingErr, helloErr)
		}
	}
	for what, v := range map[string]marshaller{
		"broadcast of nobody": &wire.Broadcast{Time: sent},
		"plain of nobody":     &wire.Plain{Time: sent},
	} {
		if _, err := v.Marshal(); !isErr(err, wire.ErrAddress) {
			t.Errorf("%s: %v", what, err)
		}
	}
	s := sealed(t, wire.ModeCold, plain(t, false))
	s.Mode = wire.ModeWarm
	if _, err := s.Marshal(); !isErr(err, wire.ErrValue) {
		t.Errorf("U in a warm message: %v", err)
	}
	s.Mode = wire.ModeBroadcast
	if _, err := s.Marshal(); !isErr(err, wire.ErrType) {
		t.Errorf("mode of a broadcast: %v", err)
	}
	p := must(plain(t, false).Marshal())(t)
	p[0] = 2
	if _, err := wire.ParsePlain(p); !isErr(err, wire.ErrEncoding) {
		t.Errorf("sender of another form: %v", err)
	}
	if _, err := wire.ParseAuth(append(must(auth(t).Marshal())(t), 0)); !isErr(err, wire.ErrEncoding) {
		t.Errorf("auth with more behind it: %v", err)
	}
}

func TestNotCanonicalAddressInMessage(t *testing.T) {
	b := must(broadcast(t, false).Marshal())(t)
	at := bytes.Index(b, []byte("//fleet"))
	for _, other := range []string{"//Fleet", "/./flee", "//flee~"} {
		if _, err := wire.ParseBroadcast(splice(b, at, at+7, []byte(other))); !isErr(err, wire.ErrAddress) {
			t.Errorf("%s: %v", other, err)
		}
	}
}

func TestHelloLeavesTheRest(t *testing.T) {
	h, rest, err := wire.ParseHello(append(must(hello(t).Marshal())(t), 1, 2, 3))
	if err != nil || *h != *hello(t) || !bytes.Equal(rest, []byte{1, 2, 3}) {
		t.Error(h, rest, err)
	}
}

func TestMessageID(t *testing.T) {
	want := sha256.Sum256(append([]byte{0x13}, bytes.Repeat([]byte{0x45}, 48)...))
	if id := sealed(t, wire.ModeCold, plain(t, false)).ID(); id != [16]byte(want[:16]) {
		t.Errorf("%x", id)
	}
	want = sha256.Sum256(append([]byte{0x12}, bytes.Repeat([]byte{0x41}, 32)...))
	if id := broadcast(t, true).ID(); id != [16]byte(want[:16]) {
		t.Errorf("%x", id)
	}
}

func TestSeveralByHand(t *testing.T) {
	s := several(t, wire.ModeWarmSeveral, 2, plain(t, true))
	b := must(s.Marshal())(t)
	want := slices.Concat([]byte{0x16, 1, 2, 3, 4, 0, 0, 0, 7, 2}, s.Commit[:], s.Ephemeral)
	if !bytes.Equal(s.Header(), want) || !bytes.Equal(s.Bound(), b[:len(want)+2*48]) || !bytes.Equal(b[:len(want)], want) {
		t.Errorf("header %x of %x", s.Header(), b)
	}
	digest := sha256.Sum256(s.Bound())
	want = slices.Concat([]byte{0x16}, digest[:], must(broadcast(t, true).Marshal())(t)[5:13], []byte("x"))
	if got := wire.SeveralSigned(wire.ModeWarmSeveral, s.Bound(), sent, []byte("x")); !bytes.Equal(got, want) {
		t.Errorf("\n%x\n%x", got, want)
	}
	id := sha256.Sum256(append([]byte{0x16}, s.Ephemeral...))
	if s.ID() != [16]byte(id[:16]) {
		t.Errorf("%x", s.ID())
	}
	for n := range 256 {
		s.Wraps = make([][48]byte, n)
		if _, err := s.Marshal(); (err == nil) != (n >= 2 && n <= 64) {
			t.Errorf("%d recipients: %v", n, err)
		}
	}
}

func TestSealedSigned(t *testing.T) {
	id := ibc.Identity{Core: fill[[32]byte](1), Address: "//a/Sb~0", Epoch: 2}
	got := wire.SealedSigned(wire.ModeCold, id, []byte{3, 4}, sent, []byte("x"))
	enc := id.Encode()
	want := slices.Concat([]byte{0x13, 0, byte(len(enc))}, enc, []byte{3, 4}, must(broadcast(t, true).Marshal())(t)[5:13], []byte("x"))
	if !bytes.Equal(got, want) {
		t.Errorf("\n%x\n%x", got, want)
	}
}

func TestParsedPayloadCannotGrowIntoItsNeighbours(t *testing.T) {
	in := must(sealed(t, wire.ModeWarm, plain(t, true)).Marshal())(t)
	s := must(wire.ParseSealed(in))(t)
	before := bytes.Clone(in)
	_ = append(s.Ephemeral, 0xff)
	_ = append(s.Header(), 0xff)
	if !bytes.Equal(in, before) {
		t.Error("appending to a part overwrote what stands behind it")
	}
}
