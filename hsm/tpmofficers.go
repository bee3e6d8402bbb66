package hsm

import (
	"crypto"
	"fmt"
	"io"
	"slices"
)

// sealed returns the TPM's part of the header.
func (v *Vault) sealed() (*sealedHeader, error) {
	s := v.contents().TPM
	if s == nil {
		return nil, fmt.Errorf("%w: it has no TPM", ErrCredentials)
	}
	return s, nil
}

// Unified reports whether PCR 11 is part of what the vault's approvals approve.
func (v *Vault) Unified() bool {
	s := v.contents().TPM
	return s != nil && s.Unified
}

// Approvals returns the approvals that the vault holds, oldest first.
func (v *Vault) Approvals() []Approval { return slices.Clone(v.contents().Approvals) }

// Retired returns the counter of retired approvals. An approval is valid as long
// as its Bound is not below it. Errors as of [Vault.Counter].
func (v *Vault) Retired(t *TPM) (n uint64, err error) {
	err = v.onTPM(t, func(r *root, s *sealedHeader) error {
		n, err = t.readCounter(r, s.retired())
		return err
	})
	return n, err
}

// PlatformChanged names the registers in which the platform that runs differs from
// the nearest approval, and returns nothing where an approval fits. The vault may
// be locked, and no PIN is tried. Errors: [ErrApprovalRetired] and [ErrApproval]
// where the only approval that fits does not hold, and those of [Vault.Counter].
func (v *Vault) PlatformChanged(t *TPM) (changed string, err error) {
	approvals := v.Approvals()
	err = v.onTPM(t, func(r *root, s *sealedHeader) error {
		_, changed, err = t.choose(r, s, approvals)
		return err
	})
	return changed, err
}

// ApprovalDigest returns the 32 octets that the officers' key signs, by ECDSA and
// without hashing them again, to approve a platform up to a bound, which is that of
// [Vault.Retired] or one more. Errors: [ErrApproval], and those of [Vault.Counter].
func (v *Vault) ApprovalDigest(t *TPM, p Platform, bound uint64) (digest []byte, err error) {
	err = v.onTPM(t, func(r *root, s *sealedHeader) error {
		if err := t.checkBound(r, s, bound); err != nil {
			return err
		}
		digest, err = s.toSign(&Approval{Platform: p, Bound: bound})
		return err
	})
	return digest, err
}

// Approve signs an approval with the officers' key. Its bound is that of
// [Vault.Retired], to be retired with those that there are, or one more, to outlive
// them; it reaches no further. The vault may be locked, and does not take the
// approval yet. Errors: [ErrApproval] for another key or bound among them, those of
// [Vault.Counter], and those of the key.
func (v *Vault) Approve(t *TPM, p Platform, bound uint64, officers crypto.Signer, rand io.Reader) (*Approval, error) {
	if _, err := v.ApprovalDigest(t, p, bound); err != nil {
		return nil, err
	}
	s, err := v.sealed()
	if err != nil {
		return nil, err
	}
	return s.sign(p, bound, officers, rand)
}

// AddApproval takes an approval into the vault's file, and drops those that are
// retired; nothing is sealed anew, and the vault may be locked. Errors:
// [ErrApproval] for one that is not the officers', that is retired or reaches too
// far, and when the vault holds 16 already, [ErrOldVault] where the vault was rekeyed
// since it was opened, those of [Vault.Counter], and those of the file system.
func (v *Vault) AddApproval(t *TPM, a *Approval) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.file.TPM
	var retired uint64
	err := t.onRoot(s, func(r *root) (err error) {
		if err = s.verify(a); err != nil {
			return err
		}
		if err = t.checkNewest(r, s); err != nil {
			return err
		}
		if err = t.checkBound(r, s, a.Bound); err != nil {
			return err
		}
		retired, err = t.readCounter(r, s.retired())
		return err
	})
	if err != nil {
		return err
	}
	valid := approvedFrom(v.file.Approvals, retired)
	if len(valid) == maxApprovals {
		return fmt.Errorf("%w: it holds %d already, retire old ones first", ErrApproval, maxApprovals)
	}
	return v.replaceApprovals(append(valid, *a))
}

// checkBound refuses approvals that are retired already, and those that would
// outlive more than the next retirement: whoever had the officers' key for an hour
// could otherwise approve for ever.
func (t *TPM) checkBound(r *root, s *sealedHeader, bound uint64) error {
	retired, err := t.readCounter(r, s.retired())
	if err != nil {
		return err
	}
	if bound < retired || bound > retired+1 {
		return fmt.Errorf("%w: its bound is %d, want %d or %d", ErrApproval, bound, retired, retired+1)
	}
	return nil
}

// approvedFrom returns a copy of the approvals whose bound is n at least.
func approvedFrom(approvals []Approval, n uint64) []Approval {
	return slices.DeleteFunc(slices.Clone(approvals), func(a Approval) bool { return a.Bound < n })
}

// replaceApprovals writes the vault's file with other approvals. The caller holds v.mu.
func (v *Vault) replaceApprovals(approvals []Approval) error {
	f := *v.file
	f.Approvals = approvals
	return v.replace(&f, freshSuffix)
}

// replace puts f into the place of the vault's file, as replaceFile does. An error may come after f is
// there, and then v goes on with f. The caller holds v.mu.
func (v *Vault) replace(f *file, suffix string) error {
	b, err := f.marshal()
	if err != nil {
		return err
	}
	err = replaceFile(v.path, suffix, b)
	if err == nil || compareFile(v.path, b) == nil {
		v.file = f
	}
	return err
}

// RetireApprovals makes the TPM refuse all approvals whose bound is the counter's
// value of now, in every copy of the vault, and drops them from its file. It needs
// an unlocked vault, and that the platform that runs is approved beyond that bound:
// otherwise the vault would not open again. It returns the counter's new value.
// Errors: [ErrLocked], [ErrApproval], [ErrOldVault], and those of [Vault.Counter].
func (v *Vault) RetireApprovals(t *TPM) (n uint64, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.file.TPM
	var kept []Approval
	err = t.onRoot(s, func(r *root) error {
		if v.secrets == nil {
			return ErrLocked
		}
		if err := t.checkNewest(r, s); err != nil {
			return err
		}
		if n, err = t.readCounter(r, s.retired()); err != nil {
			return err
		}
		kept = approvedFrom(v.file.Approvals, n+1)
		if err := t.approvedBy(s, kept); err != nil {
			return err
		}
		n, err = t.advance(r, s.retired(), v.secrets.counter)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, v.replaceApprovals(kept)
}

// approvedBy refuses when none of the approvals is of the platform that runs.
func (t *TPM) approvedBy(s *sealedHeader, approvals []Approval) error {
	now, err := t.platform(s.Unified)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(approvals, func(a Approval) bool { return len(now.changed(a.Platform)) == 0 }) {
		return nil
	}
	return fmt.Errorf("%w: nothing would be left that approves the platform that runs; approve it with a higher bound first", ErrApproval)
}
