package hsm

import (
	"crypto"
	"fmt"
	"io"
	"slices"
)

// check refuses sizes that no vault has.
func (s *sealedHeader) check() error {
	switch {
	case s == nil:
		return fmt.Errorf("%w: it names no TPM", ErrVaultCorrupt)
	case len(s.Instance) != saltSize || len(s.Root) != nameSize:
		return fmt.Errorf("%w: the name of its TPM has a wrong length", ErrVaultCorrupt)
	case len(s.Public) == 0 || len(s.Public) > maxSealed || len(s.Private) == 0 || len(s.Private) > maxSealed:
		return fmt.Errorf("%w: its sealed object has a wrong length", ErrVaultCorrupt)
	case s.Retired < firstCounter || s.Retired > lastCounter || s.Rollback < firstCounter || s.Rollback > lastCounter:
		return fmt.Errorf("%w: its counters are out of range", ErrVaultCorrupt)
	case s.Second != secondPassphrase && s.Second != secondQuorum:
		return fmt.Errorf("%w: its second secret is of no known kind", ErrVaultCorrupt)
	}
	_, _, err := s.key()
	return err
}

// sealed returns the TPM's part of the header.
func (v *Vault) sealed() (*sealedHeader, error) {
	s := v.contents().TPM
	if s == nil {
		return nil, fmt.Errorf("%w: it has no TPM, and so no approvals", ErrCredentials)
	}
	return s, nil
}

// Approvals returns the approvals that the vault holds, oldest first.
func (v *Vault) Approvals() []Approval { return slices.Clone(v.contents().Approvals) }

// Retired returns the counter of retired approvals. An approval is valid as long
// as its Bound is not below it. Errors as of [Vault.Counter].
func (v *Vault) Retired(t *TPM) (uint64, error) {
	return v.onTPM(t, func(r *root, s *sealedHeader) (uint64, error) { return t.readCounter(r, s.Retired) })
}

// ApprovalDigest returns the 32 octets that the officers' key signs, by ECDSA and
// without hashing them again, to approve a platform up to a bound. Errors:
// [ErrApproval], [ErrCredentials].
func (v *Vault) ApprovalDigest(p Platform, bound uint64) ([]byte, error) {
	s, err := v.sealed()
	if err != nil {
		return nil, err
	}
	return s.toSign(&Approval{Platform: p, Bound: bound})
}

// Approve signs an approval with the officers' key. The vault may be locked, and
// does not take the approval yet. Errors: [ErrApproval] for another key among
// them, [ErrCredentials], and those of the key.
func (v *Vault) Approve(p Platform, bound uint64, officers crypto.Signer, rand io.Reader) (*Approval, error) {
	s, err := v.sealed()
	if err != nil {
		return nil, err
	}
	return s.sign(p, bound, officers, rand)
}

// AddApproval takes an approval into the vault's file; nothing is sealed anew, and
// the vault may be locked. Errors: [ErrApproval] for one that is not the officers'
// and when the vault holds 16 already, [ErrCredentials], and those of the file system.
func (v *Vault) AddApproval(a *Approval) error {
	s, err := v.sealed()
	if err != nil {
		return err
	}
	if err := s.verify(a); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.file.Approvals) == maxApprovals {
		return fmt.Errorf("%w: it holds %d already, retire old ones first", ErrApproval, maxApprovals)
	}
	return v.replaceApprovals(append(slices.Clone(v.file.Approvals), *a))
}

// replaceApprovals writes the vault's file with other approvals. The caller holds v.mu.
func (v *Vault) replaceApprovals(approvals []Approval) error {
	f := *v.file
	f.Approvals = approvals
	b, err := f.marshal()
	if err != nil {
		return err
	}
	if err := replaceFile(v.path, b); err != nil {
		return err
	}
	v.file = &f
	return nil
}

// RetireApprovals makes the TPM refuse all approvals whose bound is the counter's
// value of now, in every copy of the vault, and drops them from its file. It needs
// an unlocked vault, and that the platform that runs is approved beyond that bound:
// otherwise the vault would not open again. It returns the counter's new value.
// Errors: [ErrLocked], [ErrApproval], and those of [Vault.Counter].
func (v *Vault) RetireApprovals(t *TPM) (n uint64, err error) {
	n, err = v.Retired(t)
	if err != nil {
		return 0, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.secrets == nil {
		return 0, ErrLocked
	}
	kept := slices.DeleteFunc(slices.Clone(v.file.Approvals), func(a Approval) bool { return a.Bound <= n })
	if err := t.approvedBy(kept); err != nil {
		return 0, err
	}
	n, err = v.advance(t, v.secrets, func(s *sealedHeader) uint32 { return s.Retired })
	if err != nil {
		return 0, err
	}
	return n, v.replaceApprovals(kept)
}

// approvedBy refuses when none of the approvals is of the platform that runs.
func (t *TPM) approvedBy(approvals []Approval) error {
	for _, a := range approvals {
		now, err := t.Platform(a.Platform.unified())
		if err != nil {
			return err
		}
		if now.changed(a.Platform) == "" {
			return nil
		}
	}
	return fmt.Errorf("%w: nothing would be left that approves the platform that runs; approve it with a higher bound first", ErrApproval)
}
