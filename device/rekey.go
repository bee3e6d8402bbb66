package device

import (
	"fmt"
	"time"

	"marque/device/wire"
)

// A session gets new keys by another handshake inside it (PROTOCOL.md, section 10.3): of the same peers, bound to the one before.
const (
	rekeyCall   = 1
	rekeyAnswer = 2
	rekeyProof  = 3
)

// era is what one handshake gave a session. The next one replaces it.
type era struct {
	generation uint32 // 0, 1, 2, …: of keys
	epoch      uint32 // of the peer's key
	hybrid     bool
	started    time.Time
	secret     [exporterSize]byte // binds the next handshake to this one
}

// present returns the era that the session is in.
func (s *bond) present() era {
	s.endMu.Lock()
	defer s.endMu.Unlock()
	return s.era
}

// enter begins an era, and forgets what the one before left.
func (s *bond) enter(e era) {
	s.endMu.Lock()
	defer s.endMu.Unlock()
	s.era = e
}

// due says whether the session should have new keys: they are of another epoch, or old. A device that has no key of this epoch cannot.
func (s *bond) due() bool {
	e, now := s.present(), s.d.now()
	made, err := s.realm.epoch(e.started)
	if err != nil {
		return false
	}
	epoch, err := s.realm.epoch(now)
	if err != nil || epoch == made && now.Sub(e.started) < rekeyAfter {
		return false
	}
	return s.d.proves(s.realm)
}

// proves says whether this device can prove who it is in the present epoch.
func (d *Device) proves(r *realm) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	epoch, err := r.epoch(d.now())
	if err == nil {
		_, err = r.keys.key(epoch)
	}
	return !d.closed && err == nil
}

// anew begins a handshake that follows the one before, under the policy of now. Of who calls, the peer's realm may demand that it is hybrid.
func (s *bond) anew(calls bool) (*handshake, error) {
	h, err := s.d.handshake()
	if err != nil {
		return nil, err
	}
	if h.realm.hash != s.realm.hash {
		return nil, ErrRotated
	}
	e := s.present()
	h.before = e.secret[:]
	s.d.mu.RLock()
	defer s.d.mu.RUnlock()
	of, err := s.d.sideOf(h.realm, s.peer, s.d.now())
	if err != nil {
		return nil, err
	}
	h.hybrid = e.hybrid || s.d.wantsHybrid(h.realm) || calls && of.hybrid()
	return h, nil
}

// nextEra is what a handshake made by anew gives, and the two directions of the next records.
func (s *bond) nextEra(h *handshake) (e era, in, out *half, err error) {
	if h.peer != s.peer {
		return e, nil, nil, fmt.Errorf("the peer went on as %s: %w", h.peer, ErrTampered)
	}
	okm, err := h.keys()
	if err != nil {
		return e, nil, nil, err
	}
	defer clear(okm)
	generation := s.present().generation + 1
	if in, out, err = h.halves(okm, generation); err != nil {
		return e, nil, nil, err
	}
	return h.era(okm, generation), in, out, nil
}

// callAnew makes the first message of a handshake made by anew: mode ‖ Noise message 1.
func (h *handshake) callAnew(of *public, peer wire.Address) ([]byte, error) {
	h.to = of
	if err := h.start(true, peer); err != nil {
		return nil, err
	}
	return h.write1([]byte{h.mode()})
}

// answerAnew answers callAnew. A session that is hybrid stays so.
func (h *handshake) answerAnew(first []byte) (second, auth []byte, err error) {
	wanted := h.hybrid
	switch {
	case len(first) == 0 || first[0]|1 != modeAnew|1:
		return nil, nil, fmt.Errorf("first message: %w", ErrMalformed)
	case first[0] == modeAnew && wanted:
		return nil, nil, ErrHybrid
	}
	h.hybrid = first[0] != modeAnew
	return h.answer(first[1:])
}
