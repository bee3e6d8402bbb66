package localapi_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"marque/app/localapi"
	"marque/authority"
	"marque/device/wire"
	"marque/hsm"
)

func TestBatch(t *testing.T) {
	c := dial(t, fleet(t))
	founded(t, c)
	taken := request(t, "bus-0")
	if _, err := c.Enrol(taken); err != nil {
		t.Fatal(err)
	}
	altered := request(t, "bus-9")
	altered[len(altered)-1] ^= 1
	requests := [][]byte{request(t, "bus-1"), taken, request(t, "bus-0"), altered, request(t, "bus-2")}
	verdicts, err := c.ReviewAll(requests)
	if err != nil {
		t.Fatal(err)
	}
	granted, err := c.EnrolAll(requests)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{nil, nil, authority.ErrUsedName, wire.ErrProof, nil} {
		v, g := verdicts[i], granted[i]
		if !errors.Is(v.Problem, want) || !errors.Is(g.Err, want) || g.Index != i || (g.Issued == nil) == (g.Err == nil) {
			t.Fatalf("request %d: %+v, %+v", i, v, g)
		}
		if want == nil && (v.Again != (i == 1) || g.Issued.Again != (i == 1) || v.Again && v.Address != g.Issued.Address) {
			t.Errorf("request %d: %+v, %+v", i, v, g.Issued)
		}
	}
	again, err := c.EnrolAll(requests[4:])
	if err != nil || !again[0].Issued.Again || !bytes.Equal(again[0].Issued.Package, granted[4].Issued.Package) ||
		again[0].Issued.Address.String() != fmt.Sprintf("//%s/Sbus-2~2", realm) {
		t.Errorf("%+v, %v", again, err)
	}
	if _, err := c.EnrolAll(make([][]byte, authority.MaxTogether+1)); !errors.Is(err, localapi.ErrRequest) {
		t.Errorf("too many: %v", err)
	}
	if _, err := c.ReviewAll(make([][]byte, localapi.MaxReviews+1)); !errors.Is(err, localapi.ErrRequest) {
		t.Errorf("too many: %v", err)
	}
	if err := c.Lock(); err != nil {
		t.Fatal(err)
	}
	for _, call := range []func() error{
		func() error { _, err := c.ReviewAll(requests); return err },
		func() error { _, err := c.EnrolAll(requests); return err },
	} {
		if err := call(); !errors.Is(err, authority.ErrLocked) && !errors.Is(err, hsm.ErrLocked) && !errors.Is(err, localapi.ErrSignOn) {
			t.Errorf("locked: %v", err)
		}
	}
}

// TestLargestBatchPasses: as many of the longest requests as a call takes fit its body.
func TestLargestBatchPasses(t *testing.T) {
	c := dial(t, fleet(t))
	founded(t, c)
	requests := make([][]byte, localapi.MaxReviews)
	for i := range requests {
		requests[i] = make([]byte, wire.MaxRequest)
	}
	verdicts, err := c.ReviewAll(requests)
	if err != nil || verdicts[0].Problem == nil {
		t.Fatalf("%v", err)
	}
}
