package authority_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/rand"
	"path/filepath"
	"testing"
	"time"

	"marque/authority"
	"marque/device/ibc"
	"marque/device/revocation"
	"marque/device/wire"
	"marque/hsm"
	"marque/storage"
)

var passphrase = []byte("correct horse battery staple")

// realm is an authority over a real vault and a real store, with a clock that
// the test sets.
type realm struct {
	*authority.Authority

	vault *hsm.Vault
	store *storage.Store
	path  string
	now   time.Time
}

func (r *realm) clock() time.Time { return r.now }

// later lets time pass.
func (r *realm) later(d time.Duration) { r.now = r.now.Add(d) }

var founding = authority.Founding{Realm: "fleet.example"}

// vaultAndStore makes what an authority is founded on.
func vaultAndStore(t testing.TB) *realm {
	t.Helper()
	dir := t.TempDir()
	vault, err := hsm.CreatePassphraseCost(filepath.Join(dir, "vault"), passphrase, hsm.Cost{Time: 1, MemoryKiB: 8, Threads: 1}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := vault.StorageKey()
	if err != nil {
		t.Fatal(err)
	}
	r := &realm{vault: vault, path: filepath.Join(dir, "authority.db"), now: time.Date(2026, 3, 2, 9, 30, 15, 700, time.UTC)}
	if r.store, err = storage.Create(r.path, key); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.store.Close() })
	return r
}

func found(t testing.TB) *realm {
	t.Helper()
	r := vaultAndStore(t)
	r.found(t, r.vault)
	return r
}

func (r *realm) found(t testing.TB, m authority.Master) {
	t.Helper()
	p, err := r.vault.Params()
	if err != nil {
		t.Fatal(err)
	}
	if r.Authority, err = authority.Found(r.store, m, p, founding, r.clock); err != nil {
		t.Fatal(err)
	}
}

// reopen closes the database and opens it again, as after a restart.
func (r *realm) reopen(t *testing.T) {
	t.Helper()
	if err := r.store.Close(); err != nil {
		t.Fatal(err)
	}
	r.open(t)
}

func (r *realm) open(t *testing.T) {
	t.Helper()
	var err error
	if r.store, err = storage.Open(r.path); err != nil {
		t.Fatal(err)
	}
	key, err := r.vault.StorageKey()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.store.Unlock(key); err != nil {
		t.Fatal(err)
	}
	if r.Authority, err = authority.Open(r.store, r.vault, r.clock); err != nil {
		t.Fatal(err)
	}
}

func (r *realm) update(t *testing.T, f func(tx *storage.Tx) error) {
	t.Helper()
	if err := r.store.Update(f); err != nil {
		t.Fatal(err)
	}
}

func (r *realm) enrol(t *testing.T, name string) *authority.Issued {
	t.Helper()
	issued, err := r.Enrol(newRequester(t, name, r.now).request)
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

func (r *realm) revoke(t *testing.T, a wire.Address) {
	t.Helper()
	if err := r.Revoke(a, wire.ReasonStolen, time.Time{}); err != nil {
		t.Fatal(err)
	}
}

func (r *realm) publish(t *testing.T) *authority.Published {
	t.Helper()
	p, err := r.Publish()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (r *realm) status(t *testing.T) authority.Status {
	t.Helper()
	s, err := r.Status()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (r *realm) audit(t *testing.T) *authority.AuditReport {
	t.Helper()
	report, err := authority.VerifyLog(r.store)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// mustAudit fails the test unless the audit finds nothing.
func (r *realm) mustAudit(t *testing.T) {
	t.Helper()
	for _, f := range r.audit(t).Findings {
		t.Errorf("audit: %s", f)
	}
}

// listed verifies a list as a device does and returns the serials on it.
func (r *realm) listed(t *testing.T, bundle []byte) (*wire.Bundle, []uint32) {
	t.Helper()
	payload, err := wire.OpenStatement(bundle, wire.TypeBundle, "fleet.example", r.Core().StatementKey)
	if err != nil {
		t.Fatal(err)
	}
	b, err := wire.ParseBundle(payload)
	if err != nil {
		t.Fatal(err)
	}
	set, err := revocation.Decode(revocation.Codec(b.Codec), b.N, int(b.Count), b.Data)
	if err != nil {
		t.Fatal(err)
	}
	if b.State != wire.ListState("fleet.example", b.Generation, b.Base, b.FirstEpoch, b.LastEpoch, b.N, set.Serials()) {
		t.Error("the state is not that of the set")
	}
	return b, set.Serials()
}

// requester is the device's side of an enrolment.
type requester struct {
	u       *ibc.EnrolmentKey
	hpke    *ecdh.PrivateKey
	body    wire.Request
	request []byte
}

func newRequester(t *testing.T, name string, at time.Time) *requester {
	t.Helper()
	u, err := ibc.NewEnrolmentKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d := &requester{u: u, hpke: key, body: wire.Request{
		Kind: wire.KindVehicle, Name: name, U: u.Public(), HPKEKey: [32]byte(key.PublicKey().Bytes()), Time: at.Truncate(time.Second),
	}}
	d.prove(t)
	return d
}

// prove makes the request of the body, with a new nonce.
func (d *requester) prove(t *testing.T) {
	t.Helper()
	rand.Read(d.body.Nonce[:])
	body, err := d.body.Body()
	if err != nil {
		t.Fatal(err)
	}
	if d.body.Proof, err = d.u.Prove(rand.Reader, body); err != nil {
		t.Fatal(err)
	}
	if d.request, err = d.body.Marshal(); err != nil {
		t.Fatal(err)
	}
}

// open opens a package as far as the device that asked for it can.
func (d *requester) open(t *testing.T, pkg []byte, pin [32]byte) (*wire.Content, *wire.Core) {
	t.Helper()
	p, core, err := wire.OpenPackage(pkg)
	if err != nil {
		t.Fatal(err)
	}
	if core.Hash() != pin || p.RequestHash != d.body.Hash() {
		t.Fatal("the package is of another realm or for another request")
	}
	key, err := hpke.NewDHKEMPrivateKey(d.hpke)
	if err != nil {
		t.Fatal(err)
	}
	opener, err := hpke.NewRecipient(p.Enc[:], key, hpke.HKDFSHA256(), hpke.AES256GCM(), wire.PackageInfo(pin, p.RequestHash, p.Sequence))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := opener.Open(nil, p.Ciphertext)
	if err != nil {
		t.Fatal(err)
	}
	c, err := wire.ParseContent(plain)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.CheckLog(core, p.RequestHash, p.Sequence); err != nil {
		t.Fatal(err)
	}
	return c, core
}

// complete finishes every key of a package, and signs with each.
func (d *requester) complete(t *testing.T, c *wire.Content, core *wire.Core) {
	t.Helper()
	params, err := core.Params()
	if err != nil {
		t.Fatal(err)
	}
	m := []byte("the bus is late")
	for i, partial := range c.Keys {
		id, err := core.Identity(c.Address, c.FirstEpoch+uint32(i))
		if err != nil {
			t.Fatal(err)
		}
		key, err := d.u.Complete(params, id, partial)
		if err != nil {
			t.Fatalf("key %d: %v", i, err)
		}
		sig, err := key.Sign(rand.Reader, "test", m)
		if err != nil {
			t.Fatal(err)
		}
		public, err := ibc.NewPublicKey(params, id, partial.R())
		if err != nil {
			t.Fatal(err)
		}
		if err := public.Verify("test", m, sig); err != nil {
			t.Errorf("key %d: %v", i, err)
		}
	}
}

func sameBytes(t *testing.T, what string, a, b []byte) {
	t.Helper()
	if !bytes.Equal(a, b) {
		t.Errorf("%s differ", what)
	}
}
