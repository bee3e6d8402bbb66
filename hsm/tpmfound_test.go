package hsm_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-tpm/tpm2"

	"marque/hsm"
	"marque/hsm/hsmtest"
)

func TestUnprotectedTPMIsRefused(t *testing.T) {
	a := &appliance{t: t, cost: cheap, tpm: hsm.NewTPM(hsmtest.Start(t), clock)}
	a.officers, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	path := filepath.Join(t.TempDir(), "vault")
	if _, err := hsm.CreateTPM(path, a.options()); !errors.Is(err, hsm.ErrTPMNotReady) {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error("a refused TPM left a file")
	}
}

func TestTPMVaultNeverOverwrites(t *testing.T) {
	a := newAppliance(t, cheap)
	if _, err := hsm.CreateTPM(a.path, a.options()); !errors.Is(err, hsm.ErrExists) {
		t.Error(err)
	}
	if err := a.unlock(); err != nil {
		t.Error(err)
	}
}

func TestTPMVaultChecksCredentials(t *testing.T) {
	a := newAppliance(t, cheap)
	_, gone := appoint(t, 2)
	gone.Erase()
	for want, c := range map[error]hsm.Credentials{
		hsm.ErrWeakPIN:        {PIN: []byte("12345"), Passphrase: passphrase},
		hsm.ErrWeakPassphrase: {PIN: []byte("123456")},
		hsm.ErrCredentials:    {PIN: []byte("123456"), Quorum: gone},
	} {
		o := a.options()
		o.Credentials = c
		path := filepath.Join(t.TempDir(), "vault")
		if _, err := hsm.CreateTPM(path, o); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
		if err := reopen(t, a.path).UnlockTPM(a.tpm, c); !errors.Is(err, hsm.ErrCredentials) {
			t.Errorf("unlock: %v", err)
		}
	}
}

func TestBrokenTPMIsReplacedFromShares(t *testing.T) {
	seed, err := hsm.NewSeed(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	commitments, shares, err := hsm.Split(seed, hsm.PurposeBackup, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	a := newAppliance(t, cheap)
	o := a.options()
	o.Seed = seed
	first, err := hsm.CreateTPM(filepath.Join(t.TempDir(), "first"), o)
	if err != nil {
		t.Fatal(err)
	}
	a.emulator.Kill()
	seed.Erase()
	if _, err := hsm.CreateTPM(filepath.Join(t.TempDir(), "erased"), o); !errors.Is(err, hsm.ErrCredentials) {
		t.Errorf("an erased seed: %v", err)
	}
	if o.Seed, err = hsm.Combine(commitments, shares[1:]); err != nil {
		t.Fatal(err)
	}
	_, o.TPM = protected(t)
	second, err := hsm.CreateTPM(filepath.Join(t.TempDir(), "second"), o)
	if err != nil {
		t.Fatal(err)
	}
	if !first.Public().(ed25519.PublicKey).Equal(second.Public()) {
		t.Error("another statement key")
	}
}

func TestFailedCreationLeavesNothing(t *testing.T) {
	_, tpm := protected(t)
	a := &appliance{t: t, tpm: tpm, cost: cheap}
	a.officers, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if _, err := hsm.CreateTPM(filepath.Join(t.TempDir(), "missing", "vault"), a.options()); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("made a vault in a folder that is not there: %v", err)
	}
	if n := taken(t, tpm); n != 0 {
		t.Errorf("%d counters stayed", n)
	}
}

func TestDiscardedVaultNeverOpensAgain(t *testing.T) {
	a := newAppliance(t, cheap)
	if err := a.vault.Discard(hsm.NewTPM(hsmtest.Start(t), clock)); !errors.Is(err, hsm.ErrOtherTPM) {
		t.Fatalf("another TPM: %v", err)
	}
	if err := a.unlock(); err != nil {
		t.Fatalf("the wrong TPM discarded it: %v", err)
	}
	if err := a.vault.Discard(a.tpm); err != nil {
		t.Fatal(err)
	}
	if !a.vault.Locked() {
		t.Error("it is unlocked")
	}
	if err := a.unlock(); err == nil {
		t.Error("it opened")
	}
	if err := a.vault.Discard(a.tpm); !errors.Is(err, hsm.ErrCounter) {
		t.Errorf("again: %v", err)
	}
}

func TestHasLockoutAuth(t *testing.T) {
	tpm := hsm.NewTPM(hsmtest.Start(t), clock)
	for _, want := range []bool{false, true} {
		if has, err := tpm.HasLockoutAuth(); err != nil || has != want {
			t.Errorf("got %v, %v, want %v", has, err, want)
		}
		if err := tpm.Protect(lockout); err != nil {
			t.Fatal(err)
		}
	}
}

// TestKilledFounding ends a founding at every command of it, with all that it would have done afterwards. Beside it is a vault that
// must not notice.
func TestKilledFounding(t *testing.T) {
	a := newAppliance(t, cheap)
	finished, begun, missing := false, 0, 0
	for n := 1; !finished; n++ {
		path, sent := filepath.Join(t.TempDir(), "vault"), 0
		o := a.options()
		o.TPM = hsm.NewTPM(&faulty{a.emulator, func(tpm2.TPMCC, uint32) bool { sent++; return sent > n }}, clock)
		_, err := hsm.CreateTPM(path, o)
		finished = err == nil
		a.emulator.Restart()
		switch _, err := hsm.Open(path); {
		case errors.Is(err, hsm.ErrVaultBegun):
			begun++
		case errors.Is(err, os.ErrNotExist):
			missing++
		case err != nil:
			t.Fatalf("after %d commands: %v", n, err)
		}
		for range 2 {
			if err := hsm.DiscardStale(path, a.tpm); err != nil {
				t.Fatalf("after %d commands: %v", n, err)
			}
			if left := taken(t, a.tpm); left != 3 {
				t.Fatalf("after %d commands there are %d counters, want the other vault's 3", n, left)
			}
		}
	}
	if begun < 10 || missing == 0 {
		t.Errorf("found %d vaults begun and %d none: this test tests too little", begun, missing)
	}
	if err := a.unlock(); err != nil {
		t.Errorf("the other vault: %v", err)
	}
}

func TestDiscardStale(t *testing.T) {
	a := newAppliance(t, cheap)
	_, other := protected(t)
	wantErr(t, hsm.DiscardStale(a.path, other), hsm.ErrOtherTPM)
	_, passphrased := create(t)
	dir := t.TempDir()
	empty, damaged := filepath.Join(dir, "empty"), filepath.Join(dir, "damaged")
	for path, content := range map[string]string{empty: "", damaged: "{"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{passphrased, empty, filepath.Join(dir, "missing")} {
		if err := hsm.DiscardStale(path, a.tpm); err != nil {
			t.Error(err)
		}
	}
	wantErr(t, hsm.DiscardStale(damaged, a.tpm), hsm.ErrVaultCorrupt)
	if n := taken(t, a.tpm); n != 3 {
		t.Fatalf("%d counters, want 3", n)
	}
	if err := hsm.DiscardStale(a.path, a.tpm); err != nil {
		t.Fatal(err)
	}
	if n := taken(t, a.tpm); n != 0 {
		t.Errorf("%d counters stayed", n)
	}
	wantErr(t, a.unlock(), hsm.ErrCounter)
}

// TestCountersAreTheirVaultsOnly takes the file of a vault whose places in the TPM another one has by now.
func TestCountersAreTheirVaultsOnly(t *testing.T) {
	a := newAppliance(t, cheap)
	stale := a.vault
	if err := hsm.DiscardStale(a.path, a.tpm); err != nil {
		t.Fatal(err)
	}
	a.path = filepath.Join(t.TempDir(), "vault")
	if _, err := hsm.CreateTPM(a.path, a.options()); err != nil {
		t.Fatal(err)
	}
	if _, err := stale.Counter(a.tpm); !errors.Is(err, hsm.ErrCounter) {
		t.Errorf("read another vault's counter: %v", err)
	}
	if _, err := stale.AdvanceCounter(a.tpm); !errors.Is(err, hsm.ErrCounter) {
		t.Errorf("advanced another vault's counter: %v", err)
	}
	wantErr(t, stale.Discard(a.tpm), hsm.ErrCounter)
	if n := taken(t, a.tpm); n != 3 {
		t.Errorf("%d counters, want 3", n)
	}
	if err := a.unlock(); err != nil {
		t.Error(err)
	}
}

func TestEveryUnreadyTPMIsTold(t *testing.T) {
	for want, spoil := range map[error]func(*testing.T, *hsmtest.Emulator, *hsm.TPM){
		hsm.ErrTPMOwned: func(t *testing.T, e *hsmtest.Emulator, _ *hsm.TPM) {
			t.Helper()
			_, err := tpm2.HierarchyChangeAuth{
				AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHOwner, Auth: tpm2.PasswordAuth(nil)}, NewAuth: tpm2.TPM2BAuth{Buffer: []byte("mine")},
			}.Execute(e)
			if err != nil {
				t.Fatal(err)
			}
		},
		hsm.ErrTPMFull: func(t *testing.T, e *hsmtest.Emulator, _ *hsm.TPM) {
			t.Helper()
			var err error
			index := tpm2.TPMHandle(0x01c00000)
			for _, attributes := range []tpm2.TPMANV{{OwnerRead: true, OwnerWrite: true}, {OwnerRead: true, OwnerWrite: true, NT: tpm2.TPMNTCounter}} {
				for ; err == nil; index++ { // some room is for counters alone
					_, err = tpm2.NVDefineSpace{
						AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHOwner, Auth: tpm2.PasswordAuth(nil)},
						PublicInfo: tpm2.New2B(tpm2.TPMSNVPublic{
							NVIndex: index, NameAlg: tpm2.TPMAlgSHA256, Attributes: attributes, DataSize: 8,
						}),
					}.Execute(e)
				}
				if !errors.Is(err, tpm2.TPMRCNVSpace) {
					t.Fatal(err)
				}
				err = nil
			}
		},
		hsm.ErrTPMCounters: func(t *testing.T, _ *hsmtest.Emulator, tpm *hsm.TPM) {
			t.Helper()
			for range 64 {
				if _, err := tpm.DefineCounter([32]byte{1}, nil); err != nil {
					t.Fatal(err)
				}
			}
		},
	} {
		t.Run(want.Error(), func(t *testing.T) {
			e, tpm := protected(t)
			spoil(t, e, tpm)
			a := &appliance{t: t, tpm: tpm, cost: cheap, path: filepath.Join(t.TempDir(), "vault")}
			a.officers, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			_, err := hsm.CreateTPM(a.path, a.options())
			wantErr(t, err, want)
			wantErr(t, err, hsm.ErrTPMNotReady)
			if _, err := os.Stat(a.path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a refused TPM left a file: %v", err)
			}
		})
	}
}

func TestPINIsNoPassphrase(t *testing.T) {
	a := newAppliance(t, cheap)
	o := a.options()
	o.Credentials = hsm.Credentials{PIN: passphrase, Passphrase: passphrase}
	_, err := hsm.CreateTPM(filepath.Join(t.TempDir(), "vault"), o)
	wantErr(t, err, hsm.ErrSamePIN)
	wantErr(t, a.vault.Rekey(credentials(), o), hsm.ErrSamePIN)
	if err := hsm.CheckPIN([]byte("271828"), people()); err != nil {
		t.Error(err)
	}
	wantErr(t, hsm.CheckPIN(phrase("Cy"), people()), hsm.ErrSamePIN, "Cy")
	wantErr(t, hsm.CheckPIN([]byte("12345"), people()), hsm.ErrWeakPIN)
	wantErr(t, hsm.CheckPIN(make([]byte, 1025), nil), hsm.ErrWeakPIN)
}

func TestCheapGuessesAreRefusedByPrograms(t *testing.T) {
	if err := hsm.CheckCost(hsm.DefaultCost()); err != nil {
		t.Error(err)
	}
	if err := hsm.CheckCost(hsm.Cost{Time: 2, MemoryKiB: 19456, Threads: 1}); err != nil {
		t.Error(err)
	}
	for _, c := range []hsm.Cost{cheap, {Time: 1, MemoryKiB: 1 << 20, Threads: 1}, {Time: 16, MemoryKiB: 19455, Threads: 1}} {
		wantErr(t, hsm.CheckCost(c), hsm.ErrWeakCost)
	}
	wantErr(t, hsm.CheckCost(hsm.Cost{}), hsm.ErrCost)
}
