package appliance

import (
	"errors"
	"fmt"

	"marque/storage"
)

// Discard removes an authority that was founded and never used, together with its counters in the TPM: one whose cards nobody has got,
// because the program or the connection ended right after the founding. Its drill must be pending, so that it cannot have issued
// anything, and it must be neither restored nor older than the TPM's counter. Errors: [ErrUsed], those of [Open], and those of hsm.DiscardStale.
func Discard(dir string, o Options) error {
	if err := discardUnused(dir, o); err != nil {
		return fmt.Errorf("discard the authority: %w", err)
	}
	return nil
}

func discardUnused(dir string, o Options) error {
	a, err := Open(dir, o)
	if err != nil {
		return err
	}
	err = a.unused()
	b := &builder{options: o}
	if err == nil {
		err = b.takeBack(dir) // nobody else opens the database meanwhile
	}
	if err := errors.Join(err, a.Close()); err != nil {
		return err
	}
	if b.site, err = openSite(b.dir, founding, b.discard); err != nil {
		return err
	}
	return b.site.abandon()
}

// unused makes sure that this is the newest state of a realm, and that nothing was done with it: the counters of a copy's vault are those
// of the realm that it is a copy of.
func (a *Appliance) unused() error {
	c, err := a.Custody()
	if err != nil {
		return err
	}
	if err := errors.Join(c.TPMError, a.store.View(func(tx *storage.Tx) error {
		if tx.Restored() {
			return ErrUsed
		}
		return nil
	})); err != nil {
		return err
	}
	if c.Drill != DrillPending || c.TPM != nil && c.TPM.Counter != c.Counter {
		return ErrUsed
	}
	return nil
}

// takeBack makes the authority in dir a founding that was interrupted.
func (b *builder) takeBack(dir string) (err error) {
	if b.dir, err = resolve(dir); err != nil {
		return err
	}
	if b.site, err = openSite(b.dir, founding, b.discard); err != nil {
		return err
	}
	if err := b.site.retreat(b.dir); err != nil {
		return errors.Join(err, b.site.abandon())
	}
	return b.site.close()
}
