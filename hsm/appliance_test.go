package hsm_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-tpm/tpm2"

	"marque/hsm"
	"marque/hsm/hsmtest"
)

var (
	noon    = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	lockout = []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
)

func clock() time.Time { return noon }

// quorum is what one officer contributes who needs no other. Each test process has its own.
var quorum = sync.OnceValue(func() *hsm.QuorumSecret {
	_, secret, err := hsm.Appoint(1, []hsm.Appointment{{Name: "Ada", Role: hsm.SecurityOfficer, Passphrase: passphrase}}, cheap, rand.Reader)
	if err != nil {
		panic(err)
	}
	return secret
})

func credentials() hsm.Credentials { return hsm.Credentials{PIN: []byte("271828"), Quorum: quorum()} }

// appliance is a TPM, a vault under it, and the officers' key.
type appliance struct {
	t        testing.TB
	emulator *hsmtest.Emulator
	tpm      *hsm.TPM
	officers *ecdsa.PrivateKey
	cost     hsm.Cost
	vault    *hsm.Vault
	path     string
}

func protected(t testing.TB) (*hsmtest.Emulator, *hsm.TPM) {
	t.Helper()
	e := hsmtest.Start(t)
	tpm := hsm.NewTPM(e, clock)
	if err := tpm.Protect(lockout); err != nil {
		t.Fatal(err)
	}
	return e, tpm
}

func newAppliance(t testing.TB, cost hsm.Cost) *appliance {
	t.Helper()
	e, tpm := protected(t)
	officers, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &appliance{t: t, emulator: e, tpm: tpm, officers: officers, cost: cost, path: filepath.Join(t.TempDir(), "vault")}
	a.vault, err = hsm.CreateTPM(a.path, a.options())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *appliance) options() hsm.TPMOptions {
	return hsm.TPMOptions{TPM: a.tpm, Credentials: credentials(), Officers: a.officers, Cost: a.cost, Rand: rand.Reader}
}

// unlock opens the vault's file as a new process would.
func (a *appliance) unlock() error {
	a.t.Helper()
	return reopen(a.t, a.path).UnlockTPM(a.tpm, credentials())
}

// guess types a wrong PIN.
func (a *appliance) guess() error {
	c := credentials()
	c.PIN = []byte("314159")
	return reopen(a.t, a.path).UnlockTPM(a.tpm, c)
}

// approve approves the platform that runs for some bound beyond the counter of retired approvals.
func (a *appliance) approve(beyond uint64) *hsm.Approval {
	a.t.Helper()
	p, err := a.tpm.Platform(false)
	if err != nil {
		a.t.Fatal(err)
	}
	n, err := a.vault.Retired(a.tpm)
	if err != nil {
		a.t.Fatal(err)
	}
	approval, err := a.vault.Approve(a.tpm, p, n+beyond, a.officers, rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	return approval
}

// taken returns how many counters there are.
func taken(t *testing.T, tpm *hsm.TPM) int {
	t.Helper()
	n, err := tpm.Counters()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// faulty is the TPM of an emulator that loses commands on the way: all for which lost answers yes.
type faulty struct {
	*hsmtest.Emulator
	lost func(cc tpm2.TPMCC, handle uint32) bool
}

func (f *faulty) Send(command []byte) ([]byte, error) {
	if f.lost(tpm2.TPMCC(binary.BigEndian.Uint32(command[6:])), binary.BigEndian.Uint32(append(command[10:len(command):len(command)], 0, 0, 0, 0))) {
		return nil, errors.New("lost on the way")
	}
	return f.Emulator.Send(command)
}

// wantErr fails the test unless err is want, and says all of the words.
func wantErr(t *testing.T, err, want error, words ...string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
}

// copyOf returns the path of a copy of a vault's file.
func copyOf(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}
