package device

import (
	"bytes"
	"errors"
	"fmt"

	"marque/device/wire"
)

// rotation is the last change of cores.
type rotation struct {
	since  uint64     // generation of the state file that it began with; what was written before is of the former core
	core   *wire.Core // that it was to
	raw    []byte     // of core
	hash   [32]byte
	former Former
}

// outdates says whether a file of this generation is of the former core.
func (r *rotation) outdates(generation uint64) bool { return r != nil && generation < r.since }

func (r *rotation) encode(e *encoder) {
	e.flag(r != nil)
	if r == nil {
		return
	}
	former, err := r.former.Core.Marshal()
	if err != nil {
		panic("device: a core that was parsed does not marshal: " + err.Error())
	}
	e.u64(r.since)
	e.str(r.raw)
	e.str(former)
	e.text(r.former.Address.String())
	e.str(r.former.Checkpoint)
}

// decodeRotation reads what encode wrote.
func decodeRotation(d *decoder) (*rotation, error) {
	if !d.flag() {
		return nil, nil
	}
	r := &rotation{since: d.u64(), raw: bytes.Clone(d.str())}
	former, address := d.str(), d.text()
	r.former.Checkpoint = bytes.Clone(d.str())
	if d.bad {
		return nil, fmt.Errorf("rotation: %w", ErrCorrupt)
	}
	var err, formerErr, addressErr error
	r.core, err = wire.ParseCore(r.raw)
	r.former.Core, formerErr = wire.ParseCore(former)
	if address != "" {
		r.former.Address, addressErr = wire.ParseAddress(address)
	}
	if err := errors.Join(err, formerErr, addressErr); err != nil {
		return nil, fmt.Errorf("rotation: %w: %w", ErrCorrupt, err)
	}
	r.hash, r.former.CoreHash = wire.CoreHash(r.raw), wire.CoreHash(former)
	return r, nil
}
