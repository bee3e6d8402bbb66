package authority

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"math/big"
	"slices"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// Padding says how lists hide how many are revoked: among them stand serials that were given to nobody. The zero value pads none.
type Padding struct {
	Step  uint32 // lists hold a multiple of so many serials, 1 to [wire.MaxPaddingStep]
	Share uint32 // about one in so many serials is left out when keys are issued, [wire.MinPaddingShare] to [wire.MaxPaddingShare]
}

// On reports whether lists are padded.
func (p Padding) On() bool { return p.Step > 0 }

func (p Padding) entry() *wire.PaddingEntry { return &wire.PaddingEntry{Step: p.Step, Share: p.Share} }

// missing returns how many serials fill a list of n up.
func (p Padding) missing(n int) int {
	if !p.On() {
		return 0
	}
	step := int(p.Step)
	return (step - n%step) % step
}

// check reports wire.ErrValue for numbers that no padding has.
func (p Padding) check() error {
	_, err := (&wire.LogEntry{Time: time.Unix(0, 0), Entry: p.entry()}).Marshal()
	return err
}

// SetPadding changes how lists are padded, from the next list and the next serial on. What is on a list stays there until its keys would
// have run out, had there been any. Where there are officers, they decide: [ErrApprovalsMissing], see [Authority.Propose] and
// [PaddingPayload]. Other errors: wire.ErrValue, and those of every change.
func (a *Authority) SetPadding(p Padding) error {
	if err := a.direct(); err != nil {
		return fmt.Errorf("set the padding: %w", err)
	}
	err := a.change(func(tx *storage.Tx, now time.Time) error {
		_, _, err := record(tx, now, p.entry())
		return err
	})
	if err != nil {
		return fmt.Errorf("set the padding: %w", err)
	}
	return nil
}

// reserves are the serials that are given to nobody.
type reserves struct {
	padding Padding        // in force
	all     []uint32       // ascending
	padded  int            // of those, on the lists, or on the next one
	at      map[uint32]int // by the list's sequence: how many were on it; none for none
}

// has reports whether a serial is one of them.
func (r *reserves) has(serial uint32) bool {
	_, found := slices.BinarySearch(r.all, serial)
	return found
}

func (l *ledger) reserve(e *wire.ReserveEntry, epoch uint32, complain func(string, ...any)) {
	if !l.reserves.padding.On() {
		complain("it leaves a serial out though lists are not padded")
	}
	if uint64(e.NextSerial) != l.n()+1 {
		complain("it goes on with serial %d after one that is left out, where %d is next", e.NextSerial, l.n())
		return
	}
	l.gap(e.NextSerial)
	l.reserves.all = append(l.reserves.all, uint32(l.n()))
	l.give(epoch + Epochs - 1) // as if it had been issued, so that it leaves the lists when its neighbours do
	l.keys = append(l.keys, [32]byte{})
	l.standings = append(l.standings, reserved)
}

// pad reads that a list is padded with a serial.
func (l *ledger) pad(e *wire.RevokeEntry, complain func(string, ...any)) {
	if l.standings[e.Serial] != reserved {
		complain("it pads the list with serial %d, which was given away or is on it already", e.Serial)
		return
	}
	if e.Reason != wire.ReasonNeverIssued {
		complain("it revokes serial %d, which was given to nobody", e.Serial)
	}
	l.standings[e.Serial] = padded
	l.reserves.padded++
}

// pad fills a list up to a multiple of the step with serials of the reserve, all of which are as likely, and returns how many are missing
// to that. A list is made all the same: what is revoked must be known.
func (a *Authority) pad(tx *storage.Tx, now time.Time, revoked []storage.Standing) (list []storage.Standing, short int, err error) {
	if err := a.read(tx); err != nil { // what this change made of the log before
		return nil, 0, err
	}
	missing := a.ledger.reserves.padding.missing(len(revoked))
	chosen, err := a.chooseReserve(now, missing)
	if err != nil {
		return nil, 0, err
	}
	for _, serial := range chosen {
		last := a.ledger.lastEpochs[serial]
		r := storage.Revocation{Reason: wire.ReasonNeverIssued, Effective: now, At: now}
		if err := putLost(tx, &storage.Lost{Serial: serial, LastEpoch: last, Revoked: r}); err != nil {
			return nil, 0, fmt.Errorf("pad the list: %w", err)
		}
		revoked = append(revoked, storage.Standing{Serial: serial, LastEpoch: last})
	}
	slices.SortFunc(revoked, func(s, t storage.Standing) int { return cmp.Compare(s.Serial, t.Serial) })
	return revoked, missing - len(chosen), nil
}

// free returns the serials of the reserve that a list may be padded with at a time: those on none yet, whose keys would not have run out.
func (l *ledger) free(at time.Time) (serials []uint32) {
	first, _ := l.coverage(at)
	for _, serial := range l.reserves.all {
		if l.standings[serial] == reserved && !lapsed(l.outlast(serial), first) {
			serials = append(serials, serial)
		}
	}
	return serials
}

// chooseReserve returns up to n serials of the reserve all as likely, ascending.
func (a *Authority) chooseReserve(now time.Time, n int) ([]uint32, error) {
	free := a.ledger.free(now)
	n = min(n, len(free))
	for i := range n { // the beginning of a shuffle by Fisher and Yates
		j, err := randomBelow(len(free) - i)
		if err != nil {
			return nil, err
		}
		free[i], free[i+j] = free[i+j], free[i]
	}
	slices.Sort(free[:n])
	return free[:n], nil
}

// leavesOut draws whether the next serial is given to nobody.
func (a *Authority) leavesOut() (bool, error) {
	p := a.ledger.reserves.padding
	if !p.On() {
		return false, nil
	}
	drawn, err := randomBelow(int(p.Share))
	return drawn == 0, err
}

// randomBelow returns one of 0 … n − 1, n ≥ 1, each as likely.
func randomBelow(n int) (int, error) {
	drawn, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		return 0, fmt.Errorf("draw a number: %w", err)
	}
	return int(drawn.Int64()), nil
}
