package device

import (
	"errors"
	"fmt"

	"marque/device/wire"
)

// signAuth signs as this device, in the epoch of now, and says its name if it is the one who calls.
func (d *Device) signAuth(r *realm, named bool, context string, transcript func(uint32) []byte) ([]byte, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return nil, ErrClosed
	}
	if err := d.outlived(r); err != nil {
		return nil, err
	}
	if err := d.ownRevoked(r); err != nil {
		return nil, err
	}
	epoch, err := r.epoch(d.now())
	if err != nil {
		return nil, err
	}
	key, err := r.keys.key(epoch)
	if err != nil {
		return nil, err
	}
	a := &wire.Auth{Epoch: epoch, List: d.list.sequence(), R: key.R()}
	if named {
		a.Address = r.address
	}
	if a.Sig, err = key.Sign(d.o.Rand, context, transcript(a.List)); err != nil {
		return nil, err
	}
	return a.Marshal()
}

// checkAuth checks a peer's epoch, list state and signature, and remembers its key. It returns the peer's realm.
func (d *Device) checkAuth(r *realm, context string, a *wire.Auth, transcript []byte) (side, error) {
	d.mu.RLock()
	of, err := d.checkAuthLocked(r, context, a, transcript)
	d.mu.RUnlock()
	d.noteTwoKeys(err)
	return of, err
}

func (d *Device) checkAuthLocked(r *realm, context string, a *wire.Auth, transcript []byte) (of side, err error) {
	now := d.now()
	if d.closed {
		return of, ErrClosed
	}
	if err := d.outlived(r); err != nil {
		return of, err
	}
	if of, err = d.sideOf(r, a.Address, now); err != nil {
		return of, err
	}
	if !r.current(of.public, a.Epoch, now) {
		return of, fmt.Errorf("%s proves itself for epoch %d, which is not now: %w", a.Address, a.Epoch, ErrEpoch)
	}
	from := wire.Sender{Address: a.Address, R: a.R}
	proof := signed{context, transcript, a.Sig}
	p, _, err := d.verifySender(r, of, from, a.Epoch, now, proof)
	if err != nil {
		return of, err
	}
	mine, err := r.epoch(now)
	return of, errors.Join(err, d.peers.learn(a.Address, p.key, shown{err == nil, mine}, proof))
}
