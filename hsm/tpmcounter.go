package hsm

import (
	"encoding/binary"
	"fmt"

	"github.com/google/go-tpm/tpm2"
)

// counterArea returns the public area of a counter that has counted. Everybody on
// this computer may read it, and whoever knows its authorisation value may
// advance it. The owner of the TPM can delete it, but a counter that is made
// anew begins above every counter that the TPM ever had (Part 1, 37.2.4).
func counterArea(index uint32) tpm2.TPMSNVPublic {
	return tpm2.TPMSNVPublic{
		NVIndex: tpm2.TPMHandle(index),
		NameAlg: tpm2.TPMAlgSHA256,
		Attributes: tpm2.TPMANV{
			NT:        tpm2.TPMNTCounter,
			AuthWrite: true,
			AuthRead:  true,
			OwnerRead: true,
			NoDA:      true,
			Written:   true,
		},
		DataSize: 8,
	}
}

// counterName returns the name of a counter that has counted, 34 octets.
func counterName(index uint32) (tpm2.TPM2BName, error) {
	area := counterArea(index)
	name, err := tpm2.NVName(&area)
	if err != nil {
		return tpm2.TPM2BName{}, failed("name a counter", err)
	}
	return *name, nil
}

// DefineCounter makes a counter that only advances, at the first free index from
// 0x01804D51 on, which it returns. Its value, at first one more than that of any
// counter before, survives power cuts. Advancing it takes auth: at most 32 octets,
// none of them zero. Errors: [ErrTPMNotReady], [ErrNoTPM].
func (t *TPM) DefineCounter(auth []byte) (index uint32, err error) {
	err = t.withRoot(func(r *root) error {
		index, err = t.defineCounter(r, auth)
		return err
	})
	return index, err
}

func (t *TPM) defineCounter(r *root, auth []byte) (uint32, error) {
	for index := uint32(firstCounter); index < firstCounter+maxCounters; index++ {
		area := counterArea(index)
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
			return 0, fmt.Errorf("%w: it has no room for a counter", ErrTPMNotReady)
		}
		if err != nil {
			return 0, failed("define a counter", err)
		}
		name, err := tpm2.NVName(&area) // that of a counter that has not counted yet
		if err != nil {
			return 0, failed("name a counter", err)
		}
		return index, t.increment(r, index, *name, auth)
	}
	return 0, fmt.Errorf("%w: its first %d places for counters are taken", ErrTPMNotReady, maxCounters)
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

// ReadCounter returns the value of a counter. Errors: [ErrCounter], [ErrNoTPM].
func (t *TPM) ReadCounter(index uint32) (n uint64, err error) {
	err = t.withRoot(func(r *root) error {
		n, err = t.readCounter(r, index)
		return err
	})
	return n, err
}

func (t *TPM) readCounter(r *root, index uint32) (uint64, error) {
	name, err := counterName(index)
	if err != nil {
		return 0, err
	}
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

// AdvanceCounter adds one to a counter and returns its value. It needs what the
// counter was defined with. Errors: [ErrCounter], [ErrNoTPM].
func (t *TPM) AdvanceCounter(index uint32, auth []byte) (n uint64, err error) {
	err = t.withRoot(func(r *root) error {
		name, err := counterName(index)
		if err != nil {
			return err
		}
		if err := t.increment(r, index, name, auth); err != nil {
			return err
		}
		n, err = t.readCounter(r, index)
		return err
	})
	return n, err
}

// RemoveCounter deletes a counter, such as that of a vault that is no more.
// Errors: [ErrCounter], [ErrNoTPM].
func (t *TPM) RemoveCounter(index uint32) error {
	return t.withRoot(func(r *root) error { return t.removeCounter(r, index) })
}

func (t *TPM) removeCounter(r *root, index uint32) error {
	name, err := counterName(index)
	if err != nil {
		return err
	}
	_, err = tpm2.NVUndefineSpace{
		AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHOwner, Auth: t.hmac(r, nil, nothing)},
		NVIndex:    tpm2.NamedHandle{Handle: tpm2.TPMHandle(index), Name: name},
	}.Execute(t.link)
	return counterFailed("delete a counter", err)
}
