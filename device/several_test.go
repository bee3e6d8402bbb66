package device_test

import (
	"crypto/hkdf"
	"crypto/sha512"
	"testing"
	"time"

	"marque/device"
	"marque/device/ibc"
	"marque/device/wire"
)

// Cold while anybody is a stranger, warm once all are known, and by a reference once all showed that they know the sender.
func TestSealAll(t *testing.T) {
	f := newFleet(t)
	to := []wire.Address{address(f.tram), address(f.park)}
	for _, step := range []struct {
		meet *device.Device
		mode device.Mode
		size int // overhead less the sender's address
	}{
		{nil, device.ModeColdSeveral, 308},
		{f.park, device.ModeColdSeveral, 308},
		{f.tram, device.ModeWarmSeveral, 292},
	} {
		if step.meet != nil {
			f.meet(t, f.bus, step.meet)
		}
		msg, mode, err := f.bus.SealAll(to, []byte("payload"), device.SealOptions{})
		check(err)
		if size := len(msg) - len("payload") - len(address(f.bus).String()); mode != step.mode || size != step.size {
			t.Errorf("%v with %d octets, want %v with %d", mode, size, step.mode, step.size)
		}
		for _, d := range []*device.Device{f.tram, f.park} {
			if m := must(d.Open(msg)); m.Sender != address(f.bus) || m.Mode != step.mode || string(m.Payload) != "payload" {
				t.Errorf("%+v", m)
			}
			_, err := d.Open(msg)
			wantErr(t, err, device.ErrReplay, "again")
		}
		if step.mode == device.ModeColdSeveral {
			_, _, err = f.bus.SealAll(to, nil, device.SealOptions{RequireWarm: true})
			wantErr(t, err, device.ErrWarmUnknown, "warm to a stranger among others")
		}
	}
	for _, d := range []*device.Device{f.tram, f.park} { // who opened a warm message shows with its own that it knows the sender
		msg, _, err := d.SealAll([]wire.Address{address(f.bus)}, nil, device.SealOptions{RequireWarm: true})
		check(err)
		must(f.bus.Open(msg))
	}
	msg, mode, err := f.bus.SealAll(to, nil, device.SealOptions{})
	if err != nil || mode != device.ModeWarmSeveral || len(msg) != 171+2*48 {
		t.Errorf("%v with %d octets, %v", mode, len(msg), err)
	}
	must(f.park.Open(msg))
	if full, _, err := f.bus.SealAll(to, nil, device.SealOptions{Full: true}); err != nil || len(full) == len(msg) {
		t.Errorf("Full: %d octets, %v", len(full), err)
	}
	if _, mode, err = f.bus.SealAll(to, nil, device.SealOptions{RequireCold: true}); err != nil || mode != device.ModeColdSeveral {
		t.Errorf("RequireCold: %v, %v", mode, err)
	}
}

// The most recipients: each opens it, and nobody else does.
func TestSealAllToTheMost(t *testing.T) {
	f := newFleet(t)
	to := []wire.Address{address(f.park)}
	for i := range wire.MaxRecipients - 1 {
		to = append(to, must(wire.NewAddress("fleet.example", "", "other", uint32(1000+i))))
	}
	check2 := func(_ []byte, _ device.Mode, err error) error { return err }
	msg, _, err := f.bus.SealAll(to, []byte("x"), device.SealOptions{})
	check(err)
	if n := len(msg) - len(address(f.bus).String()) - 1; n != 212+64*48 {
		t.Errorf("%d octets", n)
	}
	must(f.park.Open(msg))
	_, err = f.tram.Open(msg)
	wantErr(t, err, device.ErrNotForMe, "not among them")
	wantErr(t, err, device.ErrTampered, "not among them")

	far := must(wire.ParseAddress("//other.example/Sx~5"))
	for name, test := range map[string]struct {
		to   []wire.Address
		want error
	}{
		"nobody":           {nil, device.ErrOptions},
		"65":               {append(to, address(f.tram)), device.ErrOptions},
		"twice the same":   {[]wire.Address{to[0], to[1], to[0]}, device.ErrOptions},
		"oneself":          {[]wire.Address{to[0], address(f.bus)}, device.ErrOwnIdentity},
		"another realm":    {[]wire.Address{to[0], far}, device.ErrUnknownRealm},
		"no address":       {[]wire.Address{to[0], {}}, device.ErrMalformed},
		"oneself only":     {[]wire.Address{address(f.bus)}, device.ErrOwnIdentity},
		"a tram's brother": {[]wire.Address{to[0], address(f.tram)}, nil},
	} {
		wantErr(t, check2(f.bus.SealAll(test.to, nil, device.SealOptions{})), test.want, name)
	}
	wantErr(t, check2(f.bus.SealAll(to, nil, device.SealOptions{RequireCold: true, RequireWarm: true})), device.ErrOptions, "warm and cold")
	wantErr(t, check2(f.bus.SealAll(to, make([]byte, device.MaxPayload+1), device.SealOptions{})), device.ErrTooLong, "payload")
	must(f.bus.Apply(f.publish(address(f.tram).Serial())))
	wantErr(t, check2(f.bus.SealAll([]wire.Address{to[0], address(f.tram)}, nil, device.SealOptions{})), device.ErrRevoked, "one is revoked")
}

func TestSeveralAltered(t *testing.T) {
	f := newFleet(t)
	to := []wire.Address{address(f.tram), address(f.park)}
	cold, _, err := f.bus.SealAll(to, []byte("x"), device.SealOptions{})
	check(err)
	f.meet(t, f.bus, f.park)
	f.meet(t, f.bus, f.tram)
	warm, _, err := f.bus.SealAll(to, []byte("x"), device.SealOptions{RequireWarm: true})
	check(err)
	for _, msg := range [][]byte{cold, warm} {
		flips(msg, 1, func(bit int, altered []byte) {
			f.clock.add(10 * time.Millisecond) // so that the bucket fills again
			if m, err := f.park.Open(altered); err == nil {
				t.Fatalf("bit %d flipped: %+v", bit, m)
			}
		})
		for n := range msg {
			f.clock.add(10 * time.Millisecond)
			if _, err := f.park.Open(msg[:n]); err == nil {
				t.Fatalf("cut to %d octets: accepted", n)
			}
		}
		must(f.park.Open(msg)) // none of that spoiled the message itself
	}
}

// circular is a message to several in the making, by somebody who need not be honest.
type circular struct {
	several  *wire.Several
	keys     [][32]byte // of the wraps
	inside   [][32]byte // what they hold
	content  [32]byte   // the key that they should hold
	context  string     // of the signature
	sender   wire.Sender
	signed   []byte // header and wraps that the signature names, if others than the message has
	together []byte // what encrypts, if not the content key's
	commit   byte   // what the commitment is altered by
}

func several(label string, cek [32]byte) [32]byte {
	return [32]byte(must(hkdf.Key(sha512.New, cek[:], nil, string(ibc.AppendLPString(nil, label)), 32)))
}

func commitment(cek [32]byte, from wire.Sender) [32]byte {
	info := ibc.AppendLP(ibc.AppendLPString(nil, "marque/v1/several-commit"), from.Encode())
	return [32]byte(must(hkdf.Key(sha512.New, cek[:], nil, string(info), 32)))
}

// circular seals to several strangers; bend may alter what becomes of it.
func (a *authority) circular(from *ibc.PrivateKey, bend func(c *circular), to ...wire.Address) []byte {
	var ps []*ibc.Recipient
	for _, addr := range to {
		ps = append(ps, ibc.NewRecipient(a.master.Params(), ibc.Identity{Core: a.hash(), Address: addr.String(), Epoch: from.Identity().Epoch}))
	}
	u, keys, err := from.EncapsulateColdAll(nil, ps, ibc.Seal{Mode: wire.ModeColdSeveral, Context: "marque/v1/sealed-several"})
	check(err)
	c := &circular{
		keys: keys, content: [32]byte{7}, context: "marque/v1/sealed-several",
		sender: wire.Sender{Address: must(wire.ParseAddress(from.Identity().Address)), R: from.R()},
	}
	for range keys {
		c.inside = append(c.inside, c.content)
	}
	s := &wire.Several{
		Mode: wire.ModeColdSeveral, Ref: a.core.Ref(), Epoch: from.Identity().Epoch, Ephemeral: u[:],
	}
	c.several = s
	bend(c)
	s.Commit = commitment(c.content, c.sender)
	s.Commit[0] ^= c.commit
	s.Wraps = make([][48]byte, len(c.keys))
	for i, k := range c.keys {
		gcm(k[:]).Seal(s.Wraps[i][:0], make([]byte, 12), c.inside[i][:], s.Header())
	}
	if c.signed == nil {
		c.signed = s.Bound()
	}
	if c.together == nil {
		k := several("marque/v1/several-content", c.content)
		c.together = k[:]
	}
	p := &wire.Plain{Sender: c.sender, Time: a.clock.now(), Payload: []byte("hi")}
	p.Sig = must(from.Sign(nil, c.context, wire.SeveralSigned(s.Mode, c.signed, p.Time, p.Payload)))
	s.Ciphertext = gcm(c.together).Seal(nil, make([]byte, 12), must(p.Marshal()), s.Bound())
	return must(s.Marshal())
}

func TestSeveralRefused(t *testing.T) {
	f := newFleet(t)
	k := f.key(must(wire.ParseAddress("//fleet.example/Sother~77")))
	must(f.park.Verify(f.beacon(k, f.clock.now(), "hello"))) // so that its short form is known
	for name, test := range map[string]struct {
		bend func(c *circular)
		want error
	}{
		"nothing bent":                   {func(*circular) {}, nil},
		"two wraps open":                 {func(c *circular) { c.keys[1] = c.keys[0] }, device.ErrTampered},
		"another key in the wrap":        {func(c *circular) { c.inside[0] = [32]byte{8} }, device.ErrTampered},
		"another key, which encrypts":    {func(c *circular) { c.inside[0], c.together = [32]byte{8}, other() }, device.ErrTampered},
		"a commitment to another key":    {func(c *circular) { c.commit = 1 }, device.ErrTampered},
		"the content key itself":         {func(c *circular) { c.together = c.content[:] }, device.ErrTampered},
		"the wraps of another":           {func(c *circular) { c.signed = []byte("other recipients") }, device.ErrTampered},
		"in the context of one":          {func(c *circular) { c.context = "marque/v1/sealed" }, device.ErrTampered},
		"short form in a cold message":   {func(c *circular) { c.sender = wire.Sender{Known: true, KeyRef: k.Public().Reference()} }, device.ErrMalformed},
		"another sender's name":          {func(c *circular) { c.sender.Address = address(f.tram) }, device.ErrTampered},
		"header of the next epoch":       {func(c *circular) { c.several.Epoch++ }, device.ErrEpoch},
		"of another realm":               {func(c *circular) { c.several.Ref[0] ^= 1 }, device.ErrUnknownRealm},
		"a U that is none":               {func(c *circular) { c.several.Ephemeral[0] ^= 0x80 }, device.ErrTampered},
		"one of three, and not the last": {func(c *circular) { c.keys, c.inside = append(c.keys, [32]byte{1}), append(c.inside, c.content) }, nil},
	} {
		_, err := f.park.Open(f.circular(k, test.bend, address(f.park), address(f.tram)))
		wantErr(t, err, test.want, name)
	}
}

func other() []byte {
	k := several("marque/v1/several-content", [32]byte{8})
	return k[:]
}

// Who may read a message to several cannot make it one to others: the signature covers all wraps, and so whom the sender meant.
func TestReaderCannotForward(t *testing.T) {
	f := newFleet(t)
	k := f.key(must(wire.ParseAddress("//fleet.example/Sother~77")))
	var keep circular
	msg := f.circular(k, func(c *circular) { keep = *c }, address(f.tram), address(f.park))
	s := must(wire.ParseSeveral(msg))
	content := several("marque/v1/several-content", keep.content) // which the tram knows
	plain := must(gcm(content[:]).Open(nil, make([]byte, 12), s.Ciphertext, s.Bound()))

	swapped := *s
	swapped.Wraps = [][48]byte{s.Wraps[1], s.Wraps[0]}
	_, err := f.park.Open(must(swapped.Marshal()))
	wantErr(t, err, device.ErrTampered, "wraps in another order")
	swapped.Ciphertext = gcm(content[:]).Seal(nil, make([]byte, 12), plain, swapped.Bound())
	_, err = f.park.Open(must(swapped.Marshal()))
	wantErr(t, err, device.ErrTampered, "the same by somebody who knows the key")

	id := ibc.Identity{Core: f.hash(), Address: address(f.bus).String(), Epoch: s.Epoch}
	u, key, err := f.key(address(f.tram)).EncapsulateCold(nil, ibc.NewRecipient(f.master.Params(), id), ibc.Seal{Context: "marque/v1/sealed-several"})
	check(err)
	forward := *s
	forward.Ephemeral, forward.Wraps = u[:], [][48]byte{s.Wraps[0], {}}
	gcm(key[:]).Seal(forward.Wraps[1][:0], make([]byte, 12), keep.content[:], forward.Header())
	forward.Ciphertext = gcm(content[:]).Seal(nil, make([]byte, 12), plain, forward.Bound())
	_, err = f.bus.Open(must(forward.Marshal()))
	wantErr(t, err, device.ErrTampered, "sealed on to somebody else")

	reader := f.key(address(f.tram))
	own := must(wire.ParsePlain(plain))
	own.Sender, own.Payload = wire.Sender{Address: address(f.tram), R: reader.R()}, []byte("in its place")
	own.Sig = must(reader.Sign(nil, "marque/v1/sealed-several", wire.SeveralSigned(s.Mode, s.Bound(), own.Time, own.Payload)))
	instead := *s
	instead.Ciphertext = gcm(content[:]).Seal(nil, make([]byte, 12), must(own.Marshal()), s.Bound())
	_, err = f.park.Open(must(instead.Marshal()))
	wantErr(t, err, device.ErrTampered, "a reader's own message in its wraps, which would make it a replay")
	must(f.park.Open(msg))
}

// As with one recipient, the master secret opens what is cold and nothing else.
func TestMasterSecretAndSeveral(t *testing.T) {
	f := newFleet(t)
	f.meet(t, f.bus, f.park)
	f.meet(t, f.bus, f.tram)
	to := []wire.Address{address(f.park), address(f.tram)}
	master := f.key(address(f.park)) // the right D, and a y of the master's own making
	for _, o := range []device.SealOptions{{RequireCold: true}, {RequireWarm: true}} {
		msg, _, err := f.bus.SealAll(to, []byte("x"), o)
		check(err)
		s := must(wire.ParseSeveral(msg))
		var key [32]byte
		if o.RequireCold {
			key = must(master.DecapsulateCold([48]byte(s.Ephemeral), "marque/v1/sealed-several"))
		} else {
			key = must(master.DecapsulateWarm([32]byte(s.Ephemeral), "marque/v1/sealed-several"))
		}
		_, err = gcm(key[:]).Open(nil, make([]byte, 12), s.Wraps[0][:], s.Header())
		if (err == nil) != o.RequireCold {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
