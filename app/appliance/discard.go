package appliance

import (
	"errors"
	"fmt"

	"marque/authority"
)

// Discard removes an authority that was founded and never used, together with its counters in the TPM: one whose cards nobody has got,
// because the program or the connection ended right after the founding. Its drill must be pending, so that it cannot have issued
// anything. Errors: [ErrUsed], those of [Open], and those of hsm.DiscardStale.
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
	outcome, err := a.authority.Drill()
	if err == nil && outcome != authority.DrillPending {
		err = ErrUsed
	}
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
