package tpm

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"fmt"

	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport"
)

// Sealer seals the key of a device folder to a TPM 2.0 (Part 1, 25.7): a copy of the folder is of no use without this TPM. Whoever can use the
// TPM and read the folder can unseal, whatever program that is: no PIN and no measurement of the system stands before it, since a vehicle
// starts unattended and gets new firmware. The TPM is opened for each operation and given back after it. It is safe for concurrent use as far as the
// TPM's driver lets several programs in.
type Sealer struct{ open opener }

// NewSealer returns a Sealer over the TPM at path: a device, as a rule /dev/tpmrm0, or the Unix socket of swtpm.
func NewSealer(path string) *Sealer { return &Sealer{pathOpener(path)} }

// NewSealerOver returns a Sealer over whatever open connects to; it is called for every operation, and what it returns is closed.
func NewSealerOver(open func() (transport.TPMCloser, error)) *Sealer { return &Sealer{open} }

// Sealer returns a Sealer over the counter's TPM.
func (c *Counter) Sealer() *Sealer { return NewSealer(c.path) }

// Seal returns what only this TPM makes the secret, 1 to 128 octets, from again: at most 1,024 octets. On the wires to the TPM the secret is
// encrypted to its storage root key; who stands there while this runs and answers in the TPM's place learns it. Errors: ErrNoTPM, ErrOwned.
func (s *Sealer) Seal(secret []byte) (sealed []byte, err error) {
	if len(secret) == 0 || len(secret) > maxSecret {
		return nil, fmt.Errorf("tpm: a secret has 1 to %d octets, not %d", maxSecret, len(secret))
	}
	err = s.open.use(func(t transport.TPM) error {
		return withRoot(t, func(r *root) error {
			rsp, err := tpm2.Create{
				ParentHandle: tpm2.AuthHandle{Handle: r.handle, Name: r.name, Auth: r.session(toTPM)},
				InSensitive: tpm2.TPM2BSensitiveCreate{Sensitive: &tpm2.TPMSSensitiveCreate{
					Data: tpm2.NewTPMUSensitiveCreate(&tpm2.TPM2BSensitiveData{Buffer: secret}),
				}},
				InPublic: tpm2.New2B(tpm2.TPMTPublic{
					Type: tpm2.TPMAlgKeyedHash, NameAlg: tpm2.TPMAlgSHA256,
					ObjectAttributes: tpm2.TPMAObject{FixedTPM: true, FixedParent: true, UserWithAuth: true, NoDA: true},
				}),
			}.Execute(t)
			if err != nil {
				return fmt.Errorf("%w: %w", ErrOwned, err)
			}
			b := blob{root: r.name.Buffer, public: rsp.OutPublic.Bytes(), private: rsp.OutPrivate.Buffer}
			again, err := unseal(t, r, b)
			defer clear(again)
			if err != nil {
				return err
			}
			if subtle.ConstantTimeCompare(again, secret) != 1 {
				return fmt.Errorf("%w: it gives out another secret than it was given", ErrUnsealed)
			}
			sealed, err = b.marshal()
			return err
		})
	})
	return sealed, err
}

// Unseal returns the secret that Seal was given; the caller clears it. Errors: ErrNoTPM, ErrOtherTPM, ErrUnsealed.
func (s *Sealer) Unseal(sealed []byte) (secret []byte, err error) {
	b, err := parseBlob(sealed)
	if err != nil {
		return nil, err
	}
	err = s.open.use(func(t transport.TPM) error {
		return withRoot(t, func(r *root) error {
			if !bytes.Equal(r.name.Buffer, b.root) {
				return ErrOtherTPM
			}
			secret, err = unseal(t, r, b)
			return err
		})
	})
	return secret, err
}

func unseal(t transport.TPM, r *root, b blob) (secret []byte, err error) {
	loaded, err := tpm2.Load{
		ParentHandle: tpm2.AuthHandle{Handle: r.handle, Name: r.name, Auth: r.session(toTPM)},
		InPrivate:    tpm2.TPM2BPrivate{Buffer: b.private},
		InPublic:     tpm2.BytesAs2B[tpm2.TPMTPublic](b.public),
	}.Execute(t)
	if err != nil {
		return nil, unsealError(err)
	}
	defer func() { err = errors.Join(err, flush(t, loaded.ObjectHandle)) }()
	rsp, err := tpm2.Unseal{
		ItemHandle: tpm2.AuthHandle{Handle: loaded.ObjectHandle, Name: loaded.Name, Auth: r.session(fromTPM)},
	}.Execute(t)
	if err != nil {
		return nil, unsealError(err)
	}
	return rsp.OutData.Buffer, nil
}

func unsealError(err error) error {
	if errors.Is(err, ErrNoTPM) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnsealed, err)
}

// root is the ECC storage root key of the TCG's template, which the TPM derives from its owner's seed: the same until it is cleared.
type root struct {
	handle tpm2.TPMHandle
	name   tpm2.TPM2BName
	public tpm2.TPMTPublic
}

// withRoot runs do with the storage root key loaded.
func withRoot(t transport.TPM, do func(*root) error) (err error) {
	rsp, err := tpm2.CreatePrimary{PrimaryHandle: tpm2.TPMRHOwner, InPublic: tpm2.New2B(tpm2.ECCSRKTemplate)}.Execute(t)
	if errors.Is(err, ErrNoTPM) {
		return err
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrOwned, err)
	}
	defer func() { err = errors.Join(err, flush(t, rsp.ObjectHandle)) }()
	public, err := rsp.OutPublic.Contents()
	if err != nil {
		return fmt.Errorf("%w: its root key: %w", ErrNoTPM, err)
	}
	name, err := tpm2.ObjectName(public) // computed, not taken from the answer
	if err != nil {
		return fmt.Errorf("%w: its root key: %w", ErrNoTPM, err)
	}
	return do(&root{rsp.ObjectHandle, *name, *public})
}

// What a session encrypts: the first parameter of a command, or that of its answer.
var toTPM, fromTPM = tpm2.AESEncryption(keyBits, tpm2.EncryptIn), tpm2.AESEncryption(keyBits, tpm2.EncryptOut)

// session is for one command. Its key depends on a secret that is encrypted to the root key: without that salt whoever listens on the wires
// could decrypt (Part 1, 19.6.8 and 21).
func (r *root) session(encrypt tpm2.AuthOption) tpm2.Session {
	return tpm2.HMAC(tpm2.TPMAlgSHA256, nonceSize, tpm2.Salted(r.handle, r.public), encrypt)
}

func flush(t transport.TPM, h tpm2.TPMHandle) error {
	if _, err := (tpm2.FlushContext{FlushHandle: h}).Execute(t); err != nil {
		return fmt.Errorf("tpm: give back what was loaded: %w", err)
	}
	return nil
}
