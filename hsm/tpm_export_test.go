package hsm

import "github.com/google/go-tpm/tpm2"

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
func (t *TPM) Objects() (int, error) {
	rsp, err := tpm2.GetCapability{Capability: tpm2.TPMCapHandles, Property: uint32(tpm2.TPMHTTransient) << 24, PropertyCount: 8}.Execute(t.link)
	if err != nil {
		return 0, err
	}
	handles, err := rsp.CapabilityData.Data.Handles()
	if err != nil {
		return 0, err
	}
	return len(handles.Handle), nil
}
