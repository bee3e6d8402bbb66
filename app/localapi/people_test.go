package localapi_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"marque/app/localapi"
)

func TestRules(t *testing.T) {
	dir := fleet(t)
	c := dial(t, dir)
	founded(t, c)
	before, err := dial(t, dir).Rules() // anybody may ask
	if err != nil {
		t.Fatal(err)
	}
	if before.Core.Realm != c.Core().Realm || before.Policy.Sequence == 0 || before.Policy.Core != c.Core().Hash() || before.Needs != nil {
		t.Errorf("%+v", before)
	}
	if out, err := c.SetPolicy(localapi.Policy{HardExpiry: 20 * 24 * time.Hour}); err != nil || !out.Done {
		t.Fatalf("%+v, %v", out, err)
	}
	for range 2 { // what was sent is wiped, and there all the same
		after, err := c.Rules()
		if err != nil || after.Policy.Sequence != before.Policy.Sequence+1 || after.Policy.HardExpiry != 20*24*time.Hour {
			t.Fatalf("%+v, %v", after, err)
		}
		if !bytes.Equal(after.CoreStatement, before.CoreStatement) || bytes.Equal(after.PolicyStatement, before.PolicyStatement) {
			t.Error("the statements are other ones")
		}
	}
}

func TestSelfTest(t *testing.T) {
	dir := fleet(t)
	c := dial(t, dir)
	founded(t, c)
	if _, err := dial(t, dir).SelfTest(); !errors.Is(err, localapi.ErrSignOn) {
		t.Errorf("without a session: %v", err)
	}
	results, err := c.SelfTest()
	if err != nil || len(results) < 10 {
		t.Fatalf("%+v, %v", results, err)
	}
	for _, r := range results {
		if r.Name == "" || r.Failed != "" {
			t.Errorf("%+v", r)
		}
	}
}
