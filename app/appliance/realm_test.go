package appliance_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"path/filepath"
	"testing"
	"time"

	"marque/app/appliance"
	"marque/authority"
	"marque/device/wire"
	"marque/hsm"
	"marque/hsm/hsmtest"
)

var (
	pin    = []byte("271828")
	people = map[string][]byte{
		"Ada Berg": []byte("ada's passphrase"), "Ben Cole": []byte("ben's passphrase"), "Cleo Dahl": []byte("cleo's passphrase"),
		"Dora Egge": []byte("dora's passphrase"),
	}
)

// realm is an authority under a TPM, with what people keep of it.
type realm struct {
	t       *testing.T
	tpm     *hsmtest.Emulator
	dir     string
	options appliance.Options
	a       *appliance.Appliance // nil while closed
	key     crypto.Signer        // approvals
	lockout []byte
	founded *appliance.Founded
	clock   time.Time
}

// officers are Ada, Ben and Cleo, security officers, and Dora, who enrols.
func officers() []hsm.Appointment {
	return []hsm.Appointment{
		{Name: "Ada Berg", Role: hsm.SecurityOfficer, Passphrase: people["Ada Berg"]},
		{Name: "Ben Cole", Role: hsm.SecurityOfficer, Passphrase: people["Ben Cole"]},
		{Name: "Cleo Dahl", Role: hsm.SecurityOfficer, Passphrase: people["Cleo Dahl"]},
		{Name: "Dora Egge", Role: hsm.DepotOperator, Passphrase: people["Dora Egge"]},
	}
}

// newRealm founds a realm of which two of three security officers unlock, with three backup cards of five and two of three of the next core.
func newRealm(t *testing.T) *realm {
	t.Helper()
	r := unfounded(t)
	founded, err := appliance.Found(r.dir, r.founding(), r.options)
	if err != nil {
		t.Fatal(err)
	}
	r.founded, r.a = founded, founded.Appliance
	return r
}

func unfounded(t *testing.T) *realm {
	t.Helper()
	r := &realm{t: t, tpm: hsmtest.Start(t), dir: filepath.Join(t.TempDir(), "fleet"), clock: now}
	r.options = appliance.Options{Clock: func() time.Time { return r.clock }, TPM: r.tpm.Path(), Cost: cheap}
	r.key = approvalKey(t)
	r.lockout = lockout(t)
	t.Cleanup(r.close)
	return r
}

func approvalKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func lockout(t *testing.T) []byte {
	t.Helper()
	auth, err := hsm.NewLockoutAuth(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

func (r *realm) founding() appliance.Founding {
	return appliance.Founding{
		Realm:    authority.Founding{Realm: "fleet.example"},
		TPM:      &appliance.NewTPM{PIN: pin, Lockout: r.lockout, ApprovalKey: r.key},
		Officers: officers(), Needed: 2,
		Backup: appliance.Cards{Needed: 3, Total: 5}, Next: appliance.Cards{Needed: 2, Total: 3},
	}
}

func (r *realm) close() {
	if r.a == nil {
		return
	}
	if err := r.a.Close(); err != nil {
		r.t.Error(err)
	}
	r.a = nil
}

// open opens the realm, locked.
func (r *realm) open() {
	r.t.Helper()
	a, err := appliance.Open(r.dir, r.options)
	if err != nil {
		r.t.Fatal(err)
	}
	r.a = a
}

// present signs officers on.
func (r *realm) present(names ...string) []*hsm.Credential {
	r.t.Helper()
	var list []*hsm.Credential
	for _, name := range names {
		c, err := r.a.SignOn(name, people[name])
		if err != nil {
			r.t.Fatal(err)
		}
		r.t.Cleanup(c.Erase)
		list = append(list, c)
	}
	return list
}

func signers(present []*hsm.Credential) []crypto.Signer {
	var list []crypto.Signer
	for _, c := range present {
		list = append(list, c)
	}
	return list
}

func (r *realm) unlock() {
	r.t.Helper()
	if err := r.a.UnlockQuorum(pin, r.present("Ada Berg", "Cleo Dahl")); err != nil {
		r.t.Fatal(err)
	}
}

// drill checks all cards and passes the drill.
func (r *realm) drill() {
	r.t.Helper()
	for _, text := range append(append([][]byte{}, r.founded.Cards...), r.founded.Next...) {
		if _, err := r.a.CheckCard(text); err != nil {
			r.t.Fatal(err)
		}
	}
	if err := r.a.Drill(r.founded.Cards[2:]); err != nil {
		r.t.Fatal(err)
	}
}

func (r *realm) enrol(name string) wire.Address {
	r.t.Helper()
	issued, err := r.a.Authority().Enrol(request(r.t, name))
	if err != nil {
		r.t.Fatal(err)
	}
	return issued.Address
}

// revoke lets Ada and Ben revoke an identity.
func (r *realm) revoke(address wire.Address) {
	r.t.Helper()
	payload, err := (&authority.RevokePayload{Addresses: []wire.Address{address}, Reason: wire.ReasonStolen, Effective: r.clock}).Marshal()
	if err != nil {
		r.t.Fatal(err)
	}
	p, err := r.a.Authority().Propose(signers(r.present("Ada Berg", "Ben Cole")), authority.ActionRevoke, payload)
	if err != nil || p.State != authority.StateDecided {
		r.t.Fatalf("%+v, %v", p, err)
	}
}

func (r *realm) publish() []byte {
	r.t.Helper()
	p, err := r.a.Authority().Publish()
	if err != nil {
		r.t.Fatal(err)
	}
	return p.Bundle
}

func (r *realm) custody() *appliance.Custody {
	r.t.Helper()
	c, err := r.a.Custody()
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}
