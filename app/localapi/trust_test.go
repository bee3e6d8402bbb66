package localapi_test

import (
	"errors"
	"strings"
	"testing"

	"marque/app/localapi"
	"marque/authority"
	"marque/device/wire"
)

func TestTrust(t *testing.T) {
	dir, other := fleet(t), fleet(t)
	c, stranger := dial(t, dir), dial(t, other)
	founded(t, c)
	if _, err := stranger.Found(localapi.Founding{Plan: []byte(strings.Replace(plan, "fleet", "ferries", 1)), Passphrase: []byte(passphrase)}); err != nil {
		t.Fatal(err)
	}
	core, err := stranger.Core().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if list, err := dial(t, dir).Trusted(); err != nil || list.Sequence != 0 || list.Statement != nil {
		t.Errorf("%+v, %v", list, err)
	}
	ferries := localapi.Trust{Realm: "ferries.example", Core: core, Hybrid: true}
	if _, err := dial(t, dir).Trust(ferries); !errors.Is(err, localapi.ErrSignOn) {
		t.Errorf("without a session: %v", err)
	}
	if _, err := c.RenewTrust(); !errors.Is(err, authority.ErrNotTrusted) {
		t.Errorf("nothing to renew: %v", err)
	}
	if out, err := c.Trust(ferries); err != nil || !out.Done {
		t.Fatalf("%+v, %v", out, err)
	}
	list, err := dial(t, dir).Trusted() // anybody may ask
	if err != nil || len(list.Realms) != 1 || list.Realms[0].Core != stranger.Core().Hash() || !list.Realms[0].Hybrid {
		t.Fatalf("%+v, %v", list, err)
	}
	if _, err := wire.OpenTrust(list.Statement, c.Core()); err != nil {
		t.Error(err)
	}
	if p, err := c.Publish(); err != nil || p.Trust.Sequence != 2 || len(p.Trust.Realms) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	if list, err := c.RenewTrust(); err != nil || list.Sequence != 3 {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := c.Trust(localapi.Trust{Realm: "trams.example"}); !errors.Is(err, authority.ErrNotTrusted) {
		t.Errorf("trusted no more, and never was: %v", err)
	}
	if _, err := c.Trust(localapi.Trust{Realm: "ferries.example", Core: core[1:]}); !errors.Is(err, authority.ErrPayloadForm) {
		t.Errorf("half a core: %v", err)
	}
}
