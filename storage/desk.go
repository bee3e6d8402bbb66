package storage

import (
	"fmt"
	"iter"
)

// A Filed is a value that stands under the digest of a proposal.
type Filed struct {
	Digest [32]byte
	Value  []byte
}

// PutProposal files what officers are asked to decide, sealed, in place of what stood under that digest before. At most 1 MiB.
func (tx *Tx) PutProposal(digest [32]byte, value []byte) error {
	if len(value) == 0 || len(value) > maxFiled {
		return fmt.Errorf("file the proposal: %d octets: %w", len(value), ErrLimit)
	}
	return tx.putSealed(bucketProposals, digest[:], value)
}

// Proposal returns what [Tx.PutProposal] filed, or ErrNotFound.
func (tx *Tx) Proposal(digest [32]byte) ([]byte, error) {
	value, err := tx.getSealed(bucketProposals, digest[:])
	if err == nil && value == nil {
		err = fmt.Errorf("proposal: %w", ErrNotFound)
	}
	return value, err
}

// DeleteProposal removes what stands under a digest, if anything does.
func (tx *Tx) DeleteProposal(digest [32]byte) (err error) {
	defer guard(&err)
	b, err := tx.bucket(bucketProposals)
	if err != nil {
		return err
	}
	if err := b.Delete(digest[:]); err != nil {
		return fmt.Errorf("remove a proposal: %w", err)
	}
	return nil
}

// Proposals yields all proposals in the order of their digests. After an error it yields nothing more. None may be filed or
// removed meanwhile.
func (tx *Tx) Proposals() iter.Seq2[Filed, error] {
	return tx.filed(bucketProposals, func(it item) ([]byte, error) {
		if tx.keys == nil {
			return nil, ErrLocked
		}
		return tx.keys.open(bucketProposals, it.key, it.value)
	})
}

// AddDecision files, for ever and in the clear, what was decided: once under each digest, or ErrExists. At most 1 MiB.
func (tx *Tx) AddDecision(digest [32]byte, value []byte) error {
	if len(value) == 0 || len(value) > maxFiled {
		return fmt.Errorf("file the decision: %d octets: %w", len(value), ErrLimit)
	}
	present, err := tx.get(bucketDecisions, digest[:])
	if err != nil {
		return err
	}
	if present != nil {
		return fmt.Errorf("file the decision: one %w", ErrExists)
	}
	return tx.putPublic(bucketDecisions, digest[:], value)
}

// Decision returns what [Tx.AddDecision] filed, or ErrNotFound.
func (tx *Tx) Decision(digest [32]byte) ([]byte, error) {
	return tx.statement("decision", bucketDecisions, digest[:])
}

// Decisions yields all decisions in the order of their digests. After an error it yields nothing more.
func (tx *Tx) Decisions() iter.Seq2[Filed, error] {
	return tx.filed(bucketDecisions, func(it item) ([]byte, error) { return unchecked(bucketDecisions, it.key, it.value) })
}

func (tx *Tx) filed(bucket string, open func(item) ([]byte, error)) iter.Seq2[Filed, error] {
	return func(yield func(Filed, error) bool) {
		for it, err := range tx.walk(bucket) {
			var f Filed
			if err == nil {
				f, err = filed(it, open)
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

func filed(it item, open func(item) ([]byte, error)) (Filed, error) {
	if len(it.key) != 32 {
		return Filed{}, fmt.Errorf("%w: a proposal has no digest", ErrCorrupt)
	}
	value, err := open(it)
	if err != nil {
		return Filed{}, err
	}
	return Filed{Digest: [32]byte(it.key), Value: value}, nil
}
