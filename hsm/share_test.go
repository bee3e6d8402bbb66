package hsm_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"marque/hsm"
)

func newSeed(t testing.TB) *hsm.Seed {
	t.Helper()
	s, err := hsm.NewSeed(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// split makes m-of-n cards of a new seed.
func split(t testing.TB, m, n int) (*hsm.Seed, *hsm.Commitments, []*hsm.Share) {
	t.Helper()
	seed := newSeed(t)
	c, shares, err := hsm.Split(seed, hsm.PurposeBackup, m, n)
	if err != nil {
		t.Fatal(err)
	}
	return seed, c, shares
}

// same reports whether two seeds derive the same realm.
func same(t *testing.T, a, b *hsm.Seed) bool {
	t.Helper()
	p, err := a.Params()
	if err != nil {
		t.Fatal(err)
	}
	q, err := b.Params()
	if err != nil {
		t.Fatal(err)
	}
	return p.X() == q.X() && p.Z() == q.Z() && a.StatementKey() == b.StatementKey()
}

// subsets calls f with every subset of the shares.
func subsets(shares []*hsm.Share, f func([]*hsm.Share)) {
	for bits := range 1 << len(shares) {
		var some []*hsm.Share
		for i, s := range shares {
			if bits>>i&1 == 1 {
				some = append([]*hsm.Share{s}, some...)
			}
		}
		f(some)
	}
}

func TestEverySubsetOfTheNeededSizeGivesTheSeed(t *testing.T) {
	for n := 1; n <= 4; n++ {
		for m := 1; m <= n; m++ {
			t.Run(fmt.Sprintf("%d of %d", m, n), func(t *testing.T) {
				seed, c, shares := split(t, m, n)
				subsets(shares, func(some []*hsm.Share) { checkSubset(t, seed, c, some) })
			})
		}
	}
}

func checkSubset(t *testing.T, seed *hsm.Seed, c *hsm.Commitments, some []*hsm.Share) {
	t.Helper()
	got, err := hsm.Combine(c, some)
	_, public := hsm.RebuildCommitments(some)
	switch {
	case len(some) < c.Needed():
		if !errors.Is(err, hsm.ErrTooFewShares) || !errors.Is(public, hsm.ErrTooFewShares) {
			t.Errorf("%d cards: %v, %v", len(some), err, public)
		}
	case len(some) > c.Needed():
		if !errors.Is(err, hsm.ErrTooManyShares) || !errors.Is(public, hsm.ErrTooManyShares) {
			t.Errorf("%d cards: %v, %v", len(some), err, public)
		}
	case err != nil || public != nil:
		t.Errorf("%d cards: %v, %v", len(some), err, public)
	case !same(t, seed, got):
		t.Errorf("%d cards gave another seed", len(some))
	}
}

func TestLargestSet(t *testing.T) {
	seed, c, shares := split(t, 32, 32)
	again, err := hsm.RebuildCommitments(shares)
	if err != nil || again.Text() != c.Text() {
		t.Fatalf("rebuilt other commitments: %v", err)
	}
	got, err := hsm.Combine(again, shares)
	if err != nil || !same(t, seed, got) {
		t.Fatalf("another seed: %v", err)
	}
	if _, err := hsm.ParseCommitments(c.Text()); err != nil {
		t.Error(err)
	}
}

func TestImpossibleNumbersOfShares(t *testing.T) {
	seed := newSeed(t)
	for _, mn := range [][2]int{{0, 1}, {0, 0}, {-1, 2}, {3, 2}, {1, 33}, {1, 257}} {
		if _, _, err := hsm.Split(seed, hsm.PurposeBackup, mn[0], mn[1]); !errors.Is(err, hsm.ErrShareNumbers) {
			t.Errorf("%d of %d: %v", mn[0], mn[1], err)
		}
	}
	if _, _, err := hsm.Split(seed, 0, 1, 1); !errors.Is(err, hsm.ErrShareNumbers) {
		t.Errorf("no purpose: %v", err)
	}
}

func TestWrongCardIsNamed(t *testing.T) {
	_, c, shares := split(t, 2, 3)
	_, _, others := split(t, 2, 3)
	for name, bad := range map[string]*hsm.Share{
		"another value":  hsm.ForgeShare(t, shares[1], 2, others[1]),
		"another number": hsm.ForgeShare(t, shares[0], 2, shares[0]),
	} {
		err := c.Verify(bad)
		if !errors.Is(err, hsm.ErrShare) || !strings.Contains(err.Error(), "card 2") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := hsm.Combine(c, []*hsm.Share{shares[2], bad}); !errors.Is(err, hsm.ErrShare) || !strings.Contains(err.Error(), "card 2") {
			t.Errorf("%s: combine: %v", name, err)
		}
		if _, err := hsm.RebuildCommitments([]*hsm.Share{shares[2], bad}); !errors.Is(err, hsm.ErrShare) {
			t.Errorf("%s: rebuild: %v", name, err)
		}
	}
}

func TestCardsOfTwoSetsDoNotMix(t *testing.T) {
	seed, c, shares := split(t, 2, 3)
	_, more, err := hsm.Split(seed, hsm.PurposeBackup, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	_, next, err := hsm.Split(seed, hsm.PurposeNext, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []*hsm.Share{more[1], next[1]} {
		if _, err := hsm.Combine(c, []*hsm.Share{shares[0], other}); !errors.Is(err, hsm.ErrOtherSet) {
			t.Errorf("combine: %v", err)
		}
		if _, err := hsm.RebuildCommitments([]*hsm.Share{shares[0], other}); !errors.Is(err, hsm.ErrOtherSet) {
			t.Errorf("rebuild: %v", err)
		}
	}
	if err := c.Verify(more[1]); !errors.Is(err, hsm.ErrOtherSet) {
		t.Errorf("verify: %v", err)
	}
}

func TestPurposeIsBoundIntoTheSet(t *testing.T) {
	_, c, shares := split(t, 1, 1)
	if _, err := hsm.RebuildCommitments([]*hsm.Share{hsm.ForgePurpose(shares[0], hsm.PurposeNext)}); !errors.Is(err, hsm.ErrShare) {
		t.Errorf("a backup card passed for one of the next core: %v", err)
	}
	if err := c.Verify(hsm.ForgePurpose(shares[0], hsm.PurposeNext)); !errors.Is(err, hsm.ErrOtherSet) {
		t.Errorf("verify: %v", err)
	}
}

func TestCardWithAnotherEncryptedSeedIsNamed(t *testing.T) {
	_, c, shares := split(t, 2, 3)
	c, err := hsm.ParseCommitments(c.Text())
	if err != nil {
		t.Fatal(err)
	}
	bad := hsm.ForgeSealed(shares[1])
	if err := c.Verify(bad); !errors.Is(err, hsm.ErrShare) || !strings.Contains(err.Error(), "card 2") {
		t.Errorf("verify: %v", err)
	}
	if _, err := hsm.Combine(c, []*hsm.Share{shares[2], bad}); !errors.Is(err, hsm.ErrShare) || !strings.Contains(err.Error(), "card 2") {
		t.Errorf("combine: %v", err)
	}
	if _, err := hsm.RebuildCommitments([]*hsm.Share{shares[2], bad}); !errors.Is(err, hsm.ErrOtherSet) {
		t.Errorf("rebuild: %v", err)
	}
}

func TestEncryptedSeedAlteredOnAllCards(t *testing.T) {
	_, c, shares := split(t, 2, 2)
	forged := []*hsm.Share{hsm.ForgeSealed(shares[0]), hsm.ForgeSealed(shares[1])}
	if _, err := hsm.Combine(c, forged); !errors.Is(err, hsm.ErrShare) || !strings.Contains(err.Error(), "card 1") {
		t.Errorf("got %v", err)
	}
	rebuilt, err := hsm.RebuildCommitments(forged)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hsm.Combine(rebuilt, forged); !errors.Is(err, hsm.ErrShare) {
		t.Errorf("in the commitments too: %v", err)
	}
}

func TestSameCardTwice(t *testing.T) {
	_, c, shares := split(t, 2, 3)
	if _, err := hsm.Combine(c, []*hsm.Share{shares[0], shares[0]}); !errors.Is(err, hsm.ErrSameShare) {
		t.Errorf("got %v", err)
	}
	if _, err := hsm.Combine(c, nil); !errors.Is(err, hsm.ErrTooFewShares) {
		t.Errorf("no card: %v", err)
	}
	if _, err := hsm.RebuildCommitments(nil); !errors.Is(err, hsm.ErrTooFewShares) {
		t.Errorf("no card: %v", err)
	}
}

func TestErasedCardIsOfNoUse(t *testing.T) {
	_, c, shares := split(t, 1, 1)
	shares[0].Erase()
	if err := c.Verify(shares[0]); !errors.Is(err, hsm.ErrShare) {
		t.Errorf("got %v", err)
	}
}

func TestSharesAndSeedsDoNotPrint(t *testing.T) {
	seed, _, shares := split(t, 2, 2)
	secret := string(shares[0].Text())[100:]
	for _, v := range []any{seed, *seed, shares[0], *shares[0], shares} {
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		j, _ := json.Marshal(v)
		for _, s := range []string{fmt.Sprint(v), fmt.Sprintf("%+v %#v %x %s %d", v, v, v, v, v), log.String(), string(j)} {
			if !strings.Contains(s, "redacted") || strings.Contains(s, secret) || len(s) > 400 {
				t.Errorf("printed as %q", s)
			}
		}
	}
}
