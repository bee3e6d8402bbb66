package authority_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"marque/authority"
	"marque/device/revocation"
)

// A list that has one serial too many or too few, or another one, is not signed, wherever the serial stands.
func TestEverySerialIsAskedAboutBeforeSigning(t *testing.T) {
	const n = 600_000 // more than are asked about in one go
	r := rand.New(rand.NewPCG(31, 32))
	var serials []uint32
	for s := uint32(1); s < n-1; s += 1 + r.Uint32N(90) {
		serials = append(serials, s)
	}
	list := func(serials []uint32) *revocation.Set {
		s, err := revocation.NewSet(n, serials)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for name, good := range map[string][]uint32{"some": serials, "none": nil} {
		if err := authority.CheckAnswers(list(good), good); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := authority.CheckAnswers(nil, nil); err != nil {
		t.Errorf("nobody: %v", err)
	}
	for _, at := range []int{0, 1, len(serials) / 2, len(serials) - 1} {
		for name, bad := range map[string][]uint32{
			"one less":    slices.Delete(slices.Clone(serials), at, at+1),
			"the next":    append(slices.Delete(slices.Clone(serials), at, at+1), n-1),
			"one more":    append(slices.Clone(serials), 0),
			"the last":    append(slices.Clone(serials), n-1),
			"none at all": nil,
		} {
			if err := authority.CheckAnswers(list(bad), serials); !errors.Is(err, authority.ErrSelfCheck) {
				t.Errorf("%s at %d: %v", name, at, err)
			}
		}
	}
}
