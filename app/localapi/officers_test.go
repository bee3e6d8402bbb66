package localapi_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"marque/app/ceremony"
	"marque/app/localapi"
	"marque/authority"
	"marque/hsm"
	"marque/hsm/hsmtest"
)

const pin = "314159"

// people are officers and their passphrases.
var people = map[string][]byte{
	"Ada": []byte("ada's own words"), "Ben": []byte("ben's own words"), "Cem": []byte("cem's own words"),
	"Dot": []byte("dot's own words"), "Eva": []byte("eva's own words"),
}

func officersPlan(tpm string) []byte {
	text := fmt.Sprintf("realm = 'fleet.example'\nvault.kind = 'tpm'\nvault.tpm = '%s'\nunlock.needed = 2\nbackup.cards = 0\nnext-core.cards = 0\n", tpm)
	for name, role := range map[string]string{
		"Ada": "security officer", "Ben": "security officer", "Cem": "security officer", "Dot": "depot operator", "Eva": "auditor",
	} {
		text += fmt.Sprintf("[[officer]]\nname = '%s'\nrole = '%s'\n", name, role)
	}
	return []byte(text)
}

func approvalKey(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func on(t *testing.T, c *localapi.Client, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := c.SignOn(localapi.SignOn{Officer: name, Passphrase: people[name]}); err != nil {
			t.Fatal(err)
		}
	}
}

// dialTPM returns a client that starts a service which was told of another TPM than the computer's.
func dialTPM(t *testing.T, dir, tpm string) *localapi.Client {
	t.Helper()
	c, err := localapi.Dial(t.Context(), localapi.Options{Dir: dir, Program: program(t), TPM: tpm})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestOfficers(t *testing.T) {
	e := hsmtest.Start(t)
	dir := fleet(t)
	c := dialTPM(t, dir, e.Path())
	lockout, err := hsm.NewLockoutAuth(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := approvalKey(t)
	// A founding that comes to nothing must not decide which TPM the next one takes.
	if _, err := c.Found(localapi.Founding{
		Plan: officersPlan(filepath.Join(t.TempDir(), "elsewhere")), PIN: []byte(pin), Passphrases: people, Lockout: lockout, ApprovalKey: key,
	}); !errors.Is(err, hsm.ErrNoTPM) {
		t.Errorf("founded without a TPM: %v", err)
	}
	made, err := c.Found(localapi.Founding{
		Plan: officersPlan(ceremony.DefaultTPM), PIN: []byte(pin), Passphrases: people, Lockout: lockout, ApprovalKey: key,
	})
	if err != nil {
		t.Fatal(err)
	}
	if p := made.Status.Custody.Present; len(p) != 3 || made.Status.Custody.TPM == nil {
		t.Errorf("%+v", made.Status.Custody)
	}
	if err := c.Lock(); err != nil {
		t.Fatal(err)
	}
	unlockTogether(t, c)
	roles(t, dir, c)
	together(t, dir, c)
	beside(t, dir)
	if p, err := c.Platform(); err != nil || p.Changed != "" || len(p.Now) != 4 || len(p.Digest) != 32 {
		t.Errorf("%+v %v", p, err)
	}
	if err := c.ApprovePlatform(localapi.Approval{Key: key}); err != nil {
		t.Error(err)
	}
	if n, err := c.RetirePlatforms(); err != nil || n == 0 {
		t.Errorf("%d %v", n, err)
	}
	alone(t, dir, key)
	operator := dial(t, dir)
	on(t, operator, "Dot")
	if err := c.ChangePassphrase("Dot", people["Dot"], []byte("dot's other words")); err != nil {
		t.Error(err)
	}
	if _, err := operator.Identities(0, 1); !errors.Is(err, localapi.ErrSession) {
		t.Errorf("a session of the old passphrase: %v", err)
	}
	if _, err := c.SignOn(localapi.SignOn{Officer: "Dot", Passphrase: people["Dot"]}); !errors.Is(err, hsm.ErrOfficerPassphrase) {
		t.Errorf("the old passphrase: %v", err)
	}
}

// alone tries what takes two by one: anybody can lock the vault, and then nothing is put into the log.
func alone(t *testing.T, dir string, key []byte) {
	t.Helper()
	c := dial(t, dir)
	if err := c.Lock(); err != nil {
		t.Fatal(err)
	}
	on(t, c, "Ada", "Ada", "Dot")
	if err := c.ApprovePlatform(localapi.Approval{Key: key}); !errors.Is(err, authority.ErrApprovalsMissing) {
		t.Errorf("one officer approves a platform while the vault is locked: %v", err)
	}
	on(t, c, "Ben")
	if err := c.ApprovePlatform(localapi.Approval{Key: key}); err != nil {
		t.Error(err)
	}
}

func unlockTogether(t *testing.T, c *localapi.Client) {
	t.Helper()
	if _, err := c.SignOn(localapi.SignOn{Officer: "Zoe", Passphrase: people["Ada"]}); !errors.Is(err, hsm.ErrNoOfficer) {
		t.Errorf("an unknown officer: %v", err)
	}
	if _, err := c.SignOn(localapi.SignOn{Officer: "Ada", Passphrase: people["Ben"]}); !errors.Is(err, hsm.ErrOfficerPassphrase) {
		t.Errorf("another's passphrase: %v", err)
	}
	on(t, c, "Ada")
	if err := c.Unlock(localapi.Unlock{PIN: []byte(pin)}); !errors.Is(err, hsm.ErrQuorum) {
		t.Errorf("one officer unlocks: %v", err)
	}
	on(t, c, "Ben")
	err := c.Unlock(localapi.Unlock{PIN: []byte("271828")})
	if wrong, ok := errors.AsType[*hsm.PINError](err); !ok || wrong.Left < 1 || !errors.Is(err, hsm.ErrWrongPIN) {
		t.Errorf("a wrong PIN: %v", err)
	}
	if err := c.Unlock(localapi.Unlock{PIN: []byte(pin)}); err != nil {
		t.Fatal(err)
	}
	if s := phase(t, c, localapi.Open); !slices.Equal(s.Custody.Present, []string{"Ada", "Ben"}) {
		t.Errorf("present are %q", s.Custody.Present)
	}
}

// roles tries what operators and auditors may not do.
func roles(t *testing.T, dir string, c *localapi.Client) {
	t.Helper()
	if r, err := dial(t, dir).Rules(); err != nil || r.Needs[authority.ActionPolicy].Officers != 2 || r.Needs[authority.ActionDepotRevoke].Officers != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	operator, auditor := dial(t, dir), dial(t, dir)
	on(t, operator, "Dot")
	on(t, auditor, "Eva")
	issued, err := operator.Enrol(request(t, "bus-1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := auditor.Enrol(request(t, "bus-2")); !errors.Is(err, authority.ErrWrongRole) {
		t.Errorf("an auditor enrols: %v", err)
	}
	if ids, err := auditor.Identities(0, 10); err != nil || len(ids) != 1 {
		t.Errorf("an auditor reads %v %v", ids, err)
	}
	stolen := localapi.Revoke{Addresses: []string{issued.Address.String()}, Reason: "stolen"}
	for name, do := range map[string]func() error{
		"revoke":  func() error { _, err := operator.Revoke(stolen); return err },
		"publish": func() error { _, err := operator.Publish(); return err },
		"policy":  func() error { _, err := operator.SetPolicy(localapi.Policy{}); return err },
		"trust":   func() error { _, err := operator.Trust(localapi.Trust{}); return err },
		"renew":   func() error { _, err := operator.RenewTrust(); return err },
	} {
		if err := do(); !errors.Is(err, authority.ErrWrongRole) {
			t.Errorf("an operator: %s: %v", name, err)
		}
	}
	if out, err := c.Revoke(stolen); err != nil || !out.Done || out.Proposal == nil {
		t.Errorf("%+v %v", out, err)
	}
}

// together decides what takes two, at two desks.
func together(t *testing.T, dir string, c *localapi.Client) {
	t.Helper()
	first, second := dial(t, dir), dial(t, dir)
	on(t, first, "Ada")
	on(t, second, "Cem")
	out, err := first.SetPolicy(localapi.Policy{Past: authority.DefaultPast * 2})
	if err != nil || out.Done || out.Proposal == nil || out.Proposal.Missing != 1 {
		t.Fatalf("%+v %v", out, err)
	}
	if _, err := first.Approve(out.Proposal.Digest); !errors.Is(err, authority.ErrApprovedAlready) {
		t.Errorf("an officer approves twice: %v", err)
	}
	waits(t, first, out.Proposal.Digest, false)
	waits(t, second, out.Proposal.Digest, true)
	waiting, err := second.Proposals()
	if err != nil || !slices.ContainsFunc(waiting, func(p localapi.Proposal) bool {
		return p.Digest == out.Proposal.Digest && p.State == "open" && p.Requester == "Ada" && len(p.Words) > 0
	}) {
		t.Errorf("%+v %v", waiting, err)
	}
	if done, err := second.Approve(out.Proposal.Digest); err != nil || !done.Done {
		t.Errorf("%+v %v", done, err)
	}
	out, err = first.SetPolicy(localapi.Policy{Past: authority.DefaultPast})
	if err != nil || out.Proposal == nil {
		t.Fatalf("%+v %v", out, err)
	}
	if err := second.Refuse(out.Proposal.Digest, "not now"); err != nil {
		t.Error(err)
	}
	if _, err := second.Approve(out.Proposal.Digest); !errors.Is(err, authority.ErrRefused) {
		t.Errorf("approved what was refused: %v", err)
	}
	if out, err := c.SetPolicy(localapi.Policy{Past: authority.DefaultPast * 3}); err != nil || !out.Done {
		t.Errorf("two at one desk: %+v %v", out, err)
	}
}
