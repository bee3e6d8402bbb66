package authority

import (
	"crypto/ecdh"
	"crypto/hpke"
	"fmt"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// candidate is a request on its way to a package.
type candidate struct {
	receipt *wire.Receipt // that came in place of a request; nil otherwise
	raw     []byte        // of receipt
	renews  bool          // id is an identity that there was

	request *wire.Request
	hash    [32]byte // of the request
	refused error    // what is wrong with this request; nil otherwise

	// The beginning of what is sealed to the device. A key that nothing can be sealed to is noticed before a serial is given away.
	enc    [32]byte
	sender *hpke.Sender

	leaves  bool              // the serial before is given to nobody
	id      *storage.Identity // who got, or gets, a serial by this request
	content *wire.Content     // of a new package
	issued  *Issued
}

// read does what needs no database: it parses the request, verifies its proof, and begins to seal to its key. Of a receipt, which stands
// for a request, only the registry knows more.
func (c *candidate) read(request []byte, core [32]byte) {
	c.parse(request)
	if c.request != nil && c.refused == nil {
		c.refused = c.encapsulate(wire.PackageInfo(core, c.hash, firstPackage))
	}
}

func (c *candidate) parse(b []byte) {
	if wire.Sniff(b) == wire.FoundReceipt {
		c.raw = b
		c.receipt, c.refused = wire.ParseReceipt(b)
		return
	}
	if c.request, c.refused = wire.ParseRequest(b); c.refused == nil {
		c.hash = c.request.Hash()
	}
}

// find looks who got a package for this already.
func (c *candidate) find(tx *storage.Tx) (err error) {
	if c.receipt != nil {
		c.id, err = answered(tx, c.receipt)
	} else {
		c.id, err = holder(tx, c.request)
	}
	return c.refuse(err)
}

// refuse notes what is wrong with the candidate, and returns what is wrong with everything.
func (c *candidate) refuse(err error) error {
	if err == nil || !isProblem(err) {
		return err
	}
	c.refused = err
	return nil
}

// encapsulate begins HPKE in base mode (RFC 9180).
func (c *candidate) encapsulate(info []byte) error {
	key, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(c.request.HPKEKey[:])
	if err != nil {
		return fmt.Errorf("the request's HPKE key: %w", err)
	}
	enc, sender, err := hpke.NewSender(key, hpke.HKDFSHA256(), hpke.AES256GCM(), info)
	if err != nil {
		return fmt.Errorf("the request's HPKE key: %w", err)
	}
	c.enc, c.sender = [32]byte(enc), sender
	return nil
}

// reserve gives the request a serial and an address made of it, and stores both, so that none that follows gets the same name, serial or
// enrolment key. A name that makes no address in this realm is refused.
func (a *Authority) reserve(tx *storage.Tx, c *candidate, now time.Time) error {
	serial, err := tx.NextSerial()
	if err != nil {
		return fmt.Errorf("allocate a serial: %w", err)
	}
	leaves, err := a.leavesOut()
	if err != nil {
		return err
	}
	if leaves = leaves && uint64(serial)+1 < wire.MaxSerials; leaves {
		serial++
	}
	address, err := wire.NewAddress(a.core.Realm, "", c.request.Name, serial)
	if err != nil { // together they are too long
		c.refused = fmt.Errorf("make the address: %w", err)
		return nil
	}
	epoch, err := a.core.Epoch(now)
	if err != nil {
		return fmt.Errorf("choose the epochs: %w", err)
	}
	if leaves {
		if err := tx.SkipTo(serial); err != nil {
			return fmt.Errorf("leave a serial out: %w", err)
		}
	}
	c.leaves = leaves
	c.id = &storage.Identity{
		Serial: serial, Address: address, Kind: c.request.Kind, Request: c.hash, EnrolmentKey: c.request.U,
		Sequence: firstPackage, FirstEpoch: epoch, Epochs: Epochs, Issued: now,
	}
	if err := tx.AddIdentity(c.id); err != nil {
		return fmt.Errorf("store the identity: %w", err)
	}
	c.content = &wire.Content{Address: address, FirstEpoch: epoch, Policy: a.terms.Load().stmt}
	return nil
}

// taken returns how many serials candidates take up: their own, and those that are left out before them.
func taken(fresh []*candidate) int {
	n := len(fresh)
	for _, c := range fresh {
		if c.leaves {
			n++
		}
	}
	return n
}
