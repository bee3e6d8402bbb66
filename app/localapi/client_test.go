package localapi_test

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"marque/app/appliance"
	"marque/app/localapi"
	"marque/authority"
	"marque/device/wire"
	"marque/hsm"
	"marque/storage"
)

func phase(t testing.TB, c *localapi.Client, want localapi.Phase) localapi.Status {
	t.Helper()
	s, err := c.Status()
	if err != nil {
		t.Fatal(err)
	}
	if s.Phase != want {
		t.Fatalf("the authority is %s, want %s", s.Phase, want)
	}
	return s
}

func TestLifeOfAnAuthority(t *testing.T) {
	dir := fleet(t)
	c := dial(t, dir)
	s := phase(t, c, localapi.Absent)
	if !slices.Contains(s.Confined, "no network") || !slices.Contains(s.Confined, "no core dumps") {
		t.Errorf("confined is %q, exposed %q", s.Confined, s.Exposed)
	}
	if _, err := c.Publish(); !errors.Is(err, authority.ErrNotFounded) {
		t.Errorf("publish before founding: %v", err)
	}
	if c.Core() != nil {
		t.Error("there is a core before there is an authority")
	}
	made := founded(t, c)
	if made.Status.Phase != localapi.Open || !strings.Contains(string(made.Record), realm) {
		t.Errorf("founded: %s, and the record is\n%s", made.Status.Phase, made.Record)
	}
	if core := c.Core(); core == nil || core.Realm != realm || core.Hash() != made.Status.Authority.CoreHash {
		t.Error("the core is another one")
	}
	mqr := request(t, "bus-4711")
	seen, err := c.Review(mqr)
	if err != nil || seen.Again || seen.Problem != nil || seen.Request.Name != "bus-4711" {
		t.Fatalf("%+v %v", seen, err)
	}
	issued, err := c.Enrol(mqr)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := wire.OpenPackage(issued.Package); err != nil {
		t.Error(err)
	}
	if again, err := c.Review(mqr); err != nil || !again.Again || again.Address != issued.Address {
		t.Errorf("%+v %v", again, err)
	}
	if taken, err := c.Review(request(t, "bus-4711")); err != nil || !errors.Is(taken.Problem, authority.ErrUsedName) {
		t.Errorf("%+v %v", taken, err)
	}
	withdraw(t, c, issued.Address)
	if err := c.Lock(); err != nil {
		t.Fatal(err)
	}
	phase(t, c, localapi.Locked)
	if _, err := c.Identities(0, 10); !errors.Is(err, authority.ErrLocked) && !errors.Is(err, localapi.ErrSignOn) {
		t.Errorf("a list of identities while locked: %v", err)
	}
	if err := c.Unlock(localapi.Unlock{Passphrase: []byte("incorrect horse")}); !errors.Is(err, hsm.ErrPassphrase) {
		t.Errorf("a wrong passphrase: %v", err)
	}
	if err := c.Unlock(localapi.Unlock{Passphrase: []byte(passphrase)}); err != nil {
		t.Fatal(err)
	}
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	again := dial(t, dir)
	if s := phase(t, again, localapi.Locked); s.Authority.Identities != 1 || s.Authority.List.Sequence != 2 {
		t.Errorf("%+v", s.Authority)
	}
}

// withdraw revokes an identity, publishes that, and looks for it.
func withdraw(t *testing.T, c *localapi.Client, address wire.Address) {
	t.Helper()
	out, err := c.Revoke(localapi.Revoke{Addresses: []string{address.String()}, Reason: "stolen"})
	if err != nil || !out.Done || out.Proposal != nil {
		t.Fatalf("%+v %v", out, err)
	}
	if _, err := c.Revoke(localapi.Revoke{Addresses: []string{address.String()}, Reason: "stolen"}); !errors.Is(err, authority.ErrAlreadyRevoked) {
		t.Errorf("revoked twice: %v", err)
	}
	published, err := c.Publish()
	if err != nil || published.Count != 1 || published.Sequence != 2 {
		t.Fatalf("%+v %v", published, err)
	}
	sequence, list, err := c.NewestList()
	if err != nil || sequence != 2 || !slices.Equal(list, published.Bundle) {
		t.Errorf("the newest list is %d, %v", sequence, err)
	}
	sequence, changes, err := c.ListChanges()
	if err != nil || sequence != 2 || len(changes) != 1 || changes[0].From != 1 || changes[0].Added != 1 ||
		!slices.Equal(changes[0].Statement, published.Changes[0].Statement) {
		t.Errorf("to list %d lead %+v, %v", sequence, changes, err)
	}
	if l, err := c.Regions(4); err != nil || l.Sequence != 2 || len(l.Regions) != 1 || l.Regions[0].Revoked != 1 {
		t.Errorf("in regions: %v", err)
	}
	ids, err := c.Identities(0, 10)
	if err != nil || len(ids) != 1 || ids[0].Address != address || ids[0].Revoked == nil || ids[0].Revoked.Reason != wire.ReasonStolen {
		t.Errorf("%+v %v", ids, err)
	}
	if id, err := c.Identity(address); err != nil || id.Revoked.List != 2 {
		t.Errorf("%+v %v", id, err)
	}
	if out, err := c.SetPolicy(localapi.Policy{NextUpdate: 24 * time.Hour}); err != nil || !out.Done {
		t.Errorf("%+v %v", out, err)
	}
	if out, err := c.ConfirmClock(time.Now()); err != nil || !out.Done {
		t.Errorf("%+v %v", out, err)
	}
}

// Whoever has no session does nothing, also while another client has unlocked the vault.
func TestSessionsAreTheirClients(t *testing.T) {
	dir := fleet(t)
	holder := dial(t, dir)
	founded(t, holder)
	other := dial(t, dir)
	phase(t, other, localapi.Open)
	for name, do := range map[string]func() error{
		"enrol":      func() error { _, err := other.Enrol(request(t, "bus-1")); return err },
		"publish":    func() error { _, err := other.Publish(); return err },
		"identities": func() error { _, err := other.Identities(0, 1); return err },
		"changes":    func() error { _, _, err := other.ListChanges(); return err },
		"regions":    func() error { _, err := other.Regions(1); return err },
		"backup":     func() error { _, err := other.Backup(new(safeBuffer)); return err },
		"reopen":     func() error { _, err := other.Reopen(localapi.Reopening{}); return err },
	} {
		if err := do(); !errors.Is(err, localapi.ErrSignOn) {
			t.Errorf("%s without a session: %v", name, err)
		}
	}
	if err := other.Unlock(localapi.Unlock{Passphrase: []byte(passphrase)}); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Publish(); err != nil {
		t.Error(err)
	}
	if err := other.SignOff(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Publish(); !errors.Is(err, localapi.ErrSignOn) {
		t.Errorf("publish after signing off: %v", err)
	}
	if _, err := holder.Publish(); err != nil {
		t.Errorf("signing off ended another client's session: %v", err)
	}
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	if _, err := holder.Publish(); !errors.Is(err, localapi.ErrSession) {
		t.Errorf("publish after somebody locked: %v", err)
	}
	if _, err := holder.SignOn(localapi.SignOn{Officer: "Ada", Passphrase: []byte(passphrase)}); !errors.Is(err, appliance.ErrNoOfficers) {
		t.Errorf("an officer of an authority without: %v", err)
	}
}

func TestAuthorityThatWasNeverUsedIsDiscarded(t *testing.T) {
	dir := fleet(t)
	c := dial(t, dir)
	withCards := localapi.Founding{Plan: []byte(plan + "[backup]\ncards = 3\nneeded = 2\n"), Passphrase: []byte(passphrase)}
	for range 2 {
		if _, err := c.Found(withCards); err != nil {
			t.Fatal(err)
		}
		before := c.Core()
		if err := dial(t, dir).Discard(); !errors.Is(err, localapi.ErrSignOn) {
			t.Errorf("discarded by nobody: %v", err)
		}
		if err := c.Discard(); err != nil {
			t.Fatal(err)
		}
		phase(t, c, localapi.Absent)
		if before == nil || c.Core() != nil {
			t.Error("its core outlives it")
		}
	}
	founded(t, c)
	if err := c.Discard(); !errors.Is(err, appliance.ErrUsed) {
		t.Errorf("discarded although it may have issued: %v", err)
	}
	phase(t, c, localapi.Open)
}

// A script runs one command after another against a service that stays.
func TestSessionsEndWithTheirClients(t *testing.T) {
	dir := fleet(t)
	c := dial(t, dir)
	founded(t, c)
	for i := range 70 {
		other := dial(t, dir)
		if err := other.Unlock(localapi.Unlock{Passphrase: []byte(passphrase)}); err != nil {
			t.Fatalf("client %d: %v", i, err)
		}
		if err := other.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Publish(); err != nil {
		t.Errorf("others ended this client's session: %v", err)
	}
}

func TestTwoStartersEndWithOneService(t *testing.T) {
	dir := fleet(t)
	clients := make([]*localapi.Client, 6)
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() { clients[i] = dial(t, dir) })
	}
	all.Wait()
	founded(t, clients[0])
	for _, c := range clients {
		phase(t, c, localapi.Open)
	}
}

func TestServiceOutlivesWhoStartedItAndNobodyElse(t *testing.T) {
	dir := fleet(t)
	first := dial(t, dir)
	founded(t, first)
	second := dial(t, dir)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	phase(t, second, localapi.Open)
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	socket, err := localapi.Socket(dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 500 {
		if _, err = os.Lstat(socket); errors.Is(err, fs.ErrNotExist) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("the service stays when everybody has gone: %v", err)
}

func TestKilledServiceStopsNobody(t *testing.T) {
	dir := fleet(t)
	c := dial(t, dir)
	founded(t, c)
	if err := syscall.Kill(c.Child(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Publish(); !errors.Is(err, localapi.ErrGone) {
		t.Errorf("publish after the service was killed: %v", err)
	}
	socket, err := localapi.Socket(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(socket); err != nil {
		t.Fatalf("a killed service should have left its socket: %v", err)
	}
	again := dial(t, dir)
	phase(t, again, localapi.Locked)
	if err := again.Unlock(localapi.Unlock{Passphrase: []byte(passphrase)}); err != nil {
		t.Error(err)
	}
}

func TestWhyAChildDidNotStart(t *testing.T) {
	dir := fleet(t)
	c := dial(t, dir)
	founded(t, c)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	o := localapi.Options{Dir: dir, Program: program(t)}
	a, err := appliance.Open(dir, appliance.Options{Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := localapi.Dial(t.Context(), o); !errors.Is(err, storage.ErrBusy) {
		t.Errorf("the folder is open elsewhere: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/vault", []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := localapi.Dial(t.Context(), o); !errors.Is(err, hsm.ErrVaultCorrupt) {
		t.Errorf("the vault is damaged: %v", err)
	}
	if _, err := localapi.Dial(t.Context(), localapi.Options{Dir: dir}); !errors.Is(err, localapi.ErrNoService) {
		t.Errorf("nobody is to be started: %v", err)
	}
	o.Program = "/bin/false"
	if _, err := localapi.Dial(t.Context(), o); !errors.Is(err, localapi.ErrChild) {
		t.Errorf("a program that is no service: %v", err)
	}
	socket, err := localapi.Socket(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(socket, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o.Program = program(t)
	if _, err := localapi.Dial(t.Context(), o); !errors.Is(err, localapi.ErrSocket) {
		t.Errorf("a file stands in the socket's place: %v", err)
	}
}

func TestIdleLocks(t *testing.T) {
	var mu sync.Mutex
	now := time.Now()
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	pass := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
	dir := fleet(t)
	here(t, localapi.ServerOptions{Dir: dir, Clock: clock, Idle: 10 * time.Minute})
	c := dial(t, dir)
	founded(t, c)
	for range 3 {
		pass(9 * time.Minute)
		if _, err := c.Identities(0, 1); err != nil {
			t.Fatalf("somebody who does something counts as idle: %v", err)
		}
	}
	pass(9 * time.Minute)
	phase(t, c, localapi.Open) // a program that shows the status is nobody who does something
	pass(time.Minute)
	if s := phase(t, c, localapi.Locked); s.Idle != 10*time.Minute {
		t.Errorf("idle is said to be %v", s.Idle)
	}
	if _, err := c.Publish(); !errors.Is(err, authority.ErrLocked) {
		t.Errorf("publish after being idle: %v", err)
	}
}

func TestBackupAndRestore(t *testing.T) {
	dir := fleet(t)
	c := dial(t, dir)
	founded(t, c)
	if _, err := c.Enrol(request(t, "bus-1")); err != nil {
		t.Fatal(err)
	}
	archive := new(safeBuffer)
	info, err := c.Backup(archive)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size != int64(len(archive.String())) || info.List != 1 {
		t.Errorf("%+v of %d octets", info, len(archive.String()))
	}
	if err := c.Restore(strings.NewReader(archive.String()), localapi.Restoration{}); !errors.Is(err, authority.ErrFounded) {
		t.Errorf("restored over an authority: %v", err)
	}
	elsewhere := fleet(t)
	second := dial(t, elsewhere)
	if err := second.Restore(strings.NewReader(archive.String()), localapi.Restoration{Passphrase: []byte("incorrect horse")}); !errors.Is(err, hsm.ErrPassphrase) {
		t.Errorf("restored with another passphrase: %v", err)
	}
	phase(t, second, localapi.Absent)
	if err := second.Restore(strings.NewReader(archive.String()), localapi.Restoration{Passphrase: []byte(passphrase)}); err != nil {
		t.Fatal(err)
	}
	if err := second.Unlock(localapi.Unlock{Passphrase: []byte(passphrase)}); err != nil {
		t.Fatal(err)
	}
	if s := phase(t, second, localapi.ReadOnly); s.Custody.Reason == "" {
		t.Error("nobody says why it is read-only")
	}
	_, list, err := c.NewestList()
	if err != nil {
		t.Fatal(err)
	}
	r, err := second.Reopen(localapi.Reopening{Lists: [][]byte{list}})
	if err != nil || r.Generation != 2 {
		t.Fatalf("%+v %v", r, err)
	}
	phase(t, second, localapi.Open)
}
