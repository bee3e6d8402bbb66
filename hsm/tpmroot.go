package hsm

import (
	"bytes"
	"fmt"

	"github.com/google/go-tpm/tpm2"
)

// root is a storage root key that is loaded.
type root struct {
	handle tpm2.TPMHandle
	name   []byte // 34 octets: the hash algorithm and a hash of the public area
	public tpm2.TPMTPublic
}

// withRoot runs f with the ECC storage root key of the TCG's template, which the
// TPM derives anew from its owner seed each time: the same until it is cleared.
// Nothing else uses the TPM meanwhile. What f returns stands, whatever becomes of
// the key afterwards.
func (t *TPM) withRoot(f func(*root) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bits == 0 {
		t.bits = t.keyBits()
	}
	if t.root == nil || !t.loaded(t.root) {
		t.root = nil
		r, err := t.makeRoot()
		if err != nil {
			return err
		}
		t.root = r
	}
	err := f(t.root)
	if !t.keep {
		t.dropRoot()
	}
	return err
}

// onRoot is withRoot for a vault's TPM: any other is refused. A nil s is that of a
// vault without one.
func (t *TPM) onRoot(s *sealedHeader, f func(*root) error) error {
	if s == nil {
		return fmt.Errorf("%w: it has no TPM", ErrCredentials)
	}
	return t.withRoot(func(r *root) error {
		if !bytes.Equal(r.name, s.Root) {
			return ErrOtherTPM
		}
		return f(r)
	})
}

// loaded reports whether a key is still under its handle: a reset of the TPM takes
// it away, and may put another there.
func (t *TPM) loaded(r *root) bool {
	rsp, err := tpm2.ReadPublic{ObjectHandle: r.handle}.Execute(t.link)
	return err == nil && bytes.Equal(rsp.Name.Buffer, r.name)
}

// dropRoot takes the key out of the TPM. Where that fails, the next operation finds
// it there and uses it.
func (t *TPM) dropRoot() {
	if t.root != nil && t.flush(t.root.handle) == nil {
		t.root = nil
	}
}

func (t *TPM) makeRoot() (*root, error) {
	rsp, err := tpm2.CreatePrimary{
		PrimaryHandle: tpm2.TPMRHOwner,
		InPublic:      tpm2.New2B(tpm2.ECCSRKTemplate),
	}.Execute(t.link)
	if responded(err, tpm2.TPMRCBadAuth, tpm2.TPMRCAuthFail) {
		return nil, ErrTPMOwned
	}
	if err != nil {
		return nil, failed("make the storage root key", err)
	}
	public, err := rsp.OutPublic.Contents()
	if err != nil {
		return nil, failed("read the storage root key", err)
	}
	name, err := tpm2.ObjectName(public)
	if err != nil {
		return nil, failed("name the storage root key", err)
	}
	return &root{handle: rsp.ObjectHandle, name: name.Buffer, public: *public}, nil
}

func (t *TPM) flush(h tpm2.TPMHandle) error {
	_, err := tpm2.FlushContext{FlushHandle: h}.Execute(t.link)
	return failed("flush", err)
}
