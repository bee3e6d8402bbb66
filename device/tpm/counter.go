package tpm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport"
)

// Errors of this package. The text after the colon says what the TPM answered.
var (
	// ErrNoTPM: nothing answers at the path.
	ErrNoTPM = errors.New("tpm: no TPM 2.0 answers there; name a device such as /dev/tpmrm0, and let this program use it")
	// ErrFull: the TPM has no room for a counter, or its owner's password is set.
	ErrFull = errors.New("tpm: no counter can be made; free NV memory of the TPM, or clear its owner's password")
	// ErrNoCounter: the TPM does not have the counter, or it is another one.
	ErrNoCounter = errors.New("tpm: the TPM does not have this counter; it is another TPM, or it was cleared")
	// ErrOwned: the TPM seals nothing.
	ErrOwned = errors.New("tpm: nothing can be sealed; clear the password of the TPM's owner, and free room in it")
	// ErrOtherTPM: the key was sealed by another TPM.
	ErrOtherTPM = errors.New("tpm: the key was sealed by another TPM, or this one was cleared; put the folder back where it was made, or enrol anew")
	// ErrUnsealed: the TPM does not unseal what the file holds.
	ErrUnsealed = errors.New("tpm: the sealed key does not open; put the key file back from where the folder was made, or enrol anew")
	// ErrReference: a text is not one that MarshalText wrote.
	ErrReference = errors.New("tpm: the text names no counter")
)

// Counter is an NV counter of a TPM 2.0 (Part 1, 37.2.4). It only goes up: whoever deletes and makes it anew gets one above every counter that
// the TPM ever had. The TPM is opened for each operation and given back after it. It is safe for concurrent use as far as the TPM's driver
// lets several programs in; /dev/tpmrm0 does.
type Counter struct {
	path  string
	index uint32
	auth  [authSize]byte
}

// Format leaves out what the TPM is asked with, whatever the verb.
func (c *Counter) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "counter %#x of %s", c.index, c.path)
}

// New makes a counter in the TPM at path: a device, as a rule /dev/tpmrm0, or the Unix socket of swtpm. It takes the first free of 64 indexes,
// and needs a TPM whose owner has no password. The randomness is for the 32 octets without which nobody advances or reads the counter;
// whoever listens on the wires of the TPM while it is made learns them. Errors: ErrNoTPM, ErrFull.
func New(path string, rnd io.Reader) (*Counter, error) {
	c := &Counter{path: path}
	if _, err := io.ReadFull(rnd, c.auth[:]); err != nil {
		return nil, fmt.Errorf("tpm: draw an authorisation value: %w", err)
	}
	for i, b := range c.auth {
		c.auth[i] = max(b, 1) // a TPM drops zeros at the end
	}
	err := c.opener().use(func(t transport.TPM) error {
		for c.index = firstIndex; c.index < firstIndex+maxIndexes; c.index++ {
			err := c.define(t)
			if errors.Is(err, tpm2.TPMRCNVDefined) {
				continue
			}
			if err != nil {
				return fmt.Errorf("%w: %w", ErrFull, err)
			}
			return c.increment(t, c.area(false))
		}
		return fmt.Errorf("%w: %d indexes from %#x are taken", ErrFull, maxIndexes, firstIndex)
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Value returns the number that the counter stands at. The TPM proves that the answer is its own. Errors: ErrNoTPM, ErrNoCounter.
func (c *Counter) Value() (n uint64, err error) {
	err = c.opener().use(func(t transport.TPM) error {
		name, err := tpm2.NVName(c.area(true))
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNoCounter, err)
		}
		rsp, err := tpm2.NVRead{
			AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMHandle(c.index), Name: *name, Auth: c.session()},
			NVIndex:    tpm2.NamedHandle{Handle: tpm2.TPMHandle(c.index), Name: *name},
			Size:       valueSize,
		}.Execute(t)
		if err != nil {
			return counterError(err)
		}
		if len(rsp.Data.Buffer) != valueSize {
			return fmt.Errorf("%w: it has %d octets", ErrNoCounter, len(rsp.Data.Buffer))
		}
		n = binary.BigEndian.Uint64(rsp.Data.Buffer)
		return nil
	})
	return n, err
}

// Increment adds one. It stays added through a power cut once this returns nil. Errors: ErrNoTPM, ErrNoCounter.
func (c *Counter) Increment() error {
	return c.opener().use(func(t transport.TPM) error { return c.increment(t, c.area(true)) })
}

// Remove deletes the counter, for one whose folder was not made after all. Errors: ErrNoTPM, ErrNoCounter.
func (c *Counter) Remove() error {
	return c.opener().use(func(t transport.TPM) error {
		name, err := tpm2.NVName(c.area(true))
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNoCounter, err)
		}
		_, err = tpm2.NVUndefineSpace{
			AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHOwner, Auth: tpm2.PasswordAuth(nil)},
			NVIndex:    tpm2.NamedHandle{Handle: tpm2.TPMHandle(c.index), Name: *name},
		}.Execute(t)
		return counterError(err)
	})
}

// area is the public area of the counter, whose hash every command names: another one at the same index is not taken for it.
func (c *Counter) area(written bool) *tpm2.TPMSNVPublic {
	return &tpm2.TPMSNVPublic{
		NVIndex: tpm2.TPMHandle(c.index), NameAlg: tpm2.TPMAlgSHA256, DataSize: valueSize,
		Attributes: tpm2.TPMANV{NT: tpm2.TPMNTCounter, AuthWrite: true, AuthRead: true, NoDA: true, Written: written},
	}
}

func (c *Counter) define(t transport.TPM) error {
	_, err := tpm2.NVDefineSpace{
		AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHOwner, Auth: tpm2.PasswordAuth(nil)},
		Auth:       tpm2.TPM2BAuth{Buffer: c.auth[:]},
		PublicInfo: tpm2.New2B(*c.area(false)),
	}.Execute(t)
	return err
}

func (c *Counter) increment(t transport.TPM, area *tpm2.TPMSNVPublic) error {
	name, err := tpm2.NVName(area)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoCounter, err)
	}
	_, err = tpm2.NVIncrement{
		AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMHandle(c.index), Name: *name, Auth: c.session()},
		NVIndex:    tpm2.NamedHandle{Handle: tpm2.TPMHandle(c.index), Name: *name},
	}.Execute(t)
	return counterError(err)
}

// session proves that this program knows the authorisation value, and that the answer comes from a TPM that does, without sending it.
func (c *Counter) session() tpm2.Session {
	return tpm2.HMAC(tpm2.TPMAlgSHA256, nonceSize, tpm2.Auth(c.auth[:]))
}

func counterError(err error) error {
	if err == nil || errors.Is(err, ErrNoTPM) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrNoCounter, err)
}
