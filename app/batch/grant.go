package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"marque/authority"
)

// Granter grants requests: [authority.Authority.EnrolAll], by whatever way. It is given at most MaxGrant, which it grants together.
type Granter func(requests [][]byte) ([]authority.Granted, error)

// Keep puts a package where it belongs, whole or not at all, and says in row.Package where. Its error ends the batch. What concerns
// one package only, it says with [Row.Lose].
type Keep func(row *Row, issued *authority.Issued) error

// Lose notes that an identity got its package, but that it is not where it should be.
func (r *Row) Lose(err error) {
	r.Action, r.Reason = Error, fmt.Sprintf("it was enrolled, but its package was not written: %v", err)
}

// Grant has everything granted that the preview says can be, and notes in the rows what came of it. Packages are kept while the next
// ones are made. When ctx ends, those that are being made are finished and kept. Whatever ends it: the same batch again goes on from
// there, and gives what was granted the same package.
func (p *Preview) Grant(ctx context.Context, grant Granter, keep Keep, progress Progress) (err error) {
	todo := p.todo()
	kept := 0
	last := func() error { return nil } // waits until what was granted before is kept
	defer func() { err = errors.Join(err, last()) }()
	for some := range slices.Chunk(todo, MaxGrant) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stopped after %d of %d requests: %w", p.granted(todo), len(todo), err)
		}
		granted, err := grant(requestsOf(some))
		if err == nil && len(granted) != len(some) {
			err = fmt.Errorf("%d results for %d requests", len(granted), len(some))
		}
		before := last()
		last = func() error { return nil }
		if err := errors.Join(err, before); err != nil {
			return err
		}
		for i, row := range some {
			row.take(&granted[i])
		}
		last = inBackground(func() error {
			for i, row := range some {
				if issued := granted[i].Issued; issued != nil {
					if err := keep(row, issued); err != nil {
						return fmt.Errorf("%s: %w", row.Address, err)
					}
				}
			}
			kept += len(some)
			if progress != nil {
				progress(kept, len(todo))
			}
			return nil
		})
	}
	return nil
}

// take notes what became of the row's request.
func (r *Row) take(g *authority.Granted) {
	if g.Err != nil {
		r.fail(g.Err)
		return
	}
	r.Done, r.Address = true, g.Issued.Address.String()
	if r.Again = g.Issued.Again; r.Again || g.Issued.Renewed {
		r.Action = Renew
	}
}

func (p *Preview) granted(rows []*Row) (n int) {
	for _, r := range rows {
		if r.Done {
			n++
		}
	}
	return n
}

// inBackground begins f and returns what waits for it.
func inBackground(f func() error) (wait func() error) {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return func() error { return <-done }
}
