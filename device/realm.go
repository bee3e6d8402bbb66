package device

import (
	"fmt"
	"sync"
	"time"

	"marque/device/ibc"
	"marque/device/wire"
)

// realm is what a package installed: the core, its policy, this device's address and keys. Only its keyring and its answer change.
type realm struct {
	public
	policy   *wire.Policy
	address  wire.Address
	sequence uint32
	keys     *keyring

	checkpoint []byte    // statement: the head of the log that the keys are in
	vouched    time.Time // the authority's time of it; kept until Install is done only
	answer     *answer   // what the package is answered with; changes under Device.saving and mu
}

// public is what anybody may know of a realm.
type public struct {
	core    *wire.Core
	coreRaw []byte
	hash    [32]byte
	ref     [4]byte
	params  *ibc.Params
}

// newPublic prepares a core whose hash the caller has checked.
func newPublic(coreRaw []byte) (public, error) {
	core, err := wire.ParseCore(coreRaw)
	if err != nil {
		return public{}, fmt.Errorf("core: %w: %w", ErrMalformed, err)
	}
	params, err := core.Params()
	if err != nil {
		return public{}, fmt.Errorf("core: %w: %w", ErrMalformed, err)
	}
	return public{core: core, coreRaw: coreRaw, hash: wire.CoreHash(coreRaw), ref: core.Ref(), params: params}, nil
}

// identity names an address in an epoch. An address of an SP-ID that the core does not list is of another realm.
func (r *public) identity(a wire.Address, epoch uint32) (ibc.Identity, error) {
	switch {
	case a.IsZero():
		return ibc.Identity{}, fmt.Errorf("no address: %w", ErrMalformed)
	case !r.core.Lists(a.SPID()):
		return ibc.Identity{}, fmt.Errorf("%s: %w", a, ErrUnknownRealm)
	}
	return ibc.Identity{Core: r.hash, Address: a.String(), Epoch: epoch}, nil
}

// publicKey prepares a key that nothing has verified yet.
func (r *public) publicKey(a wire.Address, epoch uint32, pub [32]byte) (*ibc.PublicKey, error) {
	id, err := r.identity(a, epoch)
	if err != nil {
		return nil, err
	}
	key, err := ibc.NewPublicKey(r.params, id, pub)
	if err != nil {
		return nil, fmt.Errorf("key of %s: %w: %w", a, ErrTampered, err)
	}
	return key, nil
}

// epoch is the epoch of t.
func (r *public) epoch(t time.Time) (uint32, error) {
	e, err := r.core.Epoch(t)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrEpoch, err)
	}
	return e, nil
}

// fresh applies the policy's window to a message's time, both ends included.
func (r *realm) fresh(t, now time.Time) error {
	switch {
	case t.Before(r.oldest(now)):
		return fmt.Errorf("sent more than %v ago, or a clock is wrong: %w", r.policy.Past, ErrStaleTime)
	case t.After(now.Add(r.policy.Future)):
		return fmt.Errorf("sent more than %v in the future, so a clock is wrong: %w", r.policy.Future, ErrStaleTime)
	}
	return nil
}

func (r *realm) oldest(now time.Time) time.Time { return now.Add(-r.policy.Past) }

// current says whether an epoch of a realm, this one or another, is that of now − past, now, or now + future.
func (r *realm) current(of *public, epoch uint32, now time.Time) bool {
	for _, t := range []time.Time{r.oldest(now), now, now.Add(r.policy.Future)} {
		if e, err := of.core.Epoch(t); err == nil && e == epoch {
			return true
		}
	}
	return false
}

// keyring holds the private keys of consecutive epochs, decoded when first used. It is safe for concurrent use.
type keyring struct {
	params *ibc.Params
	id     func(epoch uint32) (ibc.Identity, error)
	first  uint32

	mu   sync.Mutex
	keys []*epochKey
}

// epochKey is one epoch's key: raw until it is needed, both nil once it was erased.
type epochKey struct {
	raw    []byte // R ‖ y ‖ D, 160 octets
	parsed *ibc.PrivateKey
}

// last is the last epoch that a key was issued for. The caller holds mu, or Device.mu: the ring only grows under that.
func (k *keyring) last() uint32 { return k.first + uint32(len(k.keys)) - 1 }

// key returns the key of an epoch.
func (k *keyring) key(epoch uint32) (*ibc.PrivateKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if epoch < k.first || epoch > k.last() {
		return nil, fmt.Errorf("keys are installed for epochs %d to %d, not %d; if they have ended, have the next package made: %w", k.first, k.last(), epoch, ErrEpoch)
	}
	e := k.keys[epoch-k.first]
	if e.parsed != nil {
		return e.parsed, nil
	}
	if e.raw == nil {
		return nil, fmt.Errorf("the key of epoch %d was erased when its time had passed: %w", epoch, ErrEpoch)
	}
	id, err := k.id(epoch)
	if err != nil {
		return nil, err
	}
	key, err := ibc.ParsePrivateKey(k.params, id, e.raw)
	if err != nil {
		return nil, fmt.Errorf("key of epoch %d: %w: %w", epoch, ErrCorrupt, err)
	}
	clear(e.raw)
	e.raw, e.parsed = nil, key
	return key, nil
}

// prune erases the keys of all epochs before one, and says whether there were any.
func (k *keyring) prune(before uint32) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	pruned := false
	for i, e := range k.keys {
		if k.first+uint32(i) < before {
			pruned = e.erase() || pruned
		}
	}
	return pruned
}

// erase forgets all secrets.
func (r *realm) erase() {
	r.keys.erase()
	r.answer.erase()
}

// erase forgets all keys.
func (k *keyring) erase() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, e := range k.keys {
		e.erase()
	}
}

func (e *epochKey) erase() bool {
	had := e.raw != nil || e.parsed != nil
	clear(e.raw)
	if e.parsed != nil {
		e.parsed.Erase()
	}
	e.raw, e.parsed = nil, nil
	return had
}

// encode writes the keys for the state file; the caller clears the encoder.
func (k *keyring) encode(e *encoder) {
	k.mu.Lock()
	defer k.mu.Unlock()
	e.u32(k.first)
	e.u32(uint32(len(k.keys)))
	for _, key := range k.keys {
		b, fresh := key.raw, false
		if key.parsed != nil {
			b, fresh = key.parsed.Bytes(), true
		}
		e.str(b)
		if fresh {
			clear(b)
		}
	}
}
