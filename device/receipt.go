package device

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"marque/device/wire"
)

// answer is what a device answers its package with: the keys that the next package is to be made for, drawn once, and the newest receipt.
type answer struct {
	installed time.Time  // when the package was installed, whole seconds; zero if it was before there were receipts
	next      *enrolment // nil before the first receipt
	receipt   []byte     // likewise
	list      wire.Order // that the receipt speaks of
}

// Format keeps the secrets out of everything printed.
func (answer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[secret]") }

func (a *answer) erase() {
	if a != nil {
		a.next.erase()
	}
}

// Receipt returns what this device answers its package with, at most 536 octets, to be shown to whoever keeps the authority's registry: that
// the package is installed, which revocation list is in force, and the keys that the next package is to be made for. It is the same, byte for
// byte, until a package is installed or another list applied; those keys are the same until a package is. A device that finds itself on the
// list makes receipts, too. Errors: ErrNotInstalled, ErrEpoch without a key for now, ErrClosed.
func (d *Device) Receipt() ([]byte, error) {
	b, err := d.newestReceipt()
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	return b, nil
}

func (d *Device) newestReceipt() ([]byte, error) {
	d.saving.Lock() // under which alone answers change
	defer d.saving.Unlock()
	d.mu.RLock()
	r, err := d.ready()
	wanted, request, list := d.wanted, d.request, wire.Order{}
	if d.list != nil {
		list = d.list.order
	}
	d.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	if a := r.answer; a != nil && a.receipt != nil && a.list == list {
		return bytes.Clone(a.receipt), nil
	}
	a, err := d.makeReceipt(r, wanted, request, list)
	if err != nil {
		return nil, err
	}
	if err := d.keepReceipt(r, a); err != nil {
		return nil, err
	}
	return bytes.Clone(a.receipt), nil
}

// makeReceipt signs a receipt, for the keys of the one before if there was one.
func (d *Device) makeReceipt(r *realm, w Wanted, request [32]byte, list wire.Order) (a *answer, err error) {
	now := d.now().Truncate(time.Second)
	a = &answer{installed: now, list: list}
	if old := r.answer; old != nil {
		a.next = old.next
		if !old.installed.IsZero() {
			a.installed = old.installed
		}
	}
	if a.next == nil {
		if a.next, err = makeEnrolment(w, a.installed, (*[16]byte)(request[:16]), d.o.Rand); err != nil {
			return nil, err
		}
	}
	epoch, err := r.epoch(now)
	if err != nil {
		return nil, err
	}
	key, err := r.keys.key(epoch)
	if err != nil {
		return nil, err
	}
	next, err := wire.ParseRequest(a.next.request)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	receipt := &wire.Receipt{
		Ref: r.ref, Address: r.address, Sequence: r.sequence, R: key.R(), List: list, Installed: a.installed, Time: now,
		U: next.U, HPKEKey: next.HPKEKey, Proof: next.Proof,
	}
	signed, err := receipt.Signed(request)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if receipt.Sig, err = key.Sign(d.o.Rand, wire.ReceiptContext, signed); err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	if _, err := receipt.Verify(r.core, w.Kind, request); err != nil {
		return nil, fmt.Errorf("own result: %w: %w", ErrCorrupt, err)
	}
	a.receipt, err = receipt.Marshal()
	return a, err
}

// keepReceipt writes the state with a new answer: what was shown to others is never forgotten. The caller holds saving.
func (d *Device) keepReceipt(r *realm, a *answer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return ErrClosed
	}
	old := r.answer
	r.answer = a
	if err := d.writeState(d.encodeState()); err != nil {
		r.answer = old
		return err
	}
	return nil
}

func (a *answer) encode(e *encoder) {
	e.flag(a != nil)
	if a == nil {
		return
	}
	e.moment(a.installed)
	e.flag(a.next != nil)
	if a.next == nil {
		return
	}
	a.next.encode(e)
	e.str(a.receipt)
	e.u32(a.list.Generation)
	e.u32(a.list.Base)
	e.u32(a.list.Sequence)
}

// decodeAnswer reads what encode wrote.
func decodeAnswer(d *decoder) (*answer, error) {
	if !d.flag() {
		return nil, nil //nolint:nilnil // none is no error
	}
	a := &answer{installed: d.moment()}
	if !d.flag() {
		return a, nil
	}
	var err error
	if a.next, err = decodeEnrolment(d); err != nil {
		return nil, err
	}
	a.receipt = bytes.Clone(d.str())
	a.list = wire.Order{Generation: d.u32(), Base: d.u32(), Sequence: d.u32()}
	return a, nil
}

// encodeAnswer and decodeAnswerRest are the last part of the state file, which earlier ones do not have.
func (d *Device) encodeAnswer(e *encoder) {
	e.flag(d.realm != nil)
	if d.realm != nil {
		d.realm.answer.encode(e)
	}
}

func (d *Device) decodeAnswerRest(r *decoder) (err error) {
	if r.end() || !r.flag() {
		return nil
	}
	if d.realm == nil {
		return fmt.Errorf("state: %w", ErrCorrupt)
	}
	d.realm.answer, err = decodeAnswer(r)
	return err
}
