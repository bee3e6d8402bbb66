package device_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"marque/device"
	"marque/device/ibc"
	"marque/device/wire"
)

const packageVectors = "../tests/vectors/packages"

// packageVector is one file: a device that waits for a package, one that comes, and what it makes of it. Octets are lower-case hexadecimal. Every
// random octet that the device drew for its request is that of device_octet; what the authority encrypted with comes from the system's generator.
type packageVector struct {
	Comment string   `json:"comment"`
	Expect  string   `json:"expect"` // ok, or the name of the error
	Master  string   `json:"master_seed"`
	Octet   int      `json:"device_octet"`
	Name    string   `json:"name"` // a vehicle
	Request string   `json:"request"`
	Hash    string   `json:"request_hash"`
	U       string   `json:"enrolment_key"` // u
	HPKE    string   `json:"hpke_private"`
	Pin     string   `json:"pin"`
	Package string   `json:"package"`
	Address string   `json:"address,omitempty"`
	First   uint32   `json:"first_epoch,omitempty"`
	Keys    []string `json:"keys,omitempty"` // R ‖ y ‖ D
}

var packageErrors = map[string]error{
	"ok": nil, "ErrMalformed": device.ErrMalformed, "ErrOtherDevice": device.ErrOtherDevice, "ErrWrongPin": device.ErrWrongPin, "ErrTampered": device.ErrTampered,
	"ErrBadPackage": device.ErrBadPackage,
}

// waiting is the device of the vectors.
func waiting(t *testing.T, a *authority) *device.Device {
	t.Helper()
	o := a.options()
	o.Rand = octet(vectorOctets["bus-4711"])
	d := must(device.Create(filepath.Join(t.TempDir(), "bus-4711"), device.Wanted{Name: "bus-4711", Kind: wire.KindVehicle}, o))
	t.Cleanup(func() { _ = d.Close() })
	return d
}

type packageCase struct {
	comment, expect string
	make            func(t *testing.T, a *authority, request []byte) []byte
}

// bendings are edits of a package that the device must refuse.
func bendings(a *authority) map[string]edit {
	foreign := found(7, a.clock, func(*wire.Core) {})
	first := func(change func(b []byte)) edit {
		return edit{content: func(c *wire.Content) {
			b := c.Keys[0].Bytes()
			change(b)
			c.Keys[0] = must(ibc.ParsePartialKey(b))
		}}
	}
	of := func(m *ibc.Master, from, to int) edit { // octets of a key that another master, or this one once more, issues
		return edit{content: func(c *wire.Content) {
			b := c.Keys[0].Bytes()
			id := ibc.Identity{Core: a.hash(), Address: c.Address.String(), Epoch: c.FirstEpoch}
			u := must(ibc.NewEnrolmentKey(octet(vectorOctets["bus-4711"])))
			copy(b[from:to], must(m.Extract(octet(0x77), id, u.Public())).Bytes()[from:to])
			c.Keys[0] = must(ibc.ParsePartialKey(b))
		}}
	}
	content := func(change func(*wire.Content)) edit { return edit{content: change} }
	entry := func(change func(*wire.IssueEntry)) edit { return edit{entry: change} }
	return map[string]edit{
		"name":           {address: "//fleet.example/Sbus-4712~9"},
		"domain":         {address: "//other.example/Sbus-4711~9"},
		"cse":            {address: "//fleet.example/cse1/Cbus-4711~9"},
		"policy-core":    {policy: a.signPolicy(func(p *wire.Policy) { p.Core[0] ^= 1 })},
		"policy-signer":  {policy: foreign.policy},
		"entry-address":  entry(func(e *wire.IssueEntry) { e.Address = must(wire.ParseAddress("//fleet.example/Sx~9")) }),
		"entry-request":  entry(func(e *wire.IssueEntry) { e.Request[0] ^= 1 }),
		"entry-sequence": entry(func(e *wire.IssueEntry) { e.Sequence++ }),
		"entry-keys":     entry(func(e *wire.IssueEntry) { e.Keys[0] ^= 1 }),
		"entry-epoch":    entry(func(e *wire.IssueEntry) { e.FirstEpoch++ }),
		"path":           content(func(c *wire.Content) { c.Path[0][0] ^= 1 }),
		"path-none":      content(func(c *wire.Content) { c.Path = nil }),
		"index":          content(func(c *wire.Content) { c.Index-- }),
		"checkpoint":     content(func(c *wire.Content) { c.Checkpoint[len(c.Checkpoint)-1] ^= 1 }),
		"checkpoint-core": content(func(c *wire.Content) {
			c.Checkpoint = a.checkpoint(func(h *wire.Checkpoint) { h.Core[0] ^= 1 })
		}),
		"key-missing":  content(func(c *wire.Content) { c.Keys = c.Keys[:1] }),
		"keys-swapped": content(func(c *wire.Content) { slices.Reverse(c.Keys) }),
		"epoch":        {content: func(c *wire.Content) { c.FirstEpoch++ }, entry: func(e *wire.IssueEntry) { e.FirstEpoch++ }},
		"s":            first(func(b []byte) { b[32] ^= 1 }),
		"d":            first(func(b []byte) { b[159] ^= 1 }),
		"d-identity":   first(func(b []byte) { clear(b[64:]); b[64] = 0xc0 }),
		"d-uncompressed": first(func(b []byte) {
			b[64] &= 0x7f
		}),
		"d-other-master": of(foreign.master, 64, 160),
		"r-other":        of(a.master, 0, 32),
		"s-other":        of(a.master, 32, 64),
		"ciphertext":     {pkg: func(p *wire.Package) { p.Ciphertext[9] ^= 1 }},
		"sequence":       {pkg: func(p *wire.Package) { p.Sequence++ }},
	}
}

func packageCases(a *authority) map[string]packageCase {
	issued := func(e edit) func(*testing.T, *authority, []byte) []byte {
		return func(_ *testing.T, a *authority, request []byte) []byte { return a.issue(request, e) }
	}
	out := map[string]packageCase{
		"package":  {"a package for this request", "ok", issued(edit{})},
		"second":   {"of sequence 2", "ok", issued(edit{seq: 2})},
		"empty":    {"nothing", "ErrMalformed", func(*testing.T, *authority, []byte) []byte { return nil }},
		"trailing": {"an octet behind it", "ErrMalformed", func(_ *testing.T, a *authority, r []byte) []byte { return append(a.issue(r, edit{}), 0) }},
		"list":     {"a list", "ErrMalformed", func(_ *testing.T, a *authority, _ []byte) []byte { return a.publish() }},
		"signer":   {"signed by another key", "ErrTampered", issued(edit{signer: found(7, a.clock, func(*wire.Core) {}).signer})},
		"authority": {"of another authority", "ErrWrongPin", func(_ *testing.T, a *authority, r []byte) []byte {
			return found(7, a.clock, func(*wire.Core) {}).issue(r, edit{})
		}},
		"request": {"for another device's request", "ErrOtherDevice", func(t *testing.T, a *authority, _ []byte) []byte {
			t.Helper()
			d, _ := a.create(t, "bus-4711", wire.KindVehicle)
			return a.issue(must(d.Request()), edit{})
		}},
	}
	for name, e := range bendings(a) {
		out["refused-"+name] = packageCase{"altered before it was signed: " + strings.ReplaceAll(name, "-", " "), "ErrBadPackage", issued(e)}
	}
	return out
}

// vectorAuthority is that of the other vectors.
func vectorAuthority() *authority {
	a := newAuthority(1)
	a.epochs, a.rand = 2, octet(vectorOctets["authority"])
	return a
}

func TestPackageVectors(t *testing.T) {
	a := vectorAuthority()
	cases := packageCases(a)
	if *updateVectors {
		check(os.RemoveAll(packageVectors))
		check(os.MkdirAll(packageVectors, 0o755))
		for name, c := range cases {
			v := newPackageVector(t, a, c)
			v.install(t)
			check(os.WriteFile(filepath.Join(packageVectors, name+".json"), append(must(json.MarshalIndent(v, "", "  ")), '\n'), 0o600))
		}
	}
	files := must(filepath.Glob(filepath.Join(packageVectors, "*.json")))
	if len(files) != len(cases) {
		t.Errorf("%d files, %d cases: run with -update", len(files), len(cases))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			b := must(os.ReadFile(file))
			v := new(packageVector)
			d := json.NewDecoder(bytes.NewReader(b))
			d.DisallowUnknownFields()
			check(d.Decode(v))
			v.Address, v.First, v.Keys = "", 0, nil
			v.install(t)
			if again := append(must(json.MarshalIndent(v, "", "  ")), '\n'); !bytes.Equal(again, b) {
				t.Errorf("the device comes to\n%s", again)
			}
		})
	}
}

func newPackageVector(t *testing.T, a *authority, c packageCase) *packageVector {
	t.Helper()
	d := waiting(t, a)
	request, hash, pin := must(d.Request()), d.Status().Request, a.hash()
	secrets := d.EnrolmentSecrets()
	return &packageVector{
		Comment: c.comment, Expect: c.expect, Master: strings.Repeat("01", 32), Octet: vectorOctets["bus-4711"], Name: "bus-4711",
		Request: hex.EncodeToString(request), Hash: hex.EncodeToString(hash[:]), U: hex.EncodeToString(secrets[0]), HPKE: hex.EncodeToString(secrets[1]),
		Pin: hex.EncodeToString(pin[:]), Package: hex.EncodeToString(c.make(t, a, request)),
	}
}

// install gives the package to a device that was made of the octets, and states what came of it.
func (v *packageVector) install(t *testing.T) {
	t.Helper()
	d := waiting(t, vectorAuthority())
	if hex.EncodeToString(must(d.Request())) != v.Request {
		t.Error("the octets make another request")
	}
	in, err := d.Install(must(hex.DecodeString(v.Package)), [32]byte(must(hex.DecodeString(v.Pin))))
	want, ok := packageErrors[v.Expect]
	if !ok {
		t.Fatalf("expects %q, which is no error", v.Expect)
	}
	wantErr(t, err, want, v.Comment)
	if err != nil {
		return
	}
	v.Address, v.First = in.Address.String(), in.FirstEpoch
	for _, k := range d.Secrets() {
		v.Keys = append(v.Keys, hex.EncodeToString(k))
	}
}
