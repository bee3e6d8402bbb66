package localapi_test

import (
	"errors"
	"testing"

	"marque/app/localapi"
	"marque/authority"
	"marque/hsm"
)

var errStopped = errors.New("stopped on the way")

// beside lets a second officer help the first one for one thing.
func beside(t *testing.T, dir string) {
	t.Helper()
	c := dial(t, dir)
	on(t, c, "Ada")
	with := func(name string, passphrase []byte, do func(*localapi.Client) error) error {
		return c.Beside(localapi.SignOn{Officer: name, Passphrase: passphrase}, do)
	}
	change := localapi.Policy{Past: authority.DefaultPast}
	if err := with("Ben", people["Cem"], func(*localapi.Client) error { panic("a wrong passphrase went through") }); !errors.Is(err, hsm.ErrOfficerPassphrase) {
		t.Errorf("another's passphrase: %v", err)
	}
	err := with("Ben", people["Ben"], func(both *localapi.Client) error {
		out, err := both.SetPolicy(change)
		if err == nil && (!out.Done || out.Proposal.Requester != "Ada" || len(out.Proposal.Approved) != 2) {
			t.Errorf("%+v", out.Proposal)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if err := with("Cem", people["Cem"], func(*localapi.Client) error { return errStopped }); !errors.Is(err, errStopped) {
		t.Errorf("%v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = with("Cem", people["Cem"], func(*localapi.Client) error { panic(errStopped) })
	}()
	// Ada is still here, and nobody else.
	change.Past *= 2
	if out, err := c.SetPolicy(change); err != nil || out.Done || out.Proposal.Missing != 1 {
		t.Errorf("%+v %v", out, err)
	}
}
