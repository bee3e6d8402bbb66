package wire_test

import (
	"bytes"
	"crypto/ed25519"
	"testing"

	"marque/device/ibc"
	"marque/device/wire"
)

func TestCheckLog(t *testing.T) {
	r := newRealm(t)
	request, _ := enrolment(t, "bus-471")
	hash := request.Hash()
	c := must(wire.ParseContent(must(r.content(t, request, 3).Marshal())(t)))(t)
	head, err := c.CheckLog(r.core, hash, 3)
	if err != nil || head.Size != 5 || !head.Time.Equal(r.checkpoint().Time) || head.Root == r.checkpoint().Root {
		t.Fatal(head, err)
	}
	if _, err := c.CheckLog(r.core, hash, 4); !isErr(err, wire.ErrLog) {
		t.Errorf("another sequence: %v", err)
	}
	if _, err := c.CheckLog(r.core, [32]byte{}, 3); !isErr(err, wire.ErrLog) {
		t.Errorf("another request: %v", err)
	}
	other := must((&wire.LogEntry{Time: founded, Entry: &wire.FoundEntry{}}).Marshal())(t)
	for what, change := range map[string]func(c *wire.Content){
		"another address":    func(c *wire.Content) { c.Address = must(wire.ParseAddress("//fleet.example/Sbus-471~18"))(t) },
		"another epoch":      func(c *wire.Content) { c.FirstEpoch++ },
		"one key less":       func(c *wire.Content) { c.Keys = c.Keys[:1] },
		"keys exchanged":     func(c *wire.Content) { c.Keys[0], c.Keys[1] = c.Keys[1], c.Keys[0] },
		"another entry":      func(c *wire.Content) { c.Entry = other },
		"no entry":           func(c *wire.Content) { c.Entry = nil },
		"another index":      func(c *wire.Content) { c.Index++ },
		"index beyond":       func(c *wire.Content) { c.Index = 5 },
		"no path":            func(c *wire.Content) { c.Path = nil },
		"path cut off":       func(c *wire.Content) { c.Path = c.Path[1:] },
		"path too long":      func(c *wire.Content) { c.Path = append(c.Path, [32]byte{}) },
		"path out of order":  func(c *wire.Content) { c.Path[0], c.Path[1] = c.Path[1], c.Path[0] },
		"one hash is wrong":  func(c *wire.Content) { c.Path[2][31] ^= 0x80 },
		"time of the record": func(c *wire.Content) { c.Entry = bytes.Clone(c.Entry); c.Entry[6] ^= 1 },
	} {
		c := r.content(t, request, 3)
		change(c)
		if _, err := c.CheckLog(r.core, hash, 3); !isErr(err, wire.ErrLog) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// The path must lead to a head that this realm's authority signed.
func TestCheckLogCheckpoint(t *testing.T) {
	r := newRealm(t)
	request, _ := enrolment(t, "bus-471")
	good := must(r.content(t, request, 3).CheckLog(r.core, request.Hash(), 3))(t)
	stranger := *r
	stranger.key = ed25519.NewKeyFromSeed(make([]byte, 32))
	payload := must(good.Marshal())(t)
	bent := func(change func(c *wire.Checkpoint)) []byte {
		c := *good
		change(&c)
		return r.signCheckpoint(t, &c)
	}
	for what, c := range map[string]struct {
		statement []byte
		want      error
	}{
		"another root":    {bent(func(c *wire.Checkpoint) { c.Root[0] ^= 1 }), wire.ErrLog},
		"another size":    {bent(func(c *wire.Checkpoint) { c.Size = 9 }), wire.ErrLog},
		"too small":       {bent(func(c *wire.Checkpoint) { c.Size = 2 }), wire.ErrLog},
		"empty log":       {bent(func(c *wire.Checkpoint) { c.Size = 0 }), wire.ErrLog},
		"another core":    {bent(func(c *wire.Checkpoint) { c.Core[0] ^= 1 }), wire.ErrRealm},
		"another realm":   {must(wire.SignStatement(r.key, wire.TypeCheckpoint, "other.example", payload))(t), wire.ErrRealm},
		"another signer":  {stranger.signCheckpoint(t, good), wire.ErrSignature},
		"another type":    {r.sign(t, wire.TypePolicy, payload), wire.ErrType},
		"something else":  {r.sign(t, wire.TypeCheckpoint, must(r.policy().Marshal())(t)), wire.ErrEncoding},
		"nothing":         {nil, wire.ErrEncoding},
		"as it should be": {bent(func(c *wire.Checkpoint) {}), nil},
	} {
		content := r.content(t, request, 3)
		content.Checkpoint = c.statement
		if _, err := content.CheckLog(r.core, request.Hash(), 3); !isErr(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestContentRefuses(t *testing.T) {
	r := newRealm(t)
	request, _ := enrolment(t, "bus-471")
	for what, c := range map[string]struct {
		change func(c *wire.Content)
		want   error
	}{
		"no address":        {func(c *wire.Content) { c.Address = wire.Address{} }, wire.ErrAddress},
		"no keys":           {func(c *wire.Content) { c.Keys = nil }, wire.ErrValue},
		"65 keys":           {func(c *wire.Content) { c.Keys = make([]*ibc.PartialKey, 65) }, wire.ErrValue},
		"erased key":        {func(c *wire.Content) { c.Keys[1].Erase() }, wire.ErrValue},
		"beyond last epoch": {func(c *wire.Content) { c.FirstEpoch = 1<<32 - 1 }, wire.ErrValue},
		"65 hashes":         {func(c *wire.Content) { c.Path = make([][32]byte, 65) }, wire.ErrValue},
		"index beyond":      {func(c *wire.Content) { c.Index = 5 }, wire.ErrValue},
		"no checkpoint":     {func(c *wire.Content) { c.Checkpoint = nil }, wire.ErrEncoding},
		"not a checkpoint":  {func(c *wire.Content) { c.Checkpoint = c.Policy }, wire.ErrType},
		"empty checkpoint":  {func(c *wire.Content) { c.Checkpoint = r.sign(t, wire.TypeCheckpoint, []byte{0x80}) }, wire.ErrEncoding},
		"no policy":         {func(c *wire.Content) { c.Policy = nil }, wire.ErrEncoding},
		"not a policy": {
			func(c *wire.Content) { c.Policy = r.sign(t, wire.TypeCheckpoint, must(r.checkpoint().Marshal())(t)) },
			wire.ErrType,
		},
		"no entry": {func(c *wire.Content) { c.Entry = nil }, wire.ErrEncoding},
	} {
		content := r.content(t, request, 1)
		c.change(content)
		if _, err := content.Marshal(); !isErr(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestContentRefusesKeys(t *testing.T) {
	r := newRealm(t)
	request, _ := enrolment(t, "bus-471")
	c := r.content(t, request, 1)
	b := must(c.Marshal())(t)
	key := c.Keys[0].R()
	at := bytes.Index(b, key[:])
	for what, with := range map[string][32]byte{"identity": {}, "no point": fill[[32]byte](0xff)} {
		if _, err := wire.ParseContent(splice(b, at, at+32, with[:])); !isErr(err, wire.ErrValue) {
			t.Errorf("R is %s: %v", what, err)
		}
	}
	huge := fill[[32]byte](0xff)
	if _, err := wire.ParseContent(splice(b, at+32, at+64, huge[:])); !isErr(err, wire.ErrValue) {
		t.Errorf("s above the order: %v", err)
	}
}

func TestLargestPackageFits(t *testing.T) {
	r := newRealm(t)
	request, _ := enrolment(t, "bus-471")
	c := r.content(t, request, 1)
	for len(c.Keys) < wire.MaxKeys {
		c.Keys = append(c.Keys, c.Keys[0])
	}
	c.Path = make([][32]byte, wire.MaxPath)
	p := r.pkg(t)
	p.Ciphertext = append(must(c.Marshal())(t), make([]byte, 16)...)
	if _, _, err := wire.OpenPackage(r.sign(t, wire.TypePackage, must(p.Marshal())(t))); err != nil {
		t.Error(err)
	}
}
