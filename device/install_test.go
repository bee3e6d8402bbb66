package device_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"marque/device"
	"marque/device/ibc"
	"marque/device/wire"
)

func TestInstall(t *testing.T) {
	a := newAuthority(1)
	d, dir := a.create(t, "bus-4711", wire.KindVehicle)
	request := must(d.Request())
	r := must(wire.ParseRequest(request))
	if len(request) > wire.MaxRequest || r.Name != "bus-4711" || r.Kind != wire.KindVehicle || d.Status().Request != r.Hash() || d.Status().Installed {
		t.Fatalf("request of %d octets: %+v", len(request), r)
	}
	_, err := d.Sign(nil, device.SignOptions{})
	wantErr(t, err, device.ErrNotInstalled, "sign without keys")

	pkg := a.issue(request, edit{})
	offer := must(d.Inspect(pkg))
	if offer.CoreHash != a.hash() || offer.Core.Realm != "fleet.example" || !offer.ForThisRequest || offer.Sequence != 1 {
		t.Errorf("offer %+v", offer)
	}
	in := must(d.Install(pkg, offer.CoreHash))
	if in.Address.String() != "//fleet.example/Sbus-4711~0" || in.FirstEpoch != 10 || in.LastEpoch != 12 || !in.Until.Equal(epoch0.Add(52*week)) {
		t.Errorf("installed %+v", in)
	}
	_, err = d.Request()
	wantErr(t, err, device.ErrInstalled, "request after installation")
	_, err = d.Install(pkg, a.hash())
	wantErr(t, err, device.ErrOldPackage, "the same package again")
	_, err = d.Install(a.issue(request, edit{seq: 2}), a.hash())
	wantErr(t, err, device.ErrInstalled, "a second package for a used request")

	check(d.Close())
	d = must(device.Load(dir, a.options()))
	defer d.Close()
	must(d.Sign([]byte("hello"), device.SignOptions{}))
	payload := must(wire.OpenStatement(d.Checkpoint(), wire.TypeCheckpoint, "fleet.example", a.core.StatementKey))
	if c := must(wire.ParseCheckpoint(payload)); c.Size != 2 {
		t.Errorf("checkpoint %+v", c)
	}
	if s := d.Status(); !s.Installed || s.Address != in.Address || s.CoreHash != a.hash() || !s.KeyNow || s.Epoch != 10 || s.Sequence != 1 {
		t.Errorf("status %+v", s)
	}
}

// Everything about a package that is wrong is refused, and the device is as it was: the right package still installs.
func TestInstallRefuses(t *testing.T) {
	a, foreign := newAuthority(1), newAuthority(7)
	d, dir := a.create(t, "bus-4711", wire.KindVehicle)
	request := must(d.Request())
	other, _ := a.create(t, "bus-4711", wire.KindVehicle)
	for range 60 { // a longer log than a's
		foreign.record(&wire.FoundEntry{})
	}
	before := readState(dir)
	changeKey := func(at int) func(*wire.Content) {
		return func(c *wire.Content) {
			b := c.Keys[1].Bytes()
			b[at] ^= 1
			c.Keys[1] = must(ibc.ParsePartialKey(b))
		}
	}
	for name, test := range map[string]struct {
		pkg  []byte
		want error
	}{
		"empty":                     {nil, device.ErrMalformed},
		"truncated":                 {a.issue(request, edit{})[:500], device.ErrMalformed},
		"trailing octet":            {append(a.issue(request, edit{}), 0), device.ErrMalformed},
		"for another device":        {a.issue(must(other.Request()), edit{}), device.ErrOtherDevice},
		"another authority":         {foreign.issue(request, edit{}), device.ErrWrongPin},
		"signed by somebody else":   {a.issue(request, edit{signer: foreign.signer}), device.ErrTampered},
		"another name":              {a.issue(request, edit{address: "//fleet.example/Sbus-4712~9"}), device.ErrBadPackage},
		"another domain":            {a.issue(request, edit{address: "//other.example/Sbus-4711~9"}), device.ErrBadPackage},
		"an application's address":  {a.issue(request, edit{address: "//fleet.example/cse1/Cbus-4711~9"}), device.ErrBadPackage},
		"policy of another core":    {a.issue(request, edit{policy: a.signPolicy(func(p *wire.Policy) { p.Core[0] ^= 1 })}), device.ErrBadPackage},
		"policy of another signer":  {a.issue(request, edit{policy: foreign.policy}), device.ErrBadPackage},
		"entry of another address":  {a.issue(request, edit{entry: func(e *wire.IssueEntry) { e.Address = must(wire.ParseAddress("//fleet.example/Sx~9")) }}), device.ErrBadPackage},
		"entry of another request":  {a.issue(request, edit{entry: func(e *wire.IssueEntry) { e.Request[0] ^= 1 }}), device.ErrBadPackage},
		"entry of another sequence": {a.issue(request, edit{entry: func(e *wire.IssueEntry) { e.Sequence++ }}), device.ErrBadPackage},
		"entry of other keys":       {a.issue(request, edit{entry: func(e *wire.IssueEntry) { e.Keys[0] ^= 1 }}), device.ErrBadPackage},
		"proof altered":             {a.issue(request, edit{content: func(c *wire.Content) { c.Path[0][0] ^= 1 }}), device.ErrBadPackage},
		"proof left out":            {a.issue(request, edit{content: func(c *wire.Content) { c.Path = nil }}), device.ErrBadPackage},
		"checkpoint altered":        {a.issue(request, edit{content: func(c *wire.Content) { c.Checkpoint[len(c.Checkpoint)-1] ^= 1 }}), device.ErrBadPackage},
		"checkpoint of another log": {a.issue(request, edit{content: func(c *wire.Content) { c.Checkpoint = foreign.checkpoint(func(*wire.Checkpoint) {}) }}), device.ErrBadPackage},
		"checkpoint of another core": {a.issue(request, edit{content: func(c *wire.Content) {
			c.Checkpoint = a.checkpoint(func(h *wire.Checkpoint) { h.Core[0] ^= 1 })
		}}), device.ErrBadPackage},
		"index altered":      {a.issue(request, edit{content: func(c *wire.Content) { c.Index-- }}), device.ErrBadPackage},
		"key missing":        {a.issue(request, edit{content: func(c *wire.Content) { c.Keys = c.Keys[:2] }}), device.ErrBadPackage},
		"keys swapped":       {a.issue(request, edit{content: func(c *wire.Content) { slices.Reverse(c.Keys) }}), device.ErrBadPackage},
		"s altered":          {a.issue(request, edit{content: changeKey(32)}), device.ErrBadPackage},
		"D altered":          {a.issue(request, edit{content: changeKey(159)}), device.ErrBadPackage},
		"another epoch":      {a.issue(request, edit{content: func(c *wire.Content) { c.FirstEpoch++ }, entry: func(e *wire.IssueEntry) { e.FirstEpoch++ }}), device.ErrBadPackage},
		"ciphertext altered": {a.issue(request, edit{pkg: func(p *wire.Package) { p.Ciphertext[9] ^= 1 }}), device.ErrBadPackage},
		"sequence altered":   {a.issue(request, edit{pkg: func(p *wire.Package) { p.Sequence++ }}), device.ErrBadPackage},
		"a list":             {a.publish(), device.ErrMalformed},
	} {
		_, err := d.Install(test.pkg, a.hash())
		wantErr(t, err, test.want, name)
		if readState(dir) != before || d.Status().Installed {
			t.Fatalf("%s: the folder changed", name)
		}
	}
	_, err := d.Install(a.issue(request, edit{}), foreign.hash())
	wantErr(t, err, device.ErrWrongPin, "another pin")
	if _, err := d.Install(a.issue(request, edit{}), a.hash()); err != nil {
		t.Error("the right package after all the wrong ones:", err)
	}
}

// A policy or core may be right and its D of somebody else: each half of a key is checked on its own.
func TestInstallRefusesForeignD(t *testing.T) {
	a := newAuthority(1)
	d, _ := a.create(t, "bus-4711", wire.KindVehicle)
	pkg := a.issue(must(d.Request()), edit{content: func(c *wire.Content) {
		first, second := c.Keys[0].Bytes(), c.Keys[1].Bytes()
		c.Keys[0] = must(ibc.ParsePartialKey(append(first[:64:64], second[64:]...)))
	}})
	_, err := d.Install(pkg, a.hash())
	wantErr(t, err, device.ErrBadPackage, "D of another epoch")
	wantErr(t, err, ibc.ErrKey, "D of another epoch")
}

func TestInstallBitFlips(t *testing.T) {
	a := newAuthority(1)
	a.epochs = 1
	d, _ := a.create(t, "bus-4711", wire.KindVehicle)
	pkg := a.issue(must(d.Request()), edit{})
	flips(pkg, 5, func(bit int, altered []byte) {
		if _, err := d.Install(altered, a.hash()); err == nil {
			t.Fatalf("bit %d flipped: installed", bit)
		}
	})
	for n := range pkg {
		if _, err := d.Install(pkg[:n], a.hash()); !errors.Is(err, device.ErrMalformed) {
			t.Fatalf("cut to %d octets: %v", n, err)
		}
	}
	must(d.Install(pkg, a.hash()))
}

// When the state cannot be written, nothing is installed, and the enrolment is still there.
func TestInstallNeedsTheDisk(t *testing.T) {
	a := newAuthority(1)
	d, dir := a.create(t, "bus-4711", wire.KindVehicle)
	request := must(d.Request())
	pkg := a.issue(request, edit{})
	for _, name := range stateFiles {
		blocked := filepath.Join(dir, name+".new")
		check(os.Mkdir(blocked, 0o700)) // in the way of the new file
		if _, err := d.Install(pkg, a.hash()); err == nil || d.Status().Installed {
			t.Fatal("installed without a disk")
		}
		if again := must(d.Request()); !bytes.Equal(again, request) {
			t.Error("the request changed")
		}
		check(os.Remove(blocked))
	}
	must(d.Install(pkg, a.hash()))
}

// Whoever gets y and s together has u, and with it the key of every epoch: nothing but y stays.
func TestInstallErasesWhatMadeTheKeys(t *testing.T) {
	a := newAuthority(1)
	d, dir := a.create(t, "bus-4711", wire.KindVehicle)
	secrets := d.EnrolmentSecrets()
	for i, s := range secrets {
		if !bytes.Contains(must(d.StateOnDisk(0)), s) || !bytes.Contains(must(d.StateOnDisk(1)), s) {
			t.Fatalf("secret %d is not where this test looks for it", i)
		}
	}
	must(d.Install(a.issue(must(d.Request()), edit{content: func(c *wire.Content) {
		for _, k := range c.Keys {
			secrets = append(secrets, k.Bytes()[32:64]) // s
		}
	}}), a.hash()))
	if d.EnrolmentSecrets() != nil {
		t.Error("the enrolment is still there")
	}
	for range 2 {
		for i, s := range secrets {
			if bytes.Contains(must(d.StateOnDisk(0)), s) || bytes.Contains(must(d.StateOnDisk(1)), s) {
				t.Errorf("secret %d of %d is still in the folder", i, len(secrets))
			}
		}
		for _, e := range must(os.ReadDir(dir)) {
			if filepath.Ext(e.Name()) == ".new" {
				t.Errorf("%s was left behind", e.Name())
			}
		}
		check(d.Close())
		d = must(device.Load(dir, a.options()))
	}
	check(d.Close())
}

// Keys of epochs that the time floor has passed are gone, in memory at the next list and on disk.
func TestOldKeysAreErased(t *testing.T) {
	f := newFleet(t)
	if n := f.bus.LiveKeys(); n != 3 {
		t.Fatalf("%d keys", n)
	}
	f.clock.add(5 * week)
	must(f.bus.Apply(f.publish()))
	if n := f.bus.LiveKeys(); n != 2 {
		t.Errorf("%d keys after the first epoch", n)
	}
	f.bus = f.reload(t, f.bus, f.options())
	if n := f.bus.LiveKeys(); n != 2 {
		t.Errorf("%d keys after loading", n)
	}
	must(f.bus.Sign(nil, device.SignOptions{}))
	f.clock.add(8 * week)
	_, err := f.bus.Sign(nil, device.SignOptions{})
	wantErr(t, err, device.ErrEpoch, "sign after the last epoch")
}

func TestWrongSigner(t *testing.T) {
	a := newAuthority(1)
	_, impostor, err := ed25519.GenerateKey(nil)
	check(err)
	d, _ := a.create(t, "bus-4711", wire.KindVehicle)
	_, err = d.Inspect(a.issue(must(d.Request()), edit{signer: impostor}))
	wantErr(t, err, device.ErrTampered, "inspect")
}
