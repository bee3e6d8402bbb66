package device

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"marque/device/ibc"
	"marque/device/wire"
)

// Alarm is something that only the authority's or the device's misbehaviour explains. Alarms stay, across restarts too.
type Alarm struct {
	Time time.Time     // when it was noticed, whole milliseconds
	Text string        // what was noticed, at most 512 octets
	Core [32]byte      // hash of the core that it happened under
	Keys []KeyEvidence // two keys of one identity, if that is what was noticed, and there was room for the proof
}

// KeyEvidence is one of two keys that were issued for one identity, with a signature under it where that is at hand: then anybody can
// verify, with the realm's public parameters, that the authority issued this key.
type KeyEvidence struct {
	Address wire.Address
	Epoch   uint32
	R       [32]byte
	Context string   // of the signature; empty if none is at hand
	Signed  []byte   // what it is over
	Sig     [64]byte // A ‖ t
}

// alarm keeps an alarm about the core in force, once for every text. The caller holds mu.
func (d *Device) alarm(now time.Time, text string) {
	_, core := d.inForce()
	d.alarmOf(core, now, text)
}

// alarmOf keeps an alarm about a core, once for every text, and says whether it is new; when there are maxAlarms of that core, the first ones
// stay. The caller holds mu.
func (d *Device) alarmOf(core [32]byte, now time.Time, text string, keys ...KeyEvidence) bool {
	text = text[:min(len(text), maxAlarmText)]
	same, most := 0, maxAlarms
	abroad := d.abroadCore(core)
	if abroad {
		most, keys = maxAlarmsAbroad, nil
	}
	for _, a := range d.alarms {
		if a.Core == core && a.Text == text {
			return false
		}
		if a.Core == core || abroad && d.abroadCore(a.Core) {
			same++
		}
	}
	if same >= most {
		return false
	}
	d.alarms = append(d.alarms, proofless(Alarm{Time: time.UnixMilli(now.UnixMilli()).UTC(), Text: text, Core: core, Keys: keys}, d.alarms))
	return true
}

// abroadCore says whether a core is neither the one in force nor the one before it, but another realm's: of those in all there are few alarms, and
// without proofs, so that no other authority fills the room for what this device has to say of its own. The caller holds mu.
func (d *Device) abroadCore(core [32]byte) bool {
	_, hash := d.inForce()
	return core != hash && (d.rotation == nil || core != d.rotation.former.CoreHash)
}

// Alarms returns a copy of all alarms, the oldest first, at most 32 of the core in force, 32 of the one before it, and 8 of other realms.
func (d *Device) Alarms() []Alarm {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return slices.Clone(d.alarms)
}

// twoKeysError is ErrTwoKeys with what the alarm keeps of it.
type twoKeysError struct {
	address wire.Address
	epoch   uint32
	core    [32]byte
	keys    []KeyEvidence
}

func (e *twoKeysError) Error() string {
	return fmt.Sprintf("%s, epoch %d: %v", e.address, e.epoch, ErrTwoKeys)
}

func (*twoKeysError) Unwrap() error { return ErrTwoKeys }

// twoKeys is the error for a key under which s verified while another one exists.
func twoKeys(a wire.Address, other [32]byte, key *ibc.PublicKey, s signed) error {
	epoch := key.Identity().Epoch
	return &twoKeysError{a, epoch, key.Identity().Core, []KeyEvidence{
		{Address: a, Epoch: epoch, R: other},
		{Address: a, Epoch: epoch, R: key.R(), Context: s.context, Signed: bytes.Clone(s.m), Sig: s.sig},
	}}
}

// noteTwoKeys raises the alarm about a doubly issued key and saves it at once: the next chance to see the proof may never come. The caller
// holds neither saving nor mu.
func (d *Device) noteTwoKeys(err error) {
	var two *twoKeysError
	if !errors.As(err, &two) {
		return
	}
	d.saving.Lock()
	defer d.saving.Unlock()
	d.mu.Lock()
	fresh := !d.closed && d.knows(two.core) && d.alarmOf(two.core, d.now(), fmt.Sprintf("two keys were issued for %s in epoch %d", two.address, two.epoch), two.keys...)
	d.mu.Unlock()
	if fresh {
		_ = d.saveCounted() // if the disk fails, the alarm is saved with the next change
	}
}

func encodeAlarms(e *encoder, alarms []Alarm) {
	e.u32(uint32(len(alarms)))
	for _, a := range alarms {
		e.time(a.Time)
		e.text(a.Text)
		e.u32(uint32(len(a.Keys)))
		for _, k := range a.Keys {
			e.text(k.Address.String())
			e.u32(k.Epoch)
			e.raw(k.R[:])
			e.text(k.Context)
			e.str(k.Signed)
			e.raw(k.Sig[:])
		}
	}
}

// encodeAlarmCores writes which core each alarm is about; the first state files did not say it.
func encodeAlarmCores(e *encoder, alarms []Alarm) {
	for _, a := range alarms {
		e.raw(a.Core[:])
	}
}

func decodeAlarms(d *decoder) []Alarm {
	var alarms []Alarm
	for range d.count(2*maxAlarms + maxAlarmsAbroad) {
		a := Alarm{Time: d.time(), Text: d.text()}
		for range d.count(2) {
			a.Keys = append(a.Keys, decodeEvidence(d))
		}
		alarms = append(alarms, a)
	}
	return alarms
}

func decodeEvidence(d *decoder) (k KeyEvidence) {
	a, err := wire.ParseAddress(d.text())
	d.bad = d.bad || err != nil
	k.Address, k.Epoch = a, d.u32()
	d.copy(k.R[:])
	k.Context, k.Signed = d.text(), bytes.Clone(d.str())
	d.copy(k.Sig[:])
	return k
}
