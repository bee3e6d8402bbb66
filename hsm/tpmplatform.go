package hsm

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-tpm/tpm2"
)

// PCR is a platform configuration register of the SHA-256 bank: a hash over all
// that was measured into it since the computer started.
type PCR struct {
	Index  int    `json:"pcr"`    // 0 to 23
	Digest []byte `json:"digest"` // 32 octets
}

// Platform is what a computer started, as its TPM saw it: PCRs 0 (firmware),
// 2 (option ROMs), 4 (boot loader) and 7 (Secure Boot), and, where the system
// starts from a unified kernel image, 11 (that image), in this order
// (TCG PC Client Platform Firmware Profile, 3.3.4, and systemd-stub).
type Platform []PCR

// basePCRs are in every Platform; unifiedPCR may be.
var basePCRs = []int{0, 2, 4, 7}

const unifiedPCR = 11

// pcrMeaning says what a changed register means to a person.
func pcrMeaning(index int) string {
	switch index {
	case 0:
		return "PCR 0, the firmware"
	case 2:
		return "PCR 2, the firmware of extension cards"
	case 4:
		return "PCR 4, the boot loader"
	case 7:
		return "PCR 7, the Secure Boot settings"
	case unifiedPCR:
		return "PCR 11, the system image"
	default:
		return fmt.Sprintf("PCR %d", index)
	}
}

// Platform reads the registers, PCR 11 among them if unified is set.
// Error: [ErrNoTPM].
func (t *TPM) Platform(unified bool) (Platform, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.platform(unified)
}

func (t *TPM) platform(unified bool) (Platform, error) {
	indices := registers(unified)
	rsp, err := tpm2.PCRRead{PCRSelectionIn: selection(indices)}.Execute(t.link)
	if err != nil {
		return nil, failed("read the PCRs", err)
	}
	if len(rsp.PCRValues.Digests) != len(indices) {
		return nil, ErrTPMBank
	}
	p := make(Platform, len(indices))
	for i, d := range rsp.PCRValues.Digests {
		p[i] = PCR{Index: indices[i], Digest: d.Buffer}
	}
	return p, p.check(unified)
}

func selection(indices []int) tpm2.TPMLPCRSelection {
	u := make([]uint, len(indices))
	for i, index := range indices {
		u[i] = uint(index)
	}
	return tpm2.TPMLPCRSelection{PCRSelections: []tpm2.TPMSPCRSelection{{
		Hash:      tpm2.TPMAlgSHA256,
		PCRSelect: tpm2.PCClientCompatible.PCRs(u...),
	}}}
}

func (p Platform) indices() []int {
	indices := make([]int, len(p))
	for i, r := range p {
		indices[i] = r.Index
	}
	return indices
}

// registers returns the indices of a Platform.
func registers(unified bool) []int {
	if unified {
		return append(slices.Clone(basePCRs), unifiedPCR)
	}
	return basePCRs
}

// check refuses anything but the registers of the type's comment.
func (p Platform) check(unified bool) error {
	if want := registers(unified); !slices.Equal(p.indices(), want) {
		return fmt.Errorf("%w: it names PCRs %v, want %v", ErrApproval, p.indices(), want)
	}
	for _, r := range p {
		if len(r.Digest) != sha256.Size {
			return fmt.Errorf("%w: PCR %d has %d octets, want %d", ErrApproval, r.Index, len(r.Digest), sha256.Size)
		}
	}
	return nil
}

// digest is what TPM2_PolicyPCR compares (Part 3, 23.7).
func (p Platform) digest() []byte {
	h := sha256.New()
	for _, r := range p {
		h.Write(r.Digest)
	}
	return h.Sum(nil)
}

// changed returns the registers in which p differs from another platform.
func (p Platform) changed(other Platform) []int {
	var indices []int
	for i, r := range p {
		if i >= len(other) || !bytes.Equal(r.Digest, other[i].Digest) {
			indices = append(indices, r.Index)
		}
	}
	return indices
}

// meanings says which registers these are.
func meanings(indices []int) string {
	names := make([]string, len(indices))
	for i, index := range indices {
		names[i] = pcrMeaning(index)
	}
	return strings.Join(names, "; ")
}
