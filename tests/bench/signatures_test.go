package bench

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"

	"marque/device/ibc"
)

// broadcast is the context of broadcasts; message has the size of a beacon with its header, certificate that of a short certificate's body.
const broadcast = "marque/v1/broadcast"

var (
	message     = bytes.Repeat([]byte("m"), 100)
	certificate = bytes.Repeat([]byte("c"), 160)
)

const batchSize = 64

// signer is an enrolled identity and one signature of it.
type signer struct {
	id  ibc.Identity
	key *ibc.PrivateKey
	sig [64]byte
}

// signers enrols count identities in one realm.
func signers(tb testing.TB, count int) (*ibc.Params, []signer) {
	tb.Helper()
	master, err := ibc.NewMaster(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		tb.Fatal(err)
	}
	all := make([]signer, count)
	for i := range all {
		s := &all[i]
		s.id = ibc.Identity{Core: [32]byte{1}, Address: fmt.Sprintf("//fleet.example/Sbus-%d~%d", i, i), Epoch: 3}
		u, err := ibc.NewEnrolmentKey(nil)
		if err != nil {
			tb.Fatal(err)
		}
		partial, err := master.Extract(nil, s.id, u.Public())
		if err != nil {
			tb.Fatal(err)
		}
		if s.key, err = u.Complete(master.Params(), s.id, partial); err != nil {
			tb.Fatal(err)
		}
		if s.sig, err = s.key.Sign(nil, broadcast, message); err != nil {
			tb.Fatal(err)
		}
	}
	return master.Params(), all
}

// classic is an Ed25519 key.
func classic(tb testing.TB) (ed25519.PublicKey, ed25519.PrivateKey) {
	tb.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return public, private
}

func sign(tb testing.TB) (ours, theirs side) {
	_, all := signers(tb, 1)
	_, private := classic(tb)
	ours.run = func(int) error {
		_, err := all[0].key.Sign(nil, broadcast, message)
		return err
	}
	theirs.run = func(int) error {
		ed25519.Sign(private, message)
		return nil
	}
	return ours, theirs
}

var errVerify = errors.New("a good signature does not verify")

// verifyStranger starts with what arrives: an address, R and a signature; or a public key, its certificate's signature and another.
func verifyStranger(tb testing.TB) (ours, theirs side) {
	params, all := signers(tb, 1)
	s := all[0]
	ours.run = func(int) error { return s.verify(params) }

	theirs.run = verifyCertified(tb)
	return ours, theirs
}

// verifyCertified verifies a certificate and a message.
func verifyCertified(tb testing.TB) func(int) error {
	authority, authorityKey := classic(tb)
	sender, senderKey := classic(tb)
	certified, signed := ed25519.Sign(authorityKey, certificate), ed25519.Sign(senderKey, message)
	return func(int) error {
		if !ed25519.Verify(authority, certificate, certified) || !ed25519.Verify(sender, message, signed) {
			return errVerify
		}
		return nil
	}
}

// batchCertified sets a batch beside as many certificates and messages.
func batchCertified(tb testing.TB) (ours, theirs side) {
	ours, _ = batch(tb)
	one := verifyCertified(tb)
	theirs.run = func(i int) error {
		for range batchSize {
			if err := one(i); err != nil {
				return err
			}
		}
		return nil
	}
	return ours, theirs
}

// verifyClassic verifies one message.
func verifyClassic(public ed25519.PublicKey, private ed25519.PrivateKey) func(int) error {
	signed := ed25519.Sign(private, message)
	return func(int) error {
		if !ed25519.Verify(public, message, signed) {
			return errVerify
		}
		return nil
	}
}

// public returns the signer's key as a verifier makes it from what arrived.
func (s *signer) public(params *ibc.Params) (*ibc.PublicKey, error) {
	return ibc.NewPublicKey(params, s.id, s.key.R())
}

func (s *signer) verify(params *ibc.Params) error {
	key, err := s.public(params)
	if err != nil {
		return err
	}
	return key.Verify(broadcast, message, s.sig)
}

func batch(tb testing.TB) (ours, theirs side) {
	params, all := signers(tb, batchSize)
	ours.run = func(int) error {
		var b ibc.Batch
		for i := range all {
			key, err := ibc.NewPublicKey(params, all[i].id, all[i].key.R())
			if err != nil {
				return err
			}
			b.Add(key, broadcast, message, all[i].sig)
		}
		return b.Verify(nil)
	}
	theirs.run = func(int) error {
		for i := range all {
			if err := all[i].verify(params); err != nil {
				return err
			}
		}
		return nil
	}
	return ours, theirs
}
