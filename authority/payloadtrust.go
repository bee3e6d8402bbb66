package authority

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// TrustPayload changes whom the realm trusts ([ActionTrust]): vehicles of the other realm and of this one talk to each other from then on, or
// no more. It names the core that it replaces, so that those who approve see what changes, and so that two changes of one realm never mix.
type TrustPayload struct {
	Realm  string      // of the other one
	Old    TrustedCore // trusted until now; zero for none
	Core   []byte      // encoded core, trusted from now on; nil for none
	Hybrid bool        // the other realm's policy demands sessions with ML-KEM
}

// TrustedCore is the core of another realm as it is trusted.
type TrustedCore struct {
	Hash   [32]byte
	Hybrid bool
}

type trustPayloadArray struct {
	_         struct{} `cbor:",toarray"`
	Version   uint8
	Realm     string
	Old       [32]byte
	OldHybrid uint8
	Core      []byte
	Hybrid    uint8
}

// Marshal returns the array [1, realm, old core hash, old hybrid 0/1, core, hybrid 0/1]: 32 zeros for no old core, no octets for no new one.
// Error: [ErrPayloadForm], also where nothing changes.
func (p *TrustPayload) Marshal() ([]byte, error) {
	if _, err := p.core(); err != nil {
		return nil, err
	}
	return encodeApproval(&trustPayloadArray{
		Version: payloadVersion, Realm: p.Realm, Old: p.Old.Hash, OldHybrid: flag(p.Old.Hybrid), Core: append([]byte{}, p.Core...), Hybrid: flag(p.Hybrid),
	}), nil
}

func flag(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// core checks p, and returns the core that is trusted from now on; nil for none.
func (p *TrustPayload) core() (*wire.Core, error) {
	if wire.CheckSPID(p.Realm) != nil {
		return nil, malformed("the other realm has no name")
	}
	if p.Old.Hybrid && p.Old == (TrustedCore{Hybrid: true}) {
		return nil, malformed("nobody was trusted, and demanded ML-KEM")
	}
	if len(p.Core) == 0 {
		switch {
		case p.Hybrid:
			return nil, malformed("nobody is trusted, and demands ML-KEM")
		case p.Old == TrustedCore{}:
			return nil, malformed("it changes nothing about whom the realm trusts")
		}
		return nil, nil //nolint:nilnil // the realm is trusted no more
	}
	core, err := wire.ParseCore(p.Core)
	if err != nil {
		return nil, malformed("%v", err)
	}
	switch {
	case core.Realm != p.Realm:
		return nil, malformed("the core is of another realm")
	case p.Old == TrustedCore{Hash: core.Hash(), Hybrid: p.Hybrid}:
		return nil, malformed("it changes nothing about whom the realm trusts")
	}
	return core, nil
}

// ParseTrustPayload reads what [TrustPayload.Marshal] wrote, and nothing else. Error: [ErrPayloadForm].
func ParseTrustPayload(b []byte) (*TrustPayload, error) {
	var a trustPayloadArray
	if err := openPayload(b, &a, &a.Version); err != nil {
		return nil, err
	}
	if a.OldHybrid > 1 || a.Hybrid > 1 {
		return nil, malformed("hybrid is 0 or 1")
	}
	if a.Core == nil {
		return nil, malformed("no core is no octets, and not null")
	}
	p := &TrustPayload{Realm: a.Realm, Old: TrustedCore{a.Old, a.OldHybrid == 1}, Hybrid: a.Hybrid == 1}
	if len(a.Core) > 0 {
		p.Core = a.Core
	}
	if _, err := p.core(); err != nil {
		return nil, err
	}
	return p, nil
}

// CoreHash returns the hash of the core that is trusted from now on, else of the one that was: what people compare.
func (p *TrustPayload) CoreHash() [32]byte {
	if len(p.Core) == 0 {
		return p.Old.Hash
	}
	return wire.CoreHash(p.Core)
}

func (p *TrustPayload) words() []string {
	core, err := p.core()
	if err != nil { // not to be approved
		return []string{err.Error()}
	}
	old := "until now: nothing of it is trusted"
	if p.Old != (TrustedCore{}) {
		old = fmt.Sprintf("until now: core %s, sessions also use ML-KEM: %s", hex.EncodeToString(p.Old.Hash[:]), yes(p.Old.Hybrid))
	}
	if core == nil {
		return []string{"Trust the realm " + p.Realm + " no more", old}
	}
	hash := core.Hash()
	return []string{
		"Trust the realm " + p.Realm,
		"its vehicles and those of this realm talk to each other; who belongs to it, its own authority says",
		"its domains: " + strings.Join(core.SPIDs, ", "),
		fmt.Sprintf("its core: %s, generation %d", hex.EncodeToString(hash[:]), core.Generation),
		"sessions also use ML-KEM: " + yes(p.Hybrid),
		old,
	}
}

// apply returns the realms that are trusted after p, of those that are before. Error: [ErrPayload] where these are others than p says.
func (p *TrustPayload) apply(realms []wire.TrustedRealm) ([]wire.TrustedRealm, error) {
	core, err := p.core()
	if err != nil {
		return nil, err
	}
	var old TrustedCore
	var after []wire.TrustedRealm
	for _, r := range realms {
		if r.Core.Realm == p.Realm {
			old = TrustedCore{r.Core.Hash(), r.Hybrid}
		} else {
			after = append(after, r)
		}
	}
	if old != p.Old {
		return nil, fmt.Errorf("%w: what is trusted of %s has changed since", ErrPayload, p.Realm)
	}
	if core != nil {
		after = append(after, wire.TrustedRealm{Core: core, SPIDs: core.SPIDs, Hybrid: p.Hybrid})
	}
	slices.SortFunc(after, func(r, s wire.TrustedRealm) int { return strings.Compare(r.Core.Realm, s.Core.Realm) })
	return after, nil
}

func (p *TrustPayload) do(a *Authority, tx *storage.Tx, now time.Time) error {
	before, err := a.trusted(tx)
	if err != nil {
		return err
	}
	realms, err := p.apply(before.realms())
	if err != nil {
		return err
	}
	_, err = a.signTrust(tx, now, realms)
	return err
}

// waitedTrust is decided by a proposal that waited: about what was trusted when it was asked for, and has not been decided about since. Else a
// realm that was trusted, and then no more, would be trusted again by what somebody asked for before all that.
type waitedTrust struct {
	*TrustPayload

	asked time.Time
}

func (p *waitedTrust) do(a *Authority, tx *storage.Tx, now time.Time) error {
	if a.ledger.trust.decided.After(p.asked) {
		return fmt.Errorf("%w: officers decided about other realms since", ErrPayload)
	}
	return p.TrustPayload.do(a, tx, now)
}
