package hsm_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"marque/hsm"
)

func TestFirmwareUpdateIsApprovedWithoutResealing(t *testing.T) {
	a := newAppliance(t, cheap)
	before, err := os.ReadFile(a.path)
	if err != nil {
		t.Fatal(err)
	}
	a.emulator.Extend(4, "another boot loader")
	err = a.unlock()
	if !errors.Is(err, hsm.ErrPlatformChanged) || !strings.Contains(err.Error(), "PCR 4, the boot loader") || strings.Contains(err.Error(), "PCR 0") {
		t.Fatalf("on another platform: %v", err)
	}
	if err := hsm.ForceUnlock(t, a.path, a.tpm, credentials(), 0); !errors.Is(err, hsm.ErrPlatformChanged) {
		t.Fatalf("the TPM opened on another platform: %v", err)
	}
	locked := reopen(t, a.path)
	if err := locked.AddApproval(a.tpm, a.approve(0)); err != nil {
		t.Fatal(err)
	}
	if err := a.unlock(); err != nil {
		t.Errorf("on the approved platform: %v", err)
	}
	after, err := os.ReadFile(a.path)
	if err != nil {
		t.Fatal(err)
	}
	if seed := []byte(`"seed"`); !bytes.HasSuffix(after[:bytes.LastIndex(after, []byte(`"checksum"`))], before[bytes.Index(before, seed):bytes.LastIndex(before, []byte(`"checksum"`))]) {
		t.Error("the seed was encrypted anew")
	}
	a.emulator.Restart() // the old firmware is still approved
	if err := a.unlock(); err != nil {
		t.Errorf("back on the first platform: %v", err)
	}
}

func TestRetiredApprovalIsRefused(t *testing.T) {
	a := newAppliance(t, cheap)
	old, err := os.ReadFile(a.path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.vault.RetireApprovals(a.tpm); !errors.Is(err, hsm.ErrApproval) {
		t.Fatalf("retired the last approval: %v", err)
	}
	a.emulator.Extend(0, "another firmware")
	if err := a.vault.AddApproval(a.tpm, a.approve(1)); err != nil {
		t.Fatal(err)
	}
	if err := a.unlock(); err != nil {
		t.Fatal(err)
	}
	n, err := a.vault.RetireApprovals(a.tpm)
	if err != nil {
		t.Fatal(err)
	}
	if left := a.vault.Approvals(); len(left) != 1 || left[0].Bound != n {
		t.Errorf("kept %v, the counter is at %d", left, n)
	}
	if err := a.unlock(); err != nil {
		t.Errorf("on the new platform: %v", err)
	}
	a.emulator.Restart() // the old firmware, and an old copy of the vault's file
	if err := os.WriteFile(a.path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := a.unlock(); !errors.Is(err, hsm.ErrApprovalRetired) {
		t.Errorf("on the old platform: %v", err)
	}
	if err := hsm.ForceUnlock(t, a.path, a.tpm, credentials(), 0); !errors.Is(err, hsm.ErrApprovalRetired) {
		t.Errorf("the TPM took a retired approval: %v", err)
	}
}

func TestForeignApprovalIsRefused(t *testing.T) {
	a := newAppliance(t, cheap)
	p, err := a.tpm.Platform(true)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.vault.Approve(a.tpm, p, 1, other, rand.Reader); !errors.Is(err, hsm.ErrApproval) {
		t.Errorf("another key: %v", err)
	}
	path := filepath.Join(t.TempDir(), "vault")
	if _, err := hsm.CreateTPM(path, a.options()); err != nil {
		t.Fatal(err)
	}
	for _, of := range reopen(t, path).Approvals() {
		if err := a.vault.AddApproval(a.tpm, &of); !errors.Is(err, hsm.ErrApproval) {
			t.Errorf("another vault's: %v", err)
		}
	}
	for _, wrong := range []hsm.Platform{nil, p[:3], p[1:], append(p[:5:5], p[0]), {{Index: 0}, {Index: 2}, {Index: 4}, {Index: 7}}} {
		if _, err := a.vault.Approve(a.tpm, wrong, 1, a.officers, rand.Reader); !errors.Is(err, hsm.ErrApproval) {
			t.Errorf("%v: %v", wrong, err)
		}
	}
	swapped := *a.approve(0)
	swapped.Bound++
	if err := a.vault.AddApproval(a.tpm, &swapped); !errors.Is(err, hsm.ErrApproval) {
		t.Errorf("another bound: %v", err)
	}
}

// TestApprovalSignedElsewhere signs where the vault is not, as officers with a key on a card do.
func TestApprovalSignedElsewhere(t *testing.T) {
	a := newAppliance(t, cheap)
	a.emulator.Extend(2, "another network card")
	p, err := a.tpm.Platform(false)
	if err != nil {
		t.Fatal(err)
	}
	n, err := a.vault.Retired(a.tpm)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := a.vault.ApprovalDigest(a.tpm, p, n+1)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := ecdsa.SignASN1(rand.Reader, a.officers, digest)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.vault.AddApproval(a.tpm, &hsm.Approval{Platform: p, Bound: n + 1, Signature: signature}); err != nil {
		t.Fatal(err)
	}
	if err := a.unlock(); err != nil {
		t.Error(err)
	}
}

func TestUnifiedImageCounts(t *testing.T) {
	a := newAppliance(t, cheap)
	o := a.options()
	o.Unified = true
	a.path = filepath.Join(t.TempDir(), "vault")
	if _, err := hsm.CreateTPM(a.path, o); err != nil {
		t.Fatal(err)
	}
	if err := a.unlock(); err != nil {
		t.Fatal(err)
	}
	a.emulator.Extend(11, "another image")
	if err := a.unlock(); !errors.Is(err, hsm.ErrPlatformChanged) {
		t.Error(err)
	}
}

// TestShortNumbers takes keys and signatures whose numbers begin with a zero octet, as one in 128 does.
func TestShortNumbers(t *testing.T) {
	a := newAppliance(t, cheap)
	for {
		var err error
		if a.officers, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
		if point, err := a.officers.PublicKey.Bytes(); err != nil || point[1] == 0 || point[33] == 0 {
			break
		}
	}
	a.path = filepath.Join(t.TempDir(), "vault")
	var err error
	if a.vault, err = hsm.CreateTPM(a.path, a.options()); err != nil {
		t.Fatal(err)
	}
	a.emulator.Extend(7, "other settings")
	short := a.approve(0)
	for len(short.Signature) > 69 { // two numbers of 32 octets make 70 to 72
		short = a.approve(0)
	}
	if err := a.vault.AddApproval(a.tpm, short); err != nil {
		t.Fatal(err)
	}
	if err := a.unlock(); err != nil {
		t.Error(err)
	}
}

func TestApprovalSurvivesALeftoverFile(t *testing.T) {
	a := newAppliance(t, cheap)
	if err := os.WriteFile(a.path+".new", []byte("half a vau"), 0o600); err != nil { // a power cut while replacing
		t.Fatal(err)
	}
	if err := a.unlock(); err != nil {
		t.Error(err)
	}
	if err := a.vault.AddApproval(a.tpm, a.approve(1)); err != nil {
		t.Error(err)
	}
	if n := len(reopen(t, a.path).Approvals()); n != 2 {
		t.Errorf("%d approvals", n)
	}
	if _, err := os.Stat(a.path + ".new"); !errors.Is(err, os.ErrNotExist) {
		t.Error("the new file stayed")
	}
}

func TestAtMost16Approvals(t *testing.T) {
	a := newAppliance(t, cheap)
	for range 15 {
		if err := a.vault.AddApproval(a.tpm, a.approve(1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.vault.AddApproval(a.tpm, a.approve(1)); !errors.Is(err, hsm.ErrApproval) {
		t.Errorf("a 17th: %v", err)
	}
	if err := a.unlock(); err != nil {
		t.Error(err)
	}
	if _, err := a.vault.RetireApprovals(a.tpm); err != nil {
		t.Error(err)
	}
	if err := a.unlock(); err != nil {
		t.Error(err)
	}
}

// retired returns the vault's counter of retired approvals.
func (a *appliance) retired() uint64 {
	a.t.Helper()
	n, err := a.vault.Retired(a.tpm)
	if err != nil {
		a.t.Fatal(err)
	}
	return n
}

func TestApprovalsDoNotReachFurtherThanTheNextRetirement(t *testing.T) {
	a := newAppliance(t, cheap)
	p, err := a.tpm.Platform(false)
	if err != nil {
		t.Fatal(err)
	}
	n := a.retired()
	for _, bound := range []uint64{n - 1, n + 2, math.MaxUint64} {
		_, err := a.vault.ApprovalDigest(a.tpm, p, bound)
		wantErr(t, err, hsm.ErrApproval)
		_, err = a.vault.Approve(a.tpm, p, bound, a.officers, rand.Reader)
		wantErr(t, err, hsm.ErrApproval)
		wantErr(t, a.vault.AddApproval(a.tpm, hsm.ForgeApproval(t, copyOf(t, a.path), p, bound, a.officers)), hsm.ErrApproval)
	}
}

// TestSmuggledApproval is one that never went through AddApproval.
func TestSmuggledApproval(t *testing.T) {
	a := newAppliance(t, cheap)
	a.emulator.Extend(4, "another boot loader")
	p, err := a.tpm.Platform(false)
	if err != nil {
		t.Fatal(err)
	}
	hsm.ForgeApproval(t, a.path, p, math.MaxUint64, a.officers)
	wantErr(t, a.unlock(), hsm.ErrApproval, "further")
	if _, err := reopen(t, a.path).PlatformChanged(a.tpm); !errors.Is(err, hsm.ErrApproval) {
		t.Errorf("PlatformChanged: %v", err)
	}
}

// TestRetiredApprovalsMakeRoom adds an approval to a file that is full of retired ones.
func TestRetiredApprovalsMakeRoom(t *testing.T) {
	a := newAppliance(t, cheap)
	p, err := a.tpm.Platform(false)
	if err != nil {
		t.Fatal(err)
	}
	n := a.retired()
	for range 15 {
		hsm.ForgeApproval(t, a.path, p, n-1, a.officers)
	}
	v := reopen(t, a.path)
	if err := v.AddApproval(a.tpm, a.approve(1)); err != nil || len(v.Approvals()) != 2 {
		t.Errorf("%d approvals, %v", len(v.Approvals()), err)
	}
}

func TestPlatformChanged(t *testing.T) {
	a := newAppliance(t, cheap)
	check := func(want string) {
		t.Helper()
		if got, err := reopen(t, a.path).PlatformChanged(a.tpm); err != nil || got != want {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	check("")
	a.emulator.Extend(7, "other settings")
	check("PCR 7, the Secure Boot settings")
	if err := a.vault.AddApproval(a.tpm, a.approve(1)); err != nil {
		t.Fatal(err)
	}
	check("")
	a.emulator.Extend(2, "another network card")
	check("PCR 2, the firmware of extension cards") // and not 7: the nearest approval has that one
	a.emulator.Restart()
	check("")
	a.emulator.Extend(2, "another network card")
	check("PCR 2, the firmware of extension cards") // the older approval is nearer
	a.emulator.Restart()
	a.emulator.Extend(7, "other settings")
	if err := a.vault.UnlockTPM(a.tpm, credentials()); err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(a.path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.vault.RetireApprovals(a.tpm); err != nil {
		t.Fatal(err)
	}
	check("")
	a.emulator.Restart()
	check("PCR 7, the Secure Boot settings")
	if err := os.WriteFile(a.path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := reopen(t, a.path).PlatformChanged(a.tpm); !errors.Is(err, hsm.ErrApprovalRetired) {
		t.Errorf("retired: %v", err)
	}
	_, other := protected(t)
	if _, err := a.vault.PlatformChanged(other); !errors.Is(err, hsm.ErrOtherTPM) {
		t.Errorf("another TPM: %v", err)
	}
}

func TestApprovalsNameTheRegistersOfTheirVault(t *testing.T) {
	a := newAppliance(t, cheap)
	o := a.options()
	o.Unified = true
	unified, err := hsm.CreateTPM(filepath.Join(t.TempDir(), "vault"), o)
	if err != nil {
		t.Fatal(err)
	}
	for v, wrong := range map[*hsm.Vault]bool{a.vault: true, unified: false} {
		p, err := a.tpm.Platform(wrong)
		if err != nil {
			t.Fatal(err)
		}
		n, err := v.Retired(a.tpm)
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.Approve(a.tpm, p, n, a.officers, rand.Reader)
		wantErr(t, err, hsm.ErrApproval, "PCRs")
	}
	a.emulator.Extend(11, "another image")
	if err := a.unlock(); err != nil {
		t.Errorf("PCR 11 of a vault that does not count it: %v", err)
	}
	wantErr(t, unified.UnlockTPM(a.tpm, credentials()), hsm.ErrPlatformChanged, "PCR 11, the system image")
	p, err := a.tpm.Platform(unified.Unified())
	if err != nil {
		t.Fatal(err)
	}
	n, err := unified.Retired(a.tpm)
	if err != nil {
		t.Fatal(err)
	}
	approval, err := unified.Approve(a.tpm, p, n+1, a.officers, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := unified.AddApproval(a.tpm, approval); err != nil {
		t.Fatal(err)
	}
	if err := unified.UnlockTPM(a.tpm, credentials()); err != nil {
		t.Errorf("the approved image: %v", err)
	}
	if _, err := unified.RetireApprovals(a.tpm); err != nil {
		t.Fatal(err)
	}
	a.emulator.Restart()
	wantErr(t, unified.UnlockTPM(a.tpm, credentials()), hsm.ErrPlatformChanged)
}
