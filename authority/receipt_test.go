package authority_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"marque/authority"
	"marque/device"
	"marque/device/ibc"
	"marque/device/wire"
	"marque/storage"
)

// vehicle is a device with keys of a realm.
type vehicle struct {
	*device.Device

	dir string
	o   device.Options
}

func (r *realm) vehicle(t *testing.T, name string) *vehicle {
	t.Helper()
	v := &vehicle{dir: filepath.Join(t.TempDir(), name), o: device.Options{Clock: r.clock}}
	var err error
	if v.Device, err = device.Create(v.dir, device.Wanted{Name: name, Kind: wire.KindVehicle}, v.o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	request, err := v.Request()
	if err != nil {
		t.Fatal(err)
	}
	issued, err := r.Enrol(request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Install(issued.Package, r.Core().Hash()); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *vehicle) receipt(t *testing.T) []byte {
	t.Helper()
	b, err := v.Receipt()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (r *realm) accept(t *testing.T, receipt []byte) *authority.Accepted {
	t.Helper()
	a, err := r.AcceptReceipt(receipt)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestReceiptsSayWhoHoldsWhat(t *testing.T) {
	r := found(t)
	bus, tram := r.vehicle(t, "bus-1"), r.vehicle(t, "tram-1")
	if s := r.status(t); s.Unreceived != 2 {
		t.Errorf("%d receipts missing", s.Unreceived)
	}
	first := bus.receipt(t)
	if a := r.accept(t, first); a.Again || a.Address != bus.Status().Address || a.List != (wire.Order{}) || a.Warning != "" {
		t.Errorf("%+v", a)
	}
	if a := r.accept(t, first); !a.Again {
		t.Errorf("the same again: %+v", a)
	}
	r.later(time.Hour)
	list := r.publish(t)
	if _, err := bus.Apply(list.Bundle); err != nil {
		t.Fatal(err)
	}
	if a := r.accept(t, bus.receipt(t)); a.Again || a.List.Sequence != list.Sequence || !a.Received.Equal(r.now.Truncate(time.Second)) {
		t.Errorf("%+v", a)
	}
	if a := r.accept(t, first); !a.Again {
		t.Errorf("an older one: %+v", a)
	}
	r.reopen(t)
	all, err := r.Receipts(0, 10)
	if err != nil || len(all) != 2 || !all[0].Got || all[0].List.Sequence != list.Sequence || all[1].Got || all[1].Address != tram.Status().Address {
		t.Fatalf("%+v, %v", all, err)
	}
	if s := r.status(t); s.Unreceived != 1 || s.Alarms != 0 {
		t.Errorf("%d receipts missing, %d alarms", s.Unreceived, s.Alarms)
	}
	r.revoke(t, tram.Status().Address)
	_, err = r.AcceptReceipt(tram.receipt(t))
	refused(t, "a revoked device's", err, authority.ErrAlreadyRevoked)
	if s := r.status(t); s.Unreceived != 0 {
		t.Errorf("%d receipts missing", s.Unreceived)
	}
	r.mustAudit(t)
}

func TestEveryFlippedBitOfAReceipt(t *testing.T) {
	r := found(t)
	b := r.vehicle(t, "bus-1").receipt(t)
	for i := range 8 * len(b) {
		v := bytes.Clone(b)
		v[i/8] ^= 1 << (i % 8)
		if _, err := r.AcceptReceipt(v); err == nil {
			t.Fatalf("bit %d flipped, and accepted", i)
		}
	}
	if s := r.status(t); s.Unreceived != 1 || s.Alarms != 0 {
		t.Errorf("%+v", s)
	}
	r.accept(t, b)
}

// copies returns receipts that so many copies of a device make. It is closed for that.
func (v *vehicle) copies(t *testing.T, n int) (receipts [][]byte) {
	t.Helper()
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	for range n {
		dir := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(dir, os.DirFS(v.dir)); err != nil {
			t.Fatal(err)
		}
		d, err := device.Load(dir, v.o)
		if err != nil {
			t.Fatal(err)
		}
		b, err := d.Receipt()
		if err := errors.Join(err, d.Close()); err != nil {
			t.Fatal(err)
		}
		receipts = append(receipts, b)
	}
	return receipts
}

// Two copies of one device make receipts that cannot both be its.
func TestTwoReceiptsForOnePackage(t *testing.T) {
	r := found(t)
	bus := r.vehicle(t, "bus-1")
	receipts := bus.copies(t, 3)
	kept := r.accept(t, receipts[0])
	for range 2 {
		for _, b := range receipts[1:] {
			_, err := r.AcceptReceipt(b)
			refused(t, "a second receipt", err, authority.ErrTwoReceipts)
		}
	}
	if s := r.status(t); s.Alarms != 1 || s.Revoked != 1 || s.Unpublished != 1 || s.Unreceived != 0 {
		t.Errorf("%+v", s)
	}
	_, err := r.AcceptReceipt(receipts[0])
	refused(t, "the first one again", err, authority.ErrSuspended)
	r.release(t, kept.Address) // and the same is no reason to suspend it again
	_, err = r.AcceptReceipt(receipts[1])
	refused(t, "a second receipt after the release", err, authority.ErrTwoReceipts)
	if s := r.status(t); s.Alarms != 1 || s.Revoked != 0 {
		t.Errorf("%+v", s)
	}
	all, err := r.Receipts(0, 10)
	if err != nil || all[0].Next != kept.Next {
		t.Errorf("%+v, %v", all, err)
	}
	r.mustAudit(t)
}

// Whoever has the realm's secret can make keys that the log does not have. Their receipts give them away.
func TestReceiptOfAKeyThatWasNotIssued(t *testing.T) {
	r := found(t)
	d := newRequester(t, "bus-1", r.now)
	issued, err := r.Enrol(d.request)
	if err != nil {
		t.Fatal(err)
	}
	forged := r.forgedReceipt(t, d, issued.Address)
	_, err = r.AcceptReceipt(forged)
	refused(t, "a key that was not issued", err, authority.ErrForeignKey)
	if s := r.status(t); s.Alarms != 1 || s.Unreceived != 1 {
		t.Errorf("%+v", s)
	}
	r.mustAudit(t)
}

// forgedReceipt makes a second key of an identity's first epoch, and a receipt with it.
func (r *realm) forgedReceipt(t *testing.T, d *requester, address wire.Address) []byte {
	t.Helper()
	id, err := r.Core().Identity(address, 0)
	if err != nil {
		t.Fatal(err)
	}
	partial, err := r.vault.Extract(id, d.u.Public())
	if err != nil {
		t.Fatal(err)
	}
	params, err := r.vault.Params()
	if err != nil {
		t.Fatal(err)
	}
	key, err := d.u.Complete(params, id, partial)
	if err != nil {
		t.Fatal(err)
	}
	return marshal(t, r.answer(t, key, address, 1, d.body.Hash(), newEnrolmentKey(t)))
}

func newEnrolmentKey(t *testing.T) *ibc.EnrolmentKey {
	t.Helper()
	u, err := ibc.NewEnrolmentKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// answer makes the receipt for the package that a request got, which brings an enrolment key for the next one.
func (r *realm) answer(t *testing.T, key *ibc.PrivateKey, address wire.Address, sequence uint32, request [32]byte, u *ibc.EnrolmentKey) *wire.Receipt {
	t.Helper()
	hpke, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	at := r.now.Truncate(time.Second)
	out := &wire.Receipt{
		Ref: r.Core().Ref(), Address: address, Sequence: sequence, R: key.R(), Installed: at, Time: at, U: u.Public(), HPKEKey: [32]byte(hpke.PublicKey().Bytes()),
	}
	body, err := out.Next(wire.KindVehicle, request).Body()
	if err != nil {
		t.Fatal(err)
	}
	if out.Proof, err = u.Prove(rand.Reader, body); err != nil {
		t.Fatal(err)
	}
	signed, err := out.Signed(request)
	if err != nil {
		t.Fatal(err)
	}
	if out.Sig, err = key.Sign(rand.Reader, wire.ReceiptContext, signed); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestReceiptsThatAreNoneOfThisRealm(t *testing.T) {
	r, other := found(t), found(t)
	b := other.vehicle(t, "bus-1").receipt(t)
	_, err := r.AcceptReceipt(b)
	refused(t, "of nobody", err, authority.ErrNotFound)
	r.vehicle(t, "bus-1")
	_, err = r.AcceptReceipt(b)
	refused(t, "of another realm", err, wire.ErrRealm)
}

// Whoever can write to the database can neither hide a key that was made with the realm's secret nor raise an alarm about an honest device.
func TestExchangedPointsAreNoticed(t *testing.T) {
	r := found(t)
	bus := r.vehicle(t, "bus-1")
	honest := bus.receipt(t)
	d := newRequester(t, "tram-1", r.now)
	issued, err := r.Enrol(d.request)
	if err != nil {
		t.Fatal(err)
	}
	forged := r.forgedReceipt(t, d, issued.Address)
	thief, err := wire.ParseReceipt(forged)
	if err != nil {
		t.Fatal(err)
	}
	r.edit(t, func(tx *bbolt.Tx) error {
		points := tx.Bucket([]byte("points"))
		return errors.Join(points.Delete([]byte{0, 0, 0, 0, 0, 0, 0, 1}), points.Delete([]byte{0, 0, 0, 1, 0, 0, 0, 1}))
	})
	r.update(t, func(tx *storage.Tx) error {
		return errors.Join(tx.AddPoints(0, 1, [][32]byte{thief.R}), tx.AddPoints(1, 1, [][32]byte{thief.R}))
	})
	_, err = r.AcceptReceipt(forged)
	refused(t, "a key that was written beside the log", err, authority.ErrInconsistent)
	_, err = r.AcceptReceipt(honest)
	refused(t, "an honest receipt against keys that were exchanged", err, authority.ErrInconsistent)
	if s := r.status(t); s.Alarms != 0 || s.Unreceived != 2 {
		t.Errorf("%+v", s)
	}
	r.mustAudit(t)
}

// What a receipt brings is for the next package of its device: as a request of its own it would bring a revoked device back.
func TestNextRequestIsNoNewDevice(t *testing.T) {
	r := found(t)
	bus := r.vehicle(t, "bus-1")
	b := bus.receipt(t)
	receipt, err := wire.ParseReceipt(b)
	if err != nil {
		t.Fatal(err)
	}
	next := marshal(t, receipt.Next(wire.KindVehicle, bus.Status().Request))
	r.accept(t, b)
	r.revoke(t, bus.Status().Address)
	review, err := r.Review(next)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, "reviewed", review.Problem, authority.ErrSeenKey)
	_, err = r.Enrol(next)
	refused(t, "enrolled", err, authority.ErrSeenKey)
	r.mustAudit(t)
}
