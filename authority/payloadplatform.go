package authority

import "fmt"

// PlatformPayload approves the platform that runs, or retires the approvals of before ([ActionPlatform]).
type PlatformPayload struct {
	Retire bool     // withdraw what was approved up to Bound; then there is no digest, and there are no registers
	Bound  uint64   // of the approval counter
	Digest [32]byte // what the approval key signs
	PCRs   []PCR    // what was measured: 1 to 24, ascending
}

// PCR is one platform configuration register.
type PCR struct {
	Index  int // 0 to 23
	Digest [32]byte
}

type pcrArray struct {
	_      struct{} `cbor:",toarray"`
	Index  uint8
	Digest [32]byte
}

type platformArray struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Retire  uint8
	Bound   uint64
	Digest  [32]byte
	PCRs    []pcrArray
}

// Marshal returns the array [1, retire 0/1, bound, digest, [[index, digest]…]]. Error: [ErrPayloadForm].
func (p *PlatformPayload) Marshal() ([]byte, error) {
	a := platformArray{Version: payloadVersion, Bound: p.Bound, Digest: p.Digest, PCRs: []pcrArray{}}
	if p.Retire {
		a.Retire = 1
	}
	for _, r := range p.PCRs {
		if r.Index < 0 || r.Index >= maxPCRs {
			return nil, malformed("there is no PCR %d", r.Index)
		}
		a.PCRs = append(a.PCRs, pcrArray{Index: uint8(r.Index), Digest: r.Digest})
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	return encodeApproval(&a), nil
}

func (a *platformArray) check() error {
	switch {
	case a.Retire > 1 || a.PCRs == nil:
		return malformed("retire is 0 or 1, and the PCRs are a list")
	case a.Retire == 1 && (len(a.PCRs) != 0 || a.Digest != [32]byte{}):
		return malformed("it retires approvals and names a platform")
	case a.Retire == 0 && (len(a.PCRs) == 0 || len(a.PCRs) > maxPCRs):
		return malformed("%d PCRs", len(a.PCRs))
	}
	for i, r := range a.PCRs {
		if r.Index >= maxPCRs || i > 0 && a.PCRs[i-1].Index >= r.Index {
			return malformed("the PCRs are not 0 to %d, ascending", maxPCRs-1)
		}
	}
	return nil
}

// ParsePlatformPayload reads what [PlatformPayload.Marshal] wrote, and nothing else. Error: [ErrPayloadForm].
func ParsePlatformPayload(b []byte) (*PlatformPayload, error) {
	var a platformArray
	if err := openPayload(b, &a, &a.Version); err != nil {
		return nil, err
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	p := &PlatformPayload{Retire: a.Retire == 1, Bound: a.Bound, Digest: a.Digest}
	for _, r := range a.PCRs {
		p.PCRs = append(p.PCRs, PCR{Index: int(r.Index), Digest: r.Digest})
	}
	return p, nil
}

func (p *PlatformPayload) words() []string {
	if p.Retire {
		return []string{
			"Retire the platforms that were approved until now, except the one that runs",
			fmt.Sprintf("approvals hold from now on with bound: %d", p.Bound),
		}
	}
	lines := []string{
		"Approve the platform that runs, so that the vault opens on it",
		fmt.Sprintf("with bound: %d", p.Bound),
		fmt.Sprintf("digest to be signed: %x", p.Digest),
	}
	for _, r := range p.PCRs {
		lines = append(lines, fmt.Sprintf("PCR %d: %x", r.Index, r.Digest))
	}
	return lines
}

// SeedPayload rebuilds a master secret from its cards: that of the realm's core for [ActionRecovery], that of the next core for
// [ActionRotation].
type SeedPayload struct{ Core [32]byte } // hash of the core that the seed leads to

type seedArray struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Core    [32]byte
}

// Marshal returns the array [1, core hash].
func (p *SeedPayload) Marshal() ([]byte, error) {
	return encodeApproval(&seedArray{Version: payloadVersion, Core: p.Core}), nil
}

// ParseSeedPayload reads what [SeedPayload.Marshal] wrote, and nothing else. Error: [ErrPayloadForm].
func ParseSeedPayload(b []byte) (*SeedPayload, error) {
	var a seedArray
	if err := openPayload(b, &a, &a.Version); err != nil {
		return nil, err
	}
	return &SeedPayload{Core: a.Core}, nil
}

// seedFor is a seed's payload together with what it is for.
type seedFor struct {
	*SeedPayload

	action Action
}

func (p seedFor) words() []string {
	what := "Recover the master secret from its backup cards"
	if p.action == ActionRotation {
		what = "Rotate to the next core, with the master secret from its cards"
	}
	return []string{what, fmt.Sprintf("core: %x", p.Core)}
}
