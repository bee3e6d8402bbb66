package device

import (
	"crypto/hkdf"
	"crypto/sha512"
	"fmt"
	"sync"

	"marque/device/ibc"
	"marque/device/wire"
)

// bond is what a session is, whatever carries it: whom it is with, and why it ended.
type bond struct {
	d        *Device
	realm    *realm
	peer     wire.Address
	of       *public // the peer's realm
	caller   bool    // this side called the other
	shaken   int     // octets of the handshake
	exporter [exporterSize]byte

	endMu *sync.Mutex
	end   error // why it ended, once it did
	era   era
}

// bond makes one of the 120 octets that the handshake derived.
func (h *handshake) bond(okm []byte) bond {
	return bond{
		d: h.d, realm: h.realm, peer: h.peer, of: h.of.public, caller: h.initiator, shaken: h.bytes,
		exporter: [exporterSize]byte(okm[2*keyMaterial:]), endMu: &sync.Mutex{}, era: h.era(okm, 0),
	}
}

// era makes what a session keeps of a handshake besides its keys.
func (h *handshake) era(okm []byte, generation uint32) era {
	return era{
		generation: generation, epoch: h.epoch, hybrid: h.hybrid, started: h.d.now(),
		secret: [exporterSize]byte(okm[2*keyMaterial:]),
	}
}

// halves makes the two directions of the same octets.
func (h *handshake) halves(okm []byte, generation uint32) (in, out *half, err error) {
	if in, err = newHalf(okm[:keyMaterial], generation); err != nil {
		return nil, nil, err
	}
	if out, err = newHalf(okm[keyMaterial:2*keyMaterial], generation); err != nil {
		return nil, nil, err
	}
	if h.initiator {
		in, out = out, in
	}
	return in, out, nil
}

// abroad says whether the peer is of another realm, which has lists of its own.
func (s *bond) abroad() bool { return s.of.hash != s.realm.hash }

// Peer returns who is on the other side.
func (s *bond) Peer() wire.Address { return s.peer }

// Hybrid says whether ML-KEM-768 took part in the keys, so that who records the session now needs more than to break X25519 one day.
func (s *bond) Hybrid() bool { return s.present().hybrid }

// HandshakeBytes returns how many octets the handshake took, both ways, without data that went along with the call.
func (s *bond) HandshakeBytes() int { return s.shaken }

// Exporter derives n octets, at most 16,320, that only the two peers know and that differ for every session and label: HKDF-SHA-512 of the
// session's exporter secret, with info LP("marque/v1/exporter") ‖ LP(label). New keys do not change it.
func (s *bond) Exporter(label string, n int) ([]byte, error) {
	if n < 1 || n > 255*sha512.Size || len(label) > 255 {
		return nil, fmt.Errorf("exporter: %w: 1 to %d octets, a label of at most 255", ErrOptions, 255*sha512.Size)
	}
	info := ibc.AppendLPString(ibc.AppendLPString(nil, "marque/v1/exporter"), label)
	b, err := hkdf.Key(sha512.New, s.exporter[:], nil, string(info), n)
	if err != nil {
		return nil, fmt.Errorf("exporter: %w", err)
	}
	return b, nil
}

// trusted says why the session is over, or why it may not go on: it asks the list in force.
func (s *bond) trusted() error {
	if end := s.over(); end != nil {
		return end
	}
	return s.d.stillTrusted(s)
}

// over says why the session ended, if it did.
func (s *bond) over() error {
	s.endMu.Lock()
	defer s.endMu.Unlock()
	return s.end
}

// conclude notes why the session ends, and reports whether it was the first to.
func (s *bond) conclude(why error) bool {
	s.endMu.Lock()
	defer s.endMu.Unlock()
	if s.end != nil {
		return false
	}
	s.end = why
	return true
}

// because replaces the error of a connection that was closed under a Read or Write by the reason for it.
func (s *bond) because(err error) error {
	if end := s.over(); end != nil {
		return end
	}
	return err
}

// stillTrusted checks a session against time, list and this device's own state.
func (d *Device) stillTrusted(s *bond) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return ErrClosed
	}
	if err := d.outlived(s.realm); err != nil {
		return err
	}
	now, e := d.now(), s.present()
	if now.Sub(e.started) >= SessionLifetime {
		return ErrSessionEnded
	}
	if err := d.ownRevoked(s.realm); err != nil {
		return err
	}
	of, err := d.sideOf(s.realm, s.peer, now)
	switch {
	case err != nil:
		return err
	case of.hash != s.of.hash:
		return fmt.Errorf("the realm of %s has another core now: %w", s.peer, ErrUnknownRealm)
	}
	_, err = d.peerStatus(of, s.peer, e.epoch, now)
	return err
}

// talk is a session of either kind.
type talk interface {
	alive() error // says why it may not go on, and ends it then
	Close() error
}

// sessions is the set of live sessions of a device. It is safe for concurrent use.
type sessions struct {
	mu   sync.Mutex
	live map[talk]struct{}
}

func (l *sessions) add(s talk) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.live[s] = struct{}{}
}

func (l *sessions) drop(s talk) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.live, s)
}

func (l *sessions) all() []talk {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]talk, 0, len(l.live))
	for s := range l.live {
		out = append(out, s)
	}
	return out
}

// recheck ends every session that the list in force forbids, and says how many.
func (l *sessions) recheck() (ended int) {
	for _, s := range l.all() {
		if s.alive() != nil {
			ended++
		}
	}
	return ended
}

// closeAll closes every session, at the same time, so that one stuck peer does not delay the others.
func (l *sessions) closeAll() {
	var wg sync.WaitGroup
	for _, s := range l.all() {
		wg.Go(func() { _ = s.Close() }) // the device is closed all the same
	}
	wg.Wait()
}
