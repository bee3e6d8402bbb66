package device_test

import (
	"bytes"
	"crypto/hkdf"
	"crypto/mlkem"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"testing"

	"github.com/flynn/noise"

	"marque/device"
	"marque/device/ibc"
	"marque/device/wire"
)

// thief holds the master seed, and kept what the authority issued to the parking (R ‖ s ‖ D of each epoch), which an honest one does not. It
// has every private key of the realm but for u of the devices.
type thief struct {
	*fleet
	partial *ibc.PartialKey // of the parking, in this epoch
	forged  *ibc.PrivateKey // a second key for the parking, with the right D and a y of the thief's own making
}

// newThief enrols the parking under the thief's eyes.
func newThief(t *testing.T) *thief {
	t.Helper()
	f := newFleet(t)
	th := &thief{fleet: f}
	d, dir := f.create(t, "watched", wire.KindApplication)
	pkg := f.issue(must(d.Request()), edit{content: func(c *wire.Content) { th.partial = must(ibc.ParsePartialKey(c.Keys[0].Bytes())) }})
	must(d.Install(pkg, f.hash()))
	f.park, f.dirs[d] = d, dir
	f.refresh(t, f.bus, f.tram, f.park)
	th.forged = f.key(address(f.park))
	return th
}

// candidates are all secrets of 32 octets that the thief could take for a private key.
func (th *thief) candidates() map[string][]byte {
	seed := bytes.Repeat([]byte{1}, 32)
	out := map[string][]byte{"seed": seed, "s": th.partial.Bytes()[32:64], "forged y": th.forged.Bytes()[32:64]}
	for _, label := range []string{"gg-x", "bf-z", "gg-k", "statement", "storage"} {
		sub := ibc.DeriveSub(seed, label)
		out[label], out[label+", second half"] = sub[:32], sub[32:]
	}
	return out
}

// impostors are keys of the logged R with a private part of the thief's choosing: those that the mathematics refuses are left out.
func (th *thief) impostors(t *testing.T) (all []*ibc.PrivateKey) {
	t.Helper()
	for name, y := range th.candidates() {
		b := bytes.Clone(th.partial.Bytes())
		copy(b[32:64], y)
		if k, err := ibc.ParsePrivateKey(th.master.Params(), th.forged.Identity(), b); err == nil {
			t.Errorf("%s is the private key of the logged R", name)
			all = append(all, k)
		}
	}
	return append(all, th.forged)
}

// Who holds the master seed cannot sign as a vehicle under the key that the log has.
func TestMasterSeedSignsUnderNoLoggedKey(t *testing.T) {
	th := newThief(t)
	th.impostors(t)
	logged := must(wire.ParseBroadcast(must(th.park.Sign(nil, device.SignOptions{}))))
	if logged.R != th.partial.R() {
		t.Fatal("the thief watched another device")
	}
	must(th.tram.Verify(must(logged.Marshal())))
	forged := must(wire.ParseBroadcast(th.beacon(th.forged, th.clock.now(), "I am the parking")))
	forged.R = logged.R
	forged.Sig = must(th.forged.Sign(nil, "marque/v1/broadcast", forged.Signed()))
	_, err := th.tram.Verify(must(forged.Marshal()))
	wantErr(t, err, device.ErrTampered, "a broadcast under the logged R")

	l := th.letter(th.forged, address(th.tram))
	l.sender.R = logged.R
	_, err = th.tram.Open(th.seal(l))
	wantErr(t, err, device.ErrTampered, "a sealed message under the logged R")

	for _, initiator := range []bool{false, true} {
		a, b := connect(t)
		p := th.rawPeer(b, th.forged)
		p.claims = logged.R
		var got <-chan outcome
		if initiator {
			got = server(th.tram, a)
			p.call(address(th.tram))
			p.introduce()
		} else {
			got = client(th.tram, a, p.says)
			p.answer(p.says)
		}
		wantErr(t, (<-got).err, device.ErrTampered, "a session under the logged R")
	}
	// under an R of its own it gets no further with who knows the logged one, and is seen
	_, err = th.tram.Verify(th.beacon(th.forged, th.clock.now(), "I am the parking"))
	wantErr(t, err, device.ErrTwoKeys, "a substitute key")
}

// It reads no warm message, to one or to several; cold ones it reads, and the protocol says so.
func TestMasterSeedReadsColdMessagesOnly(t *testing.T) {
	th := newThief(t)
	th.meet(t, th.bus, th.park)
	th.meet(t, th.bus, th.tram)
	for _, k := range th.impostors(t) {
		for _, o := range []device.SealOptions{{RequireCold: true}, {RequireWarm: true}} {
			s := must(wire.ParseSealed(sealed(th.bus, "x", o, th.park)))
			_, err := gcm(th.opens(k, s.Mode, s.Ephemeral, "marque/v1/sealed")).Open(nil, make([]byte, 12), s.Ciphertext, s.Header())
			if (err == nil) != o.RequireCold {
				t.Errorf("mode %#x: %v", s.Mode, err)
			}
			all := must(wire.ParseSeveral(sealed(th.bus, "x", o, th.tram, th.park)))
			key := th.opens(k, all.Mode, all.Ephemeral, "marque/v1/sealed-several")
			opened := 0
			for _, w := range all.Wraps {
				if _, err := gcm(key).Open(nil, make([]byte, 12), w[:], all.Header()); err == nil {
					opened++
				}
			}
			if (opened == 1) != o.RequireCold {
				t.Errorf("mode %#x: %d wraps opened", all.Mode, opened)
			}
		}
	}
}

// opens is the key that an ephemeral gives to a private key.
func (th *thief) opens(k *ibc.PrivateKey, mode byte, ephemeral []byte, context string) []byte {
	var key [32]byte
	if mode == wire.ModeCold || mode == wire.ModeColdSeveral {
		key = must(k.DecapsulateCold([48]byte(ephemeral), context))
	} else {
		key = must(k.DecapsulateWarm([32]byte(ephemeral), context))
	}
	return key[:]
}

// It cannot read a recorded session, classical or hybrid, though it knows the identity keys of both sides, too: forward secrecy. Who has the
// ephemeral key of one side reads it, which shows that the test would see.
func TestMasterSeedReadsNoSession(t *testing.T) {
	for name, v := range map[string]*talkVector{
		"classical": recordedSession(t, "initiator"), "hybrid": recordedSession(t, "initiator-hybrid"),
		"with data in the call": recordedSession(t, "opening-initiator"), // which it reads, and takes psk from
	} {
		secrets := newThief(t).candidates()
		for i, key := range v.Keys {
			secrets["identity key"+string(rune('0'+i))] = must(hex.DecodeString(key))[32:64]
		}
		for what, private := range secrets {
			for _, seed := range [][]byte{bytes.Repeat(private, 2), make([]byte, mlkem.SeedSize)} {
				if v.reads(private, seed) {
					t.Errorf("%s: the session opens with %s", name, what)
				}
			}
		}
		ephemeral := bytes.Repeat([]byte{byte(v.Octet)}, mlkem.SeedSize)
		if !v.reads(ephemeral[:32], ephemeral) {
			t.Errorf("%s: the session does not even open with the ephemeral key", name)
		}
		if hybrid := v.Demands; hybrid && v.reads(ephemeral[:32], bytes.Repeat([]byte{1}, mlkem.SeedSize)) {
			t.Errorf("%s: the session opens with the X25519 key alone", name)
		}
	}
}

func recordedSession(t *testing.T, name string) *talkVector {
	t.Helper()
	cases := initiatorVectors()
	for name, c := range openingVectors() {
		cases[name] = c
	}
	return cases[name].vector(t)
}

// reads says whether a recorded session opens to who has a private key of one side for X25519, and a seed of the initiator's for ML-KEM-768. It
// follows Noise NN and NNpsk2 by hand, so that it can use the recorded public keys with any private one.
func (v *talkVector) reads(private, seed []byte) bool {
	first, second := must(hex.DecodeString(v.Initiator[0]))[9:], must(hex.DecodeString(v.Responder[0]))
	name, mode := "Noise_NN_25519_AESGCM_SHA256", byte(0)
	var psk []byte
	switch {
	case v.Demands:
		name, mode = "Noise_NNpsk2_25519_AESGCM_SHA256", 1
	case v.Opens:
		name, mode = "Noise_NNpsk2_25519_AESGCM_SHA256", 4
		a, to := newAuthority(1), must(wire.ParseAddress(v.Peer))
		o := a.rawPeer(nil, a.key(to)).opening(to, "")
		o.take(must(hex.DecodeString(v.Initiator[0])))
		first, psk = o.first, o.psk
	}
	h := append([]byte(name), make([]byte, 32-len(name))...)
	ck, key := bytes.Clone(h), []byte(nil)
	mix := func(b []byte) { s := sha256.Sum256(append(bytes.Clone(h), b...)); h = s[:] }
	mixKey := func(b []byte) { k := must(hkdf.Key(sha256.New, b, ck, "", 64)); ck, key = k[:32], k[32:] }
	open := func(c []byte) ([]byte, error) { return gcm(key).Open(nil, make([]byte, 12), c, h) }
	core := sha256.Sum256(append(ibc.AppendLPString(nil, "marque/v1/core"), must(hex.DecodeString(v.Core))...))
	mix(ibc.AppendLPString(append(append(ibc.AppendLPString(nil, "marque/v1/session"), mode), core[:]...), v.Peer))
	mix(first[:32])
	if mode != 0 {
		mixKey(first[:32])
	}
	if v.Demands {
		ek, ct := must(open(first[32:])), second[:mlkem.CiphertextSize768]
		shared := must(must(mlkem.NewDecapsulationKey768(seed)).Decapsulate(ct))
		info := append(append(ibc.AppendLPString(nil, "marque/v1/hybrid"), ek...), ct...)
		psk, second = must(hkdf.Key(sha512.New, shared, nil, string(info), 32)), second[mlkem.CiphertextSize768:]
	}
	mix(first[32:])
	mix(second[:32])
	if mode != 0 {
		mixKey(second[:32])
	}
	ck0, h0 := ck, h
	for _, public := range [][]byte{first[:32], second[:32]} {
		ck, h = ck0, h0
		shared, err := noise.DH25519.DH(private, public)
		if err != nil {
			continue
		}
		mixKey(shared)
		if mode != 0 {
			k := must(hkdf.Key(sha256.New, psk, ck, "", 96))
			ck, key = k[:32], k[64:]
			mix(k[32:64])
		}
		if _, err := open(second[32:]); err == nil {
			return true
		}
	}
	return false
}
