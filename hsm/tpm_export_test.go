package hsm

import (
	"crypto"
	"crypto/rand"
	"testing"

	"github.com/google/go-tpm/tpm2"
)

// DefineCounter makes a counter as a founding does.
func (t *TPM) DefineCounter(owner [32]byte, auth []byte) (index uint32, err error) {
	err = t.withRoot(func(r *root) error {
		index, err = t.defineCounter(r, owner, auth)
		return err
	})
	return index, err
}

// Advance advances a counter.
func (t *TPM) Advance(index uint32, owner [32]byte, auth []byte) (n uint64, err error) {
	err = t.withRoot(func(r *root) error {
		n, err = t.advance(r, counter{index: index, owner: owner}, auth)
		return err
	})
	return n, err
}

// RemoveCounters deletes the counters of an owner.
func (t *TPM) RemoveCounters(owner [32]byte) (n int, err error) {
	err = t.withRoot(func(r *root) error {
		n, err = t.removeCounters(r, owner)
		return err
	})
	return n, err
}

// KeepRoot makes t behave as behind a resource manager.
func (t *TPM) KeepRoot() { t.keep = true }

// Objects returns how many keys are loaded in the TPM.
func (t *TPM) Objects() (int, error) { return t.handles(uint32(tpm2.TPMHTTransient) << 24) }

// Counters returns how many NV indices there are from the first of a counter on.
func (t *TPM) Counters() (int, error) { return t.handles(firstCounter) }

func (t *TPM) handles(first uint32) (int, error) {
	rsp, err := tpm2.GetCapability{Capability: tpm2.TPMCapHandles, Property: first, PropertyCount: 2 * maxCounters}.Execute(t.link)
	if err != nil {
		return 0, err
	}
	list, err := rsp.CapabilityData.Data.Handles()
	if err != nil {
		return 0, err
	}
	return len(list.Handle), nil
}

// ForgeApproval puts an approval into the vault's file at path that the officers' key signed, without asking anybody whether it may
// reach so far.
func ForgeApproval(t *testing.T, path string, p Platform, bound uint64, officers crypto.Signer) *Approval {
	t.Helper()
	f := parsed(t, path)
	a, err := f.TPM.sign(p, bound, officers, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f.Approvals = append(f.Approvals, *a)
	b, err := f.marshal()
	if err != nil {
		t.Fatal(err)
	}
	if err := replaceFile(path, freshSuffix, b); err != nil {
		t.Fatal(err)
	}
	return a
}
