package device

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"marque/device/ibc"
	"marque/device/wire"
)

const (
	whatState   = 1
	whatList    = 2
	whatReplay  = 3
	whatCarried = 4
	whatTrust   = 5
)

// encodeState writes everything that the state file holds. The caller holds saving and mu, and clears the result.
func (d *Device) encodeState() []byte {
	raise(&d.floor.any, d.believable())
	e := &encoder{}
	e.u8(uint8(d.wanted.Kind))
	e.text(d.wanted.Name)
	e.raw(d.request[:])
	e.u64(uint64(d.floor.any.Load()))
	e.u64(uint64(d.floor.signed.Load()))
	e.flag(d.enrol != nil)
	if d.enrol != nil {
		d.enrol.encode(e)
	}
	e.flag(d.realm != nil)
	if d.realm != nil {
		d.realm.encode(e)
	}
	d.mark.encode(e)
	encodeAlarms(e, d.alarms)
	rest := &encoder{}
	defer func() { clear(rest.b) }()
	encodeAlarmCores(rest, d.alarms)
	d.rotation.encode(rest)
	d.encodeAnswer(rest)
	d.counting.encode(rest, d.encodeTrust())
	_, home := d.inForce()
	d.peers.encode(e, home, maxState-len(e.b)-len(rest.b))
	e.raw(rest.b)
	return e.b
}

// decodeState fills a Device from what encodeState wrote.
func (d *Device) decodeState(b []byte) (err error) {
	r := &decoder{b: b}
	d.wanted.Kind = wire.Kind(r.u8())
	d.wanted.Name = r.text()
	r.copy(d.request[:])
	raise(&d.floor.any, r.time().UnixMilli())
	d.floor.raiseSigned(r.time())
	if r.flag() {
		if d.enrol, err = decodeEnrolment(r); err != nil {
			return err
		}
	}
	if r.flag() {
		if d.realm, err = decodeRealm(r); err != nil {
			return err
		}
	}
	d.mark = decodeMark(r)
	d.alarms = decodeAlarms(r)
	if d.peers, err = decodePeers(r, d.realm, d.o.Tables); err != nil {
		return err
	}
	if err := d.decodeRest(r); err != nil {
		return err
	}
	if !r.end() {
		return fmt.Errorf("state: %w", ErrCorrupt)
	}
	return nil
}

// decodeRest reads what the first state files did not have: then there was no rotation, and all alarms are of the core in force.
func (d *Device) decodeRest(r *decoder) (err error) {
	if r.end() {
		for i := range d.alarms {
			_, d.alarms[i].Core = d.inForce()
		}
		return nil
	}
	for i := range d.alarms {
		r.copy(d.alarms[i].Core[:])
	}
	for i, a := range d.alarms { // of programs that kept every proof
		d.alarms[i] = proofless(a, d.alarms[:i])
	}
	if d.rotation, err = decodeRotation(r); err != nil {
		return err
	}
	if d.realm != nil && d.rotation != nil && d.realm.hash != d.rotation.hash {
		return fmt.Errorf("state: %w", ErrCorrupt)
	}
	if err := d.decodeAnswerRest(r); err != nil {
		return err
	}
	d.counting, d.trust = decodeCounting(r), trusted{}
	if !r.end() {
		return d.decodeTrust(r)
	}
	return nil
}

// saveState writes the state. The caller holds saving but not mu.
func (d *Device) saveState() error {
	d.mu.RLock()
	b := d.encodeState()
	d.mu.RUnlock()
	return d.writeState(b)
}

// loadReplay takes the record of seen messages out of the folder: while a process holds it there is none, so that one that did not close
// is noticed. A record that is missing, damaged or of another generation than the state counts as lost.
func (d *Device) loadReplay() (lost bool, err error) {
	b, generation, err := d.folder.load(replayFile, whatReplay, maxReplayFile)
	lost = err != nil || generation != d.generation
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrCorrupt) {
		return lost, err
	}
	if !lost {
		d.seen, err = decodeReplay(b, d.o.Replay)
		lost = err != nil
	}
	if lost {
		d.seen = newReplay(d.o.Replay)
	}
	return lost, d.folder.remove(replayFile)
}

// saveReplay writes the record of seen messages for the state of the present generation. The caller holds saving.
func (d *Device) saveReplay() error {
	d.seen.shrink(maxSeenLen)
	return d.folder.save(replayFile, whatReplay, d.generation, d.seen.encode())
}

func (r *realm) encode(e *encoder) {
	policy, err := r.policy.Marshal()
	if err != nil {
		panic("device: a policy that was parsed does not marshal: " + err.Error())
	}
	e.str(r.coreRaw)
	e.str(policy)
	e.text(r.address.String())
	e.u32(r.sequence)
	e.str(r.checkpoint)
	r.keys.encode(e)
}

// decodeRealm reads what encode wrote.
func decodeRealm(d *decoder) (*realm, error) {
	coreRaw, policyRaw, address := bytes.Clone(d.str()), d.str(), d.text()
	sequence, checkpoint, first := d.u32(), bytes.Clone(d.str()), d.u32()
	var keys [][]byte
	for range d.count(maxRing) {
		keys = append(keys, d.str())
	}
	if d.bad {
		return nil, fmt.Errorf("installed keys: %w", ErrCorrupt)
	}
	policy, err := wire.ParsePolicy(policyRaw)
	if err != nil {
		return nil, fmt.Errorf("policy: %w: %w", ErrCorrupt, err)
	}
	a, err := wire.ParseAddress(address)
	if err != nil {
		return nil, fmt.Errorf("address: %w: %w", ErrCorrupt, err)
	}
	r, err := newRealm(coreRaw, policy, a, sequence)
	if err != nil {
		return nil, err
	}
	r.checkpoint, r.keys = checkpoint, r.newKeyring(first)
	for _, k := range keys {
		if len(k) != 0 && len(k) != ibc.PartialKeySize {
			return nil, fmt.Errorf("installed keys: %w", ErrCorrupt)
		}
		e := &epochKey{}
		if len(k) != 0 {
			e.raw = slices.Clone(k)
		}
		r.keys.keys = append(r.keys.keys, e)
	}
	return r, nil
}

// newRealm prepares a core whose hash the caller has checked; it has no keys yet.
func newRealm(coreRaw []byte, policy *wire.Policy, a wire.Address, sequence uint32) (*realm, error) {
	p, err := newPublic(coreRaw)
	if err != nil {
		return nil, err
	}
	return &realm{public: p, policy: policy, address: a, sequence: sequence}, nil
}

func (r *realm) newKeyring(first uint32) *keyring {
	return &keyring{params: r.params, first: first, id: func(e uint32) (ibc.Identity, error) { return r.identity(r.address, e) }}
}
