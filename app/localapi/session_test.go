package localapi

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"marque/app/ceremony"
	"marque/hsm"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func begin(t *testing.T, d *desk, uid uint32, round uint64, now time.Time) *session {
	t.Helper()
	s := &session{holder: true, uid: uid}
	token, err := d.begin(s, round, now)
	if err != nil {
		t.Fatal(err)
	}
	if found := d.find(token, uid); found != s {
		t.Fatal("the session is not found by its token")
	}
	if d.find(token, uid+1) != nil {
		t.Error("another account uses the token")
	}
	return s
}

// Whoever signs on while officers are changed would have a session with what was good before.
func TestSigningOnDoesNotOutlastAChangeOfOfficers(t *testing.T) {
	d := new(desk)
	round := d.now()
	begin(t, d, 1, round, noon)
	d.renew(everybody)
	if _, err := d.begin(&session{holder: true}, round, noon); !errors.Is(err, ErrSession) {
		t.Errorf("signed on across a change: %v", err)
	}
	if len(d.sessions) != 0 {
		t.Errorf("%d sessions are left", len(d.sessions))
	}
	begin(t, d, 1, d.now(), noon)
}

func TestOneAccountDoesNotTakeAllSessions(t *testing.T) {
	d := new(desk)
	first := begin(t, d, 1, 0, noon)
	kept := begin(t, d, 1, 0, noon)
	d.touch([]*session{kept}, noon.Add(time.Hour))
	for i := range maxSessions {
		begin(t, d, 1, 0, noon.Add(time.Duration(i)*time.Second))
	}
	begin(t, d, 2, 0, noon)
	if len(d.sessions) != maxOwnSessions+1 {
		t.Errorf("%d sessions", len(d.sessions))
	}
	has := map[*session]bool{}
	for _, s := range d.sessions {
		has[s] = true
	}
	if has[first] || !has[kept] {
		t.Error("it is not the session that was idle for longest that ends")
	}
}

// An auditor looks, for which no vault need be open.
func TestWhoOnlyLooksKeepsNoVaultOpen(t *testing.T) {
	d := new(desk)
	begin(t, d, 1, 0, noon)
	auditor := new(session)
	if _, err := d.begin(auditor, 0, noon.Add(8*time.Minute)); err != nil {
		t.Fatal(err)
	}
	d.touch([]*session{auditor}, noon.Add(9*time.Minute))
	if d.expire(noon.Add(9*time.Minute), 10*time.Minute) {
		t.Error("idle too early")
	}
	if !d.expire(noon.Add(10*time.Minute), 10*time.Minute) {
		t.Error("an auditor keeps the vault open")
	}
	if len(d.sessions) != 1 || d.sessions[0] != auditor {
		t.Errorf("%d sessions are left", len(d.sessions))
	}
}

func TestOneAccountDoesNotTakeAllConnections(t *testing.T) {
	u, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	uid := uint32(os.Geteuid())
	l := &listener{UnixListener: u, serves: func(*peer) bool { return true }, open: make(map[uint32]int)}
	for range maxPeers {
		l.take(uid + 1)
	}
	c, err := net.Dial("unix", u.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if l.all != maxOwnPeers+1 || l.open[uid] != 1 {
		t.Errorf("%d connections, of which one account has %d", l.all, l.open[uid+1])
	}
	_ = accepted.Close()
	_ = accepted.Close()
	if l.all != maxOwnPeers || l.open[uid] != 0 {
		t.Errorf("%d connections after one was closed", l.all)
	}
}

// Nobody did anything before a founding, which must not count against what it made.
func TestFoundingIsNoIdleness(t *testing.T) {
	s, err := New(ServerOptions{Dir: filepath.Join(t.TempDir(), "fleet"), Clock: time.Now, Cost: hsm.Cost{Time: 1, MemoryKiB: 8, Threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := ceremony.Parse([]byte("realm = 'fleet.example'\nvault.kind = 'passphrase'\n"))
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	looked := make(chan struct{})
	go func() {
		s.lockWhenIdle()
		close(looked)
	}()
	time.Sleep(50 * time.Millisecond) // so that it looks before, as a rule
	_, err = s.make(plan, &Founding{Passphrase: []byte("correct horse battery")})
	s.mu.Unlock()
	<-looked
	if err != nil {
		t.Fatal(err)
	}
	if s.appliance.Locked() {
		t.Error("it was locked as soon as it was founded")
	}
	auditor := new(session)
	if _, err := s.desk.begin(auditor, 0, time.Now()); err != nil {
		t.Fatal(err)
	}
	s.o.Idle = time.Nanosecond
	s.desk.stir(time.Now().Add(-time.Hour))
	auditor.used = time.Now().Add(-time.Nanosecond)
	s.o.Clock = func() time.Time { return auditor.used }
	s.lockWhenIdle()
	if !s.appliance.Locked() {
		t.Error("it stays unlocked although nobody does anything")
	}
	if len(s.desk.sessions) != 1 {
		t.Error("the auditor's session ended with the vault's")
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}

// Another account in the service's group ends the service as a security officer only.
func TestWhoStops(t *testing.T) {
	elsewhere := &peer{uid: uint32(os.Geteuid()) + 1}
	if (&caller{peer: elsewhere, sessions: []*session{{}}}).may(keeper) {
		t.Error("an auditor ends the service")
	}
	if !(&caller{peer: elsewhere, sessions: []*session{{holder: true}}}).may(keeper) || !(&caller{peer: &peer{uid: uint32(os.Geteuid())}}).may(keeper) {
		t.Error("nobody ends the service")
	}
}
