package hsm

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/google/go-tpm/tpm2"

	"marque/device/ibc"
)

// counterSet is where a vault has its counters. All three stay through every
// change of PIN, officers and approval key.
type counterSet struct {
	Founding []byte `json:"founding"` // 32 octets, drawn when the vault is founded
	Retired  uint32 `json:"retired"`  // NV index: approvals up to which value do not hold any more
	Rollback uint32 `json:"rollback"` // NV index: stands in the authority's checkpoints
	Rekeyed  uint32 `json:"rekeyed"`  // NV index: counts the changes of PIN, officers and approval key
}

// owner is what stands in the public areas of the counters:
// SHA-256(LP("marque/v1/counter") ‖ founding).
func (c *counterSet) owner() [32]byte {
	return sha256.Sum256(append(ibc.AppendLPString(nil, counterUse), c.Founding...))
}

func (c *counterSet) check() error {
	if len(c.Founding) != saltSize {
		return fmt.Errorf("%w: the mark of its counters has a wrong length", ErrVaultCorrupt)
	}
	for _, index := range []uint32{c.Retired, c.Rollback, c.Rekeyed} {
		if index < firstCounter || index > lastCounter {
			return fmt.Errorf("%w: its counters are out of range", ErrVaultCorrupt)
		}
	}
	return nil
}

// counter is a counter of the TPM. The owner is part of its name, which the TPM
// compares with every command: that of another vault at the same index is not
// read, advanced or deleted in its place.
type counter struct {
	index uint32
	owner [32]byte
}

func (s *sealedHeader) retired() counter {
	return counter{index: s.Counters.Retired, owner: s.Counters.owner()}
}

func (s *sealedHeader) rollback() counter {
	return counter{index: s.Counters.Rollback, owner: s.Counters.owner()}
}

func (s *sealedHeader) rekeyed() counter {
	return counter{index: s.Counters.Rekeyed, owner: s.Counters.owner()}
}

// area returns the public area of a counter that has counted. Everybody on this
// computer may read it, and whoever knows its authorisation value may advance it.
// No policy grants anything: the field for one holds the owner. The owner of the
// TPM can delete the counter, but one that is made anew begins above every counter
// that the TPM ever had (Part 1, 37.2.4).
func (c counter) area() tpm2.TPMSNVPublic {
	return tpm2.TPMSNVPublic{
		NVIndex: tpm2.TPMHandle(c.index),
		NameAlg: tpm2.TPMAlgSHA256,
		Attributes: tpm2.TPMANV{
			NT:        tpm2.TPMNTCounter,
			AuthWrite: true,
			AuthRead:  true,
			OwnerRead: true,
			NoDA:      true,
			Written:   true,
		},
		AuthPolicy: tpm2.TPM2BDigest{Buffer: c.owner[:]},
		DataSize:   8,
	}
}

// name returns the name of a counter that has counted, 34 octets.
func (c counter) name() (tpm2.TPM2BName, error) { return areaName(c.area()) }

func areaName(area tpm2.TPMSNVPublic) (tpm2.TPM2BName, error) {
	name, err := tpm2.NVName(&area)
	if err != nil {
		return tpm2.TPM2BName{}, failed("name a counter", err)
	}
	return *name, nil
}

// defineCounter makes a counter that only advances, at the first free index from
// 0x01804D51 on. Its value, at first one more than that of any counter before,
// survives power cuts. Advancing it takes auth: at most 32 octets, none of them
// zero. Errors: [ErrTPMFull], [ErrTPMCounters], [ErrNoTPM].
func (t *TPM) defineCounter(r *root, owner [32]byte, auth []byte) (uint32, error) {
	for index := uint32(firstCounter); index < firstCounter+maxCounters; index++ {
		area := counter{index: index, owner: owner}.area()
		area.Attributes.Written = false
		_, err := tpm2.NVDefineSpace{
			AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHOwner, Auth: t.hmac(r, nil, toTPM)},
			Auth:       tpm2.TPM2BAuth{Buffer: auth},
			PublicInfo: tpm2.New2B(area),
		}.Execute(t.link)
		if responded(err, tpm2.TPMRCNVDefined) {
			continue
		}
		if responded(err, tpm2.TPMRCNVSpace) {
			return 0, ErrTPMFull
		}
		if err != nil {
			return 0, failed("define a counter", err)
		}
		name, err := areaName(area) // that of a counter that has not counted yet
		if err != nil {
			return 0, err
		}
		return index, t.increment(r, index, name, auth)
	}
	return 0, ErrTPMCounters
}

func (t *TPM) increment(r *root, index uint32, name tpm2.TPM2BName, auth []byte) error {
	_, err := tpm2.NVIncrement{
		AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMHandle(index), Name: name, Auth: t.hmac(r, auth, nothing)},
		NVIndex:    tpm2.NamedHandle{Handle: tpm2.TPMHandle(index), Name: name},
	}.Execute(t.link)
	return counterFailed("advance a counter", err)
}

func counterFailed(operation string, err error) error {
	if responded(err, tpm2.TPMRCHandle, tpm2.TPMRCAuthFail, tpm2.TPMRCBadAuth, tpm2.TPMRCNVUninitialized) {
		return fmt.Errorf("%w (%s)", ErrCounter, operation)
	}
	return failed(operation, err)
}

// ReadCounter returns the value of the counter at an NV index, whosever it is.
// Errors: [ErrCounter] where there is none, [ErrNoTPM].
func (t *TPM) ReadCounter(index uint32) (n uint64, err error) {
	err = t.withRoot(func(r *root) error {
		_, name, err := t.readArea(index)
		if err != nil {
			return err
		}
		n, err = t.readNamed(r, index, name)
		return err
	})
	return n, err
}

func (t *TPM) readCounter(r *root, c counter) (uint64, error) {
	name, err := c.name()
	if err != nil {
		return 0, err
	}
	return t.readNamed(r, c.index, name)
}

func (t *TPM) readNamed(r *root, index uint32, name tpm2.TPM2BName) (uint64, error) {
	rsp, err := tpm2.NVRead{
		AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHOwner, Auth: t.hmac(r, nil, nothing)},
		NVIndex:    tpm2.NamedHandle{Handle: tpm2.TPMHandle(index), Name: name},
		Size:       8,
	}.Execute(t.link)
	if err != nil {
		return 0, counterFailed("read a counter", err)
	}
	if len(rsp.Data.Buffer) != 8 {
		return 0, fmt.Errorf("%w: it has %d octets", ErrCounter, len(rsp.Data.Buffer))
	}
	return binary.BigEndian.Uint64(rsp.Data.Buffer), nil
}

// readArea returns the public area of an NV index, and the name that follows from it.
func (t *TPM) readArea(index uint32) (*tpm2.TPMSNVPublic, tpm2.TPM2BName, error) {
	rsp, err := tpm2.NVReadPublic{NVIndex: tpm2.TPMHandle(index)}.Execute(t.link)
	if err != nil {
		return nil, tpm2.TPM2BName{}, counterFailed("look for a counter", err)
	}
	area, err := rsp.NVPublic.Contents()
	if err != nil {
		return nil, tpm2.TPM2BName{}, failed("look for a counter", err)
	}
	name, err := areaName(*area)
	return area, name, err
}

// advance adds one to a counter and returns its value. It needs what the counter
// was defined with.
func (t *TPM) advance(r *root, c counter, auth []byte) (uint64, error) {
	name, err := c.name()
	if err != nil {
		return 0, err
	}
	if err := t.increment(r, c.index, name, auth); err != nil {
		return 0, err
	}
	return t.readNamed(r, c.index, name)
}

// removeCounters deletes every counter of an owner, also one that has not counted
// yet, and returns how many there were.
func (t *TPM) removeCounters(r *root, owner [32]byte) (n int, err error) {
	rsp, err := tpm2.GetCapability{
		Capability: tpm2.TPMCapHandles, Property: firstCounter, PropertyCount: maxCounters,
	}.Execute(t.link)
	if err != nil {
		return 0, failed("look for counters", err)
	}
	handles, err := rsp.CapabilityData.Data.Handles()
	if err != nil {
		return 0, failed("look for counters", err)
	}
	for _, h := range handles.Handle {
		index := uint32(h)
		if index < firstCounter || index >= firstCounter+maxCounters {
			continue
		}
		area, name, err := t.readArea(index)
		if err != nil {
			return n, err
		}
		if !bytes.Equal(area.AuthPolicy.Buffer, owner[:]) {
			continue
		}
		if err := t.removeNamed(r, index, name); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (t *TPM) removeNamed(r *root, index uint32, name tpm2.TPM2BName) error {
	_, err := tpm2.NVUndefineSpace{
		AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHOwner, Auth: t.hmac(r, nil, nothing)},
		NVIndex:    tpm2.NamedHandle{Handle: tpm2.TPMHandle(index), Name: name},
	}.Execute(t.link)
	return counterFailed("delete a counter", err)
}
