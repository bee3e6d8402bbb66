package device

import (
	"errors"
	"time"
)

// WithStep returns options that tell a test how far a change of files got.
func WithStep(o Options, step func(string)) Options {
	o.step = step
	return o
}

// LiveKeys returns how many private keys the device still holds, for the test that past ones are erased.
func (d *Device) LiveKeys() int { return d.WatchKeys()() }

// WatchKeys returns a count of the private keys that the device holds now and still held when it is called, for the test that they are
// erased when their core is given up.
func (d *Device) WatchKeys() func() int {
	d.mu.RLock()
	defer d.mu.RUnlock()
	held := d.realm.keys.keys
	return func() (n int) {
		for _, k := range held {
			if k.raw != nil || k.parsed != nil {
				n++
			}
		}
		return n
	}
}

// SkipRecords makes both ends of a session as old as after n records each way, for the test of the record limit.
func SkipRecords(n uint64, ends ...*Session) {
	for _, s := range ends {
		s.in.seq, s.out.seq = n, n
	}
}

// AwaitCall waits until a session was called for new keys and had no key to answer.
func AwaitCall(s *Session) {
	for {
		s.rekey.mu.Lock()
		waits := s.rekey.waits != nil
		s.rekey.mu.Unlock()
		if waits {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// EnrolmentSecrets returns u and the HPKE key while the device still waits for its package, for the test that they are erased.
func (d *Device) EnrolmentSecrets() [][]byte {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.enrol == nil {
		return nil
	}
	return [][]byte{d.enrol.u.Bytes(), d.enrol.hpke.Bytes()}
}

// NextSecrets returns u and the HPKE key that the next package is to be made for, nil before the first receipt.
func (d *Device) NextSecrets() [][]byte {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.realm.answer == nil || d.realm.answer.next == nil {
		return nil
	}
	return [][]byte{d.realm.answer.next.u.Bytes(), d.realm.answer.next.hpke.Bytes()}
}

// StateOnDisk returns what a copy of the state holds, decrypted: 0 or 1.
func (d *Device) StateOnDisk(n int) ([]byte, error) {
	d.saving.Lock()
	defer d.saving.Unlock()
	s := d.folder.loadSlot(slots[n])
	return s.b, s.err
}

// SaveSingleState leaves the folder as it was when there was one copy of the state, for the test that such a folder still opens.
func (d *Device) SaveSingleState() error {
	d.saving.Lock()
	defer d.saving.Unlock()
	d.mu.RLock()
	b := d.encodeState()
	d.mu.RUnlock()
	d.generation++
	return errors.Join(d.folder.save(oneState, whatState, d.generation, b), d.saveReplay(), d.folder.remove(slots[0]), d.folder.remove(slots[1]))
}

// Secrets returns R ‖ y ‖ D of every private key that the device holds, for the test that they are erased.
func (d *Device) Secrets() (all [][]byte) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	e := &encoder{}
	d.realm.keys.encode(e)
	r := decoder{b: e.b[8:]}
	for len(r.b) > 0 {
		all = append(all, r.str())
	}
	return all
}

// SaveFirstState writes the state as it was before there was rotation, for the test that such a folder still opens.
func (d *Device) SaveFirstState() error {
	d.saving.Lock()
	defer d.saving.Unlock()
	b := d.encodeState()
	rest := &encoder{}
	encodeAlarmCores(rest, d.alarms)
	d.rotation.encode(rest)
	d.encodeAnswer(rest)
	return d.writeState(b[:len(b)-len(rest.b)])
}

// ReadState reads the contents of a state file as Load does, and writes them again as it would; for the test that nothing in it can do harm.
func ReadState(b []byte, o Options) error {
	o, err := o.check()
	if err != nil {
		return err
	}
	d := newDevice(o)
	d.seen = newReplay(o.Replay)
	if err := d.decodeState(b); err != nil {
		return err
	}
	again := newDevice(o)
	if err := again.decodeState(d.encodeState()); err != nil {
		return errors.Join(errors.New("what was read cannot be written"), err)
	}
	return nil
}

// SaveWithoutReceipts writes the state as programs did that knew no receipts, for the test that such a folder still opens.
func (d *Device) SaveWithoutReceipts() error {
	d.saving.Lock()
	defer d.saving.Unlock()
	tail := &encoder{}
	d.encodeAnswer(tail)
	b := d.encodeState()
	return errors.Join(d.writeState(b[:len(b)-len(tail.b)]), d.saveReplay())
}

// ReadListFile reads the contents of a list file as Load does, and writes them again, for the test that nothing in it can do harm.
func ReadListFile(b []byte) (again []byte, err error) {
	l, err := decodeList(b, DefaultListMemory)
	if err != nil {
		return nil, err
	}
	return l.encode(l.coded()), nil
}

// ListOnDisk returns what the list file holds, decrypted.
func (d *Device) ListOnDisk() ([]byte, error) {
	d.saving.Lock()
	defer d.saving.Unlock()
	b, _, err := d.folder.load(listFile, whatList, maxListFile)
	return b, err
}

// TablesHeld returns how many peers have a table.
func (d *Device) TablesHeld() (n int) {
	d.peers.mu.Lock()
	defer d.peers.mu.Unlock()
	for _, p := range d.peers.known.all() {
		if p.table {
			n++
		}
	}
	return n
}

// SkipPackets makes sessions as old as after n records sent.
func SkipPackets(n uint64, ends ...*PacketSession) {
	for _, s := range ends {
		s.outMu.Lock()
		s.out.seq = n
		s.outMu.Unlock()
	}
}

// Generation returns how often a session got new keys.
func (s *Session) Generation() uint32 { return s.present().generation }

// Answer returns what the list in force says of a serial in an epoch at a time: stale and newer, or the error.
func (d *Device) Answer(serial, epoch uint32, now time.Time) (stale, newer bool, err error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	v, err := d.list.check(serial, epoch, now)
	return v.stale, v.newer, err
}

// Generation returns how often a session got new keys.
func (s *PacketSession) Generation() uint32 { return s.present().generation }
